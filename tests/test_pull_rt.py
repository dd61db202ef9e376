"""Request Tracker pulled from a fake one: what tests/live proves against the real one, and what the real one cannot be made to do."""
from __future__ import annotations

import pytest
from conftest import door
from fakes.rt import RT
from fakes.server import TOKEN, Faults
from pulls import account, held, note, pull, rows, unsaid

from connectors import rt_pull

OPTIONS = {"options": {"reason_field": "Root Cause"}}


@pytest.fixture
def rt():
    with RT() as fake:
        yield fake


@pytest.fixture
def data(tmp_path, rt, monkeypatch):
    return account(tmp_path / "data", "rt", rt, monkeypatch, **OPTIONS)


def kinds(data, ticket=1):
    return [k for (k,) in rows(data, f"SELECT kind::VARCHAR FROM events WHERE ticket_id = 'rt:{ticket}' ORDER BY occurred_at, seq, ordinal")]


def a_life(rt):
    """One handoff between people, one transfer between queues, resolved."""
    one = rt.open()
    rt.assign(one, "ann")
    rt.reply(one, "ann")
    rt.assign(one, "bob")
    rt.move(one, "4", "bob")
    rt.status(one, "resolved", "bob")
    return one


def test_a_ticket_arrives_with_its_history(rt, data):
    """Set and SetWatcher are one reassignment; a reply and the opening that RT does by itself are two things by two hands; numbers of people are names."""
    a_life(rt)
    pull(data, "rt")
    assert kinds(data) == ["created", "queued", "assigned", "agent_message", "state_changed", "assigned", "queued", "state_changed"]
    assert rows(data, "SELECT to_value, actor_id, actor_kind::VARCHAR FROM events WHERE kind IN ('assigned', 'state_changed') ORDER BY occurred_at, seq") == [
        ("rt:ann", "rt:ann", "agent"), ("in_progress", "rt:RT_System", "system"), ("rt:bob", "rt:ann", "agent"), ("resolved", "rt:bob", "agent")]
    assert rows(data, "SELECT handoffs, transfers FROM ticket_facts") == [(1, 1)]
    assert rows(data, "SELECT url, reason_raw, email_domain, queue_id, assignee_id, state::VARCHAR, resolved_at IS NOT NULL FROM tickets") == [
        (f"{rt.base}/Ticket/Display.html?id=1", "late delivery", "example.com", "rt:4", "rt:bob", "resolved", True)]
    assert rows(data, "SELECT fidelity FROM coverage WHERE stream = 'assignments'") == [("events",)]


def test_a_second_pull_asks_little_and_a_change_brings_only_itself(rt, data):
    for _ in range(5):
        a_life(rt)
    first = pull(data, "rt")
    before, asked = held(data), len(rt.asked)
    second = pull(data, "rt")
    assert second["load_id"] == first["load_id"] and second["files"] == [] and held(data) == before and len(rt.asked) - asked <= 10
    rt.status(3, "open")
    again = pull(data, "rt")
    assert {f["file"]: f["loaded"] for f in again["files"]} == {"rt transactions": 1, "rt tickets": 1}
    assert rows(data, "SELECT reopens FROM ticket_facts WHERE ticket_id = 'rt:3'") == [(1,)]


# --- traps of the tool ---------------------------------------------------------------------------------------------------
def test_pages_are_capped_whatever_is_asked_for(tmp_path, monkeypatch):
    """More than a page everywhere: transactions, tickets, the moves of the tickets of one page."""
    with RT(page=7) as fake:
        monkeypatch.setattr(rt_pull, "PAGE", 7)
        data = account(tmp_path / "data", "rt", fake, monkeypatch)
        fake.live(4, 80)
        pull(data, "rt")
        assert rows(data, "SELECT count(*) FROM events WHERE kind = 'created'") == [(len(fake.tickets),)]
        told = sum(t["Type"] != "SetWatcher" and t["Field"] == "Owner" for t in fake.transactions)
        began = sum(1 for t in fake.tickets if not next((x["OldValue"] == "6" for x in fake.transactions if x["ObjectId"] == str(t) and x["Field"] == "Owner"),
                                                         fake.tickets[t]["Owner"] == "Nobody"))
        assert rows(data, "SELECT count(*) FROM events WHERE kind = 'assigned'") == [(told + began,)]


def test_what_this_user_may_not_see_leaves_no_page_unread(rt, data):
    """More hidden transactions than a page holds: short and empty pages, no total, and what follows still arrives."""
    seen = rt.open()
    for _ in range(130):
        rt.open(queue="5")
    after = rt.open()
    rt.hidden = {"5"}
    pull(data, "rt")
    assert rows(data, "SELECT ticket_id FROM tickets ORDER BY 1") == [(f"rt:{seen}",), (f"rt:{after}",)]
    for _ in range(130):
        rt.open(queue="5")
    assert pull(data, "rt")["files"] == []


def test_dates_of_a_query_are_on_the_users_own_clock(rt, data):
    """Whatever the zone of the user, --since brings all that is newer, at worst more; times of tickets are UTC."""
    old = rt.open()
    rt.clock += 30 * 86_400
    late = rt.open()
    created = rt.tickets[late]["Created"]
    for zone in (-11, 13):
        rt.zone = zone
        door("warehouse", "forget", "rt", data=data, code=None)
        pull(data, "rt", "--since", created[:10])
        assert rows(data, "SELECT ticket_id, strftime(created_at, '%Y-%m-%dT%H:%M:%SZ') FROM tickets") == [(f"rt:{late}", created)], (zone, old)


def test_times_that_are_not_set_and_nobody_are_nothing(rt, data):
    one = rt.open(owner="ann")
    rt.assign(one, "Nobody")
    pull(data, "rt")
    assert rows(data, "SELECT assignee_id, resolved_at FROM tickets") == [(None, None)]
    assert rows(data, "SELECT to_value FROM events WHERE kind = 'assigned' ORDER BY occurred_at") == [("rt:ann",), (None,)]


def test_merged_tickets_leave_every_search_and_answer_with_their_survivor(rt, data):
    """The survivor's history holds both beginnings, which only the number they belong to tells apart."""
    survivor, gone, never_alone = a_life(rt), a_life(rt), None
    pull(data, "rt")
    rt.merge(gone, survivor)
    never_alone = rt.open()
    rt.merge(never_alone, survivor)
    pull(data, "rt")
    assert rows(data, "SELECT ticket_id, other_id, kind FROM links ORDER BY 1") == [
        (f"rt:{gone}", f"rt:{survivor}", "merged_into"), (f"rt:{never_alone}", f"rt:{survivor}", "merged_into")]
    assert kinds(data, survivor).count("created") == 1 and kinds(data, survivor).count("merged") == 0 and kinds(data, gone)[-1] == "merged"
    assert rows(data, "SELECT count(*) FROM events WHERE kind = 'created'") == [(3,)]


def test_deleted_tickets_leave_every_search_and_are_asked_for_by_number(rt, data):
    """The number in a list is text, that of a single ticket a number."""
    one, gone = a_life(rt), a_life(rt)
    pull(data, "rt")
    rt.status(gone, "deleted")
    pull(data, "rt")
    assert rows(data, "SELECT ticket_id, deleted_at IS NOT NULL FROM tickets ORDER BY 1") == [(f"rt:{one}", False), (f"rt:{gone}", True)]
    assert kinds(data, gone)[-1] == "deleted"


def test_numbers_given_out_earlier_that_become_visible_later_still_arrive(rt, data):
    """Two writers at once: the higher number may be there first."""
    one = rt.open()
    pull(data, "rt")
    rt.note(one)
    late = rt.transactions.pop()
    rt.transactions.append(late | {"id": str(int(late["id"]) + 1), "Type": "Correspond", "Creator": {"id": "ann", "type": "user"}})
    pull(data, "rt")
    rt.transactions.append(late)
    rt.transactions.sort(key=lambda t: int(t["id"]))
    pull(data, "rt")
    assert kinds(data, one) == ["created", "queued", "internal_note", "agent_message"]


def test_a_priority_is_a_change_and_other_fields_are_not_kept(rt, data, capfd):
    one = rt.open()
    rt.prioritise(one, "90")
    rt._wrote(one, "ann", "Set", "Subject", "old private subject", "new private subject")
    rt._wrote(one, "ann", "CustomField", "1", None, "private field")
    pull(data, "rt")
    assert rows(data, "SELECT kind::VARCHAR, to_value FROM events WHERE kind = 'priority_changed'") == [("priority_changed", "90")]
    assert unsaid(data, capfd, "private subject", "private field")


def test_what_may_not_be_read_is_left_out_with_a_note(rt, data):
    a_life(rt)
    rt.forbidden = {"/queues", "/user/30"}
    result = pull(data, "rt")
    assert "no permission for /REST/2.0/queues/all" in note(result, "queues")
    assert rows(data, "SELECT handoffs FROM ticket_facts") == [(1,)]   # who it went to is known by number only
    rt.forbidden = {"/transactions"}
    assert "transactions need ShowTicket" in pull(data, "rt", code=1)


def test_the_token_and_private_words_are_nowhere(tmp_path, monkeypatch, capfd):
    with RT(Faults(seed=2, limited=0.1, unavailable=0.1, cut_off=0.1, dropped=0.05)) as fake:
        fake.live(1, 30)
        data = account(tmp_path / "data", "rt", fake, monkeypatch)
        pull(data, "rt")
        assert unsaid(data, capfd, TOKEN)
