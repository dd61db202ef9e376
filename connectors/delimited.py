"""CSV and its kin to Parquet: a fast road for clean files, a careful one for all others.

The fast road is DuckDB's CSV reader. Two things about it were measured (1.5.5 and 2.0.0) and shape this file:
- read in parallel it now and then loses or breaks the row at a buffer's edge, without a word; `parallel=false` does not
- a quotation mark that never closes can swallow the rest of the file, again without a word
So a file takes the fast road only if a scan of every quotation mark and line end finds it well-formed, and only counts as
landed if DuckDB then lands exactly as many rows as the scan saw. Whatever is amiss (a short row, a stray quotation mark,
a footer, mixed line ends) sends the file down the careful road, Python's csv reader, which refuses lines one by one.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np

from connectors.landed import Refusal, RowWriter, without_guard
from connectors.layout import FOOTER, Layout, split_loose

LONGEST_RECORD = 200_000_000  # bytes; a cell of 64 MB fits, a quotation mark left open does not eat a large file
SCAN_CHUNK = 1 << 23


@dataclass(frozen=True)
class Scan:
    """What the whole file is like: data records (blank lines not counted), longest record in bytes, its one line end."""

    records: int
    longest: int
    line_end: bytes


def scan(path: Path, delimiter: str) -> Scan | None:
    """Check every quotation mark and line end of a UTF-8 file; None where quoting is irregular or line ends are mixed.

    In a well-formed file quotation marks open and close in turn: one that opens stands after a delimiter or line end (or
    right behind the one that closed, which together are an escaped one), one that closes stands before one.
    """
    opens_after = np.zeros(256, bool)
    opens_after[[ord(delimiter), 10, 13, 34]] = True
    quotes_before, inside, previous = 0, 0, 10
    records, longest, record_start, offset = 0, 0, 0, 0
    crlf = lf = 0
    with path.open("rb") as file:
        if file.read(3) == b"\xef\xbb\xbf":
            record_start = offset = 3
        else:
            file.seek(0)
        held = b""
        while True:
            read = file.read(SCAN_CHUNK)
            # The last byte waits for the next chunk, so that its right-hand neighbour is known.
            data = held + read
            held, block = (data[-1:], data[:-1]) if read else (b"", data)
            if not block:
                if not read:
                    break
                continue
            bytes_ = np.frombuffer(bytes([previous]) + block + (held or b"\n"), np.uint8)
            quotes = np.flatnonzero(bytes_[1:-1] == 34) + 1
            parity = (np.arange(len(quotes)) + quotes_before) & 1
            if not opens_after[bytes_[quotes[parity == 0] - 1]].all() or not opens_after[bytes_[quotes[parity == 1] + 1]].all():
                return None
            ends = np.flatnonzero(bytes_[1:-1] == 10) + 1
            outside = (np.searchsorted(quotes, ends) + inside) % 2 == 0
            ends = ends[outside]
            after_cr = bytes_[ends - 1] == 13
            crlf += int(after_cr.sum())
            lf += len(ends) - int(after_cr.sum())
            if b"\r" in block:
                returns = np.flatnonzero(bytes_[1:-1] == 13) + 1
                returns = returns[(np.searchsorted(quotes, returns) + inside) % 2 == 0]
                if (bytes_[returns + 1] != 10).any():
                    return None
            if len(ends):
                positions = ends - 1 + offset
                starts = np.concatenate(([record_start], positions[:-1] + 1))
                lengths = positions - starts - after_cr
                records += int((lengths > 0).sum())
                longest = max(longest, int(lengths.max()))
                record_start = int(positions[-1]) + 1
            quotes_before += len(quotes)
            inside = quotes_before & 1
            previous = block[-1]
            offset += len(block)
    rest = offset - record_start
    if inside or (crlf and lf):
        return None
    return Scan(records + (rest > 0), max(longest, rest), b"\r\n" if crlf else b"\n")


def copy_clean(path: Path, layout: Layout, seen: Scan, kept: list[int], parquet: Path) -> int | None:
    """The fast road: land a scanned file with DuckDB. Rows landed, or None where the file must go the careful road."""
    if layout.quoting != "standard" or (layout.header_line, layout.data_line) != (1, 2) or seen.longest > LONGEST_RECORD:
        return None
    names = ", ".join(f"'c{k}': 'VARCHAR'" for k in range(layout.width))
    cells = ", ".join(
        f"case when starts_with(c{k}, '''') then regexp_replace(c{k}, '^''([=+@-])', '\\1') else c{k} end as c{place}"
        for place, k in enumerate(kept)
    )
    # Only a line feed may be named: `new_line='\r\n'` misreads a lone line feed inside quotes, the default does not.
    line_end = ", new_line = '\\n'" if seen.line_end == b"\n" else ""
    longest = max(2_000_000, seen.longest + 1000)
    source = (
        f"read_csv({_text(path)}, auto_detect = false, header = false, skip = 1, delim = {_text(layout.delimiter)},"
        f" quote = '\"', escape = '\"', columns = {{{names}}}, strict_mode = true, nullstr = '', parallel = false,"
        f" max_line_size = {longest}, buffer_size = {max(16_000_000, longest)}{line_end})"
    )
    header = [without_guard(layout.header[k]).strip() for k in kept]
    con = duckdb.connect(config={"threads": 2})
    try:
        con.execute(f"copy (select {cells} from {source}) to {_text(parquet)} (format parquet)").fetchall()
        [(landed,)] = con.execute(f"select count(*) from read_parquet({_text(parquet)})").fetchall()
        if landed != seen.records - 1:
            return None
        [(aside,)] = con.execute(f"select count(*) from read_parquet({_text(parquet)}) where {_aside(header)}").fetchall()
        if aside:
            final = parquet.with_suffix(".tmp")
            con.execute(
                f"copy (select * from read_parquet({_text(parquet)}) where not {_aside(header)})"
                f" to {_text(final)} (format parquet)"
            ).fetchall()
            final.replace(parquet)
        return landed - aside
    except duckdb.Error:
        return None
    finally:
        con.close()


def _aside(header: list[str]) -> str:
    """SQL condition: the row is a repeated header, or nothing but empty cells, or a known footer padded with empty cells."""
    cells = [f"trim(coalesce(c{k}, ''))" for k in range(len(header))]
    repeated = [f"{cell} = {_text(text)}" for cell, text in zip(cells, header, strict=True)]
    repeated[0] = f"ltrim({cells[0]}, chr(65279)) = {_text(header[0])}"
    empty = [f"{cell} = ''" for cell in cells]
    footer = f"regexp_matches({cells[0]}, {_text(FOOTER.pattern)}, 'i')"
    lone_footer = " and ".join([*empty[1:], f"({empty[0]} or {footer})"])
    return f"(({' and '.join(repeated)}) or ({lone_footer}))"


def _text(value: object) -> str:
    """A SQL string literal."""
    return "'" + str(value).replace("'", "''") + "'"


@dataclass(frozen=True)
class Record:
    """One record of the file: first physical line, cells (None where it could not be split), why not, its size in
    characters, whether the line before was blank, whether a line end follows."""

    line: int
    cells: list[str] | None
    fault: str | None
    size: int
    after_blank: bool
    ended: bool


class _Lines:
    """Physical lines with their numbers, which can be handed back: the lines of a broken record are read again."""

    def __init__(self, lines: Iterator[str]):
        self.lines, self.waiting, self.taken, self.number, self.size = lines, deque(), [], 0, 0

    def __iter__(self):
        return self

    def __next__(self) -> str:
        text = self.waiting.popleft() if self.waiting else next(self.lines)
        self.taken.append(text)
        self.number += 1
        self.size += len(text)
        if self.size > LONGEST_RECORD:
            raise csv.Error("unexpected end of data")
        return text

    def new_record(self) -> None:
        self.taken, self.size = [], 0

    def hand_back(self) -> None:
        """Everything since the record's start, but its first line, is to be read again."""
        self.number -= len(self.taken) - 1
        self.waiting.extendleft(reversed(self.taken[1:]))
        self.taken = self.taken[:1]


def records(path: Path, layout: Layout) -> Iterator[Record]:
    """Every record below the header that is not blank, in file order: the careful road.

    A record that breaks is one refusal of its first line, and reading goes on in the next, so that one stray quotation
    mark costs one line. The same holds for a record over several lines that has the wrong number of cells while one of its
    lines would be a good row by itself: a quotation mark was left open there.
    """
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        lines = _Lines(file)
        for _ in range(layout.data_line - 1):
            next(lines, None)
        blank_before = False
        while True:
            lines.new_record()
            start = lines.number + 1
            cells, fault = _next_record(lines, layout)
            if not lines.taken:
                return
            blank = cells is not None and not any(cell.strip() for cell in cells)
            if not blank:
                ended = lines.taken[-1].endswith(("\n", "\r"))
                yield Record(start, cells, fault, sum(map(len, lines.taken)), blank_before, ended)
            blank_before = blank


def _next_record(lines: _Lines, layout: Layout) -> tuple[list[str] | None, str | None]:
    line = next(lines, None)
    if line is None:
        return None, None
    bare = line.rstrip("\r\n")
    if '"' not in line or layout.quoting == "none":
        return bare.split(layout.delimiter), None
    if layout.quoting == "loose":
        cells = split_loose(bare, layout.delimiter)
        return cells, None if cells else "a cell opens with a quotation mark that never closes"
    try:
        cells = next(_reader(_and_on(line, lines), layout))
    except csv.Error as problem:
        never_closed = "unexpected end" in str(problem)
        if not never_closed or any(_good_alone(other, layout) for other in lines.taken[1:]):
            lines.hand_back()
        return None, (
            "a cell opens with a quotation mark that never closes"
            if never_closed or len(lines.taken) > 1
            else "a quotation mark inside a quoted cell is not doubled"
        )
    if len(cells) != layout.width and len(lines.taken) > 1 and any(_good_alone(other, layout) for other in lines.taken[1:]):
        lines.hand_back()
        return None, "a cell opens with a quotation mark that never closes"
    return cells, None


def _and_on(line: str, lines: _Lines) -> Iterator[str]:
    yield line
    yield from lines


def _reader(lines: Iterator[str], layout: Layout):
    escape = {"escapechar": "\\"} if layout.quoting == "backslash" else {}
    return csv.reader(lines, delimiter=layout.delimiter, strict=True, skipinitialspace=layout.spaced, **escape)


def _good_alone(line: str, layout: Layout) -> bool:
    try:
        return len(next(_reader(iter([line]), layout))) == layout.width
    except csv.Error:
        return False


def sift(path: Path, layout: Layout, refused: list[Refusal]) -> Iterator[Record]:
    """The records that are data rows. Refused lines are added to `refused`; repeated headers and footers are left out.

    Footers are lines of a known kind ("Grand Totals (12 records)") anywhere, and below the last good row single-cell lines
    that stand apart by a blank line or read like a sentence. A last line without line end is no footer: the file was cut.
    """
    header = [without_guard(cell.strip()) for cell in layout.header]
    doubtful: list[Record] = []  # broken records since the last good row: footers if no good row follows
    for record in records(path, layout):
        cells = record.cells
        if cells is not None:
            stripped = [cell.strip() for cell in cells]
            if stripped[0].lstrip("\ufeff") == header[0].lstrip("\ufeff") and stripped[1:] == header[1:]:
                continue
            if sum(map(bool, stripped)) == 1 and FOOTER.match(stripped[0]):
                continue
            if len(cells) == layout.width:
                refused.extend(_refusal(bad, layout) for bad in doubtful)
                doubtful = []
                yield record
                continue
        doubtful.append(record)
    in_footer = False
    for record in doubtful:
        lone = record.cells is not None and sum(1 for cell in record.cells if cell.strip()) == 1
        sentence = lone and record.ended and " " in "".join(record.cells).strip()
        in_footer = lone and (record.after_blank or in_footer or sentence)
        if not in_footer:
            refused.append(_refusal(record, layout))


def _refusal(record: Record, layout: Layout) -> Refusal:
    first = record.cells[0][:80] if record.cells else None
    if record.cells is None:
        reason = f"line {record.line}: {record.fault}; correct the line or export the file again"
    else:
        found, expected = len(record.cells), layout.width
        advice = (
            "the row is cut off or a delimiter is missing; export the file again or complete the line"
            if found < expected
            else f"a cell that holds the delimiter {_named(layout.delimiter)} must stand in quotation marks"
        )
        cells = "1 cell" if found == 1 else f"{found} cells"
        reason = f"line {record.line} has {cells} where the header has {expected}: {advice}"
    return Refusal(record.line, None, first, reason)


def _named(delimiter: str) -> str:
    return "tab" if delimiter == "\t" else f'"{delimiter}"'


def copy_carefully(path: Path, layout: Layout, kept: list[int], parquet: Path) -> tuple[int, list[Refusal]]:
    """The careful road: land what is good, line by line. Returns rows landed and the refusals in line order."""
    refused: list[Refusal] = []
    with RowWriter(parquet, len(kept)) as writer:
        for record in sift(path, layout, refused):
            cells = record.cells
            writer.add([cells[k] for k in kept], record.size)
    return writer.landed, sorted(refused, key=lambda refusal: refusal.line)


def landed_lines(path: Path, layout: Layout) -> Iterator[int]:
    """First physical line of each landed row, in order: the careful road walked again without writing."""
    return (record.line for record in sift(path, layout, []))
