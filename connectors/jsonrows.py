"""JSON to Parquet: one object per line (NDJSON), an array of objects, or an object around such arrays.

Nested objects become one column per leaf, named by the dot-joined path ("metric_set.reopens"); an array of scalars becomes
text joined with ";"; an array of objects stays JSON text, without the message bodies inside it unless they are wanted.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import duckdb

from connectors.landed import (
    FileProblem,
    NotATable,
    RawTable,
    Refusal,
    RowWriter,
    is_message_text,
    lines_again,
    new_parquet,
    unique_headers,
)

LONGEST_VALUE = 200_000_000  # characters of one JSON value
PART_ROWS = 50_000


class Item(NamedTuple):
    """One value found in the file: its physical line, the array it came from ("" at the top), the value or why it is none."""

    line: int
    group: str
    value: object
    fault: str | None = None


def land_json(name, path: Path, into: Path, keep_text: bool, encoding: str, opened) -> list[RawTable]:
    """Land a UTF-8 JSON or NDJSON file: one table, or one per array where an object holds several arrays of objects.

    A line of NDJSON that is not JSON is refused with its line number and the rest loads; a JSON document that is broken or
    cut off keeps the objects read before and refuses the place where it breaks. Raises NotATable where no object is inside.
    """
    landings: dict[str, _Landing] = {}
    broken: list[Refusal] = []
    try:
        for item in items(path):
            if item.fault:
                broken.append(Refusal(item.line, None, None, f"line {item.line}: {item.fault}"))
                continue
            if item.group not in landings:
                landings[item.group] = _Landing(new_parquet(into, name), keep_text)
            landings[item.group].add(item.value)
        if not landings:
            problem = f": {broken[0].reason}" if broken else ""
            raise NotATable(f"{name} is JSON without any object to read as a row{problem}; export the tickets themselves.")
        tables = []
        for group, landing in landings.items():
            table_name = f"{name}/{group}" if len(landings) > 1 else name
            # Where several tables share a file its broken places belong to none of them more than to the first.
            refused = tuple(broken) if not tables else ()
            lines = functools.partial(lines_again, opened, functools.partial(_lines, group=group))
            tables.append(landing.table(table_name, refused, encoding, lines))
        return tables
    finally:
        for landing in landings.values():
            landing.tidy()


def _lines(path: Path, group: str) -> Iterator[int]:
    return (item.line for item in items(path) if item.fault is None and item.group == group)


def items(path: Path) -> Iterator[Item]:
    """Every record of the file in order, wrappers like {"ticket": {...}} and {"tickets": [...]} taken off."""
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        first = ""
        while not first.strip():
            first = file.readline(LONGEST_VALUE)
            if not first:
                return
        file.seek(0)
        if first.lstrip().startswith("{") and _parsed(first) is not None:
            yield from _of_lines(file)
        else:
            yield from _of_document(_Text(file))


def _parsed(text: str) -> object | None:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _of_lines(file) -> Iterator[Item]:
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
            yield Item(line, "", value)
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
    arrays = [key for key, inner in value.items() if isinstance(inner, list) and inner and _all_objects(inner)]
    own = {"id", "key", "number", "subject", "status", "created_at"} & {key.lower() for key in value}
    return arrays[0] if len(arrays) == 1 and not own else None


def _all_objects(values: list) -> bool:
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
    for value in inner[group] if group else [inner]:
        yield Item(line, group or "", _unwrapped(value))


class _Landing:
    """Rows of one table on their way to Parquet: columns turn up as they come, so rows go to parts that are joined last."""

    def __init__(self, parquet: Path, keep_text: bool):
        self.parquet, self.keep_text = parquet, keep_text
        self.columns: dict[str, int] = {}
        self.dropped: dict[str, None] = {}
        self.parts: list[Path] = []
        self.rows: list[dict[str, str]] = []
        self.characters = self.landed = 0

    def add(self, value: dict) -> None:
        row: dict[str, str] = {}
        self._flatten(value, "", row)
        for path in row:
            self.columns.setdefault(path, len(self.columns))
        self.rows.append(row)
        self.characters += sum(map(len, row.values()))
        if len(self.rows) >= PART_ROWS or self.characters >= RowWriter.BATCH_CHARACTERS:
            self._flush()

    def _flatten(self, value: dict, prefix: str, row: dict[str, str]) -> None:
        for key, inner in value.items():
            path = f"{prefix}{key}"
            if isinstance(inner, dict):
                self._flatten(inner, f"{path}.", row)
            elif isinstance(inner, list) and inner and _all_objects(inner):
                bare = inner if self.keep_text else self._without_text(inner, f"{path}[]")
                row[path] = json.dumps(bare, ensure_ascii=False)
            elif not self.keep_text and is_message_text(path) and not isinstance(inner, int | float):
                self.dropped[path] = None
            elif isinstance(inner, list):
                row[path] = ";".join(_scalar(entry) for entry in inner)
            else:
                row[path] = _scalar(inner)

    def _without_text(self, value: object, path: str) -> object:
        """Arrays of comments keep who and when, not what was said."""
        if isinstance(value, list):
            return [self._without_text(inner, path) for inner in value]
        if not isinstance(value, dict):
            return value
        kept = {}
        for key, inner in value.items():
            if is_message_text(key) and not isinstance(inner, dict | int | float) and not _holds_objects(inner):
                self.dropped[f"{path}.{key}"] = None
            else:
                kept[key] = self._without_text(inner, f"{path}.{key}")
        return kept

    def _flush(self) -> None:
        part = self.parquet.with_suffix(f".part{len(self.parts)}")
        paths = list(self.columns)
        with RowWriter(part, len(paths)) as writer:
            for row in self.rows:
                writer.add([row.get(path) for path in paths], 0)
        self.parts.append(part)
        self.landed += len(self.rows)
        self.rows, self.characters = [], 0

    def table(self, name: str, refused: tuple[Refusal, ...], encoding: str, lines) -> RawTable:
        """Join the parts to the finished table."""
        self._flush()
        if not self.columns:
            raise FileProblem(f"{name} holds objects without any field but message texts, which are not kept.")
        paths = ", ".join("'" + str(part).replace("'", "''") + "'" for part in self.parts)
        cells = ", ".join(f"c{k}" for k in range(len(self.columns)))
        target = str(self.parquet).replace("'", "''")
        con = duckdb.connect(config={"threads": 1})
        try:
            con.execute(
                f"copy (select {cells} from read_parquet([{paths}], union_by_name = true)) to '{target}' (format parquet)"
            ).fetchall()
        finally:
            con.close()
        return RawTable(
            name=name,
            parquet=self.parquet,
            headers=unique_headers(self.columns),
            rows=self.landed + len(refused),
            refused=refused,
            encoding=encoding,
            delimiter=None,
            header_row=0,
            dropped_columns=tuple(self.dropped),
            _landed_lines=lines,
        )

    def tidy(self) -> None:
        for part in self.parts:
            part.unlink(missing_ok=True)


def _holds_objects(value: object) -> bool:
    return isinstance(value, list) and bool(value) and _all_objects(value)


def _scalar(value: object) -> str:
    """A JSON scalar as text: null is empty, true and false stay those words, numbers stay as JSON writes them."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
