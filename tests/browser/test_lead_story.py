"""A lead with an angry customer in a real browser: the work list, the customer's timeline, and its link opened by someone else."""
from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from browser.serving import browser_page, drawn, idle, needs_chromium, overflow, served
from conftest import door

pytestmark = [pytest.mark.browser, needs_chromium]


def test_from_the_work_list_to_a_customer_s_timeline_that_a_colleague_opens_cold(lumen):
    first = door("metrics", "ask", "work_list", "--where", "queue=Billing", data=lumen)["rows"][0]
    with served(lumen) as address:
        with browser_page() as page:
            page.goto(f"{address}/queue?queue=Billing")
            idle(page)
            page.get_by_role("heading", name="Take next:").wait_for()
            grid = page.get_by_test_id("stDataFrame").first
            box = grid.bounding_box()
            page.mouse.click(box["x"] + 100, box["y"] + 52)  # the ticket of the first line
            page.wait_for_url("**/customer?*")
            idle(page)
            link = page.url
            assert parse_qs(urlsplit(link).query)["ticket"] == [first["ticket_id"]]
            seen = told(page)
            assert first["ticket_id"] in seen and overflow(page) <= 0
        with browser_page() as colleague:
            colleague.goto(link)
            colleague.get_by_text("longest wait for an answer").wait_for()
            idle(colleague)
            assert told(colleague) == seen
            assert colleague.outside == []


def test_a_click_on_a_way_of_the_map_opens_its_tickets(lumen):
    where = """() => { const g = document.querySelector('.js-plotly-plot'), l = g._fullLayout, box = g.getBoundingClientRect(), t = g._fullData.find(t => t.name == 'ways'),
        k = t.customdata.findIndex(c => c[0] == 'Billing' && c[1] == 'Risk');
        return [box.x + l.xaxis._offset + l.xaxis.l2p(t.x[k]), box.y + l.yaxis._offset + l.yaxis.l2p(t.y[k])] }"""
    with served(lumen) as address, browser_page() as page:
        page.goto(f"{address}/bottlenecks?view=Flow+map")
        page.locator(".js-plotly-plot").wait_for()
        idle(page)
        click(page, where)
        page.get_by_role("dialog").get_by_text("From Billing to Risk").wait_for()
        assert parse_qs(parse_qs(urlsplit(page.url).query)["behind"][0]) == {"list": ["moved"], "move": ["Billing"], "to": ["Risk"]}


def test_a_click_on_an_hour_of_the_week_opens_who_came_then(lumen):
    where = """() => { const g = document.querySelector('.st-key-short .js-plotly-plot'), l = g._fullLayout, box = g.getBoundingClientRect(), at = (axis, v) =>
        axis._offset + axis.l2p(axis._categories.indexOf(v)); return [box.x + at(l.xaxis, '10'), box.y + at(l.yaxis, 'Tuesday')] }"""
    with served(lumen) as address, browser_page() as page:
        page.goto(f"{address}/queue?queue=Billing")
        page.locator(".st-key-short .js-plotly-plot").wait_for()
        drawn(page)
        page.locator(".st-key-short").scroll_into_view_if_needed()
        drawn(page)
        click(page, where)
        page.get_by_role("dialog").get_by_text("Came on a Tuesday, 10:00 to 10:59").wait_for()
        assert parse_qs(parse_qs(urlsplit(page.url).query)["behind"][0]) == {"list": ["came"], "weekday": ["Tuesday"], "hour": ["10"]}


def click(page, where: str) -> None:
    """Click on a mark; where: a function of the browser that gives its place."""
    x, y = page.evaluate(where)
    page.mouse.move(x, y)
    page.mouse.click(x, y)


def told(page) -> str:
    """What the page says, panel by panel."""
    page.get_by_test_id("stExpander").first.wait_for()
    return "\n".join(page.get_by_test_id("stHeading").all_inner_texts() + page.get_by_test_id("stExpander").locator("summary").all_inner_texts())
