"""How far resolution times typically lie from their median.

1.4826 times the median of the absolute distances from the median: for normally spread times the standard deviation, but a
few monsters do not move it.
"""
from metrics.consistency.settled_within import METRIC as SETTLED
from metrics.engine.metric import Metric

METRIC = Metric(
    label="Typical distance from the median (MAD)", unit="seconds", kind="spread", better="lower", dated_by="ended",
    value="resolution_time", excluded=SETTLED.excluded, fidelity=SETTLED.fidelity,
    aggregate="1.4826 * @quantile(abs(v - med), 0.5)", min_tickets=20,
    dialects="No helpdesk shows it; standard deviations in Explore are ruled by the longest ticket.",
    examples=SETTLED.examples)
