"""A CSV file record by record in Python: slower, but it says of each broken line what is wrong and goes on."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from connectors.landed import Refusal, RowWriter
from connectors.layout import FOOTER, Layout, split_loose

BLANKS = "".join(filter(str.isspace, map(chr, range(0x3001))))  # what str.strip() takes away; SQL's trim() alone takes only blanks
LONGEST_RECORD = 200_000_000  # bytes; a cell of 64 MB fits, a quotation mark left open does not eat a large file


class Record(NamedTuple):
    """One record of the file: first physical line, cells (None where it could not be split), why not, its size in bytes
    or characters, whether the line before was blank, whether a line end follows."""

    line: int
    cells: list[str] | None
    fault: str | None
    size: int
    after_blank: bool
    ended: bool


class _Lines:
    """Physical lines, numbered, that can be handed back: the lines of a broken record are read again one by one."""

    def __init__(self, lines: Iterator[str]):
        self.lines, self.waiting, self.taken, self.before = lines, deque(), [], 0

    def __iter__(self):
        return self

    def __next__(self) -> str:
        text = self.waiting.popleft() if self.waiting else next(self.lines)
        self.taken.append(text)
        if len(self.taken) % 1000 == 0 and sum(map(len, self.taken)) > LONGEST_RECORD:
            raise csv.Error("unexpected end of data")
        return text

    def new_record(self) -> int:
        """Start the next record here; the number of its first line."""
        self.before += len(self.taken)
        self.taken = []
        return self.before + 1

    def hand_back(self) -> None:
        """Everything since the record's start, but its first line, is to be read again."""
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
            start = lines.new_record()
            cells, fault = _next_record(lines, layout)
            if not lines.taken:
                return
            blank = cells is not None and not any(map(str.strip, cells))
            if not blank:
                size = sum(map(len, lines.taken))
                yield Record(start, cells, fault, size, blank_before, lines.taken[-1].endswith(("\n", "\r")))
            blank_before = blank


def _next_record(lines: _Lines, layout: Layout) -> tuple[list[str] | None, str | None]:
    line = next(lines, None)
    if line is None:
        return None, None
    bare = line.rstrip("\r\n")
    if '"' not in line or layout.quoting == "none":
        return _trimmed(bare.split(layout.delimiter), layout), None
    if layout.quoting == "loose":
        cells = split_loose(bare, layout.delimiter)
        return (_trimmed(cells, layout), None) if cells else (None, "a cell opens with a quotation mark that never closes")
    try:
        cells = _trimmed(next(_reader(chain((line,), lines), layout)), layout)
    except csv.Error as problem:
        at_end = "unexpected end" in str(problem)
        fault = (
            "a cell opens with a quotation mark that never closes"
            if at_end or len(lines.taken) > 1
            else "a quotation mark inside a quoted cell is not doubled"
        )
        if not at_end or any(_good_alone(other, layout) for other in lines.taken[1:]):
            lines.hand_back()
        return None, fault
    if len(cells) != layout.width and len(lines.taken) > 1 and any(_good_alone(other, layout) for other in lines.taken[1:]):
        lines.hand_back()
        return None, "a cell opens with a quotation mark that never closes"
    return cells, None


def _trimmed(cells: list[str], layout: Layout) -> list[str]:
    """One empty cell too many is but a delimiter at the line's end; the fast road takes it so too."""
    return cells[:-1] if len(cells) == layout.width + 1 and not cells[-1] else cells


def _reader(lines: Iterator[str], layout: Layout):
    escape = {"escapechar": "\\"} if layout.quoting == "backslash" else {}
    return csv.reader(lines, delimiter=layout.delimiter, strict=True, skipinitialspace=layout.spaced, **escape)


def _good_alone(line: str, layout: Layout) -> bool:
    try:
        return len(next(_reader(iter([line]), layout))) == layout.width
    except csv.Error:
        return False


def record_at(rows: Iterator[str], layout: Layout, line: int, above: str) -> Record | None:
    """The one record these lines start with, its size in bytes; `above` is text before it. None where quoting is doubtful."""
    lines = _Lines(rows)
    cells, fault = _next_record(lines, layout)
    if cells is None or lines.waiting:
        return None
    size = sum(len(text.encode()) for text in lines.taken)
    line_above = above.removesuffix("\n").rpartition("\n")[2]
    if line_above.count('"') % 2:   # the end of a cell over several lines: whether its record is blank is not seen here
        return None
    after_blank = not any(map(str.strip, next(csv.reader([line_above], delimiter=layout.delimiter), [])))
    return Record(line, cells, fault, size, after_blank, lines.taken[-1].endswith("\n"))


def _without_surplus(cells: list[str] | None, layout: Layout) -> list[str] | None:
    """The cells of a row without empty ones beyond the header's width: delimiters at its end say nothing."""
    return cells[:layout.width] if cells is not None and len(cells) > layout.width and not any(cells[layout.width:]) else cells


def is_aside(record: Record, layout: Layout) -> bool:
    """Whether the record is no data at all: the header once more, or a footer of a known kind."""
    cells = _without_surplus(record.cells, layout)
    if cells is None:
        return False
    first = cells[0].strip().lstrip("\ufeff")
    if FOOTER.match(first):
        return len(cells) != layout.width or not any(map(str.strip, cells[1:]))
    if first != layout.header[0].strip():
        return False
    return [cell.strip() for cell in cells[1:]] == [text.strip() for text in layout.header[1:]]


def sift(path: Path, layout: Layout, refused: list[Refusal]) -> Iterator[Record]:
    """The records that are data rows. Refused lines are added to `refused`; repeated headers and footers are left out."""
    waiting: list[Record] = []  # broken records since the last good row: footers if no good row follows
    for record in records(path, layout):
        cells = _without_surplus(record.cells, layout)
        if cells is not record.cells:
            record = record._replace(cells=cells)
        if is_aside(record, layout):
            continue
        if record.cells is None or len(record.cells) != layout.width:
            waiting.append(record)
            continue
        refused += judge(waiting, layout, at_end=False)
        waiting = []
        yield record
    refused += judge(waiting, layout, at_end=True)


def judge(broken: list[Record], layout: Layout, at_end: bool) -> list[Refusal]:
    """Refusals of broken records that follow one another; `at_end`: no good row comes below them, so they may be footers.

    A footer is a line with a single cell that stands below a blank line or another footer, or that reads like a sentence.
    The first such line is none if no line end follows: there the file was cut off.
    """
    refused, in_footer = [], False
    for record in broken:
        lone = record.cells is not None and sum(1 for cell in record.cells if cell.strip()) == 1
        sentence = lone and " " in "".join(record.cells).strip()
        in_footer = at_end and lone and (in_footer or (record.ended and (record.after_blank or sentence)))
        if not in_footer:
            refused.append(_refusal(record, layout))
    return refused


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
    return writer.landed, refused


def landed_lines(path: Path, layout: Layout) -> Iterator[int]:
    """First physical line of each landed row, in order: the careful road walked again without writing."""
    return (record.line for record in sift(path, layout, []))
