"""A mark of a chart opens exactly the contacts it is drawn of: the lists behind ages, hours, days of the curve, sides of the border and hands."""

from __future__ import annotations

from datetime import date
from pathlib import Path

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


def test_hands(engine):
    rows = analyses()["consequences"].ask(engine, NOW)
    drawn = {r["group"]: r["contacts"] for r in rows if r["level"] == "hands"}
    for about in marks(demand.after(rows, "hands", style.LIGHT)):
        assert len(opened(engine, NOW, about)) == drawn[about["hands"]], about
    assert "opens" not in demand.after(rows, "waiting", style.LIGHT).layout.meta


FORGED = (
    {"list": "aged", "age": "old", "state": "new"},
    {"list": "came", "weekday": "Someday", "hour": "9"},
    {"list": "came", "weekday": "Monday", "hour": "x"},
    {"list": "back", "days": "7", "which": "all"},
    {"list": "hands", "hands": "many"},
)


@pytest.mark.parametrize("about", FORGED, ids=lambda a: " ".join(a.values()))
def test_a_forged_link_is_told_so(engine, about):
    with pytest.raises(ScopeProblem):
        opened(engine, NOW, about)
