"""Chaos: pulls under random faults, killed at random moments while the account lives on, end in the rows of an undisturbed pull."""
from __future__ import annotations

import multiprocessing
import os
import random
import signal

import chaos
import pytest
from conftest import start as start_child
from fakes.chatwoot import Chatwoot
from fakes.hubspot import HubSpot
from fakes.intercom import Intercom
from fakes.rt import RT
from fakes.salesforce import Salesforce
from fakes.server import TOKEN, Faults
from fakes.zendesk import Zendesk
from pulls import account, held, pull, rows

IS_LONG = bool(os.environ.get("EVENKEEL_LONG"))
VENDORS = {"zendesk": (Zendesk, {"account": "service@lamp.example"}), "intercom": (Intercom, {}), "salesforce": (Salesforce, {}), "hubspot": (HubSpot, {}),
           "chatwoot": (Chatwoot, {"account": "1"}), "rt": (RT, {})}
PAGES = {"rt": 100}   # numbers are asked for in windows of a page, which holds a hundred; of others seven
PULLS = 5 if IS_LONG else 3
WORLDS = [(name, seed) for seed in range(7 if IS_LONG else 1) for name in VENDORS]   # long: 210 disturbed pulls
DELETING = [(name, seed) for seed in range(7 if IS_LONG else 1) for name in ("intercom", "chatwoot")]   # where what is deleted is gone without a trace
FAULTS = Faults(limited=0.06, unavailable=0.06, too_large=0.03, cut_off=0.06, dropped=0.06, slow=0.05)


@pytest.fixture(scope="module")
def processes():
    """Processes are forked from one that has everything imported and nothing opened."""
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(["chaos", "connectors.__main__", "connectors.contract", "connectors.pull", "warehouse.load", "metrics.engine.metric"])
    return found


def disturbed(processes, source, fake, data, chance):
    """One pull with faults that may be killed: by its own hand at some moment, or from outside at some request. Returns its exit."""
    moments = [None, ("landing", chance.randint(1, 12)), ("landed", chance.randint(1, 12)), ("merging", 0), ("merged", 0), ("asked", chance.randint(1, 40))]
    moment = chance.choices(moments, [3, 2, 1, 1, 1, 2])[0]
    child = processes.Process(target=chaos.pull, args=(str(data), source, TOKEN, fake.now().timestamp(), moment))
    start = len(fake.asked)

    def kill(number):
        if moment and moment[0] == "asked" and number == start + moment[1] and child.pid:
            os.kill(child.pid, signal.SIGKILL)
    fake.before = kill
    start_child(child)
    child.join(600)   # many times what it takes, on a busy machine too
    fake.before = lambda number: None
    assert child.exitcode is not None, "the pull hangs"
    return child.exitcode


def without(told, gone, keeping=()):
    """Rows that speak of none of these tickets. Facts are left out: they count over neighbours, which these were."""
    names = [f"'{one}'" for one in gone]
    return {table: found if table in keeping else [row for row in found if not any(name in row for name in names)] for table, found in told.items() if table != "ticket_facts"}


def told_later(told, fake):
    """Rows without what only who came in time knows: a ticket merged away in Request Tracker is told later by its acts alone."""
    return without(told, [f"rt:{ticket}" for ticket in fake.merged], keeping=["links"]) if isinstance(fake, RT) and fake.merged else told


def pulled_through_chaos(processes, monkeypatch, folder, source, fake, chance, live):
    """Disturbed pulls of an account that lives on, then one in peace, and a pull of another store alone. Returns both folders and the exits."""
    _, keys = VENDORS[source]
    data = account(folder / "disturbed", source, fake, monkeypatch, **keys)
    exits = []
    for _ in range(PULLS):
        live(20)
        fake.later.append((len(fake.asked) + chance.randint(1, 30), lambda: live(5)))   # while it is pulled
        exits.append(disturbed(processes, source, fake, data, chance))
    assert set(exits) <= {0, 75, -signal.SIGKILL}, exits
    fake.later.clear()
    fake.clock += 7200
    fake.faults = Faults()
    pull(data, source)
    alone = account(folder / "alone", source, fake, monkeypatch, **keys)
    (alone / "key").write_text((data / "key").read_text(), encoding="utf-8")
    pull(alone, source)
    return data, alone, exits


def faulty(source, seed):
    """The vendor's fake, with faults of this seed."""
    vendor, _ = VENDORS[source]
    return vendor(Faults(seed=seed, **{k: v for k, v in vars(FAULTS).items() if k != "seed"}), page=PAGES.get(source, 7), borders_repeat=True)


@pytest.mark.parametrize(("source", "seed"), WORLDS)
def test_disturbed_pulls_end_in_the_same_rows(source, seed, tmp_path, monkeypatch, processes):
    chance = random.Random(seed)
    with faulty(source, seed) as fake:
        fake.keeps_deleted = True   # the history of a deleted ticket could else be had only by who came in time
        data, alone, exits = pulled_through_chaos(processes, monkeypatch, tmp_path, source, fake, chance, lambda steps: fake.live(chance.randrange(10**6), steps))
        found, wanted = told_later(held(data), fake), told_later(held(alone), fake)
        for table, expected in wanted.items():
            assert found[table] == expected, (table, exits)
        assert len(wanted["events"]) > 60 and (source != "rt" or len(wanted["links"]) == len(fake.merged))
        assert pull(data, source)["files"] == []


@pytest.mark.parametrize(("source", "seed"), DELETING)
def test_disturbed_pulls_while_conversations_are_deleted(source, seed, tmp_path, monkeypatch, processes):
    """What is deleted for good is known to who came in time alone; all that is still there arrives the same, and none of it is taken for deleted."""
    chance = random.Random(seed)
    with faulty(source, seed) as fake:
        data, alone, exits = pulled_through_chaos(processes, monkeypatch, tmp_path, source, fake, chance, lambda steps: fake.live(chance.randrange(10**6), steps, deletes=0.08))
        known = {ticket: is_deleted for ticket, is_deleted in rows(data, "SELECT ticket_id, deleted_at IS NOT NULL FROM tickets")}
        there = {f"{source}:{one}" for one in fake.conversations}
        assert known.keys() >= there and len(there) > 5 and not [one for one in there if known[one]], exits
        found, wanted = without(held(data), known.keys() - there), without(held(alone), known.keys() - there)
        assert known.keys() > there and len(wanted["events"]) > 30, "nothing was deleted after it was pulled, or nothing is left to compare"
        for table, expected in wanted.items():
            if table in ("customers", "identities"):   # those of deleted conversations stay
                assert set(found[table]) >= set(expected), (table, exits)
            else:
                assert found[table] == expected, (table, exits)
