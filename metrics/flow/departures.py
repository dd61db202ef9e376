"""How much work was settled: every time a contact went into resolved or closed.

Dated by that moment, in the queue the contact lay in then. A contact that was settled, came back and was settled again
left twice; closing what is resolved is no departure. Bot-only contacts are not in it.
"""
from metrics.engine.metric import Example, Metric

METRIC = Metric(
    label="Departures", unit="contacts", kind="volume", better="neither", dated_by="arrived", grain="flow",
    value="1", population="handled_by <> 'bot_only' and direction = 'settled'", fidelity="coalesce(state_fidelity, 'counters')",
    dialects="Zendesk's solved tickets count a ticket once, at its last solve; Chatwoot writes one event per resolve; Zammad keeps a reopened ticket among the closed.",
    examples=(
        Example(says="Resolved and later closed: one departure.",
                events="T1 10:00 created\nT1 10:30 agent_message by ana\nT1 11:00 resolved by ana\nT1 +3d 11:00 closed by system", gives={"T1": 1}),
        Example(says="Settled twice: it left twice.",
                events="T1 10:00 created\nT1 10:30 agent_message by ana\nT1 11:00 resolved by ana\nT1 12:00 reopened by customer\nT1 13:00 resolved by ana", gives={"T1": [1, 1]}),
        Example(says="Still open: none.", events="T1 10:00 created\nT1 10:30 agent_message by ana", gives={}),
    ))
