"""How far apart do resolution times lie, week by week?

The resolution times of the contacts settled in each week, from the fast tenth to the slow one: the band in which 8 of 10
lie is the spread. Quantiles between two values lie in the middle of them, as in resolution_time; a tenth is told from as many
contacts on as a p90 is. With --option metric=NAME the same of any other duration.
"""
from __future__ import annotations

from dataclasses import replace
from typing import Any

from metrics.engine import asking, query
from metrics.engine.engines import DuckDBEngine
from metrics.engine.metric import Option, Planted, catalog
from metrics.engine.query import P90_NEEDS
from metrics.engine.scope import Scope, ScopeProblem

TENTHS = {"p10": 0.1, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p90": 0.9}
COLUMNS = {
    "week": "Monday of the week, by the metric's own date",
    "contacts": "contacts with a value",
    "p10": f"a tenth took at most this many seconds (from {P90_NEEDS} contacts)",
    "p25": "a quarter",
    "p50": "the median",
    "p75": "three of four",
    "p90": f"nine of ten (from {P90_NEEDS} contacts)",
    "band": "p90 / p10: how many times longer the slow end takes than the fast one",
}
OPTIONS = {"metric": Option("resolution_time", "name of a duration")}
EXAMPLES = (
    Planted(says="Forty contacts settled after 1 to 40 hours in one week: a tenth within 4 h 54 min, nine of ten within 36 h 6 min.",
            events="\n".join(f"T{i} 00:00 created\nT{i} +{i // 24}d {i % 24:02}:00 resolved by ana" for i in range(1, 41)),
            finds=({"week": "2025-06-09", "contacts": 40, "p10": 17_640, "p50": 73_800, "p90": 129_960},), rows=1),
    Planted(says="Three contacts: the quarters are told, the tenths are not.", events="\n".join(f"T{i} 09:00 created\nT{i} 1{i}:00 resolved by ana" for i in range(3)),
            finds=({"contacts": 3, "p50": 7200, "p10": None, "p90": None, "band": None},), rows=1),
    Planted(says="Nothing settled: no weeks.", events="T1 09:00 created", rows=0),
)


def ask(engine: DuckDBEngine, scope: Scope) -> list[dict[str, Any]]:
    """One row per week, in order."""
    name = asking.options(scope, OPTIONS)["metric"]
    metric = catalog().get(name)
    if metric is None or metric.kind != "duration":
        raise ScopeProblem(f"'{name}' is no duration; try resolution_time")
    members = query.base(metric, query.check(metric, replace(scope, by=(), week=True, options={}), engine), engine)
    told = ", ".join(f"@quantile(v, {p}) as {quantile}" for quantile, p in TENTHS.items())
    rows = engine.records(f"select d0 as week, count(v) as contacts, {told} from ({members.sql}) as m where v is not null group by d0 order by d0", members.params)
    for row in rows:
        row["week"] = row["week"].isoformat()
        if row["contacts"] < P90_NEEDS:
            row |= {"p10": None, "p90": None}
        row["band"] = row["p90"] / row["p10"] if row["p10"] and row["p90"] else None
    return asking.table(rows, COLUMNS)
