"""Where the hours went: the ledger of six bins, as one bar of a hundred hours and queue by queue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from metrics.analyses.bottlenecks import BINS
from pages.charts import style
from pages.parts import words

WAITING = BINS[:-1]  # resolved but not closed is nobody's waiting
TALLEST = 12


def of_hundred(row: dict[str, Any]) -> dict[str, float]:
    """Of every 100 hours customers' contacts were open, how many lay in which bin."""
    total = sum(row[f"{b}_hours"] or 0 for b in WAITING)
    return {b: 100 * (row[f"{b}_hours"] or 0) / total for b in WAITING} if total else {}


def hundred(row: dict[str, Any], colours: style.Look, before: dict[str, Any] | None = None, names: tuple[str, str] = ("This week", "The weeks before")) -> go.Figure:
    """A bar of 100 hours, each part labelled where it is wide enough; the weeks before beneath it, where they are given."""
    parts, earlier = of_hundred(row), of_hundred(before) if before else {}
    unseen = words.is_unseen(row)
    finding = f"Of every 100 hours contacts were open, {_lost(parts, unseen)}" if parts else _no_hours(row)
    if parts and earlier:
        finding += f"; {earlier['queue']:.0f} and {earlier['held']:.0f} in the weeks before" if unseen else f"; {earlier['queue'] + earlier['held']:.0f} in the weeks before"
    labels = style.bins(colours, unseen)
    fig = style.figure(finding, finding, colours, height=120 if earlier else 74)
    style.key(fig, [labels[name] for name in WAITING if name in parts])
    bars = [(name, share, of) for name, share, of in ((names[0], parts, row), (names[1], earlier, before)) if share]
    for name, (label, colour) in labels.items():
        if name in parts:
            fig.add_bar(
                x=[share[name] for _, share, _ in bars],
                y=[of for of, _, _ in bars],
                orientation="h",
                name=label,
                marker={"color": colour, "line": {"width": 1, "color": colours.paper}},
                text=[f"{share[name]:.0f}" if share[name] >= 2.5 else "" for _, share, _ in bars],
                textposition="inside",
                insidetextanchor="middle",
                textangle=0,
                textfont={"size": 14, "color": style.on(colour)},
                customdata=[[of, words.hours(lived[f"{name}_hours"])] for of, _, lived in bars],
                hovertemplate=f"%{{customdata[0]}}<br>{label}: %{{customdata[1]}}, %{{x:.1f}} of 100<extra></extra>",
            )
    fig.update_layout(barmode="stack", bargap=0.18)
    fig.update_xaxes(visible=False, range=[0, 100])
    fig.update_yaxes(visible=bool(earlier), autorange="reversed", showgrid=False, type="category")
    return fig


def _lost(parts: dict[str, float], unseen: bool) -> str:
    if unseen:
        return f"{parts['queue']:.0f} passed in a queue and {parts['held']:.0f} in somebody's hands"
    return f"{parts['queue'] + parts['held']:.0f} passed with nobody acting on them"


def _no_hours(row: dict[str, Any]) -> str:
    return "Where the hours went cannot be told: these sources give no history of queues and assignments" if row["left_out"] else "No open hours in this scope"


def by_queue(rows: Sequence[dict[str, Any]], colours: style.Look) -> go.Figure:
    """A stacked bar of hours per queue, most lost hours on top."""
    queues = [r for r in rows if r["level"] == "queue"]
    shown = queues[:TALLEST]
    fig = style.figure(queue_finding(queues), "Customer-hours by queue in five bins, ranked by hours lost", colours, height=92 + 30 * max(len(shown), 1), legend=True)
    names = [style.short(r["queue"] or "no queue") for r in shown]
    for name, (label, colour) in style.bins(colours, bool(rows) and words.is_unseen(rows[0])).items():
        if name == "resolved":
            continue
        fig.add_bar(
            x=[r[f"{name}_hours"] or 0 for r in shown],
            y=names,
            orientation="h",
            name=label,
            marker={"color": colour},
            customdata=[[words.hours(r[f"{name}_hours"]), words.count(r["contacts"])] for r in shown],
            hovertemplate=f"<b>%{{y}}</b><br>{label}: %{{customdata[0]}}<br>%{{customdata[1]}} contacts<extra></extra>",
        )
        style.opens(fig, [{"list": "lost", "queue": r["queue"] or style.NONE} for r in shown])
    fig.update_layout(barmode="stack")
    fig.update_xaxes(title="Customer-hours in the period", tickformat=",.0f")
    fig.update_yaxes(autorange="reversed", showgrid=False, tickfont={"color": colours.ink, "size": 13}, type="category")
    return fig


def queue_finding(queues: Sequence[dict[str, Any]]) -> str:
    if not queues or not queues[0]["lost_hours"]:
        return "No hours were lost in this scope"
    first = queues[0]
    if len(queues) == 1:
        return f"{words.hours(first['lost_hours'])} were lost in {first['queue'] or 'no queue'}"
    return f"{words.share(first['share'])} of the hours lost lie in {first['queue'] or 'no queue'}"
