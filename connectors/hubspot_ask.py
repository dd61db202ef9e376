"""Asking HubSpot: lists, searches for what changed, objects by number, and what is associated with what."""
from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from connectors import http
from connectors.contract import Account
from connectors.paging import Rows, at, by_cursor, rows_at
from connectors.problems import NotAllowed, NotFound, PullProblem
from connectors.pull import Pull

PAGE, BATCH, LIST = 200, 100, 100   # rows of a search, of a batch, of a list
BEGINNING = 1_136_073_600_000   # 2006, before HubSpot: a search from 1970 on is an error of theirs
LAG = 3600
MODIFIED = {"contacts": "lastmodifieddate"}   # all other objects: hs_lastmodifieddate
OBJECTS = "/crm/v3/objects"
OF_OBJECTS = {"id", "properties", "propertiesWithHistory", "createdAt", "updatedAt", "archived", "archivedAt", "associations", "url", "objectWriteTraceId"}


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


def search(pull: Pull, kind: str, properties: tuple[str, ...], start: int) -> Iterator[tuple[Rows, Any, int | None]]:
    """Everything of a kind that changed since the last pull, or from the millisecond `start` on; the cursor that follows, and how many rows are still to come.

    By number, which a row keeps. By its time of change it would leave its place while pages are read, and that time is shown before rows are sorted by it;
    offsets end at the 10,000th row. The newest time is asked for first and the next pull begins an hour before it, so that whatever changes while
    pages are read comes with the next pull. A cursor in the midst of the numbers is gone on with, then what changed since is asked for.
    """
    mark = MODIFIED.get(kind, "hs_lastmodifieddate")

    def ask(since: int, number: int, order: str, direction: str, many: int) -> Any:
        filters = [{"propertyName": mark, "operator": "GTE", "value": str(since)}, {"propertyName": "hs_object_id", "operator": "GT", "value": str(number)}]
        return pull.api.post(f"{OBJECTS}/{kind}/search", {"filterGroups": [{"filters": filters}], "sorts": [{"propertyName": order, "direction": direction}],
                                                          "properties": [*properties, mark], "limit": many, "after": 0}).body
    place = pull.cursor
    while True:
        begins = not isinstance(place, dict)
        if begins:
            since = max(BEGINNING, start if place is None else place - LAG * 1000)
            times = [milliseconds(at(row, f"properties.{mark}")) for row in rows_at("results")(ask(since, 0, mark, "DESCENDING", 1))]
            place = {"since": since, "number": 0, "newest": max([since if place is None else place, *times])}
        more = True
        while more:
            body = ask(place["since"], place["number"], "hs_object_id", "ASCENDING", PAGE)
            rows = rows_at("results")(body)
            more = bool(at(body, "paging.next.after"))
            last = max([int(row["id"]) for row in rows if row.get("id")], default=0)
            if more and last <= place["number"]:
                raise PullProblem(f"the search of {kind} does not go on beyond number {last}, which would never end")
            place = place | {"number": last}
            total = at(body, "total")
            yield rows, place if more else place["newest"], total - len(rows) if isinstance(total, int) else None
        if begins:
            return
        place = place["newest"]


def milliseconds(time: Any) -> int:
    """A time that may be text or milliseconds, as milliseconds."""
    text = str(time or "0")
    return int(text) if text.isdigit() else round(datetime.fromisoformat(text).timestamp() * 1000)


def moment(time: Any) -> str | None:
    """A time that may be text or milliseconds, as text."""
    if not time:
        return None
    return datetime.fromtimestamp(milliseconds(time) / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def since_of(pull: Pull) -> int:
    """The millisecond from which on a stream that begins asks."""
    return (pull.since or 0) * 1000


def beyond(row: dict[str, Any], known: set[str]) -> dict[str, Any]:
    """What a row holds besides the fields known of it, used or not: kept and counted."""
    return {name: value for name, value in row.items() if name not in known}


def batch(pull: Pull, kind: str, ids: list[str], properties: tuple[str, ...], **more: Any) -> Rows:
    """Objects by number, with the properties named; in the body, since an address would not hold them all."""
    found: Rows = []
    for start in range(0, len(ids), BATCH):
        inputs = [{"id": i} for i in ids[start:start + BATCH]]
        found += rows_at("results")(pull.api.post(f"{OBJECTS}/{kind}/batch/read", {"inputs": inputs, "properties": list(properties), **more}).body)
    keyed = [row for row in found if row.get("id")]
    if len(keyed) < len(found):
        pull.note(f"{len(found) - len(keyed)} {kind} without id were left out")
    return keyed


def linked(pull: Pull, kind: str, other: str, ids: list[str]) -> dict[str, list[str]]:
    """Ids of the other kind each of these is associated with, the primary one first; a kind that may not be read links nothing."""
    found: dict[str, list[str]] = {}
    try:
        for start in range(0, len(ids), BATCH):
            inputs = [{"id": i} for i in ids[start:start + BATCH]]
            for row in rows_at("results")(pull.api.post(f"/crm/v4/associations/{kind}/{other}/batch/read", {"inputs": inputs}).body):
                ends = sorted(rows_at("to")(row), key=lambda end: not any(kind.get("label") == "Primary" for kind in end.get("associationTypes") or []))
                found[str(at(row, "from.id"))] = [str(end["toObjectId"]) for end in ends if end.get("toObjectId")]
    except (NotAllowed, NotFound) as problem:
        pull.note(f"{problem}; {kind} are without their {other}")
    return found
