"""What stands on a brief, apart from how it looks; and the questions every brief asks."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from metrics.brief import drawing
from metrics.brief.sentences import fresh, is_worse, newest, usual
from metrics.engine import wording
from metrics.engine.engines import DuckDBEngine
from metrics.engine.limits import WEEK, Point, last_full_week, points
from metrics.engine.metric import Metric, analyses, catalog
from metrics.engine.query import show
from metrics.engine.scope import Scope

LED = 39          # weeks before the one told that its usual range may rest on
SHOWN = 26


@dataclass(frozen=True)
class Number:
    """A metric on the brief: what it is, its value as it was answered and in words, its usual range, the weeks that led to it."""

    metric: str
    label: str
    raw: float | None
    text: str
    usual: str
    is_worse: bool | None
    svg: str
    note: str
    week: str


@dataclass(frozen=True)
class Line:
    """A line of a section. tone: worse, better or plain; url opens the ticket in its own tool."""

    head: str
    tail: str = ""
    badge: str = ""
    tone: str = "plain"
    url: str = ""


@dataclass(frozen=True)
class Section:
    """A part of the sheet; `empty` is said where it has no lines."""

    title: str
    lines: Sequence[Line]
    empty: str = ""


@dataclass(frozen=True)
class Sheet:
    """One A4 for one reader."""

    title: str
    scope: str
    sources: Sequence[tuple[str, bool]]
    headlines: Sequence[str]
    numbers: Sequence[Number]
    sections: Sequence[Section]
    foot: str
    bar: str = ""
    bar_says: str = ""
    definitions: Sequence[tuple[str, str]] = field(default_factory=tuple)


@dataclass(frozen=True)
class Asked:
    """Which week of which contacts a brief is about."""

    engine: DuckDBEngine
    week: date
    where: tuple[tuple[str, str], ...] = ()

    @property
    def is_newest(self) -> bool:
        """Is it the newest week that has ended?"""
        return self.week == newest_week(self.engine)

    @property
    def is_over(self) -> bool:
        """Has the week ended?"""
        return self.week <= newest_week(self.engine)

    @property
    def undated(self) -> Scope:
        return Scope(where=self.where)

    @property
    def of_week(self) -> Scope:
        return Scope(from_on=self.week, to_on=self.week + WEEK, where=self.where)

    def weeks(self, number: int) -> Scope:
        """So many weeks up to and with this one."""
        return Scope(from_on=self.week - (number - 1) * WEEK, to_on=self.week + WEEK, where=self.where)

    def points(self, name: str, led: bool = True) -> list[Point]:
        """The metric by weeks; led: with the weeks its usual range rests on."""
        asked = replace(self.weeks(LED + 1) if led else self.of_week, week=True)
        return points(catalog()[name], show(self.engine, catalog()[name], asked), begin(self.engine), until(self.engine))

    def ask(self, name: str, scope: Scope) -> list[dict[str, Any]]:
        return analyses()[name].ask(self.engine, scope)

    def number(self, name: str, told: Sequence[Point], note: str = "") -> Number:
        """The week's value of a metric, or the newest whose window is over."""
        metric, led = catalog()[name], [p for p in told if p.week <= self.week and not (p.is_partial and p.week != self.week)]
        point = newest(led, self.week)
        if point is None or point.value is None:
            return Number(name, metric.label, None, wording.NOTHING, _why_none(metric, point), None, "", note, "")
        if point.week != self.week:
            note = f"week of {wording.day(point.week)}{'; ' if note else ''}{note}"
        shown = [p for p in led if p.week <= point.week][-SHOWN:]
        out = wording.left_out(point.row["excluded"]) if point.row["excluded"] else ""
        contacts = wording.plural(point.row["tickets"], "contact")
        return Number(name, metric.label, point.value, wording.value(metric, point.value), usual(metric, point), is_worse(metric, point),
                      drawing.line(metric, shown, is_worse(metric, point)), "; ".join(t for t in (note, contacts, out) if t), point.week.isoformat())

    def sources(self) -> list[tuple[str, bool]]:
        """Each source with the end of its data, and whether it lags."""
        return fresh(self.engine.records("select source, max(until_at) as until_at from coverage group by source order by source"), self.engine.local)

    def left_out(self) -> str:
        """Tickets outside every number that arrived in the week, by rule."""
        return wording.left_out(dict(self.engine.query("select left_out, count(*) from ticket_facts where left_out is not null and arrived_on >= ? and arrived_on < ? "
                                                       "group by left_out order by 2 desc, 1", [self.week, self.week + WEEK])[1]))

    def scope(self, when: str) -> str:
        """The scope in words."""
        filters = ", ".join(f"{dimension} {value}" for dimension, value in self.where) or "all contacts"
        return f"{when}, {self.engine.time_zone} · {filters}"

    def foot(self) -> str:
        return f"Evenkeel · load {self.engine.load_id} · data until {wording.moment(until(self.engine))} {self.engine.time_zone} · calendar hours unless said · ISO weeks"

    def definitions(self, *names: str) -> list[tuple[str, str]]:
        return [(catalog()[n].label, catalog()[n].tooltip) for n in names]


def _why_none(metric: Metric, point: Point | None) -> str:
    if point is None or not (point.row["tickets"] or point.row["excluded"]):
        return "no contacts in this week"
    if not point.row["tickets"]:
        return wording.left_out(point.row["excluded"])
    return f"too few to say: {wording.plural(point.row['tickets'], 'contact')}, {metric.min_tickets} are needed"


def begin(engine: DuckDBEngine) -> datetime:
    """The first contact in the report zone."""
    return engine.local(engine.data_from or datetime(1970, 1, 1))


def until(engine: DuckDBEngine) -> datetime:
    """The data's end in the report zone."""
    return engine.local(engine.data_until or datetime(1970, 1, 1))


def newest_week(engine: DuckDBEngine) -> date:
    return last_full_week(until(engine))


def days(week: date) -> str:
    return f"{wording.day(week)} to {wording.day(week + WEEK - timedelta(days=1))}"
