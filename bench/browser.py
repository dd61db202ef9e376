"""The app as a person meets it: pages opened in a real browser, and a choice on them until everything stands again."""
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

HOME = Path(__file__).resolve().parent.parent
IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"
# page -> the label of the choice made on it
CHOICES = {"consistency": "channel", "bottlenecks": "Routes"}


@contextmanager
def _served(data: Path) -> Iterator[str]:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}"], cwd=HOME, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               env={**os.environ, "EVENKEEL_DATA": str(data), "EVENKEEL_SAMPLE": "no"})
    try:
        for _ in range(240):
            try:
                urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1)
                break
            except OSError:
                time.sleep(0.25)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def measure(data: Path, pages: list[str]) -> dict[str, tuple[float, float | None]] | None:
    """Page -> milliseconds of its second opening until all of it stands, and from a choice on it until all of it, panels too, stands again; None where no browser is."""
    chromium = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
    if chromium is None:
        return None
    from playwright.sync_api import sync_playwright
    found: dict[str, tuple[float, float | None]] = {}
    with _served(data) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"])
        page = browser.new_context(viewport={"width": 1400, "height": 1000}).new_page()
        page.set_default_timeout(120_000)
        for name in pages:
            opened = chosen = 0.0
            for _ in range(2):   # the first opening also fetches the app itself
                started = time.monotonic()
                page.goto(f"{address}/{name}")
                page.locator("h1").first.wait_for()
                page.locator(IDLE).wait_for()
                opened = time.monotonic() - started
            if name in CHOICES:
                started = time.monotonic()
                page.get_by_test_id("stButtonGroup").get_by_text(CHOICES[name], exact=True).first.click()
                page.locator("[data-testid=stApp][data-test-script-state=running]").wait_for(timeout=2_000)
                page.locator(IDLE).wait_for()
                chosen = time.monotonic() - started
            found[name] = 1000 * opened, 1000 * chosen or None
        browser.close()
    return found
