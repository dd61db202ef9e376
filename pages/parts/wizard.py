"""From the choices made on the load page to a mapping file; pure."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.mapping import CLOSED_VALUES, REQUIRED, TARGETS

KEPT, DIMENSION = "keep beside it", "own dimension"
GRAINS = {"ticket": "one ticket", "event": "one thing that happened to a ticket", "snapshot": "a ticket as it stood at a time"}
WORDS = {
    "ticket_id": "the ticket's number",
    "occurred_at": "when it happened",
    "created_at": "when the ticket began",
    "updated_at": "when it was last changed",
    "resolved_at": "when it was resolved",
    "closed_at": "when it was closed",
    "first_response_at": "when it was first answered",
    "customer": "the customer",
    "email": "the customer's e-mail",
    "phone": "the customer's phone",
    "queue": "the queue that owns it",
    "assignee": "who holds it",
    "actor": "who did it",
    "actor_queue": "the queue of who did it",
    "kind": "what happened",
    "to": "what it became",
    "reason": "the contact reason",
    "recorded_handoffs": "handoffs the tool counted",
    "recorded_reopens": "reopenings the tool counted",
    "state": "its state",
    "csat": "satisfaction",
}


@dataclass(frozen=True)
class Choices:
    """What was chosen for one file: grain, column -> target (or KEPT, DIMENSION), raw value -> value per target."""

    name: str
    grain: str
    targets: Mapping[str, str]
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def offered(grain: str) -> list[str]:
    """What a column may mean, the needed ones first."""
    needed = REQUIRED[grain]
    return [KEPT, *needed, *sorted(t for t in TARGETS[grain] if t not in needed), DIMENSION]


def in_words(target: str) -> str:
    return f"{target} ({WORDS[target]})" if target in WORDS else target


def block_of(proposed: Mapping[str, Any]) -> dict[str, Any]:
    """The one [[file]] block of a proposal, empty where there is none."""
    return dict((proposed.get("file") or [{}])[0])


def targets_of(block: Mapping[str, Any], columns: Sequence[str]) -> dict[str, str]:
    """Column -> target, as a block has them."""
    found = dict.fromkeys(columns, KEPT)
    for name, part in (block.get("dimensions") or {}).items():
        found[_column(part) or name] = DIMENSION
    for target, part in (block.get("columns") or {}).items():
        if _column(part) in found:
            found[_column(part)] = target
    return {c: t for c, t in found.items() if c in columns}


def missing(choices: Choices) -> list[str]:
    """Targets that every row needs and no column gives."""
    return [t for t in REQUIRED[choices.grain] if t not in choices.targets.values()]


def twice(choices: Choices) -> list[str]:
    """Targets that several columns claim."""
    claimed = [t for t in choices.targets.values() if t not in (KEPT, DIMENSION)]
    return sorted({t for t in claimed if claimed.count(t) > 1})


def block(choices: Choices, proposed: Mapping[str, Any]) -> dict[str, Any]:
    """The [[file]] block: proposed parts are kept where their column still means the same."""
    before = block_of(proposed).get("columns") or {}
    columns: dict[str, Any] = {}
    dimensions: dict[str, Any] = {}
    for column, target in choices.targets.items():
        if target == DIMENSION:
            dimensions[dimension_name(column)] = column
        elif target != KEPT:
            part = before.get(target) if _column(before.get(target)) == column else {"column": column}
            part = {"column": part} if isinstance(part, str) else dict(part)
            if choices.values.get(target):
                part["values"] = {**(part.get("values") or {}), **choices.values[target]}
            if target in CLOSED_VALUES and target == "kind":
                part.setdefault("other", "internal_note")
            columns[target] = part["column"] if set(part) == {"column"} else part
    for target, part in before.items():  # constants and joins have no single column to choose
        if target not in columns and not _column(part):
            columns[target] = part
    built = {"match": block_of(proposed).get("match") or pattern(choices.name), "grain": choices.grain, "columns": columns}
    return built | ({"dimensions": dimensions} if dimensions else {})


def mapping(source: str, zone: str, formats: Sequence[str], blocks: Sequence[dict[str, Any]], proposed: Mapping[str, Any], kept: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The whole mapping; blocks of a mapping already kept for this source stay beside the new ones."""
    before = [b for b in (kept or {}).get("file", []) if not any(fnmatch.fnmatch(b["match"], n["match"]) or b["match"] == n["match"] for n in blocks)]
    more = {k: v for k, v in proposed.items() if k in ("null_values", "bots", "threads_are_reused", "url_template") and v}
    return {"source": source, "timezone": zone, **({"datetime_formats": list(formats)} if formats else {}), **more, "file": [*before, *blocks]}


def pattern(name: str) -> str:
    """A file name with its dates and numbers made free, so that next month's export fits too."""
    base = re.sub(r"([\[\]?*])", "[\\1]", name.rsplit("/", 1)[-1])
    return re.sub(r"\d{2,}(?:[-_.]\d+)*", "*", base)


def source_name(proposed: str) -> str:
    """A proposed source without the date of the file."""
    return re.sub(r"[-_ ]*\d[\d-]*$", "", proposed) or proposed


def formats(example: str, day_first: bool) -> list[str]:
    """How times like the example are written, where day and month could be either."""
    separator = next((c for c in example if c in "/.-"), "/")
    year = "%Y" if re.search(r"\d{4}", example) else "%y"
    date = separator.join(["%d", "%m", year] if day_first else ["%m", "%d", year])
    clock = "%I:%M" if re.search(r"[ap]m", example, re.IGNORECASE) else "%H:%M"
    tail = " %p" if clock == "%I:%M" else ""
    return [f"{date} {clock}:%S{tail}", f"{date} {clock}{tail}", date]


def dimension_name(column: str) -> str:
    text = re.sub(r"[^a-z0-9]+", "_", column.casefold()).strip("_")
    return text if re.match(r"[a-z]", text) else f"d_{text}"


def _column(part: Any) -> str | None:
    return part if isinstance(part, str) else part.get("column") if isinstance(part, Mapping) else None
