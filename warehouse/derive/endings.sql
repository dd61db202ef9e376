-- Ends that no event tells but the ticket's own columns do. The ticket's state holds over its last event where the
-- ticket row is the newer; a source without states ends its tickets by their resolution or closing time.
with state_events as (
    select ticket_no, occurred_at,
           case when kind in ('resolved', 'closed') then kind when kind = 'reopened' then 'in_progress' when kind = 'created' then 'new' else to_value end as state,
           row_number() over (partition by ticket_no order by case when kind = 'created' then 1 else 0 end, occurred_at desc, file_no desc, seq desc nulls last, ordinal desc) as from_last
    from history
    where kind in ('created', 'resolved', 'closed', 'reopened')
       or (kind = 'state_changed' and to_value in ('new', 'in_progress', 'waiting_customer', 'waiting_internal', 'resolved', 'closed'))
),
stands as (
    select t.ticket_no, t.created_at, t.resolved_at, t.closed_at, t.version_at, e.state as event_state, e.occurred_at as event_at,
           case when t.state is not null and (e.state is null or t.version_at is null or t.version_at >= e.occurred_at) then t.state
                when e.state is not null then e.state
                when t.closed_at is not null then 'closed'
                when t.resolved_at is not null then 'resolved' end as final_state
    from tickets t
    left join state_events e on e.ticket_no = t.ticket_no and e.from_last = 1
),
floors as (
    select *, case when event_at is null then created_at when created_at is null or event_at > created_at then event_at else created_at end as floor_at
    from stands
),
told as (
    select ticket_no, resolved_at as occurred_at, floor_at, 'resolved' as kind, 'resolved' as state, 1 as part
    from floors
    where final_state in ('resolved', 'closed') and resolved_at is not null and (event_state is null or event_state not in ('resolved', 'closed'))
    union all
    select ticket_no, closed_at, floor_at, 'closed', 'closed', 2
    from floors
    where final_state in ('resolved', 'closed') and closed_at is not null and (event_state is null or event_state <> 'closed')
    union all
    select ticket_no, version_at, floor_at, 'state_changed', final_state, 3
    from floors
    where final_state not in ('resolved', 'closed') and event_state in ('resolved', 'closed') and version_at is not null
    union all
    select ticket_no, coalesce(version_at, floor_at), floor_at, 'state_changed', final_state, 4
    from floors
    where final_state in ('in_progress', 'waiting_customer', 'waiting_internal') and event_state is null and coalesce(version_at, floor_at) is not null
)
select ticket_no, case when floor_at is not null and occurred_at < floor_at then floor_at else occurred_at end as occurred_at,
       @kind(kind) as kind, @state(state) as state, cast(null as varchar) as place_or_person, @actor(null) as actor_kind,
       @cause(null) as cause, cast(1 as tinyint) as implied, 2000000000000 as place, cast(part as bigint) as seq, cast(0 as bigint) as ordinal
from told
