"""How many times longer the slow tenth takes than the usual contact, like for like.

p90 divided by p50 of resolution_time within contacts of the same reason, queue and channel, weighted by their number. A
change of mix cannot move it. Cells of fewer than 36 contacts are left out under their rule; behind the number stand the
resolution times of the others. Never coloured as better or
worse where the median itself moved.
"""
from metrics.consistency.settled_within import METRIC as SETTLED
from metrics.engine.metric import Example, Metric

TOO_FEW = "too few like it"   # its condition looks at other contacts, and is asked in engine.query


def _settled(number: int) -> str:
    return "".join(f"T{i} 10:00 created\nT{i} 11:00 resolved by ana\n" for i in range(number))


METRIC = Metric(
    label="Tail ratio (p90 / p50)", unit="ratio", kind="spread", better="lower", dated_by="ended",
    value="resolution_time", excluded={**SETTLED.excluded, TOO_FEW: "false"}, fidelity=SETTLED.fidelity,
    aggregate="avg(v)", min_tickets=36,
    dialects="No helpdesk shows it.",
    examples=(
        Example(says="Thirty-six alike: each stands behind the number with its resolution time.", events=_settled(36), gives={f"T{i}": 3600 for i in range(36)}),
        Example(says="Thirty-five alike are too few.", events=_settled(35), gives=dict.fromkeys((f"T{i}" for i in range(35)), TOO_FEW)),
        Example(says="An open contact has none.", events="T1 10:00 created\nT1 10:30 agent_message by ana", gives={"T1": "open"}),
    ))
