"""The time within which 9 of 10 contacts were settled.

The 90th percentile of resolution_time: what a customer can count on, not what happens on average. Below 36 contacts the
interval of that percentile has no upper end, and no value is shown.
"""
from metrics.engine.metric import Example, Metric
from metrics.speed import resolution_time

RESOLUTION = resolution_time.METRIC

METRIC = Metric(
    label="Settled within (9 of 10)", unit="seconds", kind="duration", better="lower", dated_by="ended",
    value="resolution_time", excluded=RESOLUTION.excluded, fidelity=RESOLUTION.fidelity, aggregate="@quantile(v, 0.9)", min_tickets=36,
    dialects="Helpdesks report the average or the median; only Plain shows a 90th percentile.",
    examples=(
        Example(says="Per contact it is the resolution time.", events="T1 10:00 created\nT1 10:30 agent_message by ana\nT1 11:00 resolved by ana", gives={"T1": 3600}),
        Example(says="An open contact has none.", events="T1 10:00 created\nT1 10:30 agent_message by ana", gives={"T1": "open"}),
        Example(says="Nobody touched it: left out.", events="T1 10:00 created\nT1 11:00 resolved by system", gives={"T1": "untouched"}),
    ))
