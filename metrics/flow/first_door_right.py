"""The share of contacts settled by the queue they first came to, without a transfer."""
from metrics.engine.metric import Example, Metric
from metrics.flow.transfers import TRANSFERS

METRIC = Metric(
    label="First door right", unit="share", kind="share", better="higher", dated_by="ended",
    rows=TRANSFERS, value="case when coalesce(r.value, 0) = 0 then 1 else 0 end",
    excluded={
        "not available from this source": "queue_fidelity is null",
        "first queue not known": "first_queue is null",
        "open": "is_open",
        "end not known": "ended_at is null",
        "bot only": "handled_by = 'bot_only'",
        "untouched": "handled_by = 'untouched'",
    },
    fidelity="queue_fidelity",
    dialects="No helpdesk shows it; one-touch resolution is something else: it counts replies, not queues.",
    examples=(
        Example(says="Billing took it and settled it: right door.",
                events="T1 09:00 created\nT1 09:00 queued billing\nT1 12:00 agent_message by ana\nT1 12:00 resolved by ana", gives={"T1": 1}),
        Example(says="Moved on once: wrong door, also where it came back to the first queue.",
                events="T1 09:00 created\nT1 09:00 queued billing\nT1 10:00 queued risk\nT1 11:00 queued billing\nT1 12:00 agent_message by ana\n"
                       "T1 12:00 resolved by ana", gives={"T1": 0}),
        Example(says="Not settled yet: nobody knows.", events="T1 09:00 created\nT1 09:00 queued billing\nT1 10:00 internal_note by ana", gives={"T1": "open"}),
    ))
