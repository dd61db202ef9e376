"""Consistency and Demand on the sample company: what stands there is what the doors answer; other states; figures alone."""
from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest
from conftest import HOME, door, load, show
from streamlit.testing.v1 import AppTest

from metrics.engine import wording
from pages.charts import demand, drivers, spread, style

VIEWS = {"Reasons": "Logistics owns the reasons of", "Coming back": "of customers come back within 7 days", "Across tools": "of issues needed two tools or three hands",
         "Consequences": "are satisfied after 1 hand"}
SINCE = ("--from", "2026-07-27")   # the 13 weeks pages show by default


@pytest.fixture
def page(monkeypatch):
    """Opens a page of the app on a data folder, with a link's parameters."""

    def opened(name: str, data: Path, **link: str) -> AppTest:
        monkeypatch.setenv("EVENKEEL_DATA", str(data))
        monkeypatch.setenv("EVENKEEL_SAMPLE", "no")
        at = AppTest.from_file(str(HOME / "app.py"), default_timeout=60)
        for key, value in link.items():
            at.query_params[key] = value
        at.switch_page(next(str(p.relative_to(HOME)) for p in (HOME / "pages").glob(f"*/[0-9]*_{name}.py"))).run()
        assert not at.exception and "went wrong" not in text(at) and "cannot be shown" not in text(at), text(at)
        return at

    return opened


def text(at: AppTest) -> str:
    said = "\n".join(str(e.value) for kind in ("markdown", "caption", "warning", "error", "title") for e in getattr(at, kind))
    return said.replace("\\", "")


def table(at: AppTest, column: str):
    [found] = [d.value for d in at.dataframe if column in d.value]
    return found


def ask(data: Path, name: str, *more: str) -> list[dict]:
    return door("metrics", "ask", name, *more, data=data)["rows"]


def counted(folder: Path, tickets: int) -> Path:
    """A file of times only."""
    with (folder / "timed.csv").open("w", newline="", encoding="utf-8") as file:
        write = csv.writer(file)
        write.writerow(("No", "Opened", "Solved"))
        write.writerows((f"T{i}", f"2026-06-{1 + i % 26:02} 09:00", f"2026-06-{2 + i % 26:02} 1{i % 9}:00") for i in range(tickets))
    (folder / "timed.toml").write_text('source = "timed"\ntimezone = "UTC"\n[[file]]\nmatch = "timed*.csv"\ngrain = "ticket"\n[file.columns]\n'
                                       'ticket_id = "No"\ncreated_at = "Opened"\nresolved_at = "Solved"\n', encoding="utf-8")
    load(folder / "data", folder / "timed.csv", mapping=folder / "timed.toml")
    return folder / "data"


# --- what is not known is not said or drawn ---
def test_a_band_is_cut_where_a_week_does_not_tell_it():
    told = {"p25": 10, "p50": 20, "p75": 30, "contacts": 40}
    rows = [{**told, "week": f"2026-06-{day:02}", "p10": 5 if day < 15 else None, "p90": 90 if day < 15 else None} for day in (1, 8, 15, 29)]
    fig = spread.over_time(rows, None, style.LIGHT)
    eight, half = ([t for t in fig.data if t.name == name] for name in ("8 of 10 (fast tenth to slow tenth)", "Middle half"))
    assert [list(t.x) for t in eight] == [["2026-06-01", "2026-06-08"]], "two weeks tell both tenths"
    assert [list(t.x) for t in half] == [["2026-06-01", "2026-06-08", "2026-06-15"], ["2026-06-29"]], "nothing was settled in the week of 22 June"
    assert eight[0].fillcolor != half[0].fillcolor and [t.showlegend for t in half] == [True, False]


def test_no_axes_are_drawn_where_no_group_can_be_compared():
    few = {"queue": "Risk", "tickets": 3, "value": 60, "p25": 30, "p75": 90, "p90": None}
    fig = spread.side_by_side([few], "queue", style.LIGHT)
    assert fig.layout.meta["finding"] == "Too few contacts per queue to compare" and not fig.data


def test_of_few_contacts_no_share_came_back(page, lumen):
    rows = {(r["reason"] or "(none)"): r for r in ask(lumen, "contact_reasons", "--where", "queue=Risk", *SINCE) if r["level"] == "reason"}
    listed = table(page("demand", lumen, queue="Risk"), "back")
    few = [back for reason, back in zip(listed["reason"], listed["back"], strict=True) if rows[reason]["contacts"] < 20]
    assert few and all(back != back or back is None for back in few)


# --- consistency -------------------------------------------------------------------------------------------------------
def test_the_spread_is_told_with_the_open_contacts_beside_it(page, lumen):
    at, [row], [with_open] = page("consistency", lumen), show(lumen, "resolution_time", *SINCE), ask(lumen, "kaplan_meier", *SINCE)
    assert f"settled within **{wording.duration(row['value'])}**, 9 of 10 within **{wording.duration(row['p90'])}**" in text(at)
    assert f"{with_open['still_open']:,} are still open. With them half are settled within **{wording.duration(with_open['median_seconds'])}**" in text(at)
    assert with_open["median_seconds"] > with_open["closed_median_seconds"]


def test_the_sentence_of_the_drivers_and_what_the_slowest_share(page, lumen):
    at, rows = page("consistency", lumen), ask(lumen, "spread_drivers", *SINCE)
    assert rows[0]["sentence"] in text(at)
    slow, listed = sorted((r for r in rows if r["level"] == "slow"), key=lambda r: -r["lift"]), table(at, "slow_contacts")
    assert list(listed["slow_contacts"]) == [r["slow_contacts"] for r in slow]
    assert f"is {max(r['lift'] for r in slow):.1f} times as frequent" in text(at)


def test_the_promise_is_what_show_answers(page, lumen):
    at, [row] = page("consistency", lumen), show(lumen, "promise_kept", *SINCE)
    assert f"{wording.share(row['value'])} of {row['tickets']:,} contacts" in [b.label for b in at.button]


def test_measures_are_worked_out_when_opened(page, lumen):
    at = page("consistency", lumen)
    assert not [d for d in at.dataframe if "measure" in d.value]


# --- demand ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("view", VIEWS)
def test_every_view_of_demand_is_a_link(page, lumen, view):
    at, [row] = page("demand", lumen, view=view), show(lumen, "failure_demand", *SINCE)
    assert VIEWS[view] in text(at)
    assert f"{100 * row['value']:.0f} of 100 contacts should not have been needed" in text(at)
    assert f"{row['numerator']:,} of {row['denominator']:,}" in [b.label for b in at.button]


def test_reasons_stand_with_owner_hours_and_cost(page, lumen):
    listed = table(page("demand", lumen), "customer_hours")
    told = {r["reason"]: r for r in ask(lumen, "contact_reasons", *SINCE) if r["level"] == "reason"}
    for place, reason in enumerate(listed["reason"]):
        row = told[None if reason == "(none)" else reason]
        assert listed["owner"][place] == (row["owner"] or "(none)") and listed["cost"][place] == pytest.approx(row["cost"])
        assert listed["text"][place].endswith(f" {row['contacts']:,}")
    assert "31 Aug 2026" in listed.set_index("reason")["since"]["login problem"], "the planted release"


def test_an_event_of_the_business_stands_with_what_it_cost(page, lumen):
    [event] = [r for r in ask(lumen, "decision_effect") if r["kind"] == "business"]
    assert f"owner App team: {round(event['extra_contacts'])} more contacts" in text(page("demand", lumen))


def test_chains_lead_to_their_customer(page, lumen):
    at = page("demand", lumen, view="Coming back")
    longest = [r for r in ask(lumen, "chains", *SINCE) if r["level"] == "issue"]
    listed = table(at, "customer_hours")
    assert [p.split(": ", 1)[1] for p in listed["pick"]] == [r["first_ticket_id"] for r in longest]
    assert list(listed["length"]) == [r["length"] for r in longest]


# --- other states ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["consistency", "demand"])
def test_an_empty_store_says_so(page, tmp_path, name):
    assert "No data yet" in text(page(name, tmp_path))


def test_a_source_of_times_only_says_what_it_cannot_tell(page, tmp_path):
    data = counted(tmp_path, 60)
    said = text(page("consistency", data, period="all"))
    assert "Half of the contacts were settled within" in said and "Whether promises were kept cannot be said" in said
    told = {view: text(page("demand", data, period="all", view=view)) for view in VIEWS}
    assert "What should not have been needed cannot be said" in told["Reasons"] and "No reason has an owner yet" in told["Reasons"]
    assert "How customers come back cannot be said" in told["Coming back"] and "Customers cannot be followed here" in told["Across tools"]
    assert "Satisfaction cannot be said: not available" in told["Consequences"]


def test_too_few_say_so(page, tmp_path):
    data = counted(tmp_path, 3)
    assert "What the spread comes from cannot be said" in text(page("consistency", data, period="all"))
    assert "cannot be said" in text(page("demand", data, period="all"))


# --- figures -----------------------------------------------------------------------------------------------------------
def test_the_parts_of_a_hundred_contacts_add_up():
    row = {"value": 0.5, "numerator": 50, "denominator": 100, "parts": {"repeat": 20, "chaser": 15, "reopened": 5, "avoidable reason": 10}}
    fig = demand.failure(row, style.LIGHT)
    assert sum(t.x[0] for t in fig.data) == pytest.approx(100) and [t.x[0] for t in fig.data][-1] == pytest.approx(50)


def test_days_that_are_too_new_are_shaded():
    rates = {"rate": 0.1, "same_reason_rate": 0.05, "newest_rate": 0.1, "followed": 1, "contacts": 10}
    rows = [{"days": d, **rates, "newest_contacts": 100 - 2 * d, "immature": 2 * d} for d in range(1, 31)]
    [shade] = demand.coming_back(rows, style.LIGHT).layout.shapes
    assert (shade.x0, shade.x1) == (10.5, 30.5), "from the eleventh day on more than a fifth is too new"


def test_the_worst_week_of_the_promise_is_named_and_the_running_one_left_out():
    rows = [{"week": w, "value": v, "tickets": 10} for w, v in (("2026-08-03", 0.9), ("2026-08-10", 0.5), ("2026-08-17", 0.8), ("2026-08-24", 0.1))]
    fig = spread.kept(rows, date(2026, 8, 24), style.LIGHT)
    assert fig.layout.meta["finding"] == "In a usual week 80 % were settled as promised, in the worst, of 10 Aug 2026, 50 %"
    assert len(fig.data[0].x) == 3


def test_a_part_of_the_spread_says_its_interval():
    shares = {"work": 0.2, "system": 0.5, "agent": 0.05, "unexplained": 0.25}
    rows = [{"level": "part", "name": n, "share": s, "low": s - 0.01, "high": s + 0.01, "contacts": 9} for n, s in shares.items()]
    assert [t.name for t in drivers.parts(rows, "f", style.DARK).data][1] == "Queue, tool, route, hour: 50 % (49 to 51)"


def test_figures_stand_without_rows():
    figs = [demand.owners([], style.LIGHT), demand.coming_back([], style.DARK), demand.broken([], None, style.LIGHT), demand.after([], "hands", style.LIGHT)]
    figs.append(spread.kept([], None, style.LIGHT))
    assert all(f.layout.meta["finding"] and f.layout.meta["alt"] for f in figs)
