"""How many queues a contact only passed through: it entered and left, and nobody did anything.

A stay that was left for another queue without a reply, a note or a change of state. Needs a source that tells of
messages as well as of queues.
"""
from metrics.engine.metric import Example, Metric

METRIC = Metric(
    label="Pass-throughs", unit="stays", kind="count", better="lower", dated_by="arrived",
    rows="""select ticket_no, episode, count(*) as value from stays
        where queue_id is not null and next_queue_id is not null and not was_touched group by ticket_no, episode""",
    value="coalesce(r.value, 0)",
    excluded={
        "not available from this source": "queue_fidelity is null or message_fidelity is null",
        "bot only": "handled_by = 'bot_only'",
        "untouched": "handled_by = 'untouched'",
    },
    fidelity="queue_fidelity",
    dialects="No helpdesk shows it.",
    examples=(
        Example(says="Triage moved it on without a word: one.",
                events="T1 09:00 created\nT1 09:00 queued triage\nT1 11:00 queued billing\nT1 12:00 agent_message by ana\nT1 12:00 resolved by ana", gives={"T1": 1}),
        Example(says="A note was written before it went on: none.",
                events="T1 09:00 created\nT1 09:00 queued triage\nT1 10:00 internal_note by ana\nT1 11:00 queued billing\nT1 12:00 agent_message by ben\n"
                       "T1 12:00 resolved by ben", gives={"T1": 0}),
        Example(says="The last queue is not passed through, even if nobody has touched it.",
                events="T1 09:00 created\nT1 09:00 queued triage\nT1 09:30 agent_message by ana\nT1 11:00 queued billing", gives={"T1": 0}),
    ))
