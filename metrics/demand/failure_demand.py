"""The share of contacts that need not have been: something had gone wrong before, or the reason is avoidable.

A contact is counted once, under the first of its parts: it is a repeat (the same customer's earlier contact, in any tool, had
ended within the window before it began), a chaser (opened while an earlier one was open, or written to again after an hour
without an answer), it was reopened, or its reason is one to eliminate (action in reasons.csv): it arises only because the
business failed. Reasons that could be spared the customer otherwise (pre-empt, digitise) are demand all the same. The newest
contacts can still be reopened; their share may rise.
"""
from metrics.engine.followers import ENDED_BEFORE, IDENTITY, OF_COMPANY, UNKNOWN, WHILE_OPEN, repeat_window
from metrics.engine.metric import Example, Metric, Option

PARTS = {
    "repeat": f"@secs({ENDED_BEFORE}, started_at) <= {{window_days}} * 86400",
    "chaser": f"{WHILE_OPEN} or chase_seconds > 3600",
    "reopened": "reopens > 0",
    "avoidable reason": "action = 'eliminate'",
}

METRIC = Metric(
    label="Failure demand", unit="share", kind="share", better="lower", dated_by="arrived",
    population="not is_proactive", parts=PARTS, rows=OF_COMPANY, kept=False,
    value="case when " + " or ".join(f"coalesce({condition}, false)" for condition in PARTS.values()) + " then 1 else 0 end",
    excluded={"customer not known": UNKNOWN, "start not known": "started_at is null"},
    fidelity="coalesce(state_fidelity, 'counters')",
    options={"window_days": repeat_window("days after the end of the earlier contact within which this one is a repeat"), "identity": IDENTITY,
             "reason": Option("any", "an earlier contact of any reason, or only of the same one", ("any", "same"))},
    dialects="No helpdesk shows it; the term is Seddon's: demand caused by a failure to do something, or to do it right.",
    examples=(
        Example(says="Back two days after it was settled: the second is a repeat.", tickets={"T1": {"customer_id": "c1"}, "T2": {"customer_id": "c1"}},
                events="T1 10:00 created\nT1 11:00 resolved by ana\nT2 +2d 10:00 created\nT2 +2d 11:00 resolved by ana", gives={"T1": 0, "T2": 1}),
        Example(says="A repeat that was also reopened counts once.", tickets={"T1": {"customer_id": "c1"}, "T2": {"customer_id": "c1"}},
                events="T1 10:00 created\nT1 11:00 resolved by ana\nT2 +2d 10:00 created\nT2 +2d 11:00 resolved by ana\n"
                       "T2 +2d 12:00 reopened by customer", gives={"T1": 0, "T2": 1}),
        Example(says="Opened while the first was open; and one that was only reopened.",
                tickets={"T1": {"customer_id": "c1"}, "T2": {"customer_id": "c1"}, "T3": {"customer_id": "c3"}},
                events="T1 10:00 created\nT2 10:30 created\nT1 11:00 resolved by ana\nT2 11:00 resolved by ana\nT3 10:00 created\nT3 11:00 resolved by ana\n"
                       "T3 12:00 reopened by customer",
                gives={"T1": 0, "T2": 1, "T3": 1}),
        Example(says="Who the customer is is not known: left out.", events="T1 10:00 created\nT1 11:00 resolved by ana", gives={"T1": "customer not known"}),
    ))
