"""How long nobody held a contact.

All stretches without a holder, before the first one took it and after anyone gave it back, until it is settled. A contact that
nobody ever took is unassigned all its life; one that nobody holds now, until the data end. A bot is no holder.
"""
from metrics.engine.metric import Example, Metric

METRIC = Metric(
    label="Unassigned time", unit="seconds", kind="duration", better="lower", dated_by="arrived", kept=False,
    rows="""select ticket_no, episode, cast(sum(@secs(from_at, coalesce(until_at, {as_of}))) as bigint) as seconds
        from spells where holder_id is null and state in ('new', 'in_progress', 'waiting_customer', 'waiting_internal') and from_at < {as_of}
        group by ticket_no, episode""",
    value="coalesce(r.seconds, 0)",
    excluded={
        "not available from this source": "assignment_fidelity is null or assignment_fidelity = 'counters'",
        "start not known": "started_at is null",
        "end not known": "not is_open and ended_at is null",
        "bot only": "handled_by = 'bot_only'",
    },
    fidelity="coalesce(assignment_fidelity, 'counters')",
    dialects="dbt_zendesk shows none for a ticket never assigned, and forgets what follows when an agent lets go of one; Freshdesk leaves unassigned tickets out; Intercom's "
             "handling time leaves the team inbox out.",
    examples=(
        Example(says="Taken after half an hour, given back for one, taken again: 90 minutes.",
                events="T1 10:00 created\nT1 10:30 assigned ana\nT1 11:00 assigned\nT1 12:00 assigned ben\nT1 13:00 resolved by ben", gives={"T1": 5400}),
        Example(says="Never taken: all its age.", events="T1 10:00 created\nT2 12:00 created", gives={"T1": 7200, "T2": 0}),
        Example(says="Given back and never taken again: half an hour, and what has passed since.",
                events="T1 10:00 created\nT1 10:30 assigned ana\nT1 11:00 assigned\nT2 12:00 created", gives={"T1": 5400, "T2": 0}),
        Example(says="No assignments in this source: not available, not 0.", events="T1 10:00 created\nT1 10:30 agent_message by ana",
                fidelity={"messages": "events", "states": "events"},
                gives={"T1": "not available from this source"}),
    ))
