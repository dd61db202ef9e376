"""Merging one incoming file into the model tables, by key, so that loading twice changes nothing.

Ticket grain: per (ticket, stream) the newer row wins, an older export never overwrites it. History: rows are a multiset;
what the store already holds of it is not added again. Side tables: the later row of a key wins.
"""
from __future__ import annotations

import json
from typing import Any

import duckdb

from warehouse.forget import scrub
from warehouse.incoming import Incoming, Rows
from warehouse.model import STORE_TABLES, TICKET_COLUMNS, Event, LoadedFile, SnapshotRow, TicketRow
from warehouse.sql import sql_text

HISTORY = {"events": Event, "snapshot_rows": SnapshotRow}
SIDE_KEYS = {"agents": ("agent_id", "valid_from"), "queues": ("queue_id",), "companies": ("company_id", "valid_from"),
             "links": ("ticket_id", "other_id", "kind"), "measures": ("source", "on_date", "name", "dimensions")}
FEW_ROWS = 10_000
UNIQUE = ("file_no", "ordinal")   # where a row came from is no part of what it says


def merge_file(con: duckdb.DuckDBPyConnection, item: Incoming, file_no: int, load_id: str, shown: int) -> dict[str, Any]:
    """Merge one file inside the caller's transaction; touched ticket ids are added to temp `touched`.

    Returns file, recognised_as, rows, loaded, unchanged, refused, refusals (word by word, `shown` at most), unmapped.
    """
    scrub(con, item)
    # few rows are mapped once and kept, for planning the mapping anew at each question takes longer than reading them; many are read again, to be held never
    held = "TABLE" if item.rows <= FEW_ROWS else "VIEW"
    con.execute(f"CREATE OR REPLACE TEMP {held} {item.view} AS {item.view_sql}")
    con.execute("CREATE OR REPLACE TEMP TABLE taken (ordinal BIGINT)")
    landed = item.rows - len(item.refused)
    inserted = _insert_first(con, item, file_no)
    if inserted is not None:
        loaded, refused_rows = inserted, landed - inserted
    else:
        _merge_rows(con, item, file_no)
        total, refused_rows = con.execute(f"SELECT count(*), count(refused) FROM {item.view}").fetchone()
        assert total == landed, f"{item.name}: {landed} rows should have landed, but {total} did"
        loaded = con.execute("SELECT count(DISTINCT ordinal) FROM taken").fetchone()[0]
    refused = refused_rows + len(item.refused)
    refusals = _note_refusals(con, item, file_no, load_id, refused_rows, shown)
    unmapped = _note_unmapped(con, item, file_no)
    for rule, column, sql in item.oddities_sql:
        count = con.execute(sql).fetchone()[0]
        if count:
            con.execute("INSERT INTO main.oddities VALUES (?, ?, ?, ?, ?)", [file_no, item.source, rule, column, count])
    result = {"file": item.name, "recognised_as": item.recognised_as, "rows": item.rows, "loaded": loaded,
              "unchanged": item.rows - refused - loaded, "refused": refused, "refusals": refusals, "unmapped": unmapped}
    description = item.description | {"kinds": sorted(item.kinds), "fidelity": item.fidelity, "has_counters": item.has_counters,
                                      "brings_tickets": any(p.table == "ticket_rows" for p in item.produces)}
    con.execute(f"INSERT INTO main.files VALUES ({', '.join('?' * len(LoadedFile.columns()))})",
                [file_no, load_id, item.source, item.name, item.stream, item.recognised_as, str(item.landed), json.dumps(description),
                 json.dumps(item.mapping), item.rows, loaded, result["unchanged"], refused])
    con.execute(f"DROP {held} {item.view}")
    return result


def _insert_first(con: duckdb.DuckDBPyConnection, item: Incoming, file_no: int) -> int | None:
    """The short way for the first file of its kind: nothing to compare with. Rows inserted, or None where it does not apply."""
    main = next((p for p in item.produces if p.table in HISTORY), item.produces[0])
    is_ticket_grain = item.description["grain"] == "ticket"
    if (main.table not in HISTORY and (main.table != "ticket_rows" or len(item.produces) > 1)) or (is_ticket_grain and main.table in HISTORY):
        return None
    beside = [rows for rows in item.produces if rows.table in SIDE_KEYS]   # links told by the same rows
    for rows in item.produces:
        if rows in beside:
            continue
        if con.execute(f"SELECT count(*) FROM (SELECT 1 FROM main.{rows.table} WHERE source = ?"
                       + (" AND stream = ?" if rows.table == "ticket_rows" else "") + " LIMIT 1)",
                       [item.source, *([item.stream] if rows.table == "ticket_rows" else [])]).fetchone()[0]:
            return None
    inserted = 0
    for rows in item.produces:
        if rows in beside:
            _merge_side(con, rows, file_no)
            continue
        names = _columns(STORE_TABLES[rows.table], "file_no")
        count = con.execute(f'INSERT INTO main.{rows.table} ({names}, "file_no") SELECT {names}, {file_no} FROM ({rows.sql})').fetchone()[0]
        inserted = count if rows is main else inserted
    if is_ticket_grain and con.execute("SELECT count(DISTINCT ticket_id) FROM main.ticket_rows WHERE file_no = ?", [file_no]).fetchone()[0] < inserted:
        con.execute("DELETE FROM main.ticket_rows WHERE file_no = ?", [file_no])   # a ticket stands twice: the newer row must win
        return None
    if con.execute("SELECT count(*) FROM (SELECT 1 FROM main.tickets LIMIT 1)").fetchone()[0]:
        con.execute(f"INSERT INTO touched SELECT DISTINCT ticket_id FROM main.{main.table} WHERE file_no = {file_no}")
    return inserted


def _merge_rows(con: duckdb.DuckDBPyConnection, item: Incoming, file_no: int) -> None:
    """Merge with what is held; the file's rows that said something new go into temp `taken`."""
    is_ticket_grain = item.description["grain"] == "ticket"
    for rows in item.produces:
        if rows.table == "ticket_rows":
            _merge_tickets(con, item, rows, file_no, counts=is_ticket_grain)
            if is_ticket_grain and len(item.produces) > 1:   # events made of a row's own columns change with it
                con.execute("""DELETE FROM main.events WHERE ticket_id IN (SELECT ticket_id FROM winners)
                    AND file_no IN (SELECT file_no FROM main.files WHERE source = ? AND stream = ?)""", [item.source, item.stream])
        elif rows.table in HISTORY and is_ticket_grain:
            names = _columns(HISTORY[rows.table], "file_no")
            con.execute(f'INSERT INTO main.{rows.table} ({names}, "file_no") SELECT {names}, {file_no} FROM ({rows.sql}) '
                        "WHERE ordinal IN (SELECT ordinal FROM winners)")
        elif rows.table in HISTORY:
            _merge_history(con, item, rows, file_no)
        else:
            _merge_side(con, rows, file_no)


def _columns(row: type, *but: str) -> str:
    return ", ".join(f'"{c}"' for c in row.columns() if c not in but)


def _merge_tickets(con: duckdb.DuckDBPyConnection, item: Incoming, rows: Rows, file_no: int, counts: bool) -> None:
    """The newer row per ticket and stream; temp `winners` names the rows taken. `counts`: they count as the file's rows.

    Rows are ordered by their keys alone, and whole only where they are written: sorting them whole would hold them all in memory.
    """
    con.execute(f"CREATE OR REPLACE TEMP TABLE standing AS SELECT ticket_id, ordinal, row_number() OVER (PARTITION BY ticket_id "
                f"ORDER BY version_at DESC NULLS LAST, ordinal DESC) AS newest FROM (SELECT ticket_id, ordinal, version_at FROM ({rows.sql}))")
    held = con.execute("SELECT count(*) FROM main.ticket_rows WHERE source = ? AND stream = ?", [item.source, item.stream]).fetchone()[0]
    arriving, winning = f"({rows.sql})", "SELECT ordinal FROM standing"
    if held:
        said = f"hash({', '.join(TICKET_COLUMNS)})"
        con.execute(f"""CREATE OR REPLACE TEMP TABLE arriving AS SELECT a.* EXCLUDE (said)
            FROM (SELECT *, {said} AS said FROM ({rows.sql})) a
            LEFT JOIN (SELECT ticket_id, version_at, {said} AS said FROM main.ticket_rows
                       WHERE source = {sql_text(item.source)} AND stream = {sql_text(item.stream)}) h ON h.ticket_id = a.ticket_id
            WHERE h.ticket_id IS NULL OR coalesce(a.version_at > h.version_at, false)
                OR ((a.version_at = h.version_at OR a.version_at IS NULL OR h.version_at IS NULL) AND a.said <> h.said)""")
        arriving, winning = "arriving", "SELECT ordinal FROM arriving"
    con.execute(f"CREATE OR REPLACE TEMP TABLE winners AS SELECT ticket_id, ordinal FROM standing WHERE newest = 1 AND ordinal IN ({winning})")
    if held:
        con.execute("DELETE FROM main.ticket_rows WHERE source = ? AND stream = ? AND ticket_id IN (SELECT ticket_id FROM winners)", [item.source, item.stream])
    con.execute(f"INSERT INTO main.ticket_rows ({_columns(TicketRow, 'file_no')}, file_no) SELECT {_columns(TicketRow, 'file_no')}, {file_no} "
                f"FROM {arriving} WHERE ordinal IN (SELECT ordinal FROM winners)")
    con.execute("INSERT INTO touched SELECT ticket_id FROM winners")
    if counts:
        con.execute(f"INSERT INTO taken {winning}")
    con.execute("DROP TABLE standing; DROP TABLE IF EXISTS temp.arriving")


def _merge_history(con: duckdb.DuckDBPyConnection, item: Incoming, rows: Rows, file_no: int) -> None:
    """Rows not yet held, as a multiset; compared by their keys alone, for the same reason."""
    row = HISTORY[rows.table]
    said = [c for c in row.columns() if c not in UNIQUE]
    names = _columns(row, "file_no") + ', "file_no"'
    key = f"hash({', '.join(said)})::UHUGEINT * 18446744073709551616::UHUGEINT + hash('again', {', '.join(said)})::UHUGEINT"
    if rows.table == "events":   # a tool's own id is the whole identity
        key = f"CASE WHEN event_id IS NOT NULL THEN hash(event_id)::UHUGEINT * 18446744073709551616::UHUGEINT + hash('again', event_id)::UHUGEINT ELSE {key} END"
    own = _columns(row, "file_no")   # in the table's own types, or equal words would hash apart
    con.execute(f"CREATE OR REPLACE TEMP TABLE arrived AS SELECT {own} FROM main.{rows.table} WHERE false")
    con.execute(f"INSERT INTO arrived SELECT {own} FROM ({rows.sql})")
    con.execute(f"""CREATE OR REPLACE TEMP TABLE fresh AS SELECT n.place, n.ordinal, n.ticket_id
        FROM (SELECT *, row_number() OVER (PARTITION BY row_key ORDER BY ordinal) AS copy_no
              FROM (SELECT rowid AS place, ordinal, ticket_id, {key} AS row_key FROM arrived)) n
        LEFT JOIN (SELECT row_key, count(*) AS copies FROM (SELECT {key} AS row_key FROM main.{rows.table}
                   WHERE ticket_id IN (SELECT ticket_id FROM arrived)) GROUP BY row_key) h ON h.row_key = n.row_key
        WHERE n.copy_no > coalesce(h.copies, 0)""")
    con.execute(f"INSERT INTO main.{rows.table} ({names}) SELECT {own}, {file_no} FROM arrived WHERE rowid IN (SELECT place FROM fresh)")
    con.execute("INSERT INTO taken SELECT ordinal FROM fresh")
    con.execute("INSERT INTO touched SELECT DISTINCT ticket_id FROM fresh")
    con.execute("DROP TABLE arrived; DROP TABLE fresh")


def _merge_side(con: duckdb.DuckDBPyConnection, rows: Rows, file_no: int) -> None:
    """Small keyed tables: the last row of a key in this file wins over what was held."""
    row, key = STORE_TABLES[rows.table], SIDE_KEYS[rows.table]
    own = [c for c in row.columns() if c not in UNIQUE]
    con.execute(f"CREATE OR REPLACE TEMP TABLE arriving AS SELECT *, row_number() OVER (PARTITION BY {', '.join(key)} ORDER BY ordinal DESC) AS newest FROM ({rows.sql})")
    same = " AND ".join(f"a.{c} IS NOT DISTINCT FROM h.{c}" for c in own)
    by_key = " AND ".join(f"a.{c} IS NOT DISTINCT FROM h.{c}" for c in key)
    con.execute(f"CREATE OR REPLACE TEMP TABLE fresh AS SELECT a.* FROM arriving a WHERE NOT EXISTS (SELECT 1 FROM main.{rows.table} h WHERE {same})")
    con.execute("INSERT INTO taken SELECT ordinal FROM fresh")
    con.execute(f"DELETE FROM main.{rows.table} h WHERE EXISTS (SELECT 1 FROM fresh a WHERE a.newest = 1 AND {by_key})")
    origin = ", file_no, ordinal" if "file_no" in row.columns() else ""
    values = f", {file_no}, ordinal" if origin else ""
    names = ", ".join(own)
    con.execute(f"INSERT INTO main.{rows.table} ({names}{origin}) SELECT {names}{values} FROM fresh WHERE newest = 1")
    if rows.table == "links":
        con.execute("INSERT INTO touched SELECT ticket_id FROM fresh UNION SELECT other_id FROM fresh")
    con.execute("DROP TABLE arriving; DROP TABLE fresh")


def _note_refusals(con: duckdb.DuckDBPyConnection, item: Incoming, file_no: int, load_id: str, count: int, shown: int) -> list[dict[str, Any]]:
    """Write refusals down with line, column, value and what to do; beyond `shown` only their number."""
    noted = [(None, r.line, r.column, r.value, r.reason) for r in item.refused[:shown]]
    if count:
        found = con.execute(f"{item.refusals_sql} LIMIT {max(0, shown - len(noted))}").fetchall()
        lines = item.lines_of([ordinal for ordinal, _, _ in found]) if item.lines_of else {}
        for ordinal, target, value in found:
            private = target in ("email", "phone", "customer", "external_id")
            noted.append((ordinal, lines.get(ordinal), item.column_of(target), None if private or value is None else value[:200], item.reason_for(target, value and value[:60])))
    left = count + len(item.refused) - len(noted)
    if left > 0:
        noted.append((None, None, None, None, f"and {left} more rows refused for like reasons"))
    for ordinal, line, column, value, reason in noted:
        con.execute("INSERT INTO main.refusals VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [file_no, load_id, item.name, ordinal, line, column, value, reason])
    return [{"file": item.name, "line": line, "column": column, "value": value, "reason": reason} for _, line, column, value, reason in noted]


def _note_unmapped(con: duckdb.DuckDBPyConnection, item: Incoming, file_no: int) -> list[dict[str, Any]]:
    noted = []
    for column, meaning, sql in item.unmapped_sql:
        for value, rows in con.execute(sql).fetchall():
            con.execute("INSERT INTO main.unmapped VALUES (?, ?, ?, ?, ?, ?)", [file_no, item.source, column, value[:200], rows, meaning])
            noted.append({"file": item.name, "column": column, "value": value[:200], "rows": rows, "meaning": meaning})
    return noted
