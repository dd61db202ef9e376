"""Do arrivals and departures balance, and does the backlog agree with them (Little's law)?

Per week of the report zone, contacts a person touched or that wait for one: those that arrived, those that left (their last
settlement), both cumulated from the first contact on, the open ones at the week's end and their mean over the week. Little's law over the
weeks shown: L = lambda x W, mean open contacts = arrivals per hour x mean hours open, W over the contacts that arrived in
these weeks, open ones up to the as-of. It holds exactly where nothing was open at the beginning and nothing is at the end;
the residual is what the weeks' edges cut: hours of older contacts, less hours beyond the last week. Where it is large, work
taken over from before weighs more than the weeks' own, and W is no promise. A contact that opened again counts as open
from its arrival to its last settlement. Contacts whose times are not known or impossible are left out.
"""
from __future__ import annotations

from datetime import date, datetime
from typing import Any

from metrics.engine import asking
from metrics.engine.engines import DuckDBEngine
from metrics.engine.metric import Option, Planted
from metrics.engine.scope import Scope
from metrics.engine.sources import stamp

COLUMNS = {
    "level": "week, or total: Little's law over the weeks shown", "week": "Monday of the week; for total the first",
    "arrivals": "contacts that arrived", "departures": "contacts that left",
    "cumulative_arrivals": "arrivals from the first contact on", "cumulative_departures": "departures from the first contact on",
    "open_at_end": "open at the week's end, or at the as-of", "mean_open": "L: mean number of open contacts", "arrivals_per_hour": "lambda",
    "mean_hours": "W: mean hours open of the contacts that arrived in these weeks", "expected_open": "lambda x W", "residual": "L - lambda x W",
    "residual_share": "residual / L", "partial": "the week has not ended",
}
OPTIONS: dict[str, Option] = {}
EXAMPLES = (
    Planted(says="One contact open for 42 of the 168 hours of its week: L = 42 / 168 = 0.25 = lambda x W, nothing left over.",
            events="T1 09:00 created\nT1 +2d 03:00 resolved by ana\nEND +7d 00:00 created", scope={"to_on": date(2025, 6, 16)},
            finds=({"level": "total", "mean_open": 0.25, "arrivals": 1, "departures": 1, "mean_hours": 42, "residual": 0},
                   {"level": "week", "week": "2025-06-09", "cumulative_arrivals": 1, "cumulative_departures": 1, "open_at_end": 0})),
    Planted(says="Open since the week before: its hours are in L and not in the week's own arrivals, the residual says so.",
            events="T1 +6d 00:00 created\nT1 +8d 12:00 resolved by ana\nT2 +7d 00:00 created\nT2 +8d 00:00 resolved by ana\nEND +14d 00:00 created",
            scope={"from_on": date(2025, 6, 16), "to_on": date(2025, 6, 23)},
            finds=({"level": "total", "mean_open": 60 / 168, "expected_open": 24 / 168, "residual": 36 / 168},
                   {"level": "week", "week": "2025-06-16", "arrivals": 1, "departures": 2, "cumulative_arrivals": 2, "cumulative_departures": 2})),
    Planted(says="Still open at the data's end: in the week that has not ended it is open for all the hours so far.",
            events="T1 00:00 created\nT1 00:30 assigned ana\nT1 +1d 00:00 agent_message by ana",
            finds=({"level": "week", "partial": True, "open_at_end": 1, "mean_open": 1, "departures": 0},)),
)


def ask(engine: DuckDBEngine, scope: Scope) -> list[dict[str, Any]]:
    """The weeks in order, then the total."""
    asking.options(scope, OPTIONS)
    weeks, until = asking.weeks(engine, asking.undated(scope)), asking.as_of(engine, scope)
    if not weeks:
        return []
    zero = weeks[0].starts_at
    now, at_zero = stamp(until), stamp(zero)
    rows, params = asking.contacts(engine, asking.undated(scope), [
        "f.started_at", f"case when f.ended_at <= {now} then f.ended_at end as ended_at", "f.arrived_week", f"case when f.ended_at <= {now} then f.ended_week end as ended_week"],
        where=f"{asking.WAITING} and f.started_at <= {now} and (f.is_open or f.ended_at >= f.started_at)")
    came = _by_week(engine, f"select arrived_week, count(*), sum(@secs({at_zero}, started_at)), sum(@secs(started_at, coalesce(ended_at, {now}))) "
                            f"from ({rows}) as c group by 1", params)
    left = _by_week(engine, f"select ended_week, count(*), sum(@secs({at_zero}, ended_at)), 0 from ({rows}) as c where ended_week is not null group by 1", params)
    answer, so_far_in, so_far_out, area, hours, longest = [], [0, 0], [0, 0], 0.0, 0.0, [0, 0]
    for week in weeks:
        ends, arrived, departed = min(week.until_at, until), came.get(week.on, (0, 0, 0)), left.get(week.on, (0, 0, 0))
        before = _area(so_far_in, so_far_out, zero, week.starts_at)
        so_far_in, so_far_out = [so_far_in[0] + arrived[0], so_far_in[1] + arrived[1]], [so_far_out[0] + departed[0], so_far_out[1] + departed[1]]
        length = (ends - week.starts_at).total_seconds()
        lived = _area(so_far_in, so_far_out, zero, ends) - before
        if (scope.from_on and week.on < scope.from_on) or (scope.to_on and week.on >= scope.to_on) or length <= 0:
            continue
        area, hours, longest = area + lived, hours + length, [longest[0] + arrived[0], longest[1] + arrived[2]]
        answer.append({"level": "week", "week": week.on, "arrivals": arrived[0], "departures": departed[0], "cumulative_arrivals": so_far_in[0],
                       "cumulative_departures": so_far_out[0], "open_at_end": so_far_in[0] - so_far_out[0], "mean_open": lived / length, "partial": not week.is_over})
    if not answer:
        return []
    mean_open, rate, each = area / hours, longest[0] / hours * 3600, longest[1] / longest[0] / 3600 if longest[0] else None
    expected = rate * each if each is not None else 0.0
    total = {"level": "total", "week": answer[0]["week"], "arrivals": longest[0], "departures": sum(r["departures"] for r in answer), "open_at_end": answer[-1]["open_at_end"],
             "mean_open": mean_open, "arrivals_per_hour": rate, "mean_hours": each, "expected_open": expected, "residual": mean_open - expected,
             "residual_share": (mean_open - expected) / mean_open if mean_open else None}
    return asking.table([*answer, total], COLUMNS)


def _by_week(engine: DuckDBEngine, sql: str, params: list[Any]) -> dict[date, tuple[int, int, int]]:
    return {week: (int(n), int(moments or 0), int(lived or 0)) for week, n, moments, lived in engine.query(sql, params)[1]}


def _area(came: list[int], left: list[int], zero: datetime, at: datetime) -> float:
    """Contact-seconds lived up to an instant: since their starts, less since their ends."""
    then = (at - zero).total_seconds()
    return (came[0] * then - came[1]) - (left[0] * then - left[1])
