"""What a snapshot holds, for those who ask it: sources and their spans, the values of a dimension, decisions, subjects."""

from __future__ import annotations

from datetime import date
from typing import Any

from metrics.engine.engines import DuckDBEngine
from metrics.engine.scope import COLUMNS, NONE
from warehouse.sql import identifier


def values(engine: DuckDBEngine, dimension: str) -> list[str]:
    """What a dimension is, the most told first, NONE last where some contacts have none; of a queue also those that contacts only pass through."""
    column = engine.own_dimension(dimension) if dimension in engine.own_dimensions else f"f.{identifier(COLUMNS.get(dimension, dimension))}"
    if dimension == "queue":  # also those that contacts only pass through
        told = engine.query("select queue, count(*) from stays where left_out is null and queue is not null group by queue order by 2 desc, 1 limit 500")[1]
        return [*(queue for queue, _ in told), NONE] if told else []
    rows = engine.query(f"select cast({column} as varchar) as v, count(*) as n from ticket_facts f where f.left_out is null group by v order by n desc, v limit 500")[1]
    found = [v for v, _n in rows if v is not None]
    return [*found, NONE] if found and len(found) < len(rows) else found


def facts(engine: DuckDBEngine) -> dict[str, Any]:
    """Load, zone, the first day and the last moment, and of each source its span, contacts and the fidelity of each stream."""
    sources = engine.records("select source, min(from_at) as from_at, max(until_at) as until_at from coverage group by source order by source")
    told = engine.query("select source, stream, fidelity from coverage order by source, stream")[1]
    held = dict(engine.query("select source, count(*) from ticket_facts where left_out is null group by source")[1])
    for source in sources:
        source["contacts"] = held.get(source["source"], 0)
        source["streams"] = {stream: fidelity for s, stream, fidelity in told if s == source["source"]}
    first = engine.query("select min(arrived_on) from ticket_facts where left_out is null")[1][0][0]
    return {"load_id": engine.load_id, "from_on": first, "zone": engine.time_zone, "data_until": engine.data_until, "sources": sources}


def left_out(engine: DuckDBEngine, low: date, high: date) -> list[tuple]:
    """Rule -> how many contacts that arrived from `low` to before `high` it leaves out of every number."""
    return engine.query(
        "select left_out, count(*) from ticket_facts where left_out is not null and arrived_on >= ? and arrived_on < ? group by left_out order by 2 desc, 1", [low, high]
    )[1]


def subjects(engine: DuckDBEngine, ids: tuple[str, ...]) -> list[tuple[str, str]]:
    """The subjects of these tickets, where they are kept."""
    return engine.query("select ticket_id, subject from tickets where subject is not null and ticket_id in (select unnest(?))", [list(ids)])[1] if ids else []


def decisions(engine: DuckDBEngine) -> list[dict[str, Any]]:
    """What was decided, ours and the business's, in order of the days."""
    return engine.records("select decided_on, what, kind, scope from decisions where decided_on is not null order by decided_on, what")
