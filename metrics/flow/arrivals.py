"""How much work came in: contacts that began, and contacts that came back after they had been settled.

Dated by the moment itself, in the queue the contact lay in then. Arrivals less departures are the change of the backlog,
exactly; so contacts that an agent started are in it, and bot-only ones are not. `what` asks for one of the two ways in.
"""
from metrics.engine.metric import Example, Metric, Option

METRIC = Metric(
    label="Arrivals", unit="contacts", kind="volume", better="neither", dated_by="arrived", grain="flow",
    value="1", population="handled_by <> 'bot_only' and direction <> 'settled' and ('{what}' = 'any' or direction = '{what}')",
    fidelity="coalesce(state_fidelity, 'counters')",
    options={"what": Option("any", "all, only contacts that began, or only those active again after they were settled", ("any", "new", "again"))},
    dialects="Zendesk's created tickets and Freshdesk's received tickets leave out what came back; Zammad's created less closed is no backlog, because it leaves "
             "reopenings out.",
    examples=(
        Example(says="One contact began: one.", events="T1 10:00 created\nT1 10:30 agent_message by ana\nT1 11:00 resolved by ana", gives={"T1": 1}),
        Example(says="It came back after it was settled: two arrivals of one contact.",
                events="T1 10:00 created\nT1 10:30 agent_message by ana\nT1 11:00 resolved by ana\nT1 12:00 reopened by customer", gives={"T1": [1, 1]}),
        Example(says="Only those that came back.", options={"what": "again"},
                events="T1 10:00 created\nT1 10:30 agent_message by ana\nT1 11:00 resolved by ana\nT1 12:00 reopened by customer", gives={"T1": 1}),
        Example(says="A bot alone had it: not in the backlog, so no arrival.", events="T1 10:00 created\nT1 10:01 bot_message by bot\nT1 10:02 resolved by bot", gives={}),
    ))
