"""A leader's autumn in a real browser: a signal, its tickets, a decision, four weeks that are loaded, and a brief that says it works."""
from __future__ import annotations

import csv
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from browser import desk
from browser.serving import browser_page, idle, needs_chromium, overflow, served
from conftest import door, load

pytestmark = [pytest.mark.browser, needs_chromium]
TOLD = {"loops": range(8, 20), "a_week": 150, "loop_hours": 24}   # the loop between Billing and Risk begins in the ninth week, and ends with the decision
CHANGE = "Close the loop between Billing and Risk: decide there once who keeps what"


def test_from_a_signal_to_a_decision_to_the_brief_that_says_it_works(tmp_path):
    data = desk.loaded(tmp_path, weeks=20, **TOLD)
    [signal, *_] = [r for r in door("metrics", "ask", "what_changed", data=data)["rows"] if r["level"] == "company"]
    with served(data) as address, browser_page() as page:
        page.goto(f"{address}/week")
        page.get_by_text("The company: more").first.wait_for()
        idle(page)
        page.locator(".st-key-behind_changed_0").get_by_role("button", name=f"{signal['contacts']} contacts").click()
        drawer = page.get_by_role("dialog")
        drawer.get_by_text("The contacts this change is told of").wait_for()
        assert parse_qs(parse_qs(urlsplit(page.url).query)["behind"][0])["what"] == [signal["what"]]
        idle(page)
        drawer.press("Escape")
        drawer.wait_for(state="detached")
        idle(page)

        page.get_by_text(CHANGE).wait_for()
        page.locator('[class*="st-key-decide_loop"]').get_by_role("button", name="Decide").click()
        form = page.get_by_role("dialog")
        form.get_by_label("What is decided").fill("Billing keeps what is its own")
        form.get_by_role("button", name="Write it down").click()
        form.wait_for(state="detached")
        page.get_by_role("button", name="Billing keeps what is its own").wait_for()
        assert page.get_by_text("Too early").count() == 1 and overflow(page) <= 0
        with (data / "decisions.csv").open(encoding="utf-8", newline="") as file:
            [written] = csv.DictReader(file)
        assert (written["what"], written["metric"], written["on"]) == ("Billing keeps what is its own", "ping_pong", "2026-09-21")

        (later := tmp_path / "later").mkdir()
        export, mapping = desk.write(later, weeks=24, **TOLD)
        load(data, export, mapping=mapping)
        page.goto(f"{address}/week")   # the running app follows the load
        page.get_by_text("12 Oct 2026 to 18 Oct 2026").wait_for()
        page.get_by_text("Works", exact=True).wait_for()
        idle(page)
        brief = taken(page, "html").read_text(encoding="utf-8")
        assert "Works" in brief and "Billing keeps what is its own" in brief and "<script" not in brief
        assert taken(page, "pdf").read_bytes().startswith(b"%PDF")
        assert page.outside == []

        sheet = tmp_path / "brief.html"   # the brief needs no app
        sheet.write_text(brief, encoding="utf-8")
    with browser_page() as page:
        page.goto(sheet.as_uri())
        assert page.get_by_text("Billing keeps what is its own").first.is_visible() and overflow_of_sheet(page) <= 0
        assert [url for url in page.outside if not url.startswith("file://")] == []


def taken(page, kind: str) -> Path:
    with page.expect_download() as waiting:
        page.locator(f".st-key-brief_{kind}").get_by_role("button").click()
    return Path(waiting.value.path())


def overflow_of_sheet(page) -> int:
    return page.evaluate("document.documentElement.scrollWidth - innerWidth")
