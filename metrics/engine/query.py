"""The one query builder: metric + scope -> value, tickets, left out by rule, fidelity; and the tickets behind them.

Everything that is asked goes through `base`: one row per member of the population in scope (an episode, a stay, a turn
...), with its dimensions, its value, and the rule that leaves it out. The number, its weeks, its chart and its ticket list
read it.
"""
from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from metrics.engine import order_statistics, ratio, sources
from metrics.engine.engines import DuckDBEngine
from metrics.engine.metric import Metric, Option, filled
from metrics.engine.scope import COLUMNS, DATED, DIMENSIONS, NONE, Scope, ScopeProblem
from warehouse.model import FIDELITIES
from warehouse.sql import identifier, sql_text

P90_NEEDS, P95_NEEDS = 36, 72   # below, the interval of the quantile has no upper end
QUANTILES = {"p25": 0.25, "p75": 0.75, "p90": 0.9, "p95": 0.95}


@dataclass(frozen=True)
class Base:
    """SQL of the rows of a question, its parameters, and the dimension columns in it."""

    sql: str
    params: list[Any]
    dims: list[str]
LARGEST = 10_000   # of options: days, hours, rows


def check(metric: Metric, scope: Scope, engine: DuckDBEngine) -> Scope:
    """The scope with options filled in and checked against what the metric and the data know.

    Raises: ScopeProblem.
    """
    if scope.as_of is not None and metric.dated_by != "as_of" and metric.grain != "flow":
        raise ScopeProblem(f"--as-of serves stocks and flows; {metric.name} is dated by when a contact {metric.dated_by}: use --from and --to")
    options = {name: default(option, engine) for name, option in metric.options.items()}
    for name, value in scope.options.items():
        if name not in metric.options:
            known = ", ".join(metric.options) or "none"
            raise ScopeProblem(f"{metric.name} has no option '{name}' (it has: {known})")
        options[name] = _option(metric, name, value)
    for dim in [*scope.by, *(name for name, _ in scope.where)]:
        _dimension(metric, dim, engine)
    return replace(scope, options=options)


def default(option: Option, engine: DuckDBEngine) -> Any:
    """What an option is where a question does not say."""
    if option.from_settings:
        return option.from_settings(engine.settings)
    return engine.query(option.from_data)[1][0][0] if option.from_data else option.default


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
    if not 0 < number <= LARGEST:
        raise ScopeProblem(f"option {name} of {metric.name} is a whole number from 1 to {LARGEST}, not '{value}'")
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
    chosen, params = _chosen(metric, [w for w in scope.where if w[0] not in metric.whole], engine)
    conditions = ["f.left_out is null", *chosen]
    if metric.dated_by != "as_of":
        stem = "ended" if metric.dated_by == "ended" else "arrived"
        for bound, sign in ((scope.from_on, ">="), (scope.to_on, "<")):
            if bound is not None:
                conditions.append(f"f.{stem}_on {sign} date '{bound.isoformat()}'")
    return conditions, params


def _chosen(metric: Metric, where: list[tuple[str, str]], engine: DuckDBEngine) -> tuple[list[str], list[Any]]:
    """The same dimension twice is OR, two dimensions are AND."""
    conditions, params = [], []
    grouped: dict[str, list[str]] = {}
    for dim, value in where:
        grouped.setdefault(dim, []).append(value)
    for dim, values in grouped.items():
        column = f"cast({_dimension(metric, dim, engine)} as varchar)"
        given = [v for v in values if v != NONE]
        parts = [f"{column} in ({', '.join('?' * len(given))})"] if given else []
        if NONE in values:
            parts.append(f"{column} is null")
        conditions.append(f"({' or '.join(parts)})")
        params += given
    return conditions, params


def base(metric: Metric, scope: Scope, engine: DuckDBEngine) -> Base:
    """One row per member of the population: ticket_no, episode, dimensions d0.., v (NULL where left out), x (the rule's
    number, from 1), fid, w (weight, or what is counted once), p (the part's number, from 1), chance (the value by chance alone)."""
    as_of = scope.as_of or engine.data_until or datetime(9999, 1, 1)
    places = {**scope.options, "as_of": sources.stamp(as_of)}
    stored = metric.is_stored and scope.options == metric.defaults
    value = f"f.{identifier(metric.name)}" if stored else filled(metric.value, places)
    numerator, own = _chosen(metric, [w for w in scope.where if w[0] in metric.whole], engine)
    if numerator:   # what is asked for within the whole
        value = f"case when {' and '.join(numerator)} then {value} else 0 end"
    dims = [_dimension(metric, d, engine) for d in scope.by]
    if scope.week:
        dims.append("f.week_on" if metric.grain == "stock" else _dimension(metric, "week", engine))
    conditions, params = filters(metric, scope, engine)
    source = sources.source(metric, scope, as_of)
    if metric.rows and not stored:
        stay = " and r.stay_no = f.stay_no" if metric.grain == "stay" else ""
        source += f" left join ({filled(metric.rows, places)}) r on r.ticket_no = f.ticket_no and r.episode = f.episode{stay}"
    listed = "".join(f", {sql} as d{i}" for i, sql in enumerate(dims))
    names = [f"d{i}" for i in range(len(dims))]
    weight = metric.weight or metric.distinct
    more = "".join(f", {sql} as {name}" for name, sql in (("w", weight), ("p", _coded(metric.parts, places)), ("chance", filled(metric.chance or "", places))) if sql)
    inner = (f"select f.ticket_no, f.episode{listed}, {value} as raw_v, {_coded(metric.excluded, places) or 'cast(null as integer)'} as x, {metric.fidelity} as fid{more} "
             f"from {source} where {' and '.join(conditions)} and ({filled(metric.population, places)})")
    kept = "".join(f", {name}" for name, sql in (("w", weight), ("p", metric.parts), ("chance", metric.chance)) if sql)
    outer = f"select ticket_no, episode{''.join(', ' + n for n in names)}, case when x is null then raw_v end as v, x, fid{kept} from ({inner}) as members"
    return Base(outer, [*own, *params], names)


def _coded(conditions: dict[str, str], places: dict[str, Any]) -> str:
    """The number, from 1, of the first condition that holds."""
    whens = " ".join(f"when {filled(condition, places)} then {code}" for code, condition in enumerate(conditions.values(), 1))
    return f"case {whens} end" if whens else ""


def _aggregates(metric: Metric, rows: Base, scope: Scope) -> dict[str, str]:
    """Output column -> SQL over v."""
    if metric.kind == "duration":
        return {"quantiles": f"@quantiles(v, {', '.join(map(str, (metric.headline, *QUANTILES.values())))})", "mean": "avg(v)"}
    if metric.kind == "count":
        return {"value": "avg(v)", "total": "cast(sum(v) as bigint)"}
    if metric.kind == "share":
        w = "w" if metric.weight else "1"
        whole = f"sum(case when v is not null then {w} end)"
        if metric.whole:   # the whole comes with every row, see _with_whole
            whole = "max(whole)"
        by_chance = {"by_chance": "avg(case when v is not null then chance end)"} if metric.chance else {}
        return {"value": f"cast(sum(v * {w}) as double) / nullif({whole}, 0)", "numerator": f"cast(sum(v * {w}) as bigint)", "denominator": f"cast({whole} as bigint)", **by_chance}
    if metric.kind == "net":
        return {"value": "cast(coalesce(sum(v), 0) as bigint)", "total": "cast(coalesce(sum(v), 0) as bigint)"}
    if metric.kind in ("volume", "stock"):
        counted = "count(distinct case when v is not null then w end)" if metric.distinct else "count(v)"
        return {"value": counted, "total": counted}
    return {"value": metric.aggregate or "avg(v)"}


def show(engine: DuckDBEngine, metric: Metric, scope: Scope) -> list[dict[str, Any]]:
    """The rows of the `show` door: dimensions, week, value and what belongs to it, one row per group."""
    scope = check(metric, scope, engine)
    rows = base(metric, scope, engine)
    group = f" group by {', '.join(rows.dims)}" if rows.dims else ""
    aggregates = _aggregates(metric, rows, scope)
    rules, parts = list(metric.excluded), list(metric.parts)
    counts = [_number(metric, f"x = {code}") for code in range(1, len(rules) + 1)] + [_number(metric, f"v is not null and fid = {sql_text(f)}") for f in FIDELITIES]
    counts += [f"@countif({'v = 1' if metric.kind == 'share' else 'v is not null'} and p = {code})" for code in range(1, len(parts) + 1)]
    listed = [*rows.dims, _number(metric, "v is not null"), *aggregates.values(), *counts]
    source = f"({_cells(metric, rows) if metric.name == 'tail_ratio' else _with_whole(metric, rows, scope) if metric.whole else _ranked(metric, rows)}) as answered"
    _, found = engine.query(f"select {', '.join(listed)} from {source}{group}", rows.params)
    labels = [*scope.by, *(["week"] if scope.week else [])]
    names = [name for part in aggregates for name in (("value", *QUANTILES) if part == "quantiles" else (part,))]
    after = len(labels) + 1 + len(aggregates)   # where the rules' counts begin
    result = []
    for row in found:
        tickets, figures, counted = row[len(labels)], row[len(labels) + 1:after], row[after:]
        if "quantiles" in aggregates:   # a list of several, the first of the figures
            figures = (*(figures[0] or [None] * (1 + len(QUANTILES))), *figures[1:])
        answered = {label: _plain(d) for label, d in zip(labels, row, strict=False)}
        answered |= _enough(metric, tickets, dict(zip(names, figures, strict=True)))
        answered |= {"tickets": tickets, "excluded": {rule: n for rule, n in zip(rules, counted, strict=False) if n},
                     "fidelity": {f: n for f, n in zip(FIDELITIES, counted[len(rules):], strict=False) if n}}
        if parts:
            answered["parts"] = dict(zip(parts, counted[len(rules) + len(FIDELITIES):], strict=True))
        result.append(answered)
    if metric.kind == "spread" or (metric.kind == "duration" and not scope.week):   # by weeks a duration is read as a line, and its intervals would cost twice the question
        order_statistics.add_intervals(engine, metric, rows, labels, result)
    if metric.kind == "stock" and scope.week and not scope.by:   # a week in which nothing was open is a zero, not a gap
        known = {row["week"] for row in result}
        weeks = engine.query(sources.weeks(scope, scope.as_of or engine.data_until or datetime(9999, 1, 1)))[1]
        result += [{"week": w.isoformat(), "value": 0, "total": 0, "tickets": 0, "excluded": {}, "fidelity": {}} for w, _ in weeks if w.isoformat() not in known]
    if metric.per:
        result = ratio.divided(engine, metric, scope, result)
    return sorted(result, key=lambda r: tuple((r[label] is None, str(r[label]).zfill(2) if label == "hour" else str(r[label])) for label in labels))


def _number(metric: Metric, condition: str) -> str:
    """SQL of how many contacts meet it; where a contact has stays, turns or promises of its own, how many of them. What people did there are no parts of it."""
    return f"count(distinct case when {condition} then ticket_no * 10000 + episode end)" if metric.grain == "act" else f"@countif({condition})"


def _enough(metric: Metric, tickets: int, figures: dict[str, Any]) -> dict[str, Any]:
    """Figures that so few tickets can carry; the others are NULL, their count is still shown."""
    if metric.kind in ("volume", "stock", "net"):
        return figures
    if tickets < metric.min_tickets:
        figures["value"] = None
    for name, needed in (("p90", P90_NEEDS), ("p95", P95_NEEDS)):
        if name in figures and tickets < needed:
            figures[name] = None
    for name, value in figures.items():
        if isinstance(value, float):
            figures[name] = round(value, 6)
    return figures


def _ranked(metric: Metric, rows: Base) -> str:
    """The rows; for the spread family also their rank, number and median within the group."""
    if metric.kind != "spread":
        return rows.sql
    part = f"partition by {', '.join(rows.dims)}" if rows.dims else ""
    return (f"select *, row_number() over ({part} order by v nulls last) as rn, count(v) over ({part}) as n, "
            f"@quantile(v, 0.5) over ({part}) as med from ({rows.sql}) as r")


def alike(rows: Base) -> str:
    """The rows beside what makes contacts alike: reason, queue and channel."""
    return rows.sql.replace("select ticket_no, episode", "select ticket_no, episode, reason, queue, channel", 1).replace(
        "select f.ticket_no, f.episode", "select f.ticket_no, f.episode, f.reason, f.queue, f.channel", 1)


def _cells(metric: Metric, rows: Base) -> str:
    """Like for like: one row per contact with the ratio of its own cell (v) and its own value; cells too small are left out."""
    dims = "".join(d + ", " for d in rows.dims)
    part = f"partition by {dims}reason, queue, channel"
    return (f"select ticket_no, episode, {dims}fid, own, case when n >= {P90_NEEDS} and p50 > 0 then p90 / p50 end as v, "
            f"case when x is null and (n < {P90_NEEDS} or p50 = 0) then {list(metric.excluded).index('too few like it') + 1} else x end as x "
            f"from (select ticket_no, episode, {dims}fid, v as own, x, case when x is null then count(v) over ({part}) end as n, "
            f"@quantile(v, 0.9) over ({part}) as p90, @quantile(v, 0.5) over ({part}) as p50 from ({alike(rows)}) as r) as c")


def _with_whole(metric: Metric, rows: Base, scope: Scope) -> str:
    """The rows, each with what its share is a share of: all with a value, over the dimensions that do not name the part."""
    across = [d for name, d in zip([*scope.by, "week"], rows.dims, strict=False) if name not in metric.whole]
    weight = "w" if metric.weight else "1"
    return f"select *, sum(case when v is not null then {weight} end) over ({'partition by ' + ', '.join(across) if across else ''}) as whole from ({rows.sql}) as r"


def tickets(engine: DuckDBEngine, metric: Metric, scope: Scope, limit: int | None = None) -> list[dict[str, Any]]:
    """Every episode behind the number, zeros included, NULL where a rule leaves it out (`rule` says which)."""
    for name in scope.by:   # a list is not split; what is no dimension is said all the same
        _dimension(metric, name, engine)
    scope = check(metric, replace(scope, by=(), week=False), engine)
    rows = base(metric, scope, engine)
    cut = f" limit {int(limit)}" if limit else ""
    behind = f"select ticket_no, episode, case when x is null then own end as v, x from ({_cells(metric, rows)}) as c" if metric.name == "tail_ratio" else rows.sql
    _, found = engine.query(f"select t.ticket_id, b.episode, b.v, b.x from ({behind}) as b join tickets t on t.ticket_no = b.ticket_no "
                            f"order by b.v desc nulls last, t.ticket_id, b.episode{cut}", rows.params)
    rules = list(metric.excluded)
    return [{"ticket_id": t, "episode": e, "value": _plain(v), "rule": rules[x - 1] if x else None} for t, e, v, x in found]


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
