"""Worlds with a planted truth, asked of an analysis like any data: is it found?"""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from metrics.engine.engines import DuckDBEngine
from metrics.engine.example import store_of
from metrics.engine.metric import Analysis, Planted, analyses
from metrics.engine.scope import Scope

CLOSE = 1e-6


def all_planted() -> list[tuple[Analysis, Planted]]:
    """Every planted truth of every analysis."""
    return [(analysis, planted) for analysis in analyses().values() for planted in analysis.examples]


def stores(planted: Iterable[Planted]) -> list[tuple[DuckDBEngine, tuple[str, ...]]]:
    """For each world its engine and its sources; worlds that need no tables of their own share a store."""
    planted = list(planted)
    groups: dict[tuple[str, int], list[int]] = {}
    for number, world in enumerate(planted):
        alone = bool(world.decisions or world.reasons or world.measures)
        groups.setdefault((world.settings, number if alone else -1), []).append(number)
    found: dict[int, tuple[DuckDBEngine, tuple[str, ...]]] = {}
    for (settings, _), members in groups.items():
        engine, names = store_of([planted[m] for m in members], settings)
        known = [row[0] for row in engine.query("select distinct source from coverage")[1]]
        for position, member in enumerate(members):
            name = names[position]
            found[member] = engine, tuple(sorted(s for s in known if s == name or s.startswith(name + "-")))
    return [found[n] for n in range(len(planted))]


def answer(analysis: Analysis, world: Planted, engine: DuckDBEngine, sources: tuple[str, ...]) -> list[dict[str, Any]]:
    """What the analysis says of this world, as of the world's last event."""
    marks = ", ".join("?" * len(sources))
    until = engine.query(f"select max(until_at) from coverage where source in ({marks})", list(sources))[1][0][0]
    engine.about["data_until"] = until.isoformat(sep=" ")
    asked = dict(world.scope)
    where = tuple(asked.pop("where", ())) + tuple(("source", s) for s in sources)
    return analysis.ask(engine, Scope(where=where, **asked))


def complaints(world: Planted, rows: list[dict[str, Any]]) -> list[str]:
    """What of the planted truth is not in the answer, in words; empty where all is found."""
    found = [f"not found: {wanted}" for wanted in world.finds if not any(_agrees(row, wanted) for row in rows)]
    found += [f"found, though it must not be: {unwanted}" for unwanted in world.never if any(_agrees(row, unwanted) for row in rows)]
    if world.rows is not None and len(rows) != world.rows:
        found.append(f"{len(rows)} rows, not {world.rows}")
    return found


def _agrees(row: dict[str, Any], wanted: dict[str, Any]) -> bool:
    return all(name in row and _same(row[name], value) for name, value in wanted.items())


def _same(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, tuple) and len(wanted) == 2:
        return value is not None and wanted[0] <= value <= wanted[1]
    if isinstance(wanted, (int, float)) and not isinstance(wanted, bool) and isinstance(value, (int, float)):
        return abs(value - wanted) <= CLOSE * max(1.0, abs(wanted))
    return value == wanted
