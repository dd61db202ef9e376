"""Is this number as it usually is, week by week?

XmR chart of one metric (--option metric=NAME, default settled_within) in scope: center and limits from the first 13 full weeks (at
least 8), on the scale of engine/limits.py, frozen from then on and re-set only at a decision on that metric in that scope:
once 8 full weeks lie behind the decision its own baseline starts, until then the old limits stand and show what it did. A
signal is a week outside the limits, or the eighth in a row on one side of the center. The weeks the limits were learned from
are not judged by them; nor is a week that has not ended or in which the data began (partial), or whose window is not over (immature). A week between the
first and the end of what the sources tell in which nothing happened has its row: no contacts are a number, the median of none is
not known. With --by one chart per group.
"""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from metrics.engine import asking, query
from metrics.engine.decisions import parse
from metrics.engine.engines import DuckDBEngine
from metrics.engine.limits import BLOCK, ENOUGH, IMMATURE, Range, usual
from metrics.engine.metric import Metric, Option, Planted, catalog
from metrics.engine.scope import Scope, ScopeProblem

AFTER_ALL = date(9999, 1, 4)
RUN = 8
COLUMNS = {
    "where": "the group, DIM=VALUE joined by blanks; empty = all", "week": "Monday of the week", "value": "the metric in that week", "low": "lower limit", "high": "upper limit",
    "center": "middle of the baseline", "signal": "above or below: outside the limits; run above, run below: the eighth week or later on one side of the center; NULL else",
    "partial": "the week has not ended, or the data began in it", "immature": "the metric's window is not over", "tickets": "contacts with a value",
    "baseline": "the week is one the limits were learned from",
    "decision": "the decision from which on these limits hold",
}
OPTIONS: dict[str, Option] = {"metric": Option("settled_within", "name of the metric")}


def _weekly(number: Callable[[int], int], weeks: int) -> Callable[[], str]:
    """So many contacts in each week, on Mondays."""
    def written() -> str:
        lines = [f"T{w}x{i} +{7 * w}d 09:{i:02} created" for w in range(weeks) for i in range(number(w))]
        return "\n".join([*lines, f"END +{7 * weeks - 1}d 23:00 created by ana"])
    return written


_QUIET = (20, 22, 18, 21, 19, 20, 23, 18, 20, 21, 19, 22, 20, 21)
_CONTACTS: dict[str, Any] = {"options": {"metric": "contacts"}}
SPLITS = ("by", "week")
EXAMPLES = (
    Planted(says="Fourteen like weeks, then one with twice the contacts: above. The week before is inside.", events=_weekly(lambda w: (*_QUIET, 45)[w], 15), scope=_CONTACTS,
            finds=({"week": "2025-09-15", "value": 45, "signal": "above", "baseline": False}, {"week": "2025-09-08", "signal": None, "baseline": False})),
    Planted(says="A decision and eight weeks behind it: the limits are those of the new level, and say whose.",
            events=_weekly(lambda w: _QUIET[w % 14] + (30 if w >= 14 else 0), 24), scope=_CONTACTS,
            decisions=({"decided_on": date(2025, 9, 15), "what": "Shop opens", "metric": "contacts"},),
            finds=({"week": "2025-11-17", "signal": None, "decision": "Shop opens", "baseline": True}, {"week": "2025-09-08", "decision": None, "signal": None})),
    Planted(says="Nobody came in the fourteenth week: none, which is below. Of the week after there is a number again.",
            events=_weekly(lambda w: (*_QUIET[:13], 0, 20)[w], 15), scope=_CONTACTS,
            finds=({"week": "2025-09-08", "value": 0, "tickets": 0, "signal": "below"}, {"week": "2025-09-15", "value": 20, "signal": None}), rows=15),
    Planted(says="Of no contacts the middle time is not known, and their week has its row.",
            events="T1 09:00 created\nT1 10:00 resolved by ana\nT2 +14d 09:00 created\nT2 +14d 11:00 resolved by ana", scope={"options": {"metric": "resolution_time"}},
            finds=({"week": "2025-06-09", "value": 3600}, {"week": "2025-06-16", "value": None, "tickets": 0}, {"week": "2025-06-23", "value": 7200}), rows=3),
    Planted(says="Settled, its tool says, half a year before it began: no row for that week.", scope={"options": {"metric": "resolution_time"}},
            tickets={"T1": {"created_at": "2025-06-09 09:00", "resolved_at": "2025-01-06 09:00", "state": "resolved"}},
            events="T1 09:30 agent_message by ana\nT2 09:00 created\nT2 10:00 agent_message by ana\nT2 10:00 resolved by ana",
            finds=({"week": "2025-06-09", "value": 3600, "tickets": 1},), rows=1),
    Planted(says="Five weeks: values, no limits yet.", events=_weekly(lambda w: 20, 5), scope=_CONTACTS, finds=({"week": "2025-06-30", "value": 20, "low": None, "signal": None},)),
)


def ask(engine: DuckDBEngine, scope: Scope) -> list[dict[str, Any]]:
    """One row per group and week, in order."""
    name = asking.options(scope, OPTIONS)["metric"]
    if name not in catalog():
        raise ScopeProblem(f"no metric '{name}'")
    metric = catalog()[name]
    weeks = asking.weeks(engine, asking.undated(scope))
    over, told = {w.on: w.is_full for w in weeks}, _told(engine, scope, weeks)
    groups: dict[tuple, list[dict[str, Any]]] = {}
    for row in query.show(engine, metric, replace(scope, options={}, week=True, from_on=None, to_on=None)):
        if row["week"] is not None and weeks and row["week"] >= weeks[0].on.isoformat():   # an impossible end makes no week before the data begin
            groups.setdefault(tuple(row[d] for d in scope.by), []).append(row)
    decided = engine.query("select decided_on, what, scope from decisions where metric = ? order by decided_on, what", [name])[1]
    answer = []
    for values, rows in groups.items():
        rows += _silent(metric, told, {row["week"] for row in rows})
        own = {*scope.where, *((d, str(v)) for d, v in zip(scope.by, values, strict=True))}
        decisions = [(on, what) for on, what, told in decided if set(parse(told)) <= own]
        answer += [r | {"where": asking.where(scope.by, values)} for r in _chart(metric, rows, over, decisions)]
    return asking.table([r for r in answer if (scope.from_on is None or r["week"] >= scope.from_on) and (scope.to_on is None or r["week"] < scope.to_on)], COLUMNS)


def _told(engine: DuckDBEngine, scope: Scope, weeks: Sequence[asking.Week]) -> list[date]:
    """The weeks that the sources in scope tell of: to the end of the one that tells the longest."""
    asked = [value for name, value in scope.where if name == "source"]
    until = engine.query("select max(until_at) from coverage" + (f" where source in ({', '.join('?' * len(asked))})" if asked else ""), asked)[1][0][0]
    return [w.on for w in weeks if until and w.starts_at <= until]


def _silent(metric: Metric, told: Sequence[date], known: set[str]) -> list[dict[str, Any]]:
    """Rows of the weeks, from a group's first on, in which nothing of it happened."""
    value = 0 if metric.kind == "volume" else None
    return [{"week": w.isoformat(), "value": value, "tickets": 0, "excluded": {}} for w in told if min(known) < w.isoformat() not in known]


def _chart(metric: Metric, rows: list[dict[str, Any]], over: dict[date, bool], decisions: list[tuple[date, str]]) -> list[dict[str, Any]]:
    known = [(date.fromisoformat(r["week"]), r) for r in rows]
    known.sort(key=lambda k: k[0])
    settled = [(w, r) for w, r in known if over.get(w) and not r["excluded"].get(IMMATURE) and r["value"] is not None]
    phases: list[tuple[date, str | None, Range, set[date]]] = []
    for since, what in [(date.min, None), *decisions]:
        learned = [(w, r) for w, r in settled if w >= since][:BLOCK]
        if len(learned) >= ENOUGH and (found := usual(metric, learned, AFTER_ALL)):
            phases.append((since, what, found, {w for w, _ in learned}))
    result, run = [], 0
    for week, row in known:
        partial, immature = not over.get(week, False), bool(row["excluded"].get(IMMATURE))
        said: dict[str, Any] = {"week": week, "value": row["value"], "tickets": row["tickets"], "partial": partial, "immature": immature, "baseline": False}
        phase = next((p for p in reversed(phases) if p[0] <= week), None)
        if phase:
            _, what, limits, learned_from = phase
            said |= {"low": limits.low, "high": limits.high, "center": limits.center, "baseline": week in learned_from, "decision": what}
            if not (partial or immature or said["baseline"] or row["value"] is None):
                side = (row["value"] > limits.center) - (row["value"] < limits.center)
                run = run + side if run * side > 0 else side
                word = "above" if side > 0 else "below"
                if not limits.low <= row["value"] <= limits.high:
                    said["signal"] = word
                elif abs(run) >= RUN:
                    said["signal"] = f"run {word}"
        result.append(said)
    return result
