"""What pages say in words: durations one way in texts and tables, why a slice of the design list is empty, what the helpdesk itself shows."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from conftest import HOME, door, load
from streamlit.testing.v1 import AppTest

from metrics.analyses import design_list
from metrics.engine import wording
from metrics.engine.engines import DuckDBEngine
from metrics.engine.scope import Scope
from pages.parts import table
from warehouse.store import Folder, reading


@pytest.fixture
def page(lumen, monkeypatch):
    monkeypatch.setenv("EVENKEEL_DATA", str(lumen))
    monkeypatch.setenv("EVENKEEL_SAMPLE", "no")

    def opened(name: str, opens: str = "", **link: str) -> AppTest:
        at = AppTest.from_file(str(HOME / "app.py"), default_timeout=90)
        for key, value in link.items():
            at.query_params[key] = value
        if opens:
            at.session_state[opens] = True
        at.switch_page(next(str(p.relative_to(HOME)) for p in (HOME / "pages").glob(f"*/[0-9]*_{name}.py"))).run()
        assert not at.exception, at.exception
        return at

    return opened


def text(at: AppTest) -> str:
    return "\n".join(str(e.value) for kind in ("markdown", "caption") for e in getattr(at, kind)).replace("\\", "")


@pytest.mark.parametrize(("name", "alt", "columns", "link"), [
    ("queue", "What to take next, in order", ("age",), {}),
    ("consistency", "Resolution times by queue", ("value", "p25", "p75", "p90"), {"by": "queue"}),
    ("bottlenecks", "Routes with their time", ("half", "most", "more"), {"view": "Routes"}),
])
def test_a_duration_in_a_table_is_said_as_in_a_text_and_stays_a_duration(page, name, alt, columns, link):
    [listed] = [d for d in page(name, **link).dataframe if d.proto.alt == alt]
    shown = pa.ipc.open_stream(io.BytesIO(listed.proto.arrow_data.styler.display_values)).read_pandas()
    for column in columns:
        values = listed.value[column]
        assert values.dtype.kind == "m", "sorted by length, not by letters"
        for value, said in zip(values, shown[column], strict=True):
            if value == value:
                assert said == wording.duration(value.total_seconds()), (column, value)


@pytest.mark.parametrize(("name", "link", "said"), [
    ("queue", {"queue": "Risk"}, "No change is surely worth making among the 38 contacts that arrived in this scope, 27 Jul 2026 to 25 Oct 2026."),
    ("queue", {"queue": "Chat Care", "channel": "email"}, "No contact arrived in this scope, 27 Jul 2026 to 25 Oct 2026, so nothing can be found."),
    ("demand", {"queue": "Risk", "channel": "phone"}, "Too few to find a fault: "),
    ("bottlenecks", {"source": "chat"}, "No order in which work is taken or stop that contacts only pass is surely worth changing among the 2,882 contacts"),
], ids=["nothing found", "nothing arrived", "too few", "only other kinds"])
def test_an_empty_slice_of_the_design_list_says_why(page, name, link, said):
    assert said in text(page(name, **link))


@pytest.fixture(scope="module")
def trickle(tmp_path_factory) -> Path:
    """Thirteen weeks of forty contacts, then a single one half a year later; the desk tells queues and hands."""
    folder = tmp_path_factory.mktemp("trickle")
    with (folder / "log.csv").open("w", newline="", encoding="utf-8") as file:
        written = csv.writer(file)
        written.writerow(("ticket", "at", "what", "to", "who"))
        for number in range(13 * 40 + 1):
            began = datetime(2025, 6, 30, 9) if number == 13 * 40 else datetime(2025, 1, 6, 8) + timedelta(weeks=number // 40, hours=4 * (number % 40))
            for hours, what, to in ((0, "created", ""), (0, "queued", "Billing"), (1, "assigned", "ana"), (2, "resolved", "")):
                written.writerow((f"L{number}", f"{began + timedelta(hours=hours):%Y-%m-%d %H:%M}", what, to, "ana"))
    (folder / "log.toml").write_text('source = "log"\ntimezone = "UTC"\n[[file]]\nmatch = "log*.csv"\ngrain = "event"\n[file.columns]\n'
                                     'ticket_id = "ticket"\noccurred_at = "at"\nkind = "what"\nto = "to"\nactor = "who"\n', encoding="utf-8")
    load(folder / "data", folder / "log.csv", mapping=folder / "log.toml")
    return folder / "data"


def test_no_change_is_worth_more_than_its_contacts_waited(lumen):
    engine = DuckDBEngine(reading(Folder(lumen)))
    rows = design_list.ask(engine, Scope())
    assert rows
    for row in rows:
        waited = sum(m["value"] for m in design_list.members(engine, Scope(), row["kind"], row["where"])) / 3600
        assert row["customer_hours"] * row["weeks"] <= waited + 1, row["change"]


def test_the_weeks_looked_at_are_named_where_they_are_not_the_newest(page, trickle, monkeypatch):
    monkeypatch.setenv("EVENKEEL_DATA", str(trickle))
    said = text(page("week"))
    assert "in this scope, 6 Jan 2025 to 6 Apr 2025 (hardly any came later)" in said, said


@pytest.fixture(scope="module")
def silent(tmp_path_factory):
    """A tool's counters: sixty tickets of two queues, every third still open; nobody knows who spoke last."""
    folder = tmp_path_factory.mktemp("silent")
    rows = [f"N{i},2026-06-{1 + i % 20:02} 09:00,{'' if i % 3 == 0 else f'2026-06-{2 + i % 20:02} 10:00'},{'AB'[i % 2]}" for i in range(60)]
    (folder / "n.csv").write_text("\n".join(["No,Opened,Solved,Team", *rows]), encoding="utf-8")
    (folder / "n.toml").write_text('source = "city"\ntimezone = "UTC"\n[[file]]\nmatch = "n*.csv"\ngrain = "ticket"\n[file.columns]\n'
                                   'ticket_id = "No"\ncreated_at = "Opened"\nresolved_at = "Solved"\nqueue = "Team"\n', encoding="utf-8")
    load(folder / "data", folder / "n.csv", mapping=folder / "n.toml")
    return folder / "data"


def test_who_spoke_last_is_not_said_where_no_source_tells_messages(page, silent, monkeypatch):
    monkeypatch.setenv("EVENKEEL_DATA", str(silent))
    at = page("queue")
    assert {m.label: m.value for m in at.metric}["Backlog unanswered"] == wording.NOTHING and "not available from these sources" in text(at)
    assert "Take next: 20 ours to move" in text(at) and "answered, ours" not in text(at)
    [queues] = [d.value for d in at.dataframe if d.proto.alt == "All queues"]
    assert sorted(queues["backlog"]) == [10, 10] and all(v is None or v != v for v in queues["backlog_unanswered"])


def test_queues_without_a_history_are_not_called_no_queues(page, silent, monkeypatch):
    monkeypatch.setenv("EVENKEEL_DATA", str(silent))
    said = text(page("week"))
    assert "These sources tell no history of queues, so standing losses cannot be named." in said and "0 unanswered" not in said


def test_a_column_is_as_wide_as_its_texts_and_long_ones_wrap():
    assert (table.wide(["a"], 80, 250), table.wide(["x" * 20, None], 80, 250), table.wide(["x" * 99], 80, 250)) == (80, 162, 250)
    assert table.tall(["short", None], 10) is None and table.tall(["longer than ten"], 10) > 60


def test_a_card_says_what_the_helpdesk_itself_shows_once_it_is_opened(page, lumen):
    asked = door("metrics", "ask", "reconcile", "--option", "dialect=recorded", "--option", "metric=resolution_time", "--from", "2026-07-27", data=lumen)["rows"][0]
    said = f"**Your helpdesk shows {wording.duration(asked['theirs'])}** (the resolution the tool measured)"
    assert said not in text(page("consistency"))
    at = page("consistency", opens="card_over_time")
    assert said in text(at) and f"Of {wording.plural(asked['tickets'], 'contact')} that both know" in text(at)
