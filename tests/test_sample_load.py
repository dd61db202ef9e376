"""The sample company, loaded as anyone would load it, against a reading of the same files in plain Python."""

import random
import shutil
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from connectors.reading import compile_units, read_files
from metrics.engine.metric import derivations
from sample_data import raw, story
from warehouse.landing_area import new_area
from warehouse.load import load
from warehouse.settings import Settings
from warehouse.store import Folder, reading

HOME = Path(raw.__file__).parent
SOURCES = {"helpdesk": "helpdesk_*", "chat": "chat_*", "crm": "crm_*"}
LOOKED_AT = 400
OPEN_STATES = {"new": "new", "open": "in_progress", "pending": "waiting_customer", "hold": "waiting_internal"}
CASE_STATES = {"New": "new", "Working": "in_progress", "Waiting on Customer": "waiting_customer"}


@pytest.fixture(scope="session")
def sample(tmp_path_factory):
    """A data folder with the three tools loaded one after the other; with it, what each load reported."""
    folder = Folder(tmp_path_factory.mktemp("lumen") / "data")
    folder.make()
    for name in ("settings.toml", "reasons.csv", "decisions.csv"):
        shutil.copyfile(HOME / "company" / name, folder.root / name)
    return folder, {source: loaded(folder, source) for source in SOURCES}


def loaded(folder, source):
    paths = sorted((HOME / "exports").glob(SOURCES[source]))
    units = read_files(paths, new_area(folder), mapping=None, source=source, saved=None, keep_text=False)
    return load(folder, compile_units(units, Settings.read(folder.root).report_zone), derivations(), lambda text: None)


@pytest.fixture(scope="session")
def con(sample):
    with reading(sample[0]) as con:
        yield con


@pytest.fixture(scope="session")
def facts(con):
    """ticket id -> its contacts, in order."""
    found = con.execute("SELECT * FROM ticket_facts ORDER BY ticket_id, episode")
    names = [c[0] for c in found.description]
    facts: dict[str, list[dict]] = {}
    for row in found.fetchall():
        facts.setdefault(row[names.index("ticket_id")], []).append(dict(zip(names, row, strict=True)))
    return facts


def some(things, seed):
    return random.Random(seed).sample(things, min(LOOKED_AT, len(things)))


def utc(when):
    """A time as the store holds it."""
    return when.astimezone(UTC).replace(tzinfo=None)


def changes(values):
    """How often the value changes, unknown ones bridged."""
    known = [v for v in values if v]
    return sum(a != b for a, b in pairwise(known))


def returns(values):
    """How many positions repeat the one but last, of the distinct consecutive values."""
    ways = [v for i, v in enumerate(values) if i == 0 or v != values[i - 1]]
    return sum(a == b for a, b in zip(ways, ways[2:], strict=False))


# --- the whole ---------------------------------------------------------------------------------------------------------
def test_every_file_is_recognised_and_every_row_accounted_for(sample):
    names = {file["file"]: file["recognised_as"] for report in sample[1].values() for file in report["files"]}
    assert names == {
        "helpdesk_tickets.ndjson.gz": "Zendesk: tickets JSON", "helpdesk_ticket_audits.ndjson.gz": "Zendesk: ticket audits JSON",
        "helpdesk_users.ndjson.gz": "Zendesk: users JSON", "helpdesk_groups.json": "Zendesk: groups JSON",
        "chat_conversations.csv.gz": "Intercom: conversations", "chat_actions.csv.gz": "Intercom: conversation actions",
        "crm_case_report.csv": "Salesforce: case report", "crm_case_history.csv.gz": "Salesforce: case history report"}
    for report in sample[1].values():
        for file in report["files"]:
            assert file["rows"] == file["loaded"] + file["unchanged"] + file["refused"] and file["unchanged"] == 0


def test_refused_are_the_planted_rows_and_no_others(sample):
    refused = Counter((r["file"], r["column"]) for report in sample[1].values() for r in report["refusals"])
    assert refused == {("helpdesk_tickets.ndjson.gz", "created_at"): story.FAULTS.helpdesk_malformed_date,
                       ("chat_conversations.csv.gz", "Conversation started at"): story.FAULTS.chat_malformed_date,
                       ("crm_case_report.csv", "Date/Time Opened"): story.FAULTS.crm_malformed_date}
    lines = {r["line"] for r in sample[1]["helpdesk"]["refusals"]}
    rows = raw.text_of("helpdesk_tickets.ndjson.gz").splitlines()
    assert lines == {n for n, text in enumerate(rows, 1) if "-13-45T" in text}


def test_unmapped_are_the_planted_states_and_no_others(sample):
    unmapped = {(u["value"], u["rows"]) for report in sample[1].values() for u in report["unmapped"]}
    faults = story.FAULTS
    assert unmapped == {(faults.unknown_helpdesk_status, faults.helpdesk_unknown_status), (faults.unknown_chat_state, faults.chat_unknown_state),
                        (faults.unknown_crm_status, faults.crm_unknown_status)}


def test_ticket_counts(con):
    """A refused ticket is still known by its events."""
    assert dict(con.execute("SELECT source, count(*) FROM tickets GROUP BY source").fetchall()) == {
        "helpdesk": len(raw.tickets()), "chat": len(raw.chats()), "crm": len(raw.cases())}


def test_loading_again_changes_nothing(sample):
    folder, reports = sample
    again = loaded(folder, "crm")
    assert again["load_id"] == reports["crm"]["load_id"] and not any(file["loaded"] for file in again["files"])


def test_what_each_tool_can_tell(con):
    told = {(source, stream): fidelity for source, stream, fidelity in con.execute("SELECT source, stream, fidelity FROM coverage").fetchall()}
    assert all(told[source, stream] == "events" for source in SOURCES for stream in ("states", "queues", "assignments", "messages"))


# --- helpdesk ----------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def lived():
    """Tickets that lived a life of their own."""
    return [t for t in raw.tickets() if t.audits and not {"spam", "closed_by_merge"} & set(t.tags)]


def test_helpdesk_first_responses(facts, lived):
    """A ticket that began as a chat was answered where it began."""
    from_chat = {c["Linked ticket ID"]: c for c in raw.chats() if c["Linked ticket ID"]}
    for ticket in some([t for t in lived if not t.opened_by_agent], 1):
        [fact] = facts[f"helpdesk:{ticket.row['id']}"]
        chat = from_chat.get(str(ticket.row["id"]))
        began = chat["actions"][0][0] if chat else ticket.created
        replies = [at for at, kind, _ in chat["actions"] if kind == "teammate_message"] if chat else ticket.replies
        expected = int((min(replies) - began).total_seconds()) if replies else None
        assert fact["first_response_time"] == expected, ticket.row["id"]


def test_helpdesk_moves(facts, lived):
    for ticket in some(lived, 2):
        [fact] = facts[f"helpdesk:{ticket.row['id']}"]
        states = [e["value"] for _, _, e in ticket.changes if e["field_name"] == "status"]
        reopened = sum(a in ("solved", "closed") and b not in ("solved", "closed") for a, b in pairwise(states))
        got = [fact["handoffs"] or 0, fact["transfers"] or 0, fact["ping_pong"] or 0, fact["reopens"] or 0]
        assert got == [changes(ticket.holders), changes(ticket.queues), returns(ticket.queues), reopened], ticket.row["id"]


def test_handoffs_are_the_stations_less_the_first(con, lived):
    """What Zendesk counted itself agrees wherever nobody was given the ticket twice in a row."""
    recorded = dict(con.execute("SELECT ticket_id, recorded_handoffs FROM tickets WHERE source = 'helpdesk'").fetchall())
    for ticket in some([t for t in lived if raw.utc(t.row["created_at"])], 3):
        assert recorded[f"helpdesk:{ticket.row['id']}"] == max(len(ticket.holders) - 1, 0)


def test_merged_tickets_are_told_by_their_survivors(con, facts):
    merged = {f"helpdesk:{t.row['id']}" for t in raw.tickets() if "closed_by_merge" in t.tags}
    assert merged == {row[0] for row in con.execute("SELECT ticket_id FROM links WHERE kind = 'merged_into'").fetchall()} and not merged & facts.keys()


def test_spam_and_deleted_are_left_out(facts):
    for ticket in raw.tickets():
        if "spam" in ticket.tags:
            assert {fact["left_out"] for fact in facts[f"helpdesk:{ticket.row['id']}"]} == {"spam"}
    assert sum(fact["left_out"] == "spam" for life in facts.values() for fact in life) == story.SPAM_FLOOD.tickets


def test_helpdesk_open_tickets(facts, lived):
    plain = [t for t in lived if t.is_open]
    assert len(plain) > 100
    for ticket in plain:
        [fact] = facts[f"helpdesk:{ticket.row['id']}"]
        assert fact["is_open"] and fact["state"] == OPEN_STATES[ticket.row["status"]], ticket.row["id"]
    assert sum(fact["is_open"] for id, life in facts.items() if id.startswith("helpdesk:") for fact in life) == len(plain)


def test_helpdesk_proactive_reasons_and_links(con, facts, lived):
    proactive = {f"helpdesk:{t.row['id']}" for t in lived if t.opened_by_agent}
    assert {id for id, life in facts.items() if life[0]["is_proactive"]} == proactive
    for ticket in some([t for t in lived if raw.utc(t.row["created_at"])], 4):
        [fact] = facts[f"helpdesk:{ticket.row['id']}"]
        assert (fact["reason"], fact["channel"], fact["url"].rsplit("/", 2)[1]) == (ticket.reason, ticket.channel, "tickets"), ticket.row["id"]
    kinds = dict(con.execute("SELECT kind, count(*) FROM links GROUP BY kind").fetchall())
    assert kinds["incident_of"] == story.OUTAGE.contacts
    assert kinds["follow_up_of"] == sum(t.row["via"].get("source", {}).get("rel") == "follow_up" for t in raw.tickets())


# --- chat --------------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def own_chats():
    """Chats that no ticket took over."""
    return [c for c in raw.chats() if not c["Linked ticket ID"]]


def test_reused_threads_are_two_contacts_each(facts, own_chats):
    """Back after more than a week is a new contact, back sooner is a reopening of the same."""
    split = 0
    for chat in own_chats:
        closed = [at for at, kind, _ in chat["actions"] if kind == "closed"]
        back = [at for at, kind, _ in chat["actions"] if kind == "user_message" and closed and at > closed[0]]
        wanted = 2 if back and back[0] - closed[0] > timedelta(days=7) else 1
        split += wanted == 2
        assert len(facts[f"chat:{chat['Conversation ID']}"]) == wanted, chat["Conversation ID"]
    assert split == story.REUSED_THREADS.threads


def test_chats_that_became_tickets_are_one_contact(facts):
    linked = [c for c in raw.chats() if c["Linked ticket ID"]]
    assert len(linked) == story.REST.linked_chats
    for chat in linked:
        assert f"chat:{chat['Conversation ID']}" not in facts
        assert facts[f"helpdesk:{chat['Linked ticket ID']}"][0]["started_at"] == utc(chat["actions"][0][0])


def test_chat_first_responses_and_moves(facts, own_chats):
    for chat in some([c for c in own_chats if "teammate_message" in [kind for _, kind, _ in c["actions"]]], 5):
        life = facts[f"chat:{chat['Conversation ID']}"]
        fact = life[0]
        first = min(at for at, kind, _ in chat["actions"] if kind == "teammate_message")
        assert fact["first_response_time"] == int((first - chat["actions"][0][0]).total_seconds()), chat["Conversation ID"]
        moves = [row for _, kind, row in chat["actions"] if kind == "assigned"]
        got = [fact["handoffs"] or 0, fact["transfers"] or 0]
        assert got == [changes([m["Assigned to teammate"] for m in moves]), changes([m["Assigned to team"] for m in moves])], chat["Conversation ID"]
        assert sum(f["reopens"] or 0 for f in life) + len(life) - 1 == sum(kind == "reopened" for _, kind, _ in chat["actions"])


def test_bot_only_chats(facts, own_chats):
    for chat in some(own_chats, 6):
        kinds = {kind for _, kind, _ in chat["actions"]}
        by_people = kinds & {"teammate_message", "note"} or any(row["Assigned to teammate"] for _, _, row in chat["actions"])
        expected = ("bot_to_human" if "bot_message" in kinds else "human_only") if by_people else "bot_only" if "bot_message" in kinds else "untouched"
        assert facts[f"chat:{chat['Conversation ID']}"][0]["handled_by"] == expected, chat["Conversation ID"]


# --- CRM ---------------------------------------------------------------------------------------------------------------
def test_case_moves(facts):
    for case in some(raw.cases(), 7):
        [fact] = facts[f"crm:{case['Case Number']}"]
        owners = [row for row in case["history"] if row["Field / Event"] == "Case Owner"]
        way = [owners[0]["Old Value"], *(row["New Value"] for row in owners)] if owners else []
        states = ["New", *(row["New Value"] for row in case["history"] if row["Field / Event"] == "Status")]
        people = [owner for owner in way if not owner.startswith("Queue")]
        got = [fact["handoffs"] or 0, fact["transfers"] or 0, fact["reopens"] or 0]
        wanted = [changes(people), changes([o for o in way if o.startswith("Queue")]), sum(a == "Closed" for a in states[:-1])]
        assert got == wanted, case["Case Number"]


def test_case_first_responses(facts):
    for case in some(raw.cases(), 8):
        opened = raw.us_local(case["Date/Time Opened"])
        sent = [raw.us_local(row["Edit Date"]) for row in case["history"] if row["Field / Event"] == "Email Sent"]
        if opened:
            expected = int((utc(sent[0]) - utc(opened)).total_seconds()) if sent else None
            assert facts[f"crm:{case['Case Number']}"][0]["first_response_time"] == expected, case["Case Number"]


def test_case_states_and_ends(facts):
    for case in raw.cases():
        [fact] = facts[f"crm:{case['Case Number']}"]
        if case["Status"] != story.FAULTS.unknown_crm_status:
            assert fact["state"] == CASE_STATES.get(case["Status"], "closed") and fact["is_open"] == (case["Status"] != "Closed"), case["Case Number"]
        assert not fact["is_proactive"]


# --- people ------------------------------------------------------------------------------------------------------------
def test_the_same_customer_in_every_tool(con):
    """People are joined by their address, however it was typed."""
    addresses = {contact.email.casefold(): set() for contact in raw.contacts()}
    for contact in raw.contacts():
        addresses[contact.email.casefold()].add(contact.tool)
    wanted = Counter(len(tools) for tools in addresses.values())
    found = Counter(n for (n,) in con.execute("SELECT count(DISTINCT source) FROM ticket_facts WHERE left_out IS NULL AND NOT is_proactive "
                                              "AND person_id IS NOT NULL GROUP BY person_id").fetchall())
    assert abs(found[3] - wanted[3]) <= 5 and abs(found[2] - wanted[2]) <= 10, (found, wanted)


def test_last_moment_is_the_end_of_the_data(con):
    until = con.execute("SELECT max(until_at) FROM coverage").fetchone()[0]
    assert utc(raw.END) - timedelta(days=2) < until < utc(raw.END) <= datetime(2026, 10, 26)
