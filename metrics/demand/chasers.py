"""The share of contacts in which a customer had to chase us.

The customer opened this contact, in any tool, while an earlier one of theirs was still open; or wrote again in it without
having been answered. Words that follow the first within the quiet time (default 60 minutes) belong to it: writing a
question in three lines is no chasing.
"""
from metrics.engine.metric import Example, Metric, Option

METRIC = Metric(
    label="Chasers", unit="share", kind="share", better="lower", dated_by="arrived",
    population="not is_proactive",
    value="case when case when '{reason}' = 'same' then opened_while_same_open else opened_while_open end or chase_seconds > {quiet_minutes} * 60 then 1 else 0 end",
    excluded={"customer not known": "person_id is null", "start not known": "started_at is null"},
    fidelity="coalesce(message_fidelity, state_fidelity, 'counters')",
    options={"quiet_minutes": Option(60, "minutes within which further words belong to the first"),
             "reason": Option("any", "an earlier open contact of any reason, or only of the same one", ("any", "same"))},
    dialects="No helpdesk shows it.",
    examples=(
        Example(says="A second contact while the first is open: the second is a chaser.", tickets={"T1": {"customer_id": "c1"}, "T2": {"customer_id": "c1"}},
                events="T1 10:00 created\nT2 15:00 created\nT1 16:00 resolved by ana\nT2 17:00 resolved by ana", gives={"T1": 0, "T2": 1}),
        Example(says="Wrote again a day later, still unanswered: chased.", tickets={"T1": {"customer_id": "c1"}},
                events="T1 10:00 created\nT1 +1d 10:00 customer_message\nT1 +1d 11:00 agent_message by ana", gives={"T1": 1}),
        Example(says="Three lines within five minutes are one question.", tickets={"T1": {"customer_id": "c1"}},
                events="T1 10:00 created\nT1 10:02 customer_message\nT1 10:05 customer_message\nT1 11:00 agent_message by ana", gives={"T1": 0}),
    ))
