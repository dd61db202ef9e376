"""The share of contacts that were overtaken in their queue.

A stay in a queue is overtaken where a contact of the same queue and priority that entered later was taken earlier. One that
still waits counts as soon as it has been overtaken. Contacts that were passed on or ended before anyone took them are left
out.
"""
from metrics.engine.metric import Example, Metric

METRIC = Metric(
    label="Overtaken in the queue", unit="share", kind="share", better="lower", dated_by="arrived", grain="stay",
    rows="""select s.ticket_no, s.episode, s.stay_no, y.younger_taken_at as value
        from stays s
        join (select queue_id, priority, entered_at, min(taken_at) over (partition by queue_id, priority order by entered_at desc
                     rows between unbounded preceding and 1 preceding) as younger_taken_at
              from (select queue_id, coalesce(priority, '') as priority, entered_at, min(assigned_at) as taken_at
                    from stays where left_out is null and queue_id is not null group by queue_id, coalesce(priority, ''), entered_at) as entries) y
          on y.queue_id = s.queue_id and y.priority = coalesce(s.priority, '') and y.entered_at = s.entered_at""",
    value="case when r.value < assigned_at or (assigned_at is null and r.value <= {as_of}) then 1 else 0 end", population="queue_id is not null",
    excluded={
        "not available from this source": "assignment_fidelity is null or assignment_fidelity = 'counters'",
        "passed on untaken": "assigned_at is null and next_queue_id is not null",
        "ended untaken": "assigned_at is null and not is_open",
        "still waiting": "assigned_at is null and (r.value is null or r.value > {as_of})",
    },
    fidelity="coalesce(assignment_fidelity, 'counters')",
    dialects="No helpdesk shows it.",
    examples=(
        Example(says="Came second, taken first: the older one was overtaken.",
                events="T1 09:00 created\nT1 09:00 queued billing\nT2 09:10 created\nT2 09:10 queued billing\nT2 09:20 assigned ana\n"
                       "T1 09:30 assigned ana", gives={"T1": 1, "T2": 0}),
        Example(says="An urgent one may go first: other priorities overtake nobody.", tickets={"T1": {"priority": "normal"}, "T2": {"priority": "urgent"}},
                events="T1 09:00 created\nT1 09:00 queued billing\nT2 09:10 created\nT2 09:10 queued billing\nT2 09:20 assigned ana\n"
                       "T1 09:30 assigned ana", gives={"T1": 0, "T2": 0}),
        Example(says="Still lying there, and already overtaken.",
                events="T1 09:00 created\nT1 09:00 queued billing\nT2 09:10 created\nT2 09:10 queued billing\nT2 09:20 assigned ana", gives={"T1": 1, "T2": 0}),
        Example(says="Entered in one second: neither is the younger.",
                events="T1 09:00 created\nT1 09:00 queued billing\nT2 09:00 created\nT2 09:00 queued billing\nT2 09:20 assigned ana\n"
                       "T1 09:30 assigned ana", gives={"T1": 0, "T2": 0}),
    ))
