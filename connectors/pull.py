"""Pulling a source: its streams one after the other into its landing, then what is new to the load as if it came in a file."""
from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from connectors.contract import Account, Connector, Stream
from connectors.http import Api
from connectors.landed import new_parquet
from connectors.landing import Landing
from connectors.paging import at
from connectors.payload import without_text
from connectors.payloadrows import PayloadTable
from connectors.problems import NotAllowed, NotFound, PullProblem
from connectors.reading import ORDER, Unit, vendor_unit

AT_ONCE = 20          # ids a following stream asks of before it lands them
SECONDS_BETWEEN = 2   # lines of progress


@dataclass(frozen=True)
class Page:
    """Rows of one answer and the cursor after them.

    answered: waiting ids they answer. asks: stream -> ids that are to be asked of it (besides `follows`, which asks of every
    new row). left: rows still to come, or ids where it answers ids, as far as that is known.
    """

    rows: list[dict[str, Any]]
    cursor: Any = None
    answered: tuple[str, ...] = ()
    asks: dict[str, list[str]] = field(default_factory=dict)
    left: int | None = None


@dataclass
class Pull:
    """What a stream's fetch works with."""

    api: Api
    account: Account
    landing: Landing
    stream: Stream
    since: int | None = None               # epoch second of --since, for a stream that begins
    notes: list[str] = field(default_factory=list)

    @cached_property
    def cursor(self) -> Any:
        """What the last landed page left, None where the stream begins."""
        return self.landing.state(self.stream.name).cursor

    @property
    def options(self) -> dict[str, Any]:
        return self.account.options

    @property
    def now(self) -> int:
        """Epoch second by the door's clock."""
        return int(self.account.clock().timestamp())

    def note(self, text: str) -> None:
        """Something the reader of the numbers must know of this stream."""
        if text not in self.notes:
            self.notes.append(text)

    def rows_of(self, stream: str) -> dict[str, dict[str, Any]]:
        """The rows of a small list that stays landed, by key."""
        keyed = {s.name: s.key for s in self.streams}
        return {str(body.get(keyed[stream])): body for body in self.landing.bodies(stream)}

    streams: tuple[Stream, ...] = ()

    def waiting(self, many: int = AT_ONCE) -> Iterator[list[str]]:
        """Ids this stream is to be asked of, some at a time; a page must name them as answered before more come."""
        before: list[str] = []
        while keys := self.landing.waiting(self.stream.name, many):
            if keys == before:
                raise AssertionError(f"{self.stream.name}: {keys[0]} was asked for but never answered")
            yield keys
            before = keys

    def of_each(self, ask: Callable[[str], list[dict[str, Any]]]) -> Iterator[Page]:
        """A page for each few waiting ids, of what `ask(id)` finds; an id that is gone meanwhile has no rows.

        Where some of the first few are refused and none may be read, the stream is closed to this token; they wait behind the
        others then, or single tickets of somebody else's would close it for ever. Where some may, the others are left out with a note.
        """
        was_allowed, closed = False, 0
        for keys in self.waiting():
            rows: list[dict[str, Any]] = []
            refused: list[NotAllowed] = []
            for key in keys:
                try:
                    rows += ask(key)
                    was_allowed = True
                except NotFound:
                    continue
                except NotAllowed as problem:
                    refused.append(problem)
            if refused and not was_allowed:
                self.landing.put_behind(self.stream.name, keys)
                raise refused[0]
            closed += len(refused)
            yield Page(rows, answered=tuple(keys), left=self.landing.left(self.stream.name) - len(keys))
        if closed:
            self.note(f"{closed:,} of the tickets that changed may not be read by this token")


@dataclass
class Told:
    """What a pull did with a stream."""

    stream: str
    rows: int = 0
    news: int = 0
    pages: int = 0
    note: str | None = None


def pull(connector: Connector, account: Account, landing: Landing, since: int | None, keep_text: bool) -> list[Told]:
    """Land every stream of a source. A stream that is not allowed is left out with a note; all others go on.

    since: begin streams with a cursor anew at this epoch second. Raises: PullProblem where the pull cannot go on.
    """
    assert connector.api is not None
    api = connector.api.connect(account)
    followers: dict[str, list[str]] = {}
    for stream in connector.api.streams:
        followers.setdefault(stream.follows, []).append(stream.name)
    if since is not None:
        for stream in connector.api.streams:
            landing.begin_at(stream.name, None)
    found = []
    for stream in connector.api.streams:
        context = Pull(api, account, landing, stream, since, streams=connector.api.streams)
        told = Told(stream.name)
        found.append(told)
        _one(context, told, followers.get(stream.name, []), keep_text)
    return found


def _one(context: Pull, told: Told, followers: list[str], keep_text: bool) -> None:
    stream, landing, done = context.stream, context.landing, 0
    started = said = time.monotonic()
    try:
        for page in stream.fetch(context):
            rows = page.rows if keep_text else [without_text(row) for row in page.rows]
            keyed = [(str(key), _text(at(row, stream.whole)) if stream.whole else None, row) for row in rows if (key := row.get(stream.key)) is not None]
            if len(keyed) < len(rows):
                context.note(f"{len(rows) - len(keyed)} rows without {stream.key} were left out")
            told.news += landing.land(stream.name, keyed, cursor=page.cursor, followers=followers, answered=page.answered, asks=page.asks)
            told.rows, told.pages = told.rows + len(rows), told.pages + 1
            done += len(page.answered) or len(rows)   # what is left is counted in ids where ids are asked for
            if time.monotonic() - said >= SECONDS_BETWEEN:
                said = time.monotonic()
                context.account.told(_progress(told, said - started, done, page.left))
    except (NotAllowed, NotFound) as problem:
        if stream.needed:
            raise PullProblem(f"{context.account.source}: {problem}; {stream.name} need {stream.permission}") from None
        context.note(str(problem))
    told.note = "; ".join(context.notes) or None
    landing.finished(stream.name, context.account.clock().replace(tzinfo=None), told.note)
    context.account.told(_progress(told, time.monotonic() - started, done, None) + (f"; {told.note}" if told.note else ""))


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _progress(told: Told, seconds: float, done: int, left: int | None) -> str:
    rate = told.rows / seconds if seconds > 0.5 else 0
    text = f"{told.stream}: {told.rows:,} rows, {told.news:,} new, {told.pages:,} pages" + (f", {rate:,.0f} rows/s" if rate else "")
    return text + (f", about {max(1, round(left * seconds / done / 60)):,} min left" if left and left > 0 and done else "")


@dataclass
class Fresh:
    """What is to be merged: how it is read, and what the landing is told afterwards."""

    units: list[Unit]
    done: list[tuple[str, bool, Counter[str]]]


def fresh(connector: Connector, source: str, landing: Landing, area: Path) -> Fresh:
    """What has been landed since the last merge, as tables their exports' mappings read; written into `area`."""
    with landing.handing_on():
        return _fresh(connector, source, landing, area)


def _fresh(connector: Connector, source: str, landing: Landing, area: Path) -> Fresh:
    assert connector.api is not None
    exports = {export.name: export for export in connector.exports}
    units: list[Unit] = []
    done = []
    for stream in connector.api.streams:
        table = None
        if stream.reads:
            for body in landing.fresh(stream.name, bool(stream.whole)):
                table = table or PayloadTable(new_parquet(area, f"{source} {stream.name}"), stream.model)
                table.add(body)
        if table is not None:
            try:
                raw = table.table(f"{source} {stream.name}", (), "utf-8", lambda: iter(()))
            finally:
                table.tidy()
            units.append(vendor_unit(raw, connector, exports[stream.reads], source=source, area=area))
        done.append((stream.name, stream.staying or bool(stream.whole), table.unknown if table else Counter()))
    return Fresh(sorted(units, key=lambda u: ORDER[u.block.grain]), done)
