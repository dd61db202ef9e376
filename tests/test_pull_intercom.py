"""Intercom pulled from a fake workspace, whose answers are held against Intercom's own OpenAPI file."""
from __future__ import annotations

import json

import pytest
from fakes.intercom import START, Intercom
from fakes.server import TOKEN, Faults, Reply
from fakes.spec import spec
from pulls import account, held, note, pull, rows, the_rest_is_here, unsaid

from connectors.pull import Page

HANDED = {"options": {"reason_attribute": "Topic", "ticket_attribute": "Ticket"}}


@pytest.fixture
def intercom():
    with Intercom() as fake:
        yield fake


@pytest.fixture
def data(tmp_path, intercom, monkeypatch):
    return account(tmp_path / "data", "intercom", intercom, monkeypatch, **HANDED)


def kinds(data, conversation="1"):
    return [k for (k,) in rows(data, f"SELECT kind::VARCHAR FROM events WHERE ticket_id = 'intercom:{conversation}' ORDER BY occurred_at, seq, ordinal")]


def a_life(intercom, contact="c1", **more):
    """A bot answers and hands over; two people, one handoff; closed and rated."""
    one = intercom.open(contact, **more)
    intercom.say(one, "bot")
    intercom.route_to(one, 71)
    intercom.assign(one, 81)
    intercom.say(one, 81)
    intercom.route_to(one, 72, 81)
    intercom.assign(one, 82, 81)
    intercom.close(one, 82)
    intercom.rate(one, 4)
    return one


def test_a_conversation_arrives_with_its_hand_over_and_its_handoff(intercom, data):
    intercom.companies = [{"type": "company", "id": "f1", "company_id": "L-9", "name": "Lamp buyer", "monthly_spend": 100, "plan": {"name": "gold"}, "industry": "retail"}]
    intercom.person("c1", companies={"data": [{"type": "company", "id": "f1", "url": "/companies/f1"}], "total_count": 1, "has_more": False})
    one = a_life(intercom)
    pull(data, "intercom")
    assert kinds(data, one) == ["created", "customer_message", "bot_message", "queued", "assigned", "assigned", "agent_message", "queued", "assigned", "assigned",
                                "closed", "rated"]
    assert rows(data, "SELECT handoffs, transfers, handled_by FROM ticket_facts") == [(1, 1, "bot_to_human")]
    assert rows(data, "SELECT url, reason_raw, channel, customer_id, company_id, csat, state, resolved_at - created_at FROM tickets") == [
        ("https://app.intercom.com/a/inbox/lamp1/inbox/conversation/1", "late delivery", "chat", "intercom:c1", "intercom:f1", 4.0, "closed",
         __import__("datetime").timedelta(seconds=420))]
    assert rows(data, "SELECT cause::VARCHAR, actor_kind::VARCHAR FROM events WHERE kind = 'queued' ORDER BY occurred_at") == [("rule", "bot"), (None, "agent")]
    assert rows(data, "SELECT name, plan, value_per_year, segment FROM companies") == [("Lamp buyer", "gold", 1200.0, "retail")]
    assert rows(data, "SELECT name FROM queues ORDER BY 1") == [("Care",), ("Technical",)]
    assert rows(data, "SELECT fidelity FROM coverage WHERE stream = 'assignments'") == [("events",)]


def test_what_the_fake_answers_is_what_intercom_describes(tmp_path, monkeypatch):
    described = spec("intercom", "intercom_2.14.yaml")
    with Intercom(page=4) as fake:
        faults = []
        true = fake.answer

        def judged(asked):
            reply = true(asked)
            faults.extend(described.faults(asked.method, asked.path, reply.status, reply.body))
            return reply
        fake.answer = judged
        fake.companies = [{"type": "company", "id": f"f{n}", "company_id": f"L-{n}", "name": "firm", "monthly_spend": 5, "plan": {"name": "gold"}} for n in range(6)]
        data = account(tmp_path / "data", "intercom", fake, monkeypatch)
        fake.live(3, 40)
        a_life(fake)
        fake.gone.add("2")
        fake.hidden_contacts.add("c1")
        pull(data, "intercom")
        fake.person("c1", email="new@example.com")
        pull(data, "intercom")
        assert len({(a.method, a.path.rstrip("0123456789")) for a in fake.asked}) >= 8
        assert not faults, sorted(set(faults))[:12]


def test_a_second_pull_asks_little_and_a_change_brings_only_itself(intercom, data):
    for n in range(5):
        a_life(intercom, f"c{n}")
        intercom.clock += 600
    first = pull(data, "intercom")
    before, asked = held(data), len(intercom.asked)
    second = pull(data, "intercom")
    assert second["load_id"] == first["load_id"] and second["files"] == [] and held(data) == before
    assert len(intercom.asked) - asked <= 8
    assert not [a for a in intercom.asked[asked:] if a.path.startswith("/conversations/") and a.method == "GET"]
    intercom.say("3", "customer")
    again = pull(data, "intercom")
    assert {f["file"]: f["loaded"] for f in again["files"]} == {"intercom conversations": 1, "intercom parts": 2}   # the words, and that they reopened
    assert kinds(data, "3")[-2:] == ["customer_message", "reopened"]


# --- traps of the tool ---------------------------------------------------------------------------------------------------
def test_pages_of_one_second_and_repeated_borders_end(tmp_path, monkeypatch):
    """More conversations of one second than a page holds; each border comes twice."""
    with Intercom(page=3, borders_repeat=True) as fake:
        data = account(tmp_path / "data", "intercom", fake, monkeypatch)
        for _ in range(10):
            fake.clock = START
            fake.open()
        pull(data, "intercom")
        assert rows(data, "SELECT count(*) FROM tickets") == [(10,)]
        details = [a.path for a in fake.asked if a.method == "GET" and a.path.startswith("/conversations/")]
        assert len(details) == len(set(details)) == 10


def test_a_change_while_pages_are_read_is_not_lost(tmp_path, monkeypatch):
    with Intercom(page=3) as fake:
        data = account(tmp_path / "data", "intercom", fake, monkeypatch)
        for n in range(9):
            fake.open(f"c{n}")
        fake.later.append((7, lambda: fake.say("2", "customer")))   # it goes to the end of the list
        pull(data, "intercom")
        assert kinds(data, "2")[-1] == "customer_message" and rows(data, "SELECT count(*) FROM tickets") == [(9,)]


def test_the_version_is_pinned_and_dates_are_asked_for_as_the_search_knows_them(intercom, data):
    a_life(intercom)
    pull(data, "intercom")
    pull(data, "intercom")
    assert {a.headers["intercom-version"] for a in intercom.asked} == {"2.14"}   # the fake asserts the operators


def test_contacts_are_filtered_by_day_so_two_are_asked_for_again(intercom, data):
    """A contact that gives an address later the same day: its conversation does not change, but is read again."""
    intercom.person("c1", email=None)
    a_life(intercom)
    pull(data, "intercom")
    assert rows(data, "SELECT email_domain FROM tickets") == [(None,)]
    intercom.clock += 60
    intercom.person("c1", email="mia@example.org")
    pull(data, "intercom")
    assert rows(data, "SELECT email_domain FROM tickets") == [("example.org",)]
    intercom.clock += 60
    intercom.person("c1", last_seen_at=intercom.clock)   # of no use to us, and no news
    assert pull(data, "intercom")["files"] == []


def test_contacts_the_search_does_not_know_are_asked_for_by_number(intercom, data):
    """New ones appear minutes late, merged ones never; one that is gone leaves its number."""
    a_life(intercom, "c1")
    a_life(intercom, "c2")
    intercom.hidden_contacts = {"c1", "c2"}
    del intercom.contacts["c2"]
    pull(data, "intercom")
    assert rows(data, "SELECT customer_id, email_domain FROM tickets ORDER BY ticket_id") == [("intercom:c1", "example.com"), ("intercom:c2", None)]


def test_a_change_the_search_is_told_of_late_is_found_by_the_next_pull(intercom, data):
    """Minutes behind what the first pull took for the newest."""
    late = intercom.open()
    intercom.clock += 180
    intercom.open()
    intercom.gone.add(late)
    pull(data, "intercom")
    intercom.gone.clear()
    pull(data, "intercom")
    assert rows(data, "SELECT count(*) FROM tickets") == [(2,)]


def test_companies_are_scrolled_through_once_a_day(intercom, data):
    firm = {"type": "company", "plan": {}, "monthly_spend": 1}
    intercom.companies = [firm | {"id": f"f{n}", "company_id": str(n), "name": "firm"} for n in range(400)]

    def asks():
        before = len(intercom.asked)
        pull(data, "intercom")
        return len([a for a in intercom.asked[before:] if a.path == "/companies/scroll"])
    assert asks() == 4 and asks() == 0
    intercom.companies.append(firm | {"id": "f400", "company_id": "400", "name": "firm"})
    intercom.clock += 86_400
    assert asks() == 4 and rows(data, "SELECT count(*) FROM companies") == [(401,)]


def test_a_scroll_that_is_cut_off_is_no_reading_of_the_day(intercom, data):
    intercom.companies = [{"type": "company", "id": f"f{n}", "company_id": str(n), "name": "firm"} for n in range(400)]
    intercom.before = lambda number: setattr(intercom, "scrolling", "scroll_param" in intercom.asked[number].params)
    assert "come with the next pull" in note(pull(data, "intercom"), "companies")
    intercom.before = lambda number: setattr(intercom, "scrolling", False)
    assert note(pull(data, "intercom"), "companies") is None and rows(data, "SELECT count(*) FROM companies") == [(400,)]


def test_an_open_conversation_that_is_deleted_is_marked_and_is_open_no_longer(intercom, data):
    gone, snoozed, stays, closed = intercom.open(), intercom.open(), intercom.open(), intercom.open()
    intercom.snooze(snoozed)
    intercom.close(closed)
    pull(data, "intercom")
    assert rows(data, "SELECT count(*) FROM ticket_facts WHERE is_open AND left_out IS NULL") == [(3,)]
    for one in (gone, snoozed, closed):
        intercom.delete(one)
    intercom.clock += 3600
    asked = len(intercom.asked)
    pull(data, "intercom")
    assert [a.path for a in intercom.asked[asked:] if a.method == "GET" and a.path.startswith("/conversations/")] == ["/conversations/1", "/conversations/2"]
    assert rows(data, "SELECT ticket_id, deleted_at IS NOT NULL FROM tickets ORDER BY 1") == [
        ("intercom:1", True), ("intercom:2", True), ("intercom:3", False), ("intercom:4", False)]
    assert rows(data, "SELECT ticket_id FROM ticket_facts WHERE is_open AND left_out IS NULL") == [(f"intercom:{stays}",)]
    asked = len(intercom.asked)
    assert pull(data, "intercom")["files"] == [] and not [a for a in intercom.asked[asked:] if a.path in ("/conversations/1", "/conversations/2")]


def test_open_ones_are_looked_for_some_at_a_pull_those_longest_unseen_first(intercom, data, monkeypatch):
    monkeypatch.setattr("connectors.intercom_pull.RECHECKED", 2)
    for _ in range(5):
        intercom.open()
        intercom.clock += 3600
    pull(data, "intercom")
    intercom.gone = set("12345")
    intercom.hidden_contacts = {"c1"}
    looked = []
    for _ in range(3):
        asked = len(intercom.asked)
        pull(data, "intercom")
        looked.append([a.path[-1] for a in intercom.asked[asked:] if a.method == "GET" and a.path.startswith("/conversations/")])
    assert looked == [["1", "2"], ["3", "4"], ["5"]]
    assert rows(data, "SELECT count(*) FROM tickets WHERE deleted_at IS NOT NULL") == [(5,)]


@pytest.mark.parametrize("seed", range(2))
def test_whatever_is_deleted_at_whatever_moment_the_rest_is_here(seed, tmp_path, monkeypatch):
    with Intercom(page=3, borders_repeat=True) as fake:
        data = account(tmp_path / "data", "intercom", fake, monkeypatch)
        assert the_rest_is_here(fake, data, "intercom", seed, 30) <= {"closed"}   # what is settled is not looked for again


def test_a_conversation_that_was_merged_away_leaves_its_contact_to_the_one_it_went_into(intercom, data):
    stays, goes = intercom.open(), intercom.open()
    intercom.say(goes, 81)
    intercom.merge(goes, into=stays)
    result = pull(data, "intercom")
    assert note(result, "parts") is None and kinds(data, goes)[-1] == "merged"
    assert rows(data, "SELECT ticket_id, other_id, kind FROM links") == [(f"intercom:{goes}", f"intercom:{stays}", "merged_into")]
    assert rows(data, "SELECT ticket_id, left_out FROM ticket_facts ORDER BY ticket_id") in (
        [(f"intercom:{stays}", None)], [(f"intercom:{stays}", None), (f"intercom:{goes}", "merged")])


def test_a_merge_that_names_nobody_is_said(intercom, data):
    """One that took others in without a link, one that went where two are linked."""
    one, two, other = intercom.open(), intercom.open(), intercom.open()
    intercom.part(one, "merged_primary_conversation", words=True)
    intercom.link(two, "conversation", one)
    intercom.link(two, "conversation", other)
    intercom.part(two, "merged_secondary_conversation", words=True)
    assert "2 conversations were merged with others that Intercom does not name" in note(pull(data, "intercom"), "parts")
    assert rows(data, "SELECT count(*) FROM links") == [(0,)] and kinds(data, one) == ["created", "customer_message"]
    assert kinds(data, two) == ["created", "customer_message", "merged"]


def test_linked_tickets_of_intercom_are_links_each_of_its_kind(intercom, data):
    became, several, both, inside = intercom.open(), intercom.open(), intercom.open(custom_attributes={"Ticket": 100017}), intercom.open()
    intercom.link(became, "ticket", "611", "Customer")
    intercom.link(several, "ticket", "626", "Tracker")
    intercom.link(several, "ticket", "627")
    intercom.link(both, "ticket", "628", "Customer")
    intercom.link(inside, "ticket", "629", "Back-office")   # work on the side, which is not pulled
    intercom.link(inside, "conversation", became)
    pull(data, "intercom")
    assert rows(data, "SELECT ticket_id, other_id, kind FROM links ORDER BY 1, 2") == [
        ("intercom:1", "intercom:611", "became"), ("intercom:2", "intercom:626", "incident_of"), ("intercom:2", "intercom:627", "became"),
        ("intercom:3", "*:100017", "became")]


def test_what_other_kinds_of_assignment_and_waking_do(intercom, data):
    one = intercom.open()
    mate, team = {"type": "admin", "id": "82"}, {"type": "team", "id": "71"}
    intercom.part(one, "default_assignment", to=team)
    intercom.part(one, "away_mode_assignment", to=mate)
    intercom.part(one, "assignment", to=mate)
    intercom.close(one)
    intercom.part(one, "assign_and_reopen", to=mate)
    intercom.snooze(one)
    intercom.part(one, "unsnoozed")
    intercom.snooze(one)
    intercom.part(one, "timer_unsnooze", "bot")
    intercom.snooze(one)
    intercom.part(one, "assign_and_unsnooze", to=mate)
    pull(data, "intercom")
    assert rows(data, "SELECT kind::VARCHAR, to_value, cause::VARCHAR FROM events WHERE kind NOT IN ('created', 'customer_message') ORDER BY occurred_at, ordinal") == [
        ("queued", "intercom:71", "rule"), ("assigned", None, "rule"), ("assigned", "intercom:82", "rule"), ("assigned", "intercom:82", None), ("closed", None, None),
        ("assigned", "intercom:82", None), ("reopened", None, None), *[("state_changed", "waiting_customer", None), ("state_changed", "in_progress", None)] * 2,
        ("state_changed", "waiting_customer", None), ("assigned", "intercom:82", None), ("state_changed", "in_progress", None)]


def test_a_page_says_how_many_rows_are_still_to_come(tmp_path, monkeypatch):
    left = []
    monkeypatch.setattr("connectors.intercom_pull.Page", lambda *what, **more: left.append(more.get("left")) or Page(*what, **more))
    with Intercom(page=3) as fake:
        for n in range(8):
            fake.open(f"c{n}")
        pull(account(tmp_path / "data", "intercom", fake, monkeypatch), "intercom")
    assert [n for n in left if n is not None][-3:] == [5, 2, 0]


def test_only_the_newest_parts_can_be_had_and_what_was_pulled_before_stays(intercom, data):
    one = intercom.open()
    for _ in range(4):
        intercom.say(one, 81)
    pull(data, "intercom")
    intercom.parts_kept = 3
    intercom.say(one, "customer")
    result = pull(data, "intercom")
    assert "1 conversations have more than 500 parts" in note(result, "parts")
    assert len(kinds(data, one)) == 7


def test_a_conversation_deleted_meanwhile_is_no_failure(intercom, data):
    a_life(intercom)
    two = a_life(intercom)
    intercom.later.append((6, lambda: intercom.gone.add(two)))
    result = pull(data, "intercom")
    assert note(result, "parts") is None and len(kinds(data, "1")) == 12 and kinds(data, two) == []


def test_what_parts_and_counters_say(intercom, data):
    """Nobody is null, 0 and nobody_admin; the first holder is no handoff; Operator and Fin are no people; a campaign is ours; the ticket it became
    another tool's; Intercom's own durations, which leave closed hours out, and its count of assignments are not used."""
    one, _, bot, ours, whole = intercom.open(), intercom.open(), intercom.open(), intercom.open(by="admin", custom_attributes={"Ticket": 100017}), a_life(intercom)
    intercom.assign(one, 81)
    intercom.assign(one, None)   # admin_assignee_id is 0 now, and the part says nobody_admin
    intercom.say(bot, "operator")
    intercom.say(bot, "bot")
    pull(data, "intercom")
    assert rows(data, "SELECT assignee_id FROM tickets ORDER BY ticket_id LIMIT 2") == [(None,), (None,)]
    assert rows(data, f"SELECT to_value FROM events WHERE ticket_id = 'intercom:{one}' AND kind = 'assigned' ORDER BY occurred_at") == [("intercom:81",), (None,)]
    assert kinds(data, bot) == ["created", "customer_message", "bot_message", "bot_message"]
    assert rows(data, "SELECT handoffs, handled_by, first_response_time FROM ticket_facts ORDER BY ticket_id") == [
        (0, "human_only", None), (0, "untouched", None), (0, "bot_only", None), (0, "human_only", None), (1, "bot_to_human", 240)]
    assert rows(data, f"SELECT is_proactive FROM tickets WHERE ticket_id = 'intercom:{ours}'") == [(True,)]
    assert rows(data, "SELECT ticket_id, other_id, kind FROM links") == [(f"intercom:{ours}", "*:100017", "became")]
    assert rows(data, f"SELECT recorded_first_response_seconds, recorded_handoffs FROM tickets WHERE ticket_id = 'intercom:{whole}'") == [(None, None)]


def test_many_changed_contacts_are_asked_for_in_groups_of_fifteen(intercom, data):
    """No question has more filters than a search takes (the fake refuses it), and each conversation is read once."""
    for n in range(40):
        intercom.person(f"c{n}", email=None)
        intercom.open(f"c{n}")
    pull(data, "intercom")
    intercom.clock += 86_400
    for n in range(40):
        intercom.person(f"c{n}", email=f"p{n}@example.org")
    pull(data, "intercom")
    assert rows(data, "SELECT count(*) FROM tickets WHERE email_domain = 'example.org'") == [(40,)]


def test_lists_inside_a_row_are_cut_after_ten_and_the_first_company_is_taken(intercom, data):
    firms = [{"type": "company", "id": f"f{n}", "url": f"/companies/f{n}"} for n in range(10)]
    intercom.person("c1", companies={"data": firms, "total_count": 14, "has_more": True})
    intercom.open("c1")
    pull(data, "intercom")
    assert rows(data, "SELECT company_id FROM tickets") == [("intercom:f0",)]


def test_companies_wait_while_another_program_scrolls(intercom, data):
    a_life(intercom)
    intercom.companies = [{"type": "company", "id": f"f{n}", "company_id": str(n), "name": "firm"} for n in range(200)]
    intercom.scrolling = True
    assert "companies come with the next pull" in note(pull(data, "intercom"), "companies")
    intercom.scrolling = False
    pull(data, "intercom")
    assert rows(data, "SELECT count(*) FROM companies") == [(200,)]


def test_what_may_not_be_read_is_left_out_with_a_note(intercom, data):
    a_life(intercom)
    intercom.forbidden = {"/contacts", "/companies", "/teams"}
    result = pull(data, "intercom")
    assert {s["stream"] for s in result["streams"] if s["note"]} == {"teams", "companies", "contacts", "conversations"}
    assert "without the customer's e-mail and company" in note(result, "conversations")
    assert rows(data, "SELECT customer_id, email_key FROM tickets") == [("intercom:c1", None)]
    intercom.forbidden = {"/conversations"}
    assert "conversations need read conversations" in pull(data, "intercom", code=1)


def test_nulls_and_unknown_fields_are_survived(intercom, data):
    one = a_life(intercom)
    intercom.conversations[one] |= {"source": None, "statistics": None, "tags": None, "contacts": None, "custom_attributes": None, "brand_new": "x", "state": "surprise"}
    intercom.parts[one][0] |= {"author": None, "assigned_to": None, "part_type": "never_heard_of"}
    result = pull(data, "intercom")
    assert rows(data, "SELECT state, state_raw, customer_id, json_extract_string(extra, '$.brand_new') FROM tickets") == [(None, "surprise", None, "x")]
    assert [u["value"] for u in result["unmapped"]] == ["surprise"]


def test_whatever_but_the_id_may_be_missing_and_a_row_without_one_is_left_out(intercom, data):
    one, two = intercom.open("c1"), intercom.open("c2")
    intercom.assign(one, 81)
    true = intercom.answer

    def bare(asked):
        reply = Reply(json.loads(json.dumps(true(asked).body)), true(asked).status)
        for name in ("conversations", "data", "admins", "teams"):
            if isinstance(reply.body.get(name), list):
                reply.body[name] = [{"id": row["id"]} if row.get("id") in (two, "c2") else row for row in reply.body[name]]
                if asked.path != "/companies/scroll":
                    reply.body[name].append({"id": None})
        for part in (reply.body.get("conversation_parts") or {}).get("conversation_parts", []):
            del part["id"], part["author"], part["created_at"]
        if asked.path in ("/conversations/1", "/conversations/2"):
            [reply.body.pop(name) for name in ("source", "created_at", "tags")]
        return reply
    intercom.answer = bare
    intercom.companies = [{"id": "f1"}, {"name": "firm"}]
    first, second = pull(data, "intercom"), pull(data, "intercom")
    noted = {s["stream"]: s["note"] for result in (first, second) for s in result["streams"] if s["note"]}
    assert {stream for stream, text in noted.items() if "without id were left out" in text} == {"admins", "teams", "companies", "contacts", "conversations", "parts"}
    assert rows(data, "SELECT ticket_id, state FROM tickets ORDER BY 1") == [("intercom:1", "in_progress"), ("intercom:2", None)]


def test_the_token_and_private_words_are_nowhere(tmp_path, monkeypatch, capfd):
    with Intercom(Faults(seed=2, limited=0.1, unavailable=0.1, cut_off=0.1, dropped=0.05)) as fake:
        fake.live(1, 30)
        data = account(tmp_path / "data", "intercom", fake, monkeypatch)
        pull(data, "intercom")
        assert unsaid(data, capfd, TOKEN, "Mia Private", "private words")
