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
from typing import Protocol

import duckdb

from warehouse.calendar import open_seconds_sql
from warehouse.model import TICKET_COLUMNS
from warehouse.sql import expand, identifier

FOLDER = Path(__file__).parent
FIGURE = re.compile(r"\br\.(\w+)")
KEPT = ("episodes", "stays", "spells", "hands", "reopens", "hours", "flows", "acts", "turns", "targets", "ticket_facts")   # in the store and every snapshot
STEPS = ("episodes", "runs", "spells", "hands", "reopens", "flows", "asks", "chases", "segments", "acts", "ratings", "hours", "told_reasons", "bare_facts", "stays", "turns",
         "targets", "neighbours", "business", "ticket_facts")   # after the timeline, in this order
HISTORY = ("select t.ticket_no, e.occurred_at, e.seq, e.file_no, e.ordinal, e.kind, e.actor_id, e.actor_kind, e.cause, e.from_value, e.to_value "
           "from events e join tickets t on t.ticket_id = e.ticket_id union all "
           "select ticket_no, occurred_at, seq, file_no, ordinal, kind, actor_id, actor_kind, cause, from_value, to_value from snapshot_changes")
NO_BUSINESS = ("select cast(null as bigint) as ticket_no, cast(null as bigint) as episode, cast(null as bigint) as resolution_business_seconds, "
               "cast(null as bigint) as first_reply_business_seconds where false")


@dataclass(frozen=True)
class Derivation:
    """One column of ticket_facts that a metric asks for.

    `rows`: a query over the derived tables giving ticket_no, episode and its figures; or None.
    `value`: an expression over bare_facts, and over those figures as `r.name` where there are rows.
    """

    name: str
    value: str
    rows: str | None = None


class Maker(Protocol):
    """Where derived tables are made: an engine that runs shared SQL and keeps its result under a name."""

    def make(self, name: str, text: str, kept: bool = False) -> None:
        """The table of that name becomes what the shared SQL gives."""

    def view(self, name: str, text: str) -> None:
        """The same, read anew each time it is asked."""

    def add(self, name: str, text: str) -> None:
        """More rows for a table."""

    def drop(self, *names: str) -> None:
        """These are needed no more."""

    def count(self, text: str) -> int:
        """How many rows the shared SQL gives."""


@dataclass(frozen=True)
class DuckDBMaker:
    """Tables of a DuckDB connection. whole: kept tables are replaced in the store; else everything is temporary, for the caller
    to exchange."""

    con: duckdb.DuckDBPyConnection
    whole: bool
    progress: Callable[[str], None]

    def make(self, name: str, text: str, kept: bool = False) -> None:
        self.progress(f"deriving {name}")
        if kept and self.whole:
            self.con.execute(f"DROP TABLE IF EXISTS main.{name}")
            self.con.execute(f"CREATE TABLE main.{name} AS {expand(text)}")
        else:
            self.con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {expand(text)}")

    def view(self, name: str, text: str) -> None:
        self.con.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {expand(text)}")

    def add(self, name: str, text: str) -> None:
        self.con.execute(f"INSERT INTO {name} {expand(text)}")

    def drop(self, *names: str) -> None:
        for name in names:
            self.con.execute(f"DROP TABLE IF EXISTS temp.{name}")

    def count(self, text: str) -> int:
        return self.con.execute(f"SELECT count(*) FROM ({expand(text)}) AS counted").fetchone()[0]


def sql_of(name: str) -> str:
    """The SQL of one derived table, for DuckDB."""
    return expand(text_of(name))


def text_of(name: str) -> str:
    """The shared SQL of one derived table."""
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
    return text


def facts_text(derivations: Sequence[Derivation]) -> str:
    """ticket_facts: bare_facts, the customer's neighbouring contacts, and one column per per-contact metric."""
    joins, columns, figures, aliases = [], [], {}, {}
    for d in derivations:
        value = d.value
        if d.rows:   # metrics that read the same rows share one join
            if d.rows not in aliases:
                aliases[d.rows] = f"m{len(aliases)}"
                joins.append(f"left join ({d.rows}) as {aliases[d.rows]} on {aliases[d.rows]}.ticket_no = k.ticket_no and {aliases[d.rows]}.episode = k.episode")
            alias = aliases[d.rows]
            figures |= {f"{alias}_{name}": f"{alias}.{name}" for name in FIGURE.findall(value)}
            value = FIGURE.sub(rf"{alias}_\1", value)
        columns.append(f", {value} as {identifier(d.name)}")
    counted = "".join(f", {figure} as {name}" for name, figure in figures.items())
    # counts meet on a narrow table first: joins that carry eighty columns along are what would cost
    extra = ("select k.ticket_no as k_ticket_no, k.episode as k_episode, n.next_contact_at, n.next_same_reason_at, n.next_human_contact_at, n.contact_before_at, "
             "n.same_reason_before_at, n.ended_before_at, n.same_reason_ended_before_at, "
             "coalesce(n.opened_while_open, false) as opened_while_open, coalesce(n.opened_while_same_open, false) as opened_while_same_open, "
             "n.other_contacts, n.other_same_contacts, n.issue_no, coalesce(ch.chase_seconds, 0) as chase_seconds, "
             f"b.resolution_business_seconds, b.first_reply_business_seconds{counted} "
             "from (select ticket_no, episode from bare_facts) k left join neighbours n on n.ticket_no = k.ticket_no and n.episode = k.episode "
             "left join chases ch on ch.ticket_no = k.ticket_no and ch.episode = k.episode "
             f"left join business b on b.ticket_no = k.ticket_no and b.episode = k.episode {' '.join(joins)}")
    named = ", ".join(("next_contact_at", "next_same_reason_at", "next_human_contact_at", "contact_before_at", "same_reason_before_at", "ended_before_at",
                       "same_reason_ended_before_at", "opened_while_open", "opened_while_same_open", "other_contacts", "other_same_contacts", "issue_no", "chase_seconds",
                       "resolution_business_seconds", "first_reply_business_seconds"))
    return f"select f.*, {named}{''.join(columns)} from bare_facts f join ({extra}) x on x.k_ticket_no = f.ticket_no and x.k_episode = f.episode"


def build(maker: Maker, derivations: Sequence[Derivation], *, has_business: bool) -> None:
    """Make all derived tables from `tickets`, `events`, `snapshot_rows` and the lookups, as the engine sees them."""
    maker.make("snapshot_changes", text_of("snapshot_changes"))
    maker.view("history", HISTORY)
    maker.make("ties", _ties(maker))
    maker.make("endings", text_of("endings"))
    _boundaries(maker)
    maker.make("timeline", text_of("timeline"))
    maker.drop("endings")
    has_promises = maker.count("select metric from promises") > 0
    has_rules = maker.count("select rule_no from reason_rules") > 0
    for name in STEPS:
        if name == "ticket_facts":
            text = facts_text(derivations)
        elif name == "business" and not has_business:
            text = NO_BUSINESS
        elif (name == "segments" and not has_promises) or (name == "told_reasons" and not has_rules):
            text = f"select * from ({text_of(name)}) as s where false"
        else:
            text = text_of(name)
        maker.make(name, text, kept=name in KEPT)
        if name == "segments":
            maker.drop("timeline")
    maker.drop(*(name for name in STEPS if name not in KEPT), "snapshot_changes", "ties", "boundaries")


def _ties(maker: Maker) -> str:
    """Rank of each file at a moment that several files tell of; nothing to rank where one file told all."""
    ranks = {"created": 0, "queued": 1, "assigned": 2, "reassigned": 2, "priority_changed": 3, "customer_message": 4, "reopened": 5,
             "bot_message": 5, "internal_note": 6, "agent_message": 7, "escalated": 8, "state_changed": 9, "resolved": 10, "closed": 11}
    rank = "min(case kind " + " ".join(f"when '{k}' then {r}" for k, r in ranks.items()) + " else 12 end)"
    several = maker.count("select distinct file_no from history") > 1
    return ("select ticket_no, occurred_at, file_no, tie_rank from ("
            f"select ticket_no, occurred_at, file_no, {rank} as tie_rank, count(*) over (partition by ticket_no, occurred_at) as files "
            f"from history {'' if several else 'where false'} group by ticket_no, occurred_at, file_no) as ranked where files > 1")


def _boundaries(maker: Maker) -> None:
    """Beginnings of new contacts in reused threads; needs a first timeline, of those sources only."""
    maker.make("boundaries", "select * from endings where false")
    if not maker.count("select source from reused_sources"):
        return
    # a new contact may be settled and woken in its turn: again for those just found, until none is
    maker.make("looked_at", "select t.ticket_no from tickets t join reused_sources r on r.source = t.source")
    while True:
        maker.make("timeline", text_of("timeline").replace("/*place*/", " place, seq, ordinal,")
                   .replace("from all_moments", "from all_moments where ticket_no in (select ticket_no from looked_at)"))
        maker.make("found", text_of("boundaries"))
        if not maker.count("select ticket_no from found"):
            break
        maker.add("boundaries", "select * from found")
        maker.make("looked_at", "select distinct ticket_no from found")
    maker.drop("found", "looked_at")
