"""Questions about the values of a landed column; `place` is the column's position."""

from __future__ import annotations

import duckdb

from connectors.landed import RawTable

MANY = 200  # distinct values looked at; a category has at most this many


def source_of(table: RawTable) -> str:
    """The landed rows as a relation in SQL."""
    return "read_parquet('" + str(table.parquet).replace("'", "''") + "')"


def values_of(con: duckdb.DuckDBPyConnection, table: RawTable, place: int, limit: int = MANY) -> list[str]:
    """The commonest values."""
    cell = f"c{place}"
    sql = f"select {cell} from {source_of(table)} where {cell} is not null group by 1 order by count(*) desc, 1 limit {limit}"
    return [value for (value,) in con.execute(sql).fetchall()]


def rows_per_value(con: duckdb.DuckDBPyConnection, table: RawTable, place: int) -> float | None:
    """Rows per distinct value of a column that is filled in at least 95 of 100 rows, else None; 1 means unique."""
    cell = f"c{place}"
    sql = f"select count(*), count({cell}), count(distinct {cell}) from {source_of(table)}"
    [(rows, filled, distinct)] = con.execute(sql).fetchall()
    return filled / distinct if rows and filled >= 0.95 * rows else None


def all_match(con: duckdb.DuckDBPyConnection, table: RawTable, place: int, pattern: str) -> bool:
    """Whether there are values and every one fits the regular expression as a whole."""
    cell = f"c{place}"
    fits = f"count(*) filter (where regexp_full_match({cell}, '{pattern}'))"
    [(filled, fitting)] = con.execute(f"select count({cell}), {fits} from {source_of(table)}").fetchall()
    return bool(filled) and filled == fitting


def same_within(con: duckdb.DuckDBPyConnection, table: RawTable, ticket: int, place: int) -> bool:
    """Whether a column has one value per ticket."""
    sql = f"select count(distinct (c{ticket}, c{place})), count(distinct c{ticket}) from {source_of(table)}"
    [(pairs, tickets)] = con.execute(sql).fetchall()
    return pairs == tickets
