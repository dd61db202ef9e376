"""From model tables to facts: the SQL files beside this one, in order.

Each file is one portable SELECT whose result is the table of its name. A whole build replaces the tables; an
incremental one builds the same tables for the touched tickets only and exchanges their rows, so its cost follows the
change. Lookups that depend on settings (calendar, weeks, reasons, bots) are made by `warehouse.lookups` first.
"""
from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from warehouse.calendar import open_seconds_sql
from warehouse.model import TICKET_COLUMNS
from warehouse.sql import expand, identifier

FOLDER = Path(__file__).parent
FIGURE = re.compile(r"\br\.(\w+)")
KEPT = ("episodes", "stays", "spells", "hands", "reopens", "hours", "flows", "acts", "turns", "targets", "ticket_facts")   # in the store and every snapshot


@dataclass(frozen=True)
class Derivation:
    """One column of ticket_facts that a metric asks for.

    `rows`: a query over the derived tables giving ticket_id, episode and its figures; or None.
    `value`: an expression over bare_facts, and over those figures as `r.name` where there are rows.
    """

    name: str
    value: str
    rows: str | None = None


def sql_of(name: str) -> str:
    """The expanded SQL of one derived table, for DuckDB."""
    text = (FOLDER / f"{name}.sql").read_text(encoding="utf-8")
    if name == "tickets":
        text = text.replace("/*columns*/", ", ".join(TICKET_COLUMNS))
        text = text.replace("/*first_by_rank*/", ", ".join(f"arg_min({c}, stream_rank) as {c}" for c in TICKET_COLUMNS))
        text = text.replace("/*nulls*/", ", ".join(f"null as {c}" for c in TICKET_COLUMNS))
    if name == "targets":
        text = text.replace("/*open_a*/", open_seconds_sql("p.a", "ca")).replace("/*open_z*/", open_seconds_sql("p.z", "cz"))
    if name == "business":
        for place, instant, row in (("open_a", "c.a", "ca"), ("open_end", "c.end_b", "ce"), ("open_reply", "c.reply_b", "cr")):
            text = text.replace(f"/*{place}*/", f"({open_seconds_sql(instant, row)})")
    return expand(text)


def facts_sql(derivations: Sequence[Derivation]) -> str:
    """ticket_facts: bare_facts, the customer's neighbouring contacts, and one column per per-contact metric."""
    joins, columns, figures, aliases = [], [], {}, {}
    for d in derivations:
        value = d.value
        if d.rows:   # metrics that read the same rows share one join
            if d.rows not in aliases:
                aliases[d.rows] = f"m{len(aliases)}"
                joins.append(f"left join ({d.rows}) as {aliases[d.rows]} on {aliases[d.rows]}.ticket_id = k.ticket_id and {aliases[d.rows]}.episode = k.episode")
            alias = aliases[d.rows]
            figures |= {f"{alias}_{name}": f"{alias}.{name}" for name in FIGURE.findall(value)}
            value = FIGURE.sub(rf"{alias}_\1", value)
        columns.append(f", {value} as {identifier(d.name)}")
    counted = "".join(f", {figure} as {name}" for name, figure in figures.items())
    # counts meet on a narrow table first: joins that carry eighty columns along are what would cost
    extra = ("select k.ticket_id as k_ticket_id, k.episode as k_episode, n.next_contact_at, n.next_same_reason_at, n.next_human_contact_at, n.contact_before_at, "
             "n.same_reason_before_at, n.ended_before_at, n.same_reason_ended_before_at, "
             "coalesce(n.opened_while_open, false) as opened_while_open, coalesce(n.opened_while_same_open, false) as opened_while_same_open, "
             f"coalesce(ch.chase_seconds, 0) as chase_seconds, b.resolution_business_seconds, b.first_reply_business_seconds{counted} "
             "from (select ticket_id, episode from bare_facts) k left join neighbours n on n.ticket_id = k.ticket_id and n.episode = k.episode "
             "left join chases ch on ch.ticket_id = k.ticket_id and ch.episode = k.episode "
             f"left join business b on b.ticket_id = k.ticket_id and b.episode = k.episode {' '.join(joins)}")
    named = ", ".join(("next_contact_at", "next_same_reason_at", "next_human_contact_at", "contact_before_at", "same_reason_before_at", "ended_before_at",
                       "same_reason_ended_before_at", "opened_while_open", "opened_while_same_open", "chase_seconds", "resolution_business_seconds",
                       "first_reply_business_seconds"))
    return expand(f"select f.*, {named}{''.join(columns)} from bare_facts f join ({extra}) x on x.k_ticket_id = f.ticket_id and x.k_episode = f.episode")


def build(con: duckdb.DuckDBPyConnection, derivations: Sequence[Derivation], *, whole: bool, has_business: bool,
          progress: Callable[[str], None]) -> None:
    """Make all derived tables from `tickets`, `events`, `snapshot_rows` as the connection sees them.

    whole: kept tables are replaced in the store; else everything is made as temporary tables for the caller to exchange.
    """
    def make(name: str, sql: str, kept: bool = False) -> None:
        progress(f"deriving {name}")
        if kept and whole:
            con.execute(f"DROP TABLE IF EXISTS main.{name}")
            con.execute(f"CREATE TABLE main.{name} AS {sql}")
        else:
            con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {sql}")

    def drop(*names: str) -> None:
        for name in names:
            con.execute(f"DROP TABLE IF EXISTS temp.{name}")

    columns = "event_id, ticket_id, source, occurred_at, seq, file_no, ordinal, kind, actor_id, actor_kind, actor_queue, cause, from_value, to_value"
    make("snapshot_changes", sql_of("snapshot_changes"))
    con.execute(f"CREATE OR REPLACE TEMP VIEW history AS SELECT {columns} FROM events UNION ALL SELECT {columns} FROM snapshot_changes")
    make("ties", _ties_sql(con))
    make("endings", sql_of("endings"))
    _boundaries(con, make)
    make("timeline", sql_of("timeline"))
    drop("endings")
    make("episodes", sql_of("episodes"), kept=True)
    make("runs", sql_of("runs"))
    make("spells", sql_of("spells"), kept=True)
    make("hands", sql_of("hands"), kept=True)
    make("reopens", sql_of("reopens"), kept=True)
    make("flows", sql_of("flows"), kept=True)
    make("asks", sql_of("asks"))
    make("chases", sql_of("chases"))
    promised = con.execute("SELECT count(*) FROM promises").fetchone()[0] > 0
    make("segments", sql_of("segments") + ("" if promised else " LIMIT 0"))
    drop("timeline")
    make("acts", sql_of("acts"), kept=True)
    make("ratings", sql_of("ratings"))
    make("hours", sql_of("hours"), kept=True)
    make("bare_facts", sql_of("bare_facts"))
    make("stays", sql_of("stays"), kept=True)
    make("turns", sql_of("turns"), kept=True)
    make("targets", sql_of("targets"), kept=True)
    make("neighbours", sql_of("neighbours"))
    if has_business:
        make("business", sql_of("business"))
    else:
        make("business", "SELECT NULL::VARCHAR AS ticket_id, NULL::BIGINT AS episode, NULL::BIGINT AS resolution_business_seconds, "
                         "NULL::BIGINT AS first_reply_business_seconds WHERE false")
    make("ticket_facts", facts_sql(derivations), kept=True)
    drop("bare_facts", "runs", "neighbours", "asks", "chases", "segments", "ratings", "business", "snapshot_changes", "ties", "boundaries")


def _ties_sql(con: duckdb.DuckDBPyConnection) -> str:
    """Rank of each file at a moment that several files tell of; nothing to rank where one file told all."""
    ranks = {"created": 0, "queued": 1, "assigned": 2, "reassigned": 2, "priority_changed": 3, "customer_message": 4, "reopened": 5,
             "bot_message": 5, "internal_note": 6, "agent_message": 7, "escalated": 8, "state_changed": 9, "resolved": 10, "closed": 11}
    rank = "min(CASE kind " + " ".join(f"WHEN '{k}' THEN {r}" for k, r in ranks.items()) + " ELSE 12 END)"
    several = con.execute("SELECT count(DISTINCT file_no) FROM history").fetchone()[0] > 1
    return ("SELECT ticket_id, occurred_at, file_no, tie_rank FROM ("
            f"SELECT ticket_id, occurred_at, file_no, {rank} AS tie_rank, count(*) OVER (PARTITION BY ticket_id, occurred_at) AS files "
            f"FROM history {'' if several else 'WHERE false'} GROUP BY ticket_id, occurred_at, file_no) WHERE files > 1")


def _boundaries(con: duckdb.DuckDBPyConnection, make: Callable[..., None]) -> None:
    """Beginnings of new contacts in reused threads; needs a first timeline, of those sources only."""
    empty = "SELECT * FROM endings WHERE false"
    make("boundaries", empty)
    if not con.execute("SELECT count(*) FROM reused_sources").fetchone()[0]:
        return
    # a new contact may be settled and woken in its turn: again for those just found, until none is
    con.execute("CREATE OR REPLACE TEMP TABLE looked_at AS SELECT t.ticket_id FROM tickets t JOIN reused_sources r ON r.source = t.source")
    while True:
        make("timeline", sql_of("timeline").replace("/*place*/", " place, seq, ordinal,")
             .replace("from all_moments", "from all_moments where ticket_id in (select ticket_id from looked_at)"))
        con.execute(f"CREATE OR REPLACE TEMP TABLE found AS {sql_of('boundaries')}")
        if not con.execute("SELECT count(*) FROM found").fetchone()[0]:
            break
        con.execute("INSERT INTO boundaries SELECT * FROM found")
        con.execute("CREATE OR REPLACE TEMP TABLE looked_at AS SELECT DISTINCT ticket_id FROM found")
    con.execute("DROP TABLE temp.found; DROP TABLE temp.looked_at")
