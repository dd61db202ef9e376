"""Eighteen laws of the numbers, each named, held against every world that hypothesis draws.

Deriving a world costs most, so each drawn world is built once per clock and held against all laws; the message names the law.
Where a law is read narrower than its words, it says so.
"""
from __future__ import annotations

import itertools
import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

import duckdb
import plain
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from test_against_plain import BOTS, MONDAY, UNTIL, build, read_plain
from test_laws import WORLDS, numbers, values

from metrics.engine.metric import analyses, catalog
from metrics.engine.query import show, tickets
from metrics.engine.scope import Scope
from warehouse.calendar import calendar_rows, open_seconds_sql
from warehouse.settings import Settings
from warehouse.sql import expand

LAWS: dict[int, tuple[str, Callable]] = {}
ALWAYS = {"default_schedule": "s", "schedules": {"s": {"zone": "Asia/Kolkata", **dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), ["00:00-24:00"])}}}
OFFICE = {"default_schedule": "s", "schedules": {"s": {"zone": "Europe/Lisbon", **dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), ["09:00-13:00", "14:00-18:00"])}}}
CLOCKS = (("first_response_time", "first_response_time_business"), ("resolution_time", "resolution_time_business"))


def law(number: int, says: str) -> Callable:
    def kept(held: Callable) -> Callable:
        LAWS[number] = (says, held)
        return held
    return kept


@dataclass
class World:
    """What was drawn, and the engines made of it when a law asks."""

    drawn: list
    chance: int

    @cached_property
    def built(self):
        return build(self.drawn, reused=False)

    @property
    def engine(self):
        return self.built[0]

    @cached_property
    def plain(self):
        return read_plain(self.drawn, self.built[1], False)

    @cached_property
    def always(self):
        return build(self.drawn, reused=False, more=ALWAYS)[0]

    @cached_property
    def office(self):
        return build(self.drawn, reused=False, more=OFFICE)[0]

    @property
    def moments(self):
        return [MONDAY + timedelta(minutes=m) for m in sorted({self.chance % 40_000, (self.chance * 7) % 40_000, 10, 39_990})]


@law(1, "open around the clock business time is calendar time; on any schedule it is between nothing and that")
def _(w):
    for calendar, business in CLOCKS:
        own = numbers(w.always, calendar)
        always = numbers(w.always, business)
        assert {key: (own.get(key), always.get(key)) for key in own.keys() | always.keys() if own.get(key) != always.get(key)} == {}, business
        part = numbers(w.office, business)
        assert all(0 <= part[key] <= own[key] for key in part.keys() & own.keys())


@law(2, "an interval cut anywhere keeps its sum, also of opening hours")
def _(w):
    con = duckdb.connect()
    con.register("known", calendar_rows(Settings.model_validate(OFFICE), (MONDAY - timedelta(days=7)).date(), (UNTIL + timedelta(days=7)).date()))
    moments = [m + timedelta(seconds=w.chance % 3600) for m in w.moments]
    opened = [
        con.execute(
            expand(f"select {open_seconds_sql('t', 'c')} from (select ?::timestamp as t) x join known c on c.schedule = 's' and c.on_date = cast(t as date)"),
            [m],
        ).fetchone()[0]
        for m in moments
    ]
    assert opened == sorted(opened)
    assert opened[-1] - opened[0] == sum(b - a for a, b in itertools.pairwise(opened))
    assert all(b - a <= plain.secs(s, t) for a, b, s, t in zip(opened, opened[1:], moments, moments[1:], strict=False))


@law(3, "the seconds in all states are the life; what both sides waited, and what was settled in between, is the time to the end")
def _(w):
    for ticket, episode, first, last, seconds in w.engine.query(
        "select t.ticket_id, s.episode, min(from_at), max(until_at), sum(@secs(from_at, until_at)) from spells s join tickets t on t.ticket_no = s.ticket_no "
        "where until_at is not null group by t.ticket_id, s.episode"
    )[1]:
        shut = sum(plain.secs(max(since, first), min(until, last)) for since, until, state, *_ in w.plain[ticket, episode].spans
                   if state == "closed" and until is not None and since < last and until > first)   # what is closed does not live
        assert seconds + shut == plain.secs(first, last), (ticket, episode)
    ours, theirs, whole = (numbers(w.engine, name) for name in ("requester_wait_time", "agent_wait_time", "resolution_time"))
    for key in whole.keys() & ours.keys() & theirs.keys():
        assert ours[key] + theirs[key] + plain.seconds_in(w.plain[key], ("resolved", "closed")) == whole[key], key


@law(4, "whole weeks later everything is the same")
def _(w):
    shift = 7 * 1440 * (1 + w.chance % 5)
    later = build([([(m + shift, *rest) for m, *rest in told], *more) for told, *more in w.drawn], reused=False)[0]
    for name in ("first_response_time", "resolution_time", "handoffs", "transfers", "reopens", "our_time", "touches"):
        assert values(w.engine, name) == values(later, name), name


@law(5, "our part is no more than the whole, and the first resolution no later than the last")
def _(w):
    our, first, last = (numbers(w.engine, name) for name in ("our_time", "first_resolution_time", "resolution_time"))
    assert all(our[key] <= last[key] for key in our.keys() & last.keys())
    assert all(first[key] <= last[key] for key in first.keys() & last.keys())


@law(6, "there are at least as many reopenings as resolutions less one; what is open after it was settled was reopened")
def _(w):
    reopened = numbers(w.engine, "reopens")
    for key, c in w.plain.items():
        if key in reopened:
            settled = sum(direction == "settled" for _, direction in c.crossings)
            assert reopened[key] >= settled - 1 and (reopened[key] >= 1 or not (c.is_open and settled)), key


@law(7, "there are fewer transfers than stays, none with one queue; the way walked backwards has the same ping-pong")
def _(w):
    transfers, pings = numbers(w.engine, "transfers"), numbers(w.engine, "ping_pong")
    for key, c in w.plain.items():
        if key in transfers:
            assert transfers[key] == max(0, len(c.queues) - 1) and (len(set(c.queues)) > 1 or transfers[key] == 0), key
            assert pings[key] == sum(a == b for a, b in zip(c.queues[::-1], c.queues[::-1][2:], strict=False)), key


@law(8, "the backlog later is the backlog before, plus what came and came back, less what was settled (merges and deletions are retroactive)")
def _(w):
    stock = [show(w.engine, catalog()["backlog"], Scope(as_of=m))[0]["value"] for m in w.moments]
    flow = {name: [len(tickets(w.engine, catalog()[name], Scope(as_of=m))) for m in w.moments] for name in ("arrivals", "departures")}
    for i in range(1, len(stock)):
        assert stock[i] - stock[i - 1] == (flow["arrivals"][i] - flow["arrivals"][i - 1]) - (flow["departures"][i] - flow["departures"][i - 1])


@law(9, "the order in which rows lie changes nothing (that loading twice changes nothing is held in test_load)")
def _(w):
    count = w.engine.query("select count(*) from events")[1][0][0]
    step = next(s for s in range(7 + w.chance % 50, 10_000) if math.gcd(s, count) == 1)   # goes through all rows, in another order
    other = build(w.drawn, reused=False, order=[i * step % count for i in range(count)])[0]
    everything = "select * exclude (dimensions) from ticket_facts order by ticket_id, episode"
    assert w.engine.query(everything)[1] == other.query(everything)[1]


@law(10, "the parts of a partition add up to the whole, and nothing fans out")
def _(w):
    for name in ("contacts", "handoffs", "reopens", "touches", "resolution_time", "repeat_contact_rate", "sla_attainment", "time_in_queue"):
        [whole] = show(w.engine, catalog()[name], Scope())
        for dim in ("queue", "reason", "handled_by", "week"):
            parts = show(w.engine, catalog()[name], Scope(by=(dim,)))
            assert sum(p["tickets"] for p in parts) == whole["tickets"], (name, dim)
            assert "total" not in whole or sum(p["total"] or 0 for p in parts) == (whole["total"] or 0), (name, dim)


@law(11, "a group with nothing in it has no value, never 0; only counts of contacts are 0")
def _(w):
    for name, metric in catalog().items():
        [row] = show(w.engine, metric, Scope(where=(("queue", "no such queue"),)))
        assert row["value"] is None or metric.kind in ("volume", "stock", "net"), name


@law(12, "a bot's word and a note between colleagues change no number of the customer's (in a contact a person had a hand in)")
def _(w):
    human = {f"s:T{n}" for n, (told, *_) in enumerate(w.drawn) if any(kind == "agent_message" for _, kind, *_ in told)}
    noisier = build([([*told, *([(max(m for m, *_ in told), "internal_note", None, "agent")] if f"s:T{n}" in human else [])], *more)
                     for n, (told, *more) in enumerate(w.drawn)], reused=False)[0]
    for name in ("first_response_time", "next_response_time", "customer_waiting_time", "resolution_time", "reopens", "transfers", "repeat_contact_rate", "chasers"):
        assert values(w.engine, name) == values(noisier, name), name


@law(13, "the median of Kaplan and Meier is no less than that of closed contacts (open ones censored by their age)")
def _(w):
    for row in analyses()["kaplan_meier"].ask(w.engine, Scope()):
        if row["median_seconds"] is not None and row["closed_median_seconds"] is not None:
            assert row["median_seconds"] >= row["closed_median_seconds"] - 1e-6


@law(14, "a longer window is followed at least as often (of the contacts mature for the longest); what is not over is told")
def _(w):
    rates = [values(w.engine, "repeat_contact_rate", window_days=days) for days in (1, 3, 7, 14, 30)]
    mature = [key for key, value in rates[-1].items() if isinstance(value, (int, float))]
    assert all(a[key] <= b[key] for a, b in itertools.pairwise(rates) for key in mature)
    for key, c in w.plain.items():
        if rates[-1].get(key) == "window not over":
            assert c.ended_at + timedelta(days=30) > UNTIL, key


@law(15, "what the plain reading counts is counted (that every number is something somewhere is held in test_catalog)")
def _(w):
    for name, counted in (
        ("handoffs", plain.handoffs),
        ("reopens", lambda c: c.reopens),
        ("ping_pong", plain.ping_pong),
        ("pass_throughs", plain.pass_throughs),
        ("boomerangs", plain.boomerangs),
    ):
        expected = sum(counted(c) for c in w.plain.values() if plain.handled_by(c) == "human")
        assert (show(w.engine, catalog()[name], Scope())[0]["total"] or 0) == expected, name


@law(16, "behind a number, its groups and its list stand the same contacts")
def _(w):
    for name in ("contacts", "resolution_time", "handoffs", "failure_demand", "backlog", "first_response_time"):
        [whole] = show(w.engine, catalog()[name], Scope())
        behind = tickets(w.engine, catalog()[name], Scope())
        assert sum(t["value"] is not None for t in behind) == whole["tickets"] == sum(r["tickets"] for r in show(w.engine, catalog()[name], Scope(by=("handled_by",)))), name
        assert len(behind) == whole["tickets"] + sum(whole["excluded"].values()), name


@law(17, "two readings agree to the second: the engine's, and one in plain Python that shares no code with it")
def _(w):
    resolved, first = values(w.engine, "resolution_time"), values(w.engine, "first_resolution_time")
    for key, c in w.plain.items():
        if plain.handled_by(c) == "human" and not c.is_open and c.ended_at >= c.started_at:
            assert resolved[key] == plain.secs(c.started_at, c.ended_at), key
        assert (first[key] == "not settled yet") == (c.first_settled_at is None), key
    assert all(bot not in c.holders for c in w.plain.values() for bot in BOTS)


@law(18, "two periods that meet share no contact, and miss none")
def _(w):
    border = (MONDAY + timedelta(days=7 * (1 + w.chance % 8))).date()
    undated = {(r["ticket_id"], r["episode"]) for r in w.engine.records("select ticket_id, episode from ticket_facts where started_at is null")}   # of ends alone
    for name in ("contacts", "resolution_time", "handoffs"):
        before, after, both = (
            {(r["ticket_id"], r["episode"]) for r in tickets(w.engine, catalog()[name], scope)}
            for scope in (Scope(to_on=border), Scope(from_on=border), Scope())
        )
        assert not before & after
        dated = {key for key in both if key in before | after | undated or values(w.engine, name)[key] in ("open", "end not known")}
        assert dated == both, name


@settings(max_examples=int(os.environ.get("EVENKEEL_LAWS", "3")), deadline=None, suppress_health_check=list(HealthCheck), derandomize=True,
          phases=[Phase.explicit, Phase.generate])   # a world shrunk costs more than it tells
@given(WORLDS, st.integers(0, 1_000_000))
def test_every_law_holds(drawn, chance):
    world = World(drawn, chance)
    for number, (says, held) in sorted(LAWS.items()):
        try:
            held(world)
        except AssertionError as broken:
            raise AssertionError(f"law {number}, {says}: {broken}") from broken


def test_there_are_eighteen():
    assert sorted(LAWS) == list(range(1, 19))
