"""Finding the column for a target: by its header first, then by what it holds."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import duckdb

from connectors.doubts import rounded_sql
from connectors.landed import RawTable
from connectors.synonyms import HEADERS, event_kind_of, header_words, state_of
from connectors.values import rows_per_value, source_of, values_of

OF_SOMETHING_ELSE = ("customer", "email", "phone", "company", "assignee", "actor", "queue")
STATUS = r"\b(status|statut|estado|stato|zustand)\b"


class Columns:
    """The columns of a landed table, which of them are taken for what, and why."""

    def __init__(self, con: duckdb.DuckDBPyConnection, table: RawTable, description: dict[str, Any]):
        self.con, self.table = con, table
        filled = [column for column in description["columns"] if column["examples"]]   # an empty column says nothing
        self.places = {name: place for place, name in enumerate(column["name"] for column in description["columns"])}
        self.names = [column["name"] for column in filled]
        self.examples = {column["name"]: column["examples"] for column in filled}
        self.types = {column["name"]: column["type"] for column in description["columns"]}
        self.columns: dict[str, Any] = {}
        self.reasons: dict[str, str] = {}
        self.used: set[str] = set()

    # --- by its header -------------------------------------------------------------------------------------------
    def _find(self, target: str, *types: str, among: Sequence[str] | None = None) -> str | None:
        """The unused column whose header is surest for the target, of one of the types if given."""
        best = None
        for name in self.names if among is None else among:
            if name in self.used or (types and self.types[name] not in types):
                continue
            plain = header_words(name)
            for rank, known in enumerate(HEADERS[target]):
                # A header that only contains the words is a weaker sign than one that is them.
                weight = rank if plain == known else rank + 1000 if " " in known and f" {known} " in f" {plain} " else None
                if weight is not None and (best is None or weight < best[0]):
                    best = (weight, name)
        return best[1] if best else None

    def _take(self, target: str, name: str | None, why: str, part: dict[str, Any] | None = None) -> None:
        if name is not None:
            self.columns[target] = {"column": name, **part} if part else name
            self.reasons[target] = why
            self.used.add(name)

    def _named(self, target: str, *types: str) -> None:
        name = self._find(target, *types)
        if name:
            kind = self.types[name]
            self._take(target, name, f"named '{name}', holds {'times' if kind in ('time', 'date') else kind + ' values'}")

    def _rank(self, target: str, name: str) -> int | None:
        plain = header_words(name)
        return HEADERS[target].index(plain) if plain in HEADERS[target] else None

    def _is_of_something_else(self, name: str) -> bool:
        return any(header_words(name) in HEADERS[target] for target in OF_SOMETHING_ELSE)

    def _times_named(self) -> list[str]:
        return [name for name in self.names if self.types[name] in ("time", "date")]

    # --- by what it holds ----------------------------------------------------------------------------------------
    def _ask(self, question: Callable[..., Any], name: str, *rest: Any) -> Any:
        return question(self.con, self.table, self.places[name], *rest)

    def _cell(self, name: str) -> str:
        return f"c{self.places[name]}"

    def _count(self, condition: str) -> int:
        """Rows of which an SQL condition over the landed columns holds."""
        return self.con.execute(f"select count(*) from {source_of(self.table)} where {condition}").fetchall()[0][0]

    def _rows_per_id(self, name: str) -> float | None:
        """Rows per value, ids that a spreadsheet has rounded left out: their rows are refused when the file is loaded."""
        cell = self._cell(name)
        spoilt = rounded_sql(f"trim({cell})")
        if not self._count(spoilt):
            return self._ask(rows_per_value, name)
        sql = f"select count(*), count(distinct {cell}) from {source_of(self.table)} where not {spoilt}"
        [(filled, distinct)] = self.con.execute(sql).fetchall()
        return filled / distinct if distinct else None

    def _state_column(self) -> str | None:
        """The column named like a state with known words in it: half of them at least where "State" may also be of a country."""
        named = self._find("state", "category", "text")
        spare = [name for name in self.names if name not in self.used and self.types[name] == "category"
                 and (re.search(STATUS, header_words(name)) or re.search(r"\bstate\b", header_words(name)))]
        for name in dict.fromkeys([*([named] if named else []), *spare]):
            if self._half_known(name, state_of) or (name == named and re.search(STATUS, header_words(name)) and any(map(state_of, self._ask(values_of, name)))):
                return name
        if named and re.search(STATUS, header_words(named)):
            told = ", ".join(self._ask(values_of, named, 10))
            self.reasons["state"] = f"not taken: '{named}' is named like a state, but none of its values is a known word; say what these mean: {told}"
        return None

    def _activity_column(self) -> str | None:
        """The column named like an activity; or one of types or steps whose values, half of them at least, are known activities."""
        spare = [name for name in self.names if self.types[name] == "category" and re.search(r"\b(type|event|action|activity|step|art)\b", header_words(name))]
        return self._find("kind", "category", "text") or next((name for name in spare if self._half_known(name, event_kind_of)), None)

    def _half_known(self, name: str, meaning: Callable[[str], str | None]) -> bool:
        values = self._ask(values_of, name)
        return bool(values) and sum(1 for value in values if meaning(value)) >= len(values) / 2
