"""How long until something happens, with those to whom it has not happened yet: the Kaplan-Meier curve.

A contact still open after 30 days is not unknown: it took longer than 30 days. Leaving it out makes every median too good.
The curve in SQL for many groups at once, and in numpy with weights for one group.
"""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from metrics.engine.intervals import Z95

CLOSE = 1e-9


def curve_sql(rows: str, groups: Sequence[str]) -> str:
    """SQL of the curve: the groups, seconds, share still waiting after them (`alive`), sum of Greenwood's terms.

    rows: SQL with the groups' columns, `seconds` waited and `ended` (1 = it happened then, 0 = not yet, seen until then).
    """
    names = ", ".join(groups) + (", " if groups else "")
    part = f"partition by {', '.join(groups)} " if groups else ""
    so_far = f"over ({part}order by seconds rows between unbounded preceding and current row)"
    return f"""
        select {names}seconds, exp(sum(case when ended < at_risk then ln(1.0 - ended / at_risk) else -1000.0 end) {so_far}) as alive,
               sum(case when ended < at_risk then ended / (at_risk * (at_risk - ended)) else 0.0 end) {so_far} as greenwood
        from (select *, sum(leaving) over ({part}order by seconds desc rows between unbounded preceding and current row) as at_risk
              from (select {names}seconds, cast(sum(ended) as double) as ended, cast(count(*) as double) as leaving from ({rows}) as w group by {names}seconds) as p) as q
        where ended > 0"""


def quantiles_sql(rows: str, groups: Sequence[str], shares: dict[str, float], interval: bool = False) -> str:
    """SQL of the time by which a share has happened, one row per group; NULL where the curve does not come down so far.

    Where the curve lies exactly at the share, the middle of that stretch. interval: two columns more each, `_low` and
    `_high`, the 95 % interval by Greenwood's variance on the log(-log) scale; NULL = no end on that side.
    """
    listed = []
    for name, p in shares.items():
        left = 1 - p
        first, last = (f"min(case when alive <= {left + sign * CLOSE!r} then seconds end)" for sign in (1, -1))
        listed.append(f"({first} + coalesce({last}, {first})) / 2.0 as {name}")
        if interval:
            distance = ("case when alive < 1e-12 then 1e9 when greenwood <= 0 then 0 else "
                        f"(ln(-ln(alive)) - ln(-ln({left!r}))) * abs(ln(alive)) / sqrt(greenwood) end")
            listed.append(f"min(case when {distance} >= -{Z95!r} then seconds end) as {name}_low, min(case when {distance} > {Z95!r} then seconds end) as {name}_high")
    named = ", ".join(groups) + (", " if groups else "")
    return f"select {named}{', '.join(listed)} from ({curve_sql(rows, groups)}) as c" + (f" group by {', '.join(groups)}" if groups else "")


def curve(seconds: np.ndarray, ended: np.ndarray, weights: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Times at which it happened to some, and the share still waiting after each; rows may be weighted."""
    weights = np.ones(len(seconds)) if weights is None else weights
    times, place = np.unique(seconds, return_inverse=True)
    leaving = np.bincount(place, weights=weights, minlength=len(times))
    happened = np.bincount(place, weights=weights * ended, minlength=len(times))
    at_risk = np.maximum(leaving[::-1].cumsum()[::-1], 1e-300)
    alive = np.cumprod(np.clip(1 - happened / at_risk, 0, 1))
    return times[happened > 0], alive[happened > 0]


def quantile(seconds: np.ndarray, ended: np.ndarray, p: float, weights: np.ndarray | None = None) -> float | None:
    """The time by which a share p has happened; None where the curve does not come down so far."""
    times, alive = curve(seconds, ended, weights)
    first, last = np.flatnonzero(alive <= 1 - p + CLOSE), np.flatnonzero(alive < 1 - p - CLOSE)
    if not len(first):
        return None
    return float((times[first[0]] + times[last[0] if len(last) else first[0]]) / 2)


def mean_within(seconds: np.ndarray, ended: np.ndarray, limit: float) -> float:
    """Mean time waited, counted up to a limit: the area under the curve."""
    times, alive = curve(seconds, ended)
    inside = times < limit
    edges = np.concatenate([[0.0], times[inside], [limit]])
    return float((np.diff(edges) * np.concatenate([[1.0], alive[inside]])).sum())
