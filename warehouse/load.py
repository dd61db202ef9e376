"""Loading: incoming files are merged by key into a copy of the served snapshot, derived, and published as the next one.

The copy is private until the pointer moves: a load killed at any moment, or one that changes nothing, leaves no trace.
Rows in = loaded + unchanged + refused, for every file.
"""
from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import duckdb

from warehouse import derive, handovers, identity, landing_area, lookups, tables
from warehouse.incoming import Incoming
from warehouse.merge import merge_file
from warehouse.model import STORE_TABLES
from warehouse.publish import begin, discard, publish
from warehouse.settings import Settings
from warehouse.store import MEMORY_MB, Folder, make_room, writing

Progress = Callable[[str], None]
Compile = Callable[[duckdb.DuckDBPyConnection], list[Incoming]]
SMALL = 0.2        # up to this share of touched tickets, rows are exchanged instead of rebuilt
SHOWN = 1_000      # refusals kept word by word per file; the rest are counted


@dataclass
class Making:
    """A snapshot in the making."""

    folder: Folder
    con: duckdb.DuckDBPyConnection
    settings: Settings
    load_no: int
    load_id: str
    started: float
    progress: Progress


def load(folder: Folder, compile_files: Compile, derivations: Sequence[derive.Derivation], progress: Progress, merge_mb: int | None = None) -> dict[str, Any]:
    """Merge the files, derive, publish.

    merge_mb: memory DuckDB may take while it merges, before it spills; where rows do not fit even so, and else, what it may always take.

    compile_files: called with the store's connection, gives the incoming files (tickets before events).
    Returns the JSON document of the load door.
    Raises: Busy, and whatever compile_files raises; nothing has changed then.
    """
    with _making(folder, progress) as making:
        con = making.con
        incoming = compile_files(con)
        results = _merged(making, incoming, merge_mb or MEMORY_MB)
        if not any(result["loaded"] for result in results):
            return _report(folder.current_load(), incoming, results, _totals(con), making.started)
        sources = {item.source for item in incoming}
        totals = _finish(making, derivations, "load", incoming[0].source if len(sources) == 1 else None, incoming=incoming)
    return _report(making.load_id, incoming, results, totals, making.started)


def rebuild(folder: Folder, compile_files: Compile, derivations: Sequence[derive.Derivation], progress: Progress,
            kind: str = "rebuild", keep: Callable[[duckdb.DuckDBPyConnection], None] | None = None) -> dict[str, Any]:
    """Make every table anew from the landed rows, with today's mappings and settings.

    keep: called first, to take files out (forget, erase).
    """
    with _making(folder, progress) as making:
        con = making.con
        if keep:
            keep(con)
        files = con.execute("SELECT file_no, load_id FROM files ORDER BY file_no").fetchall()
        refused = {n: con.execute("SELECT ordinal, line FROM refusals WHERE file_no = ? AND ordinal IS NOT NULL", [n]).fetchall() for n, _ in files}
        incoming = compile_files(con)
        con.execute("BEGIN")
        for table in STORE_TABLES:
            if table not in ("loads", "reasons", "decisions"):
                con.execute(f"DELETE FROM main.{table}")
        results = []
        for (file_no, first_load), item in zip(files, incoming, strict=True):
            progress(f"reading again {item.name}")
            lines = dict(refused[file_no])
            item.lines_of = lambda ordinals, lines=lines: {o: lines[o] for o in ordinals if o in lines}
            results.append(merge_file(con, item, file_no, first_load, SHOWN))
            con.execute("UPDATE main.files SET landed = ? WHERE file_no = ?", [str(item.landed.relative_to(folder.landing)), file_no])
        con.execute("COMMIT")
        totals = _finish(making, derivations, kind, None, whole=True)
    return _report(making.load_id, incoming, results, totals, making.started)


def refresh(folder: Folder, derivations: Sequence[derive.Derivation], progress: Progress) -> dict[str, Any]:
    """Take up reasons.csv, decisions.csv and settings.toml as they are now; nothing is read again, and only what rests on a change
    is derived again. Raises: Busy, StoreProblem."""
    with _making(folder, progress) as making:
        totals = _finish(making, derivations, "refresh", None)
    return _report(making.load_id, [], [], totals, making.started)


@contextlib.contextmanager
def _making(folder: Folder, progress: Progress) -> Iterator[Making]:
    """Hold the writer's lock and a private copy of the store; whatever is not published in the end is thrown away."""
    started = time.monotonic()
    with writing(folder):
        settings = Settings.read(folder.root)
        con = begin(folder)
        try:
            number = con.execute("SELECT coalesce(max(load_no), 0) + 1 FROM loads").fetchone()[0]
            _known_tickets(con)
            con.execute("CREATE OR REPLACE TEMP TABLE touched (ticket_id VARCHAR)")
            yield Making(folder, con, settings, number, f"{number:06d}-{datetime.now(UTC):%Y%m%dT%H%M%S}", started, progress)
        finally:
            con.close()
            discard(folder)


def _finish(making: Making, derivations: Sequence[derive.Derivation], kind: str, source: str | None, whole: bool = False,
            incoming: Sequence[Incoming] = ()) -> dict[str, int]:
    """Derive what the merged rows say, write the load down, publish. Returns the totals."""
    con, folder = making.con, making.folder
    _cover(con)
    _derive(making, derivations, whole)
    totals = _totals(con)
    seconds = round(time.monotonic() - making.started, 3)
    con.execute("INSERT INTO loads VALUES (?, ?, ?, ?, ?, ?, ?)",
                [making.load_no, making.load_id, source, kind, datetime.now(UTC).replace(tzinfo=None), seconds, making.settings.fingerprint()])
    _write_about(con, {"load_id": making.load_id, "report_zone": making.settings.report_zone})
    landing_area.keep(con, folder, making.load_id, incoming)
    landed = {row[0] for row in con.execute("SELECT landed FROM files").fetchall()}
    making.progress("publishing")
    con.execute("CHECKPOINT")
    con.close()
    publish(folder, making.load_id, keep_older=kind != "erase")
    landing_area.clear(folder, landed)
    return totals


def _merged(making: Making, incoming: Sequence[Incoming], memory_mb: int) -> list[dict[str, Any]]:
    """Merge every file in one transaction, DuckDB held to so much memory; in what it may always take where that is too little."""
    con, results = making.con, []
    con.execute(f"SET memory_limit = '{memory_mb}MB'")
    con.execute("BEGIN")
    try:
        for item in incoming:
            making.progress(f"merging {item.name}")
            results.append(merge_file(con, item, _next_file(con), making.load_id, SHOWN))
        con.execute("COMMIT")
    except duckdb.OutOfMemoryException:
        if memory_mb == MEMORY_MB:
            raise
        con.execute("ROLLBACK")
        return _merged(making, incoming, MEMORY_MB)
    con.execute(f"SET memory_limit = '{MEMORY_MB}MB'")
    return results


# --- the parts ---------------------------------------------------------------------------------------------------------
def _next_file(con: duckdb.DuckDBPyConnection) -> int:
    return con.execute("SELECT coalesce(max(file_no), 0) + 1 FROM files").fetchone()[0]


def _known_tickets(con: duckdb.DuckDBPyConnection) -> None:
    """Who the customer of a ticket is, for mappings that tell customers from agents by comparing names."""
    con.execute("""CREATE OR REPLACE TEMP VIEW known_tickets AS SELECT ticket_id, max(customer_id) AS customer_id, max(company_id) AS company_id,
        max(email_key) AS email_key, max(phone_key) AS phone_key, max(external_key) AS external_key FROM main.ticket_rows GROUP BY ticket_id""")


def _cover(con: duckdb.DuckDBPyConnection) -> None:
    """What each source can tell, by its files: the best fidelity of each stream, and from when to when."""
    con.execute("DELETE FROM main.coverage")
    best: dict[tuple[str, str], str] = {}
    order = {"events": 0, "snapshot": 1, "counters": 2}
    for source, description in con.execute("SELECT source, description FROM main.files ORDER BY file_no").fetchall():
        told = json.loads(description)
        kinds = set(told.get("kinds", []))
        streams = {stream: told["fidelity"] for stream, needed in lookups.STREAMS.items() if kinds & needed}
        if told.get("has_counters"):
            streams.setdefault("assignments", "counters")
            streams.setdefault("states", "counters")
        if told.get("brings_tickets"):
            streams["tickets"] = told["fidelity"]
        for stream, fidelity in streams.items():
            held = best.get((source, stream))
            if held is None or order[fidelity] < order[held]:
                best[source, stream] = fidelity
    now = datetime.now(UTC).replace(tzinfo=None)
    spans = {s: (a, z) for s, a, z in con.execute("""
        SELECT source, min(t), max(CASE WHEN t <= ? THEN t END) FROM (
            SELECT source, unnest([created_at, first_response_at, resolved_at, closed_at, version_at]) AS t FROM main.ticket_rows
            UNION ALL SELECT source, unnest([min(occurred_at), max(CASE WHEN occurred_at <= ? THEN occurred_at END)]) FROM main.events GROUP BY source
            UNION ALL SELECT source, unnest([min(occurred_at), max(CASE WHEN occurred_at <= ? THEN occurred_at END)]) FROM main.snapshot_rows GROUP BY source)
        GROUP BY source""", [now, now, now]).fetchall()}
    for (source, stream), fidelity in sorted(best.items()):
        con.execute("INSERT INTO main.coverage VALUES (?, ?, ?, ?, ?)", [source, stream, fidelity, *spans.get(source, (None, None))])


def _derive(making: Making, derivations: Sequence[derive.Derivation], whole: bool = False) -> None:
    """Tickets, customers and all derived tables: the touched ones, or all where much has changed or settings, reasons or metrics have."""
    con, settings, progress = making.con, making.settings, making.progress
    held = con.execute("SELECT count(*) FROM main.tickets").fetchone()[0]
    rests_on = {"settings": settings.fingerprint(), "reasons": tables.take_up(making.folder.root, con), "derivations": json.dumps([[d.name, d.rows, d.value] for d in derivations])}
    then = dict(con.execute("SELECT name, value FROM about").fetchall())
    con.execute("CREATE OR REPLACE TEMP TABLE changed AS SELECT DISTINCT ticket_id FROM touched")
    touched = con.execute("SELECT count(*) FROM changed").fetchone()[0]
    whole = whole or held == 0 or touched > SMALL * held or any(then.get(name) != value for name, value in rests_on.items())
    if not whole and not touched:   # only a decision was taken
        return
    progress("joining tickets")
    if whole:
        make_room(con, con.execute("SELECT (SELECT count(*) FROM main.events) + (SELECT count(*) FROM main.snapshot_rows) + (SELECT count(*) FROM main.ticket_rows)").fetchone()[0])
        con.execute(f"CREATE OR REPLACE TABLE main.tickets AS {derive.sql_of('tickets')}")
    else:
        for table in ("ticket_rows", "events"):
            con.execute(f"CREATE TEMP TABLE {table} AS SELECT * FROM main.{table} WHERE ticket_id IN (SELECT ticket_id FROM changed)")
        # a ticket keeps its number
        con.execute(f"""CREATE TEMP TABLE tickets AS SELECT n.* REPLACE (coalesce(h.ticket_no, n.ticket_no) AS ticket_no)
            FROM ({derive.sql_of('tickets')}) n LEFT JOIN store.tickets h ON h.ticket_id = n.ticket_id""")
        # `main.` would mean the temporary table of the same name; `store.` is the file
        con.execute("DELETE FROM store.tickets WHERE ticket_id IN (SELECT ticket_id FROM changed)")
        con.execute("INSERT INTO store.tickets SELECT * FROM temp.tickets")
        con.execute("DROP TABLE temp.ticket_rows; DROP TABLE temp.events; DROP TABLE temp.tickets")
    identity.join_customers(con)
    handovers.link_chats(con)
    has_business = lookups.prepare(con, settings)
    if whole:
        derive.build(derive.DuckDBMaker(con, True, progress), derivations, has_business=has_business)
    else:
        _exchange(con, derivations, has_business, progress)
    until = con.execute("SELECT max(until_at) FROM main.coverage").fetchone()[0]
    about = {"data_until": until.isoformat(sep=" ") if until else "", "settings_copy": settings.model_dump_json()}
    _write_about(con, rests_on | about)


def _exchange(con: duckdb.DuckDBPyConnection, derivations: Sequence[derive.Derivation], has_business: bool, progress: Progress) -> None:
    """Derive again the tickets of everyone a changed ticket belongs to, and put their rows in place of the old."""
    con.execute("""CREATE OR REPLACE TEMP TABLE affected AS
        WITH touched_now AS (SELECT ticket_no FROM main.tickets WHERE ticket_id IN (SELECT ticket_id FROM changed)),
        joined AS (SELECT ticket_no FROM touched_now UNION SELECT survivor_no FROM survivors WHERE ticket_no IN (SELECT ticket_no FROM touched_now)
                   UNION SELECT ticket_no FROM survivors WHERE survivor_no IN (SELECT ticket_no FROM touched_now)),
        people AS (SELECT c.person_id FROM main.tickets t JOIN main.customers c ON c.customer_id = t.customer_id WHERE t.ticket_no IN (SELECT ticket_no FROM joined)
                   UNION SELECT c.person_id FROM main.customers c JOIN moved_people m ON m.customer_id = c.customer_id)
        SELECT ticket_no FROM joined
        UNION SELECT t.ticket_no FROM main.tickets t JOIN main.customers c ON c.customer_id = t.customer_id WHERE c.person_id IN (SELECT person_id FROM people)
        UNION SELECT s.ticket_no FROM survivors s JOIN main.tickets t ON t.ticket_no = s.survivor_no JOIN main.customers c ON c.customer_id = t.customer_id
              WHERE c.person_id IN (SELECT person_id FROM people)""")
    con.execute("CREATE TEMP TABLE tickets AS SELECT * FROM main.tickets WHERE ticket_no IN (SELECT ticket_no FROM affected)")
    for table in ("events", "snapshot_rows"):
        con.execute(f"CREATE TEMP TABLE {table} AS SELECT * FROM main.{table} WHERE ticket_id IN (SELECT ticket_id FROM temp.tickets)")
    derive.build(derive.DuckDBMaker(con, False, progress), derivations, has_business=has_business)
    for table in derive.KEPT:
        con.execute(f"DELETE FROM store.{table} WHERE ticket_no IN (SELECT ticket_no FROM affected)")
        con.execute(f"INSERT INTO store.{table} SELECT * FROM temp.{table}")
        con.execute(f"DROP TABLE temp.{table}")
    con.execute("DROP VIEW temp.history")
    con.execute("DROP TABLE temp.tickets; DROP TABLE temp.events; DROP TABLE temp.snapshot_rows")


def _write_about(con: duckdb.DuckDBPyConnection, told: dict[str, str]) -> None:
    con.execute(f"INSERT OR REPLACE INTO about VALUES {', '.join(['(?, ?)'] * len(told))}", [word for pair in told.items() for word in pair])


def _totals(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    return {"tickets": con.execute("SELECT count(*) FROM main.tickets").fetchone()[0],
            "events": con.execute("SELECT (SELECT count(*) FROM main.events) + (SELECT count(*) FROM main.snapshot_rows)").fetchone()[0]}


def _report(load_id: str | None, incoming: Sequence[Incoming], results: list[dict[str, Any]], totals: dict[str, int], started: float) -> dict[str, Any]:
    sources = {item.source for item in incoming}
    return {"load_id": load_id, "source": sources.pop() if len(sources) == 1 else None,
            "files": [{k: r[k] for k in ("file", "recognised_as", "rows", "loaded", "unchanged", "refused")} for r in results],
            **totals, "seconds": round(time.monotonic() - started, 3),
            "refusals": [r for result in results for r in result["refusals"]], "unmapped": [u for result in results for u in result["unmapped"]]}
