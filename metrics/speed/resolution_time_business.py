"""How long it takes until a contact is settled, in opening hours.

The same span as resolution_time on the business clock: at each instant the schedule of the queue that held the contact
counts. No schedule: no value, not 0. A life wholly outside opening hours is 0, and how many were so is told beside.
"""
from metrics.engine.metric import Example, Metric
from metrics.speed.first_response_time_business import OFFICE

METRIC = Metric(
    label="Resolution time, business hours",
    unit="seconds",
    kind="duration",
    better="lower",
    dated_by="ended",
    value="resolution_business_seconds",
    parts={"wholly outside opening hours": "resolution_business_seconds = 0 and ended_at > started_at"},
    excluded={
        "start not known": "started_at is null",
        "open": "is_open",
        "end not known": "ended_at is null",
        "resolved before it began": "ended_at < started_at",
        "resolved after the end of the data": "ended_at > {as_of}",
        "bot only": "handled_by = 'bot_only'",
        "untouched": "handled_by = 'untouched'",
        "no schedule": "resolution_business_seconds is null",
    },
    fidelity="coalesce(state_fidelity, 'counters')",
    dialects="Zendesk uses one schedule for first and full resolution; Chatwoot has no holidays and writes 0 where office hours are off.",
    examples=(
        Example(
            says="Tuesday 16:00 to Thursday 10:00 over a holiday: two hours.",
            settings=OFFICE,
            events="T1 +1d 16:00 created\nT1 +2d 10:00 agent_message by ana\nT1 +3d 10:00 resolved by ana",
            gives={"T1": 7200},
        ),
        Example(
            says="Two queues, two schedules: each hour by the schedule of the queue that held it.",
            settings=OFFICE
            + '[schedules.always]\nzone = "UTC"\n'
            + "".join(f'{d} = ["00:00-24:00"]\n' for d in ("mon", "tue", "wed", "thu", "fri", "sat", "sun"))
            + '[queues."example:nights"]\nschedule = "always"\n',
            events="T1 16:00 created\nT1 16:00 queued day\nT1 17:00 agent_message by ana\nT1 20:00 queued nights\nT1 22:00 resolved by ben",
            gives={"T1": 10800},
        ),
        Example(
            says="An agent began it in one queue and moved it on; the customer wrote at 10:08, settled at 10:11: three minutes, not three less five.",
            settings=OFFICE,
            events="T1 10:00 created by agent ana\nT1 10:00 queued day\nT1 10:03 queued night\nT1 10:08 customer_message\nT1 10:11 agent_message by ana\nT1 10:11 resolved by ana",
            gives={"T1": 180},
        ),
        Example(
            says="Resolved on a Sunday that began on a Saturday: 0 opening seconds.",
            settings=OFFICE,
            events="T1 +5d 10:00 created\nT1 +5d 11:00 agent_message by ana\nT1 +6d 10:00 resolved by ana",
            gives={"T1": 0},
        ),
    ),
)
