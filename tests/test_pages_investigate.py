"""The lead's pages on the sample company: the work list, who sends what, the flow map, routes, one customer over all tools."""
from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from conftest import HOME, door, load, show
from streamlit.testing.v1 import AppTest

from pages.charts import desk, flowmap, marks, routes, story, style
from pages.parts import customer, words, work
from warehouse.store import Folder, keyed, reading

COUNTERS = "ticket,opened,closed,team,who\n" + "".join(f"K{i},2026-06-{1 + i % 20:02} 09:00,2026-06-{2 + i % 20:02} 10:00,{'AB'[i % 2]},c{i}\n" for i in range(60))
MAPPING = """source = "desk"
timezone = "UTC"
[[file]]
match = "k*.csv"
grain = "ticket"
[file.columns]
ticket_id = "ticket"
created_at = "opened"
resolved_at = "closed"
customer = "who"
"""


@pytest.fixture
def page(monkeypatch):
    """Opens a page of the app on a data folder, with a link's parameters."""

    def opened(name: str, data: Path, **link: str) -> AppTest:
        monkeypatch.setenv("EVENKEEL_DATA", str(data))
        monkeypatch.setenv("EVENKEEL_SAMPLE", "no")
        at = AppTest.from_file(str(HOME / "app.py"), default_timeout=60)
        for key, value in link.items():
            at.query_params[key] = value
        at.switch_page(next(str(p.relative_to(HOME)) for p in (HOME / "pages").glob(f"*/[0-9]*_{name}.py"))).run()
        assert not at.exception and "went wrong" not in text(at) and "cannot be shown" not in text(at), text(at)
        return at

    return opened


@pytest.fixture(scope="session")
def counters(tmp_path_factory) -> Path:
    """A file of times only: no queues, no assignments, no messages."""
    folder = tmp_path_factory.mktemp("counters")
    (folder / "k.csv").write_text(COUNTERS, encoding="utf-8")
    (folder / "k.toml").write_text(MAPPING, encoding="utf-8")
    load(folder / "data", folder / "k.csv", mapping=folder / "k.toml")
    return folder / "data"


def text(at: AppTest) -> str:
    said = "\n".join(str(e.value) for kind in ("markdown", "caption", "warning", "error", "title") for e in getattr(at, kind))
    return said.replace("\\", "")


def panels(at: AppTest) -> str:
    return " ".join(e.label for e in at.expander).replace("\\", "")


def table(at: AppTest, column: str):
    [found] = [d.value for d in at.dataframe if column in d.value]
    return found


def ask(data: Path, name: str, *more: str) -> list[dict]:
    return door("metrics", "ask", name, *more, data=data)["rows"]


# --- the work list -----------------------------------------------------------------------------------------------------
def test_the_work_list_is_what_the_door_answers_in_its_order(page, lumen):
    at = page("queue", lumen, queue="Billing")
    rows, listed = ask(lumen, "work_list", "--where", "queue=Billing"), table(at, "said")
    assert [p.split(": ", 1)[1] for p in listed["pick"]] == [r["ticket_id"] for r in rows]
    assert [s.casefold() for s in listed["said"]] == [r["why"].casefold() for r in rows]
    [ours] = show(lumen, "backlog_ours", "--where", "queue=Billing")
    assert len(rows) >= ours["value"] > 0
    assert at.metric[1].value == str(ours["value"])


def test_the_work_list_takes_what_can_still_be_kept_first_and_the_longest_wait_within_a_group(lumen):
    rows = ask(lumen, "work_list")
    groups = [g for g, _ in itertools.groupby(rows, key=lambda r: r["group"])]
    assert groups == ["due soon", "failed once", "unanswered"][: len(groups)] or groups == ["due soon", "failed once", "unanswered", "ours"]
    for group, own in itertools.groupby(rows, key=lambda r: r["group"]):
        own = list(own)
        if group == "due soon":
            assert all(0 <= r["due_seconds"] <= 4 * 3600 for r in own)
            assert [r["due_seconds"] for r in own] == sorted(r["due_seconds"] for r in own)
        elif group != "ours":
            assert [r["waited_seconds"] for r in own] == sorted((r["waited_seconds"] for r in own), reverse=True)
        assert all((r["is_passed_round"] or r["came_back"]) for r in own if group == "failed once")


def test_a_ticket_of_the_list_leads_to_its_customer(page, lumen):
    first = ask(lumen, "work_list", "--where", "queue=Billing")[0]["ticket_id"]
    at = page("queue", lumen, queue="Billing")
    at.session_state[work.GO] = first
    at.run()
    assert at.query_params["ticket"] == first
    assert at.title[0].value == "Customer" and first in panels(at)


def test_a_queue_says_who_sends_what_leaves_again(page, lumen):
    at = page("queue", lumen, queue="Risk", period="all")
    [row] = [r for r in ask(lumen, "sent_in", "--where", "queue=Risk") if r["from_queue"] == "Billing"]
    listed = table(at, "sent_back")
    assert listed["from"][0] == "Billing" and listed["sent_back"][0] == row["sent_back"] == row["left_again"] > 100


# --- bottlenecks -------------------------------------------------------------------------------------------------------
def test_every_view_of_bottlenecks_is_a_link(page, lumen):
    for view, said in (("Hours", "passed with nobody acting"), ("Flow map", "Billing and Risk send contacts back and forth"), ("Routes", "stay in one queue"),
                       ("Vendor border", "Northwind solves")):
        assert said in text(page("bottlenecks", lumen, view=view)), view


def test_the_border_says_of_how_many_nobody_can_tell(page, lumen):
    unjudged = sum(r["not_known"] for r in ask(lumen, "vendor_border") if r["level"] == "side")
    assert unjudged > 0 and f"of {words.plural(unjudged, 'settled contact')} nobody can say" in text(page("bottlenecks", lumen, view="Vendor border", period="all"))


def test_the_flow_map_marks_the_planted_loop_and_the_planted_stop(lumen):
    hops = [r for r in ask(lumen, "bottlenecks") if r["level"] == "hop"]
    fig = flowmap.drawn(hops, ask(lumen, "sent_in"), style.LIGHT)
    assert fig.layout.meta["finding"] == "Billing and Risk send contacts back and forth; Triage only passes them on"
    [ways] = [t for t in fig.data if t.name == "ways"]
    told = {(a, b): n for a, b, n, *_ in ways.customdata}
    assert told["Billing", "Risk"] == f"{next(h['contacts'] for h in hops if (h['queue'], h['next_queue']) == ('Billing', 'Risk')):,}"


def test_a_way_of_the_map_opens_its_tickets_by_link(page, lumen):
    at = page("bottlenecks", lumen, view="Flow map", period="all", behind=urlencode({"list": "moved", "move": "Billing", "to": "Risk"}))
    listed = table(at, "rule") if any("rule" in d.value for d in at.dataframe) else table(at, "ticket_id")
    assert len(listed) > 50


def test_a_route_opens_exactly_its_tickets(page, lumen):
    for row in [r for r in ask(lumen, "paths") if r["contacts"] < 1000][:3]:
        at = page("bottlenecks", lumen, view="Routes", period="all", behind=urlencode({"list": "route", "route": row["route"]}))
        assert len(table(at, "began")) == row["contacts"] > 0


# --- one customer ------------------------------------------------------------------------------------------------------
def of_several_tools(data: Path) -> list[dict]:
    """A customer of the sample company with contacts in two tools."""
    for issue in (r for r in ask(data, "chains") if r["level"] == "issue" and " > " in r["tools"]):
        rows = ask(data, "customer_timeline", "--option", f"ticket={issue['first_ticket_id']}")
        if any(r["marks"] for r in rows):
            return rows
    raise AssertionError("no such customer")


def test_a_customer_is_one_timeline_over_all_tools(page, lumen):
    rows = of_several_tools(lumen)
    contacts = [r for r in rows if r["level"] == "contact"]
    asked = next(r["ticket_id"] for r in contacts if r["is_asked"])
    at = page("customer", lumen, ticket=asked)
    assert f"{len(contacts)} contacts over {len({r['source'] for r in contacts})} tools" in text(at)
    assert all(f"**{c['ticket_id']}**" in panels(at) for c in contacts), "a panel for each contact"
    steps = table(at, "opening")
    own = [r for r in rows if r["level"] == "step" and r["of_ticket_id"] == asked]
    assert len(steps) == len(own) and steps["wait"].notna().sum() == sum(r["waited_seconds"] is not None for r in own)


SAID = {"wrote": "The customer wrote", "answered": "Answered", "bot wrote": "A bot wrote", "note": "Internal note", "settled": "Settled", "rated": "Rated",
        "reopened": "Reopened", "closed": "Closed", "escalated": "Escalated", "priority": "Priority", "taken over": "Merged with"}


def says(step: dict) -> str:
    """How the line of a step begins."""
    if step["what"] == "began":
        return "An agent wrote first" if step["who"] == "agent" else "The customer wrote first"
    if step["what"] == "hand":
        return {"system": "Given to hand", "bot": "Given to hand"}.get(step["who"], "Taken by hand" if step["hand"] else "Changed hands")
    return "" if step["what"] in ("queue", "state") else SAID[step["what"]]


@pytest.mark.parametrize("ticket", ["helpdesk:100249", "helpdesk:110862", "helpdesk:111124", "chat:215470000032"])
def test_every_step_of_a_customer_is_the_door_s(page, lumen, ticket):
    rows = ask(lumen, "customer_timeline", "--option", f"ticket={ticket}")
    asked = next(r for r in rows if r["level"] == "contact" and r["is_asked"])
    told = [r for r in rows if r["level"] == "step" and (r["of_ticket_id"], r["episode"]) == (asked["of_ticket_id"], asked["episode"])]
    listed = [d.value for d in page("customer", lumen, ticket=ticket).dataframe if "opening" in d.value]   # one for each contact of the ticket
    [shown] = [rows for rows in (d.to_dict("records") for d in listed) if len(rows) == len(told) and rows[0]["text"].startswith(says(told[0]))]
    for line, step in zip(shown, told, strict=True):
        at = datetime.fromisoformat(step["at"]).replace(tzinfo=UTC).astimezone(ZoneInfo("Europe/Berlin")).replace(tzinfo=None)
        assert line["at"].to_pydatetime().replace(microsecond=0) == at.replace(microsecond=0) and line["ticket_id"] == step["ticket_id"], step
        assert (line["queue"] if isinstance(line["queue"], str) else None) == step["queue"], step
        for column, seconds in (("wait", step["waited_seconds"]), ("opening", step["waited_business_seconds"])):
            waited = line[column] if isinstance(line[column], timedelta) and line[column] == line[column] else None
            assert waited == (words.rounded(seconds) if seconds is not None else None), (column, step)
        assert line["text"].startswith(says(step)), (line["text"], step)
        assert f"hand {step['hand']}" in line["text"] if step["hand"] else "hand " not in line["text"], (line["text"], step)
        assert step["what"] not in ("queue", "priority", "taken over") or (step["detail"] or "Taken out") in line["text"], (line["text"], step)
        assert ("unanswered so far" in line["text"]) == (bool(step["is_waiting"]) and step["what"] in ("began", "wrote")), step


def test_the_tool_s_own_number_and_a_merged_ticket_lead_to_the_customer(page, lumen):
    merged = next(r for r in ask(lumen, "customer_timeline", "--option", "ticket=helpdesk:104553") if r["level"] == "contact" and r["is_asked"])
    assert merged["ticket_id"] == "helpdesk:104511" and "helpdesk:104553 merged into this" in merged["links"]
    assert "helpdesk:104511" in panels(page("customer", lumen, ticket="104553"))


def test_an_address_finds_its_customer_by_key_only(lumen):
    folder = Folder(lumen)
    with reading(folder, folder.current_load()) as con:
        key, person = con.execute("select i.value_key, c.person_id from identities i join customers c on c.customer_id = i.customer_id "
                                  "join ticket_facts f on f.person_id = c.person_id where i.kind = 'email' and f.left_out is null order by 1 limit 1").fetchone()
        tickets = {t for (t,) in con.execute("select ticket_id from ticket_facts where person_id = ? and left_out is null", [person]).fetchall()}
    rows = ask(lumen, "customer_timeline", "--option", f"key={key}")
    assert {r["ticket_id"] for r in rows if r["level"] == "contact"} == tickets
    assert keyed(folder, " Ann@Example.org ") == keyed(folder, "ann@example.org") != keyed(folder, "ann@example.com")


def test_nobody_asked_for_and_nobody_found(page, lumen):
    assert "Enter a ticket number" in text(page("customer", lumen))
    assert "No contact is known under **x**" in text(page("customer", lumen, ticket="**x**"))


@pytest.mark.parametrize(("step", "said"), [
    ({"what": "hand", "who": "system", "hand": 2}, "Given to hand 2 by a rule"),
    ({"what": "queue", "detail": "Risk", "who": "agent", "moved": True}, "Moved to Risk"),
    ({"what": "wrote", "is_waiting": True}, "The customer wrote, unanswered so far"),
    ({"what": "state", "detail": "waiting_customer"}, "Now waiting for the customer"),
])
def test_steps_are_told_in_words(step, said):
    assert customer.said({"who": None, "detail": None, "hand": None, "is_waiting": False, "moved": False, **step}) == said


# --- other states ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["queue", "bottlenecks", "customer"])
def test_an_empty_store_says_so(page, tmp_path, name):
    assert "No data yet" in text(page(name, tmp_path))


def test_a_source_of_times_only_says_what_it_cannot_tell(page, counters):
    assert "tells no assignments" in text(page("bottlenecks", counters))
    assert "Nothing waits for us here" in text(page("queue", counters, period="all"))
    at = page("customer", counters, ticket="K7")
    assert "tells no messages" in text(at)
    assert list(table(at, "text")["text"]) == ["The customer wrote first", "Settled"]


def test_a_scope_without_contacts_stands(page, lumen):
    for name in ("queue", "bottlenecks"):
        page(name, lumen, queue="Risk", channel="WhatsApp", period="4 weeks")


# --- figures -----------------------------------------------------------------------------------------------------------
def test_hours_that_leave_most_lying_are_the_finding():
    rows = [{"weekday": d, "hour": h, "came": 0.0, "taken": 0.0, "short": 0.0} for d in range(1, 8) for h in range(24)]
    for r in rows:
        if r["weekday"] == 1 and r["hour"] in (9, 10):
            r.update(came=5.0, taken=1.0, short=4.0)
        if r["weekday"] == 3 and r["hour"] == 9:
            r.update(came=6.0, taken=1.0, short=5.0)
    assert desk.hours_short(rows, style.LIGHT).layout.meta["finding"] == "Mondays from 09:00 to 11:00 leave 8 more a week than are taken"


def test_figures_stand_without_rows():
    figs = [desk.hours_short([], style.LIGHT), desk.comings([], style.DARK), desk.ageing([], style.LIGHT), desk.senders([], style.LIGHT), flowmap.drawn([], [], style.LIGHT),
            routes.ways([], style.LIGHT), routes.border([], style.DARK)]
    assert all(f.layout.meta["finding"] and f.layout.meta["alt"] for f in figs)


def test_decisions_are_marked_inside_the_time_shown():
    from datetime import date, datetime

    told = [{"decided_on": date(2026, 8, d), "what": "x", "kind": "ours"} for d in (1, 10)]
    fig = marks.add(style.figure("a", "b", style.LIGHT, height=100), told, style.LIGHT, low=date(2026, 8, 5))
    assert len(fig.layout.shapes) == 1 and fig.layout.annotations[0].hovertext.startswith("10 Aug 2026")
    contact = {"ticket_id": "a:1", "episode": 1, "at": datetime(2026, 8, 1), "ended_at": None}
    assert story.lanes([contact], [], datetime(2026, 8, 3), "f", style.LIGHT).layout.meta["finding"] == "f"
