"""How many times a contact changed hands between people.

A handoff is a change of the individual holder between two known people. The first assignment is none; an unknown or
empty holder in between is bridged (ana, nobody, ana is none); the same person again is none; a bot is no holder. Changes
the tool itself declares without naming the people count too. Counted over the whole life of the contact.
"""
from metrics.engine.metric import Example, Metric

METRIC = Metric(
    label="Handoffs", unit="handoffs", kind="count", better="neither", dated_by="arrived",
    rows="select ticket_id, episode, count(*) as value from hands group by ticket_id, episode",
    value="case when assignment_fidelity = 'counters' then recorded_handoffs else coalesce(r.value, 0) end",
    excluded={
        "not available from this source": "assignment_fidelity is null or (assignment_fidelity = 'counters' and recorded_handoffs is null)",
        "bot only": "handled_by = 'bot_only'",
        "untouched": "handled_by = 'untouched'",
    },
    fidelity="assignment_fidelity",
    dialects="Zendesk's assignee stations count the first assignment; Intercom counts reassignments only after the first reply; dbt_zendesk's "
             "count_ticket_handoffs is the number of distinct internal commenters: 1 for a ticket one agent handled.",
    examples=(
        Example(says="Ana hands to Ben, who hands back: two handoffs.",
                events="T1 09:00 created\nT1 09:05 assigned ana\nT1 10:00 assigned ben\nT1 11:00 assigned ana\nT1 12:00 resolved by ana", gives={"T1": 2}),
        Example(says="One agent from start to end: none.", events="T1 09:00 created\nT1 09:05 assigned ana\nT1 12:00 resolved by ana", gives={"T1": 0}),
        Example(says="Unassigned for a while, then the same agent: none.",
                events="T1 09:00 created\nT1 10:30 assigned ana\nT1 11:00 assigned\nT1 12:00 assigned ana", gives={"T1": 0}),
        Example(says="Unassigned for a while, then another agent: one.",
                events="T1 09:00 created\nT1 10:30 assigned ana\nT1 11:00 assigned\nT1 12:00 assigned ben", gives={"T1": 1}),
        Example(says="A, B, A, B: three, though only two people.",
                events="T1 10:00 created\nT1 11:00 assigned a\nT1 12:00 assigned b\nT1 13:00 assigned a\nT1 14:00 assigned b", gives={"T1": 3}),
        Example(says="The tool says it was reassigned, without names, and once beside a named change: two in all.",
                events="T1 09:00 created\nT1 09:05 assigned ana\nT1 10:00 reassigned\nT1 11:00 assigned ben\nT1 11:00 reassigned", gives={"T1": 2}),
        Example(says="No assignments in this source: not available, not 0.", events="T1 09:00 created\nT1 10:00 agent_message by ana", gives={"T1": "not available from this source"},
                fidelity={"messages": "events", "states": "events"}),
    ))
