"""The app as a person meets it: pages opened in a real browser, and a choice on them until its chart is new and until all stands again."""
from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from tests.browser.serving import CHROMIUM, IDLE, browser_page, served

PAGES = ("week", "consistency", "demand", "bottlenecks")
# page -> what is chosen on it one after another, and where the chart stands that the choice is about
CHOICES = {
    "consistency": (("channel", "priority"), "st-key-side_by_side"),
    "demand": (("Coming back", "Across tools", "Consequences"), "stPlotlyChart"),
    "bottlenecks": (("Flow map", "Routes"), "stPlotlyChart"),
}
STANDS = f"() => document.querySelector('{IDLE}') && !document.querySelector('[data-testid=stSkeleton]')"
# notes when the choice is pressed, and when a chart is drawn that was not there before
WATCH = """name => {
    const charts = () => [...document.querySelectorAll(`.${name} .js-plotly-plot, [data-testid=${name}] .js-plotly-plot`)].map(plot => plot.innerHTML)
    const before = new Set(charts())
    window.asked = window.charted = null
    const look = () => {
        if (asked && charts().some(chart => chart && !before.has(chart))) charted = performance.now()
        else requestAnimationFrame(look)
    }
    addEventListener('pointerdown', () => { asked = performance.now() }, {once: true, capture: true})
    look()
}"""


@dataclass(frozen=True)
class Seen:
    """Milliseconds: opened again until all of it stands; by choice, each made for the first time: to its new chart, and until all of the page stands."""

    opened: float
    chosen: dict[str, tuple[float, float]]


def measure(data: Path, pages: tuple[str, ...] = PAGES) -> dict[str, Seen] | None:
    """Page -> what was seen of it; None where no browser is."""
    if CHROMIUM is None:
        return None
    with served(data) as address, browser_page() as page:
        page.set_default_timeout(120_000)
        return {name: _seen(page, address, name) for name in pages}


def first_decision(data: Path) -> float | None:
    """Seconds from the first request to a server just started until the first decision is written down and stands on the page,
    its contacts looked at before: what the app takes of a leader's time, reading and typing left out. None where no browser is."""
    if CHROMIUM is None:
        return None
    with served(data) as address, browser_page() as page:
        started = time.monotonic()
        page.goto(f"{address}/week")
        change = page.locator('[class*="st-key-behind_design_"]').get_by_role("button").first
        change.click()
        page.get_by_role("dialog").get_by_test_id("stDataFrame").wait_for()
        page.locator(IDLE).wait_for()
        page.keyboard.press("Escape")
        page.get_by_role("dialog").wait_for(state="detached")
        page.locator(IDLE).wait_for()
        page.get_by_role("button", name="Decide").first.click()
        form = page.get_by_role("dialog")
        form.get_by_label("What is decided").fill("One queue keeps what is its own")
        form.get_by_role("button", name="Write it down").click()
        page.get_by_role("button", name="One queue keeps what is its own").wait_for()
        return time.monotonic() - started


def _seen(page, address: str, name: str) -> Seen:
    opened = 0.0
    for _ in range(2):   # the first opening also fetches the app itself, and asks what is not yet known
        started = time.monotonic()
        page.goto(f"{address}/{name}")
        page.locator("h1").first.wait_for()
        page.wait_for_function(STANDS)
        opened = 1000 * (time.monotonic() - started)
    words, chart = CHOICES.get(name, ((), ""))
    return Seen(opened, {word: _chosen(page, word, chart) for word in words})


def _chosen(page, word: str, chart: str) -> tuple[float, float]:
    choice = page.get_by_test_id("stButtonGroup").get_by_text(word, exact=True).first
    choice.scroll_into_view_if_needed()
    page.evaluate(WATCH, chart)
    choice.click()
    page.wait_for_function("() => window.charted")
    page.wait_for_function(STANDS)
    charted, stood = page.evaluate("[charted - asked, performance.now() - asked]")
    return charted, stood
