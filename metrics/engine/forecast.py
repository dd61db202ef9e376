"""The coming week from the past ones: a level smoothed over weeks, a profile over weekdays, a range from its own past errors.

Every past week is forecast from the weeks before it in the same way; the range is made of how far these forecasts were off
(the outer ranks of the errors, counted so that a new week lies inside as often as promised), never of an assumed law.
"""
from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

PROMISED = 0.8       # how often the range shall hold
SMOOTHING = 0.25     # weight of the newest week
PROFILE, FIRST = 8, 6   # weeks the weekdays' profile is of; weeks before the first forecast
LEAST_TESTS = 9      # with fewer past errors their outer ranks promise nothing


@dataclass(frozen=True)
class Ahead:
    """Expected, lowest and highest: per weekday and in all; how often past ranges held, and of how many."""

    days: np.ndarray
    low: np.ndarray
    high: np.ndarray
    total: tuple[float, float, float]
    held: float | None
    tests: int


def expected(history: np.ndarray) -> np.ndarray:
    """The next week by weekday, from weeks x 7 counts; NaN days (closed ones) tell nothing of their weekday."""
    recent = history[-PROFILE:]
    usual = np.nanmean(np.where(np.isnan(recent).all(axis=0), 0.0, recent), axis=0)
    # a week with a closed day is brought to a full one by what its other days usually are
    known = ~np.isnan(history)
    usual_known = (known * usual).sum(axis=1)
    totals = np.where(usual_known > 0, np.nansum(history, axis=1) * usual.sum() / np.maximum(usual_known, 1e-9), np.nan)
    level = np.nan
    for total in totals[~np.isnan(totals)]:
        level = total if math.isnan(level) else level + SMOOTHING * (total - level)
    return usual / usual.sum() * level if usual.sum() > 0 else usual


def ahead(history: np.ndarray) -> Ahead | None:
    """The coming week; None with fewer past weeks than a range needs."""
    forecasts = [(expected(history[:w]), history[w]) for w in range(FIRST, len(history))]
    if len(forecasts) < LEAST_TESTS:
        return None
    days = expected(history)
    error_days = np.array([(actual - told) / np.sqrt(told + 1) for told, actual in forecasts])
    sums = [(told[~np.isnan(actual)].sum(), np.nansum(actual)) for told, actual in forecasts]
    errors = np.array([(actual - told) / math.sqrt(told + 1) for told, actual in sums])
    low, high = reach(error_days[~np.isnan(error_days)])
    a, z = reach(errors)
    total, scale = float(days.sum()), math.sqrt(days.sum() + 1)
    tried = [(errors[i], reach(errors[:i])) for i in range(LEAST_TESTS, len(errors))]
    return Ahead(days, np.maximum(days + low * np.sqrt(days + 1), 0), days + high * np.sqrt(days + 1), (total, max(total + a * scale, 0.0), total + z * scale),
                 float(np.mean([lo <= e <= hi for e, (lo, hi) in tried])) if tried else None, len(tried))


def reach(errors: np.ndarray) -> tuple[float, float]:
    """The ranks of past errors between which a new one lies as often as promised (both sides alike)."""
    ordered, n = np.sort(errors), len(errors)
    outside = (n + 1) * (1 - PROMISED) / 2 + 1e-9   # 120 x 0.1 is 12 and not a hair below it
    rank = min(max(math.floor(outside), 1), (n + 1) // 2)
    return float(ordered[rank - 1]), float(ordered[n - rank])
