"""Request Tracker's REST interface: transactions by number, and each ticket they touch as it is now."""
from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from pydantic import Field

from connectors import http
from connectors.contract import Account, Api, Option, Stream
from connectors.paging import Rows, at, rows_at
from connectors.payload import Payload, Text
from connectors.problems import NotAllowed, NotFound
from connectors.pull import Page, Pull

ROOT = "/REST/2.0"
PAGE = 100            # RT gives no more, whatever is asked for
AGAIN = 100           # numbers asked for again: one given out earlier may become visible later
UNSEEN_PAGES = 50     # pages of the newest transactions looked through for one this user may see
WANTED = "Type,Field,OldValue,NewValue,Created,Creator,ObjectId"
OF_TICKETS = "Subject,Status,Owner,Queue,Created,Started,Resolved,LastUpdated,Requestor,Priority,CustomFields"
MEANT = "ObjectType='RT::Ticket'"
NOBODY = "Nobody"
# What RT tells besides: addresses of its own, people, texts, and what is known but not used. Anything else is kept and counted.
UNUSED = frozenset("type _url _hyperlinks Cc AdminCc Creator LastUpdatedBy CustomRoles CustomFields EffectiveId Type Due Starts Told TimeEstimated TimeLeft TimeWorked "
                   "InitialPriority FinalPriority SLA ObjectType TimeTaken Data Description Content ReferenceType OldReference NewReference".split())


class Transaction(Payload):
    """One thing that happened, with people and queues by name and id instead of inner numbers."""

    id: Text = None
    object_id: Text = Field(default=None, alias="ObjectId")
    type: Text = Field(default=None, alias="Type")
    field: Text = Field(default=None, alias="Field")
    old: Text = Field(default=None, alias="OldValue")
    new: Text = Field(default=None, alias="NewValue")
    created: Text = Field(default=None, alias="Created")
    creator: Text = Field(default=None, alias="Creator")
    role: Text = None
    before: Text = None
    after: Text = None
    queue: Text = None
    owner: Text = None
    merged_into: Text = None


class Ref(Payload):
    id: Text = None
    name: Text = Field(default=None, alias="Name")


class Requestor(Payload):
    name: Text = Field(default=None, alias="Name")
    email: Text = Field(default=None, alias="EmailAddress")


class Ticket(Payload):
    """A ticket as it is now."""

    id: Text = None
    url: Text = None
    subject: Text = Field(default=None, alias="Subject")
    status: Text = Field(default=None, alias="Status")
    queue: Ref | None = Field(default=None, alias="Queue")
    owner: Ref | None = Field(default=None, alias="Owner")
    created: Text = Field(default=None, alias="Created")
    started: Text = Field(default=None, alias="Started")
    resolved: Text = Field(default=None, alias="Resolved")
    updated: Text = Field(default=None, alias="LastUpdated")
    requestor: Requestor | None = Field(default=None, alias="Requestor")
    priority: Text = Field(default=None, alias="Priority")
    fields: dict[str, Any] | None = None
    reason: Text = Field(default=None, alias="contact reason")


def connect(account: Account) -> http.Api:
    token = account.secrets["token"]
    return http.Api(account.host, http.header("Authorization", f"token {token}"), secrets=(token,), told=account.told, now=account.clock)


def queues(pull: Pull) -> Iterator[Page]:
    page = 1
    while True:
        found = rows_at("items")(pull.api.get(f"{ROOT}/queues/all", {"fields": "Name", "per_page": PAGE, "page": page}).body)
        yield Page([{"id": row.get("id"), "Name": row.get("Name")} for row in found])
        if len(found) < PAGE:
            return
        page += 1


def transactions(pull: Pull) -> Iterator[Page]:
    """Windows of numbers, each no wider than a page: what the user may not see leaves gaps, never a page too few."""
    newest = _newest(pull)
    last = pull.cursor if pull.cursor is not None else _before(pull)
    first = max(0, last - AGAIN) if pull.cursor is not None else last
    reader = _Reader(pull)
    while first < newest:
        until = min(first + PAGE, newest)
        found = _usable(pull, rows_at("items")(_ask(pull, f"{MEANT} AND id > {first} AND id <= {until}")))
        rows = reader.explained(reader.earlier(found, first) + found)
        first = until
        yield Page(rows, max(last, until), asks={"tickets": sorted({str(r["ObjectId"]) for r in rows}, key=int)}, left=newest - until)


def _ask(pull: Pull, query: str, **more: Any) -> Any:
    return pull.api.get(f"{ROOT}/transactions", {"query": query, "orderby": "id", "per_page": PAGE, "fields": WANTED, **more}).body


def _all(pull: Pull, query: str) -> Rows:
    """Every page of a question. Hidden rows leave a page short, and then RT does not count the pages: an empty one is the last."""
    found: Rows = []
    page = 1
    while True:
        body = _ask(pull, query, page=page)
        rows, pages = rows_at("items")(body), at(body, "pages")
        found += rows
        if page >= pages if isinstance(pages, int) else not rows:
            return _usable(pull, found)
        page += 1


def _usable(pull: Pull, found: Rows) -> Rows:
    usable = [row for row in found if _is_number(row.get("id")) and _is_number(row.get("ObjectId"))]
    if len(usable) < len(found):
        pull.note("transactions without a number of their own or of their ticket were left out")
    return usable


def _is_number(value: Any) -> bool:
    return str(value).isdecimal()


def _newest(pull: Pull) -> int:
    """The highest number this user may see; RT fills no page with others' rows, so an empty page is not the end."""
    for page in range(1, UNSEEN_PAGES + 1):
        body = _ask(pull, f"{MEANT} AND id > 0", order="DESC", page=page)
        numbers = [int(row["id"]) for row in rows_at("items")(body) if _is_number(row.get("id"))]
        if numbers or at(body, "total") == 0:   # where rows are hidden RT does not say how many there are
            return max(numbers, default=0)
    pull.note(f"this user may see none of the newest {UNSEEN_PAGES * PAGE:,} transactions")
    return 0


def _before(pull: Pull) -> int:
    """The number after which to begin: RT reads dates in the user's own zone, so it is asked for a day and more too much."""
    if not pull.since:
        return 0
    day = datetime.fromtimestamp(pull.since - 2 * 86_400, UTC).strftime("%Y-%m-%d")
    found = _usable(pull, rows_at("items")(_ask(pull, f"{MEANT} AND Created > '{day}'")))
    return int(found[0]["id"]) - 1 if found else 0


class _Reader:
    """Explains transactions: who people are, what a ticket began as, what it did where this user may not look."""

    def __init__(self, pull: Pull):
        self.pull = pull
        self.people: dict[str, str | None] = {}
        self.seen = set(pull.landing.keys("tickets"))   # tickets whose beginning was told
        self.asked: set[str] = set()
        self.queues = set(pull.rows_of("queues"))

    def earlier(self, found: Rows, before: int) -> Rows:
        """What happened up to a number to tickets that only now come into sight: their beginning was never told, or they come from a hidden queue.

        With --since only what is newer is wanted.
        """
        self.seen |= {str(row["ObjectId"]) for row in found if row.get("Type") == "Create"}
        from_hiding = {str(row["ObjectId"]) for row in found if self.queues and row.get("Type") == "Set" and row.get("Field") == "Queue"
                       and str(row.get("OldValue")) not in self.queues}
        wanted = ({str(row["ObjectId"]) for row in found} - self.seen | from_hiding) - self.asked
        self.asked |= wanted
        if not wanted or not before or self.pull.since:
            return []
        return _all(self.pull, f"{MEANT} AND id <= {before} AND ({_any_of(wanted)})")

    def explained(self, found: Rows) -> Rows:
        ids = {str(row["ObjectId"]) for row in found}
        now = _tickets_now(self.pull, sorted(ids, key=int)) if found else {}   # before the moves are asked for: see _began
        born = {str(row["ObjectId"]) for row in found if row.get("Type") == "Create"}
        began = self._began(born, now) if born else {}
        return [self._one(row, now, began) for row in found]

    def _one(self, row: dict[str, Any], now: dict[str, dict[str, Any]], began: dict[str, dict[str, str | None]]) -> dict[str, Any]:
        ticket, creator = str(row["ObjectId"]), at(row, "Creator.id")
        role = "system" if creator in ("RT_System", NOBODY) else "customer" if creator in [p.get("id") for p in _people(now.get(ticket, {}))] else "agent"
        told = _besides(row) | {k: row.get(k) for k in ("id", "ObjectId", "Type", "Field", "OldValue", "NewValue", "Created")} | {"Creator": creator, "role": role}
        field, kind = row.get("Field"), row.get("Type")
        if field == "Owner":
            told |= {"before": self.person(row.get("OldValue")), "after": self.person(row.get("NewValue"))}
        elif field == "Queue":
            told |= {"before": row.get("OldValue"), "after": row.get("NewValue")}
        elif field == "MergedInto" and kind == "AddLink":
            told["merged_into"] = str(row.get("NewValue") or "").rpartition("/")[2] or None
        elif kind in ("Set", "CustomField") and field not in ("Priority", "Status"):
            told |= {"OldValue": None, "NewValue": None}   # subjects and custom fields may hold anything
        return told | (began.get(ticket, {}) if kind == "Create" else {})

    def _began(self, born: set[str], now: dict[str, dict[str, Any]]) -> dict[str, dict[str, str | None]]:
        """Queue and holder a ticket began with: what its first move left, else what it has.

        A transaction Create does not say them. The tickets were read before their moves: whatever moved in between is seen.
        """
        left: dict[tuple[str, str], str] = {}
        for field in ("Queue", "Owner"):
            for row in _all(self.pull, f"{MEANT} AND Field = '{field}' AND Type != 'SetWatcher' AND ({_any_of(born)})"):
                left.setdefault((field, str(row["ObjectId"])), row.get("OldValue"))
        found = {}
        for ticket in born:
            held = now.get(ticket, {})
            queue = left.get(("Queue", ticket)) or at(held, "Queue.id")
            owner = self.person(left["Owner", ticket]) if ("Owner", ticket) in left else at(held, "Owner.id")
            found[ticket] = {"queue": queue, "owner": None if owner == NOBODY else owner}
        return found

    def person(self, number: Any) -> str | None:
        """Name of a user by the inner number transactions have; Nobody is None."""
        key = str(number or "")
        if key and key not in self.people:
            try:
                name = at(self.pull.api.get(f"{ROOT}/user/{key}").body, "Name") or key
            except (NotFound, NotAllowed):
                name = key
            self.people[key] = None if name == NOBODY else name
        return self.people.get(key)


def _any_of(tickets: Iterable[str]) -> str:
    return " OR ".join(f"ObjectId = {ticket}" for ticket in sorted(tickets, key=int))


def _tickets_now(pull: Pull, ids: list[str]) -> dict[str, dict[str, Any]]:
    """Tickets as they are: by one search, and one by one those that left it: deleted, or merged, of which only the people are known."""
    found = {}
    for start in range(0, len(ids), PAGE):
        some = ids[start:start + PAGE]
        answer = pull.api.get(f"{ROOT}/tickets", {"query": " OR ".join(f"id = {i}" for i in some), "per_page": PAGE, "fields": OF_TICKETS,
                                                  "fields[Queue]": "Name", "fields[Requestor]": "Name,EmailAddress"})
        rows = rows_at("items")(answer.body)
        found |= {str(row["id"]): row for row in rows if row.get("id") is not None}
        if any(row.get("id") is None for row in rows):
            pull.note("tickets without a number were left out")
        for ticket in some:
            if ticket not in found:
                try:
                    row = pull.api.get(f"{ROOT}/ticket/{ticket}").body
                except (NotFound, NotAllowed):
                    continue
                if at(row, "id") is not None:
                    found[ticket] = row if str(row["id"]) == ticket else {"Requestor": row.get("Requestor"), "survivor": row["id"]}
    return found


def tickets(pull: Pull) -> Iterator[Page]:
    for keys in pull.waiting(PAGE):
        rows = [_told(row, pull) for row in _tickets_now(pull, keys).values() if "survivor" not in row]
        yield Page(rows, answered=tuple(keys), left=pull.landing.left("tickets") - len(keys))


def _told(row: dict[str, Any], pull: Pull) -> dict[str, Any]:
    """The ticket with its address, its first requestor and custom fields by name."""
    fields = {str(f.get("name")): "; ".join(map(str, _list(f.get("values")))) for f in _list(row.get("CustomFields")) if isinstance(f, dict) and f.get("values")}
    first = next(({"Name": p.get("Name") or p.get("id"), "EmailAddress": p.get("EmailAddress") or _address(p.get("id"))} for p in _people(row)), None)
    queue = row.get("Queue")
    return _besides(row) | {"id": str(row.get("id")), "url": f"{pull.account.host}/Ticket/Display.html?id={row.get('id')}", "Requestor": first, "fields": fields,
                            "Queue": _besides(queue) if isinstance(queue, dict) else queue, "Owner": {"id": at(row, "Owner.id")},
                            "contact reason": fields.get(str(pull.options["reason_field"]))}


def _besides(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in UNUSED}


def _people(row: dict[str, Any]) -> Rows:
    return [person for person in _list(row.get("Requestor")) if isinstance(person, dict)]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _address(name: Any) -> str | None:
    return name if isinstance(name, str) and "@" in name else None


STREAMS = (
    Stream("queues", f"{ROOT}/queues/all", queues, Ref, "id", "read whole", "SeeQueue", "names of queues", reads="queues JSON", staying=True),
    Stream("transactions", f"{ROOT}/transactions", transactions, Transaction, "id", f"the highest number; the last {AGAIN} again", "ShowTicket, ShowTicketComments",
           "events: states, queues, owners, replies, comments, merges, deletions", reads="transactions JSON", needed=True),
    Stream("tickets", f"{ROOT}/tickets", tickets, Ticket, "id", "tickets that transactions touched", "ShowTicket, SeeCustomField",
           "what a ticket is now, deleted ones too", reads="tickets JSON"),
)

API = Api(connect=connect, probe=f"{ROOT}/rt", streams=STREAMS, host="https://rt.example.com", secrets={"token": "authentication token of an RT user"},
          options=(Option("reason_field", "name of the custom field that is the contact reason"),))
