"""The contacts that were not resolved at a moment, to the second.

A stock, from the contact's own history: as of any past time it is the same today as it was then. Bot-only contacts are
not in it.
"""
from metrics.engine.metric import Example, Metric

METRIC = Metric(
    label="Backlog", unit="contacts", kind="stock", better="lower", dated_by="as_of", grain="stock",
    value="1", population="handled_by <> 'bot_only'", fidelity="coalesce(state_fidelity, 'counters')",
    dialects="Zendesk takes one snapshot a day around 23:00; Freshdesk leaves tickets without agent or group out; Zammad subtracts closed from created per bucket.",
    examples=(
        Example(says="Created at 10:00 and never resolved: one.", events="T1 10:00 created\nT1 10:30 agent_message by ana", gives={"T1": 1}),
        Example(says="Resolved: not in it.", events="T1 10:00 created\nT1 10:30 agent_message by ana\nT1 11:00 resolved by ana", gives={}),
        Example(says="Resolved and reopened: in it again.", events="T1 10:00 created\nT1 10:30 agent_message by ana\nT1 11:00 resolved by ana\n"
                       "T1 12:00 reopened by customer", gives={"T1": 1}),
    ))
