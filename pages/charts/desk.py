"""A queue at its desk: the hours it is short, what comes and goes, how old the open work is, who sends it what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from metrics.analyses.ageing import BUCKETS
from metrics.lists.marked import WEEKDAYS
from pages.charts import style
from pages.parts import words

STATES = {"new": "New", "in_progress": "In progress", "waiting_internal": "Waiting for others", "waiting_customer": "Waiting for the customer"}
MOST = 8


def hours_short(rows: Sequence[dict[str, Any]], colours: style.Look) -> go.Figure:
    """Weekday by hour: what came less what was taken."""
    first, last = _awake(rows)
    fig = style.figure(_short_finding(rows), "By weekday and hour: contacts that came less contacts taken, a week", colours, height=290)
    if not rows:
        return fig
    cells = {(r["weekday"], r["hour"]): r for r in rows}
    reach = max(abs(r["short"]) for r in rows) or 1
    fig.add_heatmap(
        x=[f"{h:02}" for h in range(first, last + 1)],
        y=list(WEEKDAYS),
        z=[[cells[d, h]["short"] for h in range(first, last + 1)] for d in range(1, 8)],
        zmin=-reach,
        zmax=reach,
        colorscale=[[0, colours.accent], [0.5, colours.paper], [1, colours.warning]],
        xgap=2,
        ygap=2,
        colorbar={"thickness": 10, "outlinewidth": 0, "tickvals": [-reach, 0, reach], "ticktext": ["caught up", "0", "short"], "tickfont": {"color": colours.quiet, "size": 12}},
        hoverinfo="skip",
    )
    places = [(d, h) for d in range(1, 8) for h in range(first, last + 1)]
    fig.add_scatter(   # a map's own cells cannot be clicked: unseen marks over them can
        x=[f"{h:02}" for _, h in places],
        y=[WEEKDAYS[d - 1] for d, _ in places],
        mode="markers",
        marker={"size": 24, "symbol": "square", "color": style.UNSEEN},
        customdata=[[words.count(round(cells[place][k], 1)) for k in ("came", "taken")] for place in places],
        hovertemplate="%{y}, %{x}:00 to %{x}:59<br>%{customdata[0]} come, %{customdata[1]} are taken a week<extra></extra>",
    )
    style.opens(fig, [{"list": "came", "weekday": WEEKDAYS[d - 1], "hour": f"{h:02}"} for d, h in places])
    # ranges of their own: the unseen marks would ask for room
    fig.update_yaxes(range=[len(WEEKDAYS) - 0.5, -0.5], showgrid=False, tickfont={"color": colours.ink, "size": 12.5}, type="category")
    fig.update_xaxes(title="Hour of the day", range=[-0.5, last - first + 0.5], showgrid=False, type="category")
    return fig


def comings(rows: Sequence[dict[str, Any]], colours: style.Look) -> go.Figure:
    """Weeks of arrivals and departures as lines, what was open at the week's end beneath them as bars."""
    weeks = [r for r in rows if r["level"] == "week" and not r["partial"]]
    fig = style.figure(_flow_finding(weeks), "Arrivals, departures and open contacts by week", colours, height=270, legend=True)
    x = [r["week"] for r in weeks]
    told = [[words.week(r["week"]), words.count(r["arrivals"]), words.count(r["departures"]), words.count(r["open_at_end"])] for r in weeks]
    hover = "Week of %{customdata[0]}<br>%{customdata[1]} came, %{customdata[2]} left<br>%{customdata[3]} open at its end<extra></extra>"
    fig.add_bar(x=x, y=[r["open_at_end"] for r in weeks], name="Open at the week's end", marker={"color": colours.greys[2]}, customdata=told, hovertemplate=hover)
    style.opens(fig, [{"metric": "backlog", "week": r["week"]} for r in weeks])
    for key, name, colour, dash in (("arrivals", "Came", colours.warning, "dot"), ("departures", "Left", colours.accent, "solid")):
        fig.add_scatter(
            x=x,
            y=[r[key] for r in weeks],
            name=name,
            mode="lines+markers",
            marker={"size": 5},
            line={"color": colour, "width": 2.4, "dash": dash},
            customdata=told,
            hovertemplate=hover,
        )
        style.opens(fig, [{"metric": key, "week": r["week"]} for r in weeks])
    fig.update_yaxes(title="Contacts", tickformat=",.0f", rangemode="tozero")
    fig.update_xaxes(tickformat="%-d %b", showgrid=False)
    return fig


def ageing(rows: Sequence[dict[str, Any]], colours: style.Look) -> go.Figure:
    """Ages of what is open, each split by state."""
    total = {r["age"]: r for r in rows if r["level"] == "total"}
    fig = style.figure(_age_finding(list(total.values())), "Open contacts by age and state", colours, height=270, legend=True)
    ages = list(BUCKETS)
    shades = {"new": colours.warning, "in_progress": colours.warning_soft, "waiting_internal": colours.greys[0], "waiting_customer": colours.greys[1]}
    for state, name in STATES.items():
        counts = [sum(r["contacts"] for r in rows if r["level"] == "queue" and r["state"] == state and r["age"] == age) for age in ages]
        if any(counts):
            fig.add_bar(
                x=ages,
                y=counts,
                name=name,
                marker={"color": shades[state]},
                customdata=[words.count(n) for n in counts],
                hovertemplate=f"%{{x}} old<br>{name}: %{{customdata}}<extra></extra>",
            )
            style.opens(fig, [{"list": "aged", "age": age, "state": state} for age in ages])
    fig.update_layout(barmode="stack", bargap=0.25)
    fig.update_yaxes(title="Open contacts", tickformat=",.0f")
    fig.update_xaxes(showgrid=False, type="category", categoryorder="array", categoryarray=ages)
    return fig


def senders(rows: Sequence[dict[str, Any]], colours: style.Look) -> go.Figure:
    """What came into the queue by who sent it: what stayed, and what left again."""
    shown = sorted(rows, key=lambda r: -r["came"])[:MOST]
    fig = style.figure(_sent_finding(rows), "What came into the queue by sender, and what of it left again", colours, height=96 + 32 * max(len(shown), 1), legend=True)
    names = [style.short(r["from_queue"] or "Straight from customers", 30) for r in shown]
    for key, name, colour in (("stayed", "Stayed", colours.greys[1]), ("left_again", "Left again for another queue", colours.warning)):
        counts = [r["came"] - r["left_again"] if key == "stayed" else r["left_again"] for r in shown]
        fig.add_bar(
            x=counts,
            y=names,
            orientation="h",
            name=name,
            marker={"color": colour},
            customdata=[[words.count(n), words.share(r["share"]), words.count(r["sent_back"])] for n, r in zip(counts, shown, strict=True)],
            hovertemplate=f"<b>%{{y}}</b><br>{name}: %{{customdata[0]}}<br>%{{customdata[1]}} left again, %{{customdata[2]}} of them straight back<extra></extra>",
        )
        if key == "left_again":
            style.opens(fig, [{"list": "left", "move": r["queue"], "sender": r["from_queue"] or ""} for r in shown])
    fig.update_layout(barmode="stack")
    fig.update_xaxes(title="Contacts that came in", tickformat=",.0f")
    fig.update_yaxes(autorange="reversed", showgrid=False, tickfont={"color": colours.ink, "size": 13}, type="category")
    return fig


def _awake(rows: Sequence[dict[str, Any]]) -> tuple[int, int]:
    """The hours of the day in which anything happens."""
    busy = [r["hour"] for r in rows if r["came"] or r["taken"]]
    return (min(busy), max(busy)) if busy else (0, 23)


def _short_finding(rows: Sequence[dict[str, Any]]) -> str:
    """The worst run of hours: where the pile grows most without a break."""
    best, run = (0.0, 0, 0, 0), (0.0, 0, 0)
    for r in rows:
        sum_, day, start = run if run[0] > 0 and run[1] == r["weekday"] else (0.0, r["weekday"], r["hour"])
        run = (sum_ + r["short"], day, start)
        if run[0] > best[0]:
            best = (run[0], day, start, r["hour"])
    if not rows:
        return "In which hours more comes than is taken cannot be said: no full week, or no assignments"
    if best[0] < 1:
        return "No hours of the week leave work lying"
    return f"{WEEKDAYS[best[1] - 1]}s from {best[2]:02}:00 to {(best[3] + 1) % 24:02}:00 leave {words.count(round(best[0]))} more a week than are taken"


def _flow_finding(weeks: Sequence[dict[str, Any]]) -> str:
    if not weeks:
        return "No full week in this scope"
    more = sum(r["arrivals"] - r["departures"] for r in weeks)
    course = f"{words.count(abs(more))} {'more came than left' if more > 0 else 'more left than came'}" if more else "As many left as came"
    return f"{course} in {words.plural(len(weeks), 'full week')}; {words.count(weeks[-1]['open_at_end'])} open at the end"


def _age_finding(total: Sequence[dict[str, Any]]) -> str:
    if not total:
        return "Nothing is open"
    old = sum(r["contacts"] for r in total if r["from_days"] >= 7)
    every = sum(r["contacts"] for r in total)
    return f"{words.share(old / every)} of the {words.count(every)} open are older than a week, the oldest {words.duration(max(r['oldest_seconds'] for r in total))}"


def _sent_finding(rows: Sequence[dict[str, Any]]) -> str:
    came, left = sum(r["came"] for r in rows), sum(r["left_again"] for r in rows)
    if not came:
        return "Nothing came into this queue"
    if not left:
        return "Everything that came in stayed here"
    worst = max(rows, key=lambda r: r["left_again"])
    who = f"from {worst['from_queue']}" if worst["from_queue"] else "straight from customers"
    return f"{words.share(left / came)} of what came in left again for another queue; most of that had come {who}"
