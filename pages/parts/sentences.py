"""What the numbers of a week say, in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from metrics.engine.limits import WEEK, Point
from metrics.engine.metric import catalog
from pages.parts import read, states, words

LATE = timedelta(days=2)  # a source that ends so long before the others is behind


def at(points: Sequence[Point], week: date) -> Point | None:
    return next((p for p in points if p.week == week), None)


def about_week(week: date, contacts: Sequence[Point]) -> str:
    """The line under the title: week, zone, contacts in and left out, and how fresh each source is."""
    facts, point, last = read.facts(), at(contacts, week), week + WEEK - timedelta(days=1)
    so_far = " **so far: this week has not ended and is not compared**" if point and point.is_partial else ""
    out = read.left_out(week, week + WEEK)
    ends = [s["until_at"] for s in facts["sources"] if s["until_at"]]
    fresh = [
        f":orange[{words.plain(s['source'])} only until {words.moment(read.local(s['until_at']))}]"
        if max(ends) - s["until_at"] > LATE
        else f"{words.plain(s['source'])} until {words.moment(read.local(s['until_at']))}"
        for s in facts["sources"]
        if s["until_at"]
    ]
    return (
        f"{words.day(week)} to {words.day(last)}, {facts['zone']}{so_far} · **{words.count(point.value if point else 0)} contacts in**, "
        f"{words.left_out(out)}  \n{' · '.join(fresh)}"
    )


def settled(points: Sequence[Point], week: date) -> str:
    """How long 9 of 10 took, and whether that is usual."""
    metric, point = catalog()["settled_within"], at(points, week)
    if point is None or point.value is None:
        why = states.why_none(metric, point.row) if point else "nothing was settled"
        return f"How evenly contacts were settled cannot be said this week: {why}."
    return f"9 of 10 contacts were settled within **{words.duration(point.value)}**{_beside_usual(point, 'slower', 'faster')}"


def right_door(points: Sequence[Point], repeats: Sequence[Point], week: date) -> str:
    """Whether contacts went to the right queue at once; where no queue is told, whether customers came back."""
    point = at(points, week)
    if point is not None and point.value is not None:
        return f"**{words.share(point.value)}** were settled by the first queue they came to{_beside_usual(point, 'more', 'fewer', 'first_door_right')}"
    mature = [p for p in repeats if p.week <= week and p.value is not None and not p.is_immature and not p.is_partial]
    if mature:
        last = mature[-1]
        usual = _beside_usual(last, "more", "fewer", "repeat_contact_rate")
        return f"**{words.share(last.value)}** of customers came back within 7 days (week of {words.day(last.week)}){usual}"
    return "Whether contacts came to the right queue, and whether customers came back, these sources cannot tell."


def quiet(all_points: Sequence[Point | None], queues: Sequence[dict[str, Any]]) -> str:
    """Said above the standing losses."""
    if not queues:
        return ""
    moved = any(p is not None and p.side for p in all_points)
    number = {1: "The queue", 2: "The two queues", 3: "The three queues"}[len(queues)]
    return f"{number} where most hours were lost" if moved else f"Nothing moved beyond its usual range. {number} where most hours are lost"


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


def _beside_usual(point: Point, above: str, below: str, name: str = "settled_within") -> str:
    if point.is_partial:
        return " so far."
    if point.usual is None:
        return ". What is usual is known after eight full weeks."
    metric = catalog()[name]
    usual = f"{words.value(metric, point.usual.low)} to {words.value(metric, point.usual.high)}"
    if point.side is None:
        return f", inside the usual {usual}."
    return f", **{above if point.side == 'above' else below} than usual** ({usual})."


def median(points: Sequence[Point], week: date) -> str:
    point = at(points, week)
    return f"half of them within {words.duration(point.value)}" if point and point.value is not None else ""


def chased(points: Sequence[Point], week: date) -> str:
    point = at(points, week)
    return f"{words.share(point.value)} had to chase us this week" if point and point.value is not None else ""


def unanswered(points: Sequence[Point], week: date) -> str:
    point = at(points, week)
    return f"in {words.count(point.value)} of all open ones the customer spoke last" if point and point.value is not None else ""
