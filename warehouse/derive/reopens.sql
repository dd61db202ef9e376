-- Every transition from resolved or closed back to an active state inside one contact, and who caused it. A customer's
-- reopening that was settled again without a word from an agent is a thank-you.
with crossings as (
    select ticket_no, episode, pos, occurred_at, actor_kind, awaiting_now, state, state_before, implied,
           lead(turn_no) over (partition by ticket_no, episode order by pos) - turn_no as answers_until_settled
    from timeline
    where state is not null and state_before is not null
      and case when state in ('resolved', 'closed') then 1 else 0 end <> case when state_before in ('resolved', 'closed') then 1 else 0 end
),
caused as (
    select ticket_no, episode, pos, occurred_at, answers_until_settled,
           case when actor_kind = 'customer' or (awaiting_now = 1 and coalesce(actor_kind, 'system') <> 'agent') then 'customer' else 'us' end as reopened_by
    from crossings
    where state not in ('resolved', 'closed') and implied <> 2
)
select ticket_no, episode, pos, occurred_at,
       case when reopened_by = 'customer' and answers_until_settled = 0 then 'thanks' else reopened_by end as reopened_by
from caused
