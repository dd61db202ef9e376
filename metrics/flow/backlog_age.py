"""How old the open contacts are.

At a moment, for every contact of the backlog: the time since its first word. Old ones are not washed out as they are in the
resolution times of what was settled: what nobody touches shows here first.
"""
from metrics.engine.metric import Example, Metric
from metrics.flow.backlog import METRIC as BACKLOG

METRIC = Metric(
    label="Age of the backlog", unit="seconds", kind="duration", better="lower", dated_by="as_of", grain="stock",
    value="@secs(started_at, instant)", population=BACKLOG.population,
    excluded={"start not known": "started_at is null", "not begun": "started_at > instant"}, fidelity=BACKLOG.fidelity,
    dialects="dbt_zendesk's unsolved_ticket_age counts to the time of its run; Freshdesk leaves tickets without agent or group out.",
    examples=(
        Example(says="Created at 10:00, the data end at 12:00: two hours.", events="T1 10:00 created\nT2 12:00 created", gives={"T1": 7200, "T2": 0}),
        Example(says="Settled: it has no age any more.", events="T1 10:00 created\nT1 10:30 agent_message by ana\nT1 11:00 resolved by ana", gives={}),
        Example(says="Reopened: as old as its first word, not as its return.",
                events="T1 10:00 created\nT1 10:30 agent_message by ana\nT1 11:00 resolved by ana\nT1 12:00 reopened by customer", gives={"T1": 7200}),
    ))
