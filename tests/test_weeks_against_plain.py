"""Numbers week by week, as they were, are and will be: analyses against slow plain sums over single contacts (see test_demand_against_plain)."""
from __future__ import annotations

import math
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from itertools import pairwise
from statistics import fmean, median

import pytest
from companies import DAY, KINDS, WEEK, Company, Z, alike, ask, opened, quantile
from plain import secs

from metrics.engine.scope import Scope


@pytest.fixture(scope="module", params=KINDS)
def company(request):
    yield from opened(request)


# kaplan_meier

def product_limit(waits: list[tuple[int, bool]], p: float) -> tuple[float | None, int | None, int | None]:
    """The time by which a share p had ended, and where the two ends of its interval (Greenwood, log(-log)) cross the same height."""
    at_risk, alive, greenwood, left = len(waits), 1.0, 0.0, 1 - p
    first = beyond = low = high = None
    leaving, ending = Counter(t for t, _ in waits), Counter(t for t, over in waits if over)
    for t in sorted(leaving):
        if n := ending[t]:
            alive *= 1 - n / at_risk
            greenwood += n / (at_risk * (at_risk - n)) if n < at_risk else 0
            bands = (0.0, 0.0)
            if alive > 1e-12:
                error = Z * math.sqrt(greenwood) / abs(math.log(alive))
                bands = alive ** math.exp(error), alive ** math.exp(-error)
            first = t if first is None and alive <= left + 1e-9 else first
            beyond = t if beyond is None and alive < left - 1e-9 else beyond
            low = t if low is None and bands[0] <= left else low
            high = t if high is None and bands[1] < left else high
        at_risk -= leaving[t]
    return None if first is None else (first + (first if beyond is None else beyond)) / 2, low, high


def as_waited(company: Company, scope: Scope) -> list[tuple[dict, int, bool]]:
    """Contacts a person touched or that wait for one, their seconds, and whether they had ended by the as-of."""
    now, found = scope.as_of or company.until, []
    for f in company.asked(scope):
        if f["handled_by"] == "bot_only" or (f["handled_by"] == "untouched" and not f["is_open"]) or f["started_at"] is None or f["started_at"] > now:
            continue
        if f["is_open"] or (f["ended_at"] is not None and f["ended_at"] >= f["started_at"]):
            over = f["ended_at"] is not None and f["ended_at"] <= now
            found.append((f, secs(f["started_at"], f["ended_at"] if over else now), over))
    return found


def test_medians_that_count_open_contacts(company):
    split = "channel" if "email" in company.scopes else "reason"
    for name, scope in {**company.scopes, "early": Scope(as_of=company.until - 30 * DAY)}.items():
        asked = Scope(scope.from_on, scope.to_on, scope.where, (split,), True, scope.as_of) if name != "all" else scope
        groups = defaultdict(list)
        for f, wait, over in as_waited(company, scope):
            where = f"{split}={'(none)' if f[split] is None else f[split]}"
            groups[(where, f["arrived_week"].isoformat()) if asked.by else ("", None)].append((wait, over))
        expected = {}
        for group, waits in groups.items():
            closed, n = [t for t, over in waits if over], len(waits)
            middle, tail = product_limit(waits, 0.5), product_limit(waits, 0.9) if n >= 36 else (None, None, None)
            expected[group] = {"contacts": n, "still_open": n - len(closed), **dict(zip(("median_seconds", "median_low", "median_high"), middle, strict=True)),
                               **dict(zip(("p90_seconds", "p90_low", "p90_high"), tail, strict=True)), "closed_median_seconds": quantile(closed, 0.5),
                               "closed_p90_seconds": quantile(closed, 0.9) if len(closed) >= 36 else None}
        alike(ask(company, "kaplan_meier", asked), expected, ("where", "week"))


# control_chart

def weekly_values(company: Company, name: str, scope: Scope) -> dict[date, tuple[float | None, int, float]]:
    """Week -> the number, how many contacts it is of, and how many of a share's have it; a share of fewer than 20 is shown, and no base of limits."""
    weeks, hours = defaultdict(list), 120
    for f in company.asked(scope, dated=False):
        touched = f["handled_by"] not in ("bot_only", "untouched")
        possible = f["ended_at"] is not None and f["ended_at"] >= f["started_at"]
        if name == "contacts" and not f["is_proactive"]:
            weeks[f["arrived_week"]].append(1)
        elif name == "settled_within" and touched and possible:
            weeks[f["ended_week"]].append(secs(f["started_at"], f["ended_at"]))
        elif name == "promise_kept" and f["handled_by"] != "bot_only" and (touched or f["is_open"]) and (
                possible or (f["is_open"] and secs(f["started_at"], company.until) > hours * 3600)):
            weeks[f["arrived_week"]].append(int(not f["is_open"] and secs(f["started_at"], f["ended_at"]) <= hours * 3600))
        elif name == "first_response_time_business" and not f["is_proactive"] and f["handled_by"] != "bot_only" and f["first_reply_business_seconds"] is not None and not (
                f["first_reply_at"] < f["started_at"] or (f["closed_at"] and f["first_reply_at"] > f["closed_at"])):
            weeks[f["arrived_week"]].append(f["first_reply_business_seconds"])
    if name == "contacts":
        return {w: (len(v), len(v), 0) for w, v in weeks.items()}
    if name == "promise_kept":
        return {w: (fmean(v), len(v), sum(v)) for w, v in weeks.items()}
    return {w: (quantile(v, 0.5) if name != "settled_within" else quantile(v, 0.9) if len(v) >= 36 else None, len(v), 0) for w, v in weeks.items()}


def limits(name: str, base: list[tuple[float, int, float]]) -> tuple[float, float, float]:
    """Low, center and high: XmR on logarithms (log odds), never narrower than three standard errors of chance."""
    share, count = name == "promise_kept", name == "contacts"
    x = [math.log((hits + 0.5) / (n - hits + 0.5)) if share else math.log(value + 0.5 * count) for value, n, hits in base]
    center, step = fmean(x), 2.66 * fmean(abs(b - a) for a, b in pairwise(x))
    back = (lambda v: 1 / (1 + math.exp(-v))) if share else (lambda v: max(0, math.exp(v) - 0.5 * count))
    if share:
        step = max(step, 3 / math.sqrt(fmean(n for _, n, _ in base) * back(center) * (1 - back(center))))
    return back(center - max(step, 3 / math.sqrt(math.exp(center)) if count else 0)), back(center), back(center + max(step, 3 / math.sqrt(math.exp(center)) if count else 0))


CHARTS = {"contacts": ((), (("reason", "login problem"),)), "settled_within": ((), (("channel", "email"),)), "promise_kept": ((),),
          "first_response_time_business": ((("queue", "Chat Orders"),), (("queue", "Orders"),), (("queue", "Orders"), ("channel", "web")))}


def test_control_limits(company):
    large = "email" in company.scopes   # a random world has too few contacts a week for a quantile or a share
    for name, where in [(name, where) for name, scopes in CHARTS.items() for where in scopes] if large else [("contacts", ()), ("contacts", (("reason", "login"),))]:
        values = weekly_values(company, name, Scope(where=where))
        first = min(values)
        full = [w for w in company.full_weeks if w >= first]
        for w in company.weeks:   # a week in which nothing happened has its row, to the end of what is told
            if first < w["week_on"] and w["starts_at"] <= company.until:
                values.setdefault(w["week_on"], (0 if name == "contacts" else None, 0, 0))
        decided = [(d["decided_on"], d["what"]) for d in company.engine.records("select * from decisions order by decided_on") if d["metric"] == name
                   and tuple(d["scope"].split("=")) in where]
        phases = []
        for since, what in [(date.min, None), *decided]:
            base = [w for w in full if w >= since and values[w][0] is not None and not (name == "promise_kept" and (values[w][1] < 20))][:13]
            if len(base) >= 8:
                phases.append((since, what, base, limits(name, [values[w] for w in base])))
        expected, run = {}, []
        for week in sorted(values):
            row = expected[week.isoformat(),] = {"where": "", "value": values[week][0], "tickets": values[week][1], "partial": week not in full, "immature": False,
                                                 "baseline": False, "low": None, "center": None, "high": None, "decision": None, "signal": None}
            for since, what, base, (low, center, high) in phases:
                if since <= week:
                    row |= {"low": low, "center": center, "high": high, "decision": what, "baseline": week in base}
            if row["low"] is not None and not row["partial"] and not row["baseline"] and row["value"] is not None:
                side = "above" if row["value"] > row["center"] else "below" if row["value"] < row["center"] else None
                run = [*run, side] if run and run[-1] == side else [side]
                if not row["low"] <= row["value"] <= row["high"]:
                    row["signal"] = side
                elif len(run) >= 8 and side:
                    row["signal"] = f"run {side}"
        alike(ask(company, "control_chart", Scope(where=where, options={"metric": name})), expected, ("week",))


# strain

def theil_sen(x: list[float], y: list[float]) -> tuple[float, float, float]:
    """The median slope of all pairs, and the ranks of slopes that Kendall's variance gives for 95 %."""
    slopes = sorted((y[j] - y[i]) / (x[j] - x[i]) for i in range(len(x)) for j in range(i + 1, len(x)) if abs(x[j] - x[i]) > 1e-12)
    n, count = len(x), len(slopes)
    reach = Z * math.sqrt(n * (n - 1) * (2 * n + 5) / 18)
    return median(slopes), slopes[max(0, round((count - reach) / 2) - 1)], slopes[min(count - 1, round((count + reach) / 2))]


def less_trend(values: list[float], weeks: list[int]) -> list[float]:
    """What the straight line of least squares over the weeks leaves."""
    middle, when = fmean(values), fmean(weeks)
    tilt = sum((w - when) * (v - middle) for v, w in zip(values, weeks, strict=True)) / sum((w - when) ** 2 for w in weeks)
    return [v - middle - tilt * (w - when) for v, w in zip(values, weeks, strict=True)]


def monday(at: datetime | date) -> date:
    return (at.date() if isinstance(at, datetime) else at) - timedelta(days=at.weekday())


def test_strain_under_load(company):
    name = company.engine.settings.get("default_schedule")
    opened_on = Counter(monday(c["on_date"]) for c in company.engine.records("select * from calendar") if c["schedule"] == name and c["close1"] and c["close1"] > c["open1"])
    acts = company.rows("acts")
    for scope in (*company.scopes.values(), Scope(options={"promise_hours": 24}), Scope(as_of=datetime(2026, 8, 2, 21))):
        until = scope.as_of or company.until
        promised, weeks, people = scope.options.get("promise_hours", 120), defaultdict(list), defaultdict(set)
        contacts = as_waited(company, scope)
        for f, wait, over in contacts:
            key, before = (f["ticket_no"], f["episode"]), None
            weeks[f["arrived_week"]].append((f, wait, over))
            for s in sorted(company.spells.get(key, []), key=lambda s: s["from_at"]):
                if s["holder_id"] not in (None, before):   # took it up then
                    people[monday(s["from_at"])].add(s["holder_id"])
                before = s["holder_id"]
            for a in acts.get(key, []):
                people[monday(a["arrived_local"])].add(a["agent_id"])
        easy = {id(f): over and f["replies"] <= 1 and f["message_fidelity"] == "events" and not f["handoffs"] and not f["reopens"] for f, _, over in contacts}
        reasons = {r: fmean(easy[id(f)] for f, _, _ in contacts if f["reason"] == r) > 0.5 for r in {f["reason"] for f, _, _ in contacts} - {None}}
        expected, first = {}, min(f["started_at"] for f in company.facts if f["started_at"])
        shown = [w for w in company.weeks if w["until_at"] > first and w["starts_at"] < until
                 and (not scope.from_on or w["week_on"] >= scope.from_on) and (not scope.to_on or w["week_on"] < scope.to_on)]
        most = max(opened_on[w["week_on"]] for w in shown)
        for w in shown:
            rows, active = weeks[w["week_on"]], len(people[w["week_on"]])
            waits, due = [(wait, over) for _, wait, over in rows], until - w["until_at"] >= timedelta(hours=promised)
            simple = [wait for f, wait, _ in rows if easy[id(f)] and reasons.get(f["reason"])]
            expected["week", None, w["week_on"].isoformat()] = {
                "arrivals": len(rows), "active_agents": active, "load": len(rows) / active if active else None,
                "median_seconds": product_limit(waits, 0.5)[0], "p90_seconds": product_limit(waits, 0.9)[0] if len(rows) >= 36 else None,
                "hands": fmean(f["handoffs"] + 1 for f, _, _ in rows) if rows else None,
                "promise_kept": fmean(over and wait <= promised * 3600 for wait, over in waits) if due and rows else None,
                "simple": len(simple), "simple_median_seconds": quantile(simple, 0.5),
                "is_due": w["starts_at"] + DAY > first and w["until_at"] - timedelta(hours=12) <= until and due and opened_on[w["week_on"]] == most}
        for what in ("median_seconds", "p90_seconds", "hands", "promise_kept", "simple_median_seconds"):
            points = what == "promise_kept"
            used = [(i, row) for i, row in enumerate(expected.values()) if row.get("is_due") and row["load"] and row[what] is not None and (points or row[what] > 0)]
            slopes = (None, None, None)
            if len(used) >= 8:
                numbers = [row[what] if points else math.log(row[what]) for _, row in used]
                loads = [math.log(row["load"]) for _, row in used]
                found = theil_sen(less_trend(loads, [i for i, _ in used]), less_trend(numbers, [i for i, _ in used]))
                slopes = tuple(100 * math.log(1.1) * v if points else 100 * (1.1 ** v - 1) for v in found)
            expected["slope", what, None] = {"weeks": len(used), **dict(zip(("slope", "low", "high"), slopes, strict=True))}
        alike(ask(company, "strain", scope), expected, ("level", "what", "week"))


# next_week

def smoothed(values: list[float], level: float) -> float:
    for value in values:
        level += (value - level) / 4
    return level


def coming(history: list[list[float | None]]) -> list[float]:
    """The seven days after these weeks: their level (each brought to a full week) spread by the mean profile of the last eight. None = a closed day."""
    told = [[week[d] for week in history[-8:] if week[d] is not None] for d in range(7)]
    usual = [fmean(values) if values else 0.0 for values in told]
    totals = [sum(v for v in week if v is not None) * sum(usual) / part for week in history
              if (part := sum(u for u, v in zip(usual, week, strict=True) if v is not None)) > 0]
    return [u / sum(usual) * smoothed(totals[1:], totals[0]) for u in usual] if sum(usual) else usual


def reach(errors: list[float]) -> tuple[float, float]:
    """The outermost ranks between which a new error lies four times in five."""
    rank = min(max(math.floor((len(errors) + 1) / 10), 1), (len(errors) + 1) // 2)
    return sorted(errors)[rank - 1], sorted(errors)[-rank]


def held(errors: list[float]) -> tuple[float | None, int]:
    tried = [low <= e <= high for i, e in enumerate(errors) if i >= 9 for low, high in [reach(errors[:i])]]
    return (fmean(tried) if tried else None), len(tried)


def test_next_week(company):
    name, until = company.engine.settings.get("default_schedule"), company.until
    calendar = [(c["on_date"], bool(c["close1"] and c["close1"] > c["open1"])) for c in company.engine.records("select * from calendar") if c["schedule"] == name]
    usually = {d: fmean(is_open for on, is_open in calendar if on.weekday() == d) > 0.5 for d in {on.weekday() for on, _ in calendar}}
    holidays = {on for on, is_open in calendar if not is_open and usually[on.weekday()]}
    for scope in (*(Scope(where=s.where) for s in company.scopes.values()), Scope(as_of=until - 21 * DAY)):
        moment = scope.as_of or until
        asked = [f for f in company.asked(scope) if f["started_at"] is not None and f["started_at"] <= moment]
        came = Counter(f["arrived_on"] for f in asked if not f["is_proactive"])
        mondays = [w["week_on"] for w in company.weeks if w["week_on"] in company.full_weeks and w["until_at"] - timedelta(hours=12) <= moment and w["week_on"] + WEEK > min(came)]
        rows = ask(company, "next_week", scope)
        if len(mondays) < 15:
            assert [(r["level"], r["weeks"], r["expected"]) for r in rows] == [("total", len(mondays), None)]
            continue
        days = [[monday + d * DAY for d in range(7)] for monday in mondays]
        counts = [[None if on in holidays else came[on] for on in week] for week in days]
        forecasts = [(coming(counts[:i]), counts[i]) for i in range(6, len(counts))]
        off = [(v - e) / math.sqrt(e + 1) for told, week in forecasts for e, v in zip(told, week, strict=True) if v is not None]
        sums = [(sum(e for e, v in zip(told, week, strict=True) if v is not None), sum(v for v in week if v is not None)) for told, week in forecasts]
        errors = [(v - e) / math.sqrt(e + 1) for e, v in sums]
        usual = [fmean(values) if (values := [week[d] for week in counts if week[d] is not None]) else 0 for d in range(7)]
        shut = [(on, d) for week in days for d, on in enumerate(week) if on in holidays]
        part = sum(came[on] for on, _ in shut) / max(sum(usual[d] for _, d in shut), 1) if shut else 1
        told, after, expected = coming(counts), mondays[-1] + WEEK, {}
        for d in range(7):
            share = part if after + d * DAY in holidays else 1
            low, high = (told[d] + e * math.sqrt(told[d] + 1) for e in reach(off))
            expected["day", (after + d * DAY).isoformat()] = {"weekday": d + 1, "expected": told[d] * share, "low": max(low, 0) * share, "high": high * share,
                                                              "is_closed": after + d * DAY in holidays}
        lost = sum(told[d] * (1 - part) for d in range(7) if after + d * DAY in holidays)
        low, high = (sum(told) + e * math.sqrt(sum(told) + 1) for e in reach(errors))
        share, tests = held(errors)
        expected["total", after.isoformat()] = {"expected": sum(told) - lost, "low": max(max(low, 0) - lost, 0), "high": high - lost, "now": sum(came[on] for on in days[-1]),
                                                "held": share, "tests": tests, "weeks": len(mondays)}
        served = [f for f in asked if f["handled_by"] != "bot_only" and (f["is_open"] or f["ended_on"] is not None)]
        stock = [sum(f["arrived_on"] < on for f in served) - sum(f["ended_on"] is not None and f["ended_on"] < on for f in served) for on in (*mondays, after)]
        net = [b - a for a, b in pairwise(stock)]
        levels = [smoothed(net[6:i], fmean(net[:6])) for i in range(6, len(net) + 1)]
        missed = [v - told for v, told in zip(net[6:], levels, strict=False)]
        share, tests = held(missed)
        low, high = reach(missed)
        expected["backlog", after.isoformat()] = {"expected": max(stock[-1] + levels[-1], 0), "low": max(stock[-1] + levels[-1] + low, 0),
                                                  "high": max(stock[-1] + levels[-1] + high, 0), "now": stock[-1], "held": share, "tests": tests, "weeks": len(mondays)}
        alike(rows, expected, ("level", "on"))
