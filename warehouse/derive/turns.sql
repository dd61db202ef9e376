-- Turns of a contact, dated by the time of asking; its dimensions are joined when asked. `is_first` is the turn whose answer is the
-- first response; a contact an agent started has none.
select r.ticket_no, r.episode, r.turn_no, r.turn_no = 1 and not f.is_proactive as is_first, r.asked_at, r.answered_at, r.words, f.ended_at, f.is_open,
       @add_secs(r.asked_at, case when a.switch_at is not null and r.asked_at >= a.switch_at then a.offset_after else a.offset_seconds end) as arrived_local
from asks r
join bare_facts f on f.ticket_no = r.ticket_no and f.episode = r.episode
left join local_days a on a.on_date = cast(r.asked_at as date)
