"""What pages know of the data: questions to the served snapshot, each answered once per load and scope.

The only cache of the app. A run of the page works on one snapshot from its first line to its last; the next run follows
a newer one as soon as `data/current` names it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from metrics.engine import limits, query
from metrics.engine.engines import DuckDBEngine
from metrics.engine.metric import analyses, catalog
from metrics.engine.scope import COLUMNS, NONE, Scope
from pages.parts import access, behind
from warehouse.narrow import only
from warehouse.sql import identifier
from warehouse.store import Folder, StoreProblem, keyed, reading

SHOWN = 1000  # tickets listed on a page; a download has all of them
RUN = "snapshot of this run"
View = tuple[str, tuple[str, ...] | None]   # a snapshot, and the queues its reader is kept to
_later: ContextVar[View | None] = ContextVar("snapshot of a run that is over", default=None)


def folder() -> Folder:
    return Folder(Path(os.environ.get("EVENKEEL_DATA") or "data"))


def follow() -> str | None:
    """Take up the snapshot that is served now, for this run; None before the first load."""
    load_id = folder().current_load()
    st.session_state[RUN] = (str(folder().snapshot(load_id).absolute()), access.queues()) if load_id else None
    return load_id


def has_data() -> bool:
    return bool(_snapshot())


def _snapshot() -> View | None:
    return _later.get() or st.session_state.get(RUN)


def later(question: Callable[[], Any]) -> Callable[[], Any]:
    """The question, asked of this run's snapshot also where it is only asked after the run (a download)."""
    snapshot = _snapshot()

    def asked() -> Any:
        token = _later.set(snapshot)
        try:
            return question()
        finally:
            _later.reset(token)

    return asked


@st.cache_resource(max_entries=3, show_spinner=False, on_release=lambda engine: engine.con.close())
def _engine(snapshot: View) -> DuckDBEngine:
    path, queues = Path(snapshot[0]), snapshot[1]
    served = Folder(path.parent.parent)
    return DuckDBEngine(reading(served, path.stem) if queues is None else only(served, path.stem, queues))


def _served() -> View:
    """This run's snapshot. Raises: StoreProblem."""
    snapshot = _snapshot()
    if not snapshot:
        raise StoreProblem("nothing has been loaded yet")
    return snapshot


def engine() -> DuckDBEngine:
    """The engine of this run's snapshot. Raises: StoreProblem."""
    return _engine(_served())


@lru_cache(maxsize=8)
def _told(snapshot: View) -> tuple[datetime, str, tuple[str, ...]]:
    """End of data (UTC), report zone and own dimensions: asked so often in a run that even the caches below would be slow."""
    engine = _engine(snapshot)
    return engine.data_until or datetime(1970, 1, 1), engine.time_zone, engine.own_dimensions


@st.cache_data(max_entries=600, show_spinner=False)
def _answered(snapshot: View, question: str, name: str, scope: Scope | None, more: tuple) -> Any:
    return QUESTIONS[question](_engine(snapshot), name, scope, *more)


@st.cache_data(max_entries=300, show_spinner=False)
def _points(snapshot: View, name: str, scope: Scope, dimension: str | None) -> dict[str, list[limits.Point]]:
    """The weeks of a metric beside their usual range, by the told values of a dimension; of all under "" without one."""
    end, groups = _local(_told(snapshot)[0], _told(snapshot)[1]), {}
    for row in _answered(snapshot, "show", name, replace(scope, week=True, by=(dimension,) if dimension else ()), ()):
        if dimension is None or row[dimension] is not None:
            groups.setdefault(str(row[dimension]) if dimension else "", []).append(row)
    return {group: limits.points(catalog()[name], rows, end) for group, rows in groups.items()}


def _ask(question: str, name: str = "", scope: Scope | None = None, *more: Any) -> Any:
    return _answered(_served(), question, name, scope, more)


# --- what may be asked -------------------------------------------------------------------------------------------------
def answer(name: str, scope: Scope) -> list[dict[str, Any]]:
    """The rows of `show` for a metric."""
    return _ask("show", name, scope)


def option(metric: str, name: str) -> Any:
    """What an option of a metric is where the question does not say."""
    return query.default(catalog()[metric].options[name], engine())


def answer_of(load_id: str, name: str, scope: Scope) -> list[dict[str, Any]]:
    """The same of an earlier load, as long as its snapshot is kept; empty where it is gone."""
    path = folder().snapshot(load_id).absolute()
    return _answered((str(path), access.queues()), "show", name, scope, ()) if path.exists() else []


def points(name: str, scope: Scope) -> list[limits.Point]:
    """A metric week by week, each week beside its usual range."""
    return _points(_served(), name, scope, None).get("", [])


def points_by(name: str, scope: Scope, dimension: str) -> dict[str, list[limits.Point]]:
    """A metric week by week for each value of a dimension that is told."""
    return _points(_served(), name, scope, dimension)


def ask(name: str, scope: Scope) -> list[dict[str, Any]]:
    """The rows of an analysis."""
    return _ask("analysis", name, scope)


def unkept(name: str, scope: Scope) -> list[dict[str, Any]]:
    """The same, not kept: for a download that holds far more than a page shows."""
    return analyses()[name].ask(engine(), scope)


def tickets(name: str, scope: Scope, limit: int | None = SHOWN) -> list[dict[str, Any]]:
    """The tickets behind a metric: value, rule, and where to open them; the longest or largest first."""
    if limit is None:
        return behind.of_metric(engine(), name, scope, None)
    return _ask("tickets", name, scope, limit)


def listed(kind: str, scope: Scope, *more: str | None, limit: int | None = SHOWN) -> list[dict[str, Any]]:
    """The tickets behind what is no metric, told by the kind of list (parts/behind.py); what each value is stands there."""
    return _ask("listed", kind, scope, *more, limit)


def values(dimension: str) -> list[str]:
    """What a dimension holds, the commonest first; (none) where it is not given."""
    return _ask("values", dimension)


def subjects(ticket_ids: Sequence[str]) -> dict[str, str]:
    """What tickets are about, where their tool says so."""
    return dict(_ask("subjects", "", None, tuple(sorted(set(ticket_ids)))))


def decisions() -> list[dict[str, Any]]:
    """What was decided and what happened in the business, in order: decided_on, what, kind, scope."""
    return _ask("decisions")


def key_of(text: str) -> str:
    """An e-mail address, phone number or customer number as the store knows it: a key, never the text."""
    return keyed(folder(), text)


def facts() -> dict[str, Any]:
    """Load, zone, end of data, and per source its end, fidelity and contacts."""
    return _ask("facts")


def sql_of(name: str) -> str:
    """The query a metric becomes, options at their defaults: one row per member of its population."""
    metric = catalog()[name]
    sql = query.base(metric, query.check(metric, Scope(), engine()), engine()).sql
    for word in (" from ", " where ", " and ", " left join ", " case ", " union all "):
        sql = sql.replace(word, "\n" + word.lstrip())
    return sql


def left_out(low: date, high: date) -> dict[str, int]:
    """Tickets outside every number (merged, spam, deleted, test) that arrived in these days."""
    return dict(_ask("left_out", "", None, low, high))


def until() -> datetime:
    """The data's end in the report zone."""
    return local(_told(_served())[0])


def zone() -> str:
    return _told(_served())[1]


def local(at: datetime) -> datetime:
    """A UTC time of the store on the clock of the report zone."""
    return _local(at, zone())


def _local(at: datetime, zone: str) -> datetime:
    return at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def utc(at: datetime) -> datetime:
    """A time on the clock of the report zone as the store's UTC."""
    return at.replace(tzinfo=ZoneInfo(zone())).astimezone(UTC).replace(tzinfo=None)


def own_dimensions() -> tuple[str, ...]:
    return _told(_served())[2]


# --- how it is answered ------------------------------------------------------------------------------------------------
def _values(engine: DuckDBEngine, dimension: str, _: Any) -> list[str]:
    column = engine.own_dimension(dimension) if dimension in engine.own_dimensions else f"f.{identifier(COLUMNS.get(dimension, dimension))}"
    if dimension == "queue":  # also those that contacts only pass through
        told = engine.query("select queue, count(*) from stays where left_out is null and queue is not null group by queue order by 2 desc, 1 limit 500")[1]
        return [*(queue for queue, _ in told), NONE] if told else []
    rows = engine.query(f"select cast({column} as varchar) as v, count(*) as n from ticket_facts f where f.left_out is null group by v order by n desc, v limit 500")[1]
    found = [v for v, _n in rows if v is not None]
    return [*found, NONE] if found and len(found) < len(rows) else found


def _facts(engine: DuckDBEngine, _: str, __: Any) -> dict[str, Any]:
    sources = engine.records("select source, min(from_at) as from_at, max(until_at) as until_at from coverage group by source order by source")
    told = engine.query("select source, stream, fidelity from coverage order by source, stream")[1]
    held = dict(engine.query("select source, count(*) from ticket_facts where left_out is null group by source")[1])
    for source in sources:
        source["contacts"] = held.get(source["source"], 0)
        source["streams"] = {stream: fidelity for s, stream, fidelity in told if s == source["source"]}
    first = engine.query("select min(arrived_on) from ticket_facts where left_out is null")[1][0][0]
    return {"load_id": engine.load_id, "from_on": first, "zone": engine.time_zone, "data_until": engine.data_until, "sources": sources}


def _left_out(engine: DuckDBEngine, _: str, __: Any, low: date, high: date) -> list[tuple]:
    return engine.query(
        "select left_out, count(*) from ticket_facts where left_out is not null and arrived_on >= ? and arrived_on < ? group by left_out order by 2 desc, 1", [low, high]
    )[1]


def _subjects(engine: DuckDBEngine, _: str, __: Any, ids: tuple[str, ...]) -> list[tuple[str, str]]:
    return engine.query("select ticket_id, subject from tickets where subject is not null and ticket_id in (select unnest(?))", [list(ids)])[1] if ids else []


def _decisions(engine: DuckDBEngine, _: str, __: Any) -> list[dict[str, Any]]:
    return engine.records("select decided_on, what, kind, scope from decisions where decided_on is not null order by decided_on, what")


QUESTIONS = {
    "show": lambda engine, name, scope: query.show(engine, catalog()[name], scope),
    "analysis": lambda engine, name, scope: analyses()[name].ask(engine, scope),
    "tickets": behind.of_metric,
    "listed": lambda engine, kind, scope, *more: behind.LISTS[kind](engine, scope, *more),
    "values": _values,
    "facts": _facts,
    "subjects": _subjects,
    "decisions": _decisions,
    "left_out": _left_out,
}
