"""What was decided and what happened, marked on a chart of time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import plotly.graph_objects as go

from pages.charts import style
from pages.parts import words

NAMED = 2  # more marks than these are told by hovering only, so that labels never overlap


def add(fig: go.Figure, happened: Sequence[dict[str, Any]], colours: style.Look, low: date | None = None, high: date | None = None) -> go.Figure:
    """Dotted lines at the days on which something was decided, or happened in the business, inside the time shown."""
    shown = [h for h in happened if (low is None or h["decided_on"] >= low) and (high is None or h["decided_on"] <= high)]
    for i, h in enumerate(shown):
        fig.add_vline(x=h["decided_on"].isoformat(), line={"color": colours.quiet, "width": 1.2, "dash": "dot"})
        fig.add_annotation(
            x=h["decided_on"].isoformat(),
            y=1 - 0.09 * (i % 2),  # neighbours on lines of their own
            yref="paper",
            yanchor="top",
            xanchor="left",
            xshift=3,
            text=style.short(h["what"], 24) if len(shown) <= NAMED else "▾",
            showarrow=False,
            hovertext=f"{words.day(h['decided_on'])}: {h['what']}{' (business)' if h['kind'] == 'business' else ''}",
            font={"size": 11.5, "color": colours.quiet},
        )
    return fig
