"""What a landed table seems to be: its columns described, and a mapping proposed for a person to check."""

from __future__ import annotations

import re
from typing import Any

import duckdb

from connectors import dates
from connectors.landed import RawTable
from connectors.proposal import propose
from connectors.synonyms import HEADERS, header_words, words
from connectors.timewords import EXCEL
from connectors.values import MANY, source_of, values_of

__all__ = ["describe", "propose"]

FLAGS = {"true", "false", "yes", "no", "y", "n", "t", "f", "ja", "nein", "si", "oui", "non", "vero", "falso", "verdadero", "vrai", "faux"}


def describe(table: RawTable) -> dict[str, Any]:
    """Encoding, delimiter, header row and, per column, name, type, number of empty cells and up to three examples.

    type: time | date | number | flag | id | category | text. All rows are looked at.
    """
    with duckdb.connect() as con:
        columns = [_describe_column(con, table, place, name) for place, name in enumerate(table.headers)]
    return {
        "encoding": table.encoding,
        "delimiter": table.delimiter,
        "header_row": table.header_row,
        "columns": columns,
    }


def _describe_column(con: duckdb.DuckDBPyConnection, table: RawTable, place: int, name: str) -> dict[str, Any]:
    cell, source = f"c{place}", source_of(table)
    [(rows, filled, distinct, numbers, wholes, spaced, longest)] = con.execute(
        f"select count(*), count({cell}), count(distinct {cell}),"
        f" count(*) filter (where try_cast(replace({cell}, ',', '.') as double) is not null),"
        f" count(*) filter (where regexp_full_match({cell}, '[0-9]+')),"
        f" count(*) filter (where contains(trim({cell}), ' ')), max(length({cell})) from {source}"
    ).fetchall()
    examples = [value[:80] for value in values_of(con, table, place, 3)]
    kind = "text"
    if filled:
        plain = words(name)
        named_id = plain in HEADERS["ticket_id"] or bool(re.search(r"\b(id|key|number|no|nr|uuid|guid)$", plain))
        flags = distinct <= 2 and all(value.strip().lower() in FLAGS for value in examples)
        guess = None if flags or (named_id and wholes == filled) else dates.guess(con, table.parquet, cell, as_days=_is_named_like_a_time(name))
        if flags:
            kind = "flag"
        elif guess:
            has_clock = any("%H" in form or "%I" in form or form.startswith("epoch") or form == EXCEL for form in guess.formats)
            kind = "time" if has_clock or (guess.formats[0] == "iso" and longest > 10) else "date"
        elif (named_id and spaced < filled / 2) or (distinct == filled > 20 and not spaced and numbers < filled and longest <= 64):
            kind = "id"
        elif numbers >= 0.95 * filled:
            kind = "number"
        elif distinct <= max(MANY, filled // 100) and (distinct <= filled / 2 or distinct <= 20) and longest <= 120:
            kind = "category"
    return {"name": name, "type": kind, "nulls": rows - filled, "examples": examples}


def _is_named_like_a_time(name: str) -> bool:
    """Whether numbers in a column of this name may be a spreadsheet's days: "Created at", not "First response time"."""
    plain = f" {header_words(name)} "
    return any(f" {known} " in plain if " " in known else plain.strip() == known
               for target in ("created_at", "updated_at", "resolved_at", "closed_at", "occurred_at") for known in HEADERS[target])
