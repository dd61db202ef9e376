"""What could be changed in the design of the service: each line of the list against slow plain sums over the contacts behind it (see test_demand_against_plain)."""
from __future__ import annotations

import math
import re
from datetime import date
from itertools import pairwise
from statistics import fmean, stdev, variance

import pytest
from companies import DAY, SCOPES, WEEK, Company, Z, ask, quantile, same
from plain import secs

from metrics.engine.engines import DuckDBEngine
from metrics.engine.scope import Scope
from warehouse.store import Folder, reading


@pytest.fixture(scope="module")
def company(lumen):
    with reading(Folder(lumen)) as con:
        yield Company(DuckDBEngine(con), SCOPES)


def like_for_like(members: list[dict], others: list[dict], number: str) -> tuple[float, float, int]:
    """Hours, their standard error and how many were compared: cells of like work against those without the fault, of which a cell needs five."""
    total = noise = compared = 0.0
    for cell in {m["cell"] for m in members}:
        with_it, without = ([c[number] for c in side if c["cell"] == cell] for side in (members, others))
        if len(without) >= 5:
            n, compared = len(with_it), compared + len(with_it)
            total += n * (fmean(with_it) - fmean(without))
            noise += n * n * ((variance(with_it) / n if n > 1 else 0) + variance(without) / len(without))
    return total, math.sqrt(noise), int(compared)


def faults(kind: str, names: dict[str, str], c: dict) -> tuple[bool, float | None]:
    """Could the contact have the fault, and how many hours it spent in it; None = it has not got it."""
    stays, hours = c["stays"], []
    pairs = list(pairwise(stays))
    if kind == "pass_through":
        hours = [secs(a["entered_at"], a["left_at"]) for a, b in pairs if a["queue"] == names["queue"] != b["queue"] and not a["was_touched"]]
        could = any(s["queue"] == names["queue"] for s in stays)
    elif kind == "first_door":
        could = c["f"]["reason"] == names["reason"] and bool(stays) and stays[0]["queue"] == names["first"]
        hours = [secs(a["entered_at"], a["left_at"]) for a, b in pairs[:1] if could and b["queue"] == names["then"] != a["queue"]]
    elif kind == "loop":
        both = {names["queue"], names["other"]}
        could = any({a["queue"], b["queue"]} == both for a, b in pairs)
        hours = [secs(a["left_at"], b["left_at"]) for a, b, z in zip(stays, stays[1:], stays[2:], strict=False) if {a["queue"], b["queue"]} == both and z["queue"] == a["queue"]]
    else:
        could = any(s["vendor"] == names["vendor"] for s in stays)
        taken = [(a["entered_at"], b["assigned_at"] or b["left_at"]) for a, b in pairs if a["vendor"] == names["vendor"] and b["vendor"] is None]
        hours = [secs(a, b) if b else 0 for a, b in taken]
    return could, max(0, sum(hours)) / 3600 if hours else None


def out_of_order(contacts: list[dict], queue: str) -> tuple[list[dict], float, float, float]:
    """Contacts overtaken by a younger one and taken beyond the mark of 9 in 10 of a fair order; hours spared, their error, the share overtaken."""
    stays = sorted(((s["entered_at"], s["assigned_at"], i) for i, c in enumerate(contacts) for s in c["stays"] if s["queue"] == queue and s["assigned_at"]), key=lambda s: s[0])
    waits = [secs(a, b) / 3600 for a, b, _ in stays]
    fair = [secs(a, b) / 3600 for (a, _, _), b in zip(stays, sorted(s[1] for s in stays), strict=True)]
    mark = quantile(fair, 0.9)
    late = [max(w - mark, 0) - max(f - mark, 0) for w, f in zip(waits, fair, strict=True)]
    passed, soonest, at = [False] * len(stays), None, len(stays)
    for i in reversed(range(len(stays))):   # younger is who entered later, not in the same second
        while at > i + 1 and stays[at - 1][0] > stays[i][0]:
            at -= 1
            soonest = stays[at][1] if soonest is None else min(soonest, stays[at][1])
        passed[i] = soonest is not None and soonest < stays[i][1]
    left = {i for (_, _, i), p, w in zip(stays, passed, waits, strict=True) if p and w > mark}
    return [contacts[i] for i in sorted(left)], sum(late), stdev(late) * math.sqrt(len(late)), fmean(passed)


@pytest.mark.parametrize("scope", [Scope(), Scope(from_on=date(2026, 6, 1), to_on=date(2026, 9, 7)), Scope(where=(("channel", "email"),))], ids=["all", "summer", "email"])
def test_what_could_be_changed(company, scope):
    until = min(scope.to_on or date.max, company.full_weeks[-1] + WEEK)
    since = scope.from_on or until - 13 * WEEK
    weeks, contacts = (until - since) / WEEK, []
    for f in company.asked(Scope(since, until, scope.where)):
        key = f["ticket_no"], f["episode"]
        if f["handled_by"] not in ("bot_only", "untouched") and not f["is_open"]:
            hours = company.hours.get(key, [])
            contacts.append({"f": f, "cell": (f["reason"], f["priority"], f["source"], f["channel"]), "stays": [s for s in company.stays.get(key, []) if s["queue"]],
                             "hours": sum(h[f"{b}_seconds"] for h in hours for b in ("queue", "held", "touched", "others")) / 3600,
                             "handled": sum(h["touched_seconds"] for h in hours) / 3600})
    contacts.sort(key=lambda c: (c["f"]["ticket_id"], c["f"]["episode"]))
    answer, claimed = ask(company, "design_list", scope), set()
    assert answer and len({(r["kind"], r["change"]) for r in answer}) == len(answer)
    for rank, row in enumerate(answer, 1):
        filters = [pair.split("=", 1) for pair in re.split(r" (?=\w+=)", row["where"])]
        names = {"first" if dim == "first_queue" and row["kind"] == "first_door" else "queue" if dim == "first_queue" else dim: v for dim, v in filters}
        method, handling = row["method"], 0.0
        if row["kind"] == "order":
            members, worth, error, share = out_of_order(contacts, names["queue"])
            assert method == "hours beyond the 9-of-10 mark"
        elif row["kind"] == "reason":
            members = [c for c in contacts if c["f"]["reason"] == names["reason"]]
            share = members[0]["f"]["avoidable_share"]
            worth, handling = (share * sum(c[number] for c in members) for number in ("hours", "handled"))
            error = share * stdev(c["hours"] for c in members) * math.sqrt(len(members))
            assert row["basis"] == "declared" and row["owner"] == members[0]["f"]["owner"]
        else:
            if row["kind"] == "loop":
                names["other"] = filters[1][1]
                names["queue"] = filters[0][1]
            names["then"] = row["change"].partition(" straight to ")[2].partition(" instead of ")[0]
            seen = [(c, *faults(row["kind"], names, c)) for c in contacts]
            members = [c for c, _, spent in seen if spent is not None]
            share = len(members) / sum(could for _, could, _ in seen)
            others = [c for c, _, spent in seen if spent is None]
            worth, error, compared = like_for_like(members, others, "hours")
            handling = max(0.0, like_for_like(members, others, "handled")[0])
            if 2 * compared < len(members):
                spent = [min(hours, c["hours"]) for c, _, hours in seen if hours is not None]
                worth, error, handling = sum(spent), stdev(spent) * math.sqrt(len(spent)), 0.0
            assert method == ("like for like" if 2 * compared >= len(members) else "hours of the fault itself")
        ids = {(c["f"]["ticket_no"], c["f"]["episode"]) for c in members}
        same(row, {"rank": rank, "contacts": len(members), "share": share, "customer_hours": worth / weeks, "low": (worth - Z * error) / weeks, "high": (worth + Z * error) / weeks,
                   "handling_hours": handling / weeks, "net": worth / weeks * len(ids - claimed) / len(ids), "weeks": weeks, "from_on": since, "to_on": until - DAY,
                   "tickets": " ".join(c["f"]["ticket_id"] for c in members[:5])}, (row["kind"], row["where"]))
        claimed |= ids
    ranked = [(r["basis"] != "measured", -r["customer_hours"]) for r in answer]
    assert ranked == sorted(ranked)
