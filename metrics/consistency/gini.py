"""How unequally waiting is shared out: 0 = all contacts took equally long, 1 = one took it all.

The Gini coefficient of resolution_time, exact over all contacts.
"""
from metrics.consistency.settled_within import METRIC as SETTLED
from metrics.engine.metric import Metric

METRIC = Metric(
    label="Inequality of resolution times (Gini)", unit="ratio", kind="spread", better="lower", dated_by="ended",
    value="resolution_time", excluded=SETTLED.excluded, fidelity=SETTLED.fidelity,
    aggregate="sum((2 * rn - n - 1) * v) / nullif(max(n) * sum(v), 0)", min_tickets=20,
    dialects="No helpdesk shows it.",
    examples=SETTLED.examples)
