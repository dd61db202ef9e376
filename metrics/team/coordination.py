"""How much of each other's attention a settled contact costs: notes, handoffs and people.

Internal notes, plus handoffs, plus the number of different people who wrote in it or held it. One person who answers and
settles is 1; who held it only for a moment is one of them, a seat that several people share is none until somebody writes. Where
it grows faster than the work, more people will not help.
"""
from metrics.engine.holders import holders_sql
from metrics.engine.metric import Example, Metric
from metrics.speed.resolution_time import METRIC as RESOLUTION

METRIC = Metric(
    label="Coordination per contact", unit="acts", kind="count", better="lower", dated_by="ended", kept=False,
    rows=f"""select ticket_no, episode, count(distinct person) as people
        from (select ticket_no, episode, agent_id as person from acts union all {holders_sql()}) p
        group by ticket_no, episode""",
    value="notes + handoffs + coalesce(r.people, 0)",
    excluded={"not available from this source": "handoffs is null or message_fidelity is null", **RESOLUTION.excluded}, fidelity="coalesce(message_fidelity, 'counters')",
    dialects="No helpdesk shows it.",
    examples=(
        Example(says="One person, one answer: 1.", events="T1 10:00 created\nT1 10:30 assigned ana\nT1 11:00 agent_message by ana\nT1 11:00 resolved by ana", gives={"T1": 1}),
        Example(says="Ana notes, hands to Ben, who answers: one note, one handoff, two people.",
                events="T1 10:00 created\nT1 10:30 assigned ana\nT1 10:40 internal_note by ana\nT1 11:00 assigned ben\nT1 11:30 agent_message by ben\n"
                       "T1 11:30 resolved by ben", gives={"T1": 4}),
        Example(says="Ana, Ben and Cy in one second: two handoffs and three people.",
                events="T1 10:00 created\nT1 10:00 assigned ana\nT1 10:00 assigned ben\nT1 10:00 assigned cy\nT1 12:00 resolved by cy", gives={"T1": 5}),
        Example(says="Ana gave it back, and nobody has it when a rule settles it: one person.",
                events="T1 10:00 created\nT1 10:30 assigned ana\nT1 11:00 assigned\nT1 12:00 resolved by rule", gives={"T1": 1}),
        Example(says="A bot's part is no coordination of people.",
                events="T1 10:00 created\nT1 10:01 bot_message by bot helper\nT1 10:30 agent_message by ana\nT1 10:30 resolved by ana", gives={"T1": 1}),
        Example(says="Not settled yet.", events="T1 10:00 created\nT1 10:30 agent_message by ana", gives={"T1": "open"}),
    ))
