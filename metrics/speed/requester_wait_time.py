"""How long the customer of a settled contact waited for us.

The hours in new, in_progress and waiting_internal between its first word and its last resolution, on the calendar. Hours in
waiting_customer and in resolved are not in it.
"""
from metrics.engine.metric import Example, Metric
from metrics.speed.our_time import CLOCKS, RULES

METRIC = Metric(
    label="Waiting for us", unit="seconds", kind="duration", better="lower", dated_by="ended",
    rows=CLOCKS, value="case when ended_at >= started_at then coalesce(r.our_seconds, 0) end", excluded=RULES, fidelity="state_fidelity",
    dialects="Zendesk's requester wait is new, open and on hold; our_time also counts the hours of a resolution that did not last.",
    examples=(
        Example(says="Open an hour, pending two, open an hour: two hours.",
                events="T1 10:00 created\nT1 11:00 agent_message by ana\nT1 11:00 state_changed waiting_customer by ana\n"
                       "T1 13:00 state_changed in_progress by customer\nT1 14:00 resolved by ana", gives={"T1": 7200}),
        Example(says="Resolved for an hour and back: that hour is in nobody's wait.",
                events="T1 10:00 created\nT1 11:00 agent_message by ana\nT1 11:00 resolved by ana\nT1 12:00 reopened by customer\nT1 13:00 resolved by ana", gives={"T1": 7200}),
        Example(says="Settled in the second it came: 0.",
                events="T1 10:00 created\nT1 10:00 agent_message by ana\nT1 10:00 resolved by ana", gives={"T1": 0}),
        Example(says="Open: no value before it is settled.",
                events="T1 10:00 created\nT1 11:00 agent_message by ana", gives={"T1": "open"}),
    ))
