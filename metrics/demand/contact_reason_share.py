"""Which part of all contacts comes for a reason.

Ask it by reason, reason_group, owner or action, or for one of them: contacts of that reason divided by all contacts with a
known reason in the same period and the same other filters. The parts add up to one. Contacts without a reason are counted
beside.
"""
from metrics.engine.metric import Example, Metric

METRIC = Metric(
    label="Share of contacts by reason", unit="share", kind="share", better="neither", dated_by="arrived",
    population="not is_proactive", value="1", whole=("reason", "reason_group", "owner", "action"), kept=False,
    excluded={"reason not known": "reason is null"}, fidelity="coalesce(state_fidelity, message_fidelity, 'counters')",
    dialects="Root-cause tools count conversations per topic, one conversation under several; the shares then add up to more than one.",
    examples=(
        Example(says="Two reasons: each contact is in the whole.", tickets={"T1": {"reason_raw": "login"}, "T2": {"reason_raw": "invoice"}},
                events="T1 10:00 created\nT2 10:00 created", gives={"T1": 1, "T2": 1}),
        Example(says="No reason given: counted beside, in no share.", tickets={"T1": {"reason_raw": "login"}}, events="T1 10:00 created\nT2 10:00 created",
                gives={"T1": 1, "T2": "reason not known"}),
        Example(says="Started by an agent: no contact of a customer.",
                tickets={"T1": {"reason_raw": "login"}}, events="T1 10:00 created by agent ana\nT1 10:00 agent_message by ana", gives={}),
    ))
