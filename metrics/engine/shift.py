"""Has a period left its usual range? Limits for many series at once, within a budget of false alarms, and what a change is made of.

A series is one number by weeks, on a log scale (log odds for shares). Its noise is that of XmR: the mean moving range of
the baseline / 1.128, never smaller than chance makes a count of that size. The limit is not the fixed 2.66 moving ranges
but the Student quantile of the false alarms allowed, because a baseline of 13 weeks knows its own noise only roughly.
Series of one family lend each other their noise: half the own, half the family's.
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from metrics.engine.intervals import t_quantile
from metrics.engine.limits import ENOUGH

FALSE_ALARMS = 12 / 52.18          # one a month, for the whole page, a page a week
EFFICIENCY = 0.62                  # degrees of freedom of a mean moving range, per week after the first


@dataclass(frozen=True)
class Verdict:
    """One series against its limits, on its own scale. since: index of the week the newest level
    began with, where it is out."""

    center: float
    low: float
    high: float
    now: float
    is_out: bool
    since: int | None


def judge(series: np.ndarray, scales: np.ndarray, floors: np.ndarray, baseline: slice, period: slice, alarms: float) -> list[Verdict | None]:
    """Each row of `series` (weeks in columns, NaN where not known) against its own baseline; `alarms` false ones are
    expected of all rows together. scales: how noisy the rows are to each other by their size; floors: the least noise, which
    chance alone makes. None: too few weeks."""
    base, now = series[:, baseline], series[:, period]
    weeks = (~np.isnan(base)).sum(axis=1)
    told = (weeks >= ENOUGH) & ~np.isnan(now).any(axis=1)
    if not told.any():
        return [None] * len(series)
    noise = np.array([_noise(row) if ok else np.nan for row, ok in zip(base, told, strict=True)])
    freedom = np.maximum(np.floor(EFFICIENCY * (weeks - 1)), 1).astype(int)
    if told.sum() > 1:
        relative = noise / scales
        noise = scales * np.sqrt((relative**2 + np.nanmean(relative**2)) / 2)
        freedom = freedom * 2
    noise = np.maximum(noise, floors)
    allowed = alarms / told.sum()
    found: list[Verdict | None] = []
    for i, ok in enumerate(told):
        if not ok or not noise[i] > 0:
            found.append(None)
            continue
        center, value = float(np.nanmean(base[i])), float(now[i].mean())
        error = float(noise[i]) * np.sqrt(1 / now.shape[1] + 1 / weeks[i])
        half = t_quantile(1 - allowed / 2, int(freedom[i])) * error
        is_out = abs(value - center) > half
        found.append(Verdict(center, center - half, center + half, value, is_out, _since(series[i], baseline, period) if is_out else None))
    return found


def _noise(row: np.ndarray) -> float:
    known = row[~np.isnan(row)]
    return float(np.abs(np.diff(known)).mean() / 1.128)


def _since(row: np.ndarray, baseline: slice, period: slice) -> int:
    """The week after the baseline from which on the level is that of the period: the change point."""
    known = np.flatnonzero(~np.isnan(row[:period.stop]))
    return int(known[change_point(row[known], *np.searchsorted(known, (baseline.stop, period.start)))])


def change_point(values: np.ndarray, earliest: int, latest: int) -> int:
    """Index, from earliest to latest, of the first value after the one change of level that least squares finds."""
    n, sums = len(values), np.concatenate([[0.0], np.cumsum(values)])
    places = np.arange(max(earliest, 1), min(latest, n - 1) + 1)
    if not len(places):
        return latest
    gained = sums[places] ** 2 / places + (sums[n] - sums[places]) ** 2 / (n - places)
    return int(places[np.argmax(gained)])


def mix_and_within(stat: Callable[[tuple, np.ndarray], float | None], before: tuple, cells_before: np.ndarray, now: tuple,
                   cells_now: np.ndarray) -> tuple[float, float] | None:
    """The change of a figure from before to now, in two parts: other work (the mix of cells) and the same work done otherwise.

    Each period's rows are weighted to the other period's mix of cells; the parts are averaged over both orders
    (Kitagawa; the Shapley value of two causes), so that they add up to the change exactly. Cells that only one period has
    count as one. None where a figure does not exist.
    """
    common = np.intersect1d(cells_before, cells_now)
    cells_before, cells_now = (np.where(np.isin(c, common), c, -1) for c in (cells_before, cells_now))
    weights_before, weights_now = _weights(cells_before, cells_now), _weights(cells_now, cells_before)
    ones = [np.ones(len(c)) for c in (cells_before, cells_now)]
    old, old_in_new, new_in_old, new = stat(before, ones[0]), stat(before, weights_before), stat(now, weights_now), stat(now, ones[1])
    if old is None or old_in_new is None or new_in_old is None or new is None:
        return None
    mix = ((old_in_new - old) + (new - new_in_old)) / 2
    return mix, (new - old) - mix


def _weights(own: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Weights that give the rows in cells `own` the mix of cells of `other`; what the other has in no cell of ours stays out."""
    cells, place, counts = np.unique(own, return_inverse=True, return_counts=True)
    held = dict(zip(*(a.tolist() for a in np.unique(other, return_counts=True)), strict=True))
    theirs = np.array([held.get(c, 0) for c in cells.tolist()]) / max(len(other), 1)
    return (theirs / (counts / len(own)))[place]
