"""Intercom's API: conversations by the time they changed, then the parts of each.

Times of conversations are exact seconds; contacts are filtered by calendar day in the workspace's zone, so that two days are asked
for again. What the search says of a person is put into each conversation, and what a part leaves out (whose words it brings) into it.
"""
from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

from connectors import http
from connectors.contract import Account, Api, Option, Stream
from connectors.intercom_parts import is_operator, linked, parts
from connectors.intercom_payloads import Admin, Company, Contact, Conversation, Deleted, Part, Team
from connectors.paging import Rows, at, by_cursor, rows_at
from connectors.problems import NotAllowed, NotFound, PullProblem
from connectors.pull import Page, Pull

VERSION = "2.14"
PAGE = 150            # the most a search gives
LAG = 300             # seconds asked for again: a search is told of changes late
DAY = 86_400
DAYS_AGAIN = 2 * DAY
RECHECKED = 150       # open conversations a pull asks for again, those longest unseen: whether they are still there
LEFT = {"contacts", "teammates", "first_contact_reply", "linked_objects", "ai_agent", "open", "read", "type"}   # of a conversation: names, what is told in other words


# --- asking --------------------------------------------------------------------------------------------------------------
def connect(account: Account) -> http.Api:
    token = account.secrets["token"]
    return http.Api(account.host, http.bearer(token), secrets=(token,), headers={"Intercom-Version": VERSION}, told=account.told, now=account.clock)


def _search(pull: Pull, path: str, name: str, query: dict[str, Any], field: str | None = "updated_at") -> Iterator[tuple[Rows, int | None]]:
    """Every row of a search, oldest change first; with each page, how many are still to come."""
    def ask(cursor: str | None) -> http.Answer:
        page = {"per_page": PAGE} | ({"starting_after": cursor} if cursor else {})
        return pull.api.post(path, {"query": query, "pagination": page} | ({"sort": {"field": field, "order": "ascending"}} if field else {}))
    come = 0
    for rows, _, answer in by_cursor(ask, rows_at(name), lambda body: at(body, "pages.next.starting_after")):
        come += len(rows)
        total = at(answer.body, "total_count")
        yield rows, max(0, total - come) if isinstance(total, int) else None


def _second(row: dict[str, Any]) -> int | None:
    """When a row changed, None where it does not say."""
    try:
        return int(row["updated_at"])
    except (KeyError, TypeError, ValueError):
        return None


def _newest(rows: Rows, last: int) -> int:
    return max([last, *(second for row in rows if (second := _second(row)) is not None)])


def _since(second: int) -> dict[str, Any]:
    """Dates know no >=, and only one of > and < is needed."""
    return {"operator": "AND", "value": [{"field": "updated_at", "operator": ">", "value": max(0, second - 1)}]}


def admins(pull: Pull) -> Iterator[Page]:
    found = rows_at("admins")(pull.api.get("/admins").body)
    yield Page([{k: row.get(k) for k in ("id", "name", "email", "has_inbox_seat")} | {"is_bot": is_operator(row)} for row in found])


def teams(pull: Pull) -> Iterator[Page]:
    yield Page([{k: row.get(k) for k in ("id", "name", "admin_ids")} for row in rows_at("teams")(pull.api.get("/teams").body)])


def companies(pull: Pull) -> Iterator[Page]:
    """By scroll: the list of pages ends at 10,000. A workspace has one scroll at a time, so another program's is waited for.

    A scroll cannot tell what is new, so the whole is read once a day; one that was cut off begins anew.
    """
    scroll, before = None, pull.cursor
    if before is not None and 0 <= pull.now - before < DAY:
        return
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
            break
        yield Page([{k: row.get(k) for k in ("id", "company_id", "name", "plan", "monthly_spend", "industry")} for row in found], before)
        scroll = at(body, "scroll_param")
    yield Page([], pull.now)


def contacts(pull: Pull) -> Iterator[Page]:
    """People who changed since the last pull; their conversations are read again, because a conversation does not change with them.

    The first pull only notes those of the newest second: each conversation brings its own contact.
    """
    start = pull.cursor
    if start is None:
        newest = pull.api.post("/contacts/search", {"query": _since(1), "sort": {"field": "updated_at", "order": "descending"}, "pagination": {"per_page": 1}})
        start = _newest(rows_at("data")(newest.body), 0)
    last = start
    for rows, left in _search(pull, "/contacts/search", "data", _since(start - DAYS_AGAIN)):
        changed = [row for row in rows if (_second(row) or start) >= start]
        last = _newest(changed, last)
        asks = {"conversations of changed contacts": [str(row["id"]) for row in changed if row.get("id") is not None]} if pull.cursor is not None else {}
        yield Page([_person(row) for row in changed], last, asks=asks, left=left)


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
            for rows, _ in _search(self.pull, "/contacts/search", "data", {"field": "id", "operator": "IN", "value": ids}, None):
                self.people |= {str(row.get("id")): _person(row) for row in rows}
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
            "tags": [str(tag["name"]).replace(" ", "_") for tag in rows_at("tags.tags")(row) if tag.get("name")],
            "contact reason": own.get(self.pull.options["reason_attribute"]), "linked ticket": ticket and str(ticket),
            "linked": {"ticket": next(iter(linked(row, "ticket", "Customer", None)), None), "tracker": next(iter(linked(row, "ticket", "Tracker")), None)}}


def conversations(pull: Pull) -> Iterator[Page]:
    """What changed, then whether the open ones longest unseen are still there: a deleted conversation is in no search, and no list tells it."""
    held = pull.cursor if isinstance(pull.cursor, dict) else {}   # one that knows no open ones begins anew, to learn them
    start = max(0, held["since"] - LAG) if held else pull.since or 0
    last, gone, seen = max(start, held.get("since", 0)), list(held.get("gone", [])), set()
    there = dict.fromkeys(held.get("open", []))   # open ones, those longest unseen first
    teller = _Teller(pull)

    def place() -> dict[str, Any]:
        return {"since": last, "open": list(there), "gone": gone}
    for rows, left in _search(pull, "/conversations/search", "conversations", _since(start)):
        last = _newest(rows, last)
        _keep_open(there, rows)
        seen |= {str(row.get("id")) for row in rows}
        yield Page(teller.told(rows), place(), left=left)
    due = [number for number in there if number not in seen][:RECHECKED]
    if due:
        found = [row for rows, _ in _search(pull, "/conversations/search", "conversations", {"field": "id", "operator": "IN", "value": due}) for row in rows]
        _keep_open(there, found)
        for number in sorted(set(due) - {str(row.get("id")) for row in found}, key=due.index):
            del there[number]
            if _is_gone(pull, number):
                gone.append(number)
            else:
                there[number] = None
        yield Page([], place())


def _keep_open(there: dict[str, None], rows: Rows) -> None:
    """The open ones of these rows go to the end, the others out."""
    for row in rows:
        there.pop(str(row.get("id")), None)
        if row.get("id") is not None and row.get("state") != "closed":
            there[str(row["id"])] = None


def _is_gone(pull: Pull, number: str) -> bool:
    try:
        pull.api.get(f"/conversations/{number}")
    except NotFound:
        return True
    except NotAllowed:
        pass
    return False


def deleted(pull: Pull) -> Iterator[Page]:
    """Conversations that were open and are not there any more, as Intercom tells a deletion; when they went, only the server's clock can say."""
    known = set(pull.landing.keys("deleted conversations"))
    gone = [number for number in (pull.landing.state("conversations").cursor or {}).get("gone", []) if number not in known]
    if gone:
        now = parsedate_to_datetime(pull.api.server_date).astimezone(UTC) if pull.api.server_date else pull.account.clock()
        yield Page([{"id": number, "object": "conversation", "deleted": True, "deleted_at": int(now.timestamp())} for number in gone])


def of_changed_contacts(pull: Pull) -> Iterator[Page]:
    teller = None
    for keys in pull.waiting(15):   # as many as one group of a search may have
        teller = teller or _Teller(pull)
        query = {"operator": "OR", "value": [{"field": "contact_ids", "operator": "=", "value": key} for key in keys]}
        rows = [row for found, _ in _search(pull, "/conversations/search", "conversations", query) for row in found]
        yield Page(teller.told(rows), answered=tuple(keys))


STREAMS = (
    Stream("admins", "/admins", admins, Admin, "id", "read whole", "read admins", "who is an agent, who a bot", reads="admins JSON", staying=True),
    Stream("teams", "/teams", teams, Team, "id", "read whole", "read admins", "names of queues", reads="teams JSON", staying=True),
    Stream("companies", "/companies/scroll", companies, Company, "id", "read whole once a day, by the workspace's one scroll", "read users and companies", "spend, plan",
           reads="companies JSON"),
    Stream("contacts", "/contacts/search", contacts, Contact, "id", "updated_at, two days again", "read users and companies",
           "whose conversations are read again", overlap=DAYS_AGAIN),
    Stream("conversations", "/conversations/search", conversations, Conversation, "id", f"updated_at, five minutes again; {RECHECKED} open ones are looked for",
           "read conversations", "counters: reopens; state, team, rating, promise, the ticket it became", reads="conversations JSON", overlap=LAG, needed=True),
    Stream("deleted conversations", "/conversations/{id}", deleted, Deleted, "id", "open ones that are in no search any more", "read conversations",
           "deletions of open conversations", reads="deleted conversations JSON"),
    Stream("conversations of changed contacts", "/conversations/search", of_changed_contacts, Conversation, "id", "contacts that changed", "read conversations",
           "today's e-mail and company of the customer", reads="conversations JSON"),
    Stream("parts", "/conversations/{id}", parts, Part, "id", "conversations that changed", "read conversations",
           "events: messages, notes, teams, teammates, snoozing, closing, merges, ratings", reads="conversation parts JSON", follows="conversations"),
)

API = Api(
    connect=connect, probe="/me", streams=STREAMS, host="api.intercom.io", secrets={"token": "access token of an app of the workspace"},
    options=(Option("reason_attribute", "conversation attribute that is the contact reason"),
             Option("ticket_attribute", "conversation attribute that holds the number of the ticket it became in another tool")),
)
