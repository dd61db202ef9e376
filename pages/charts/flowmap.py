"""The flow map: queues as places, moves between them as ways, with their volume and the wait at their end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from pages.charts import style
from pages.parts import words

WAYS, PLACES = 18, 12  # the busiest drawn; the tables have the rest
LABELLED = 10
BOTH_WAYS = 0.2  # of the busier direction, from which two ways are a loop
PASSED = 0.5  # of what comes, sent on untouched, from which a queue is a stop to pass through
FEW = 20
BEND = 0.9  # rows a way bends aside over the whole width
STEPS = 24
ACROSS, DOWN = 750, 95  # pixels between neighbouring places, on a screen of 1400


def drawn(hops: Sequence[dict[str, Any]], stays: Sequence[dict[str, Any]], colours: style.Look) -> go.Figure:
    """hops: moves with their number and median wait; stays: what came into each queue and left it again."""
    ways = sorted((h for h in hops if h["contacts"] and h["queue"] and h["next_queue"]), key=lambda h: -h["contacts"])[:WAYS]
    moves = {(h["queue"], h["next_queue"]): h["contacts"] for h in ways}
    loops = {k for k, n in moves.items() if moves.get(k[::-1], 0) >= BOTH_WAYS * n and n >= BOTH_WAYS * moves.get(k[::-1], 0) and k[::-1] in moves}
    places = _places(moves)
    passed = _passed(stays)
    fig = style.figure(_finding(moves, loops, passed, places), "Queues and the moves between them, with volume and median wait for a hand", colours, height=420)
    most = max(moves.values(), default=1)
    for h in sorted(ways, key=lambda h: (h["queue"], h["next_queue"]) in loops):
        key = (h["queue"], h["next_queue"])
        if key[0] in places and key[1] in places:
            line = _curve(places[key[0]], places[key[1]])
            colour = colours.warning if key in loops else colours.greys[1]
            fig.add_scatter(
                x=[p[0] for p in line],
                y=[p[1] for p in line],
                mode="lines",
                line={"color": colour, "width": 1.5 + 9 * (h["contacts"] / most) ** 0.7},
                opacity=0.75,
                hoverinfo="skip",
                showlegend=False,
            )
            _arrow(fig, line, colour)
    shown = [h for h in ways if h["queue"] in places and h["next_queue"] in places]
    looped = [(h["queue"], h["next_queue"]) in loops for h in shown]
    middle = [_ring(places[h["queue"]], places[h["next_queue"]]) for h in shown]
    told = [f"<b>{words.count(h['contacts'])}</b>, {words.duration(h['median_delay_seconds'])}" for h in shown]
    labels = _labels(middle[:LABELLED], told, places) + [("", "top center")] * (len(shown) - LABELLED)
    fig.add_scatter(
        x=[p[0] for p in middle],
        y=[p[1] for p in middle],
        mode="markers+text",
        name="ways",
        marker={"size": 15, "color": colours.paper, "line": {"width": 2, "color": [colours.warning if both else colours.greys[0] for both in looped]}},
        text=[text for text, _ in labels],
        textposition=[position for _, position in labels],
        textfont={"size": 11.5, "color": colours.ink},
        customdata=[
            [h["queue"], h["next_queue"], words.count(h["contacts"]), words.duration(h["median_delay_seconds"]), "<br>a loop: moves go both ways" if both else ""]
            for h, both in zip(shown, looped, strict=True)
        ],
        hovertemplate="<b>%{customdata[0]} to %{customdata[1]}</b><br>%{customdata[2]} moves, median wait there %{customdata[3]}%{customdata[4]}"
        "<br>click for the tickets<extra></extra>",
        showlegend=False,
    )
    style.opens(fig, [{"list": "moved", "move": h["queue"], "to": h["next_queue"]} for h in shown])
    names = list(places)
    came = {name: sum(r["came"] for r in stays if r["queue"] == name) for name in names}
    top = max(came.values(), default=1) or 1
    fig.add_scatter(
        x=[places[n][0] for n in names],
        y=[places[n][1] for n in names],
        mode="markers+text",
        name="queues",
        marker={
            "opacity": 1,
            "size": [16 + 26 * (came[n] / top) ** 0.5 for n in names],
            "color": [colours.paper if n in passed else colours.accent for n in names],
            "line": {"width": 3, "color": [colours.warning if n in passed else colours.accent for n in names]},
        },
        text=[f"<b>{style.short(n, 24)}</b>" + (f"<br>{words.share(passed[n])} passed on untouched" if n in passed else "") for n in names],
        textposition="bottom center",
        textfont={"size": 12.5, "color": colours.ink},
        hovertext=[f"<b>{n}</b><br>{words.count(came[n])} came in" for n in names],
        hoverinfo="text",
        showlegend=False,
    )
    fig.update_xaxes(visible=False, range=[-0.14, 1.14])
    heights = [y for _, y in places.values()] or [0.0]
    fig.update_yaxes(visible=False, range=[min(heights) - 0.75, max(heights) + 0.6])
    fig.update_layout(height=120 + 95 * max(round(max(heights) - min(heights)), 1))
    return fig


def _places(moves: dict[tuple[str, str], int]) -> dict[str, tuple[float, float]]:
    """Where each queue stands: queues that send each other contacts in a band of their own, senders left and receivers right."""
    volume: dict[str, int] = {}
    into: dict[str, int] = {}
    for (a, b), n in moves.items():
        volume[a], volume[b] = volume.get(a, 0) + n, volume.get(b, 0) + n
        into[b] = into.get(b, 0) + n
    names = sorted(volume, key=lambda q: (-volume[q], q))[:PLACES]
    bands = [_columns(band, into, volume) for band in _bands(names, moves)]
    rows = [max(len(column) for column in band) * (1.8 if sum(map(len, band)) > 4 else 1.0) for band in bands]  # many ways need room
    found: dict[str, tuple[float, float]] = {}
    top = sum(rows)
    for band, height in zip(bands, rows, strict=True):
        for c, column in enumerate(band):
            near = {q: _pull(q, moves, found) for q in column}
            for i, q in enumerate(sorted(column, key=lambda q: (-near[q], q))):
                lift = 0.3 * (-1) ** c if len(column) > 1 else 0.0  # neighbours in one row would cover the ways between others
                found[q] = (c / max(len(band) - 1, 1), top - height * (i + 0.5) / len(column) + lift)
        top -= height
    return found


def _bands(names: Sequence[str], moves: dict[tuple[str, str], int]) -> list[list[str]]:
    """Queues connected by moves, in groups, the largest first."""
    left, bands = list(names), []
    while left:
        band, edge = [left[0]], [left[0]]
        while edge:
            here = edge.pop()
            new = [q for q in left if q not in band and ((here, q) in moves or (q, here) in moves)]
            band += new
            edge += new
        left = [q for q in left if q not in band]
        bands.append(band)
    return sorted(bands, key=lambda b: -len(b))


def _columns(band: Sequence[str], into: dict[str, int], volume: dict[str, int]) -> list[list[str]]:
    """A band from its senders to its receivers, at most four columns."""
    ordered = sorted(band, key=lambda q: (into.get(q, 0) / volume[q], q))
    columns = min(4, len(ordered), max(2, -(-len(ordered) // 2)))
    return [ordered[c * len(ordered) // columns : (c + 1) * len(ordered) // columns] for c in range(columns)]


def _pull(queue: str, moves: dict[tuple[str, str], int], found: dict[str, tuple[float, float]]) -> float:
    """The mean height of the neighbours that stand already."""
    near = [(found[b if a == queue else a][1], n) for (a, b), n in moves.items() if queue in (a, b) and (b if a == queue else a) in found]
    return sum(y * n for y, n in near) / sum(n for _, n in near) if near else 0.0


def _curve(a: tuple[float, float], b: tuple[float, float]) -> list[tuple[float, float]]:
    """A bent way from a to b; there and back bend apart."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    bend = (a[0] + dx / 2 + (0.07 if dy > 0 else -0.07) * min(abs(dy), 1), a[1] + dy / 2 - BEND * dx)
    along = [i / STEPS for i in range(STEPS + 1)]
    x, y = ([(1 - t) ** 2 * a[i] + 2 * t * (1 - t) * bend[i] + t * t * b[i] for t in along] for i in (0, 1))
    return list(zip(x, y, strict=True))


def _ring(a: tuple[float, float], b: tuple[float, float]) -> tuple[float, float]:
    """Where a way is told and clicked: its middle, earlier on long ones, which cross others there."""
    return _curve(a, b)[STEPS // 2 if abs(b[0] - a[0]) < 0.5 else int(STEPS * 0.36)]


def _labels(rings: Sequence[tuple[float, float]], told: Sequence[str], places: dict[str, tuple[float, float]]) -> list[tuple[str, str]]:
    """What is written at each ring and on which side of it, the busiest first; nothing where it would cover other words."""
    taken = [_box(x, y - 0.34, 7.5 * min(len(name), 24), 26) for name, (x, y) in places.items()] + [_box(x, y, 34, 34) for x, y in places.values()]
    taken += [_box(x, y, 16, 16) for x, y in rings]
    found = []
    for (x, y), text in zip(rings, told, strict=False):
        wide = 6.2 * len(text.replace("<b>", "").replace("</b>", ""))
        sides = {"top center": (0, 20), "bottom center": (0, -20), "middle right": (12 + wide / 2, 0), "middle left": (-12 - wide / 2, 0)}
        free = ((side, box) for side, (dx, dy) in sides.items() if not any(_meet(box := _box(x + dx / ACROSS, y + dy / DOWN, wide, 15), other) for other in taken))
        side, box = next(free, ("", None))
        taken += [box] if box else []
        found.append((text, side) if box else ("", "top center"))
    return found


def _box(x: float, y: float, wide: float, high: float) -> tuple[float, float, float, float]:
    """Left, right, bottom, top of so many pixels around a place."""
    return x - wide / 2 / ACROSS, x + wide / 2 / ACROSS, y - high / 2 / DOWN, y + high / 2 / DOWN


def _meet(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[1] and b[0] < a[1] and a[2] < b[3] and b[2] < a[3]


def _arrow(fig: go.Figure, line: list[tuple[float, float]], colour: str) -> None:
    """The point of a way, a little past its middle, where no queue covers it."""
    (ax, ay), (x, y) = line[int(STEPS * 0.7)], line[int(STEPS * 0.74)]
    fig.add_annotation(x=x, y=y, ax=ax, ay=ay, xref="x", yref="y", axref="x", ayref="y", text="", showarrow=True, arrowhead=2, arrowsize=1.6, arrowwidth=1.6, arrowcolor=colour)


def _passed(stays: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Queues most of whose contacts are sent on untouched -> their share."""
    came: dict[str, int] = {}
    untouched: dict[str, int] = {}
    for r in stays:
        came[r["queue"]] = came.get(r["queue"], 0) + r["came"]
        untouched[r["queue"]] = untouched.get(r["queue"], 0) + r["untouched"]
    return {q: untouched[q] / n for q, n in came.items() if n >= FEW and untouched[q] >= PASSED * n}


def _finding(moves: dict, loops: set, passed: dict[str, float], places: dict) -> str:
    if not moves:
        return "Nothing moves between queues in this scope"
    told = []
    if loops:
        a, b = max(loops, key=lambda k: (min(moves[k], moves[k[::-1]]), k))
        told.append(f"{min(a, b)} and {max(a, b)} send contacts back and forth")
    stops = [q for q in passed if q in places]
    if stops:
        told.append(f"{words.listed(sorted(stops))} only pass{'es' if len(stops) == 1 else ''} them on")
    if told:
        return "; ".join(told)
    (a, b), n = max(moves.items(), key=lambda e: e[1])
    return f"The busiest way goes from {a} to {b}: {words.count(n)} moves"
