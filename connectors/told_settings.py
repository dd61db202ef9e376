"""What a tool says of opening hours and promises, as sections of settings.toml to copy. Settings stay the only authority.

A connector turns its rows into `Section`s (`Api.settings`). What settings cannot hold, or hold once only, is printed too, but
commented out with the reason; whatever is printed loads as it is.
"""
from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from connectors.contract import Connector
from connectors.landing import Landing, path_of
from connectors.problems import PullProblem
from warehouse.settings import WEEKDAYS, Settings

DAY = 1440   # minutes


@dataclass(frozen=True)
class Section:
    """One table of settings: `schedules` or `sla`, its name and content. `says`: remarks above it. `off`: why it is not to be used as it is."""

    table: str
    name: str
    content: Mapping[str, Any]
    says: tuple[str, ...] = ()
    off: str = ""


def of(connector: Connector, source: str, landings: Path) -> str:
    """The sections of a source, from what the last pull landed.

    Raises: PullProblem where the tool tells none, or was not pulled yet; Later while a pull holds the landing.
    """
    api = connector.api
    assert api is not None
    if api.settings is None:
        raise PullProblem(f"{connector.label} says nothing of opening hours and promises that could be settings")
    if not path_of(landings, source).exists():
        raise PullProblem(f"{source} has not been pulled yet; run: python -m connectors pull {source}")
    with Landing(landings, source) as landing:
        held: dict[str, Iterable[dict[str, Any]]] = {}
        notes = []
        for stream in api.streams:
            if stream.listed:
                state = landing.state(stream.name)
                current = set(state.cursor or ())
                held[stream.name] = [row for row in landing.bodies(stream.name) if str(row.get(stream.key)) in current]
                notes += [f"{stream.name}: {state.note}"] if state.note else []
            elif stream.observed:
                held[stream.name] = landing.bodies(stream.name)
        sections = api.settings(held)
    return text(connector.label, source, sections, notes)


def text(label: str, source: str, sections: Iterable[Section], notes: Iterable[str] = ()) -> str:
    """Sections as TOML that settings take."""
    sections = list(sections)
    lines = [f"# Opening hours and promises of {source} as {label} had them at the last pull: copy what fits to the end of settings.toml.", *(f"# {_plain(n)}" for n in notes)]
    names = [s.name for s in sections if s.table == "schedules" and not _refused(s)]
    if names:
        lines.append(f"# Hours of queues without hours of their own, to be written above the first [section]: default_schedule = {json.dumps(names[0], ensure_ascii=False)}")
    if not sections:
        lines.append("# It has none.")
    for section in sections:
        off = _refused(section)
        lines += ["", *(f"# {_plain(remark)}" for remark in section.says), *([f"# Not usable as it is: {_plain(off)}"] if off else [])]
        lines += [f"# {line}" if off else line for line in _toml(section)]
    return "\n".join(lines) + "\n"


def _refused(section: Section) -> str:
    """Why settings would not take it, "" where they do."""
    if section.off:
        return section.off
    try:
        Settings.model_validate(tomllib.loads("\n".join(_toml(section))))
    except ValidationError as problem:
        fault = problem.errors()[0]
        return f"{'.'.join(map(str, fault['loc'][2:])) or section.table} {fault['msg'].removeprefix('Value error, ')}"
    return ""


def _toml(section: Section) -> list[str]:
    head = f"{section.table}.{_key(section.name)}"
    tables = {k: v for k, v in section.content.items() if isinstance(v, Mapping) and section.table == "schedules"}
    lines = [f"[{head}]", *(f"{_key(k)} = {_value(v)}" for k, v in section.content.items() if k not in tables)]
    for name, table in tables.items():
        lines += [f"[{head}.{_key(name)}]", *(f"{_key(k)} = {_value(v)}" for k, v in table.items())]
    return lines


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _value(name)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    return value.isoformat() if isinstance(value, date) else json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _plain(text: str) -> str:
    """On one line, as comments must be."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f]", " ", text).split())


# --- what connectors make sections of ------------------------------------------------------------------------------------
def schedule(name: str, zone: str, intervals: Iterable[tuple[int, int]], closed: Iterable[date] = (), *, sunday_first: bool, says: tuple[str, ...] = (), off: str = "") -> Section:
    """Opening hours out of (start, end) in minutes since the week began in that zone; those over midnight are cut there."""
    order = (*WEEKDAYS[6:], *WEEKDAYS[:6]) if sunday_first else WEEKDAYS
    days: dict[str, list[tuple[int, int]]] = {}
    for start, end in intervals:
        while start < end:
            until = min(end, (start // DAY + 1) * DAY)
            days.setdefault(order[start // DAY % 7], []).append((start % DAY, (until - 1) % DAY + 1))
            start = until
    content: dict[str, Any] = {"zone": zone} | {d: [f"{_clock(a)}-{_clock(b)}" for a, b in _joined(days[d])] for d in WEEKDAYS if d in days}
    dates = sorted(set(closed))
    return Section("schedules", name, content | ({"holidays": {"extra": dates}} if dates else {}), says, off)


def _joined(intervals: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Intervals that overlap or touch as one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(intervals):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return found


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def duration(minutes: int) -> str:
    """Minutes as settings write them; days are not used, as a day of business time is not 24 hours."""
    return f"{minutes // 60}h" if minutes % 60 == 0 else f"{minutes}m"


def free(name: str, taken: set[str]) -> str:
    """The name, numbered where it is taken."""
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}_{number}"
    taken.add(found)
    return found


def distinct(names: Iterable[tuple[Any, Any]]) -> dict[str, str]:
    """A name of its own for each (id, name): where two share one, the id is added."""
    pairs = [(str(i), str(n or i).strip() or str(i)) for i, n in names]
    taken = [n for _, n in pairs]
    return {i: n if taken.count(n) == 1 else f"{n} {i}" for i, n in pairs}
