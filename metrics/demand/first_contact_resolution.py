"""The share of settled contacts that stayed settled in the first pair of hands.

Resolved, never passed from one person to another, never reopened, and the same customer did not come again, in any tool,
within the window after the end. Only contacts whose window is over count, so that the newest weeks do not look best.
"""
from metrics.engine.followers import IDENTITY, NEXT, OF_COMPANY, UNKNOWN, repeat_window
from metrics.engine.metric import Example, Metric, Option
from metrics.speed.resolution_time import METRIC as RESOLUTION

METRIC = Metric(
    label="First contact resolution", unit="share", kind="share", better="higher", dated_by="ended",
    population="not is_proactive", rows=OF_COMPANY, kept=False,
    value=f"case when handoffs = 0 and reopens = 0 and not coalesce(@secs(ended_at, {NEXT}) <= {{window_days}} * 86400, false) then 1 else 0 end",
    excluded={
        **RESOLUTION.excluded,
        "end not known": "ended_at is null",
        "customer not known": UNKNOWN,
        "not available from this source": "handoffs is null or reopens is null",
        "window not over": "@secs(ended_at, {as_of}) < {window_days} * 86400",
    },
    fidelity="coalesce(state_fidelity, 'counters')",
    options={"window_days": repeat_window("days after the end within which the customer must not come again"), "identity": IDENTITY,
             "reason": Option("any", "any new contact counts against it, or only one of the same reason", ("any", "same"))},
    dialects="Zendesk, Intercom and Freshservice look at the one ticket: few replies, closed once, or no customer reply; Zammad takes closing within 15 minutes. None asks "
             "whether the customer came again.",
    examples=(
        Example(says="One person, settled, nobody came back within a week.", tickets={"T1": {"customer_id": "c1"}, "T3": {"customer_id": "c9"}},
                events="T1 10:00 created\nT1 10:30 assigned ana\nT1 11:00 agent_message by ana\nT1 11:00 resolved by ana\nT3 +20d 08:00 created", gives={"T1": 1, "T3": "open"}),
        Example(says="The customer came again after three days: not resolved at first contact.", tickets={"T1": {"customer_id": "c1"}, "T2": {"customer_id": "c1"}},
                events="T1 10:00 created\nT1 11:00 agent_message by ana\nT1 11:00 resolved by ana\nT2 +3d 10:00 created\nT2 +20d 10:00 agent_message by ana",
                gives={"T1": 0, "T2": "open"}),
        Example(says="Handed on once: two owners.", tickets={"T1": {"customer_id": "c1"}, "T3": {"customer_id": "c9"}},
                events="T1 10:00 created\nT1 10:30 assigned ana\nT1 10:40 assigned ben\nT1 11:00 resolved by ben\nT3 +20d 08:00 created", gives={"T1": 0, "T3": "open"}),
        Example(says="Settled yesterday: the window is not over.", tickets={"T1": {"customer_id": "c1"}},
                events="T1 10:00 created\nT1 11:00 agent_message by ana\nT1 11:00 resolved by ana\nT3 +1d 08:00 created", gives={"T1": "window not over", "T3": "open"}),
    ))
