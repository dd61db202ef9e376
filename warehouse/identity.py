"""One customer across tools: customers that share a strong key are one person.

Keys are e-mail, phone and the company's own customer number, all kept as keyed hashes. A key that more than
`SHARED_BY` customers of one source use is a shared mailbox or a placeholder and joins nobody. Every join can be
explained by the rows of `identities` that the two customers share.
"""
from __future__ import annotations

import duckdb

SHARED_BY = 5

_IDENTITIES = """
    SELECT DISTINCT customer_id, kind, value_key FROM (
        SELECT customer_id, unnest(['email', 'phone', 'external']) AS kind, unnest([email_key, phone_key, external_key]) AS value_key
        FROM main.tickets WHERE customer_id IS NOT NULL AND (email_key IS NOT NULL OR phone_key IS NOT NULL OR external_key IS NOT NULL))
    WHERE value_key IS NOT NULL
"""


def join_customers(con: duckdb.DuckDBPyConnection) -> None:
    """Rebuild `identities` and `customers` from `tickets`; the tickets of people who changed go into temp `moved_people`.

    Deterministic: a person is named after the smallest of its customer ids, whatever the order of loading.
    """
    con.execute("CREATE OR REPLACE TEMP TABLE old_customers AS SELECT customer_id, person_id FROM main.customers")
    con.execute(f"CREATE OR REPLACE TABLE main.identities AS {_IDENTITIES}")
    con.execute("""CREATE OR REPLACE TEMP TABLE joining AS
        SELECT kind, value_key FROM (
            SELECT kind, value_key, split_part(customer_id, ':', 1) AS source, count(*) AS people FROM main.identities GROUP BY ALL)
        GROUP BY kind, value_key HAVING sum(people) > 1 AND max(people) <= ?""", [SHARED_BY])
    edges = con.execute("""SELECT min(i.customer_id) OVER (PARTITION BY i.kind, i.value_key), i.customer_id
        FROM main.identities i JOIN joining j USING (kind, value_key) ORDER BY 1, 2""").fetchall()
    people = _components(edges)
    con.execute("CREATE OR REPLACE TEMP TABLE people (customer_id VARCHAR, person_id VARCHAR)")
    if people:
        import pyarrow as pa
        found = pa.table({"customer_id": list(people), "person_id": list(people.values())})   # noqa: F841 (read by DuckDB)
        con.execute("INSERT INTO people SELECT * FROM found")
    con.execute("""CREATE OR REPLACE TABLE main.customers AS
        SELECT c.customer_id, coalesce(p.person_id, c.customer_id) AS person_id, c.source, s.customer_id IS NOT NULL AS is_shared
        FROM (SELECT customer_id, min(source) AS source FROM main.tickets WHERE customer_id IS NOT NULL GROUP BY customer_id) c
        LEFT JOIN people p ON p.customer_id = c.customer_id
        LEFT JOIN (SELECT DISTINCT i.customer_id FROM main.identities i JOIN (
            SELECT kind, value_key FROM main.identities GROUP BY kind, value_key, split_part(customer_id, ':', 1) HAVING count(*) > ?) USING (kind, value_key)) s
            ON s.customer_id = c.customer_id""", [SHARED_BY])
    con.execute("""CREATE OR REPLACE TEMP TABLE moved_people AS
        SELECT n.customer_id FROM main.customers n JOIN old_customers o ON o.customer_id = n.customer_id WHERE o.person_id <> n.person_id
        UNION SELECT c.customer_id FROM main.customers c WHERE c.person_id IN (
            SELECT o.person_id FROM main.customers n JOIN old_customers o ON o.customer_id = n.customer_id WHERE o.person_id <> n.person_id)""")
    con.execute("DROP TABLE people; DROP TABLE joining; DROP TABLE old_customers")


def _components(edges: list[tuple[str, str]]) -> dict[str, str]:
    """Union-find; every member -> the smallest id of its component."""
    parent: dict[str, str] = {}

    def find(x: str) -> str:
        parent.setdefault(x, x)
        while parent[x] != x:
            parent[x] = parent[parent[x]]
            x = parent[x]
        return x

    for a, b in edges:
        low, high = sorted((find(a), find(b)))
        parent[high] = low
    return {x: find(x) for x in parent}
