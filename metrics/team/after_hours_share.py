"""Which part of the replies and notes people write outside opening hours.

Outside the default schedule of settings.toml. Each reply and note counts once. No schedule: no value. Of a team, never of a
person.
"""
from metrics.engine.metric import Example, Metric
from metrics.speed.first_response_time_business import OFFICE

METRIC = Metric(
    label="Work outside hours", unit="share", kind="share", better="lower", dated_by="lived", grain="act",
    value="is_after_hours", weight="acts", excluded={"no schedule": "is_after_hours is null"}, fidelity="coalesce(message_fidelity, 'counters')",
    dialects="No helpdesk shows it.",
    examples=(
        Example(says="Monday 16:00 is open, 18:00 is not.", settings=OFFICE,
                events="T1 16:00 created\nT1 16:00 agent_message by ana\nT1 18:00 internal_note by ana", gives={"T1": [0, 1]}),
        Example(says="A holiday and a Saturday are outside.", settings=OFFICE,
                events="T1 +2d 10:00 created\nT1 +2d 11:00 agent_message by ana\nT1 +5d 11:00 agent_message by ana", gives={"T1": [1, 1]}),
        Example(says="The last second before closing is open, closing time is not.", settings=OFFICE,
                events="T1 16:00 created\nT1 16:59:59 agent_message by ana\nT1 17:00 agent_message by ana", gives={"T1": [0, 1]}),
        Example(says="Without a schedule there is no value.", events="T1 16:00 created\nT1 18:00 agent_message by ana", gives={"T1": "no schedule"}),
    ))
