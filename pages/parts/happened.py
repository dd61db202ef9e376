"""The decisions and business events that belong on a page's charts of time."""

from __future__ import annotations

from typing import Any

from metrics.engine.decisions import parse
from metrics.engine.scope import Scope
from pages.parts import read


def within(now: Scope) -> list[dict[str, Any]]:
    """Those of the scope's time whose own scope does not lie outside the page's filters."""
    chosen: dict[str, set[str]] = {}
    for dimension, value in now.where:
        chosen.setdefault(dimension, set()).add(value)
    return [
        d
        for d in read.decisions()
        if (now.from_on is None or d["decided_on"] >= now.from_on)
        and (now.to_on is None or d["decided_on"] < now.to_on)
        and d["decided_on"] <= read.until().date()
        and all(value in chosen.get(dimension, {value}) for dimension, value in parse(d["scope"]))
    ]
