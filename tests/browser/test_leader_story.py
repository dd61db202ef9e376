"""A leader's ten minutes in a real browser: the week, a signal's tickets, a line of the design list, a decision that stands."""
from __future__ import annotations

import csv
import shutil

import pytest
from browser.serving import browser_page, idle, needs_chromium, overflow, served

pytestmark = [pytest.mark.browser, needs_chromium]


def test_from_a_signal_to_its_tickets_to_a_decision_that_stands(lumen, tmp_path):
    data = shutil.copytree(lumen, tmp_path / "data")
    with served(data) as address, browser_page() as page:
        page.goto(f"{address}/week")
        page.get_by_role("button", name="Decide").first.wait_for()
        idle(page)
        seen = page.evaluate("innerHeight")
        for heading in ("What changed", "What we decided"):
            box = page.get_by_role("heading", name=heading).bounding_box()
            assert box["y"] + box["height"] < seen, f"{heading} is on the first screen"
        assert page.get_by_test_id("stMetric").count() == 4

        page.locator(".st-key-behind_changed_0").get_by_role("button").first.click()
        drawer = page.get_by_role("dialog")
        drawer.get_by_text("counted").first.wait_for()
        assert "behind=" in page.url and drawer.get_by_test_id("stDataFrame").count() == 1
        idle(page)
        drawer.press("Escape")
        drawer.wait_for(state="detached")
        idle(page)

        page.get_by_role("button", name="Decide").first.click()
        form = page.get_by_role("dialog")
        form.get_by_label("What is decided").fill("Take orders as they come")
        form.get_by_role("button", name="Write it down").click()
        form.wait_for(state="detached")
        page.get_by_role("button", name="Take orders as they come").wait_for()
        assert overflow(page) <= 0 and page.outside == []
    with (data / "decisions.csv").open(encoding="utf-8", newline="") as file:
        assert [r["what"] for r in csv.DictReader(file)][-1] == "Take orders as they come"
