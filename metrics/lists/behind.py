"""Which tickets stand behind a number: of a metric, or of one of the lists that no metric counts. Each row: ticket, episode, value, rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from metrics.analyses import bottlenecks, contact_reasons, design_list, paths, sent_in, spread_drivers
from metrics.engine import asking, query
from metrics.engine.engines import DuckDBEngine
from metrics.engine.metric import catalog
from metrics.engine.routes import KNOWN, NEEDED, routes_sql
from metrics.engine.scope import Scope
from metrics.lists import marked

FACTS = (
    "select f.ticket_id, f.episode, f.url, t.subject, f.queue, f.state, f.started_at from ticket_facts f join tickets t on t.ticket_no = f.ticket_no "
    "where f.ticket_id in (select unnest(?))"
)


def of_metric(engine: DuckDBEngine, name: str, scope: Scope, limit: int | None) -> list[dict[str, Any]]:
    """Its population, the longest or largest first; where a rule leaves one out, the rule."""
    return with_facts(engine, query.tickets(engine, catalog()[name], scope, limit))


def with_facts(engine: DuckDBEngine, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of (ticket_id, episode, value) beside subject, queue, state and the ticket's address in its tool."""
    keys = [r["ticket_id"] for r in rows]
    known = {(f["ticket_id"], f["episode"]): f for f in engine.records(FACTS, [keys])} if keys else {}
    return [_safe({**r, **known.get((r["ticket_id"], r["episode"]), {})}) for r in rows]


def _safe(row: dict[str, Any]) -> dict[str, Any]:
    """A ticket's address comes from a file: only one that opens a page is made a link."""
    return row if (row.get("url") or "").startswith(("https://", "http://")) else {**row, "url": None}


def lost(engine: DuckDBEngine, scope: Scope, limit: int | None) -> list[dict[str, Any]]:
    """What lived in this scope; value = seconds lost: in a queue, or held untouched."""
    low, high, until = bottlenecks.period(engine, scope)
    pieces, params = bottlenecks.hours_sql(engine, scope, low, high, until)
    rows = engine.records(
        f"select t.ticket_id, p.episode, sum(p.queue_seconds + p.held_seconds) as value from ({pieces}) as p join tickets t on t.ticket_no = p.ticket_no "
        f"group by t.ticket_id, p.episode order by value desc, t.ticket_id, p.episode{_cut(limit)}",
        params,
    )
    return with_facts(engine, [{**r, "value": int(r["value"]), "rule": None} for r in rows])


def moved(engine: DuckDBEngine, scope: Scope, source: str, target: str, limit: int | None) -> list[dict[str, Any]]:
    """The moves from one queue to the other, a row each; value = seconds until a hand there took it."""
    rest = replace(scope, from_on=None, to_on=None, where=tuple(w for w in scope.where if w[0] != "queue"))
    conditions, params = query.filters(bottlenecks.LEDGER, rest, engine)
    low, high, _until = bottlenecks.period(engine, scope)
    conditions += [f"n.arrived_week {sign} date '{bound.isoformat()}'" for bound, sign in ((low, ">="), (high, "<")) if bound]
    rows = engine.records(
        f"""select t.ticket_id, f.episode, @secs(n.entered_at, n.assigned_at) as value from stays f join tickets t on t.ticket_no = f.ticket_no
        join stays n on n.ticket_no = f.ticket_no and n.episode = f.episode and n.stay_no = f.stay_no + 1
        where {" and ".join(conditions)} and f.queue = ? and f.next_queue = ?
        order by value desc nulls last, t.ticket_id, f.episode{_cut(limit)}""",
        [*params, source, target],
    )
    return with_facts(engine, [{**r, "rule": None if r["value"] is not None else "nobody took it there"} for r in rows])


def still_open(engine: DuckDBEngine, scope: Scope, limit: int | None) -> list[dict[str, Any]]:
    """What is open at the data's end, the oldest first; value = age in seconds."""
    conditions, params = query.filters(catalog()["backlog"], replace(scope, from_on=None, to_on=None), engine)
    rows = engine.records(
        f"""select f.ticket_id, f.episode, f.url, t.subject, f.queue, f.state, f.priority, f.is_customer_last, f.started_at,
        @secs(f.started_at, ?) as value, cast(null as varchar) as rule from ticket_facts f join tickets t on t.ticket_no = f.ticket_no
        where {" and ".join(conditions)} and f.is_open and coalesce(f.handled_by, '') <> 'bot_only'
        order by f.started_at, f.ticket_id{_cut(limit)}""",
        [engine.data_until, *params],
    )
    return [_safe(row) for row in rows]


def route(engine: DuckDBEngine, scope: Scope, way: str, limit: int | None) -> list[dict[str, Any]]:
    """What went this way through the queues; value = resolution time in seconds."""
    return with_facts(engine, [{**r, "rule": None if r["value"] is not None else "open"} for r in paths.went(engine, scope, way, limit)])


def routed(engine: DuckDBEngine, scope: Scope, limit: int | None) -> list[dict[str, Any]]:
    """The settled contacts whose way through the queues is known; value = resolution time in seconds."""
    where = f"{asking.TOUCHED} and {KNOWN} and not f.is_open and f.ended_at >= f.started_at"
    contacts, params = asking.contacts(engine, scope, [*NEEDED, "f.ticket_id", "@secs(f.started_at, f.ended_at) as seconds"], where=where)
    rows = engine.records(
        f"with asked as ({contacts}) select ticket_id, episode, seconds as value from ({routes_sql(['ticket_id', 'seconds'])}) r "
        f"order by value desc, ticket_id, episode{_cut(limit)}",
        params,
    )
    return with_facts(engine, [{**r, "rule": None} for r in rows])


def change(engine: DuckDBEngine, scope: Scope, kind: str, where: str, limit: int | None) -> list[dict[str, Any]]:
    """The contacts of a line of the design list; value = seconds they waited for us."""
    return with_facts(engine, [{**r, "rule": None} for r in design_list.members(engine, scope, kind, where)[:limit]])


def left_again(engine: DuckDBEngine, scope: Scope, queue: str, sender: str | None, limit: int | None) -> list[dict[str, Any]]:
    """The stays in a queue that came from this sender and left again; value = seconds they lay there."""
    return with_facts(engine, [{**r, "rule": None} for r in sent_in.left_again(engine, scope, queue, sender)[:limit]])


def arrived(engine: DuckDBEngine, scope: Scope, limit: int | None) -> list[dict[str, Any]]:
    """Every contact that a customer began, as contact_reasons counts them; value = resolution time in seconds."""
    sql, params = asking.contacts(engine, scope, ["f.ticket_id", "f.episode", f"{asking.SETTLED_SECONDS} as value"], where=contact_reasons.BEGUN)
    rows = engine.records(f"{sql} order by value desc nulls last, f.ticket_id, f.episode{_cut(limit)}", params)
    return with_facts(engine, [{**r, "rule": None if r["value"] is not None else "not settled"} for r in rows])


def spread(engine: DuckDBEngine, scope: Scope, limit: int | None) -> list[dict[str, Any]]:
    """The settled contacts whose times lie apart, as spread_drivers reads them, the slowest first; value = resolution time in seconds."""
    sql, params = asking.contacts(engine, scope, ["f.ticket_id", "f.episode", "f.resolution_time as value"], where=spread_drivers.SETTLED)
    rows = engine.records(f"{sql} order by value desc, f.ticket_id, f.episode{_cut(limit)}", params)
    return with_facts(engine, [{**r, "rule": None} for r in rows])


def signal(engine: DuckDBEngine, scope: Scope, what: str, metric: str, limit: int | None) -> list[dict[str, Any]]:
    """The contacts a signal is told of, by what it follows; value = what the metric says of each, the largest first."""
    told_of = {"contacts per open day": "true", "share of contacts within 7 days of the customer's last opening": "f.person_id is not null"}
    where = f"f.started_at is not null and not f.is_proactive and {told_of.get(what, asking.WAITING)}"
    sql, params = asking.contacts(engine, scope, ["f.ticket_id", "f.episode"], where=where)
    values = {(r["ticket_id"], r["episode"]): r for r in query.tickets(engine, catalog()[metric], replace(scope, from_on=None, to_on=None), None)}
    unknown = {"value": None, "rule": "not counted by this number"}
    rows = [{**r, **{k: values.get((r["ticket_id"], r["episode"]), unknown)[k] for k in unknown}} for r in engine.records(sql, params)]
    rows.sort(key=lambda r: (r["value"] is None, -float(r["value"] or 0), r["ticket_id"], r["episode"]))
    return with_facts(engine, rows[:limit])


def _cut(limit: int | None) -> str:
    return f" limit {int(limit)}" if limit else ""


def _marked(listed: Callable[..., list[dict[str, Any]]]) -> Callable[..., list[dict[str, Any]]]:
    """A list of marked.py, as the others are asked: told what narrows it, then how many at most."""
    return lambda engine, scope, *told: with_facts(engine, listed(engine, scope, *(word or "" for word in told[:-1]))[:told[-1]])


LISTS = {
    "lost": lost, "moved": moved, "open": still_open, "route": route, "routed": routed, "change": change, "left": left_again, "arrived": arrived, "spread": spread,
    "signal": signal, "aged": _marked(marked.aged), "came": _marked(marked.came), "back": _marked(marked.came_back), "held": _marked(marked.held),
    "hands": _marked(marked.of_hands), "tenth": _marked(marked.of_tenth), "issues": _marked(marked.of_issues),
}
