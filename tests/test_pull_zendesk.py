"""Zendesk pulled from a fake account: every trap of its API, and what must hold of any pull."""
from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from conftest import HOME, door
from fakes.server import TOKEN, Faults
from fakes.zendesk import GROUPS, START, Zendesk, at
from pulls import account, held, note, pull, rows, unsaid

from connectors.landing import Landing
from connectors.zendesk_history import audit_of

LOGIN = {"account": "service@lamp.example"}


@pytest.fixture
def zendesk():
    with Zendesk() as fake:
        yield fake


@pytest.fixture
def data(tmp_path, zendesk, monkeypatch):
    return account(tmp_path / "data", "zendesk", zendesk, monkeypatch, **LOGIN)


def kinds(data, ticket=1):
    return [k for (k,) in rows(data, f"SELECT kind::VARCHAR FROM events WHERE ticket_id = 'zendesk:{ticket}' ORDER BY occurred_at, seq, ordinal")]


def a_life(zendesk):
    """One ticket with exactly one handoff between people and one transfer between queues."""
    ticket = zendesk.open()
    zendesk.change(ticket, "group_id", 71, -1, "rule")
    zendesk.change(ticket, "assignee_id", 81)
    zendesk.say(ticket, 81)
    zendesk.change(ticket, "group_id", 72)
    zendesk.change(ticket, "assignee_id", 82)
    zendesk.change(ticket, "status", "solved", 82)
    return ticket


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    """An account with one of everything that a single pull shows, pulled once: (fake, data, ticket by name)."""
    with Zendesk() as fake, pytest.MonkeyPatch.context() as patch:
        data = account(tmp_path_factory.mktemp("lived") / "data", "zendesk", fake, patch, **LOGIN)
        first, merged, named, held_first = a_life(fake), a_life(fake), fake.open(), fake.open()
        fake.merge(merged, first)
        fake.change(named, "assignee_id", 81)
        fake.change(named, "status", "pending")
        fake._audit(held_first, 81, [{"type": "Create", "field_name": "assignee_id", "value": "81"}])
        follow = fake.open(via={"channel": "web", "source": {"rel": "follow_up", "from": {"ticket_id": first}, "to": {}}})
        side = fake.open(via={"channel": "side_conversation", "source": {"rel": None, "from": {"ticket_id": first}, "to": {}}})
        incident, rated, odd = fake.open(problem_id=first), a_life(fake), a_life(fake)
        fake.rate(rated, "good")
        fake.tickets[odd] |= {"via": "surprise", "tags": None, "group_id": None, "brand_new_field": {"deep": [1]}, "other_new": "x", "satisfaction_rating": None}
        fake.clock += 86_400
        pull(data, "zendesk")
        yield fake, data, {"first": first, "merged": merged, "named": named, "held first": held_first, "follow": follow, "side": side, "incident": incident,
                           "rated": rated, "odd": odd}


def test_a_ticket_arrives_with_its_handoffs(zendesk, data):
    a_life(zendesk)
    pull(data, "zendesk")
    assert kinds(data) == ["created", "customer_message", "state_changed", "queued", "assigned", "agent_message", "queued", "assigned", "state_changed"]
    assert rows(data, "SELECT handoffs, transfers FROM ticket_facts") == [(1, 1)]
    assert rows(data, "SELECT url, reason_raw, channel, customer_id FROM tickets") == [
        ("https://lamp.zendesk.example/agent/tickets/1", "late delivery", "email", "zendesk:900")]
    assert rows(data, "SELECT fidelity FROM coverage WHERE stream = 'assignments'") == [("events",)]
    assert rows(data, "SELECT cause::VARCHAR, actor_kind::VARCHAR FROM events WHERE kind = 'queued' ORDER BY occurred_at") == [("rule", "system"), (None, "agent")]
    assert rows(data, "SELECT name FROM queues ORDER BY name") == [("Orders",), ("Technical",)]


def test_a_second_pull_with_nothing_new_asks_little_and_changes_nothing(zendesk, data):
    for _ in range(20):
        a_life(zendesk)
    first = pull(data, "zendesk")
    before, asked = held(data), len(zendesk.asked)
    second = pull(data, "zendesk")
    assert second["load_id"] == first["load_id"] and held(data) == before and second["files"] == []
    assert all(s["news"] == 0 and s["pages"] <= 2 for s in second["streams"])
    assert not [a for a in zendesk.asked[asked:] if a.path.endswith("/audits")]


def test_only_what_is_new_is_handed_to_the_load(zendesk, data):
    for _ in range(5):
        a_life(zendesk)
    pull(data, "zendesk")
    zendesk.change(3, "status", "open")
    again = pull(data, "zendesk")
    assert {f["file"]: (f["rows"], f["loaded"]) for f in again["files"]} == {"zendesk tickets": (1, 1), "zendesk audits": (1, 1)}
    assert kinds(data, 3)[-1] == "state_changed"


# --- traps of the tool -------------------------------------------------------------------------------------------------
def test_the_newest_minute_is_not_asked_for(zendesk, data):
    """The export refuses a start less than a minute ago; what happens in it comes with the next pull."""
    zendesk.open()
    pull(data, "zendesk", "--since", at(zendesk.clock + 3599))
    assert all(int(a.params["start_time"]) <= zendesk.clock + 3600 - 60 for a in zendesk.asked if a.path.startswith("/api/v2/incremental") and "start_time" in a.params)


def test_what_happens_in_the_newest_minute_comes_with_the_next_pull(tmp_path, monkeypatch):
    with Zendesk() as fake:
        lead = [90]
        fake.now = lambda: datetime.fromtimestamp(fake.clock + lead[0], UTC)
        data = account(tmp_path / "data", "zendesk", fake, monkeypatch, **LOGIN)
        fake.open()
        pull(data, "zendesk")
        late, lead[0] = fake.open(), 30
        pull(data, "zendesk")
        assert rows(data, "SELECT ticket_id FROM tickets") == [("zendesk:1",)]
        lead[0] = 90
        pull(data, "zendesk")
        assert rows(data, f"SELECT count(*) FROM tickets WHERE ticket_id = 'zendesk:{late}'") == [(1,)]


def test_the_export_runs_on_a_time_of_its_own(zendesk, data):
    """A change that does not touch updated_at, older than what was pulled last, still arrives: only the cursor is kept."""
    ticket, other = a_life(zendesk), a_life(zendesk)
    pull(data, "zendesk")
    zendesk._audit(ticket, -1, [{"type": "Change", "field_name": "group_id", "value": "71", "previous_value": "72"}], "rule", is_update=False)
    assert zendesk.tickets[ticket]["updated_at"] < zendesk.tickets[other]["updated_at"]
    pull(data, "zendesk")
    assert kinds(data, ticket)[-1] == "queued"
    assert not [a for a in zendesk.asked if "cursor" in a.params and "start_time" in a.params]


def test_rows_repeated_at_page_borders_are_one(tmp_path, monkeypatch):
    with Zendesk(page=3, borders_repeat=True) as fake:
        data = account(tmp_path / "data", "zendesk", fake, monkeypatch, **LOGIN)
        fake.live(5, 60)
        pull(data, "zendesk")
        assert rows(data, "SELECT count(*), count(DISTINCT ticket_id) FROM tickets")[0] == (len(fake.tickets), len(fake.tickets))
        asked = [a.path for a in fake.asked if a.path.endswith("/audits") and "page[after]" not in a.params]
        assert len(asked) == len(set(asked)) == len(fake.tickets)


def test_exports_by_time_repeat_the_border_and_do_not_loop_in_a_flood(zendesk, data):
    zendesk.organizations = [{"id": n, "name": f"firm {n}", "domain_names": [], "shared_tickets": False, "timestamp": START + n // 10} for n in range(2500)]
    result = pull(data, "zendesk")
    assert rows(data, "SELECT count(*) FROM companies") == [(2500,)]
    assert note(result, "organizations") is None
    zendesk.organizations += [{"id": 5000 + n, "name": "flood", "domain_names": [], "shared_tickets": False, "timestamp": START + 900} for n in range(1500)]
    result = pull(data, "zendesk")
    assert "1,000 rows or more share the second" in note(result, "organizations")
    listed = door("connectors", "list", data=data)["sources"][0]["streams"]
    assert next(s["note"] for s in listed if s["stream"] == "organizations") == note(result, "organizations")


def test_a_deleted_ticket_is_a_tombstone_not_a_failure(zendesk, data):
    ticket = a_life(zendesk)
    pull(data, "zendesk")
    gone = a_life(zendesk)
    zendesk.delete(ticket)
    zendesk.delete(gone)   # never seen alive: its audits are 404
    result = pull(data, "zendesk")
    assert rows(data, "SELECT ticket_id FROM tickets WHERE deleted_at IS NOT NULL ORDER BY 1") == [("zendesk:1",), ("zendesk:2",)]
    assert kinds(data, ticket)[-1] == "deleted"
    assert note(result, "audits") is None
    # the list of deletions writes compact dates
    assert zendesk.deleted[0]["deleted_at"][:9] == "20260105T"
    assert rows(data, "SELECT count(*) FROM events WHERE kind = 'deleted' AND occurred_at IS NOT NULL") == [(2,)]


def test_audits_of_archived_tickets_do_not_page(zendesk, data, monkeypatch):
    ticket = a_life(zendesk)
    listed = Zendesk._list

    def archived(self, name, found, params):
        reply = listed(self, name, found, params)
        if name == "audits":
            reply.body = {"audits": found, "count": len(found), "next_page": None}
        return reply
    monkeypatch.setattr(Zendesk, "_list", archived)
    pull(data, "zendesk")
    assert len(kinds(data, ticket)) == 9


def test_page_numbers_are_never_used(tmp_path, monkeypatch):
    """They end in an error at page 100; the fake refuses them at once."""
    with Zendesk(page=2) as fake:
        data = account(tmp_path / "data", "zendesk", fake, monkeypatch, **LOGIN)
        fake.live(3, 40)
        pull(data, "zendesk")
        assert len(kinds(data)) > 2
        assert not [a for a in fake.asked if "page" in a.params]


def test_promises_come_from_metric_events_of_all_pulls(zendesk, data):
    """A breach pulled last week outweighs a fulfilment pulled today."""
    kept, broken, unpromised = a_life(zendesk), a_life(zendesk), a_life(zendesk)
    for ticket in (kept, broken):
        told(zendesk, ticket, "apply_sla", sla={"target": 60})
    told(zendesk, kept, "breach", deleted=True)
    told(zendesk, kept, "fulfill")
    told(zendesk, broken, "breach")
    told(zendesk, unpromised, "fulfill")
    pull(data, "zendesk")
    told(zendesk, broken, "fulfill")
    pull(data, "zendesk")
    assert rows(data, "SELECT ticket_id, recorded_sla_met FROM tickets ORDER BY 1") == [("zendesk:1", True), ("zendesk:2", False), ("zendesk:3", None)]


def test_what_the_plan_lacks_is_left_out_with_a_note(zendesk, data):
    a_life(zendesk)
    zendesk.forbidden = {"slas/policies", "satisfaction_ratings", "ticket_metric_events", "deleted_tickets", "business_hours"}
    result = pull(data, "zendesk")
    noted = {s["stream"]: s["note"] for s in result["streams"] if s["note"]}
    assert set(noted) == {"sla policies", "satisfaction ratings", "metric events", "deleted tickets", "schedules"}
    assert all("no permission for /api/v2/" in text for text in noted.values())
    assert rows(data, "SELECT count(*) FROM tickets") == [(1,)]
    assert {s["stream"]: s["note"] for s in door("warehouse", "status", data=data)["sources"][0]["pulled"] if s["note"]} == noted
    assert "these streams will be left out: schedules (no permission" in door("connectors", "check", "zendesk", data=data, code=1)
    zendesk.forbidden = set()
    assert not [s for s in pull(data, "zendesk")["streams"] if s["note"]]   # they come back by themselves


def test_single_tickets_that_may_not_be_read_do_not_close_the_stream(zendesk, data):
    for _ in range(3):
        a_life(zendesk)
    zendesk.forbidden = {"/tickets/2/audits"}
    assert note(pull(data, "zendesk"), "audits") == "1 of the tickets that changed may not be read by this token"
    assert [len(kinds(data, n)) for n in (1, 2, 3)] == [9, 0, 9]
    zendesk.change(1, "status", "open")
    zendesk.forbidden = {"/audits"}
    assert "no permission for /api/v2/tickets/1/audits" in note(pull(data, "zendesk"), "audits")
    zendesk.forbidden = set()
    pull(data, "zendesk")
    assert len(kinds(data, 1)) == 10   # it was still waiting to be asked


def test_a_first_ticket_that_may_not_be_read_does_not_close_the_stream(zendesk, data):
    for _ in range(3):
        a_life(zendesk)
    zendesk.forbidden = {"/tickets/1/audits"}
    assert note(pull(data, "zendesk"), "audits") == "1 of the tickets that changed may not be read by this token"
    assert [len(kinds(data, n)) for n in (1, 2, 3)] == [0, 9, 9]


def test_refused_tickets_wait_behind_the_others(zendesk, data):
    """As many as are asked for at once may not be read: the next pull begins with others."""
    for _ in range(23):
        zendesk.open()
    zendesk.forbidden = {f"/tickets/{n}/audits" for n in sorted(map(str, range(1, 24)))[:20]}
    assert "no permission for /api/v2/tickets/1/audits" in note(pull(data, "zendesk"), "audits")
    assert note(pull(data, "zendesk"), "audits") == "20 of the tickets that changed may not be read by this token"
    assert rows(data, "SELECT count(DISTINCT ticket_id) FROM events") == [(3,)]
    assert pull(data, "zendesk")["files"] == []


def test_a_token_that_is_no_admin_s_is_a_failure_said_in_one_line(zendesk, data):
    zendesk.forbidden = {"/incremental/"}
    assert "zendesk: no permission for /api/v2/incremental/tickets/cursor (You do not have access to this page.); tickets need admin" in pull(data, "zendesk", code=1)


@pytest.mark.parametrize("tells_the_end", [True, False])
def test_too_large_a_page_is_asked_for_in_halves(tells_the_end, tmp_path, monkeypatch):
    """Of every export, and what comes behind the smaller page still comes."""
    with Zendesk() as fake:
        data = account(tmp_path / "data", "zendesk", fake, monkeypatch, options={"history": "ticket_events"}, **LOGIN)
        fake.most, fake.tells_the_end = 50, tells_the_end
        fake.organizations = [{"id": n, "name": f"firm {n}", "domain_names": [], "shared_tickets": False, "timestamp": START + n // 10} for n in range(200)]
        for _ in range(12):
            told(fake, a_life(fake), "fulfill")
        result = pull(data, "zendesk")
        assert not [s["note"] for s in result["streams"] if s["note"]]
        assert rows(data, "SELECT count(*), (SELECT count(*) FROM companies), (SELECT count(*) FROM events) FROM tickets") == [(12, 200, 12 * 9)]
        assert len([a for a in fake.asked if a.path.endswith("/organizations") and int(a.params["per_page"]) > 50]) == 3 * 5   # halved once, not on every page
        fake.organizations += [{"id": 500 + n, "name": "flood", "domain_names": [], "shared_tickets": False, "timestamp": START + 900} for n in range(80)]
        assert "31 rows or more share the second" in note(pull(data, "zendesk"), "organizations")


def told(zendesk, ticket, kind, **more):
    """A metric event."""
    zendesk.clock += 60
    zendesk.metric_events.append({"id": len(zendesk.metric_events) + 1, "ticket_id": ticket, "metric": "reply_time", "instance_id": 1, "type": kind,
                                  "time": at(zendesk.clock), **more})


@pytest.mark.parametrize("history", ["audits", "ticket_events"])
def test_a_trigger_in_an_agents_audit_moves_by_rule(history, tmp_path, monkeypatch):
    """The row is the agent's, who answered; the move in it has a way of its own."""
    with Zendesk() as fake:
        data = account(tmp_path / "data", "zendesk", fake, monkeypatch, options={"history": history}, **LOGIN)
        ticket = fake.open()
        fake.change(ticket, "group_id", 71)
        fake.answer_and_trigger(ticket, 72)
        pull(data, "zendesk")
        assert rows(data, "SELECT kind::VARCHAR, actor_kind::VARCHAR, cause::VARCHAR FROM events WHERE kind IN ('queued', 'agent_message') ORDER BY occurred_at, seq, ordinal") == [
            ("queued", "agent", None), ("agent_message", "agent", None), ("queued", "system", "rule")]


def test_a_note_of_the_account_wide_export_is_no_message(tmp_path, monkeypatch):
    """Whether a comment is public stands under one of two names."""
    with Zendesk() as fake:
        data = account(tmp_path / "data", "zendesk", fake, monkeypatch, options={"history": "ticket_events"}, **LOGIN)
        fake.say(fake.open(), 81, public=False)
        true = fake._event

        def event(audit):
            row = true(audit)
            for child in row["child_events"]:
                child.pop("public", None)
            return row
        fake._event = event
        pull(data, "zendesk")
        assert kinds(data) == ["created", "customer_message", "state_changed", "internal_note"]


@pytest.mark.parametrize("late", [False, True])
def test_ratings_as_old_as_the_oldest_ticket_arrive(late, zendesk, data):
    """Also where the plan has ratings only when the tickets are merged already and tell their age no more."""
    zendesk.clock -= 9 * 365 * 86_400
    rated = zendesk.open()
    zendesk.rate(rated, "good")
    zendesk.tickets[rated]["satisfaction_rating"] = None
    zendesk.audits[rated].clear()
    zendesk.clock = START
    if late:
        zendesk.forbidden = {"satisfaction_ratings"}
        pull(data, "zendesk")
        zendesk.forbidden = set()
    pull(data, "zendesk")
    assert rows(data, "SELECT csat FROM tickets") == [(1.0,)]
    asked = len(zendesk.asked)
    pull(data, "zendesk")
    assert len([a for a in zendesk.asked[asked:] if "satisfaction" in a.path]) == 1


def test_progress_tells_rows_pages_rate_time_left_and_what_it_waits_for(tmp_path, monkeypatch):
    from types import SimpleNamespace

    from fakes.server import Reply

    import connectors.__main__ as the_door
    said, seconds = [], iter(range(0, 1_000_000, 3))
    with Zendesk(page=50) as fake:
        data = account(tmp_path / "data", "zendesk", fake, monkeypatch, **LOGIN)
        monkeypatch.setattr(the_door, "_say", said.append)
        monkeypatch.setattr("connectors.pull.time", SimpleNamespace(monotonic=lambda: next(seconds)))
        for _ in range(150):
            fake.say(fake.open())
        true = fake.answer
        slow = [Reply({}, 429, {"Retry-After": "20"})]
        fake.answer = lambda asked: slow.pop() if asked.path.endswith("/tickets/7/audits") and slow else true(asked)
        pull(data, "zendesk")
    tickets = [line for line in said if line.startswith("tickets: ")]
    assert tickets[0] == "tickets: 50 rows, 50 new, 1 pages, 8 rows/s, about 1 min left" and tickets[-1].startswith("tickets: 150 rows, 150 new, 3 pages, ")
    assert "left" not in tickets[-1]
    audits = [line for line in said if line.startswith("audits: ")]
    # twenty tickets of two audits in six seconds: the other hundred and thirty take 39, however many rows they have
    assert audits[0] == "audits: 40 rows, 40 new, 1 pages, 7 rows/s, about 1 min left" and "left" not in audits[-1]
    assert [line for line in said if "limits the pace; waiting 2" in line]


def test_links_of_the_vendor_are_not_followed_to_elsewhere(zendesk, data):
    """A page whose next link points to another host: the cursor is used with the configured host, or nothing is."""
    with Zendesk() as other:
        a_life(zendesk)
        zendesk.elsewhere = other.base + "/api/v2/tickets/1/audits?page[after]=1"
        pull(data, "zendesk")
        assert other.asked == []


def test_the_account_wide_export_tells_the_same_as_audits(tmp_path, monkeypatch):
    with Zendesk() as fake:
        fake.live(7, 120)
        fake.deleted.clear()
        found = {}
        for history in ("audits", "ticket_events"):
            data = account(tmp_path / history, "zendesk", fake, monkeypatch, options={"history": history}, **LOGIN)
            pull(data, "zendesk")
            live = "ticket_id NOT IN (SELECT ticket_id FROM tickets WHERE deleted_at IS NOT NULL)"   # audits of deleted tickets are gone, events are not
            found[history] = rows(data, f"SELECT ticket_id, occurred_at, kind::VARCHAR, to_value, actor_id, actor_kind::VARCHAR FROM events WHERE {live} ORDER BY ALL")
        assert [e for e in found["audits"] if e[2] != "merged"] == found["ticket_events"] and len(found["ticket_events"]) > 100


def test_a_child_event_that_names_several_fields_is_several_changes():
    told = audit_of({"id": 9, "ticket_id": 7, "created_at": "2026-01-05T09:00:00Z", "updater_id": 81, "via": "Mail", "child_events": [
        {"id": 1, "event_type": "Create", "status": "new", "priority": None, "subject": "lamp"}, {"id": 2, "event_type": "Change", "assignee_id": 81, "previous_value": None}]})
    assert [(e["id"], e["field_name"], e["value"]) for e in told["events"]] == [("1/status", "status", "new"), ("1/priority", "priority", None), (2, "assignee_id", 81)]


def test_one_change_under_two_names_and_ids_as_text(lived):
    """status and custom_status_id change together; audits write ids as text where tickets have numbers."""
    _, data, ticket = lived
    own = f"ticket_id = 'zendesk:{ticket['named']}'"
    assert kinds(data, ticket["named"]).count("state_changed") == 2   # the first status, and pending
    assert rows(data, f"SELECT DISTINCT to_value FROM events WHERE kind = 'assigned' AND {own}") == rows(data, f"SELECT assignee_id FROM tickets WHERE {own}") == [
        ("zendesk:81",)]


def test_the_first_holder_is_no_handoff(lived):
    _, data, ticket = lived
    assert rows(data, f"SELECT handoffs FROM ticket_facts WHERE ticket_id = 'zendesk:{ticket['held first']}'") == [(0,)]


def test_merges_follow_ups_side_conversations_and_incidents_are_links(lived):
    _, data, ticket = lived
    wanted = [("merged", "merged_into"), ("follow", "follow_up_of"), ("side", "side_conversation"), ("incident", "incident_of")]
    assert rows(data, "SELECT ticket_id, other_id, kind FROM links ORDER BY 1") == [(f"zendesk:{ticket[name]}", f"zendesk:{ticket['first']}", kind) for name, kind in wanted]


def test_changes_are_not_read_from_the_account_wide_audits(lived):
    """`/ticket_audits` and `/ticket_metrics` leave out archived tickets."""
    assert not [a.path for a in lived[0].asked if a.path.rstrip("/").endswith(("/ticket_audits", "/ticket_metrics"))]


def test_ratings_are_asked_for_in_windows_of_thirty_days(lived):
    zendesk, data, ticket = lived
    windows = [(int(a.params["start_time"]), int(a.params["end_time"])) for a in zendesk.asked if "satisfaction" in a.path]
    assert max(until - since for since, until in windows) <= 30 * 86_400
    assert all(earlier[1] == later[0] for earlier, later in pairwise(windows))
    assert rows(data, f"SELECT csat FROM tickets WHERE ticket_id = 'zendesk:{ticket['rated']}'") == [(1.0,)]


def test_a_list_whose_order_says_nothing_is_read_whole(zendesk, data, monkeypatch):
    """Groups are in no order of change: the one renamed last may stand first, and page by page each is read again."""
    zendesk.page = 1
    a_life(zendesk)
    pull(data, "zendesk")
    monkeypatch.setitem(GROUPS, 71, "Orders and returns")
    pull(data, "zendesk")
    assert rows(data, "SELECT name FROM queues ORDER BY 1") == [("Orders and returns",), ("Technical",)]


def test_changes_of_custom_fields_are_neither_events_nor_kept(zendesk, data, capfd):
    """They come under the number of the field, as text, beside the changes that count."""
    ticket = zendesk.open()
    zendesk._audit(ticket, 81, [{"type": "Change", "field_name": "360001234", "value": "private value", "previous_value": "private before"},
                                {"type": "Change", "field_name": "status", "value": "open", "previous_value": "new"}])
    pull(data, "zendesk")
    assert kinds(data, ticket) == ["created", "customer_message", "state_changed", "state_changed"]
    assert unsaid(data, capfd, "private value", "private before", "360001234")


def test_nulls_unknown_fields_and_other_kinds_of_values_are_survived(lived):
    _, data, ticket = lived
    [(extra,)] = rows(data, f"SELECT extra FROM tickets WHERE ticket_id = 'zendesk:{ticket['odd']}'")
    assert json.loads(extra)["other_new"] == "x" and json.loads(extra)["via (as sent)"] == "surprise"
    stream = next(s for s in door("connectors", "list", data=data)["sources"][0]["streams"] if s["stream"] == "tickets")
    assert stream["unknown_fields"]["brand_new_field"] == 1


# --- what holds of any pull ----------------------------------------------------------------------------------------------
def test_since_takes_the_account_from_a_time_on(zendesk, data):
    a_life(zendesk)
    zendesk.clock += 30 * 86_400
    late = a_life(zendesk)
    pull(data, "zendesk", "--since", "2026-01-20")
    assert rows(data, "SELECT ticket_id FROM tickets") == [(f"zendesk:{late}",)]
    assert "is no time" in door_complains(data, "pull", "zendesk", "--since", "yesterday")


def door_complains(data, *words):
    done = subprocess.run([sys.executable, "-m", "connectors", *words, "--data", str(data)], cwd=HOME, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    return done.stderr


def test_rebuild_and_forget_know_pulled_sources(zendesk, data, monkeypatch):
    monkeypatch.setattr(Zendesk, "delete", lambda self, ticket: None)   # audits of deleted tickets can be had only once
    zendesk.live(2, 60)
    pull(data, "zendesk")
    zendesk.live(3, 60)
    pull(data, "zendesk")
    before, asked = held(data), len(zendesk.asked)
    door("warehouse", "rebuild", data=data)
    assert held(data) == before and len(zendesk.asked) == asked
    door("warehouse", "forget", "zendesk", data=data)
    assert rows(data, "SELECT count(*) FROM tickets") == [(0,)]
    pull(data, "zendesk")
    assert held(data) == before


def test_no_customer_stays_in_the_landing_once_merged(zendesk, data):
    a_life(zendesk)
    pull(data, "zendesk")
    with Landing(data / "landing", "zendesk") as landing:
        kept = [body for stream in ("tickets", "audits", "satisfaction ratings") for body in landing.bodies(stream)]
    assert kept == []
    everything = b"".join(p.read_bytes() for p in data.rglob("*") if p.is_file())
    assert b"Mia Private" not in everything and b"private words" not in everything


def test_an_erased_customer_does_not_come_back(zendesk, data):
    a_life(zendesk)
    pull(data, "zendesk")
    key = rows(data, "SELECT email_key FROM tickets")[0]
    door("warehouse", "erase", "c900@example.com", data=data)
    zendesk.change(1, "status", "open")
    pull(data, "zendesk")
    [(customer, key_now, state)] = rows(data, "SELECT customer_id, email_key, state::VARCHAR FROM tickets")
    assert customer.startswith("zendesk:erased-") and (key_now,) != key and state == "in_progress"
    assert not [p for p in data.rglob("*.parquet") if b"c900@example.com" in p.read_bytes()]


def test_another_pull_of_the_source_waits_its_turn(zendesk, data):
    a_life(zendesk)
    (data / "landing").mkdir()
    with Landing(data / "landing", "zendesk"):
        assert "a pull of zendesk is running" in pull(data, "zendesk", code=75)


def test_a_pull_stopped_by_hand_goes_on_where_it_was(tmp_path, monkeypatch, hears_ctrl_c):
    with Zendesk(page=4) as fake:
        data = account(tmp_path / "data", "zendesk", fake, monkeypatch, **LOGIN)
        fake.live(9, 80)
        fake.later.append((12, lambda: os.kill(os.getpid(), signal.SIGINT)))
        assert "what was landed is kept" in pull(data, "zendesk", code=130)
        before = {a.params["cursor"] for a in fake.asked if "cursor" in a.params}
        stopped = len(fake.asked)
        pull(data, "zendesk")
        after = [a.params for a in fake.asked[stopped:] if a.path.endswith("/tickets/cursor")]
        assert len(before) > 1 and after and not [p for p in after if "start_time" in p]   # it did not begin again
        assert len(before & {p.get("cursor") for p in after}) <= 1                          # and asked at most the page it was in
        assert rows(data, "SELECT count(*) FROM tickets") == [(len(fake.tickets),)]


def test_a_vendor_that_is_down_is_for_later_and_nothing_half_is_merged(zendesk, data):
    from fakes.server import Reply
    for _ in range(3):
        a_life(zendesk)
    true = zendesk.answer
    zendesk.answer = lambda asked: Reply({}, 503) if asked.path.endswith("/audits") else true(asked)
    assert "the next pull goes on from here" in pull(data, "zendesk", code=75)
    assert door("warehouse", "status", data=data)["load_id"] is None
    del zendesk.answer
    pull(data, "zendesk")
    assert len(kinds(data, 3)) == 9


def test_a_merge_waits_for_another_load(zendesk, data, monkeypatch):
    import connectors.__main__ as the_door
    from warehouse.store import Folder, writing
    a_life(zendesk)
    other = writing(Folder(data))
    other.__enter__()
    said = []

    def say(text):
        said.append(text)
        if text.startswith("waiting to merge: a load is running since"):
            other.__exit__(None, None, None)
    monkeypatch.setattr(the_door, "_say", say)
    assert pull(data, "zendesk")["tickets"] == 1
    assert any(text.startswith("waiting to merge") for text in said)


def test_a_pull_does_not_hold_the_store(zendesk, data, tmp_path):
    """While pages come in, a file is loaded."""
    from conftest import load
    a_life(zendesk)
    (tmp_path / "chats.csv").write_text("Conversation ID,Conversation started at,Conversation state\n1,2026-01-05 09:00:00,open\n", encoding="utf-8")
    zendesk.later.append((5, lambda: load(data, tmp_path / "chats.csv")))
    pull(data, "zendesk")
    assert rows(data, "SELECT source, count(*) FROM tickets GROUP BY 1 ORDER BY 1") == [("intercom", 1), ("zendesk", 1)]


CHECKS = {
    "no token": (lambda z, d, m: m.delenv("EVENKEEL_ZENDESK_TOKEN"), "zendesk has no token; set EVENKEEL_ZENDESK_TOKEN"),
    "wrong token": (lambda z, d, m: m.setenv("EVENKEEL_ZENDESK_TOKEN", "nonsense"), "does not accept the token"),
    "wrong host": (lambda z, d, m: (d / "settings.toml").write_text('[sources.zendesk]\nhost = "http://127.0.0.1:9"\n'), "did not answer|no usable answer"),
    "no host": (lambda z, d, m: (d / "settings.toml").write_text("[sources.zendesk]\n"), "zendesk has no host; set host in"),
    "plain http": (lambda z, d, m: (d / "settings.toml").write_text('[sources.zendesk]\nhost = "http://lamp.example"\n'), "is not https"),
    "secret in the host": (lambda z, d, m: (d / "settings.toml").write_text('[sources.zendesk]\nhost = "https://a:b@lamp.example"\n'), "is not a host"),
    "unknown option": (lambda z, d, m: (d / "settings.toml").write_text('[sources.zendesk]\nhost = "lamp.example"\noptions = { speed = 1 }\n'), "no option of Zendesk"),
    "not a connector": (lambda z, d, m: (d / "settings.toml").write_text('[sources.zendesk]\nconnector = "tawk"\nhost = "lamp.example"\n'), "'tawk' is no connector"),
    "open secrets": (lambda z, d, m: (d / "secrets.toml").write_text("[zendesk]\n"), "can be read by others; run: chmod 600"),
}


@pytest.mark.parametrize("wrong", CHECKS)
def test_check_says_what_is_wrong(wrong, zendesk, data, monkeypatch):
    act, says = CHECKS[wrong]
    act(zendesk, data, monkeypatch)
    import re
    told = door("connectors", "check", "zendesk", data=data, code=None)
    assert isinstance(told, str) and re.search(says, told), told


def test_check_knows_the_clock_and_closed_streams(zendesk, data, monkeypatch, capsys):
    import connectors.__main__ as the_door
    assert door("connectors", "check", "zendesk", data=data)["says"] == "zendesk answers and every stream may be read"
    zendesk.forbidden = {"slas/policies"}
    assert the_door.main(["check", "zendesk", "--data", str(data)]) == 1
    assert "sla policies (no permission for /api/v2/slas/policies" in capsys.readouterr().err
    zendesk.forbidden = set()
    monkeypatch.setattr(the_door, "_now", lambda: zendesk.now().replace(year=2027))
    assert the_door.main(["check", "zendesk", "--data", str(data)]) == 1
    assert "the clock of this machine is 31,536,000 s ahead of" in capsys.readouterr().err


def test_the_token_may_lie_in_an_owner_only_file(zendesk, data, monkeypatch):
    monkeypatch.delenv("EVENKEEL_ZENDESK_TOKEN")
    (data / "secrets.toml").write_text(f'[zendesk]\ntoken = "{TOKEN}"\n', encoding="utf-8")
    (data / "secrets.toml").chmod(0o600)
    a_life(zendesk)
    assert pull(data, "zendesk")["tickets"] == 1


def test_an_oauth_client_renews_its_token(zendesk, data, monkeypatch):
    """Tokens of OAuth clients live for minutes; the secret stays the client's."""
    from fakes.server import Reply
    given = ["first", "second"]
    true = Zendesk.answer

    def answer(self, asked):
        if asked.path == "/oauth/tokens":
            return Reply({"access_token": given[0]} if f"client_secret={TOKEN}" in asked.body else {}, 200)
        if asked.path.endswith("/audits") and len(given) == 2:
            given.pop(0)
            return Reply({"error": "invalid_token"}, 401)
        return true(self, asked)
    monkeypatch.setattr(Zendesk, "answer", answer)
    monkeypatch.setattr(Zendesk, "allowed", lambda self, asked: asked.path == "/oauth/tokens" or asked.headers.get("authorization") == f"Bearer {given[0]}")
    monkeypatch.setenv("EVENKEEL_ZENDESK_CLIENT_ID", "evenkeel")
    a_life(zendesk)
    assert pull(data, "zendesk")["tickets"] == 1
    assert [a.path for a in zendesk.asked].count("/oauth/tokens") == 2


def test_the_token_is_in_no_file_and_no_output(tmp_path, monkeypatch):
    """A whole pull with faults, a refusal that quotes the token, a check and a status, as processes: no byte of it is the token."""
    with Zendesk(Faults(seed=4, limited=0.1, unavailable=0.1, cut_off=0.1, dropped=0.1)) as fake:
        fake.live(1, 40)
        fake.now = lambda: __import__("datetime").datetime.now(__import__("datetime").UTC)
        data = account(tmp_path / "data", "zendesk", fake, monkeypatch, **LOGIN)
        quick = "import sys, connectors.http as h; h.FIRST_WAIT = 0.01; from connectors.__main__ import main; sys.exit(main(sys.argv[1:]))"
        said = b""
        for words in (["pull", "zendesk", "--json"], ["pull", "zendesk"], ["check", "zendesk"], ["list"]):
            done = subprocess.run([sys.executable, "-c", quick, *words, "--data", str(data)], cwd=HOME, capture_output=True, check=False,
                                  env=os.environ | {"EVENKEEL_ZENDESK_TOKEN": TOKEN})
            assert done.returncode == 0, done.stderr
            said += done.stdout + done.stderr
        fake.forbidden = {"/api/"}
        monkeypatch.setattr(fake, "answer", lambda asked: __import__("fakes.server", fromlist=["Reply"]).Reply({"description": asked.headers["authorization"] + TOKEN}, 400))
        done = subprocess.run([sys.executable, "-c", quick, "pull", "zendesk", "--data", str(data)], cwd=HOME, capture_output=True, check=False,
                              env=os.environ | {"EVENKEEL_ZENDESK_TOKEN": TOKEN})
        assert done.returncode == 1
        said += done.stdout + done.stderr
        import base64
        pair = base64.b64encode(f"service@lamp.example/token:{TOKEN}".encode())
        assert said and TOKEN.encode() not in said and pair not in said
        for path in data.rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                assert TOKEN.encode() not in content and pair not in content, path
        assert not [a for a in fake.asked if TOKEN in a.path or TOKEN in json.dumps(a.params)]
