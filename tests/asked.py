"""Pages opened by a link, and the door asked for the same: shared by the tests that hold one against the other."""
from __future__ import annotations

import re
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import pytest
from conftest import HOME, door
from streamlit.testing.v1 import AppTest

PERIODS = {"4 weeks": "2026-09-28", "13 weeks": "2026-07-27", "26 weeks": "2026-04-27"}   # full weeks before the sample company's data end
NEWEST = "2026-10-19"   # the Monday of its newest full week
NO_FILTERS = ("period", "from", "to", "week", "view", "by", "ticket", "metric")


class Opened:
    """Pages of the app over a data folder, each link opened once."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.held: dict[str, AppTest] = {}

    def __call__(self, page: str, link: dict) -> AppTest:
        key = f"{page} {link}"
        if key not in self.held:
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("EVENKEEL_DATA", str(self.data))
                patch.setenv("EVENKEEL_SAMPLE", "no")
                app = AppTest.from_file(str(HOME / "app.py"), default_timeout=90)
                for name, value in link.items():
                    app.query_params[name] = value
                self.held[key] = app.switch_page(next(str(p.relative_to(HOME)) for p in (HOME / "pages").glob(f"*/[0-9]*_{page}.py"))).run()
            assert not self.held[key].exception, self.held[key].exception
        return self.held[key]


def ask(data: Path, name: str, *words: str, level: str = "") -> list[dict]:
    return [r for r in door("metrics", "ask", name, *words, data=data)["rows"] if not level or r["level"] == level]


@cache
def _answered(data: Path, *words: str) -> list[dict]:
    return door("metrics", *words, data=data)["rows"]


class Asked:
    """The door, asked for what a link asks a page for."""

    def __init__(self, data: Path, link: dict) -> None:
        self.data, self.link = data, link
        self.filters = {name: [given] if isinstance(given, str) else list(given) for name, given in link.items() if name not in NO_FILTERS}
        is_dated = link.get("period") == "dates"
        self.first = date.fromisoformat(link["from"] if is_dated else PERIODS[link.get("period", "13 weeks")])
        self.end = date.fromisoformat(link["to"]) + timedelta(days=1) if is_dated else None
        self.week = date.fromisoformat(link.get("week", NEWEST))

    def _answer(self, *words: str) -> list[dict]:
        """A new list of the rows of an answer, which is asked for once."""
        return list(_answered(self.data, *words))

    def where(self, *but: str) -> list[str]:
        return [word for name, given in self.filters.items() if name not in but for value in given for word in ("--where", f"{name}={value}")]

    def dated(self) -> list[str]:
        return ["--from", str(self.first), *(["--to", str(self.end)] if self.end else [])]

    def led(self, weeks: int, last: int = 0) -> list[str]:
        """So many weeks before the chosen one up to it, or up to so many before it."""
        return ["--from", str(self.week - timedelta(weeks=weeks)), "--to", str(self.week + timedelta(weeks=1 - last))]

    def ask(self, name: str, *words: str, level: str = "", when: list[str] | None = None, but: str = "") -> list[dict]:
        rows = self._answer("ask", name, *(self.dated() if when is None else when), *self.where(but), *words)
        return [r for r in rows if not level or r["level"] == level]

    def show(self, name: str, *words: str, when: list[str] | None = None) -> list[dict]:
        return self._answer("show", name, *(self.dated() if when is None else when), *self.where(), *words)

    def happened(self) -> list[dict]:
        """Decisions and events in the time of the link that are not of other contacts than its filters name."""
        found = [r for r in self._answer("ask", "decision_effect") if str(self.first) <= r["decided_on"] < str(self.end or "9")]
        pairs = [(r, dict(re.findall(r"(\w+)=(.*?)(?=\s+\w+=|$)", r["where"] or ""))) for r in found]
        return [r for r, own in pairs if all(value in self.filters.get(name, [value]) for name, value in own.items())]
