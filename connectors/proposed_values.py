"""What the values of a landed table's columns show for a proposed mapping: zone and formats of times, placeholders."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any
from zoneinfo import available_timezones

import duckdb

from connectors import dates
from connectors.doubts import of_zone
from connectors.landed import RawTable
from connectors.values import source_of

Told = tuple[dict[str, Any], dict[str, str], dict[str, str]]


def times_of(con: duckdb.DuckDBPyConnection, table: RawTable, headers: Sequence[str], columns: Sequence[tuple[str, str]], joined: bool) -> Told:
    """Zone and formats of the columns of times (header, column of the landed table), why, and by header what is in no known form.

    joined: a day and a clock without a zone stand apart, too. What no value decides is left out and said.
    """
    formats: dict[str, None] = {}
    beside: dict[str, None] = {}
    reasons: dict[str, str] = {}
    unread: dict[str, str] = {}
    undecided, zoned = [], not joined
    for name, cell in columns:
        guess = dates.guess(con, table.parquet, cell, as_days=True)
        if guess is None:
            continue
        beside |= dict.fromkeys(guess.beside)
        zoned &= bool(re.search(r"(Z|UTC|GMT|[+-]\d\d:?\d\d)$", guess.evidence)) or guess.formats[0].startswith("epoch")
        if guess.ambiguous:
            undecided.append((name, guess))
        else:
            formats.update(dict.fromkeys(guess.formats))
            if said := _unread(con, table, cell, [*guess.formats, *guess.beside]):
                unread[name] = said
    told: dict[str, Any] = {"timezone": "UTC"}
    zone = next((m[0] for name in headers for m in re.finditer(r"\b[A-Z][A-Za-z]+(/[A-Z][A-Za-z_]+)+|\b(UTC|GMT)\b", name) if m[0] in available_timezones()), None)
    if zone:
        told["timezone"], reasons["timezone"] = zone, "named in a header"
    elif not zoned:
        reasons["timezone"] = "the times carry no zone: set the zone of the account that exported them"
    proven = {form[:2] for form in formats} & {"%d", "%m"}
    for name, guess in undecided:
        if len(proven) != 1:
            reasons["datetime_formats"] = f"'{guess.evidence}' in {name} can be read day first or month first and no value decides it; set datetime_formats"
            return told, reasons, unread
        # One tool writes all its times alike: what one column proves holds for the others.
        formats.update(dict.fromkeys(form for form in guess.formats if form[:2] in proven))
    formats |= beside
    if list(formats) not in ([], ["iso"]):
        told["datetime_formats"] = list(formats)
        reasons["datetime_formats"] = "the only reading that fits the values of the time columns"
    return told, reasons, unread


def _unread(con: duckdb.DuckDBPyConnection, table: RawTable, cell: str, formats: Sequence[str]) -> str | None:
    """How many values of a column of times are in no known form, with one of them."""
    text, known = dates.as_read(con, table.parquet, f"trim({cell})", formats)
    rest = f"{cell} is not null and lower(trim({cell})) not in {dates.NOTHING} and {dates.to_timestamp_sql(text, known, 'UTC')} is null"
    [(count, value)] = con.execute(f"select count(*), min({cell}) from {source_of(table)} where {rest}").fetchall()
    rows = "1 row will be refused, its value is" if count == 1 else f"{count} rows will be refused, their values are"
    return f"{rows} in no known form: {of_zone(value) or repr(value)}" if count else None


def placeholders(con: duckdb.DuckDBPyConnection, table: RawTable, cells: Sequence[str], times: Collection[str]) -> dict[str, list[str]]:
    """Words that stand for nothing, as the columns write them; "NA" may be North America, and counts only where a column of times has it."""
    if not cells:
        return {}
    every = " union ".join(f"select trim({cell}) as v from {source_of(table)} where lower(trim({cell})) in {dates.NOTHING}"
                           + ("" if cell in times else " and lower(v) not in ('na', 'unknown')") for cell in cells)
    found = sorted(value for (value,) in con.execute(f"select distinct v from ({every})").fetchall() if value)
    return {"null_values": found} if found else {}
