"""Every shared definition gives the same rows on a second engine: Sail, a Spark Connect server on loopback, over one seeded world.

Integers and keys must be the same, floats within 1e-9. Where the optional packages are not installed this says so and is
skipped.
"""
from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from test_against_plain import build, world_of

from metrics.engine.engines import DuckDBEngine
from metrics.engine.metric import analyses, catalog, derivations
from metrics.engine.query import show
from metrics.engine.scope import Scope
from warehouse import derive, reasons
from warehouse.sql import expand

CLOSE = 1e-9
# what derivation reads: model tables and the lookups made of settings
GIVEN = (
    "events",
    "snapshot_rows",
    "tickets",
    "customers",
    "agents",
    "companies",
    "coverage",
    "weeks",
    "local_days",
    "calendar",
    "work_allowance",
    "repeat_window",
    "default_schedule",
    "queues",
    "bots",
    "survivors",
    "part_tickets",
    "incident_tickets",
    "agent_names",
    "reason_map",
    "reason_rules",
    "source_streams",
    "reused_sources",
    "reopening",
    "ticket_dimensions",
    "test_tickets",
    "promises",
    "promise_targets",
    "promise_pauses",
    "links",
    "measures",
    "identities",
    "decisions",
    "files",
    "unmapped",
    "oddities",
)


@dataclass
class SailMaker:
    """Derived tables on Sail, each kept as what it is."""

    session: Any
    made: dict[str, pa.Table] = field(default_factory=dict)

    def make(self, name: str, text: str, kept: bool = False) -> None:
        self._keep(name, self.session.sql(expand(text, "spark")).toArrow())

    def view(self, name: str, text: str) -> None:
        self.make(name, text)

    def add(self, name: str, text: str) -> None:
        more = self.session.sql(expand(text, "spark")).toArrow()
        self._keep(name, pa.concat_tables([self.made[name], more.cast(self.made[name].schema)]))

    def drop(self, *names: str) -> None:
        for name in names:
            self.session.catalog.dropTempView(name)

    def count(self, text: str) -> int:
        return self.session.sql(expand(f"select count(*) as n from ({text}) as counted", "spark")).toArrow()["n"][0].as_py()

    def _keep(self, name: str, table: pa.Table) -> None:
        self.made[name] = table
        if table.num_rows:
            self.session.createDataFrame(table).createOrReplaceTempView(name)
            return
        # a session takes no empty table: typed NULLs of which no row is left
        nulls = ", ".join(f"cast(null as {spark_type(f.type)}) as `{f.name}`" for f in table.schema)
        self.session.sql(f"select {nulls} from (select 1 as x) as one where false").createOrReplaceTempView(name)


def spark_type(kind: pa.DataType) -> str:
    """An Arrow type as Spark names it."""
    for is_it, name in ((pa.types.is_integer, "bigint"), (pa.types.is_boolean, "boolean"), (pa.types.is_date, "date"), (pa.types.is_timestamp, "timestamp_ntz")):
        if is_it(kind):
            return name
    return "double" if pa.types.is_floating(kind) or pa.types.is_decimal(kind) else "string"


class SailEngine(DuckDBEngine):
    """Asks the tables of a Sail session."""

    def __init__(self, session: Any, about: dict[str, str]) -> None:
        self.session, self.dialect = session, "spark"
        self.__dict__["about"] = about

    def names_in(self, table: str) -> tuple[str, ...]:
        return ()   # this world has no dimensions of its own

    def query(self, sql: str, params: list[Any] | None = None) -> tuple[list[str], list[tuple]]:
        found = self.session.sql(expand(sql, self.dialect), args=list(params or [])).toArrow()
        return found.column_names, [tuple(column[i].as_py() for column in found.columns) for i in range(found.num_rows)]


@pytest.fixture(scope="module")
def both(sail):
    """The same world derived on both engines."""
    duck, _ = build(world_of(1), reused=True)
    maker = SailMaker(sail)
    for name in GIVEN:
        maker._keep(name, plain(duck, name))
    derive.build(maker, derivations(), has_business=False)
    return duck, SailEngine(sail, duck.about), maker


def plain(engine: DuckDBEngine, name: str) -> pa.Table:
    """A table of the DuckDB store in types every engine has."""
    columns = [(c[0], c[1]) for c in engine.con.execute(f"describe {name}").fetchall()]
    listed = ", ".join(f'cast("{c}" as varchar) as "{c}"' if "ENUM" in str(kind) else f'"{c}"' for c, kind in columns)
    return engine.con.sql(f"select {listed} from {name}").to_arrow_table()


def rows_of(table: pa.Table) -> list[tuple]:
    names = sorted(table.column_names)
    rows = [tuple(table[name][i].as_py() for name in names) for i in range(table.num_rows)]
    return sorted(rows, key=lambda row: tuple((value is None, str(value)) for value in row))


def same(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, float) or isinstance(theirs, float):
        if ours is None or theirs is None:
            return ours is theirs
        return math.isclose(float(ours), float(theirs), rel_tol=CLOSE, abs_tol=CLOSE)
    return ours == theirs


@pytest.mark.parametrize("name", derive.KEPT)
def test_derived_tables(both, name):
    duck, _, maker = both
    ours, theirs = plain(duck, name), maker.made[name]
    assert sorted(ours.column_names) == sorted(theirs.column_names)
    mine, others = rows_of(ours), rows_of(theirs)
    assert len(mine) == len(others) > 0 or name in ("targets",)
    columns = sorted(ours.column_names)
    for a, b in zip(mine, others, strict=True):
        assert all(same(x, y) for x, y in zip(a, b, strict=True)), [(c, x, y) for c, x, y in zip(columns, a, b, strict=True) if not same(x, y)]


def test_rules_on_tags_and_text(sail):
    """Patterns with what LIKE and regular expressions have of their own."""
    text = derive.text_of("told_reasons").replace("from tickets", "from some_tickets").replace("join reason_rules", "join some_rules")
    tickets = pa.table({"ticket_no": [1, 2, 3, 4, 5], "reason_raw": pa.array([None, None, None, None, "login"], pa.string()),
                        "tags": ["vip late_1", "lateX1 100%", None, None, "late_1"], "subject": [None, "Refund!", "Größe: my refund, please", "refunded", "refund"]})
    rules = [("tag", "late_1"), ("tag", "100%"), ("text", "refund"), ("text", "größe * please")]
    made = pa.table({"rule_no": [0, 1, 2, 3], "found_in": [place for place, _ in rules], "pattern": [reasons.like(*rule) for rule in rules]})
    duck = duckdb.connect()
    for name, table in (("some_tickets", tickets), ("some_rules", made)):
        duck.register(name, table)
        sail.createDataFrame(table).createOrReplaceTempView(name)
    ours = duck.sql(expand(text, "duckdb")).to_arrow_table()
    assert rows_of(ours) == rows_of(sail.sql(expand(text, "spark")).toArrow()) == [(0, 1), (1, 2), (2, 3)]


@pytest.mark.parametrize("name", catalog())
def test_metrics(both, name):
    duck, sail, _ = both
    for scope in (Scope(), Scope(by=("reason",), week=True), Scope(where=(("queue", "billing"),))):
        try:
            ours = show(duck, catalog()[name], scope)
        except Exception as problem:   # a question that cannot be asked is refused alike
            with pytest.raises(type(problem)):
                show(sail, catalog()[name], scope)
            continue
        theirs = show(sail, catalog()[name], scope)
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs, strict=True):
            assert a.keys() == b.keys()
            wrong = {k: (a[k], b[k]) for k in a if not deep(a[k], b[k])}
            assert not wrong, (scope, wrong)


@pytest.mark.parametrize("name", [name for name, metric in catalog().items() if "identity" in metric.options])
def test_metrics_of_a_company(both, name):
    """In this world nobody has a company; the question is asked of both all the same."""
    duck, sail, _ = both
    scope = Scope(options={"identity": "company", "reason": "same"})
    assert deep(show(duck, catalog()[name], scope), show(sail, catalog()[name], scope))


def deep(a: Any, b: Any) -> bool:
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(deep(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(deep(x, y) for x, y in zip(a, b, strict=True))
    return same(a, b)


@pytest.mark.parametrize("name", analyses())
def test_analyses(both, name):
    duck, sail, _ = both
    ours, theirs = (analyses()[name].ask(engine, Scope(from_on=date(2026, 2, 2))) for engine in (duck, sail))
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        wrong = {k: (a[k], b[k]) for k in a if not deep(a[k], b[k])}
        assert not wrong
