"""What happened to this customer, in every tool, in order?

All contacts of the person behind one ticket (option ticket=SOURCE:ID; the tool's own id will do where no other source has it; a ticket
that was merged leads to the one that took it over; option key=KEY names the customer by the key of an address or number). Level
contact holds each of them with its times and marks: a repeat began within the window after another had ended, a chaser while another
was open, and links say how tickets hang together. Level step holds what happened, oldest first: words, queues, hands, states. The
step that answers carries the wait it ended, from the first unanswered word, on the calendar and in the opening hours of the queues it
lay in; a word still unanswered carries the wait so far. Hands are numbered within the contact. No names, no texts. Where the customer
is not known it is the ticket alone.
"""
from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from metrics.engine import asking
from metrics.engine.engines import DuckDBEngine
from metrics.engine.followers import repeat_window
from metrics.engine.metric import Option, Planted
from metrics.engine.opening import opening_seconds, schedule
from metrics.engine.scope import Scope

COLUMNS = {
    "level": "contact or step", "at": "when it began, or happened (UTC)", "ticket_id": "the ticket; for a step of one that was taken over, that one",
    "of_ticket_id": "the ticket whose contact it belongs to",
    "episode": "its contact",
    "source": "the tool",
    "what": "for a step: began, wrote, answered, bot wrote, note, queue, hand, state, settled, reopened, closed, escalated, priority, rated, taken over",
    "who": "customer, agent, bot or system; NULL = not told", "detail": "the queue, state or priority it became, the ticket taken over; for a contact its reason",
    "hand": "number of the hand within the contact",
    "queue": "queue it lay in then; for a contact the last one", "state": "for a contact: its state now", "channel": "for a contact: how it came",
    "ended_at": "for a contact: its end (UTC); NULL = open",
    "waited_seconds": "calendar: for a contact until its end or so far; for an answer the wait it ended; for an unanswered word so far",
    "waited_business_seconds": "the same in opening hours; NULL = no schedule", "is_waiting": "that wait is not over",
    "marks": "repeat, chaser, reopened, wrote again, transfers; joined by '; '", "links": "for a contact: other tickets and how they hang together",
    "url": "for a contact: its address in its tool",
    "is_asked": "the ticket that was asked for", "fidelity": "for a contact: whether its source tells messages by events; NULL = it does not",
}
OPTIONS = {"ticket": Option("", "SOURCE:ID of one ticket of the customer"), "key": Option("", "key of the customer's e-mail address, phone or number"),
           "window_days": repeat_window("days after an end within which the next contact is a repeat"),
           "top": Option(100, "how many contacts at most, the newest")}
KINDS = {"created": "began", "customer_message": "wrote", "agent_message": "answered", "bot_message": "bot wrote", "internal_note": "note", "queued": "queue", "assigned": "hand",
         "reassigned": "hand", "state_changed": "state",
         "resolved": "settled", "closed": "closed", "reopened": "reopened", "escalated": "escalated", "priority_changed": "priority", "rated": "rated", "merged": "taken over"}
LINKS = {"became": "became", "merged_into": "merged into", "follow_up_of": "follow-up of", "incident_of": "one incident with", "child_of": "part of",
         "side_conversation": "side conversation of"}
FACTS = ("f.ticket_id", "f.episode", "f.source", "f.person_id", "f.channel", "f.reason", "f.queue", "f.state", "f.url", "f.started_at", "f.ended_at",
         "f.first_reply_at", "f.is_open",
         "f.message_fidelity", "f.transfers", "f.reopens", "f.chase_seconds", "f.opened_while_open", "f.ended_before_at",
         "f.resolution_business_seconds")
_A, _SAME = {"ticket": "T1"}, {"customer_id": "c1", "email_key": "k1"}
OFFICE = '[schedules.office]\nzone = "UTC"\nmon = ["09:00-17:00"]\ntue = ["09:00-17:00"]\nwed = ["09:00-17:00"]\n'
EXAMPLES = (
    Planted(says="A chat, then a mail two days after it ended: one timeline over two tools, the mail a repeat, answered after an hour.", scope={"options": _A},
            events="chat:C1 09:00 created\nchat:C1 09:10 agent_message by ben\nchat:C1 10:00 resolved by ben\nT1 +2d 09:00 created\n"
                   "T1 +2d 09:00 queued Billing\nT1 +2d 10:00 agent_message by ana\n"
                   "T1 +2d 11:00 resolved by ana",
            tickets={"chat:C1": _SAME, "T1": _SAME},
            finds=({"level": "contact", "is_asked": False, "marks": None, "waited_seconds": 3600}, {"level": "contact", "is_asked": True, "marks": "repeat"},
                   {"level": "step", "what": "answered", "who": "agent", "queue": "Billing", "waited_seconds": 3600, "is_waiting": False, "waited_business_seconds": None},
                   {"level": "step", "what": "queue", "detail": "Billing"}, {"level": "step", "what": "settled"}), rows=9),
    Planted(says="Monday 16:00 to Tuesday 10:00 is eighteen hours, two of them opening hours; then the customer wrote again and waits still.",
            scope={"options": _A}, tickets={"T1": _SAME}, settings='default_schedule = "office"\n' + OFFICE,
            events="T1 16:00 created\nT1 17:30 customer_message\nT1 +1d 10:00 agent_message by ana\nT1 +1d 12:00 customer_message\nT1 +1d 13:00 internal_note by ana",
            finds=({"what": "answered", "waited_seconds": 64_800, "waited_business_seconds": 7200, "is_waiting": False}, {"what": "began", "waited_seconds": None},
                   {"what": "wrote", "waited_seconds": 3600, "waited_business_seconds": 3600, "is_waiting": True}, {"level": "contact", "marks": "wrote again", "ended_at": None})),
    Planted(says="Two hands: the second is hand 2, and the first one again is hand 1. A second contact meanwhile is a chaser.",
            scope={"options": _A}, tickets={"T1": _SAME, "T2": _SAME},
            events="T1 09:00 created\nT1 09:10 assigned ana\nT1 09:20 assigned ben\nT1 09:30 assigned ana\nT2 10:00 created\nT2 11:00 resolved by ana",
            finds=({"what": "hand", "hand": 2}, {"level": "contact", "marks": "chaser"}), rows=8),
    Planted(says="Nobody knows the customer: the ticket alone. A ticket that is not there: nothing.", events="T1 09:00 created\nT2 09:00 created", scope={"options": _A}, rows=2),
    Planted(says="Asked for a ticket that is not there: no rows.", events="T1 09:00 created", scope={"options": {"ticket": "T9"}}, rows=0),
)


def ask(engine: DuckDBEngine, scope: Scope) -> list[dict[str, Any]]:
    """Contacts from the oldest, then all steps from the oldest."""
    chosen = asking.options(scope, OPTIONS, engine)
    contacts = _contacts(engine, scope, chosen)
    if not contacts:
        return []
    until = asking.as_of(engine, Scope())
    tickets = sorted({c["ticket_id"] for c in contacts})
    links = _links(engine, tickets)
    absorbed = {ticket: other for ticket, other, kind in links if kind in ("became", "merged_into") and other in tickets and ticket not in tickets}
    waits = _waits(engine, contacts, tickets, until)
    rows = [_contact(c, links, chosen, until) for c in contacts]
    events = _events(engine, [*tickets, *sorted(absorbed)])
    for contact in contacts:
        rows += _steps(contact, contacts, [e for e in events if absorbed.get(e[0], e[0]) == contact["ticket_id"]], waits)
    order = {"contact": 0, "step": 1}
    numbered = sorted(enumerate(rows), key=lambda r: (order[r[1]["level"]], r[1]["at"], r[0]))
    return asking.table([row for _, row in numbered], COLUMNS)


def _contacts(engine: DuckDBEngine, scope: Scope, chosen: dict[str, Any]) -> list[dict[str, Any]]:
    """The contacts of the person behind the ticket, oldest first, as the scope lets them be seen."""
    inside, params = asking.contacts(engine, scope, FACTS, "as_of")
    named = _named(engine, str(chosen["ticket"]))
    wanted = [*named, *(other for ticket, other, kind in _links(engine, named) if ticket in named and kind in ("became", "merged_into"))]
    marks = ", ".join("?" * len(wanted)) or "null"
    found = engine.query(f"select distinct c.ticket_id, c.person_id from ({inside}) c where c.ticket_id in ({marks}) order by 1", [*params, *wanted])[1]
    if not found and chosen["key"]:
        found = engine.query(f"select c.ticket_id, c.person_id from ({inside}) c where c.person_id in (select u.person_id from identities i join customers u "
                             "on u.customer_id = i.customer_id where i.value_key = ?) order by c.started_at desc nulls last, c.ticket_id limit 1", [*params, str(chosen["key"])])[1]
    if len(found) != 1:
        return []
    ticket, person = found[0]
    condition, value = ("c.person_id = ?", person) if person is not None else ("c.ticket_id = ?", ticket)
    rows = engine.records(f"select * from ({inside}) c where {condition} order by case when c.ticket_id = ? then 0 else 1 end, c.started_at desc nulls last, c.ticket_id, "
                          f"c.episode limit {chosen['top']}", [*params, value, ticket])
    return sorted(({**r, "is_asked": r["ticket_id"] == ticket} for r in rows if r["started_at"]), key=lambda r: (r["started_at"], r["ticket_id"], r["episode"]))


def _named(engine: DuckDBEngine, asked: str) -> list[str]:
    """The ticket that goes by this name; by the number alone, every tool's that has it."""
    if not asked:
        return []
    return [t for (t,) in engine.query("select ticket_id from tickets where ticket_id = ?", [asked])[1]] or [
        t for (t,) in engine.query("select ticket_id from tickets where right(ticket_id, length(?) + 1) = ':' || ? order by 1", [asked, asked])[1]] or [asked]


def _links(engine: DuckDBEngine, tickets: Sequence[str]) -> list[tuple[str, str, str]]:
    """(ticket, other, kind) of the links that touch these tickets; `*:id` is a ticket of whichever other tool has it."""
    if not tickets:
        return []
    marks = ", ".join("?" * len(tickets))
    bare = sorted({"*:" + t.partition(":")[2] for t in tickets})
    rows = engine.query(f"select ticket_id, other_id, kind from links where ticket_id in ({marks}) or other_id in ({marks}) or other_id in ({', '.join('?' * len(bare))}) "
                        "order by 1, 2, 3", [*tickets, *tickets, *bare])[1]
    found = []
    for ticket, other, kind in rows:
        if other.startswith("*:"):
            others = engine.query("select ticket_id from tickets where right(ticket_id, length(?)) = ? and source <> ?", [other[1:], other[1:], ticket.partition(":")[0]])[1]
            if len(others) != 1:
                continue
            other = others[0][0]
        found.append((ticket, other, kind))
    return found


def _contact(row: dict[str, Any], links: Sequence[tuple[str, str, str]], chosen: dict[str, Any], until: datetime) -> dict[str, Any]:
    since = (row["started_at"] - row["ended_before_at"]).total_seconds() if row["ended_before_at"] else None
    marks = ["repeat"] if since is not None and 0 <= since <= chosen["window_days"] * 86_400 else []
    marks += ["chaser"] if row["opened_while_open"] else []
    marks += ["wrote again"] if (row["chase_seconds"] or 0) > 3600 else []
    marks += ["reopened"] if row["reopens"] else []
    marks += [f"{row['transfers']} changes of queue"] if (row["transfers"] or 0) >= 2 else []
    told = [f"{LINKS.get(kind, kind)} {other}" for ticket, other, kind in links if ticket == row["ticket_id"]]
    told += [f"{ticket} {LINKS.get(kind, kind)} this" for ticket, other, kind in links if other == row["ticket_id"] and kind != "incident_of"]
    return {**row, "level": "contact", "of_ticket_id": row["ticket_id"], "at": row["started_at"], "detail": row["reason"], "ended_at": None if row["is_open"] else row["ended_at"],
            "waited_seconds": _seconds(row["started_at"], until if row["is_open"] else row["ended_at"]), "is_waiting": row["is_open"],
            "waited_business_seconds": None if row["is_open"] else row["resolution_business_seconds"], "marks": "; ".join(marks) or None, "links": "; ".join(told) or None,
            "fidelity": row["message_fidelity"]}


def _waits(engine: DuckDBEngine, contacts: Sequence[dict[str, Any]], tickets: Sequence[str], until: datetime) -> dict[tuple[str, datetime, str], dict[str, Any]]:
    """(ticket, instant, what) -> the wait told there: at the answer, and at the first word of it where none has come."""
    marks = ", ".join("?" * len(tickets))
    own = f"(select ticket_id, ticket_no from tickets where ticket_id in ({marks})) t"
    turns = engine.query(
        f"select t.ticket_id, s.episode, s.asked_at, s.answered_at, s.is_open from turns s join {own} on t.ticket_no = s.ticket_no order by 1, 2, 3",
        list(tickets),
    )[1]
    spells = engine.query(f"select t.ticket_id, s.episode, s.from_at, s.until_at, y.queue from spells s join {own} on t.ticket_no = s.ticket_no left join stays y on "
                          "y.ticket_no = s.ticket_no and y.episode = s.episode and y.stay_no = s.stay_no order by 1, 2, 3", list(tickets))[1]
    source = {c["ticket_id"]: c["source"] for c in contacts}
    pieces = []
    for no, (ticket, episode, asked, answered, is_open) in enumerate(turns):
        end = answered or (until if is_open else None)
        for of_ticket, of, low, high, queue in spells:
            a, z = (max(low, asked), min(high or end, end)) if end else (asked, asked)
            if of_ticket == ticket and of == episode and a < z:
                pieces.append((no, schedule(engine, source.get(ticket, ""), queue), a, z))
    business = opening_seconds(engine, pieces)
    found: dict[tuple[str, datetime, str], dict[str, Any]] = {}
    for no, (ticket, _, asked, answered, is_open) in enumerate(turns):
        if answered or is_open:
            told = {"waited_seconds": _seconds(asked, answered or until), "waited_business_seconds": business.get(no), "is_waiting": answered is None}
            found[ticket, answered or asked, "answered" if answered else "asked"] = told
    return found


def _events(engine: DuckDBEngine, tickets: Sequence[str]) -> list[tuple]:
    """What their tools tell of these tickets, in order, queues by name."""
    marks = ", ".join("?" * len(tickets))
    names = dict(
        engine.query(
            f"select distinct s.queue_id, s.queue from stays s join tickets t on t.ticket_no = s.ticket_no where t.ticket_id in ({marks}) and s.queue_id is not null",
            list(tickets),
        )[1]
    )
    told = engine.query(f"select ticket_id, occurred_at, kind, actor_kind, actor_id, to_value from events where ticket_id in ({marks}) "
                        "order by occurred_at, seq nulls first, file_no, ordinal, ticket_id", list(tickets))[1]
    return [(*row, names.get(row[5], row[5]) if row[2] == "queued" else None) for row in told]


def _steps(contact: dict[str, Any], contacts: Sequence[dict[str, Any]], told: Sequence[tuple], waits: dict) -> list[dict[str, Any]]:
    """What happened in one contact: from its events, else what its facts tell."""
    ticket = contact["ticket_id"]
    later = [c["started_at"] for c in contacts if c["ticket_id"] == ticket and c["episode"] > contact["episode"]]
    events = [e for e in told if (contact["episode"] == 1 or e[1] >= contact["started_at"]) and not (later and e[1] >= min(later))]
    base = {"level": "step", "of_ticket_id": ticket, "episode": contact["episode"], "source": contact["source"], "is_asked": contact["is_asked"]}
    if not any(e[0] == ticket for e in events):
        ended = None if contact["is_open"] else contact["ended_at"]
        known = (("began", "customer", contact["started_at"], "asked"), ("answered", "agent", contact["first_reply_at"], "answered"), ("settled", None, ended, ""))
        return [{**base, "ticket_id": ticket, "what": what, "who": who, "at": at, **waits.get((ticket, at, key), {})} for what, who, at, key in known if at]
    hands: dict[str, int] = {}
    queue = state = holder = None
    steps: list[dict[str, Any]] = []
    for of, at, kind, who, actor, value, name in events:
        what, step = KINDS.get(kind, kind), {**base, "ticket_id": of, "at": at, "who": who}
        if kind == "queued":
            queue = name.removeprefix(contact["source"] + ":") if name else None
            step["detail"] = queue
        elif kind == "assigned":
            if value == holder or not value:
                holder = value
                continue
            holder = value
            step["hand"] = hands.setdefault(value, len(hands) + 1)
        elif kind == "state_changed":
            if value == state or value == "new":
                continue
            what, state = {"resolved": "settled", "closed": "closed"}.get(value, what), value
            step["detail"] = value
        elif kind in ("priority_changed", "merged", "rated"):
            step["detail"] = value
        elif kind in ("resolved", "closed"):
            if state == kind:
                continue
            state = kind
        elif kind in ("agent_message", "internal_note") and actor:
            step["hand"] = hands.setdefault(actor, len(hands) + 1)
        if kind == "customer_message" and steps and steps[-1]["what"] == "began" and (at - steps[-1]["at"]).total_seconds() <= 60:
            steps[-1].update(waits.get((of, at, "asked"), {}))
            continue
        key = "answered" if kind == "agent_message" else "asked" if kind in ("customer_message", "created") else None
        steps.append({**step, "what": what, "queue": queue, **(waits.get((of, at, key), {}) if key else {})})
    return steps


def _seconds(start: datetime | None, end: datetime | None) -> int | None:
    return None if start is None or end is None else int((end.replace(microsecond=0) - start.replace(microsecond=0)).total_seconds())
