"""How many weeks of work the backlog is, at the present pace, if nothing new came.

The contacts that are ours to move, divided by the contacts settled per week over the four weeks before. Where nothing was
settled in four weeks there is no value. New work is left out on purpose: net_flow says whether the pile grows.
"""
from metrics.engine.metric import Example, Metric
from metrics.flow.backlog_ours import METRIC as OURS

METRIC = Metric(
    label="Weeks to clear", unit="weeks", kind="ratio", better="lower", dated_by="as_of", grain="stock", per="departures",
    value="1", population=OURS.population, fidelity=OURS.fidelity,
    dialects="No helpdesk shows it; dashboards that divide by the tickets created in a day count what comes in, not what gets done.",
    examples=(
        Example(says="Open and in our hands: it is in the numerator.", events="T1 10:00 created\nT1 10:30 internal_note by ana", gives={"T1": 1}),
        Example(says="Waiting for the customer: not ours to clear.",
                events="T1 10:00 created\nT1 10:30 agent_message by ana\nT1 10:30 state_changed waiting_customer by ana", gives={}),
        Example(says="Settled: part of the pace, not of the pile.", events="T1 10:00 created\nT1 10:30 agent_message by ana\nT1 11:00 resolved by ana", gives={}),
    ))
