-- Business seconds per contact, by the schedule of the queue that held it at each instant: to its end and to its first
-- reply. No schedule anywhere on the way, or a time outside the calendar: NULL.
with ends as (
    select s.ticket_no, s.episode, coalesce(q.schedule, d.schedule) as schedule, e.started_at, e.ended_at, e.first_reply_at,
           case when s.entered_at < e.started_at then e.started_at else s.entered_at end as a,
           coalesce(case when s.next_queue_id is null then null else s.left_at end, timestamp '9999-01-01 00:00:00') as b
    from runs s
    join episodes e on e.ticket_no = s.ticket_no and e.episode = s.episode
    left join queues q on q.queue_id = s.queue_id
    cross join default_schedule d
),
cut as (
    select ticket_no, episode, schedule, a,
           case when ended_at >= a then case when ended_at < b then ended_at else b end end as end_b,
           case when first_reply_at >= a then case when first_reply_at < b then first_reply_at else b end end as reply_b,
           ended_at, first_reply_at, started_at
    from ends
    where b >= a   -- a stay that was over before the contact began (an agent began it, the customer spoke later) is none of its time
),
counted as (
    select c.ticket_no, c.episode, c.schedule,
           case when c.end_b is not null then /*open_end*/ - /*open_a*/ end as end_seconds, c.end_b is not null as needs_end,
           case when c.reply_b is not null then /*open_reply*/ - /*open_a*/ end as reply_seconds, c.reply_b is not null as needs_reply
    from cut c
    left join calendar ca on ca.schedule = c.schedule and ca.on_date = cast(c.a as date)
    left join calendar ce on ce.schedule = c.schedule and ce.on_date = cast(c.end_b as date)
    left join calendar cr on cr.schedule = c.schedule and cr.on_date = cast(c.reply_b as date)
)
select ticket_no, episode,
       case when max(case when needs_end and end_seconds is null then 1 else 0 end) = 0 then sum(end_seconds) end as resolution_business_seconds,
       case when max(case when needs_reply and reply_seconds is null then 1 else 0 end) = 0 then sum(reply_seconds) end as first_reply_business_seconds
from counted
group by ticket_no, episode
