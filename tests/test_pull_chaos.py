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
from pulls import account, held, pull

IS_LONG = bool(os.environ.get("EVENKEEL_LONG"))
VENDORS = {"zendesk": (Zendesk, {"account": "service@lamp.example"}), "intercom": (Intercom, {}), "salesforce": (Salesforce, {}), "hubspot": (HubSpot, {}),
           "chatwoot": (Chatwoot, {"account": "1"}), "rt": (RT, {})}
PAGES = {"rt": 100}   # numbers are asked for in windows of a page, which holds a hundred; of others seven
PULLS = 5 if IS_LONG else 3
WORLDS = [(name, seed) for seed in range(7 if IS_LONG else 1) for name in VENDORS]   # long: 210 disturbed pulls
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


def told_later(rows, fake):
    """Rows without what only who came in time knows: a ticket merged away in Request Tracker is told later by its acts alone, and facts count over neighbours."""
    if not isinstance(fake, RT) or not fake.merged:
        return rows
    gone = [f"'rt:{ticket}'" for ticket in fake.merged]
    return {table: found if table == "links" else [row for row in found if not any(one in row for one in gone)] for table, found in rows.items() if table != "ticket_facts"}


@pytest.mark.parametrize(("source", "seed"), WORLDS)
def test_disturbed_pulls_end_in_the_same_rows(source, seed, tmp_path, monkeypatch, processes):
    chance = random.Random(seed)
    vendor, keys = VENDORS[source]
    with vendor(Faults(seed=seed, **{k: v for k, v in vars(FAULTS).items() if k != "seed"}), page=PAGES.get(source, 7), borders_repeat=True) as fake:
        fake.keeps_deleted = True   # the history of a deleted ticket could else be had only by who came in time
        data = account(tmp_path / "disturbed", source, fake, monkeypatch, **keys)
        exits = []
        for _ in range(PULLS):
            fake.live(chance.randrange(10**6), 20)
            fake.later.append((len(fake.asked) + chance.randint(1, 30), lambda: fake.live(chance.randrange(10**6), 5)))   # while it is pulled
            exits.append(disturbed(processes, source, fake, data, chance))
        assert set(exits) <= {0, 75, -signal.SIGKILL}, exits
        fake.later.clear()
        fake.clock += 7200
        fake.faults = Faults()
        pull(data, source)
        alone = account(tmp_path / "alone", source, fake, monkeypatch, **keys)
        (alone / "key").write_text((data / "key").read_text(), encoding="utf-8")
        pull(alone, source)
        found, wanted = told_later(held(data), fake), told_later(held(alone), fake)
        for table, expected in wanted.items():
            assert found[table] == expected, (table, exits)
        assert len(wanted["events"]) > 60 and (source != "rt" or len(wanted["links"]) == len(fake.merged))
        assert pull(data, source)["files"] == []
