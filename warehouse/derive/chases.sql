-- The longest time, per contact, over which a customer kept writing without an answer: from the first unanswered word
-- to the last one of that turn.
select ticket_id, episode, max(span) as chase_seconds
from (select ticket_id, episode, turn_no, @secs(min(occurred_at), max(occurred_at)) as span
      from timeline
      where kind = 'customer_message' or (kind = 'created' and awaiting_now = 1)
      group by ticket_id, episode, turn_no
      having count(*) > 1) turns
group by ticket_id, episode
