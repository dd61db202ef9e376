"""HubSpot's conversations: by their newest message, open ones and those without a ticket again by number, and what was said in each."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from connectors.hubspot_ask import BEGINNING, LAG, beyond, listed, milliseconds, moment, since_of
from connectors.hubspot_people import actors, people
from connectors.paging import Rows, at, rows_at
from connectors.problems import NotFound
from connectors.pull import Page, Pull

THREADS = "/conversations/v3/conversations/threads"
AT_ONCE = 50            # conversations a pull asks again, one question each
WEEKS = 28 * 86_400     # so long after its last message a closed conversation may still become a ticket
KEPT = ("id", "status", "createdAt", "closedAt", "latestMessageTimestamp", "inboxId", "spam", "archived")
OF_THREADS = {*KEPT, "assignedTo", "associatedContactId", "threadAssociations", "latestMessageSentTimestamp", "latestMessageReceivedTimestamp",
              "originalChannelId", "originalChannelAccountId"}
SAID = ("type", "createdAt", "direction", "newStatus")
OF_MESSAGES = {*SAID, "id", "updatedAt", "archived", "createdBy", "senders", "recipients", "assignedTo", "assignedFrom", "client", "text", "richText", "subject",
               "attachments", "truncationStatus", "inReplyToId", "status", "channelId", "channelAccountId", "conversationsThreadId"}


def threads(pull: Pull) -> Iterator[Page]:
    """Closing a conversation or making a ticket of it is no message and does not move the newest; until both are done it is asked again by number.

    Those to ask again wait in the landing, and the cursor tells which was asked last: each pull goes on behind it with some of them.
    """
    told = _teller(pull)
    held = pull.cursor if isinstance(pull.cursor, dict) else {"latest": pull.cursor, "asked": ""}
    waiting: set[str] = set(pull.landing.waiting("threads", 1_000_000))
    seen: set[str] = set()
    since = moment(max(held["latest"] - LAG * 1000 if held["latest"] else since_of(pull), BEGINNING))
    for found in listed(pull, THREADS, sort="latestMessageTimestamp", latestMessageTimestampAfter=since, association="TICKET"):
        rows = told(found)
        held = held | {"latest": max([held["latest"] or 0, *(milliseconds(row["latestMessageTimestamp"]) for row in rows)]) or None}
        here, unsettled = _ids(rows), _ids(row for row in rows if _is_unsettled(pull, row))
        yield Page(rows, held, answered=tuple(waiting & here - unsettled), asks={"threads": sorted(unsettled - waiting)})
        waiting, seen = waiting | unsettled, seen | here
    due = sorted(waiting - seen)
    due = [number for number in due if number > held["asked"]] + [number for number in due if number <= held["asked"]]
    if some := due[:AT_ONCE]:
        rows = told([row for number in some for row in _again(pull, number)])
        yield Page(rows, held | {"asked": some[-1]}, answered=tuple(set(some) - _ids(row for row in rows if _is_unsettled(pull, row))))
    if len(due) > AT_ONCE:
        pull.note(f"{len(due):,} conversations are open or without a ticket; {AT_ONCE} of them were asked again, the others by the next pulls")


def _ids(rows: Iterable[dict[str, Any]]) -> set[str]:
    return {str(row["id"]) for row in rows if row["id"]}


def _is_unsettled(pull: Pull, row: dict[str, Any]) -> bool:
    """Whether what becomes of it may still change without a message: closed or a ticket, or restored."""
    if row["status"] != "CLOSED" and not row["archived"]:
        return True
    return (row["archived"] or not row["ticket"]) and milliseconds(row["latestMessageTimestamp"]) > (pull.now - WEEKS) * 1000


def _again(pull: Pull, number: str) -> Rows:
    """A conversation by its number; deleted ones are told apart, those gone for good not at all."""
    for how in ({}, {"archived": "true"}):
        try:
            return [pull.api.get(f"{THREADS}/{number}", {"association": "TICKET"} | how).body]
        except NotFound:
            continue
    return []


def _teller(pull: Pull) -> Callable[[Rows], Rows]:
    actor = actors(pull)

    def told(rows: Rows) -> Rows:
        known = people(pull, {str(row["associatedContactId"]) for row in rows if row.get("associatedContactId")})
        return [beyond(row, OF_THREADS) | {k: row.get(k) for k in KEPT} | {
            "holder": actor(_user(row.get("assignedTo"))), "ticket": at(row, "threadAssociations.associatedTicketId"),
            "contact": known.get(str(row.get("associatedContactId"))) or {"id": row.get("associatedContactId")}} for row in rows]
    return told


def _user(actor: Any) -> str | None:   # A-123 is the user 123
    return str(actor)[2:] if str(actor).startswith("A-") else None


def messages(pull: Pull) -> Iterator[Page]:
    """Who said something when, and what was done, of each conversation that changed."""
    actor = actors(pull)

    def role(sender: str) -> str:
        return {"A": "agent", "V": "customer", "E": "customer", "B": "bot"}.get(sender[:1], "system")

    def told(thread: str, row: dict[str, Any]) -> dict[str, Any]:
        sender = str(row.get("createdBy") or at(next(iter(rows_at("senders")(row)), {}), "actorId") or "")
        who = "customer" if row.get("direction") == "INCOMING" and role(sender) != "agent" else role(sender)
        return beyond(row, OF_MESSAGES) | {k: row.get(k) for k in SAID} | {
            "id": f"{thread}/{row.get('id')}", "thread": thread, "role": who, "actor": None if who == "customer" else actor(_user(sender)) or sender,
            "holder": actor(_user(row.get("assignedTo")))}

    def ask(thread: str) -> Rows:
        return [told(thread, row) for rows in listed(pull, f"{THREADS}/{thread}/messages") for row in rows]
    yield from pull.of_each(ask)
