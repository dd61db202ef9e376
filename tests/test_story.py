"""The sample company's planted truths are found by the metrics, through the doors a person uses."""
from __future__ import annotations

from datetime import timedelta

import pytest
from conftest import door, show

from sample_data import story
from warehouse.store import Folder, reading

END = story.monday(27)


def where(**dims) -> list[str]:
    return [word for name, values in dims.items() for value in ([values] if isinstance(values, str) else values) for word in ("--where", f"{name}={value}")]


def between(first, last) -> list[str]:
    return ["--from", first.isoformat(), "--to", last.isoformat()]


def test_billing_and_risk_play_ping_pong_from_week_15_on(lumen):
    scope = where(source="helpdesk", reason=story.PING_PONG.reasons, first_queue="Billing")
    turn = story.monday(story.PING_PONG.from_week)
    [before] = show(lumen, "ping_pong", *scope, *between(story.FIRST_DAY, turn))
    [after] = show(lumen, "ping_pong", *scope, *between(turn, END))
    assert after["value"] > 3 * before["value"] > 0
    hops = [r for r in door("metrics", "ask", "bottlenecks", *between(turn, END), data=lumen)["rows"] if r["level"] == "hop"]
    named = {(r["queue"], r["next_queue"]) for r in hops[:10]}
    assert {("Billing", "Risk"), ("Risk", "Billing")} <= named


def test_triage_is_passed_through_and_no_other_queue(lumen):
    rows = {r["first_queue"]: r["value"] for r in show(lumen, "pass_throughs", *where(source="helpdesk"), "--by", "first_queue")}
    assert rows.pop("Triage") == pytest.approx(1, abs=0.02)
    assert all(value < 0.05 for queue, value in rows.items()), rows


def test_invoice_copies_come_to_the_wrong_door(lumen):
    [row] = show(lumen, "first_door_right", *where(source="helpdesk", reason=story.WRONG_DOOR.reason, first_queue=story.WRONG_DOOR.door))
    assert row["tickets"] > 500 and row["value"] == 0


def test_the_web_form_has_the_others_median_and_four_times_their_tail(lumen):
    rows = {
        r["channel"]: r
        for r in show(
            lumen, "resolution_time", *where(source="helpdesk", channel=("web", "email")), "--by", "channel", *between(story.FIRST_DAY, story.monday(21))
        )
    }
    assert rows["web"]["value"] == pytest.approx(rows["email"]["value"], rel=0.35)
    assert rows["web"]["p90"] > 2.5 * rows["email"]["p90"]


def test_the_release_brings_contacts_and_brings_them_back(lumen):
    reason = where(reason=story.RELEASE.reason)
    weekly = {r["week"]: r["value"] for r in show(lumen, "contacts", *reason, "--week", *between(story.monday(6), END))}
    turn = story.RELEASE.on.isoformat()
    before = [v for w, v in weekly.items() if w < turn]
    after = [v for w, v in weekly.items() if w >= turn]
    assert sum(after) / len(after) == pytest.approx((1 + story.RELEASE.lift) * sum(before) / len(before), rel=0.15)
    [calm] = show(lumen, "repeat_contact_rate", *reason, *between(story.monday(6), story.RELEASE.on))
    [rough] = show(lumen, "repeat_contact_rate", *reason, *between(story.RELEASE.on, END))
    assert rough["value"] - calm["value"] > 0.6 * story.RELEASE.extra_return_7d


def test_the_vendor_hands_back_a_third(lumen):
    [row] = show(lumen, "first_door_right", *where(source="helpdesk", first_queue=story.VENDOR_BORDER.queue))
    assert 1 - row["value"] == pytest.approx(story.VENDOR_BORDER.handed_back, abs=0.04)
    assert {r["vendor"] for r in show(lumen, "time_in_queue", *where(queue=story.VENDOR_BORDER.queue), "--by", "vendor")} == {story.VENDOR_BORDER.vendor}


def test_customers_of_bot_only_chats_come_back(lumen):
    rows = {r["handled_by"]: r["value"] for r in show(lumen, "repeat_contact_rate", *where(source="chat"), "--option", "window_days=3", "--by", "handled_by")}
    assert rows["bot_only"] == pytest.approx(story.BOT_RETURNS.returns_after_bot, abs=0.05)
    assert rows["bot_to_human"] < 0.5 * rows["bot_only"]


def test_the_clean_up_week_settled_old_tickets(lumen):
    week = story.monday(story.CLEAN_UP.week)
    behind = door("metrics", "tickets", "resolution_time", *where(source="helpdesk"), *between(week, week + timedelta(days=7)), data=lumen)["rows"]
    assert sum((r["value"] or 0) > story.CLEAN_UP.older_than_days * 86_400 for r in behind) == pytest.approx(story.CLEAN_UP.tickets, rel=0.05)


def test_the_outage_stands_out_by_its_day(lumen):
    rows = show(lumen, "contacts", *where(reason=story.OUTAGE.reason, source="helpdesk"), *between(story.OUTAGE.on, story.OUTAGE.on + timedelta(days=1)))
    assert rows[0]["value"] == pytest.approx(story.OUTAGE.contacts, rel=0.1)


def test_answering_first_halved_the_wait_and_new_templates_did_nothing(lumen):
    def halves(decision, source):
        scope = where(queue=decision.scope.removeprefix("queue="), source=source)
        span = timedelta(weeks=8)
        return [show(lumen, decision.metric, *scope, *between(*dates))[0]["value"] for dates in ((decision.on - span, decision.on), (decision.on, decision.on + span))]
    before, after = halves(story.ANSWER_FIRST, "helpdesk")
    assert after / before == pytest.approx(0.5, abs=0.1)
    before, after = halves(story.NEW_TEMPLATES, "chat")
    assert after / before == pytest.approx(1, abs=0.1)


def test_impossible_and_missing_rows_stand_under_their_rules(lumen):
    rows = {r["source"]: r["excluded"] for r in show(lumen, "resolution_time", "--by", "source")}
    assert rows["helpdesk"]["resolved before it began"] == story.FAULTS.helpdesk_solved_before_created
    assert rows["crm"]["resolved before it began"] == story.FAULTS.crm_closed_before_opened
    with reading(Folder(lumen)) as con:
        left_out = dict(con.execute("SELECT left_out, count(*) FROM ticket_facts WHERE left_out IS NOT NULL GROUP BY 1").fetchall())
    assert left_out["spam"] + left_out.get("deleted", 0) == story.SPAM_FLOOD.tickets
