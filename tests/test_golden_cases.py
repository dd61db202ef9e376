"""Cases worked out by hand that every service tool should get right; several tools do not.

UTC, office hours Monday to Friday 09:00 to 17:00, holiday Wednesday 11 June 2025; day D is Monday 9 June 2025. Each case is the
little history, and what each metric must say of it.
"""
from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from metrics.engine.example import MONDAY, outcomes, store_of
from metrics.engine.metric import Example, catalog
from metrics.speed.first_response_time_business import OFFICE

HOUR = 3600
CASES = {
    "1 answered and solved in two seconds": (
        "T1 10:00:59 created\nT1 10:01:01 assigned ana\nT1 10:01:01 agent_message by ana\nT1 10:01:01 resolved by ana",
        {"first_response_time": 2, "resolution_time": 2, "handoffs": 0},
    ),
    "2 solved, reopened by the customer, open": (
        "T1 10:00 created\nT1 10:30 agent_message by ana\nT1 11:00 resolved by ana\nT1 12:00 customer_message\nT1 12:00 reopened by customer",
        {"reopens": 1, "resolution_time": "open", "resolution_time_business": "open", "backlog": 1},
    ),
    "3 solved with a note only": ("T1 10:00 created\nT1 10:30 internal_note by ana\nT1 11:00 resolved by ana", {"touches": 0, "one_touch_share": 0}),
    "4 rated good, then bad": (
        "T1 10:00 created\nT1 11:00 resolved by ana\nT1 12:00 rated good\nT1 13:00 rated bad\nT2 10:00 created\nT2 11:00 resolved by ana\nT2 12:00 rated good",
        {"csat": {"T1": 0, "T2": 1}},
    ),
    "5 owners A, B, A, B": ("T1 10:00 created\nT1 11:00 assigned a\nT1 12:00 assigned b\nT1 13:00 assigned a\nT1 14:00 assigned b", {"handoffs": 3}),
    "5 queues A, B, A, B": (
        "T1 10:00 created\nT1 11:00 queued a\nT1 12:00 queued b\nT1 13:00 queued a\nT1 14:00 queued b\nT1 15:00 agent_message by ana",
        {"ping_pong": 2, "boomerangs": 2, "transfers": 3},
    ),
    "6 never assigned": ("T1 10:00 created\nT9 +2d 10:00 created", {"unassigned_time": {"T1": 48 * HOUR, "T9": 0}}),
    "7 unassigned for an hour between two": (
        "T1 10:00 created\nT1 10:30 assigned a\nT1 11:00 assigned\nT1 12:00 assigned b\nT1 13:00 resolved by b",
        {"unassigned_time": 90 * 60, "handoffs": 1},
    ),
    "8 assigned for half an hour, then nobody": (
        "T1 10:00 created\nT1 10:30 assigned a\nT1 11:00 assigned\nT9 +7d 11:00 created",
        {"unassigned_time": {"T1": 30 * 60 + 7 * 24 * HOUR, "T9": 0}},
    ),
    "10 an agent began it": (
        "T1 10:00 created by agent ana\nT1 10:00 agent_message by ana\nT1 11:00 customer_message\nT1 11:30 agent_message by ana",
        {"first_response_time": {}, "customer_waiting_time": 30 * 60, "next_response_time": 30 * 60, "contacts": {}},
    ),
    "11 reopened keeps its first resolution and loses the last": (
        "T1 10:00 created\nT1 10:30 agent_message by ana\nT1 11:00 resolved by ana\nT1 12:00 reopened by customer",
        {"first_resolution_time": HOUR, "resolution_time": "open", "resolution_time_business": "open"},
    ),
    "12 only the bot answered": ("T1 10:00 created\nT1 10:01 bot_message by bot", {"first_response_time": "bot only", "touches": "bot only"}),
    "13 over the holiday": (
        "T1 +1d 16:00 created\nT1 +3d 10:00 agent_message by ana\nT1 +3d 10:00 resolved by ana",
        {"first_response_time_business": 2 * HOUR, "resolution_time_business": 2 * HOUR},
    ),
    "14 answered in the same second": ("T1 10:00 created\nT1 10:00 agent_message by ana", {"first_response_time": 0, "first_response_time_business": 0}),
    "15 Saturday to Sunday": (
        "T1 +5d 10:00 created\nT1 +6d 10:00 agent_message by ana\nT1 +6d 10:00 resolved by ana",
        {"resolution_time_business": 0, "resolution_time": 24 * HOUR},
    ),
    "16 open an hour, pending two, open an hour": (
        "T1 10:00 created\nT1 11:00 agent_message by ana\nT1 11:00 state_changed waiting_customer by ana\nT1 13:00 customer_message\n"
        "T1 13:00 state_changed in_progress by customer\nT1 14:00 resolved by ana",
        {"requester_wait_time": 2 * HOUR, "agent_wait_time": 2 * HOUR, "our_time": 2 * HOUR, "resolution_time": 4 * HOUR},
    ),
}


@pytest.fixture(scope="module")
def told():
    """All cases in one store; case -> its source."""
    engine, names = store_of([Example(says=case, events=events, gives={}) for case, (events, _) in CASES.items()], OFFICE)
    return engine, dict(zip(CASES, names.values(), strict=True))


@pytest.mark.parametrize("case", CASES)
def test_case(case, told):
    engine, sources = told
    events, expected = CASES[case]
    for name, value in expected.items():
        found = outcomes(engine, catalog()[name], Example(says=case, events=events, gives={}), sources[case])
        assert found == (value if isinstance(value, dict) else {"T1": value}), name


def test_12_the_bots_word_is_known_beside(told):
    engine, sources = told
    assert engine.query("select first_reply_at, @secs(started_at, first_bot_at) from ticket_facts where source = ?", [sources["12 only the bot answered"]])[1] == [(None, 60)]


# --- business hours: zones, clock changes, holidays, long lives -----------------------------------------------------------
def schedule(zone: str, always: bool = False, *holidays: str) -> str:
    days = ("mon", "tue", "wed", "thu", "fri") + (("sat", "sun") if always else ())
    hours = '["00:00-24:00"]' if always else '["09:00-17:00"]'
    return ('default_schedule = "s"\n[schedules.s]\nzone = "' + zone + '"\n' + "".join(f"{d} = {hours}\n" for d in days)
            + (f"[schedules.s.holidays]\nextra = {list(holidays)}\n" if holidays else "")).replace("'", '"')


ZONES = {   # schedule, first word and end in UTC, open minutes
    "9 two years": (schedule("UTC"), "2023-06-05 09:00", "2025-06-09 09:00", 252_000),
    "New York, spring forward: Friday 16:00 to Monday 10:00": (schedule("America/New_York"), "2025-03-07 21:00", "2025-03-10 14:00", 120),
    "New York, fall back: Friday 16:00 to Monday 10:00": (schedule("America/New_York"), "2025-10-31 20:00", "2025-11-03 15:00", 120),
    "Los Angeles, always open, over the clock change": (schedule("America/Los_Angeles", True), "2025-03-05 08:00", "2025-03-20 08:00", 21_600),
    "Kolkata, always open": (schedule("Asia/Kolkata", True), "2025-03-05 00:00", "2025-03-20 00:00", 21_600),
    "Brisbane, Monday morning is Sunday in UTC": (schedule("Australia/Brisbane"), "2025-01-05 23:00", "2025-01-06 00:30", 90),
    "Brisbane, from the holiday into Tuesday 09:30": (schedule("Australia/Brisbane", False, "2025-01-27"), "2025-01-26 22:00", "2025-01-27 23:30", 30),
    "Brisbane, a week and a day with the holiday": (schedule("Australia/Brisbane", False, "2025-01-27"), "2025-01-20 23:00", "2025-01-29 06:00", 2_820),
}


@pytest.mark.parametrize("case", ZONES)
def test_zone(case):
    settings, start, end, minutes = ZONES[case]
    shift = [datetime.fromisoformat(t) - MONDAY for t in (start, end)]
    from_day, until_day = (f"+{s // timedelta(days=1)}d {(MONDAY + s):%H:%M}" for s in shift)
    events = f"T1 {from_day} created\nT1 {until_day} agent_message by ana\nT1 {until_day} resolved by ana"
    example = Example(says=case, events=events, gives={})
    engine, names = store_of([example], settings)
    for name in ("resolution_time_business", "first_response_time_business"):
        assert outcomes(engine, catalog()[name], example, names[0]) == {"T1": minutes * 60}, name
