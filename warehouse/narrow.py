"""What one reader may see: a copy of a snapshot in memory that holds the contacts of some queues and nothing else.

Whoever may only see their own queues is given this instead of the snapshot, so that no question, however it is asked, can
reach further. A contact belongs to every queue it ever lay in.
"""
from __future__ import annotations

from collections.abc import Sequence

import duckdb

from warehouse.sql import sql_text
from warehouse.store import Folder

WHOLE = ("about", "loads", "coverage", "weeks", "local_days", "calendar", "reasons", "decisions", "measures", "queues", "agents", "companies")
OF_PEOPLE = ("customers", "identities")


def only(folder: Folder, load_id: str, queues: Sequence[str]) -> duckdb.DuckDBPyConnection:
    """A connection to what these queues had a hand in. Tables that do not say whose they are stay empty.

    Raises: StoreProblem where the snapshot is gone.
    """
    path = folder.snapshot(load_id)
    if not path.exists():
        raise folder.is_gone(load_id)
    con = duckdb.connect(config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"})
    con.execute(f"ATTACH {sql_text(str(path))} AS served (READ_ONLY)")
    con.execute("CREATE TEMP TABLE own AS SELECT DISTINCT ticket_no, episode FROM served.stays WHERE queue IN (SELECT unnest(?::VARCHAR[]))", [list(queues)])
    con.execute("""CREATE TEMP TABLE own_people AS SELECT DISTINCT c.customer_id FROM served.tickets t JOIN served.customers c ON c.customer_id = t.customer_id
        WHERE t.ticket_no IN (SELECT ticket_no FROM own)""")
    con.execute("CREATE TEMP TABLE own_ids AS SELECT ticket_id FROM served.tickets WHERE ticket_no IN (SELECT ticket_no FROM own)")
    columns: dict[str, set[str]] = {}
    for table, column in con.execute("SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = 'served' AND schema_name = 'main'").fetchall():
        columns.setdefault(table, set()).add(column)
    for table, names in columns.items():
        if {"ticket_no", "episode"} <= names:
            kept = "t SEMI JOIN own o ON o.ticket_no = t.ticket_no AND o.episode = t.episode"
        elif "ticket_id" in names:
            kept = "t WHERE t.ticket_id IN (SELECT ticket_id FROM own_ids)"
        elif table in OF_PEOPLE:
            kept = "t WHERE t.customer_id IN (SELECT customer_id FROM own_people)"
        else:
            kept = "t" if table in WHOLE else "t WHERE false"
        con.execute(f'CREATE TABLE main."{table}" AS SELECT t.* FROM served."{table}" {kept}')
    con.execute("DROP TABLE temp.own; DROP TABLE temp.own_ids; DROP TABLE temp.own_people")
    con.execute("DETACH served")
    con.execute("SET enable_external_access = false")
    con.execute("SET lock_configuration = true")
    return con
