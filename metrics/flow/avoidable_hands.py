"""How many stays of a contact need not have been: returns to a queue it had left, and queues it only passed through.

Returns are boomerangs, queues passed through are pass_throughs; a stay that is both is counted once, as leaving it out
would save one move.
"""
from metrics.engine.metric import Example, Metric
from metrics.flow.pass_throughs import METRIC as PASSED

METRIC = Metric(
    label="Avoidable hands", unit="stays", kind="count", better="lower", dated_by="arrived",
    rows="""select ticket_no, episode, count(*) as value
        from (select ticket_no, episode, next_queue_id, was_touched, row_number() over (partition by ticket_no, episode, queue_id order by stay_no) as visit
              from stays where queue_id is not null) s
        where visit > 1 or (next_queue_id is not null and not was_touched) group by ticket_no, episode""",
    value="coalesce(r.value, 0)", excluded=PASSED.excluded, fidelity="queue_fidelity",
    dialects="No helpdesk shows it.",
    examples=(
        Example(says="Triage passed it on unread: one.",
                events="T1 09:00 created\nT1 09:00 queued triage\nT1 11:00 queued billing\nT1 12:00 agent_message by ana\nT1 12:00 resolved by ana", gives={"T1": 1}),
        Example(says="Billing asked Risk, who answered, and it came back: the return.",
                events="T1 09:00 created\nT1 09:00 queued billing\nT1 09:10 internal_note by ana\nT1 10:00 queued risk\nT1 11:00 internal_note by ben\nT1 11:00 queued billing\n"
                       "T1 12:00 agent_message by ana\nT1 12:00 resolved by ana", gives={"T1": 1}),
        Example(says="Came back to Triage, who passed it on unread: that stay is counted once.",
                events="T1 09:00 created\nT1 09:00 queued triage\nT1 09:10 internal_note by ana\nT1 10:00 queued billing\nT1 10:10 internal_note by ben\nT1 11:00 queued triage\n"
                       "T1 12:00 queued risk\nT1 13:00 agent_message by cy\nT1 13:00 resolved by cy", gives={"T1": 1}),
        Example(says="One queue, worked there: none.", events="T1 09:00 created\nT1 09:00 queued billing\nT1 12:00 agent_message by ana\n"
                       "T1 12:00 resolved by ana", gives={"T1": 0}),
    ))
