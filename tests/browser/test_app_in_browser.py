"""The app as its users have it: a real server, a real browser, from a dropped file to the tickets behind a number."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from browser import desk
from browser.serving import browser_page, drawn, idle, needs_chromium, overflow, served

pytestmark = [pytest.mark.browser, needs_chromium]
PAGES = (
    "week",
    "consistency?by=reason",
    "demand",
    "demand?view=Coming+back",
    "demand?view=Across+tools",
    "demand?view=Consequences",
    "queue",
    "queue?queue=Billing",
    "bottlenecks",
    "bottlenecks?view=Flow+map",
    "bottlenecks?view=Routes",
    "bottlenecks?view=Vendor+border",
    "customer?ticket=helpdesk:104511",
    "load",
    "sources",
    "dictionary",
    "dictionary?metric=handoffs",
    "quality",
    "reasons",
)
WIDTHS = (1400, 1024, 390)


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with served(desk.loaded(tmp_path_factory.mktemp("browser"))) as found:
        yield found


def test_every_page_fits_every_screen_and_reaches_nothing_outside(lumen):
    with served(lumen) as address, browser_page() as page:
        for place in PAGES:
            page.goto(f"{address}/{place}")
            page.get_by_test_id("stHeading").first.wait_for()
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                drawn(page)
                assert page.get_by_text("Something went wrong").count() == 0, place
                assert overflow(page) <= 0, (place, width)
            page.set_viewport_size({"width": 1400, "height": 900})
        page.goto(f"{address}/week")
        page.get_by_role("heading", name="What we decided").wait_for()
        drawn(page)
        for heading in ("What changed", "What we decided"):
            box = page.get_by_role("heading", name=heading).bounding_box()
            assert box["y"] + box["height"] < 900, f"{heading} is on the first screen"
        assert page.get_by_test_id("stMetric").count() == 4
        page.emulate_media(color_scheme="dark")
        page.reload()
        page.get_by_role("heading", name="What we decided").wait_for()
        drawn(page)
        assert overflow(page) <= 0 and page.outside == []


def test_a_number_leads_to_its_tickets_their_tool_and_a_download(address):
    with browser_page() as page:
        page.goto(f"{address}/week")
        idle(page)
        tile = page.get_by_test_id("stMetric").filter(has_text="First door right")
        assert "%" in tile.inner_text()
        page.locator(".st-key-behind_tile_first_door_right").get_by_role("button").click()
        drawer = page.get_by_role("dialog")
        drawer.get_by_text(re.compile(r"^\d+ ?% · \d+ counted")).wait_for()
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
