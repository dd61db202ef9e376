"""How many contacts will come next week, and what will the backlog be then?

Contacts that customers start, per day of the seven days after the last full week and in all: a level smoothed over the past
weeks (a quarter of the weight on the newest), spread by the mean profile of the weekdays of the last 8. The range holds 8 times in 10: it
is made of how far the same forecast was off in the past weeks (engine/forecast.py), and `held` says how often ranges made so
have held. Days on which the default schedule is closed (holidays) tell nothing of their weekday; a closed day ahead is
forecast as the mean part of a usual day that came on closed days so far. Backlog: the open contacts at the end of the last full week, those an
agent started too, settled ones whose end is not known not,
plus the smoothed weekly net flow, with a range of the same kind. From 15 full weeks on; before that only how many there are.
"""
from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import numpy as np

from metrics.engine import asking
from metrics.engine.engines import DuckDBEngine
from metrics.engine.forecast import FIRST, LEAST_TESTS, PROMISED, SMOOTHING, ahead, reach
from metrics.engine.limits import WEEK
from metrics.engine.metric import Option, Planted
from metrics.engine.scope import Scope

COLUMNS = {
    "level": "day, total (of the week) or backlog (at its end)", "on": "the day; for total and backlog the Monday",
    "weekday": "1 = Monday .. 7 = Sunday", "expected": "expected number",
    "low": f"lower end of the range that holds {PROMISED:.0%} of the time", "high": "upper end", "is_closed": "the default schedule is closed that day",
    "now": "for total the last full week, for backlog the open contacts now", "held": "share of past weeks in which such a range held", "tests": "past weeks it was tried on",
    "weeks": "full weeks known", "sentence": "in a sentence, for total and backlog",
}
OPTIONS: dict[str, Option] = {}


def _steady(weeks: int) -> str:
    """Ten contacts on each Monday, two on each other day, all settled the next hour."""
    lines = []
    for day in range(7 * weeks):
        for i in range(10 if day % 7 == 0 else 2):
            lines += [f"T{day}x{i} +{day}d 09:{i:02} created", f"T{day}x{i} +{day}d 10:{i:02} resolved by ana"]
    return "\n".join([*lines, f"T{7 * weeks - 1}x0 +{7 * weeks - 1}d 23:00 internal_note by ana"])


EXAMPLES = (
    Planted(says="The same 22 contacts every week, ten of them on Mondays: so will the next be, and no backlog.", events=lambda: _steady(16),
            finds=({"level": "day", "on": "2025-09-29", "weekday": 1, "expected": 10, "low": 10, "high": 10}, {"level": "day", "weekday": 2, "expected": 2},
                   {"level": "total", "expected": 22, "now": 22, "held": 1}, {"level": "backlog", "expected": 0}), rows=9),
    Planted(says="Two that an agent began are in the backlog, and no contacts to come; one that was settled, nobody knows when, is not open.",
            events=lambda: _steady(16) + "\nP1 09:00 created by agent ana\nP2 09:00 created by agent ana", tickets={"Q1": {"created_at": "2025-06-09 09:00", "state": "closed"}},
            finds=({"level": "total", "now": 22}, {"level": "backlog", "now": 2})),
    Planted(says="Five weeks: too few for a range.", events=lambda: _steady(5), finds=({"level": "total", "expected": None, "weeks": 5},), rows=1),
    Planted(says="A week that has not ended does not count as a slow one.", events=lambda: _steady(16) + "\nN1 +112d 09:00 created\nN1 +112d 09:30 resolved by ana",
            finds=({"level": "total", "expected": 22, "weeks": 16},)),
)


def ask(engine: DuckDBEngine, scope: Scope) -> list[dict[str, Any]]:
    """Seven days, their total, and the backlog at their end."""
    asking.options(scope, OPTIONS)
    over = [w for w in asking.weeks(engine, asking.undated(scope)) if w.is_full]
    sql, params = asking.contacts(engine, asking.undated(scope), ["f.arrived_on", "f.ended_on", "f.handled_by", "f.is_open", "f.is_proactive"], where="f.started_at is not null")
    came = dict(engine.query(f"select arrived_on, count(*) from ({sql}) as c where not is_proactive group by 1", params)[1])
    over = [w for w in over if came and w.on + WEEK > min(came)]
    n = len(over)
    if n < FIRST + LEAST_TESTS:
        sentence = f"{n} full weeks; a range needs {FIRST + LEAST_TESTS}."
        return asking.table([{"level": "total", "weeks": n, "sentence": sentence}], COLUMNS)
    first, monday = over[0].on, over[-1].on + WEEK
    counts = np.array([[came.get(w.on + timedelta(days=d), 0) for d in range(7)] for w in over], dtype=float)
    closed = _closed_days(engine)
    shut = np.array([[(w.on + timedelta(days=d)) in closed for d in range(7)] for w in over])
    found = ahead(np.where(shut, np.nan, counts))
    usual = np.nanmean(np.where(shut, np.nan, counts), axis=0)
    on_closed = counts[shut].sum() / max(usual[np.nonzero(shut)[1]].sum(), 1) if shut.any() else 1.0
    rows, total = [], list(found.total)
    for d in range(7):
        day = monday + timedelta(days=d)
        part = on_closed if day in closed else 1.0
        rows.append({"level": "day", "on": day, "weekday": d + 1, "expected": found.days[d] * part, "low": found.low[d] * part, "high": found.high[d] * part,
                     "is_closed": day in closed})
        total = [t - (1 - part) * found.days[d] for t in total]
    about = {"on": monday, "weeks": n}
    last = int(counts[-1].sum())
    rows.append({"level": "total", "expected": total[0], "low": max(total[1], 0.0), "high": total[2], "now": last, "held": found.held, "tests": found.tests, **about,
                 "sentence": f"{total[0]:,.0f} contacts expected ({max(total[1], 0):,.0f} to {total[2]:,.0f}), {last:,} in the last full week."})
    left = dict(engine.query(f"select ended_on, count(*) from ({sql}) as c where ended_on is not null and handled_by <> 'bot_only' group by 1", params)[1])
    served = dict(engine.query(f"select arrived_on, count(*) from ({sql}) as c where handled_by <> 'bot_only' and (is_open or ended_on is not null) group by 1", params)[1])
    end_before = sum(v for d, v in served.items() if d < first) - sum(v for d, v in left.items() if d < first)
    net = np.array([sum(served.get(w.on + timedelta(days=d), 0) - left.get(w.on + timedelta(days=d), 0) for d in range(7)) for w in over], dtype=float)
    return asking.table([*rows, {"level": "backlog", **about, **_backlog(net, end_before)}], COLUMNS)


def _backlog(net: np.ndarray, before: int) -> dict[str, Any]:
    """The stock at the end of the coming week: the stock now plus the smoothed net flow."""
    def level(values: np.ndarray) -> float:
        found = float(values[:FIRST].mean())
        for value in values[FIRST:]:
            found += SMOOTHING * (value - found)
        return found
    errors = np.array([net[w] - level(net[:w]) for w in range(FIRST, len(net))])
    low, high = reach(errors)
    tried = [(errors[i], reach(errors[:i])) for i in range(LEAST_TESTS, len(errors))]
    now, step = before + int(net.sum()), level(net)
    expected, least, most = (max(now + step + e, 0.0) for e in (0.0, low, high))
    return {"expected": expected, "low": least, "high": most, "now": now, "held": float(np.mean([a <= e <= z for e, (a, z) in tried])) if tried else None, "tests": len(tried),
            "sentence": f"Backlog {now:,} now, {expected:,.0f} expected a week on ({least:,.0f} to {most:,.0f})."}


def _closed_days(engine: DuckDBEngine) -> set:
    """Weekdays closed although the default schedule is open on that weekday: holidays."""
    name = engine.settings.get("default_schedule")
    if not name:
        return set()
    rows = engine.query("select on_date, close1 > open1 from calendar where schedule = ?", [name])[1]
    opened: dict[int, list[bool]] = {}
    for on, is_open in rows:
        opened.setdefault(on.weekday(), []).append(is_open)
    return {on for on, is_open in rows if not is_open and sum(opened[on.weekday()]) > math.floor(len(opened[on.weekday()]) / 2)}
