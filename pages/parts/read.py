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

from metrics.engine import levers_period, limits, query
from metrics.engine.engines import DuckDBEngine
from metrics.engine.metric import analyses, catalog
from metrics.engine.scope import Scope
from metrics.lists import behind, holds
from pages.parts import access
from warehouse.narrow import only
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
def _told(snapshot: View) -> tuple[datetime, str, tuple[str, ...], datetime]:
    """End of data (UTC), report zone, own dimensions and first contact (UTC): asked so often in a run that even the caches below would be slow."""
    engine = _engine(snapshot)
    return engine.data_until or datetime(1970, 1, 1), engine.time_zone, engine.own_dimensions, engine.data_from or datetime(1970, 1, 1)


@st.cache_data(max_entries=600, show_spinner=False)
def _answered(snapshot: View, question: str, name: str, scope: Scope | None, more: tuple) -> Any:
    return QUESTIONS[question](_engine(snapshot), name, scope, *more)


@st.cache_data(max_entries=300, show_spinner=False)
def _points(snapshot: View, name: str, scope: Scope, dimension: str | None) -> dict[str, list[limits.Point]]:
    """The weeks of a metric beside their usual range, by the told values of a dimension; of all under "" without one."""
    until, at, _, begin = _told(snapshot)
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in _answered(snapshot, "show", name, replace(scope, week=True, by=(dimension,) if dimension else ()), ()):
        if dimension is None or row[dimension] is not None:
            groups.setdefault(str(row[dimension]) if dimension else "", []).append(row)
    return {group: limits.points(catalog()[name], rows, _local(begin, at), _local(until, at)) for group, rows in groups.items()}


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
    """The tickets behind what is no metric, told by the kind of list (metrics/lists/behind.py); what each value is stands there."""
    return _ask("listed", kind, scope, *more, limit)


def values(dimension: str) -> list[str]:
    """What a dimension holds, the commonest first; (none) where it is not given."""
    return _ask("values", dimension)


def subjects(ticket_ids: Sequence[str]) -> dict[str, str]:
    """What tickets are about, where their tool says so."""
    return dict(_ask("subjects", "", None, tuple(sorted(set(ticket_ids)))))


def looked_at(scope: Scope) -> tuple[Scope, float]:
    """The scope with the period a list of changes is made of, and its length in weeks."""
    return _ask("looked_at", "", scope)


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
QUESTIONS = {
    "show": lambda engine, name, scope: query.show(engine, catalog()[name], scope),
    "analysis": lambda engine, name, scope: analyses()[name].ask(engine, scope),
    "looked_at": lambda engine, _name, scope: levers_period.looked_at(engine, scope),
    "tickets": behind.of_metric,
    "listed": lambda engine, kind, scope, *more: behind.LISTS[kind](engine, scope, *more),
    "values": lambda engine, name, _scope, *more: holds.values(engine, name, *more),
    "facts": lambda engine, _name, _scope, *more: holds.facts(engine, *more),
    "subjects": lambda engine, _name, _scope, *more: holds.subjects(engine, *more),
    "decisions": lambda engine, _name, _scope, *more: holds.decisions(engine, *more),
    "left_out": lambda engine, _name, _scope, *more: holds.left_out(engine, *more),
}
