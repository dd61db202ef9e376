"""How long a customer waits for the first word from a person, in opening hours.

The same wait as first_response_time on the business clock: the schedule of the queue that held the contact at each
instant. No schedule: no value, not 0. A wait wholly outside opening hours is 0, and how many were so is told beside.
"""
from metrics.engine.metric import Example, Metric

OFFICE = """
default_schedule = "office"
[schedules.office]
zone = "UTC"
mon = ["09:00-17:00"]
tue = ["09:00-17:00"]
wed = ["09:00-17:00"]
thu = ["09:00-17:00"]
fri = ["09:00-17:00"]
[schedules.office.holidays]
extra = ["2025-06-11"]
"""

METRIC = Metric(
    label="First response time, business hours", unit="seconds", kind="duration", better="lower", dated_by="arrived",
    population="not is_proactive", value="first_reply_business_seconds",
    parts={"wholly outside opening hours": "first_reply_business_seconds = 0 and first_reply_at > started_at"},
    excluded={
        "start not known": "started_at is null",
        "bot only": "handled_by = 'bot_only'",
        "answered before it began": "first_reply_at < started_at or (first_reply_at is null and first_agent_at < started_at)",
        "answered after it was closed": "first_reply_at > closed_at",
        "answered after the end of the data": "first_reply_at > {as_of}",
        "not available from this source": "first_reply_at is null and message_fidelity is null",
        "no reply yet": "is_open and first_reply_at is null",
        "ended without a reply": "first_reply_at is null",
        "no schedule": "first_reply_business_seconds is null",
    },
    fidelity="case when message_fidelity is not null then message_fidelity else 'counters' end",
    dialects="Zendesk and Freshdesk use one schedule per ticket; dbt_zendesk runs until now where the reply came in the same second.",
    examples=(
        Example(says="Asked Monday 16:00, answered Tuesday 10:00: two opening hours.", settings=OFFICE,
                events="T1 16:00 created\nT1 +1d 10:00 agent_message by ana", gives={"T1": 7200}),
        Example(says="A holiday on the way does not count: Tuesday 16:00 to Thursday 10:00 is two hours.", settings=OFFICE,
                events="T1 +1d 16:00 created\nT1 +3d 10:00 agent_message by ana", gives={"T1": 7200}),
        Example(says="Saturday to Sunday is no opening time: 0.", settings=OFFICE,
                events="T1 +5d 10:00 created\nT1 +6d 10:00 agent_message by ana", gives={"T1": 0}),
        Example(says="Without a schedule there is no value, and 0 is not claimed.", events="T1 16:00 created\nT1 +1d 10:00 agent_message by ana",
                gives={"T1": "no schedule"}),
    ))
