"""How many times a contact was sent straight back to the queue it came from.

In the sequence of distinct consecutive queues, the number of places where the queue is the one two places before
(A, B, A counts one; A, B, A, B two).
"""
from metrics.engine.metric import Example, Metric

METRIC = Metric(
    label="Ping-pong", unit="returns", kind="count", better="lower", dated_by="arrived",
    rows="""select ticket_no, episode, count(*) as value
        from (select ticket_no, episode, queue_id, lag(queue_id, 2) over (partition by ticket_no, episode order by stay_no) as two_before
              from stays where queue_id is not null) s
        where queue_id = two_before group by ticket_no, episode""",
    value="coalesce(r.value, 0)",
    excluded={
        "not available from this source": "queue_fidelity is null",
        "bot only": "handled_by = 'bot_only'",
        "untouched": "handled_by = 'untouched'",
    },
    fidelity="queue_fidelity",
    dialects="Celonis calls it direct ping-pong; no helpdesk shows it.",
    examples=(
        Example(says="A, B, A, B: sent back twice.",
                events="T1 10:00 created\nT1 11:00 queued a\nT1 12:00 queued b\nT1 13:00 queued a\nT1 14:00 queued b\nT1 15:00 resolved by ana", gives={"T1": 2}),
        Example(says="A, B, C, A: a return, but not straight back.",
                events="T1 10:00 created\nT1 11:00 queued a\nT1 12:00 queued b\nT1 13:00 queued c\nT1 14:00 queued a\nT1 15:00 resolved by ana", gives={"T1": 0}),
        Example(says="One queue only: none.", events="T1 10:00 created\nT1 11:00 queued a\nT1 15:00 resolved by ana", gives={"T1": 0}),
    ))
