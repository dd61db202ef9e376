"""How long a customer waits for the first word from a person.

From the contact's first word to the first public reply by a human agent. Bots, rules and auto-replies never answer. A
reply in the same second counts as 0 seconds. Contacts an agent started are not in it: nobody waited. A contact that
was not answered has no first response time; it is counted beside, never as "until now". A first reply that is told to lie after
the closing, or after the end of the data, is impossible and left out under its rule.
"""
from metrics.engine.metric import Example, Metric

METRIC = Metric(
    label="First response time", unit="seconds", kind="duration", better="lower", dated_by="arrived",
    population="not is_proactive",
    value="case when first_reply_at is not null then @secs(started_at, first_reply_at) when message_fidelity is null then recorded_first_response_seconds end",
    excluded={
        "start not known": "started_at is null",
        "bot only": "handled_by = 'bot_only'",
        "answered before it began": "first_reply_at < started_at or (first_reply_at is null and first_agent_at < started_at)",
        "answered after it was closed": "first_reply_at > closed_at",
        "answered after the end of the data": "first_reply_at > {as_of}",
        "not available from this source": "first_reply_at is null and message_fidelity is null and recorded_first_response_seconds is null",
        "no reply yet": "is_open and first_reply_at is null and message_fidelity is not null",
        "ended without a reply": "first_reply_at is null and message_fidelity is not null",
    },
    fidelity="case when message_fidelity is not null then message_fidelity else 'counters' end",
    dialects="Zendesk takes the second agent comment for tickets an agent opened; Intercom starts at the first customer-started part and its API leaves "
             "office-closed time out; dbt_zendesk gives no value to a reply in the same second and runs its business clock until now.",
    examples=(
        Example(says="Answered two seconds after the question: 2 seconds, not a minute.",
                events="T1 10:00:59 created by customer\nT1 10:01:01 agent_message by ana\nT1 10:01:01 resolved", gives={"T1": 2}),
        Example(says="A reply in the very second of the question counts as 0, not as none.",
                events="T1 10:00 created\nT1 10:00 agent_message by ana", gives={"T1": 0}),
        Example(says="An agent who writes first answers nobody: not in the population.",
                events="T1 10:00 created by agent ana\nT1 10:00 agent_message by ana\nT1 11:00 customer_message\nT1 11:30 agent_message by ana", gives={}),
        Example(says="Only the bot wrote: no human response, and no value.",
                events="T1 10:00 created\nT1 10:01 bot_message by bot\nT1 10:05 resolved by bot", gives={"T1": "bot only"}),
        Example(says="A reply told an hour after it was closed, or in the year 2099, is no response anyone waited for.",
                tickets={"T1": {"created_at": "2025-06-09 09:00", "closed_at": "2025-06-09 10:00", "first_response_at": "2025-06-09 11:00", "state": "closed"},
                         "T2": {"created_at": "2025-06-09 09:00", "first_response_at": "2099-01-01 00:00", "state": "in_progress"}},
                events="T1 09:30 internal_note by ana\nT2 09:30 internal_note by ana\nT3 12:00 created",
                gives={"T1": "answered after it was closed", "T2": "answered after the end of the data", "T3": "no reply yet"}),
        Example(says="Nobody answered yet: no value, never the time until now.", events="T1 10:00 created\nT1 10:30 internal_note by ana",
                gives={"T1": "no reply yet"}),
    ))
