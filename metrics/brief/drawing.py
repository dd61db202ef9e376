"""Small drawings as SVG, made of numbers only: a line of weeks on its usual range, a bar of a hundred hours."""
from __future__ import annotations

import math
from collections.abc import Sequence

from metrics.engine.limits import Point
from metrics.engine.metric import Metric

INK, QUIET, BAND, ACCENT, WARNING = "#1B2430", "#6B7785", "#E9ECEF", "#24598C", "#C2600D"
BINS = {"queue": ("waiting in a queue", "#C2600D"), "held": ("held, nobody acting", "#EBB888"), "touched": ("being worked", "#24598C"),
        "customer": ("waiting for the customer", "#8592A0"), "others": ("waiting for others", "#B7C1CB")}
WIDE, HIGH = 160, 34


def line(metric: Metric, points: Sequence[Point], is_worse: bool | None) -> str:
    """The weeks that led to a number; empty where there are fewer than two."""
    known = [p for p in points if p.value is not None]
    if len(known) < 2:
        return ""
    log = metric.unit == "seconds" and min(p.value for p in known) > 0
    bounds = [b for p in known if p.usual for b in (p.usual.low, p.usual.high) if b > 0 or not log]
    scaled = [math.log(v) if log else v for v in (*(p.value for p in known), *bounds)]
    low, high = min(scaled), max(scaled)

    def y(value: float) -> float:
        value = math.log(max(value, 1e-9)) if log else value
        return round(HIGH - 4 - (max(low, value) - low) / ((high - low) or 1) * (HIGH - 8), 1)

    def x(place: int) -> float:
        return round(3 + place * (WIDE - 8) / (len(known) - 1), 1)

    judged = [(i, p.usual) for i, p in enumerate(known) if p.usual]
    band = " ".join([*(f"{x(i)},{y(u.high)}" for i, u in judged), *(f"{x(i)},{y(u.low)}" for i, u in reversed(judged))])
    weeks = " ".join(f"{x(i)},{y(p.value)}" for i, p in enumerate(known))
    last = INK if is_worse is None else WARNING if is_worse else ACCENT
    dot = f'<circle cx="{x(len(known) - 1)}" cy="{y(known[-1].value)}" r="2.6" fill="{last}"/>'
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}" width="{WIDE}" height="{HIGH}" role="img" aria-label="the last {len(known)} weeks">'
            + (f'<polygon points="{band}" fill="{BAND}"/>' if judged else "")
            + f'<polyline points="{weeks}" fill="none" stroke="{QUIET}" stroke-width="1.4"/>{dot}</svg>')


def names(unseen: bool) -> dict[str, str]:
    """What the parts of the bar are called. unseen: nobody knows whether those who held a contact acted."""
    return {name: label for name, (label, _) in BINS.items()} | ({"held": "held by somebody"} if unseen else {})


def hundred(parts: dict[str, float]) -> str:
    """A bar of a hundred hours; empty where no hours were lived."""
    if not parts:
        return ""
    drawn, at = [], 0.0
    for name, (_, colour) in BINS.items():
        share = parts.get(name, 0.0)
        drawn.append(f'<rect x="{6 * at:.1f}" y="0" width="{6 * share:.1f}" height="16" fill="{colour}"/>')
        if share >= 4:
            ink = "#1B2430" if name in ("held", "others") else "#FFFFFF"
            drawn.append(f'<text x="{6 * (at + share / 2):.1f}" y="12" font-size="10" font-family="sans-serif" text-anchor="middle" fill="{ink}">{share:.0f}</text>')
        at += share
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 16" width="600" height="16" role="img" aria-label="where each 100 hours went">{"".join(drawn)}</svg>'
