"""CSV and its kin to Parquet: a quick road for well-formed files, a careful one for all others.

A scan of every quotation mark and line end decides. A file whose rows are all of one width goes through Arrow's reader, which
is quick; one with broken rows among good ones through DuckDB's, which says where they are. Either only counts as read if
it gives exactly as many records as the scan saw. Anything else goes the careful road.

Three things about DuckDB's reader were measured (1.5.5 and 2.0.0) and shape this file:
- read in parallel it now and then loses or breaks the row at a buffer's edge, without a word; `parallel = false` does not
- a buffer that ends between CR and LF puts the LF into the next row's first cell: it only gets rows that end in LF
- a quotation mark that never closes can swallow the rest of the file, again without a word
"""

from __future__ import annotations

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from connectors.careful import BLANKS, LONGEST_RECORD, Record, copy_carefully, is_aside, judge, record_at
from connectors.landed import Refusal, without_guard
from connectors.layout import FOOTER, Layout
from connectors.wellformed import Scan, scan, with_line_feeds

BUFFER = 16_000_000  # bytes read at once; more where one record is longer
SMALL = 1_000_000  # bytes; below, the careful road is as quick as opening a database


def copy(path: Path, layout: Layout, kept: list[int], parquet: Path) -> tuple[int, list[Refusal]]:
    """Land the kept columns of a UTF-8 text file; rows landed, and the lines refused in line order."""
    regular = layout.quoting == "standard" and path.stat().st_size > SMALL
    seen = scan(path, layout.delimiter) if regular else None
    if seen and seen.longest <= LONGEST_RECORD:
        landed = copy_regular(path, layout, seen, kept, parquet) or copy_fast(path, layout, seen, kept, parquet)
        if landed:
            return landed
    return copy_carefully(path, layout, kept, parquet)


def copy_regular(path: Path, layout: Layout, seen: Scan, kept: list[int], parquet: Path) -> tuple[int, list[Refusal]] | None:
    """The quickest road: every record has the header's width. None where one has not, or Arrow does not agree with the scan."""
    names = [f"c{k}" for k in range(layout.width)]
    if layout.width < 2:   # a blank line of one column may be an empty cell
        return None
    try:
        rows = pacsv.open_csv(
            path,
            read_options=pacsv.ReadOptions(column_names=names, skip_rows=layout.skip, block_size=max(BUFFER, 2 * seen.longest)),
            parse_options=pacsv.ParseOptions(delimiter=layout.delimiter, newlines_in_values=seen.has_inner_ends),
            convert_options=pacsv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), include_columns=[names[k] for k in kept],
                                                 null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=True),
        )
        landed, written = 0, None
        schema = pa.schema([(f"c{place}", pa.string()) for place in range(len(kept))])
        with pq.ParquetWriter(parquet, schema, write_statistics=False) as writer, ThreadPoolExecutor(1) as beside:
            for batch in rows:   # the next rows are read while these are written
                table = pa.table([_unguarded_array(column) for column in batch.columns], schema=schema)
                if written:
                    written.result()
                written = beside.submit(writer.write_table, table)
                landed += batch.num_rows
            if written:
                written.result()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None
    if landed != seen.records - layout.records_above:
        return None
    with duckdb.connect(config={"memory_limit": "400MB", "temp_directory": str(parquet.parent)}) as con:
        return landed - _set_aside(con, [layout.header[k] for k in kept], parquet), []


def _unguarded_array(cells: pa.Array) -> pa.Array:
    """Cells without the apostrophe that guards a formula."""
    if not pc.any(pc.starts_with(cells, "'")).as_py():
        return cells
    return pc.replace_substring_regex(cells, "^'([=+@-])", r"\1")


def copy_fast(path: Path, layout: Layout, seen: Scan, kept: list[int], parquet: Path) -> tuple[int, list[Refusal]] | None:
    """The fast road for a file found well-formed; None where DuckDB does not agree with what the scan saw."""
    longest = seen.longest + 1000
    # One thread and little memory: the reading is sequential anyway, and buffers already read need not be kept.
    memory = f"{400 + 8 * longest // 1_000_000}MB"
    con = duckdb.connect(config={"threads": 1, "memory_limit": memory, "temp_directory": str(parquet.parent)})
    plain = parquet.with_suffix(".lf")
    try:
        if seen.line_end == b"\r\n":
            with_line_feeds(path, plain)
            path = plain
        cells = ", ".join(f"{_unguarded(f'c{k}')} as c{place}" for place, k in enumerate(kept))
        con.execute(
            f"copy (select {cells} from {_reader(path, layout, longest)}) to {_text(parquet)} (format parquet)"
        ).fetchall()
        [(landed,)] = con.execute(f"select count(*) from read_parquet({_text(parquet)})").fetchall()
        starts = con.execute("select distinct line_byte_position from reject_errors order by 1").fetchall()
        if landed + len(starts) != seen.records - layout.records_above:
            return None
        refused = _refused(path, layout, [start - 1 for (start,) in starts])
        if refused is None:
            return None
        return landed - _set_aside(con, [layout.header[k] for k in kept], parquet), refused
    except duckdb.Error:
        return None
    finally:
        con.close()
        plain.unlink(missing_ok=True)


def _reader(path: Path, layout: Layout, longest: int) -> str:
    columns = ", ".join(f"'c{k}': 'VARCHAR'" for k in range(layout.width))
    return (
        f"read_csv({_text(path)}, auto_detect = false, header = false, skip = {layout.skip}, delim = {_text(layout.delimiter)},"
        f" quote = '\"', escape = '\"', columns = {{{columns}}}, strict_mode = true, nullstr = '', parallel = false,"
        f" store_rejects = true, max_line_size = {longest}, buffer_size = {max(BUFFER, longest)},"
        f" new_line = '\\n')"
    )


def _unguarded(cell: str) -> str:
    return f"case when starts_with({cell}, '''') then regexp_replace({cell}, '^''([=+@-])', '\\1') else {cell} end"


def _set_aside(con: duckdb.DuckDBPyConnection, header: list[str], parquet: Path) -> int:
    """Take repeated headers, rows of empty cells and footers padded with empty cells out of the file; how many they were."""
    blanks = _text(BLANKS)

    def is_empty(cell: str) -> str:   # few cells begin with what may be blank, and only these are looked at whole
        return f"case when {cell} < '!' or {cell} >= chr(128) then trim({cell}, {blanks}) = '' else {cell} is null end"

    def says(cell: str, text: str) -> str:
        trimmed = f"ltrim(trim({cell}, {blanks}), chr(65279))" if cell == "c0" else f"trim({cell}, {blanks})"
        return f"case when contains({cell}, {_text(text)}) then {trimmed} = {_text(text)} else false end" if text else is_empty(cell)
    repeated = " and ".join(says(f"c{k}", without_guard(text).strip()) for k, text in enumerate(header))
    others = " and ".join(is_empty(f"c{k}") for k in range(1, len(header))) or "true"
    footer = f"regexp_matches(trim(c0, {blanks}), {_text(FOOTER.pattern)}, 'i')"
    aside = f"(({repeated}) or case when {others} then {is_empty('c0')} or {footer} else false end)"
    [(count,)] = con.execute(f"select count(*) from read_parquet({_text(parquet)}) where {aside}").fetchall()
    if count:
        rest = parquet.with_suffix(".rest")
        con.execute(
            f"copy (select * from read_parquet({_text(parquet)}) where not {aside}) to {_text(rest)} (format parquet)"
        ).fetchall()
        rest.replace(parquet)
    return count


def _refused(path: Path, layout: Layout, starts: list[int]) -> list[Refusal] | None:
    """Refusals of the records that start at these byte positions, footers and blank lines left out.

    DuckDB's line numbers are off where quoted cells hold line ends, its byte positions are exact (or on the line feed
    before), so lines are counted here. None where a record's quoting is doubtful: the careful road splits such better.
    """
    refused: list[Refusal] = []
    waiting: list[Record] = []  # broken records with nothing but blank lines between them: footers if at the end
    line, counted, end = 1, 0, 0
    with path.open("rb") as file:
        for start in starts:
            line, counted = line + _line_feeds(file, counted, start), start
            file.seek(start)
            while (row := file.readline()) in (b"\n", b"\r\n"):  # the position may be that of empty lines above
                line, counted, start = line + 1, start + len(row), start + len(row)
            if not _is_nothing(_between(file, end, start), layout):
                refused += judge(waiting, layout, at_end=False)
                waiting = []
            file.seek(max(0, start - 4096))
            above = file.read(min(start, 4096)).decode("utf-8", "ignore")
            file.seek(start)
            record = record_at((row.decode("utf-8", "replace") for row in file), layout, line, above)
            if record is None:
                return None
            end = start + record.size
            if any(map(str.strip, record.cells)) and not is_aside(record, layout):
                waiting.append(record)
        at_end = _is_nothing(_between(file, end, path.stat().st_size), layout)
    return refused + judge(waiting, layout, at_end)


def _is_nothing(text: bytes, layout: Layout) -> bool:
    """Whether no data row stands there: blank lines, rows of empty cells and what is left out anyway, as the careful road sees them."""
    rows = csv.reader(io.StringIO(text.decode("utf-8", "replace"), newline=""), delimiter=layout.delimiter)
    return all(not any(map(str.strip, cells)) or is_aside(Record(0, cells, None, 0, False, True), layout) for cells in rows)


def _between(file: BinaryIO, start: int, stop: int) -> bytes:
    """The bytes from start to stop, or the first of them where they are too many to be blank lines."""
    file.seek(start)
    return file.read(min(stop - start, 100_000))


def _line_feeds(file: BinaryIO, start: int, stop: int) -> int:
    file.seek(start)
    count = 0
    while start < stop and (chunk := file.read(min(stop - start, 1 << 22))):
        count += chunk.count(b"\n")
        start += len(chunk)
    return count


def _text(value: object) -> str:
    """A SQL string literal."""
    return "'" + str(value).replace("'", "''") + "'"
