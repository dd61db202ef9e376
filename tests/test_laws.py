"""Laws that every history must obey, on worlds hypothesis draws: ties, reopenings, bots, agent-started and reused threads.

Deriving a world costs most, so each drawn world is held against many laws at once; the message names the law.
"""
from __future__ import annotations

import itertools
import os
from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_against_plain import MONDAY, UNTIL, build

from metrics.engine.engines import DuckDBEngine
from metrics.engine.metric import analyses, catalog
from metrics.engine.query import show, tickets
from metrics.engine.scope import Scope

laws = settings(max_examples=int(os.environ.get("EVENKEEL_LAWS", "4")), deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
MINUTES = st.one_of(st.integers(0, 30), st.integers(0, 4000).map(lambda m: 10 * m), st.sampled_from([0, 7 * 1440, 7 * 1440 + 1, 20 * 1440]))
MOVES = {"assigned": ("ana", "ben", "cy", "helper", None), "queued": ("billing", "risk", "legal"),
         "state_changed": ("new", "in_progress", "waiting_customer", "waiting_internal", "resolved", "closed")}
ACTORS = {"customer_message": "customer", "agent_message": "agent", "internal_note": "agent", "bot_message": "bot"}
KINDS = (
    "created",
    "customer_message",
    "agent_message",
    "bot_message",
    "internal_note",
    "assigned",
    "queued",
    "reassigned",
    "state_changed",
    "resolved",
    "closed",
    "reopened",
    "escalated",
)


@st.composite
def events(draw):
    kind = draw(st.sampled_from(KINDS))
    value = draw(st.sampled_from(MOVES[kind])) if kind in MOVES else None
    return draw(MINUTES), kind, value, ACTORS.get(kind) or draw(st.sampled_from(["customer", "agent", "bot", "system", None]))


TICKETS = st.tuples(st.lists(events(), min_size=1, max_size=9), st.sampled_from([None, 0, -5, 15]), st.sampled_from([*(f"c{i}" for i in range(6)), None]),
                    st.sampled_from(["login", "invoice", None]))
WORLDS = st.lists(TICKETS, min_size=8, max_size=25)


def values(engine: DuckDBEngine, name: str, **options) -> dict[tuple[str, int], object]:
    """Every contact of a metric's population: its value, or the rule that leaves it out."""
    return {(r["ticket_id"], r["episode"]): r["rule"] if r["rule"] else r["value"] for r in tickets(engine, catalog()[name], Scope(options=options))}


def numbers(engine: DuckDBEngine, name: str, **options) -> dict[tuple[str, int], float]:
    return {key: value for key, value in values(engine, name, **options).items() if isinstance(value, (int, float))}


@laws
@given(WORLDS, st.booleans())
def test_laws_within_one_world(world, reused):
    engine, _ = build(world, reused)
    first, last = numbers(engine, "first_resolution_time"), numbers(engine, "resolution_time")
    assert all(first[key] <= last[key] for key in first.keys() & last.keys()), "the first resolution is never after the last"
    agent, requester = numbers(engine, "agent_wait_time"), numbers(engine, "requester_wait_time")
    ended = [key for key in agent.keys() & requester.keys() & last.keys()]
    assert all(agent[key] + requester[key] <= last[key] + 1 or values(engine, "reopens")[key] for key in ended), "waits of both sides fit into the time to the end"
    our = numbers(engine, "our_time")
    assert all(our[key] <= last[key] for key in our.keys() & last.keys()), "our part is no longer than the whole"
    transfers, pings, boomerangs = numbers(engine, "transfers"), numbers(engine, "ping_pong"), numbers(engine, "boomerangs")
    assert all(pings[key] <= max(0, transfers[key] - 1) and pings[key] <= boomerangs[key] for key in pings), "an immediate return is a return, and needs two moves"
    assert all(v == 0 for key, v in numbers(engine, "pass_throughs").items() if transfers.get(key) == 0), "nothing passes through where nothing moves"
    for option, parts in (("border", ("same_team", "between_teams", "vendor", "not_known")), ("cause", ("agent", "rule", "bulk", "offer_not_taken", "not_known"))):
        split = [numbers(engine, "handoffs", **{option: part}) for part in parts]
        assert {key: sum(p[key] for p in split) for key in split[0]} == numbers(engine, "handoffs"), f"handoffs by {option} add up"
    reopened = [numbers(engine, "reopens", by=who) for who in ("customer", "us", "thanks")]
    assert {key: sum(p[key] for p in reopened) for key in reopened[0]} == numbers(engine, "reopens"), "reopens by who caused them add up"
    rates = [numbers(engine, "repeat_contact_rate", window_days=days) for days in (1, 3, 7, 14, 30)]
    mature = set.intersection(*(set(r) for r in rates))
    assert all(a[key] <= b[key] for a, b in itertools.pairwise(rates) for key in mature), "a longer window follows at least as many"


@laws
@given(WORLDS)
def test_the_ledger_of_a_week_is_average_open_contacts_times_its_hours(world):
    engine, _ = build(world, reused=False)
    for row in analyses()["bottlenecks"].ask(engine, Scope(week=True)):
        if row["level"] != "total":
            continue
        hours = sum(row[f"{bin_}_hours"] or 0 for bin_ in ("queue", "held", "touched", "customer", "others", "resolved"))
        lived = engine.query(
            """select coalesce(sum(case when s.until_at is null or s.until_at > least(w.until_at, ?) then @secs(greatest(s.from_at, w.starts_at), least(w.until_at, ?))
                else @secs(greatest(s.from_at, w.starts_at), s.until_at) end), 0) / 3600.0
            from spells s join weeks w on w.week_on = cast(? as date) and s.from_at < least(w.until_at, ?) and (s.until_at is null or s.until_at > w.starts_at)
            join ticket_facts f on f.ticket_no = s.ticket_no and f.episode = s.episode and f.left_out is null""",
            [UNTIL, UNTIL, row["week"], UNTIL],
        )[1][0][0]
        assert abs(hours - lived) < 1e-3, (row["week"], hours, lived)


@laws
@given(WORLDS, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(world, chance):
    engine, _ = build(world, reused=False)
    count = engine.query("select count(*) from events")[1][0][0]
    order = list(range(count))
    chance.shuffle(order)
    other, _ = build(world, reused=False, order=order)
    for name, metric in catalog().items():
        assert show(engine, metric, Scope()) == show(other, metric, Scope()), name


@laws
@given(WORLDS, st.integers(1, 6))
def test_four_weeks_later_everything_is_the_same(world, weeks):
    engine, _ = build(world, reused=False)
    shift = weeks * 7 * 1440
    later, _ = build([([(m + shift, *rest) for m, *rest in told], created, customer, reason) for told, created, customer, reason in world], reused=False)
    for name, metric in catalog().items():
        if metric.kind in ("duration", "count") and metric.grain == "episode" and "{as_of}" not in metric.value + (metric.rows or ""):
            assert values(engine, name) == values(later, name), name


@laws
@given(WORLDS, st.integers(0, 24))
def test_a_note_between_colleagues_changes_nothing_for_the_customer(world, which):
    engine, _ = build(world, reused=False)
    told, created, customer, reason = world[which % len(world)]
    if not any(kind == "agent_message" for _, kind, *_ in told):
        return   # a note is a hand: it would make a contact one that a person touched
    noted = [*told, (max(m for m, *_ in told), "internal_note", None, "agent")]
    other, _ = build([*world[:which % len(world)], (noted, created, customer, reason), *world[which % len(world) + 1:]], reused=False)
    for name in ("first_response_time", "resolution_time", "customer_waiting_time", "handoffs", "transfers", "reopens", "repeat_contact_rate", "chasers"):
        assert values(engine, name) == values(other, name), name


@laws
@given(WORLDS, st.sampled_from(["queue", "reason", "handled_by", "week"]))
def test_parts_of_any_split_add_up_to_the_whole(world, dim):
    engine, _ = build(world, reused=False)
    for name, metric in catalog().items():
        if metric.dated_by == "as_of" or metric.whole or metric.per or metric.distinct:
            continue
        [whole] = show(engine, metric, Scope())
        parts = show(engine, metric, Scope(by=(dim,)))
        if metric.name == "tail_ratio" or metric.kind == "spread":
            continue   # a figure of the whole group is no sum
        assert sum(p["tickets"] for p in parts) == whole["tickets"], name
        for figure in ("total", "numerator"):
            if figure in whole and whole[figure] is not None:
                assert sum(p[figure] or 0 for p in parts) == whole[figure], (name, figure)


@laws
@given(WORLDS)
def test_the_tickets_behind_a_number_are_its_population(world):
    engine, _ = build(world, reused=False)
    for name, metric in catalog().items():
        if metric.kind in ("ratio", "net") or metric.distinct or metric.grain in ("act", "flow"):
            continue
        [whole] = show(engine, metric, Scope())
        behind = tickets(engine, metric, Scope())
        assert len([t for t in behind if t["rule"] is None and t["value"] is not None]) == whole["tickets"], name
        assert len(behind) == whole["tickets"] + sum(whole["excluded"].values()), name


@laws
@given(WORLDS, st.integers(1, 16))
def test_two_periods_that_meet_share_no_contact(world, week):
    engine, _ = build(world, reused=False)
    border = (MONDAY + timedelta(weeks=week)).date()
    for name in ("contacts", "resolution_time", "handoffs"):
        before = {(r["ticket_id"], r["episode"]) for r in tickets(engine, catalog()[name], Scope(to_on=border))}
        after = {(r["ticket_id"], r["episode"]) for r in tickets(engine, catalog()[name], replace(Scope(), from_on=border))}
        assert not before & after, name
