"""The Week page in its states: a week with signals, a quiet one, counters only, too few; and from a line to a decision."""
from __future__ import annotations

import csv
import shutil
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from conftest import HOME, door, load, show
from streamlit.testing.v1 import AppTest

from metrics.brief.sentences import signal
from metrics.engine import wording
from metrics.engine.metric import catalog
from pages.charts import ledger, style, trend
from pages.parts import decide, design

WEEK, QUIET = "2026-10-19", "2026-08-03"


@pytest.fixture
def week(monkeypatch):
    """Opens the Week page on a data folder, with a link's parameters."""

    def opened(data: Path, **link: str) -> AppTest:
        monkeypatch.setenv("EVENKEEL_DATA", str(data))
        monkeypatch.setenv("EVENKEEL_SAMPLE", "no")
        at = AppTest.from_file(str(HOME / "app.py"), default_timeout=60)
        for name, value in link.items():
            at.query_params[name] = value
        at.run()
        assert not at.exception and "went wrong" not in text(at), text(at)
        return at

    return opened


def text(at: AppTest) -> str:
    said = "\n".join(str(e.value) for kind in ("markdown", "caption", "warning", "error") for e in getattr(at, kind))
    return said.replace("\\", "").replace("\u00a0", " ")


def labels(at: AppTest) -> list[str]:
    return [b.label.replace("\\", "") for b in at.button]


@pytest.fixture(scope="module")
def two_years(tmp_path_factory) -> Path:
    """64 weeks of forty contacts each; in the year before each took ten hours, now it takes twenty."""
    folder = tmp_path_factory.mktemp("years")
    columns = ("ticket_id", "created_at", "resolved_at", "customer", "queue", "channel")
    with (folder / "desk.csv").open("w", newline="", encoding="utf-8") as file:
        written = csv.writer(file)
        written.writerow(columns)
        for number in range(64 * 40):
            began = datetime(2025, 6, 2, 8) + timedelta(weeks=number // 40, hours=4 * (number % 40))
            ended = began + timedelta(hours=10 if number < 40 * 40 else 20)
            written.writerow([f"Y{number}", f"{began:%Y-%m-%d %H:%M}", f"{ended:%Y-%m-%d %H:%M}", f"c{number}", "Billing", "email"])
    mapping = folder / "desk.toml"
    mapping.write_text('source = "desk"\ntimezone = "UTC"\n[[file]]\nmatch = "desk*.csv"\ngrain = "ticket"\n[file.columns]\n' + "".join(f'{c} = "{c}"\n' for c in columns))
    load(folder / "data", folder / "desk.csv", mapping=mapping)
    return folder / "data"


# --- the first screen --------------------------------------------------------------------------------------------------
def test_the_two_sentences_and_the_tiles_are_what_show_answers(week, lumen):
    said, at = "", week(lumen)
    said = text(at)
    ends = ("--from", WEEK, "--to", "2026-10-26")
    [settled], [needless] = show(lumen, "settled_within", *ends), show(lumen, "failure_demand", *ends)
    assert f"9 of 10 customers were settled within **{wording.duration(settled['value'])}**" in said
    assert f"**{round(100 * needless['value'])} of 100** contacts should not have been needed" in said
    tiles = {m.label: m for m in at.metric}
    for name in ("settled_within", "first_door_right", "backlog_ours"):
        [row] = show(lumen, name, *ends, "--week")
        assert tiles[catalog()[name].label].value == wording.value(catalog()[name], row["value"])
    [kept], [clear] = show(lumen, "promise_kept", *ends), show(lumen, "weeks_to_clear", *ends, "--week")
    assert f"promise kept for {wording.share(kept['value'])}" in said and f"{clear['value']:.1f} weeks to clear" in said
    assert all("usual" in (m.delta or "") for m in tiles.values()), "each tile says its usual range"


def test_the_year_before_stands_beside_where_it_is_held(week, two_years):
    then = show(two_years, "settled_within", "--from", "2025-08-11", "--to", "2025-08-18")
    assert then[0]["value"] == 10 * 3600
    at = week(two_years, week="2026-08-10")
    assert "a year before 10 h" in text(at) and next(m for m in at.metric if m.label == catalog()["settled_within"].label).value == "20 h"
    assert "a year before" not in text(week(two_years, week="2026-05-25")), "nothing is held of that week a year before"


def test_every_source_says_until_when_and_whose_contacts_are_meant(week, lumen):
    said = text(week(lumen, queue="Billing"))
    assert all(f"{source} until Sun 25 Oct 2026" in said for source in ("chat", "crm", "helpdesk"))
    assert "queue Billing" in said and "Europe/Berlin" in said
    [row] = show(lumen, "contacts", "--from", WEEK, "--to", "2026-10-26", "--where", "queue=Billing")
    assert f"**{row['value']} contacts in**" in said


@pytest.mark.parametrize("monday", ["2026-10-19", "2026-08-24"])
def test_what_changed_is_what_the_analysis_answers_five_sentences_at_most(week, lumen, monday):
    at = week(lumen, week=monday)
    end = (date.fromisoformat(monday).toordinal() + 7)
    rows = door("metrics", "ask", "what_changed", "--to", date.fromordinal(end).isoformat(), data=lumen)["rows"]
    signals = [r for r in rows if r["level"] in ("company", "family", "inside")]
    assert signals
    said = text(at)
    for row in signals[:5]:
        head, tail = signal(row)
        assert head in said and tail in said
        assert wording.plural(row["contacts"], "contact") in labels(at)
    assert sum("since the week of" in m.value and ":material/trending" in m.value for m in at.markdown) == min(5, len(signals))


def test_a_signal_opens_its_tickets(week, lumen):
    at = week(lumen)
    at.button(key="behind_changed_0").click().run()
    [row] = [r for r in door("metrics", "ask", "what_changed", data=lumen)["rows"]]
    listed = next(d.value for d in at.dataframe if "ticket_id" in d.value)
    assert len(listed) == row["contacts"] > 0


def test_a_quiet_week_says_so_and_names_the_standing_losses(week, lumen):
    assert door("metrics", "ask", "what_changed", "--to", "2026-08-10", data=lumen)["rows"][0]["level"] == "quiet"
    said = text(week(lumen, week=QUIET))
    assert "No change is sure this week. The three standing losses are still these:" in said
    losses = door("metrics", "ask", "bottlenecks", "--from", QUIET, "--to", "2026-08-10", data=lumen)["rows"]
    for row in [r for r in losses if r["level"] == "queue"][:3]:
        assert f"**{row['queue']}**" in said and wording.hours(row["lost_hours"]) in said


def test_decisions_stand_with_their_verdicts_and_a_past_week_knows_only_its_own(week, lumen):
    said, rows = text(week(lumen)), {r["what"]: r for r in door("metrics", "ask", "decision_effect", data=lumen)["rows"]}
    assert "badge[Works]" in said and "badge[Too early]" in said and "badge[Cost]" in said
    assert "Orders answers before it files" in labels(week(lumen)) and "Orders answers before it files" in rows
    past = labels(week(lumen, week=QUIET))
    assert "New reply templates in Chat Orders" in past and "Orders answers before it files" not in past


def test_further_down_next_week_teams_and_borders(week, lumen):
    at = week(lumen)
    said = text(at)
    sentence = next(r["sentence"] for r in door("metrics", "ask", "next_week", data=lumen)["rows"] if r["level"] == "total")
    assert f"Next week: {sentence.rstrip('.')}" in said
    assert "Northwind kept" in said and "The bot settled" in said
    teams = next(d.value for d in at.dataframe if "team" in d.value)
    rows = {r["team"]: r for r in show(lumen, "settled_within", "--by", "team", "--from", WEEK, "--to", "2026-10-26")}
    assert all(t.endswith(f" {rows[name]['tickets']:,}") for name, t in zip(teams["team"], teams["contacts"], strict=True)) and len(teams) > 4
    assert "Next week" not in text(week(lumen, week=QUIET)), "what was expected of a past week is not told again"


def test_the_brief_of_the_page_is_the_brief_of_the_door(week, lumen, tmp_path):
    from metrics.__main__ import main

    at = week(lumen, queue="Billing")
    assert main(["brief", "--for", "leader", "--to", str(tmp_path / "b.html"), "--where", "queue=Billing", "--data", str(lumen)]) == 0
    button = next(b for b in at.get("download_button") if b.proto.label == "HTML")
    assert button.proto.url or button.proto.deferred_file_id

    def taken(target: str) -> None:
        from datetime import date
        from pathlib import Path

        from metrics.engine.scope import Scope
        from pages.parts import outlook, read

        read.follow()
        Path(target).write_bytes(outlook._brief(date(2026, 10, 19), Scope(where=(("queue", "Billing"),)), ".html"))

    AppTest.from_function(taken, kwargs={"target": str(tmp_path / "page.html")}, default_timeout=60).run()
    assert (tmp_path / "page.html").read_bytes() == (tmp_path / "b.html").read_bytes()


# --- what cannot be told -----------------------------------------------------------------------------------------------
def few(folder: Path, tickets: int = 30) -> Path:
    """Tickets of a tool that gives its counters only, over six weeks."""
    export, mapping, data = folder / "counted.csv", folder / "counted.toml", folder / "data"
    with export.open("w", newline="") as file:
        write = csv.writer(file)
        write.writerow(["No", "Opened", "Solved", "Hands"])
        write.writerows([f"K{i}", f"2026-{6 + i // 20:02}-{1 + i % 20:02} 09:00", f"2026-{6 + i // 20:02}-{2 + i % 20:02} 10:{i:02}", i % 3] for i in range(tickets))
    mapping.write_text('source = "counted"\ntimezone = "UTC"\n[[file]]\nmatch = "counted*.csv"\ngrain = "ticket"\n[file.columns]\nticket_id = "No"\ncreated_at = "Opened"\n'
                       'resolved_at = "Solved"\nrecorded_handoffs = "Hands"\n')
    load(data, export, mapping=mapping)
    return data


def test_counters_only_says_what_it_cannot_tell(week, tmp_path):
    at = week(few(tmp_path))
    said = text(at)
    assert "How evenly customers were settled cannot be said this week: too few to say" in said
    assert "How many contacts were needless cannot be said this week" in said
    assert "What is usual is not known yet." in said and "Nothing has been written down yet." in said
    assert "What to change cannot be told here. counted does not tell which queues and hands a contact went through." in said
    assert "cannot tell which queues they went through" in said
    assert not [m for m in at.metric if m.value in ("0", "0 %", "0 s")], "missing is never nought"


def test_a_week_that_has_not_ended_is_compared_with_nothing(week, tmp_path):
    said = text(week(few(tmp_path), week="2026-07-06"))
    assert "so far: this week has not ended and is not compared" in said
    assert "This week has not ended: what changed in it is told when it has." in said and "No change is sure" not in said.replace("No change is surely", "")


def test_a_scope_without_contacts_is_said(week, lumen):
    said = text(week(lumen, queue="Risk", reason="product advice"))
    assert "**0 contacts in**" in said and "cannot be said this week: no contacts here" in said


# --- from a line to a decision -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(("line", "scope"), [
    ({"where": "queue=Chat Orders", "tickets": "chat:1"}, "queue=Chat Orders"),
    ({"where": "queue=Billing queue=Risk", "tickets": "helpdesk:1"}, "queue=Billing"),
    ({"where": "reason=invoice copy first_queue=Tech Support", "tickets": "helpdesk:1"}, "reason=invoice copy"),
    ({"where": "first_queue=Triage", "tickets": "helpdesk:1 helpdesk:2"}, "source=helpdesk")])
def test_a_change_is_judged_where_it_does_not_empty_its_own_scope(line, scope):
    assert decide.judged_in(line) == scope


def test_every_kind_of_change_has_a_number_that_judges_it():
    assert set(decide.JUDGED_BY) == set(design.KINDS)
    for name, expected in decide.JUDGED_BY.values():
        assert catalog()[name].kind != "stock", "a stock cannot be judged week by week"
        assert (expected < 0) == (catalog()[name].better == "lower") or catalog()[name].better == "neither"


def test_what_was_decided_on_a_line_is_written_and_stands_on_the_page(week, lumen, tmp_path, monkeypatch):
    data = shutil.copytree(lumen, tmp_path / "data")
    line = door("metrics", "ask", "design_list", data=data)["rows"][0]

    def deciding(line: dict) -> None:
        from pages.parts import decide, read

        read.follow()
        given = decide.proposal(line)
        assert given["on"].isoformat() == "2026-10-26", "the day after the data end"
        assert decide.unusable({**given, "scope": ""}) and decide.unusable({**given, "scope": "colour=red"}) and not decide.unusable(given)
        assert decide.written({**given, "what": "Take orders as they come", "expected": "-20%"})

    monkeypatch.setenv("EVENKEEL_DATA", str(data))
    before = door("warehouse", "status", data=data)["load_id"]
    done = AppTest.from_function(deciding, kwargs={"line": line}, default_timeout=60).run()
    assert not done.exception and not done.error and not done.warning
    with (data / "decisions.csv").open(encoding="utf-8", newline="") as file:
        last = list(csv.DictReader(file))[-1]
    assert last == {"on": "2026-10-26", "what": "Take orders as they come", "who": line["owner"], "kind": "ours", "scope": line["where"],
                    "metric": "settled_within", "expected": "-20%"}
    assert door("warehouse", "status", data=data)["load_id"] != before
    assert "Take orders as they come" in labels(week(data)) and "badge[Too early]" in text(week(data))


def test_the_design_list_on_the_page_is_the_analysis(week, lumen):
    said = text(week(lumen))
    for row in door("metrics", "ask", "design_list", data=lumen)["rows"][:3]:
        assert f"**{row['change']}**" in said and f"{wording.hours(row['customer_hours'])} a week less waiting" in said
        assert f"of contacts that arrived {wording.day(date.fromisoformat(row['from_on']))} to {wording.day(date.fromisoformat(row['to_on']))}." in said


# --- figures -----------------------------------------------------------------------------------------------------------
def test_the_weeks_before_stand_beneath_the_week():
    def row(queue: int) -> dict:
        names = ("queue", "held", "touched", "customer", "others", "resolved", "unseen")
        return {**{f"{b}_hours": h for b, h in zip(names, (queue, 20, 5, 40, 5, 900, 0), strict=True)}, "left_out": 0}

    fig = ledger.hundred(row(30), style.LIGHT, row(130))
    assert list(fig.data[0].x) == [30, 65] and list(fig.data[0].y) == ["This week", "The weeks before"]
    assert "50 passed with nobody acting on them; 75 in the weeks before" in fig.layout.meta["finding"]


def test_days_to_come_are_drawn_with_their_ranges():
    rows = [{"on": f"2026-10-{26 + i}", "expected": 10.0 + i, "low": 8.0, "high": 15.0, "is_closed": i == 1} for i in range(2)]
    [bar] = trend.next_days(rows, "Next week: 21", style.LIGHT).data
    assert list(bar.x) == ["Mon 26 Oct", "Tue 27 Oct"] and list(bar.error_y.array) == [5, 4] and list(bar.error_y.arrayminus) == [2, 3]
