"""HubSpot's API: tickets by the time they changed, then each ticket and the history of its properties in batches, and conversations.

A search is told of changes late and out of order, so an hour is asked for again. Handoffs are the versions of `hubspot_owner_id`.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from connectors.contract import Api, Option, Stream
from connectors.hubspot_ask import BATCH, BEGINNING, LAG, OBJECTS, batch, connect, linked, listed, milliseconds, moment, search, start_of
from connectors.hubspot_payloads import Archived, Changed, Company, Merge, Message, Owner, Person, Pipeline, Rating, Thread, Ticket, Version
from connectors.paging import Rows, at, rows_at
from connectors.problems import NotAllowed, NotFound
from connectors.pull import Page, Pull

HISTORIES = 50   # rows of a batch with history
TOLD = ("hs_pipeline_stage", "hubspot_owner_id", "hs_pipeline", "hs_ticket_priority")
OF_TICKETS = ("subject", *TOLD, "source_type", "createdate", "closed_date", "hs_lastmodifieddate", "time_to_close", "time_to_first_agent_reply")
COMPANY = ("name", "industry", "lifecyclestage")


def _people(pull: Pull, ids: set[str]) -> dict[str, dict[str, Any]]:
    """Keys of contacts, by id."""
    try:
        return {str(row["id"]): _person(row) for row in batch(pull, "contacts", sorted(ids), ("email", "phone", "mobilephone"))} if ids else {}
    except (NotAllowed, NotFound) as problem:
        pull.note(f"{problem}; tickets are without the customer's e-mail")
        return {}


def _person(row: dict[str, Any]) -> dict[str, Any]:
    own = row.get("properties") or {}
    return {"id": row.get("id"), "email": own.get("email") or None, "phone": own.get("phone") or own.get("mobilephone") or None}


# --- small lists ---------------------------------------------------------------------------------------------------------
def pipelines(pull: Pull) -> Iterator[Page]:
    found = rows_at("results")(pull.api.get("/crm/v3/pipelines/tickets").body)
    yield Page([{"id": row.get("id"), "label": row.get("label"), "stages": [
        {"id": s.get("id"), "label": s.get("label"), "is_closed": at(s, "metadata.isClosed") == "true" or at(s, "metadata.ticketState") == "CLOSED"}
        for s in rows_at("stages")(row)]} for row in found])


def owners(pull: Pull) -> Iterator[Page]:
    """Those who left still stand in the history of tickets."""
    for archived in ("false", "true"):
        for rows in listed(pull, "/crm/v3/owners", archived=archived):
            yield Page([{"id": row.get("id"), "userId": row.get("userId") or row.get("userIdIncludingInactive"), "archived": row.get("archived"),
                         "name": " ".join(str(row[k]) for k in ("firstName", "lastName") if row.get(k)) or None,
                         "team": next((t.get("name") for t in rows_at("teams")(row) if t.get("primary")), None)} for row in rows])


def companies(pull: Pull) -> Iterator[Page]:
    named = {key: pull.options[f"company_{key}"] for key in ("value", "plan", "renewal")}
    for rows, newest in search(pull, "companies", (*COMPANY, *(p for p in named.values() if p)), start_of(pull)):
        yield Page([{"id": row.get("id")} | {k: at(row, f"properties.{k}") for k in COMPANY} | {k: at(row, f"properties.{own}") for k, own in named.items() if own}
                    for row in rows], newest)


def contacts(pull: Pull) -> Iterator[Page]:
    """People who changed since the last pull: their tickets are read again. The first pull only notes the newest."""
    start = pull.cursor - LAG * 1000 if pull.cursor is not None else pull.now * 1000 - LAG * 1000
    for rows, newest in search(pull, "contacts", ("email", "phone", "mobilephone"), start):
        theirs = linked(pull, "contacts", "tickets", [str(row["id"]) for row in rows]) if pull.cursor is not None and rows else {}
        yield Page([_person(row) for row in rows], newest, asks={"tickets": sorted({t for tickets in theirs.values() for t in tickets})})


# --- tickets -------------------------------------------------------------------------------------------------------------
def changed(pull: Pull) -> Iterator[Page]:
    for rows, newest in search(pull, "tickets", (), start_of(pull)):
        yield Page([{"id": row.get("id"), "modified": at(row, "properties.hs_lastmodifieddate")} for row in rows], newest)


def _stages(pull: Pull) -> dict[str, dict[str, Any]]:
    return {str(stage["id"]): stage for pipeline in pull.rows_of("pipelines").values() for stage in pipeline.get("stages") or []}


def tickets(pull: Pull) -> Iterator[Page]:
    stages, reason, portal = _stages(pull), str(pull.options["reason_property"]), _portal(pull)
    named = pull.options["more_properties"] or []
    more = list(map(str, named)) if isinstance(named, list) else [str(named)]
    for keys in pull.waiting(BATCH):
        found = batch(pull, "tickets", keys, tuple(dict.fromkeys((*OF_TICKETS, reason, *more))))
        ids = [str(row["id"]) for row in found]
        whose, firms = linked(pull, "tickets", "contacts", ids), linked(pull, "tickets", "companies", ids)
        people = _people(pull, {found[0] for found in whose.values() if found})
        rows = []
        for row in found:
            own, number = row.get("properties") or {}, str(row["id"])
            stage = stages.get(str(own.get("hs_pipeline_stage")), {})
            person = next(iter(whose.get(number, [])), None)
            rows.append({k: own.get(k) for k in ("subject", "hs_ticket_priority", "source_type", "time_to_close", "time_to_first_agent_reply")} | {
                "id": number, "url": f"{portal}/record/0-5/{number}", "stage": stage.get("label") or own.get("hs_pipeline_stage"), "is_closed": stage.get("is_closed"),
                "pipeline": own.get("hs_pipeline"), "owner": own.get("hubspot_owner_id") or None, "created at": moment(own.get("createdate")),
                "closed at": moment(own.get("closed_date")), "modified at": moment(own.get("hs_lastmodifieddate")), "contact reason": own.get(reason),
                "contact": people.get(str(person)) or {"id": person}, "company": next(iter(firms.get(number, [])), None)} | (
                {"properties": {name: own[name] for name in more if own.get(name)}} if more else {}))
        yield Page(rows, answered=tuple(keys), left=pull.landing.left("tickets") - len(keys))


def _portal(pull: Pull) -> str:
    told = pull.api.get("/account-info/v3/details").body
    return f"https://{told.get('uiDomain') or 'app.hubspot.com'}/contacts/{told.get('portalId')}"


def archived(pull: Pull) -> Iterator[Page]:
    for rows in listed(pull, f"{OBJECTS}/tickets", archived="true"):
        yield Page([{"id": row.get("id"), "archived at": moment(row.get("archivedAt"))} for row in rows])


def merges(pull: Pull) -> Iterator[Page]:
    """Only the survivor names those it took over."""
    for keys in pull.waiting(BATCH):
        rows = [{"gone": gone, "survivor": str(row["id"])} for row in batch(pull, "tickets", keys, ("hs_merged_object_ids",))
                for gone in str(at(row, "properties.hs_merged_object_ids") or "").split(";") if gone and gone != str(row["id"])]
        yield Page(rows, answered=tuple(keys))


def history(pull: Pull) -> Iterator[Page]:
    stages, actor = _stages(pull), _actors(pull)
    for keys in pull.waiting(HISTORIES):
        rows: Rows = []
        for row in batch(pull, "tickets", keys, ("createdate",), propertiesWithHistory=list(TOLD)):
            number = str(row["id"])
            rows.append({"id": f"{number}/created", "ticket_id": number, "property": "createdate", "since at": moment(at(row, "properties.createdate"))})
            for name in TOLD:
                for version in (row.get("propertiesWithHistory") or {}).get(name) or []:
                    value = version.get("value") or None
                    stage = stages.get(str(value), {}) if name == "hs_pipeline_stage" else {}
                    user = version.get("updatedByUserId") or str(version.get("sourceId") or "").partition("userId:")[2]
                    rows.append({"id": f"{number}/{name}/{milliseconds(version.get('timestamp'))}", "ticket_id": number, "property": name,
                                 "value": stage.get("label") or value, "is_closed": stage.get("is_closed"), "since at": moment(version.get("timestamp")),
                                 "sourceType": version.get("sourceType"), "actor": actor(user)})
        yield Page(rows, answered=tuple(keys), left=pull.landing.left("ticket history") - len(keys))


def _actors(pull: Pull) -> Callable[[Any], str | None]:
    """History and conversations know people by user, tickets by owner: one of them, the owner, is used."""
    known = {str(owner["userId"]): str(owner["id"]) for owner in pull.rows_of("owners").values() if owner.get("userId")}
    return lambda user: known.get(str(user), str(user)) if user else None


def ratings(pull: Pull) -> Iterator[Page]:
    for rows, newest in search(pull, "feedback_submissions", ("hs_value", "hs_submission_timestamp"), start_of(pull)):
        whose = linked(pull, "feedback_submissions", "tickets", [str(row["id"]) for row in rows]) if rows else {}
        yield Page([{"id": row.get("id"), "ticket_id": whose[str(row["id"])][0], "rating value": at(row, "properties.hs_value"),
                     "rated at": moment(at(row, "properties.hs_submission_timestamp") or at(row, "properties.hs_lastmodifieddate"))}
                    for row in rows if whose.get(str(row["id"]))], newest)


# --- conversations -------------------------------------------------------------------------------------------------------
def threads(pull: Pull) -> Iterator[Page]:
    actor, last = _actors(pull), pull.cursor
    since = moment(max(start_of(pull), BEGINNING))
    for rows in listed(pull, "/conversations/v3/conversations/threads", sort="latestMessageTimestamp", latestMessageTimestampAfter=since, association="TICKET"):
        people = _people(pull, {str(row["associatedContactId"]) for row in rows if row.get("associatedContactId")})
        last = max([last or 0, *(milliseconds(row.get("latestMessageTimestamp")) for row in rows)])
        yield Page([{k: row.get(k) for k in ("id", "status", "createdAt", "closedAt", "latestMessageTimestamp", "inboxId", "spam", "archived")} | {
            "holder": actor(_user(row.get("assignedTo"))), "ticket": at(row, "threadAssociations.associatedTicketId"),
            "contact": people.get(str(row.get("associatedContactId"))) or {"id": row.get("associatedContactId")}} for row in rows], last or None)


def _user(actor: Any) -> str | None:   # A-123 is the user 123
    return str(actor)[2:] if str(actor).startswith("A-") else None


def messages(pull: Pull) -> Iterator[Page]:
    actor = _actors(pull)

    def role(sender: str) -> str:
        return {"A": "agent", "V": "customer", "E": "customer", "B": "bot"}.get(sender[:1], "system")

    def told(thread: str, row: dict[str, Any]) -> dict[str, Any]:
        sender = str(row.get("createdBy") or at(next(iter(rows_at("senders")(row)), {}), "actorId") or "")
        who = "customer" if row.get("direction") == "INCOMING" and role(sender) != "agent" else role(sender)
        return {k: row.get(k) for k in ("type", "createdAt", "direction", "newStatus")} | {
            "id": f"{thread}/{row.get('id')}", "thread": thread, "role": who, "actor": None if who == "customer" else actor(_user(sender)) or sender,
            "holder": actor(_user(row.get("assignedTo")))}

    def ask(thread: str) -> Rows:
        return [told(thread, row) for rows in listed(pull, f"/conversations/v3/conversations/threads/{thread}/messages") for row in rows]
    yield from pull.of_each(ask)


AGAIN = "hs_lastmodifieddate, an hour again"
STREAMS = (
    Stream("pipelines", "/crm/v3/pipelines/tickets", pipelines, Pipeline, "id", "read whole", "tickets", "names of queues, what stages mean", reads="pipelines JSON", staying=True),
    Stream("owners", "/crm/v3/owners", owners, Owner, "id", "read whole, those who left too", "crm.objects.owners.read", "who is an agent, in which team", reads="owners JSON",
           staying=True),
    Stream("companies", f"{OBJECTS}/companies/search", companies, Company, "id", AGAIN, "crm.objects.companies.read", "value, plan, renewal from the properties named in options",
           reads="companies JSON", overlap=LAG),
    Stream("contacts", f"{OBJECTS}/contacts/search", contacts, Person, "id", "lastmodifieddate, an hour again", "crm.objects.contacts.read",
           "whose tickets are read again", overlap=LAG),
    Stream("changed tickets", f"{OBJECTS}/tickets/search", changed, Changed, "id", AGAIN, "tickets", "which tickets changed", overlap=LAG, needed=True),
    Stream("tickets", f"{OBJECTS}/tickets/batch/read", tickets, Ticket, "id", "tickets that changed", "tickets", "the ticket as it is", reads="tickets JSON",
           follows="changed tickets"),
    Stream("merges", f"{OBJECTS}/tickets/batch/read", merges, Merge, "gone", "tickets that changed", "tickets", "merged tickets", reads="merges JSON", follows="changed tickets"),
    Stream("archived tickets", f"{OBJECTS}/tickets?archived=true", archived, Archived, "id", "read whole", "tickets", "deletions", reads="archived tickets JSON"),
    Stream("ticket history", f"{OBJECTS}/tickets/batch/read", history, Version, "id", "tickets that changed", "tickets", "events: stages, owners, pipelines, priorities",
           reads="ticket history JSON", follows="changed tickets"),
    Stream("ratings", f"{OBJECTS}/feedback_submissions/search", ratings, Rating, "id", AGAIN, "crm.objects.feedback_submissions.read, Service Hub", "ratings",
           reads="ratings JSON", overlap=LAG),
    Stream("threads", "/conversations/v3/conversations/threads", threads, Thread, "id", "latestMessageTimestamp, an hour again", "conversations.read",
           "the conversation as it is, and the ticket it became", reads="threads JSON", overlap=LAG),
    Stream("messages", "/conversations/v3/conversations/threads/{id}/messages", messages, Message, "id", "threads that changed", "conversations.read",
           "events: messages, notes, holders, states", reads="messages JSON", follows="threads"),
)

API = Api(
    connect=connect, probe="/account-info/v3/details", streams=STREAMS, host="api.hubapi.com", secrets={"token": "access token of a private app"},
    options=(Option("reason_property", "ticket property that is the contact reason", "hs_ticket_category"),
             Option("more_properties", "list of further ticket properties to keep, which [dimensions] name as properties.NAME"),
             Option("company_value", "company property that holds its value a year"), Option("company_plan", "company property that holds its plan"),
             Option("company_renewal", "company property that holds its renewal date")),
)
