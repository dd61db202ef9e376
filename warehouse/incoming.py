"""What a reader hands to the loader: one file, its raw rows kept as Parquet, and the SQL that turns them into model rows.

The loader knows no vendor and no mapping; a connector or a mapping compiles to this. All SQL reads the view `view_sql`
under the name `view`, and may use the relation `known_tickets` (ticket_id, customer_id, company_id, email_key,
phone_key, external_key of everything held so far) and the macro `keyed(text)`.
"""
from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Refused:
    """A row that could not be taken: where it is, what is wrong, what to do."""

    line: int | None
    column: str | None
    value: str | None
    reason: str
    ordinal: int | None = None


@dataclass(frozen=True)
class Rows:
    """Model rows for one table, as SQL over the view."""

    table: str   # ticket_rows, snapshot_rows, events, links, measures, agents, queues, companies
    sql: str     # columns of that table's model class, without file_no


@dataclass
class Incoming:
    """One file (or one member of an archive) ready to be merged."""

    source: str
    name: str
    stream: str
    recognised_as: str | None
    landed: Path
    description: dict[str, Any]                        # grain, headers, encoding ...: what a re-read needs
    mapping: dict[str, Any]
    rows: int
    refused: list[Refused]
    view: str
    view_sql: str
    produces: list[Rows]
    refusals_sql: str                                  # -> ordinal, target, column, value
    reason_for: Callable[[str, str | None], str]       # (target, value) -> sentence
    column_of: Callable[[str], str | None]             # target -> the file's own column name
    unmapped_sql: list[tuple[str, str, str]]           # (column, what was done, SQL -> value, rows)
    oddities_sql: list[tuple[str, str, str]]           # (rule, column, SQL -> rows)
    who: list[tuple[str | None, str]]                  # (landed column that names a customer, SQL of its key); (None, ticket id)
    private: list[str]                                 # landed columns to empty where the customer is erased
    kinds: set[str]                                    # event kinds it can bring
    fidelity: str                                      # events, snapshot or counters
    has_counters: bool = False
    lines_of: Callable[[Iterable[int]], dict[int, int]] | None = None
