-- Every change of hands between two known people, and every change the tool declares without naming them; with what
-- moved it and which border it crossed. A side is known by the agent's own team and vendor at that time, else by those
-- of the queue the contact lay in; what is not known is said to be so. A seat that several people share is no known person: it
-- is bridged, like an unknown holder. touched_at is when the contact was next touched, after that second: a reply, a note, or a
-- change of state into waiting or settled that neither a rule, a bot nor the customer made.
with shared_seats as (
    select distinct agent_id from agents where is_shared
),
held as (
    select t.ticket_no, t.episode, t.pos, t.occurred_at, t.holder as to_holder, t.cause, t.queue_now,
           lag(t.holder) over (partition by t.ticket_no, t.episode order by t.pos) as from_holder,
           lag(t.queue_now) over (partition by t.ticket_no, t.episode order by t.pos) as from_queue_id
    from timeline t
    left join shared_seats s on s.agent_id = t.holder
    where t.kind = 'assigned' and t.holder <> '' and s.agent_id is null
),
changed as (
    select * from held where from_holder is not null and from_holder <> to_holder
),
moves as (
    select distinct ticket_no, episode, occurred_at from changed
),
people as (
    select agent_id, coalesce(valid_from, date '0001-01-01') as valid_from, coalesce(valid_to, date '9999-01-01') as valid_to, max(team) as team, max(vendor) as vendor
    from agents group by agent_id, valid_from, valid_to
),
sides as (
    select c.ticket_no, c.episode, c.pos, max(c.occurred_at) as occurred_at, max(c.from_holder) as from_holder, max(c.to_holder) as to_holder, max(c.cause) as cause,
           max(c.queue_now) as queue_id, max(c.from_queue_id) as from_queue_id,
           max(case when a.agent_id is not null or q.queue_id is not null then 1 else 0 end) = 1 and max(case when b.agent_id is not null or p.queue_id is not null then 1 else 0 end) = 1 as is_known,
           coalesce(max(case when a.agent_id is not null then a.vendor else q.vendor end), '') as from_vendor,
           coalesce(max(case when b.agent_id is not null then b.vendor else p.vendor end), '') as to_vendor,
           max(coalesce(a.team, q.team)) as from_team, max(coalesce(b.team, p.team)) as to_team
    from changed c
    left join people a on a.agent_id = c.from_holder and a.valid_from <= cast(c.occurred_at as date) and a.valid_to > cast(c.occurred_at as date)
    left join people b on b.agent_id = c.to_holder and b.valid_from <= cast(c.occurred_at as date) and b.valid_to > cast(c.occurred_at as date)
    left join queues q on q.queue_id = c.from_queue_id
    left join queues p on p.queue_id = c.queue_now
    group by c.ticket_no, c.episode, c.pos
),
told as (
    select ticket_no, episode, pos, occurred_at, from_holder, to_holder, cause, from_queue_id, queue_id,
           case when is_known and from_vendor <> to_vendor then 'vendor'
                when from_team = to_team then 'same_team'
                when from_team <> to_team then 'between_teams'
                when from_team is null and to_team is null and from_queue_id = queue_id then 'same_team'
                else 'not_known' end as border
    from sides
    union all
    select m.ticket_no, m.episode, m.pos, m.occurred_at, cast(null as varchar), cast(null as varchar), m.cause, m.queue_now, m.queue_now, 'not_known'
    from timeline m
    left join moves c on c.ticket_no = m.ticket_no and c.episode = m.episode and c.occurred_at = m.occurred_at
    where m.kind = 'reassigned' and c.ticket_no is null
),
touches as (
    select ticket_no, episode, occurred_at from timeline
    where kind in ('agent_message', 'internal_note')
       or (state in ('waiting_customer', 'waiting_internal', 'resolved', 'closed') and state <> coalesce(state_before, 'new') and kind <> 'created'
           and (actor_kind is null or actor_kind not in ('customer', 'bot', 'system')) and (cause is null or cause <> 'rule'))
),
nexts as (
    select h.ticket_no, h.pos, min(t.occurred_at) as touched_at
    from told h
    join touches t on t.ticket_no = h.ticket_no and t.episode = h.episode and t.occurred_at > h.occurred_at
    group by h.ticket_no, h.pos
)
select h.*, n.touched_at
from told h
left join nexts n on n.ticket_no = h.ticket_no and n.pos = h.pos
