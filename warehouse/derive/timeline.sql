-- Everything that happened to a ticket, in order, cut into contacts (episodes), stays and turns, with what stood before
-- and after each moment.
--
-- Order within a ticket: time, then the tool's own sequence, then the file's order; kinds decide only between files
-- (table `ties`). The beginning implied by created_at comes first at its time, an end implied by the ticket's own
-- columns last (`phase`). A merged ticket's messages, and its beginning where a customer made it, are told by the ticket that
-- took it over. What a bot or a rule says is a bot's message whatever the tool calls it; their notes say nothing of a person.
-- A beginning told after a first state (skewed clocks) does not undo it. A stay is a run in one queue, an unknown queue
-- bridged; a turn ends with a person's public word. All windows share one order, so that one sort serves them.
with told as (
    select coalesce(s.survivor_no, e.ticket_no) as ticket_no, e.occurred_at,
           @kind(case when s.survivor_no is not null and e.kind = 'created' then 'customer_message'
                when e.kind = 'agent_message' and (e.actor_kind in ('bot', 'system') or w.agent_id is not null) then 'bot_message' else e.kind end) as kind,
           @state(case when s.survivor_no is not null then null
                when e.kind in ('resolved', 'closed') then e.kind
                when e.kind = 'reopened' then 'in_progress'
                when e.kind = 'state_changed' and e.to_value in ('new', 'in_progress', 'waiting_customer', 'waiting_internal', 'resolved', 'closed') then e.to_value
           end) as state,
           case when s.survivor_no is not null then null when e.kind = 'queued' then e.to_value
                when e.kind = 'assigned' then case when b.agent_id is not null then '' else coalesce(e.to_value, '') end end as place_or_person,
           @actor(e.actor_kind) as actor_kind,
           @cause(coalesce(e.cause, case when e.actor_kind = 'agent' then 'agent' when e.actor_kind in ('bot', 'system') then 'rule' end)) as cause,
           cast(0 as tinyint) as implied, 1000000000000 + cast(coalesce(x.tie_rank, 0) as bigint) * 1000000000 + e.file_no as place, e.seq, e.ordinal
    from history e
    left join survivors s on s.ticket_no = e.ticket_no
    left join bots b on b.agent_id = e.to_value and e.kind = 'assigned'
    left join bots w on w.agent_id = e.actor_id and e.kind in ('agent_message', 'internal_note')
    left join ties x on x.ticket_no = e.ticket_no and x.occurred_at = e.occurred_at and x.file_no = e.file_no
    where (s.survivor_no is null or (e.kind = 'created' and not s.is_ours) or e.kind in ('customer_message', 'agent_message', 'bot_message', 'internal_note'))
      and not (e.kind = 'internal_note' and (coalesce(e.actor_kind, '') in ('bot', 'system') or w.agent_id is not null))
),
firsts as (   -- an end told before its beginning (skewed clocks) is no beginning; where ends alone are told none is known
    select ticket_no, case when min(case when kind = 'created' then occurred_at end) > min(case when is_end then occurred_at end)
                           then min(case when kind = 'created' then occurred_at end)
                           when count(case when not is_end then 1 end) > 0 then min(occurred_at) end as first_at
    from (select f.ticket_no, f.kind, f.occurred_at, f.kind in ('resolved', 'closed') or (f.kind = 'state_changed' and coalesce(f.to_value, '') in ('resolved', 'closed')) as is_end
          from history f join tickets t on t.ticket_no = f.ticket_no where t.created_at is null) as told_of
    group by ticket_no
),
beginnings as (
    select coalesce(s.survivor_no, t.ticket_no) as ticket_no, coalesce(t.created_at, f.first_at) as occurred_at,
           @kind(case when s.survivor_no is null then 'created' else 'customer_message' end) as kind,
           @state(null) as state, cast(null as varchar) as place_or_person,
           @actor(case when t.is_proactive then 'agent' when s.survivor_no is not null then 'customer' end) as actor_kind, @cause(null) as cause,
           cast(1 as tinyint) as implied, 0 as place, cast(null as bigint) as seq, cast(0 as bigint) as ordinal
    from tickets t
    left join survivors s on s.ticket_no = t.ticket_no
    left join firsts f on f.ticket_no = t.ticket_no
    where coalesce(t.created_at, f.first_at) is not null and not coalesce(s.is_ours, false)
),
moves as (   -- which routings change the queue
    select told.*, cast(case when lag(place_or_person) over (partition by ticket_no order by occurred_at, place, seq nulls first, ordinal, implied desc) = place_or_person
                             then 0 else 1 end as tinyint) as is_move
    from told
    where kind = 'queued' and place_or_person is not null
),
all_moments as (
    select *, cast(0 as tinyint) as is_move from told where kind <> 'queued' or place_or_person is null
    union all select * from moves
    union all select *, cast(0 as tinyint) from beginnings
    union all select *, cast(0 as tinyint) from boundaries
    union all select *, cast(0 as tinyint) from endings
),
seen as (
    select ticket_no, occurred_at, kind, state, case when kind = 'assigned' then place_or_person end as holder, actor_kind, cause, implied,/*place*/
           cast(row_number() over (partition by ticket_no order by occurred_at, place, seq nulls first, ordinal, implied desc) as int) as pos,
           @last_known(state, partition by ticket_no order by occurred_at, place, seq nulls first, ordinal, implied desc) as told_now,
           @known_before(state, partition by ticket_no order by occurred_at, place, seq nulls first, ordinal, implied desc) as told_before,
           case when kind = 'created' and implied <> 2 then 1 else 0 end as begins,
           count(case when kind = 'created' and implied <> 2 then 1 end) over (partition by ticket_no order by occurred_at, place, seq nulls first, ordinal, implied desc rows between unbounded preceding and current row) as beginnings,
           @last_known(case when kind = 'queued' then place_or_person end, partition by ticket_no order by occurred_at, place, seq nulls first, ordinal, implied desc) as queue_now,
           @last_known(case when kind = 'assigned' then place_or_person end, partition by ticket_no order by occurred_at, place, seq nulls first, ordinal, implied desc) as holder_now,
           @last_known(case when kind = 'created' then case when actor_kind in ('agent', 'bot') then 0 else 1 end
                            when kind = 'customer_message' then 1 when kind = 'agent_message' then 0 end,
                       partition by ticket_no order by occurred_at, place, seq nulls first, ordinal, implied desc) as awaiting_now,
           @known_before(case when kind = 'created' then case when actor_kind in ('agent', 'bot') then 0 else 1 end
                              when kind = 'customer_message' then 1 when kind = 'agent_message' then 0 end,
                         partition by ticket_no order by occurred_at, place, seq nulls first, ordinal, implied desc) as awaiting_before,
           lead(occurred_at) over (partition by ticket_no order by occurred_at, place, seq nulls first, ordinal, implied desc) as next_at,
           lead(kind) over (partition by ticket_no order by occurred_at, place, seq nulls first, ordinal, implied desc) as next_kind,
           coalesce(lead(implied) over (partition by ticket_no order by occurred_at, place, seq nulls first, ordinal, implied desc), 2) as next_implied,
           -- counted, not summed: a sum of whole numbers is a wider number than these need
           1 + cast(count(case when implied = 2 then 1 end)
               over (partition by ticket_no order by occurred_at, place, seq nulls first, ordinal, implied desc rows between unbounded preceding and current row) as int) as episode,
           cast(count(case when implied = 2 or is_move = 1 then 1 end)
               over (partition by ticket_no order by occurred_at, place, seq nulls first, ordinal, implied desc rows between unbounded preceding and current row) as int) as stay_no,
           cast(count(case when kind = 'agent_message' then 1 end)
               over (partition by ticket_no order by occurred_at, place, seq nulls first, ordinal, implied desc rows between unbounded preceding and current row) as int) as turn_no
    from all_moments
)
select ticket_no, occurred_at, kind, case when begins = 1 and told_before is null then @state('new') else state end as state, holder, actor_kind, cause, implied,/*place*/
       pos, coalesce(told_now, case when beginnings > 0 then @state('new') end) as state_now,
       coalesce(told_before, case when beginnings > begins then @state('new') end) as state_before,
       queue_now, holder_now, awaiting_now, awaiting_before, next_at, next_kind, next_implied, episode, stay_no, turn_no
from seen
