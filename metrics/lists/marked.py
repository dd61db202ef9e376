"""Which tickets stand behind a mark of a chart: the same population as the analysis that drew it, narrowed to the mark."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from metrics.analyses import consequences, fragmentation, hours_short, repeat_curve, vendor_border
from metrics.analyses.ageing import BUCKETS, DAY
from metrics.engine import asking, query
from metrics.engine.engines import DuckDBEngine
from metrics.engine.limits import WEEK
from metrics.engine.metric import catalog
from metrics.engine.routes import KNOWN
from metrics.engine.scope import Scope, ScopeProblem

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def aged(engine: DuckDBEngine, scope: Scope, age: str, state: str) -> list[dict[str, Any]]:
    """What is open of this age and state, the oldest first; value = age in seconds."""
    if age not in BUCKETS:
        raise ScopeProblem(f"'{age}' is no age that is told apart")
    conditions, params = query.filters(catalog()["backlog"], replace(scope, from_on=None, to_on=None), engine)
    low, high = [0, *BUCKETS.values()][list(BUCKETS).index(age)] or 0, BUCKETS[age]
    seconds = "@secs(f.started_at, ?)"
    upper = f" and {seconds} < {high * DAY}" if high else ""
    return engine.records(
        f"""select f.ticket_id, f.episode, {seconds} as value, cast(null as varchar) as rule from ticket_facts f
        where {" and ".join(conditions)} and f.is_open and coalesce(f.handled_by, '') <> 'bot_only' and f.state = ? and {seconds} >= {low * DAY}{upper}
        order by f.started_at, f.ticket_id, f.episode""",
        [engine.data_until, *params, state, engine.data_until, *([engine.data_until] if high else [])],
    )


def came(engine: DuckDBEngine, scope: Scope, weekday: str, hour: str) -> list[dict[str, Any]]:
    """The stays in a queue that began in this hour of the week; value = seconds until a hand took it."""
    if weekday not in WEEKDAYS or not hour.isdigit():
        raise ScopeProblem(f"'{weekday} {hour}' is no hour of the week")
    full = [w.on for w in asking.weeks(engine, scope) if w.is_full and (scope.from_on is None or w.on >= scope.from_on) and (scope.to_on is None or w.on + WEEK <= scope.to_on)]
    if not full:
        return []
    conditions, params = query.filters(hours_short.STAYS, replace(scope, from_on=full[0], to_on=full[-1] + WEEK), engine)
    return engine.records(
        f"""select t.ticket_id, f.episode, @secs(f.entered_at, f.assigned_at) as value, case when f.assigned_at is null then 'nobody took it there' end as rule
        from stays f join tickets t on t.ticket_no = f.ticket_no where {" and ".join(conditions)} and f.queue_id is not null and {hours_short.KNOWN}
        and @isodow(f.arrived_local) = {WEEKDAYS.index(weekday) + 1} and @hour(f.arrived_local) = {int(hour)}
        order by value desc nulls last, t.ticket_id, f.episode""",
        params,
    )


def came_back(engine: DuckDBEngine, scope: Scope, days: str, which: str) -> list[dict[str, Any]]:
    """The contacts a day of the curve is told of; value = seconds until the customer came back, where that was within so many days.

    which: any (reason), same (reason), or newest (any reason, contacts that are just old enough too).
    """
    if not days.isdigit() or which not in ("any", "same", "newest"):
        raise ScopeProblem(f"'{days} {which}' is no point of the curve")
    now, column = asking.stamp(asking.as_of(engine, scope)), "next_same_reason_at" if which == "same" else "next_contact_at"
    after, old = f"@secs(f.ended_at, f.{column})", int(days) if which == "newest" else repeat_curve.LONGEST
    sql, params = asking.contacts(
        engine,
        scope,
        ["f.ticket_id", "f.episode", f"case when {after} > 0 and {after} <= {int(days) * DAY} then {after} end as value"],
        dated_by="ended",
        where="not f.is_proactive and f.person_id is not null and not f.is_open and f.ended_at >= f.started_at "
        f"and f.ended_at <= {now} and @secs(f.ended_at, {now}) >= {old * DAY}{' and f.reason is not null' if which == 'same' else ''}",
    )
    rows = engine.records(f"{sql} order by value nulls last, f.ticket_id, f.episode", params)
    return [{**r, "rule": None if r["value"] is not None else "not back by then"} for r in rows]


def held(engine: DuckDBEngine, scope: Scope, place: str, name: str) -> list[dict[str, Any]]:
    """The contacts a side of the vendor border (place = side) or a team had; value = resolution time in seconds."""
    who = f"coalesce(s.vendor, '{vendor_border.IN_HOUSE}')" if place == "side" else "coalesce(s.team, s.queue)"
    contacts, params = asking.contacts(engine, scope, ["f.ticket_no", "f.ticket_id", "f.episode", f"{asking.SETTLED_SECONDS} as value"], where=f"{asking.TOUCHED} and {KNOWN}")
    rows = engine.records(
        f"""select c.ticket_id, c.episode, c.value from ({contacts}) c
        where exists (select 1 from stays s where s.ticket_no = c.ticket_no and s.episode = c.episode and s.queue is not null and {who} = ?)
        order by c.value desc nulls last, c.ticket_id, c.episode""",
        [*params, name],
    )
    return [{**r, "rule": None if r["value"] is not None else "not settled"} for r in rows]


def of_hands(engine: DuckDBEngine, scope: Scope, hands: str) -> list[dict[str, Any]]:
    """The settled contacts that so many people held ("3+" = three or more); value = seconds the customer waited for us."""
    if hands not in ("0", "1", "2", "3+"):
        raise ScopeProblem(f"'{hands}' is no number of hands that is told apart")
    return consequences.members(engine, scope, "hands", hands)


def of_tenth(engine: DuckDBEngine, scope: Scope, tenth: str) -> list[dict[str, Any]]:
    """The settled contacts of a tenth by time waited, 1 = the shortest; value = seconds the customer waited for us."""
    if tenth not in map(str, range(1, 11)):
        raise ScopeProblem(f"'{tenth}' is no tenth")
    return consequences.members(engine, scope, "waiting", tenth)


def of_issues(engine: DuckDBEngine, scope: Scope, began: str, mark: str) -> list[dict[str, Any]]:
    """The contacts of the issues that began in a week and needed several tools or hands; value = resolution time in seconds."""
    if mark not in fragmentation.MARKS:
        raise ScopeProblem(f"'{mark}' is no way to be spread that is told apart")
    try:
        monday = date.fromisoformat(began)
    except ValueError:
        raise ScopeProblem(f"'{began}' is no day") from None
    rows = fragmentation.members(engine, scope, monday, mark)
    return [{**r, "rule": None if r["value"] is not None else "not settled"} for r in rows]
