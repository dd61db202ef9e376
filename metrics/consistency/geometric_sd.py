"""The factor by which resolution times typically miss their geometric mean.

exp of the standard deviation of the logarithm of resolution_time; 2 means that two thirds lie between half and double.
Times of 0 seconds have no logarithm and are left out under their rule.
"""
from metrics.consistency.settled_within import METRIC as SETTLED
from metrics.engine.metric import Example, Metric

METRIC = Metric(
    label="Geometric spread", unit="factor", kind="spread", better="lower", dated_by="ended",
    value="resolution_time", excluded={**SETTLED.excluded, "settled in no time": "resolution_time = 0"}, fidelity=SETTLED.fidelity,
    aggregate="exp(stddev_samp(ln(v)))", min_tickets=20,
    dialects="No helpdesk shows it.",
    examples=(*SETTLED.examples,
              Example(says="Settled in the second it came: no logarithm, left out.", events="T1 10:00 created\nT1 10:00 resolved by ana",
                      gives={"T1": "settled in no time"})))
