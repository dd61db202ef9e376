"""How long work lies in a queue before somebody there takes it.

Per stay of a contact in a queue: from entering to the first person who holds it there. A stay that was left, or ended,
before anyone took it has no value and is counted under its rule.
"""
from metrics.engine.metric import Example, Metric

METRIC = Metric(
    label="Time in queue", unit="seconds", kind="duration", better="lower", dated_by="arrived", grain="stay",
    value="@secs(entered_at, assigned_at)", population="queue_id is not null",
    excluded={
        "not available from this source": "assignment_fidelity is null or assignment_fidelity = 'counters'",
        "passed on untaken": "assigned_at is null and next_queue_id is not null",
        "still waiting": "assigned_at is null and is_open",
        "ended untaken": "assigned_at is null",
    },
    fidelity="coalesce(assignment_fidelity, 'counters')",
    dialects="Zendesk's 'requester wait' and Freshdesk's 'first assign time' count from creation, not from entering this queue.",
    examples=(
        Example(says="Entered at 9:00, taken at 9:30: half an hour.", events="T1 09:00 created\nT1 09:00 queued billing\nT1 09:30 assigned ana", gives={"T1": 1800}),
        Example(says="Each queue has its own wait.",
                events="T1 09:00 created\nT1 09:00 queued billing\nT1 09:10 assigned ana\nT1 10:00 queued risk\nT1 11:00 assigned ben", gives={"T1": [600, 3600]}),
        Example(says="Passed on before anyone took it: no value in the first queue.",
                events="T1 09:00 created\nT1 09:00 queued triage\nT1 10:00 queued risk\nT1 11:00 assigned ben", gives={"T1": ["passed on untaken", 3600]}),
        Example(says="Still lying there: counted as waiting.", events="T1 09:00 created\nT1 09:00 queued billing", gives={"T1": "still waiting"}),
    ))
