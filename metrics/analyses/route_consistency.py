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
from metrics.engine.routes import GROUPED, KNOWN, NEEDED, SORTED, STOPS, route, routes_sql
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
    contacts, params = asking.contacts(engine, scope, [*NEEDED, "f.reason", "f.source", "@secs(f.started_at, f.ended_at) as seconds"],
                                       where=f"{asking.TOUCHED} and {KNOWN} and not f.is_open and f.ended_at >= f.started_at")
    same = " and ".join(f"coalesce(r.{name}, '') = coalesce(c.{name}, '')" for name in ("reason", *(f"q{i}" for i in range(1, STOPS + 1))))
    ranked = engine.query(f"""
        with asked as ({contacts}), routes as ({routes_sql(["reason", "source", "seconds"])}),
        taken as (select reason, source, stops, {GROUPED}, count(*) as contacts, @quantile(seconds, 0.5) as median from routes group by reason, source, stops, {GROUPED}),
        ranked as (select t.*, row_number() over (partition by reason, source order by contacts desc, {SORTED}, stops) as place from taken t),
        others as (   -- what took another route than the commonest
            select r.reason, r.source, @quantile(r.seconds, 0.5) as median
            from routes r left join ranked c on c.place = 1 and c.source = r.source and c.stops = r.stops and {same}
            where c.place is null group by r.reason, r.source)
        select t.reason, t.source, t.stops, {GROUPED}, t.contacts, t.median, o.median from ranked t
        left join others o on o.source = t.source and coalesce(o.reason, '') = coalesce(t.reason, '')
        order by t.place""", params)[1]
    found: dict[tuple, dict[str, Any]] = {}
    for reason, source, stops, *rest in ranked:   # of each the commonest route first
        names, (contacts_n, median, others) = rest[:STOPS], rest[STOPS:]
        row = found.setdefault((reason, source), {"reason": reason, "source": source, "contacts": 0, "routes": 0, "commonest": route(names, stops), "taken": contacts_n,
                                                  "median_seconds": median, "other_median_seconds": others})
        row["contacts"] += contacts_n
        row["routes"] += 1
    return asking.table(sorted((_row(row, least) for row in found.values()), key=lambda r: (-r.get("other_contacts", -1), -r["contacts"], str(r["reason"]), r["source"])), COLUMNS)


def _row(told: dict[str, Any], least: int) -> dict[str, Any]:
    """A reason as the answer shows it: its number only where its contacts are too few for a share."""
    taken, contacts = told["taken"], told["contacts"]
    if contacts < least:
        return {name: told[name] for name in ("reason", "source", "contacts")}
    low, high = interval(taken, contacts)
    return {**told, "share": taken / contacts, "share_low": low, "share_high": high, "other_contacts": contacts - taken}
