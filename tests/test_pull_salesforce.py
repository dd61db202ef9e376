"""Salesforce pulled from a fake org."""
from __future__ import annotations

import pytest
from conftest import door
from fakes.salesforce import LOGIN, MACHINE, USERS, Salesforce, at
from fakes.server import TOKEN, Faults, Reply
from pulls import account, held, left_told, note, pull, rows, unsaid

ANA, BEN, CAT = USERS
CONTRACTS, CLAIMS = "00G000000000001AAA", "00G000000000002AAA"
OPTIONS = {"options": {"account_value": "Value__c", "account_plan": "Plan__c", "account_renewal": "Renewal__c"}}


@pytest.fixture
def org():
    with Salesforce() as fake:
        yield fake


@pytest.fixture
def data(tmp_path, org, monkeypatch):
    return account(tmp_path / "data", "salesforce", org, monkeypatch, **OPTIONS)


def kinds(data, case=1):
    return [k for (k,) in rows(data, f"SELECT kind::VARCHAR FROM events WHERE ticket_id = 'salesforce:{case:08d}' ORDER BY occurred_at, seq, file_no, ordinal")]


def a_life(org, contact="mia", **more):
    """From a queue to a person, on to another queue and another person: one handoff, one transfer; closed."""
    case = org.open(contact, **more)
    org.mail(case, True, MACHINE)
    org.change(case, "OwnerId", ANA, ANA)
    org.mail(case, False, ANA)
    org.change(case, "OwnerId", CLAIMS, ANA)
    org.change(case, "OwnerId", BEN, BEN)
    org.change(case, "Status", "Closed", BEN)
    return case


def test_a_case_arrives_with_its_history(org, data):
    firm = org.account("Lamp buyer", Industry="retail", Value__c=1200, Plan__c="gold", Renewal__c="2026-12-31")
    a_life(org, AccountId=firm["Id"])
    pull(data, "salesforce")
    assert kinds(data) == ["created", "queued", "state_changed", "customer_message", "assigned", "agent_message", "queued", "assigned", "assigned", "state_changed", "closed"]
    assert rows(data, "SELECT handoffs, transfers, handled_by, first_response_time FROM ticket_facts") == [(1, 1, "human_only", 180)]
    assert rows(data, "SELECT url, reason_raw, channel, kind, state, email_domain, assignee_id, resolved_at IS NOT NULL FROM tickets") == [
        (f"{org.base}/lightning/r/Case/{org.tables['Case'][0]['Id']}/view", "late delivery", "email", "case", "closed", "example.com", f"salesforce:{BEN}", True)]
    assert rows(data, "SELECT name, plan, value_per_year, segment, renewal_on::VARCHAR FROM companies") == [("Lamp buyer", "gold", 1200.0, "retail", "2026-12-31")]
    assert rows(data, "SELECT company_id FROM tickets") == [(f"salesforce:{firm['Id']}",)]
    assert rows(data, "SELECT name FROM queues ORDER BY 1") == [("Claims",), ("Contracts",)]
    assert rows(data, "SELECT fidelity FROM coverage WHERE stream = 'assignments'") == [("events",)]


def test_a_second_pull_asks_little_and_a_change_brings_only_itself(org, data):
    for _ in range(5):
        a_life(org)
    org.clock += 600
    first = pull(data, "salesforce")
    before, asked = held(data), len(org.asked)
    second = pull(data, "salesforce")
    assert second["load_id"] == first["load_id"] and second["files"] == [] and held(data) == before
    assert len(org.asked) - asked <= 20
    org.change(org.tables["Case"][2], "Status", "Working", ANA)
    again = pull(data, "salesforce")
    assert {f["file"]: f["loaded"] for f in again["files"]} == {"salesforce cases": 1, "salesforce case history": 1}
    assert kinds(data, 3)[-1] == "state_changed" and rows(data, "SELECT reopens FROM ticket_facts WHERE ticket_id = 'salesforce:00000003'") == [(1,)]


# --- traps of the tool ---------------------------------------------------------------------------------------------------
def test_a_change_of_owner_told_by_name_and_by_id_is_one(org, data):
    """And what the case began with is the same, whether its changes are pulled with it or after it."""
    early, late = org.open(owner=ANA, by=ANA), org.open(owner=ANA, by=ANA)
    org.change(early, "OwnerId", BEN)
    org.change(early, "Status", "Working")
    pull(data, "salesforce")
    org.change(late, "OwnerId", BEN)
    org.change(late, "Status", "Working")
    pull(data, "salesforce")
    told = "SELECT kind::VARCHAR, to_value FROM events WHERE ticket_id = 'salesforce:{:08d}' ORDER BY occurred_at, file_no, ordinal"
    assert rows(data, told.format(1)) == rows(data, told.format(2)) == [
        ("created", None), ("assigned", f"salesforce:{ANA}"), ("state_changed", "new"), ("assigned", f"salesforce:{BEN}"), ("state_changed", "in_progress")]
    assert rows(data, "SELECT handoffs FROM ticket_facts") == [(1,), (1,)]


def test_rules_assign_escalate_and_close_in_the_org_s_own_words(org, data):
    case = org.open(owner=ANA, by=ANA)
    org.change(case, "OwnerId", BEN, ANA, "ownerAssignment")
    org.change(case, "OwnerId", CLAIMS, MACHINE, "ownerEscalated")
    org.change(case, "OwnerId", CAT, CAT, "ownerAccepted")
    org.change(case, "Status", "Polished", CAT)
    pull(data, "salesforce")
    assert rows(data, "SELECT kind::VARCHAR, cause::VARCHAR FROM events WHERE kind IN ('assigned', 'queued', 'escalated') ORDER BY occurred_at, ordinal") == [
        ("assigned", None), ("assigned", "rule"), ("queued", "rule"), ("assigned", "rule"), ("escalated", None), ("assigned", None)]
    assert rows(data, "SELECT state, state_raw FROM tickets") == [("closed", "closed")]
    assert rows(data, "SELECT is_open, handoffs FROM ticket_facts") == [(False, 2)]


def test_mails_and_comments_by_customers_people_and_machines(org, data):
    case = org.open()
    org.mail(case, True, MACHINE)
    org.mail(case, False, MACHINE)          # an automatic answer
    org.mail(case, False, ANA, status="5")  # a draft
    org.comment(case, True, LOGIN)          # the customer in the portal
    org.comment(case, True, ANA)
    org.comment(case, False, ANA)
    pull(data, "salesforce")
    assert kinds(data)[3:] == ["customer_message", "bot_message", "customer_message", "agent_message", "internal_note"]
    assert rows(data, "SELECT count(*) FROM agents WHERE agent_id = 'salesforce:" + LOGIN + "'") == [(0,)]
    assert rows(data, "SELECT is_bot FROM agents WHERE agent_id = 'salesforce:" + MACHINE + "'") == [(True,)]


def test_pages_repeat_at_borders_and_a_flood_of_one_second_ends(tmp_path, monkeypatch):
    with Salesforce(page=3, borders_repeat=True) as fake:
        data = account(tmp_path / "data", "salesforce", fake, monkeypatch)
        for _ in range(10):
            fake.clock = 1_767_603_600
            fake.open()
        pull(data, "salesforce")
        assert rows(data, "SELECT count(*) FROM tickets") == [(10,)] and rows(data, "SELECT count(*) FROM events WHERE kind = 'created'") == [(10,)]


def test_what_shows_late_comes_with_the_next_pull(org, data):
    """Reads lag behind writes: a case that is not shown yet is older than the newest one that is."""
    late = org.open()
    org.open()
    org.lags = {late["Id"], *(h["Id"] for h in org.tables["CaseHistory"] if h["CaseId"] == late["Id"])}
    pull(data, "salesforce")
    assert rows(data, "SELECT count(*) FROM tickets") == [(1,)]
    org.lags = set()
    pull(data, "salesforce")
    assert rows(data, "SELECT count(*) FROM tickets") == [(2,)] and kinds(data, 1)[0] == "created"


def test_a_403_that_means_too_fast_is_waited_for_and_one_that_goes_on_is_for_later(org, data):
    a_life(org)
    org.daily_limit = 3
    assert pull(data, "salesforce")["tickets"] == 1
    org.daily_limit = 100
    assert "the next pull goes on from here" in pull(data, "salesforce", code=75)


def test_the_rest_of_an_answer_that_expired_is_asked_anew(tmp_path, monkeypatch):
    """From the time it had come to, late rows included; where that would not go on, by the next pull."""
    with Salesforce(page=3) as fake:
        data = account(tmp_path / "data", "salesforce", fake, monkeypatch)
        for _ in range(8):
            fake.open(None)
        fake.expired = 2
        pull(data, "salesforce")
        assert rows(data, "SELECT count(*) FROM tickets") == [(8,)] and rows(data, "SELECT count(*) FROM events WHERE kind = 'created'") == [(8,)]
        for case in fake.tables["Case"][:5]:   # shown late, and older than the newest: their first page does not come to it
            case |= {"SystemModstamp": at(fake.clock - 200), "Subject": "late"}
        for case in fake.tables["Case"][3:5]:
            case["SystemModstamp"] = at(fake.clock - 100)
        fake.expired = 1
        pull(data, "salesforce")
        assert rows(data, "SELECT count(*) FROM ticket_facts f JOIN tickets t USING (ticket_id) WHERE subject = 'late'") == [(5,)]
        fake.expired = 100
        fake.clock += 60
        for case in fake.tables["Case"]:
            case["SystemModstamp"] = at(fake.clock)
        fake.open(None)
        assert "holds the rest of cases no longer; the next pull goes on from here" in pull(data, "salesforce", code=75)
        fake.expired = 0
        pull(data, "salesforce")
        assert rows(data, "SELECT count(*) FROM tickets") == [(9,)]


def test_few_requests_left_of_the_day_are_said_once(org, data):
    a_life(org)
    assert [s for s in pull(data, "salesforce")["streams"] if s["note"]] == []
    org.used = 12_001
    assert {s["stream"]: s["note"] for s in pull(data, "salesforce")["streams"] if s["note"]} == {
        "cases": "more than 80 % of the 15,000 requests this org may be asked a day are used"}


def test_rows_still_to_come_are_told(tmp_path, monkeypatch):
    with Salesforce(page=3) as fake:
        data = account(tmp_path / "data", "salesforce", fake, monkeypatch)
        for _ in range(8):
            fake.open()
        found = left_told(monkeypatch)
        pull(data, "salesforce")
        assert found["cases"] == found["case history"] == [5, 2, 0] and found["users"] == [2, 0]


def test_an_escalation_that_is_a_check_box_is_an_event(org, data):
    """Its history says true and false, not in words."""
    case = org.open(IsEscalated=False)
    org.change(case, "IsEscalated", True)
    org.change(case, "IsEscalated", False)
    pull(data, "salesforce")
    assert kinds(data)[3:] == ["escalated"]
    streams = door("connectors", "list", data=data)["sources"][0]["streams"]
    assert next(s for s in streams if s["stream"] == "case history")["unknown_fields"] == {}


def test_what_is_null_or_without_a_key_stops_nothing(org, data):
    a_life(org)
    org.open()
    pull(data, "salesforce")
    true = org.answer

    def answer(asked):
        reply = true(asked)
        if isinstance(reply.body, dict):
            for rows_of in ("records", "fields"):
                if rows_of in reply.body:
                    reply.body[rows_of] = [{"Id": None}, *reply.body[rows_of]]
        return reply
    org.answer = answer
    org.tables["CaseHistory"] += [{"Id": "017000000000001AAA", "CaseId": None, "Case": None, "Field": "created", "OldValue": None, "NewValue": None,
                                   "CreatedDate": at(org.clock), "CreatedById": None},
                                  {"Id": "017000000000002AAA", "CaseId": None, "Case": None, "Field": None, "OldValue": None, "NewValue": None,
                                   "CreatedDate": at(org.clock), "CreatedById": None}]
    org.clock += 60
    org.change(org.tables["Case"][1], "Status", "Working")
    result = pull(data, "salesforce")
    assert all("1 rows without Id were left out" in (note(result, stream) or "") for stream in ("cases", "users", "accounts"))
    assert kinds(data, 2)[-1] == "state_changed"
    pull(account(data.parent / "anew", "salesforce", org, pytest.MonkeyPatch(), **OPTIONS), "salesforce")


def test_several_fields_may_stand_in_one_text(tmp_path, org, monkeypatch):
    """As a form gives them."""
    data = account(tmp_path / "data", "salesforce", org, monkeypatch, options={"more_fields": "Site__c, Parts__c"})
    org.open(Site__c="Porto", Parts__c="2")
    pull(data, "salesforce")
    assert rows(data, "SELECT json_extract_string(extra, ['$.\"fields.Site__c\"', '$.\"fields.Parts__c\"']) FROM tickets") == [(["Porto", "2"],)]


def test_deleted_restored_and_merged_cases_are_seen(org, data):
    first, gone, merged = a_life(org), a_life(org), a_life(org)
    pull(data, "salesforce")
    org.delete(first)
    pull(data, "salesforce")
    assert rows(data, "SELECT count(deleted_at) FROM tickets") == [(1,)]
    org.restore(first)
    org.delete(gone)
    org.delete(merged, first)
    pull(data, "salesforce")
    assert rows(data, "SELECT ticket_id, deleted_at IS NOT NULL, merged_into FROM tickets ORDER BY 1") == [
        ("salesforce:00000001", False, None), ("salesforce:00000002", True, None), ("salesforce:00000003", False, "salesforce:00000001")]
    assert all("queryAll" in a.path for a in org.asked if "query" in a.path)


def test_fields_this_user_may_not_read_are_left_out_with_a_note(org, data):
    a_life(org)
    org.hidden = {"SuppliedPhone", "MasterRecordId", "Value__c"}
    result = pull(data, "salesforce")
    assert note(result, "cases") == "Case has no MasterRecord.CaseNumber, SuppliedPhone this user may read"
    assert note(result, "accounts") == "Account has no Value__c this user may read"
    assert rows(data, "SELECT count(*) FROM tickets") == [(1,)]


def test_without_field_history_nothing_is_claimed_of_hands_and_states(org, data):
    """A case whose changes are not written down looks like one that never changed; where the org does not say, it is believed."""
    case = a_life(org)
    org.untrack("OwnerId")
    assert note(pull(data, "salesforce"), "case history").startswith("field history is off for OwnerId of Case; switch it on in Setup")
    assert rows(data, "SELECT stream FROM coverage WHERE stream IN ('assignments', 'states')") == []   # handoffs are not available, instead of none
    org.tables["FieldDefinition"] = []
    org.unsupported = {"FieldDefinition"}
    org.comment(case, True, ANA)
    assert note(pull(data, "salesforce"), "case history") is None
    assert rows(data, "SELECT fidelity FROM coverage WHERE stream = 'assignments'") == [("events",)] and rows(data, "SELECT handoffs FROM ticket_facts") == [(1,)]


def test_person_accounts_are_customers_themselves(org, data):
    org.has_people = True
    person = org.account("Mia Private", IsPersonAccount=True, PersonEmail="mia@example.org")
    org.open(None, AccountId=person["Id"], Account=person)
    pull(data, "salesforce")
    assert rows(data, "SELECT customer_id, email_domain FROM tickets") == [(f"salesforce:{person['Id']}", "example.org")]


def test_a_contact_s_new_address_reaches_its_cases(org, data):
    a_life(org)
    pull(data, "salesforce")
    org.clock += 3600
    org.person("mia", Email="mia@example.org")
    pull(data, "salesforce")
    assert rows(data, "SELECT email_domain FROM tickets") == [("example.org",)]


def test_promises_are_judged_over_all_milestones(org, data):
    kept, broken, running = a_life(org), a_life(org), a_life(org)
    org.milestone(kept, False, True)
    org.milestone(broken, True, True)
    org.milestone(running, False, False)
    pull(data, "salesforce")
    org.clock += 3600
    org.milestone(broken, False, True)   # a later one in time does not mend the first
    pull(data, "salesforce")
    assert rows(data, "SELECT recorded_sla_met FROM tickets ORDER BY ticket_id") == [(True,), (False,), (None,)]


def test_what_is_missing_or_forbidden_is_left_out_with_a_note(org, data):
    a_life(org)
    org.unsupported, org.forbidden = {"CaseMilestone"}, {"EmailMessage", "Account"}
    noted = {s["stream"]: s["note"] for s in pull(data, "salesforce")["streams"] if s["note"]}
    assert set(noted) == {"milestones", "mails", "accounts"} and "is not supported" in noted["milestones"]
    assert rows(data, "SELECT stream, fidelity FROM coverage ORDER BY 1") == [
        ("assignments", "events"), ("queues", "events"), ("states", "events"), ("tickets", "counters")]   # of messages nothing is claimed
    org.forbidden = {"Case"}
    assert "cases need Read on Case" in pull(data, "salesforce", code=1)


def test_an_option_that_is_no_field_is_refused(tmp_path, org, monkeypatch):
    data = account(tmp_path / "data", "salesforce", org, monkeypatch, options={"reason_field": "Reason FROM User"})
    assert "is no name of a field" in pull(data, "salesforce", code=1)


def test_a_connected_app_renews_its_token(org, data, monkeypatch):
    true = Salesforce.answer
    monkeypatch.setattr(Salesforce, "answer", lambda self, asked: Reply({"access_token": "minted"}) if asked.path.endswith("/oauth2/token") else true(self, asked))
    monkeypatch.setattr(Salesforce, "allowed", lambda self, asked: asked.path.endswith("/oauth2/token") or asked.headers.get("authorization") == "Bearer minted")
    monkeypatch.setenv("EVENKEEL_SALESFORCE_CLIENT_ID", "evenkeel")
    a_life(org)
    assert pull(data, "salesforce")["tickets"] == 1


def test_the_token_and_private_words_are_nowhere(tmp_path, monkeypatch, capfd):
    with Salesforce(Faults(seed=2, limited=0.1, unavailable=0.1, cut_off=0.1, dropped=0.05)) as fake:
        fake.live(1, 30)
        fake.tables["Case"][0] |= {"Subject": None, "Origin": None, "Status": "surprise", "IsClosed": False, "OwnerId": None}
        data = account(tmp_path / "data", "salesforce", fake, monkeypatch)
        result = pull(data, "salesforce")
        assert {u["value"] for u in result["unmapped"]} == {"surprise"}
        assert unsaid(data, capfd, TOKEN, "Mia Private", "private words")
