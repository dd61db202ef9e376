"""A real server on a free port and a real browser, for the tests that need both and for the benchmark."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest

HOME = Path(__file__).resolve().parent.parent.parent
CHROMIUM = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no chromium found: apt-get install chromium")
IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"
STILL = 6   # frames without a change after which what was sent is taken as drawn: charts and tables follow a new width a few frames late
DRAWN = """still => new Promise(done => {
    let before = '', same = 0
    const main = document.querySelector('[data-testid=stMain]'), all = document.getElementsByTagName('*')
    const now = () => [innerWidth, main.scrollWidth, main.clientWidth, main.scrollHeight, all.length, document.querySelectorAll('[data-testid=stSkeleton]').length].join()
    const look = () => {
        const seen = now()
        same = seen === before && seen.endsWith(',0') ? same + 1 : 0
        before = seen
        same < still ? requestAnimationFrame(look) : done()
    }
    look()
})"""


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@contextmanager
def served(data: Path, *options: str, port: int | None = None) -> Iterator[str]:
    """The app on this data folder, from its start; gives its address. The sample company stays away."""
    port = port or free_port()
    log = (data.parent / f"server-{port}.log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}", *options],
        cwd=HOME,
        stdout=log,
        stderr=log,
        env={**os.environ, "EVENKEEL_DATA": str(data), "EVENKEEL_SAMPLE": "no"},
    )
    try:
        address = f"http://127.0.0.1:{port}"
        for _ in range(240):
            try:
                if urlopen(f"{address}/_stcore/health", timeout=1).read() == b"ok":
                    break
            except OSError:
                time.sleep(0.25)
        else:
            pytest.fail(f"the server did not start: {Path(log.name).read_text()[-500:]}")
        yield address
    finally:
        process.terminate()
        process.wait(60)
        log.close()


@contextmanager
def browsing() -> Iterator:
    """A browser, for tests in which several people look."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


def someone(browser, colour: str = "light"):
    """A page of 1400 px of a person with cookies of their own; it notes every request which leaves this machine."""
    page = browser.new_context(viewport={"width": 1400, "height": 1000}, color_scheme=colour, accept_downloads=True).new_page()
    page.set_default_timeout(60_000)
    page.outside = []
    page.on("request", lambda r: None if r.url.startswith(("http://127.0.0.1:", "data:", "blob:", "ws://127.0.0.1:")) else page.outside.append(r.url))
    return page


@contextmanager
def browser_page(colour: str = "light") -> Iterator:
    """A browser with one person's page."""
    with browsing() as browser:
        yield someone(browser, colour)


def idle(page) -> None:
    """Wait until the script has run and what it sent is drawn."""
    page.locator(IDLE).wait_for()
    page.wait_for_timeout(400)
    page.locator(IDLE).wait_for()


def drawn(page) -> None:
    """Wait until the script has run and nothing on the page moves any more, as after an opening or a resize; after a click `idle` waits for its run."""
    page.locator(IDLE).wait_for()
    page.evaluate(DRAWN, STILL)
    page.locator(IDLE).wait_for()


def overflow(page) -> int:
    """Pixels by which the page is wider than its place."""
    return page.evaluate("Math.max(document.documentElement.scrollWidth - innerWidth, (m => m.scrollWidth - m.clientWidth)(document.querySelector('[data-testid=stMain]')))")


def cells(page, name: str) -> list[list[str]]:
    """The rows of a table on the page as they are read out; `name` is its own for those who cannot see it."""
    place = page.locator(f'[data-testid=stDataFrame]:has([aria-label="{name}"]) canvas table tbody tr')
    place.first.wait_for(state="attached")
    return place.evaluate_all("rows => rows.map(r => [...r.children].map(c => c.textContent))")
