"""How many times longer the slow tenth takes than the usual contact, like for like.

p90 divided by p50 of resolution_time within contacts of the same reason, queue and channel, weighted by their number. A
change of mix cannot move it. Cells of fewer than 36 contacts are left out under their rule. Never coloured as better or
worse where the median itself moved.
"""
from metrics.consistency.settled_within import METRIC as SETTLED
from metrics.engine.metric import Metric

METRIC = Metric(
    label="Tail ratio (p90 / p50)", unit="ratio", kind="spread", better="lower", dated_by="ended",
    value="resolution_time", excluded={**SETTLED.excluded, "too few like it": "false"}, fidelity=SETTLED.fidelity,
    aggregate="avg(v)", min_tickets=36,
    dialects="No helpdesk shows it.",
    examples=SETTLED.examples)
