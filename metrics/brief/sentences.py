"""What the numbers of a week say, in sentences; the same on the Week page and in the brief.

Numbers stand between ** where they carry a sentence. What comes from the data (names of queues, reasons, decisions) is
returned as it is: who shows it escapes it.
"""
from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from metrics.engine import wording
from metrics.engine.limits import WEEK, WEIGHTY, Point
from metrics.engine.metric import Metric, catalog

# what `what_changed` follows -> in words when it is more or slower, and when it is less or faster; how its numbers are told
CHANGES = {
    "contacts per open day": ("more contacts", "fewer contacts", lambda v: wording.count(round(v, 1))),
    "median hours to the first settlement": ("half are settled later", "half are settled sooner", lambda v: wording.duration(3600 * v)),
    "hours within which 9 of 10 were first settled": ("9 of 10 are settled later", "9 of 10 are settled sooner", lambda v: wording.duration(3600 * v)),
    "median hours to the first reply": ("first answered later", "first answered sooner", lambda v: wording.duration(3600 * v)),
    "handoffs per contact": ("more handoffs", "fewer handoffs", "{:.2f}".format),
    "moves between queues per contact": ("more moves between queues", "fewer moves between queues", "{:.2f}".format),
    "reopenings per contact": ("more reopenings", "fewer reopenings", "{:.2f}".format),
    "share of contacts within 7 days of the customer's last opening": ("more customers come again", "fewer customers come again", wording.share),
}
UNITS = {"open day": " an open day", "contact": " a contact"}
PLACES = {"first_queue": "first queue"}
NOT_OVER = "This week has not ended: what changed in it is told when it has."
VERDICTS = {"works": "Works", "no effect": "No effect", "too early": "Too early", "cannot be told": "Cannot be told", "cost": "Cost"}


def at(points: Sequence[Point], week: date) -> Point | None:
    return next((p for p in points if p.week == week), None)


def newest(points: Sequence[Point], week: date) -> Point | None:
    """The point of the week; where its window is not over, the newest earlier one whose window is."""
    point = at(points, week)
    if point is None or not point.is_immature:
        return point
    return next((p for p in reversed(points) if p.week < week and not p.is_immature and not p.is_partial), point)


def usual(metric: Metric, point: Point) -> str:
    """Inside or outside the usual range."""
    if point.is_partial or point.is_immature:
        return "not compared"
    if point.usual is None:
        return "no usual range yet"
    between = f"{wording.value(metric, point.usual.low)} to {wording.value(metric, point.usual.high)}"
    return f"usual: {between}" if point.side is None else f"{point.side} its usual range, {between}"


def is_worse(metric: Metric, point: Point) -> bool | None:
    """Outside the usual range for the worse (True) or the better (False); None where inside, or where neither is better."""
    if point.side is None or metric.better == "neither":
        return None
    return (point.side == "above") == (metric.better == "lower")


def since(points: Sequence[Point], point: Point) -> date:
    """The first of the weeks in a row that lie outside on the same side as this one."""
    start = point.week
    for earlier in reversed([p for p in points if p.week < point.week]):
        if earlier.side != point.side or earlier.week != start - WEEK:
            break
        start = earlier.week
    return start


def settled(points: Sequence[Point], week: date) -> str:
    """How long 9 of 10 took, and whether that is usual; empty where it cannot be said."""
    point = at(points, week)
    if point is None or point.value is None:
        return ""
    return f"9 of 10 customers were settled within **{_whole(wording.duration(point.value))}**{_beside(catalog()['settled_within'], points, point)}"


def needless(points: Sequence[Point], week: date) -> str:
    """The share of contacts that should not have been needed; empty where it cannot be said."""
    point = at(points, week)
    if point is None or point.value is None:
        return ""
    numerator, denominator = point.row["numerator"], point.row["denominator"]
    if denominator < WEIGHTY:   # of so few no hundred can be made
        return f"**{numerator} of {denominator}** contacts should not have been needed{' so far' if point.is_partial else ''}; too few to say what is usual."
    return f"**{round(100 * point.value)} of 100** contacts should not have been needed{_beside(catalog()['failure_demand'], points, point)}"


def _beside(metric: Metric, points: Sequence[Point], point: Point) -> str:
    if point.is_partial:
        return " so far."
    if point.usual is None:
        return ". What is usual can be said after eight full weeks with enough contacts."
    between = f"{_whole(wording.value(metric, point.usual.low))} to {_whole(wording.value(metric, point.usual.high))}"
    if point.side is None:
        return f", as usual ({between})."
    start = since(points, point)
    return f", **{point.side} its usual range** of {between}{f' since the week of {wording.day(start)}' if start != point.week else ' this week'}."


def _whole(number: str) -> str:
    """A number that is not broken over two lines."""
    return number.replace(" ", "\u00a0")


def halves(points: Sequence[Point], promise: Sequence[Point], week: date) -> str:
    """Beside settled within: the half, and the promise."""
    half, kept = at(points, week), at(promise, week)
    told = [f"half within {wording.duration(half.value)}"] if half and half.value is not None else []
    if kept and kept.value is not None:
        told.append(f"promise kept for {wording.share(kept.value)}{' of those due' if kept.row['excluded'].get('not due yet') else ''}")
    return "; ".join(told)


def chased(points: Sequence[Point], week: date, reason: str) -> str:
    """Beside who came back. reason: 'same' where a chaser asks about the same reason again, 'any' where reasons are too little known."""
    point = at(points, week)
    about = {"same": "over the same reason", "any": "over any reason"}[reason]
    return f"{wording.share(point.value)} had to chase us this week, {about}" if point and point.value is not None else ""


def waiting(unanswered: Sequence[Point], clear: Sequence[Point], week: date) -> str:
    """Beside what waits on us: whose word was last, and how long it would take to clear."""
    spoke, weeks = at(unanswered, week), at(clear, week)
    told = [f"{wording.count(spoke.value)} unanswered"] if spoke and spoke.value is not None else []
    if weeks and weeks.value is not None:
        told.append(f"{weeks.value:.1f} weeks to clear at this pace")
    return "; ".join(told)


def place(where: str) -> str:
    """reason=wrong charge as `reason wrong charge`; nothing is the company."""
    dimension, _, value = (where or "").partition("=")
    return f"{PLACES.get(dimension, dimension.replace('_', ' '))} {value}" if value else "the company"


def signal(row: dict[str, Any]) -> tuple[str, str]:
    """A row of what_changed: what moved where, and by how much, since when, at what cost, of what kind, whose."""
    more, less, told = CHANGES[row["what"]]
    head = f"{place(row['where'])}: {more if row['direction'] in ('more', 'slower') else less}"
    parts = []
    if row["now"] is not None and row["before"] is not None:
        parts.append(f"{told(row['now'])} instead of {told(row['before'])}{UNITS.get(row['what'].rpartition(' per ')[2], '')}")
    if row["now"] == 0 and not row["where"] and row["what"].startswith("contacts"):   # a reason may well stop; all of them at once hardly
        parts.append("none came, or the newest tickets were not loaded")
    parts.append(f"since the week of {wording.day(day_of(row['since']))}")
    if row["customer_hours"] is not None and abs(row["customer_hours"]) >= 1:
        parts.append(f"{wording.hours(abs(row['customer_hours']))} a week {'more' if row['customer_hours'] > 0 else 'less'} of customers' time")
    if kind := mix_or_real(row):
        parts.append(kind)
    parts.append(f"owner {row['owner']}" if row["owner"] else "no owner named")
    return head[:1].upper() + head[1:], ", ".join(parts)


def mix_or_real(row: dict[str, Any]) -> str:
    """Other work, or the same work done otherwise."""
    if row["within_part"] is None or row["now"] in (None, row["before"]):
        return ""
    real = row["within_part"] / (row["now"] - row["before"])
    return "real: the same work goes otherwise" if real > 0.75 else "mix: other work came" if real < 0.25 else "partly mix, partly real"


def verdict(row: dict[str, Any]) -> str:
    """A row of decision_effect in a line, without the decision itself."""
    metric = catalog().get(row["metric"] or "")
    label = metric.label if metric else row["metric"] or ""
    if row["effect"] is None or row["verdict"] == "cannot be told":
        return f"{label}: {row['why'] or 'no data'}" if label else row["why"] or "no data"
    told = f"{label} {_percent(row['effect'])} against like places ({_percent(row['low'])} to {_percent(row['high'])})"
    if row["extra_contacts"]:
        told += f"; {wording.count(round(row['extra_contacts']))} more contacts"
        told += f", {wording.hours(row['handling_hours'])} of work" if row["handling_hours"] is not None else ""
        told += f", {row['money']:,.0f} {row['currency']}" if row["money"] is not None else ""
    return told


def fresh(sources: Sequence[dict[str, Any]], local: Any) -> list[tuple[str, bool]]:
    """Each source with the end of its data, and whether it lags two days or more behind the newest. local: UTC -> report zone."""
    ends = [s["until_at"] for s in sources if s["until_at"]]
    return [(f"{s['source']} until {wording.moment(local(s['until_at']))}", max(ends) - s["until_at"] > timedelta(days=2)) for s in sources if s["until_at"]]


def border(rows: Sequence[dict[str, Any]]) -> list[str]:
    """The border to each vendor in a line."""
    sides = {r["side"]: r for r in rows if r["level"] == "side"}
    told = []
    for name, r in sides.items():
        if name == "(in house)" or r["lasting_share"] is None:
            continue
        home = sides.get("(in house)")
        beside = f"; in house {wording.share(home['lasting_share'])}" if home and home["lasting_share"] is not None else ""
        wait = f", {wording.hours(r['border_hours'])} between its hands and ours" if r["border_hours"] else ""
        told.append(f"{name} kept {wording.count(r['kept'])} of its {wording.count(r['contacts'])} contacts and handed over {wording.count(r['handed_over'])}{wait}; "
                    f"{wording.share(r['lasting_share'])} were settled for good{beside}.")
    return told


def bot(row: dict[str, Any] | None) -> str:
    """The hand from bot to human in a line; empty where no bot is told of."""
    if row is None or row["value"] is None:
        return ""
    return f"The bot settled {wording.share(row['value'])} of its {wording.count(row['tickets'])} contacts for good: nobody came back to a person within 7 days."


def _percent(change: float) -> str:
    return f"{change:+.0%}".replace("%", " %")


def day_of(value: Any) -> date:
    """A day of an answer, whichever way it is written."""
    return value if isinstance(value, date) else date.fromisoformat(str(value))
