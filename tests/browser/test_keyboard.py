"""The Week page without a mouse: a tile's tickets and the filters are reached by Tab, opened by Enter, left by Escape, and the focus is never lost."""

from __future__ import annotations

import pytest
from browser.serving import browser_page, drawn, idle, needs_chromium, served

pytestmark = [pytest.mark.browser, needs_chromium]
FOCUS = "() => document.activeElement.closest('[class*=st-key-]')?.className.match(/st-key-(\\S+)/)[1] ?? document.activeElement.getAttribute('data-testid')"
FAR = 60   # steps of Tab within which everything above the fold is reached


@pytest.fixture(scope="module")
def place(lumen):
    with served(lumen) as address, browser_page() as page:
        yield address, page


@pytest.fixture
def week(place):
    address, page = place
    page.goto(f"{address}/week")
    page.get_by_role("heading", name="What we decided").wait_for()
    drawn(page)
    return page


def tab_to(page, wanted: str) -> list[str | None]:
    """Tab until the piece of this key has the focus; gives what had it on the way."""
    passed = []
    for _ in range(FAR):
        page.keyboard.press("Tab")
        passed.append(page.evaluate(FOCUS))
        if passed[-1] == wanted:
            return passed
    raise AssertionError(f"{wanted} is not reached by Tab: {passed}")


def is_seen(page) -> bool:
    """The place of the focus is drawn, and drawn differently: an outline or a shadow."""
    return page.evaluate(
        "() => { const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();"
        " return r.width > 0 && e.matches(':focus-visible') && (s.outlineStyle !== 'none' || s.boxShadow !== 'none') }"
    )


def test_a_tile_s_tickets_open_by_enter_and_close_by_escape(week):
    page, own = week, "behind_tile_settled_within"
    passed = tab_to(page, own)
    assert passed[0] == "stSkipToContent" and "week" in passed and "scope_bar" in passed, "from the top: past the menu, the week and the filters"
    assert is_seen(page)
    page.keyboard.press("Enter")
    drawer = page.get_by_role("dialog")
    drawer.get_by_text("counted").wait_for()
    assert page.evaluate("() => !!document.activeElement.closest('[role=dialog]')"), "the drawer has the focus"
    assert "behind=" in page.url
    idle(page)   # a key pressed while the page answers would be lost
    page.keyboard.press("Escape")
    drawer.wait_for(state="detached")
    idle(page)
    assert page.evaluate(FOCUS) == own and "behind=" not in page.url
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUS) == "card_tile_settled_within", "and the way goes on from there"
    page.keyboard.press("Enter")
    page.get_by_text("Left out by rule").wait_for()
    page.keyboard.press("Escape")
    page.get_by_text("Left out by rule").wait_for(state="detached")
    assert page.evaluate(FOCUS) == "card_tile_settled_within"


def test_the_filters_are_chosen_by_keyboard(week):
    page = week
    tab_to(page, "scope_bar")
    assert is_seen(page)
    page.keyboard.press("Enter")
    page.wait_for_function(f"() => ({FOCUS})() === 'source'")   # the focus goes into what opened
    tab_to(page, "channel")
    page.keyboard.type("email")
    page.keyboard.press("Enter")
    page.wait_for_url("**channel=email**")
    page.get_by_text("channel: email").wait_for()
    idle(page)
    assert page.evaluate(FOCUS) == "channel"
    page.keyboard.press("Escape")   # the list of the choice
    if page.get_by_test_id("stPopoverBody").count():
        page.keyboard.press("Escape")
    page.get_by_test_id("stPopoverBody").wait_for(state="detached")
    assert page.evaluate(FOCUS) == "scope_bar"
    page.get_by_role("button", name="1 filter").wait_for()


def test_leaving_the_filters_by_tab_leads_back_to_their_button(week):
    page = week
    tab_to(page, "scope_bar")
    page.keyboard.press("Enter")
    page.wait_for_function(f"() => ({FOCUS})() === 'source'")
    page.keyboard.press("Shift+Tab")
    assert page.evaluate(FOCUS) == "scope_bar"
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUS) != "source"
