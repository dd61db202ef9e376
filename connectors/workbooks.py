"""Excel workbooks and Parquet files to landed Parquet: values that have types already, written as ISO text."""

from __future__ import annotations

import datetime
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import fastexcel

from connectors.landed import (
    FileProblem,
    NotATable,
    RawTable,
    RowWriter,
    is_message_text,
    lines_again,
    new_parquet,
    unique_headers,
)
from connectors.layout import FOOTER, find_header, is_total

FEWER = 5   # times fewer rows than the largest sheet, and fewer columns: a summary


def land_workbook(name: str, path: Path, into: Path, keep_text: bool, opened) -> list[RawTable]:
    """Land each sheet that holds a table; "book.xlsx#Sheet1". The header need not be in the first row.

    Raises FileProblem where the file cannot be read, NotATable where no sheet has a header and two columns.
    """
    try:
        sheets = fastexcel.read_excel(path.read_bytes()).sheet_names
    except fastexcel.FastExcelError:
        raise FileProblem(f"{name} is not an Excel workbook that can be read, or has a password; save it as CSV.") from None
    tables = []
    for sheet in sheets:
        rows = list(_sheet_rows(path, sheet))
        found = _header_row(rows)
        if found is not None:
            lines = functools.partial(_sheet_lines, opened, sheet)
            tables.append(_land_sheet(f"{name}#{sheet}", rows, found, into, keep_text, lines))
    if not tables:
        raise NotATable(f"{name} has no sheet with a header row and at least two columns; export the data again.")
    largest = max(tables, key=lambda table: table.rows)
    # the sheet a mapping is proposed for comes first, before covers and pivots
    return sorted(tables, key=lambda table: table.rows * FEWER < largest.rows and len(table.headers) < len(largest.headers))


Row = tuple[int, list[str]]  # 1-based row of the sheet, its cells


def _sheet_rows(path: Path, sheet: str) -> Iterator[Row]:
    """Every row that is not blank. Dates are ISO text, times of day and durations "30:15:00"."""
    loaded = fastexcel.read_excel(path.read_bytes()).load_sheet(sheet, header_row=None, skip_rows=0, dtypes="string")
    if not loaded.width:
        return
    columns = [column.to_pylist() for column in loaded.to_arrow().columns]
    for line, values in enumerate(zip(*columns, strict=True), 1):
        if any(values):
            cells = [_duration(value) if value and value.startswith(("1899-", "1900-")) else value or "" for value in values]
            if any(map(str.strip, cells)):
                yield line, cells


_EXCEL_ZERO = datetime.datetime(1899, 12, 31)


def _duration(text: str) -> str:
    """Excel knows a duration only as a date near its day zero: "1900-01-01 06:15:00" is 30 hours and a quarter."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?", text):
        return text
    seconds = round((datetime.datetime.fromisoformat(text) - _EXCEL_ZERO).total_seconds())
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}" if seconds >= 0 else text


def _header_row(rows: list[Row]) -> int | None:
    head = [cells for _, cells in rows[:200]]
    if not head or len(head[0]) < 2:
        return None
    place = find_header(head, len(head[0]))
    return place if sum(1 for cell in head[place] if cell.strip()) > 1 else None


def _data_rows(rows: list[Row], header: int) -> list[Row]:
    """The rows below the header, without repeated headers and footers."""
    data = [
        (line, cells)
        for line, cells in rows[header + 1 :]
        if cells != rows[header][1] and not (FOOTER.match(cells[0]) and not any(cells[1:]))
    ]
    # Below the last full row, a single cell that stands apart by a blank row is a footer.
    end = len(data)
    while end and sum(map(bool, data[end - 1][1])) == 1:
        end -= 1
    for k in range(end, len(data)):
        if data[k][0] - (data[k - 1][0] if k else rows[header][0]) > 1:
            data = data[:k]
            break
    while data and is_total(data[-1][1]):
        data.pop()
    return data


def _land_sheet(name: str, rows: list[Row], header: int, into: Path, keep_text: bool, lines) -> RawTable:
    headers = unique_headers(rows[header][1])
    kept = [k for k, text in enumerate(headers) if keep_text or not is_message_text(text)]
    if not kept:
        raise NotATable(f"{name} holds nothing but message texts, which are not kept.")
    parquet = new_parquet(into, name)
    with RowWriter(parquet, len(kept)) as writer:
        for _, cells in _data_rows(rows, header):
            writer.add([cells[k] for k in kept], sum(map(len, cells)))
    return RawTable(
        name=name,
        parquet=parquet,
        headers=tuple(headers[k] for k in kept),
        rows=writer.landed,
        refused=(),
        encoding="xlsx",
        delimiter=None,
        header_row=rows[header][0],
        dropped_columns=tuple(headers[k] for k in range(len(headers)) if k not in set(kept)),
        _landed_lines=lines,
    )


def _sheet_lines(opened, sheet: str) -> Iterator[int]:
    def lines(path: Path) -> Iterator[int]:
        rows = list(_sheet_rows(path, sheet))
        return (line for line, _ in _data_rows(rows, _header_row(rows)))

    return lines_again(opened, lines)


def land_parquet(name: str, path: Path, into: Path, keep_text: bool) -> RawTable:
    """Land a Parquet file of any types: all to text, timestamps to ISO, those with a time zone to UTC with a Z.

    Lists and structs become JSON text. Raises FileProblem where the file is damaged.
    """
    source = "read_parquet('" + str(path).replace("'", "''") + "')"
    con = duckdb.connect(config={"threads": 1})
    try:
        con.execute("set TimeZone = 'UTC'")
        columns = [(str(row[0]), str(row[1])) for row in con.execute(f"describe select * from {source}").fetchall()]
        headers = unique_headers(column for column, _ in columns)
        kept = [k for k, text in enumerate(headers) if keep_text or not is_message_text(text)]
        if not kept:
            raise NotATable(f"{name} holds nothing but message texts, which are not kept.")
        cells = ", ".join(
            f"nullif({_as_text(*columns[k])}, '') as c{place}" for place, k in enumerate(kept)
        )
        parquet = new_parquet(into, name)
        target = str(parquet).replace("'", "''")
        con.execute(f"copy (select {cells} from {source}) to '{target}' (format parquet)").fetchall()
        [(rows,)] = con.execute(f"select count(*) from read_parquet('{target}')").fetchall()
    except duckdb.Error:
        raise FileProblem(f"{name} is a Parquet file that is damaged or cut off; export it again.") from None
    finally:
        con.close()
    return RawTable(
        name=name,
        parquet=parquet,
        headers=tuple(headers[k] for k in kept),
        rows=rows,
        refused=(),
        encoding="parquet",
        delimiter=None,
        header_row=0,
        dropped_columns=tuple(headers[k] for k in range(len(headers)) if k not in set(kept)),
        _landed_lines=functools.partial(iter, range(1, rows + 1)),
    )


def _as_text(column: str, kind: str) -> str:
    quoted = '"' + column.replace('"', '""') + '"'
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"(({quoted} at time zone 'UTC')::varchar || 'Z')"
    if kind == "BLOB":
        return f"decode({quoted})"
    if kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION")):
        return f"to_json({quoted})::varchar"
    return f"{quoted}::varchar"
