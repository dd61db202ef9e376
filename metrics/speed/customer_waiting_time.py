"""How long, in all, a customer waited for a person's word.

The turns of a contact added up, none counted twice: each from the customer's first unanswered word to the next public word of a
person. A turn that was never answered ends with the contact. While the customer waits there is no value yet. What an agent
began counts from the customer's first word.
"""
from metrics.engine.metric import Example, Metric

METRIC = Metric(
    label="Customer waiting time", unit="seconds", kind="duration", better="lower", dated_by="arrived",
    rows="""select ticket_no, episode, max(case when answered_at is null and is_open then 1 else 0 end) as waits,
                   cast(sum(case when answered_at is not null then @secs(asked_at, answered_at)
                                 when ended_at > asked_at then @secs(asked_at, ended_at) else 0 end) as bigint) as seconds
        from turns group by ticket_no, episode""",
    value="case when coalesce(r.waits, 0) = 0 then coalesce(r.seconds, 0) end",
    excluded={
        "not available from this source": "message_fidelity is null",
        "bot only": "handled_by = 'bot_only'",
        "untouched": "handled_by = 'untouched'",
        "still waiting": "customer_waiting_time is null",
    },
    fidelity="coalesce(message_fidelity, 'counters')",
    dialects="dbt_zendesk's total_reply_time adds the first reply of a ticket an agent opened to the next turn, 120 for a customer who waited 30; Front calls the sum of replies "
             "total reply time; Plain shows customer waiting as ours.",
    examples=(
        Example(says="Twenty minutes and half an hour.",
                events="T1 10:00 created\nT1 10:20 agent_message by ana\nT1 11:00 customer_message\nT1 11:30 agent_message by ana\nT1 12:00 resolved by ana", gives={"T1": 3000}),
        Example(says="An agent began at 10:00; the customer wrote at 11:00 and waited 30 minutes, not 90 and not 120.",
                events="T1 10:00 created by agent ana\nT1 10:00 agent_message by ana\nT1 11:00 customer_message\nT1 11:30 agent_message by ana", gives={"T1": 1800}),
        Example(says="Settled with a note, never answered: waited until it was settled.",
                events="T1 10:00 created\nT1 10:30 internal_note by ana\nT1 11:00 resolved by ana", gives={"T1": 3600}),
        Example(says="Waits still.", events="T1 10:00 created\nT1 10:20 agent_message by ana\nT1 11:00 customer_message", gives={"T1": "still waiting"}),
    ))
