"""Who may see what: roles from groups, and a lead's data that hold nothing but their own queues, whatever is asked."""
from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest
from conftest import HOME
from streamlit.testing.v1 import AppTest

from metrics.engine.engines import DuckDBEngine
from metrics.engine.metric import analyses, catalog
from metrics.engine.query import show, tickets
from metrics.engine.scope import Scope
from warehouse.narrow import only
from warehouse.store import Folder, reading

OWN = ("Billing", "Risk")
ACCESS = '\n[access]\nroles = { leader = ["heads"], analyst = ["data"], lead = ["money"] }\nqueues = { money = ["Billing", "Risk"] }\n'


@pytest.fixture(scope="module")
def data(lumen, tmp_path_factory) -> Path:
    """The sample company with roles in its settings."""
    folder = tmp_path_factory.mktemp("access") / "data"
    shutil.copytree(lumen, folder)
    with (folder / "settings.toml").open("a") as file:
        file.write(ACCESS)
    return folder


@pytest.fixture(scope="module")
def both(data):
    folder = Folder(data)
    return DuckDBEngine(reading(folder)), DuckDBEngine(only(folder, folder.current_load(), OWN))


def test_only_contacts_that_lay_in_own_queues_are_there(both):
    whole, own = both
    expected = set(whole.query("select distinct t.ticket_id, s.episode from stays s join tickets t on t.ticket_no = s.ticket_no where s.queue in ('Billing', 'Risk')")[1])
    assert set(own.query("select ticket_id, episode from ticket_facts")[1]) == expected and len(expected) > 1000
    tables = [t for (t,) in own.query("select table_name from duckdb_tables() where not internal")[1]]
    for table in tables:
        columns = [c for (c,) in own.query("select column_name from duckdb_columns() where table_name = ?", [table])[1]]
        if "ticket_id" in columns:
            assert {t for (t,) in own.query(f"select distinct ticket_id from {table}")[1]} <= {t for t, _ in expected}, table
        elif "ticket_no" in columns:
            assert own.query(f"select count(*) from {table} where ticket_no not in (select ticket_no from tickets)")[1] == [(0,)], table
    assert own.query("select count(*) from refusals")[1] == [(0,)]


def test_a_number_of_the_own_queue_is_the_same(both):
    whole, own = both
    for name in ("resolution_time", "handoffs", "backlog_ours", "ping_pong"):
        scope = Scope(where=(("queue", "Billing"),))
        assert show(own, catalog()[name], scope) == show(whole, catalog()[name], scope), name


def test_no_question_reaches_another_queue(both):
    _, own = both
    assert show(own, catalog()["backlog"], Scope(where=(("queue", "Orders"),)))[0]["value"] == 0
    assert tickets(own, catalog()["contacts"], Scope(where=(("queue", "Chat Care"),))) == []
    for analysis in analyses().values():
        analysis.ask(own, Scope())


@pytest.mark.parametrize(
    "sql", ["attach '{path}' as other (read_only)", "select * from read_csv('/etc/hosts')", "set enable_external_access = true", "select * from served.tickets"]
)
def test_nothing_outside_can_be_reached(both, data, sql):
    _, own = both
    with pytest.raises(duckdb.Error):
        own.con.cursor().execute(sql.format(path=Folder(data).snapshot(Folder(data).current_load())))


# --- the app ---------------------------------------------------------------------------------------------------------
@pytest.fixture
def app(data, monkeypatch):
    def opened(groups: list[str] | None, page: str | None = None, **link: str) -> AppTest:
        monkeypatch.setenv("EVENKEEL_DATA", str(data))
        monkeypatch.setenv("EVENKEEL_SAMPLE", "no")
        at = AppTest.from_file(str(HOME / "app.py"), default_timeout=60)
        at.secrets["auth"] = {"client_id": "x"}
        at.user = {"is_logged_in": groups is not None, "email": "someone@lamp.example", "groups": groups or []}
        for name, value in link.items():
            at.query_params[name] = value
        at.run()
        return at.switch_page(page).run() if page else at
    return opened


def text(at: AppTest) -> str:
    return "\n".join(str(e.value) for kind in ("markdown", "caption", "title", "warning", "error") for e in getattr(at, kind))


def test_nobody_gets_in_without_logging_in(app):
    at = app(None)
    assert "Log in" in text(at) and "as of" not in text(at)


def test_someone_without_a_role_is_told_so(app):
    at = app(["kitchen"])
    assert "may see nothing here yet" in text(at) and "as of" not in text(at)


def test_a_leader_sees_everything(app):
    assert "contacts in" in text(app(["heads"]))


def test_a_lead_sees_their_own_queues(app):
    at = app(["money"], "pages/investigate/1_queue.py")
    assert not at.exception and "Something went wrong" not in text(at)
    offered = {option for box in at.multiselect for option in box.options}
    assert set(OWN) <= offered


def test_a_forged_link_to_another_queue_holds_nothing(app):
    at = app(["money"], "pages/investigate/1_queue.py", queue="Chat Care")
    assert "helpdesk:" not in text(at) and not at.exception


@pytest.mark.parametrize("page", ["pages/data/1_load.py", "pages/data/2_sources.py", "pages/data/4_quality.py", "pages/data/5_reasons.py"])
def test_a_lead_cannot_open_what_writes(app, page):
    at = app(["money"], page)
    assert not at.exception and "is not for your role" in text(at)
    assert "as of" not in text(at) and not at.dataframe and [b.label for b in at.button] == ["Log out"]


def test_a_leader_cannot_load(app):
    assert "Load is not for your role" in text(app(["heads"], "pages/data/1_load.py"))


def test_without_a_login_nothing_is_served_to_other_machines(data, monkeypatch):
    from streamlit import config
    monkeypatch.setenv("EVENKEEL_DATA", str(data))
    before = config.get_option("server.address")
    try:
        config.set_option("server.address", "0.0.0.0")
        at = AppTest.from_file(str(HOME / "app.py"), default_timeout=60).run()
    finally:
        config.set_option("server.address", before)
    assert "nobody has to log in" in text(at) and "as of" not in text(at)
