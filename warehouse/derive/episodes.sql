-- One row per contact: its milestones and counts, straight from its moments and its ticket's own columns.
with summed as (
    select ticket_no, episode, max(occurred_at) as last_at,
           -- an end told before its beginning (skewed clocks) is no beginning; where ends alone are told none is known
           case when min(case when kind = 'created' then occurred_at end) > min(case when state in ('resolved', 'closed') then occurred_at end)
                then min(case when kind = 'created' then occurred_at end)
                when count(case when kind = 'created' or (implied = 0 and coalesce(state, 'new') not in ('resolved', 'closed')) then 1 end) > 0 then min(occurred_at) end as first_at,
           max(case when implied = 0 and state is not null then occurred_at end) as state_at,
           min(case when kind = 'customer_message' then occurred_at end) as first_customer_at,
           max(case when kind = 'created' and actor_kind = 'agent' then 1 else 0 end) as agent_started,
           max(case when kind = 'created' and actor_kind in ('agent', 'bot') then 1 else 0 end) as started_for_customer,
           min(case when kind = 'agent_message' and awaiting_before = 1 then occurred_at end) as first_answer_at,
           min(case when kind = 'agent_message' then occurred_at end) as first_agent_at,
           min(case when kind = 'bot_message' then occurred_at end) as first_bot_at,
           min(case when kind = 'assigned' and holder <> '' then occurred_at end) as first_held_at,
           min(case when kind = 'assigned' and holder <> '' and y.agent_id is null then holder end) as held_by,   -- whoever it was, where it was one person
           count(case when kind = 'agent_message' then 1 end) as replies,
           count(case when kind = 'customer_message' then 1 end) as customer_messages,
           count(case when kind = 'bot_message' then 1 end) as bot_messages,
           count(case when kind = 'internal_note' then 1 end) as notes,
           count(case when kind = 'escalated' then 1 end) as escalations,
           max(case when kind in ('agent_message', 'internal_note') or (kind = 'assigned' and holder <> '') or (actor_kind = 'agent' and kind <> 'created') then 1 else 0 end) as human_hand,
           max(case when kind = 'bot_message' or actor_kind = 'bot' then 1 else 0 end) as bot_hand,
           max(case when state in ('resolved', 'closed') and coalesce(state_before, 'new') not in ('resolved', 'closed') then pos end) as settle_pos,
           max(case when state = 'resolved' and coalesce(state_before, 'new') <> 'resolved' then pos end) as resolve_pos,
           max(case when state = 'resolved' and coalesce(state_before, 'new') <> 'resolved' then occurred_at end) as resolve_at,
           max(case when state = 'closed' and coalesce(state_before, 'new') <> 'closed' then occurred_at end) as close_at,
           max(case when state = 'waiting_customer' and coalesce(state_before, 'new') <> 'waiting_customer' then occurred_at end) as waiting_at,
           min(case when state in ('resolved', 'closed') then occurred_at end) as first_settled_at
    from timeline
    left join (select distinct agent_id from agents where is_shared) y on y.agent_id = holder
    group by ticket_no, episode
),
lasts as (   -- how it stands at its last moment
    select ticket_no, episode, pos as last_pos, state_now as last_state, queue_now as last_queue_id, nullif(holder_now, '') as last_holder_id, awaiting_now
    from timeline where next_implied = 2
),
latest as (
    select ticket_no, max(episode) as episodes from lasts group by ticket_no
),
numbered as (
    select s.*, l.last_pos, l.last_state, l.last_queue_id, l.last_holder_id, l.awaiting_now, n.episodes
    from summed s
    join lasts l on l.ticket_no = s.ticket_no and l.episode = s.episode
    join latest n on n.ticket_no = s.ticket_no
),
settling as (   -- how the last settling came about, where no person did it
    select ticket_no, episode, pos, state_before as settled_from, actor_kind as settled_by, cause as settled_cause
    from timeline
    where state in ('resolved', 'closed') and state_before = 'waiting_customer'
),
arrivals as (   -- a contact begins with the first ticket of those it took over
    select s.survivor_no, min(t.created_at) as arrived_at
    from survivors s
    join tickets t on t.ticket_no = s.ticket_no
    group by s.survivor_no
),
joined as (
    select n.*, case when a.arrived_at < t.created_at then a.arrived_at else t.created_at end as created_at, t.resolved_at, t.closed_at, t.first_response_at,
           -- the row's state holds where it is the newer
           case when t.version_at is null or n.state_at is null or t.version_at >= n.state_at then t.state end as ticket_state, t.is_proactive as told_proactive,
           t.source, g.settled_from, g.settled_by, g.settled_cause, s.messages as knows_messages, n.episode = n.episodes as is_latest
    from numbered n
    join tickets t on t.ticket_no = n.ticket_no
    left join arrivals a on a.survivor_no = n.ticket_no
    left join settling g on g.ticket_no = n.ticket_no and g.episode = n.episode and g.pos = n.settle_pos
    left join source_streams s on s.source = t.source
),
ended as (
    select j.*,
           coalesce(told_proactive, agent_started = 1) as is_proactive,
           coalesce(last_state, '') in ('resolved', 'closed') or (is_latest and coalesce(ticket_state, '') in ('resolved', 'closed')) as is_settled,
           coalesce(last_state, '') in ('resolved', 'closed') and is_latest and resolved_at is not null as has_own_end,
           coalesce(last_state, '') in ('resolved', 'closed') and not (is_latest and resolved_at is not null) and coalesce(settled_from, '') = 'waiting_customer'
               and (coalesce(settled_by, '') in ('bot', 'system') or (settled_by is null and coalesce(settled_cause, '') = 'rule')) as ended_without_answer
    from joined j
)
select ticket_no, cast(episode as bigint) as episode, source, episodes, last_pos, settle_pos, is_latest,
       case when started_for_customer = 1 or is_proactive then coalesce(first_customer_at, first_at)
            when episode = 1 and created_at is not null then created_at
            else first_at end as started_at,
       case when not is_settled then null
            when has_own_end then resolved_at
            when ended_without_answer then waiting_at
            when resolve_pos >= settle_pos then resolve_at
            when last_state = 'closed' and is_latest then coalesce(closed_at, close_at)
            when last_state = 'closed' then close_at end as ended_at,
       case when last_state = 'closed' then case when is_latest then coalesce(closed_at, close_at) else close_at end end as closed_at,
       first_settled_at,
       is_settled and not has_own_end as is_inferred_end, coalesce(ended_without_answer, false) as is_ended_without_answer,
       not is_settled as is_open, is_proactive,
       case when is_settled and last_state not in ('resolved', 'closed') then ticket_state else last_state end as state,
       case when episode = 1 then coalesce(first_response_at, first_answer_at) else first_answer_at end as first_reply_at,
       first_agent_at, first_bot_at, first_held_at, held_by, last_queue_id, last_holder_id, awaiting_now,
       replies, customer_messages, bot_messages, notes, escalations, last_at,
       @handled(case when human_hand = 1 and bot_hand = 1 and (first_bot_at is not null) then 'bot_to_human'
            when human_hand = 1 then 'human_only'
            when bot_hand = 1 and knows_messages = 'events' then 'bot_only'
            when knows_messages = 'events' and last_state is not null then 'untouched'
            else 'unknown' end) as handled_by
from ended
