"""What moved, what a decision did and what could be changed: analyses against slow plain sums over single contacts (see test_demand_against_plain)."""
from __future__ import annotations

import math
from collections import Counter
from datetime import date, datetime, timedelta
from itertools import pairwise
from statistics import fmean, median

import pytest
from companies import DAY, SCOPES, WEEK, Company, ask, same
from plain import secs

from metrics.engine.engines import DuckDBEngine
from metrics.engine.intervals import t_quantile
from metrics.engine.scope import Scope
from warehouse.store import Folder, reading


@pytest.fixture(scope="module")
def company(lumen):
    with reading(Folder(lumen)) as con:
        yield Company(DuckDBEngine(con), SCOPES)


# what_changed

LABELS = {"contacts per open day": "contacts", "median hours to the first settlement": "settled", "hours within which 9 of 10 were first settled": "settled 0.9",
          "median hours to the first reply": "answered", "handoffs per contact": "handoffs", "moves between queues per contact": "transfers",
          "reopenings per contact": "reopens", "share of contacts within 7 days of the customer's last opening": "came_again"}
ALARMS = 12 / 52.18 / 2 / len(LABELS)   # one false one a month, half of them the company's, shared by its numbers


def curve(rows: list[tuple[int, bool, float]]) -> list[tuple[int, float]]:
    """Seconds and the share still waiting after them; each row has a weight."""
    leaving, ending, alive, found = Counter(), Counter(), 1.0, []
    for t, over, weight in rows:
        leaving[t] += weight
        ending[t] += weight * over
    at_risk = math.fsum(leaving.values())
    for t in sorted(leaving):
        if ending[t]:
            alive *= max(0.0, 1 - ending[t] / at_risk)
            found.append((t, alive))
        at_risk -= leaving[t]
    return found


def hours_until(rows: list[tuple[int, bool, float]], p: float) -> float | None:
    reached, beyond = ([t for t, alive in curve(rows) if alive <= 1 - p + sign * 1e-9] for sign in (1, -1))
    return (reached[0] + (beyond or reached)[0]) / 7200 if reached else None


def mean_hours(rows: list[dict], number: str, limit: float) -> float:
    """The mean time waited, as far as a limit: the area under the curve."""
    area, since, alive = 0.0, 0.0, 1.0
    for t, left in curve([(*r[number], 1.0) for r in rows]) if rows else ():
        if t < limit:
            area, since, alive = area + (t - since) * alive, t, left
    return (area + (limit - since) * alive) / 3600 if rows else 0.0


def cohort(company: Company, scope: Scope, weeks: list[dict], age: timedelta) -> list[dict]:
    """What had come of each contact a customer began when its week was as old as the newest is now; impossible ends are left out of the times."""
    place, moves = {w["week_on"]: i for i, w in enumerate(weeks)}, {}
    for name, rows in (("handoffs", company.hands), ("reopens", company.rows("reopens")), ("transfers", company.stays)):
        moves[name] = {key: [m["left_at"] if name == "transfers" else m["occurred_at"] for m in of if name != "transfers" or (m["queue"] and m["next_queue"])]
                       for key, of in rows.items()}
    found = []
    for f in company.asked(scope, dated=False):
        work = f["reason"], f["first_queue"], f["channel"], f["source"]
        if f["is_proactive"] or f["started_at"] is None or f["arrived_week"] not in place:
            continue
        seen, key = weeks[place[f["arrived_week"]]]["until_at"] + age, (f["ticket_no"], f["episode"])
        ends = [t for t in (f["first_settled_at"], f["ended_at"]) if t is not None]
        over, reply = min(ends) if ends else None, f["first_reply_at"]
        told = {"settled": over, "answered": reply if reply is not None and reply >= f["started_at"] else None}
        possible = over is None or over >= f["started_at"]
        until = {"settled": seen, "answered": min(seen, over) if over and possible else seen}
        before = [at for at in company.starts.get(f["person_id"], []) if at < f["started_at"]]
        row = {"week": place[f["arrived_week"]], "f": f, "touched": f["handled_by"] != "bot_only" and (f["handled_by"] != "untouched" or f["is_open"]),
               "settled possible": possible, "answered possible": reply >= f["started_at"] if reply else possible, "cell": work, "known": f["person_id"] is not None,
               "came_again": bool(before) and f["started_at"] - max(before) <= WEEK, **{n: sum(at <= seen for at in m.get(key, [])) for n, m in moves.items()}}
        for number, at in told.items():
            happened = at is not None and at <= seen
            row[number] = secs(f["started_at"], at if happened else until[number]), happened
        found.append(row)
    return found


def mixed(rows: list[dict], others: list[dict]) -> list[float]:
    """Weights that give rows the mix of work of the others; kinds of work that only one side has count as one."""
    both = {r["cell"] for r in rows} & {r["cell"] for r in others}
    own, theirs = (Counter(r["cell"] if r["cell"] in both else None for r in side) for side in (rows, others))
    return [theirs[cell] / len(others) / (own[cell] / len(rows)) for cell in (r["cell"] if r["cell"] in both else None for r in rows)]


PAGES = [Scope(options={"weeks": 3}), Scope(to_on=date(2026, 9, 14)), Scope(to_on=date(2026, 9, 28), options={"weeks": 3}),
         Scope(to_on=date(2026, 9, 7), where=(("channel", "email"),), options={"weeks": 3})]


@pytest.mark.parametrize("scope", PAGES, ids=lambda s: f"{s.options.get('weeks', 1)} weeks to {s.to_on}")
def test_what_changed(company, scope):
    n = scope.options.get("weeks", 1)
    opened = Counter(c["on_date"] - c["on_date"].weekday() * DAY for c in company.engine.records("select * from calendar where schedule = 'office'") if c["close1"] > c["open1"])
    full = [w for w in company.weeks if w["week_on"] in company.full_weeks and (scope.to_on is None or w["week_on"] + WEEK <= scope.to_on)]
    block = full[-n]["week_on"]
    block -= (block - date(1970, 1, 5)).days // 7 % 13 * WEEK
    base = [w for w in full[:-n] if block - 13 * WEEK <= w["week_on"] < block]
    base = base if len(base) >= 8 else full[:-n][:13]
    weeks = full[full.index(base[0]):]
    rows = cohort(company, scope, weeks, max(company.until - full[-1]["until_at"], timedelta(0)))
    is_old, is_new = (lambda r: r["week"] < len(base)), (lambda r: r["week"] >= len(weeks) - n)
    answer, days = ask(company, "what_changed", scope), [opened[w["week_on"]] for w in weeks]
    alarms = set()
    for label, number in LABELS.items():   # the company's own numbers against their limits
        name, _, tail = number.partition(" ")
        of = [[r for r in rows if r["week"] == i and (number == "contacts" or (r["known"] if number == "came_again" else r["touched"]))] for i in range(len(weeks))]
        size = fmean(map(len, of))
        if name in ("settled", "answered"):
            told = [hours_until([(*r[name], 1.0) for r in week if r[f"{name} possible"]], float(tail or 0.5)) for week in of]
            series, floor, back = [None if t is None else math.log(3600 * t) for t in told], 0.0, lambda v: math.exp(v) / 3600
        else:
            exposed = days if number == "contacts" else list(map(len, of))
            hits = [len(week) if number == "contacts" else sum(r[number] for r in week) for week in of]
            if size < 20 or fmean(hits) < 5:
                continue
            series, floor, back = [math.sqrt((h + 0.375) / e) for h, e in zip(hits, exposed, strict=True)], 0.5 / math.sqrt(fmean(exposed)), lambda v: max(v, 0) ** 2
        learned, now = series[:len(base)], series[-n:]
        if None in learned or None in now:
            continue
        noise = max(floor, fmean(abs(b - a) for a, b in pairwise(learned)) / 1.128)
        half = t_quantile(1 - ALARMS / 2, math.floor(0.62 * (len(base) - 1))) * noise * math.sqrt(1 / n + 1 / len(base))
        if abs(fmean(now) - fmean(learned)) > half:
            alarms.add(label)
            [row] = [r for r in answer if r["what"] == label and r["level"] == "company"]
            steps = {i: sum((v - fmean(part)) ** 2 for part in (series[:i], series[i:]) for v in part) for i in range(len(base), len(weeks) - n + 1)}
            same(row, {"low": back(fmean(learned) - half), "high": back(fmean(learned) + half), "since": weeks[min(steps, key=steps.get)]["week_on"]}, label)
    assert {r["what"] for r in answer if r["level"] == "company"} == alarms
    for told in answer:   # every alarm's size, parts and cost
        if told["level"] not in ("company", "family", "inside"):
            continue
        (name, _, tail), (dim, _, value) = LABELS[told["what"]].partition(" "), told["where"].partition("=")
        chosen = [r for r in rows if not dim or (r["f"][dim] or "(none)") == value]
        of = [r for r in chosen if (name == "contacts" or (r["known"] if name == "came_again" else r["touched"]))]
        waits = "answered" if name == "answered" else "settled"
        timed, is_rate = [r for r in chosen if r["touched"]], name in ("handoffs", "transfers", "reopens", "came_again")
        all_old, all_new = [r for r in timed if is_old(r)], [r for r in timed if is_new(r)]
        old, new = ([r for r in side if r[f"{waits} possible"]] for side in (all_old, all_new))
        limit = min(max(r[waits][0] for r in old), max(r[waits][0] for r in new))
        if not tail:
            limit = min(limit, 3600 * (hours_until([(*r[waits], 1.0) for r in old], 0.9) or limit / 3600))
        a_week, parts = sum(map(is_new, of)) / n, (None, None)
        if name == "contacts":
            before, now = sum(map(is_old, of)) / sum(days[:len(base)]), sum(map(is_new, of)) / sum(days[-n:])
            cost = (1 - before / now) * a_week * mean_hours(old, waits, limit)
        else:
            def number(side: list[dict], weights: list[float], name: str = name, p: float = float(tail or 0.5), is_rate: bool = is_rate) -> float | None:
                if not is_rate:
                    return hours_until([(*r[name], w) for r, w in zip(side, weights, strict=True)], p)
                return sum(r[name] * w for r, w in zip(side, weights, strict=True)) / sum(weights)
            a, z = (all_old, all_new) if is_rate else (old, new)
            before, now = number(a, [1.0] * len(a)), number(z, [1.0] * len(z))
            mix = (number(a, mixed(a, z)) - before + now - number(z, mixed(z, a))) / 2
            parts = mix, now - before - mix
            with_one, without = ([r for r in old if bool(r[name]) is some] for some in (True, False)) if is_rate else (old, new)
            more = mean_hours(with_one, waits, limit) - mean_hours(without, waits, limit)
            cost = (now - before) * a_week * max(0, more) if is_rate else -a_week * more
        same(told, {"before": before, "now": now, "contacts": sum(map(is_new, of)), "customer_hours": cost, "mix_part": parts[0], "within_part": parts[1], "weeks": len(base),
                    "sampled": 1, "direction": (("more", "less") if is_rate or name == "contacts" else ("slower", "faster"))[now < before]}, (told["what"], told["where"]))


# decision_effect

def weekly_logs(company: Company, metric: str, facts: list[dict], weeks: list[date]) -> tuple[list[float | None], list[float | None], list[int]]:
    """By weeks: the number on a log scale, the number, and the contacts it is of; fewer than ten contacts are no number."""
    logs, values, numbers = [], [], []
    for week in weeks:
        of = [f for f in facts if f["arrived_week"] == week and not f["is_proactive"]]
        if metric != "contacts":
            of = [f for f in of if f["handled_by"] != "bot_only" and f["first_reply_business_seconds"] is not None and f["first_reply_at"] >= f["started_at"]
                  and not (f["closed_at"] and f["first_reply_at"] > f["closed_at"])]
        value = None if len(of) < 10 else len(of) if metric == "contacts" else median(f["first_reply_business_seconds"] for f in of)
        logs.append(None if not value else math.log(value + 0.5 * (metric == "contacts")))
        values.append(value)
        numbers.append(len(of))
    return logs, values, numbers


def told(values: list[float | None]) -> list[float]:
    return [v for v in values if v is not None]


@pytest.mark.parametrize("scope", [Scope(), Scope(options={"weeks": 6}), Scope(where=(("channel", "web"), ("channel", "chat"))), Scope(as_of=datetime(2026, 10, 5))],
                         ids=["all", "six weeks", "web or chat", "as of October 5"])
def test_what_decisions_did(company, scope):
    span, now = scope.options.get("weeks", 12), scope.as_of or company.until
    weeks = [w["week_on"] for w in company.weeks if w["week_on"] in company.full_weeks and w["until_at"] - timedelta(hours=12) <= now]
    decisions, rates = company.engine.records("select * from decisions order by decided_on"), company.engine.settings["rates"]
    answer = {r["what"]: r for r in ask(company, "decision_effect", scope)}
    assert answer.keys() == {d["what"] for d in decisions}
    for d in decisions:
        row, (dim, value) = answer[d["what"]], d["scope"].split("=")
        before, after = [w for w in weeks if w + WEEK <= d["decided_on"]][-span:], [w for w in weeks if w >= d["decided_on"]][:span]
        same(row, {**{c: d[c] for c in ("decided_on", "who", "kind", "metric", "expected")}, "where": d["scope"], "weeks_before": len(before), "weeks_after": len(after)}, d)
        if len(after) < 4:
            same(row, {"verdict": "too early", "effect": None, "why": f"full weeks since: {len(after)}, needed: 4"}, d)
            continue
        everyone = company.asked(scope)
        mine = Counter(f["source"] for f in everyone if f[dim] == value)
        tool, most = mine.most_common(1)[0]
        everyone = [f for f in everyone if f["source"] == tool or most < 0.9 * mine.total()]   # a scope in one tool is compared within it
        series = {v: weekly_logs(company, d["metric"], [f for f in everyone if f[dim] == v], weeks) for v in {f[dim] for f in everyone} - {None}}
        own = {o["scope"].split("=")[1] for o in decisions if o is not d and o["metric"] == d["metric"] and o["scope"].startswith(dim)
               and before[0] <= o["decided_on"] < after[-1] + WEEK}
        controls = [s for v, s in series.items() if v != value and v not in own and len(told(s[0])) >= 0.7 * len(weeks)]
        logs, values, numbers = series[value]
        places = {w: i for i, w in enumerate(weeks)}
        first, last = [places[w] for w in before], [places[w] for w in after]
        ratio = []   # against the like scopes, weighted by their contacts, each against its own mean
        for i in range(len(weeks)):
            there = [(s[0][i] - fmean(told(s[0])), sum(s[2])) for s in controls if s[0][i] is not None]
            beside = sum(v * w for v, w in there) / sum(w for _, w in there) if there else None if controls else 0.0
            ratio.append(None if logs[i] is None or beside is None else logs[i] - beside)
        if len(told([ratio[i] for i in first])) < 6 or len(told([ratio[i] for i in last])) < 4:
            assert row["verdict"] == "cannot be told" and row["effect"] is None, d
            continue
        effect = fmean(told([ratio[i] for i in last])) - fmean(told([ratio[i] for i in first]))
        # the definition leaves the placebos' length open: four weeks on each side, brought to the true lengths; nothing is their mean
        width, real = min(4, len(first), len(last)), 1 / len(first) + 1 / len(last)
        sides = [(told(ratio[t - width:t]), told(ratio[t:t + width])) for t in range(width, len(weeks) - width + 1) if not t - width < last[0] < t + width]
        sums = [fmean(b) - fmean(a) for a, b in sides if a and b]
        least = fmean(abs(b - a) for a, b in pairwise(told([ratio[i] for i in first]))) / 1.128 * math.sqrt(real)
        noise = max(least, math.sqrt(fmean(v * v for v in sums) * real / (2 / width)) if sums else 0)
        half = t_quantile(0.975, max(len(first) - 1, 3)) * noise
        low, high, wanted = effect - half, effect + half, math.log1p(float(d["expected"].rstrip("%")) / 100)
        if d["kind"] == "ours":
            outside = low > 0 or high < 0
            verdict = "works" if outside and effect * wanted > 0 else "no effect" if outside or not low <= wanted <= high else "cannot be told"
        else:   # an event costs where more came for sure; none where less than a quarter more would have been seen
            verdict = "cost" if low > 0 else "no effect" if high < math.log(1.25) else "cannot be told"
        same(row, {"effect": math.exp(effect) - 1, "low": math.exp(low) - 1, "high": math.exp(high) - 1, "noise": noise, "placebos": len(sums), "controls": len(controls),
                   "before": fmean(told([values[i] for i in first])), "now": fmean(told([values[i] for i in last])), "contacts": sum(numbers[i] for i in last),
                   "verdict": verdict}, d)
        if verdict == "cost":
            came = [f for f in company.asked(Scope(after[0], after[-1] + WEEK, (*scope.where, (dim, value)))) if not f["is_proactive"]]
            bought, ours, all_hours = 0, 0.0, 0.0
            for key in ((f["ticket_no"], f["episode"]) for f in came):
                vendor = {s["stay_no"]: s["vendor"] for s in company.stays.get(key, [])}
                bought += any(vendor.values())
                worked = [(h["touched_seconds"] / 3600, vendor.get(h["stay_no"])) for h in company.hours.get(key, [])]
                all_hours, ours = all_hours + sum(t for t, _ in worked), ours + sum(t for t, v in worked if v is None)
            extra = len(came) * (1 - math.exp(-effect))
            same(row, {"extra_contacts": extra, "handling_hours": extra * all_hours / len(came), "currency": "EUR", "basis": "estimated", "owner": "App team",
                       "money": extra * (ours * rates["hourly"] + bought * rates["vendors"]["Northwind"]) / len(came)}, d)
