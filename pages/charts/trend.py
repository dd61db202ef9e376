"""Trends: a number from week to week, with its usual range where there is one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import Any

import plotly.graph_objects as go

from metrics.brief.sentences import day_of
from metrics.engine.limits import Point
from metrics.engine.metric import Metric
from pages.charts import style
from pages.parts import words


def by_week(rows: Sequence[dict[str, Any]], noun: str, partial: date | None, colours: style.Look) -> go.Figure:
    """Bars of a count per week; the week that has not ended is hatched and not compared."""
    known = sorted((r for r in rows if r["week"]), key=lambda r: r["week"])
    is_partial = [partial is not None and date.fromisoformat(r["week"]) >= partial for r in known]
    fig = style.figure(_finding(known, is_partial, noun), f"{noun} by week", colours, height=240)
    fig.add_bar(
        x=[r["week"] for r in known],
        y=[r["value"] for r in known],
        marker={"color": [colours.greys[1] if p else colours.accent for p in is_partial], "pattern": {"shape": ["/" if p else "" for p in is_partial], "fgcolor": colours.quiet}},
        customdata=[[words.week(r["week"]), words.count(r["value"]), " so far" if p else ""] for r, p in zip(known, is_partial, strict=True)],
        hovertemplate="Week of %{customdata[0]}<br>%{customdata[1]}%{customdata[2]}<extra></extra>",
    )
    fig.update_layout(bargap=0.25)
    fig.update_yaxes(title=f"{noun} a week", tickformat=",.0f", rangemode="tozero")
    fig.update_xaxes(tickformat="%-d %b", showgrid=False)
    return fig


def spark(metric: Metric, points: Sequence[Point], colours: style.Look) -> go.Figure:
    """The weeks that led to a number, small: grey, on the band of what was usual, with the weeks outside it marked."""
    fig = style.figure("", f"{metric.label}, the last {len(points)} weeks", colours, height=68)
    weeks = [p.week.isoformat() for p in points]
    judged = [p for p in points if p.usual]
    for bound, fill in (("high", None), ("low", "tonexty")):
        fig.add_scatter(
            x=[p.week.isoformat() for p in judged],
            y=[getattr(p.usual, bound) for p in judged],
            mode="lines",
            line={"width": 0, "shape": "hv"},
            fill=fill,
            fillcolor=colours.band,
            hoverinfo="skip",
        )
    told = [[words.week(p.week), words.value(metric, p.value), words.count(p.row["tickets"]), " so far" if p.is_partial else ""] for p in points]
    fig.add_scatter(
        x=weeks,
        y=[p.value for p in points],
        mode="lines+markers",
        line={"width": 1.8, "color": colours.quiet},
        marker={"size": 8, "color": style.UNSEEN},
        customdata=told,
        hovertemplate="Week of %{customdata[0]}<br><b>%{customdata[1]}</b>%{customdata[3]}, %{customdata[2]} contacts<extra></extra>",
    )
    style.opens(fig, [{"metric": metric.name, "week": p.week.isoformat()} for p in points])
    outside = [p for p in points if p.side and metric.better != "neither"]
    worse = "above" if metric.better == "lower" else "below"
    fig.add_scatter(
        x=[p.week.isoformat() for p in outside],
        y=[p.value for p in outside],
        mode="markers",
        hoverinfo="skip",
        marker={"size": 6, "color": [colours.warning if p.side == worse else colours.accent for p in outside]},
    )
    if points and points[-1].value is not None:
        last = points[-1]
        fig.add_scatter(
            x=weeks[-1:],
            y=[last.value],
            mode="markers",
            hoverinfo="skip",
            marker={
                "size": 8,
                "color": colours.ink if not last.side else colours.warning if last.side == worse else colours.accent,
                "symbol": "circle-open" if last.is_partial else "circle",
            },
        )
    fig.update_layout(margin={"l": 2, "r": 6, "t": 4, "b": 2})
    known = [p.value for p in points if p.value] + [bound for p in judged for bound in (p.usual.low, p.usual.high)]
    if metric.unit == "seconds" and known and min(known) > 0:
        fig.update_yaxes(type="log", range=[math.log10(min(known)) - 0.05, math.log10(max(known)) + 0.05])
    fig.update_xaxes(visible=False)
    fig.update_yaxes(visible=False)
    return fig


def next_days(rows: Sequence[dict[str, Any]], finding: str, colours: style.Look) -> go.Figure:
    """The expected contacts of the days to come, each with the range that holds 8 times of 10."""
    fig = style.figure(finding, finding, colours, height=190)
    names = [f"{on:%a} {on.day} {on:%b}" for on in (day_of(r["on"]) for r in rows)]
    reach = {"type": "data", "symmetric": False, "array": [r["high"] - r["expected"] for r in rows], "arrayminus": [r["expected"] - r["low"] for r in rows]}
    fig.add_bar(
        x=names,
        y=[r["expected"] for r in rows],
        marker={"color": [colours.greys[2] if r["is_closed"] else colours.greys[1] for r in rows]},
        error_y={**reach, "color": colours.quiet, "thickness": 1.2, "width": 4},
        customdata=[[words.count(round(r["expected"])), words.count(round(r["low"])), words.count(round(r["high"]))] for r in rows],
        hovertemplate="%{x}<br>%{customdata[0]} expected, %{customdata[1]} to %{customdata[2]}<extra></extra>",
    )
    fig.update_yaxes(title="Contacts a day", tickformat=",.0f", rangemode="tozero", dtick=1 if max((r["high"] for r in rows), default=0) <= 5 else None)
    fig.update_xaxes(showgrid=False, type="category")
    return fig


def _finding(known: Sequence[dict[str, Any]], is_partial: Sequence[bool], noun: str) -> str:
    full = sorted(r["value"] for r, p in zip(known, is_partial, strict=True) if not p)
    if not full:
        return f"{noun}: no full week in this scope"
    if len(full) == 1:
        return f"{noun}: {words.count(full[0])} in the one full week"
    return f"{noun}: {words.count(full[len(full) // 2])} in a usual week, never below {words.count(full[0])} nor above {words.count(full[-1])}"
