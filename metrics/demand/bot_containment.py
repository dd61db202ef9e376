"""The share of contacts with a bot that the bot settled for good.

Settled with no person's hand in it, and the same customer had no contact with a person, in any tool, begun within the window
after the end. A customer who gave up on the bot and wrote an e-mail was not contained. Contacts handed on to a person count
as not contained. Only contacts whose window is over count.
"""
from metrics.engine.followers import repeat_window
from metrics.engine.metric import Example, Metric

METRIC = Metric(
    label="Bot containment, verified", unit="share", kind="share", better="higher", dated_by="ended",
    population="not is_proactive and first_bot_at is not null",
    value="case when handled_by = 'bot_only' and not coalesce(@secs(ended_at, next_human_contact_at) <= {window_days} * 86400, false) then 1 else 0 end",
    excluded={
        "customer not known": "person_id is null",
        "start not known": "started_at is null",
        "open": "is_open",
        "end not known": "ended_at is null",
        "resolved before it began": "ended_at < started_at",
        "window not over": "@secs(ended_at, {as_of}) < {window_days} * 86400",
    },
    fidelity="coalesce(message_fidelity, 'counters')",
    options={"window_days": repeat_window("days after the end within which a person must not be needed")},
    dialects="Intercom calls a conversation resolved by its bot when the customer did not ask for a teammate, ghosting included; other bots count any closing.",
    examples=(
        Example(says="The bot settled it, and nobody came back.", tickets={"T1": {"customer_id": "c1"}, "T3": {"customer_id": "c9"}},
                events="T1 10:00 created\nT1 10:01 bot_message by bot\nT1 10:05 resolved by bot\nT3 +20d 08:00 created", gives={"T1": 1}),
        Example(says="The bot closed it, and the customer wrote to a person the next day: not contained.", tickets={"T1": {"customer_id": "c1"}, "T2": {"customer_id": "c1"}},
                events="T1 10:00 created\nT1 10:01 bot_message by bot\nT1 10:05 resolved by bot\nT2 +1d 10:00 created\nT2 +1d 11:00 agent_message by ana\n"
                       "T2 +20d 11:00 resolved by ana",
                gives={"T1": 0}),
        Example(says="Handed on to a person: not contained.", tickets={"T1": {"customer_id": "c1"}, "T3": {"customer_id": "c9"}},
                events="T1 10:00 created\nT1 10:01 bot_message by bot\nT1 10:30 agent_message by ana\nT1 10:30 resolved by ana\nT3 +20d 08:00 created", gives={"T1": 0}),
        Example(says="Back the next day, and the bot settled that too: contained, and the last one's window is not over.",
                tickets={"T1": {"customer_id": "c1"}, "T2": {"customer_id": "c1"}},
                events="T1 10:00 created\nT1 10:01 bot_message by bot\nT1 10:05 resolved by bot\nT2 +8d 10:00 created\nT2 +8d 10:01 bot_message by bot\n"
                       "T2 +8d 10:05 resolved by bot",
                gives={"T1": 1, "T2": "window not over"}),
    ))
