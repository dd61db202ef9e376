"""Flow: between which queues contacts move."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from pages.charts import style
from pages.parts import words

MOST = 8


def next_queues(hops: Sequence[dict[str, Any]], queues: Sequence[str], colours: style.Look) -> go.Figure:
    """Where the contacts of these queues go next, the commonest first; those that come straight back are told apart."""
    onward = sorted((h for h in hops if h["queue"] in queues), key=lambda h: -h["contacts"])
    back = {(h["queue"], h["next_queue"]) for h in hops}
    shown = onward[:MOST]
    fig = style.figure(_finding(onward, queues), "Moves out of the queue by the queue they go to", colours, height=96 + 32 * max(len(shown), 1))
    returns = [(h["next_queue"], h["queue"]) in back for h in shown]
    names = [style.short(h["next_queue"] if len(queues) == 1 else f"{h['queue']} to {h['next_queue']}", 34) for h in shown]
    fig.add_bar(
        x=[h["contacts"] for h in shown],
        y=names,
        orientation="h",
        marker={"color": [colours.accent for _ in shown]},
        text=[f" {words.count(h['contacts'])}" for h in shown],
        textposition="outside",
        cliponaxis=False,
        textfont={"color": colours.ink},
        customdata=[[words.duration(h["median_delay_seconds"]), "<br>moves in the other direction exist too" if r else ""] for h, r in zip(shown, returns, strict=True)],
        hovertemplate="<b>%{y}</b><br>%{x:,} moves<br>median wait there for a hand: %{customdata[0]}%{customdata[1]}<extra></extra>",
    )
    style.opens(fig, [{"list": "moved", "move": h["queue"], "to": h["next_queue"]} for h in shown])
    fig.update_xaxes(
        title="Moves in the period",
        tickformat=",.0f",
        range=[0, 1.15 * max((h["contacts"] for h in shown), default=1)],
        dtick=1 if max((h["contacts"] for h in shown), default=1) <= 5 else None,
    )
    fig.update_yaxes(autorange="reversed", showgrid=False, tickfont={"color": colours.ink, "size": 13}, type="category")
    return fig


def _finding(onward: Sequence[dict[str, Any]], queues: Sequence[str]) -> str:
    total = sum(h["contacts"] for h in onward)
    if not total:
        return "Nothing moves on from here"
    first = onward[0]
    return f"{words.share(first['contacts'] / total)} of the {words.count(total)} moves out of {words.listed(list(queues))} go to {first['next_queue']}"


def ping_pong(hops: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Pairs of queues that send contacts both ways, by the smaller of the two directions."""
    moves = {(h["queue"], h["next_queue"]): h["contacts"] for h in hops}
    pairs = [
        {"pair": f"{a} and {b}", "queue": a, "next_queue": b, "there": n, "back": moves[b, a], "both": min(n, moves[b, a])}
        for (a, b), n in moves.items()
        if (b, a) in moves and a < b
    ]
    return sorted(pairs, key=lambda p: -p["both"])
