"""Every page on loaded data and on an empty folder; what stands on it is what `show` answers; figures say what their rows say."""

from __future__ import annotations

import ast
from pathlib import Path
from urllib.parse import urlencode

import pytest
from browser import desk
from conftest import HOME, show
from streamlit.testing.v1 import AppTest

from connectors import mapping_text
from metrics.engine.metric import catalog
from pages.charts import flow, ledger, spread, style, trend
from pages.parts import table, upload, wizard, words

PAGES = sorted((HOME / "pages").glob("*/[0-9]*_*.py"))
WEEK, BEFORE = "2026-08-31", "2026-08-24"


@pytest.fixture(scope="session")
def data(tmp_path_factory) -> Path:
    return desk.loaded(tmp_path_factory.mktemp("desk"))


@pytest.fixture
def app(data, monkeypatch):
    """Opens a page of the app with a link's parameters."""

    def opened(page: str, folder: Path = data, **link: str | list[str]) -> AppTest:
        monkeypatch.setenv("EVENKEEL_DATA", str(folder))
        monkeypatch.setenv("EVENKEEL_SAMPLE", "no")
        at = AppTest.from_file(str(HOME / "app.py"), default_timeout=60)
        for name, value in link.items():
            at.query_params[name] = value
        at.run()
        if page == "week":
            return at
        return at.switch_page(next(str(p.relative_to(HOME)) for p in PAGES if p.stem.endswith(f"_{page}"))).run()

    return opened


def text(at: AppTest) -> str:
    return "\n".join(str(e.value) for kind in ("markdown", "caption", "info", "warning", "error", "title") for e in getattr(at, kind))


def is_whole(at: AppTest) -> bool:
    return not at.exception and "Something went wrong" not in text(at) and "This cannot be shown" not in text(at)


# --- every page --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_every_page_opens_on_loaded_data(app, page):
    at = app(page.stem.partition("_")[2])
    assert is_whole(at), text(at)
    assert at.title[0].value == page.stem.partition("_")[2].capitalize()
    assert "as of" in text(at)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_every_page_opens_on_an_empty_folder(app, tmp_path, page):
    at = app(page.stem.partition("_")[2], folder=tmp_path)
    assert is_whole(at), text(at)
    if page.parent.name != "data":
        assert "No data yet" in text(at)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_a_page_is_short_and_says_its_question(page):
    source = page.read_text(encoding="utf-8")
    question = ast.get_docstring(ast.parse(source))
    assert len(source.splitlines()) <= 60
    assert question and question.splitlines()[0].endswith("?")
    assert not any(word in source for word in ("session_state", "select ", " * ", " / ", "unsafe_allow_html"))


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_every_page_stands_a_scope_without_contacts(app, page):
    at = app(page.stem.partition("_")[2], period="dates", **{"from": "2026-07-06", "to": "2026-07-06"}, reason="login", channel="phone", queue="Risk", week=WEEK)
    assert is_whole(at), text(at)


# --- what stands on a page is what the door answers --------------------------------------------------------------------
def test_the_tiles_of_the_week_are_what_show_answers(app, data):
    at = app("week")
    tiles = {m.label: m.value for m in at.metric}
    ends = ("--from", WEEK, "--to", "2026-09-07")
    for name in ("settled_within", "first_door_right"):
        [row] = show(data, name, *ends)
        assert tiles[catalog()[name].label] == words.value(catalog()[name], row["value"]) != words.NOTHING
    [contacts] = show(data, "contacts", *ends)
    assert f"**{contacts['value']} contacts in**" in text(at)


def test_a_week_in_the_link_is_the_week_shown(app, data):
    [row] = show(data, "settled_within", "--from", BEFORE, "--to", WEEK)
    at = app("week", week=BEFORE)
    assert "24 Aug 2026 to 30 Aug 2026" in text(at)
    assert words.duration(row["value"]) in {m.value for m in at.metric}


def test_repeats_are_shown_for_the_newest_week_whose_window_is_over(app):
    assert "in newer ones customers can still come back" in text(app("week"))


def test_filters_of_the_link_reach_the_numbers(app, data):
    [row] = show(data, "resolution_time", "--where", "queue=Billing", "--where", "shop=north")
    at = app("consistency", period="all", queue="Billing", shop="north")
    assert f"**{words.duration(row['value'])}**" in text(at)
    assert f"**{words.duration(row['p90'])}**" in text(at)
    assert "queue: Billing" in text(at)


def test_side_by_side_follows_the_link(app, data):
    at = app("consistency", period="all", by="channel")
    [groups] = [d.value for d in at.dataframe if "p90" in d.value]
    told = dict(zip(groups["group"], groups["contacts"], strict=True))
    for row in show(data, "resolution_time", "--by", "channel"):
        assert told[row["channel"]].endswith(f" {row['tickets']:,}")


def test_a_queue_shows_its_backlog_and_what_to_take_next(app, data):
    at = app("queue", queue="Tech")
    [row] = show(data, "backlog", "--where", "queue=Tech")
    assert at.metric[0].value == str(row["value"]) != "0"
    [listed] = [d.value for d in at.dataframe if "said" in d.value and "pick" in d.value]
    assert len(listed) == row["value"] and list(listed["position"]) == list(range(1, row["value"] + 1))
    assert list(listed["age"]) == sorted(listed["age"], reverse=True), "nothing is promised and nothing came back: the longest wait first"
    assert listed["url"].str.startswith("https://desk.example/tickets/D-").all()


def test_a_link_to_what_the_data_do_not_hold_says_so(app):
    at = app("week", queue="Nowhere")
    assert "do not hold" in text(at)


def test_words_of_a_link_or_a_file_are_never_taken_for_markup(app):
    at = app("week", queue="![x](http://elsewhere.example/x.png)", behind=urlencode({"list": "moved", "move": "![x](http://elsewhere.example/y.png)", "to": "**b**"}))
    assert is_whole(at)
    assert "![" not in text(at).replace("!\\[", "") and "do not hold" in text(at)


def test_bottlenecks_finds_the_planted_return(app):
    at = app("bottlenecks", period="all", view="Flow map")
    [pairs] = [d.value for d in at.dataframe if "pair" in d.value]
    assert list(pairs["pair"]) == ["Billing and Risk"]
    assert pairs["back"][0] > 50


def test_dictionary_opens_a_metric_by_link(app):
    at = app("dictionary", metric="handoffs")
    assert "### Handoffs" in text(at)
    assert catalog()["handoffs"].examples[0].says in text(at)


def test_dictionary_finds_by_word(app):
    at = app("dictionary", search="chase")
    [listed] = [d.value for d in at.dataframe if "says" in d.value]
    assert "chasers" in [catalog()[m].name for m in catalog() if catalog()[m].tooltip in set(listed["says"])]


# --- tickets behind ----------------------------------------------------------------------------------------------------
def test_a_number_opens_its_tickets(app, data):
    at = app("week")
    at.button(key="behind_tile_settled_within").click().run()
    [row] = show(data, "settled_within", "--from", WEEK, "--to", "2026-09-07")
    [listed] = [d.value for d in at.dataframe if "ticket_id" in d.value]
    assert len(listed) == row["tickets"] + sum(row["excluded"].values())
    assert at.query_params["behind"] == urlencode({"metric": "settled_within", "week": WEEK})


def test_the_list_behind_a_number_is_a_link(app):
    at = app("bottlenecks", period="all", behind=urlencode({"list": "moved", "move": "Billing", "to": "Risk"}))
    [listed] = [d.value for d in at.dataframe if "ticket_id" in d.value]
    assert len(listed) > 50 and set(listed["queue"]) == {"Billing"}


def test_a_drawer_that_makes_no_sense_is_not_opened(app):
    assert is_whole(app("week", behind="metric=no_such_thing"))


def test_downloads_cannot_run_in_a_spreadsheet():
    rows = [{"a": v} for v in ("=1+1", "+1", "-1", "@x", "\tx", "\rx", "plain", -5, None)]
    lines = table.as_csv(rows).decode("utf-8-sig").split("\r\n")
    assert lines[1:] == ["'=1+1", "'+1", "'-1", "'@x", "'\tx", '"\'\rx"', "plain", "-5", '""', ""] or lines[1:8] == ["'=1+1", "'+1", "'-1", "'@x", "'\tx", '"\'\rx"', "plain"]


# --- figures -----------------------------------------------------------------------------------------------------------
def quantiles(week: str, value: int, **more) -> dict:
    return {"week": week, "value": value, "p25": value // 2, "p75": value * 2, "p90": value * 4, "p95": value * 5, "tickets": 50, **more}


def test_the_ribbon_leaves_the_running_week_out_and_marks_it():
    from datetime import date

    rows = [{**quantiles(week, p50), "p10": p50 // 9, "p50": p50, "contacts": 50} for week, p50 in (("2026-08-17", 3600), ("2026-08-24", 7200), ("2026-08-31", 60))]
    fig = spread.over_time(rows, date(2026, 8, 31), style.LIGHT)
    lines = {t.name: t for t in fig.data if t.name}
    assert list(lines["Median"].y) == [3600, 7200]
    assert list(lines["8 of 10 (fast tenth to slow tenth)"].y) == [400, 800]
    assert fig.layout.meta["opens"] == {str(list(fig.data).index(lines["Median"])): [{"metric": "resolution_time", "week": w} for w in ("2026-08-17", "2026-08-24")]}
    assert list(lines["Week so far (not compared)"].x) == ["2026-08-31"]


def test_the_widest_group_is_on_top_and_small_ones_are_not_drawn():
    rows = [quantiles("", v, queue=q) for q, v in (("a", 100), ("b", 10_000), ("c", 1000))] + [{**quantiles("", 99_999, queue="tiny"), "tickets": 3}]
    fig = spread.side_by_side(rows, "queue", style.LIGHT)
    [median] = [t for t in fig.data if t.name == "Median"]
    assert [name.split(" ")[0] for name in median.y] == ["b", "c", "a"]
    assert fig.layout.meta["finding"].endswith("in b")


def test_a_hundred_hours_add_up_to_a_hundred():
    row = {f"{b}_hours": h for b, h in zip(("queue", "held", "touched", "customer", "others", "resolved"), (30, 20, 5, 40, 5, 900), strict=True)} | {"unseen_hours": 0}
    assert ledger.of_hundred(row) == {"queue": 30, "held": 20, "touched": 5, "customer": 40, "others": 5}
    assert "50 passed with nobody acting" in ledger.hundred(row, style.DARK).layout.meta["finding"]


def test_of_hours_held_in_a_tool_that_tells_no_replies_nobody_says_that_nobody_acted():
    row = dict.fromkeys(("customer_hours", "others_hours", "resolved_hours"), 0.0) | {"queue_hours": 25.0, "held_hours": 75.0, "touched_hours": 0.0}
    before = row | {"queue_hours": 50.0, "held_hours": 50.0}
    fig = ledger.hundred(row | {"unseen_hours": 75.0}, style.LIGHT, before | {"unseen_hours": 50.0})
    assert fig.layout.meta["finding"] == "Of every 100 hours contacts were open, 25 passed in a queue and 75 in somebody's hands; 50 and 50 in the weeks before"
    assert [bar.name for bar in fig.data][:2] == ["Waiting in a queue", "Held by somebody"]
    known = ledger.hundred(row | {"unseen_hours": 30.0}, style.LIGHT)   # of the most it is known
    assert "100 passed with nobody acting" in known.layout.meta["finding"] and known.data[1].name == "Held, nobody acting"


def test_pairs_are_told_by_their_smaller_direction():
    hops = [{"queue": a, "next_queue": b, "contacts": n} for a, b, n in (("x", "y", 9), ("y", "x", 4), ("x", "z", 5))]
    assert [(p["pair"], p["both"]) for p in flow.ping_pong(hops)] == [("x and y", 4)]


def test_every_figure_has_words_for_those_who_cannot_see_it():
    rows = [{"week": "2026-08-17", "value": 4}]
    figs = [trend.by_week(rows, "Contacts", None, style.LIGHT), spread.waits([], None, style.DARK), flow.next_queues([], ["a"], style.LIGHT), ledger.by_queue([], style.LIGHT)]
    assert all(f.layout.meta["alt"] and f.layout.meta["finding"] for f in figs)


# --- words, names, mappings --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("seconds", "said"),
    [(None, "–"), (0, "0 s"), (40, "40 s"), (90, "1 min"), (4020, "1 h 7 min"), (86_400 * 3 + 3600 * 4 + 99, "3 d 4 h"), (86_400 * 400, "400 d"), (86_399, "1 d")],
)
def test_durations_are_told_in_words(seconds, said):
    assert words.duration(seconds) == said


@pytest.mark.parametrize(
    ("given", "kept"), [("../../etc/passwd", "passwd"), ("C:\\x\\a b.csv", "a b.csv"), ("--as.csv", "as.csv"), ("..", "file"), ("a\x00b.csv", "b.csv"), ("é;rm.csv", "é_rm.csv")]
)
def test_a_name_never_leads_anywhere(given, kept):
    assert upload.safe_name(given) == kept


def test_a_mapping_keeps_what_its_columns_still_mean():
    proposed = {"file": [{"match": "x*.csv", "grain": "ticket", "columns": {"ticket_id": "No", "state": {"column": "St", "values": {"Done": "resolved"}}}}]}
    choices = wizard.Choices("x1.csv", "ticket", {"No": "ticket_id", "St": "state", 'Team "A"': wizard.DIMENSION, "Rest": wizard.KEPT}, {"state": {"Odd": "new"}})
    block = wizard.block(choices, proposed)
    assert block["columns"] == {"ticket_id": "No", "state": {"column": "St", "values": {"Done": "resolved", "Odd": "new"}}}
    import tomllib

    text = mapping_text.toml(wizard.mapping("desk", "UTC", ["%d/%m/%Y"], [block], proposed, {"file": [{"match": "other.csv", "grain": "ticket", "columns": {"ticket_id": "id"}}]}))
    assert [b["match"] for b in tomllib.loads(text)["file"]] == ["other.csv", "x*.csv"]
    assert tomllib.loads(text)["file"][1]["dimensions"] == {"team_a": 'Team "A"'}


def test_day_and_month_are_asked_in_the_file_s_own_form():
    assert wizard.formats("03.04.26 10:05", True)[1] == "%d.%m.%y %H:%M"
    assert wizard.formats("3/4/2026 1:05 PM", False)[1] == "%m/%d/%Y %I:%M %p"
