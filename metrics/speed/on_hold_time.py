"""How long a settled contact waited for a third party or another team.

The hours in waiting_internal between its first word and its last resolution, on the calendar. The customer waits all the
while.
"""
from metrics.engine.metric import Example, Metric
from metrics.speed.our_time import CLOCKS, RULES

METRIC = Metric(
    label="On hold", unit="seconds", kind="duration", better="lower", dated_by="ended",
    rows=CLOCKS, value="case when ended_at >= started_at then coalesce(r.hold_seconds, 0) end", excluded=RULES, fidelity="state_fidelity",
    dialects="Zendesk and dbt_zendesk count on-hold time within the requester's wait; tools without a hold state show none.",
    examples=(
        Example(says="Three hours at the carrier.",
                events="T1 10:00 created\nT1 11:00 internal_note by ana\nT1 11:00 state_changed waiting_internal by ana\n"
                       "T1 14:00 state_changed in_progress by ana\nT1 15:00 resolved by ana", gives={"T1": 10800}),
        Example(says="Resolved out of hold: until then.",
                events="T1 10:00 created\nT1 11:00 internal_note by ana\nT1 11:00 state_changed waiting_internal by ana\nT1 12:00 resolved by ana", gives={"T1": 3600}),
        Example(says="Never on hold: 0.",
                events="T1 10:00 created\nT1 11:00 agent_message by ana\nT1 11:00 resolved by ana", gives={"T1": 0}),
        Example(says="On hold still: no value before it is settled.",
                events="T1 10:00 created\nT1 11:00 internal_note by ana\nT1 11:00 state_changed waiting_internal by ana", gives={"T1": "open"}),
    ))
