"""How wide the middle half is for its size: (Q3 - Q1) / (Q3 + Q1) of resolution_time, from 0 (all alike) to 1.

Free of unit, so queues of different speed can be compared.
"""
from metrics.consistency.settled_within import METRIC as SETTLED
from metrics.engine.metric import Metric

METRIC = Metric(
    label="Quartile dispersion", unit="ratio", kind="spread", better="lower", dated_by="ended",
    value="resolution_time", excluded=SETTLED.excluded, fidelity=SETTLED.fidelity,
    aggregate="(@quantile(v, 0.75) - @quantile(v, 0.25)) / nullif(@quantile(v, 0.75) + @quantile(v, 0.25), 0)", min_tickets=20,
    dialects="No helpdesk shows it.",
    examples=SETTLED.examples)
