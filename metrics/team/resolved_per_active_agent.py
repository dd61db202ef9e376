"""How many contacts are settled per active agent and week.

Settled contacts divided by active agents, each counted once in every week they wrote in: a longer period does not raise it. Of
a team, never of a person: hard contacts routed to seniors make any ranking unjust.
"""
from metrics.engine.metric import Example, Metric
from metrics.speed.resolution_time import METRIC as RESOLUTION

METRIC = Metric(
    label="Resolved per active agent and week", unit="contacts", kind="ratio", better="neither", dated_by="ended", per="agent_weeks",
    value="1", kept=False, excluded={"not available from this source": "message_fidelity is null", **RESOLUTION.excluded}, fidelity="coalesce(message_fidelity, 'counters')",
    dialects="Zendesk and Freshdesk show solved tickets per agent by name.",
    examples=(
        Example(says="Settled: it is in the numerator.", events="T1 10:00 created\nT1 10:30 agent_message by ana\nT1 11:00 resolved by ana", gives={"T1": 1}),
        Example(says="Open: not yet.", events="T1 10:00 created\nT1 10:30 agent_message by ana", gives={"T1": "open"}),
        Example(says="Settled with no person in it: left out.", events="T1 10:00 created\nT1 11:00 resolved by system", gives={"T1": "untouched"}),
    ))
