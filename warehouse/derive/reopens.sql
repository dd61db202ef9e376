-- Every transition from resolved or closed back to an active state inside one contact, and who caused it.
select ticket_id, episode, pos, occurred_at,
       case when actor_kind = 'customer' or (awaiting_now = 1 and coalesce(actor_kind, 'system') <> 'agent') then 'customer' else 'us' end as reopened_by
from timeline
where state is not null and state not in ('resolved', 'closed') and state_before in ('resolved', 'closed') and implied <> 2
