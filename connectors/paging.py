"""Ways vendors hand out long lists. Each yields (rows, place): `place` continues after these rows, in this pull or the next.

A place that comes again with rows already seen would never end: it is an error of the vendor and told as such.
"""
from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from connectors.http import Answer, Api
from connectors.problems import PullProblem, TooMuch

Rows = list[dict[str, Any]]
Params = dict[str, Any]
Items = Callable[[Any], Rows]


def at(body: Any, path: str) -> Any:
    """The value at a dotted path, None where any step is missing."""
    for step in path.split("."):
        body = body.get(step) if isinstance(body, dict) else None
    return body


def rows_at(path: str) -> Items:
    """Takes the rows of an answer from a dotted path ("" = the answer is the list)."""
    def taken(body: Any) -> Rows:
        found = body if not path else at(body, path)
        return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []
    return taken


def by_cursor(ask: Callable[[Any], Answer], items: Items, next_cursor: Callable[[Any], Any], start: Any = None) -> Iterator[tuple[Rows, Any, Answer]]:
    """A cursor in the body. `ask(cursor)` asks one page; `next_cursor(body)` is None on the last.

    Yields the cursor that follows these rows, None after the last page.
    """
    cursor, asked = start, {str(start)}
    while True:
        answer = ask(cursor)
        following = next_cursor(answer.body)
        if following is not None and str(following) in asked:
            raise PullProblem("the vendor answers with a cursor it was asked for already, which would never end")
        yield items(answer.body), following, answer
        if following is None:
            return
        cursor = following
        asked.add(str(cursor))


def by_next_link(api: Api, path: str, params: Params, items: Items, link: Callable[[Answer], str | None], start: str | None = None) -> Iterator[tuple[Rows, str | None, Answer]]:
    """A `next` link in the body or the Link header; only links to the configured host are followed."""
    url, followed = start, {api.url(start)} if start else set()
    while True:
        answer = api.get(url) if url else api.get(path, params)
        following = link(answer)
        if following and api.url(following) in followed:
            raise PullProblem("the vendor's next link leads to a page it led to before, which would never end")
        yield items(answer.body), following or None, answer
        if not following:
            return
        url = following
        followed.add(api.url(url))


def link_header(answer: Answer) -> str | None:
    """The rel="next" address of a Link header."""
    for part in re.split(r",\s*(?=<)", answer.headers.get("Link", "")):
        found = re.match(r"\s*<([^>]*)>(.*)", part)
        if found and re.search(r'rel="?next"?', found[2]):
            return found[1]
    return None


def by_page(ask: Callable[[Any, int], Answer], items: Items, mark: Callable[[dict[str, Any]], Any], *, size: int, last_page: int, start: Any) -> Iterator[tuple[Rows, Any, Answer]]:
    """Page numbers from 1, rows in ascending order of `mark`; at the vendor's last page the window begins again at the newest mark.

    `ask(mark, page)` asks the page of everything from that mark on. A window full of one mark cannot go on and says so.
    """
    since = start
    while True:
        newest = since
        for page in range(1, last_page + 1):
            answer = ask(since, page)
            rows = items(answer.body)
            newest = max([newest, *(m for m in map(mark, rows) if m is not None)], key=lambda m: (m is not None, m))
            is_last = len(rows) < size
            yield rows, newest if is_last or page == last_page else since, answer
            if is_last:
                return
        if newest == since:
            raise PullProblem(f"more than {size * last_page:,} rows share one time ({since}) and the vendor gives no way past them")
        since = newest


def by_offset(ask: Callable[[Any, int], Answer], items: Items, mark: Callable[[dict[str, Any]], Any], *, size: int, most: int, start: Any,
              has_more: Callable[[Any], bool] | None = None) -> Iterator[tuple[Rows, Any, Answer]]:
    """Offsets up to the vendor's bound, then by key: the window begins again at the last row's mark.

    `mark` should be unique (a pair of time and id), or rows of one mark that outnumber `most` stop the pull. Where pages
    may be short while more exist, `has_more` tells the end.
    """
    since, offset = start, 0
    while True:
        answer = ask(since, offset)
        rows = items(answer.body)
        following = mark(rows[-1]) if rows else since
        more = has_more(answer.body) if has_more else len(rows) >= size
        offset += max(len(rows), size if has_more else 0)
        if more and offset >= most:
            if following == since:
                raise PullProblem(f"more than {most:,} rows share one mark ({since}) and the vendor gives no way past them")
            since, offset = following, 0
            yield rows, following, answer
            continue
        yield rows, since if more else following, answer
        if not more:
            return


def by_id(ask: Callable[[int], Answer], items: Items, start: int, key: str = "id") -> Iterator[tuple[Rows, int, Answer]]:
    """Everything above an id, ascending; ends at the first page without news."""
    last = start
    while True:
        answer = ask(last)
        rows = [row for row in items(answer.body) if int(row[key]) > last]
        if not rows:
            yield [], last, answer
            return
        last = max(int(row[key]) for row in rows)
        yield rows, last, answer


def by_time(ask: Callable[[int], Answer], items: Items, end_time: Callable[[Any], int | None], start: int, is_last: Callable[[Any], bool],
            flood: Callable[[int, int], None]) -> Iterator[tuple[Rows, int, Answer]]:
    """Exports by time that repeat the last second at each border; ends where the body says that nothing follows.

    A second with a whole page of rows would be asked for ever: it is stepped over, and `flood(second, rows)` tells that what
    it holds beyond one page could not be had.
    """
    since = start
    while True:
        answer = ask(since)
        rows = items(answer.body)
        until = end_time(answer.body)
        if until is None or is_last(answer.body):
            yield rows, until if until is not None else since, answer
            return
        if until <= since:
            flood(since, len(rows))
            until = since + 1
        since = until
        yield rows, since, answer


class Sized:
    """A page size that is halved where the vendor finds the question too large, and stays so: what follows is as large."""

    def __init__(self, size: int, least: int = 10):
        self.size, self.least = size, least

    def ask(self, asked: Callable[[int], Answer]) -> Answer:
        """Ask with the size that is left."""
        while True:
            try:
                return asked(self.size)
            except TooMuch:
                if self.size // 2 < self.least:
                    raise
                self.size //= 2
