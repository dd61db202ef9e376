-- The longest time, per contact, over which a customer kept writing without an answer: from the first unanswered word
-- to the last one of that turn.
select ticket_no, episode, max(@secs(asked_at, last_word_at)) as chase_seconds
from asks
where words > 1
group by ticket_no, episode
