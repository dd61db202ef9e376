"""The sample company holds what its story says, counted straight from the raw exports with plain Python."""

import gzip
import statistics
import subprocess
import sys
import tomllib
from bisect import bisect_right
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from sample_data import raw, story
from sample_data.__main__ import write
from sample_data.scale import Scale

HOME = Path(story.__file__).parent


@pytest.fixture(scope="module")
def everyday():
    special = {"spam", "closed_by_merge", story.OUTAGE.tag, "we_wrote_first"}
    return [ticket for ticket in raw.tickets() if not special & set(ticket.tags)]


def test_same_seed_same_bytes(tmp_path):
    """Two processes, whose hash() differ, write the same files."""
    for name in ("a", "b"):
        asked = [sys.executable, "-m", "sample_data", "--tickets", "1500", "--seed", "11", "--into", str(tmp_path / name)]
        subprocess.run(asked, check=True, cwd=HOME.parent, capture_output=True)
    files = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*.*"))
    assert len(files) == 13
    assert not [file for file in files if (tmp_path / "a" / file).read_bytes() != (tmp_path / "b" / file).read_bytes()]


def test_committed_files_are_current_and_small(tmp_path):
    """Contents are compared unpacked: another zlib packs the same text into other bytes."""
    write(Scale(), tmp_path)
    kept = [path for folder in ("exports", "company") for path in (HOME / folder).iterdir()]
    assert sum(path.stat().st_size for path in kept) < 5_000_000
    assert {path.name for path in kept} == {path.name for path in tmp_path.rglob("*.*")}
    for path in kept:
        unpack = gzip.decompress if path.suffix == ".gz" else bytes
        fresh = tmp_path / path.parent.name / path.name
        assert unpack(path.read_bytes()) == unpack(fresh.read_bytes()), f"python -m sample_data --into sample_data: {path.name}"


@pytest.mark.parametrize(("size", "weeks"), [(200, 2), (400, 10), (2000, 40)])
def test_other_sizes(tmp_path, size, weeks):
    write(Scale(3, size, weeks), tmp_path)
    assert raw.text_of("helpdesk_tickets.ndjson.gz", folder=tmp_path / "exports").count("\n") > size * 0.3


def test_sizes_and_end():
    assert 10_500 < len(raw.tickets()) < 12_500 and 5_000 < len(raw.chats()) < 6_500 and 2_500 < len(raw.cases()) < 3_300
    rows = len(raw.tickets()) + len(raw.chats()) + len(raw.cases())
    assert abs(rows - story.CONTACTS) < 1_000
    assert max(raw.utc(audit["created_at"]) for ticket in raw.tickets() for audit in ticket.audits) < raw.END
    assert max(at for chat in raw.chats() for at, _, _ in chat["actions"]) < raw.END
    assert max(raw.us_local(entry["Edit Date"]) for case in raw.cases() for entry in case["history"]) < raw.END
    still = sum(t.is_open for t in raw.tickets()) + sum(c["Conversation state"] in ("open", "snoozed") for c in raw.chats())
    still += sum(c["Status"] in ("New", "Working", "Waiting on Customer") for c in raw.cases())
    assert story.REST.open_at_end[0] < still / rows < story.REST.open_at_end[1]


def test_company_files():
    settings = tomllib.loads((HOME / "company/settings.toml").read_text("utf-8"))
    assert set(settings["queues"]) == {f"{queue.source}:{queue.name}" for queue in story.QUEUES}
    assert len((HOME / "company" / "reasons.csv").read_text("utf-8").splitlines()) == 1 + len(story.REASONS)


def test_audits_explain_the_tickets():
    """Replaying the audits gives the state, holder, queue and counters of each row, but for the planted faults."""
    spoiled = Counter()
    for ticket in raw.tickets():
        row, metrics, now = ticket.row, ticket.row["metric_set"], {}
        if row["status"] == "deleted":
            assert not ticket.audits and metrics is None
            continue
        for _, _, event in ticket.changes:
            if event["type"] == "Change" and event["field_name"] != "custom_status_id":
                assert now.get(event["field_name"]) == event["previous_value"]
            now[event["field_name"]] = event["value"]
        times = [raw.utc(audit["created_at"]) for audit in ticket.audits]
        assert times == sorted(times)
        for field in ("group_id", "assignee_id"):
            assert str(row[field]) == str(now.get(field))
        counted = [metrics[name] for name in ("assignee_stations", "group_stations", "replies")]
        assert counted == [len(ticket.holders), len(ticket.queues), len(ticket.replies)]
        spoiled["status"] += row["status"] != now["status"]
        spoiled["date"] += raw.utc(row["created_at"]) is None
        spoiled["requester"] += row["requester"] is None
        solved = raw.utc(metrics["solved_at"])
        if solved and ticket.solves:
            spoiled["order"] += solved < ticket.created
            assert solved < ticket.created or ticket.is_open or solved == ticket.ended
    faults = story.FAULTS
    expected = {"status": faults.helpdesk_unknown_status, "date": faults.helpdesk_malformed_date}
    assert spoiled == expected | {"requester": faults.helpdesk_no_requester, "order": faults.helpdesk_solved_before_created}


def test_ping_pong(everyday):
    truth = story.PING_PONG
    loop = (truth.first, truth.second, truth.first)
    # Tickets of the last week have not had the time to come back.
    money = [t for t in everyday if t.reason in truth.reasons and raw.week(t.created) < story.WEEKS]
    for late, share, allowed in ((False, truth.share_before, 0.025), (True, truth.share_after, 0.05)):
        some = [t for t in money if (raw.week(t.created) >= truth.from_week) == late]
        bounced = [t for t in some if any(tuple(t.queues[i : i + 3]) == loop for i in range(len(t.queues)))]
        assert len(bounced) / len(some) == pytest.approx(share, abs=allowed)


def test_pass_through(everyday):
    truth = story.PASS_THROUGH
    mail = [t for t in everyday if t.channel == truth.channel]
    stopped = [t for t in mail if t.queues[0] == truth.queue]
    assert len(stopped) / len(mail) == pytest.approx(truth.share, abs=0.03)
    left = [t for t in stopped if len(t.moves) > 1]
    assert len(left) / len(stopped) > 0.98
    for ticket in left:  # nothing but the queue changes until it goes on
        between = [audit for audit in ticket.audits[1:] if raw.utc(audit["created_at"]) <= ticket.moves[1][0]]
        assert [event["field_name"] for audit in between for event in audit["events"]] == ["group_id"]


def test_wrong_door(everyday):
    truth = story.WRONG_DOOR
    copies = [t for t in everyday if t.reason == truth.reason]
    moved = [t for t in copies if len(t.queues) > 1]
    assert len(copies) > 500 and {t.queues[0] for t in copies} == {truth.door}
    assert len(moved) / len(copies) > 0.95 and {t.queues[1] for t in moved} == {truth.right}
    assert all(t.is_open for t in copies if len(t.queues) == 1)


def test_wide_channel(everyday):
    """By arrival, mature weeks only; the clean-up's raw.tickets(), which are another truth, left out."""
    mature = [t for t in everyday if t.ended and raw.week(t.created) <= 20 and t.days < 60]
    wide = [t.days for t in mature if t.channel == story.WIDE_CHANNEL.channel]
    rest = [t.days for t in mature if t.channel in ("email", "phone", "api")]
    assert statistics.median(wide) == pytest.approx(statistics.median(rest), rel=0.1)
    tail = statistics.quantiles(wide, n=10)[8] / statistics.quantiles(rest, n=10)[8]
    assert tail == pytest.approx(story.WIDE_CHANNEL.p90_factor, rel=0.15)


def test_vendor_border(everyday):
    truth = story.VENDOR_BORDER
    given = [t for t in everyday if truth.queue in t.queues]
    back = sum(t.queues[-1] != truth.queue for t in given)
    assert len(given) > 1_000 and back / len(given) == pytest.approx(truth.handed_back, abs=0.03)


def test_clean_up(everyday):
    truth, here = story.CLEAN_UP, defaultdict(list)
    for ticket in everyday:
        if ticket.ended:
            here[raw.week(ticket.ended)].append(ticket)
    old = [t for t in here[truth.week] if t.days > truth.older_than_days]
    assert len(old) == pytest.approx(truth.tickets, abs=10)
    assert sum(t.queues[-1] in truth.queues for t in old) / len(old) > 0.95
    for queue in truth.queues:
        median = {w: statistics.median(t.days for t in here[w] if t.queues[-1] == queue) for w in (20, 21, 22, 23)}
        assert median[22] > 20 * max(median[w] for w in (20, 21, 23))


def test_outage_and_spam():
    outage, spam = story.OUTAGE, story.SPAM_FLOOD
    hit = [t for t in raw.tickets() if outage.tag in t.tags and t.row["type"] == "incident"]
    assert len(hit) == outage.contacts
    assert {t.created.astimezone(raw.BERLIN).date() for t in hit} == {outage.on}
    assert [t.row["type"] for t in raw.tickets() if t.row["id"] in {h.row["problem_id"] for h in hit}] == ["problem"]
    flood = Counter(t.row["status"] for t in raw.tickets() if spam.tag in t.tags)
    assert flood == {"deleted": spam.deleted, "closed": spam.tickets - spam.deleted}


def test_small_truths_of_the_helpdesk(everyday):
    rest = story.REST
    assert sum(t.opened_by_agent for t in raw.tickets()) == rest.proactive + 1  # and the outage's problem ticket
    merged = [t for t in raw.tickets() if "closed_by_merge" in t.tags]
    into = [a["via"]["source"]["to"] for t in merged for a in t.audits if a["via"].get("source")]
    assert len(into) == len(merged) == pytest.approx(rest.merged, rel=0.25)
    later = [t for t in raw.tickets() if t.row["via"].get("source", {}).get("rel") == "follow_up"]
    assert len(later) == pytest.approx(rest.follow_ups, rel=0.25)
    back = [t for t in everyday if any((e.get("previous_value"), e["value"]) == ("solved", "open") for _, _, e in t.changes)]
    assert len(back) / len(everyday) == pytest.approx(rest.reopened, abs=0.015)


def test_decisions_had_their_effect(everyday):
    """Median first answer before and after: Orders by the tool's own business minutes, Chat Orders on open hours."""
    works, null = story.ANSWER_FIRST, story.NEW_TEMPLATES
    waits = {works: ([], []), null: ([], [])}
    for ticket in everyday:
        if ticket.queues[:1] == ["Orders"] and ticket.channel != "web" and ticket.replies:
            late = ticket.created.astimezone(raw.BERLIN).date() >= works.on
            waits[works][late].append(ticket.row["metric_set"]["reply_time_in_minutes"]["business"])
    for chat in raw.chats():
        start, answered = chat["actions"][0][0].astimezone(raw.BERLIN), raw.utc(chat["First teammate replied at"])
        if chat["Current team assigned"] == "Chat Orders" and answered and 8 <= start.hour < 19 and start.weekday() < 6:
            waits[null][start.date() >= null.on].append((answered - start).total_seconds())
    for decision, (before, after) in waits.items():
        change = statistics.median(after) / statistics.median(before) - 1
        assert change == pytest.approx(decision.effect, abs=0.08), decision.what


def test_agents_do_not_differ(everyday):
    """Like work only (queue, reason, one hand, one queue): ranks differ between agents no more than by chance."""
    cells = defaultdict(lambda: defaultdict(list))
    for t in everyday:
        if t.ended and t.days < 60 and len(set(t.holders)) == 1 and t.channel != "web" and len(t.queues) == 1:
            cells[t.queues[0], t.reason][t.holders[0]].append(t.days)
    against_chance = []
    for by_agent in cells.values():
        groups = [days for days in by_agent.values() if len(days) >= 25]
        everyone = sorted(day for group in groups for day in group)
        ranks = [[bisect_right(everyone, day) / len(everyone) for day in group] for group in groups]
        if len(groups) > 1:  # by chance alone this is about 1
            between = sum(len(rank) * (statistics.fmean(rank) - 0.5) ** 2 for rank in ranks)
            against_chance.append(between * 12 / (len(groups) - 1))
    assert len(against_chance) >= 4 and statistics.fmean(against_chance) < 2


def test_actions_explain_the_conversations():
    states = {"closed": "closed", "snoozed": "snoozed", "reopened": "open", "unsnoozed": "open"}
    wrong, faults = Counter(), story.FAULTS
    for chat in raw.chats():
        times, kinds = [at for at, _, _ in chat["actions"]], [kind for _, kind, _ in chat["actions"]]
        assert times == sorted(times) and kinds[0] == "conversation_started"
        wrong["state"] += chat["Conversation state"] != ([states[kind] for kind in kinds if kind in states] or ["open"])[-1]
        wrong["date"] += raw.utc(chat["Conversation started at"]) != times[0]
        wrong["user"] += not chat["User ID"] and not chat["User email"]
        assert int(chat["Teammate replies count"]) == kinds.count("teammate_message")
    expected = {"state": faults.chat_unknown_state, "date": faults.chat_malformed_date}
    assert wrong == expected | {"user": faults.chat_without_user}


def test_reused_threads():
    truth = story.REUSED_THREADS
    gaps = [[later[0] - first[0] for first, later in zip(c["actions"], c["actions"][1:], strict=False)] for c in raw.chats()]
    longest = [max(gap).days for gap in gaps]
    assert sum(days >= truth.from_days for days in longest) == truth.threads
    assert not any(8 < days < truth.from_days for days in longest)  # nothing in between: no thread is doubtful


def test_linked_chats():
    by_number = {str(t.row["id"]): t for t in raw.tickets()}
    linked = [chat for chat in raw.chats() if chat["Linked ticket ID"]]
    assert len(linked) == story.REST.linked_chats
    for chat in linked:
        ticket = by_number[chat["Linked ticket ID"]]
        assert ticket.channel == "chat" and (ticket.email or chat["User email"]) == chat["User email"]


def test_history_explains_the_cases():
    wrong, faults = Counter(), story.FAULTS
    for case in raw.cases():
        history = case["history"]
        at = [raw.us_local(entry["Edit Date"]) for entry in history]
        assert at == sorted(at) and history[0]["Field / Event"] == "Created"
        for field in ("Case Owner", "Status"):
            values = [entry["New Value"] for entry in history if entry["Field / Event"] == field]
            wrong[field] += bool(values) and values[-1] != case[field]
        opened, closed = raw.us_local(case["Date/Time Opened"]), raw.us_local(case["Date/Time Closed"])
        wrong["date"] += opened is None
        wrong["order"] += bool(opened and closed and closed < opened)
        wrong["contact"] += not case["Contact Email"]
    expected = {"Status": faults.crm_unknown_status, "date": faults.crm_malformed_date}
    expected |= {"order": faults.crm_closed_before_opened, "contact": faults.crm_without_contact}
    assert +wrong == expected


def test_returns_after_the_bot():
    truth = story.BOT_RETURNS
    after_bot, other_tool = raw.followed(lambda c: c.bot_only, truth.within_days)
    assert after_bot == pytest.approx(truth.returns_after_bot, abs=0.025)
    assert other_tool == pytest.approx(truth.other_tool, abs=0.05)
    assert raw.followed(lambda c: not c.bot_only, truth.within_days)[0] == pytest.approx(truth.returns_elsewhere, abs=0.015)


def test_release():
    """Weeks 6 to 18 are usual ones: no holiday, and returns have had the time to build up."""
    truth = story.RELEASE
    logins = [c for c in raw.contacts() if c.reason == truth.reason]
    others = [c for c in raw.contacts() if c.reason not in (truth.reason, story.OUTAGE.reason)]
    lifts = []
    for some in (logins, others):
        per_week = Counter(raw.week(contact.started) for contact in some)
        before, after = (statistics.fmean(per_week[w] for w in weeks) for weeks in (range(6, 19), range(19, 27)))
        lifts.append(after / before - 1)
    assert lifts[0] == pytest.approx(truth.lift, abs=0.1) and lifts[1] == pytest.approx(0, abs=0.06)
    before, _ = raw.followed(lambda c: c.reason == truth.reason and c.ended.date() < truth.on, 7)
    after, _ = raw.followed(lambda c: c.reason == truth.reason and c.ended.date() >= truth.on, 7)
    assert after - before == pytest.approx(truth.extra_return_7d, abs=0.04)


def test_one_person_in_several_tools():
    tools = defaultdict(set)
    for contact in raw.contacts():
        tools[contact.email].add(contact.tool)
    counted = Counter(len(used) for used in tools.values())
    assert counted[2] > 2_000 and counted[3] > 40
