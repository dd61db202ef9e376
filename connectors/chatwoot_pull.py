"""Chatwoot's API: conversations by their last activity and all open ones, then the messages of each, among them the activity sentences.

Who was handed what is told by sentences in the account's language only ("Assigned to Ana by Ben"): those of `chatwoot_sentences` are read, and a name is
sought among agents and teams. With `changes = "snapshots"` each pull compares how a conversation stands instead, whatever the language.
Conversations are known by their display number; what the installation's newer reports tell of them is asked for by that number too.
"""
from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

from connectors import http
from connectors.chatwoot_payloads import Agent, BareMessage, Conversation, Deleted, Message, Rating, Report, Sla, Snapshot, Team
from connectors.chatwoot_sentences import LANGUAGES, RULES, Sentences
from connectors.contract import Account, Api, Option, Stream
from connectors.paging import Rows, at, rows_at
from connectors.problems import NotFound
from connectors.pull import Page, Pull

LAG = 300
PAGE_OF_MESSAGES = 20
STATUS = {"0": "open", "1": "resolved", "2": "pending", "3": "snoozed"}                  # words here, numbers there
TYPES = {"0": "incoming", "1": "outgoing", "2": "activity", "3": "template"}
LIVE = ("open", "pending", "snoozed")
DONE = {   # kind of sentence -> what was done, and by whom where the sentence itself says so
    "nobody": ("assigned", ""), "resolved": ("resolved", ""), "resolved by system": ("resolved", "system"), "resolved by bot": ("resolved", "bot"),
    "resolved by customer": ("resolved", "customer"), "reopened": ("reopened", ""), "woken": ("reopened", "system"), "snoozed": ("snoozed", ""), "pending": ("pending", ""),
    "opened by system": ("opened", "system"), "opened by bot": ("opened", "bot")}


# --- asking --------------------------------------------------------------------------------------------------------------
def connect(account: Account) -> http.Api:
    token = account.secrets["token"]
    return http.Api(account.host, http.header("api_access_token", token), secrets=(token,), told=account.told, now=account.clock)


def _path(pull: Pull, rest: str) -> str:
    return f"/api/v1/accounts/{pull.account.login}{rest}"


def agents(pull: Pull) -> Iterator[Page]:
    yield Page([{k: row.get(k) for k in ("id", "name", "role")} for row in rows_at("")(pull.api.get(_path(pull, "/agents")).body)])


def teams(pull: Pull) -> Iterator[Page]:
    yield Page([{k: row.get(k) for k in ("id", "name", "allow_auto_assign")} for row in rows_at("")(pull.api.get(_path(pull, "/teams")).body)])


def conversations(pull: Pull) -> Iterator[Page]:
    """The newest activity first, back to where the last pull was; then all that are open, since a change of hands need not be an activity.

    A page goes on where it was: what moves meanwhile moves to the front, and is newer than what this pull takes for the newest. What
    was open and is in no list any more is asked for by its number: settled, or deleted.
    """
    held = pull.cursor or {}
    since = max(0, held["since"] - LAG) if held.get("since") is not None else pull.since or 0
    newest, page = held.get("newest"), held.get("page", 1)
    seen: set[str] = set()
    while True:
        rows = _listed(pull, "all", page)
        newest = newest if newest is not None else max([held.get("since") or 0, *(int(row["last_activity_at"] or 0) for row in rows)])
        told = [_told(pull, row) for row in rows]
        seen |= {row["id"] for row in told}
        page += 1
        yield Page(told, held | {"newest": newest, "page": page})
        if not rows or min(int(row["last_activity_at"] or 0) for row in rows) < since:
            break
    live: set[str] = set()
    for status in LIVE:
        page, rows = 1, [{}]
        while rows:
            rows = _listed(pull, status, page)
            told = [_told(pull, row) for row in rows]
            live |= {row["id"] for row in told}
            page += 1
            if rows:
                yield Page(told, held | {"newest": newest, "page": 1})
    left, gone = [], set(held.get("gone", []))
    for number in sorted(set(held.get("open", [])) - live - seen, key=int):
        try:
            left.append(_told(pull, pull.api.get(_path(pull, f"/conversations/{number}")).body))
        except NotFound:
            gone.add(number)
    live |= {row["id"] for row in left if row["status"] in LIVE}   # passed over while the lists moved
    yield Page(left, {"since": newest, "open": sorted(live, key=int), "gone": sorted(gone, key=int)})


def _listed(pull: Pull, status: str, page: int) -> Rows:
    asked = {"status": status, "assignee_type": "all", "page": page, "sort_by": "last_activity_at_desc"}   # by default only open ones are told
    return rows_at("data.payload")(pull.api.get(_path(pull, "/conversations"), asked).body)


def _told(pull: Pull, row: dict[str, Any]) -> dict[str, Any]:
    number = str(row.get("id"))
    kept = {k: row.get(k) for k in ("created_at", "updated_at", "last_activity_at", "inbox_id", "priority", "custom_attributes", "first_reply_created_at")}
    own = row.get("custom_attributes") or {}
    return kept | {
        "id": number, "url": f"{pull.account.host}/app/accounts/{pull.account.login}/conversations/{number}", "status": _word(STATUS, row.get("status")),
        "channel": at(row, "meta.channel"), "assignee": at(row, "meta.assignee.id"), "team": at(row, "meta.team.id"),
        "sender": {k: at(row, f"meta.sender.{k}") for k in ("id", "email", "phone_number", "identifier")},
        "labels": [str(label) for label in row.get("labels") or []], "contact reason": own.get(str(pull.options["reason_attribute"]))}


def _word(words: dict[str, str], value: Any) -> str | None:
    return None if value is None else words.get(str(value), str(value))


def deleted(pull: Pull) -> Iterator[Page]:
    """Conversations that were open and are not there any more; when they went, only the server's clock can say."""
    known = set(pull.landing.keys("deleted conversations"))
    gone = [number for number in (pull.landing.state("conversations").cursor or {}).get("gone", []) if number not in known]
    if gone:
        now = parsedate_to_datetime(pull.api.server_date).astimezone(UTC) if pull.api.server_date else pull.account.clock()
        yield Page([{"id": number, "deleted_at": int(now.timestamp())} for number in gone])


def snapshots(pull: Pull) -> Iterator[Page]:
    def ask(number: str) -> Rows:
        row = _told(pull, pull.api.get(_path(pull, f"/conversations/{number}")).body)
        return [{"id": f"{number}/{row['updated_at']}", "conversation_id": number} | {k: row[k] for k in ("updated_at", "status", "assignee", "team", "priority")}]
    yield from pull.of_each(ask) if pull.options["changes"] == "snapshots" else _passed(pull)


def _passed(pull: Pull) -> Iterator[Page]:
    for keys in pull.waiting(1000):
        yield Page([], answered=tuple(keys))


# --- messages ------------------------------------------------------------------------------------------------------------
class _Reader:
    """Reads messages; of an activity sentence only what it says stays, not the sentence."""

    def __init__(self, pull: Pull):
        self.sentences = self.strange = 0
        people, teams = pull.rows_of("agents"), pull.rows_of("teams")
        self.people, self.teams = _by_name(people), _by_name(teams)
        self.reader = Sentences(*([str(row["name"]) for row in rows.values() if row.get("name")] for rows in (people, teams)))

    def told(self, number: str, row: dict[str, Any]) -> dict[str, Any]:
        kind, sender = _word(TYPES, row.get("message_type")), row.get("sender") or {}
        who = str(sender.get("type") or row.get("sender_type") or "").casefold().replace("_", "").replace(":", "")
        role = "customer" if kind == "incoming" else "bot" if kind == "template" or "bot" in who or not sender else "agent"
        own = {"id": f"{number}/{row.get('id')}", "message_id": row.get("id"), "conversation_id": number, "created_at": row.get("created_at"), "message_type": kind,
               "is_private": bool(row.get("private"))}
        if kind == "activity":
            return own | self._said(str(row.get("content") or ""))
        return own | {"role": role, "actor": None if role == "customer" or not sender.get("id") else f"bot-{sender['id']}" if role == "bot" else str(sender["id"])}

    def _said(self, sentence: str) -> dict[str, Any]:
        self.sentences += 1
        said = self.reader.read(sentence)
        if said is None:
            self.strange += 1
            return {"role": None}
        by, by_rule = self.people.get(said.by.casefold()), said.by.casefold() in RULES
        told: dict[str, Any] = {"role": "agent" if by else "system" if by_rule else None, "actor": by}   # an unknown name may be of somebody who left, or of a bot
        person, group = self.people.get(said.to.casefold()), self.teams.get((said.team or said.to).casefold())
        match said.kind:
            case "self":
                return told | {"did": "assigned" if by else "reassigned", "agent": by}
            case "to" if bool(person) == bool(group):   # one sentence for agents and teams: the name decides; a name of two is nobody's
                return told | {"did": "reassigned"}
            case "to":
                return told | {"did": "assigned" if person else "queued", "agent": person, "team": group}
            case "to team":
                return told | {"did": "queued", "team": group}
            case "both":
                return told | {"did": "assigned" if person else "reassigned", "agent": person, "team": group}
        did, role = DONE.get(said.kind, (None, ""))
        return told | {"did": did} | ({"role": role, "actor": None} if role else {})


def _by_name(rows: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Ids by name; a name that two have tells nothing."""
    names = [str(row.get("name") or "").casefold() for row in rows.values()]
    return {name: number for (number, _), name in zip(rows.items(), names, strict=True) if name and names.count(name) == 1}


def _messages(pull: Pull, number: str) -> Rows:
    """Back from the newest, a page of twenty at a time."""
    found: dict[Any, dict[str, Any]] = {}
    before: int | None = None
    while True:
        rows = rows_at("payload")(pull.api.get(_path(pull, f"/conversations/{number}/messages"), {"before": before} if before else None).body)
        new = {row["id"]: row for row in rows if row["id"] not in found}
        found = new | found
        if not new or len(rows) < PAGE_OF_MESSAGES:
            return [found[key] for key in sorted(found)]
        before = min(new)


def bare_messages(pull: Pull) -> Iterator[Page]:
    if pull.options["changes"] == "sentences":
        yield from _passed(pull)
        return
    reader = _Reader(pull)
    yield from pull.of_each(lambda number: [reader.told(number, row) | {"is_bare": True} for row in _messages(pull, number)
                                            if _word(TYPES, row.get("message_type")) != "activity"])


def messages(pull: Pull) -> Iterator[Page]:
    if pull.options["changes"] == "snapshots":
        yield from _passed(pull)
        return
    reader = _Reader(pull)
    yield from pull.of_each(lambda number: [reader.told(number, row) for row in _messages(pull, number)])
    if reader.strange:
        pull.note(f"{reader.strange:,} of {reader.sentences:,} activity sentences are in none of the languages read here ({', '.join(LANGUAGES)}) and were left unread; "
                  "with options.changes = \"snapshots\" hands and states are compared instead")


def reports(pull: Pull) -> Iterator[Page]:
    """Newer installations tell resolutions and bot hand-overs as events."""
    try:
        pull.api.get(_path(pull, "/reporting_events"), {"page": 1})
    except NotFound:
        yield from _passed(pull)
        raise NotFound("this installation has no reporting events") from None

    def ask(number: str) -> Rows:
        body = pull.api.get(_path(pull, f"/conversations/{number}/reporting_events")).body
        found = rows_at("")(body) or rows_at("payload")(body)
        return [{k: row.get(k) for k in ("name", "value", "event_end_time")} | {"id": f"{number}/{row.get('id')}", "conversation_id": number} for row in found]
    yield from pull.of_each(ask)


def _pages(pull: Pull, path: str, items: Any) -> Iterator[Rows]:
    page, rows = 1, [{}]
    while rows:
        rows = items(pull.api.get(_path(pull, path), {"page": page}).body)
        page += 1
        if rows:
            yield rows


def ratings(pull: Pull) -> Iterator[Page]:
    """The newest first, back to a day before where the last pull was."""
    last = pull.cursor or 0
    for rows in _pages(pull, "/csat_survey_responses", rows_at("")):
        newest = max([last, *(int(row.get("created_at") or 0) for row in rows)])
        yield Page([{k: row.get(k) for k in ("id", "rating", "conversation_id", "created_at")} for row in rows], pull.cursor)
        last = newest
        if min(int(row.get("created_at") or 0) for row in rows) < (pull.cursor or 0) - 86_400:
            break
    yield Page([], last)


def slas(pull: Pull) -> Iterator[Page]:
    for rows in _pages(pull, "/applied_slas", rows_at("payload")):
        yield Page([{"id": at(row, "applied_sla.id"), "sla_status": at(row, "applied_sla.sla_status"), "sla_updated_at": at(row, "applied_sla.updated_at"),
                     "conversation_id": at(row, "conversation.id")} for row in rows])


STREAMS = (
    Stream("agents", "/agents", agents, Agent, "id", "read whole", "any agent", "who is an agent", reads="agents JSON", staying=True),
    Stream("teams", "/teams", teams, Team, "id", "read whole", "any agent", "names of queues", reads="teams JSON", staying=True),
    Stream("conversations", "/conversations", conversations, Conversation, "id", "last_activity_at, five minutes again; all open ones each time",
           "administrator: agents see their inboxes only", "the conversation as it stands", reads="conversations JSON", overlap=LAG, needed=True),
    Stream("deleted conversations", "/conversations/{id}", deleted, Deleted, "id", "open ones that left every list", "administrator", "deletions of open conversations",
           reads="deleted conversations JSON"),
    Stream("messages", "/conversations/{id}/messages", messages, Message, "id", "conversations that changed", "administrator",
           "events: messages, notes; hands, teams, states from activity sentences in eight languages", reads="messages JSON", follows="conversations"),
    Stream("messages without sentences", "/conversations/{id}/messages", bare_messages, BareMessage, "id", "conversations that changed", "administrator",
           "events: messages, notes, where changes = \"snapshots\"", reads="messages without sentences JSON", follows="conversations"),
    Stream("snapshots", "/conversations/{id}", snapshots, Snapshot, "id", "conversations that changed", "administrator",
           "hands, teams and states by comparison, where changes = \"snapshots\"", reads="snapshots JSON", follows="conversations"),
    Stream("reporting events", "/conversations/{id}/reporting_events", reports, Report, "id", "conversations that changed", "administrator, a newer installation",
           "events: resolutions, bot hand-overs", reads="reporting events JSON", follows="conversations"),
    Stream("ratings", "/csat_survey_responses", ratings, Rating, "id", "created_at, a day again", "administrator", "ratings", reads="ratings JSON", overlap=86_400),
    Stream("slas", "/applied_slas", slas, Sla, "id", "read whole", "administrator, enterprise plan", "promises kept or broken", reads="slas JSON"),
)

API = Api(
    connect=connect, probe="/api/v1/profile", streams=STREAMS, host="app.chatwoot.com", needs_login="the number of the account, as in its address",
    secrets={"token": "access token of an administrator's profile"},
    options=(Option("changes", "where changes of hands come from: activity sentences in eight languages, or snapshots compared at pulls", "sentences", ("sentences", "snapshots")),
             Option("reason_attribute", "conversation attribute that is the contact reason")),
)
