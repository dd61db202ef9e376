"""What customers ask for, what waiting does to them and what goes over a vendor's border: analyses against slow plain sums over single contacts.

Everything is counted anew from rows of contacts, stays, spells and hours, by the definitions and not by their SQL; where a definition leaves a choice
open, a comment says which one is taken.
"""
from __future__ import annotations

import math
from collections import Counter, defaultdict
from datetime import date, datetime
from fractions import Fraction
from functools import cache
from itertools import pairwise
from statistics import fmean, median, variance

import pytest
from companies import DAY, KINDS, WEEK, Company, Z, alike, ask, opened
from plain import secs

from metrics.analyses.consequences import members
from metrics.engine.scope import Scope


@pytest.fixture(scope="module", params=KINDS)
def company(request):
    yield from opened(request)


# contact_reasons

LEVELS = {"reason": ("reason", "reason_group", "owner", "action"), "group": ("reason_group",), "owner": ("owner",), "all": ()}


def steps(counts: list[int]) -> list[int]:
    """Where new levels begin: of all splits into runs of three weeks or more the one of least squared distance plus price."""
    x = [2 * math.sqrt(c + 0.375) for c in counts]
    if len(x) < 6:
        return []
    moves = median(abs(b - a) for a, b in pairwise(x)) / (0.6745 * math.sqrt(2))
    price = 3 * math.log(len(x)) * max(1.0, moves ** 2)

    @cache
    def best(end: int) -> tuple[float, tuple[int, ...]]:
        if end == 0:
            return -price, ()
        found = []
        for start in (0, *range(3, end - 2)):
            if end - start >= 3 and (start == 0 or start >= 3):
                run = x[start:end]
                cost, before = best(start)
                found.append((cost + price + sum((v - fmean(run)) ** 2 for v in run), (*before, start)))
        return min(found)
    return list(best(len(x))[1][1:])


def trend(weekly: list[int], mondays: list[date]) -> dict:
    if len(weekly) < 5:
        return {"per_week": None, "per_week_before": None, "changed_on": None, "change": None}
    found, ago = steps(weekly), weekly[:-4][-13:]
    told = {"per_week": sum(weekly[-4:]) / 4, "per_week_before": sum(ago) / len(ago), "changed_on": None, "change": None}
    if found:
        began = found[-2] if len(found) > 1 else 0
        told |= {"changed_on": mondays[found[-1]], "change": fmean(weekly[found[-1]:]) - fmean(weekly[began:found[-1]])}
    return told


def lived(company: Company, scope: Scope) -> dict[tuple, list[tuple]]:
    """Contact -> (bin, seconds, vendor) in the weeks the period touches; an unfinished spell up to the data's end."""
    weeks = [w for w in company.weeks if (not scope.from_on or w["week_on"] + WEEK > scope.from_on) and (not scope.to_on or w["week_on"] < scope.to_on)]
    mondays, found = {w["week_on"] for w in weeks}, {}
    for f in company.asked(scope, dated=False):
        key = f["ticket_no"], f["episode"]
        vendor = {s["stay_no"]: s["vendor"] for s in company.stays.get(key, [])}
        if f["assignment_fidelity"] in (None, "counters"):
            continue
        rows = found.setdefault(key, [])
        for h in company.hours.get(key, []):
            if h["week_on"] in mondays:
                rows += [(name, h[f"{name}_seconds"], vendor.get(h["stay_no"])) for name in ("queue", "held", "touched", "others")]
        for s in company.spells.get(key, []):
            if s["until_at"] is None:
                rows += [(s["bin"], max(0, secs(max(s["from_at"], w["starts_at"]), min(company.until, w["until_at"]))), vendor.get(s["stay_no"])) for w in weeks]
    return found


def test_reasons_and_what_they_cost(company):
    rates = company.engine.settings["rates"]
    for name, scope in company.scopes.items():
        begun = [f for f in company.asked(scope) if not f["is_proactive"]]
        # the trend looks back before the period; weeks count that ended within it
        history = [f for f in company.asked(Scope(where=scope.where)) if not f["is_proactive"]]
        mondays = [w for w in company.full_weeks if not scope.to_on or w + WEEK <= scope.to_on]
        hours = lived(company, scope)
        again = {(f["ticket_no"], f["episode"]): company.followed(f, 7) for f in begun}
        for level, keys in LEVELS.items():
            def named(f: dict, keys: tuple = keys) -> tuple:
                return tuple(f[k] for k in keys)
            groups, times, past = defaultdict(list), defaultdict(list), defaultdict(Counter)
            for f in begun:
                groups[named(f)].append(f)
            for key, rows in hours.items():
                times[named(company.key[key])] += rows
            for f in history:
                past[named(f)][f["arrived_week"]] += 1
            expected = {}
            for group in groups.keys() | {g for g, rows in times.items() if any(s for b, s, _ in rows if b in ("queue", "held", "touched", "others"))}:
                own, rows = groups[group], times[group]
                judged = [r for f in own if (r := again[f["ticket_no"], f["episode"]]) is not None]
                told = [f["avoidable_share"] for f in own if f["avoidable_share"] is not None]
                bought = sum(any(s["vendor"] for s in company.stays.get((f["ticket_no"], f["episode"]), [])) for f in own)
                worked = sum(s for b, s, v in rows if b == "touched" and v is None) / 3600
                expected[group] = {
                    "contacts": len(own), "share": len(own) / len(begun) if begun else None, "avoidable": sum(told) if told else None,
                    **{f"from_{place}": sum(f["reason_from"] == place for f in own) for place in ("field", "tag", "text")},
                    "customer_hours": sum(s for b, s, _ in rows if b in ("queue", "held", "touched", "others")) / 3600,
                    "handling_hours": sum(s for b, s, _ in rows if b == "touched") / 3600,
                    "cost": worked * rates["hourly"] + bought * rates["vendors"]["Northwind"], "currency": "EUR",
                    "repeat_share": sum(judged) / len(judged) if judged else None, **trend([past[group][w] for w in mondays], mondays),
                    "unowned_share": sum(f["owner"] is None for f in own) / len(own) if level == "all" and own else None,
                    "unreasoned_share": sum(f["reason"] is None for f in own) / len(own) if level == "all" and own else None}
            rows = [r | {"reason_group": r["group"]} for r in ask(company, "contact_reasons", scope) if r["level"] == level]
            alike(rows, expected, keys)
            assert [r["customer_hours"] for r in rows] == sorted((r["customer_hours"] for r in rows), reverse=True), (name, level)


# consequences

def waited_for_us(company: Company, f: dict) -> int:
    """Seconds from its beginning to its settlement that it did not wait for the customer."""
    asked = sum(max(0, secs(max(s["from_at"], f["started_at"]), min(s["until_at"] or company.until, f["ended_at"])))
                for s in company.spells.get((f["ticket_no"], f["episode"]), []) if s["bin"] == "customer")
    return secs(f["started_at"], f["ended_at"]) - asked


def holders(company: Company, f: dict) -> str:
    """How many people held it, each once; a change that names nobody is one to a new person."""
    moves = company.hands.get((f["ticket_no"], f["episode"]), [])
    people = {m[side] for m in moves for side in ("from_holder", "to_holder")} - {None}
    unnamed = sum(m["from_holder"] is None for m in moves)
    first = 1 if (f["agent"] is not None or f["first_held_at"] is not None or unnamed) and not people else 0
    number = len(people) + unnamed + first
    return "3+" if number >= 3 else str(number)


def test_consequences_of_hands_and_waiting(company):
    least = {s: (min(c), max(c)) for s in {f["source"] for f in company.facts} if (c := [f["csat"] for f in company.facts if f["source"] == s and f["csat"] is not None])}
    worth = dict(company.engine.query("select company_id, value_per_year from companies where valid_to is null")[1])
    for scope in (*company.scopes.values(), Scope(as_of=company.until - 45 * DAY)):
        cells, groups, now = defaultdict(list), defaultdict(list), scope.as_of or company.until
        for f in company.asked(scope):
            if f["handled_by"] in ("bot_only", "untouched") or f["ended_at"] is None or not f["started_at"] <= f["ended_at"] <= now:
                continue
            low, high = least.get(f["source"], (0, 0))
            repeat = company.followed(f, 7, now)
            row = {"f": f, "cell": (f["reason"], f["source"]), "waited": waited_for_us(company, f), "value": worth.get(f["company_id"]),
                   "repeat": None if repeat is None else float(repeat), "csat": (f["csat"] - low) / (high - low) if f["csat"] is not None and high > low else None}
            groups["hands", holders(company, f)].append(row)
            cells[row["cell"]].append(row)
        for rows in cells.values():
            rows.sort(key=lambda r: (r["waited"], r["f"]["ticket_id"], r["f"]["episode"]))
            for i, row in enumerate(rows):   # the middle of its place among its like
                groups["waiting", str(int(Fraction(20 * i + 10, 2 * len(rows))) + 1)].append(row)
        weights = defaultdict(Counter)   # of all groups of a level together
        for (level, _), rows in groups.items():
            for row in rows:
                for outcome in ("csat", "repeat", "value"):
                    weights[level, outcome][row["cell"]] += row[outcome] is not None
        expected = {}
        for (level, name), rows in groups.items():
            assert members(company.engine, scope, level, name) == [{"ticket_id": r["f"]["ticket_id"], "episode": r["f"]["episode"], "value": r["waited"], "rule": None} for r in
                sorted(rows, key=lambda r: (-r["waited"], r["f"]["ticket_id"], r["f"]["episode"]))]
            told = expected[level, name] = {"contacts": len(rows), "median_waited_seconds": median(r["waited"] for r in rows), "sampled": 1}
            for outcome, counted in (("csat", "rated"), ("repeat", "followable"), ("value", "valued")):
                mine, weight = defaultdict(list), weights[level, outcome]
                for row in rows:
                    if row[outcome] is not None:
                        mine[row["cell"]].append(row[outcome])
                told[counted] = sum(map(len, mine.values()))
                mine = {cell: values for cell, values in mine.items() if len(values) >= 5}
                total = sum(weight[cell] for cell in mine)
                if not total:
                    told |= dict.fromkeys((outcome, f"{outcome}_low", f"{outcome}_high", f"{outcome}_covered"))
                    continue
                mean = sum(weight[cell] * fmean(values) for cell, values in mine.items()) / total
                half = Z * math.sqrt(sum((weight[cell] / total) ** 2 * variance(values) / len(values) for cell, values in mine.items()))
                low, high = (mean - half, mean + half) if outcome == "value" else (max(0, mean - half), min(1, mean + half))
                told |= {outcome: mean, f"{outcome}_low": low, f"{outcome}_high": high, f"{outcome}_covered": total / sum(weight.values())}
        alike(ask(company, "consequences", scope), expected, ("level", "group"))


# vendor_border

def wilson(hits: int, n: int) -> tuple[float, float]:
    p, spread = hits / n, Z * math.sqrt(hits / n * (1 - hits / n) / n + Z * Z / (4 * n * n))
    return max(0, (p + Z * Z / (2 * n) - spread) / (1 + Z * Z / n)), min(1, (p + Z * Z / (2 * n) + spread) / (1 + Z * Z / n))


def first_hand(after: list[dict]) -> datetime | None:
    """When somebody on the other side of the border took it; nobody did: when it left that side, where it did."""
    side = [s for i, s in enumerate(after) if all(o["vendor"] == after[0]["vendor"] for o in after[:i + 1])]
    return next((s["assigned_at"] for s in side if s["assigned_at"]), side[-1]["left_at"])


def test_the_vendor_and_our_own_teams(company):
    rates = company.engine.settings["rates"]
    for days, scope in zip((7, 14, 7, 3), company.scopes.values(), strict=False):
        for level in ("side", "team"):
            entries = defaultdict(list)
            for f in company.asked(scope):
                key = f["ticket_no"], f["episode"]
                stays = [s for s in company.stays.get(key, []) if s["queue"] is not None]
                if f["handled_by"] in ("bot_only", "untouched"):
                    continue
                names = [(s["vendor"] or "(in house)", (s["team"] or s["queue"]) if level == "team" else None) for s in stays]
                over = not f["is_open"] and f["ended_at"] is not None and f["ended_at"] >= f["started_at"] and f["ended_at"] + days * DAY <= company.until
                followed = company.followed(f, days)
                for name in set(names):
                    mine = [i for i, n in enumerate(names) if n == name]
                    left = [i for i in mine if i + 1 < len(names) and names[i + 1][0] != name[0]]
                    gaps = [(stays[i]["left_at"], first_hand(stays[i + 1:])) for i in left]
                    kept = names[mine[0]:] == [name] * (len(names) - mine[0])
                    entries[name].append({
                        "cell": (f["reason"], f["priority"]), "kept": kept, "judged": followed is not None, "not_known": over and followed is None,
                        "lasting": followed is False and kept and not f["reopens"], "handed_over": len(left),
                        "handed_back": sum(names[i - 1][0] != name[0] for i in mine[1:]), "border": sum(max(0, secs(a, b)) for a, b in gaps if b),
                        "touched": sum(h["touched_seconds"] for h in company.hours.get(key, []) if h["stay_no"] in {stays[i]["stay_no"] for i in mine})})
            judged = [e for rows in entries.values() for e in rows if e["judged"]]
            usual = defaultdict(list)
            for e in judged:
                usual[e["cell"]].append(e["lasting"])
            usual, expected = {cell: fmean(lasted) for cell, lasted in usual.items()}, {}
            for name, rows in entries.items():
                number, lasting = sum(e["judged"] for e in rows), sum(e["lasting"] for e in rows)
                mix = sum(usual[e["cell"]] for e in rows if e["judged"])
                price = rates["vendors"].get(name[0])
                hourly = [rates["hourly"] * sum(e["touched"] for e in chosen) / 3600 for chosen in (rows, [e for e in rows if e["judged"]])]
                cost, of_judged = (price * len(rows), price * number) if price else hourly
                low, high = wilson(lasting, number) if number else (None, None)
                expected[level, *name] = {
                    "contacts": len(rows), **{column: sum(e[column] for e in rows) for column in ("kept", "judged", "not_known", "lasting", "handed_over", "handed_back")},
                    "lasting_share": lasting / number if number else None, "lasting_low": low, "lasting_high": high,
                    "lasting_adjusted": min(1, fmean(e["lasting"] for e in judged) * lasting / mix) if mix else None, "border_hours": sum(e["border"] for e in rows) / 3600,
                    "handling_hours": sum(e["touched"] for e in rows) / 3600, "cost": cost, "cost_per_lasting": of_judged / lasting if lasting else None,
                    "cost_is": "price per contact" if price else "estimated", "currency": "EUR"}
            rows = [r for r in ask(company, "vendor_border", Scope(scope.from_on, scope.to_on, scope.where, options={"window_days": days})) if r["level"] == level]
            alike(rows, expected, ("level", "side", "team"))
