"""What every analysis needs of its question: its options checked, the contacts it is about, the weeks that have ended."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal

from metrics.engine import query
from metrics.engine.engines import DuckDBEngine
from metrics.engine.limits import QUIET, first_full_week
from metrics.engine.metric import Metric, Option
from metrics.engine.scope import NONE, Scope, ScopeProblem
from metrics.engine.sources import stamp

TOUCHED = "f.handled_by not in ('bot_only', 'untouched')"   # speed, consistency and flow ask of contacts a person touched
SETTLED_SECONDS = "case when not f.is_open and f.ended_at >= f.started_at then @secs(f.started_at, f.ended_at) end"   # NULL where it is open, or ended before it began
WAITING = "(f.handled_by not in ('bot_only', 'untouched') or f.handled_by = 'untouched' and f.is_open)"   # or that still wait for one


@dataclass(frozen=True)
class Week:
    """A local week: its Monday and its bounds in UTC; is it over where the data ends? Do they hold all of it, from a first contact on its Monday or before?"""

    on: date
    starts_at: datetime
    until_at: datetime
    is_over: bool
    is_full: bool


def options(scope: Scope, known: dict[str, Option], engine: DuckDBEngine | None = None) -> dict[str, Any]:
    """The options of the question, defaults filled in: from the engine's settings where they say. Raises ScopeProblem for an unknown
    name or value."""
    chosen = {name: option.from_settings(engine.settings) if engine and option.from_settings else option.default for name, option in known.items()}
    for name, value in scope.options.items():
        if name not in known:
            raise ScopeProblem(f"no option '{name}' here (there are: {', '.join(known) or 'none'})")
        chosen[name] = _value(name, value, known[name])
    return chosen


def _value(name: str, value: Any, option: Option) -> Any:
    if option.choices is not None:
        for choice in option.choices:
            if str(choice) == str(value):
                return choice
        raise ScopeProblem(f"option {name} is one of {', '.join(map(str, option.choices))}, not '{value}'")
    if isinstance(option.default, str):
        return str(value)
    if not str(value).isdecimal() or not 0 < int(str(value)) <= query.LARGEST:
        raise ScopeProblem(f"option {name} is a whole number from 1 to {query.LARGEST}, not '{value}'")
    return int(str(value))


def contacts(engine: DuckDBEngine, scope: Scope, columns: Sequence[str], dated_by: Literal["arrived", "ended", "as_of"] = "arrived",
             where: str = "true") -> tuple[str, list[Any]]:
    """SQL of the contacts in scope with these columns (over alias f), and its parameters; as of a moment in the past without those that began later."""
    conditions, params = query.filters(_asked(dated_by), scope, engine)
    if scope.as_of is not None:
        conditions.append(f"(f.started_at is null or f.started_at <= {stamp(scope.as_of)})")
    return f"select {', '.join(columns)} from ticket_facts f where {' and '.join(conditions)} and ({where})", params


def dimension(engine: DuckDBEngine, dim: str) -> str:
    """SQL of a dimension over alias f, as of arrival. Raises ScopeProblem for an unknown one."""
    return query._dimension(_asked("arrived"), dim, engine)


def _asked(dated_by: Literal["arrived", "ended", "as_of"]) -> Metric:
    """A question about contacts, so that an analysis' scope means what a metric's does."""
    return Metric(label="", unit="", kind="volume", better="neither", dated_by=dated_by, value="1", examples=())


def where(dims: Sequence[str], values: Sequence[Any]) -> str:
    """A group as filters name it: DIM=VALUE, joined by blanks; empty for all."""
    return " ".join(f"{dim}={NONE if value is None else value}" for dim, value in zip(dims, values, strict=True))


def weeks(engine: DuckDBEngine, scope: Scope) -> list[Week]:
    """The weeks from the first contact of the store to the data's end (or the as-of), in order."""
    until = as_of(engine, scope)
    _, rows = engine.query("select week_on, starts_at, until_at from weeks where until_at > (select min(started_at) from ticket_facts) and starts_at < "
                           f"{stamp(until)} order by week_on")
    full = first_full_week(engine.local(engine.data_from)) if rows else None
    return [Week(on, start, end, until >= end - QUIET, until >= end - QUIET and on >= full) for on, start, end in rows]


def as_of(engine: DuckDBEngine, scope: Scope) -> datetime:
    """The instant the answer stands at: the scope's, else the data's end."""
    return scope.as_of or engine.data_until or datetime(2100, 1, 1)


def some(part: float, alias: str = "f") -> str:
    """SQL condition that chooses such a part of the contacts, the same ones every time: by the second of their arrival and
    their number, spread out (a real hash of every id would cost more than the question)."""
    if part >= 1:
        return "true"
    seed = f"@secs(timestamp '2000-01-01 00:00:00', {alias}.started_at) * 48271 + {alias}.ticket_no * 104729"
    return f"abs({seed}) % 100003 < {int(part * 100_003)}"


def undated(scope: Scope) -> Scope:
    """The same filters without a period."""
    return replace(scope, from_on=None, to_on=None)


def table(rows: Iterable[dict[str, Any]], columns: dict[str, str]) -> list[dict[str, Any]]:
    """Rows as documented: every column in its order, what a row does not have is NULL, figures rounded, dates as text."""
    return [{name: _plain(row.get(name)) for name in columns} for row in rows]


def _plain(value: Any) -> Any:
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return round(value, 6) if value == value and abs(value) != float("inf") else None
    return value.isoformat() if hasattr(value, "isoformat") else value
