-- Runs of a contact in one queue: entered, first held, left, and whether anyone did anything there. Whoever was given the
-- contact in the second it entered has it there from the start; so has one who brought it along and whom nobody relieves there.
with runs as (
    select ticket_no, episode, stay_no, max(queue_now) as queue_id, min(occurred_at) as entered_at,
           min(case when kind = 'assigned' and holder <> '' then occurred_at end) as assigned_at,
           max(case when kind = 'assigned' and holder <> '' then occurred_at end) as last_assigned_at,
           min(2 * pos + case when holder_now <> '' then 1 else 0 end) % 2 = 1 as came_held,   -- of its first moment
           max(case when kind in ('agent_message', 'internal_note') or (implied = 0 and kind <> 'created' and state <> coalesce(state_before, 'new')) then 1 else 0 end) as was_touched
    from timeline
    group by ticket_no, episode, stay_no
),
placed as (
    select r.*, lead(entered_at) over (partition by ticket_no, episode order by stay_no) as next_entered_at,
           lead(queue_id) over (partition by ticket_no, episode order by stay_no) as next_queue_id,
           lag(queue_id) over (partition by ticket_no, episode order by stay_no) as previous_queue_id,
           max(last_assigned_at) over (partition by ticket_no, episode order by stay_no rows between unbounded preceding and 1 preceding) as given_at
    from runs r
)
select p.ticket_no, p.episode, p.stay_no,
       coalesce(p.queue_id, case when p.next_queue_id is null and p.previous_queue_id is null then t.queue_id end) as queue_id,
       p.entered_at, case when p.came_held and (p.assigned_at is null or p.given_at = p.entered_at) then p.entered_at else p.assigned_at end as assigned_at,
       coalesce(p.next_entered_at, case when e.is_open then null else coalesce(e.closed_at, e.ended_at, e.last_at) end) as left_at,
       p.next_queue_id, p.was_touched = 1 as was_touched, p.previous_queue_id is null and p.queue_id is not null as is_first
from placed p
join episodes e on e.ticket_no = p.ticket_no and e.episode = p.episode
join tickets t on t.ticket_no = p.ticket_no
where not (p.queue_id is null and p.next_entered_at is not null and p.next_entered_at = p.entered_at)
order by p.entered_at   -- of stays too readers ask for weeks
