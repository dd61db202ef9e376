"""Every page on the sample company as a picture, in light, in dark and on a phone: docs/screenshots.

    python tests/screenshots.py [PAGE...]      all pages, or those named
"""
from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

from browser.serving import CHROMIUM, IDLE, served
from conftest import HOME, door
from PIL import Image

INTO = HOME / "docs" / "screenshots"
LOOKS = {"light": (1400, 1000, "light"), "dark": (1400, 1000, "dark"), "phone": (390, 844, "light")}
COLOURS = 96   # of a picture's palette: a page has few colours, and a repository few megabytes
SETTLED = 2500  # milliseconds from the last word of the script to the last figure drawn, on a slow machine


def pages() -> list[str]:
    return [file.stem.partition("_")[2] for file in sorted((HOME / "pages").glob("*/[0-9]*_*.py"))]


def taken(address: str, names: list[str]) -> None:
    """Write one picture per page and look."""
    from playwright.sync_api import sync_playwright

    INTO.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        for look, (width, height, colour) in LOOKS.items():
            page = browser.new_context(viewport={"width": width, "height": height}, color_scheme=colour).new_page()
            for name in names:
                page.goto(f"{address}/{name}")
                page.wait_for_timeout(SETTLED)   # an app that has not begun to run is idle too
                page.locator(IDLE).wait_for(timeout=120_000)
                page.wait_for_function("!document.querySelector('[data-testid=stSkeleton]')", timeout=120_000)   # a chart's place before its chart
                page.wait_for_timeout(SETTLED)
                picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
                picture.quantize(COLOURS, dither=Image.Dither.NONE).save(INTO / f"{name}-{look}.png", optimize=True)
            page.close()
        browser.close()


def main(names: list[str]) -> int:
    if CHROMIUM is None:
        print("no Chromium found: apt-get install chromium", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        door("warehouse", "sample", data=data)
        with served(data) as address:
            taken(address, names or pages())
    size = sum(f.stat().st_size for f in INTO.glob("*.png"))
    print(f"{len(list(INTO.glob('*.png')))} pictures, {size / 1e6:.1f} MB, in {INTO.relative_to(HOME)}")
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(HOME))
    sys.exit(main(sys.argv[1:]))
