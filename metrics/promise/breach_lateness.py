"""How late the promises that were broken were met.

For every promise not kept, see sla_attainment: the time on its clock beyond the target, once it was met. What is broken and
still open is counted beside, not measured up to now.
"""
from metrics.engine.metric import Example, Metric
from metrics.promise.sla_attainment import DAY, HOUR, NEXT, RULES, TARGET

METRIC = Metric(
    label="Lateness of broken promises", unit="seconds", kind="duration", better="lower", dated_by="arrived", grain="target",
    population="metric = '{target}' and (elapsed_seconds is null or target_seconds is null or elapsed_seconds > target_seconds)",
    value="elapsed_seconds - target_seconds",
    excluded={**{rule: condition for rule, condition in RULES.items() if rule not in ("not due yet", "ended without a reply")},
              "not met yet": "stop_at is null", "ended without a reply": "met_at is null"},
    fidelity="coalesce(message_fidelity, state_fidelity, 'counters')", options=TARGET,
    dialects="Helpdesks count breaches and do not say how late; a promise missed by a minute and one missed by a month are one each.",
    examples=(
        Example(says="An hour promised, two taken: an hour late.", settings=HOUR, events="T1 10:00 created\nT1 12:00 agent_message by ana", gives={"T1": 3600}),
        Example(says="Kept: not in it.", settings=HOUR, events="T1 10:00 created\nT1 10:30 agent_message by ana", gives={}),
        Example(says="Late and still not met.", settings=HOUR, events="T1 10:00 created\nT2 12:00 created", gives={"T1": "not met yet"}),
        Example(says="A later answer within two hours was promised, three taken: an hour late.", options={"target": "next_response"}, settings=NEXT,
                events="T1 08:00 created\nT1 09:00 agent_message by ana\nT1 12:00 customer_message\nT1 15:00 agent_message by ana", gives={"T1": 3600}),
        Example(says="Waiting for the customer is no lateness of ours: six hours less one of waiting, four promised.", settings=DAY, options={"target": "resolution"},
                events="T1 10:00 created\nT1 11:00 agent_message by ana\nT1 11:00 state_changed waiting_customer by ana\nT1 12:00 state_changed in_progress by customer\n"
                       "T1 16:00 resolved by ana", gives={"T1": 3600}),
    ))
