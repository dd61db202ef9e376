"""Every dimension can be asked of every metric; links say what is one of an incident, a part of another ticket; shared seats are no hands."""
from __future__ import annotations

import pytest
from conftest import door, load, show
from test_against_plain import build, world_of

from metrics.engine.metric import catalog
from metrics.engine.query import show as shown
from metrics.engine.scope import DIMENSIONS, Scope

MAPPING = """
source = "desk"
[[file]]
match = "tickets*"
grain = "ticket"
columns = { ticket_id = "id", created_at = "created", queue = "queue" }
[[file]]
match = "events*"
grain = "event"
[file.columns]
ticket_id = "id"
occurred_at = "at"
kind = { column = "what", values = { message = "agent_message", held = "assigned", done = "resolved" } }
actor = "who"
to = "to"
[[file]]
match = "links*"
grain = "link"
columns = { ticket_id = "id", other = "other", kind = "kind" }
[[file]]
match = "agents*"
grain = "agent"
columns = { id = "id", is_shared = { column = "shared", values = { yes = "true", no = "false" } } }
"""


@pytest.fixture(scope="module")
def world():
    return build(world_of(5), reused=True)[0]


@pytest.mark.parametrize("name", catalog())
def test_every_dimension_can_be_asked(world, name):
    """Split by all of them at once, the parts hold what the whole holds."""
    metric = catalog()[name]
    [whole] = shown(world, metric, Scope())
    parts = shown(world, metric, Scope(by=tuple(DIMENSIONS)))
    if metric.name != "tail_ratio":   # its cells are made of all of a kind
        assert sum(p["tickets"] for p in parts) == whole["tickets"]


@pytest.fixture
def desk(tmp_path):
    (tmp_path / "map.toml").write_text(MAPPING)
    (tmp_path / "tickets.csv").write_text("id,created,queue\n" + "".join(f"{n},2026-03-02 09:00,A\n" for n in range(1, 7)))
    (tmp_path / "events.csv").write_text(
        "id,at,what,who,to\n"
        + "".join(
            f"{n},2026-03-02 09:30,held,{a},{a}\n{n},2026-03-02 10:00,held,{b},{b}\n{n},2026-03-02 11:00,held,{c},{c}\n{n},2026-03-02 12:00,done,{c},\n"
            for n, a, b, c in (
                (1, "ana", "night", "ana"),
                (2, "ana", "night", "ben"),
                (3, "night", "day", "night"),
                (4, "ana", "ben", "ana"),
                (5, "ana", "ana", "ana"),
                (6, "ana", "ana", "ana"),
            )
        )
    )
    (tmp_path / "agents.csv").write_text("id,shared\nnight,yes\nday,yes\nana,no\n")
    (tmp_path / "links.csv").write_text("id,other,kind\n2,1,incident_of\n5,4,side_conversation\n6,4,child_of\n")
    load(tmp_path / "data", *(tmp_path / f"{name}.csv" for name in ("tickets", "events", "agents", "links")), mapping=tmp_path / "map.toml")
    return tmp_path / "data"


def behind(data, name: str) -> dict[str, object]:
    return {r["ticket_id"].removeprefix("desk:"): r["value"] for r in door("metrics", "tickets", name, data=data)["rows"]}


def test_a_shared_seat_is_no_hand(desk):
    """Ana, the night desk, Ana: none. Ana, the night desk, Ben: one. Two seats of many people: nobody knows. Ana, Ben, Ana: two."""
    assert behind(desk, "handoffs") == {"1": 0, "2": 1, "3": 0, "4": 2}


def test_a_part_of_another_ticket_is_no_contact_and_is_counted_in_the_quality_page(desk):
    assert set(behind(desk, "contacts")) == {"1", "2", "3", "4"}
    found = door("metrics", "ask", "data_quality", data=desk)["rows"]
    assert [(r["found"], r["of"]) for r in found if r["check"] == "left out: part of another"] == [(2, 6)]


def test_every_view_can_be_had_with_and_without_an_incident(desk):
    assert {r["in_incident"]: r["value"] for r in show(desk, "contacts", "--by", "in_incident")} == {True: 2, False: 2}
    assert show(desk, "handoffs", "--where", "in_incident=false")[0]["tickets"] == 2
    assert show(desk, "time_in_queue", "--where", "in_incident=true")[0]["tickets"] == 2
