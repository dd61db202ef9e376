"""The helpdesk's files, as Zendesk writes them: tickets, ticket audits, users and groups."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from sample_data import story
from sample_data.clock import Hours
from sample_data.files import ndjson, write_packed, write_plain
from sample_data.generate import Company
from sample_data.helpdesk_faults import plant_faults
from sample_data.helpdesk_ticket import RULE, Act, Ticket
from sample_data.people import Agent, Customer

SYSTEM_ID = -1
FIELDS = {"queue": "group_id", "assignee": "assignee_id", "status": "status", "priority": "priority"}
HOLD, OPEN_AGAIN = "610003", "610001"
PRODUCTS = ("Lumen Bulb", "Lumen Hub", "Lumen App", "Lumen Outdoor", "Lumen Pro")
GROUPS = {q.name: 7_000_001 + n for n, q in enumerate(q for q in story.QUEUES if q.source == "helpdesk")}


def write_helpdesk(company: Company, into: Path) -> dict[Ticket, int]:
    """Write the four files; gives the number of each ticket, for whoever links to one."""
    numbers = {ticket: 100_001 + place for place, ticket in enumerate(company.tickets)}
    hours = Hours("office", company.scale.weeks * 7 + 14)
    tickets = [_ticket(ticket, numbers, hours) for ticket in company.tickets]
    plant_faults(tickets, company.scale)
    write_packed(into / "helpdesk_tickets.ndjson.gz", ndjson(tickets))
    write_packed(into / "helpdesk_ticket_audits.ndjson.gz", ndjson(_audits(company.tickets, numbers)))
    write_packed(into / "helpdesk_users.ndjson.gz", ndjson(_users(company)))
    groups = {"groups": [{"id": number, "name": name} for name, number in GROUPS.items()]}
    write_plain(into / "helpdesk_groups.json", json.dumps(groups, indent=1) + "\n")
    return numbers


def user_id(person: Any) -> int:
    """The number of whoever did something: the system is -1."""
    if person == RULE:
        return SYSTEM_ID
    return (8_000_000 if isinstance(person, Agent) else 9_000_000) + person.number


def _iso(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _ticket(ticket: Ticket, numbers: dict[Ticket, int], hours: Hours) -> dict[str, Any]:
    contact, now, number = ticket.contact, ticket.now, numbers[ticket]
    opener = ticket.acts[0].by
    requester = contact.customer or opener  # a ticket for nobody, as the outage's, is the agent's own
    assignee: Agent | None = now.get("assignee")
    group = now.get("queue")
    company = contact.customer.company if contact.customer else None
    via: dict[str, Any] = {"channel": contact.channel}
    if ticket.follow_up_of:
        via["source"] = {"from": {"ticket_id": numbers[ticket.follow_up_of]}, "to": {}, "rel": "follow_up"}
    return {
        "id": number,
        "url": f"https://lumen.zendesk.example/api/v2/tickets/{number}.json",
        "type": ticket.kind,
        "subject": contact.reason.name.capitalize(),
        "priority": now.get("priority"),
        "status": ticket.status,
        "requester_id": user_id(requester),
        "submitter_id": user_id(opener),
        "assignee_id": user_id(assignee) if assignee else None,
        "organization_id": 500_000 + company.number if company else None,
        "group_id": GROUPS[group] if group else None,
        "brand_id": 360_100,
        "problem_id": numbers[ticket.problem] if ticket.problem else None,
        "tags": ticket.tags,
        "via": via,
        "custom_fields": [
            {"id": 360001, "value": contact.reason.name},
            {"id": 360002, "value": PRODUCTS[number % len(PRODUCTS)]},
        ],
        "satisfaction_rating": {"score": ticket.rating if now.get("status") in ("solved", "closed") else "unoffered"},
        "created_at": _iso(ticket.acts[0].at),
        "updated_at": _iso(ticket.acts[-1].at),
        "requester": _person(requester),
        "group": {"id": GROUPS[group], "name": group} if group else None,
        "assignee": {"id": user_id(assignee), "name": assignee.name} if assignee else None,
        "organization": {"id": 500_000 + company.number, "name": company.name} if company else None,
        "metric_set": None if ticket.deleted else metric_set(ticket, hours),
    }


def _person(person: Customer | Agent) -> dict[str, Any]:
    customer = person if isinstance(person, Customer) else None
    company = customer.company if customer else None
    return {
        "id": user_id(person),
        "name": person.name,
        "email": person.email,
        "locale": customer.locale if customer else "de",
        "external_id": (customer.shop_id or None) if customer else None,
        "organization_id": 500_000 + company.number if company else None,
    }


def metric_set(ticket: Ticket, hours: Hours) -> dict[str, Any]:
    """What Zendesk counts itself: stations include the first assignment, minutes are whole."""
    start = ticket.acts[0].at
    changes = [(act.at, name, old, new) for act in ticket.acts for name, old, new in act.changes]
    assigned = [at for at, name, _, new in changes if name == "assignee" and new is not None]
    groups = [at for at, name, _, new in changes if name == "queue" and new is not None]
    replies = [act.at for act in ticket.acts[1:] if act.comment and isinstance(act.by, Agent)]
    reopens = [at for at, name, old, new in changes if (name, old) == ("status", "solved") and new != "closed"]
    ended = ticket.solves[-1:] or [at for at, name, _, new in changes if (name, new) == ("status", "closed")]
    solved_at = ended[0] if ended and not ticket.is_open else None

    def minutes(until: int | None) -> dict[str, int | None]:
        if until is None:
            return {"calendar": None, "business": None}
        return {"calendar": (until - start) // 60, "business": hours.between(start, until) // 60}

    return {
        "reopens": len(reopens),
        "replies": len(replies),
        "assignee_stations": len(assigned),
        "group_stations": len(groups),
        "initially_assigned_at": _iso(assigned[0]) if assigned else None,
        "assigned_at": _iso(assigned[-1]) if assigned else None,
        "solved_at": _iso(solved_at) if solved_at else None,
        "reply_time_in_minutes": minutes(replies[0] if replies else None),
        "full_resolution_time_in_minutes": minutes(solved_at),
    }


def _audits(tickets: list[Ticket], numbers: dict[Ticket, int]) -> Iterator[dict[str, Any]]:
    ids = count(30_000_001)
    for ticket in tickets:
        if ticket.deleted:  # a deleted ticket keeps its row, its audits are gone
            continue
        for place, act in enumerate(ticket.acts):
            yield {
                "id": next(ids),
                "ticket_id": numbers[ticket],
                "created_at": _iso(act.at),
                "author_id": user_id(act.by),
                "via": _via(ticket, act, numbers, opening=place == 0),
                "events": list(_events(act, ids, opening=place == 0)),
            }


def _via(ticket: Ticket, act: Act, numbers: dict[Ticket, int], opening: bool) -> dict[str, Any]:
    if act.merged:
        direction, other = act.merged
        there = {"ticket_id": numbers[other]}
        ends = {"from": there, "to": {}} if direction == "from" else {"from": {}, "to": there}
        return {"channel": "system", "source": {**ends, "rel": "merge"}}
    if act.by == RULE:
        return {"channel": "rule"}
    if isinstance(act.by, Agent):
        return {"channel": "web"}
    return {"channel": ticket.contact.channel if opening else "email"}


def _events(act: Act, ids: Iterator[int], opening: bool) -> Iterator[dict[str, Any]]:
    if act.comment is not None:
        yield {"id": next(ids), "type": "Comment", "public": act.comment}
    for name, old, new in act.changes:
        if opening:
            yield {"id": next(ids), "type": "Create", "field_name": FIELDS[name], "value": _value(new)}
            continue
        change = {"id": next(ids), "type": "Change", "field_name": FIELDS[name]}
        yield {**change, "value": _value(new), "previous_value": _value(old)}
        # On hold has a custom status of its own: Zendesk writes both fields into the same audit.
        if "hold" in (old, new):
            custom = (HOLD, OPEN_AGAIN) if new == "hold" else (OPEN_AGAIN, HOLD)
            change = {"id": next(ids), "type": "Change", "field_name": "custom_status_id"}
            yield {**change, "value": custom[0], "previous_value": custom[1]}


def _value(value: Any) -> str | None:
    """Field values are texts in audits, even numbers."""
    if value is None:
        return None
    if isinstance(value, Agent):
        return str(user_id(value))
    return str(GROUPS.get(value, value))


def _users(company: Company) -> Iterator[dict[str, Any]]:
    yield {"id": SYSTEM_ID, "name": "System", "email": None, "role": "admin", **_NO_ORGANIZATION}
    for team in company.people.agents.values():
        for agent in team:
            if agent.queue in GROUPS:
                role = {"email": agent.email, "role": "agent"}
                yield {"id": user_id(agent), "name": agent.name, **role, **_NO_ORGANIZATION}
    seen = {user_id(t.contact.customer): t.contact.customer for t in company.tickets if t.contact.customer}
    for number in sorted(seen):
        person = _person(seen[number])
        named = {key: person[key] for key in ("id", "name", "email")}
        placed = {key: person[key] for key in ("external_id", "organization_id")}
        yield {**named, "role": "end-user", **placed, "active": True}


_NO_ORGANIZATION = {"external_id": None, "organization_id": None, "active": True}
