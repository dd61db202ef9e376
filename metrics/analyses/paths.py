"""Which ways do contacts take through the queues, and how long does each way take?

The commonest routes: the distinct consecutive queues of a contact, an unknown queue bridged, the first routing
included. A route that comes back to a queue it had left is a loop. Resolution is of settled contacts; lost hours are
those in a queue and those held untouched. Contacts by arrival, that a person touched, from sources that tell queues.
"""
from __future__ import annotations

import re
from typing import Any

from metrics.engine import asking
from metrics.engine.engines import DuckDBEngine
from metrics.engine.metric import Option, Planted
from metrics.engine.query import P90_NEEDS
from metrics.engine.routes import ARROW, GROUPED, KNOWN, NEEDED, SORTED, STOPS, route, routes_sql
from metrics.engine.scope import Scope

COLUMNS = {
    "route": f"the queues in order (at most {STOPS} are named)", "stops": "queues entered", "is_loop": "it comes back to a queue it had left",
    "contacts": "contacts that went this way", "share": "share of all contacts with a known route",
    "median_seconds": "median resolution time of the settled ones", "p90_seconds": f"their p90 (from {P90_NEEDS})",
    "median_against_direct": "median less that of contacts with the same first queue that never left it; NULL where there are none",
    "lost_hours": "customer-hours in a queue and held untouched, open spells not counted", "left_out": "contacts in scope whose source tells no queues",
}
SECONDS = f"{asking.SETTLED_SECONDS} as seconds"
OPTIONS = {"top": Option(30, "how many routes at most")}
_START = "T{n} 09:00 created\nT{n} 09:00 queued Billing\nT{n} 09:05 assigned ana\n"
HAS_MOMENT = False
EXAMPLES = (
    Planted(says="Two go straight, one by way of Risk: the second route takes two hours more.",
            events=_START.format(n=1) + "T1 10:00 resolved by ana\n" + _START.format(n=2) + "T2 10:00 resolved by ana\n" + _START.format(n=3)
            + "T3 10:00 queued Risk\nT3 11:00 assigned ben\nT3 12:00 resolved by ben",
            finds=({"route": "Billing", "contacts": 2, "share": 2 / 3, "is_loop": False, "median_seconds": 3600, "median_against_direct": 0},
                   {"route": "Billing > Risk", "stops": 2, "contacts": 1, "median_seconds": 10_800, "median_against_direct": 7200}), rows=2),
    Planted(says="Billing, Risk, Billing is a loop of three stops.",
            events=_START.format(n=1) + "T1 10:00 queued Risk\nT1 11:00 queued Billing\nT1 12:00 resolved by ana",
            finds=({"route": "Billing > Risk > Billing", "stops": 3, "is_loop": True, "median_against_direct": None},), rows=1),
    Planted(says="No queue for a while is bridged: Billing, nowhere, Billing is one stop.",
            events=_START.format(n=1) + "T1 10:00 queued\nT1 11:00 queued Billing\nT1 12:00 resolved by ana", finds=({"route": "Billing", "stops": 1},), rows=1),
    Planted(says="A source that tells no queues has no routes; the answer says how many contacts that is.",
            events="T1 09:00 created\nT1 09:05 assigned ana\nT1 10:00 resolved by ana", fidelity={"assignments": "events", "states": "events"},
            finds=({"route": None, "contacts": 0, "left_out": 1},), rows=1),
)


def went(engine: DuckDBEngine, scope: Scope, way: str, limit: int | None = None) -> list[dict[str, Any]]:
    """The contacts that went this way, a route as the answer names it; value = resolution time, NULL while open; the longest first.

    One with more stops than are named shares its name with others of as many.
    """
    contacts, params = asking.contacts(engine, scope, [*NEEDED, "f.ticket_id", SECONDS], where=f"{asking.TOUCHED} and {KNOWN}")
    rows = engine.query(f"with asked as ({contacts}) select ticket_id, episode, seconds, stops, {GROUPED} from ({routes_sql(['ticket_id', 'seconds'])}) r "
                        "where stops = ? and q1 = ? order by seconds desc nulls last, ticket_id, episode", [*params, *_start(way)])[1]
    found = [{"ticket_id": t, "episode": e, "value": seconds} for t, e, seconds, stops, *names in rows if route(names, stops) == way]
    return found[:limit] if limit else found


def _start(way: str) -> tuple[int, str]:
    """How many stops a named route has, and the first of them."""
    parts = way.split(ARROW)
    cut = re.fullmatch(r"\.\.\. \((\d+) stops\)", parts[-1])
    return int(cut.group(1)) if cut else len(parts), parts[0]


def ask(engine: DuckDBEngine, scope: Scope) -> list[dict[str, Any]]:
    """Routes, the commonest first."""
    top = asking.options(scope, OPTIONS)["top"]
    contacts, params = asking.contacts(engine, scope, [*NEEDED, SECONDS], where=f"{asking.TOUCHED} and {KNOWN}")
    unknown, more = asking.contacts(engine, scope, ["f.ticket_id"], where=f"{asking.TOUCHED} and not coalesce({KNOWN}, false)")
    left_out = engine.query(f"select count(*) from ({unknown}) as u", more)[1][0][0]
    rows = engine.query(f"""
        with asked as ({contacts})
        select stops, queues, {GROUPED}, count(*), @quantile(seconds, 0.5), @quantile(seconds, 0.9), count(seconds), sum(lost) / 3600.0
        from (select r.*, h.lost from ({routes_sql(["seconds"])}) r left join (
            select h.ticket_no, h.episode, sum(h.queue_seconds + h.held_seconds) as lost
            from asked a join hours h on h.ticket_no = a.ticket_no and h.episode = a.episode group by h.ticket_no, h.episode) h
            on h.ticket_no = r.ticket_no and h.episode = r.episode) as went
        group by stops, queues, {GROUPED} order by count(*) desc, {SORTED}""", params)[1]
    direct = {row[2]: row[-4] for row in rows if row[0] == 1}
    total = sum(row[-5] for row in rows)
    answer = []
    for stops, queues, *rest in rows[:top]:
        names, (contacts_n, median, p90, settled, lost) = rest[:STOPS], rest[STOPS:]
        straight = direct.get(names[0])
        answer.append({"route": route(names, stops), "stops": stops, "is_loop": queues < stops, "contacts": contacts_n, "share": contacts_n / total, "median_seconds": median,
                       "p90_seconds": p90 if settled >= P90_NEEDS else None, "lost_hours": lost or 0.0, "left_out": left_out,
                       "median_against_direct": median - straight if median is not None and straight is not None else None})
    return asking.table(answer or [{"contacts": 0, "left_out": left_out}], COLUMNS)
