"""Taking data out again: a load, a source, or a person for good."""
from __future__ import annotations

import os

import duckdb

from warehouse.incoming import Incoming
from warehouse.sql import identifier, sql_text
from warehouse.store import StoreProblem


def forget_files(con: duckdb.DuckDBPyConnection, what: str) -> None:
    """Take the files of a load, or of a whole source, out of the store; the caller rebuilds from the rest.

    Raises: StoreProblem where neither is known.
    """
    found = con.execute("SELECT count(*) FROM files WHERE load_id = ? OR source = ?", [what, what]).fetchone()[0]
    if not found:
        loads = [r[0] for r in con.execute("SELECT DISTINCT load_id FROM files ORDER BY 1 DESC LIMIT 5").fetchall()]
        sources = [r[0] for r in con.execute("SELECT DISTINCT source FROM files ORDER BY 1").fetchall()]
        raise StoreProblem(f"'{what}' is neither a load nor a source; sources: {', '.join(sources) or 'none'}; newest loads: {', '.join(loads) or 'none'}")
    con.execute("DELETE FROM refusals WHERE file_no IN (SELECT file_no FROM files WHERE load_id = ? OR source = ?)", [what, what])
    con.execute("DELETE FROM files WHERE load_id = ? OR source = ?", [what, what])


def erase_customer(con: duckdb.DuckDBPyConnection, who: str) -> None:
    """Erase a person for good: every key and ticket that leads to them becomes a tombstone (itself only a keyed hash); the
    caller rebuilds.

    who: an e-mail, a phone number, a customer number, or `source:customer`. Their contacts stay in the counts under a
    meaningless name, without subject, link or any column beside the facts. Raises: StoreProblem where nobody is found.
    """
    keys = con.execute("SELECT keyed(?), keyed(regexp_replace(?, '[^0-9]', '', 'g'))", [who, who]).fetchone()
    people = [r[0] for r in con.execute("""
        SELECT DISTINCT c.person_id FROM customers c LEFT JOIN identities i ON i.customer_id = c.customer_id
        WHERE c.customer_id IN (?, c.source || ':' || ?, c.source || ':' || ?) OR i.value_key IN (?, ?)""", [who, who, keys[0], *keys]).fetchall()]
    if not people:
        raise StoreProblem(f"no customer is known by '{who}'; give an e-mail, a phone number or source:customer")
    con.execute("CREATE OR REPLACE TEMP TABLE leaving AS SELECT customer_id FROM customers WHERE person_id IN (SELECT unnest(?::VARCHAR[]))", [people])
    con.execute("""INSERT OR IGNORE INTO tombstones
        SELECT keyed(customer_id) FROM leaving
        UNION SELECT keyed(value_key) FROM identities WHERE customer_id IN (SELECT customer_id FROM leaving)
        UNION SELECT keyed(ticket_id) FROM tickets WHERE customer_id IN (SELECT customer_id FROM leaving)""")


def scrub(con: duckdb.DuckDBPyConnection, item: Incoming) -> int:
    """Take erased people out of a landed file before it is read: the one place where erasure happens.

    Cells that name them get a meaningless name of their own (so that who spoke stays clear), private cells of their rows
    are emptied. Returns how many rows were scrubbed; an already scrubbed file is left alone.
    """
    if not item.who or not con.execute("SELECT count(*) FROM tombstones").fetchone()[0]:
        return 0
    # whom each key names is looked up once a row: every question of it again would be a join of its own
    keys = [f"coalesce(keyed({key}) IN (SELECT value_key FROM tombstones), false)" for _, key in item.who]
    asked = ", ".join(f"{key} AS is_erased_{i}" for i, key in enumerate(keys))
    rows = f"(SELECT *, {asked} FROM read_parquet({sql_text(str(item.landed))}, file_row_number = true))"
    own: dict[str, list[str]] = {}   # of each cell that names somebody: whether it names one of them
    for i, (column, _) in enumerate(item.who):
        if column:
            own.setdefault(column, []).append(f"is_erased_{i}")
    is_erased = " OR ".join(f"is_erased_{i}" for i in range(len(keys)))
    is_named = " OR ".join(name for names in own.values() for name in names) or "false"
    found = con.execute(f"SELECT count(*) FROM {rows} WHERE ({is_erased}) "
                        f"AND ({' OR '.join(f'{c} IS NOT NULL' for c in item.private) or 'false'} OR {is_named})").fetchone()[0]
    if not found:
        return 0
    cells = {c: f"CASE WHEN NOT ({is_erased}) THEN {c} END" for c in item.private}
    for column in own.keys() - set(item.private):
        cells[column] = f"CASE WHEN {' OR '.join(own[column])} THEN 'erased-' || substr(keyed({column}), 1, 12) ELSE {column} END"
    scrubbed = item.landed.with_suffix(".scrubbed")
    con.execute(f"COPY (SELECT * EXCLUDE (file_row_number, {', '.join(f'is_erased_{i}' for i in range(len(keys)))}) "
                f"REPLACE ({', '.join(f'{sql} AS {identifier(c)}' for c, sql in cells.items())}) FROM {rows} "
                f"ORDER BY file_row_number) TO {sql_text(str(scrubbed))} (FORMAT parquet)")
    os.replace(scrubbed, item.landed)
    return found
