"""Intercom pulled from a fake workspace, whose answers are held against Intercom's own OpenAPI file."""
from __future__ import annotations

import pytest
from fakes.intercom import START, Intercom
from fakes.server import TOKEN, Faults
from fakes.spec import spec
from pulls import account, held, note, pull, rows, unsaid

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


def test_the_token_and_private_words_are_nowhere(tmp_path, monkeypatch, capfd):
    with Intercom(Faults(seed=2, limited=0.1, unavailable=0.1, cut_off=0.1, dropped=0.05)) as fake:
        fake.live(1, 30)
        data = account(tmp_path / "data", "intercom", fake, monkeypatch)
        pull(data, "intercom")
        assert unsaid(data, capfd, TOKEN, "Mia Private", "private words")
