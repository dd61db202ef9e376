"""Chatwoot pulled from a fake account, whose answers are held against Chatwoot's own OpenAPI file."""
from __future__ import annotations

import json

import pytest
from conftest import door
from fakes.chatwoot import START, Chatwoot
from fakes.server import TOKEN, Faults, Reply
from fakes.spec import spec
from pulls import account, held, note, pull, rows, the_rest_is_here, unsaid

KEYS = {"account": "1"}
OPTIONS = {"options": {"reason_attribute": "Topic"}}


@pytest.fixture
def chatwoot():
    with Chatwoot() as fake:
        yield fake


@pytest.fixture
def data(tmp_path, chatwoot, monkeypatch):
    return account(tmp_path / "data", "chatwoot", chatwoot, monkeypatch, **KEYS, **OPTIONS)


def kinds(data, conversation=1):
    return [k for (k,) in rows(data, f"SELECT kind::VARCHAR FROM events WHERE ticket_id = 'chatwoot:{conversation}' ORDER BY occurred_at, seq, ordinal")]


def a_life(chatwoot, **more):
    """The bot, a team, two people: one handoff; resolved."""
    one = chatwoot.open(**more)
    chatwoot.say(one, "template")
    chatwoot.team(one, 71)
    chatwoot.assign(one, 81)
    chatwoot.say(one, 81)
    chatwoot.assign(one, 82)
    chatwoot.say(one, 82, private=True)
    chatwoot.status(one, "resolved", "Ben")
    return one


def test_a_conversation_arrives_with_what_its_sentences_say(chatwoot, data):
    one = a_life(chatwoot)
    chatwoot.ratings.append({"id": 1, "rating": 4, "conversation_id": one, "feedback_message": "private words", "created_at": chatwoot.clock})
    chatwoot.slas.append({"applied_sla": {"id": 1, "sla_status": "missed", "updated_at": chatwoot.clock}, "conversation": {"id": one}})
    pull(data, "chatwoot")
    assert kinds(data) == ["customer_message", "bot_message", "queued", "assigned", "agent_message", "assigned", "internal_note", "resolved"]
    assert rows(data, "SELECT handoffs, handled_by, first_response_time FROM ticket_facts") == [(1, "bot_to_human", 300)]
    assert rows(data, "SELECT url, reason_raw, channel, customer_id, email_domain, queue_id, assignee_id, state, csat, recorded_sla_met, tags FROM tickets") == [
        (f"{chatwoot.base}/app/accounts/1/conversations/1", "late delivery", "chat", "chatwoot:900", "example.com", "chatwoot:71", "chatwoot:82", "resolved", 4.0, False,
         "late delivery")]
    assert rows(data, "SELECT fidelity FROM coverage WHERE stream = 'assignments'") == [("events",)]


def test_what_the_fake_answers_is_what_chatwoot_describes(tmp_path, monkeypatch):
    described = spec("chatwoot", "chatwoot_4.2.0_swagger.json")
    newer = ("csat_survey_responses", "applied_slas", "reporting_events", "/profile")   # not in that description
    with Chatwoot(page=4) as fake:
        faults = []
        true = fake.answer

        def judged(asked):
            reply = true(asked)
            if not any(word in asked.path for word in newer):
                found = described.faults(asked.method, asked.path, reply.status, reply.body)
                faults.extend(f for f in found if "'snoozed' is not one of" not in f)   # a status one may ask for, but is not described as an answer
            return reply
        fake.answer = judged
        fake.live(3, 40)
        gone = fake.open()
        data = account(tmp_path / "data", "chatwoot", fake, monkeypatch, **KEYS)
        pull(data, "chatwoot")
        fake.delete(gone)
        fake.clock += 3600
        pull(data, "chatwoot")
        assert not faults, sorted(set(faults))[:12]


def test_a_second_pull_asks_little_and_a_change_brings_only_itself(chatwoot, data):
    for _ in range(5):
        a_life(chatwoot)
        chatwoot.clock += 600
    first = pull(data, "chatwoot")
    before, asked = held(data), len(chatwoot.asked)
    second = pull(data, "chatwoot")
    assert second["load_id"] == first["load_id"] and second["files"] == [] and held(data) == before
    assert len(chatwoot.asked) - asked <= 12 and not [a for a in chatwoot.asked[asked:] if a.path.endswith("/messages")]
    chatwoot.say(3, "customer")   # which reopens it
    again = pull(data, "chatwoot")
    assert {f["file"]: f["loaded"] for f in again["files"]} == {"chatwoot conversations": 1, "chatwoot messages": 2}
    assert kinds(data, 3)[-2:] == ["customer_message", "reopened"]


# --- traps of the tool ---------------------------------------------------------------------------------------------------
def test_all_conversations_are_asked_for_not_the_open_ones_only(chatwoot, data):
    a_life(chatwoot)
    chatwoot.open(status="pending")
    pull(data, "chatwoot")
    assert rows(data, "SELECT ticket_id, state FROM tickets ORDER BY 1") == [("chatwoot:1", "resolved"), ("chatwoot:2", "new")]


def test_pages_shift_while_they_are_read_and_repeat_at_borders(tmp_path, monkeypatch):
    with Chatwoot(page=3, borders_repeat=True) as fake:
        data = account(tmp_path / "data", "chatwoot", fake, monkeypatch, **KEYS)
        for _ in range(10):
            fake.clock = START
            fake.open()
        fake.later.append((5, lambda: (fake.open(), fake.say(1, "customer"))))   # everything moves one on, and one to the front
        pull(data, "chatwoot")
        pull(data, "chatwoot")
        assert rows(data, "SELECT count(*) FROM tickets") == [(11,)] and kinds(data, 1) == ["customer_message"] * 2


def settled(fake, many):
    """So many resolved conversations an hour apart."""
    for _ in range(many):
        fake.conversations[fake.open()]["status"] = "resolved"
        fake.clock += 3600


def test_what_is_deleted_while_pages_are_read_moves_none_past_the_pull(tmp_path, monkeypatch):
    """Rows move back to pages already read: one, then more than a page holds, then where the last page is empty for it."""
    for number, (at, gone) in enumerate([(3, [12]), (3, [12, 11, 10, 9]), (4, [12, 11, 10]), (2, [12])]):
        with Chatwoot(page=3) as fake:
            settled(fake, 12)
            asked = []

            def listed(asked_for, fake=fake, true=fake.answer, asked=asked, at=at, gone=gone):
                if asked_for.path.endswith("/conversations") and asked_for.params["status"] == "all":
                    asked.append(asked_for)
                    if len(asked) == at:
                        for one in gone:
                            fake.delete(one)
                return true(asked_for)
            fake.answer = listed
            data = account(tmp_path / f"data {number}", "chatwoot", fake, monkeypatch, **KEYS)
            pull(data, "chatwoot")
            there = {t for (t,) in rows(data, "SELECT ticket_id FROM tickets")}
            assert there >= {f"chatwoot:{one}" for one in fake.conversations}, (at, gone)
            assert len(asked) <= 5 + 3


def test_what_is_deleted_while_a_killed_pull_is_down_moves_none_past_the_next(tmp_path, monkeypatch):
    with Chatwoot(page=3) as fake:
        settled(fake, 12)
        data = account(tmp_path / "data", "chatwoot", fake, monkeypatch, **KEYS)
        true = fake.answer
        fake.answer = lambda asked: Reply({}, 400) if asked.params.get("page") == "3" else true(asked)
        pull(data, "chatwoot", code=1)
        fake.answer = true
        fake.delete(12)
        pull(data, "chatwoot")
        assert rows(data, "SELECT count(*) FROM tickets WHERE ticket_id <> 'chatwoot:12'") == [(11,)]


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_deleted_at_whatever_moment_the_rest_is_here(seed, tmp_path, monkeypatch):
    with Chatwoot(page=3) as fake:
        data = account(tmp_path / "data", "chatwoot", fake, monkeypatch, **KEYS)
        assert the_rest_is_here(fake, data, "chatwoot", seed, 40) <= {"resolved"}   # what is settled is not looked for again


def test_a_time_that_is_missing_ends_no_walk(tmp_path, monkeypatch):
    """The newest page holds one without; what changed is on the pages behind it. The same of ratings."""
    with Chatwoot(page=2) as fake:
        settled(fake, 8)
        data = account(tmp_path / "data", "chatwoot", fake, monkeypatch, **KEYS)
        pull(data, "chatwoot")
        for one in (1, 2, 3, 4):
            fake.say(one, 81)
            fake.ratings.append({"id": one, "rating": 4, "conversation_id": one, "created_at": fake.clock})
        true = fake.answer

        def bare(asked):
            reply = json.loads(json.dumps(true(asked).body))
            if asked.path.endswith("/conversations"):
                for row in reply["data"]["payload"]:
                    if row["id"] == 4:
                        del row["last_activity_at"]
            if asked.path.endswith("/csat_survey_responses"):
                for row in reply:
                    if row["id"] == 4:
                        row["created_at"] = None
            return Reply(reply, true(asked).status)
        fake.answer = bare
        pull(data, "chatwoot")
        assert rows(data, "SELECT count(*) FROM events WHERE kind = 'agent_message'") == [(4,)]
        assert rows(data, "SELECT count(*) FROM tickets WHERE csat = 4") == [(4,)]


def test_a_rating_is_not_moved_past_the_pull_by_one_that_goes(tmp_path, monkeypatch):
    with Chatwoot(page=3) as fake:
        settled(fake, 9)
        fake.ratings = [{"id": one, "rating": 4, "conversation_id": one, "created_at": START + 3600 * one} for one in range(1, 10)]
        true, asked = fake.answer, []

        def answer(asked_for):
            if asked_for.path.endswith("/csat_survey_responses"):
                asked.append(asked_for)
                if len(asked) == 2:
                    del fake.ratings[-1]   # the newest
            return true(asked_for)
        fake.answer = answer
        data = account(tmp_path / "data", "chatwoot", fake, monkeypatch, **KEYS)
        pull(data, "chatwoot")
        assert rows(data, "SELECT count(*) FROM tickets WHERE csat = 4") == [(9,)]


def test_broken_promises_are_read_again_where_there_are_more_and_once_a_day(chatwoot, data):
    settled(chatwoot, 1)
    chatwoot.slas = [{"applied_sla": {"id": n, "sla_id": 7, "sla_status": "missed", "updated_at": START, "sla_new": None}, "conversation": {"id": n}} for n in range(500)]

    def asks():
        before = len(chatwoot.asked)
        pull(data, "chatwoot")
        return len([a for a in chatwoot.asked[before:] if a.path.endswith("/applied_slas")])
    assert asks() > 20
    assert asks() == 1
    chatwoot.slas.append({"applied_sla": {"id": 500, "sla_status": "active_with_misses", "updated_at": START}, "conversation": {"id": 1}})
    assert asks() > 20 and rows(data, "SELECT recorded_sla_met FROM tickets WHERE ticket_id = 'chatwoot:1'") == [(False,)]
    chatwoot.clock += 86_400
    assert asks() > 20


def test_messages_are_read_back_to_the_first(chatwoot, data):
    one = chatwoot.open()
    for _ in range(44):
        chatwoot.say(one, 81)
    pull(data, "chatwoot")
    assert len(kinds(data, one)) == 45 and len([a for a in chatwoot.asked if a.path.endswith("/messages")]) == 3


def test_a_change_of_hands_without_activity_is_seen_while_it_is_open(chatwoot, data):
    one = chatwoot.open()
    chatwoot.clock += 86_400
    chatwoot.open()
    pull(data, "chatwoot")
    chatwoot.assign(one, 82, 81, is_activity=False)
    pull(data, "chatwoot")
    assert rows(data, "SELECT assignee_id FROM tickets WHERE ticket_id = 'chatwoot:1'") == [("chatwoot:82",)] and kinds(data, one)[-1] == "assigned"


def test_names_decide_between_people_and_teams_and_a_name_of_both_is_nobody_s(chatwoot, data):
    one = chatwoot.open()
    chatwoot.tell(one, "Assigned to Ben via Technical by Ana")
    chatwoot.tell(one, "Assigned to Care by Ana")          # an agent and a team
    chatwoot.tell(one, "Ana self-assigned this conversation")
    chatwoot.tell(one, "Conversation unassigned by Ana")
    chatwoot.tell(one, "Unassigned from Technical by Ana")
    chatwoot.tell(one, "Conversation was marked resolved by system due to 7 days of inactivity")
    pull(data, "chatwoot")
    assert rows(data, "SELECT kind::VARCHAR, to_value, actor_id, cause::VARCHAR FROM events WHERE kind <> 'customer_message' ORDER BY occurred_at, ordinal") == [
        ("queued", "chatwoot:72", "chatwoot:81", None), ("assigned", "chatwoot:82", "chatwoot:81", None), ("reassigned", None, "chatwoot:81", None),
        ("assigned", "chatwoot:81", "chatwoot:81", None), ("assigned", None, "chatwoot:81", None), ("resolved", None, None, "rule")]


def test_other_languages_are_said_and_snapshots_tell_hands_instead(tmp_path, chatwoot, data, monkeypatch):
    chatwoot.language = "other"
    one = chatwoot.open()
    chatwoot.assign(one, 81)
    assert "1 of 1 activity sentences are in none of the languages read here" in note(pull(data, "chatwoot"), "messages")
    compared = account(tmp_path / "compared", "chatwoot", chatwoot, monkeypatch, **KEYS, options={"changes": "snapshots"})
    assert note(pull(compared, "chatwoot"), "messages") is None
    chatwoot.assign(one, 82)
    pull(compared, "chatwoot")
    chatwoot.status(one, "resolved")
    pull(compared, "chatwoot")
    assert rows(compared, "SELECT handoffs, is_open FROM ticket_facts") == [(1, False)]
    assert rows(compared, "SELECT stream, fidelity FROM coverage WHERE stream IN ('assignments', 'messages') ORDER BY 1") == [
        ("assignments", "snapshot"), ("messages", "events")]


def test_reporting_events_are_used_where_there_are_any_under_the_display_number(chatwoot, data):
    """An installation without them is no failure."""
    chatwoot.language = "other"
    one = chatwoot.open(status="pending")
    assert "no reporting events" in note(pull(data, "chatwoot"), "reporting events")
    chatwoot.reports = {}
    chatwoot.conversations[one]["status"] = "open"
    chatwoot.report(one, "conversation_bot_handoff")   # under another number: 5001
    chatwoot.report(one, "reply_time")
    chatwoot.status(one, "resolved")
    pull(data, "chatwoot")
    assert rows(data, "SELECT kind::VARCHAR, to_value, actor_kind::VARCHAR FROM events WHERE kind <> 'customer_message' ORDER BY occurred_at, ordinal") == [
        ("state_changed", "in_progress", "bot"), ("resolved", None, None)]
    assert rows(data, "SELECT count(*) FROM tickets") == [(1,)]


def test_an_open_conversation_that_is_deleted_is_marked_and_a_settled_one_is_not(chatwoot, data):
    gone, settled = chatwoot.open(), chatwoot.open()
    for _ in range(3):
        chatwoot.clock += 3600
        chatwoot.open()
    pull(data, "chatwoot")
    chatwoot.delete(gone)
    chatwoot.conversations[settled]["status"] = "resolved"   # quietly
    pull(data, "chatwoot")
    assert rows(data, "SELECT ticket_id, deleted_at IS NOT NULL, state FROM tickets WHERE ticket_id IN ('chatwoot:1', 'chatwoot:2') ORDER BY 1") == [
        ("chatwoot:1", True, "in_progress"), ("chatwoot:2", False, "resolved")]
    assert pull(data, "chatwoot")["files"] == []


def test_words_or_numbers_fractions_or_text(chatwoot, data):
    """Enums come as words here and numbers there, times as whole seconds, fractions or text."""
    states = ["in_progress", "resolved", "new", "waiting_customer"]
    for _ in states:
        chatwoot.open()
    chatwoot.conversations[1] |= {"updated_at": "2026-01-05T09:01:00.250Z", "last_activity_at": "2026-01-05T09:02:00Z", "labels": None, "meta": {"sender": None}}
    chatwoot.messages[1][0] |= {"message_type": "incoming", "sender": None, "sender_type": "Contact"}
    true = chatwoot.answer

    def numbered(asked):
        reply = true(asked)
        if asked.path.endswith("/conversations"):
            reply = Reply(json.loads(json.dumps(reply.body)))
            for row in reply.body["data"]["payload"]:
                row["status"] = row["id"] - 1
                if row["id"] != 1:
                    row["last_activity_at"] = f"{row['last_activity_at']}.5"
        return reply
    chatwoot.conversations[1]["last_activity_at"] = START   # the fake sorts by it
    chatwoot.answer = numbered
    pull(data, "chatwoot")
    assert rows(data, "SELECT state FROM tickets ORDER BY ticket_id") == [(state,) for state in states]
    assert rows(data, "SELECT customer_id FROM tickets WHERE ticket_id = 'chatwoot:1'") == [(None,)] and kinds(data, 1) == ["customer_message"]


def test_what_is_not_known_is_kept_and_counted_and_what_was_seen_is_no_news(chatwoot, data):
    one = chatwoot.open()
    chatwoot.conversations[one]["brand_new"] = {"colour": "blue"}
    chatwoot.ratings.append({"id": 1, "rating": 4, "conversation_id": one, "feedback_message": "private words", "created_at": chatwoot.clock, "brand_new": 7})
    pull(data, "chatwoot")
    [(extra,)] = rows(data, "SELECT extra FROM tickets")
    assert json.loads(json.loads(extra)["brand_new"]) == {"colour": "blue"}
    unknown = {s["stream"]: s["unknown_fields"] for s in door("connectors", "list", data=data)["sources"][0]["streams"] if s["unknown_fields"]}
    assert unknown == {"conversations": {"brand_new": 1}, "ratings": {"brand_new": 1}}
    chatwoot.conversations[one] |= {"agent_last_seen_at": chatwoot.clock, "unread_count": 3, "can_reply": False}
    assert pull(data, "chatwoot")["files"] == []


def test_whatever_but_the_number_may_be_missing_and_a_row_without_one_is_left_out(chatwoot, data):
    one, two = chatwoot.open(), chatwoot.open()
    chatwoot.assign(one, 81)
    chatwoot.reports = {one: [{"id": None, "name": "conversation_resolved", "event_end_time": START}]}
    chatwoot.ratings = [{"id": 1}, {"rating": 4, "conversation_id": one, "created_at": START}]
    chatwoot.slas = [{"applied_sla": None, "conversation": None}, {"applied_sla": {"id": 1, "sla_status": "missed"}}]
    true = chatwoot.answer

    def bare(asked):
        reply = Reply(json.loads(json.dumps(true(asked).body)), true(asked).status)
        if asked.path.endswith("/conversations"):
            for row in reply.body["data"]["payload"]:
                if row["id"] == two:
                    reply.body["data"]["payload"].append({"id": None, "status": "open"})
                    [row.pop(name) for name in list(row) if name != "id"]
        elif asked.path.endswith("/messages"):
            for row in reply.body["payload"]:
                [row.pop(name) for name in list(row) if name != "message_type"]
        elif asked.path.endswith(("/agents", "/teams")):
            reply.body.append({"id": None, "name": None})
        return reply
    broken = chatwoot.slas
    chatwoot.slas = []
    chatwoot.answer = lambda asked: Reply({"payload": broken if asked.params["page"] == "1" else [], "meta": None}) if asked.path.endswith("/applied_slas") else bare(asked)
    noted = {s["stream"]: s["note"] for s in pull(data, "chatwoot")["streams"] if s["note"]}
    assert {stream for stream, text in noted.items() if "without id were left out" in text} == {
        "agents", "teams", "conversations", "messages", "reporting events", "ratings", "slas"}
    assert rows(data, "SELECT ticket_id, state FROM tickets ORDER BY 1") == [("chatwoot:1", "in_progress"), ("chatwoot:2", None)]


def test_what_may_not_be_read_is_left_out_with_a_note(chatwoot, data):
    a_life(chatwoot)
    chatwoot.forbidden = {"csat_survey", "/teams"}
    noted = {s["stream"]: s["note"] for s in pull(data, "chatwoot")["streams"] if s["note"]}
    assert set(noted) == {"teams", "ratings", "reporting events"} and rows(data, "SELECT handoffs FROM ticket_facts") == [(2,)]   # without teams, one sentence stays unread
    chatwoot.forbidden = {"/conversations"}
    assert "conversations need administrator" in pull(data, "chatwoot", code=1)


def test_the_token_and_private_words_are_nowhere(tmp_path, monkeypatch, capfd):
    with Chatwoot(Faults(seed=2, limited=0.1, unavailable=0.1, cut_off=0.1, dropped=0.05)) as fake:
        fake.live(1, 30)
        data = account(tmp_path / "data", "chatwoot", fake, monkeypatch, **KEYS)
        pull(data, "chatwoot")
        assert unsaid(data, capfd, TOKEN, "Mia Private", "private words", "self-assigned")
