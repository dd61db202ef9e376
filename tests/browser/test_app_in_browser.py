"""The app as its users have it: a real server, a real browser, from a dropped file to the tickets behind a number."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from browser import desk
from browser.serving import browser_page, idle, needs_chromium, overflow, served

pytestmark = [pytest.mark.browser, needs_chromium]
PAGES = ("week", "consistency", "queue", "queue?queue=Billing", "bottlenecks", "load", "dictionary", "dictionary?metric=handoffs")


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with served(desk.loaded(tmp_path_factory.mktemp("browser"))) as found:
        yield found


@pytest.mark.parametrize("colour", ["light", "dark"])
def test_no_page_is_cut_off_or_reaches_outside(address, colour):
    with browser_page(colour) as page:
        for place in PAGES if colour == "light" else ("week",):
            page.goto(f"{address}/{place}")
            idle(page)
            assert page.get_by_text("Something went wrong").count() == 0, place
            assert overflow(page) <= 0, place
        assert page.outside == []


def test_a_number_leads_to_its_tickets_their_tool_and_a_download(address):
    with browser_page() as page:
        page.goto(f"{address}/week")
        idle(page)
        tile = page.get_by_test_id("stMetric").filter(has_text="First door right")
        assert "%" in tile.inner_text()
        page.get_by_role("button", name="contacts").nth(1).click()
        drawer = page.get_by_role("dialog")
        drawer.get_by_text("counted").wait_for()
        assert "behind=" in page.url
        with page.expect_download() as waiting:
            drawer.get_by_role("button", name="CSV", exact=True).click()
        rows = list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text(encoding="utf-8-sig"))))
        assert rows and all(r["url"].startswith("https://desk.example/tickets/D-") for r in rows)
        idle(page)   # a key pressed while the page answers the download would be lost
        drawer.press("Escape")
        drawer.wait_for(state="detached")
        idle(page)
        assert "behind=" not in page.url
