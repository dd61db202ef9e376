"""How long nobody held a contact.

All stretches without a holder from its first word to its last resolution, before the first one took it and after anyone gave it
back; what lay between a resolution that did not last and the return is none. A contact that nobody ever took is unassigned all its
life; one that nobody holds now, until the data end. A bot is no holder.
"""
from metrics.engine.metric import Example, Metric
from metrics.speed.resolution_time import METRIC as RESOLUTION

METRIC = Metric(
    label="Unassigned time", unit="seconds", kind="duration", better="lower", dated_by="arrived", kept=False,
    rows="""select ticket_no, episode, cast(sum(case when until_at > from_at then @secs(from_at, until_at) else 0 end) as bigint) as seconds
        from (select s.ticket_no, s.episode, case when s.from_at < e.started_at then e.started_at else s.from_at end as from_at,
                     case when s.until_at is null then {as_of} when s.until_at > e.ended_at then e.ended_at else s.until_at end as until_at
              from spells s join episodes e on e.ticket_no = s.ticket_no and e.episode = s.episode
              where s.holder_id is null and s.state in ('new', 'in_progress', 'waiting_customer', 'waiting_internal') and s.from_at < {as_of}) as clipped
        group by ticket_no, episode""",
    value="coalesce(r.seconds, 0)",
    excluded={
        "not available from this source": "assignment_fidelity is null or assignment_fidelity = 'counters'",
        "start not known": "started_at is null",
        "end not known": "not is_open and ended_at is null",
        **{rule: RESOLUTION.excluded[rule] for rule in ("resolved before it began", "resolved after the end of the data")},
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
        Example(says="An agent began it at nine, the customer wrote at eleven: what lay before that word is none of the contact's time.",
                events="T1 09:00 created by agent ana\nT1 11:00 customer_message\nT1 12:00 agent_message by ana\nT1 12:00 resolved by ana", gives={"T1": 3600}),
        Example(says="Closed by a rule after four days of silence: it ended where the wait began, and so does this.",
                events="T1 10:00 created\nT1 11:00 agent_message by ana\nT1 11:00 state_changed waiting_customer by ana\nT1 +4d 11:00 closed by system", gives={"T1": 3600}),
        Example(says="Resolved before it began is impossible: left out under its rule.",
                events="T1 09:00 created by agent ana\nT1 10:00 resolved by ana\nT1 11:00 customer_message", gives={"T1": "resolved before it began"}),
        Example(says="No assignments in this source: not available, not 0.", events="T1 10:00 created\nT1 10:30 agent_message by ana",
                fidelity={"messages": "events", "states": "events"},
                gives={"T1": "not available from this source"}),
    ))
