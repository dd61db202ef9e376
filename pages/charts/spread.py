"""Spread: how far apart contacts of the same kind lie, over time and side by side."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import plotly.graph_objects as go

from metrics.engine.limits import WEEK
from pages.charts import style
from pages.parts import words

TALLEST = 14  # groups drawn side by side; the table has the rest
TOLD = (
    "%{customdata[0]}<br>median %{customdata[1]}<br>middle half %{customdata[2]} to %{customdata[3]}"
    "<br>9 of 10 within %{customdata[4]}<br>%{customdata[5]} contacts<extra></extra>"
)
DRAWN_FROM = 20  # contacts below which quarters of a group mean nothing


def over_time(rows: Sequence[dict[str, Any]], partial: date | None, colours: style.Look) -> go.Figure:
    """Weeks of a duration: the band in which 8 of 10 lie, the middle half in it, and the median. partial: the week that has not ended."""
    known = [r for r in rows if r["p50"] is not None]
    full = [r for r in known if partial is None or date.fromisoformat(r["week"]) < partial]
    fig = style.figure(
        _time_finding(full),
        "Resolution time by week of settling: median, middle half, and the band from the fast tenth to the slow one",
        colours,
        height=330,
        legend=True,
    )
    weeks = [r["week"] for r in full]
    for low, high, fill, name in (("p10", "p90", colours.accent_faint, "8 of 10 (fast tenth to slow tenth)"), ("p25", "p75", colours.accent_mild, "Middle half")):
        for i, run in enumerate(_runs(full, low, high)):
            of = {"x": [r["week"] for r in run], "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
            fig.add_scatter(y=[r[high] for r in run], showlegend=False, **of)
            fig.add_scatter(y=[r[low] for r in run], fill="tonexty", fillcolor=fill, name=name, showlegend=i == 0, **of)
    hover = [[words.week(r["week"]), *(words.duration(r[q]) for q in ("p50", "p25", "p75", "p10", "p90")), words.count(r["contacts"])] for r in full]
    fig.add_scatter(
        x=weeks,
        y=[r["p50"] for r in full],
        mode="lines+markers",
        marker={"size": 5},
        line={"color": colours.accent, "width": 2.5},
        name="Median",
        customdata=hover,
        hovertemplate="Week of %{customdata[0]}<br>median %{customdata[1]}<br>middle half %{customdata[2]} to %{customdata[3]}<br>8 of 10 %{customdata[4]} to %{customdata[5]}"
        "<br>%{customdata[6]} contacts<extra></extra>",
    )
    style.opens(fig, [{"metric": "resolution_time", "week": r["week"]} for r in full])
    fig.add_scatter(
        x=weeks,
        y=[r["p90"] for r in full],
        mode="lines+markers",
        marker={"size": 3.5},
        line={"color": colours.warning, "width": 2, "dash": "dot"},
        name="9 of 10 settled within",
        hoverinfo="skip",
    )
    running = [r for r in known if r not in full]
    if running:
        fig.add_scatter(
            x=[r["week"] for r in running],
            y=[r["p50"] for r in running],
            mode="markers",
            name="Week so far (not compared)",
            marker={"symbol": "circle-open", "size": 9, "color": colours.quiet},
            hovertemplate="Week so far<extra></extra>",
        )
    tops = [v for r in known for v in (r["p90"], r["p75"], r["p50"]) if v]
    fig.update_yaxes(title="Resolution time, log scale", **style.log_durations(min((v for r in full for v in (r["p10"], r["p25"]) if v), default=60), max(tops, default=3600)))
    fig.update_xaxes(title="Week of settling", tickformat="%-d %b", showgrid=False)
    return fig


def _runs(rows: Sequence[dict[str, Any]], *told: str) -> list[list[dict[str, Any]]]:
    """The weeks that tell all of these, cut where a week between them does not: a band over a gap would be made up."""
    runs: list[list[dict[str, Any]]] = []
    before: date | None = None
    for row in rows:
        if all(row[name] is not None for name in told):
            week = date.fromisoformat(row["week"])
            if before is None or week - before > WEEK:
                runs.append([])
            runs[-1].append(row)
            before = week
    return runs


def waits(rows: Sequence[dict[str, Any]], partial: date | None, colours: style.Look) -> go.Figure:
    """Weeks of time in queue: half, three of four, nine of ten taken within."""
    full = [r for r in rows if r["week"] and r["value"] is not None and (partial is None or date.fromisoformat(r["week"]) < partial)]
    usual = _middle([r["value"] for r in full]) if full else None
    course = (
        "Nobody took anything here in these weeks"
        if usual is None
        else "In a usual week half is taken at once"
        if usual < 60
        else f"In a usual week half is taken within {words.duration(usual)}"
    )
    fig = style.figure(course, "Time in queue by week", colours, height=240, legend=True)
    weeks = [r["week"] for r in full]
    for name, key, line in (
        ("Half taken within", "value", {"color": colours.accent, "width": 2.5}),
        ("3 of 4", "p75", {"color": colours.accent_soft, "width": 2}),
        ("9 of 10", "p90", {"color": colours.warning, "width": 2, "dash": "dot"}),
    ):
        fig.add_scatter(
            x=weeks,
            y=[r[key] for r in full],
            name=name,
            line=line,
            mode="lines+markers",
            marker={"size": 5},
            customdata=[[words.week(r["week"]), words.duration(r[key]), words.count(r["tickets"])] for r in full],
            hovertemplate=f"Week of %{{customdata[0]}}<br>{name}: %{{customdata[1]}}<br>%{{customdata[2]}} taken<extra></extra>",
        )
        style.opens(fig, [{"metric": "time_in_queue", "week": r["week"]} for r in full])
    tops = [v for r in full for v in (r["p90"], r["p75"], r["value"]) if v]
    fig.update_yaxes(title="Time in queue", **style.linear_durations(max(tops, default=3600)))
    fig.update_xaxes(tickformat="%-d %b", showgrid=False)
    return fig


def kept(rows: Sequence[dict[str, Any]], partial: date | None, colours: style.Look) -> go.Figure:
    """Weeks of the promise to customers: the share of contacts settled within it."""
    full = [r for r in rows if r["week"] and r["value"] is not None and (partial is None or date.fromisoformat(r["week"]) < partial)]
    fig = style.figure(_kept_finding(full), "Share of contacts settled within the promised time, by week of arrival", colours, height=230)
    fig.add_scatter(
        x=[r["week"] for r in full],
        y=[100 * r["value"] for r in full],
        mode="lines+markers",
        line={"color": colours.accent, "width": 2.4},
        marker={"size": 6},
        customdata=[[words.week(r["week"]), words.share(r["value"]), words.count(r["tickets"])] for r in full],
        hovertemplate="Week of %{customdata[0]}<br>%{customdata[1]} kept, of %{customdata[2]} that are due<extra></extra>",
    )
    style.opens(fig, [{"metric": "promise_kept", "week": r["week"]} for r in full])
    fig.update_yaxes(ticksuffix=" %", range=[max(0, 100 * min((r["value"] for r in full), default=0) - 10), 101], title="Promise kept")
    fig.update_xaxes(title="Week of arrival", tickformat="%-d %b", showgrid=False)
    return fig


def side_by_side(rows: Sequence[dict[str, Any]], by: str, colours: style.Look) -> go.Figure:
    """One bar per group from its quarter to its three-quarter point, a line to 9 of 10, a mark at the median; the widest first."""
    known = [r for r in rows if r["value"] is not None and r["tickets"] >= DRAWN_FROM]
    known.sort(key=lambda r: (r["p90"] is None, -(r["p90"] or r["p75"])))
    shown = known[:TALLEST]
    fig = style.figure(
        _side_finding(known, by),
        f"Resolution time by {by}: middle half, median and the time 9 of 10 were settled within",
        colours,
        height=86 + 30 * max(len(shown), 1),
        legend=True,
    )
    if not shown:
        return fig   # said in the finding; axes without a bar say nothing more
    names = [f"{style.short(r[by])}  <span style='color:{colours.quiet}'>{words.count(r['tickets'])}</span>" for r in shown]
    floor = 30.0
    for r, name in zip(shown, names, strict=True):
        if r["p90"] is not None:
            fig.add_scatter(
                x=[max(r["p75"], floor), max(r["p90"], floor)], y=[name, name], mode="lines", line={"color": colours.warning, "width": 2}, showlegend=False, hoverinfo="skip"
            )
    for r, name in zip(shown, names, strict=True):
        fig.add_scatter(
            x=[max(r["p25"], floor), max(r["p75"], floor)], y=[name, name], mode="lines", line={"color": colours.accent_soft, "width": 13}, showlegend=False, hoverinfo="skip"
        )
    hover = [
        [
            style.NONE if r[by] is None else str(r[by]),
            words.duration(r["value"]),
            words.duration(r["p25"]),
            words.duration(r["p75"]),
            words.duration(r["p90"]) if r["p90"] is not None else f"at least {words.duration(r['p75'])}",
            words.count(r["tickets"]),
        ]
        for r in shown
    ]
    ways = [{"metric": "resolution_time", by: style.NONE if r[by] is None else str(r[by])} for r in shown]
    told = "<b>" + TOLD.replace("<br>", "</b><br>", 1)
    fig.add_scatter(x=[None], y=[None], mode="lines", line={"color": colours.accent_soft, "width": 11}, name="Middle half")
    fig.add_scatter(
        x=[max(r["value"], floor) for r in shown],
        y=names,
        mode="markers",
        name="Median",
        customdata=hover,
        hovertemplate=told,
        marker={"symbol": "line-ns", "size": 15, "line": {"color": colours.ink, "width": 2.5}},
    )
    style.opens(fig, ways)
    fig.add_scatter(
        x=[max(r["p90"], floor) if r["p90"] is not None else None for r in shown],
        y=names,
        mode="markers",
        name="9 of 10 settled within",
        marker={"symbol": "circle", "size": 9, "color": colours.warning},
        customdata=hover,
        hovertemplate=told,
    )
    style.opens(fig, ways)
    tops = [r["p90"] or r["p75"] for r in shown]
    lows = [r["p25"] for r in shown]
    fig.update_xaxes(title="Resolution time, log scale", **style.log_durations(min(lows, default=60), max(tops, default=3600)))
    fig.update_yaxes(autorange="reversed", showgrid=False, tickfont={"color": colours.ink, "size": 13}, type="category")
    return fig


def _time_finding(full: Sequence[dict[str, Any]]) -> str:
    told = [r for r in full if r["p90"] is not None and r["p50"]]
    if len(told) < 2:
        return "Too few full weeks to see a course"
    usual, worst = _middle([r["p90"] for r in told]), max(told, key=lambda r: r["p90"])
    if worst["p90"] > 3 * usual:
        return f"9 of 10 are usually settled within {words.duration(usual)}; in the week of {words.day(date.fromisoformat(worst['week']))} it took {words.duration(worst['p90'])}"
    half = max(len(told) // 2, 1)
    before, after = _middle([r["p90"] for r in told[:half]]), _middle([r["p90"] for r in told[-half:]])
    ratio = after / before if before else 1
    course = "was about the same in both halves of the period" if 0.8 <= ratio <= 1.25 else f"went from about {words.duration(before)} to {words.duration(after)}"
    return f"The time 9 of 10 were settled within {course}"


def _side_finding(known: Sequence[dict[str, Any]], by: str) -> str:
    told = [r for r in known if r["p90"]]
    if len(told) < 2:
        return f"Too few contacts per {by} to compare"
    widest, narrowest = told[0], told[-1]
    return f"9 of 10 are settled within {words.duration(narrowest['p90'])} in {narrowest[by] or '(none)'}, and within {words.duration(widest['p90'])} in {widest[by] or '(none)'}"


def _kept_finding(full: Sequence[dict[str, Any]]) -> str:
    if not full:
        return "Whether promises were kept cannot be said: no full week with contacts that are due"
    worst, usual = min(full, key=lambda r: r["value"]), _middle([r["value"] for r in full])
    return f"In a usual week {words.share(usual)} were settled as promised, in the worst, of {words.day(date.fromisoformat(worst['week']))}, {words.share(worst['value'])}"


def _middle(values: Sequence[float]) -> float:
    ordered = sorted(values)
    return ordered[len(ordered) // 2]
