-- Where each finished hour of a contact went, by the week in which it was lived: six bins per stay and week of the
-- report zone, with the queue it lay in. Open spells are added by the question, up to its as-of.
with pieces as (
    select ticket_no, episode, stay_no, bin, first_week as week_on, @secs(from_at, until_at) as seconds, touched_seconds
    from spells where until_at is not null and first_week = last_week
    union all
    select d.ticket_no, d.episode, d.stay_no, d.bin, w.week_on,
           @secs(case when d.from_at > w.starts_at then d.from_at else w.starts_at end, case when d.until_at < w.until_at then d.until_at else w.until_at end),
           case when d.until_at <= w.until_at then d.touched_seconds
                when d.touched_seconds > @secs(w.until_at, d.until_at) then d.touched_seconds - @secs(w.until_at, d.until_at) else 0 end
    from spells d
    join weeks w on w.week_on >= d.first_week and w.week_on <= d.last_week
    where d.until_at is not null and d.first_week <> d.last_week
),
bounded as (
    select ticket_no, episode, stay_no, bin, week_on, seconds, case when touched_seconds < seconds then touched_seconds else seconds end as touched_seconds
    from pieces where seconds > 0
),
summed as (
    select ticket_no, episode, stay_no, week_on,
           cast(sum(case when bin = 'queue' then seconds - touched_seconds else 0 end) as bigint) as queue_seconds,
           cast(sum(case when bin = 'held' then seconds - touched_seconds else 0 end) as bigint) as held_seconds,
           cast(sum(touched_seconds) as bigint) as touched_seconds,
           cast(sum(case when bin = 'customer' then seconds else 0 end) as bigint) as customer_seconds,
           cast(sum(case when bin = 'others' then seconds else 0 end) as bigint) as others_seconds,
           cast(sum(case when bin = 'resolved' then seconds else 0 end) as bigint) as resolved_seconds
    from bounded
    group by ticket_no, episode, stay_no, week_on
)
select s.*, q.name as queue
from summed s
left join runs r on r.ticket_no = s.ticket_no and r.episode = s.episode and r.stay_no = s.stay_no
left join queues q on q.queue_id = r.queue_id
order by s.week_on
