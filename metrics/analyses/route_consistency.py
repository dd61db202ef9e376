"""Do contacts of one reason take one way, or does each find its own?

Per contact reason and tool (a chat cannot take a ticket's way): how many routes its contacts took through the queues
and what share went the commonest one; how long that one takes beside all others. A low share is an uneven design: the
same request is handled differently by chance. Settled contacts that a person touched, by arrival, from sources that
tell queues; reasons with too few contacts show their number only.
"""
from __future__ import annotations

from typing import Any

from metrics.engine import asking
from metrics.engine.engines import DuckDBEngine
from metrics.engine.intervals import share as interval
from metrics.engine.metric import Option, Planted
from metrics.engine.routes import GROUPED, KNOWN, SORTED, STOPS, route, routes_sql
from metrics.engine.scope import Scope

COLUMNS = {
    "reason": "contact reason; NULL = not given", "source": "the tool", "contacts": "settled contacts with a known route", "routes": "different routes they took",
    "commonest": "the route most of them took", "share": "share on the commonest route", "share_low": "lower end of its 95 % interval", "share_high": "upper end",
    "median_seconds": "median resolution time on the commonest route", "other_median_seconds": "median resolution time on all other routes",
    "other_contacts": "contacts on other routes",
}
OPTIONS = {"min_contacts": Option(20, "reasons with fewer contacts show no share")}


def _one(number: int, queues: str, reason_hours: int = 1) -> str:
    stops = "".join(f"T{number} {9 + i:02d}:00 queued {q}\n" for i, q in enumerate(queues))
    return f"T{number} 09:00 created\nT{number} 09:00 assigned ana\n{stops}T{number} {9 + reason_hours:02d}:30 resolved by ana\n"


HAS_MOMENT = False
EXAMPLES = (
    Planted(
        says="Of four invoices three went straight to A and one by way of B: share 0.75, two routes.",
        scope={"options": {"min_contacts": 4}},
        events="".join(_one(n, "A") for n in (1, 2, 3)) + _one(4, "BA", 3),
        tickets={f"T{n}": {"reason_raw": "invoice"} for n in (1, 2, 3, 4)},
        finds=(
            {
                "reason": "invoice",
                "contacts": 4,
                "routes": 2,
                "commonest": "A",
                "share": 0.75,
                "median_seconds": 5400,
                "other_median_seconds": 12_600,
                "other_contacts": 1,
            },
        ),
        rows=1,
    ),
    Planted(
        says="Every one its own way: the share is one in four.",
        scope={"options": {"min_contacts": 4}},
        events=_one(1, "A") + _one(2, "B") + _one(3, "C") + _one(4, "AB"),
        tickets={f"T{n}": {"reason_raw": "invoice"} for n in (1, 2, 3, 4)},
        finds=({"routes": 4, "share": 0.25},),
    ),
    Planted(
        says="Three contacts are too few for a share: the number only.",
        events="".join(_one(n, "A") for n in (1, 2, 3)),
        tickets={f"T{n}": {"reason_raw": "invoice"} for n in (1, 2, 3)},
        finds=({"reason": "invoice", "contacts": 3, "share": None, "commonest": None},),
    ),
)


def ask(engine: DuckDBEngine, scope: Scope) -> list[dict[str, Any]]:
    """Reasons, those with the most contacts off the commonest route first."""
    least = asking.options(scope, OPTIONS)["min_contacts"]
    contacts, params = asking.contacts(engine, scope, ["f.ticket_no", "f.episode", "f.reason", "f.source", "@secs(f.started_at, f.ended_at) as seconds"],
                                       where=f"{asking.TOUCHED} and {KNOWN} and not f.is_open and f.ended_at >= f.started_at")
    routes = routes_sql(contacts, ["reason", "source", "seconds"])
    ranked = engine.query(f"select reason, source, stops, {GROUPED}, count(*) as contacts, @quantile(seconds, 0.5) from ({routes}) as r group by reason, source, stops, {GROUPED} "
                          f"order by contacts desc, source, reason nulls last, {SORTED}", params)[1]
    found: dict[tuple, dict[str, Any]] = {}
    commonest: dict[tuple, tuple] = {}
    for reason, source, stops, *rest in ranked:
        key = reason, source
        row = found.setdefault(key, {"reason": reason, "source": source, "contacts": 0, "routes": 0, "taken": rest[STOPS]})
        row["contacts"] += rest[STOPS]
        row["routes"] += 1
        if key not in commonest:
            commonest[key] = (stops, *rest[:STOPS])
            row |= {"commonest": route(rest[:STOPS], stops), "median_seconds": rest[STOPS + 1]}
    for key, row in found.items():
        if row["contacts"] < least:
            found[key] = {"reason": row["reason"], "source": row["source"], "contacts": row["contacts"]}
            continue
        low, high = interval(row["taken"], row["contacts"])
        row |= {"share": row["taken"] / row["contacts"], "share_low": low, "share_high": high, "other_contacts": row["contacts"] - row["taken"]}
    for key, median in _off(engine, routes, params, {k: c for k, c in commonest.items() if found[k].get("other_contacts")}).items():
        found[key]["other_median_seconds"] = median
    return asking.table(sorted(found.values(), key=lambda r: (-r.get("other_contacts", -1), -r["contacts"], str(r["reason"]), r["source"])), COLUMNS)


def _off(engine: DuckDBEngine, routes: str, params: list[Any], commonest: dict[tuple, tuple]) -> dict[tuple, float]:
    """Median resolution off the commonest route, by reason and source; one reading of the routes."""
    if not commonest:
        return {}
    one = "(coalesce(reason, '') = ? and source = ? and stops = ? and " + " and ".join(f"coalesce(q{i}, '') = ?" for i in range(1, STOPS + 1)) + ")"
    given = [value for (reason, source), stops in commonest.items() for value in (reason or "", source, stops[0], *(s or "" for s in stops[1:]))]
    rows = engine.query(f"select reason, source, @quantile(seconds, 0.5) from ({routes}) as r where not ({' or '.join([one] * len(commonest))}) group by reason, source",
                        [*params, *given])[1]
    return {(reason, source): median for reason, source, median in rows if (reason, source) in commonest}
