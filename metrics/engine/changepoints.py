"""Where the level of a series of counts changed: the split into steps that fits best for its price.

Counts are made of one noise by 2 * sqrt(x + 3/8) (Anscombe), whose noise is 1 for pure chance; what fluctuates more
than chance is measured on its week-to-week steps. Then the exact best split by least squares, each further step costing
`PENALTY` x log n x the noise's variance (dynamic programming over all splits; a series has at most a few hundred
weeks).
"""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np

SHORTEST = 3      # weeks a level must last
PENALTY = 3.0     # per step; at 3 log n pure chance makes a step in fewer than one of thirty series of 26 weeks


def steps(counts: Sequence[float]) -> list[int]:
    """Indices at which a new level begins, in order; empty where the level never changed or the series is too short."""
    x = 2 * np.sqrt(np.asarray(counts, float) + 0.375)
    n = len(x)
    if n < 2 * SHORTEST:
        return []
    noise = max(1.0, (np.median(np.abs(np.diff(x))) / (0.6745 * np.sqrt(2))) ** 2)
    return split(x, PENALTY * np.log(n) * noise, SHORTEST)


def split(x: np.ndarray, penalty: float, shortest: int) -> list[int]:
    """The split of x into runs of at least `shortest` that makes squared deviations from the runs' means plus penalty per step least."""
    n = len(x)
    sums, squares = np.concatenate(([0.0], np.cumsum(x))), np.concatenate(([0.0], np.cumsum(x * x)))
    best, last = np.full(n + 1, np.inf), np.zeros(n + 1, int)
    best[0] = -penalty
    for end in range(shortest, n + 1):
        starts = np.arange(0, end - shortest + 1)
        size = end - starts
        cost = best[starts] + squares[end] - squares[starts] - (sums[end] - sums[starts]) ** 2 / size + penalty
        last[end] = starts[int(np.argmin(cost))]
        best[end] = cost.min()
    found, end = [], n
    while last[end] > 0:
        end = int(last[end])
        found.append(end)
    return found[::-1]
