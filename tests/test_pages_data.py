"""The analyst's pages: quality, reasons and decisions, and accounts that are pulled, from the form to the first rows."""
from __future__ import annotations

import signal
import stat
import time
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from conftest import HOME
from fakes.server import TOKEN
from fakes.zendesk import Zendesk
from streamlit.testing.v1 import AppTest

from pages.parts import own_tables
from pages.parts.child import Child
from warehouse.settings import Settings
from warehouse.store import Folder


@pytest.fixture
def app(monkeypatch):
    def opened(page: str, folder: Path) -> AppTest:
        monkeypatch.setenv("EVENKEEL_DATA", str(folder))
        monkeypatch.setenv("EVENKEEL_SAMPLE", "no")
        at = AppTest.from_file(str(HOME / "app.py"), default_timeout=60).run()
        return at.switch_page(f"pages/data/{page}.py").run()
    return opened


def text(at: AppTest) -> str:
    return "\n".join(str(e.value) for kind in ("markdown", "caption", "info", "success", "warning", "error") for e in getattr(at, kind))


def test_a_run_can_be_stopped_where_the_app_was_started_in_the_background(tmp_path):
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)   # as a shell leaves it to what it starts with &
    try:
        child = Child(["warehouse", "sample", "--data", str(tmp_path / "data"), "--json"])
    finally:
        signal.signal(signal.SIGINT, before)
    while not child.lines:
        assert child.is_running
        time.sleep(0.05)
    child.stop()
    assert child.wait(60) and child.code == 130, child.says


def test_quality_says_what_to_mend_first(app, lumen):
    at = app("4_quality", lumen)
    assert not at.exception
    assert "Nothing makes the data implausible" in text(at)
    mend = next(frame for frame in at.dataframe if 'check' in frame.value and 'rows refused' in frame.value['check'].to_list())
    found = dict(zip(zip(mend.value["source"], mend.value["check"], strict=True), mend.value["found"], strict=True))
    assert found["helpdesk", "resolved before it began"] == 6 and found["crm", "not mapped: Status = Legal Hold"] == 4


def test_quality_sets_our_number_beside_the_tools(app, lumen):
    at = app("4_quality", lumen)
    assert "agree. Ours:" in text(at)
    at.segmented_control(key="dialect").set_value("zendesk").run()
    assert "assignee stations" in text(at) and not at.exception


def test_an_empty_folder_has_no_quality_yet(app, tmp_path):
    assert "No data yet" in text(app("4_quality", tmp_path / "none"))


def test_reasons_and_decisions_stand_in_their_tables(app, lumen):
    at = app("5_reasons", lumen)
    assert not at.exception
    assert "4 rows, kept in decisions.csv" in text(at) and "14 rows, kept in reasons.csv" in text(at)
    assert [b.disabled for b in at.button if b.label == "Save"] == [True, True]


def test_a_row_is_compared_without_blanks():
    assert own_tables._row({"what": " x ", "who": "", "on": date(2026, 3, 4), "share": 0.5}) == {"what": "x", "who": None, "on": date(2026, 3, 4), "share": 0.5}


def test_an_account_is_added_pulled_and_stands(app, tmp_path):
    data = tmp_path / "data"
    with Zendesk() as fake:
        for requester in (900, 901, 902):
            fake.say(fake.open(requester))
        fake.clock += 3600
        at = app("2_sources", data)
        assert "No tool is pulled yet" in text(at)
        at.selectbox(key="new_connector").set_value("zendesk").run()
        given = {i.label: i for i in at.text_input}
        given["Name of the account"].set_value("desk")
        given["Address"].set_value(fake.base)
        given["Account"].set_value("service@lamp.example")
        next(i for i in at.text_input if i.key == "secret_zendesk_token").set_value(TOKEN)
        next(b for b in at.button if b.label == "Add").click().run()
        assert not at.error, [e.value for e in at.error]
        assert Settings.read(data).source("desk").connector == "zendesk"
        assert stat.S_IMODE((data / "secrets.toml").stat().st_mode) == 0o600 and TOKEN not in (data / "settings.toml").read_text()
        at.button(key="pull_desk").click().run()
        until_it_says(at, "rows were new")
        assert "3 tickets held now" in text(at)
        streams, covered = (frame.value for frame in at.dataframe)
        assert dict(zip(streams["stream"], streams["tells"], strict=True))["audits"] == "events: states, queues, holders, messages, notes, merges"
        assert dict(zip(covered["side"], covered["fidelity"], strict=True))["assignments"] == "events"
        assert {str(day)[:10] for day in (*covered["from"], *covered["until"])} == {"2026-01-05"}
        assert Folder(data).current_load() is not None
        assert TOKEN not in text(at)


def until_it_says(at: AppTest, says: str) -> None:
    until = time.monotonic() + 120
    while says not in text(at) and time.monotonic() < until:
        time.sleep(0.5)
        at.run()
    assert says in text(at)


def test_a_button_tests_an_account(app, tmp_path):
    """What is wrong is said in a sentence, and when it is right that too; nothing is pulled."""
    data = tmp_path / "data"
    data.mkdir()
    with Zendesk() as fake:
        fake.now = lambda: datetime.now(UTC)   # the door's own clock is compared
        (data / "settings.toml").write_text(f'[sources.desk]\nconnector = "zendesk"\nhost = "{fake.base}"\naccount = "service@lamp.example"\n', encoding="utf-8")
        (data / "secrets.toml").write_text(f'[desk]\ntoken = "{TOKEN}"\n', encoding="utf-8")
        (data / "secrets.toml").chmod(0o600)
        fake.open()
        at = app("2_sources", data)
        at.button(key="test_desk").click().run()
        until_it_says(at, "desk answers and every stream may be read.")
        assert [e.value for e in at.success] and "Not pulled yet." in text(at)
        fake.forbidden = {"slas/policies"}
        at.button(key="test_desk").click().run()
        until_it_says(at, "desk\\: desk answers, but these streams will be left out")   # the outcome, not the line of progress
        assert "sla policies" in at.error[0].value and TOKEN not in text(at)


def test_an_option_that_is_a_list_takes_names_with_commas(app, tmp_path):
    data = tmp_path / "data"
    at = app("2_sources", data)
    at.selectbox(key="new_connector").set_value("hubspot").run()
    given = {i.label: i for i in at.text_input}
    given["Address"].set_value("https://api.hubapi.com")
    next(i for i in at.text_input if i.key == "option_more_properties").set_value("contract, site,")
    next(b for b in at.button if b.label == "Add").click().run()
    assert not at.error, [e.value for e in at.error]
    assert Settings.read(data).source("hubspot").options == {"more_properties": ["contract", "site"]}


@pytest.mark.parametrize(("name", "says"), [("../up", "short name"), ("a b", "short name"), ("", "short name")])
def test_an_account_with_an_odd_name_is_refused(name, says, app, tmp_path):
    at = app("2_sources", tmp_path / "data")
    next(i for i in at.text_input if i.label == "Name of the account").set_value(name)
    next(b for b in at.button if b.label == "Add").click().run()
    assert says in text(at) and not (tmp_path / "data" / "settings.toml").exists()


def test_a_second_load_says_which_numbers_moved(tmp_path, monkeypatch):
    from conftest import load

    from metrics.engine.scope import Scope
    from pages.parts import moved, read

    (tmp_path / "map.toml").write_text(
        'source = "desk"\n[[file]]\nmatch = "tickets*"\ngrain = "ticket"\n[file.columns]\nticket_id = "id"\ncreated_at = "created"\nresolved_at = "resolved"\n'
        'state = { column = "state", values = { done = "resolved", open = "in_progress" } }\n'
    )
    (tmp_path / "tickets1.csv").write_text("id,created,resolved,state\n1,2026-03-02 09:00,2026-03-02 10:00,done\n")
    (tmp_path / "tickets2.csv").write_text("id,created,resolved,state\n2,2026-03-02 09:00,2026-03-02 12:00,done\n")
    data = tmp_path / "data"
    monkeypatch.setenv("EVENKEEL_DATA", str(data))
    first = load(data, tmp_path / "tickets1.csv", mapping=tmp_path / "map.toml")["load_id"]
    load(data, tmp_path / "tickets2.csv", mapping=tmp_path / "map.toml")
    read.follow()
    told = {r["name"]: (r["before"], r["now"], r["is_moved"]) for r in moved.rows(first)}
    assert told["contacts"] == ("1", "2", True)
    assert told["resolution_time"] == ("1 h", "2 h", True) and told["backlog"] == ("0", "0", False)
    assert read.answer_of("000000-gone", "contacts", Scope()) == []
