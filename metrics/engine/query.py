"""The one query builder: metric + scope -> value, tickets, left out by rule, fidelity; and the tickets behind them.

Everything that is asked goes through `base`: one row per episode (stay, stock) of the population in scope, with its
dimensions, its value, and the rule that leaves it out. The number, its weeks, its chart and its ticket list read it.
"""
from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from metrics.engine.engines import DuckDBEngine
from metrics.engine.metric import Metric
from metrics.engine.scope import COLUMNS, DATED, DIMENSIONS, NONE, Scope, ScopeProblem
from warehouse.model import FIDELITIES
from warehouse.sql import identifier, sql_text

P90_NEEDS, P95_NEEDS = 36, 72   # below, the interval of the quantile has no upper end
ACTIVE = "('new', 'in_progress', 'waiting_customer', 'waiting_internal')"
QUANTILES = {"p25": 0.25, "p75": 0.75, "p90": 0.9, "p95": 0.95}


@dataclass(frozen=True)
class Base:
    """SQL of the rows of a question, its parameters, and the dimension columns in it."""

    sql: str
    params: list[Any]
    dims: list[str]


def check(metric: Metric, scope: Scope, engine: DuckDBEngine) -> Scope:
    """The scope with options filled in and checked against what the metric and the data know.

    Raises: ScopeProblem.
    """
    if scope.as_of is not None and metric.dated_by != "as_of":
        raise ScopeProblem(f"--as-of serves stocks and flows; {metric.name} is dated by when a contact {metric.dated_by}: use --from and --to")
    options = {name: option.default for name, option in metric.options.items()}
    for name, value in scope.options.items():
        if name not in metric.options:
            known = ", ".join(metric.options) or "none"
            raise ScopeProblem(f"{metric.name} has no option '{name}' (it has: {known})")
        options[name] = _option(metric, name, value)
    for dim in [*scope.by, *(name for name, _ in scope.where)]:
        _dimension(metric, dim, engine)
    return replace(scope, options=options)


def _option(metric: Metric, name: str, value: Any) -> Any:
    option = metric.options[name]
    if option.choices is not None:
        for choice in option.choices:
            if str(choice) == str(value):
                return choice
        raise ScopeProblem(f"option {name} of {metric.name} is one of {', '.join(map(str, option.choices))}, not '{value}'")
    try:
        number = int(str(value))
    except ValueError:
        number = 0
    if number <= 0:
        raise ScopeProblem(f"option {name} of {metric.name} is a whole number above zero, not '{value}'")
    return number


def _dimension(metric: Metric, dim: str, engine: DuckDBEngine) -> str:
    """SQL of a dimension over alias f."""
    if dim in DIMENSIONS:
        return f"f.{COLUMNS.get(dim, dim)}"
    if dim in DATED:
        if metric.dated_by == "as_of":
            raise ScopeProblem(f"{metric.name} is a stock: it has no {dim} of its own; use --week or --as-of")
        stem = "ended" if metric.dated_by == "ended" else "arrived"
        return {"week": f"f.{stem}_week", "weekday": f"@isodow(f.{stem}_local)", "hour": f"@hour(f.{stem}_local)"}[dim]
    if dim in engine.own_dimensions:
        return engine.own_dimension(dim)
    known = ", ".join([*DIMENSIONS, *DATED, *engine.own_dimensions])
    raise ScopeProblem(f"no dimension '{dim}'; there are: {known}")


def filters(metric: Metric, scope: Scope, engine: DuckDBEngine) -> tuple[list[str], list[Any]]:
    """Conditions over alias f, and their parameters; values are always bound."""
    conditions, params = ["f.left_out is null"], []
    grouped: dict[str, list[str]] = {}
    for dim, value in scope.where:
        grouped.setdefault(dim, []).append(value)
    for dim, values in grouped.items():
        column = f"cast({_dimension(metric, dim, engine)} as varchar)"
        given = [v for v in values if v != NONE]
        parts = [f"{column} in ({', '.join('?' * len(given))})"] if given else []
        if NONE in values:
            parts.append(f"{column} is null")
        conditions.append(f"({' or '.join(parts)})")
        params += given
    if metric.dated_by != "as_of":
        stem = "ended" if metric.dated_by == "ended" else "arrived"
        for bound, sign in ((scope.from_on, ">="), (scope.to_on, "<")):
            if bound is not None:
                conditions.append(f"f.{stem}_on {sign} date '{bound.isoformat()}'")
    return conditions, params


def base(metric: Metric, scope: Scope, engine: DuckDBEngine) -> Base:
    """One row per member of the population: ticket_id, episode, dimensions d0.., v (NULL where left out), x (the rule's
    number, from 1), fid."""
    as_of = scope.as_of or engine.data_until or datetime(9999, 1, 1)
    stored = metric.is_stored and metric.grain == "episode"
    value = f"f.{identifier(metric.name)}" if stored else filled(metric.value, scope.options, as_of)
    rules = " ".join(f"when {filled(condition, scope.options, as_of)} then {code}" for code, condition in enumerate(metric.excluded.values(), 1))
    rule = f"case {rules} end" if rules else "cast(null as integer)"
    dims = [_dimension(metric, d, engine) for d in scope.by]
    if scope.week:
        dims.append("f.week_on" if metric.grain == "stock" else _dimension(metric, "week", engine))
    conditions, params = filters(metric, scope, engine)
    population = filled(metric.population, scope.options, as_of)
    listed = "".join(f", {sql} as d{i}" for i, sql in enumerate(dims))
    names = [f"d{i}" for i in range(len(dims))]
    inner = (f"select f.ticket_id, f.episode{listed}, {value} as raw_v, {rule} as x, {metric.fidelity} as fid "
             f"from {_source(metric, scope, as_of)} where {' and '.join(conditions)} and ({population})")
    outer = f"select ticket_id, episode{''.join(', ' + n for n in names)}, case when x is null then raw_v end as v, x, fid from ({inner}) as members"
    return Base(outer, params, names)


def filled(sql: str, options: dict[str, Any], as_of: datetime) -> str:
    """Options and the as-of put into a metric's own SQL; both are checked values, never text from outside."""
    places = {**options, "as_of": f"timestamp '{as_of.isoformat(sep=' ')}'"}
    return re.sub(r"\{(\w+)\}", lambda m: str(places[m.group(1)]), sql)


def _source(metric: Metric, scope: Scope, as_of: datetime) -> str:
    if metric.grain == "stay":
        return "stays f"
    if metric.grain != "stock":
        return "ticket_facts f"
    # the contacts alive at that instant, or at the end of each week, in the queue and state they had then
    columns = ("ticket_id", "episode", "left_out", "is_proactive", "is_open", "is_inferred_end", "is_ended_without_answer", "source", "kind", "url", "channel",
               "first_queue", "priority", "reason", "reason_group", "owner", "action", "language", "brand", "product", "segment", "handled_by", "agent", "state",
               "dimensions", "started_at", "state_fidelity")
    then = f"timestamp '{as_of.isoformat(sep=' ')}'"
    weeks, week = "", ""
    if scope.week:
        weeks, week = f"join ({_weeks(scope, as_of)}) w on p.from_at <= w.instant and (p.until_at is null or p.until_at > w.instant) ", ", w.week_on"
    alive = "true" if scope.week else f"p.from_at <= {then} and (p.until_at is null or p.until_at > {then})"
    return (f"(select {', '.join('t.' + c for c in columns)}, s.queue, s.team, s.vendor, s.tier, p.state as state_then, p.is_customer_last as customer_last_then{week} "
            f"from spells p {weeks}join ticket_facts t on t.ticket_id = p.ticket_id and t.episode = p.episode "
            "left join stays s on s.ticket_id = p.ticket_id and s.episode = p.episode and s.stay_no = p.stay_no "
            f"where {alive} and p.state in {ACTIVE}) f")


def _weeks(scope: Scope, as_of: datetime) -> str:
    """SQL of the weeks in scope and the instant a stock is taken at: the week's end, for the running week the as-of."""
    then = f"timestamp '{as_of.isoformat(sep=' ')}'"
    bounds = "".join(f" and week_on {sign} date '{bound.isoformat()}'" for bound, sign in ((scope.from_on, ">="), (scope.to_on, "<")) if bound)
    return (f"select week_on, case when until_at < {then} then until_at else {then} end as instant from weeks "
            f"where starts_at <= {then} and until_at > (select min(started_at) from ticket_facts){bounds}")


def _aggregates(metric: Metric) -> dict[str, str]:
    """Output column -> SQL over v."""
    if metric.kind == "duration":
        return {"value": metric.aggregate or "@quantile(v, 0.5)", **{n: f"@quantile(v, {p})" for n, p in QUANTILES.items()}, "mean": "avg(v)"}
    if metric.kind == "count":
        return {"value": "avg(v)", "total": "cast(sum(v) as bigint)"}
    if metric.kind == "share":
        return {"value": "avg(cast(v as double))", "numerator": "cast(sum(v) as bigint)", "denominator": "count(v)"}
    if metric.kind in ("volume", "stock"):
        return {"value": "count(v)", "total": "count(v)"}
    return {"value": metric.aggregate or "avg(v)"}


def show(engine: DuckDBEngine, metric: Metric, scope: Scope) -> list[dict[str, Any]]:
    """The rows of the `show` door: dimensions, week, value and what belongs to it, one row per group."""
    scope = check(metric, scope, engine)
    rows = base(metric, scope, engine)
    group = f" group by {', '.join(rows.dims)}" if rows.dims else ""
    aggregates = _aggregates(metric)
    rules = list(metric.excluded)
    counts = [f"@countif(x = {code})" for code in range(1, len(rules) + 1)] + [f"@countif(v is not null and fid = {sql_text(f)})" for f in FIDELITIES]
    listed = [*rows.dims, "count(v)", *aggregates.values(), *counts]
    source = f"({_cells(metric, rows) if metric.name == 'tail_ratio' else _ranked(metric, rows)}) as answered"
    _, found = engine.query(f"select {', '.join(listed)} from {source}{group}", rows.params)
    labels = [*scope.by, *(["week"] if scope.week else [])]
    result = []
    for row in found:
        dims, rest = row[:len(labels)], row[len(labels):]
        tickets, figures = rest[0], dict(zip(aggregates, rest[1:1 + len(aggregates)], strict=True))
        tail = rest[1 + len(aggregates):]
        excluded = {rule: n for rule, n in zip(rules, tail, strict=False) if n}
        fidelity = {f: n for f, n in zip(FIDELITIES, tail[len(rules):], strict=True) if n}
        result.append({**{label: _plain(d) for label, d in zip(labels, dims, strict=True)}, **_enough(metric, tickets, figures),
                       "tickets": tickets, "excluded": excluded, "fidelity": fidelity})
    if metric.grain == "stock" and scope.week and not scope.by:   # a week in which nothing was open is a zero, not a gap
        known = {row["week"] for row in result}
        weeks = engine.query(_weeks(scope, scope.as_of or engine.data_until or datetime(9999, 1, 1)))[1]
        result += [{"week": w.isoformat(), "value": 0, "total": 0, "tickets": 0, "excluded": {}, "fidelity": {}} for w, _ in weeks if w.isoformat() not in known]
    return sorted(result, key=lambda r: tuple((r[label] is None, str(r[label])) for label in labels))


def _enough(metric: Metric, tickets: int, figures: dict[str, Any]) -> dict[str, Any]:
    """Figures that so few tickets can carry; the others are NULL, their count is still shown."""
    figures = dict(figures)
    if metric.kind in ("volume", "stock"):
        return figures
    if tickets < metric.min_tickets:
        figures["value"] = None
    for name, needed in (("p90", P90_NEEDS), ("p95", P95_NEEDS)):
        if name in figures and tickets < needed:
            figures[name] = None
    return {k: (round(v, 6) if isinstance(v, float) else v) for k, v in figures.items()}


def _ranked(metric: Metric, rows: Base) -> str:
    """The rows; for the spread family also their rank, number and median within the group."""
    if metric.kind != "spread":
        return rows.sql
    part = f"partition by {', '.join(rows.dims)}" if rows.dims else ""
    return (f"select *, row_number() over ({part} order by v nulls last) as rn, count(v) over ({part}) as n, "
            f"@quantile(v, 0.5) over ({part}) as med from ({rows.sql}) as r")


def _cells(metric: Metric, rows: Base) -> str:
    """Like for like: one row per contact with the ratio of its own cell; cells too small are left out."""
    inner = rows.sql.replace("select ticket_id, episode", "select ticket_id, episode, reason, queue, channel", 1).replace(
        "select f.ticket_id, f.episode", "select f.ticket_id, f.episode, f.reason, f.queue, f.channel", 1)
    dims = "".join(d + ", " for d in rows.dims)
    part = f"partition by {dims}reason, queue, channel"
    return (f"select {dims}fid, case when n >= {P90_NEEDS} and p50 > 0 then p90 / p50 end as v, "
            f"case when x is null and (n < {P90_NEEDS} or p50 = 0) then {list(metric.excluded).index('too few like it') + 1} else x end as x "
            f"from (select {dims}fid, x, case when x is null then count(v) over ({part}) end as n, "
            f"@quantile(v, 0.9) over ({part}) as p90, @quantile(v, 0.5) over ({part}) as p50 from ({inner}) as r) as c")


def tickets(engine: DuckDBEngine, metric: Metric, scope: Scope, limit: int | None = None) -> list[dict[str, Any]]:
    """Every episode behind the number, zeros included, NULL where a rule leaves it out (`rule` says which)."""
    scope = check(metric, replace(scope, by=(), week=False), engine)
    rows = base(metric, scope, engine)
    cut = f" limit {int(limit)}" if limit else ""
    _, found = engine.query(f"select ticket_id, episode, v, x from ({rows.sql}) as behind order by v desc nulls last, ticket_id, episode{cut}", rows.params)
    rules = list(metric.excluded)
    return [{"ticket_id": t, "episode": e, "value": _plain(v), "rule": rules[x - 1] if x else None} for t, e, v, x in found]


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
