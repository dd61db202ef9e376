"""Which contacts make one issue, and which way each took: against a slow plain reading of random histories.

Plain, an issue is a group in which each contact hangs together with another of its customer: the later one began while
the earlier was open or within the window after its end.
"""
from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import plain
import pytest
from test_against_plain import SEEDS, build, read_plain, world_of

from metrics.engine.holders import holders_sql
from metrics.engine.metric import analyses
from metrics.engine.scope import Scope

WINDOWS = (1, 7, 30)   # the facts hold the issues of the middle one, the default of the settings


@pytest.fixture(scope="module", params=[(seed, reused) for seed in SEEDS for reused in (False, True)], ids=lambda p: f"seed {p[0]}, threads {'reused' if p[1] else 'kept'}")
def case(request):
    """One random world: its engine, its contacts plainly read, and the customer of each ticket."""
    seed, reused = request.param
    world = world_of(seed)
    engine, told = build(world, reused)
    return engine, read_plain(world, told, reused), {f"s:T{number}": customer for number, (_, _, customer, _) in enumerate(world)}


def issues(contacts: dict, customers: dict, window: timedelta) -> list[set]:
    """The groups of contacts of known customers that hang together."""
    known = [(key, c) for key, c in contacts.items() if customers[key[0]] is not None and c.started_at is not None and not c.is_proactive]
    group = {key: {key} for key, _ in known}
    for key, c in known:
        until = datetime.max if c.is_open else c.ended_at + window
        for other, o in known:
            if customers[other[0]] == customers[key[0]] and c.started_at <= o.started_at <= until and group[other] is not group[key]:
                group[key] |= group[other]
                group |= dict.fromkeys(group[other], group[key])
    return [set(members) for members in {id(members): members for members in group.values()}.values()]


def lengths(groups: list[set]) -> Counter:
    return Counter(min(len(group), 5) for group in groups)


def test_the_facts_hold_who_belongs_together(case):
    engine, contacts, customers = case
    found: dict[tuple, set] = {}
    for ticket, episode, person, number in engine.query("select ticket_id, episode, person_id, issue_no from ticket_facts where issue_no is not null")[1]:
        found.setdefault((person, number), set()).add((ticket, episode))
    expected = issues(contacts, customers, timedelta(days=7))
    assert sorted(map(sorted, found.values())) == sorted(map(sorted, expected))
    for numbers in ({number for person, number in found if person == one} for one, _ in found):
        assert numbers == set(range(1, len(numbers) + 1))   # counted from the first


@pytest.mark.parametrize("days", WINDOWS)
def test_chains_are_these_issues_whatever_the_window(case, days):
    engine, contacts, customers = case
    expected = issues(contacts, customers, timedelta(days=days))
    scope = Scope(options={"window_days": days, "top": 1000})
    rows = analyses()["chains"].ask(engine, scope)
    assert {r["length"]: r["issues"] for r in rows if r["level"] == "length"} == lengths(expected)
    assert sum(r["contacts"] for r in rows if r["level"] == "length") == sum(map(len, expected))
    assert sorted(r["length"] for r in rows if r["level"] == "issue") == sorted(len(group) for group in expected if len(group) > 1)
    [whole] = [r for r in analyses()["fragmentation"].ask(engine, Scope(options={"window_days": days})) if r["week"] is None]
    held = [set().union(*(contacts[key].holders for key in group)) for group in expected]
    assert (whole["issues"], whole["three_hands"]) == (len(expected), sum(len(people) >= 3 for people in held))


def test_issues_asked_of_some_contacts_are_whole(case):
    """A week's contacts bring those of other weeks along that belong to their issues, and no others."""
    engine, contacts, customers = case
    for start in (datetime(2026, 3, 2), datetime(2026, 3, 9), datetime(2026, 3, 16)):
        inside = {key for key, c in contacts.items() if c.started_at is not None and start <= c.started_at < start + timedelta(days=7)}
        expected = [group for group in issues(contacts, customers, timedelta(days=7)) if group & inside]
        rows = analyses()["chains"].ask(engine, Scope(from_on=start.date(), to_on=start.date() + timedelta(days=7)))
        assert {r["length"]: r["issues"] for r in rows if r["level"] == "length" and r["issues"]} == lengths(expected), start


def test_routes_are_the_queues_in_order(case):
    engine, contacts, _ = case
    expected = Counter(" > ".join(queue.split(":")[-1] for queue in c.queues) for c in contacts.values()
                       if plain.handled_by(c) == "human" and 0 < len(c.queues) <= 8 and c.started_at is not None)
    rows = analyses()["paths"].ask(engine, Scope(options={"top": 1000}))
    assert {r["route"]: r["contacts"] for r in rows if r["stops"] and r["stops"] <= 8} == expected
    for row in rows:
        if row["stops"]:
            queues = row["route"].split(" > ")
            assert row["is_loop"] == (len(set(queues)) < len(queues)), row


def test_everyone_who_was_given_a_contact_held_it(case):
    """However shortly, in whatever state it was; in a reused thread also who had it from the contact before."""
    engine, contacts, _ = case
    found: dict[tuple, set] = {}
    for ticket, episode, person in engine.query(f"select t.ticket_id, h.episode, h.person from ({holders_sql()}) h join tickets t on t.ticket_no = h.ticket_no")[1]:
        found.setdefault((ticket, episode), set()).add(person)
    for key, c in contacts.items():
        given, before = {f"s:{person}" for person in c.holders}, {f"s:{person}" for _, _, _, person, _ in c.spans if person}
        assert given <= found.get(key, set()) <= given | before, key
