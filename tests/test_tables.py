"""Reasons and decisions are kept as tables people edit; what rests on them follows."""
from __future__ import annotations

import stat
from datetime import date

import pytest
from conftest import door, load, show

from warehouse import tables
from warehouse.store import Folder, StoreProblem, reading

MAPPING = """
source = "desk"
[[file]]
match = "tickets*"
grain = "ticket"
[file.columns]
ticket_id = "id"
created_at = "created"
resolved_at = "resolved"
reason = "why"
state = { column = "state", values = { open = "in_progress", done = "resolved" } }
"""
DECISION = {"on": "2026-03-04", "what": "Invoices by mail", "who": "Finance", "kind": "ours", "scope": "reason=invoice", "metric": "contacts", "expected": "-20%"}


@pytest.fixture
def data(tmp_path):
    (tmp_path / "map.toml").write_text(MAPPING)
    path = tmp_path / "tickets1.csv"
    path.write_text("id,created,resolved,why,state\n1,2026-03-02 09:00,2026-03-02 10:00,Invoice copy,done\n2,2026-03-02 09:00,2026-03-02 11:00,login,done\n")
    load(tmp_path / "data", path, mapping=tmp_path / "map.toml")
    return tmp_path / "data"


def reasons(data) -> dict:
    return {row["reason"]: row["value"] for row in show(data, "contacts", "--by", "reason")}


def test_a_reason_written_down_renames_what_is_held_and_what_comes(data, tmp_path):
    assert reasons(data) == {"Invoice copy": 1, "login": 1}
    tables.write(data, "reasons", [{"pattern": "invoice*", "reason": "invoice", "group": "Money", "owner": "Finance", "action": "digitise", "avoidable_share": 0.9}])
    path = tmp_path / "tickets2.csv"   # a load of other tickets, not of those whose reason changed
    path.write_text("id,created,resolved,why,state\n3,2026-03-03 09:00,,INVOICE wrong,open\n")
    load(data, path, mapping=tmp_path / "map.toml")
    assert reasons(data) == {"invoice": 2, "login": 1}
    tables.write(data, "reasons", [])
    assert door("warehouse", "refresh", data=data)["tickets"] == 3
    assert reasons(data) == {"Invoice copy": 1, "login": 1, "INVOICE wrong": 1}


def test_a_decision_is_served_at_once(data):
    before = Folder(data).current_load()
    tables.decide(data, DECISION)
    report = door("warehouse", "refresh", data=data)
    assert report["load_id"] != before and Folder(data).current_load() == report["load_id"]
    with reading(Folder(data)) as con:
        assert con.execute("SELECT decided_on, what, kind, metric FROM decisions").fetchall() == [(date(2026, 3, 4), "Invoices by mail", "ours", "contacts")]
    assert reasons(data) == {"Invoice copy": 1, "login": 1}


def test_the_tables_are_read_by_their_owner_only(data):
    tables.decide(data, DECISION)
    assert stat.S_IMODE((data / "decisions.csv").stat().st_mode) == 0o600
    assert tables.read(data, "decisions") == [{**DECISION, "on": date(2026, 3, 4)}]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({**DECISION, "on": "soon"}, "row 1, on"),
        ({**DECISION, "kind": "theirs"}, "kind: 'theirs' is none of ours, business"),
        ({**DECISION, "what": ""}, "row 1, what"),
        ({**DECISION, "colour": "red"}, "no column 'colour'"),
    ],
)
def test_what_cannot_stand_in_a_table_is_refused_and_nothing_is_lost(data, row, says):
    tables.decide(data, DECISION)
    with pytest.raises(StoreProblem, match="row") as problem:
        tables.write(data, "decisions", [row])
    assert says in str(problem.value)
    assert len(tables.read(data, "decisions")) == 1


def test_a_file_that_cannot_be_read_names_file_line_and_column(data):
    (data / "reasons.csv").write_text("pattern,reason,avoidable_share\ninvoice*,invoice,most\n")
    assert door("warehouse", "refresh", data=data, code=1).startswith("reasons.csv, line 2, avoidable_share")
    assert reasons(data) == {"Invoice copy": 1, "login": 1}
