"""By how much the backlog grew: arrivals less departures.

Below zero it shrank. Between two moments it is exactly the backlog at the second less the backlog at the first.
"""
from metrics.engine.metric import Example, Metric

METRIC = Metric(
    label="Net flow", unit="contacts", kind="net", better="lower", dated_by="arrived", grain="flow",
    value="case when direction = 'settled' then -1 else 1 end", population="handled_by <> 'bot_only'", fidelity="coalesce(state_fidelity, 'counters')",
    dialects="Zammad calls created less closed of one bucket its backlog; no helpdesk adds what came back.",
    examples=(
        Example(says="Came and was settled: +1 and -1.", events="T1 10:00 created\nT1 10:30 agent_message by ana\nT1 11:00 resolved by ana", gives={"T1": [1, -1]}),
        Example(says="Came, was settled, came back: one more than before.",
                events="T1 10:00 created\nT1 10:30 agent_message by ana\nT1 11:00 resolved by ana\nT1 12:00 reopened by customer", gives={"T1": [1, -1, 1]}),
        Example(says="Created and resolved in one second: it came and went.",
                events="T1 10:00 created\nT1 10:00 agent_message by ana\nT1 10:00 resolved by ana", gives={"T1": [1, -1]}),
    ))
