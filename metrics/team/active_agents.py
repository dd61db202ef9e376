"""How many people wrote a public reply or a note.

Each counted once in the period asked for, or once in each week. Bots, rules and customers are no agents; who held a ticket
and did not write is not active. Never shown person by person.
"""
from metrics.engine.metric import Example, Metric

METRIC = Metric(
    label="Active agents", unit="people", kind="volume", better="neither", dated_by="lived", grain="act",
    value="1", distinct="f.agent_id", fidelity="coalesce(message_fidelity, 'counters')",
    dialects="Zendesk and Intercom count seats or logins; a seat that nobody works in is none here.",
    examples=(
        Example(says="Two people wrote in it: it stands behind both.",
                events="T1 10:00 created\nT1 10:30 agent_message by ana\nT1 10:40 internal_note by ben\nT1 11:00 resolved by ben", gives={"T1": [1, 1]}),
        Example(says="The bot and the customer wrote: nobody.", events="T1 10:00 created\nT1 10:01 bot_message by bot helper\nT1 10:05 customer_message", gives={}),
        Example(says="Holding a ticket is not writing in it.", events="T1 10:00 created\nT1 10:30 assigned ana\nT1 11:00 resolved by ana", gives={}),
    ))
