"""A link to a page is the first thing a freshly started server is asked for: the right page, in its frame, filter applied."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser import desk
from browser.serving import browser_page, needs_chromium, served

pytestmark = [pytest.mark.browser, needs_chromium]


def test_the_first_request_of_all_is_a_deep_link(tmp_path: Path):
    data = desk.loaded(tmp_path)
    with served(data) as address, browser_page() as page:
        page.goto(f"{address}/consistency?queue=Billing&period=all&by=channel")
        page.get_by_role("heading", name="Consistency").wait_for()
        page.get_by_text("queue: Billing").wait_for()  # the filter of the link
        assert page.get_by_test_id("stSidebarNav").get_by_text("Bottlenecks").is_visible()  # the frame's own menu
        assert page.get_by_role("radio", name="channel").get_attribute("aria-checked") == "true"
        page.get_by_role("button", name="All · All contacts").or_(page.get_by_role("button", name="All · 1 filter")).first.wait_for()
        page.wait_for_timeout(800)
        assert page.get_by_text("Page not found").count() == 0
        assert page.url.startswith(f"{address}/consistency?") and "queue=Billing" in page.url
        assert page.outside == []
