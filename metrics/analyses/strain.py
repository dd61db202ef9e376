"""Does the service bend under load: are weeks with more arrivals per person slower, with more hands and fewer promises kept?

Per week of arrival, contacts a person touched or that wait for one: load = arrivals per active agent (people who wrote in or took up a
contact in that week, here of UTC; never listed); Kaplan-Meier median and p90 of resolution_time; hands per contact (handoffs + 1);
the share settled within the promised time (--option promise_hours, default the settings' resolution target, else 120). And the same median for simple work alone:
contacts settled with one reply at most, no handoff and no reopening, of reasons in which most contacts are so. If even these
slow down under load it is waiting, not harder work. Slope: change of each number in per cent (for promise_kept in points)
per 10 % more load: on logarithms, the trend over the weeks taken out, the median of the slopes between all pairs of full weeks without a
holiday whose promise is due (Theil and Sen: one extraordinary week does not tilt it), with its 95 % interval. From 8 such weeks on.
"""
from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

from metrics.consistency.promise_kept import promised_hours
from metrics.engine import asking
from metrics.engine.cohorts import open_days
from metrics.engine.engines import DuckDBEngine
from metrics.engine.intervals import slope, without_trend
from metrics.engine.limits import ENOUGH
from metrics.engine.metric import Option, Planted
from metrics.engine.query import P90_NEEDS
from metrics.engine.scope import Scope
from metrics.engine.sources import stamp
from metrics.engine.survival import quantiles_sql

NUMBERS = ("median_seconds", "p90_seconds", "hands", "promise_kept", "simple_median_seconds")
COLUMNS = {
    "level": "slope (of one number over load) or week", "what": "for slope, the number", "slope": "for slope: change in per cent (promise_kept: points) per 10 % more load",
    "low": "lower end of its 95 % interval", "high": "upper end", "weeks": "for slope, weeks it was found in", "week": "Monday", "arrivals": "contacts that arrived",
    "active_agents": "people who wrote in or took up a contact", "load": "arrivals per active agent", "median_seconds": "Kaplan-Meier median of resolution_time",
    "p90_seconds": f"p90 (from {P90_NEEDS} contacts)", "hands": "mean holders per contact",
    "promise_kept": "share settled within the promised time; NULL while it is not due for all",
    "simple_median_seconds": "median of simple one-touch contacts", "simple": "how many of these", "is_due": "full week without a holiday whose promise is due: used for the slope",
    "sentence": "for slope, in a sentence",
}
OPTIONS: dict[str, Option] = {"promise_hours": Option(120, "promised calendar hours to settlement")}


def _loads(minutes: dict[int, int]) -> str:
    """Twelve weeks of ten or twenty contacts for one agent, each settled after the minutes told for that number."""
    lines = []
    for week in range(12):
        n = (10, 20, 14)[week % 3]
        for i in range(n):
            ends = minutes[n] + week % 2
            lines += [f"T{week}x{i} +{7 * week + i % 5}d 09:00 created", f"T{week}x{i} +{7 * week + i % 5}d 09:00 assigned ana",
                      f"T{week}x{i} +{7 * week + i % 5}d {9 + ends // 60:02}:{ends % 60:02} resolved by ana"]
    return "\n".join([*lines, "END +97d 09:00 created"])


EXAMPLES = (
    Planted(says="Times as long as the load is high: 10 % more load, 10 % longer.", events=lambda: _loads({10: 100, 14: 140, 20: 200}),
            finds=({"level": "slope", "what": "median_seconds", "slope": (9.4, 10.5), "weeks": 12},
                   {"level": "week", "week": "2025-06-16", "load": 20, "hands": 1, "promise_kept": 1})),
    Planted(says="The same times under any load: no strain.", events=lambda: _loads({10: 100, 14: 100, 20: 100}),
            finds=({"level": "slope", "what": "median_seconds", "slope": (-0.3, 0.3), "low": (-2, 0), "high": (0, 2)},)),
    Planted(says="Ana has held one since last week; in this week it only moves on while Ben takes up another: one active agent each week.",
            events="T1 09:00 created\nT1 09:00 assigned ana\nT1 +7d 10:00 customer_message\nT1 +7d 10:00 state_changed waiting_internal by system\n"
                   "T2 +7d 09:00 created\nT2 +7d 09:05 assigned ben\nT2 +7d 11:00 resolved by ben\nT3 +14d 09:00 created",
            finds=({"level": "week", "week": "2025-06-09", "active_agents": 1, "load": 1}, {"level": "week", "week": "2025-06-16", "active_agents": 1, "load": 1})),
    Planted(says="Two weeks: the weeks, and no slope.", events="T1 09:00 created\nT1 09:00 assigned ana\nT1 10:00 resolved by ana\nT2 +14d 09:00 created",
            finds=({"level": "week", "week": "2025-06-09", "load": 1, "median_seconds": 3600}, {"level": "slope", "what": "hands", "slope": None, "weeks": 1})),
)


def ask(engine: DuckDBEngine, scope: Scope) -> list[dict[str, Any]]:
    """The slopes, then the weeks in order."""
    chosen = asking.options(scope, OPTIONS)["promise_hours"]
    promise = chosen if "promise_hours" in scope.options else promised_hours(engine.settings) or chosen
    until = asking.as_of(engine, scope)
    weeks = [w for w in asking.weeks(engine, asking.undated(scope)) if (not scope.from_on or w.on >= scope.from_on) and (not scope.to_on or w.on < scope.to_on)]
    now = stamp(until)
    settled = f"f.ended_at is not null and f.ended_at <= {now}"
    waited = f"case when {settled} then @secs(f.started_at, f.ended_at) else @secs(f.started_at, {now}) end"
    sql, params = asking.contacts(engine, scope, [
        "f.ticket_no", "f.episode", "f.reason", "f.arrived_week as week", f"case when {settled} then 1 else 0 end as ended", f"{waited} as seconds",
        "f.handoffs", f"case when {settled} and f.replies <= 1 and f.message_fidelity = 'events' and f.handoffs = 0 and coalesce(f.reopens, 0) = 0 "
        "then 1 else 0 end as one_touch"],
        where=f"{asking.WAITING} and f.started_at <= {now} and (f.is_open or f.ended_at >= f.started_at)")
    counted = {w: rest for w, *rest in engine.query(
        f"select week, count(*), avg(handoffs + 1.0), avg(case when ended = 1 and seconds <= {promise * 3600} then 1.0 else 0.0 end) from ({sql}) as c group by week", params)[1]}
    times = {w: rest for w, *rest in engine.query(quantiles_sql(sql, ("week",), {"p50": 0.5, "p90": 0.9}), params)[1]}
    simple = {w: rest for w, *rest in engine.query(
        f"select week, @quantile(seconds, 0.5), count(*) from ({sql}) as c "
        f"join (select reason from ({sql}) as r group by reason having avg(one_touch) > 0.5) s on s.reason = c.reason where c.one_touch = 1 group by week", params * 2)[1]}
    agents = dict(engine.query(
        "select week_on, count(distinct person) from ("
        f"select week_on, person from (select @week(s.from_at) as week_on, s.holder_id as person, lag(s.holder_id) over (partition by s.ticket_no, s.episode order by s.from_at) "
        f"as before from ({sql}) as c join spells s on s.ticket_no = c.ticket_no and s.episode = c.episode) as h where before is null or before <> person union all "
        f"select @week(a.arrived_local), a.agent_id from ({sql}) as c join acts a on a.ticket_no = c.ticket_no and a.episode = c.episode) as p group by week_on", params * 2)[1])
    open_on = dict(zip((w.on for w in weeks), open_days(engine, weeks), strict=True))
    rows = []
    for w in weeks:
        n, hands, kept = counted.get(w.on, (0, None, None))
        due, people = until - w.until_at >= timedelta(hours=promise), agents.get(w.on, 0)
        median, p90 = times.get(w.on, (None, None))
        rows.append({"level": "week", "week": w.on, "arrivals": n, "active_agents": people, "load": n / people if people else None, "median_seconds": median,
                     "p90_seconds": p90 if n >= P90_NEEDS else None, "hands": hands, "promise_kept": kept if due else None,
                     "is_due": w.is_full and due and open_on[w.on] == max(open_on.values()),
                     "simple_median_seconds": simple.get(w.on, (None, 0))[0], "simple": simple.get(w.on, (None, 0))[1]})
    return asking.table([*(_slope(name, rows) for name in NUMBERS), *rows], COLUMNS)


def _slope(name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    is_share = name == "promise_kept"
    used = [r for r in rows if r["is_due"] and r["load"] and r[name] is not None and (is_share or r[name] > 0)]
    row: dict[str, Any] = {"level": "slope", "what": name, "weeks": len(used)}
    when = [i for i, r in enumerate(rows) if r in used]
    loads, numbers = [math.log(r["load"]) for r in used], [r[name] if is_share else math.log(r[name]) for r in used]
    found = slope(without_trend(loads, when), without_trend(numbers, when)) if len(used) >= ENOUGH else None
    if not found:
        return row
    step = math.log(1.1)
    middle, low, high = (100 * step * v if is_share else 100 * math.expm1(step * v) for v in found)
    words = "rises" if low > 0 else "falls" if high < 0 else "does not move with load beyond chance"
    size = f"{middle:+.1f} {'points' if is_share else '%'} per 10 % more load ({low:+.1f} to {high:+.1f}, {len(used)} weeks)"
    return row | {"slope": middle, "low": low, "high": high, "sentence": f"{name.removesuffix('_seconds').replace('_', ' ')}: {words}, {size}."}
