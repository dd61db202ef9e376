"""How many contacts there are for every 100 customers a week, or for every 100 orders: growth alone does not move it.

Contacts divided by a measure that is loaded beside the tickets. A figure of active customers holds from its day until the
next one and counts as customer-weeks; a figure of orders is spread over the days until the next one; the last figure holds as
long as the one before it, none longer than 31 days. Contacts of days without a figure are left out. By reason, queue or any
dimension the measure does not have, the divisor is the whole.
"""
from metrics.engine.metric import Example, Metric, Option
from metrics.engine.ratio import MEASURE_DAYS

METRIC = Metric(
    label="Contacts per 100", unit="contacts", kind="ratio", better="lower", dated_by="arrived", per="measure",
    population="not is_proactive", value="1", kept=False,
    rows=f"select t.ticket_no, t.episode, 1 as is_known from ticket_facts t join (select distinct on_day from ({MEASURE_DAYS}) as days) d on d.on_day = t.arrived_on",
    excluded={
        "measure not loaded": "not exists (select 1 from measures where name = '{measure}' and value is not null)",
        "start not known": "started_at is null",
        "measure not known that day": "r.is_known is null",
    },
    fidelity="coalesce(state_fidelity, message_fidelity, 'counters')",
    options={"measure": Option("active_customers", "what it is counted per 100 of", ("active_customers", "orders"))},
    dialects="Helpdesks know no customers but those who write; contact rate is computed in spreadsheets.",
    examples=(
        Example(says="No such measure is loaded: no value.", events="T1 10:00 created", gives={"T1": "measure not loaded"}),
        Example(says="The same for orders.", options={"measure": "orders"}, events="T1 10:00 created\nT2 +1d 10:00 created",
                gives={"T1": "measure not loaded", "T2": "measure not loaded"}),
        Example(says="Started by an agent: no contact of a customer.", events="T1 10:00 created by agent ana", gives={}),
    ))
