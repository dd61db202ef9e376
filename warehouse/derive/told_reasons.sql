-- The rule of reasons.csv that fits a ticket whose tool gives no reason: the first of tags, else the first of the subject's words.
with silent as (
    select ticket_id, ' ' || lower(tags) || ' ' as all_tags, @words(subject) as all_words
    from tickets where reason_raw is null and (tags is not null or subject is not null)
)
select s.ticket_id, min(r.rule_no) as rule_no
from silent s
join reason_rules r on (case when r.found_in = 'tag' then s.all_tags else s.all_words end) like r.pattern escape '!'
group by s.ticket_id
