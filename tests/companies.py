"""Rows of single contacts, of the sample company or of a random world, for tests that count an analysis' answer anew by its definition."""
from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import cached_property
from statistics import NormalDist

import pytest
from test_against_plain import build, world_of

from metrics.engine.engines import DuckDBEngine
from metrics.engine.metric import analyses
from metrics.engine.scope import Scope
from warehouse.store import Folder, reading

DAY, WEEK = timedelta(days=1), timedelta(days=7)
Z = NormalDist().inv_cdf(0.975)
VENDOR = {"queues": {"s:risk": {"team": "Money"}, "s:billing": {"team": "Front", "vendor": "Northwind"}, "s:legal": {"team": "Money"}},
          "rates": {"hourly": 40.0, "currency": "EUR", "vendors": {"Northwind": 5.0}}}
FACTS = """ticket_no, ticket_id, episode, source, person_id, company_id, channel, priority, csat, reason, reason_group, owner, action, avoidable_share, reason_from,
    handled_by, agent, started_at, ended_at, first_settled_at, closed_at, first_reply_at, first_agent_at, first_reply_business_seconds, message_fidelity,
    first_held_at, arrived_local, ended_on, ended_week, arrived_on, arrived_week, is_open, is_proactive, replies, assignment_fidelity, left_out, handoffs, reopens,
    queue, first_queue"""
SCOPES = {"all": Scope(), "email": Scope(from_on=date(2026, 8, 12), to_on=date(2026, 9, 30), where=(("channel", "email"),))}
WORLD_SCOPES = {"all": Scope(), "login": Scope(where=(("reason", "login"),)), "none or invoice": Scope(where=(("reason", "(none)"), ("reason", "invoice"))),
                "period": Scope(from_on=date(2026, 3, 11), to_on=date(2026, 4, 30))}


class Company:
    """Rows of single contacts, read once."""

    def __init__(self, engine: DuckDBEngine, scopes: dict[str, Scope]) -> None:
        self.engine, self.scopes, self.until = engine, scopes, engine.data_until
        self.facts = [f for f in engine.records(f"select {FACTS} from ticket_facts") if f["left_out"] is None]
        self.key = {(f["ticket_no"], f["episode"]): f for f in self.facts}
        self.weeks = engine.records("select * from weeks order by week_on")

    def rows(self, table: str) -> dict[tuple, list[dict]]:
        found = defaultdict(list)
        for row in self.engine.records(f"select * from {table}"):
            found[row["ticket_no"], row["episode"]].append(row)
        return found

    @cached_property
    def stays(self) -> dict[tuple, list[dict]]:
        return {key: sorted(rows, key=lambda s: s["stay_no"]) for key, rows in self.rows("(select ticket_no, episode, stay_no, queue, team, vendor, entered_at, assigned_at, "
                "left_at, next_queue, was_touched from stays)").items()}

    @cached_property
    def hours(self) -> dict[tuple, list[dict]]:
        return self.rows("hours")

    @cached_property
    def spells(self) -> dict[tuple, list[dict]]:
        return self.rows("spells")

    @cached_property
    def hands(self) -> dict[tuple, list[dict]]:
        return self.rows("hands")

    @cached_property
    def starts(self) -> dict[str, list[datetime]]:
        found = defaultdict(list)
        for f in self.facts:
            if f["person_id"] is not None and not f["is_proactive"] and f["started_at"] is not None:
                found[f["person_id"]].append(f["started_at"])
        return found

    def asked(self, scope: Scope, dated: bool = True) -> list[dict]:
        """The contacts of a scope: the same dimension twice is either, two are both."""
        wanted = defaultdict(set)
        for dim, value in scope.where:
            wanted[dim].add(None if value == "(none)" else value)
        return [f for f in self.facts if all(f[dim] in values for dim, values in wanted.items()) and not (dated and (
            (scope.from_on and not (f["arrived_on"] and f["arrived_on"] >= scope.from_on)) or (scope.to_on and not (f["arrived_on"] and f["arrived_on"] < scope.to_on))))]

    def followed(self, f: dict, days: int, until: datetime | None = None) -> bool | None:
        """Did the customer come again within the window? None where nobody knows, or not yet."""
        if f["person_id"] is None or f["is_proactive"] or f["is_open"] or f["ended_at"] is None:
            return None
        if f["ended_at"] < f["started_at"] or f["ended_at"] + days * DAY > (until or self.until):
            return None
        return any(timedelta(0) < at - f["ended_at"] <= days * DAY for at in self.starts[f["person_id"]])

    @cached_property
    def full_weeks(self) -> list[date]:
        """From the week on whose Monday the data had begun to the last that has ended; a quiet half day at its end is no missing part."""
        first = min(f["started_at"] for f in self.facts if f["started_at"])
        return [w["week_on"] for w in self.weeks if w["starts_at"] + DAY > first and w["starts_at"] < self.until and self.until >= w["until_at"] - timedelta(hours=12)]


def world(seed: int, reused: bool) -> Company:
    """A random world with a vendor, ratings, owners and companies of known value."""
    engine, _ = build(world_of(seed), reused, more=VENDOR)
    engine.con.execute("""update ticket_facts set csat = 1 + ticket_no % 5 where ticket_no % 3 > 0;
        update ticket_facts set company_id = 's:k' || ticket_no % 9 where ticket_no % 4 > 0;
        update ticket_facts set reason_group = 'App', owner = 'App team', action = 'eliminate', avoidable_share = 0.9 where reason = 'login'""")
    engine.con.execute("insert into companies (company_id, value_per_year) select 's:k' || range, 100 * range from range(7)")
    engine.con.execute("insert into about values ('settings_copy', ?)", [json.dumps(VENDOR)])
    return Company(engine, WORLD_SCOPES)


KINDS = ["sample", "world", "world of threads"]


def opened(request: pytest.FixtureRequest) -> Iterator[Company]:
    """The company a fixture's parameter names."""
    if request.param == "sample":
        with reading(Folder(request.getfixturevalue("lumen"))) as con:
            yield Company(DuckDBEngine(con), SCOPES)
    else:
        yield world(11, request.param != "world")


def ask(company: Company, name: str, scope: Scope) -> list[dict]:
    return analyses()[name].ask(company.engine, scope)


def same(found: dict, expected: dict, about: object) -> None:
    """Every column expected, numbers to six digits."""
    for column, value in expected.items():
        told = found[column]
        if isinstance(value, date):
            value = value.isoformat()
        near = told is not None and value is not None and isinstance(value, int | float) and math.isclose(told, value, rel_tol=2e-6, abs_tol=2e-6)
        assert near or told == value, (about, column, told, value)


def alike(found: list[dict], expected: dict[tuple, dict], keys: tuple[str, ...]) -> None:
    """The same rows, by their keys, with the same columns."""
    told = {tuple(row[k] for k in keys): row for row in found}
    assert told.keys() == expected.keys()
    for key, row in expected.items():
        same(told[key], row, key)


def quantile(values: list[float], p: float) -> float | None:
    """With linear interpolation between the two nearest."""
    if not values:
        return None
    ordered, place = sorted(values), p * (len(values) - 1)
    low = math.floor(place)
    return ordered[low] + (place - low) * (ordered[min(low + 1, len(ordered) - 1)] - ordered[low])
