-- What a promise's clock runs through: each stretch of a contact in one state and one queue, the last one without end.
select ticket_no, episode, occurred_at as from_at, next_at as until_at, state_now as state, queue_now as queue_id
from timeline
where next_at is null or next_at > occurred_at
