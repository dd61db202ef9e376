-- One row per promise made to a customer: the target in force when its clock began, and the time on that clock until it
-- was met, until the contact ended, or so far. The clock stands still in the promise's pausing states; a business clock
-- follows the schedule of the queue that held the contact at each instant. The priority is the one it had when the clock
-- began; where it had none, the first it was given. The reason is the contact's, of which no tool tells a history. The more
-- specific target holds: of reason and priority, of the reason, of the priority, of any.
with asked as (
    select ticket_no, episode, 'first_response' as metric, cast(1 as bigint) as turn_no, started_at as began_at, first_reply_at as met_at, ended_at
    from bare_facts where not is_proactive and started_at is not null
    union all
    select ticket_no, episode, 'next_response', turn_no, asked_at, answered_at, ended_at from turns where not is_first
    union all
    select ticket_no, episode, 'resolution', 1, started_at, ended_at, ended_at from bare_facts where started_at is not null
),
promised as (
    select a.*, p.promise_no, p.is_business, coalesce(a.met_at, a.ended_at) as stop_at
    from asked a
    join promises p on p.metric = a.metric and p.valid_from <= cast(a.began_at as date) and p.valid_until > cast(a.began_at as date)
),
changes as (
    select ticket_no, occurred_at, from_value, to_value, row_number() over (partition by ticket_no order by occurred_at, seq nulls first, file_no, ordinal) as n
    from history where kind = 'priority_changed'
),
newest as (
    select p.ticket_no, p.episode, p.metric, p.turn_no, max(c.n) as n
    from promised p join changes c on c.ticket_no = p.ticket_no and c.occurred_at <= p.began_at
    group by p.ticket_no, p.episode, p.metric, p.turn_no
),
known as (
    select p.*, lower(f.reason) as reason, lower(coalesce(l.to_value, e.from_value, e.to_value, f.priority)) as priority
    from promised p
    join bare_facts f on f.ticket_no = p.ticket_no and f.episode = p.episode
    left join newest w on w.ticket_no = p.ticket_no and w.episode = p.episode and w.metric = p.metric and w.turn_no = p.turn_no
    left join changes l on l.ticket_no = p.ticket_no and l.n = w.n
    left join changes e on e.ticket_no = p.ticket_no and e.n = 1
),
judged as (
    select k.ticket_no, k.episode, k.metric, k.turn_no, k.began_at, k.met_at, k.ended_at, k.promise_no, k.is_business, k.stop_at,
           coalesce(b.target_seconds, r.target_seconds, t.target_seconds, o.target_seconds) as target_seconds
    from known k
    left join promise_targets b on b.promise_no = k.promise_no and b.reason = k.reason and b.priority = k.priority
    left join promise_targets r on r.promise_no = k.promise_no and r.reason = k.reason and r.priority = '*'
    left join promise_targets t on t.promise_no = k.promise_no and t.reason = '*' and t.priority = k.priority
    left join promise_targets o on o.promise_no = k.promise_no and o.reason = '*' and o.priority = '*'
),
pieces as (
    select j.ticket_no, j.episode, j.metric, j.turn_no, j.is_business, j.stop_at, coalesce(q.schedule, d.schedule) as schedule,
           case when s.from_at < j.began_at then j.began_at else s.from_at end as a,
           case when s.until_at is null or s.until_at > j.stop_at then j.stop_at else s.until_at end as z
    from judged j
    join segments s on s.ticket_no = j.ticket_no and s.episode = j.episode
    left join promise_pauses x on x.promise_no = j.promise_no and x.state = s.state
    left join queues q on q.queue_id = s.queue_id
    cross join default_schedule d
    where x.state is null and (s.until_at is null or s.until_at > j.began_at) and (j.stop_at is null or s.from_at < j.stop_at)
),
counted as (
    select p.ticket_no, p.episode, p.metric, p.turn_no,
           case when p.z is null then 0 when not p.is_business then @secs(p.a, p.z) else /*open_z*/ - /*open_a*/ end as seconds,
           case when p.z is null then p.a end as runs_from, case when p.z is null then p.schedule end as schedule
    from pieces p
    left join calendar ca on ca.schedule = p.schedule and ca.on_date = cast(p.a as date)
    left join calendar cz on cz.schedule = p.schedule and cz.on_date = cast(p.z as date)
),
summed as (
    select ticket_no, episode, metric, turn_no, case when max(case when seconds is null then 1 else 0 end) = 0 then cast(sum(seconds) as bigint) end as seconds,
           max(case when seconds is null then 1 else 0 end) = 1 as is_unknown, max(runs_from) as runs_from, max(schedule) as schedule
    from counted
    group by ticket_no, episode, metric, turn_no
)
select j.ticket_no, j.episode, j.metric, j.turn_no, j.began_at, j.met_at, j.stop_at, j.target_seconds, j.is_business, j.promise_no,
       case when coalesce(s.is_unknown, false) then null else coalesce(s.seconds, 0) end as counted_seconds, s.runs_from, s.schedule,
       @add_secs(j.began_at, case when a.switch_at is not null and j.began_at >= a.switch_at then a.offset_after else a.offset_seconds end) as arrived_local
from judged j
left join summed s on s.ticket_no = j.ticket_no and s.episode = j.episode and s.metric = j.metric and s.turn_no = j.turn_no
left join local_days a on a.on_date = cast(j.began_at as date)
