-- Intervals of one ticket in one state, one queue and one hand, from the first word to the end of its life. A life ends
-- at closing, else at its resolution; while open, until_at is NULL. `touched_seconds` is the allowance for the actions
-- that ended the spell, never longer than the spell. `first_week` and `last_week` are the weeks of the report zone it lies in;
-- one that ends within a second of a week's end reaches into the next, so that those of one week hold no week's last second.
with worked as (   -- several things that happened in one second have no order that says anything: all the replies and notes of that second count
    select m.ticket_no, m.occurred_at, cast(sum(case when m.kind = 'agent_message' then w.seconds_per_reply else w.seconds_per_note end) as bigint) as allowance
    from timeline m
    cross join work_allowance w
    where m.kind in ('agent_message', 'internal_note')
    group by m.ticket_no, m.occurred_at
),
kept as (
    select m.ticket_no, m.episode, m.stay_no, m.occurred_at as from_at,
           case when m.next_implied = 2 and e.is_open then null else m.next_at end as until_at,
           m.state_now as state, nullif(m.holder_now, '') as holder_id, m.awaiting_now = 1 as is_customer_last,
           coalesce(w.allowance, 0) as allowance
    from timeline m
    join episodes e on e.ticket_no = m.ticket_no and e.episode = m.episode
    left join worked w on w.ticket_no = m.ticket_no and w.occurred_at = m.next_at
    where m.state_now <> 'closed'
      and (e.is_open or e.settle_pos is not null)
      and (m.state_now <> 'resolved' or e.is_open or m.pos < e.settle_pos or e.closed_at is not null)
      and (m.next_implied <> 2 or e.is_open)
      and (m.next_at is null or m.next_at > m.occurred_at or e.is_open and m.next_implied = 2)
)
select ticket_no, episode, stay_no, from_at, until_at, state, holder_id, is_customer_last,
       case when state = 'waiting_customer' then 'customer' when state = 'waiting_internal' then 'others' when state = 'resolved' then 'resolved'
            when holder_id is null then 'queue' else 'held' end as bin,
       case when until_at is null or state not in ('new', 'in_progress') then 0
            when allowance < @secs(from_at, until_at) then allowance else @secs(from_at, until_at) end as touched_seconds,
       case when a.week_flips_at is not null and from_at >= a.week_flips_at then a.week_after else a.week_on end as first_week,
       case when z.week_flips_at is not null and @add_secs(until_at, 1) >= z.week_flips_at then z.week_after else z.week_on end as last_week
from kept
left join local_days a on a.on_date = cast(from_at as date)
left join local_days z on z.on_date = cast(@add_secs(until_at, 1) as date)
