"""The open contacts that do not wait for the customer: ours to move.

The part of the backlog that is not waiting for the customer at that moment.
"""
from metrics.engine.metric import Example, Metric

METRIC = Metric(
    label="Backlog waiting for us", unit="contacts", kind="stock", better="lower", dated_by="as_of", grain="stock",
    value="1", population="handled_by <> 'bot_only' and state_then <> 'waiting_customer'", fidelity="coalesce(state_fidelity, 'counters')",
    dialects="No helpdesk separates it by default.",
    examples=(
        Example(says="Open and in our hands: one.", events="T1 10:00 created\nT1 10:30 internal_note by ana", gives={"T1": 1}),
        Example(says="Waiting for the customer: not ours.", events="T1 10:00 created\nT1 10:30 agent_message by ana\nT1 10:30 state_changed waiting_customer by ana", gives={}),
        Example(says="On hold at a third party is still ours.",
                events="T1 10:00 created\nT1 10:30 agent_message by ana\nT1 10:30 state_changed waiting_internal by ana", gives={"T1": 1}),
    ))
