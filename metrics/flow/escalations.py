"""How many times a contact was taken up a level.

Moves to a queue of a higher tier or from a vendor to in-house, as settings tell of tiers and vendors; or what the tool itself
calls an escalation. Where both are told the larger number counts, so that one escalation told twice stays one. A source
without tiers, vendors and escalation events cannot say.
"""
from metrics.engine.metric import Example, Metric

TIERS = '[queues."example:front"]\ntier = 1\nvendor = "Helpwell"\n[queues."example:second"]\ntier = 2\n[queues."example:desk"]\ntier = 1\n'

METRIC = Metric(
    label="Escalations", unit="escalations", kind="count", better="lower", dated_by="arrived", kept=False,   # whether a source tells tiers at all is known from all its contacts
    rows="""select e.ticket_no, e.episode, coalesce(s.moved, 0) as value
        from episodes e
        join (select source from stays where tier is not null or vendor is not null union select source from episodes where escalations > 0) k on k.source = e.source
        left join (
            select ticket_no, episode, sum(case when next_tier > tier or (vendor is not null and has_next = 1 and next_vendor is null) then 1 else 0 end) as moved
            from (select ticket_no, episode, tier, vendor, lead(tier) over (partition by ticket_no, episode order by stay_no) as next_tier,
                         lead(vendor) over (partition by ticket_no, episode order by stay_no) as next_vendor,
                         lead(1) over (partition by ticket_no, episode order by stay_no) as has_next
                  from stays where queue_id is not null) moves
            group by ticket_no, episode) s on s.ticket_no = e.ticket_no and s.episode = e.episode""",
    value="cast(case when told_escalations > r.value then told_escalations else r.value end as bigint)",
    excluded={
        "not available from this source": "r.value is null",
        "bot only": "handled_by = 'bot_only'",
        "untouched": "handled_by = 'untouched'",
    },
    fidelity="coalesce(queue_fidelity, 'counters')",
    dialects="Zendesk and Intercom have no such number; ServiceNow's escalation field is a flag of urgency, not a move.",
    examples=(
        Example(says="From the front tier to the second: one.", settings=TIERS,
                events="T1 09:00 created\nT1 09:00 queued desk\nT1 10:00 queued second\nT1 11:00 agent_message by ana\nT1 11:00 resolved by ana", gives={"T1": 1}),
        Example(says="From the vendor to our own desk of the same tier: one. Down again is none.", settings=TIERS,
                events="T1 09:00 created\nT1 09:00 queued front\nT1 10:00 queued desk\nT1 10:30 queued front\nT1 11:00 agent_message by ana\n"
                       "T1 11:00 resolved by ana", gives={"T1": 1}),
        Example(says="Told by the tool and seen in the move: one, not two.", settings=TIERS,
                events="T1 09:00 created\nT1 09:00 queued desk\nT1 10:00 escalated\nT1 10:00 queued second\nT1 11:00 agent_message by ana\n"
                       "T1 11:00 resolved by ana", gives={"T1": 1}),
        Example(says="No tiers, no vendors, no escalation events: not available, not 0.",
                events="T1 09:00 created\nT1 09:00 queued a\nT1 10:00 queued b\nT1 11:00 agent_message by ana", gives={"T1": "not available from this source"}),
    ))
