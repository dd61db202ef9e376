"""Salesforce's business hours as schedules of settings, and its milestones as promises.

What a milestone promises is defined in entitlement processes, which the API does not tell. Each milestone of a case tells what that case
was promised; promises are inferred from those that were pulled, and say so.
"""
from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.told_settings import DAY, Section, distinct, duration, free, schedule

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HOURS = ("Id", "Name", "IsDefault", "TimeZoneSidKey", *(f"{day}{end}Time" for day in DAYS for end in ("Start", "End")))
ANSWER = r"respon|repl|answer|contact|call ?back"
METRICS = {   # words of a milestone's name -> what it promises
    "next_response": rf"(next|subsequent|further|follow|every).*({ANSWER})", "first_response": ANSWER, "resolution": r"resol|solv|solution|clos|fix|restor"}
ROUNDED = 1   # minutes by which a target date may miss its minutes without a clock that stood still


def sections(held: dict[str, Iterable[dict[str, Any]]]) -> list[Section]:
    """A schedule for each active set of business hours, the default first; then a promise for each milestone seen."""
    rows = sorted(held.get("business hours", []), key=lambda row: (not row.get("IsDefault"), str(row.get("Name"))))
    names = distinct((row.get("Id"), row.get("Name")) for row in rows)
    says = ("Holidays are left out: which hours they belong to is not told.",)
    schedules = [schedule(names[str(row.get("Id"))], str(row.get("TimeZoneSidKey")), _intervals(row), sunday_first=False, says=says) for row in rows]
    return [*schedules, *_promises(held.get("milestones", []), names)]


def _intervals(row: dict[str, Any]) -> list[tuple[int, int]]:
    """Minutes since Monday. From midnight to midnight is a whole day; an end before its start is on the next day."""
    found = []
    for number, day in enumerate(DAYS):
        start, end = (_minute(row.get(f"{day}{part}Time")) for part in ("Start", "End"))
        if start is not None and end is not None:
            found.append((number * DAY + start, number * DAY + (end if end > start else end + DAY)))
    return found


def _minute(time: Any) -> int | None:
    """09:00:00.000Z is nine on the clock of the hours' own zone, whatever the Z."""
    parts = str(time or "").split(":")
    return int(parts[0]) * 60 + int(parts[1]) if len(parts) > 1 and parts[0].isdigit() and parts[1].isdigit() else None


# --- promises --------------------------------------------------------------------------------------------------------------
@dataclass
class _Seen:
    """What the milestones of one name in one entitlement process promised."""

    milestones: int = 0
    minutes: defaultdict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))   # priority ("*" = none) -> minutes -> milestones
    by_dates: int = 0      # of them, minutes are the span from start to target
    compared: int = 0      # of them, the target date can be held against the minutes
    beyond: int = 0        # of those, it lies further away
    stopped: int = 0
    hours: Counter[str] = field(default_factory=Counter)

    def add(self, row: dict[str, Any], names: dict[str, str]) -> None:
        told, span, stopped = _whole(row.get("TargetResponseInMins")), _span(row), _whole(row.get("StoppedTimeInMins"))
        minutes = told or (None if stopped else span)
        if not minutes:
            return
        self.milestones += 1
        self.minutes[str(row.get("priority") or "*")][minutes] += 1
        self.by_dates += not told
        self.stopped += bool(stopped)
        if hours := row.get("BusinessHoursId"):
            self.hours[names.get(str(hours), str(hours))] += 1
        if told and span and not stopped:
            self.compared += 1
            self.beyond += span > told + ROUNDED


def _whole(value: Any) -> int:
    try:
        return max(0, round(float(value or 0)))
    except (TypeError, ValueError):
        return 0


def _span(row: dict[str, Any]) -> int | None:
    """Minutes from the start to the target date."""
    try:
        start, target = (datetime.fromisoformat(str(row.get(key))) for key in ("StartDate", "TargetDate"))
    except ValueError:
        return None
    return max(0, round((target - start).total_seconds() / 60))


def _promises(rows: Iterable[dict[str, Any]], hours: dict[str, str]) -> Iterator[Section]:
    """The milestone seen most often first: of several that promise the same it is the one settings take, the others are commented out."""
    seen: defaultdict[tuple[str, str], _Seen] = defaultdict(_Seen)
    for row in rows:
        if row.get("milestone"):
            seen[str(row["milestone"]), str(row.get("process") or "")].add(row, hours)
    used: dict[str, str] = {}
    taken: set[str] = set()
    for (name, process), found in sorted(seen.items(), key=lambda pair: (-pair[1].milestones, pair[0])):
        if not found.milestones:
            continue
        title = f"{name} of the entitlement process {process}" if process else name
        metric = next((ours for ours, words in METRICS.items() if re.search(words, name, re.IGNORECASE)), None)
        if metric is None:
            off = "which promise it is cannot be told from its name; if it is first_response, next_response or resolution, write that as its metric"
        else:
            off = f"settings know one promise of {metric}, and {used[metric]} is it" if metric in used else ""
            used.setdefault(metric, title)
        yield _promise(free("salesforce_" + (re.sub(r"\W+", "_", name.lower()).strip("_") or "milestone"), taken), title, metric, found, off)


def _promise(key: str, title: str, metric: str | None, found: _Seen, off: str) -> Section:
    says = [f"The milestone {title}. Inferred, not defined: from {found.milestones:,} milestone{'s' * (found.milestones > 1)} that cases had; "
            f"their priority is that of today, what a process promises cases it has not had is not seen."]
    if metric:
        says.append(f"That it is the promise of {metric} is inferred from its name.")
    if found.by_dates:
        says.append(f"Of {found.by_dates:,} the minutes are inferred from StartDate to TargetDate, because TargetResponseInMins is not told; on a business clock that is too many.")
    targets = {}
    for priority, minutes in sorted(found.minutes.items()):
        (most, often), *others = sorted(minutes.items(), key=lambda pair: (-pair[1], pair[0]))
        targets[priority] = duration(most)
        if others:
            says.append(f"{'without priority' if priority == '*' else priority}: {duration(most)} in {often:,} of {minutes.total():,}; also "
                        + ", ".join(f"{duration(m)} ({n:,})" for m, n in others) + ".")
    if len(set(targets.values())) == 1:
        targets = {"*": next(iter(targets.values()))}
    clock, because = _clock(found)
    says.append(because)
    if found.stopped:
        says.append(f"{found.stopped:,} of them stood still for a time: statuses stop the clock, which ones is not told; "
                    "write pausing = [\"waiting_customer\"] if it is those.")
    return Section("sla", key, ({"metric": metric} if metric else {}) | {"clock": clock, "targets": targets}, tuple(says), off)


def _clock(found: _Seen) -> tuple[str, str]:
    """Business where target dates lie further away than the minutes, or where dates say nothing and there are business hours; and why."""
    named = ", ".join(f"{name} ({n:,} of {found.milestones:,})" for name, n in found.hours.most_common())
    hours = f" Business hours: {named}; the business clock of settings runs by the schedule of the queue." if named else ""
    if found.compared:
        clock = "business" if found.beyond else "calendar"
        return clock, f"The clock is inferred: in {found.beyond:,} of {found.compared:,} TargetDate lies further from StartDate than the minutes." + hours
    return ("business" if named else "calendar"), f"The clock is inferred from {'its business hours' if named else 'there being no business hours'}: no dates tell it." + hours
