"""Zendesk's API: what is asked, how the next pull goes on, and what is added to a row so that it explains itself.

Incremental exports run on a time of their own (`generated_timestamp`), so only the vendor's cursor is kept, never a time of
ours or of a ticket. History is each changed ticket's audits, or with `history = "ticket_events"` the account-wide export.
"""
from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from connectors import http
from connectors.contract import Account, Api, Option, Stream
from connectors.paging import Rows, Sized, at, by_cursor, by_time, rows_at
from connectors.problems import NotAllowed, NotFound
from connectors.pull import Page, Pull
from connectors.zendesk_history import audit_of, with_roles
from connectors.zendesk_payloads import Audit, MetricEvent, Named, Organization, Rating, Ticket, User
from connectors.zendesk_settings import sections

LAG = 61              # the newest minute is never handed out, and asking for it is an error
PAGE = 1000
LIST_PAGE = 100
WINDOW = 30 * 86_400  # of satisfaction ratings
FOUNDED = 1_191_196_800   # 2007-10-01: no rating is older than Zendesk
SCHEDULES = "/api/v2/business_hours/schedules"
STAFF = ("agent", "admin")


# --- asking --------------------------------------------------------------------------------------------------------------
def connect(account: Account) -> http.Api:
    token, client = account.secrets["token"], account.secrets.get("client_id")
    api: http.Api

    def fetch() -> str:
        return api.form("/oauth/tokens", {
            "grant_type": "client_credentials", "client_id": str(client), "client_secret": token, "scope": "read"}).body["access_token"]
    auth = http.renewed(fetch) if client else http.basic(f"{account.login}/token", token) if account.login else http.bearer(token)
    api = http.Api(account.host, auth, secrets=(token,), told=account.told, now=account.clock)
    return api


def _listed(pull: Pull, path: str, name: str, **params: Any) -> Iterator[Rows]:
    """A whole list by cursor; page numbers end at page 100 and are never used."""
    def ask(cursor: str | None) -> http.Answer:
        return pull.api.get(path, {"page[size]": LIST_PAGE, **params, **({"page[after]": cursor} if cursor else {})})

    def following(body: Any) -> str | None:
        return at(body, "meta.after_cursor") if at(body, "meta.has_more") else None
    for rows, _, _ in by_cursor(ask, rows_at(name), following):
        yield rows


def _all(path: str, name: str, **params: Any) -> Any:
    """Fetch of a small list, whole each time: its order says nothing of what changed."""
    def fetch(pull: Pull) -> Iterator[Page]:
        for rows in _listed(pull, path, name, **params):
            yield Page(rows)
    return fetch


def schedules(pull: Pull) -> Iterator[Page]:
    """With the holidays of each, which are a list of their own."""
    rows = [row for rows in _listed(pull, SCHEDULES, "schedules") for row in rows]
    for row in rows:
        try:
            found = rows_at("holidays")(pull.api.get(f"{SCHEDULES}/{row.get('id')}/holidays").body)
            row["holidays"] = [{k: holiday.get(k) for k in ("start_date", "end_date")} for holiday in found]
        except (NotAllowed, NotFound) as problem:
            pull.note(f"without holidays: {problem}")
    yield Page(rows, [str(row.get("id")) for row in rows])


def policies(pull: Pull) -> Iterator[Page]:
    rows = [row for rows in _listed(pull, "/api/v2/slas/policies", "sla_policies") for row in rows]
    yield Page(rows, [str(row.get("id")) for row in rows])


def _start(pull: Pull) -> int:
    return max(0, min(pull.since or 0, pull.now - LAG))


def tickets(pull: Pull) -> Iterator[Page]:
    page, left = Sized(PAGE), _all_tickets(pull)
    staff, reason = set(pull.rows_of("users")), _reason_field(pull)

    def ask(cursor: str | None) -> http.Answer:
        place = {"cursor": cursor} if cursor else {"start_time": _start(pull)}
        return page.ask(lambda size: pull.api.get("/api/v2/incremental/tickets/cursor", {**place, "per_page": size, "include": "metric_sets,users,groups"}))

    def following(body: Any) -> str | None:
        return None if body.get("end_of_stream") else body.get("after_cursor")
    for rows, _, answer in by_cursor(ask, rows_at("tickets"), following, pull.cursor):
        people = {row.get("id"): row for row in rows_at("users")(answer.body)}
        groups = {row.get("id"): row for row in rows_at("groups")(answer.body)}
        left = left - len(rows) if left else None
        yield Page([_told(row, people, groups, staff, reason) for row in rows], answer.body.get("after_cursor") or pull.cursor, left=left)


def _all_tickets(pull: Pull) -> int | None:
    """How many tickets the account has, for a pull that takes them all; only to say how long that will take."""
    if pull.cursor or pull.since:
        return None
    try:
        told = at(pull.api.get("/api/v2/tickets/count").body, "count.value")
    except (NotAllowed, NotFound):
        return None
    return told if isinstance(told, int) else None


def _told(row: dict[str, Any], people: dict[Any, Any], groups: dict[Any, Any], staff: set[str], reason: str | None) -> dict[str, Any]:
    """The ticket with its requester's keys, its group's name, its reason; without names, copies and lists of people."""
    row = {k: v for k, v in row.items() if k not in ("fields", "raw_subject", "recipient")}
    fields = row.get("custom_fields")
    if isinstance(fields, list):
        row["custom_fields"] = {str(f["id"]): f["value"] for f in fields if isinstance(f, dict) and f.get("value") not in (None, "", [])}
    person = people.get(row.get("requester_id"))
    if person:
        row["requester"] = {key: person.get(key) for key in ("id", "email", "phone", "external_id", "locale")}
    group = groups.get(row.get("group_id"))
    if group:
        row["group"] = {"id": group.get("id"), "name": group.get("name")}
    if staff:
        row["submitter_is_staff"] = str(row.get("submitter_id")) in staff
    if reason and isinstance(row.get("custom_fields"), dict):
        row["contact reason"] = row["custom_fields"].get(reason)
    return row


def _reason_field(pull: Pull) -> str | None:
    """The custom field that holds the contact reason: the one named, else the first active drop-down in the account's order."""
    if pull.options["reason_field"]:
        return str(pull.options["reason_field"])
    choices = [(f.get("position") or 0, str(f["id"])) for f in pull.rows_of("ticket fields").values() if f.get("type") == "tagger" and f.get("active")]
    return min(choices)[1] if choices else None


def audits(pull: Pull) -> Iterator[Page]:
    if pull.options["history"] != "audits":
        for keys in pull.waiting(1000):
            yield Page([], answered=tuple(keys))
        return
    staff = set(pull.rows_of("users"))

    def ask(ticket: str) -> Rows:
        found = [row for rows in _listed(pull, f"/api/v2/tickets/{ticket}/audits", "audits") for row in rows]
        return with_roles(found, staff)
    yield from pull.of_each(ask)


def ticket_events(pull: Pull) -> Iterator[Page]:
    if pull.options["history"] != "ticket_events":
        return
    staff = set(pull.rows_of("users"))
    for rows, place in _by_time(pull, "/api/v2/incremental/ticket_events", "ticket_events", include="comment_events"):
        yield Page(with_roles([audit_of(row) for row in rows], staff), place)


def organizations(pull: Pull) -> Iterator[Page]:
    for rows, place in _by_time(pull, "/api/v2/incremental/organizations", "organizations"):
        yield Page(rows, place)


def _by_time(pull: Pull, path: str, name: str, **params: Any) -> Iterator[tuple[Rows, int]]:
    page = Sized(PAGE)

    def ask(since: int) -> http.Answer:
        return page.ask(lambda size: pull.api.get(path, {"start_time": min(since, pull.now - LAG), "per_page": size, **params}))

    def is_last(body: Any) -> bool:
        told = body.get("end_of_stream")
        return len(rows_at(name)(body)) < page.size if told is None else bool(told)

    def flood(second: int, rows: int) -> None:
        pull.note(f"{rows:,} rows or more share the second {second}; what is beyond them cannot be had from {path}")
    start = pull.cursor if pull.cursor is not None else _start(pull)
    for rows, place, _ in by_time(ask, rows_at(name), lambda body: body.get("end_time"), start, is_last, flood):
        yield rows, place


def metric_events(pull: Pull) -> Iterator[Page]:
    page = Sized(LIST_PAGE)

    def ask(cursor: str | None) -> http.Answer:
        place = {"start_time": _start(pull), **({"page[after]": cursor} if cursor else {})}
        return page.ask(lambda size: pull.api.get("/api/v2/incremental/ticket_metric_events", {"page[size]": size, **place}))

    def following(body: Any) -> str | None:
        return at(body, "meta.after_cursor") if at(body, "meta.has_more") else None
    last = pull.cursor
    for rows, _, answer in by_cursor(ask, rows_at("ticket_metric_events"), following, pull.cursor):
        last = at(answer.body, "meta.after_cursor") or last
        yield Page([{k: v for k, v in row.items() if k != "status"} for row in rows], last)


def ratings(pull: Pull) -> Iterator[Page]:
    """In windows of 30 days, from where the last pull ended; the newest window is asked again, a rating may change."""
    since = pull.cursor if pull.cursor is not None else pull.since or _oldest_ticket(pull)
    until = pull.now - LAG
    while since < until:
        end = min(since + WINDOW, until)
        window: Rows = []
        for rows in _listed(pull, "/api/v2/satisfaction_ratings", "satisfaction_ratings", start_time=since, end_time=end):
            window += [{k: v for k, v in row.items() if k != "comment"} for row in rows]
        since = end
        yield Page(window, since)
    yield Page([], max(0, until - 86_400))


def _oldest_ticket(pull: Pull) -> int:
    """Where a first pull of ratings begins: none is older than its ticket. Tickets merged earlier do not tell; then from the beginning."""
    try:
        return int(datetime.fromisoformat((pull.landing.least("tickets", "created_at") or "")[:10]).replace(tzinfo=UTC).timestamp())
    except ValueError:
        return FOUNDED


def deleted_tickets(pull: Pull) -> Iterator[Page]:
    """Deletions as audits of their own: the incremental export shows that, this list when and by whom."""
    for rows in _listed(pull, "/api/v2/deleted_tickets", "deleted_tickets"):
        yield Page([_deletion(row) for row in rows])


def _deletion(row: dict[str, Any]) -> dict[str, Any]:
    own = f"deleted-{row.get('id')}-{row.get('deleted_at')}"
    event = {"id": own, "type": "Change", "field_name": "status", "value": "deleted", "author_role": "agent"}
    return {"id": row.get("id"), "ticket_id": row.get("id"), "created_at": _extended(row.get("deleted_at")), "author_id": at(row, "actor.id"),
            "via": {"channel": "web"}, "events": [event]}


def _extended(time: Any) -> Any:
    """20140704T15:37:04Z as 2014-07-04T15:37:04Z: the list writes its dates so at times."""
    if isinstance(time, str) and time[:8].isdigit():
        return f"{time[:4]}-{time[4:6]}-{time[6:]}"
    return time


STREAMS = (
    Stream("groups", "/api/v2/groups", _all("/api/v2/groups", "groups"), Named, "id", "read whole", "any agent", "names of queues", reads="groups JSON", staying=True),
    Stream("users", "/api/v2/users", _all("/api/v2/users", "users", **{"role[]": list(STAFF)}), User, "id", "read whole, staff only", "any agent",
           "who is an agent", reads="users JSON", staying=True),
    Stream("ticket fields", "/api/v2/ticket_fields", _all("/api/v2/ticket_fields", "ticket_fields"), Named, "id", "read whole", "any agent", staying=True),
    Stream("schedules", SCHEDULES, schedules, Named, "id", "read whole", "any agent", staying=True, listed=True),
    Stream("sla policies", "/api/v2/slas/policies", policies, Named, "id", "read whole", "admin, plan with SLA", staying=True, listed=True),
    Stream("organizations", "/api/v2/incremental/organizations", organizations, Organization, "id", "end_time of the last page, which it repeats", "admin",
           "names of companies", reads="organizations JSON"),
    Stream("tickets", "/api/v2/incremental/tickets/cursor", tickets, Ticket, "id", "after_cursor", "admin",
           "counters, links to problems, follow-ups and side conversations, deletions", reads="tickets JSON", overlap=LAG, needed=True),
    Stream("audits", "/api/v2/tickets/{id}/audits", audits, Audit, "id", "tickets that changed", "agent who sees the ticket",
           "events: states, queues, holders, messages, notes, merges", reads="ticket audits JSON", follows="tickets"),
    Stream("ticket events", "/api/v2/incremental/ticket_events", ticket_events, Audit, "id", "end_time of the last page, which it repeats", "admin",
           "events, instead of audits where history = \"ticket_events\"", reads="ticket audits JSON", overlap=LAG),
    Stream("metric events", "/api/v2/incremental/ticket_metric_events", metric_events, MetricEvent, "id", "after_cursor", "admin, plan with SLA",
           "promises kept or broken", reads="metric events JSON", whole="ticket_id", overlap=LAG),
    Stream("satisfaction ratings", "/api/v2/satisfaction_ratings", ratings, Rating, "id", "windows of 30 days, the last day again", "admin, plan with ratings",
           "ratings", reads="satisfaction ratings JSON", overlap=86_400),
    Stream("deleted tickets", "/api/v2/deleted_tickets", deleted_tickets, Audit, "id", "read whole", "agent who may see deleted tickets",
           "events: when and by whom", reads="ticket audits JSON"),
)

API = Api(
    connect=connect, probe="/api/v2/users/me", streams=STREAMS, host="example.zendesk.com", settings=sections,
    secrets={"token": "API token of `account`; without `account` an OAuth token, or with client_id the secret of an OAuth client",
             "client_id": "OAuth client, whose tokens are renewed"},
    options=(Option("history", "where changes come from: audits ask once per changed ticket, ticket_events once per thousand events but without merges",
                    "audits", ("audits", "ticket_events")),
             Option("reason_field", "id of the custom field that is the contact reason; else the first active drop-down")),
)
