-- The rule of reasons.csv that fits a ticket whose tool gives no reason: the first of tags, else the first of the subject's words.
with tagged as (   -- many tickets carry the same tags
    select tags, ' ' || lower(tags) || ' ' as said from tickets where reason_raw is null and tags is not null group by tags
),
by_tags as (
    select t.tags, min(r.rule_no) as rule_no
    from tagged t join reason_rules r on t.said like r.pattern escape '!'
    where r.found_in = 'tag'
    group by t.tags
),
silent as (
    select t.ticket_no, b.rule_no, case when b.rule_no is null then @words(t.subject) end as said
    from tickets t left join by_tags b on b.tags = t.tags
    where t.reason_raw is null
)
select ticket_no, rule_no from silent where rule_no is not null
union all
select s.ticket_no, min(r.rule_no) as rule_no
from silent s join reason_rules r on s.said like r.pattern escape '!'
where r.found_in = 'text'
group by s.ticket_no
