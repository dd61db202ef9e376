"""How long a contact was on our side: its resolution time less the time it waited for the customer.

On the calendar, from the first word to the last resolution, without the hours in waiting_customer. Hours on hold at a third
party are ours. So are those between a resolution that did not last and the return: it had not been settled.
"""
from metrics.engine.metric import Example, Metric
from metrics.speed.resolution_time import METRIC as RESOLUTION

# seconds in each state from the first word to the last resolution
CLOCKS = """select ticket_no, episode, cast(sum(case when state = 'waiting_customer' then seconds else 0 end) as bigint) as customer_seconds,
                   cast(sum(case when state = 'waiting_internal' then seconds else 0 end) as bigint) as hold_seconds,
                   cast(sum(case when state in ('new', 'in_progress', 'waiting_internal') then seconds else 0 end) as bigint) as our_seconds
        from (select s.ticket_no, s.episode, s.state,
                     @secs(case when s.from_at < e.started_at then e.started_at else s.from_at end,
                           case when s.until_at is null or s.until_at > e.ended_at then e.ended_at else s.until_at end) as seconds
              from spells s join episodes e on e.ticket_no = s.ticket_no and e.episode = s.episode
              where s.from_at < e.ended_at and (s.until_at is null or s.until_at > e.started_at)) as clipped
        group by ticket_no, episode"""
RULES = {"not available from this source": "state_fidelity is null or state_fidelity = 'counters'", **RESOLUTION.excluded, "end not known": "ended_at is null"}

METRIC = Metric(
    label="Our time", unit="seconds", kind="duration", better="lower", dated_by="ended",
    rows=CLOCKS, value="case when ended_at >= started_at then @secs(started_at, ended_at) - coalesce(r.customer_seconds, 0) end",
    excluded=RULES, fidelity="state_fidelity",
    dialects="Zendesk's requester wait leaves out solved time too; Intercom's handling time also leaves out bots, snoozes and the team inbox.",
    examples=(
        Example(says="One hour ours, two the customer's, one ours: two hours.",
                events="T1 10:00 created\nT1 11:00 agent_message by ana\nT1 11:00 state_changed waiting_customer by ana\n"
                       "T1 13:00 state_changed in_progress by customer\nT1 14:00 resolved by ana",
                gives={"T1": 7200}),
        Example(says="On hold at a third party is ours.",
                events="T1 10:00 created\nT1 11:00 internal_note by ana\nT1 11:00 state_changed waiting_internal by ana\nT1 14:00 resolved by ana", gives={"T1": 14400}),
        Example(says="A resolution that did not last was none: the hour until the return is ours.",
                events="T1 10:00 created\nT1 11:00 agent_message by ana\nT1 11:00 resolved by ana\nT1 12:00 reopened by customer\nT1 13:00 resolved by ana", gives={"T1": 10800}),
        Example(says="Nothing of states in this source: not available.", events="T1 10:00 created\nT1 10:30 agent_message by ana", fidelity={"messages": "events"},
                gives={"T1": "not available from this source"}),
    ))
