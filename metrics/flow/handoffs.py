"""How many times a contact changed hands between people.

A handoff is a change of the individual holder between two known people. The first assignment is none; an unknown or
empty holder in between is bridged (ana, nobody, ana is none); the same person again is none; a bot is no holder. Changes
the tool itself declares without naming the people count too. Counted over the whole life of the contact.

`cause` asks for what moved it, `border` for what it crossed: the same team, between teams, or to or from a vendor. A side is
known by the agent's team and vendor then, else by those of the queue. What is not known is `not_known`, so that the parts of
either add up to the whole.
"""
from metrics.engine.metric import Example, Metric, Option

TEAMS = ('[queues."example:desk"]\nteam = "Front"\n[queues."example:billing"]\nteam = "Billing"\n'
         '[queues."example:night"]\nteam = "Front"\nvendor = "Helpwell"\n')
ROUTE = ("T1 09:00 created\nT1 09:00 queued desk\nT1 09:05 assigned ana\nT1 10:00 assigned ben by rule\nT1 11:00 queued billing\nT1 11:00 assigned cy by cy\n"
         "T1 12:00 queued night\nT1 12:00 assigned dee\nT1 13:00 resolved by dee")

METRIC = Metric(
    label="Handoffs",
    unit="handoffs",
    kind="count",
    better="neither",
    dated_by="arrived",
    rows="""select ticket_no, episode, count(*) as value from hands
        where ('{cause}' = 'any' or coalesce(cast(cause as varchar), 'not_known') = '{cause}') and ('{border}' = 'any' or border = '{border}')
        group by ticket_no, episode""",
    value="case when assignment_fidelity = 'counters' then recorded_handoffs else coalesce(r.value, 0) end",
    excluded={
        "not available from this source": "assignment_fidelity is null or (assignment_fidelity = 'counters' and (recorded_handoffs is null or '{cause}{border}' <> 'anyany'))",
        "bot only": "handled_by = 'bot_only'",
        "untouched": "handled_by = 'untouched'",
    },
    fidelity="assignment_fidelity",
    options={
        "cause": Option("any", "what moved it", ("any", "agent", "rule", "bulk", "offer_not_taken", "not_known")),
        "border": Option("any", "what it crossed", ("any", "same_team", "between_teams", "vendor", "not_known")),
    },
    dialects="Zendesk's assignee stations count the first assignment; Intercom counts reassignments only after the first reply; dbt_zendesk's "
    "count_ticket_handoffs is the number of distinct internal commenters: 1 for a ticket one agent handled.",
    examples=(
        Example(
            says="Ana hands to Ben, who hands back: two handoffs.",
            events="T1 09:00 created\nT1 09:05 assigned ana\nT1 10:00 assigned ben\nT1 11:00 assigned ana\nT1 12:00 resolved by ana",
            gives={"T1": 2},
        ),
        Example(says="One agent from start to end: none.", events="T1 09:00 created\nT1 09:05 assigned ana\nT1 12:00 resolved by ana", gives={"T1": 0}),
        Example(
            says="Unassigned for a while, then the same agent: none.",
            events="T1 09:00 created\nT1 10:30 assigned ana\nT1 11:00 assigned\nT1 12:00 assigned ana",
            gives={"T1": 0},
        ),
        Example(
            says="Unassigned for a while, then another agent: one.",
            events="T1 09:00 created\nT1 10:30 assigned ana\nT1 11:00 assigned\nT1 12:00 assigned ben",
            gives={"T1": 1},
        ),
        Example(
            says="A, B, A, B: three, though only two people.",
            events="T1 10:00 created\nT1 11:00 assigned a\nT1 12:00 assigned b\nT1 13:00 assigned a\nT1 14:00 assigned b",
            gives={"T1": 3},
        ),
        Example(
            says="The tool says it was reassigned, without names, and once beside a named change: two in all.",
            events="T1 09:00 created\nT1 09:05 assigned ana\nT1 10:00 reassigned\nT1 11:00 assigned ben\nT1 11:00 reassigned",
            gives={"T1": 2},
        ),
        Example(
            says="Front to Front, Front to Billing, Billing to the vendor: three borders, one of each.",
            settings=TEAMS,
            options={"border": "between_teams"},
            events=ROUTE,
            gives={"T1": 1},
        ),
        Example(says="Across the border of the vendor.", settings=TEAMS, options={"border": "vendor"}, events=ROUTE, gives={"T1": 1}),
        Example(
            says="Of the three, a rule made the first, a person the second; of the third nobody knows.",
            settings=TEAMS,
            options={"cause": "not_known"},
            events=ROUTE,
            gives={"T1": 1},
        ),
        Example(
            says="A routing rule offered it to Ben, who did not take it, and on to Cy: the second change is an offer not taken.",
            options={"cause": "offer_not_taken"},
            events="T1 09:00 created\nT1 09:05 assigned ana by rule\nT1 09:10 assigned ben by rule\nT1 09:12 assigned cy by offer_not_taken\nT1 10:00 resolved by cy",
            gives={"T1": 1},
        ),
        Example(
            says="A hundred moved at once: not a decision about this one.",
            options={"cause": "bulk"},
            events="T1 09:00 created\nT1 09:05 assigned ana\nT1 10:00 assigned ben by bulk\nT1 11:00 assigned cy by agent ben",
            gives={"T1": 1},
        ),
        Example(
            says="A change the tool only declares crossed a border nobody knows.",
            options={"border": "not_known"},
            events="T1 09:00 created\nT1 09:05 assigned ana\nT1 10:00 reassigned",
            gives={"T1": 1},
        ),
        Example(
            says="No assignments in this source: not available, not 0.",
            events="T1 09:00 created\nT1 10:00 agent_message by ana",
            gives={"T1": "not available from this source"},
            fidelity={"messages": "events", "states": "events"},
        ),
    ),
)
