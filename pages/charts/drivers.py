"""What the spread comes from: one bar of four parts, each with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from pages.charts import style
from pages.parts import words

PARTS = {"work": "The kind of work", "system": "Queue, tool, route, hour", "agent": "Who took it", "unexplained": "Unexplained"}


def parts(rows: Sequence[dict[str, Any]], finding: str, colours: style.Look) -> go.Figure:
    """A bar of the whole spread; its intervals are told beneath each part's name."""
    told = [r for name in PARTS for r in rows if r["level"] == "part" and r["name"] == name and r["share"] is not None]
    fig = style.figure(finding, finding, colours, height=74)
    shades = {"work": colours.greys[1], "system": colours.warning, "agent": colours.accent, "unexplained": colours.greys[2]}
    total = sum(r["share"] for r in told) or 1
    for r in told:
        between = f"{100 * r['low']:.0f} to {100 * r['high']:.0f}" if r["low"] is not None else "no interval"
        fig.add_bar(
            x=[100 * r["share"] / total],
            y=[""],
            orientation="h",
            name=f"{PARTS[r['name']]}: {100 * r['share']:.0f} % ({between})",
            marker={"color": shades[r["name"]], "line": {"width": 1, "color": colours.paper}},
            text=[f"{100 * r['share']:.0f}" if r["share"] >= 0.03 else ""],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            textfont={"size": 14, "color": style.on(shades[r["name"]])},
            hovertemplate=f"{PARTS[r['name']]}<br>{100 * r['share']:.1f} % of the spread ({between})<br>found in {words.count(r['contacts'])} contacts<extra></extra>",
        )
    style.key(fig, [(bar.name, bar.marker.color) for bar in fig.data])
    fig.update_layout(barmode="stack", bargap=0.1)
    fig.update_xaxes(visible=False, range=[0, 100])
    fig.update_yaxes(visible=False)
    return fig
