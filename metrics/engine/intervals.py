"""How sure a figure is: quantiles of the usual laws, intervals of shares, differences and slopes; all in closed form."""
from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from statistics import NormalDist

import numpy as np

NORMAL = NormalDist()
Z95 = NORMAL.inv_cdf(0.975)


def share(hits: int, n: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson)."""
    if n == 0:
        return 0.0, 1.0
    p, z2 = hits / n, Z95 * Z95
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 / (1 + z2 / n) * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


@lru_cache(maxsize=4096)
def t_quantile(p: float, freedom: int) -> float:
    """The value a Student t with so many degrees of freedom stays below with probability p."""
    if p < 0.5:
        return -t_quantile(1 - p, freedom)
    low, high = 0.0, 1.0
    while t_below(high, freedom) < p and high < 1e12:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if t_below(middle, freedom) < p else (low, middle)
    return (low + high) / 2


def t_below(t: float, freedom: int) -> float:
    """The probability that a Student t with whole degrees of freedom is below t: the finite trigonometric sums."""
    angle = math.atan2(t, math.sqrt(freedom))
    cosine, sine = math.cos(angle), math.sin(angle)
    term, total = 1.0, 0.0
    if freedom % 2:
        term = cosine
        for k in range(1, freedom - 1, 2):
            total += term
            term *= cosine * cosine * (k + 1) / (k + 2)
        inside = 2 / math.pi * (angle + sine * total)
    else:
        for k in range(0, freedom - 1, 2):
            total += term
            term *= cosine * cosine * (k + 1) / (k + 2)
        inside = sine * total
    return 0.5 + inside / 2


def slope(x: Sequence[float], y: Sequence[float]) -> tuple[float, float, float] | None:
    """The median slope between all pairs of points (Theil and Sen) with its 95 % interval: one extraordinary point does not
    tilt it. None where x does not vary or there are fewer than five points."""
    a, b = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    first, second = np.triu_indices(len(a), 1)
    across = a[second] - a[first]
    apart = np.abs(across) > 1e-12
    if len(a) < 5 or not apart.any():
        return None
    slopes = np.sort((b[second] - b[first])[apart] / across[apart])
    n, count = len(a), len(slopes)
    reach = Z95 * math.sqrt(n * (n - 1) * (2 * n + 5) / 18)
    low, high = round((count - reach) / 2) - 1, round((count + reach) / 2)
    return float(np.median(slopes)), float(slopes[max(low, 0)]), float(slopes[min(high, count - 1)])


def without_trend(values: Sequence[float], over: Sequence[float]) -> np.ndarray:
    """What a straight line over time leaves of the values."""
    b, t = np.asarray(values, dtype=float), np.asarray(over, dtype=float) - np.mean(over)
    spread = float((t**2).sum())
    return b - b.mean() - (t * b).sum() / spread * t if spread > 0 else b - b.mean()


def jackknife(whole: np.ndarray, parts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """95 % interval of each figure from its values with one group of the data left out (parts: one row per group)."""
    groups = len(parts)
    error = np.sqrt((groups - 1) / groups * ((parts - parts.mean(axis=0)) ** 2).sum(axis=0)) * t_quantile(0.975, groups - 1)
    return whole - error, whole + error


def kept(probabilities: Sequence[float], rate: float = 0.05) -> list[bool]:
    """Which findings stand when many were looked at: Benjamini and Hochberg's rule at that rate of false findings."""
    order = sorted(range(len(probabilities)), key=lambda i: probabilities[i])
    last = max((rank for rank, i in enumerate(order, 1) if probabilities[i] <= rate * rank / len(order)), default=0)
    chosen = set(order[:last])
    return [i in chosen for i in range(len(probabilities))]
