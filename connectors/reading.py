"""From paths to incoming files: land each file, find the mapping that reads it, compile.

A mapping is the one given, else that of the tool whose export is recognised by its headers, else a saved one whose
columns are all there. What none of them reads is a FileProblem that says how to go on; a sheet of a workbook that the mapping
given does not read, while it reads another, is left out and told.
"""
from __future__ import annotations

import contextlib
import re
import tomllib
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from connectors.compile import Compiler
from connectors.contract import Connector, Export, Landed, all_connectors, recognise
from connectors.files import FileProblem, RawTable, land
from connectors.landed import bounded
from connectors.mapping import FileBlock, Mapping, MappingProblem, parse_mapping, read_mapping
from warehouse.incoming import Incoming, Rows
from warehouse.settings_values import account_name
from warehouse.sql import identifier, sql_text

ORIGIN = "file_row_number"   # a reshape that keeps this column keeps the way back to the file's lines
ORDER = {"agent": 0, "queue": 0, "company": 0, "measure": 0, "ticket": 1, "link": 2, "snapshot": 3, "event": 4}


@dataclass(frozen=True)
class Unit:
    """One landed table and the mapping block that reads it; `more` blocks read other things off the same rows."""

    table: RawTable
    mapping: Mapping
    block: FileBlock
    recognised_as: str | None
    is_vendor: bool
    more: tuple[FileBlock, ...] = ()
    left_out: tuple[RawTable, ...] = ()   # other sheets of the workbook, which no block reads


def read_files(paths: Sequence[Path], area: Path, *, mapping: Mapping | None, source: str | None, saved: Path | None,
               keep_text: bool, progress: Callable[[int, int, str], None] | None = None) -> list[Unit]:
    """Land every file and find out how it is read; tickets come before the events that refer to them.

    mapping: reads all of them, or None to recognise. source: the account's name, else the mapping's or the tool's.
    saved: folder of saved mappings. Raises: FileProblem, MappingProblem.
    """
    if source is not None:
        try:
            account_name(source)
        except ValueError as error:
            raise MappingProblem(f"'{source[:60]}' {error}") from None
    units = []
    for path in paths:
        if path.is_dir():
            raise FileProblem(f"{path} is a folder; name the files in it")
        if not path.exists():
            raise FileProblem(f"{path}: no such file")
        tables = land(path, area, keep_text=keep_text, progress=progress)
        spare = [table for table in tables if mapping and table.encoding == "xlsx" and mapping.block_for(table.name) is None]
        if len(spare) == len(tables):
            spare = []   # then it is the mapping that does not fit
        found = [_unit(table, area, mapping, source, saved) for table in tables if table not in spare]
        units += [replace(unit, left_out=tuple(spare)) if unit is found[0] else unit for unit in found]
    if not units:
        raise FileProblem("no table found in " + ", ".join(p.name for p in paths))
    return sorted(units, key=lambda u: ORDER[u.block.grain])


def _unit(table: RawTable, area: Path, mapping: Mapping | None, source: str | None, saved: Path | None) -> Unit:
    if mapping is not None:
        block = mapping.block_for(table.name)
        if block is None:
            raise MappingProblem(f"{table.name} matches no [[file]] block of the mapping (patterns: {', '.join(b.match for b in mapping.file)})")
        named = mapping.model_copy(update={"source": source}) if source else mapping
        return Unit(table, named, block, None, is_vendor=False)
    found = recognise(table.headers, table.name)
    if found is not None:
        return vendor_unit(table, *found, source=source, area=area)
    for path in sorted(saved.glob("*.toml")) if saved and saved.exists() else ():
        kept = read_mapping(path)
        block = kept.block_for(table.name)
        if block is not None and _fits(block, table):
            return Unit(table, kept.model_copy(update={"source": source}) if source else kept, block, path.name, is_vendor=False)
    raise FileProblem(
        f"{table.name} is no export this program knows by its headers ({', '.join(table.headers[:8])}{' ...' if len(table.headers) > 8 else ''}); "
        f"map it on the load page, or run: python -m warehouse sniff {table.name.split('/')[0]} and load it with --mapping")


def vendor_unit(table: RawTable, connector: Connector, export: Export, *, source: str | None, area: Path | None) -> Unit:
    """A recognised export with its tool's own mapping."""
    if export.reshape and area is not None:
        table = _reshaped(table, export.reshape, area)
    blocks = [export.block(table.headers), *(export.more(table.headers) if export.more else [])]
    data = {"source": source or connector.name, **connector.mapping, "file": [block | {"match": export.name} for block in blocks]}
    mapping = parse_mapping(data, f"{connector.label} {export.name}")
    own = mapping.model_copy(update={"file": mapping.file[:1]})
    return Unit(table, own, mapping.file[0], f"{connector.label}: {export.name}", is_vendor=True, more=tuple(mapping.file[1:]))


def _fits(block: FileBlock, table: RawTable) -> bool:
    present = {h.strip().casefold() for h in table.headers}
    parts = [*block.columns.values(), *block.dimensions.values(), *block.event_columns]
    return all(name.strip().casefold() in present for part in parts for name in part.names)


def _reshaped(table: RawTable, reshape: Callable[[Landed], str], area: Path) -> RawTable:
    """The landed table after its export's SQL: one row per thing that happened."""
    target = area / f"{uuid.uuid4().hex}.parquet"
    try:
        headers, rows, origin = _written(table, reshape, target, bounded(area))
    except duckdb.OutOfMemoryException:   # rows too wide for that
        headers, rows, origin = _written(table, reshape, target, {})
    table.parquet.unlink()

    def lines() -> Iterator[int]:
        origins = pq.read_table(target, columns=["origin"]).column(0).to_pylist() if origin else []
        known = table.lines_of(origins)
        return (known.get(o, 0) for o in origins)
    return replace(table, parquet=target, headers=headers, rows=rows + len(table.refused), _landed_lines=lines)


def _written(table: RawTable, reshape: Callable[[Landed], str], target: Path, config: dict[str, str]) -> tuple[tuple[str, ...], int, bool]:
    """Write what a reshape makes of a table; its headers, its rows, whether it keeps the way back to the file's lines."""
    with duckdb.connect(config=config) as con:
        named = ", ".join(f"c{i} AS {identifier(h)}" for i, h in enumerate(table.headers))
        con.execute(f"CREATE VIEW landed AS SELECT {named}, file_row_number FROM read_parquet({sql_text(str(table.parquet))}, file_row_number = true)")
        sql = reshape(Landed(table.headers, lambda question: con.execute(question).fetchall()))
        found = [c[0] for c in con.execute(f"SELECT * FROM ({sql}) LIMIT 0").description]
        headers = tuple(h for h in found if h != ORIGIN)
        cells = [f"cast({identifier(h)} AS VARCHAR) AS c{i}" for i, h in enumerate(headers)]
        origin = [f"{ORIGIN} AS origin"] if ORIGIN in found else []
        con.execute(f"COPY (SELECT {', '.join([*cells, *origin])} FROM ({sql})) TO {sql_text(str(target))} (FORMAT parquet, ROW_GROUP_SIZE 20000)")
        rows = con.execute(f"SELECT count(*) FROM read_parquet({sql_text(str(target))})").fetchone()[0]
    return headers, rows, bool(origin)


def compile_units(units: Sequence[Unit], default_zone: str) -> Callable[[duckdb.DuckDBPyConnection], list[Incoming]]:
    """What the loader calls with its connection."""
    def compiled(con: duckdb.DuckDBPyConnection) -> list[Incoming]:
        return [_compiled(con, unit, default_zone) for unit in units]
    return compiled


def _compiled(con: duckdb.DuckDBPyConnection, unit: Unit, default_zone: str) -> Incoming:
    """One incoming file; what its further blocks find is added, for the rows that the first block takes."""
    def built(block: FileBlock) -> Incoming:
        return Compiler(con, unit.mapping, block, unit.table, default_zone, optional_columns=unit.is_vendor).build(unit.recognised_as)
    item = built(unit.block)
    item.unmapped_sql += [("sheet", "left out: no [[file]] block of the mapping matches it; add one to load it", f"SELECT {sql_text(table.name)}, {table.rows}")
                          for table in unit.left_out]
    for more in map(built, unit.more):
        taken = f"SELECT ordinal FROM {item.view} WHERE refused IS NULL"
        item.produces += [Rows(rows.table, f"SELECT * FROM ({rows.sql.replace(more.view, f'({more.view_sql})')}) WHERE ordinal IN ({taken})")
                          for rows in more.produces]
        item.kinds |= more.kinds
    return item


def reread(files: list[dict[str, Any]], landing: Path, mappings: Path, default_zone: str) -> Callable[[duckdb.DuckDBPyConnection], list[Incoming]]:
    """The incoming files of a rebuild: landed rows, read by today's mapping of their source.

    files: rows of the store's `files` with `refused_lines` (structural refusals of that file).
    """
    units = [_reread_unit(f, landing, mappings) for f in files]
    return compile_units(units, default_zone)


def _reread_unit(file: dict[str, Any], landing: Path, mappings: Path) -> Unit:
    told = file["description"]
    table = RawTable(name=file["name"], parquet=landing / file["landed"], headers=tuple(told["headers"]), rows=file["rows"],
                     refused=tuple(file["refused_lines"]), encoding=told["encoding"], delimiter=told["delimiter"],
                     header_row=told["header_row"], dropped_columns=())
    label, recognised = file["recognised_as"], None
    for connector in all_connectors().values():
        for export in connector.exports:
            if f"{connector.label}: {export.name}" == label:
                recognised = (connector, export)
    if recognised:
        return vendor_unit(table, *recognised, source=file["source"], area=None)
    # today's mappings of its source; where none of them speaks of this file, the one it was loaded with
    today = (read_mapping(path) for path in saved_mappings(mappings, file["source"]).values())
    mapping = next((m for m in today if m.block_for(file["name"])), None) or parse_mapping(file["mapping"], file["name"])
    block = mapping.block_for(file["name"])
    assert block is not None   # it was loaded so
    return Unit(table, mapping.model_copy(update={"source": file["source"]}), block, label, is_vendor=False)


def saved_mappings(folder: Path, source: str) -> dict[int, Path]:
    """The mapping files kept for an account by their numbers, the newest first."""
    numbered = {int(path.name[len(source):-len(".toml")].removeprefix("+") or 1): path for path in folder.glob("*.toml")
                if re.fullmatch(re.escape(source) + r"(\+[0-9]+)?\.toml", path.name)}
    return dict(sorted(numbered.items(), reverse=True))


def save_mapping(folder: Path, text: str, source: str) -> None:
    """Keep a mapping file for rebuilds and later files of this account: in place of the one for the same files, else beside the others."""
    text = re.sub(r"""(?m)^\s*["']?source["']?\s*=.*$""", f'source = "{source}"', text, count=1)
    patterns = {block.match for block in parse_mapping(tomllib.loads(text), source).file}
    kept = saved_mappings(folder, source)
    for path in kept.values():
        with contextlib.suppress(MappingProblem):   # one that somebody broke stays beside, to be mended
            if {block.match for block in read_mapping(path).file} <= patterns:
                path.write_text(text, encoding="utf-8")
                return
    (folder / (f"{source}+{max(kept) + 1}.toml" if kept else f"{source}.toml")).write_text(text, encoding="utf-8")
