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
from connectors.chatwoot_ask import conversations as listed
from connectors.chatwoot_ask import inner_key, pages, path, seconds, word
from connectors.chatwoot_messages import bare_messages, messages, passed
from connectors.chatwoot_payloads import Agent, BareMessage, Conversation, Deleted, Message, Rating, Report, Sla, Snapshot, Team
from connectors.contract import Account, Api, Option, Stream
from connectors.paging import Rows, at, rows_at
from connectors.problems import NotFound
from connectors.pull import Page, Pull

LAG = 300
DAY = 86_400
STATUS = {"0": "open", "1": "resolved", "2": "pending", "3": "snoozed"}   # words here, numbers there
LIVE = ("open", "pending", "snoozed")
# What is told below in other words, names and words of people, and what changes though nothing happened (what was seen, what is unread).
LEFT = {"meta", "messages", "last_non_activity_message", "additional_attributes", "account_id", "uuid", "timestamp", "waiting_since", "unread_count", "can_reply", "muted",
        "snoozed_until", "agent_last_seen_at", "assignee_last_seen_at", "contact_last_seen_at", "sla_policy_id", "applied_sla", "sla_events"}
LEFT_OF_RATING = {"account_id", "message_id", "contact", "assigned_agent", "feedback_message", "csat_review_notes", "review_notes_updated_at", "review_notes_updated_by"}
LEFT_OF_REPORT = {"account_id", "inbox_id", "user_id", "value_in_business_hours", "event_start_time", "created_at", "updated_at"}
LEFT_OF_SLA = {"sla_id", "created_at", "updated_at"}


def _but(row: dict[str, Any], left: set[str]) -> dict[str, Any]:
    """The row without these: what is not known of it is kept."""
    return {name: value for name, value in row.items() if name not in left}


# --- asking --------------------------------------------------------------------------------------------------------------
def connect(account: Account) -> http.Api:
    token = account.secrets["token"]
    return http.Api(account.host, http.header("api_access_token", token), secrets=(token,), told=account.told, now=account.clock)


def agents(pull: Pull) -> Iterator[Page]:
    yield Page([{k: row.get(k) for k in ("id", "name", "role")} for row in rows_at("")(pull.api.get(path(pull, "/agents")).body)])


def teams(pull: Pull) -> Iterator[Page]:
    yield Page([{k: row.get(k) for k in ("id", "name", "allow_auto_assign")} for row in rows_at("")(pull.api.get(path(pull, "/teams")).body)])


def conversations(pull: Pull) -> Iterator[Page]:
    """The newest activity first, back to where the last pull was; then all that are open, since a change of hands need not be an activity.

    A page goes on where it was: what moves meanwhile moves to the front, and is newer than what this pull takes for the newest. What
    was open and is in no list any more is asked for by its number: settled, or deleted.
    """
    held = pull.cursor or {}
    since = max(0, held["since"] - LAG) if held.get("since") is not None else pull.since or 0
    newest = held.get("newest")
    known = set(held.get("open", []))   # open when last seen
    for rows, page, count in listed(pull, "all", since, held.get("page", 1), held.get("count")):
        newest = newest if newest is not None else max([held.get("since") or 0, *seconds(rows, "last_activity_at")])
        told = [_told(pull, row) for row in rows]
        known = known - _numbers(told) | _numbers(told, LIVE)
        yield Page(told, held | {"newest": newest, "page": page, "count": count, "open": _sorted(known)})
    live: set[str] = set()
    for status in LIVE:
        for rows, _, _ in listed(pull, status):
            told = [_told(pull, row) for row in rows]
            live |= _numbers(told)
            if rows:
                yield Page(told, held | {"newest": newest, "page": 1, "count": None, "open": _sorted(known | live)})
    left, gone = [], set(held.get("gone", []))
    for number in _sorted(known - live):
        try:
            left.append(_told(pull, pull.api.get(path(pull, f"/conversations/{number}")).body))
        except NotFound:
            gone.add(number)
    live |= _numbers(left, LIVE)   # passed over while the lists moved
    yield Page(left, {"since": newest, "open": _sorted(live), "gone": _sorted(gone)})


def _numbers(rows: Rows, states: tuple[str, ...] | None = None) -> set[str]:
    """The numbers of these rows, or of those in one of these states."""
    return {row["id"] for row in rows if row["id"] is not None and (states is None or row["status"] in states)}


def _sorted(numbers: set[str]) -> list[str]:
    return sorted(numbers, key=int)


def _told(pull: Pull, row: dict[str, Any]) -> dict[str, Any]:
    number = None if row.get("id") is None else str(row["id"])
    own = row.get("custom_attributes") or {}
    return _but(row, LEFT) | {
        "id": number, "url": f"{pull.account.host}/app/accounts/{pull.account.login}/conversations/{number}", "status": word(STATUS, row.get("status")),
        "channel": at(row, "meta.channel"), "assignee": at(row, "meta.assignee.id"), "team": at(row, "meta.team.id"),
        "sender": {k: at(row, f"meta.sender.{k}") for k in ("id", "email", "phone_number", "identifier")},
        "labels": [str(label) for label in row.get("labels") or []], "contact reason": own.get(str(pull.options["reason_attribute"]))}


def deleted(pull: Pull) -> Iterator[Page]:
    """Conversations that were open and are not there any more; when they went, only the server's clock can say."""
    known = set(pull.landing.keys("deleted conversations"))
    gone = [number for number in (pull.landing.state("conversations").cursor or {}).get("gone", []) if number not in known]
    if gone:
        now = parsedate_to_datetime(pull.api.server_date).astimezone(UTC) if pull.api.server_date else pull.account.clock()
        yield Page([{"id": number, "deleted_at": int(now.timestamp())} for number in gone])


def snapshots(pull: Pull) -> Iterator[Page]:
    def ask(number: str) -> Rows:
        row = _told(pull, pull.api.get(path(pull, f"/conversations/{number}")).body)
        return [{"id": inner_key(number, row.get("updated_at")), "conversation_id": number} | {k: row.get(k) for k in ("updated_at", "status", "assignee", "team", "priority")}]
    yield from pull.of_each(ask) if pull.options["changes"] == "snapshots" else passed(pull)


def reports(pull: Pull) -> Iterator[Page]:
    """Newer installations tell resolutions and bot hand-overs as events."""
    try:
        pull.api.get(path(pull, "/reporting_events"), {"page": 1})
    except NotFound:
        yield from passed(pull)
        raise NotFound("this installation has no reporting events") from None

    def ask(number: str) -> Rows:
        body = pull.api.get(path(pull, f"/conversations/{number}/reporting_events")).body
        found = rows_at("")(body) or rows_at("payload")(body)
        return [_but(row, LEFT_OF_REPORT) | {"id": inner_key(number, row.get("id")), "conversation_id": number} for row in found]
    yield from pull.of_each(ask)


def ratings(pull: Pull) -> Iterator[Page]:
    """The newest first, back to a day before where the last pull was."""
    last = pull.cursor or 0
    for rows, _ in pages(pull, "/csat_survey_responses", rows_at("")):
        times = seconds(rows, "created_at")
        last = max([last, *times])
        yield Page([_but(row, LEFT_OF_RATING) for row in rows], pull.cursor)
        if min(times, default=last) < (pull.cursor or 0) - DAY:
            break
    yield Page([], last)


def slas(pull: Pull) -> Iterator[Page]:
    """Broken promises, in no order. They never become whole again, so the list is read where it grew; once a day in any case, since what is deleted makes it shrink."""
    held = pull.cursor or {}
    is_due = not 0 <= pull.now - held.get("read_at", pull.now + 1) < DAY
    count = None
    for rows, body in pages(pull, "/applied_slas", rows_at("payload")):
        count = at(body, "meta.count") if count is None else count
        yield Page([_promise(row) for row in rows], pull.cursor)
        if not is_due and count is not None and count == held.get("count"):
            return
    yield Page([], {"count": count, "read_at": pull.now})


def _promise(row: dict[str, Any]) -> dict[str, Any]:
    told = at(row, "applied_sla") or {}
    kept = {name: value for name, value in told.items() if name not in LEFT_OF_SLA and (name == "sla_status" or not name.startswith("sla_"))}
    return kept | {"sla_updated_at": told.get("updated_at"), "conversation_id": at(row, "conversation.id")}


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
    Stream("ratings", "/csat_survey_responses", ratings, Rating, "id", "created_at, a day again", "administrator", "ratings", reads="ratings JSON", overlap=DAY),
    Stream("slas", "/applied_slas", slas, Sla, "id", "read whole where it grew, and once a day", "administrator, enterprise plan", "broken promises", reads="slas JSON"),
)

API = Api(
    connect=connect, probe="/api/v1/profile", streams=STREAMS, host="app.chatwoot.com", needs_login="the number of the account, as in its address",
    secrets={"token": "access token of an administrator's profile"},
    options=(Option("changes", "where changes of hands come from: activity sentences in eight languages, or snapshots compared at pulls", "sentences", ("sentences", "snapshots")),
             Option("reason_attribute", "conversation attribute that is the contact reason")),
)
