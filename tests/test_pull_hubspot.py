"""HubSpot pulled from a fake portal."""
from __future__ import annotations

import pytest
from conftest import door
from fakes.hubspot import START, HubSpot, at
from fakes.server import TOKEN, Faults, Reply
from pulls import account, held, left_told, note, pull, rows, unsaid

OPTIONS = {"options": {"company_value": "arr", "company_plan": "plan__tier", "company_renewal": "renewal"}}


@pytest.fixture
def portal():
    with HubSpot() as fake:
        yield fake


@pytest.fixture
def data(tmp_path, portal, monkeypatch):
    return account(tmp_path / "data", "hubspot", portal, monkeypatch, **OPTIONS)


def kinds(data, ticket):
    return [k for (k,) in rows(data, f"SELECT kind::VARCHAR FROM events WHERE ticket_id = 'hubspot:{ticket}' ORDER BY occurred_at, seq, file_no, ordinal")]


def a_life(portal, **properties):
    """Two people, one handoff, closed."""
    ticket = portal.open(**properties)
    portal.change(ticket, "hubspot_owner_id", "81")
    portal.change(ticket, "hs_pipeline_stage", "2")
    portal.change(ticket, "hubspot_owner_id", "82", "AUTOMATION_PLATFORM", None)
    portal.change(ticket, "hs_pipeline_stage", "4", user="182")
    return ticket


def test_a_ticket_arrives_with_its_history(portal, data):
    ticket = a_life(portal)
    firm = portal._new("companies", {"name": "Lamp buyer", "industry": "retail", "arr": "1200", "plan__tier": "gold", "renewal": "2026-12-31"})
    portal.link("tickets", ticket, "companies", firm)
    pull(data, "hubspot")
    assert kinds(data, ticket) == ["created", "queued", "state_changed", "assigned", "state_changed", "assigned", "state_changed"]
    assert rows(data, "SELECT handoffs FROM ticket_facts") == [(1,)]
    assert rows(data, "SELECT url, reason_raw, channel, queue_id, assignee_id, state, email_domain, company_id, resolved_at IS NOT NULL FROM tickets") == [
        (f"https://app.hubspot.com/contacts/4711/record/0-5/{ticket}", "late delivery", "email", "hubspot:0", "hubspot:82", "closed", "example.com", f"hubspot:{firm}", True)]
    assert rows(data, "SELECT cause::VARCHAR, actor_kind::VARCHAR, actor_id FROM events WHERE kind = 'assigned' ORDER BY occurred_at") == [
        ("agent", "agent", "hubspot:81"), ("rule", "system", None)]
    assert rows(data, "SELECT name, plan, value_per_year, segment, renewal_on::VARCHAR FROM companies") == [("Lamp buyer", "gold", 1200.0, "retail", "2026-12-31")]
    assert rows(data, "SELECT name FROM queues") == [("Support Pipeline",)]
    assert rows(data, "SELECT fidelity FROM coverage WHERE stream = 'assignments'") == [("events",)]


def test_a_second_pull_asks_little_and_a_change_brings_only_itself(portal, data):
    tickets = [a_life(portal) for _ in range(5)]
    portal.clock += 7200
    first = pull(data, "hubspot")
    before, asked = held(data), len(portal.asked)
    second = pull(data, "hubspot")
    assert second["load_id"] == first["load_id"] and second["files"] == [] and held(data) == before
    assert not [a for a in portal.asked[asked:] if a.path.endswith("tickets/batch/read") and "associations" not in a.path]
    portal.change(tickets[2], "hs_pipeline_stage", "3")
    again = pull(data, "hubspot")
    assert {f["file"]: f["loaded"] for f in again["files"]} == {"hubspot tickets": 1, "hubspot ticket history": 1}
    assert rows(data, f"SELECT reopens FROM ticket_facts WHERE ticket_id = 'hubspot:{tickets[2]}'") == [(1,)]


# --- traps of the tool ---------------------------------------------------------------------------------------------------
def test_a_search_ends_at_its_last_row_and_begins_again_at_the_newest_time(tmp_path, monkeypatch):
    """Also where one millisecond holds more than a search gives; no row twice, none lost."""
    with HubSpot(page=5, borders_repeat=True) as fake:
        fake.last_row = 10
        data = account(tmp_path / "data", "hubspot", fake, monkeypatch)
        for n in range(60):
            fake.clock = float(START) + (n if n < 20 or n > 44 else 30)   # 25 in one millisecond
            fake.open(hs_lastmodifieddate=at(fake.clock))
            for ticket in list(fake.objects["tickets"].values())[-1:]:
                ticket["properties"]["hs_lastmodifieddate"] = at(START + (n if n < 20 or n > 44 else 30))
        pull(data, "hubspot")
        assert rows(data, "SELECT count(*) FROM tickets") == [(60,)]
        assert all(int(f["value"]) > 1e12 for a in fake.asked if a.path.endswith("/search") for f in a.body["filterGroups"][0]["filters"] if "date" in f["propertyName"])


def test_a_row_that_changes_while_pages_are_read_hides_no_other(tmp_path, monkeypatch):
    """It goes to the end of the order; at an offset the row after the border would be passed over."""
    with HubSpot(page=5) as fake:
        data = account(tmp_path / "data", "hubspot", fake, monkeypatch)
        tickets = [fake.open() for _ in range(12)]
        fake.clock += 86_400
        searched = lambda: sum(a.path.endswith("tickets/search") for a in fake.asked)   # noqa: E731
        true = fake.answer

        def answer(asked):
            if asked.path.endswith("tickets/search") and searched() == 2:
                fake.change(tickets[0], "hs_pipeline_stage", "2")
            return true(asked)
        fake.answer = answer
        pull(data, "hubspot")
        assert rows(data, "SELECT count(*) FROM tickets") == [(12,)]


def test_rows_shown_newer_or_older_than_their_place_hide_none(tmp_path, monkeypatch):
    """Searches are told of a bulk edit before they sort by it, and show rows older than what was asked for: how far a page came, times do not tell."""
    with HubSpot(page=20) as fake:
        data = account(tmp_path / "data", "hubspot", fake, monkeypatch)
        tickets = [fake.open() for _ in range(50)]
        fake.clock += 30 * 86_400
        fake.ahead, fake.behind = {tickets[3], *tickets[14:20]}, {tickets[38], tickets[39]}
        pull(data, "hubspot")
        assert rows(data, "SELECT count(*) FROM tickets") == [(50,)]
        assert sum(a.path.endswith("tickets/search") for a in fake.asked) == 4   # the newest time, three pages


def test_a_search_that_was_stopped_goes_on_and_takes_what_changed_meanwhile(tmp_path, monkeypatch):
    with HubSpot(page=5) as fake:
        data = account(tmp_path / "data", "hubspot", fake, monkeypatch)
        tickets = []
        for _ in range(12):
            fake.clock += 3600
            tickets.append(fake.open())
        searched = lambda: sum(a.path.endswith("tickets/search") for a in fake.asked)   # noqa: E731
        true = fake.answer
        fake.answer = lambda asked: Reply("try later", 503) if searched() > 2 else true(asked)
        pull(data, "hubspot", code=75)
        fake.answer, before = true, searched()
        fake.clock += 86_400
        fake.change(tickets[0], "hubspot_owner_id", "81")
        pull(data, "hubspot")
        assert rows(data, "SELECT count(*), count(assignee_id) FROM tickets") == [(12, 1)]
        assert searched() - before == 2 + 1 + 1   # the other pages; the newest time, what changed


def test_nothing_is_searched_from_1970_on(portal, data):
    """Which is an error of theirs."""
    a_life(portal)
    pull(data, "hubspot", "--since", "1970-01-01")
    assert rows(data, "SELECT count(*) FROM tickets") == [(1,)]


def test_properties_are_named_in_bodies_and_more_than_twenty_versions_come(portal, data):
    """A list of properties would overflow an address; lists hold no more than twenty versions, batches all."""
    ticket = portal.open()
    for n in range(25):
        portal.change(ticket, "hubspot_owner_id", ("81", "82")[n % 2])
    pull(data, "hubspot")
    assert rows(data, "SELECT handoffs FROM ticket_facts") == [(24,)]
    assert not [a for a in portal.asked if {"properties", "propertiesWithHistory"} & a.params.keys()]


def test_what_shows_late_or_out_of_order_comes_with_the_next_pull(portal, data):
    late = portal.open()
    portal.open()
    portal.lags = {late}
    pull(data, "hubspot")
    assert rows(data, "SELECT count(*) FROM tickets") == [(1,)]
    portal.lags = set()
    pull(data, "hubspot")
    assert rows(data, "SELECT count(*) FROM tickets") == [(2,)] and kinds(data, late)[0] == "created"


def test_contacts_have_a_name_of_their_own_for_the_time_they_changed(portal, data):
    """A new address reaches the tickets of the contact, which do not change with it."""
    a_life(portal)
    pull(data, "hubspot")
    portal.clock += 86_400
    person = portal.objects["contacts"][portal.person("mia@example.com")]["properties"]
    person |= {"email": "mia@example.org", "lastmodifieddate": at(portal.clock)}
    pull(data, "hubspot")
    assert rows(data, "SELECT email_domain FROM tickets") == [("example.org",)]
    names = {a.path.split("/")[4]: a.body["filterGroups"][0]["filters"][0]["propertyName"] for a in portal.asked if a.path.endswith("/search")}
    assert names["contacts"] == "lastmodifieddate" and names["tickets"] == "hs_lastmodifieddate"


def test_a_stage_that_closes_is_closed_whatever_its_name_and_milliseconds_are_times(portal, data):
    ticket = portal.open()
    portal.change(ticket, "hs_pipeline_stage", "91")
    pull(data, "hubspot")
    assert rows(data, "SELECT state, resolved_at - created_at FROM tickets") == [("closed", __import__("datetime").timedelta(seconds=60))]
    assert rows(data, "SELECT is_open FROM ticket_facts") == [(False,)]


def test_owners_who_left_and_users_are_known_as_owners(portal, data):
    ticket = portal.open()
    portal.change(ticket, "hubspot_owner_id", "83", user="183")
    portal.change(ticket, "hubspot_owner_id", "", user="183")   # nobody
    pull(data, "hubspot")
    assert rows(data, "SELECT to_value, actor_id FROM events WHERE kind = 'assigned' ORDER BY occurred_at") == [("hubspot:83", "hubspot:83"), (None, "hubspot:83")]
    assert rows(data, "SELECT name, team FROM agents WHERE agent_id = 'hubspot:83'") == [("agent 83", "Care")]


def test_archived_restored_and_merged_tickets_are_seen(portal, data):
    gone, merged, back, late = a_life(portal), a_life(portal), a_life(portal), a_life(portal)
    portal.delete(late)
    pull(data, "hubspot")
    for ticket in (gone, back, merged):
        portal.delete(ticket)
    survivor = portal.open(hs_merged_object_ids=merged)
    portal.clock += 86_400
    pull(data, "hubspot")
    deleted = "SELECT ticket_id, subject FROM tickets WHERE deleted_at IS NOT NULL ORDER BY 1"
    assert rows(data, deleted) == [(f"hubspot:{t}", s) for t, s in ((gone, "lamp"), (merged, "lamp"), (back, "lamp"), (late, None))]
    assert rows(data, "SELECT ticket_id, other_id, kind FROM links") == [(f"hubspot:{merged}", f"hubspot:{survivor}", "merged_into")]
    portal.restore(back)
    portal.restore(late)   # which had never been pulled
    del portal.archived[gone], portal.objects["tickets"][gone]   # after ninety days it is nowhere
    pull(data, "hubspot")
    assert rows(data, deleted) == [(f"hubspot:{gone}", "lamp"), (f"hubspot:{merged}", "lamp")]
    assert kinds(data, late) == kinds(data, back) and rows(data, f"SELECT handoffs FROM ticket_facts WHERE ticket_id = 'hubspot:{late}'") == [(1,)]
    portal.delete(back)
    pull(data, "hubspot")
    assert rows(data, deleted) == [(f"hubspot:{t}", "lamp") for t in (gone, merged, back)]


def test_a_long_list_of_archived_tickets_is_read_once_a_day(portal, data, monkeypatch):
    """Nobody tells what is new in it; what waits for the next day is said."""
    import connectors.hubspot_pull
    monkeypatch.setattr(connectors.hubspot_pull, "SHORT", 1)
    tickets = [a_life(portal) for _ in range(3)]
    portal.delete(tickets[0])
    portal.delete(tickets[1])
    assert note(pull(data, "hubspot"), "archived tickets") is None
    portal.delete(tickets[2])
    asked = len(portal.asked)
    assert note(pull(data, "hubspot"), "archived tickets").startswith("2 tickets are archived, so deletions and restorations are asked for once a day; those after 2026-01-05T")
    assert not [a for a in portal.asked[asked:] if a.path == "/crm/v3/objects/tickets"]
    portal.clock += 86_400
    assert note(pull(data, "hubspot"), "archived tickets") is None
    assert rows(data, "SELECT count(deleted_at) FROM tickets") == [(3,)]


def test_two_versions_of_one_millisecond_are_two_in_their_order(portal, data):
    ticket = portal.open()
    for owner in ("82", "81"):   # a rule that passes it on at once
        portal._version(ticket, "hubspot_owner_id", owner, "AUTOMATION_PLATFORM", None)
    pull(data, "hubspot")
    assert rows(data, "SELECT to_value FROM events WHERE kind = 'assigned' ORDER BY occurred_at, ordinal") == [("hubspot:82",), ("hubspot:81",)]
    assert rows(data, "SELECT handoffs FROM ticket_facts") == [(1,)]


def test_the_primary_company_is_the_ticket_s(portal, data):
    ticket = portal.open()
    firms = [portal._new("companies", {"name": name}) for name in ("Agency", "Lamp buyer")]
    for firm in firms:
        portal.link("tickets", ticket, "companies", firm)
    portal.primary = {(ticket, firms[1])}
    pull(data, "hubspot")
    assert rows(data, "SELECT company_id FROM tickets") == [(f"hubspot:{firms[1]}",)]


def test_batches_keep_to_their_size(tmp_path, monkeypatch, portal):
    """The fake refuses more than 100, and more than 50 with history."""
    data = account(tmp_path / "many", "hubspot", portal, monkeypatch)
    for _ in range(130):
        portal.open()
    pull(data, "hubspot")
    assert rows(data, "SELECT count(*), count(email_key) FROM tickets") == [(130, 130)]


def test_a_conversation_that_became_a_ticket_is_one_contact(portal, data):
    ticket = portal.open()
    thread = portal.talk(ticket=ticket)
    portal.say(thread, "B-7")
    portal.say(thread, "A-181", "ASSIGNMENT", assignedTo="A-182")
    portal.say(thread, "A-182")
    portal.say(thread, "A-182", "COMMENT")
    portal.say(thread, "A-182", "THREAD_STATUS_CHANGE", newStatus="CLOSED")
    portal.say(thread, "S-hubspot", "NEVER_HEARD_OF")
    other = portal.talk("ben@example.com")
    pull(data, "hubspot")
    assert rows(data, "SELECT ticket_id, other_id, kind, found_by FROM links") == [(f"hubspot:thread-{thread}", f"hubspot:{ticket}", "became", "the tool's own link")]
    assert kinds(data, f"thread-{thread}") == ["customer_message", "bot_message", "assigned", "agent_message", "internal_note", "closed"]
    assert rows(data, "SELECT ticket_id, handled_by FROM ticket_facts WHERE left_out IS NULL ORDER BY ticket_id") == [
        (f"hubspot:{ticket}", "bot_to_human"), (f"hubspot:thread-{other}", "untouched")]
    assert rows(data, "SELECT to_value FROM events WHERE ticket_id LIKE '%thread%' AND kind = 'assigned'") == [("hubspot:82",)]


def test_a_conversation_is_asked_again_until_it_is_closed_and_a_ticket(portal, data):
    """Neither is a message, by whose time conversations are told."""
    first, other = portal.talk(), portal.talk()
    portal.clock += 7300
    newest = portal.talk("ben@example.com")
    pull(data, "hubspot")
    ticket = portal.open()
    portal.become(first, ticket)
    portal.close(first)
    portal.threads[other]["archived"] = True
    pull(data, "hubspot")
    assert rows(data, "SELECT ticket_id, other_id FROM links") == [(f"hubspot:thread-{first}", f"hubspot:{ticket}")]
    assert rows(data, "SELECT ticket_id, state, deleted_at IS NOT NULL FROM tickets WHERE ticket_id LIKE '%thread%' ORDER BY 1") == [
        (f"hubspot:thread-{first}", "closed", False), (f"hubspot:thread-{other}", "in_progress", True),
        (f"hubspot:thread-{newest}", "in_progress", False)]
    assert kinds(data, f"thread-{first}") == ["customer_message", "closed"]
    portal.threads[other]["archived"] = False
    asked = len(portal.asked)
    assert [f["file"] for f in pull(data, "hubspot")["files"]] == ["hubspot threads"]
    assert rows(data, "SELECT count(deleted_at) FROM tickets") == [(0,)]
    assert [a.path.rsplit("/", 1)[1] for a in portal.asked[asked:] if "/threads/" in a.path and "messages" not in a.path] == [other]


def test_conversations_asked_again_are_few_at_a_time_in_turn(portal, data, monkeypatch):
    import connectors.hubspot_conversations
    monkeypatch.setattr(connectors.hubspot_conversations, "AT_ONCE", 2)
    talks = [portal.talk() for _ in range(3)]
    portal.clock += 30 * 86_400
    portal.talk()
    pull(data, "hubspot")
    for talk in talks:
        portal.close(talk)   # and too old to become a ticket
    said, left = [], []
    for _ in range(3):
        said.append(note(pull(data, "hubspot"), "threads"))
        left += rows(data, "SELECT count(*) FROM tickets WHERE state = 'in_progress'")
    assert left == [(2,), (1,), (1,)] and said[1:] == [None, None]
    assert said[0] == "3 conversations are open or without a ticket; 2 of them were asked again, the others by the next pulls"


def test_what_is_not_known_is_kept_and_counted(portal, data):
    ticket, thread = a_life(portal), portal.talk()
    portal.objects["tickets"][ticket]["besides"] = {"brand_new": "x"}
    portal.threads[thread]["mood"] = "fine"
    portal.messages[thread][0]["channelName"] = "web"
    pull(data, "hubspot")
    assert rows(data, "SELECT json_extract_string(extra, '$.brand_new'), json_extract_string(extra, '$.mood') FROM tickets ORDER BY 1") == [("x", None), (None, "fine")]
    unknown = {s["stream"]: s["unknown_fields"] for s in door("connectors", "list", data=data)["sources"][0]["streams"] if s["unknown_fields"]}
    assert unknown == {"tickets": {"brand_new": 1}, "threads": {"mood": 1}, "messages": {"channelName": 1}}


def test_rows_still_to_come_are_told(tmp_path, monkeypatch):
    with HubSpot(page=5) as fake:
        data = account(tmp_path / "data", "hubspot", fake, monkeypatch)
        for _ in range(12):
            fake.open()
        told = left_told(monkeypatch)
        pull(data, "hubspot")
        assert told["changed tickets"] == [7, 2, 0]


def test_rows_without_their_key_are_left_out_with_a_note(portal, data):
    ticket = a_life(portal)
    portal.talk()
    true = portal.answer

    def answer(asked):
        reply = true(asked)
        if isinstance(reply.body, dict) and "results" in reply.body and "owners" not in asked.path:
            reply.body["results"] = [*reply.body["results"], {"id": None, "createdAt": None}]
        return reply
    portal.answer = answer
    result = pull(data, "hubspot")
    assert rows(data, f"SELECT handoffs FROM ticket_facts WHERE ticket_id = 'hubspot:{ticket}'") == [(1,)]
    assert all(note(result, stream) for stream in ("changed tickets", "tickets", "threads", "companies"))


def test_ratings_join_their_tickets(portal, data):
    ticket = a_life(portal)
    portal.link("feedback_submissions", portal._new("feedback_submissions", {"hs_value": "6", "hs_content": "private words"}), "tickets", ticket)
    pull(data, "hubspot")
    assert rows(data, "SELECT csat FROM tickets") == [(6.0,)]


def test_what_may_not_be_read_is_left_out_with_a_note(portal, data):
    a_life(portal)
    portal.forbidden = {"feedback_submissions", "/conversations/", "/companies", "/contacts", "/owners"}
    noted = {s["stream"]: s["note"] for s in pull(data, "hubspot")["streams"] if s["note"]}
    assert set(noted) == {"ratings", "threads", "companies", "contacts", "owners", "tickets"} and "without their contacts" in noted["tickets"]
    assert rows(data, "SELECT handoffs FROM ticket_facts") == [(1,)]
    portal.forbidden = {"/tickets/search"}
    assert "changed tickets need tickets" in pull(data, "hubspot", code=1)


def test_the_token_and_private_words_are_nowhere(tmp_path, monkeypatch, capfd):
    with HubSpot(Faults(seed=2, limited=0.1, unavailable=0.1, cut_off=0.1, dropped=0.05)) as fake:
        fake.live(1, 30)
        next(iter(fake.objects["tickets"].values()))["properties"] |= {"source_type": None, "createdate": None, "hubspot_owner_id": None, "hs_pipeline_stage": "77"}
        data = account(tmp_path / "data", "hubspot", fake, monkeypatch)
        result = pull(data, "hubspot")
        assert [u["value"] for u in result["unmapped"]] == ["77"] and note(result, "tickets") is None
        assert unsaid(data, capfd, TOKEN, "Mia Private", "private words")
