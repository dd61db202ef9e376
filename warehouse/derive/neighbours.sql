-- For each contact of a known customer: the same person's next contact after it ended, the one before it opened, and
-- whether an earlier one was still open then, when the last one before it ended, and how many others the person has; also
-- among contacts of the same reason. And which of the person's issues it belongs to, counted from the first: a contact that
-- begins while an earlier one is open, or within the repeat window after the last of them ended, continues the issue.
with contacts as (
    select f.ticket_no, f.ticket_id, f.episode, f.person_id, f.reason, f.started_at, f.ended_at, f.is_open,
           case when f.handled_by not in ('bot_only', 'untouched') then f.started_at end as human_at
    from bare_facts f
    where f.person_id is not null and f.left_out is null and not f.is_proactive and f.started_at is not null
),
points as (   -- starts sort before ends of the same time: the next contact must begin strictly later
    select ticket_no, ticket_id, episode, person_id, reason, started_at as point_at, 0 as is_end, started_at as start_at, human_at, ended_at, is_open,
           cast(null as timestamp) as end_at from contacts
    union all
    select ticket_no, ticket_id, episode, person_id, reason, ended_at, 1, cast(null as timestamp), cast(null as timestamp), ended_at, is_open,
           case when ended_at >= started_at then ended_at end from contacts where ended_at is not null
),
seen as (
    select ticket_no, episode, person_id, is_end, point_at,
           min(start_at) over (partition by person_id order by point_at, is_end, ticket_id, episode rows between 1 following and unbounded following) as next_at,
           max(start_at) over (partition by person_id order by point_at, is_end, ticket_id, episode rows between unbounded preceding and 1 preceding) as before_at,
           max(case when is_end = 0 then case when is_open then timestamp '9999-01-01 00:00:00' else ended_at end end)
               over (partition by person_id order by point_at, is_end, ticket_id, episode rows between unbounded preceding and 1 preceding) as latest_end_at,
           min(human_at) over (partition by person_id order by point_at, is_end, ticket_id, episode rows between 1 following and unbounded following) as next_human_at,
           max(end_at) over (partition by person_id order by point_at, is_end, ticket_id, episode rows between unbounded preceding and 1 preceding) as last_end_at,
           max(end_at) over (partition by person_id, reason order by point_at, is_end, ticket_id, episode rows between unbounded preceding and 1 preceding) as last_same_end_at,
           min(start_at) over (partition by person_id, reason order by point_at, is_end, ticket_id, episode rows between 1 following and unbounded following) as next_same_at,
           max(start_at) over (partition by person_id, reason order by point_at, is_end, ticket_id, episode rows between unbounded preceding and 1 preceding) as before_same_at,
           max(case when is_end = 0 then case when is_open then timestamp '9999-01-01 00:00:00' else ended_at end end)
               over (partition by person_id, reason order by point_at, is_end, ticket_id, episode rows between unbounded preceding and 1 preceding) as latest_same_end_at,
           -- over all of the same order, so that the one sort serves
           count(start_at) over (partition by person_id order by point_at, is_end, ticket_id, episode rows between unbounded preceding and unbounded following) as contacts,
           count(start_at) over (partition by person_id, reason order by point_at, is_end, ticket_id, episode rows between unbounded preceding and unbounded following) as same_contacts
    from points
),
told as (
    select ticket_no, episode,
           max(case when is_end = 1 then next_at end) as next_contact_at,
           max(case when is_end = 1 then next_same_at end) as next_same_reason_at,
           max(case when is_end = 1 then next_human_at end) as next_human_contact_at,
           max(case when is_end = 0 then last_end_at end) as ended_before_at,
           max(case when is_end = 0 then last_same_end_at end) as same_reason_ended_before_at,
           max(case when is_end = 0 then before_at end) as contact_before_at,
           max(case when is_end = 0 then before_same_at end) as same_reason_before_at,
           max(case when is_end = 0 and latest_end_at > point_at then 1 else 0 end) = 1 as opened_while_open,
           max(case when is_end = 0 and latest_same_end_at > point_at then 1 else 0 end) = 1 as opened_while_same_open,
           max(contacts) - 1 as other_contacts, max(same_contacts) - 1 as other_same_contacts,
           max(person_id) as person_id, max(case when is_end = 0 then point_at end) as started_at, max(case when is_end = 0 then latest_end_at end) as busy_until
    from seen
    group by ticket_no, episode
)
select t.ticket_no, t.episode, t.next_contact_at, t.next_same_reason_at, t.next_human_contact_at, t.ended_before_at, t.same_reason_ended_before_at, t.contact_before_at,
       t.same_reason_before_at, t.opened_while_open, t.opened_while_same_open, t.other_contacts, t.other_same_contacts,
       -- contacts that began in one moment have one number
       cast(count(case when t.busy_until is null or @secs(t.busy_until, t.started_at) > w.seconds then 1 end) over (partition by t.person_id order by t.started_at) as int) as issue_no
from told t
cross join repeat_window w
