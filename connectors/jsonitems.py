"""The records of a JSON file in order, read piece by piece: NDJSON, an array of objects, an object around such arrays, or one whose
names are the records' ids ({"T1": {...}, "T2": {...}})."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

LONGEST_VALUE = 200_000_000  # characters of one JSON value
PEEK = 1 << 16  # characters after the first line that tell whether another follows


class Item(NamedTuple):
    """One value found in the file: its physical line, the array it came from ("" at the top), the value or why it is none."""

    line: int
    group: str
    value: object
    fault: str | None = None


def items(path: Path) -> Iterator[Item]:
    """Every record of the file in order, wrappers like {"ticket": {...}} and {"tickets": [...]} taken off."""
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        first = ""
        while not first.strip():
            first = file.readline(LONGEST_VALUE)
            if not first:
                return
        rest = file.read(PEEK)
        file.seek(0)
        if first.lstrip().startswith("{") and _parsed(first) is not None:
            yield from _of_lines(file, is_alone=not rest.strip())
        else:
            yield from _of_document(_Text(file))


def _parsed(text: str) -> object | None:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _of_lines(file, is_alone: bool) -> Iterator[Item]:
    """Every line a record. is_alone: the file is this one line, so its object may hold them all."""
    for line, text in enumerate(file, 1):
        if not text.strip():
            continue
        try:
            value = json.loads(text)
        except json.JSONDecodeError as problem:
            cut = "" if text.endswith("\n") else ", the file seems cut off here"
            fault = f"this is not JSON ({problem.msg} at character {problem.pos + 1}){cut}; export the file again"
            yield Item(line, "", None, fault)
            continue
        if not isinstance(value, dict):
            yield Item(line, "", None, "this is JSON, but not an object with named fields")
            continue
        value = _unwrapped(value)
        group = _wrapped_array(value)
        if group is None:
            for record in (_by_id(value) if is_alone else []) or [value]:
                yield Item(line, "", record)
            continue
        for inner in value[group]:
            yield Item(line, group, _unwrapped(inner))


def _unwrapped(value: dict) -> dict:
    """{"ticket": {...}} is the ticket."""
    if len(value) == 1:
        [inner] = value.values()
        if isinstance(inner, dict):
            return inner
    return value


def _wrapped_array(value: dict) -> str | None:
    """The key of the array of objects this object is only an envelope of, as in {"tickets": [...], "count": 2}."""
    arrays = [key for key, inner in value.items() if isinstance(inner, list) and inner and all_objects(inner)]
    return arrays[0] if len(arrays) == 1 and not _is_record(value) else None


def _is_record(value: dict) -> bool:
    """Does an object say things of itself that a ticket says? Then what it holds belongs to it."""
    return bool({"id", "key", "number", "subject", "status", "created_at"} & {key.lower() for key in value})


def all_objects(values: list) -> bool:
    return all(isinstance(value, dict) for value in values)


class _Text:
    """A JSON document read piece by piece, so that an array of a million objects never stands in memory whole."""

    PIECE = 1 << 20

    def __init__(self, file):
        self.file, self.buffer, self.place, self.line = file, "", 0, 1
        self.decoder = json.JSONDecoder()

    def peek(self) -> str:
        """The next character that is not white space, "" at the end."""
        while True:
            while self.place < len(self.buffer) and self.buffer[self.place] in " \t\r\n":
                self.line += self.buffer[self.place] == "\n"
                self.place += 1
            if self.place < len(self.buffer):
                return self.buffer[self.place]
            if not self._more():
                return ""

    def skip(self) -> None:
        """Step over the character just peeked."""
        self.place += 1

    def value(self) -> object:
        """The JSON value that starts here. ValueError where there is none, or the file ends inside it."""
        self.peek()
        while True:
            try:
                value, end = self.decoder.raw_decode(self.buffer, self.place)
                # A number may go on in the next piece.
                if end < len(self.buffer) or not self._more():
                    self.line += self.buffer.count("\n", self.place, end)
                    self.place = end
                    return value
            except ValueError:
                if len(self.buffer) - self.place > LONGEST_VALUE or not self._more():
                    raise

    def _more(self) -> bool:
        # As much again as is waiting: a value of many megabytes is then tried only a few times.
        piece = self.file.read(max(self.PIECE, len(self.buffer) - self.place))
        self.buffer, self.place = self.buffer[self.place :] + piece, 0
        return bool(piece)


def _of_document(text: _Text) -> Iterator[Item]:
    try:
        if text.peek() == "[":
            yield from _elements(text, "")
        elif text.peek() == "{":
            yield from _members(text)
        if text.peek():
            yield Item(text.line, "", None, "the JSON document goes on after its end; export the file again")
    except ValueError:
        reason = "the JSON document is broken or cut off here; what comes after is not read, export the file again"
        yield Item(text.line, "", None, reason)


def _elements(text: _Text, group: str) -> Iterator[Item]:
    text.skip()
    while text.peek() != "]":
        line = text.line
        value = text.value()
        if isinstance(value, dict):
            yield Item(line, group, _unwrapped(value))
        else:
            yield Item(line, group, None, "this entry of the array is not an object with named fields")
        if text.peek() == ",":
            text.skip()
        elif text.peek() != "]":
            raise ValueError("a comma or ] is missing")
    text.skip()


def _members(text: _Text) -> Iterator[Item]:
    """The objects of every array in the object that starts here; where it holds none, the object itself is one row."""
    text.skip()
    line, rest, found = text.line, {}, False
    while text.peek() != "}":
        key = text.value()
        if text.peek() != ":":
            raise ValueError("a colon is missing")
        text.skip()
        if text.peek() == "[":
            for item in _elements(text, str(key)):
                # Scalars inside an object's array are a field of it, not broken rows.
                if item.fault is None:
                    found = True
                    yield item
        else:
            rest[str(key)] = text.value()
        if text.peek() == ",":
            text.skip()
        elif text.peek() != "}":
            raise ValueError("a comma or } is missing")
    text.skip()
    if found or not rest:
        return
    inner = _unwrapped(rest)
    group = _wrapped_array(inner)
    for value in inner[group] if group else _by_id(inner) or [inner]:
        yield Item(line, group or "", _unwrapped(value))


def _by_id(value: dict) -> list[dict]:
    """The records of an object whose names are their ids, each with its id as `key`; none where it is a record itself.

    Records of one kind: objects all, and of the names that any of them has at least half stand in every one.
    """
    inner = [told for told in value.values() if isinstance(told, dict)]
    if len(inner) == 1 and not _is_record(value):   # an envelope around them
        [value] = inner
    records = list(value.values())
    if len(records) < 2 or not all_objects(records):
        return []
    every, some = set.intersection(*map(set, records)), set.union(*map(set, records))
    if 2 * len(every) < len(some) or not every:
        return []
    name = "_key" if "key" in some else "key"
    return [{name: key, **record} for key, record in value.items()]
