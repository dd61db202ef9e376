-- Everything that happened to a ticket, in order, with what stood before and after each moment.
--
-- Order within a ticket: time, then the tool's own sequence, then the file's order; kinds decide only between files
-- (table `ties`). The beginning implied by created_at comes first at its time, an end implied by the ticket's own
-- columns last. A merged ticket's messages, and its beginning, are told by the ticket that took it over.
with told as (
    select coalesce(s.survivor_id, e.ticket_id) as ticket_id, e.source, e.occurred_at,
           case when s.survivor_id is null then e.kind when e.kind = 'created' then 'customer_message' else e.kind end as kind,
           case when s.survivor_id is not null then null
                when e.kind = 'created' then 'new'
                when e.kind in ('resolved', 'closed') then e.kind
                when e.kind = 'reopened' then 'in_progress'
                when e.kind = 'state_changed' and e.to_value in ('new', 'in_progress', 'waiting_customer', 'waiting_internal', 'resolved', 'closed') then e.to_value
           end as state,
           case when s.survivor_id is null and e.kind = 'queued' then e.to_value end as queue_id,
           case when s.survivor_id is null and e.kind = 'assigned' then case when b.agent_id is not null then '' else coalesce(e.to_value, '') end end as holder,
           e.actor_id, e.actor_kind,
           coalesce(e.cause, case when e.actor_kind = 'agent' then 'agent' when e.actor_kind in ('bot', 'system') then 'rule' end) as cause,
           0 as implied, 1 as phase, coalesce(x.tie_rank, 0) as tie_rank, e.file_no, e.seq, e.ordinal
    from history e
    left join survivors s on s.ticket_id = e.ticket_id
    left join bots b on b.agent_id = e.to_value and e.kind = 'assigned'
    left join ties x on x.ticket_id = e.ticket_id and x.occurred_at = e.occurred_at and x.file_no = e.file_no
    where s.survivor_id is null or e.kind in ('created', 'customer_message', 'agent_message', 'bot_message', 'internal_note')
),
began as (
    select t.ticket_id, t.source, coalesce(t.created_at, f.first_at) as created_at, t.is_proactive
    from tickets t
    left join (select ticket_id, min(occurred_at) as first_at from history group by ticket_id) f on f.ticket_id = t.ticket_id
),
beginnings as (
    select coalesce(s.survivor_id, b.ticket_id) as ticket_id, b.source, b.created_at as occurred_at,
           case when s.survivor_id is null then 'created' else 'customer_message' end as kind,
           case when s.survivor_id is null then 'new' end as state,
           cast(null as varchar) as queue_id, cast(null as varchar) as holder, cast(null as varchar) as actor_id,
           case when b.is_proactive then 'agent' when s.survivor_id is not null then 'customer' end as actor_kind, cast(null as varchar) as cause,
           1 as implied, 0 as phase, 0 as tie_rank, 0 as file_no, cast(null as bigint) as seq, cast(0 as bigint) as ordinal
    from began b
    left join survivors s on s.ticket_id = b.ticket_id
    where b.created_at is not null
),
all_moments as (
    select * from told union all select * from beginnings union all select * from boundaries union all select * from endings
)
select ticket_id, source, occurred_at, kind, state, queue_id, holder, actor_id, actor_kind, cause, implied,
       row_number() over (partition by ticket_id order by occurred_at, phase, tie_rank, file_no, seq nulls first, ordinal, kind) as pos,
       @last_known(state, partition by ticket_id order by occurred_at, phase, tie_rank, file_no, seq nulls first, ordinal, kind) as state_now,
       @known_before(state, partition by ticket_id order by occurred_at, phase, tie_rank, file_no, seq nulls first, ordinal, kind) as state_before,
       @last_known(queue_id, partition by ticket_id order by occurred_at, phase, tie_rank, file_no, seq nulls first, ordinal, kind) as queue_now,
       @known_before(queue_id, partition by ticket_id order by occurred_at, phase, tie_rank, file_no, seq nulls first, ordinal, kind) as queue_before,
       @last_known(holder, partition by ticket_id order by occurred_at, phase, tie_rank, file_no, seq nulls first, ordinal, kind) as holder_now,
       @last_known(case when kind = 'created' then case when actor_kind in ('agent', 'bot') then 0 else 1 end
                        when kind = 'customer_message' then 1 when kind = 'agent_message' then 0 end,
                   partition by ticket_id order by occurred_at, phase, tie_rank, file_no, seq nulls first, ordinal, kind) as awaiting_now,
       @known_before(case when kind = 'created' then case when actor_kind in ('agent', 'bot') then 0 else 1 end
                          when kind = 'customer_message' then 1 when kind = 'agent_message' then 0 end,
                     partition by ticket_id order by occurred_at, phase, tie_rank, file_no, seq nulls first, ordinal, kind) as awaiting_before,
       lead(occurred_at) over (partition by ticket_id order by occurred_at, phase, tie_rank, file_no, seq nulls first, ordinal, kind) as next_at,
       lead(kind) over (partition by ticket_id order by occurred_at, phase, tie_rank, file_no, seq nulls first, ordinal, kind) as next_kind,
       lead(actor_kind) over (partition by ticket_id order by occurred_at, phase, tie_rank, file_no, seq nulls first, ordinal, kind) as next_actor_kind
from all_moments
