"""How Chatwoot is asked: lists come by page number and move while they are read; numbers and times come in several forms."""
from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from connectors.paging import Rows, at, rows_at
from connectors.pull import Pull


def path(pull: Pull, rest: str) -> str:
    return f"/api/v1/accounts/{pull.account.login}{rest}"


def word(words: dict[str, str], value: Any) -> str | None:
    """Enums come as words here and numbers there."""
    return None if value is None else words.get(str(value), str(value))


def inner_key(number: str, own: Any) -> str | None:
    """The id of something inside a conversation; without one of its own it has none."""
    return None if own is None else f"{number}/{own}"


def second(value: Any) -> int | None:
    """A time as epoch second: it comes whole, in fractions or as text; None where it is no time."""
    try:
        return int(float(value))
    except (TypeError, ValueError):
        pass
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())


def seconds(rows: Rows, name: str) -> list[int]:
    """The times of these rows that have one."""
    return [found for row in rows if (found := second(row.get(name))) is not None]


def conversations(pull: Pull, status: str, since: int = 0, page: int = 1, count: int | None = None) -> Iterator[tuple[Rows, int, int | None]]:
    """Conversations of a status, the newest activity first, back to `since`: pages of rows with the page that follows and how many there are.

    What is new moves the list on, so that rows come twice. What is deleted or leaves the status moves it back, and as many rows as the count
    fell by are on pages already read: so many are asked for again, and no more often than something goes.
    """
    while True:
        asked = {"status": status, "assignee_type": "all", "page": page, "sort_by": "last_activity_at_desc"}   # by default only open ones are told
        body = pull.api.get(path(pull, "/conversations"), asked).body
        rows, now = rows_at("data.payload")(body), at(body, "data.meta.all_count")
        fell = count - now if isinstance(count, int) and isinstance(now, int) and page > 1 else 0
        is_last = fell <= 0 and (not rows or min(seconds(rows, "last_activity_at"), default=since) < since)
        page = max(1, page - math.ceil(fell / max(1, len(rows)))) if fell > 0 else page + 1
        count = now
        yield rows, page, count
        if is_last:
            return


def pages(pull: Pull, rest: str, items: Callable[[Any], Rows]) -> Iterator[tuple[Rows, Any]]:
    """A list that does not tell how long it is. Each page is followed by the one before it again: what is deleted moves rows there."""
    page, rows = 1, [{}]
    while rows:
        body = pull.api.get(path(pull, rest), {"page": page}).body
        rows = items(body)
        again = items(pull.api.get(path(pull, rest), {"page": page - 1}).body) if page > 1 else []
        page += 1
        if rows or again:
            yield rows + again, body
