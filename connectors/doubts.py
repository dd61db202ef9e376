"""What in a landed table looks damaged or misread: said in a sentence with the value, never repaired."""

from __future__ import annotations

import re

import duckdb

from connectors.landed import RawTable
from connectors.timewords import zone_named
from connectors.values import source_of

ROUNDED = r"[0-9]([.,][0-9]+)?[eE]\+[0-9]+"   # 1.0E+05: many ids became this one
WHOLE = r"[0-9]+\.0+"   # 100001.0: a program that keeps numbers with decimals wrote an id
_VALUE = re.compile(r"\d{4}-\d\d-\d\d.*|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}.*|\S+@\S+\.\w+")
_NUMBER = re.compile(r"[-+]?\d+([.,]\d+)?")
LOOKED_AT = 50


def rounded_sql(text_sql: str) -> str:
    """SQL of whether a text is a number that a spreadsheet has rounded."""
    return f"(contains(upper({text_sql}), 'E+') and regexp_full_match({text_sql}, '{ROUNDED}'))"


def rounded(con: duckdb.DuckDBPyConnection, table: RawTable, cell: str) -> tuple[int, str]:
    """How many values of a column are ids that a spreadsheet has rounded, and one of them."""
    return con.execute(f"select count(*), coalesce(min({cell}), '') from {source_of(table)} where {rounded_sql(f'trim({cell})')}").fetchall()[0]


def of_rounded(value: str) -> str:
    """What a rounded id means and what to do."""
    return f"'{value}' is an id that a spreadsheet has rounded, so that several became one; export again and open the file with this column as text"


def whole(con: duckdb.DuckDBPyConnection, table: RawTable, cells: dict[str, str]) -> set[str]:
    """Of columns (name -> SQL of its text, NULL where it says nothing) those that hold whole numbers written with .0, every one of them."""
    if not cells:
        return set()
    one_each = con.execute(f"select {', '.join(f'any_value({cell})' for cell in cells.values())} from {source_of(table)}").fetchone()
    likely = {name: cells[name] for name, value in zip(cells, one_each or (), strict=True) if value is not None and re.fullmatch(WHOLE, value)}
    return {name for name, cell in likely.items()
            if not con.execute(f"select 1 from {source_of(table)} where {cell} is not null and not regexp_full_match({cell}, '{WHOLE}') limit 1").fetchone()}


def of_zone(value: str) -> str | None:
    """Why a time with a named zone is not read; None where it names none."""
    zone = zone_named(value)
    return f"'{zone}' in '{value}' does not say which zone it is; write the offset (+01:00) or UTC, or export in UTC" if zone else None


def of_header(con: duckdb.DuckDBPyConnection, table: RawTable) -> str | None:
    """A sentence where the header looks like data, or the first row like a header."""
    told = [name for name in table.headers if _VALUE.fullmatch(name)]
    if told or sum(1 for name in table.headers if _NUMBER.fullmatch(name)) > len(table.headers) / 2:
        return f"line {table.header_row} was taken for the header but looks like data ('{(told or table.headers)[0]}'); put a line with the columns' names above it"
    rows = con.execute(f"select * from {source_of(table)} limit {LOOKED_AT}").fetchall()
    if len(rows) < 3:
        return None
    first, rest = rows[0], rows[1:]
    odd = [cell for place, cell in enumerate(first) if cell and not _is_value(cell) and _are_values([row[place] for row in rest])]
    if len(odd) < 2 or any(cell and _is_value(cell) for cell in first):
        return None
    return (f"the row below line {table.header_row} looks like a header too ('{odd[0]}' above times or numbers) and would be refused or loaded as a ticket; "
            "keep one line with the columns' names")


def _is_value(cell: str) -> bool:
    return bool(_VALUE.fullmatch(cell.strip()) or _NUMBER.fullmatch(cell.strip()))


def _are_values(cells: list[str | None]) -> bool:
    filled = [cell for cell in cells if cell]
    return len(filled) > len(cells) / 2 and all(map(_is_value, filled))
