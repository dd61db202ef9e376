"""How much of the variance of a number each of several groupings brings, one after another, free of what chance alone brings.

The groupings are fitted by least squares in a given order; the sum of squares each adds is diminished by what as many
groups of pure chance would add (its degrees of freedom times the variance of the rest), and zero where that leaves less
than nothing: the method of moments for unbalanced groups, in closed form from one Cholesky factor of the cross-products.
With one grouping it is the analysis of variance. What two groupings share is counted for the earlier one.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

RIDGE = 1e-6     # keeps levels that others imply out of the way; their pivots stay at about this size
ESTIMABLE = 1e-3


@dataclass(frozen=True)
class Parts:
    """Per grouping its part of the variance of the rows and the degrees of freedom it adds to those before it (0: it cannot
    be told apart from them); the variance of the rest; the total. Parts and rest add up to the total unless a negative
    part was set to zero."""

    parts: np.ndarray
    freedom: np.ndarray
    rest: float
    total: float


def cross_products(codes: Sequence[np.ndarray], values: np.ndarray, groups: np.ndarray, count: int) -> tuple[np.ndarray, list[int]]:
    """For each group of rows the matrix [1 Z y]'[1 Z y] of the levels of all groupings, and where each grouping ends.

    codes: per grouping the level of each row, from 0; a negative level means that the grouping does not apply to the row.
    """
    sizes = [int(c.max(initial=-1)) + 1 for c in codes]
    ends = list(np.cumsum([1, *sizes]))
    width = ends[-1] + 1
    found = np.zeros((count, width, width))
    columns = [(0, 1, np.zeros(len(values), dtype=np.int64)), *((ends[i], sizes[i], codes[i]) for i in range(len(codes)))]
    for i, (start, size, code) in enumerate(columns):
        applies = code >= 0
        place = groups[applies] * size + code[applies]
        sums = np.bincount(place, weights=values[applies], minlength=count * size).reshape(count, size)
        found[:, start:start + size, -1] = found[:, -1, start:start + size] = sums
        for other, width_other, code_other in columns[:i + 1]:
            both = applies & (code_other >= 0)
            place = (groups[both] * size + code[both]) * width_other + code_other[both]
            counts = np.bincount(place, minlength=count * size * width_other).reshape(count, size, width_other)
            found[:, start:start + size, other:other + width_other] = counts
            found[:, other:other + width_other, start:start + size] = counts.transpose(0, 2, 1)
    found[:, -1, -1] = np.bincount(groups, weights=values * values, minlength=count)
    return found, ends


def parts(products: np.ndarray, ends: Sequence[int]) -> Parts:
    """The parts of one cross-product matrix, in the order of its groupings."""
    factor = np.linalg.cholesky(products + RIDGE * np.eye(len(products)))
    pivots, added = np.diag(factor) ** 2, factor[-1] ** 2
    # a column that earlier ones imply adds nothing; what rounding left of it was divided by its tiny pivot
    real = pivots > ESTIMABLE
    squares = np.array([added[a:b][real[a:b]].sum() for a, b in pairwise(ends)])
    freedom = np.array([real[a:b].sum() for a, b in pairwise(ends)])
    n = products[0, 0]
    left = n - 1 - freedom.sum()
    rest = max(pivots[-1] - RIDGE, 0.0) / left if left > 0 else 0.0
    total = max((products[-1, -1] - products[0, -1] ** 2 / n) / (n - 1), 0.0)
    return Parts(np.maximum(squares - freedom * rest, 0.0) / (n - 1), freedom, rest, total)


def levels(values: Sequence[object], least: int = 5, most: int = 300) -> np.ndarray:
    """Levels from 0 of any values, NULL a level of its own; those with fewer than `least` rows, or beyond the `most`
    commonest, are one level together."""
    texts = np.array(["" if v is None else str(v) for v in values], dtype=object)
    _, codes, counts = np.unique(texts.astype(str), return_inverse=True, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    kept = [c for c in order[:most] if counts[c] >= least]
    named = np.full(len(counts), len(kept), dtype=np.int64)
    named[kept] = np.arange(len(kept))
    return named[codes]
