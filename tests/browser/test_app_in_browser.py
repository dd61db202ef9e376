"""The app as its users have it: a real server, a real browser, from a dropped file to the tickets behind a number."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from browser import desk
from browser.serving import browser_page, idle, needs_chromium, overflow, served
from conftest import show

pytestmark = [pytest.mark.browser, needs_chromium]
PAGES = ("week", "consistency", "queue", "queue?queue=Billing", "bottlenecks", "load", "dictionary", "dictionary?metric=handoffs")
EXPORT = ["Ticket No,Opened,Solved,Status,Team,Agent,Requester,Category"] + [
    f"K-{i},{d:02}/06/2026 {h:02}:00,{d + (i % 7):02}/06/2026 {h + 2:02}:30,{'Finished' if i % 10 else 'Parked for Bob'},{'North' if i % 2 else 'South'},kim,c{i % 30},=1+{i % 3}"
    for i, d, h in ((i, 1 + i % 23, 8 + i % 9) for i in range(120))
]


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
            drawer.get_by_role("button", name="Download all of them as CSV").click()
        rows = list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text(encoding="utf-8-sig"))))
        assert rows and all(r["url"].startswith("https://desk.example/tickets/D-") for r in rows)
        idle(page)   # a key pressed while the page answers the download would be lost
        drawer.press("Escape")
        drawer.wait_for(state="detached")
        idle(page)
        assert "behind=" not in page.url


def test_an_unknown_export_is_mapped_loaded_read_and_followed(tmp_path):
    data = tmp_path / "data"
    export = tmp_path / "parked cases 2026-06.csv"
    export.write_text("\n".join(EXPORT), encoding="utf-8")
    with served(data) as address, browser_page() as page:
        page.goto(f"{address}/load")
        idle(page)
        page.locator("input[type=file]").set_input_files(str(export))
        page.get_by_text("is no export this program knows").wait_for()
        source = page.get_by_role("textbox", name="Source name")
        source.fill("parked")
        source.press("Enter")
        idle(page)
        page.get_by_role("button", name="Check the mapping").click()
        page.get_by_text("120 rows, 0 would be refused").wait_for()
        page.get_by_role("button", name="Load 1 file").click()
        page.get_by_text("Rows in = loaded + unchanged + refused").wait_for()
        page.get_by_text("numbers can be told from parked").wait_for()
        [row] = show(data, "resolution_time")
        assert row["tickets"] > 90
        page.goto(f"{address}/consistency?period=all")
        page.get_by_role("button", name=f"{row['tickets']} contacts").click()
        page.get_by_role("dialog").get_by_text(f"{row['tickets']} counted").wait_for()
        with page.expect_download() as waiting:
            page.get_by_role("dialog").get_by_role("button", name="Download all of them as CSV").click()
        text = Path(waiting.value.path()).read_text(encoding="utf-8-sig")
        assert len(list(csv.reader(io.StringIO(text)))) == 1 + row["tickets"] + sum(row["excluded"].values())
        assert page.outside == []
    assert (data / "mappings" / "parked.toml").exists()
