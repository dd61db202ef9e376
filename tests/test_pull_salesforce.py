"""Salesforce pulled from a fake org."""
from __future__ import annotations

import pytest
from fakes.salesforce import LOGIN, MACHINE, USERS, Salesforce
from fakes.server import TOKEN, Faults, Reply
from pulls import account, held, note, pull, rows, unsaid

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


def test_deleted_and_merged_cases_are_seen(org, data):
    first, gone, merged = a_life(org), a_life(org), a_life(org)
    pull(data, "salesforce")
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
        assert [u["value"] for u in result["unmapped"]] == ["surprise"]
        assert unsaid(data, capfd, TOKEN, "Mia Private", "private words")
