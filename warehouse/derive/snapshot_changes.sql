-- Snapshot rows differenced into events. The first row's queue and holder reach back to the ticket's creation; they,
-- and an unknown queue or holder in between, make no move. A row that changes several things changed the queue first.
with ordered as (
    select r.*, t.ticket_no, t.created_at,
           row_number() over (partition by t.ticket_no order by r.occurred_at, r.seq nulls first, r.file_no, r.ordinal) as row_no,
           @known_before(r.state, partition by t.ticket_no order by r.occurred_at, r.seq nulls first, r.file_no, r.ordinal) as state_before,
           @known_before(r.queue_id, partition by t.ticket_no order by r.occurred_at, r.seq nulls first, r.file_no, r.ordinal) as queue_before,
           @known_before(r.assignee_id, partition by t.ticket_no order by r.occurred_at, r.seq nulls first, r.file_no, r.ordinal) as holder_before
    from snapshot_rows r
    join tickets t on t.ticket_id = r.ticket_id
),
changes as (
    select ticket_no, case when row_no = 1 and created_at < occurred_at then created_at else occurred_at end as occurred_at,
           case when row_no = 1 then 0 else seq end as seq, file_no, ordinal, 'queued' as kind, 1 as part, actor_id, actor_kind, cause, queue_before as from_value, queue_id as to_value
    from ordered where queue_id is not null and (queue_before is null or queue_before <> queue_id)
    union all
    select ticket_no, case when row_no = 1 and created_at < occurred_at then created_at else occurred_at end,
           case when row_no = 1 then 0 else seq end, file_no, ordinal, 'assigned', 2, actor_id, actor_kind, cause, holder_before, assignee_id
    from ordered where assignee_id is not null and (holder_before is null or holder_before <> assignee_id)
    union all
    select ticket_no, occurred_at, seq, file_no, ordinal, 'state_changed', 3, actor_id, actor_kind, cause, state_before, state
    from ordered where state is not null and (state_before is null or state_before <> state)
)
select ticket_no, occurred_at, seq, file_no, ordinal * 4 + part as ordinal, @kind(kind) as kind, actor_id, actor_kind, cause, from_value, to_value
from changes
