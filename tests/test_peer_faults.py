"""Nineteen faults seen in tools of this kind, one test each: what the same history must give here."""
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from browser import desk
from conftest import HOME
from streamlit.testing.v1 import AppTest

from metrics.engine.example import outcomes, store_of
from metrics.engine.metric import Example, catalog
from metrics.engine.query import show
from metrics.engine.scope import Scope
from metrics.speed.first_response_time_business import OFFICE

TWO_SCALES = "T8 08:00 created\nT8 08:00 resolved by ana\nT8 09:00 rated bad\nT9 08:00 created\nT9 08:00 resolved by ana\nT9 09:00 rated good\n"


class World:
    """A little history, derived, to be asked."""

    def __init__(self, events: str, settings: str = "", **tickets: dict[str, Any]) -> None:
        self.example = Example(says="", events=events, gives={}, tickets=tickets)
        self.engine, names = store_of([self.example], settings)
        self.source = names[0]
        self.ask("contacts")   # sets the data's end

    def ask(self, name: str, **options: Any) -> dict[str, Any]:
        """Ticket -> value or rule."""
        example = Example(says="", events=self.example.events, gives={}, options=options)
        return outcomes(self.engine, catalog()[name], example, self.source)

    def show(self, name: str, **scope: Any) -> list[dict[str, Any]]:
        return show(self.engine, catalog()[name], Scope(**scope))


def test_01_a_ticket_reopened_and_still_open_has_a_reopening():
    world = World("T1 10:00 created\nT1 10:30 agent_message by ana\nT1 11:00 resolved by ana\nT1 12:00 reopened by customer")
    assert world.ask("reopens") == {"T1": 1}
    assert world.show("reopens")[0]["total"] == 1


def test_02_satisfaction_that_turned_bad_is_bad_and_the_other_way_round():
    world = World(TWO_SCALES + "T1 10:00 created\nT1 11:00 resolved by ana\nT1 12:00 rated good\nT1 13:00 rated bad\n"
                  "T2 10:00 created\nT2 11:00 resolved by ana\nT2 12:00 rated bad\nT2 13:00 rated good")
    assert world.ask("csat") == {"T1": 0, "T2": 1, "T8": 0, "T9": 1}


def test_03_tickets_without_a_reply_are_counted():
    replied = "".join(f"T{n} 10:00 created\nT{n} 10:30 agent_message by ana\n" for n in range(11))
    silent = "".join(f"T{n} 10:00 created\nT{n} 10:30 internal_note by ana\n" for n in range(11, 17))
    world = World(replied + silent)
    assert world.show("first_response_time")[0]["excluded"] == {"no reply yet": 6}
    assert world.show("backlog_unanswered")[0]["value"] == 6
    assert sum(v == 0 for v in world.ask("touches").values()) == 6


def test_04_no_reply_is_no_touch_and_three_are_three():
    world = World("".join(f"T{n} 10:00 created\nT{n} 10:01 internal_note by ana\n" + f"T{n} 10:30 agent_message by ana\n" * n + f"T{n} 11:00 resolved by ana\n" for n in range(4)))
    assert world.ask("touches") == {"T0": 0, "T1": 1, "T2": 2, "T3": 3}
    assert world.ask("one_touch_share") == {"T0": 0, "T1": 1, "T2": 0, "T3": 0}


def test_05_handoffs_are_changes_of_hands_not_people_who_wrote_notes():
    world = World("T1 10:00 created\nT1 10:05 assigned ana\nT1 10:30 internal_note by ana\nT1 11:00 resolved by ana\n"
                  "T2 10:00 created\nT2 10:05 assigned a\nT2 11:00 assigned b\nT2 12:00 assigned a\nT2 13:00 assigned b\nT2 14:00 internal_note by b")
    assert world.ask("handoffs") == {"T1": 0, "T2": 3}


def test_06_time_without_a_holder_runs_on_where_nobody_came():
    world = World("T1 10:00 created\nT2 10:00 created\nT2 10:30 assigned a\nT2 11:00 assigned\nT3 +500d 10:00 created")
    assert world.ask("unassigned_time") == {"T1": 500 * 86_400, "T2": 500 * 86_400 - 1800, "T3": 0}


def test_07_a_long_life_has_no_horizon():
    world = World("T1 09:00 created\nT1 +735d 09:00 agent_message by ana\nT1 +735d 09:00 resolved by ana", OFFICE.replace('extra = ["2025-06-11"]', "extra = []"))
    assert world.ask("resolution_time_business") == {"T1": 252_000 * 60}


def test_08_a_reply_in_the_same_second_is_zero_on_both_clocks():
    world = World("T1 10:00 created\nT1 10:00 agent_message by ana\nT2 +30d 10:00 created", OFFICE)
    assert world.ask("first_response_time")["T1"] == world.ask("first_response_time_business")["T1"] == 0


def test_09_seconds_elapsed_not_minutes_touched():
    world = World("T1 10:00:59 created\nT1 10:01:01 agent_message by ana\nT1 10:01:01 resolved by ana", OFFICE)
    for name in ("first_response_time", "first_response_time_business", "resolution_time", "resolution_time_business"):
        assert world.ask(name) == {"T1": 2}, name


def test_10_the_wait_for_an_agent_who_began_counts_from_the_customers_word():
    world = World("T1 10:00 created by agent ana\nT1 10:00 agent_message by ana\nT1 11:30 customer_message\nT1 12:00 agent_message by ana")
    assert world.ask("customer_waiting_time") == {"T1": 1800}
    assert world.ask("first_response_time") == {}


def test_11_an_open_ticket_has_no_resolution_time_on_any_clock():
    world = World("T1 10:00 created\nT1 10:30 agent_message by ana\nT1 11:00 resolved by ana\nT1 12:00 reopened by customer", OFFICE)
    for name in ("resolution_time", "resolution_time_business", "settled_within", "our_time"):
        assert world.ask(name) == {"T1": "open"}, name


def test_12_a_reply_counts_whoever_its_author_is_today_and_a_bots_never_does():
    world = World("T1 10:00 created\nT1 10:30 agent_message by ana\nT2 10:00 created\nT2 10:30 agent_message\nT3 10:00 created\nT3 10:01 bot_message by bot 42",
                  "", T1={"customer_id": "ana"})
    assert world.ask("first_response_time") == {"T1": 1800, "T2": 1800, "T3": "bot only"}
    assert world.ask("contacts") == {"T1": 1, "T2": 1, "T3": 1}


def test_13_a_field_nobody_ever_filled_is_none_not_a_failure():
    world = World("T1 10:00 created\nT1 10:30 agent_message by ana")
    for dimension in ("priority", "brand", "vendor", "reason"):
        [row] = world.show("backlog", by=(dimension,))
        assert (row[dimension], row["value"]) == (None, 1)


def test_14_the_first_message_opens_the_clock():
    world = World("T1 10:00 created\nT1 11:00 assigned ana\nT1 11:00 resolved by ana\n"
                  "T2 10:00 created\nT2 15:00 customer_message\nT2 15:05 agent_message by ana\nT2 15:05 resolved by ana\n"
                  "T3 10:00 created\nT3 11:00 agent_message by ana\nT3 11:00 resolved by ana")
    assert world.ask("resolution_time") == {"T1": 60 * 60, "T2": 305 * 60, "T3": 60 * 60}
    assert world.ask("first_response_time")["T2"] == 305 * 60


def test_15_a_person_in_two_teams_does_not_double_their_work():
    def contact(name: str, queue: str) -> str:
        return f"{name} 10:00 created\n{name} 10:00 queued {queue}\n{name} 10:30 agent_message by ana\n{name} 11:00 resolved by ana\n"
    world = World(contact("T1", "a") + contact("T2", "b") + contact("T3", "b"), '[queues."example:a"]\nteam = "A"\n[queues."example:b"]\nteam = "B"\n')
    rows = {r["team"]: (r["numerator"], r["denominator"], r["value"]) for r in world.show("resolved_per_active_agent", by=("team",))}
    assert rows == {"A": (1, 1, 1.0), "B": (2, 1, 2.0)}
    [whole] = world.show("resolved_per_active_agent")
    assert (whole["numerator"], whole["denominator"]) == (3, 1), "one person, though in two teams"


def test_16_closed_and_deleted_tickets_are_not_unsolved():
    states = {"T1": "new", "T2": "in_progress", "T3": "waiting_customer", "T4": "resolved", "T5": "closed"}
    told = {t: {"created_at": "2025-06-09 08:00", "state": s, **({"resolved_at": "2025-06-09 09:00"} if s in ("resolved", "closed") else {})} for t, s in states.items()}
    told["T6"] = {"created_at": "2025-06-09 08:00", "state": "new", "deleted_at": "2025-06-09 09:00"}
    told["T7"] = {"created_at": "2025-06-09 08:00", "state": "new", "merged_into": "T1"}
    world = World("".join(f"{t} 08:30 internal_note by ana\n" for t in told) + "T1 12:00 internal_note by ana", **told)
    assert world.ask("backlog") == {"T1": 1, "T2": 1, "T3": 1}
    assert world.show("departures")[0]["value"] == 2


def test_17_a_groups_rate_is_divided_by_that_group():
    """Two contacts on Monday, one of them resolved in one touch; one on Tuesday, not."""
    world = World("T1 10:00 created\nT1 10:30 agent_message by ana\nT1 11:00 resolved by ana\nT2 10:00 created\nT2 10:30 agent_message by ana\nT2 10:40 agent_message by ana\n"
                  "T2 11:00 resolved by ana\nT3 +1d 10:00 created\nT3 +1d 10:30 internal_note by ana\nT3 +1d 11:00 resolved by ana")
    rows = {r["weekday"]: (r["numerator"], r["denominator"], r["value"]) for r in world.show("one_touch_share", by=("weekday",))}
    assert rows == {1: (1, 2, 0.5), 2: (0, 1, 0.0)}
    [whole] = world.show("one_touch_share")
    assert (whole["numerator"], whole["denominator"]) == (1, 3)


def test_18_flags_mean_what_they_say():
    """What is running is running, what is concluded is not."""
    promise = '[sla.reply]\nmetric = "first_response"\nclock = "calendar"\ntargets = { "*" = "1h" }\n'
    world = World("T1 10:00 created\nT1 10:30 agent_message by ana\nT1 11:00 resolved by ana\nT2 11:30 created\nT3 12:00 created", promise)
    assert world.ask("sla_attainment") == {"T1": 1, "T2": "not due yet", "T3": "not due yet"}
    for flag, tickets in (("true", {"T2", "T3"}), ("false", {"T1"})):
        [row] = world.show("contacts", where=(("is_open", flag),))
        assert row["value"] == len(tickets)


@pytest.mark.parametrize("ends", [{"from": "2026-07-06"}, {"to": "2026-07-06"}, {}], ids=["only from", "only to", "neither"])
def test_19_a_period_half_picked_is_a_period_open_at_one_end(ends, tmp_path_factory, monkeypatch):
    folder: Path = desk.loaded(tmp_path_factory.mktemp("half"))
    monkeypatch.setenv("EVENKEEL_DATA", str(folder))
    monkeypatch.setenv("EVENKEEL_SAMPLE", "no")
    at = AppTest.from_file(str(HOME / "app.py"), default_timeout=60)
    for name, value in {"period": "dates", **ends}.items():
        at.query_params[name] = value
    at.run()
    at = at.switch_page("pages/review/2_consistency.py").run()
    assert not at.exception
    assert "Something went wrong" not in "\n".join(str(e.value) for e in (*at.markdown, *at.error))
