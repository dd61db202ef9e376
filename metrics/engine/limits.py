"""What is usual for a number from week to week, and whether a week is outside it.

XmR limits on a log scale (log odds for shares), from a baseline that stays the same for 13 weeks at a time: durations and
counts are skewed, and limits that follow the newest week would swallow every change. They are never narrower than chance
alone makes a share or a count of that size. A week that has not ended is partial; one whose window is not over is
immature; neither is judged.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, Literal

from metrics.engine.metric import Metric

WEEK = timedelta(days=7)
BLOCK = 13  # weeks a baseline stays in force
ENOUGH = 8  # full weeks without which nothing is usual yet
FIRST_MONDAY = date(1970, 1, 5)
QUIET = timedelta(hours=12)  # the data's end is its last event: a Sunday night without one has still ended
SIGMAS = 2.66  # XmR: 3 / 1.128 times the mean moving range
WEIGHTY = 20  # a share of fewer contacts says nothing of what is usual
IMMATURE = "window not over"
UNTOLD = "not available from this source"


@dataclass(frozen=True)
class Range:
    """Where the weeks usually lie, and the weeks it was learned from."""

    low: float
    high: float
    weeks: int
    from_week: date
    to_week: date
    center: float


@dataclass(frozen=True)
class Point:
    """One week of a number: the row `show` gave, its usual range, and what may be said of it."""

    week: date
    value: float | None
    row: dict[str, Any]
    usual: Range | None
    is_partial: bool
    is_immature: bool
    side: Literal["above", "below"] | None = None  # outside the usual range; None where inside, unknown or not to be judged


def is_told(row: dict[str, Any]) -> bool:
    """Can any source in question tell this number? A stock that nobody tells is not empty."""
    return bool(row["tickets"]) or not row["excluded"].get(UNTOLD)


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def is_partial(week: date, until: datetime) -> bool:
    """Has this week not ended where the data ends? until: local time of the report zone."""
    return until < datetime.combine(week + WEEK, time()) - QUIET


def last_full_week(until: datetime) -> date:
    """The Monday of the newest week that has ended."""
    week = monday(until.date())
    return week - WEEK if is_partial(week, until) else week


def first_full_week(begin: datetime) -> date:
    """The Monday of the first week that the data hold from its first day on. begin: local time of the first contact."""
    return monday(begin.date() + timedelta(days=6))


def points(metric: Metric, rows: Sequence[dict[str, Any]], begin: datetime, until: datetime) -> list[Point]:
    """The weeks of a `show --week` answer for one group, in order, each beside what was usual before it; a week in which the data began
    is no measure of what is usual. begin, until: local times of the first contact and of the data's end."""
    known = []
    for row in rows:
        if row["week"] is None:
            continue
        week = date.fromisoformat(row["week"])
        known.append((week, row, is_partial(week, until), bool(row["excluded"].get(IMMATURE))))
    known.sort(key=lambda k: k[0])
    settled = [(week, row) for week, row, partial, immature in known
               if not partial and not immature and week >= first_full_week(begin) and _scaled(metric, row) is not None]
    result = []
    for week, row, partial, immature in known:
        found, side = usual(metric, settled, week), None
        scaled = _scaled(metric, row)
        if found and scaled is not None and not partial and not immature:
            value = _unscaled(metric, scaled)
            side = "above" if value > found.high else "below" if value < found.low else None
        result.append(Point(week, row["value"] if is_told(row) else None, row, found, partial, immature, side))
    return result


def usual(metric: Metric, settled: Sequence[tuple[date, dict[str, Any]]], week: date) -> Range | None:
    """The range in force in a week: from the 13-week block before its own; where that holds too few full weeks, from the
    first ones known before the week."""
    start = week - ((week - FIRST_MONDAY) // WEEK % BLOCK) * WEEK
    baseline = [(w, row) for w, row in settled if start - BLOCK * WEEK <= w < start]
    if len(baseline) < ENOUGH:
        baseline = [(w, row) for w, row in settled if w < week][:BLOCK]
    if len(baseline) < ENOUGH:
        return None
    scaled = [_scaled(metric, row) for _, row in baseline]
    center = sum(scaled) / len(scaled)
    step = SIGMAS * sum(abs(b - a) for a, b in pairwise(scaled)) / (len(scaled) - 1)
    step = max(step, _chance(metric, baseline, center))
    if step == 0:
        return None
    return Range(_unscaled(metric, center - step), _unscaled(metric, center + step), len(baseline), baseline[0][0], baseline[-1][0], _unscaled(metric, center))


def _scaled(metric: Metric, row: dict[str, Any]) -> float | None:
    if row["value"] is None:
        return None
    if metric.kind == "share":
        if row["denominator"] < WEIGHTY:
            return None
        return math.log((row["numerator"] + 0.5) / (row["denominator"] - row["numerator"] + 0.5))
    if metric.kind in ("stock", "volume"):
        return math.log(row["value"] + 0.5)
    return math.log(row["value"]) if row["value"] > 0 else None


def _chance(metric: Metric, baseline: Sequence[tuple[date, dict[str, Any]]], center: float) -> float:
    """Three standard errors that a share or a count of this size has by chance alone, on its scale."""
    if metric.kind == "share":
        n, p = sum(row["denominator"] for _, row in baseline) / len(baseline), _unscaled(metric, center)
        return 3 / math.sqrt(max(n, 1) * p * (1 - p))
    return 3 / math.sqrt(math.exp(center)) if metric.kind in ("stock", "volume") else 0.0


def _unscaled(metric: Metric, x: float) -> float:
    if metric.kind == "share":
        return 1 / (1 + math.exp(-x))
    return max(math.exp(x) - 0.5, 0.0) if metric.kind in ("stock", "volume") else math.exp(x)
