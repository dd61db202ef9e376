"""The open contacts in which the customer spoke last.

The part of the backlog in which no person has answered the customer's last word yet, at that moment. Open contacts of a source
that tells no messages are left out under their rule: who spoke last is not known there.
"""
from metrics.engine.metric import Example, Metric

METRIC = Metric(
    label="Backlog unanswered", unit="contacts", kind="stock", better="lower", dated_by="as_of", grain="stock",
    value="1", population="handled_by <> 'bot_only' and (customer_last_then or message_fidelity is null)",
    excluded={"not available from this source": "message_fidelity is null"},
    fidelity="coalesce(state_fidelity, 'counters')",
    dialects="Chatwoot's unattended conversations are only those never answered at all.",
    examples=(
        Example(says="Nobody has answered: one.", events="T1 10:00 created\nT1 10:30 internal_note by ana", gives={"T1": 1}),
        Example(says="Answered: none, though it is open.", events="T1 10:00 created\nT1 10:30 agent_message by ana", gives={}),
        Example(says="Answered, and the customer wrote again: one.", events="T1 10:00 created\nT1 10:30 agent_message by ana\nT1 11:00 customer_message", gives={"T1": 1}),
        Example(says="Open in a source that tells no messages: who spoke last is not known, neither one nor none.",
                events="T1 10:00 created\nT1 10:30 assigned ana", fidelity={"assignments": "events", "states": "events"},
                gives={"T1": "not available from this source"}),
    ))
