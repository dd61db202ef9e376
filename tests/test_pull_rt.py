"""Request Tracker pulled from a fake one: what tests/live proves against the real one, and what the real one cannot be made to do."""
from __future__ import annotations

import json

import pytest
from conftest import door
from fakes.rt import RT
from fakes.server import TOKEN, Faults, Reply
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


def test_one_seen_among_many_hidden_is_found(rt, data):
    """The newest page and the oldest are both invisible."""
    for _ in range(130):
        rt.open(queue="5")
    seen = rt.open()
    for _ in range(130):
        rt.open(queue="5")
    rt.hidden = {"5"}
    assert note(pull(data, "rt"), "transactions") is None
    assert rows(data, "SELECT ticket_id FROM tickets") == [(f"rt:{seen}",)]


def test_that_all_newest_are_hidden_is_said_and_that_there_are_none_is_not(rt, data, monkeypatch):
    assert note(pull(data, "rt"), "transactions") is None and len(rt.asked) < 10
    monkeypatch.setattr(rt_pull, "UNSEEN_PAGES", 2)
    for _ in range(210):
        rt.open(queue="5")
    rt.hidden = {"5"}
    assert note(pull(data, "rt"), "transactions") == "this user may see none of the newest 200 transactions"


@pytest.mark.parametrize("page", [100, 7])
def test_a_ticket_that_comes_into_sight_brings_what_it_did_before(page, tmp_path, monkeypatch):
    """Its numbers are older than any asked for; it began in a queue that is hidden, or went there and came back."""
    with RT(page=page) as rt:
        monkeypatch.setattr(rt_pull, "PAGE", page)
        monkeypatch.setattr(rt_pull, "AGAIN", 5)
        data = account(tmp_path / "data", "rt", rt, monkeypatch, **OPTIONS)
        rt.hidden = {"5"}
        back, hidden = rt.open(queue="3"), rt.open(queue="5")
        pull(data, "rt")
        rt.move(back, "5")
        for ticket in (back, hidden):
            for to in ("ann", "bob", "cat"):
                rt.assign(ticket, to)
        for _ in range(30):
            rt.note(hidden)
            rt.open()
        pull(data, "rt")
        assert kinds(data, hidden) == [] and kinds(data, back) == ["created", "queued"]
        rt.move(back, "4")
        rt.move(hidden, "3")
        for _ in range(10):
            rt.open()
        asked = len(rt.asked)
        pull(data, "rt")
        in_full = [a for a in rt.asked[asked:] if f"ObjectId = {hidden}" in a.params.get("query", "") and "Field" not in a.params["query"] and a.params["page"] == "1"]
        assert len(in_full) == 1
        assert kinds(data, hidden) == ["created", "queued", "assigned", "assigned", "assigned", *["internal_note"] * 30, "queued"]
        assert kinds(data, back) == ["created", "queued", "queued", "assigned", "assigned", "assigned", "queued"]
        assert rows(data, f"SELECT handoffs, transfers FROM ticket_facts WHERE ticket_id = 'rt:{hidden}'") == [(2, 1)]
        assert rows(data, f"SELECT handoffs, transfers FROM ticket_facts WHERE ticket_id = 'rt:{back}'") == [(2, 2)]
        rt.reply(hidden)
        assert {f["file"]: f["loaded"] for f in pull(data, "rt")["files"]} == {"rt transactions": 2, "rt tickets": 1}   # the reply opens it


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


def test_every_way_to_change_hands_is_one_handoff(rt, data):
    """Take, Steal, Give, Untake and Force are Owner like Set, each with its SetWatcher."""
    one = rt.open()
    for how, to, by in (("Take", "ann", "ann"), ("Steal", "bob", "bob"), ("Give", "cat", "bob"), ("Untake", "Nobody", "cat"), ("Force", "ann", "bob")):
        rt.hand(one, how, to, by)
    pull(data, "rt")
    assert rows(data, "SELECT from_value, to_value, actor_id FROM events WHERE kind = 'assigned' ORDER BY occurred_at, seq") == [
        (None, "rt:ann", "rt:ann"), ("rt:ann", "rt:bob", "rt:bob"), ("rt:bob", "rt:cat", "rt:bob"), ("rt:cat", None, "rt:cat"), (None, "rt:ann", "rt:bob")]
    assert kinds(data)[2:] == ["assigned"] * 5


def altered(rt, change):
    """Every row of every answer passes through `change`, which may alter it."""
    true = rt.answer

    def answer(asked):
        reply = true(asked)
        body = json.loads(json.dumps(reply.body))
        for row in body.get("items", [body]):
            change(row)
        return Reply(body, reply.status)
    rt.answer = answer


@pytest.mark.parametrize("without", [lambda value: None, lambda value: "odd", lambda value: [None], "missing"], ids=["null", "text", "list", "missing"])
def test_fields_that_are_missing_or_of_another_kind_are_survived(without, rt, data):
    """All but the numbers of rows, of their tickets and the times."""
    survivor, merged, deleted = a_life(rt), rt.open(), a_life(rt)
    rt.merge(merged, survivor)
    rt.status(deleted, "deleted")

    def change(row):
        for name in set(row) - {"id", "ObjectId", "Type", "Field", "Created"}:
            if without == "missing":
                del row[name]
            else:
                row[name] = without(row[name])
    altered(rt, change)
    assert not note(pull(data, "rt"), "transactions")
    assert rows(data, "SELECT count(*) FROM tickets") == [(3,)] and len(kinds(data, survivor)) > 4


def test_rows_without_a_key_are_left_out_with_a_note(rt, data):
    one = rt.open()
    for _ in range(3):
        rt.reply(one)
    replies = [t["id"] for t in rt.transactions if t["Type"] == "Correspond"]
    lone = rt.open()

    def change(row):
        if row["id"] == replies[0]:
            row["ObjectId"] = None
        elif row["id"] == replies[1]:
            row["id"] = None
        elif row["id"] == str(lone):
            del row["id"]
    altered(rt, change)
    result = pull(data, "rt")
    assert note(result, "transactions") == "transactions without a number of their own or of their ticket were left out; tickets without a number were left out"
    assert note(result, "tickets") == "tickets without a number were left out"
    assert kinds(data, one).count("agent_message") == 1


def test_unknown_fields_are_kept_and_counted(rt, data, capfd):
    """Those known and not used are neither, as people in copy."""
    rt.open()
    rt.open()
    altered(rt, lambda row: row.update({"Brand": {"new": 1}, "_url": "http://127.0.0.1/", "Cc": [{"id": "private@example.com"}]}))
    pull(data, "rt")
    listed = {s["stream"]: s["unknown_fields"] for s in door("connectors", "list", data=data)["sources"][0]["streams"]}
    assert listed["transactions"] == {"Brand": 2} and listed["tickets"] == {"Brand": 2}
    assert [json.loads(extra)["brand"] for (extra,) in rows(data, "SELECT extra FROM tickets")] == ['{"new":1}'] * 2
    assert unsaid(data, capfd, "private@example.com")


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
