"""The weeks a list of changes is made of: those asked for, else the last 13 full weeks in which contacts came as usual."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from metrics.engine import asking
from metrics.engine.engines import DuckDBEngine
from metrics.engine.limits import WEEK
from metrics.engine.scope import Scope

WEEKS, USUAL = 13, 0.25


def looked_at(engine: DuckDBEngine, scope: Scope) -> tuple[Scope, float]:
    """The scope with its period, and its length in weeks: 0 where nothing can be looked at. Only weeks that are told and over count: hours a
    week that were divided by weeks before the data begin would be too few."""
    known = [w.on for w in asking.weeks(engine, scope) if w.is_full]
    if not known:
        return scope, 0
    until = min(scope.to_on or known[-1] + WEEK, known[-1] + WEEK)
    if scope.from_on is None and scope.to_on is None:
        until = _last_usual(engine, scope, known) + WEEK
    first = max(known[0], scope.from_on or until - WEEKS * WEEK)
    return replace(scope, from_on=first, to_on=until), max(0.0, (until - first) / WEEK)


def last_day(scope: Scope) -> date:
    """The last day of a scope that has an end."""
    return scope.to_on - timedelta(days=1)


def _last_usual(engine: DuckDBEngine, scope: Scope, mondays: Sequence[date]) -> date:
    """The last week; where the last weeks hold less than a quarter of the usual number (that of the week of the median contact), the last to
    which at least a quarter came."""
    contacts, params = asking.contacts(engine, scope, ["f.arrived_week"])
    counted = dict(engine.query(f"select arrived_week, count(*) from ({contacts}) c where arrived_week is not null group by arrived_week", params)[1])
    told = sorted(counted.get(monday, 0) for monday in mondays)
    usual = told[int(np.searchsorted(np.cumsum(told), sum(told) / 2))]
    if not usual or sum(counted.get(monday, 0) for monday in mondays[-WEEKS:]) >= USUAL * usual * min(WEEKS, len(mondays)):
        return mondays[-1]
    return max(monday for monday in mondays if counted.get(monday, 0) >= USUAL * usual)
