"""Who did what and when a contact began and ended, where tools tell it badly: auto-replies called replies, bots' notes, merged
tickets of our own, rows older than their events, clocks that disagree, holders brought along."""
from __future__ import annotations

from conftest import door, load, show
from test_peer_faults import World

MAPPING = """source = "t"
timezone = "UTC"
[[file]]
match = "ev*"
grain = "event"
[file.columns]
ticket_id = "t"
occurred_at = "at"
kind = "kind"
[[file]]
match = "tk*"
grain = "ticket"
[file.columns]
ticket_id = "id"
updated_at = "updated"
resolved_at = "resolved"
state = "state"
"""


def test_an_auto_reply_called_a_reply_answers_nobody():
    world = World("T1 09:00 created\nT1 09:00:01 agent_message by system\nT1 11:00 agent_message by ana\nT1 11:00 resolved by ana\n"
                  "T2 09:00 created\nT2 09:00:01 agent_message by bot helper\nT2 09:10 closed by bot helper")
    assert world.ask("first_response_time") == {"T1": 7200, "T2": "bot only"}
    assert world.ask("touches") == {"T1": 1, "T2": "bot only"}
    assert world.ask("customer_waiting_time") == {"T1": 7200, "T2": "bot only"}
    assert world.ask("resolution_time")["T2"] == "bot only"


def test_who_the_settings_call_a_bot_answers_nobody_either():
    world = World("T1 09:00 created\nT1 09:01 agent_message by agent helper\nT1 11:00 agent_message by ana\nT1 11:00 resolved by ana", '[sources.example]\nbots = ["helper"]')
    assert world.ask("first_response_time") == {"T1": 7200}


def test_notes_of_bots_and_rules_are_no_human_hand():
    world = World("T1 09:00 created\nT1 09:01 bot_message by bot\nT1 09:01 internal_note by bot\nT1 09:02 internal_note by system\nT1 09:05 resolved by bot\n"
                  "T2 09:00 created\nT2 09:01 internal_note by system\nT2 09:05 resolved by system\n"
                  "T3 09:00 created\nT3 09:00 queued q1\nT3 09:01 internal_note by bot\nT3 09:05 queued q2\nT3 09:30 agent_message by ana\nT3 09:30 resolved by ana")
    assert world.ask("resolution_time") == {"T1": "bot only", "T2": "untouched", "T3": 1800}
    assert world.ask("pass_throughs")["T3"] == 1
    assert world.ask("coordination")["T3"] == 1   # Ana's part alone


def test_what_an_agent_began_and_merged_is_no_customers_word():
    of_ours = World("T1 09:00 created\nT1 09:30 agent_message by ana\nT2 10:00 created by agent ana\nT1 12:00 resolved by ana", T2={"merged_into": "T1"})
    told_by_its_row = World("T1 09:00 created\nT1 09:30 agent_message by ana\nT2 10:00 created\nT1 12:00 resolved by ana", T2={"merged_into": "T1", "is_proactive": True})
    of_a_customer = World("T1 09:00 created\nT1 09:30 agent_message by ana\nT2 10:00 created\nT1 12:00 resolved by ana", T2={"merged_into": "T1"})
    for world, waited in ((of_ours, 1800), (told_by_its_row, 1800), (of_a_customer, 9000)):
        assert world.ask("customer_waiting_time")["T1"] == waited
    assert "T1" not in of_ours.ask("next_response_time")


def test_a_row_older_than_the_reopening_does_not_settle_it(tmp_path):
    """The ticket list was exported at ten, the events later: what they tell after ten holds."""
    (tmp_path / "m.toml").write_text(MAPPING, encoding="utf-8")
    (tmp_path / "tk.csv").write_text("id,updated,resolved,state\nA,2025-06-09 10:00,2025-06-09 09:00,resolved\nB,2025-06-09 10:00,2025-06-09 09:00,resolved\n", encoding="utf-8")
    (tmp_path / "ev.csv").write_text("t,at,kind\nA,2025-06-09 08:00,created\nA,2025-06-09 09:00,agent_message\nA,2025-06-09 09:00,resolved\nA,2025-06-09 12:00,reopened\n"
                                     "B,2025-06-09 08:00,created\nB,2025-06-09 08:30,agent_message\n", encoding="utf-8")
    load(tmp_path / "data", tmp_path / "tk.csv", tmp_path / "ev.csv", mapping=tmp_path / "m.toml")
    found = door("metrics", "tickets", "resolution_time", data=tmp_path / "data")["rows"]
    assert {r["ticket_id"]: r["value"] for r in found} == {"t:A": None, "t:B": 3600}
    assert show(tmp_path / "data", "resolution_time")[0]["excluded"] == {"open": 1}
    assert show(tmp_path / "data", "backlog")[0]["value"] == 1


def test_an_end_told_before_the_beginning_is_impossible_not_open():
    world = World("T1 10:00 created\nT1 09:59 resolved by ana\nT2 10:00 created\nT2 11:00 agent_message by ana\nT2 11:00 resolved by ana")
    assert world.ask("resolution_time") == {"T1": "resolved before it began", "T2": 3600}
    assert world.show("backlog")[0]["value"] == 0 and world.ask("reopens")["T1"] == 0


def test_of_an_end_alone_nobody_knows_the_beginning():
    world = World("T1 10:00 closed by ana\nT2 09:00 created\nT2 10:00 closed by ana", T1={"closed_at": "2025-06-09 10:00"})
    assert world.ask("resolution_time") == {"T1": "start not known", "T2": 3600}


def test_whoever_brings_a_contact_along_has_it_there_from_the_start():
    """Given in the very second, brought along, and brought along until somebody there takes it over."""
    world = World("T1 09:00 created\nT1 09:00 assigned ana\nT1 09:00 queued q1\nT1 10:00 agent_message by ana\nT1 10:00 resolved by ana\n"
                  "T2 09:00 created\nT2 09:00 queued q1\nT2 09:10 assigned ana\nT2 09:20 queued q2\nT2 10:00 agent_message by ana\nT2 10:00 resolved by ana\n"
                  "T3 09:00 created\nT3 09:00 queued q1\nT3 09:10 assigned ana\nT3 09:20 queued q2\nT3 10:00 assigned ben\nT3 11:00 resolved by ben\n"
                  "T4 09:00 created\nT4 09:00 queued q1\nT4 10:00 closed by system")
    assert world.ask("time_in_queue") == {"T1": 0, "T2": [600, 0], "T3": [2400, 600], "T4": "ended untaken"}
