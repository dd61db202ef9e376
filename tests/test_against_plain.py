"""Every per-contact number equals a slow plain reading of its definition, on random histories with ties, reopenings,
bots, unknown holders, agent-started and reused threads."""
from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from itertools import pairwise

import duckdb
import plain
import polars as pl
import pytest

from metrics.engine.engines import DuckDBEngine
from metrics.engine.metric import catalog, derivations
from metrics.engine.query import show, tickets
from metrics.engine.scope import Scope
from warehouse import derive, identity, lookups
from warehouse.model import Event as EventRow
from warehouse.model import make_tables
from warehouse.settings import Settings

MONDAY = datetime(2026, 3, 2)
UNTIL = MONDAY + timedelta(days=120)
BOTS = {"helper"}

KINDS = ["created", "customer_message", "customer_message", "agent_message", "agent_message", "bot_message", "internal_note", "assigned", "assigned", "queued", "queued",
         "reassigned", "state_changed", "resolved", "resolved", "closed", "reopened", "escalated"]
TICKETS = 120
PAUSING = ("waiting_customer",)
SLA = {"first": {"metric": "first_response", "clock": "calendar", "targets": {"*": "4h"}, "reasons": {"Login": "1h", "invoice": {"urgent": "1h"}}},
       "next": {"metric": "next_response", "clock": "calendar", "targets": {"*": "2h"}, "pausing": ["waiting_internal"]},
       "solve": {"metric": "resolution", "clock": "calendar", "targets": {"*": "2d"}, "pausing": list(PAUSING)}}
SEEDS = [1, 2, 3, 4]


def history(chance: random.Random) -> list[tuple]:
    """Up to twelve events: (minute, kind, value, actor); many share a minute, some lie weeks apart. The first is no end, or nobody knew when it began."""
    found = [(chance.choice([0, 5, 700]), "customer_message", None, "customer")] if chance.random() < 0.5 else [(3, "escalated", None, "agent")]
    for _ in range(chance.randint(1, 12)):
        kind, value, actor = chance.choice(KINDS), None, chance.choice(["customer", "agent", "bot", "system", None])
        if kind == "assigned":
            value = chance.choice(["ana", "ben", "cy", "helper", None])
        elif kind == "queued":
            value = chance.choice(["billing", "risk", "legal"])
        elif kind == "state_changed":
            value = chance.choice(["new", "in_progress", "waiting_customer", "waiting_internal", "resolved", "closed"])
        else:
            spoke = chance.choice(["agent", "agent", "agent", "bot", "system", None])   # an auto-reply may be called a reply
            actor = {"customer_message": "customer", "agent_message": spoke, "internal_note": spoke, "bot_message": "bot"}.get(kind, actor)
        found.append((chance.choice([chance.randint(0, 30), chance.randint(0, 4000) * 10, chance.choice([0, 10, 20, 7 * 1440, 7 * 1440 + 1, 20 * 1440])]), kind, value, actor))
    return found


def world_of(seed: int) -> list[tuple]:
    """Tickets as (events, minutes from the first event to created_at or None, customer, reason)."""
    chance = random.Random(seed)
    return [(history(chance), chance.choice([None, 0, -5, 15]), chance.choice([*(f"c{i}" for i in range(30)), None]),
             chance.choice(["login", "invoice", None])) for _ in range(TICKETS)]


@pytest.fixture(scope="module", params=[(seed, reused) for seed in SEEDS for reused in (False, True)], ids=lambda p: f"seed {p[0]}, threads {'reused' if p[1] else 'kept'}")
def case(request):
    """One random world: its engine, the plain reading, and what it was made of."""
    seed, reused = request.param
    world = world_of(seed)
    engine, told = build(world, reused)
    return engine, read_plain(world, told, reused), world, reused


def cause_of(minute: int, kind: str) -> str | None:
    """What a made-up tool says moved a ticket; nothing half of the time."""
    return {0: "bulk", 1: "offer_not_taken"}.get(minute % 4) if kind in ("assigned", "reassigned") else None


def fill(con: duckdb.DuckDBPyConnection, table: str, columns: tuple[str, ...], rows: list) -> None:
    """Rows into columns of a table, all at once."""
    types = {"file_no": pl.Int64, "ordinal": pl.Int64, "seq": pl.Int64, "created_at": pl.Datetime("us"), "occurred_at": pl.Datetime("us")}
    told = pl.DataFrame(rows, schema={c: types.get(c, pl.String) for c in columns}, orient="row")   # noqa: F841 (read by DuckDB)
    names = ", ".join(f'"{c}"' for c in columns)
    con.execute(f"INSERT INTO {table} ({names}) SELECT * FROM told")


def build(world, reused: bool, order=None, zone: str = "UTC", more: dict | None = None) -> tuple[DuckDBEngine, dict[str, list[plain.Event]]]:
    """The histories as a derived store, and as plain events."""
    con = duckdb.connect()
    con.execute("CREATE OR REPLACE TEMP MACRO keyed(x) AS md5(x)")
    con.execute("CREATE TABLE about (name VARCHAR PRIMARY KEY, value VARCHAR)")
    make_tables(con)
    rows, tickets, told = [], [], {}
    for number, (events, created, customer, reason) in enumerate(world):
        ticket = f"s:T{number}"
        told[ticket] = [plain.Event(MONDAY + timedelta(minutes=m), kind, value, actor, cause_of(m, kind)) for m, kind, value, actor in events]
        base = min(m for m, *_ in events)
        created_at = MONDAY + timedelta(minutes=base + created) if created is not None else None
        tickets.append((ticket, "s", "t", "counters", 1, 0, created_at, f"s:{customer}" if customer else None, reason))
        for ordinal, (m, kind, value, actor) in enumerate(events):
            value = f"s:{value}" if kind in ("assigned", "queued") and value else value
            rows.append([None, ticket, "s", MONDAY + timedelta(minutes=m), None, 1, number * 1000 + ordinal, kind,
                         "s:" + "abc"[m % 3] if actor == "agent" else None, actor, None, cause_of(m, kind), None, value])
    fill(con, "ticket_rows", ("ticket_id", "source", "stream", "fidelity", "file_no", "ordinal", "created_at", "customer_id", "reason_raw"), tickets)
    fill(con, "events", tuple(EventRow.columns()), rows if order is None else [rows[i] for i in order])
    mapping = json.dumps({"bots": sorted(BOTS), "threads_are_reused": reused})
    con.execute("INSERT INTO files (file_no, load_id, source, name, stream, description, mapping) VALUES (1, 'x', 's', 'f', 't', '{}', ?)", [mapping])
    for stream in ("messages", "assignments", "queues", "states"):
        con.execute("INSERT INTO coverage VALUES ('s', ?, 'events', NULL, ?)", [stream, UNTIL])
    con.execute(f"CREATE OR REPLACE TABLE tickets AS {derive.sql_of('tickets')}")
    identity.join_customers(con)
    business = lookups.prepare(con, Settings.model_validate({"report_zone": zone, "sla": SLA, **(more or {})}))
    derive.build(derive.DuckDBMaker(con, True, lambda text: None), derivations(), has_business=business)
    con.execute("INSERT INTO about VALUES ('load_id', 'x'), ('report_zone', ?), ('data_until', ?)", [zone, UNTIL.isoformat(sep=" ")])
    return DuckDBEngine(con), told


def read_plain(world, told, reused: bool) -> dict[tuple[str, int], plain.Contact]:
    found = {}
    for number, (events, created, _, _) in enumerate(world):
        ticket = f"s:T{number}"
        base = MONDAY + timedelta(minutes=min(m for m, *_ in events))
        created_at = base + timedelta(minutes=created) if created is not None else None
        for episode, contact in enumerate(plain.contacts(told[ticket], created_at, timedelta(days=7) if reused else None, BOTS), 1):
            found[ticket, episode] = contact
    return found


def asked(engine, name: str, **scope) -> dict:
    return {(r["ticket_id"], r["episode"]): r["rule"] or r["value"] for r in tickets(engine, catalog()[name], Scope(**scope))}


def test_every_number_of_every_contact(case):
    engine, expected, _, _ = case
    facts = {(r["ticket_id"], r["episode"]): r for r in engine.records(
        "select ticket_id, episode, started_at, ended_at, is_open, is_proactive, handled_by, chase_seconds, closed_at from ticket_facts")}
    assert facts.keys() == expected.keys(), "contacts"
    for key, c in expected.items():
        fact = facts[key]
        assert (fact["started_at"], fact["ended_at"], fact["is_open"], fact["is_proactive"]) == (c.started_at, c.ended_at, c.is_open, c.is_proactive), key
        assert fact["chase_seconds"] == c.chase, key
        assert (fact["handled_by"] in ("human_only", "bot_to_human")) == c.human, key
    first_response, resolution = asked(engine, "first_response_time"), asked(engine, "resolution_time")
    moved = {name: asked(engine, name) for name in ("handoffs", "transfers", "ping_pong", "pass_throughs", "reopens")}
    for key, c in expected.items():
        by = plain.handled_by(c)
        skipped = {"bot_only": "bot only", "untouched": "untouched"}.get(by)
        if c.is_proactive:
            assert key not in first_response
        elif skipped == "bot only":
            assert first_response[key] == "bot only"
        elif c.first_reply_at is not None and c.first_reply_at >= c.started_at and c.closed_at is not None and c.first_reply_at > c.closed_at:
            assert first_response[key] == "answered after it was closed", key
        elif c.first_reply_at is not None and c.first_reply_at >= c.started_at:
            assert first_response[key] == plain.secs(c.started_at, c.first_reply_at), key
        else:
            assert isinstance(first_response[key], str), key
        if c.is_open:
            assert resolution[key] == "open"
        elif c.ended_at < c.started_at:
            assert resolution[key] == "resolved before it began"
        else:
            assert resolution[key] == (skipped or plain.secs(c.started_at, c.ended_at)), key
        for name, value in (("handoffs", plain.handoffs(c)), ("transfers", max(0, len(c.queues) - 1)), ("ping_pong", plain.ping_pong(c)),
                            ("pass_throughs", plain.pass_throughs(c)), ("reopens", c.reopens)):
            assert moved[name][key] == (skipped or value), (name, key)


def lists(engine, name: str, **scope) -> dict[tuple, list]:
    """Contact -> the values, or rules, of its rows in any order."""
    found: dict[tuple, list] = {}
    for row in tickets(engine, catalog()[name], Scope(**scope)):
        found.setdefault((row["ticket_id"], row["episode"]), []).append(row["rule"] or row["value"])
    return {key: sorted(values, key=str) for key, values in found.items()}


def test_waits_and_clocks_of_every_contact(case):
    engine, expected, _, _ = case
    names = ("customer_waiting_time", "first_resolution_time", "our_time", "agent_wait_time", "requester_wait_time", "on_hold_time", "unassigned_time", "touches",
             "one_touch_share")
    found = {name: asked(engine, name) for name in names}
    turns = lists(engine, "next_response_time")
    for key, c in expected.items():
        by = plain.handled_by(c)
        skipped = {"bot_only": "bot only", "untouched": "untouched"}.get(by)
        waited = plain.waited(c)
        assert found["customer_waiting_time"][key] == (skipped or ("still waiting" if waited is None else waited)), key
        assert found["touches"][key] == (skipped or c.replies), key
        impossible = not c.is_open and c.ended_at < c.started_at
        assert found["unassigned_time"][key] == ("resolved before it began" if impossible else skipped if by == "bot_only" else plain.unassigned(c, UNTIL)), key
        later = [t for i, t in enumerate(c.turns) if i > 0 or c.is_proactive]
        unanswered = "no reply yet" if c.is_open else "ended without a reply"
        assert turns.get(key, []) == sorted(("bot only" if by == "bot_only" else plain.secs(*t) if t[1] else unanswered for t in later), key=str), key
        first = c.first_settled_at
        if first is None:
            assert found["first_resolution_time"][key] == "not settled yet"
        elif min(first, c.ended_at or first) < c.started_at:
            assert found["first_resolution_time"][key] == "resolved before it began", key
        else:
            assert found["first_resolution_time"][key] == (skipped or plain.secs(c.started_at, min(first, c.ended_at or first))), key
        for name, states in (("agent_wait_time", PAUSING), ("requester_wait_time", ("new", "in_progress", "waiting_internal")), ("on_hold_time", ("waiting_internal",))):
            value = "open" if c.is_open else "resolved before it began" if impossible else skipped or plain.seconds_in(c, states)
            assert found[name][key] == value, (name, key)
        if not c.is_open and not impossible and not skipped:
            assert found["our_time"][key] == plain.secs(c.started_at, c.ended_at) - plain.seconds_in(c, PAUSING), key
            assert found["one_touch_share"][key] == int(c.replies == 1), key


def test_moves_of_every_contact(case):
    """Each split adds up to its whole."""
    engine, expected, _, _ = case
    returns, avoidable = asked(engine, "boomerangs"), asked(engine, "avoidable_hands")
    causes = {cause: asked(engine, "handoffs", options={"cause": cause}) for cause in ("any", "agent", "rule", "bulk", "offer_not_taken", "not_known")}
    borders = [asked(engine, "handoffs", options={"border": border}) for border in ("same_team", "between_teams", "vendor", "not_known")]
    reopened = {by: asked(engine, "reopens", options={"by": by}) for by in ("customer", "us", "thanks")}
    for key, c in expected.items():
        if plain.handled_by(c) != "human":
            continue
        assert returns[key] == plain.boomerangs(c), key
        assert avoidable[key] == plain.avoidable_hands(c), key
        for cause, values in causes.items():
            assert values[key] == (plain.handoffs(c) if cause == "any" else c.hand_causes.count(cause)), (key, cause)
        assert sum(values[key] for values in borders) == plain.handoffs(c), key
        for by, values in reopened.items():
            assert values[key] == c.reopened_by.count(by), (key, by)


def test_what_came_and_went_is_the_change_of_the_backlog(case):
    engine, expected, _, _ = case
    came, again, left = lists(engine, "arrivals", options={"what": "new"}), lists(engine, "arrivals", options={"what": "again"}), lists(engine, "departures")
    for key, c in expected.items():
        counted = [] if plain.handled_by(c) == "bot_only" else [d for _, d in c.crossings]
        assert (len(came.get(key, [])), len(again.get(key, [])), len(left.get(key, []))) == tuple(counted.count(d) for d in ("new", "again", "settled")), key
    for minute in (0, 10, 1440, 7 * 1440, 20_000, 60_000):
        moment = MONDAY + timedelta(minutes=minute)
        [net], [stock] = show(engine, catalog()["net_flow"], Scope(as_of=moment)), show(engine, catalog()["backlog"], Scope(as_of=moment))
        assert net["value"] == stock["value"], moment
    weeks = {r["week"]: r["value"] for r in show(engine, catalog()["net_flow"], Scope(week=True))}
    stock = [(r["week"], r["value"]) for r in show(engine, catalog()["backlog"], Scope(week=True))]
    for (_, before), (week, after) in pairwise(stock):
        assert after - before == weeks.get(week, 0), week


def test_who_was_overtaken(case):
    engine, expected, _, _ = case
    found = lists(engine, "queue_order")
    everywhere = [s for c in expected.values() for s in c.stays]
    for key, c in expected.items():
        said = []
        for i, stay in enumerate(c.stays):
            overtaken = any(o["queue"] == stay["queue"] and o["entered_at"] > stay["entered_at"] and o["assigned_at"] and o["assigned_at"] < (stay["assigned_at"] or UNTIL)
                            for o in everywhere)
            if stay["assigned_at"] is None and i + 1 < len(c.stays):
                said.append("passed on untaken")
            elif stay["assigned_at"] is None and not c.is_open:
                said.append("ended untaken")
            else:
                said.append("still waiting" if stay["assigned_at"] is None and not overtaken else int(overtaken))
        assert found.get(key, []) == sorted(said, key=str), key


def test_promises_of_every_contact(case):
    """Calendar clocks with pauses: kept, broken, broken while open."""
    engine, expected, world, _ = case
    reason = {key: world[int(key[0][3:])][3] for key in expected}
    found = {target: lists(engine, "sla_attainment", options={"target": target}) for target in ("first_response", "next_response", "resolution")}
    hour = 3600
    for key, c in expected.items():
        by = plain.handled_by(c)
        if by == "bot_only":
            continue

        def judged(since, met, pausing, target, c=c):
            stop = met or c.ended_at
            if stop and stop < since:
                return "answered before it began"
            kept = plain.on_the_clock(c, since, stop or UNTIL, pausing) <= target
            return int(kept) if met or not kept else "not due yet" if stop is None else "ended without a reply"
        later = [t for i, t in enumerate(c.turns) if i > 0 or c.is_proactive]
        assert found["next_response"].get(key, []) == sorted((judged(t[0], t[1], ("waiting_internal",), 2 * hour) for t in later), key=str), key
        if not c.is_proactive:
            promised = 1 if reason[key] == "login" else 4   # an urgent invoice would have one hour too; no contact here has a priority
            assert found["first_response"][key] == [judged(c.started_at, c.first_reply_at, (), promised * hour)], key
        if by == "human":
            assert found["resolution"][key] == [judged(c.started_at, c.ended_at, PAUSING, 48 * hour)], key


def test_demand_of_every_contact(case):
    engine, expected, world, _ = case
    customer = {key: world[int(key[0][3:])][2] for key in expected}
    failure, first, bots = (asked(engine, name) for name in ("failure_demand", "first_contact_resolution", "bot_containment"))
    week = timedelta(days=7)
    for key, c in expected.items():
        if c.is_proactive or customer[key] is None:
            continue
        others = [o for k, o in expected.items() if k != key and customer[k] == customer[key] and not o.is_proactive]
        repeat = any(o.ended_at and o.ended_at >= o.started_at and timedelta(0) < c.started_at - o.ended_at <= week for o in others)
        chased = c.chase > 3600 or any(o.started_at < c.started_at and (o.is_open or o.ended_at > c.started_at) for o in others)
        if not any(o.started_at == c.started_at for o in others):
            assert failure[key] == int(repeat or chased or c.reopens > 0), key
        if c.is_open or c.ended_at < c.started_at:
            continue
        again = [o for o in others if timedelta(0) < o.started_at - c.ended_at <= week]
        if plain.handled_by(c) == "human":
            assert first[key] == int(plain.handoffs(c) == 0 and c.reopens == 0 and not again), key
        if c.bot_spoke:
            assert bots[key] == int(plain.handled_by(c) == "bot_only" and not any(plain.handled_by(o) == "human" for o in again)), key


def test_backlog_at_any_instant(case):
    engine, expected, _, _ = case
    for minute in (0, 5, 10, 20, 1440, 7 * 1440, 10_000, 20_000, 39_990, 60_000):
        moment = MONDAY + timedelta(minutes=minute)
        alive = {key for key, c in expected.items() if plain.alive_at(c, moment) and plain.handled_by(c) != "bot_only"}
        assert set(asked(engine, "backlog", as_of=moment)) == alive, moment


def test_the_ledger_is_every_second_of_every_life(case):
    """The bins of a contact add up to its life; a week's hours are its living contacts times its hours."""
    engine, expected, _, _ = case
    booked = {(t, e): s for t, e, s in engine.query("""select t.ticket_id, h.episode,
            sum(queue_seconds + held_seconds + touched_seconds + customer_seconds + others_seconds + resolved_seconds)
        from hours h join tickets t on t.ticket_no = h.ticket_no group by t.ticket_id, h.episode""")[1]}
    for key, c in expected.items():
        lived, last = 0, len(c.spans) - 1
        settle = max((i for i, s in enumerate(c.spans) if s[2] in plain.SETTLED and (i == 0 or c.spans[i - 1][2] not in plain.SETTLED)), default=None)
        for i, (start, until, state, _, _) in enumerate(c.spans):
            if until is None or i == last or state in (None, "closed"):
                continue
            if state == "resolved" and not c.is_open and settle is not None and i >= settle and c.closed_at is None:
                continue
            lived += plain.secs(start, until)
        assert booked.get(key, 0) == lived, key
    total = engine.query("select coalesce(sum(queue_seconds + held_seconds + touched_seconds + customer_seconds + others_seconds + resolved_seconds), 0) from hours")[1][0][0]
    weeks = engine.query("""select coalesce(sum(greatest(0, floor(epoch(least(s.until_at, w.until_at))) - floor(epoch(greatest(s.from_at, w.starts_at))))), 0)
        from spells s join weeks w on s.from_at < w.until_at and s.until_at > w.starts_at where s.until_at is not null""")[1][0][0]
    assert total == weeks


@pytest.mark.parametrize("same", [False, True], ids=["any reason", "same reason"])
@pytest.mark.parametrize("window", [1, 7, 30])
def test_repeats_and_chasers(case, window, same):
    engine, expected, world, _ = case
    known = {key: (world[int(key[0][3:])][2], world[int(key[0][3:])][3]) for key in expected}
    options = {"window_days": window, "reason": "same" if same else "any"}
    found = asked(engine, "repeat_contact_rate", options=options)
    chasers = asked(engine, "chasers", options={"reason": options["reason"]})

    def alike(a, b) -> bool:
        return a != b and known[a][0] is not None and known[a][0] == known[b][0] and (not same or known[a][1] == known[b][1]) and not expected[b].is_proactive
    for key, c in expected.items():
        if c.is_proactive:
            assert key not in found
            continue
        if known[key][0] is None:
            assert found[key] == chasers[key] == "customer not known"
            continue
        others = [expected[k] for k in expected if alike(key, k)]
        opened_while = any(o.started_at <= c.started_at and (o.is_open or o.ended_at > c.started_at) for o in others if o.started_at < c.started_at)
        chased = opened_while or c.chase > 3600
        ties = any(o.started_at == c.started_at for o in others)
        if not ties:   # which of two contacts opened in one second came first is a matter of naming
            assert chasers[key] == int(chased), key
        if c.is_open:
            assert found[key] == "open"
        elif c.ended_at < c.started_at:
            assert found[key] == "resolved before it began"
        else:
            followed = any(timedelta(0) < o.started_at - c.ended_at <= timedelta(days=window) for o in others)
            assert found[key] == int(followed), key


@pytest.mark.parametrize("reused", [False, True])
def test_the_order_rows_are_stored_in_changes_nothing(reused):
    world, chance = world_of(77), random.Random(78)
    engine, _ = build(world, reused)
    rows = sum(len(events) for events, *_ in world)
    order = list(range(rows))
    chance.shuffle(order)
    shuffled, _ = build(world, reused, order)
    everything = "select * exclude (dimensions) from ticket_facts order by ticket_id, episode"
    assert engine.query(everything)[1] == shuffled.query(everything)[1]


def test_splitting_by_a_dimension_adds_up_and_empty_is_not_zero(case):
    engine, *_ = case
    for metric in catalog().values():
        [whole] = show(engine, metric, Scope())
        for dim in ("queue", "handled_by", "reason"):
            parts = show(engine, metric, Scope(by=(dim,)))
            if metric.name != "tail_ratio":
                assert sum(p["tickets"] for p in parts) == whole["tickets"], (metric.name, dim)
        behind = tickets(engine, metric, Scope())
        if metric.grain == "act":   # what people did in a contact stands behind the number, the contact is counted
            behind = list({(r["ticket_id"], r["episode"]): r for r in behind}.values())
        assert sum(r["value"] is not None for r in behind) == whole["tickets"], metric.name
        assert len(behind) == whole["tickets"] + sum(whole["excluded"].values()), metric.name
        [nothing] = show(engine, metric, Scope(where=(("queue", "no such queue"),)))
        assert nothing["tickets"] == 0 and (nothing["value"] is None or metric.kind in ("volume", "stock", "net")), metric.name


def test_a_note_changes_nothing_a_customer_feels():
    world = world_of(99)
    engine, _ = build(world, reused=False)
    noisier = [([*events, (min(m for m, *_ in events) + 3, "internal_note", None, "agent")], created, customer, reason) for events, created, customer, reason in world]
    louder, _ = build(noisier, reused=False)
    columns = "select ticket_id, started_at, ended_at, first_reply_at, is_open, handoffs, transfers, reopens, next_contact_at from ticket_facts order by 1"
    assert engine.query(columns)[1] == louder.query(columns)[1]


def test_repeat_rate_never_falls_as_the_window_grows(case):
    engine, *_ = case
    followed = [show(engine, catalog()["repeat_contact_rate"], Scope(options={"window_days": w}))[0]["numerator"] or 0 for w in (1, 3, 7, 14, 30)]
    assert followed == sorted(followed)
