"""What stands around the numbers of a week: where they come from, what is said beside them, what cannot be told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from metrics.brief.sentences import at, fresh
from metrics.engine.limits import WEEK, Point
from metrics.engine.metric import catalog
from metrics.engine.scope import Scope
from pages.parts import read, scope, states, words


def about_week(week: date, contacts: Sequence[Point]) -> str:
    """The lines under the title: week, zone, contacts in and left out, whose, and how fresh each source is."""
    facts, point, last = read.facts(), at(contacts, week), week + WEEK - timedelta(days=1)
    so_far = " **so far: this week has not ended and is not compared**" if point and point.is_partial else ""
    out = read.left_out(week, week + WEEK)
    chosen = ", ".join(words.plain(f"{d} {' or '.join(v)}") for d, v in scope.filters().items()) or "all contacts"
    ends = [f":orange[{words.plain(told)}: behind the others]" if lags else words.plain(told) for told, lags in fresh(facts["sources"], read.local)]
    return (
        f"{words.day(week)} to {words.day(last)}, {facts['zone']}{so_far} · {chosen} · **{words.count(point.value if point else 0)} contacts in**, "
        f"{words.left_out(out)}  \n:small[:gray[{' · '.join(ends)}]]"
    )


def none(name: str, points: Sequence[Point], week: date, what: str) -> str:
    """Said where a large sentence has no number: why."""
    point = at(points, week)
    return f"{what} cannot be said this week: {states.why_none(catalog()[name], point.row) if point else 'no contacts here'}."


def without_history(now: Scope) -> tuple[list[str], bool]:
    """The sources of a scope that do not tell which queues and hands a contact went through; and is that all of them?"""
    named = {value for dimension, value in now.where if dimension == "source"}
    sources = [s for s in read.facts()["sources"] if not named or s["source"] in named]
    blind = [s["source"] for s in sources if any(s["streams"].get(stream, "counters") == "counters" for stream in ("queues", "assignments"))]
    return blind, len(blind) == len(sources)


def tells_messages(now: Scope) -> bool:
    """Does every source of a scope tell messages, so that it is known who spoke last?"""
    named = {value for dimension, value in now.where if dimension == "source"}
    return all("messages" in s["streams"] for s in read.facts()["sources"] if not named or s["source"] in named)


def blind_spots() -> list[str]:
    """What the loaded sources cannot tell, one sentence each."""
    told = []
    for source in read.facts()["sources"]:
        streams, name = source["streams"], words.plain(source["source"])
        missing = [
            word
            for stream, word in (
                ("states", "how long contacts waited in each state"),
                ("queues", "which queues they went through"),
                ("assignments", "who held them and how often they changed hands"),
                ("messages", "when customers were answered"),
            )
            if stream not in streams
        ]
        counted = [stream for stream, fidelity in streams.items() if fidelity == "counters" and stream != "tickets"]
        if missing:
            told.append(f"**{name}** cannot tell {', '.join(missing)}: its export holds no such history.")
        if counted:
            told.append(f"**{name}** gives only its own counters for {' and '.join(counted)}, without the times behind them.")
    return told
