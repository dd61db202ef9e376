"""A mark of a chart opens exactly the contacts it is drawn of: the lists behind ages, hours, days of the curve, sides of the border and hands."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from statistics import median

import pytest

from metrics.engine.engines import DuckDBEngine
from metrics.engine.metric import analyses
from metrics.engine.scope import Scope, ScopeProblem
from metrics.lists import behind
from metrics.lists.marked import WEEKDAYS
from pages.charts import demand, desk, routes, style
from pages.parts import tickets_behind
from warehouse.store import Folder, reading

NOW = Scope(from_on=date(2026, 7, 27))
BILLING = Scope(from_on=date(2026, 7, 27), where=(("queue", "Billing"),))


@pytest.fixture(scope="module")
def engine(lumen: Path) -> DuckDBEngine:
    return DuckDBEngine(reading(Folder(lumen)))


def marks(fig) -> list[dict[str, str]]:
    return [about for trace in fig.layout.meta["opens"].values() for about in trace]


def opened(engine: DuckDBEngine, now: Scope, about: dict[str, str]) -> list[dict]:
    """What the drawer asks for this mark."""
    return behind.LISTS[about["list"]](engine, now, *(about[name] for name in tickets_behind.LISTS[about["list"]][0]), None)


@pytest.mark.parametrize("now", [Scope(), Scope(where=(("queue", "Billing"), ("channel", "email")))], ids=["all", "filtered"])
def test_ages(engine, now):
    rows = analyses()["ageing"].ask(engine, now)
    drawn = {(r["age"], r["state"]): 0 for r in rows if r["level"] == "queue"}
    for r in rows:
        if r["level"] == "queue":
            drawn[r["age"], r["state"]] += r["contacts"]
    found = {(m["age"], m["state"]): len(opened(engine, now, m)) for m in marks(desk.ageing(rows, style.LIGHT))}
    assert {place: n for place, n in found.items() if n} == drawn and drawn


def test_hours_of_the_week(engine):
    rows = analyses()["hours_short"].ask(engine, BILLING)
    drawn = {(WEEKDAYS[r["weekday"] - 1], f"{r['hour']:02}"): round(r["came"] * r["weeks"]) for r in rows}
    found = marks(desk.hours_short(rows, style.LIGHT))
    assert len(found) > 50
    for about in found[::5]:
        assert len(opened(engine, BILLING, about)) == drawn[about["weekday"], about["hour"]], about


def test_days_of_the_curve(engine):
    rows = {str(r["days"]): r for r in analyses()["repeat_curve"].ask(engine, NOW)}
    for about in marks(demand.coming_back(list(rows.values()), style.LIGHT)):
        if about["days"] in ("1", "7", "30"):
            row, listed = rows[about["days"]], opened(engine, NOW, about)
            rate = row[{"any": "rate", "same": "same_reason_rate", "newest": "newest_rate"}[about["which"]]]
            assert sum(r["rule"] is None for r in listed) / len(listed) == pytest.approx(rate, abs=1e-6), about
            if about["which"] != "same":
                assert len(listed) == row["newest_contacts" if about["which"] == "newest" else "contacts"], about


def test_sides_and_teams_of_the_border(engine):
    rows = [r for r in analyses()["vendor_border"].ask(engine, NOW) if r["judged"]]
    for row, about in zip(rows, marks(routes.border(rows, style.LIGHT)), strict=False):
        assert about["name"] in (row["side"], row["team"]) and len(opened(engine, NOW, about)) == row["contacts"], about


def test_hands_and_tenths(engine):
    rows = analyses()["consequences"].ask(engine, NOW)
    for level, named in (("hands", "hands"), ("waiting", "tenth")):
        drawn = {r["group"]: r for r in rows if r["level"] == level}
        found = marks(demand.after(rows, level, style.LIGHT))
        assert {about[named] for about in found} <= drawn.keys() and found
        for about in found:
            listed, row = opened(engine, NOW, about), drawn[about[named]]
            assert len(listed) == row["contacts"], about
            if level == "waiting":
                assert median(r["value"] for r in listed) == pytest.approx(row["median_waited_seconds"]), about


def test_issues_of_a_week(engine):
    rows = analyses()["fragmentation"].ask(engine, NOW)
    drawn = {r["week"]: r for r in rows}
    found = marks(demand.broken(rows, NOW.from_on, style.LIGHT))
    assert len(found) > 12
    for about in found:
        listed = opened(engine, NOW, about)
        assert issues(engine, {(r["ticket_id"], r["episode"]) for r in listed}) == drawn[about["began"]][about["mark"]], about


def issues(engine, contacts: set[tuple[str, int]]) -> int:
    """How many stretches of one customer's contacts, none a week after the last was done with, these make."""
    found, until, who = 0, None, None
    told = engine.query("select ticket_id, episode, person_id, started_at, case when is_open then ? else ended_at end from ticket_facts where person_id is not null "
                        "order by person_id, started_at", [engine.data_until])[1]
    for ticket, episode, person, start, end in told:
        if (ticket, episode) not in contacts:
            continue
        found += person != who or start - until > timedelta(days=7)
        until = end if person != who else max(until, end)
        who = person
    return found


FORGED = (
    {"list": "aged", "age": "old", "state": "new"},
    {"list": "came", "weekday": "Someday", "hour": "9"},
    {"list": "came", "weekday": "Monday", "hour": "x"},
    {"list": "back", "days": "7", "which": "all"},
    {"list": "hands", "hands": "many"},
    {"list": "tenth", "tenth": "11"},
    {"list": "issues", "began": "monday", "mark": "two_tools"},
    {"list": "issues", "began": "2026-08-03", "mark": "four_tools"},
)


@pytest.mark.parametrize("about", FORGED, ids=lambda a: " ".join(a.values()))
def test_a_forged_link_is_told_so(engine, about):
    with pytest.raises(ScopeProblem):
        opened(engine, NOW, about)
