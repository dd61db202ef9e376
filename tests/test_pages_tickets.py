"""Every row and every button that opens tickets opens exactly those it counts: all of them, on every page, as it opens and filtered."""
from __future__ import annotations

import json
import re
from urllib.parse import urlencode

import pytest
from conftest import HOME
from streamlit.testing.v1 import AppTest

from pages.parts import table, tickets_behind

FILTERED = {"period": "26 weeks", "channel": ["email", "web"], "queue": ["Billing", "Tech Support"], "week": "2026-09-07"}
LINKS = [
    ("week", {}),
    ("week", FILTERED),
    ("consistency", FILTERED),
    ("consistency", {"by": "reason", "period": "4 weeks"}),
    ("queue", {"queue": "Billing"}),
    ("queue", FILTERED | {"queue": []}),
    *(("demand", {"view": v}) for v in ("Reasons", "Across tools")),
    *(("demand", FILTERED | {"view": v}) for v in ("Coming back", "Consequences")),
    *(("bottlenecks", {"view": v}) for v in ("Flow map", "Routes")),
    *(("bottlenecks", FILTERED | {"view": v}) for v in ("Hours", "Vendor border")),
]
NUMBER = re.compile(r"(?<![\w.,])(\d{1,3}(?:,\d{3})+|\d+)(?![\d.,]*\d|\w| ?%)")


@pytest.fixture
def seen(monkeypatch):
    """Every way into tickets that a page draws: (where it stands, the number it bears, what it opens)."""
    found: list[tuple[str, int, dict[str, str]]] = []
    column, show, button = tickets_behind.column, table.show, tickets_behind.button
    columns: dict[int, tuple] = {}

    def recorded_column(label, key, rows, *dimensions, **about):
        made = column(label, key, rows, *dimensions, **about)
        columns[id(made)] = (made, [{**about, **{d: row[d] for d in dimensions}} for row in rows])
        return made

    def recorded_show(rows, shown, **more):
        for name, made in shown.items():
            if id(made) in columns:
                found.extend(
                    (f"{more['alt']}, row {i}", number(row[name]), about)
                    for i, (row, about) in enumerate(zip(rows, columns[id(made)][1], strict=True))
                    if ":material" in row[name]
                )
        return show(rows, shown, **more)

    def recorded_button(label, **more):
        about = {k: v for k, v in more.items() if k not in ("key", "help")}
        found.append((f"{more['key']}: {label}", number(label), about))
        return button(label, **more)

    monkeypatch.setattr(tickets_behind, "column", recorded_column)
    monkeypatch.setattr(table, "show", recorded_show)
    monkeypatch.setattr(tickets_behind, "button", recorded_button)
    return found


def number(text: str) -> int | None:
    """The last number of a label: of "5,610 of 9,906" the whole is opened, the others in it first."""
    told = NUMBER.findall(text)
    return int(told[-1].replace(",", "")) if told else None


def counting(abouts: list[dict[str, str]], target: str) -> None:
    """Run as a page: how many each of these opens, with a value and in all."""
    import json
    from pathlib import Path

    from pages.parts import read, tickets_behind

    read.follow()
    told = []
    for about in abouts:
        metric, now = tickets_behind.asked(about)
        rows = tickets_behind.rows(metric, about, now, None)
        told.append((sum(r["rule"] is None for r in rows), len(rows)))
    Path(target).write_text(json.dumps(told))


@pytest.mark.parametrize(("page", "link"), LINKS, ids=lambda v: v if isinstance(v, str) else urlencode(v, doseq=True) or "as it opens")
def test_what_is_opened_is_what_was_counted(page, link, seen, lumen, monkeypatch, tmp_path):
    monkeypatch.setenv("EVENKEEL_DATA", str(lumen))
    monkeypatch.setenv("EVENKEEL_SAMPLE", "no")
    at, counted = opened(AppTest.from_file(str(HOME / "app.py"), default_timeout=90), link), tmp_path / "counted.json"
    at.switch_page(next(str(p.relative_to(HOME)) for p in (HOME / "pages").glob(f"*/[0-9]*_{page}.py"))).run()
    assert not at.exception and seen
    ways = [way for way in {f"{place}{urlencode(about)}": (place, n, about) for place, n, about in seen}.values() if way[1] is not None]
    script = opened(AppTest.from_function(counting, kwargs={"abouts": [about for *_, about in ways], "target": str(counted)}, default_timeout=300), link).run()
    assert not script.exception, script.exception
    wrong = [(place, n, told, about) for (place, n, about), told in zip(ways, json.loads(counted.read_text()), strict=True) if n not in told]
    assert not wrong, "\n".join(f"{place} says {n}, opens {told}: {about}" for place, n, told, about in wrong)


def opened(at: AppTest, link: dict) -> AppTest:
    for name, value in link.items():
        at.query_params[name] = value
    return at
