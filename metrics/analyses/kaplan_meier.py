"""How long does it really take, when the contacts that are still open are counted too?

The median and the p90 of resolution_time by Kaplan and Meier, open contacts censored at their age as of the data's end (or
--as-of), beside the plain figures of closed contacts only, per --by dimension and --week of arrival. Where open contacts
are many the plain median is too good; the true one is never below it. Contacts a person touched, or that still wait for one, whose start is known; a
settled contact whose times are impossible is left out. A figure the curve does not reach is NULL, with the
lower end of its 95 % interval (Greenwood, log(-log) scale) where there is one.
"""
from __future__ import annotations

from datetime import date
from typing import Any

from metrics.engine import asking
from metrics.engine.engines import DuckDBEngine
from metrics.engine.metric import Option, Planted
from metrics.engine.query import P90_NEEDS
from metrics.engine.scope import Scope
from metrics.engine.sources import stamp
from metrics.engine.survival import quantiles_sql

COLUMNS = {
    "where": "the group, DIM=VALUE joined by blanks; empty = all", "week": "Monday of the week of arrival, where asked by week",
    "contacts": "contacts in the group, open ones included", "still_open": "of them not settled: censored at their age",
    "median_seconds": "Kaplan-Meier median, open contacts counted", "median_low": "lower end of its 95 % interval", "median_high": "upper end, NULL = none yet",
    "p90_seconds": f"Kaplan-Meier p90 (from {P90_NEEDS} contacts)", "p90_low": "lower end of its 95 % interval", "p90_high": "upper end, NULL = none yet",
    "closed_median_seconds": "the plain median, closed contacts only", "closed_p90_seconds": f"the plain p90 (from {P90_NEEDS} closed contacts)",
}
OPTIONS: dict[str, Option] = {}
SPLITS = ("by", "week")
EXAMPLES = (
    Planted(says="Two settled after one and two hours, two still open after ten: the median is not 1.5 h but lies where half had ended.",
            events="\n".join(f"T{i} 09:00 created\nT{i} 09:00 assigned ana" for i in (1, 2, 3, 4))
            + "\nT1 10:00 resolved by ana\nT2 11:00 resolved by ana\nT3 19:00 agent_message by ana",
            finds=({"contacts": 4, "still_open": 2, "closed_median_seconds": 5400, "median_seconds": 7200},), rows=1),
    Planted(says="Nothing open: both medians are the same, in the middle of an even number.",
            events="\n".join(f"T{i} 09:00 created\nT{i} 1{i}:00 resolved by ana" for i in (0, 1, 2, 3)),
            finds=({"still_open": 0, "median_seconds": 9000, "closed_median_seconds": 9000, "p90_seconds": None},)),
    Planted(says="All open: how many, and no median.", events="T1 09:00 created\nT1 09:30 assigned ana\nT1 12:00 agent_message by ana",
            finds=({"contacts": 1, "still_open": 1, "median_seconds": None, "closed_median_seconds": None},)),
    Planted(says="By week of arrival.", events="T1 09:00 created\nT1 10:00 resolved by ana\nT2 +7d 09:00 created\nT2 +7d 12:00 resolved by ana", scope={"week": True},
            finds=({"week": "2025-06-09", "median_seconds": 3600}, {"week": date(2025, 6, 16).isoformat(), "median_seconds": 10_800}), rows=2),
)


def ask(engine: DuckDBEngine, scope: Scope) -> list[dict[str, Any]]:
    """One row per group and week, the largest groups first."""
    asking.options(scope, OPTIONS)
    now = stamp(asking.as_of(engine, scope))
    dims = [asking.dimension(engine, d) for d in scope.by] + (["f.arrived_week"] if scope.week else [])
    names = [f"d{i}" for i in range(len(dims))]
    settled = f"f.ended_at is not null and f.ended_at <= {now}"
    rows, params = asking.contacts(engine, scope, [
        *(f"{sql} as {name}" for sql, name in zip(dims, names, strict=True)),
        f"case when {settled} then 1 else 0 end as ended", f"case when {settled} then @secs(f.started_at, f.ended_at) else @secs(f.started_at, {now}) end as seconds"],
        where=f"{asking.WAITING} and f.started_at <= {now} and (f.ended_at is not null and f.ended_at >= f.started_at or f.is_open)")
    listed = ", ".join(names) + (", " if names else "")
    group = f" group by {', '.join(names)}" if names else ""
    plain = engine.query(f"select {listed}count(*), sum(1 - ended), @quantile(case when ended = 1 then seconds end, 0.5), @quantile(case when ended = 1 then seconds end, 0.9) "
                         f"from ({rows}) as r{group}", params)[1]
    censored = engine.query(quantiles_sql(rows, names, {"p50": 0.5, "p90": 0.9}, interval=True), params)[1]
    width = len(names)
    known = {row[:width]: row[width:] for row in censored}
    answer = []
    for row in plain:
        group_of, (n, still_open, median, p90) = row[:width], row[width:]
        if not n:
            continue
        km = known.get(group_of, (None,) * 6)
        values = list(group_of)
        week = values.pop() if scope.week else None
        answer.append({"where": asking.where(scope.by, values), "week": week, "contacts": n, "still_open": int(still_open), "median_seconds": km[0], "median_low": km[1],
                       "median_high": km[2], "closed_median_seconds": median,
                       **({"p90_seconds": km[3], "p90_low": km[4], "p90_high": km[5]} if n >= P90_NEEDS else {}),
                       "closed_p90_seconds": p90 if n - still_open >= P90_NEEDS else None})
    answer.sort(key=lambda r: (str(r["week"] or ""), -r["contacts"], r["where"]))
    return asking.table(answer, COLUMNS)
