-- One row per contact with its dimensions and dates in the report zone; the base of ticket_facts.
with first_stays as (
    select s.ticket_no, s.episode, s.queue_id from runs s where s.is_first
),
named as (
    select e.*, t.ticket_id, t.kind, t.url, t.channel, t.priority, t.company_id, t.reason_raw, t.state_raw,
           case when e.is_latest then coalesce(ra.rating, t.csat) end as csat, t.assignee_id,
           t.deleted_at, t.merged_into, t.is_spam, t.recorded_handoffs, t.recorded_reopens, t.recorded_first_response_seconds,
           t.recorded_resolution_seconds, t.recorded_sla_met, t.customer_id,
           coalesce(e.last_queue_id, t.queue_id) as end_queue_id, fs.queue_id as first_queue_id
    from episodes e
    join tickets t on t.ticket_no = e.ticket_no
    left join ratings ra on ra.ticket_no = e.ticket_no
    left join first_stays fs on fs.ticket_no = e.ticket_no and fs.episode = e.episode
),
local_times as (
    select n.*,
           @add_secs(n.started_at, case when a.switch_at is not null and n.started_at >= a.switch_at then a.offset_after else a.offset_seconds end) as arrived_local,
           @add_secs(n.ended_at, case when z.switch_at is not null and n.ended_at >= z.switch_at then z.offset_after else z.offset_seconds end) as ended_local
    from named n
    left join local_days a on a.on_date = cast(n.started_at as date)
    left join local_days z on z.on_date = cast(n.ended_at as date)
)
select l.ticket_no, l.ticket_id, l.episode, l.source, l.kind, coalesce(l.url, replace(ss.url_template, '{id}', substr(l.ticket_id, length(l.source) + 2))) as url,
       c.person_id, l.company_id, l.channel, l.priority, l.state, l.state_raw, l.csat,
       l.end_queue_id as queue_id, coalesce(q.name, substr(l.end_queue_id, length(l.source) + 2)) as queue,
       l.first_queue_id, coalesce(fq.name, substr(l.first_queue_id, length(l.source) + 2)) as first_queue,
       q.team, q.vendor, q.tier, l.reason_raw, coalesce(rm.reason, l.reason_raw, rr.reason) as reason,
       coalesce(rm.reason_group, rr.reason_group) as reason_group, coalesce(rm.owner, rr.owner) as owner, coalesce(rm.action, rr.action) as action,
       coalesce(rm.avoidable_share, rr.avoidable_share) as avoidable_share, case when l.reason_raw is not null then 'field' else rr.found_in end as reason_from,
       d.language, d.brand, d.product, coalesce(d.segment, co.segment) as segment, d.dimensions,
       an.agent, l.handled_by,
       l.started_at, l.ended_at, l.closed_at, l.first_settled_at, l.first_reply_at, l.first_agent_at, l.first_bot_at, l.first_held_at,
       l.arrived_local, l.ended_local, @day(l.arrived_local) as arrived_on, @day(l.ended_local) as ended_on,
       @week(l.arrived_local) as arrived_week, @week(l.ended_local) as ended_week,
       l.is_open, l.is_proactive, it.ticket_no is not null as is_in_incident, l.is_inferred_end, l.is_ended_without_answer, l.awaiting_now = 1 as is_customer_last,
       l.replies, l.customer_messages, l.bot_messages, l.notes, l.escalations as told_escalations,
       l.recorded_handoffs, l.recorded_reopens, l.recorded_first_response_seconds, l.recorded_resolution_seconds, l.recorded_sla_met,
       @fidelity(ss.assignments) as assignment_fidelity, @fidelity(ss.queues) as queue_fidelity, @fidelity(ss.states) as state_fidelity,
       @fidelity(ss.messages) as message_fidelity,
       @rule(case when sv.survivor_no is not null then 'merged' when l.is_spam then 'spam' when l.deleted_at is not null then 'deleted'
            when l.is_test then 'test' when pt.ticket_no is not null then 'part of another' end) as left_out
from (select x.*, tt.ticket_no is not null as is_test from local_times x left join test_tickets tt on tt.ticket_no = x.ticket_no) l
left join survivors sv on sv.ticket_no = l.ticket_no
left join part_tickets pt on pt.ticket_no = l.ticket_no
left join incident_tickets it on it.ticket_no = l.ticket_no
left join customers c on c.customer_id = l.customer_id
left join companies co on co.company_id = l.company_id and co.valid_to is null
left join queues q on q.queue_id = l.end_queue_id
left join queues fq on fq.queue_id = l.first_queue_id
left join reason_map rm on rm.reason_raw = l.reason_raw
left join told_reasons tr on tr.ticket_no = l.ticket_no
left join reason_rules rr on rr.rule_no = tr.rule_no
left join ticket_dimensions d on d.ticket_no = l.ticket_no
left join source_streams ss on ss.source = l.source
left join agent_names an on an.agent_id = coalesce(l.last_holder_id, l.assignee_id)
order by l.arrived_local   -- readers ask for weeks, and skip what lies outside them
