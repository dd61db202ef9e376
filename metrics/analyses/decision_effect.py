"""Did a decision do what it was meant to do, and what did an event of the business cost?

For each row of decisions: its metric by weeks in its scope, as a ratio to like scopes without the change (the other values
of the same dimension, of the same tool where the scope lies in one, without those that had a decision of their own on that
metric meanwhile). Effect = mean of the log ratio in up to 12 full weeks after, less that of up to 12 before, as a relative
change. Noise = the same sum at every placebo date whose weeks do not reach over the day (their standard deviation), never
less than the weeks' own moving ranges make it; the 95 % interval is Student's.

Verdict for our own decisions: works (the interval lies on the wanted side of no change); no effect (it holds no change and not
the change that was expected, or lies on the wrong side); too early (fewer than 4 full weeks after); cannot be told (fewer than
6 weeks before, a metric or scope that is not known, too few contacts, or an interval wide enough for both), with why. An event
of the business has a cost (contacts came in addition), none, or cannot be told: extra contacts = those that came less those that
would have come without it, in the weeks looked at; handling-hours as touched time per contact of that scope (estimated where
the source has no time entries); money by the rates of the settings.
"""
from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np

from metrics.engine import asking, query
from metrics.engine.cost import rates
from metrics.engine.decisions import parse
from metrics.engine.engines import DuckDBEngine
from metrics.engine.intervals import t_quantile
from metrics.engine.limits import WEEK, monday
from metrics.engine.metric import Metric, Option, Planted, catalog
from metrics.engine.scope import Scope, ScopeProblem

EARLY, LEAST_BEFORE, LEAST_CONTACTS = 4, 6, 10
COLUMNS = {
    "decided_on": "day it took effect", "what": "the decision", "who": "who decided", "kind": "ours, or business", "where": "its scope", "metric": "the metric it should move",
    "expected": "the change expected", "verdict": "works, no effect, too early, cannot be told; for business: cost, no effect, too early, cannot be told",
    "why": "why it is too early or cannot be told", "before": "mean weekly value before", "now": "mean weekly value after",
    "effect": "relative change against like scopes: -0.5 is half", "low": "lower end of its 95 % interval", "high": "upper end",
    "noise": "standard deviation of the same sum at placebo dates, as a log ratio",
    "placebos": "placebo dates", "controls": "like scopes without the change", "weeks_before": "full weeks before", "weeks_after": "full weeks after",
    "contacts": "contacts in scope after", "extra_contacts": "business: contacts that would not have come", "handling_hours": "business: our hours on them",
    "money": "business: what they cost", "currency": "of money", "basis": "estimated, or measured", "owner": "business: who owns the cause", "sentence": "in a sentence",
}
OPTIONS: dict[str, Option] = {"weeks": Option(12, "full weeks before and after that are looked at, at most")}


def _replies(minutes: Callable[[int, int], float], weeks: int = 20) -> Callable[[], str]:
    """12 contacts a week in Care and in Sales, answered after the minutes told (week, 0 = Care)."""
    def written() -> str:
        lines, rng = [], np.random.default_rng(8)
        for week in range(weeks):
            for queue, name in enumerate(("Care", "Sales")):
                for i in range(12):
                    after = round(minutes(week, queue) * math.exp(rng.normal(0, 0.25)))
                    ticket, day = f"T{queue}x{week}x{i}", f"+{7 * week + i % 5}d"
                    lines += [f"{ticket} {day} 09:00 created", f"{ticket} {day} 09:00 queued {name}",
                              f"{ticket} {day} {9 + after // 60:02}:{after % 60:02} agent_message by ana", f"{ticket} {day} 23:00 resolved by ana"]
        return "\n".join([*lines, f"END +{7 * weeks - 1}d 23:00 created"])
    return written


def _more() -> str:
    """12 contacts a week in Sales; in Care, over the vendor's first line, 12 and from the 13th week on 24, an hour's work each."""
    lines = []
    for week in range(20):
        for i in range(36 if week >= 12 else 24):
            ticket, day, queue = f"T{week}x{i}", f"+{7 * week + i % 5}d", "Sales" if i < 12 else "Care"
            lines += [f"{ticket} {day} 09:00 created", f"{ticket} {day} 09:00 queued {'Sales' if i < 12 else 'Front'}", f"{ticket} {day} 10:00 queued {queue}",
                      f"{ticket} {day} 10:00 assigned ana", f"{ticket} {day} 12:00 agent_message by ana", f"{ticket} {day} 12:00 resolved by ana"]
    return "\n".join([*lines, "END +139d 23:00 created"])


_PRICED = ('[queues."example:Front"]\nvendor = "Northwind"\n[work]\nseconds_per_reply = 3600\n[rates]\ncurrency = "EUR"\nhourly = 40.0\n'
           'vendors = { Northwind = 5.0 }')
_FASTER = {"what": "Answer first", "who": "Head of Care", "scope": "queue=Care", "metric": "first_response_time", "expected": "-50%"}
EXAMPLES = (
    Planted(says="Care answers in half the time from the day of the decision, Sales as ever: it works.",
            events=_replies(lambda week, queue: 60 if week >= 12 and queue == 0 else 120), decisions=({"decided_on": date(2025, 9, 1), **_FASTER},),
            finds=({"verdict": "works", "effect": (-0.6, -0.4), "controls": 1},), rows=1),
    Planted(says="Both queues become twice as fast in that week: it was not the decision.",
            events=_replies(lambda week, queue: 60 if week >= 12 else 120), decisions=({"decided_on": date(2025, 9, 1), **_FASTER},),
            finds=({"verdict": "no effect", "effect": (-0.2, 0.2)},), rows=1),
    Planted(says="Decided two weeks before the data's end: too early.", events=_replies(lambda week, queue: 120), decisions=({"decided_on": date(2025, 10, 13), **_FASTER},),
            finds=({"verdict": "too early", "weeks_after": 2, "effect": None},), rows=1),
    Planted(says="A release doubles what comes to Care: each extra contact costs the vendor's price and our hour, 45.", events=_more, settings=_PRICED,
            decisions=({"decided_on": date(2025, 9, 1), "what": "Release", "kind": "business", "scope": "queue=Care", "metric": "contacts"},),
            finds=({"verdict": "cost", "extra_contacts": (90, 98), "handling_hours": (90, 98), "money": (45 * 90, 45 * 98)},), rows=1),
    Planted(says="A balance has no relative change.", events=_replies(lambda week, queue: 120),
            decisions=({"decided_on": date(2025, 9, 1), "what": "Answer first", "scope": "queue=Care", "metric": "net_flow"},),
            finds=({"verdict": "cannot be told", "why": "net_flow is a balance, which may be nothing or less: no relative change"},), rows=1),
    Planted(says="A metric nobody has: it cannot be told, and why.", events="T1 09:00 created\nT1 10:00 resolved by ana",
            decisions=({"decided_on": date(2025, 6, 9), "what": "Smile", "scope": "queue=Care", "metric": "smiles"},),
            finds=({"verdict": "cannot be told", "why": "no metric 'smiles'"},), rows=1),
)


def ask(engine: DuckDBEngine, scope: Scope) -> list[dict[str, Any]]:
    """One row per decision, the newest last."""
    span = asking.options(scope, OPTIONS)["weeks"]
    told = engine.records("select decided_on, what, who, kind, scope, metric, expected from decisions order by decided_on, what")
    over = [w.on for w in asking.weeks(engine, asking.undated(scope)) if w.is_full]
    rows = []
    for decision in told:
        row = {**decision, "where": decision["scope"] or ""}
        try:
            row |= _judged(engine, scope, decision, told, over, span)
        except ScopeProblem as problem:
            row |= {"verdict": "cannot be told", "why": str(problem).partition(";")[0]}
        rows.append(row | {"sentence": _sentence(row)})
    return asking.table(rows, COLUMNS)


def _judged(engine: DuckDBEngine, scope: Scope, decision: dict[str, Any], told: list[dict[str, Any]], over: list[date], span: int) -> dict[str, Any]:
    where, metric = parse(decision["scope"]), catalog().get(decision["metric"] or "")
    if metric is None:
        raise ScopeProblem(f"no metric '{decision['metric']}'")
    if metric.kind in ("stock", "net") or not where:
        what = {"stock": "a stock", "net": "a balance, which may be nothing or less: no relative change"}.get(metric.kind)
        raise ScopeProblem("a scope (DIM=VALUE) with others beside it is needed" if not where else f"{metric.name} is {what}")
    start = monday(decision["decided_on"] + timedelta(days=6))    # the first week wholly after
    before, after = [w for w in over if w < monday(decision["decided_on"])][-span:], [w for w in over if w >= start][:span]
    row: dict[str, Any] = {"weeks_before": len(before), "weeks_after": len(after)}
    if len(after) < EARLY:
        return row | {"verdict": "too early", "why": f"full weeks since: {len(after)}, needed: {EARLY}"}
    if len(before) < LEAST_BEFORE:
        return row | {"verdict": "cannot be told", "why": f"full weeks before: {len(before)}, needed: {LEAST_BEFORE}"}
    target, controls = _series(engine, scope, metric, where, over, _own(told, decision, before[0], after[-1]))
    if target is None:
        return row | {"verdict": "cannot be told", "why": f"fewer than {LEAST_CONTACTS} contacts a week in that scope"}
    ratio = target[0] - _together(controls)
    places = {w: i for i, w in enumerate(over)}
    first, last = [places[w] for w in before], [places[w] for w in after]
    if np.isnan(ratio[first]).sum() > len(first) - LEAST_BEFORE or np.isnan(ratio[last]).sum() > len(last) - EARLY:
        return row | {"verdict": "cannot be told", "why": f"too many weeks with fewer than {LEAST_CONTACTS} contacts"}
    effect = np.nanmean(ratio[last]) - np.nanmean(ratio[first])
    noise, placebos = _noise(ratio, places[start], len(first), len(last), first)
    half = t_quantile(0.975, max(len(first) - 1, 3)) * noise
    expected = _expected(decision["expected"], metric)
    low, high, wanted = effect - half, effect + half, expected if expected else {"lower": -1.0, "higher": 1.0}.get(metric.better, 0.0)
    row |= {"effect": math.expm1(effect), "low": math.expm1(low), "high": math.expm1(high), "noise": noise, "placebos": placebos, "controls": len(controls),
            "before": _mean(target[1][first]), "now": _mean(target[1][last]), "contacts": int(np.nansum(target[2][last]))}
    if decision["kind"] == "business":
        row |= {"verdict": "cost" if low > 0 else "no effect" if high < math.log(1.25) or high < 0 else "cannot be told"}
        row |= _cost(engine, scope, decision, where, metric, effect, after) if row["verdict"] == "cost" else {}
    elif low > 0 or high < 0:
        row["verdict"] = "works" if effect * wanted > 0 else "no effect"
    else:
        row["verdict"] = "no effect" if expected and not low <= expected <= high else "cannot be told"
    if row["verdict"] == "cannot be told":
        row["why"] = "from week to week it moves too much: no change and the expected one are both possible"
    return row


def _own(told: list[dict[str, Any]], decision: dict[str, Any], low: date, high: date) -> set[tuple[tuple[str, str], ...]]:
    """Scopes with a decision of their own on that metric in those weeks."""
    return {parse(d["scope"]) for d in told if d is not decision and d["metric"] == decision["metric"] and low <= d["decided_on"] < high + WEEK}


def _series(engine: DuckDBEngine, scope: Scope, metric: Metric, where: tuple[tuple[str, str], ...], over: list[date],
            own: set[tuple[tuple[str, str], ...]]) -> tuple[tuple[np.ndarray, ...] | None, list[tuple[np.ndarray, ...]]]:
    """Log value, value and contacts by weeks: of the scope, and of each like scope (the first filter with another value)."""
    (dim, value), rest = where[0], where[1:]
    sql, params = asking.contacts(engine, Scope(where=(*scope.where, *where)), ["f.source"])
    sources = engine.query(f"select source, count(*) as n from ({sql}) as c group by source order by n desc, source", params)[1]
    one_tool = sources and sources[0][1] >= 0.9 * sum(n for _, n in sources) and dim != "source"
    asked = Scope(where=(*scope.where, *rest, *((("source", sources[0][0]),) if one_tool else ())), by=(dim,), week=True)
    found: dict[str, tuple[np.ndarray, ...]] = {}
    places = {w.isoformat(): i for i, w in enumerate(over)}
    for r in query.show(engine, metric, asked):
        if r["week"] in places and r[dim] is not None:
            logs, values, contacts = found.setdefault(str(r[dim]), tuple(np.full(len(over), np.nan) for _ in range(3)))
            contacts[places[r["week"]]] = r["tickets"]
            if r["tickets"] >= LEAST_CONTACTS and (scaled := _log(metric, r)) is not None:
                logs[places[r["week"]]], values[places[r["week"]]] = scaled, r["value"]
    controls = [s for v, s in sorted(found.items()) if v != value and ((dim, v),) not in own and (~np.isnan(s[0])).mean() >= 0.7]
    return found.get(value), controls


def _log(metric: Metric, row: dict[str, Any]) -> float | None:
    if metric.kind == "share":
        return math.log((row["numerator"] + 0.5) / (row["denominator"] + 1))
    if metric.kind in ("count", "volume"):
        return math.log((row["total"] + 0.5) / (row["tickets"] if metric.kind == "count" else 1))
    return math.log(row["value"]) if row["value"] else None


def _together(controls: list[tuple[np.ndarray, ...]]) -> np.ndarray | float:
    """How the like scopes moved together, weighted by their contacts; each against its own mean, so that a gap is no step."""
    if not controls:
        return 0.0
    logs = np.array([c[0] - np.nanmean(c[0]) for c in controls])
    weights = np.array([np.nansum(c[2]) for c in controls])[:, None] * ~np.isnan(logs)
    return np.where(weights.sum(axis=0) > 0, np.nansum(np.nan_to_num(logs) * weights, axis=0) / np.maximum(weights.sum(axis=0), 1), np.nan)


def _noise(ratio: np.ndarray, start: int, n_before: int, n_after: int, first: list[int]) -> tuple[float, int]:
    """Standard deviation of the same sum at placebo dates, and how many; never below what the moving ranges before make it."""
    width = min(n_before, n_after, EARLY)
    sums = []
    for t in range(width, len(ratio) - width + 1):
        if t + width <= start or t - width >= start:
            a, b = ratio[t - width:t], ratio[t:t + width]
            if not (np.isnan(a).all() or np.isnan(b).all()):
                sums.append(np.nanmean(b) - np.nanmean(a))
    known = ratio[first][~np.isnan(ratio[first])]
    least = float(np.abs(np.diff(known)).mean()) / 1.128 * math.sqrt(1 / n_before + 1 / n_after)
    # placebo windows are shorter than the true ones: their noise is brought to the true length
    spread = float(np.sqrt(np.mean(np.square(sums)))) * math.sqrt((1 / n_before + 1 / n_after) / (2 / width)) if sums else 0.0
    return max(spread, least), len(sums)


def _expected(text: str | None, metric: Metric) -> float | None:
    found = re.search(r"([+-]?\d+(?:\.\d+)?)\s*%", text or "")
    change = float(found[1]) / 100 if found else 0.0
    return math.log1p(change) if change > -1 and change != 0 else None


def _mean(values: np.ndarray) -> float | None:
    return None if np.isnan(values).all() else float(np.nanmean(values))


def _cost(engine: DuckDBEngine, scope: Scope, decision: dict[str, Any], where: tuple[tuple[str, str], ...], metric: Metric, effect: float, after: list[date]) -> dict[str, Any]:
    """What the contacts that came in addition took: handling-hours and money; nothing where the metric is not contacts."""
    if metric.name != "contacts":
        return {"owner": decision["who"]}
    price = rates(engine)
    sql, params = asking.contacts(engine, Scope(where=(*scope.where, *where), from_on=after[0], to_on=after[-1] + WEEK), ["f.ticket_no", "f.episode", "f.owner"],
                                  where="not f.is_proactive")
    [[n, owner]] = engine.query(f"select count(*), min(owner) from ({sql}) as c", params)[1]
    handled = engine.query(f"""
        select s.vendor, count(distinct c.ticket_no * 10000 + c.episode), coalesce(sum(h.touched_seconds), 0) / 3600.0
        from ({sql}) as c join stays s on s.ticket_no = c.ticket_no and s.episode = c.episode
        left join (select ticket_no, episode, stay_no, sum(touched_seconds) as touched_seconds from hours group by ticket_no, episode, stay_no) h
        on h.ticket_no = s.ticket_no and h.episode = s.episode and h.stay_no = s.stay_no group by s.vendor""", params)[1]
    extra, hours = n * (1 - math.exp(-effect)), sum(float(r[2]) for r in handled)
    cost = price.cost(sum(float(r[2]) for r in handled if r[0] is None), {r[0]: r[1] for r in handled if r[0] is not None})
    money = cost / n * extra if cost is not None and n else None
    return {"extra_contacts": extra, "handling_hours": hours / n * extra if n else None, "money": money, "currency": price.currency if money is not None else None,
            "basis": "estimated", "owner": owner or decision["who"]}


def _sentence(row: dict[str, Any]) -> str:
    if row.get("effect") is None or row["verdict"] == "cannot be told":
        return f"{row['what']}: {row['verdict']}, {row.get('why') or 'no data'}."
    text = f"{row['what']}: {row['verdict']}; {row['metric']} {row['effect']:+.0%} against like scopes ({row['low']:+.0%} to {row['high']:+.0%})"
    if row.get("extra_contacts"):
        text += f", {row['extra_contacts']:,.0f} more contacts, {row['handling_hours']:,.0f} handling-hours"
        text += f", {row['money']:,.0f} {row['currency']}" if row.get("money") else ""
    return text + "."
