"""What the ratios of the catalog are divided by: a sum over the same period and filters, never an average of ratios.

Each gives a number per group. Dimensions that the divisor does not have do not split it: contacts of one reason are
counted per 100 orders, not per 100 orders of that reason.
"""
from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from metrics.engine import sources
from metrics.engine.engines import DuckDBEngine
from metrics.engine.metric import Metric, catalog, filled
from metrics.engine.scope import NONE, Scope
from warehouse.sql import json_path

# The days on which a measure is known, and its amount of each: a figure holds until the next one, the last as long as the
# one before it, none longer than 31 days. Orders are spread over those days; customers count as customer-weeks.
MEASURE_DAYS = """
    select d.on_date as on_day, m.dimensions, case when '{measure}' = 'orders' then m.value / s.days else m.value / 7.0 end as amount
    from (select on_date, case when days > 31 then 31 else days end as days
          from (select on_date, coalesce(@days(on_date, lead(on_date) over (order by on_date)), @days(lag(on_date) over (order by on_date), on_date), 1) as days
                from (select distinct on_date from measures where name = '{measure}' and value is not null) as dates) as spans) s
    join measures m on m.on_date = s.on_date and m.name = '{measure}' and m.value is not null
    join local_days d on d.on_date >= s.on_date and @days(s.on_date, d.on_date) < s.days"""
SCALE = {"measure": 100}

Groups = dict[tuple, float]   # what the dimensions and the week of a row of `show` are -> divisor


def divided(engine: DuckDBEngine, metric: Metric, scope: Scope, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with numerator, denominator and their ratio; NULL where there is nothing to divide by."""
    by, found = {"agent_weeks": _agent_weeks, "departures": _departures, "measure": _measure}[metric.per or ""](engine, metric, scope)
    for row in rows:
        divisor = found.get(tuple(row[label] for label in by))
        row["numerator"] = row["tickets"] if row["value"] is not None else None
        row["denominator"] = round(divisor, 6) if divisor is not None else None
        row["value"] = round(SCALE.get(metric.per or "", 1) * row["tickets"] / divisor, 6) if divisor and row["tickets"] >= metric.min_tickets else None
    return rows


def _grouped(engine: DuckDBEngine, sql: str, params: list[Any]) -> Groups:
    return {tuple(k.isoformat() if hasattr(k, "isoformat") else k for k in row[:-1]): row[-1] for row in engine.query(sql, params)[1]}


def _labels(scope: Scope) -> list[str]:
    return [*scope.by, *(["week"] if scope.week else [])]


def _agent_weeks(engine: DuckDBEngine, metric: Metric, scope: Scope) -> tuple[list[str], Groups]:
    """People at work, counted once in each week in which they were."""
    from metrics.engine.query import base
    active = replace(catalog()["active_agents"], distinct="f.agent_id || ' ' || cast(f.arrived_week as varchar)")
    rows = base(active, replace(scope, options={}), engine)
    listed = "".join(d + ", " for d in rows.dims)
    group = f" group by {', '.join(rows.dims)}" if rows.dims else ""
    return _labels(scope), _grouped(engine, f"select {listed}count(distinct w) from ({rows.sql}) as r{group}", rows.params)


def _departures(engine: DuckDBEngine, metric: Metric, scope: Scope) -> tuple[list[str], Groups]:
    """Contacts settled per week, over the four weeks before the instant of the stock."""
    from metrics.engine.query import _dimension, filters
    as_of = scope.as_of or engine.data_until or datetime(9999, 1, 1)
    dims = [_dimension(metric, d, engine) for d in scope.by] + (["f.week_on"] if scope.week else [])
    conditions, params = filters(metric, scope, engine)
    listed = "".join(d + ", " for d in dims)
    group = f" group by {', '.join(dims)}" if dims else ""
    return _labels(scope), _grouped(engine, f"select {listed}count(*) * 7.0 / {sources.PACE_DAYS} from {sources.pace(scope, as_of)} "
                                            f"where {' and '.join(conditions)} and f.handled_by <> 'bot_only'{group}", params)


def _measure(engine: DuckDBEngine, metric: Metric, scope: Scope) -> tuple[list[str], Groups]:
    """The loaded measure, day by day; split and filtered by those of its own dimensions that are asked for."""
    known = set(engine.names_in("measures"))
    by = [d for d in scope.by if d in known]
    columns = [f"@json_text(m.dimensions, {json_path(d)})" for d in by] + (["@week(m.on_day)"] if scope.week else [])
    conditions, params = ["true"], []
    for name in known & {d for d, _ in scope.where}:
        values = [v for d, v in scope.where if d == name and v != NONE]
        conditions.append(f"@json_text(m.dimensions, {json_path(name)}) in ({', '.join('?' * len(values))})" if values else "false")
        params += values
    for bound, sign in ((scope.from_on, ">="), (scope.to_on, "<")):
        if isinstance(bound, date):
            conditions.append(f"m.on_day {sign} date '{bound.isoformat()}'")
    listed = "".join(c + ", " for c in columns)
    group = f" group by {', '.join(columns)}" if columns else ""
    days = f"({filled(MEASURE_DAYS, scope.options)}) as m"
    return [*by, *(["week"] if scope.week else [])], _grouped(engine, f"select {listed}sum(m.amount) from {days} where {' and '.join(conditions)}{group}", params)
