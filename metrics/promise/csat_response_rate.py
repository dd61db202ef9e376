"""The share of settled contacts whose customer gave a rating.

Of the contacts a person had a hand in. A source that never brought a rating is not available, not 0.
"""
from metrics.engine.metric import Example, Metric
from metrics.speed.resolution_time import METRIC as RESOLUTION

METRIC = Metric(
    label="Satisfaction response rate", unit="share", kind="share", better="higher", dated_by="ended", kept=False,
    rows="select t.ticket_no, t.episode, 1 as is_told from ticket_facts t join (select distinct source from ticket_facts where csat is not null) s on s.source = t.source",
    value="case when csat is not null then 1 else 0 end",
    excluded={"not available from this source": "r.is_told is null", **RESOLUTION.excluded},
    fidelity="coalesce(state_fidelity, 'counters')",
    dialects="Helpdesks divide by the surveys they sent, which exports rarely tell.",
    examples=(
        Example(says="One of two rated.", tickets={"T1": {"csat": 5}}, gives={"T1": 1, "T2": 0},
                events="T1 10:00 created\nT1 11:00 resolved by ana\nT2 10:00 created\nT2 11:00 resolved by ana"),
        Example(says="Nobody ever rated in this source: not available.", events="T1 10:00 created\nT1 11:00 resolved by ana", gives={"T1": "not available from this source"}),
        Example(says="Not settled yet.", tickets={"T1": {"csat": 5}}, events="T1 10:00 created\nT1 11:00 resolved by ana\nT2 10:00 created", gives={"T1": 1, "T2": "open"}),
    ))
