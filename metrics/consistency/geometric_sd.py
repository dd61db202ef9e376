"""The factor by which resolution times typically miss their geometric mean.

exp of the standard deviation of the logarithm of resolution_time; 2 means that two thirds lie between half and double.
Times of 0 seconds have no logarithm and are not in it.
"""
from metrics.consistency.settled_within import METRIC as SETTLED
from metrics.engine.metric import Metric

METRIC = Metric(
    label="Geometric spread", unit="factor", kind="spread", better="lower", dated_by="ended",
    value="resolution_time", excluded=SETTLED.excluded, fidelity=SETTLED.fidelity,
    aggregate="exp(stddev_samp(case when v > 0 then ln(v) end))", min_tickets=20,
    dialects="No helpdesk shows it.",
    examples=SETTLED.examples)
