-- Turns of a conversation: from a customer's first unanswered word to the next public word of a person. Further words
-- before the answer belong to the same turn; the beginning of a contact that an agent or a bot began is no customer's word.
with begun_by_us as (
    select distinct ticket_no, episode from timeline where kind = 'created' and actor_kind in ('agent', 'bot')
),
words as (
    select t.ticket_no, t.episode, t.turn_no, min(t.occurred_at) as asked_at, max(t.occurred_at) as last_word_at, count(*) as words
    from timeline t
    left join begun_by_us u on u.ticket_no = t.ticket_no and u.episode = t.episode
    where t.kind = 'customer_message' or (t.kind = 'created' and t.awaiting_now = 1 and u.ticket_no is null)
    group by t.ticket_no, t.episode, t.turn_no
),
answers as (
    select ticket_no, episode, turn_no - 1 as turn_no, occurred_at as answered_at from timeline where kind = 'agent_message'
)
select w.ticket_no, w.episode, row_number() over (partition by w.ticket_no, w.episode order by w.turn_no) as turn_no,
       w.asked_at, w.last_word_at, w.words, a.answered_at
from words w
left join answers a on a.ticket_no = w.ticket_no and a.episode = w.episode and a.turn_no = w.turn_no
