"""Opening hours between two instants, by the schedule of the queue that held the contact; for single contacts, asked one by one."""
from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from metrics.engine.engines import DuckDBEngine
from warehouse.calendar import open_seconds_sql


def schedule(engine: DuckDBEngine, source: str, queue: str | None) -> str | None:
    """The schedule of a queue as settings say, else the default one; None = none."""
    own = (engine.settings.get("queues") or {}).get(f"{source}:{queue}") or {}
    return own.get("schedule") or engine.settings.get("default_schedule")


def opening_seconds(engine: DuckDBEngine, pieces: Sequence[tuple[int, str | None, datetime, datetime]]) -> dict[int, int | None]:
    """Number -> opening seconds over its pieces (number, schedule, from, to); None where a piece has no schedule or lies outside the calendar."""
    if not pieces:
        return {}
    rows = ", ".join(["(cast(? as bigint), cast(? as varchar), cast(? as timestamp), cast(? as timestamp))"] * len(pieces))
    seconds = f"{open_seconds_sql('p.z', 'cz')} - {open_seconds_sql('p.a', 'ca')}"
    found = engine.query(
        f"select p.no, sum({seconds}), count({seconds}), count(*) from (values {rows}) as p(no, schedule, a, z) "
        "left join calendar ca on ca.schedule = p.schedule and ca.on_date = cast(p.a as date) "
        "left join calendar cz on cz.schedule = p.schedule and cz.on_date = cast(p.z as date) group by p.no",
        [value for piece in pieces for value in piece])[1]
    return {no: int(total) if known == all_of else None for no, total, known, all_of in found}
