"""What a connector is: one file per tool that says what its exports look like and how they map to the model."""
from __future__ import annotations

import fnmatch
import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import connectors
from warehouse.sql import identifier

if TYPE_CHECKING:
    from connectors import http
    from connectors.payload import Payload
    from connectors.pull import Page, Pull
    from connectors.told_settings import Section

Headers = tuple[str, ...]


@dataclass(frozen=True)
class Example:
    """A piece of an export and what it becomes; documentation and test in one."""

    says: str                              # the point, in a sentence
    files: dict[str, str]                  # file name -> its text, loaded together
    gives: dict[str, list[dict[str, Any]]]  # table -> rows; only the named columns are compared, in order of the key
    refused: int = 0                       # rows that must be refused


@dataclass(frozen=True)
class Landed:
    """The file a reshape works on: its columns as SQL over `landed`, and a way to ask its rows."""

    headers: Headers
    ask: Callable[[str], list[tuple[Any, ...]]]

    def column(self, *names: str) -> str:
        """SQL of the first of these columns that the file has (compared without case), NULL where it has none."""
        found = first_of(self.headers, *names)
        return identifier(found) if found else "NULL::VARCHAR"

    def select(self, changes: dict[str, str], without: Iterable[str] = ()) -> str:
        """SELECT of every column, some replaced or added (`name` -> SQL), some left out, to be followed by FROM."""
        present = {h.casefold() for h in self.headers}
        dropped = [identifier(n) for n in without if n.casefold() in present]
        old = ", ".join(f"{sql} AS {identifier(n)}" for n, sql in changes.items() if n.casefold() in present)
        new = "".join(f", {sql} AS {identifier(n)}" for n, sql in changes.items() if n.casefold() not in present)
        return ("SELECT *" + (f" EXCLUDE ({', '.join(dropped)})" if dropped else "") + (f" REPLACE ({old})" if old else "") + new)


@dataclass(frozen=True)
class Export:
    """One kind of file a tool gives out.

    `needs`: headers that together tell this export from any other (compared without case); `named`: a pattern its file
    name must fit too, where the headers alone say too little.
    `block`: headers of the file at hand -> the [[file]] block of a mapping that reads it; columns the file lacks are
    left out. Raises FileProblem where such a file must not be read, with the reason.
    `reshape`: gives SQL over `landed`, whose columns carry the file's headers, for files whose rows are not rows yet. It
    keeps `file_row_number`, so that a refused row is still found in the file.
    `more`: further blocks that read the same rows (the links in a file of tickets); the file's rows are those of `block`.
    `fidelity`: what it can tell of changes, in words for the docs.
    """

    name: str
    needs: Headers
    block: Callable[[Headers], dict[str, Any]]
    fidelity: str
    reshape: Callable[[Landed], str] | None = None
    more: Callable[[Headers], list[dict[str, Any]]] | None = None
    named: str = "*"


@dataclass(frozen=True)
class Stream:
    """One list a tool's API hands out, and what becomes of it.

    `fetch` yields pages; each page is landed together with its cursor, so that a pull that is killed goes on after its last
    page. Rows are landed by `key`; a row that says what is held already is no news. `reads` names the export whose mapping
    reads the landed rows ("" = they are only looked up by other streams of this tool); `model` names the fields it uses.
    `follows`: a stream whose new rows each ask for a question here (`Pull.waiting`); the ids wait in the landing until answered.
    `whole`: path of the ticket's id where the mapping needs all landed rows of a ticket at once; such rows stay landed and
    must hold nothing personal. `staying`: so do the rows of small lists that others look up. `listed`: the cursor is the ids the
    tool has now, because rows of what it has no more stay landed too. `observed`: promises are read off its rows, which stay landed.
    """

    name: str
    path: str                              # for the docs and for messages
    fetch: Callable[[Pull], Iterator[Page]]
    model: type[Payload]
    key: str                               # field of the row's id
    cursor: str                            # how the next pull goes on, in words
    permission: str                        # what the token must be allowed, in words
    fidelity: str = ""                     # what it tells of changes, in words
    reads: str = ""
    follows: str = ""
    whole: str = ""
    staying: bool = False
    listed: bool = False
    observed: bool = False
    needed: bool = False                   # without it there is nothing to pull
    overlap: int = 0                       # seconds asked for again, because the vendor lags


@dataclass(frozen=True)
class Option:
    """A choice of [sources.NAME.options] in settings."""

    name: str
    meaning: str
    default: Any = None
    choices: tuple[Any, ...] = ()
    is_list: bool = False

    def given(self, value: Any) -> Any:
        """What settings or a form give for it: a list may stand in one text, with commas between."""
        if not self.is_list:
            return value
        names = value if isinstance(value, list) else (value or "").split(",") if isinstance(value, str | None) else [value]
        return [name for name in (str(each).strip() for each in names) if name]


@dataclass(frozen=True)
class Account:
    """Where a source is and how to get in, as settings and environment say; made by the door."""

    source: str
    host: str                              # https://...; plain http to this machine only
    login: str                             # the account's user or e-mail, where the tool wants one
    secrets: dict[str, str]
    options: dict[str, Any]
    clock: Callable[[], datetime]
    told: Callable[[str], None]


@dataclass(frozen=True)
class Api:
    """How a tool is reached by its API: `connect` makes the session, `probe` is one cheap question any token may ask.

    `settings`: the rows of its `listed` and `observed` streams, by stream -> what they say of opening hours and promises.
    """

    connect: Callable[[Account], http.Api]
    probe: str
    streams: tuple[Stream, ...]
    secrets: dict[str, str]                # name -> meaning; EVENKEEL_<SOURCE>_<NAME>, the first is needed
    host: str                              # an example of the host, for messages
    options: tuple[Option, ...] = ()
    needs_login: str = ""                  # what `account` in settings is, where it is needed
    settings: Callable[[dict[str, Iterable[dict[str, Any]]]], list[Section]] | None = None


@dataclass(frozen=True)
class Connector:
    """A tool: `name` is the default source name; `mapping` holds mapping-file keys besides [[file]] (null_values, bots ...)."""

    name: str
    label: str
    exports: tuple[Export, ...]
    examples: tuple[Example, ...]
    mapping: dict[str, Any]
    notes: str = ""                        # what this tool's files cannot tell, and why
    api: Api | None = None                 # where it can be pulled


def first_of(headers: Headers, *names: str) -> str | None:
    """The first of these names that is a header (compared without case), as the file writes it."""
    written = {h.strip().casefold(): h for h in reversed(headers)}
    return next((written[n.casefold()] for n in names if n.casefold() in written), None)


def targets(headers: Headers, wanted: dict[str, Any]) -> dict[str, Any]:
    """`columns` of a block: target -> column name, several names of which the first present is taken, or a part.

    Targets whose column the file lacks are left out, so a block may name all an export could have.
    """
    found: dict[str, Any] = {}
    for target, part in wanted.items():
        part = dict(part) if isinstance(part, dict) else {"column": part}
        if "column" in part:
            names = part["column"] if isinstance(part["column"], tuple) else (part["column"],)
            part["column"] = first_of(headers, *names)
            if part["column"] is None:
                continue
        found[target] = part
    return found


@cache
def all_connectors() -> dict[str, Connector]:
    """Every connector in this folder, by name: a module with a CONNECTOR is one."""
    found = {}
    for module in pkgutil.iter_modules(connectors.__path__):
        if module.name.startswith("_"):   # the door, which acts when imported
            continue
        connector = getattr(importlib.import_module(f"connectors.{module.name}"), "CONNECTOR", None)
        if isinstance(connector, Connector):
            found[connector.name] = connector
    return dict(sorted(found.items()))


def recognise(headers: Headers, name: str | None = None) -> tuple[Connector, Export] | None:
    """The export whose needed headers are all there (and whose file name fits); of several the one that needs most."""
    present = {h.strip().casefold() for h in headers}

    def is_named(pattern: str) -> bool:
        return pattern == "*" or (name is not None and fnmatch.fnmatch(name.lower(), pattern))
    found = [(len(export.needs), connector.name, export.name, connector, export)
             for connector in all_connectors().values() for export in connector.exports
             if all(n.casefold() in present for n in export.needs) and is_named(export.named)]
    if not found:
        return None
    best = max(found, key=lambda f: f[:3])
    return best[3], best[4]
