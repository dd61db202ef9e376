"""How long a settled contact waited for the customer.

The hours in waiting_customer between its first word and its last resolution, on the calendar. With requester_wait_time they are the time to solve.
"""
from metrics.engine.metric import Example, Metric
from metrics.speed.our_time import CLOCKS, RULES

METRIC = Metric(
    label="Waiting for the customer", unit="seconds", kind="duration", better="neither", dated_by="ended",
    rows=CLOCKS, value="case when ended_at >= started_at then coalesce(r.customer_seconds, 0) end", excluded=RULES, fidelity="state_fidelity",
    dialects="Zendesk and dbt_zendesk call pending time agent wait; GitLab's handbook repeats it; Chatwoot's snoozed time is not separated.",
    examples=(
        Example(says="Open an hour, pending two, open an hour: two hours.",
                events="T1 10:00 created\nT1 11:00 agent_message by ana\nT1 11:00 state_changed waiting_customer by ana\n"
                       "T1 13:00 state_changed in_progress by customer\nT1 14:00 resolved by ana", gives={"T1": 7200}),
        Example(says="Never waited for the customer: 0.",
                events="T1 10:00 created\nT1 11:00 agent_message by ana\nT1 11:00 resolved by ana", gives={"T1": 0}),
        Example(says="A rule closed it after four days of waiting: it ended where the wait began, so nothing was waited.",
                events="T1 10:00 created\nT1 11:00 agent_message by ana\nT1 11:00 state_changed waiting_customer by ana\nT1 +4d 11:00 closed by system", gives={"T1": 0}),
        Example(says="Waiting still: no value before it is settled.",
                events="T1 10:00 created\nT1 11:00 agent_message by ana\nT1 11:00 state_changed waiting_customer by ana", gives={"T1": "open"}),
    ))
