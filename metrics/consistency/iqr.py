"""How wide the middle half of resolution times is.

Third quartile less first quartile of resolution_time, by exact interpolated quantiles.
"""
from metrics.consistency.settled_within import METRIC as SETTLED
from metrics.engine.metric import Metric

METRIC = Metric(
    label="Middle half of resolution times (IQR)", unit="seconds", kind="spread", better="lower", dated_by="ended",
    value="resolution_time", excluded=SETTLED.excluded, fidelity=SETTLED.fidelity,
    aggregate="@quantile(v, 0.75) - @quantile(v, 0.25)", min_tickets=20,
    dialects="No helpdesk shows it.",
    examples=SETTLED.examples)
