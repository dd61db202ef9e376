"""Story: the contacts of one customer as lanes of time, what they wrote and what they were answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import plotly.graph_objects as go

from pages.charts import style
from pages.parts import words

MARKS = {
    "the customer": ("The customer wrote", "circle", "warning", 9),
    "us": ("We wrote", "diamond", "accent", 9),
    "moved": ("Moved to another queue or hand", "line-ns-open", "quiet", 11),
}
LANES = 14


def lanes(contacts: Sequence[dict[str, Any]], steps: Sequence[dict[str, Any]], until: datetime, finding: str, colours: style.Look) -> go.Figure:
    """A lane per contact from its first word to its end, newest on top; times are local already."""
    shown = sorted(contacts, key=lambda c: c["at"])[-LANES:]
    fig = style.figure(finding, f"{finding}; one lane per contact", colours, height=92 + 34 * len(shown), legend=True)
    for wait, colour, name in ((True, colours.warning_soft, "Open"), (False, colours.greys[1], "Settled")):
        own = [c for c in shown if (c["ended_at"] is None) == wait]
        fig.add_scatter(
            x=[x for c in own for x in (c["at"], c["ended_at"] or until, None)],
            y=[y for c in own for y in (_lane(c), _lane(c), None)],
            mode="lines",
            line={"color": colour, "width": 12},
            name=name,
            hoverinfo="skip",
        )
    names = {(c["ticket_id"], c["episode"]): _lane(c) for c in shown}
    for kind, (name, symbol, colour, size) in MARKS.items():
        # a step of a ticket that was taken over stands in the lane of the contact it belongs to
        own = [s for s in steps if s["side"] == kind and (s["of_ticket_id"], s["episode"]) in names]
        fig.add_scatter(
            x=[s["at"] for s in own],
            y=[names[s["of_ticket_id"], s["episode"]] for s in own],
            mode="markers",
            name=name,
            marker={"symbol": symbol, "size": size, "color": getattr(colours, colour), "line": {"width": 1.5, "color": getattr(colours, colour)}},
            customdata=[[words.moment(s["at"]), s["text"]] for s in own],
            hovertemplate="%{customdata[0]}<br>%{customdata[1]}<extra></extra>",
        )
    fig.update_yaxes(showgrid=False, type="category", categoryorder="array", categoryarray=[_lane(c) for c in shown], tickfont={"color": colours.ink, "size": 12.5})
    fig.update_xaxes(tickformat="%-d %b", showgrid=False, range=[_padded(shown, until, -1), _padded(shown, until, 1)])
    return fig


def _lane(contact: dict[str, Any]) -> str:
    again = f" #{contact['episode']}" if contact["episode"] > 1 else ""
    return style.short(contact["ticket_id"] + again, 30)


def _padded(shown: Sequence[dict[str, Any]], until: datetime, side: int) -> datetime:
    """The ends of the axis, a little beyond what is shown."""
    low, high = min(c["at"] for c in shown), max(c["ended_at"] or until for c in shown)
    gap = (high - low) * 0.02
    return low - gap if side < 0 else high + gap
