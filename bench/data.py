"""A million contacts with six million events as two CSV files, made by arithmetic: the same bytes every time."""
from __future__ import annotations

from pathlib import Path

import duckdb

CHANGES = (1_000, 10_000, 100_000)   # of a million
MAPPING = """
source = "bench"
datetime_formats = ["%Y-%m-%d %H:%M:%S"]
[[file]]
match = "tickets*.csv"
grain = "ticket"
[file.columns]
ticket_id = "Ticket"
created_at = "Created"
resolved_at = "Resolved"
updated_at = "Updated"
priority = "Priority"
channel = "Channel"
queue = "Group"
assignee = "Assignee"
customer = "Customer"
reason = "Reason"
state = { column = "Status", values = { Open = "in_progress", Closed = "closed" } }
[[file]]
match = "events*.csv"
grain = "event"
[file.columns]
ticket_id = "Ticket"
occurred_at = "Time"
sequence = "Seq"
kind = "Activity"
actor = "By"
to = "Value"
"""


def write(folder: Path, contacts: int) -> None:
    """tickets.csv, events.csv, re-exports of 1,000, 10,000 and 100,000 changed tickets (tickets_changed_N.csv) and map.toml."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "map.toml").write_text(MAPPING)
    with duckdb.connect() as con:
        con.execute(f"""CREATE TABLE t AS SELECT i AS id, TIMESTAMP '2024-11-04' + to_seconds(CAST(hash(i, 1) % (104 * 7 * 86400) AS BIGINT)) AS created_at,
            CAST(exp(9 + 2.2 * ((hash(i, 2) % 10000) / 10000.0 + (hash(i, 3) % 10000) / 10000.0 + (hash(i, 4) % 10000) / 10000.0 - 1.5)) AS BIGINT) AS dur,
            hash(i, 5) % 24 AS q0, (hash(i, 5) + 1 + hash(i, 6) % 23) % 24 AS q1, hash(i, 7) % greatest(1, {contacts} * 3 // 10) AS cust, CAST(hash(i, 8) % 4 AS INT) AS ch,
            CAST(hash(i, 9) % 3 AS INT) AS pr, hash(i, 10) % 40 AS reason, hash(i, 11) % 10 < 3 AS moved, hash(i, 12) % 400 AS a0, hash(i, 13) % 400 AS a1,
            hash(i, 14) % 20 = 0 AS is_open FROM range({contacts}) r(i)""")
        tickets = """SELECT 'T' || id AS "Ticket", strftime(created_at, '%Y-%m-%d %H:%M:%S') AS "Created",
            CASE WHEN NOT is_open THEN strftime(created_at + to_seconds(dur), '%Y-%m-%d %H:%M:%S') END AS "Resolved",
            strftime(created_at + to_seconds(dur + 3600), '%Y-%m-%d %H:%M:%S') AS "Updated", CASE WHEN is_open THEN 'Open' ELSE 'Closed' END AS "Status",
            ['Low', 'Normal', 'High'][pr + 1] AS "Priority", ['email', 'chat', 'phone', 'web'][ch + 1] AS "Channel", 'Queue ' || (CASE WHEN moved THEN q1 ELSE q0 END) AS "Group",
            'Agent ' || (CASE WHEN moved THEN a1 ELSE a0 END) AS "Assignee", 'C' || cust AS "Customer", 'Reason ' || reason AS "Reason" FROM t"""
        con.execute(f"COPY ({tickets} ORDER BY id) TO '{folder / 'tickets.csv'}' (HEADER)")
        for number, size in enumerate(CHANGES, 1):
            changed = tickets.replace("'High'", f"'Urgent {number}'").replace("dur + 3600", f"dur + {3600 * (number + 1)}")
            con.execute(f"COPY ({changed} WHERE id % {max(1, 1_000_000 // size)} = 0 ORDER BY id) TO '{folder / f'tickets_changed_{size}.csv'}' (HEADER)")
        con.execute(f"""COPY (WITH e AS (
                SELECT id, created_at AS happened, 0 AS s, 'queued' AS kind, 'rule' AS actor, 'Queue ' || q0 AS v FROM t
                UNION ALL SELECT id, created_at + to_seconds(CAST(dur * 0.2 AS BIGINT)), 1, 'assigned', 'lead', 'Agent ' || a0 FROM t
                UNION ALL SELECT id, created_at + to_seconds(CAST(dur * 0.4 AS BIGINT)), 2, 'agent_message', 'Agent ' || a0, NULL FROM t
                UNION ALL SELECT id, created_at + to_seconds(CAST(dur * 0.5 AS BIGINT)), 3, 'customer_message', 'C' || cust, NULL FROM t
                UNION ALL SELECT id, created_at + to_seconds(CAST(dur * 0.6 AS BIGINT)), 4, CASE WHEN moved THEN 'queued' ELSE 'agent_message' END, 'Agent ' || a0,
                    CASE WHEN moved THEN 'Queue ' || q1 END FROM t
                UNION ALL SELECT id, created_at + to_seconds(CAST(dur * 0.7 AS BIGINT)), 5, CASE WHEN moved THEN 'assigned' ELSE 'internal_note' END, 'Agent ' || a0,
                    CASE WHEN moved THEN 'Agent ' || a1 END FROM t WHERE hash(id, 20) % 10 < 5
                UNION ALL SELECT id, created_at + to_seconds(dur), 6, 'resolved', 'Agent ' || a1, NULL FROM t WHERE NOT is_open AND hash(id, 21) % 20 < 11)
            SELECT 'T' || id AS "Ticket", strftime(happened, '%Y-%m-%d %H:%M:%S') AS "Time", s AS "Seq", kind AS "Activity", actor AS "By", v AS "Value" FROM e ORDER BY id, s)
            TO '{folder / 'events.csv'}' (HEADER)""")
