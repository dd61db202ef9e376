"""How long it takes, on the calendar, until a contact is settled.

From the contact's first word to its last resolution. While it is open or reopened there is no resolution time, and the
contact is counted as open. Where the source gives no resolution time the last transition into resolved counts, else
the closing; both are marked as inferred (filter `inferred_resolution`). A ticket its tool closed while it waited for
the customer ends where that wait began.
"""
from metrics.engine.metric import Example, Metric

METRIC = Metric(
    label="Resolution time", unit="seconds", kind="duration", better="lower", dated_by="ended",
    value="case when ended_at is not null then @secs(started_at, ended_at) else recorded_resolution_seconds end",
    excluded={
        "start not known": "started_at is null",
        "open": "is_open",
        "end not known": "ended_at is null and recorded_resolution_seconds is null",
        "resolved before it began": "ended_at < started_at",
        "resolved after the end of the data": "ended_at > {as_of}",
        "bot only": "handled_by = 'bot_only'",
        "untouched": "handled_by = 'untouched'",
    },
    fidelity="coalesce(state_fidelity, 'counters')",
    dialects="Zendesk keeps the value of a reopened ticket until it is solved again and calls closing without solving a resolution; Intercom measures to the last "
             "close; Freshdesk's 'Resolution time (in hrs)' is business time; dbt_zendesk keeps the old value while a ticket is open again.",
    examples=(
        Example(says="Two seconds from first word to solved.",
                events="T1 10:00:59 created\nT1 10:01:01 agent_message by ana\nT1 10:01:01 resolved by ana", gives={"T1": 2}),
        Example(says="Reopened and still open: no value, whatever was solved before.",
                events="T1 10:00 created\nT1 10:30 agent_message by ana\nT1 11:00 resolved by ana\nT1 12:00 customer_message\nT1 12:00 reopened by customer", gives={"T1": "open"}),
        Example(says="Resolved at noon, closed by the tool five days later: it was settled at noon.",
                events="T1 10:00 created\nT1 11:00 agent_message by ana\nT1 12:00 resolved by ana\nT1 +5d 12:00 closed by system", gives={"T1": 7200}),
        Example(says="Solved twice: the last resolution counts.",
                events="T1 10:00 created\nT1 10:30 agent_message by ana\nT1 11:00 resolved by ana\nT1 12:00 reopened by customer\n"
                       "T1 13:00 agent_message by ana\nT1 13:00 resolved by ana", gives={"T1": 10800}),
        Example(says="Closed by a rule while it waited for the customer: it ended where the wait began.",
                events="T1 10:00 created\nT1 11:00 agent_message by ana\nT1 11:00 state_changed waiting_customer by ana\nT1 +4d 11:00 closed by system", gives={"T1": 3600}),
        Example(says="Resolved before it began is impossible: left out under its rule.",
                events="T1 10:00 agent_message by ana", tickets={"T1": {"created_at": "2025-06-09 10:00", "resolved_at": "2025-06-09 09:00", "state": "resolved"}},
                gives={"T1": "resolved before it began"}),
        Example(says="Resolved in the year 2099 is impossible too: what the data cannot know yet.",
                events="T1 10:00 agent_message by ana", tickets={"T1": {"created_at": "2025-06-09 10:00", "resolved_at": "2099-01-01 00:00", "state": "resolved"}},
                gives={"T1": "resolved after the end of the data"}),
    ))
