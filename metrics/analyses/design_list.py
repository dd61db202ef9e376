"""What could be changed in the design of the service, what would it be worth, and who owns it?

Changes ranked by customer-hours a week: close a loop between queues, send a reason straight to its queue, let contacts
go past a stop where nobody does anything, draw a vendor's scope anew, take work in order of arrival, staff an hour in
which work waits, remove a reason at its owner. A fault is listed only where it is a pattern (a set share of the
contacts that could have it, twenty at least) and its worth is surely above zero (a 95 % interval, corrected for how
many candidates were looked at): a service without faults gets an empty list. Worth is like for like: contacts with the
fault beside contacts of the same reason, priority, channel and tool without it, in hours the customer waited for us; where fewer
than half can be compared, the hours of the fault itself, of no contact more than it waited for us in all. Hours are those of the whole
lives of the contacts that arrived in the period, divided by its weeks: no change is worth more than they waited. A contact counts for
one change only, the one worth most (`net`), so that the net hours may be added up. Work taken in order does not shorten the mean wait:
its worth is the hours beyond the mark within which 9 of 10 are taken. What rests on the avoidable share somebody declared in reasons.csv
is marked declared and stands after what was measured. Settled contacts that arrived in the period, from sources that tell queues
and assignments; that nobody does anything at a stop is said only of sources that tell replies and notes. The period is, where
none is asked for, the last 13 full weeks; where these hold next to nothing, as in a log of closed tickets that trickles out, the
13 up to the last in which contacts came as usual.
"""
from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np

from metrics.engine import asking, overtaken
from metrics.engine.engines import DuckDBEngine
from metrics.engine.levers import LEVERS, ORDER, ORDERED, Lever, told_sql
from metrics.engine.levers_period import last_day, looked_at
from metrics.engine.metric import Option, Planted
from metrics.engine.routes import KNOWN
from metrics.engine.scope import Scope
from metrics.engine.worth import LEAST, Worth, like_for_like, measured, sure

AVOIDED = ("eliminate", "pre-empt", "digitise")
COLUMNS = {
    "rank": "1 is worth most",
    "change": "what to change, in a sentence",
    "kind": "pass_through, first_door, loop, vendor_border, order or reason",
    "lever": "people, process, technology or cause",
    "owner": "whose it is: the team, or the owner of the reason",
    "where": "filters that show its contacts (DIM=VALUE joined by blanks)",
    "basis": "measured, or declared (rests on an avoidable share from reasons.csv)",
    "method": "like for like, hours of the fault itself, or hours beyond the 9-of-10 mark",
    "contacts": "contacts with the fault in the period",
    "share": "of those that could have it",
    "customer_hours": "hours a week customers would wait less for us",
    "low": "lower end of the 95 % interval",
    "high": "upper end",
    "handling_hours": "hours of work a week (estimated)",
    "net": "customer-hours a week not already counted in a line above",
    "assumption": "what is assumed",
    "tickets": "five of its tickets, joined by blanks",
    "weeks": "weeks of the period",
    "from_on": "first day of the period looked at",
    "to_on": "and its last",
}
OPTIONS = {"top": Option(20, "how many changes at most")}


def _world(straight: int, stopped: int) -> str:
    """Contacts that go to Billing, some of them by way of Triage, where they lie for six hours untouched."""
    lines = []
    for i in range(straight + stopped):
        start, name = 24 * (i % 60), f"T{i}"
        def at(hours: float, start: int = start, name: str = name, late: int = i % 7) -> str:
            minutes = round((start + 8 + hours) * 60) + late
            return f"{name} +{minutes // 1440}d {minutes % 1440 // 60:02d}:{minutes % 60:02d}"
        if i < stopped:
            lines += [f"{at(0)} created", f"{at(0)} queued Triage", f"{at(6)} queued Billing", f"{at(7)} assigned ana", f"{at(8)} agent_message by ana", f"{at(8)} resolved by ana"]
        else:
            lines += [f"{at(0)} created", f"{at(0)} queued Billing", f"{at(1)} assigned ana", f"{at(2)} agent_message by ana", f"{at(2)} resolved by ana"]
    return "\n".join([*lines, "Z9 +91d 00:00 created"])


def _back(looped: int) -> str:
    """Two hundred contacts that Billing hands to Risk an hour after they came, three a day; Risk hands some of them back four hours later."""
    lines = []
    for i in range(200):
        def at(hours: int, i: int = i) -> str:
            return f"T{i} +{i % 70}d {8 + i // 70 + hours:02d}:{i % 7:02d}"
        lines += [f"{at(0)} created", f"{at(0)} queued Billing", f"{at(0)} assigned ana", f"{at(1)} internal_note by ana", f"{at(1)} queued Risk", f"{at(1)} assigned ben"]
        if i < looped:
            lines += [f"{at(2)} internal_note by ben", f"{at(6)} queued Billing", f"{at(6)} assigned ana", f"{at(7)} agent_message by ana", f"{at(7)} resolved by ana"]
        else:
            lines += [f"{at(2)} agent_message by ben", f"{at(2)} resolved by ben"]
    return "\n".join([*lines, "Z9 +91d 00:00 created"])


EXAMPLES = (
    Planted(
        says="Forty contacts stop in Triage for six hours, eighty do not: 240 hours in nine weeks.",
        events=lambda: _world(80, 40),
        scope={"from_on": None},
        tickets=lambda: {f"T{i}": {"reason_raw": "invoice"} for i in range(120)},
        finds=(
            {
                "rank": 1,
                "kind": "pass_through",
                "lever": "process",
                "contacts": 40,
                "share": 1,
                "customer_hours": (18, 19),
                "method": "like for like",
                "basis": "measured",
            },
        ),
        never=({"kind": "loop"}, {"kind": "reason"}),
    ),
    Planted(says="All go straight to Billing and are taken in order: nothing to change.", events=lambda: _world(120, 0), rows=0),
    Planted(
        says="Of 200 contacts that went from Billing to Risk 22 came back and cost five hours more: 11 %, each counted once however often it crossed.",
        events=lambda: _back(22),
        finds=({"rank": 1, "kind": "loop", "contacts": 22, "share": 0.11, "customer_hours": (8, 9), "method": "like for like"},),
        never=({"kind": "pass_through"},),
    ),
    Planted(says="Ten stops are too few to speak of.", events=lambda: _world(110, 10), rows=0),
    Planted(
        says="The source tells neither replies nor notes: nobody can say that nothing was done at the stop.",
        events=lambda: _world(60, 60),
        tickets=lambda: {f"T{i}": {"reason_raw": "invoice"} for i in range(120)},
        fidelity={"assignments": "snapshot", "queues": "snapshot", "states": "snapshot"},
        never=({"kind": "pass_through"},),
    ),
    Planted(
        says="A year later two last contacts came: the thirteen weeks are those before, not the empty ones.",
        events=lambda: _world(60, 60) + "\nZ1 +365d 09:00 created\nZ1 +365d 10:00 resolved by ana\nZ2 +380d 09:00 created",
        tickets=lambda: {f"T{i}": {"reason_raw": "invoice"} for i in range(120)},
        finds=({"kind": "pass_through", "contacts": 60, "weeks": 9, "from_on": "2025-06-09", "to_on": "2025-08-10"},),
    ),
    Planted(
        says="Asked up to the 6th of July: the weeks until then, though data came a year later.",
        events=lambda: _world(60, 60) + "\nZ1 +365d 09:00 created",
        scope={"from_on": None, "to_on": date(2025, 7, 7)},
        tickets=lambda: {f"T{i}": {"reason_raw": "invoice"} for i in range(120)},
        finds=({"kind": "pass_through", "contacts": 28, "weeks": 4, "to_on": "2025-07-06"},),
    ),
    Planted(
        says="Five of the six hours at the first door we waited for the customer: no contact spares more than the hour it waited for us.",
        events=lambda: "\n".join(
            f"T{i} +{i}d 08:00 created\nT{i} +{i}d 08:00 queued Triage\nT{i} +{i}d 09:00 agent_message by bob\nT{i} +{i}d 09:00 state_changed waiting_customer by bob\n"
            f"T{i} +{i}d 14:00 queued Billing\nT{i} +{i}d 14:{i % 7:02d} resolved by ana" for i in range(63)
        ),
        tickets=lambda: {f"T{i}": {"reason_raw": "invoice"} for i in range(63)},
        finds=({"kind": "first_door", "method": "hours of the fault itself", "customer_hours": (6.9, 7.1)},),
    ),
    Planted(
        says="Every contact stops there, so none can be compared: the hours of the stop itself count.",
        events=lambda: _world(0, 60),
        tickets=lambda: {f"T{i}": {"reason_raw": "invoice"} for i in range(60)},
        finds=({"kind": "pass_through", "contacts": 60, "method": "hours of the fault itself", "customer_hours": (27, 28.5)},),
    ),
    Planted(
        says="A reason half of which is declared avoidable, with an owner: declared, after what was measured.",
        events=lambda: _world(120, 0),
        tickets=lambda: {f"T{i}": {"reason_raw": "invoice"} for i in range(120)},
        reasons=({"pattern": "invoice", "reason": "invoice copy", "owner": "Finance", "action": "digitise", "avoidable_share": 0.5},),
        finds=({"rank": 1, "kind": "reason", "owner": "Finance", "basis": "declared", "customer_hours": (9, 9.5), "net": (9, 9.5)},),
        rows=1,
    ),
)


def ask(engine: DuckDBEngine, scope: Scope) -> list[dict[str, Any]]:
    """The changes, the most worth first."""
    top = asking.options(scope, OPTIONS)["top"]
    scope, weeks = looked_at(engine, scope)
    rows, sound = _sound(engine, scope) if weeks else ([], [])
    claimed = np.zeros(len(rows), bool)
    answer = []
    for line in sound[:top]:
        mine = line["members"] & ~claimed
        part = line["worth"].hours * (mine.sum() / max(1, line["members"].sum()))
        claimed |= line["members"]
        low, high = line["worth"].interval()
        answer.append(
            {
                "rank": len(answer) + 1,
                **{k: line[k] for k in ("change", "kind", "lever", "owner", "where", "basis", "method", "share", "assumption")},
                "contacts": int(line["members"].sum()),
                "customer_hours": line["worth"].hours / weeks,
                "low": low / weeks,
                "high": high / weeks,
                "handling_hours": line["handling"] / weeks,
                "net": part / weeks,
                "weeks": weeks,
                "from_on": scope.from_on,
                "to_on": last_day(scope),
                "tickets": " ".join(rows[i][9] for i in np.flatnonzero(line["members"])[:5]),
            }
        )
    return asking.table(answer, COLUMNS)


def members(engine: DuckDBEngine, scope: Scope, kind: str, where: str) -> list[dict[str, Any]]:
    """The contacts of one change, told by its kind and filters; value = seconds the customer waited for us, the longest first."""
    scope, weeks = looked_at(engine, scope)
    rows, sound = _sound(engine, scope) if weeks else ([], [])
    line = next((c for c in sound if (c["kind"], c["where"]) == (kind, where)), None)
    chosen = [rows[i] for i in np.flatnonzero(line["members"])] if line else []
    return [{"ticket_id": row[9], "episode": row[1], "value": round(3600 * row[10])} for row in sorted(chosen, key=lambda row: (-row[10], row[9], row[1]))]


def _sound(engine: DuckDBEngine, scope: Scope) -> tuple[list[tuple], list[dict[str, Any]]]:
    """The contacts looked at, and every change among them whose worth is surely above zero, the most worth first."""
    lost = "queue_seconds + held_seconds + touched_seconds + others_seconds"
    asked, params = asking.contacts(
        engine,
        scope,
        ["f.ticket_no", "f.episode", "f.reason", "f.priority", "f.source", "f.channel", "f.owner", "f.action", "f.avoidable_share", "f.ticket_id"],
        where=f"{asking.TOUCHED} and {KNOWN} and f.assignment_fidelity is not null and f.assignment_fidelity <> 'counters' and not f.is_open",
    )
    with_ = f"with contacts as ({asked}), ordered as ({ORDERED})"
    rows = engine.query(
        f"{with_} select c.*, coalesce(h.lost_seconds, 0) / 3600.0 as lost_hours, coalesce(h.touched_seconds, 0) / 3600.0 as handled_hours from contacts c left join ("
        f"select ticket_no, episode, sum({lost}) as lost_seconds, sum(touched_seconds) as touched_seconds from hours "
        "where ticket_no in (select ticket_no from contacts) group by ticket_no, episode) h "
        "on h.ticket_no = c.ticket_no and h.episode = c.episode order by c.ticket_id, c.episode",
        params,
    )[1]
    if len(rows) < LEAST:
        return [], []
    place = {(row[0], row[1]): i for i, row in enumerate(rows)}
    kinds: dict[tuple, int] = {}
    cells = np.array([kinds.setdefault(row[2:6], len(kinds)) for row in rows])
    hours, handled = np.array([row[10] for row in rows], float), np.array([row[11] for row in rows], float)
    teams = {queue: team or queue for queue, team in engine.query("select queue, max(team) from stays where queue is not null group by queue")[1]}
    told: dict[str, list[tuple]] = {}
    for kind, *one in engine.query(f"{with_} {told_sql()}", params)[1]:
        told.setdefault(kind, []).append(tuple(one))
    found = [c for lever in LEVERS for c in _candidates(lever, told.get(lever.kind, []), place, teams)]
    stays = [(queue, place[ticket, episode], entered, taken) for queue, _, _, ticket, episode, _, _, entered, taken in told.get(ORDER, [])]
    found += overtaken.faults(stays, len(place), teams, np.array([row[5] or "" for row in rows]))
    limit = sure(len(found))
    sound = [c for c in found if _value(c, cells, hours, handled).interval(limit)[0] > 0]
    sound += _reasons(rows, hours, handled)
    sound.sort(key=lambda c: (c["basis"] != "measured", -c["worth"].hours))
    return rows, sound


def _candidates(lever: Lever, told: list[tuple], place: dict[tuple, int], teams: dict[str, str]) -> list[dict[str, Any]]:
    """The lever's faults that are a pattern. told: its rows of `told_sql`, without their kind."""
    could = {tuple(row[:3]): row[6] for row in told if row[6] is not None}
    groups: dict[tuple, list[tuple]] = {}
    for *key, ticket, episode, seconds, contacts, _, _ in told:
        if contacts is None:
            groups.setdefault(tuple(key), []).append((place[ticket, episode], max(0, seconds or 0) / 3600))
    answer = []
    for key, members in sorted(groups.items(), key=str):
        share = len(members) / max(1, could.get(key, len(members)))
        if len(members) < LEAST or share < lever.least:
            continue
        mask = np.zeros(len(place), bool)
        members.sort()   # in the order of the mask
        mask[[i for i, _ in members]] = True
        names = {f"k{i + 1}": value for i, value in enumerate(key)} | {f"team{i + 1}": teams.get(value) for i, value in enumerate(key) if value}
        answer.append(
            {
                "kind": lever.kind,
                "lever": lever.lever,
                "owner": lever.owner(names),
                "where": lever.where.format(**names),
                "change": lever.words.format(**names),
                "assumption": lever.why.format(**names),
                "share": min(1.0, share),
                "members": mask,
                "fault": np.array([h for _, h in members]),
                "basis": "measured",
            }
        )
    return answer


def _value(candidate: dict[str, Any], cells: np.ndarray, hours: np.ndarray, handled: np.ndarray) -> Worth:
    """The worth of a candidate, written into it."""
    if "worth" not in candidate:
        members = candidate["members"]
        worth, handling = like_for_like(cells, hours, members, ~members), like_for_like(cells, handled, members, ~members)
        if worth.compared * 2 >= members.sum():
            candidate |= {"worth": worth, "handling": max(0.0, handling.hours), "method": "like for like"}
        else:
            fault = np.minimum(candidate["fault"], hours[members])   # a stay can hold hours in which we waited for the customer
            candidate |= {"worth": measured(fault), "handling": 0.0, "method": "hours of the fault itself",
                          "assumption": f"the hours spent in it would not be spent; {worth.compared} of {int(members.sum())} contacts have others to be compared with"}
    return candidate["worth"]


def _reasons(rows: list[tuple], hours: np.ndarray, handled: np.ndarray) -> list[dict[str, Any]]:
    """Reasons their owner could remove, by the avoidable share the owner's table declares."""
    groups: dict[tuple, list[int]] = {}
    for i, row in enumerate(rows):
        reason, owner, action, share = row[2], row[6], row[7], row[8]
        if reason is not None and owner is not None and action in AVOIDED and share:
            groups.setdefault((reason, owner, action, share), []).append(i)
    answer = []
    for (reason, owner, action, share), members in sorted(groups.items(), key=str):
        if len(members) < LEAST:
            continue
        mask = np.zeros(len(rows), bool)
        mask[members] = True
        whole = measured(hours[mask])
        answer.append(
            {
                "kind": "reason",
                "lever": "cause",
                "owner": owner,
                "where": f"reason={reason}",
                "change": f"{action.capitalize()} {reason} at its cause",
                "basis": "declared",
                "method": "declared share of all its hours",
                "assumption": f"{share:.0%} of these contacts need not be, as reasons.csv says",
                "share": share,
                "members": mask,
                "worth": Worth(whole.hours * share, whole.error * share, len(members)),
                "handling": float(handled[mask].sum() * share),
            }
        )
    return answer
