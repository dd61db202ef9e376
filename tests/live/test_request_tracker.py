"""A history made in a real Request Tracker through its own interface arrives exactly, a pull at a time, whoever pulls.

What was done is written down here while it is done; the store is compared with that.
"""
from __future__ import annotations

import random
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from live.peer import AGENTS, QUEUES, READERS, Peer, lacking
from pulls import account, pull, rows

pytestmark = pytest.mark.skipif(lacking() is not None, reason=str(lacking()))
TICKETS = 60


@dataclass
class Done:
    """One ticket as it was made: every act as (minute, kind, value)."""

    number: int
    queue: str
    owner: str | None
    status: str = "new"
    acts: list[tuple[datetime, str, str | None]] = field(default_factory=list)
    handoffs: int = 0
    transfers: int = 0
    reopens: int = 0
    merged_into: int | None = None
    is_deleted: bool = False


class Desk:
    """A service desk that works on the tracker and writes down what it does."""

    def __init__(self, peer: Peer, seed: int):
        self.peer, self.random, self.tickets = peer, random.Random(seed), []

    def open(self) -> Done:
        at, queue = self.peer.tick(self.random.randint(5, 240)), self.random.choice(QUEUES[:2])
        owner = self.random.choice([None, None, "ann"])
        told = self.peer.as_user("root", "POST", "/ticket", {"Queue": queue, "Subject": f"case {len(self.tickets)}", "Content": "private words",
                                                             "Requestor": f"cust{self.random.randint(1, 9)}@example.com", **({"Owner": owner} if owner else {})})
        ticket = Done(int(told["id"]), queue, owner)
        ticket.acts += [(at, "created", None), (at, "queued", queue)] + ([(at, "assigned", owner)] if owner else [])
        self.tickets.append(ticket)
        return ticket

    def act(self, ticket: Done) -> None:
        at = self.peer.tick(self.random.randint(2, 600))
        kind = self.random.choices(["assign", "move", "reply", "resolve", "stall", "note", "delete", "merge"], [5, 3, 4, 3, 1, 1, 0.3, 0.4])[0]
        put = f"/ticket/{ticket.number}"
        if kind == "assign":
            agent = self.random.choice([a for a in AGENTS if a != ticket.owner])
            self.peer.as_user("root", "PUT", put, {"Owner": agent})
            ticket.handoffs += ticket.owner is not None
            ticket.owner = agent
            ticket.acts.append((at, "assigned", agent))
        elif kind == "move":
            queue = self.random.choice([q for q in QUEUES if q != ticket.queue])
            self.peer.as_user("cat", "PUT", put, {"Queue": queue})
            ticket.transfers += 1
            ticket.queue = queue
            ticket.acts.append((at, "queued", queue))
        elif kind in ("reply", "note"):
            self.peer.as_user("ann", "POST", f"{put}/{'correspond' if kind == 'reply' else 'comment'}", {"Content": "private words", "ContentType": "text/plain"})
            ticket.acts.append((at, "agent_message" if kind == "reply" else "internal_note", None))
            now = self.peer.as_user("root", "GET", put, None)["Status"]   # a reply may open the ticket, by rules of RT's own
            if now != ticket.status:
                self._status(ticket, at, now)
        elif kind in ("resolve", "stall"):
            status = {"resolve": "resolved", "stall": "stalled"}[kind]
            if ticket.status != status:
                self.peer.as_user("bob", "PUT", put, {"Status": status})
                self._status(ticket, at, status)
        elif kind == "delete":
            self.peer.as_user("root", "PUT", put, {"Status": "deleted"})
            ticket.is_deleted = True
            ticket.acts.append((at, "deleted", None))
        else:
            into = self.random.choice([t for t in self.alive() if t is not ticket])
            self.peer.as_user("root", "PUT", put, {"MergeInto": into.number})
            ticket.merged_into = into.number
            ticket.acts.append((at, "merged", str(into.number)))

    def _status(self, ticket: Done, at: datetime, status: str) -> None:
        ticket.reopens += ticket.status == "resolved"
        ticket.status = status
        ticket.acts.append((at, "state_changed", {"open": "in_progress", "stalled": "waiting_customer", "resolved": "resolved"}[status]))

    def alive(self) -> list[Done]:
        return [t for t in self.tickets if not t.is_deleted and t.merged_into is None]

    def week(self, new: int, acts: int) -> None:
        for _ in range(new):
            self.open()
        for _ in range(acts):
            self.act(self.random.choice(self.alive()))


@pytest.fixture(scope="module")
def peer(tmp_path_factory):
    with Peer(tmp_path_factory.mktemp("peer"), datetime(2026, 3, 2, 9)) as running:   # over the night both hemispheres change their clocks
        yield running


@pytest.fixture(scope="module")
def desk(peer):
    return Desk(peer, 5)


class WithClock:
    """The tracker as `account` wants it: an address and a clock."""

    def __init__(self, peer: Peer):
        self.base, self.now, self.tokens = peer.base, peer.clock, peer.tokens


def of(peer, reader, tmp_path, monkeypatch):
    return account(tmp_path / reader, "rt", WithClock(peer), monkeypatch, token=peer.tokens[reader], options={"reason_field": "Root Cause"})


def expected(desk, never_alive=()):
    """What must arrive. Of a ticket merged before it was first pulled RT tells the beginning only by what moved it first."""
    names = dict(zip(QUEUES, ("3", "4", "5")))
    found: Counter = Counter()
    for t in desk.tickets:
        moved = Counter(kind for _, kind, _ in t.acts)
        for place, (at, kind, value) in enumerate(t.acts):
            if place and t.acts[0][0] == at and t.number in never_alive and moved[kind] == 1:
                continue
            found[f"rt:{t.number}", at, kind, f"rt:{names.get(value, value)}" if kind in ("queued", "assigned") else value] += 1
    return found


def arrived(data):
    found = rows(data, "SELECT ticket_id, occurred_at, kind::VARCHAR, CASE WHEN kind <> 'deleted' THEN to_value END FROM events")
    return Counter(found)


def test_sixty_tickets_arrive_exactly_and_incrementally(peer, desk, tmp_path, monkeypatch):
    stores, gone, seen = {}, set(), 0
    for week in range(4):
        desk.week(TICKETS // 4, 90)
        gone |= {t.number for t in desk.tickets[seen:] if t.merged_into}
        seen = len(desk.tickets)
        stores["reader"] = data = of(peer, "reader", tmp_path, monkeypatch)
        pull(data, "rt")
        assert arrived(data) == expected(desk, gone), week
    merged = {t.number for t in desk.tickets if t.merged_into}
    for reader in READERS:   # the others take everything at once
        stores[reader] = of(peer, reader, tmp_path, monkeypatch)
        pull(stores[reader], "rt")
        assert arrived(stores[reader]) == expected(desk, gone if reader == "reader" else merged), reader
        survivors = {t.merged_into for t in desk.tickets if t.merged_into}
        plain = {f"rt:{t.number}": (t.handoffs, t.transfers, t.reopens) for t in desk.tickets if t.number not in merged | survivors and not t.is_deleted}
        counted = {row[0]: row[1:] for row in rows(stores[reader], "SELECT ticket_id, sum(handoffs)::INT, sum(transfers)::INT, sum(reopens)::INT FROM ticket_facts GROUP BY 1")}
        assert {k: counted[k] for k in plain} == plain
        assert sum(h for h, _, _ in plain.values()) > 50
    assert {r for r, in rows(stores["reader"], "SELECT ticket_id FROM tickets WHERE deleted_at IS NOT NULL")} == {f"rt:{t.number}" for t in desk.tickets if t.is_deleted}
    assert set(rows(stores["reader"], "SELECT ticket_id, other_id FROM links WHERE kind = 'merged_into'")) == {
        (f"rt:{t.number}", f"rt:{t.merged_into}") for t in desk.tickets if t.merged_into}
    assert len(desk.tickets) == TICKETS and any(t.is_deleted for t in desk.tickets) and any(t.merged_into for t in desk.tickets)


def test_a_second_pull_asks_little_and_changes_nothing(peer, desk, tmp_path, monkeypatch):
    desk.week(5, 10)
    data = of(peer, "reader", tmp_path, monkeypatch)
    first = pull(data, "rt")
    again = pull(data, "rt")
    assert again["load_id"] == first["load_id"] and again["files"] == []
    assert {s["stream"]: (s["news"], s["pages"]) for s in again["streams"]} == {"queues": (0, 1), "transactions": (0, 1), "tickets": (0, 0)}


def test_since_means_the_same_in_every_time_zone(peer, desk, tmp_path, monkeypatch):
    """RT reads the dates of a query in the user's zone; what is older than asked is only more, never less."""
    at = peer.now
    desk.week(3, 6)
    wanted = {key for key in expected(desk) if key[1] > at}
    for reader in READERS:
        data = of(peer, reader, tmp_path, monkeypatch)
        pull(data, "rt", "--since", at.strftime("%Y-%m-%dT%H:%M"))
        assert wanted <= set(arrived(data))


def test_what_the_reader_may_not_see_leaves_no_page_unread(peer, desk, tmp_path, monkeypatch):
    """More hidden transactions than a page holds: pages are short or empty, and `pages` is null, yet all that follow arrive."""
    for _ in range(60):
        number = peer.as_user("root", "POST", "/ticket", {"Queue": "Hidden", "Subject": "not for readers", "Content": "x"})["id"]
        peer.as_user("root", "PUT", f"/ticket/{number}", {"Owner": "ann"})
    after = desk.open()
    data = of(peer, "reader", tmp_path, monkeypatch)
    pull(data, "rt")
    assert rows(data, f"SELECT count(*) FROM events WHERE ticket_id = 'rt:{after.number}' AND kind = 'created'") == [(1,)]
    assert rows(data, f"SELECT count(*) FROM events WHERE ticket_id = 'rt:{number}'") == [(0,)]
    for _ in range(60):
        peer.as_user("root", "POST", "/ticket", {"Queue": "Hidden", "Subject": "not for readers", "Content": "x"})
    assert pull(data, "rt")["files"] == []   # the newest hundred are hidden


def test_unset_times_and_nobody(peer, desk, tmp_path, monkeypatch):
    ticket = desk.open()
    peer.as_user("root", "PUT", f"/ticket/{ticket.number}", {"Owner": "Nobody", "CustomFields": {"Root Cause": "Bug"}})
    data = of(peer, "reader", tmp_path, monkeypatch)
    pull(data, "rt")
    assert rows(data, f"SELECT assignee_id, resolved_at, reason_raw FROM tickets WHERE ticket_id = 'rt:{ticket.number}'") == [(None, None, "Bug")]
    assert not rows(data, "SELECT 1 FROM tickets WHERE created_at < '2000-01-01' OR resolved_at < '2000-01-01'")


def test_a_wrong_token_is_said(peer, tmp_path, monkeypatch):
    data = account(tmp_path / "wrong", "rt", WithClock(peer), monkeypatch, token="1-14-nonsense")
    assert "does not accept the token" in pull(data, "rt", code=1)
