"""How long people worked on a contact, where the tool records it.

The working time the source itself tells: a mapping names its column of seconds `touch_seconds` under [file.dimensions]. Where
it tells none there is no value: an allowance per reply and note, marked estimated, is in the ledger of hours, not here.
Handling time is what we worked, never what the customer waited; the two are not added.
"""
from metrics.engine.metric import Example, Metric

TOLD = "try_cast(@json_text(dimensions, '$.touch_seconds') as double)"

METRIC = Metric(
    label="Touch time", unit="seconds", kind="duration", better="neither", dated_by="ended", kept=False,
    value=f"cast({TOLD} as bigint)",
    excluded={"open": "is_open", "end not known": "ended_at is null", "not available from this source": f"{TOLD} is null", "below zero": f"{TOLD} < 0"},
    fidelity="'counters'",
    dialects="Zendesk's time tracking counts open browser tabs; Intercom's handling time is the time assigned less snoozes; Jira's time spent is what people log.",
    examples=(
        Example(says="Fifteen minutes logged.", tickets={"T1": {"dimensions": '{"touch_seconds": "900"}'}},
                events="T1 10:00 created\nT1 10:30 agent_message by ana\nT1 11:00 resolved by ana", gives={"T1": 900}),
        Example(says="Nothing logged: not available, not 0 and not the hour it took.", events="T1 10:00 created\nT1 10:30 agent_message by ana\nT1 11:00 resolved by ana",
                gives={"T1": "not available from this source"}),
        Example(says="A word where seconds belong is no time.", tickets={"T1": {"dimensions": '{"touch_seconds": "some"}'}},
                events="T1 10:00 created\nT1 10:30 agent_message by ana\nT1 11:00 resolved by ana", gives={"T1": "not available from this source"}),
        Example(says="More may be logged while it is open.", tickets={"T1": {"dimensions": '{"touch_seconds": "900"}'}}, events="T1 10:00 created", gives={"T1": "open"}),
    ))
