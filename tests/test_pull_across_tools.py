"""Helpdesk, chat and CRM pulled: one customer with one timeline, and a chat that became a ticket is one contact."""
from __future__ import annotations

import pytest
from conftest import door
from fakes.intercom import Intercom
from fakes.salesforce import USERS, Salesforce
from fakes.zendesk import Zendesk
from pulls import account, pull, rows

EMAIL = "c1@example.com"
SETTINGS = """
[sources.zendesk]
host = "{zendesk}"
account = "service@lamp.example"
[sources.intercom]
host = "{intercom}"
options = {{ ticket_attribute = "Ticket" }}
[sources.salesforce]
host = "{salesforce}"
"""


@pytest.fixture
def tools(tmp_path, monkeypatch):
    """Three accounts and the data folder that pulls them."""
    with Zendesk() as zendesk, Intercom() as intercom, Salesforce() as salesforce:
        for name, fake in (("zendesk", zendesk), ("intercom", intercom), ("salesforce", salesforce)):
            data = account(tmp_path / "data", name, fake, monkeypatch)
        (data / "settings.toml").write_text(SETTINGS.format(zendesk=zendesk.base, intercom=intercom.base, salesforce=salesforce.base), encoding="utf-8")
        salesforce.person("mia", Email=EMAIL)
        yield zendesk, intercom, salesforce, data


def pull_all(tools):
    zendesk, intercom, salesforce, data = tools
    late = max(zendesk.clock, intercom.clock, salesforce.clock) + 7200
    for name, fake in (("zendesk", zendesk), ("intercom", intercom), ("salesforce", salesforce)):
        fake.clock = late
        pull(data, name)
    return data


def bot_chat(intercom, at, contact="c1"):
    """The bot answers and hands over at `at`, in seconds; it is nobody's afterwards."""
    intercom.clock = at - 180
    chat = intercom.open(contact)
    intercom.say(chat, "bot")
    intercom.route_to(chat, 71, "bot")
    assert intercom.clock == at
    return chat


def ticket_at(zendesk, at, requester=1):
    zendesk.clock = at - 60   # the fake's users are c<number>@example.com
    ticket = zendesk.open(requester)
    zendesk.change(ticket, "assignee_id", 81)
    zendesk.say(ticket, 81)
    return ticket


BEGIN = 1_767_610_800   # 2026-01-05 11:00 UTC


def links(data):
    return rows(data, "SELECT ticket_id, other_id, kind, found_by FROM links ORDER BY 1, 2")


def test_one_customer_with_one_timeline(tools):
    zendesk, intercom, salesforce, data = tools
    ticket_at(zendesk, BEGIN)
    zendesk.change(1, "status", "solved", 81)
    chat = bot_chat(intercom, BEGIN + 86_400)
    intercom.close(chat, "bot")
    salesforce.clock = BEGIN + 2 * 86_400
    case = salesforce.open("mia", owner=USERS[0], by=USERS[0])
    salesforce.mail(case, False)
    data = pull_all(tools)
    assert rows(data, "SELECT count(*), count(DISTINCT person_id) FROM customers") == [(3, 1)]
    assert rows(data, "SELECT source, contact_before_at IS NULL, next_contact_at IS NULL FROM ticket_facts ORDER BY started_at") == [
        ("zendesk", True, False), ("intercom", False, False), ("salesforce", False, True)]
    assert rows(data, "SELECT count(DISTINCT person_id), count(*) FROM ticket_facts WHERE left_out IS NULL") == [(1, 3)]
    assert links(data) == []


def test_a_chat_that_became_a_ticket_by_the_vendor_s_own_link(tools):
    zendesk, intercom, _, data = tools
    chat = bot_chat(intercom, BEGIN)
    intercom.conversations[chat]["custom_attributes"]["Ticket"] = 1
    ticket_at(zendesk, BEGIN + 7200)   # hours later: the link alone tells
    data = pull_all(tools)
    assert links(data) == [("intercom:1", "*:1", "became", "the tool's own link")]
    assert rows(data, "SELECT ticket_id, handled_by, first_response_time FROM ticket_facts WHERE left_out IS NULL") == [
        ("zendesk:1", "bot_to_human", 120 + 7200 + 120)]   # from the first word in the chat to the first answer of a person


def test_a_chat_that_became_a_ticket_by_identity_and_time(tools):
    """Whichever tool is pulled last; with a link of the tool's own that comes later, that one tells."""
    zendesk, intercom, _, data = tools
    chat = bot_chat(intercom, BEGIN)
    ticket_at(zendesk, BEGIN + 120)
    data = pull_all(tools)
    assert links(data) == [("intercom:1", "zendesk:1", "became", "identity and time")]
    assert rows(data, "SELECT ticket_id, handled_by, first_response_time FROM ticket_facts WHERE left_out IS NULL") == [("zendesk:1", "bot_to_human", 120 + 120 + 120)]
    assert rows(data, "SELECT left_out FROM ticket_facts WHERE ticket_id = 'intercom:1'") in ([], [("merged",)])
    door("warehouse", "rebuild", data=data)
    assert links(data) == [("intercom:1", "zendesk:1", "became", "identity and time")]
    intercom.conversations[chat] |= {"custom_attributes": {"Ticket": 1}, "updated_at": intercom.clock}
    pull(data, "intercom")
    assert links(data) == [("intercom:1", "*:1", "became", "the tool's own link")]
    assert rows(data, "SELECT ticket_id FROM ticket_facts WHERE left_out IS NULL") == [("zendesk:1",)]


NO_LINK = {
    "too late": lambda z, i, at: (bot_chat(i, at), ticket_at(z, at + 400)),
    "before the hand-over": lambda z, i, at: (bot_chat(i, at), ticket_at(z, at - 100)),
    "another person": lambda z, i, at: (bot_chat(i, at), ticket_at(z, at + 60, requester=2)),
    "answered in the chat": lambda z, i, at: (i.say(bot_chat(i, at), 81), ticket_at(z, at + 120)),
    "begun by us": lambda z, i, at: (bot_chat(i, at), ticket_at(z, at + 60), z.tickets[max(z.tickets)].update(submitter_id=81, via={"channel": "web"})),
}


def test_what_is_near_but_no_hand_over_is_two_contacts(tools):
    zendesk, intercom, _, data = tools
    for n, act in enumerate(NO_LINK.values()):   # months apart, so that none is near another's
        act(zendesk, intercom, BEGIN + n * 30 * 86_400)
    data = pull_all(tools)
    assert links(data) == [] and rows(data, "SELECT count(*) FROM ticket_facts WHERE left_out IS NULL") == [(2 * len(NO_LINK),)]


def test_a_chat_closed_as_transferred_by_a_person_and_the_nearest_of_two(tools):
    zendesk, intercom, _, data = tools
    intercom.clock = BEGIN - 180
    chat = intercom.open("c1", tags={"type": "tag.list", "tags": [{"type": "tag", "id": "2", "name": "transferred"}]})
    intercom.say(chat, 81)
    intercom.close(chat, 81)
    ticket_at(zendesk, BEGIN + 40)
    ticket_at(zendesk, BEGIN + 240)
    data = pull_all(tools)
    assert links(data) == [("intercom:1", "zendesk:1", "became", "identity and time")]
    zendesk.delete(1)
    pull(data, "zendesk")
    assert rows(data, "SELECT count(*) FROM ticket_facts WHERE left_out IS NULL") == [(1,)]


def clocks(data):
    return [row for row in door("metrics", "ask", "data_quality", data=data)["rows"] if "created before the chat they came from" in row["check"]]


def linked(intercom, zendesk, began, created):
    intercom.clock = began - 60
    chat = intercom.open("c1")
    intercom.conversations[chat]["custom_attributes"] = {"Ticket": str(ticket_at(zendesk, created))}


def test_clocks_that_disagree_show_in_the_links_the_tools_tell(tools):
    """Of chats that last three minutes the ticket comes at their end; the desk's clock is ten minutes behind."""
    zendesk, intercom, _, data = tools
    for number in range(6):
        linked(intercom, zendesk, BEGIN + 3600 * number, BEGIN + 3600 * number + (180 if number == 0 else 180 - 600))
    pull_all(tools)
    [row] = clocks(data)
    assert (row["source"], row["check"], row["found"], row["of"], row["verdict"]) == ("intercom", "tickets of zendesk created before the chat they came from", 5, 6, "to mend")
    assert row["says"] == "median from the beginning of the chat to the ticket: -420 s; the clock of zendesk runs behind that of intercom by more than that, or a zone is wrong"


def test_a_ticket_that_was_linked_by_hand_is_no_clock(tools):
    zendesk, intercom, _, data = tools
    for number in range(5):
        linked(intercom, zendesk, BEGIN + 3600 * number, BEGIN + 3600 * number + 180)
    pull_all(tools)
    assert [(r["found"], r["of"], r["share"], r["verdict"]) for r in clocks(data)] == [(0, 5, 0, "good")]
    linked(intercom, zendesk, zendesk.clock + 90_000, zendesk.clock + 3600)
    pull_all(tools)
    [row] = clocks(data)
    assert (row["found"], row["of"], row["verdict"]) == (1, 6, "to know") and row["says"].startswith("median from the beginning of the chat to the ticket: 180 s; a few may be")


def test_links_that_times_made_say_nothing_of_clocks(tools):
    zendesk, intercom, _, data = tools
    at = intercom.clock + 6000
    bot_chat(intercom, at)
    ticket_at(zendesk, at + 60)
    pull_all(tools)
    assert rows(data, "SELECT found_by FROM links WHERE kind = 'became'") == [("identity and time",)] and clocks(data) == []
