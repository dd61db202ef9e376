"""One look for all figures: one accent, one warning, greys, one sequential scale; readable light and dark, and without colour.

Backgrounds and fonts come from the app's theme; only what carries meaning has a colour here. Accent and warning differ in
lightness as well as in hue, so that they stay apart for colour-blind readers and in print.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import plotly.graph_objects as go

DURATION_TICKS = (
    (60, "1 min"),
    (300, "5 min"),
    (900, "15 min"),
    (3600, "1 h"),
    (4 * 3600, "4 h"),
    (86_400, "1 d"),
    (3 * 86_400, "3 d"),
    (7 * 86_400, "1 w"),
    (14 * 86_400, "2 w"),
    (30 * 86_400, "30 d"),
    (91 * 86_400, "3 mo"),
    (365 * 86_400, "1 y"),
)
STEPS = (
    *((m * 60, 60, "min") for m in (1, 5, 15)),
    *((h * 3600, 3600, "h") for h in (1, 2, 4, 8)),
    *((d * 86_400, 86_400, "d") for d in (1, 2, 5, 7, 14, 30, 90, 365)),
)
NONE = "(none)"   # how filters name what is not told
UNSEEN = "rgba(0,0,0,0)"   # of marks that are there to be clicked
CONFIG = {"displayModeBar": False, "responsive": True}
KEYBOARD = (Path(__file__).parent.parent / "keyboard.js").read_text(encoding="utf-8")
# What the app's theme cannot say: small words and chosen tabs that can be read (contrast 4.5), and no download from the tables' own bar, which would not
# guard its cells against formulas; ours stands below each table.
PAGE = """
:has(> .st-key-keyboard) { display: none }
[data-testid=stCaptionContainer] { opacity: 1; color: light-dark(#626E7B, #98A4B0) }
[role=radio][aria-checked=true] * { color: light-dark(#1B2430, #E6EAEE) !important }
[data-testid=stElementToolbarButton]:has(> * > button[aria-label^="Download as CSV"]),
[data-testid=stElementToolbarButton]:has(> button[aria-label^="Download as CSV"]) { display: none }
"""


@dataclass(frozen=True)
class Look:
    """Colours of one appearance."""

    ink: str
    quiet: str
    grid: str
    paper: str
    accent: str
    accent_soft: str
    accent_faint: str
    accent_mild: str
    warning: str
    warning_soft: str
    band: str
    greys: tuple[str, str, str]


LIGHT = Look(
    ink="#1B2430",
    quiet="#6B7785",
    grid="#E6EAEE",
    paper="#FFFFFF",
    accent="#24598C",
    accent_soft="#8FB3D3",
    accent_faint="rgba(36,89,140,0.16)",
    accent_mild="rgba(36,89,140,0.3)",
    warning="#B9580A",
    warning_soft="#EBB888",
    band="rgba(107,119,133,0.14)",
    greys=("#8592A0", "#B7C1CB", "#DDE3E8"),
)
DARK = Look(
    ink="#E6EAEE",
    quiet="#93A0AD",
    grid="#29313A",
    paper="#12171D",
    accent="#7FB2E0",
    accent_soft="#41719C",
    accent_faint="rgba(127,178,224,0.18)",
    accent_mild="rgba(127,178,224,0.34)",
    warning="#E58F45",
    warning_soft="#8F5E34",
    band="rgba(147,160,173,0.16)",
    greys=("#78858F", "#55616C", "#343D46"),
)


def look(dark: bool) -> Look:
    return DARK if dark else LIGHT


def bins(colours: Look, unseen: bool = False) -> dict[str, tuple[str, str]]:
    """The six bins of the ledger: name -> label, colour. Lost hours warn, work has the accent, the rest is grey. unseen: no replies are
    told, so that nobody knows whether those who held a contact acted."""
    return {
        "queue": ("Waiting in a queue", colours.warning),
        "held": ("Held by somebody" if unseen else "Held, nobody acting", colours.warning_soft),
        "touched": ("Being worked (estimated)", colours.accent),
        "customer": ("Waiting for the customer", colours.greys[0]),
        "others": ("Waiting for others", colours.greys[1]),
        "resolved": ("Resolved, not closed", colours.greys[2]),
    }


def figure(finding: str, alt: str, colours: Look, *, height: int, legend: bool = False) -> go.Figure:
    """An empty figure in the look; `finding` is shown above it, `alt` is read out in its place."""
    axis = {"gridcolor": colours.grid, "zeroline": False, "linecolor": colours.grid, "automargin": True, "tickfont": {"color": colours.quiet, "size": 12}}
    axis["title"] = {"font": {"color": colours.quiet, "size": 12}}
    layout = {
        "height": height,
        "minreducedheight": 24,   # of a low figure, too, the axis keeps the room that its title needs beneath its ticks
        "margin": {"l": 8, "r": 8, "t": 30 if legend else 8, "b": 8},
        "showlegend": legend,
        "meta": {"finding": finding, "alt": alt},
        "bargap": 0.35,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"size": 13, "color": colours.ink},
        "dragmode": False,
        "hoverlabel": {"bgcolor": colours.paper, "font": {"color": colours.ink, "size": 13}, "bordercolor": colours.grid},
        "legend": {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "xanchor": "left", "traceorder": "normal", "font": {"size": 12.5, "color": colours.ink}},
        "template": "none",   # everything that matters is said here; a template would be copied for every figure
        "xaxis": axis,
        "yaxis": axis,
    }
    return go.Figure(layout=layout)


def on(colour: str) -> str:
    """The words' colour on a bar of this colour: white or ink, whichever is read better (WCAG contrast)."""
    red, green, blue = ((v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4) for v in (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)))
    return "#FFFFFF" if 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.2 else LIGHT.ink


def key(fig: go.Figure, entries: Sequence[Sequence[str]]) -> None:
    """What the colours mean (name, colour), in a line above the figure that breaks where a screen is narrow; in the figure it would cover the bar."""
    fig.layout.meta = {**fig.layout.meta, "key": [list(entry) for entry in entries]}


def opens(fig: go.Figure, abouts: Sequence[Mapping[str, Any]]) -> None:
    """A click on a mark of the trace added last opens tickets; abouts: which, mark by mark, as parts/tickets_behind.py is told."""
    held = fig.layout.meta.get("opens", {})
    fig.layout.meta = {**fig.layout.meta, "opens": {**held, str(len(fig.data) - 1): [dict(a) for a in abouts]}}
    fig.data[-1].update(selected={"marker": {"opacity": 1}}, unselected={"marker": {"opacity": 1}})   # a click marks nothing


def log_durations(low: float, high: float) -> dict[str, Any]:
    """A log axis of seconds whose ticks are words."""
    low, high = max(low, 30.0) / 1.25, max(high, 60.0) * 1.25
    return {"type": "log", "range": [math.log10(low), math.log10(high)], **_ticks([t for t in DURATION_TICKS if low <= t[0] <= high])}


def linear_durations(high: float) -> dict[str, Any]:
    """A linear axis of seconds from zero whose ticks are words."""
    step, divisor, unit = next((s for s in STEPS if high / s[0] <= 6), STEPS[-1])
    return {"range": [0, high * 1.06], **_ticks([(i * step, f"{i * step // divisor} {unit}" if i else "0") for i in range(int(high * 1.06 / step) + 1)])}


def _ticks(ticks: list[tuple[float, str]]) -> dict[str, Any]:
    return {"tickvals": [t for t, _ in ticks], "ticktext": [text for _, text in ticks]}


def short(name: Any, most: int = 26) -> str:
    """A label that fits beside its bar."""
    text = "(none)" if name is None else str(name)
    return text if len(text) <= most else text[: most - 1] + "…"
