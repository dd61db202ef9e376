"""How many times a contact came back to a queue it had already left.

Any return to an earlier queue, straight back or after a detour. An unknown queue in between is bridged.
"""
from metrics.engine.metric import Example, Metric

METRIC = Metric(
    label="Boomerangs", unit="returns", kind="count", better="lower", dated_by="arrived",
    rows="""select ticket_no, episode, count(*) as value
        from (select ticket_no, episode, row_number() over (partition by ticket_no, episode, queue_id order by stay_no) as visit from stays where queue_id is not null) s
        where visit > 1 group by ticket_no, episode""",
    value="coalesce(r.value, 0)",
    excluded={
        "not available from this source": "queue_fidelity is null",
        "bot only": "handled_by = 'bot_only'",
        "untouched": "handled_by = 'untouched'",
    },
    fidelity="queue_fidelity",
    dialects="Celonis separates direct from indirect ping-pong; dbt_zendesk compares only the first with the last assignee, so A, B, A looks untouched.",
    examples=(
        Example(says="A, B, C, A: one, though not straight back.",
                events="T1 10:00 created\nT1 11:00 queued a\nT1 12:00 queued b\nT1 13:00 queued c\nT1 14:00 queued a\nT1 15:00 resolved by ana", gives={"T1": 1}),
        Example(says="A, B, A, B: two.",
                events="T1 10:00 created\nT1 11:00 queued a\nT1 12:00 queued b\nT1 13:00 queued a\nT1 14:00 queued b\nT1 15:00 resolved by ana", gives={"T1": 2}),
        Example(says="Onward only: none.", events="T1 10:00 created\nT1 11:00 queued a\nT1 12:00 queued b\nT1 15:00 resolved by ana", gives={"T1": 0}),
    ))
