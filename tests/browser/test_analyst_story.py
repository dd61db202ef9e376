"""An analyst with a file nobody has seen: what its columns mean, what is refused and why, mended, loaded again, and what that moved."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from browser.serving import browser_page, cells, idle, needs_chromium, overflow, served
from conftest import show

from metrics.engine import wording

pytestmark = [pytest.mark.browser, needs_chromium]
HEAD = "Ticket No,Opened,Solved,Status,Team,Agent,Requester,Category,Outlet"
ROWS = [
    f"K-{i},{d:02}/06/2026 {h:02}:00,{d + (i % 7):02}/06/2026 "
    f"{h + 2:02}:30,{'Closed' if i % 10 else 'Parked for Bob'},{'North' if i % 2 else 'South'},kim,c{i % 30},=1+{i % 3},shop {i % 4}"
    for i, d, h in ((i, 1 + i % 23, 8 + i % 9) for i in range(120))
]
BAD = range(0, 120, 3)   # a day that June does not have, in every third row; mended they are long


def export(path: Path, *, mended: bool) -> Path:
    rows = [row.split(",") for row in ROWS]
    for i in BAD:
        rows[i][2] = "30/06/2026 17:00" if mended else "31/06/2026 17:00"
    path.write_text("\n".join([HEAD, *map(",".join, rows)]), encoding="utf-8")
    return path


def dropped(page, file: Path) -> None:
    page.locator("input[type=file]").set_input_files(str(file))


def test_from_an_unknown_file_to_the_numbers_its_mended_rows_move(tmp_path):
    data, file = tmp_path / "data", tmp_path / "parked cases 2026-06.csv"
    with served(data) as address, browser_page() as page:
        page.goto(f"{address}/load")
        idle(page)
        dropped(page, export(file, mended=False))
        page.get_by_text("is no export this program knows").wait_for()
        source = page.get_by_role("textbox", name="Source name")
        source.fill("parked")
        source.press("Enter")
        idle(page)

        page.get_by_role("button", name="Check the mapping").click()
        page.get_by_text("120 rows, 40 would be refused").wait_for()
        page.get_by_text("What Status says that is not known").wait_for()
        assert overflow(page) <= 0
        page.get_by_role("button", name="Load 1 file").click()
        page.get_by_text("40 rows refused, and what to do").wait_for()
        page.get_by_text("numbers can be told from parked").wait_for()
        with page.expect_download() as waiting:
            page.locator(".st-key-download_refused_rows_csv").get_by_role("button").first.click()
        refused = list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text(encoding="utf-8-sig"))))
        assert [(int(r["line"]), r["column"], r["value"]) for r in refused] == [(2 + i, "Solved", "31/06/2026 17:00") for i in BAD]
        [first] = show(data, "resolution_time")

        page.get_by_role("button", name="Load more files").click()
        idle(page)
        dropped(page, export(file, mended=True))
        page.get_by_text("is recognised: the kept mapping parked.toml").wait_for()
        page.get_by_role("button", name="Load 1 file").click()
        page.get_by_text("moved by this load").wait_for()
        idle(page)
        assert page.get_by_text("refused, and what to do").count() == 0
        [second] = show(data, "resolution_time")
        assert second["tickets"] > first["tickets"]
        moved = cells(page, "Numbers that moved")
        assert ["Resolution time", wording.duration(first["value"]), wording.duration(second["value"]), f"{second['tickets']}"] in moved
        assert {row[0] for row in moved} >= {"Contacts", "Resolution time", "Settled within (9 of 10)"}

        page.goto(f"{address}/consistency?period=all")
        page.get_by_role("button", name=f"{second['tickets']} contacts").click()
        page.get_by_role("dialog").get_by_text(f"{second['tickets']} counted").wait_for()
        with page.expect_download() as waiting:
            page.get_by_role("dialog").get_by_role("button", name="CSV", exact=True).click()
        text = Path(waiting.value.path()).read_text(encoding="utf-8-sig")
        assert len(list(csv.reader(io.StringIO(text)))) == 1 + second["tickets"] + sum(second["excluded"].values())
        assert page.outside == []
    assert (data / "mappings" / "parked.toml").exists()

