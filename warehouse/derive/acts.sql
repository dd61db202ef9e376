-- What people did: public replies and notes per contact, person and hour of the report zone, and whether that was
-- outside the default schedule (NULL where there is none). Bots and rules are no people.
with told as (
    select coalesce(s.survivor_no, h.ticket_no) as ticket_no, h.actor_id as agent_id, h.occurred_at, h.kind
    from history h
    left join survivors s on s.ticket_no = h.ticket_no
    left join bots b on b.agent_id = h.actor_id
    where h.kind in ('agent_message', 'internal_note') and h.actor_id is not null and b.agent_id is null and coalesce(h.actor_kind, 'agent') = 'agent'
),
placed as (
    select t.*, e.episode, @secs(cast(t.occurred_at as date), t.occurred_at) as second
    from told t
    join episodes e on e.ticket_no = t.ticket_no
    left join episodes p on p.ticket_no = e.ticket_no and p.episode = e.episode - 1
    where e.episodes = 1 or (t.occurred_at <= e.last_at and (p.last_at is null or t.occurred_at > p.last_at))
),
timed as (
    select p.ticket_no, p.episode, p.agent_id, p.kind,
           date_trunc('hour', @add_secs(p.occurred_at, case when a.switch_at is not null and p.occurred_at >= a.switch_at then a.offset_after else a.offset_seconds end)) as arrived_local,
           case when c.schedule is null then null
                when p.second >= c.open1 and p.second < c.close1 or p.second >= c.open2 and p.second < c.close2
                  or p.second >= c.open3 and p.second < c.close3 or p.second >= c.open4 and p.second < c.close4 then 0 else 1 end as is_after_hours
    from placed p
    left join local_days a on a.on_date = cast(p.occurred_at as date)
    cross join default_schedule d
    left join calendar c on c.schedule = d.schedule and c.on_date = cast(p.occurred_at as date)
)
select ticket_no, episode, agent_id, arrived_local, is_after_hours, count(*) as acts
from timed
group by ticket_no, episode, agent_id, arrived_local, is_after_hours
