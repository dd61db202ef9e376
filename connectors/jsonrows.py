"""JSON to Parquet: one object per line (NDJSON), an array of objects, or an object around such arrays.

Nested objects become one column per leaf, named by the dot-joined path ("metric_set.reopens"); an array of scalars becomes
text joined with ";"; an array of objects stays JSON text, without the message bodies inside it unless they are wanted.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb

from connectors.jsonitems import all_objects, items
from connectors.landed import (
    FileProblem,
    NotATable,
    RawTable,
    Refusal,
    RowWriter,
    bounded,
    is_message_text,
    lines_again,
    new_parquet,
    unique_headers,
)

PART_ROWS = 50_000


def land_json(name, path: Path, into: Path, keep_text: bool, encoding: str, opened) -> list[RawTable]:
    """Land a UTF-8 JSON or NDJSON file: one table, or one per array where an object holds several arrays of objects.

    A line of NDJSON that is not JSON is refused with its line number and the rest loads; a JSON document that is broken or
    cut off keeps the objects read before and refuses the place where it breaks. Raises NotATable where no object is inside.
    """
    landings: dict[str, JsonTable] = {}
    broken: list[Refusal] = []
    try:
        for item in items(path):
            if item.fault:
                broken.append(Refusal(item.line, None, None, f"line {item.line}: {item.fault}"))
                continue
            if item.group not in landings:
                landings[item.group] = JsonTable(new_parquet(into, name), keep_text)
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


class JsonTable:
    """Rows of one table on their way to Parquet: columns turn up as they come, so rows go to parts that are joined last.

    headers: columns it has in any case.
    """

    def __init__(self, parquet: Path, keep_text: bool, headers: Iterable[str] = ()):
        self.parquet, self.keep_text = parquet, keep_text
        self.columns: dict[str, int] = {name: place for place, name in enumerate(headers)}
        self.dropped: dict[str, None] = {}
        self.parts: list[Path] = []
        self.rows: list[dict[str, str]] = []
        self.characters = self.landed = 0

    def add(self, value: dict) -> None:
        row: dict[str, str] = {}
        self._flatten(value, "", row)
        if not row.keys() <= self.columns.keys():
            for path in row:
                self.columns.setdefault(path, len(self.columns))
        self.rows.append(row)
        self.characters += sum(map(len, row.values()))
        if len(self.rows) >= PART_ROWS or self.characters >= RowWriter.BATCH_CHARACTERS:
            self._flush()

    def _flatten(self, value: dict, prefix: str, row: dict[str, str]) -> None:
        for key, inner in value.items():
            path = f"{prefix}{key}"
            if inner is None or isinstance(inner, str):
                if self.keep_text or not is_message_text(path):
                    row[path] = inner or ""
                else:
                    self.dropped[path] = None
            elif isinstance(inner, dict):
                self._flatten(inner, f"{path}.", row)
            elif isinstance(inner, list) and inner and all_objects(inner):
                bare = inner if self.keep_text else self._without_text(inner, f"{path}[]")
                row[path] = json.dumps(bare, ensure_ascii=False)
            elif not self.keep_text and is_message_text(path) and not isinstance(inner, int | float):
                self.dropped[path] = None
            elif isinstance(inner, list):
                row[path] = ";".join(scalar(entry) for entry in inner)
            else:
                row[path] = scalar(inner)

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
        self._join()
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

    def _join(self) -> None:
        if len(self.parts) == 1:   # it has every column
            self.parts[0].rename(self.parquet)
            return
        paths = ", ".join("'" + str(part).replace("'", "''") + "'" for part in self.parts)
        cells = ", ".join(f"c{k}" for k in range(len(self.columns)))
        target = str(self.parquet).replace("'", "''")
        con = duckdb.connect(config={"threads": 1} | bounded(self.parquet.parent))
        try:
            con.execute(
                f"copy (select {cells} from read_parquet([{paths}], union_by_name = true)) to '{target}' (format parquet)"
            ).fetchall()
        finally:
            con.close()

    def tidy(self) -> None:
        for part in self.parts:
            part.unlink(missing_ok=True)


def _holds_objects(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all_objects(value)


def scalar(value: object) -> str:
    """A JSON scalar as text: null is empty, true and false stay those words, numbers stay as JSON writes them."""
    if value is None:
        return ""
    return value if isinstance(value, str) else str(value) if type(value) is int else json.dumps(value, ensure_ascii=False)
