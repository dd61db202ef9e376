"""Weekly numbers of the contacts that arrived in each week, every week seen at the same age.

A young week has had no time for long settlements, second hands or reopenings; an old one has. So every week is seen as it
stood as long after its end as the newest week asked about stands now: what happened later is left out, contacts not settled
by then are censored. A bulk closing of old contacts changes the weeks they came in, never the week of the closing.
"""
from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np

from metrics.engine import asking
from metrics.engine.asking import Week
from metrics.engine.engines import DuckDBEngine
from metrics.engine.limits import WEIGHTY
from metrics.engine.query import P90_NEEDS, P95_NEEDS
from metrics.engine.scope import NONE, Scope
from metrics.engine.survival import quantiles_sql

DIMS = ("reason", "first_queue", "channel")
LEAST_HITS = 5        # fewer a week on average and a rate is not followed
SAMPLE = 60_000       # contacts read for the times of all groups; see asking.some


@dataclass(frozen=True)
class Measure:
    """One number of the page. volume: contacts per open day; rate: events per contact; time: a quantile."""

    kind: str
    label: str
    metrics: tuple[str, ...]      # the catalog's metrics it speaks for: their decisions re-set its baseline
    column: str = ""
    p: float = 0.5


MEASURES = {
    "contacts": Measure("volume", "contacts per open day", ("contacts",)),
    "settled_p50": Measure("time", "median hours to the first settlement", ("resolution_time", "resolution_time_business", "first_resolution_time"), "settled"),
    "settled_p90": Measure("time", "hours within which 9 of 10 were first settled", ("settled_within",), "settled", 0.9),
    "answered_p50": Measure("time", "median hours to the first reply", ("first_response_time", "first_response_time_business"), "answered"),
    "handoffs": Measure("rate", "handoffs per contact", ("handoffs",), "handoffs"),
    "transfers": Measure("rate", "moves between queues per contact", ("transfers", "ping_pong", "pass_throughs", "first_door_right"), "transfers"),
    "reopens": Measure("rate", "reopenings per contact", ("reopens",), "reopens"),
    "came_again": Measure("rate", "share of contacts within 7 days of the customer's last opening", ("repeat_contact_rate", "chasers"), "came_again"),
}
MOVES = {
    "handoffs": "select ticket_no, episode, occurred_at as moved_at from hands", "reopens": "select ticket_no, episode, occurred_at as moved_at from reopens",
    "transfers": "select ticket_no, episode, left_at as moved_at from stays where queue_id is not null and next_queue_id is not null",
}
Group = tuple[str, str]            # dimension and value; ("", "") is all
ALL: Group = ("", "")


@dataclass(frozen=True)
class Cohorts:
    """The contacts of some weeks as SQL: one row each, as it stood at the common age."""

    sql: str
    params: list[Any]
    weeks: list[Week]
    age: timedelta

    def timed(self, part: float) -> str:
        """A part of the contacts with when each was first settled."""
        settled = "case when e.first_settled_at < c.ended_at then e.first_settled_at else coalesce(c.ended_at, e.first_settled_at) end"
        return (f"select c.*, case when {settled} >= c.started_at then {settled} end as settled_at, {settled} < c.started_at as is_impossible from ({self.sql}) c left join "
                f"(select ticket_no, episode, first_settled_at from episodes e where {asking.some(part, 'e')}) e on e.ticket_no = c.ticket_no and e.episode = c.episode "
                f"where {asking.some(part, 'c')} and c.touched")


def cohorts(engine: DuckDBEngine, scope: Scope, weeks: list[Week], period_end: Week) -> Cohorts:
    """The contacts that arrived in these weeks and what had come of each when its week was as old as the last one is now."""
    age = max(asking.as_of(engine, scope) - period_end.until_at, timedelta(0))
    seen = f"@add_secs(w.until_at, {int(age.total_seconds())})"
    rows, params = asking.contacts(engine, asking.undated(scope), ["f.*"], where="f.started_at is not null and f.arrived_week between "
                                   f"date '{weeks[0].on.isoformat()}' and date '{weeks[-1].on.isoformat()}' and not f.is_proactive")
    columns = ["ticket_no", "episode", "arrived_week as week", *(f"coalesce(f.{d}, '{NONE}') as {d}" for d in DIMS), "source", "started_at", "ended_at", "first_reply_at"]
    listed = ", ".join(c if c.startswith("coalesce") else f"f.{c}" for c in columns)
    came_again = "case when f.person_id is not null then case when f.contact_before_at >= @add_secs(f.started_at, -604800) then 1 else 0 end end"
    known = f"{listed}, {asking.WAITING} as touched, {came_again} as came_again, {seen} as seen_at"
    return Cohorts(f"select {known} from ({rows}) f join weeks w on w.week_on = f.arrived_week", params, weeks, age)


def counts(engine: DuckDBEngine, of: Cohorts) -> dict[Group, dict[str, np.ndarray]]:
    """Per group and week: contacts, those a person touched or that wait for one, known customers, and what was counted of them."""
    index = {w.on: i for i, w in enumerate(of.weeks)}
    sets = ", ".join(["(week)", *(f"(week, {d})" for d in DIMS)])
    dims, named = f"week, {', '.join(DIMS)}", ("contacts", "touched", "known", "came_again")
    summed = "count(*), sum(case when touched then 1 else 0 end), count(came_again), sum(came_again)"
    found: dict[Group, dict[str, np.ndarray]] = {}

    def held(values: tuple) -> dict[str, np.ndarray]:
        group = next(((d, v) for d, v in zip(DIMS, values, strict=True) if v is not None), ALL)
        return found.setdefault(group, {n: np.zeros(len(index)) for n in (*named, *MOVES)})

    for week, *rest in engine.query(f"select {dims}, {summed} from ({of.sql}) as c group by grouping sets ({sets})", of.params)[1]:
        for name, value in zip(named, rest[len(DIMS):], strict=True):
            held(tuple(rest[:len(DIMS)]))[name][index[week]] = value or 0
    moves = " union all ".join(f"select '{name}' as kind, ticket_no, episode, moved_at from ({sql}) as {name}" for name, sql in MOVES.items())
    of_kind = sets.replace("(week", "(kind, week")
    for kind, week, *rest in engine.query(f"select kind, {dims}, count(*) from ({of.sql}) as c join ({moves}) m on m.ticket_no = c.ticket_no and m.episode = c.episode "
                                          f"where c.touched and m.moved_at <= c.seen_at group by grouping sets ({of_kind})", of.params)[1]:
        held(tuple(rest[:len(DIMS)]))[kind][index[week]] = rest[-1]
    return found


def times(engine: DuckDBEngine, of: Cohorts, part: float) -> dict[Group, dict[str, np.ndarray]]:
    """Per group and week the Kaplan-Meier quantiles of the measures of time, in seconds."""
    index = {w.on: i for i, w in enumerate(of.weeks)}
    found: dict[Group, dict[str, np.ndarray]] = {}
    for column in ("settled", "answered"):
        asked = {name: m.p for name, m in MEASURES.items() if m.column == column}
        rows = f"select {', '.join(DIMS)}, week, {waited(column)} from ({of.timed(part)}) as c"
        # every contact once for all and once for each dimension, from one reading
        chosen = " ".join(f"when '{d}' then {d}" for d in DIMS)
        every = " union all ".join(f"select '{d}' as dim" for d in ("", *DIMS))
        unrolled = f"select l.dim, case l.dim {chosen} else '' end as val, week, seconds, ended from ({rows}) as r cross join ({every}) as l where seconds is not null"
        for dim, value, week, *quantiles in engine.query(quantiles_sql(unrolled, ("dim", "val", "week"), asked), of.params)[1]:
            held = found.setdefault((dim, value), {n: np.full(len(index), np.nan) for n, m in MEASURES.items() if m.kind == "time"})
            for name, seconds in zip(asked, quantiles, strict=True):
                held[name][index[week]] = np.nan if seconds is None else seconds
    return found


def waited(column: str) -> str:
    """SQL of `seconds` and `ended` of a cohort row: until it was settled or answered, else until it was last seen; NULL where that
    time is impossible, before the beginning."""
    at, until = ("settled_at", "seen_at") if column == "settled" else ("first_reply_at", "case when settled_at < seen_at then settled_at else seen_at end")
    impossible = "is_impossible" if column == "settled" else "first_reply_at < started_at or first_reply_at is null and is_impossible"
    happened = f"{at} is not null and {at} >= started_at and {at} <= seen_at"
    return (f"case when {impossible} then null when {happened} then @secs(started_at, {at}) else @secs(started_at, {until}) end as seconds, "
            f"case when {happened} then 1 else 0 end as ended")


@dataclass(frozen=True)
class Rows:
    """The contacts of one group: week (index), cell of like work, seconds waited (NaN where that time is impossible), whether it ended, events counted."""

    week: np.ndarray
    cells: np.ndarray
    seconds: np.ndarray
    ended: np.ndarray
    hits: np.ndarray


def rows_of(engine: DuckDBEngine, of: Cohorts, measure: str, group: Group, part: float) -> Rows:
    """What a signal is made of: contacts a person touched or that wait for one."""
    column = MEASURES[measure].column
    own = {"came_again": "coalesce(came_again, 0)"}.get(column, "coalesce(h.hits, 0)" if column in MOVES else "0")
    joined = (f"left join (select c.ticket_no, c.episode, count(*) as hits from ({of.sql}) as c join ({MOVES[column]}) m on m.ticket_no = c.ticket_no and m.episode = c.episode "
              "where m.moved_at <= c.seen_at group by c.ticket_no, c.episode) h on h.ticket_no = c.ticket_no and h.episode = c.episode") if column in MOVES else ""
    chosen = f"where c.{group[0]} = ?" if group != ALL else ""
    cell = "c.reason || '|' || c.first_queue || '|' || c.channel || '|' || c.source"
    found = engine.query(f"select week, {cell}, {waited('answered' if column == 'answered' else 'settled')}, {own} "
                         f"from ({of.timed(part)}) as c {joined} {chosen}", [*of.params * (2 if joined else 1), *([group[1]] if group != ALL else [])])[1]
    index = {w.on: i for i, w in enumerate(of.weeks)}
    cells = np.unique([r[1] for r in found], return_inverse=True)[1]
    numbers = np.array([r[2:] for r in found], dtype=float).reshape(len(found), 3)
    return Rows(np.array([index[r[0]] for r in found]), cells, *numbers.T)


def scaled(measure: str, counted: dict[str, np.ndarray], timed: dict[str, np.ndarray] | None, open_days: np.ndarray) -> tuple[np.ndarray, float, float] | None:
    """A group's series on the scale it is judged on, how noisy its size makes it, and the least noise; None: too few to follow.
    A week with too few contacts for a time or a rate is not known.

    Times on a log scale; counts and rates on a square-root scale, where chance is the same on both sides even of a few.
    """
    m = MEASURES[measure]
    n = base_of(measure, counted)
    size, least = float(n.mean()), P90_NEEDS if m.p > 0.5 else WEIGHTY
    if m.kind == "time":
        values = timed[measure] if timed and size >= (P95_NEEDS if m.p > 0.5 else WEIGHTY) else np.full(len(n), np.nan)
        return np.where(n >= least, np.log(np.maximum(values, 1)), np.nan), 1 / np.sqrt(max(size, 1)), 0.0
    hits, exposed = (counted["contacts"], open_days) if m.kind == "volume" else (counted[m.column], n)
    if size < WEIGHTY or hits.mean() < LEAST_HITS:
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.where(exposed > 0 if m.kind == "volume" else n >= WEIGHTY, np.sqrt((hits + 0.375) / exposed), np.nan)
    chance = 0.5 / np.sqrt(exposed[exposed > 0].mean())
    return values, chance, chance


def unscaled(measure: str, value: float) -> float:
    """A value of the judged scale as a number a person reads: hours, contacts per open day, events per contact."""
    return float(np.exp(value)) / 3600 if MEASURES[measure].kind == "time" else max(value, 0.0) ** 2


def base_of(measure: str, counted: dict[str, np.ndarray]) -> np.ndarray:
    """The contacts a measure is told of."""
    return counted["known" if measure == "came_again" else "contacts" if measure == "contacts" else "touched"]


def open_days(engine: DuckDBEngine, weeks: list[Week]) -> np.ndarray:
    """Days of each week on which the default schedule, or any schedule, is open; 7 where none is set."""
    name = engine.settings.get("default_schedule")
    chosen, params = ("where schedule = ?", [name]) if name else ("", [])
    opened = dict(engine.query(f"select @week(on_date) as week, count(distinct case when close1 > open1 then on_date end) from calendar {chosen} group by 1", params)[1])
    return np.array([opened.get(w.on) or (7 if not opened else 0) for w in weeks], dtype=float)

