"""Intercom's API: conversations by the time they changed, then the parts of each, which is where handoffs are told.

Times of conversations are exact seconds; contacts are filtered by calendar day in the workspace's zone, so that two days are asked
for again. What the search says of a person is put into each conversation, and what a part leaves out (whose words it brings) into it.
"""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from connectors import http
from connectors.contract import Account, Api, Option, Stream
from connectors.intercom_payloads import Admin, Company, Contact, Conversation, Part, Team
from connectors.paging import Rows, at, by_cursor, rows_at
from connectors.problems import NotAllowed, NotFound, PullProblem
from connectors.pull import Page, Pull

VERSION = "2.14"
PAGE = 150            # the most a search gives
LAG = 300             # seconds asked for again: a search is told of changes late
DAYS_AGAIN = 2 * 86_400
PEOPLE = ("user", "lead", "contact", "visitor")
LEFT = {"contacts", "teammates", "first_contact_reply", "linked_objects", "ai_agent", "open", "read", "type"}   # of a conversation: names, links, what is told twice


# --- asking --------------------------------------------------------------------------------------------------------------
def connect(account: Account) -> http.Api:
    token = account.secrets["token"]
    return http.Api(account.host, http.bearer(token), secrets=(token,), headers={"Intercom-Version": VERSION}, told=account.told, now=account.clock)


def _search(pull: Pull, path: str, name: str, query: dict[str, Any], field: str | None = "updated_at") -> Iterator[Rows]:
    """Every row of a search, oldest change first."""
    def ask(cursor: str | None) -> http.Answer:
        page = {"per_page": PAGE} | ({"starting_after": cursor} if cursor else {})
        return pull.api.post(path, {"query": query, "pagination": page} | ({"sort": {"field": field, "order": "ascending"}} if field else {}))
    for rows, _, _ in by_cursor(ask, rows_at(name), lambda body: at(body, "pages.next.starting_after")):
        yield rows


def _since(second: int) -> dict[str, Any]:
    """Dates know no >=, and only one of > and < is needed."""
    return {"operator": "AND", "value": [{"field": "updated_at", "operator": ">", "value": max(0, second - 1)}]}


def admins(pull: Pull) -> Iterator[Page]:
    found = rows_at("admins")(pull.api.get("/admins").body)
    yield Page([{k: row.get(k) for k in ("id", "name", "email", "has_inbox_seat")} | {"is_bot": _is_operator(row)} for row in found])


def _is_operator(author: dict[str, Any]) -> bool:
    """The workspace's own bot stands among the admins, under an address of Intercom's."""
    email = str(author.get("email") or "")
    return email.startswith("operator+") and email.endswith("@intercom.io")


def teams(pull: Pull) -> Iterator[Page]:
    yield Page([{k: row.get(k) for k in ("id", "name", "admin_ids")} for row in rows_at("teams")(pull.api.get("/teams").body)])


def companies(pull: Pull) -> Iterator[Page]:
    """By scroll: the list of pages ends at 10,000. A workspace has one scroll at a time, so another program's is waited for."""
    scroll = None
    while True:
        try:
            body = pull.api.get("/companies/scroll", {"scroll_param": scroll} if scroll else None).body
        except PullProblem as problem:
            if type(problem) is not PullProblem:
                raise
            pull.note(f"companies come with the next pull: {problem}")
            return
        found = rows_at("data")(body)
        if not found:
            return
        yield Page([{k: row.get(k) for k in ("id", "company_id", "name", "plan", "monthly_spend", "industry")} for row in found])
        scroll = body.get("scroll_param")


def contacts(pull: Pull) -> Iterator[Page]:
    """People who changed since the last pull; their conversations are read again, because a conversation does not change with them.

    The first pull only notes those of the newest second: each conversation brings its own contact.
    """
    start = pull.cursor
    if start is None:
        newest = pull.api.post("/contacts/search", {"query": _since(1), "sort": {"field": "updated_at", "order": "descending"}, "pagination": {"per_page": 1}})
        start = max([int(row.get("updated_at") or 0) for row in rows_at("data")(newest.body)], default=0)
    last = start
    for rows in _search(pull, "/contacts/search", "data", _since(start - DAYS_AGAIN)):
        changed = [row for row in rows if int(row.get("updated_at") or 0) >= start]
        last = max([last, *(int(row["updated_at"]) for row in changed)])
        asks = {"conversations of changed contacts": [str(row.get("id")) for row in changed]} if pull.cursor is not None else {}
        yield Page([_person(row) for row in changed], last, asks=asks)


def _person(row: dict[str, Any]) -> dict[str, Any]:
    firms = rows_at("companies.data")(row)
    return {k: row.get(k) or None for k in ("id", "external_id", "email", "phone")} | {"company_id": firms[0].get("id") if firms else None}


class _Teller:
    """Puts into conversations what they do not say themselves."""

    def __init__(self, pull: Pull):
        self.pull = pull
        self.people: dict[str, dict[str, Any]] = {}
        self.app = at(pull.api.get("/me").body, "app.id_code")
        self.is_closed = False

    def told(self, rows: Rows) -> Rows:
        ids = {str(person["id"]) for row in rows for person in rows_at("contacts.contacts")(row)[:1] if person.get("id")}
        self._look_up(sorted(ids - self.people.keys()))
        return [self._one(row) for row in rows]

    def _look_up(self, ids: list[str]) -> None:
        """In one question; those the search does not know yet or any more (new, merged) one by one."""
        if not ids or self.is_closed:
            return
        try:
            for rows in _search(self.pull, "/contacts/search", "data", {"field": "id", "operator": "IN", "value": ids}, None):
                self.people |= {str(row["id"]): _person(row) for row in rows}
            for missing in [i for i in ids if i not in self.people]:
                try:
                    self.people[missing] = _person(self.pull.api.get(f"/contacts/{missing}").body)
                except NotFound:
                    continue
        except NotAllowed as problem:
            self.is_closed = True
            self.pull.note(f"{problem}; conversations are without the customer's e-mail and company")

    def _one(self, row: dict[str, Any]) -> dict[str, Any]:
        kept = {k: v for k, v in row.items() if k not in LEFT}
        first = next(iter(rows_at("contacts.contacts")(row)), {})
        own = at(row, "custom_attributes") or {}
        ticket = own.get(self.pull.options["ticket_attribute"]) if self.pull.options["ticket_attribute"] else None
        return kept | {
            "url": f"https://app.intercom.com/a/inbox/{self.app}/inbox/conversation/{row.get('id')}" if self.app else None,
            "source": {k: at(row, f"source.{k}") for k in ("type", "delivered_as", "subject")},
            "contact": self.people.get(str(first.get("id"))) or {k: first.get(k) for k in ("id", "external_id")},
            "statistics": {k: at(row, f"statistics.{k}") for k in ("last_close_at", "count_reopens")},
            "conversation_rating": {k: at(row, f"conversation_rating.{k}") for k in ("rating", "updated_at")},
            "tags": [str(tag.get("name")).replace(" ", "_") for tag in rows_at("tags.tags")(row)],
            "contact reason": own.get(self.pull.options["reason_attribute"]), "linked ticket": ticket and str(ticket)}


def conversations(pull: Pull) -> Iterator[Page]:
    start = max(0, pull.cursor - LAG) if pull.cursor is not None else pull.since or 0
    last = max(start, pull.cursor or 0)
    teller = _Teller(pull)
    for rows in _search(pull, "/conversations/search", "conversations", _since(start)):
        last = max([last, *(int(row["updated_at"]) for row in rows if row.get("updated_at"))])
        yield Page(teller.told(rows), last)


def of_changed_contacts(pull: Pull) -> Iterator[Page]:
    teller = None
    for keys in pull.waiting(15):   # as many as one group of a search may have
        teller = teller or _Teller(pull)
        query = {"operator": "OR", "value": [{"field": "contact_ids", "operator": "=", "value": key} for key in keys]}
        rows = [row for found in _search(pull, "/conversations/search", "conversations", query) for row in found]
        yield Page(teller.told(rows), answered=tuple(keys))


def parts(pull: Pull) -> Iterator[Page]:
    cut = 0

    def ask(conversation: str) -> Rows:
        nonlocal cut
        body = pull.api.get(f"/conversations/{conversation}").body
        found = rows_at("conversation_parts.conversation_parts")(body)
        cut += int(at(body, "conversation_parts.total_count") or 0) > len(found)
        return [*_beginning(conversation, body), *(_part(conversation, part) for part in found)]
    yield from pull.of_each(ask)
    if cut:
        pull.note(f"{cut:,} conversations have more than 500 parts; of those only the newest 500 can be had")


def _beginning(conversation: str, body: dict[str, Any]) -> Rows:
    """The first message and the rating, which are no parts, in the form of parts."""
    author = at(body, "source.author") or {}
    first = {"id": f"{conversation}/source", "part_id": 0, "conversation_id": conversation, "part_type": "source", "created_at": body.get("created_at"),
             "assigned_to": None, "author_id": None if _role(author) == "customer" else author.get("id"), "role": _role(author),
             "has_words": bool(at(body, "source.body") or at(body, "source.attachments"))}
    rated = at(body, "conversation_rating.updated_at") or at(body, "conversation_rating.created_at")
    if at(body, "conversation_rating.rating") is None or rated is None:
        return [first]
    return [first, first | {"id": f"{conversation}/rating/{rated}", "part_id": None, "part_type": "rating", "created_at": rated, "role": "customer",
                            "has_words": False, "author_id": None}]


def _part(conversation: str, part: dict[str, Any]) -> dict[str, Any]:
    author = part.get("author") or {}
    role = _role(author)
    return {"id": f"{conversation}/{part.get('id')}", "part_id": part.get("id"), "conversation_id": conversation, "part_type": part.get("part_type"),
            "created_at": part.get("created_at"), "assigned_to": {k: at(part, f"assigned_to.{k}") for k in ("type", "id")},
            "author_id": None if role == "customer" else author.get("id"), "role": role, "has_words": bool(part.get("body") or part.get("attachments"))}


def _role(author: dict[str, Any]) -> str:
    kind = author.get("type")
    if kind in PEOPLE:
        return "customer"
    if kind == "bot" or author.get("from_ai_agent") or _is_operator(author):
        return "bot"
    return "agent" if kind == "admin" else "system"


STREAMS = (
    Stream("admins", "/admins", admins, Admin, "id", "read whole", "read admins", "who is an agent, who a bot", reads="admins JSON", staying=True),
    Stream("teams", "/teams", teams, Team, "id", "read whole", "read admins", "names of queues", reads="teams JSON", staying=True),
    Stream("companies", "/companies/scroll", companies, Company, "id", "read whole, by the workspace's one scroll", "read users and companies", "spend, plan",
           reads="companies JSON"),
    Stream("contacts", "/contacts/search", contacts, Contact, "id", "updated_at, two days again", "read users and companies",
           "whose conversations are read again", overlap=DAYS_AGAIN),
    Stream("conversations", "/conversations/search", conversations, Conversation, "id", "updated_at, five minutes again", "read conversations",
           "counters: reopens; state, team, rating, promise, the ticket it became", reads="conversations JSON", overlap=LAG, needed=True),
    Stream("conversations of changed contacts", "/conversations/search", of_changed_contacts, Conversation, "id", "contacts that changed", "read conversations",
           "today's e-mail and company of the customer", reads="conversations JSON"),
    Stream("parts", "/conversations/{id}", parts, Part, "id", "conversations that changed", "read conversations",
           "events: messages, notes, teams, teammates, snoozing, closing, ratings", reads="conversation parts JSON", follows="conversations"),
)

API = Api(
    connect=connect, probe="/me", streams=STREAMS, host="api.intercom.io", secrets={"token": "access token of an app of the workspace"},
    options=(Option("reason_attribute", "conversation attribute that is the contact reason"),
             Option("ticket_attribute", "conversation attribute that holds the number of the ticket it became in another tool")),
)
