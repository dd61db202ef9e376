"""What the values of a landed table's columns show for a proposed mapping: zone and formats of times, placeholders."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import duckdb

from connectors import dates
from connectors.landed import RawTable
from connectors.values import source_of

PLACEHOLDERS = ("?", "-", "N/A", "null", "NULL", "None")


def times_of(con: duckdb.DuckDBPyConnection, table: RawTable, headers: Sequence[str], columns: Sequence[tuple[str, str]]) -> tuple[dict[str, Any], dict[str, str]]:
    """Zone and formats of the columns of times (header, column of the landed table), and why; what no value decides is left out and said."""
    formats: dict[str, None] = {}
    reasons: dict[str, str] = {}
    undecided, zoned = [], True
    for name, cell in columns:
        guess = dates.guess(con, table.parquet, cell)
        if guess is None:
            continue
        zoned &= bool(re.search(r"(Z|UTC|[+-]\d\d:?\d\d)$", guess.evidence)) or guess.formats[0].startswith("epoch")
        if guess.ambiguous:
            undecided.append((name, guess))
        else:
            formats.update(dict.fromkeys(guess.formats))
    told: dict[str, Any] = {"timezone": "UTC"}
    zone = next((m[1] for name in headers if (m := re.search(r"\b([A-Z][A-Za-z]+/[A-Z][A-Za-z_]+|UTC)$", name))), None)
    if zone:
        told["timezone"], reasons["timezone"] = zone, "named in a header"
    elif not zoned:
        reasons["timezone"] = "the times carry no zone: set the zone of the account that exported them"
    proven = {form[:2] for form in formats} & {"%d", "%m"}
    for name, guess in undecided:
        if len(proven) != 1:
            reasons["datetime_formats"] = f"'{guess.evidence}' in {name} can be read day first or month first and no value decides it; set datetime_formats"
            return told, reasons
        # One tool writes all its times alike: what one column proves holds for the others.
        formats.update(dict.fromkeys(form for form in guess.formats if form[:2] in proven))
    if list(formats) not in ([], ["iso"]):
        told["datetime_formats"] = list(formats)
        reasons["datetime_formats"] = "the only reading that fits the values of the time columns"
    return told, reasons


def placeholders(con: duckdb.DuckDBPyConnection, table: RawTable, cells: Sequence[str]) -> dict[str, list[str]]:
    """Words that stand for nothing, where the columns hold them."""
    if not cells:
        return {}
    counts = [f"count(*) filter (where {' or '.join(f'{cell} = {chr(39)}{text}{chr(39)}' for cell in cells)})" for text in PLACEHOLDERS]
    [row] = con.execute(f"select {', '.join(counts)} from {source_of(table)}").fetchall()
    found = [text for text, count in zip(PLACEHOLDERS, row, strict=True) if count]
    return {"null_values": found} if found else {}
