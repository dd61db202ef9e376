"""Routes: the ways through the queues by their time, and what each side of the vendor border solves for good."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from pages.charts import style
from pages.parts import words

MOST, LOOPS = 9, 4  # the commonest, and the commonest loops that are not among them


def ways(rows: Sequence[dict[str, Any]], colours: style.Look) -> go.Figure:
    """The commonest routes: median and 9-of-10 of each; loops told apart."""
    known = [r for r in rows if r["contacts"] and r["median_seconds"] is not None]
    shown = known[:MOST] + [r for r in known[MOST:] if r["is_loop"]][:LOOPS]
    fig = style.figure(_ways_finding(rows), "The commonest routes through the queues by resolution time", colours, height=92 + 30 * max(len(shown), 1), legend=True)
    names = [f"{style.short(r['route'], 44)}  <span style='color:{colours.quiet}'>{words.count(r['contacts'])}</span>" for r in shown]
    told = [[r["route"], words.duration(r["median_seconds"]), words.duration(r["p90_seconds"]), words.count(r["contacts"])] for r in shown]
    hover = "<b>%{customdata[0]}</b><br>half within %{customdata[1]}, 9 of 10 within %{customdata[2]}<br>%{customdata[3]} contacts<extra></extra>"
    for r, name in zip(shown, names, strict=True):
        if r["p90_seconds"]:
            reach = [max(r["median_seconds"], 60), r["p90_seconds"]]
            fig.add_scatter(x=reach, y=[name, name], mode="lines", line={"color": colours.greys[1], "width": 3}, hoverinfo="skip", showlegend=False)
    for loop, label, colour in ((False, "Straight on: half within", colours.accent), (True, "With a loop: half within", colours.warning)):
        own = [i for i, r in enumerate(shown) if r["is_loop"] == loop]
        fig.add_scatter(
            x=[max(shown[i]["median_seconds"], 60) for i in own],
            y=[names[i] for i in own],
            mode="markers",
            name=label,
            marker={"size": 11, "color": colour, "symbol": "diamond" if loop else "circle"},
            customdata=[told[i] for i in own],
            hovertemplate=hover,
        )
        style.opens(fig, [{"list": "route", "route": shown[i]["route"]} for i in own])
    fig.add_scatter(
        x=[r["p90_seconds"] for r in shown],
        y=names,
        mode="markers",
        name="9 of 10 within",
        marker={"size": 12, "color": colours.quiet, "symbol": "line-ns-open"},
        customdata=told,
        hovertemplate=hover,
    )
    tops = [r["p90_seconds"] or r["median_seconds"] for r in shown]
    fig.update_xaxes(title="Resolution time, log scale", **style.log_durations(min((r["median_seconds"] for r in shown), default=60), max(tops, default=3600)))
    fig.update_yaxes(autorange="reversed", showgrid=False, tickfont={"color": colours.ink, "size": 12.5}, type="category", categoryorder="array", categoryarray=names)
    return fig


def border(rows: Sequence[dict[str, Any]], colours: style.Look) -> go.Figure:
    """The share each side and team solved for good, on the mix of all, beside the plain one with its interval."""
    shown = [r for r in rows if r["lasting_share"] is not None and r["judged"]]
    fig = style.figure(_border_finding(rows), "Share of contacts solved for good by side and team", colours, height=92 + 32 * max(len(shown), 1), legend=True)
    names = [style.short(r["side"] if r["level"] == "side" else r["team"], 30) + (" (side)" if r["level"] == "side" else "") for r in shown]
    fig.add_scatter(
        x=[100 * r["lasting_share"] for r in shown],
        y=names,
        mode="markers",
        name="Solved for good, with its interval",
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [100 * (r["lasting_high"] - r["lasting_share"]) for r in shown],
            "arrayminus": [100 * (r["lasting_share"] - r["lasting_low"]) for r in shown],
            "color": colours.quiet,
            "thickness": 1.4,
            "width": 4,
        },
        marker={"size": 10, "color": [colours.warning if r["side"] != "(in house)" else colours.accent for r in shown]},
        customdata=[[words.share(r["lasting_share"]), words.count(r["judged"])] for r in shown],
        hovertemplate="<b>%{y}</b><br>%{customdata[0]} of %{customdata[1]} judged<extra></extra>",
    )
    style.opens(fig, [_had(r) for r in shown])
    adjusted = [(100 * r["lasting_adjusted"], name) for r, name in zip(shown, names, strict=True) if r["lasting_adjusted"] is not None]
    fig.add_scatter(
        x=[x for x, _ in adjusted],
        y=[y for _, y in adjusted],
        mode="markers",
        name="On the mix of all",
        marker={"size": 11, "symbol": "diamond-open", "color": colours.ink, "line": {"width": 1.8}},
        hovertemplate="<b>%{y}</b><br>on the mix of all: %{x:.0f} %<extra></extra>",
    )
    style.opens(fig, [_had(r) for r in shown if r["lasting_adjusted"] is not None])
    fig.update_xaxes(title="Solved for good: kept, never reopened, nobody back within 7 days", ticksuffix=" %", range=[0, 102])
    fig.update_yaxes(autorange="reversed", showgrid=False, tickfont={"color": colours.ink, "size": 13}, type="category")
    return fig


def _had(row: dict[str, Any]) -> dict[str, str]:
    return {"list": "held", "place": row["level"], "name": row["side"] if row["level"] == "side" else row["team"]}


def _ways_finding(rows: Sequence[dict[str, Any]]) -> str:
    known = [r for r in rows if r["contacts"]]
    total = sum(r["contacts"] for r in known)
    if not total:
        return "Routes cannot be told: these sources tell no queues"
    straight = sum(r["contacts"] for r in known if r["stops"] == 1)
    loops = [r for r in known if r["is_loop"] and r["median_seconds"] is not None]
    start = f"{words.share(straight / total)} of contacts stay in one queue"
    if not loops:
        return start
    worst = max(loops, key=lambda r: r["contacts"])
    more = worst["median_against_direct"]
    if more and more > 0:
        return f"{start}; the commonest loop, {worst['route']}, takes {words.duration(more)} longer than going straight"
    return f"{start}; the commonest loop is {worst['route']}"


def _border_finding(rows: Sequence[dict[str, Any]]) -> str:
    sides = {r["side"]: r for r in rows if r["level"] == "side"}
    vendors = [r for s, r in sides.items() if s != "(in house)" and r["lasting_share"] is not None]
    own = sides.get("(in house)")
    if not vendors:
        return "No vendor works in this scope"
    worst = max(vendors, key=lambda r: r["contacts"])
    said = f"{worst['side']} solves {words.share(worst['lasting_share'])} for good"
    if worst["lasting_adjusted"] is not None and own and own["lasting_adjusted"] is not None:
        return f"{said}; on the same mix of work {words.share(worst['lasting_adjusted'])}, we ourselves {words.share(own['lasting_adjusted'])}"
    return said
