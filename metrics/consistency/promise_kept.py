"""The share of contacts that were settled within the promised time.

What a customer can rely on: of all contacts that came, how many were settled, on the calendar, within the hours promised.
Counted by the week in which they came, so that a broken promise cannot hide in a contact that is still open: past its time it
is broken at once; one not yet due is counted beside. The hours are the resolution target of settings.toml on the calendar for
any reason and priority (of several the newest promise, else the longest target); without one and without the option there is no
value. Targets by reason and priority, pauses and business clocks are sla_attainment's.
"""
from typing import Any

from metrics.engine.metric import Example, Metric, Option


def promised_hours(settings: dict[str, Any]) -> float | None:
    """The resolution target of the newest promise on the calendar: that for any reason and priority, else the longest."""
    promises = [p for p in settings.get("sla", {}).values() if p["metric"] == "resolution" and p["clock"] == "calendar"]
    if not promises:
        return None
    newest = max(promises, key=lambda p: p["valid_from"] or "")
    targets = newest["targets"] or {}
    return targets.get("*", max(seconds for told in (targets, *newest["reasons"].values()) for seconds in told.values())) / 3600


METRIC = Metric(
    label="Promise kept", unit="share", kind="share", better="higher", dated_by="arrived", kept=False,
    value="case when not is_open and resolution_time <= {hours} * 3600 then 1 else 0 end",
    excluded={
        "no promise set": "{hours} is null",
        "start not known": "started_at is null",
        "end not known": "not is_open and resolution_time is null",
        "resolved before it began": "ended_at < started_at",
        "bot only": "handled_by = 'bot_only'",
        "untouched": "handled_by = 'untouched' and not is_open",
        "not due yet": "is_open and @secs(started_at, {as_of}) <= {hours} * 3600",
    },
    fidelity="coalesce(state_fidelity, 'counters')",
    options={"hours": Option(None, "hours promised, on the calendar", from_settings=promised_hours)},
    dialects="Helpdesks count what was closed within the target among what was closed; what stays open past it is in no week's number.",
    examples=(
        Example(says="Eight hours promised: one took two, one took nine.", options={"hours": 8},
                events="T1 08:00 created\nT1 10:00 agent_message by ana\nT1 10:00 resolved by ana\nT2 08:00 created\nT2 17:00 agent_message by ana\n"
                       "T2 17:00 resolved by ana", gives={"T1": 1, "T2": 0}),
        Example(says="Open for nine hours: broken already. Open for one: not due yet.", options={"hours": 8},
                events="T1 08:00 created\nT2 16:00 created\nT3 17:00 created", gives={"T1": 0, "T2": "not due yet", "T3": "not due yet"}),
        Example(says="Exactly eight hours is kept.", options={"hours": 8}, events="T1 08:00 created\nT1 16:00 agent_message by ana\nT1 16:00 resolved by ana", gives={"T1": 1}),
        Example(says="Nothing promised: no value.", events="T1 08:00 created\nT1 16:00 agent_message by ana\nT1 16:00 resolved by ana", gives={"T1": "no promise set"}),
    ))
