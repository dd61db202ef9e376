-- The last rating of each ticket that its events tell; words of two-step scales as 1 and 0.
select ticket_no, rating
from (select ticket_no,
             case when lower(to_value) in ('good', 'satisfied', 'positive') then 1.0 when lower(to_value) in ('bad', 'unsatisfied', 'negative') then 0.0
                  when to_value in ('0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '10') then cast(to_value as double) end as rating,
             row_number() over (partition by ticket_no order by occurred_at desc, seq desc nulls last, file_no desc, ordinal desc) as from_last
      from history
      where kind = 'rated' and lower(to_value) in ('good', 'satisfied', 'positive', 'bad', 'unsatisfied', 'negative', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '10')) r
where from_last = 1
