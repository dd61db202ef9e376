"""Asking HubSpot: lists, searches by the time of change, objects by number, and what is associated with what."""
from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from connectors import http
from connectors.contract import Account
from connectors.paging import Rows, at, by_cursor, rows_at
from connectors.problems import NotAllowed, NotFound
from connectors.pull import Pull

PAGE, BATCH, LIST = 200, 100, 100   # rows of a search, of a batch, of a list
BEGINNING = 1_136_073_600_000   # 2006, before HubSpot: a search from 1970 on is an error of theirs
LAG = 3600
MODIFIED = {"contacts": "lastmodifieddate"}   # all other objects: hs_lastmodifieddate
OBJECTS = "/crm/v3/objects"


def connect(account: Account) -> http.Api:
    """A session of a private app."""
    token = account.secrets["token"]
    return http.Api(account.host, http.bearer(token), secrets=(token,), told=account.told, now=account.clock)


def listed(pull: Pull, path: str, **params: Any) -> Iterator[Rows]:
    """A whole list, page by page."""
    def ask(after: str | None) -> http.Answer:
        return pull.api.get(path, {"limit": LIST, **params} | ({"after": after} if after else {}))
    for rows, _, _ in by_cursor(ask, rows_at("results"), lambda body: at(body, "paging.next.after")):
        yield rows


def search(pull: Pull, kind: str, properties: tuple[str, ...], start: int) -> Iterator[tuple[Rows, int]]:
    """Everything of a kind that changed from that millisecond on, and the millisecond up to which all of it has come.

    A page begins at the time the one before ended with, not at an offset: offsets end at the 10,000th row, and pass over one whenever
    a row that was read changes and leaves its place. What is shown of a row may be newer than its place in the order, so that the
    last tenth of a page decides how far it came.
    """
    mark = MODIFIED.get(kind, "hs_lastmodifieddate")

    def ask(filters: list[dict[str, Any]], order: str) -> Any:
        return pull.api.post(f"{OBJECTS}/{kind}/search", {"filterGroups": [{"filters": filters}], "sorts": [{"propertyName": order, "direction": "ASCENDING"}],
                                                          "properties": [*properties, mark], "limit": PAGE, "after": 0}).body
    since = max(BEGINNING, start)
    while True:
        body = ask([{"propertyName": mark, "operator": "GTE", "value": str(since)}], mark)
        rows = rows_at("results")(body)
        times = [milliseconds(at(row, f"properties.{mark}")) for row in rows]
        if not at(body, "paging.next.after"):
            yield rows, max([since, *times])
            return
        sure = max(since, min(times[-max(1, len(times) // 10):]))
        yield rows, sure
        if sure == since:   # a page of one millisecond: by number, as many as there are
            last, rows = 0, [{}]
            while rows:
                rows = rows_at("results")(ask([{"propertyName": mark, "operator": "EQ", "value": str(since)},
                                               {"propertyName": "hs_object_id", "operator": "GT", "value": str(last)}], "hs_object_id"))
                last = max([last, *(int(row["id"]) for row in rows)])
                yield rows, since
            sure += 1
        since = sure


def milliseconds(time: Any) -> int:
    """A time that may be text or milliseconds, as milliseconds."""
    text = str(time or "0")
    return int(text) if text.isdigit() else round(datetime.fromisoformat(text).timestamp() * 1000)


def moment(time: Any) -> str | None:
    """A time that may be text or milliseconds, as text."""
    if not time:
        return None
    return datetime.fromtimestamp(milliseconds(time) / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def start_of(pull: Pull) -> int:
    """The millisecond from which on this stream asks: an hour before where it was."""
    return pull.cursor - LAG * 1000 if pull.cursor is not None else (pull.since or 0) * 1000


def batch(pull: Pull, kind: str, ids: list[str], properties: tuple[str, ...], **more: Any) -> Rows:
    """Objects by number, with the properties named; in the body, since an address would not hold them all."""
    found: Rows = []
    for start in range(0, len(ids), BATCH):
        inputs = [{"id": i} for i in ids[start:start + BATCH]]
        found += rows_at("results")(pull.api.post(f"{OBJECTS}/{kind}/batch/read", {"inputs": inputs, "properties": list(properties), **more}).body)
    return found


def linked(pull: Pull, kind: str, other: str, ids: list[str]) -> dict[str, list[str]]:
    """Ids of the other kind each of these is associated with, the primary one first; a kind that may not be read links nothing."""
    found: dict[str, list[str]] = {}
    try:
        for start in range(0, len(ids), BATCH):
            inputs = [{"id": i} for i in ids[start:start + BATCH]]
            for row in rows_at("results")(pull.api.post(f"/crm/v4/associations/{kind}/{other}/batch/read", {"inputs": inputs}).body):
                ends = sorted(rows_at("to")(row), key=lambda end: not any(kind.get("label") == "Primary" for kind in end.get("associationTypes") or []))
                found[str(at(row, "from.id"))] = [str(end.get("toObjectId")) for end in ends]
    except (NotAllowed, NotFound) as problem:
        pull.note(f"{problem}; {kind} are without their {other}")
    return found
