"""How many times a contact moved from one queue to another.

A transfer is a change between two known, different queues. The first routing is none; an unknown queue in between is
bridged. Counted over the whole life of the contact.
"""
from metrics.engine.metric import Example, Metric

TRANSFERS = "select ticket_no, episode, count(*) as value from stays where queue_id is not null and next_queue_id is not null group by ticket_no, episode"

METRIC = Metric(
    label="Transfers", unit="transfers", kind="count", better="lower", dated_by="arrived",
    rows=TRANSFERS, value="coalesce(r.value, 0)",
    excluded={
        "not available from this source": "queue_fidelity is null",
        "bot only": "handled_by = 'bot_only'",
        "untouched": "handled_by = 'untouched'",
    },
    fidelity="queue_fidelity",
    dialects="Zendesk's group stations count the first group; Zammad's moved in/out needs a group filter and shows zeros without one.",
    examples=(
        Example(says="Billing to Risk and on to Legal: two.",
                events="T1 09:00 created\nT1 09:00 queued billing\nT1 10:00 queued risk\nT1 11:00 queued legal\nT1 12:00 resolved by ana", gives={"T1": 2}),
        Example(says="First routing is no transfer.", events="T1 09:00 created\nT1 09:05 queued billing\nT1 12:00 resolved by ana", gives={"T1": 0}),
        Example(says="The same queue told twice is no transfer.",
                events="T1 09:00 created\nT1 09:05 queued billing\nT1 09:30 queued billing\nT1 12:00 resolved by ana", gives={"T1": 0}),
    ))
