"""Slow, separate readings of what flows, from contacts plainly read: the hours they lived, their hands, what is promised them, and local weeks.

Like plain.py written from the definitions, not from the SQL.
"""
from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import plain

WEEK, HOUR = timedelta(days=7), 3600
BINS = ("queue", "held", "touched", "customer", "others", "resolved")
WORK = {"agent_message": 300, "internal_note": 120}   # seconds allowed per reply and note
WAITING = {"waiting_customer": "customer", "waiting_internal": "others", "resolved": "resolved"}
OF_OTHERS = ("customer", "bot", "system")


@dataclass(frozen=True)
class Zone:
    """Days and weeks of a report zone."""

    name: str

    def local(self, at: datetime) -> datetime:
        return at.replace(tzinfo=UTC).astimezone(ZoneInfo(self.name)).replace(tzinfo=None)

    def monday(self, at: datetime | date) -> date:
        on = self.local(at).date() if isinstance(at, datetime) else at
        return on - timedelta(days=on.weekday())

    def starts(self, week: date) -> datetime:
        """The instant a week begins."""
        return datetime(week.year, week.month, week.day, tzinfo=ZoneInfo(self.name)).astimezone(UTC).replace(tzinfo=None)

    def is_within(self, at: datetime, low: date | None, high: date | None) -> bool:
        return (low is None or self.local(at).date() >= low) and (high is None or self.local(at).date() < high)

    def weeks(self, contacts: dict, until: datetime) -> list[date]:
        """From the first contact to this instant."""
        first, last = self.monday(min(c.started_at for c in contacts.values())), self.monday(until - timedelta(microseconds=1))
        return [first + i * WEEK for i in range((last - first) // WEEK + 1)]


def hours_lived(c: plain.Contact, data_end: datetime) -> list[tuple]:
    """(from, until, queue, bin, seconds of work at its end) of every stretch of a contact's life, which ends with its closing, else its resolution.

    Work is told by what ended a stretch in which it was ours: a reply to what waits for somebody else takes nothing of that wait.
    """
    settled = [i for i, s in enumerate(c.spans) if s[2] in plain.SETTLED and (i == 0 or c.spans[i - 1][2] not in plain.SETTLED)]
    found = []
    for i, ((since, until, state, holder, _), (_, queue)) in enumerate(zip(c.spans, c.happened, strict=True)):
        until = until or (data_end if c.is_open else since)
        is_over = state == "resolved" and not c.is_open and i >= settled[-1] and c.closed_at is None
        if state in (None, "closed") or is_over or until == since:
            continue
        acts = 0 if state in WAITING else sum(WORK.get(event.kind, 0) for event, _ in c.happened[i + 1:] if event.at == until)
        found.append((since, until, queue, WAITING.get(state, "held" if holder else "queue"), min(acts, plain.secs(since, until))))
    return found


def ledger(contacts: dict, zone: Zone, data_end: datetime) -> dict[tuple, dict]:
    """(week, queue) -> seconds in each bin, and the contacts that lived there."""
    found: dict[tuple, dict] = defaultdict(lambda: {**dict.fromkeys(BINS, 0), "who": set()})
    for key, c in contacts.items():
        for since, until, queue, bin_, worked in hours_lived(c, data_end):
            week = zone.monday(since)
            while zone.starts(week) < until:
                low, high = max(since, zone.starts(week)), min(until, zone.starts(week + WEEK))
                touched = max(0, plain.secs(max(low, until - timedelta(seconds=worked)), high))
                found[week, queue]["touched"] += touched
                found[week, queue][bin_] += plain.secs(low, high) - touched
                found[week, queue]["who"].add(key)
                week += WEEK
    return found


def left_at(c: plain.Contact, i: int) -> datetime | None:
    """When a stay ended: with the next one, else with the contact's life."""
    return c.stays[i + 1]["entered_at"] if i + 1 < len(c.stays) else None if c.is_open else c.closed_at or c.ended_at


def hand_changes(c: plain.Contact, bots: set[str]) -> list[tuple]:
    """(at, from queue, to queue, cause, border) of every handoff. A contact leaves the queue in which it was last given to whom it leaves;
    what the tool declares without a new holder stays where it is. No team is told here: within one queue it is one team."""
    found, holder, given_in = [], None, None
    for event, queue in c.happened:
        if event.kind == "assigned" and event.value and event.value not in bots:
            if holder and holder != event.value:
                found.append((event.at, given_in, queue, plain.cause_of(event), "same_team" if queue and queue == given_in else "not_known"))
            holder, given_in = event.value, queue
    moments = {at for at, *_ in found}
    return found + [(e.at, q, q, plain.cause_of(e), "not_known") for e, q in c.happened if e.kind == "reassigned" and e.at not in moments]


def next_touch(c: plain.Contact, at: datetime) -> int | None:
    """Seconds to the next reply, note, or change of state into waiting or settled that no rule and no customer made; what lies in the same second is before."""
    state = None
    for (event, _), span in zip(c.happened, c.spans, strict=True):
        is_changed = span[2] != state and (span[2] in WAITING or span[2] == "closed")
        state = span[2]
        if event.at > at and (event.kind in plain.HUMAN_KINDS or (is_changed and event.actor not in OF_OTHERS)):
            return plain.secs(at, event.at)
    return None


def promises(c: plain.Contact, first_hours: int, data_end: datetime) -> list[tuple]:
    """(broken, seconds left at the data's end, name) of what is promised and not yet done: what runs out next first, then what was broken longest.
    Answers within two hours that pause for others, a solution within two days that pauses for the customer."""
    asked_later = [t[0] for i, t in enumerate(c.turns) if (i > 0 or c.is_proactive) and t[1] is None]
    found = [("first_response", first_hours * HOUR - plain.secs(c.started_at, data_end))] if c.first_reply_at is None and not c.is_proactive else []
    found += [("next_response", 2 * HOUR - plain.on_the_clock(c, at, data_end, ("waiting_internal",))) for at in asked_later]
    found.append(("resolution", 48 * HOUR - plain.on_the_clock(c, c.started_at, data_end, ("waiting_customer",))))
    return sorted((left < 0, left, name) for name, left in found)
