"""What a period is held against: as many weeks right before it, and the same weeks a year ago where the data reach back so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from metrics.engine.limits import WEEK, last_full_week
from metrics.engine.scope import Scope
from pages.parts import read, words

YEAR = 52 * WEEK


def periods(now: Scope) -> list[tuple[str, Scope]]:
    """(its name, the same filters in it), where data are held for all of it."""
    if now.from_on is None:
        return []
    length = (now.to_on or last_full_week(read.until()) + WEEK) - now.from_on
    first = read.facts()["from_on"] or now.from_on
    weeks, days = divmod(length.days, 7)
    name = f"the {words.plural(weeks, 'week') if weeks and not days else words.plural(length.days, 'day')} before"
    found = [(name, replace(now, from_on=now.from_on - length, to_on=now.from_on)), ("a year before", replace(now, from_on=now.from_on - YEAR, to_on=now.from_on + length - YEAR))]
    return [(name, scope) for name, scope in found if length.days > 0 and scope.from_on >= first]


def said(metric: str, now: Scope, tell: Callable[[dict[str, Any]], str | None]) -> str:
    """What it was before, in words; empty where nothing before is held. tell: a row of the metric as a few words."""
    told = [(name, tell((read.answer(metric, scope) or [{}])[0])) for name, scope in periods(now)]
    return "; ".join(f"{name}: {words_}" for name, words_ in told if words_)


def row(analysis: str, now: Scope) -> dict[str, Any] | None:
    """The first row of an analysis in the weeks right before; None where they are not held."""
    return next((read.ask(analysis, scope)[0] for name, scope in periods(now) if name != "a year before"), None)
