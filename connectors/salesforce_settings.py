"""Salesforce's business hours as schedules of settings. Its promises are milestones of entitlement processes, which the API does not tell."""
from __future__ import annotations

from typing import Any

from connectors.told_settings import DAY, Section, distinct, schedule

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HOURS = ("Id", "Name", "IsDefault", "TimeZoneSidKey", *(f"{day}{end}Time" for day in DAYS for end in ("Start", "End")))


def sections(held: dict[str, list[dict[str, Any]]]) -> list[Section]:
    """A schedule for each active set of business hours, the default first."""
    rows = sorted(held.get("business hours", []), key=lambda row: (not row.get("IsDefault"), str(row.get("Name"))))
    names = distinct((row.get("Id"), row.get("Name")) for row in rows)
    says = ("Holidays are left out: which hours they belong to is not told.",)
    return [schedule(names[str(row.get("Id"))], str(row.get("TimeZoneSidKey")), _intervals(row), sunday_first=False, says=says) for row in rows]


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
