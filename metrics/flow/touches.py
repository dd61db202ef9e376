"""How many public replies a person wrote in a contact.

Notes, bots and auto-replies are none. Counted over the whole life of the contact; beside the mean stands how many contacts had 0,
1, 2 and 3 or more.
"""
from metrics.engine.metric import Example, Metric

METRIC = Metric(
    label="Touches", unit="replies", kind="count", better="neither", dated_by="arrived",
    value="coalesce(replies, 0)", kept=False, parts={"0": "replies = 0", "1": "replies = 1", "2": "replies = 2", "3+": "replies > 2"},
    excluded={
        "not available from this source": "message_fidelity is null",
        "bot only": "handled_by = 'bot_only'",
        "untouched": "handled_by = 'untouched'",
    },
    fidelity="message_fidelity",
    dialects="Zendesk's one-touch has three public definitions: fewer than two agent replies, exactly one, or solved without pending and reopening; dbt_zendesk calls a "
             "ticket without any reply multi-touch.",
    examples=(
        Example(says="Two replies and a note: two.",
                events="T1 10:00 created\nT1 10:30 agent_message by ana\nT1 10:40 internal_note by ana\nT1 11:00 agent_message by ben\nT1 11:00 resolved by ben", gives={"T1": 2}),
        Example(says="Solved with a note only: none, and that is no multi-touch.",
                events="T1 10:00 created\nT1 10:30 internal_note by ana\nT1 11:00 resolved by ana", gives={"T1": 0}),
        Example(says="A bot's words are no touch of ours.", events="T1 10:00 created\nT1 10:01 bot_message by bot\nT1 10:30 agent_message by ana", gives={"T1": 1}),
        Example(says="No messages in this source: not available, not 0.", events="T1 10:00 created\nT1 10:30 resolved by ana", gives={"T1": "not available from this source"},
                fidelity={"states": "events"}),
    ))
