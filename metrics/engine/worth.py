"""What a fault costs, like for like: contacts with it beside contacts of the same reason, priority, channel and tool without it.
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metrics.engine.intervals import NORMAL

LEAST = 20        # contacts with the fault below which nothing is said
COMPARABLE = 5    # contacts without it that a cell needs to be compared
Z95 = NORMAL.inv_cdf(0.975)


@dataclass(frozen=True)
class Worth:
    """Hours over the whole period, and how sure they are: the standard error of the sum; compared: contacts that had others to be compared with."""

    hours: float
    error: float
    compared: int

    def interval(self, z: float = Z95) -> tuple[float, float]:
        return self.hours - z * self.error, self.hours + z * self.error


def like_for_like(cells: np.ndarray, hours: np.ndarray, faulty: np.ndarray, without: np.ndarray) -> Worth:
    """Sum over cells of n x (mean hours with the fault less mean hours without), by Welch. cells: small whole numbers per
    contact; faulty, without: which contacts have the fault, and which are fit to be compared with."""
    width = int(cells.max(initial=0)) + 1

    def moments(chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        n = np.bincount(cells[chosen], minlength=width).astype(float)
        total = np.bincount(cells[chosen], hours[chosen], minlength=width)
        square = np.bincount(cells[chosen], hours[chosen] ** 2, minlength=width)
        mean = np.divide(total, n, out=np.zeros(width), where=n > 0)
        spread = np.divide(square - n * mean ** 2, n - 1, out=np.zeros(width), where=n > 1)
        return n, mean, np.maximum(spread, 0.0)

    n, mean, spread = moments(faulty)
    m, usual, noise = moments(without)
    fit = (n > 0) & (m >= COMPARABLE)
    n, mean, spread, m, usual, noise = n[fit], mean[fit], spread[fit], m[fit], usual[fit], noise[fit]
    return Worth(float((n * (mean - usual)).sum()), float(np.sqrt((n ** 2 * (spread / n + noise / m)).sum())) if n.size else 0.0, int(n.sum()))


def measured(hours: np.ndarray) -> Worth:
    """The hours of the fault itself, where there is nobody to compare with."""
    return Worth(float(hours.sum()), float(hours.std(ddof=1) * np.sqrt(len(hours))) if len(hours) > 1 else 0.0, len(hours))


def sure(candidates: int) -> float:
    """How many standard errors a worth must lie above zero, so that of all candidates looked at chance makes one in twenty lists."""
    return NORMAL.inv_cdf(1 - 0.05 / (2 * max(1, candidates)))


def in_order(entered: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """Waits of the same work had it been taken in order of arrival: the same hands at the same moments, the longest waiting
    first. A moment before the next arrival leaves it to the one who was there."""
    order = np.argsort(entered, kind="stable")
    waits = np.sort(taken) - entered[order]
    result = np.empty(len(waits))
    result[order] = waits
    return result
