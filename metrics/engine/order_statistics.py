"""How sure a quantile or a measure of spread is: 95 % intervals from the order of the values, without resampling.

A quantile lies between two of the sorted values whose ranks the binomial law gives, whatever the values look like; where
so few values have no such rank, that end is None. Spreads that are made of two quantiles take the width of each from its
ranks, and what two quantiles of one sample have in common by its known formula. MAD takes the ranks of the distances from
the median; the geometric spread and Gini the variance of their own terms.
"""
from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from metrics.engine.engines import DuckDBEngine
from metrics.engine.metric import Metric

if TYPE_CHECKING:
    from metrics.engine.query import Base

Z = 1.959964
QUANTILES = {"p25": 0.25, "p75": 0.75, "p90": 0.9, "p95": 0.95}
Ends = tuple[float | None, float | None]


def add_intervals(engine: DuckDBEngine, metric: Metric, rows: Base, labels: list[str], result: list[dict[str, Any]]) -> None:
    """`interval` of the value for each row of an answer; for durations also `intervals` of their quantiles."""
    if metric.kind == "duration":
        asked = metric.headline
        counted = {tuple(row[label] for label in labels): row["tickets"] for row in result}
        found = _quantiles(engine, rows, (asked, *QUANTILES.values()), counted=counted)
        for row in result:
            ends = found.get(tuple(row[label] for label in labels), {})
            row["interval"] = list(ends.get(asked, (None, None)))
            row["intervals"] = {name: list(ends.get(p, (None, None))) for name, p in QUANTILES.items()}
        return
    found = {"iqr": _difference, "quartile_dispersion": _dispersion, "mad": _distance, "geometric_sd": _factor, "gini": _gini, "tail_ratio": _tail}[metric.name](engine, rows)
    for row in result:
        row["interval"] = [None if e is None or row["value"] is None else round(e, 6) for e in found.get(tuple(row[label] for label in labels), (None, None))]


# --- ranks -------------------------------------------------------------------------------------------------------------
@lru_cache(maxsize=100_000)
def ranks(n: int, p: float) -> tuple[int | None, int | None]:
    """The ranks, from 1, between which the quantile lies with at least 95 %, 2.5 % beyond either end; None where there is none."""
    low, high, below = None, None, 0.0
    spread = 8 * math.sqrt(n * p * (1 - p)) + 8
    for k in range(max(0, int(n * p - spread)), min(n, int(n * p + spread)) + 1):
        below += math.exp(math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) + k * math.log(p) + (n - k) * math.log1p(-p))   # P(at most k below it)
        if below <= 0.025:
            low = k + 1
        if high is None and 1 - below <= 0.025 and k + 1 <= n:
            high = k + 1
    return low, high


def _quantiles(engine: DuckDBEngine, rows: Base, shares: tuple[float, ...], value: str = "v", counted: dict[tuple, int] | None = None) -> dict[tuple, dict[float, Ends]]:
    """Group -> quantile -> its ends among the sorted values. counted: how many values each group has, where that is known already."""
    dims = "".join(d + ", " for d in rows.dims)
    part = f"partition by {', '.join(rows.dims)}" if rows.dims else ""
    values = f"select {dims}{value} as v from ({_with_median(rows, part) if 'med' in value else rows.sql}) as r where v is not null"
    return _picked(engine, rows, values, rows.dims, shares, counted)


def _picked(engine: DuckDBEngine, rows: Base, values: str, dims: list[str], shares: tuple[float, ...],
            counted: dict[tuple, int] | None = None) -> dict[tuple, dict[float, Ends]]:
    listed = "".join(d + ", " for d in dims)
    part = f"partition by {', '.join(dims)}" if dims else ""
    if counted is None:
        group = f" group by {', '.join(dims)}" if dims else ""
        counted = {tuple(map(_plain, row[:-1])): row[-1] for row in engine.query(f"select {listed}count(v) from ({values}) as c{group}", rows.params)[1]}
    wanted = {(n, p): ranks(n, p) for n in set(counted.values()) if n for p in shares}
    places = sorted({(n, k) for (n, _), ends in wanted.items() for k in ends if k})
    if not places:
        return {}
    pairs = ", ".join(f"({n}, {k})" for n, k in places)
    sql = (f"select {listed}k, v from (select {listed}v, row_number() over ({part} order by v) as rn, count(*) over ({part}) as n from ({values}) as c) as s "
           f"join (select * from (values {pairs}) as w(members, k)) as w on w.members = s.n and w.k = s.rn")
    at: dict[tuple, dict[int, float]] = {}
    for *keys, k, v in engine.query(sql, rows.params)[1]:
        at.setdefault(tuple(map(_plain, keys)), {})[k] = v
    return {key: {p: tuple(at[key].get(k) if k else None for k in wanted[n, p]) for p in shares} for key, n in counted.items() if key in at}   # type: ignore[misc]


def _with_median(rows: Base, part: str) -> str:
    return f"select *, @quantile(v, 0.5) over ({part}) as med from ({rows.sql}) as m"


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _estimates(engine: DuckDBEngine, rows: Base, figures: list[str], source: str | None = None) -> dict[tuple, tuple]:
    """Group -> these figures."""
    dims = "".join(d + ", " for d in rows.dims)
    group = f" group by {', '.join(rows.dims)}" if rows.dims else ""
    found = engine.query(f"select {dims}{', '.join(figures)} from ({source or rows.sql}) as e{group}", rows.params)[1]
    return {tuple(map(_plain, row[:len(rows.dims)])): row[len(rows.dims):] for row in found}


# --- spreads of two quantiles ------------------------------------------------------------------------------------------
def common(p: float, q: float) -> float:
    """Correlation of two quantiles of one sample, p < q."""
    return math.sqrt(p * (1 - q) / (q * (1 - p)))


def _error(low: float | None, high: float | None) -> float | None:
    return None if low is None or high is None else (high - low) / (2 * Z)


def _both(a: float | None, b: float | None, share: float) -> float | None:
    """Standard error of the difference of two estimates that have this correlation."""
    return None if a is None or b is None else math.sqrt(max(a * a + b * b - 2 * share * a * b, 0.0))


def _around(value: float, error: float) -> Ends:
    """The interval of what cannot fall below 0, by its relative error; none where it would say nothing."""
    return (None, None) if Z * error > 10 else (value * math.exp(-Z * error), value * math.exp(Z * error))


def _log(ends: Ends) -> Ends:
    low, high = (math.log(e) if e else None for e in ends)
    return low, high


def _difference(engine: DuckDBEngine, rows: Base) -> dict[tuple, Ends]:
    """Third less first quartile; on the scale of its logarithm, as it cannot fall below 0."""
    values = _estimates(engine, rows, ["@quantile(v, 0.75) - @quantile(v, 0.25)"])
    result: dict[tuple, Ends] = {}
    for key, at in _quantiles(engine, rows, (0.25, 0.75)).items():
        error, (value,) = _both(_error(*at[0.25]), _error(*at[0.75]), common(0.25, 0.75)), values[key]
        result[key] = (None, None) if error is None or not value else _around(value, error / value)
    return result


def _dispersion(engine: DuckDBEngine, rows: Base) -> dict[tuple, Ends]:
    """(Q3 - Q1) / (Q3 + Q1) rises with Q3 / Q1, so the interval of that ratio carries over."""
    values = _estimates(engine, rows, ["@quantile(v, 0.25)", "@quantile(v, 0.75)"])
    result: dict[tuple, Ends] = {}
    for key, at in _quantiles(engine, rows, (0.25, 0.75)).items():
        error, (first, third) = _both(_error(*_log(at[0.25])), _error(*_log(at[0.75])), common(0.25, 0.75)), values[key]
        if error is None or not first:
            result[key] = None, None
        else:
            ratio = math.log(third / first)
            result[key] = math.tanh(max(ratio - Z * error, 0) / 2), math.tanh((ratio + Z * error) / 2)
    return result


def _tail(engine: DuckDBEngine, rows: Base) -> dict[tuple, Ends]:
    """p90 / p50 of each kind of contact, weighted by their number as the value is; cells err independently."""
    from metrics.engine.query import P90_NEEDS, alike
    cells = [*rows.dims, "reason", "queue", "channel"]
    values = f"select {', '.join(cells)}, v from ({alike(rows)}) as r where v is not null"
    counted = engine.query(f"select {', '.join(cells)}, count(v), @quantile(v, 0.5), @quantile(v, 0.9) from ({values}) as c group by {', '.join(cells)}", rows.params)[1]
    at = _picked(engine, rows, values, cells, (0.5, 0.9))
    sums: dict[tuple, list[float]] = {}
    for *keys, n, p50, p90 in counted:
        if n < P90_NEEDS or not p50:
            continue
        key = tuple(map(_plain, keys))
        error = _both(_error(*_log(at[key][0.5])), _error(*_log(at[key][0.9])), common(0.5, 0.9))
        total = sums.setdefault(key[:len(rows.dims)], [0.0, 0.0, 0.0])
        total[0] += n
        total[1] += n * p90 / p50
        total[2] += (n * p90 / p50 * error) ** 2 if error is not None else math.inf
    result: dict[tuple, Ends] = {}
    for key, (n, weighted, variance) in sums.items():
        value, error = weighted / n, math.sqrt(variance) / n
        result[key] = _around(value, error / value)
    return result


# --- spreads of all values ---------------------------------------------------------------------------------------------
def _distance(engine: DuckDBEngine, rows: Base) -> dict[tuple, Ends]:
    """1.4826 times the median distance from the median: the ranks of the distances, and what the median itself adds where
    values lie denser on one side of it than on the other."""
    part = f"partition by {', '.join(rows.dims)}" if rows.dims else ""
    known = f"select * from ({_with_median(rows, part)}) as k where v is not null"
    wide = (f"select *, abs(v - med) - dev as beyond, sign(v - med) as side, dev / pow(count(*) over ({part}), 0.2) as near "
            f"from (select *, @quantile(abs(v - med), 0.5) over ({part}) as dev from ({known}) as k) as d")
    figures = ["max(dev)", "@countif(abs(v - med - dev) <= near)", "@countif(abs(med - dev - v) <= near)", "@countif(abs(v - med) <= near)", "avg(sign(beyond) * side)"]
    ends = _quantiles(engine, rows, (0.5,), "abs(v - med)")
    result: dict[tuple, Ends] = {}
    for key, (dev, above, below, middle, both) in _estimates(engine, rows, figures, wide).items():
        error = _error(*ends[key][0.5]) if key in ends else None
        if error is None or not dev or not middle:
            result[key] = tuple(None if e is None else 1.4826 * e for e in ends.get(key, {}).get(0.5, (None, None)))   # type: ignore[assignment]
            continue
        lean = (above - below) / middle
        error *= math.sqrt(max(1 + lean * lean - 2 * lean * both, 0.25)) / dev
        result[key] = _around(1.4826 * dev, error)
    return result


def _factor(engine: DuckDBEngine, rows: Base) -> dict[tuple, Ends]:
    """The standard deviation of logarithms, its own error from their fourth moment."""
    part = f"partition by {', '.join(rows.dims)}" if rows.dims else ""
    centred = f"select *, ln(v) - avg(ln(v)) over ({part}) as u from ({rows.sql}) as m where v > 0"
    result: dict[tuple, Ends] = {}
    for key, (n, sd, fourth) in _estimates(engine, rows, ["count(*)", "stddev_samp(u)", "avg(u * u * u * u)"], centred).items():
        if not sd:
            result[key] = None, None
        else:
            error = math.sqrt(max(fourth / sd**4 - 1, 0) / (4 * n))
            low, high = _around(sd, error)
            result[key] = None if low is None else math.exp(low), None if high is None or high > 50 else math.exp(high)
    return result


def _gini(engine: DuckDBEngine, rows: Base) -> dict[tuple, Ends]:
    """The mean of its terms, with their variance, widened by their skewness: without it a few long tickets, or their absence,
    make the interval too narrow. Of 120 contacts it holds the truth 94 times in 100 where the geometric spread is 2.7, 88 where it is 4.5."""
    dims = "".join(d + ", " for d in rows.dims)
    part = f"partition by {', '.join(rows.dims)} " if rows.dims else ""
    sorted_ = (f"select {dims}cast(v as double) as v, row_number() over ({part}order by v) as rn, count(*) over ({part}) as n, "
               f"sum(cast(v as double)) over ({part}order by v rows between unbounded preceding and current row) as upto from ({rows.sql}) as m where v is not null")
    known = f"select *, avg(v) over ({part}) as mean, sum((2 * rn - n - 1) * v) over ({part}) / nullif(n * sum(v) over ({part}), 0) as g from ({sorted_}) as s"
    terms = f"select {dims}n, g, (((2 * rn - 1) * v - 2 * upto) / n - (g + 1) * v) / nullif(mean, 0) as z from ({known}) as k"
    result: dict[tuple, Ends] = {}
    for key, (n, gini, mean, variance, third) in _estimates(engine, rows, ["max(n)", "max(g)", "avg(z)", "var_pop(z)", "avg(z * z * z)"], terms).items():
        if not variance or n < 2:
            result[key] = None, None
            continue
        skew = (third - 3 * mean * variance - mean**3) / variance**1.5
        error, centre = math.sqrt(variance / n) * (1 + abs(skew) / math.sqrt(n)), gini * n / (n - 1)
        result[key] = max(centre - Z * error, 0.0), min(centre + Z * error, 1.0)
    return result
