-- The longest time, per contact, over which a customer kept writing without an answer: from the first unanswered word
-- to the last one of that turn.
with words as (
    select ticket_id, episode, occurred_at,
           sum(case when kind = 'agent_message' then 1 else 0 end) over (partition by ticket_id, episode order by pos rows between unbounded preceding and current row) as turn_no,
           kind, awaiting_now
    from moments
    where kind in ('created', 'customer_message', 'agent_message')
)
select ticket_id, episode, max(span) as chase_seconds
from (select ticket_id, episode, turn_no, @secs(min(occurred_at), max(occurred_at)) as span
      from words where kind = 'customer_message' or (kind = 'created' and awaiting_now = 1)
      group by ticket_id, episode, turn_no) turns
group by ticket_id, episode
