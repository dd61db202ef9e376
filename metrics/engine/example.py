"""Worked examples run for real: their few lines of events are loaded, derived and asked like any data.

Notation, one event a line: `TICKET [+Nd] HH:MM[:SS] KIND [VALUE] [by ACTOR]`. The day is Monday 9 June 2025 (UTC), `+2d`
two days later. `crm:T7` is a ticket of a second tool. ACTOR is customer, system, bot (or `bot NAME`), rule, bulk or offer_not_taken
(what moved it), or an agent's name; `by agent ana`
says so aloud.
"""
from __future__ import annotations

import tempfile
import tomllib
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from metrics.engine.engines import DuckDBEngine
from metrics.engine.metric import Example, Metric, Planted, catalog, derivations
from metrics.engine.query import tickets
from metrics.engine.scope import Scope
from warehouse import derive, identity, lookups
from warehouse.model import EVENT_KINDS, make_tables
from warehouse.settings import Settings
from warehouse.store import Folder, define_keyed

MONDAY = datetime(2025, 6, 9)
STREAMS = {"messages": "events", "assignments": "events", "queues": "events", "states": "events"}


def parse_events(text: str, source: str) -> list[dict[str, Any]]:
    """The lines of an example as rows of `events`. Raises ValueError naming the line that cannot be read."""
    rows = []
    for number, line in enumerate(filter(None, (part.strip() for part in text.splitlines()))):
        words = line.split()
        own, ticket = _place(source, words[0])
        words = words[1:]
        days = 0
        if words[0].startswith("+") and words[0].endswith("d"):
            days, words = int(words[0][1:-1]), words[1:]
        clock, kind, rest = words[0], words[1], words[2:]
        if kind not in EVENT_KINDS:
            raise ValueError(f"'{line}': {kind} is no event kind")
        time = [int(p) for p in clock.split(":")]
        occurred = MONDAY + timedelta(days=days, hours=time[0], minutes=time[1], seconds=time[2] if len(time) > 2 else 0)
        actor = rest[rest.index("by") + 1:] if "by" in rest else []
        value = " ".join(rest[:rest.index("by")] if "by" in rest else rest) or None
        actor_kind, cause = _actor(actor)
        if kind in ("customer_message", "rated") and actor_kind is None:
            actor_kind = "customer"
        if kind in ("agent_message", "internal_note") and actor_kind is None:
            actor_kind = "agent"
        if kind in ("queued", "assigned") and value:
            value = f"{own}:{value}"
        rows.append({"event_id": None, "ticket_id": f"{own}:{ticket}", "source": own, "occurred_at": occurred, "seq": None, "file_no": 1, "ordinal": number,
                     "kind": kind, "actor_id": f"{own}:{actor[-1]}" if actor else None, "actor_kind": actor_kind, "actor_queue": None, "cause": cause,
                     "from_value": None, "to_value": value})
    return rows


def _place(source: str, ticket: str) -> tuple[str, str]:
    """Source and name of a ticket: T1 is of the example's own tool, crm:T1 of another."""
    tool, mark, name = ticket.rpartition(":")
    return (f"{source}-{tool}", name) if mark else (source, ticket)


def _actor(words: list[str]) -> tuple[str | None, str | None]:
    if not words:
        return None, None
    first = words[0]
    if first in ("customer", "system", "bot", "agent"):
        return first, None
    return ("system", first) if first in ("rule", "bulk", "offer_not_taken") else ("agent", None)


def store_of(examples: Iterable[Example | Planted], settings_text: str) -> tuple[DuckDBEngine, dict[int, str]]:
    """One derived store for many examples of the same settings, each a source of its own. Returns it and example -> source."""
    examples = list(examples)
    con = duckdb.connect()
    with tempfile.TemporaryDirectory() as folder:
        define_keyed(con, Folder(Path(folder)))
    con.execute("CREATE TABLE about (name VARCHAR PRIMARY KEY, value VARCHAR)")
    make_tables(con)
    names = {}
    told = tomllib.loads(settings_text)
    sources = told.pop("sources", {}).get("example", {})
    queues = told.pop("queues", {})
    told["sources"], told["queues"] = {}, {}
    for number, example in enumerate(examples):
        source = names[number] = f"example{number}"
        if sources:
            told["sources"][source] = sources
        for key, value in queues.items():
            told["queues"][key.replace("example", source, 1)] = value
        _fill(con, source, example)
    settings = Settings.model_validate(told)
    con.execute(f"CREATE OR REPLACE TABLE tickets AS {derive.sql_of('tickets')}")
    identity.join_customers(con)
    has_business = lookups.prepare(con, settings)
    derive.build(derive.DuckDBMaker(con, True, lambda text: None), derivations(), has_business=has_business)
    con.execute("INSERT INTO about VALUES ('load_id', 'example'), ('report_zone', ?), ('settings_copy', ?)", [settings.report_zone, settings.model_dump_json()])
    return DuckDBEngine(con), names


def _fill(con: duckdb.DuckDBPyConnection, source: str, example: Example | Planted) -> None:
    written = example.events() if callable(example.events) else example.events
    events = parse_events(written, source)
    _insert(con, "events", events)
    tickets = example.tickets() if callable(example.tickets) else example.tickets
    rows = []
    for ticket, told in tickets.items():
        own, name = _place(source, ticket)
        row: dict[str, Any] = {"ticket_id": f"{own}:{name}", "source": own, "stream": "tickets", "fidelity": "counters", "file_no": 1, "ordinal": 0}
        for column, value in told.items():
            if column.endswith("_at"):
                value = datetime.fromisoformat(value)
            elif column.endswith("_key"):   # worlds share a store, but nobody lives in two of them
                value = f"{source} {value}"
            elif column in ("customer_id", "queue_id", "assignee_id", "merged_into", "company_id"):
                value = f"{own}:{value}"
            row[column] = value
        rows.append(row)
    _insert(con, "ticket_rows", rows)
    latest = max((e["occurred_at"] for e in events), default=MONDAY)
    for own in sorted({r["source"] for r in [*events, *rows]} | {source}):
        con.execute("INSERT INTO files (file_no, load_id, source, name, stream, description, mapping) VALUES (1, 'example', ?, 'example', 'events', '{}', '{}')", [own])
        for stream, fidelity in (STREAMS if example.fidelity is None else example.fidelity).items():
            con.execute("INSERT INTO coverage VALUES (?, ?, ?, NULL, ?)", [own, stream, fidelity, latest])
    if isinstance(example, Planted):
        _insert(con, "decisions", [{"kind": "ours", **d} for d in example.decisions])
        _insert(con, "reasons", list(example.reasons))
        _insert(con, "measures", [{"source": source, "file_no": 1, "ordinal": i, **m} for i, m in enumerate(example.measures)])


def _insert(con: duckdb.DuckDBPyConnection, table: str, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    names = sorted({name for row in rows for name in row})
    found = pa.table({name: pa.array([row.get(name) for row in rows]) for name in names})   # noqa: F841 (read by DuckDB)
    con.execute(f"INSERT INTO main.{table} BY NAME SELECT * FROM found")


def outcomes(engine: DuckDBEngine, metric: Metric, example: Example, source: str) -> dict[str, Any]:
    """Per ticket of the example its value, or the rule that leaves it out; several stays as a list in their order."""
    until = engine.query("select max(until_at) from coverage where source = ?", [source])[1][0][0]
    engine.about["data_until"] = until.isoformat(sep=" ")
    rows = tickets(engine, metric, Scope(where=(("source", source),), options=example.options))
    stays: dict[tuple[str, int], list] = {}
    for row in rows:
        stays.setdefault((row["ticket_id"].removeprefix(source + ":"), row["episode"]), []).append(row["rule"] or row["value"])
    found = {ticket if episode == 1 else f"{ticket}#{episode}": values for (ticket, episode), values in stays.items()}
    return {ticket: values[0] if len(values) == 1 else values for ticket, values in sorted(found.items())}


def all_examples() -> list[tuple[Metric, Example]]:
    """Every worked example of the catalog with its metric."""
    return [(metric, example) for metric in catalog().values() for example in metric.examples]
