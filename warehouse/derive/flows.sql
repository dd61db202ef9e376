-- Every coming into and going out of the backlog: a contact that begins (new), one that is active again after it was
-- settled (again), one that is settled. Between two moments the backlog changes by exactly these.
with crossings as (
    select t.ticket_no, t.episode, t.pos, t.stay_no, t.occurred_at,
           case when t.state in ('resolved', 'closed') then 'settled' else 'in' end as direction
    from timeline t
    where t.state is not null
      and (t.state in ('resolved', 'closed') and t.state_before not in ('resolved', 'closed')
           or t.state not in ('resolved', 'closed') and (t.state_before is null or t.state_before in ('resolved', 'closed')))
),
counted as (
    select c.*, row_number() over (partition by c.ticket_no, c.episode, c.direction order by c.pos) as n
    from crossings c
    join episodes e on e.ticket_no = c.ticket_no and e.episode = c.episode
    where e.is_open or c.pos <= e.settle_pos
)
select c.ticket_no, c.episode, c.stay_no, c.occurred_at, case when c.direction = 'in' then case when c.n = 1 then 'new' else 'again' end else 'settled' end as direction,
       @add_secs(c.occurred_at, case when a.switch_at is not null and c.occurred_at >= a.switch_at then a.offset_after else a.offset_seconds end) as arrived_local
from counted c
left join local_days a on a.on_date = cast(c.occurred_at as date)
