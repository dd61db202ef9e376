-- Every change of hands between two known people, and every change the tool declares without naming them.
with held as (
    select ticket_id, episode, pos, occurred_at, holder as to_holder, cause, queue_now,
           lag(holder) over (partition by ticket_id, episode order by pos) as from_holder
    from timeline where kind = 'assigned' and holder <> ''
),
changed as (
    select * from held where from_holder is not null and from_holder <> to_holder
),
moves as (
    select distinct ticket_id, episode, occurred_at from changed
)
select ticket_id, episode, pos, occurred_at, from_holder, to_holder, cause, queue_now as queue_id from changed
union all
select m.ticket_id, m.episode, m.pos, m.occurred_at, cast(null as varchar), cast(null as varchar), m.cause, m.queue_now
from timeline m
left join moves c on c.ticket_id = m.ticket_id and c.episode = m.episode and c.occurred_at = m.occurred_at
where m.kind = 'reassigned' and c.ticket_id is null
