"""How long it takes until a contact is settled for the first time, whatever comes after.

From the first word to the first time it was resolved or closed. Beside resolution_time it shows what reopening costs: a
contact that came back keeps this value and loses, until it is settled again, the other. A source that counts reopenings and tells no
history of states knows the last settling only: a contact it says came back is left out.
"""
from metrics.engine.metric import Example, Metric
from metrics.speed.resolution_time import METRIC as RESOLUTION

METRIC = Metric(
    label="First resolution time", unit="seconds", kind="duration", better="lower", dated_by="arrived", kept=False,
    value="@secs(started_at, case when ended_at < first_settled_at then ended_at else first_settled_at end)",
    excluded={
        "start not known": "started_at is null",
        "first settling not known": "(state_fidelity is null or state_fidelity = 'counters') and recorded_reopens > 0",
        "not settled yet": "first_settled_at is null and is_open",
        "end not known": "first_settled_at is null",
        "resolved before it began": "first_settled_at < started_at or ended_at < started_at",
        "bot only": RESOLUTION.excluded["bot only"],
        "untouched": RESOLUTION.excluded["untouched"],
    },
    fidelity=RESOLUTION.fidelity,
    dialects="Zendesk shows first resolution beside full resolution; Chatwoot writes one event per resolve, each from creation; dbt_zendesk drops the business value of a "
             "reopened ticket and keeps the calendar one.",
    examples=(
        Example(says="Solved at 11:00 and again at 13:00: the first counts.",
                events="T1 10:00 created\nT1 10:30 agent_message by ana\nT1 11:00 resolved by ana\nT1 12:00 reopened by customer\nT1 13:00 resolved by ana", gives={"T1": 3600}),
        Example(says="Open again: it was settled once all the same.",
                events="T1 10:00 created\nT1 10:30 agent_message by ana\nT1 11:00 resolved by ana\nT1 12:00 reopened by customer", gives={"T1": 3600}),
        Example(says="Never settled.", events="T1 10:00 created\nT1 10:30 agent_message by ana", gives={"T1": "not settled yet"}),
        Example(says="A source without a history of states: of a contact that it says came back only the last settling is known.",
                events="", fidelity={"states": "counters"},
                tickets={name: {"created_at": "2025-06-09 10:00", "resolved_at": "2025-06-09 12:00", "state": "resolved", "recorded_reopens": n}
                         for name, n in (("T1", 0), ("T2", 1))},
                gives={"T1": 7200, "T2": "first settling not known"}),
        Example(says="Closed by a rule while it waited for the customer: it ended where the wait began.",
                events="T1 10:00 created\nT1 11:00 agent_message by ana\nT1 11:00 state_changed waiting_customer by ana\nT1 +4d 11:00 closed by system", gives={"T1": 3600}),
    ))
