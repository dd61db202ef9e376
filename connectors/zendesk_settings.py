"""Zendesk's schedules and SLA policies as settings.

A policy holds for tickets that fit its conditions, the first that fits; settings know one promise a metric. The policy without
conditions is proposed, else the last, which Zendesk tries last; all others are shown beside it.
"""
from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from connectors.paging import at
from connectors.told_settings import Section, distinct, duration, free, schedule
from connectors.zones import iana

METRICS: dict[str, tuple[str, list[str]]] = {   # Zendesk's -> ours and when its clock stands still
    "first_reply_time": ("first_response", []), "next_reply_time": ("next_response", []), "total_resolution_time": ("resolution", []),
    "requester_wait_time": ("resolution", ["waiting_customer"]), "agent_work_time": ("resolution", ["waiting_customer", "waiting_internal"])}
RANK = list(METRICS)   # of several clocks for one promise of ours, the first
MOST_DAYS = 366        # of one holiday


def sections(held: dict[str, Iterable[dict[str, Any]]]) -> list[Section]:
    """Schedules, then promises."""
    return [*_schedules(list(held.get("schedules", []))), *_promises(held.get("sla policies", []))]


def _schedules(rows: list[dict[str, Any]]) -> Iterator[Section]:
    names = distinct((row.get("id"), row.get("name")) for row in rows)
    for row in rows:
        zone = iana(str(row.get("time_zone") or ""))
        intervals = [(i["start_time"], i["end_time"]) for i in row.get("intervals") or [] if isinstance(i, dict) and {"start_time", "end_time"} <= i.keys()]
        yield schedule(names[str(row.get("id"))], zone or str(row.get("time_zone")), intervals, [d for h in row.get("holidays") or [] for d in _days(h)], sunday_first=True,
                       off="" if zone else f"the zone {row.get('time_zone')} has no IANA name known here; write one")


def _days(holiday: dict[str, Any]) -> list[date]:
    try:
        first, last = (date.fromisoformat(str(holiday.get(key))[:10]) for key in ("start_date", "end_date"))
    except ValueError:
        return []
    return [first + timedelta(n) for n in range(min((last - first).days + 1, MOST_DAYS))]


def _promises(rows: Iterable[dict[str, Any]]) -> Iterator[Section]:
    """The proposed policy first, then the others, commented out."""
    rows = sorted(rows, key=lambda row: (bool(_conditions(row)), -int(row.get("position") or 0), str(row.get("id"))))
    used: dict[str, str] = {}
    taken: set[str] = set()
    for row in rows:
        title = str(row.get("title") or row.get("id"))
        for metric in RANK:
            told = [m for m in at(row, "policy_metrics") or [] if isinstance(m, dict) and m.get("metric") == metric]
            if not told:
                continue
            ours, pausing = METRICS[metric]
            off = f"settings know one promise of {ours}, and {used[ours]} is it" if ours in used else ""
            section = _promise(row, title, metric, told, ours, pausing, off, taken)
            if not section.off:
                used[ours] = f"{metric} of {title}"
            yield section
        for metric in sorted({str(m.get("metric")) for m in at(row, "policy_metrics") or [] if isinstance(m, dict)} - METRICS.keys()):
            yield Section("sla", free(f"zendesk_{metric}", taken), {}, (f"{metric} of the policy {title}.",), "settings know no such promise")


def _promise(row: dict[str, Any], title: str, metric: str, told: list[dict[str, Any]], ours: str, pausing: list[str], off: str, taken: set[str]) -> Section:
    """One metric of a policy; its clock is that of most of its targets, the others are said."""
    is_business = sum(bool(m.get("business_hours")) for m in told) * 2 > len(told)
    targets, says = {}, [f"{metric} of the policy {title}" + (f", for tickets with {_conditions(row)}; settings would promise it to all." if _conditions(row) else ".")]
    for m in told:
        priority, minutes = str(m.get("priority") or "*"), _minutes(m)
        if minutes is None:
            continue
        if bool(m.get("business_hours")) == is_business:
            targets[priority] = duration(minutes)
        else:
            says.append(f"{priority}: {duration(minutes)} by the {'calendar' if is_business else 'business'} clock is left out: settings know one clock a promise.")
    content = {"metric": ours, "clock": "business" if is_business else "calendar", "targets": targets} | ({"pausing": pausing} if pausing else {})
    return Section("sla", free(f"zendesk_{metric}", taken), content, tuple(says), off or ("" if targets else "it has no target of a minute or more"))


def _minutes(target: dict[str, Any]) -> int | None:
    """Minutes of a target, rounded up; newer accounts tell seconds too."""
    seconds = target.get("target_in_seconds") or 60 * float(target.get("target") or 0)
    return -int(-float(seconds) // 60) or None


def _conditions(row: dict[str, Any]) -> str:
    """What tickets must fit, in words."""
    def words(part: str, between: str) -> str:
        return between.join(f"{c.get('field')} {c.get('operator')} {c.get('value')}" for c in at(row, f"filter.{part}") or [] if isinstance(c, dict))
    return " and ".join(part for part in (words("all", " and "), words("any", " or ")) if part)
