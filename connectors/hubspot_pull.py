"""HubSpot's API: tickets that changed, then each ticket and the history of its properties in batches; conversations are in a file of their own.

A search is told of changes late, so an hour is asked for again. Handoffs are the versions of `hubspot_owner_id`.
"""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from connectors.contract import Api, Option, Stream
from connectors.hubspot_ask import BATCH, LAG, LIST, OBJECTS, OF_OBJECTS, batch, beyond, connect, linked, listed, milliseconds, moment, search, since_of
from connectors.hubspot_conversations import THREADS, messages, threads
from connectors.hubspot_payloads import Archived, Changed, Company, Merge, Message, Owner, Person, Pipeline, Rating, Thread, Ticket, Version
from connectors.hubspot_people import actors, people, person
from connectors.paging import Rows, at, rows_at
from connectors.pull import Page, Pull

HISTORIES = 50   # rows of a batch with history
TOLD = ("hs_pipeline_stage", "hubspot_owner_id", "hs_pipeline", "hs_ticket_priority")
OF_TICKETS = ("subject", *TOLD, "source_type", "createdate", "closed_date", "hs_lastmodifieddate", "time_to_close", "time_to_first_agent_reply")
COMPANY = ("name", "industry", "lifecyclestage")
DAY, SHORT = 86_400, 2 * LIST   # archived tickets that are so many are read again at every pull
OF_PIPELINES = {"id", "label", "stages", "displayOrder", "createdAt", "updatedAt", "archived", "archivedAt"}
OF_OWNERS = {"id", "userId", "userIdIncludingInactive", "archived", "firstName", "lastName", "teams", "email", "type", "createdAt", "updatedAt"}
OF_VERSIONS = {"value", "timestamp", "sourceType", "sourceId", "sourceLabel", "updatedByUserId"}


# --- small lists ---------------------------------------------------------------------------------------------------------
def pipelines(pull: Pull) -> Iterator[Page]:
    found = rows_at("results")(pull.api.get("/crm/v3/pipelines/tickets").body)
    yield Page([beyond(row, OF_PIPELINES) | {"id": row.get("id"), "label": row.get("label"), "stages": [
        {"id": s.get("id"), "label": s.get("label"), "is_closed": at(s, "metadata.isClosed") == "true" or at(s, "metadata.ticketState") == "CLOSED"}
        for s in rows_at("stages")(row)]} for row in found])


def owners(pull: Pull) -> Iterator[Page]:
    """Those who left still stand in the history of tickets."""
    for archived in ("false", "true"):
        for rows in listed(pull, "/crm/v3/owners", archived=archived):
            yield Page([beyond(row, OF_OWNERS) | {"id": row.get("id"), "userId": row.get("userId") or row.get("userIdIncludingInactive"), "archived": row.get("archived"),
                         "name": " ".join(str(row[k]) for k in ("firstName", "lastName") if row.get(k)) or None,
                         "team": next((t.get("name") for t in rows_at("teams")(row) if t.get("primary")), None)} for row in rows])


def companies(pull: Pull) -> Iterator[Page]:
    named = {key: pull.options[f"company_{key}"] for key in ("value", "plan", "renewal")}
    for rows, place, left in search(pull, "companies", (*COMPANY, *(p for p in named.values() if p)), since_of(pull)):
        yield Page([beyond(row, OF_OBJECTS) | {"id": row.get("id")} | {k: at(row, f"properties.{k}") for k in COMPANY}
                    | {k: at(row, f"properties.{own}") for k, own in named.items() if own}
                    for row in rows], place, left=left)


def contacts(pull: Pull) -> Iterator[Page]:
    """People who changed since the last pull: their tickets are read again. The first pull only notes the newest."""
    for rows, place, left in search(pull, "contacts", ("email", "phone", "mobilephone"), (pull.now - LAG) * 1000):
        theirs = linked(pull, "contacts", "tickets", _ids(rows)) if pull.cursor is not None and rows else {}
        yield Page([person(row) for row in rows], place, asks={"tickets": sorted({t for tickets in theirs.values() for t in tickets})}, left=left)


# --- tickets -------------------------------------------------------------------------------------------------------------
def changed(pull: Pull) -> Iterator[Page]:
    for rows, place, left in search(pull, "tickets", (), since_of(pull)):
        yield Page([{"id": row.get("id"), "modified": at(row, "properties.hs_lastmodifieddate")} for row in rows], place, left=left)


def _ids(rows: Rows) -> list[str]:
    return [str(row["id"]) for row in rows if row.get("id")]


def _stages(pull: Pull) -> dict[str, dict[str, Any]]:
    return {str(stage.get("id")): stage for pipeline in pull.rows_of("pipelines").values() for stage in pipeline.get("stages") or []}


def tickets(pull: Pull) -> Iterator[Page]:
    stages, reason, portal, more = _stages(pull), str(pull.options["reason_property"]), _portal(pull), pull.options["more_properties"]
    for asked in pull.waiting(BATCH):
        found = batch(pull, "tickets", asked, tuple(dict.fromkeys((*OF_TICKETS, reason, *more))))
        ids = _ids(found)
        whose, firms = linked(pull, "tickets", "contacts", ids), linked(pull, "tickets", "companies", ids)
        keys = people(pull, {found[0] for found in whose.values() if found})
        rows = []
        for row in found:
            own, number = row.get("properties") or {}, str(row["id"])
            stage = stages.get(str(own.get("hs_pipeline_stage")), {})
            first = next(iter(whose.get(number, [])), None)
            rows.append(beyond(row, OF_OBJECTS) | {k: own.get(k) for k in ("subject", "hs_ticket_priority", "source_type", "time_to_close", "time_to_first_agent_reply")} | {
                "id": number, "url": f"{portal}/record/0-5/{number}", "stage": stage.get("label") or own.get("hs_pipeline_stage"), "is_closed": stage.get("is_closed"),
                "pipeline": own.get("hs_pipeline"), "owner": own.get("hubspot_owner_id") or None, "created at": moment(own.get("createdate")),
                "closed at": moment(own.get("closed_date")), "modified at": moment(own.get("hs_lastmodifieddate")), "contact reason": own.get(reason),
                "contact": keys.get(str(first)) or {"id": first}, "company": next(iter(firms.get(number, [])), None)} | (
                {"properties": {name: own[name] for name in more if own.get(name)}} if more else {}))
        yield Page(rows, answered=tuple(asked), left=pull.landing.left("tickets") - len(asked))


def _portal(pull: Pull) -> str:
    told = pull.api.get("/account-info/v3/details").body
    return f"https://{at(told, 'uiDomain') or 'app.hubspot.com'}/contacts/{at(told, 'portalId')}"


def archived(pull: Pull) -> Iterator[Page]:
    """Read whole, since nobody tells what is new in the list; a long one once a day.

    What has left it is asked for by number: a ticket that is there was restored, any other is gone for good.
    """
    held = pull.cursor
    if held and len(held["ids"]) > SHORT and 0 <= pull.now - held["read"] < DAY:
        pull.note(f"{len(held['ids']):,} tickets are archived, so deletions and restorations are asked for once a day; those after {moment(held['read'] * 1000)} come later")
        return
    before = set(held["ids"] if held else pull.landing.keys("archived tickets"))
    now: list[str] = []
    for rows in listed(pull, f"{OBJECTS}/tickets", archived="true"):
        now += _ids(rows)
        yield Page([beyond(row, OF_OBJECTS) | {"id": row.get("id"), "archived at": moment(row.get("archivedAt"))} for row in rows], held)
    left = before - set(now)
    restored = [i for i in _ids(batch(pull, "tickets", sorted(left), ())) if i in left]   # a merged ticket is answered by its survivor
    yield Page([{"id": i, "archived at": None} for i in restored], {"read": pull.now, "ids": now},
               asks={stream: restored for stream in ("tickets", "merges", "ticket history")})


def merges(pull: Pull) -> Iterator[Page]:
    """Only the survivor names those it took over."""
    for keys in pull.waiting(BATCH):
        rows: Rows = [{"gone": gone, "survivor": str(row["id"])} for row in batch(pull, "tickets", keys, ("hs_merged_object_ids",))
                for gone in str(at(row, "properties.hs_merged_object_ids") or "").split(";") if gone and gone != str(row["id"])]
        yield Page(rows, answered=tuple(keys), left=pull.landing.left("merges") - len(keys))


def history(pull: Pull) -> Iterator[Page]:
    stages, actor = _stages(pull), actors(pull)
    for keys in pull.waiting(HISTORIES):
        rows: Rows = []
        for row in batch(pull, "tickets", keys, ("createdate",), propertiesWithHistory=list(TOLD)):
            number = str(row["id"])
            rows.append({"id": f"{number}/created", "ticket_id": number, "property": "createdate", "since at": moment(at(row, "properties.createdate"))})
            for name in TOLD:
                taken: set[str] = set()   # two versions may share a millisecond
                for version in reversed(rows_at(f"propertiesWithHistory.{name}")(row)):   # the newest comes first
                    value, key = version.get("value") or None, f"{number}/{name}/{milliseconds(version.get('timestamp'))}"
                    stage = stages.get(str(value), {}) if name == "hs_pipeline_stage" else {}
                    user = version.get("updatedByUserId") or str(version.get("sourceId") or "").partition("userId:")[2]
                    rows.append(beyond(version, OF_VERSIONS) | {
                        "id": f"{key}/{value or ''}" if key in taken else key, "ticket_id": number, "property": name,
                        "value": stage.get("label") or value, "is_closed": stage.get("is_closed"), "since at": moment(version.get("timestamp")),
                        "sourceType": version.get("sourceType"), "actor": actor(user)})
                    taken.add(key)
        yield Page(rows, answered=tuple(keys), left=pull.landing.left("ticket history") - len(keys))


def ratings(pull: Pull) -> Iterator[Page]:
    for rows, place, left in search(pull, "feedback_submissions", ("hs_value", "hs_submission_timestamp"), since_of(pull)):
        whose = linked(pull, "feedback_submissions", "tickets", _ids(rows)) if rows else {}
        yield Page([beyond(row, OF_OBJECTS) | {"id": row.get("id"), "ticket_id": whose[str(row["id"])][0], "rating value": at(row, "properties.hs_value"),
                     "rated at": moment(at(row, "properties.hs_submission_timestamp") or at(row, "properties.hs_lastmodifieddate"))}
                    for row in rows if whose.get(str(row.get("id")))], place, left=left)


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
    Stream("archived tickets", f"{OBJECTS}/tickets?archived=true", archived, Archived, "id", "read whole, a list of more than 200 once a day", "tickets", "deletions, restorations",
           reads="archived tickets JSON"),
    Stream("tickets", f"{OBJECTS}/tickets/batch/read", tickets, Ticket, "id", "tickets that changed", "tickets", "the ticket as it is", reads="tickets JSON",
           follows="changed tickets"),
    Stream("merges", f"{OBJECTS}/tickets/batch/read", merges, Merge, "gone", "tickets that changed", "tickets", "merged tickets", reads="merges JSON", follows="changed tickets"),
    Stream("ticket history", f"{OBJECTS}/tickets/batch/read", history, Version, "id", "tickets that changed", "tickets", "events: stages, owners, pipelines, priorities",
           reads="ticket history JSON", follows="changed tickets"),
    Stream("ratings", f"{OBJECTS}/feedback_submissions/search", ratings, Rating, "id", AGAIN, "crm.objects.feedback_submissions.read, Service Hub", "ratings",
           reads="ratings JSON", overlap=LAG),
    Stream("threads", THREADS, threads, Thread, "id", "latestMessageTimestamp, an hour again; open ones and those without a ticket by number", "conversations.read",
           "the conversation as it is, and the ticket it became", reads="threads JSON", overlap=LAG),
    Stream("messages", f"{THREADS}/{{id}}/messages", messages, Message, "id", "threads that changed", "conversations.read",
           "events: messages, notes, holders, states", reads="messages JSON", follows="threads"),
)

API = Api(
    connect=connect, probe="/account-info/v3/details", streams=STREAMS, host="api.hubapi.com", secrets={"token": "access token of a private app"},
    options=(Option("reason_property", "ticket property that is the contact reason", "hs_ticket_category"),
             Option("more_properties", "list of further ticket properties to keep, which [dimensions] name as properties.NAME", is_list=True),
             Option("company_value", "company property that holds its value a year"), Option("company_plan", "company property that holds its plan"),
             Option("company_renewal", "company property that holds its renewal date")),
)
