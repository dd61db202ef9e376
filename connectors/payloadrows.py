"""Rows of an API on their way to Parquet: one column per declared field of their model, in one pass over each row.

What a row holds besides gets a column of its own, under small letters, and is counted; a value of another kind than declared is
treated like that.
"""
from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic_core import to_json

from connectors.jsonrows import JsonTable, scalar
from connectors.landed import RowWriter
from connectors.payload import Payload, inner_model, leaves, validated

AT_ONCE = 2_000   # rows whose columns are compared with those of the part being written


@dataclass(frozen=True)
class _Field:
    """A declared field: its attribute, its path, its cell, or the fields inside it."""

    attribute: str
    path: str
    place: int
    inner: tuple[_Field, ...] = ()


def _fields(model: type[Payload], prefix: str, places: dict[str, int]) -> tuple[_Field, ...]:
    found = []
    for attribute, info in model.model_fields.items():
        path = f"{prefix}{info.alias or attribute}"
        inner = inner_model(info)
        found.append(_Field(attribute, path, -1, _fields(inner, f"{path}.", places)) if inner else _Field(attribute, path, places[path]))
    return tuple(found)


class PayloadTable(JsonTable):
    """A table of one stream. `unknown` counts the fields its model does not declare."""

    def __init__(self, parquet: Path, model: type[Payload]):
        super().__init__(parquet, True, leaves(model))
        self.model, self.declared = model, len(self.columns)
        self.fields = _fields(model, "", self.columns)
        self.unknown: Counter[str] = Counter()
        self.cells: list[tuple[list[str | None], dict[str, str]]] = []
        self.writer: RowWriter | None = None
        self.width = 0   # columns of the part being written

    def add(self, value: dict[str, Any]) -> None:
        """A row as it was landed."""
        cells: list[str | None] = [None] * self.declared
        more: dict[str, str] = {}
        self._fill(validated(self.model, value), self.fields, "", cells, more)
        for path in more:
            self.columns.setdefault(path, len(self.columns))
        self.cells.append((cells, more))
        if len(self.cells) >= AT_ONCE:
            self._flush()

    def _fill(self, told: Payload, fields: tuple[_Field, ...], prefix: str, cells: list[str | None], more: dict[str, str]) -> None:
        held = told.__dict__
        for field in fields:
            value = held[field.attribute]
            if isinstance(value, str):
                cells[field.place] = value
            elif value is None:
                continue
            elif isinstance(value, Payload):
                self._fill(value, field.inner, f"{field.path}.", cells, more)
            elif isinstance(value, dict):
                self._flatten(value, f"{field.path}.", more)
            elif isinstance(value, list):
                cells[field.place] = _listed(value)
            else:
                cells[field.place] = scalar(value)
        for name, value in (told.model_extra or {}).items():
            if value is not None and value != []:
                path = f"{prefix}{name}"
                self.unknown[path] += 1
                more[path.casefold()] = as_json(value) if isinstance(value, dict | list) else scalar(value)

    def _flush(self) -> None:
        """Rows go on in the same part as long as they bring no new columns."""
        if self.writer is None or self.width < len(self.columns):
            if self.writer:
                self.writer.close()
            self.parts.append(self.parquet.with_suffix(f".part{len(self.parts)}"))
            self.width = len(self.columns)
            self.writer = RowWriter(self.parts[-1], self.width)
        besides = list(self.columns)[self.declared:]
        for cells, more in self.cells:
            row = [*cells, *map(more.get, besides)]
            self.writer.add(row, sum(len(cell) for cell in row if cell))
        self.landed += len(self.cells)
        self.cells = []

    def _join(self) -> None:
        if self.writer:
            self.writer.close()
        if len(self.parts) == 1:
            self.parts[0].rename(self.parquet)
        else:
            super()._join()


def as_json(value: Any) -> str:
    """A value as JSON text."""
    return to_json(value).decode()


def _listed(value: list[Any]) -> str:
    """Objects as JSON, anything else joined."""
    value = [v.model_dump(mode="json", exclude_none=True) if isinstance(v, Payload) else v for v in value]
    if value and all(isinstance(v, dict) for v in value):
        return as_json(value)
    return ";".join(map(scalar, value))
