-- Runs of a contact in one queue, carrying the contact's dimensions; dated by the time of entering.
select r.ticket_no, r.episode, r.stay_no, r.queue_id, coalesce(q.name, substr(r.queue_id, length(f.source) + 2)) as queue, q.team, q.vendor, q.tier,
       r.entered_at, r.assigned_at, r.left_at, r.next_queue_id, coalesce(nq.name, substr(r.next_queue_id, length(f.source) + 2)) as next_queue,
       r.was_touched, r.is_first,
       @add_secs(r.entered_at, case when a.switch_at is not null and r.entered_at >= a.switch_at then a.offset_after else a.offset_seconds end) as arrived_local,
       @day(@add_secs(r.entered_at, case when a.switch_at is not null and r.entered_at >= a.switch_at then a.offset_after else a.offset_seconds end)) as arrived_on,
       @week(@add_secs(r.entered_at, case when a.switch_at is not null and r.entered_at >= a.switch_at then a.offset_after else a.offset_seconds end)) as arrived_week,
       f.source, f.kind, f.url, f.channel, f.priority, f.first_queue, f.reason, f.reason_from, f.reason_group, f.owner, f.action, f.language, f.brand, f.product, f.segment,
       f.dimensions, f.agent, f.handled_by, f.state, f.is_open, f.is_proactive, f.is_in_incident, f.is_inferred_end, f.is_ended_without_answer, f.left_out,
       f.assignment_fidelity, f.queue_fidelity, f.message_fidelity
from runs r
join bare_facts f on f.ticket_no = r.ticket_no and f.episode = r.episode
left join queues q on q.queue_id = r.queue_id
left join queues nq on nq.queue_id = r.next_queue_id
left join local_days a on a.on_date = cast(r.entered_at as date)
