-- Turns of a conversation: from a customer's first unanswered word to the next public word of a person. Further words
-- before the answer belong to the same turn.
with words as (
    select ticket_id, episode, turn_no, min(occurred_at) as asked_at, max(occurred_at) as last_word_at, count(*) as words
    from timeline
    where kind = 'customer_message' or (kind = 'created' and awaiting_now = 1)
    group by ticket_id, episode, turn_no
),
answers as (
    select ticket_id, episode, turn_no - 1 as turn_no, occurred_at as answered_at from timeline where kind = 'agent_message'
)
select w.ticket_id, w.episode, row_number() over (partition by w.ticket_id, w.episode order by w.turn_no) as turn_no,
       w.asked_at, w.last_word_at, w.words, a.answered_at
from words w
left join answers a on a.ticket_id = w.ticket_id and a.episode = w.episode and a.turn_no = w.turn_no
