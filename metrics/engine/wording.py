"""Numbers, durations, times and rules in words, the same on a page and in a brief; pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

NOTHING = "–"
UNITS = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def duration(seconds: float | None) -> str:
    """Two units at most: 3 d 4 h, 4 h 12 min, 40 s."""
    if seconds is None:
        return NOTHING
    if seconds < 0:
        return "-" + duration(-seconds)
    rest = int(rounded(seconds).total_seconds())
    for i, (size, name) in enumerate(UNITS):
        if rest >= size:
            whole, left = divmod(rest, size)
            if i + 1 < len(UNITS) and whole < 100:
                less = left // UNITS[i + 1][0]
                if less and i < 2:
                    return f"{whole} {name} {less} {UNITS[i + 1][1]}"
            return f"{whole:,} {name}"
    return "0 s"


def rounded(seconds: float) -> timedelta:
    """As exact as the words are: whole hours above a day, minutes above an hour, seconds below."""
    grain = 86_400 if seconds >= 100 * 86_400 else 3600 if seconds >= 86_400 else 60 if seconds >= 120 else 1
    return timedelta(seconds=int(seconds / grain + 0.5) * grain)


def count(number: float | None) -> str:
    """1,204; one decimal where it is no whole number and small."""
    if number is None:
        return NOTHING
    if float(number).is_integer() or abs(number) >= 100:
        return f"{round(number):,}"
    return f"{number:,.2f}" if abs(number) < 10 else f"{number:,.1f}"


def share(part: float | None) -> str:
    if part is None:
        return NOTHING
    return f"{100 * part:.0f} %" if 0.1 <= part <= 0.9 or part in (0, 1) else f"{100 * part:.1f} %"


def hours(amount: float | None) -> str:
    return NOTHING if amount is None else f"{amount:,.0f} h" if amount >= 10 or amount == 0 else f"{amount:,.1f} h"


def is_unseen(lived: Mapping[str, Any]) -> bool:
    """Of most hours in which somebody held a contact nobody knows whether they acted: no replies are told. lived: a row of the ledger."""
    return (lived["unseen_hours"] or 0) > (lived["held_hours"] or 0) / 2


def idle(lived: Mapping[str, Any]) -> str:
    """What is said of lost hours."""
    return "in a queue or in somebody's hands" if is_unseen(lived) else "with nobody acting"


def value(metric: Any, number: float | None) -> str:
    """A metric's value as its unit wants it."""
    if number is None:
        return NOTHING
    if metric.unit == "seconds":
        return duration(number)
    if metric.kind == "share":
        return share(number)
    if metric.kind in ("stock", "volume"):
        return count(round(number))
    return f"{number:,.2f} ×" if metric.unit == "ratio" and metric.name != "gini" else count(number)


def day(on: date) -> str:
    return f"{on.day} {on:%b %Y}"


def moment(at: datetime | None) -> str:
    return NOTHING if at is None else f"{at:%a} {at.day} {at:%b %Y}, {at:%H:%M}"


def week(monday: date | str) -> str:
    monday = date.fromisoformat(monday) if isinstance(monday, str) else monday
    return f"{day(monday)} (week {monday.isocalendar().week})"


def age(past: timedelta) -> str:
    """How long ago: 3 hours, 28 days, 9 years."""
    days = past.days
    if days >= 730:
        return f"{days // 365} years"
    if days >= 2:
        return f"{days} days"
    return plural(int(past.total_seconds() // 3600), "hour")


def plural(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def left_out(excluded: Mapping[str, int]) -> str:
    """34 left out: 30 open, 4 untouched."""
    if not excluded:
        return "none left out"
    rules = ", ".join(f"{n:,} {rule}" for rule, n in sorted(excluded.items(), key=lambda e: -e[1]))
    return f"{sum(excluded.values()):,} left out: {rules}"


def told_by(fidelity: Mapping[str, int]) -> str:
    """What the values rest on."""
    meaning = {"events": "the tool's own history", "snapshot": "states seen at intervals", "counters": "the tool's counters only"}
    return ", ".join(f"{n:,} from {meaning.get(kind, kind)}" for kind, n in fidelity.items())


def listed(names: list[str], most: int = 3) -> str:
    """a, b and 2 more."""
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"
