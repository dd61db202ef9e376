"""Demand: who owns the reasons, what need not have come, how customers come back, across which tools, and at what price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import plotly.graph_objects as go

from pages.charts import style
from pages.parts import words

PARTS = {"repeat": "Came back", "chaser": "Chased us", "reopened": "Reopened", "avoidable reason": "A reason to eliminate"}
MOST = 12
YOUNG = 0.2  # of the contacts too new to be judged, from which days are shaded
WIDE = 0.06  # of 100 contacts, from which a part of the bar is labelled inside


def owners(rows: Sequence[dict[str, Any]], colours: style.Look) -> go.Figure:
    """Contacts by the business owner of their reason; those that need not be told apart."""
    shown = sorted((r for r in rows if r["level"] == "owner" and r["contacts"]), key=lambda r: -r["contacts"])[:MOST]
    fig = style.figure(_owner_finding(rows), "Contacts by the business owner of their reason", colours, height=112 + 30 * max(len(shown), 1), legend=True)
    names = [style.short(r["owner"] or "Nobody", 30) for r in shown]
    for label, colour, amounts in (
        ("Need not be (avoidable share of the reason)", colours.warning, [r["avoidable"] or 0 for r in shown]),
        ("Others", colours.greys[1], [r["contacts"] - (r["avoidable"] or 0) for r in shown]),
    ):
        fig.add_bar(
            x=amounts,
            y=names,
            orientation="h",
            name=label,
            marker={"color": colour},
            customdata=[[words.count(round(n)), words.hours(r["customer_hours"])] for n, r in zip(amounts, shown, strict=True)],
            hovertemplate=f"<b>%{{y}}</b><br>{label}: %{{customdata[0]}}<br>customers waited %{{customdata[1]}} in all<extra></extra>",
        )
        style.opens(fig, [{"list": "arrived", "owner": r["owner"] or style.NONE} for r in shown])
    fig.update_layout(barmode="stack")
    fig.update_xaxes(title="Contacts in the period", tickformat=",.0f")
    fig.update_yaxes(autorange="reversed", showgrid=False, tickfont={"color": colours.ink, "size": 13}, type="category")
    return fig


def failure(row: Mapping[str, Any], colours: style.Look) -> go.Figure:
    """Of 100 contacts, those that should not have been needed, by what went before."""
    finding = f"{100 * row['value']:.0f} of 100 contacts should not have been needed" if row["value"] is not None else "What should not have been needed cannot be said"
    fig = style.figure(finding, finding, colours, height=74)
    if row["value"] is None:
        return fig
    shades = {"repeat": colours.warning, "chaser": colours.warning_soft, "reopened": colours.accent, "avoidable reason": colours.accent_soft}
    rest = row["denominator"] - row["numerator"]
    parts = [*((PARTS[k], row["parts"][k], shades[k]) for k in PARTS), ("Needed", rest, colours.greys[2])]
    style.key(fig, [(label, colour) for label, _, colour in parts])
    for label, n, colour in parts:
        part = n / row["denominator"]
        fig.add_bar(
            x=[100 * part],
            y=[""],
            orientation="h",
            name=label,
            marker={"color": colour, "line": {"width": 1, "color": colours.paper}},
            text=[f"{100 * part:.0f}" if part >= WIDE / 2 else ""],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            textfont={"size": 14, "color": style.on(colour)},
            hovertemplate=f"{label}: {words.count(n)} contacts, {100 * part:.1f} of 100<extra></extra>",
        )
        style.opens(fig, [{"metric": "failure_demand"}])
    fig.update_layout(barmode="stack", bargap=0.1)
    fig.update_xaxes(visible=False, range=[0, 100])
    fig.update_yaxes(visible=False)
    return fig


def coming_back(rows: Sequence[dict[str, Any]], colours: style.Look) -> go.Figure:
    """The share that had come back within so many days; days some contacts have not reached yet are shaded."""
    known = [r for r in rows if r["rate"] is not None]
    fig = style.figure(_curve_finding(known), "Share of customers who had come back by days after the end", colours, height=290, legend=True)
    days = [r["days"] for r in known]
    immature = [r["days"] for r in known if r["immature"] > YOUNG * (r["newest_contacts"] + r["immature"])]
    if immature:
        fig.add_vrect(x0=min(immature) - 0.5, x1=max(days) + 0.5, fillcolor=colours.band, line_width=0, layer="below")
        fig.add_annotation(
            x=max(days),
            y=0.04,
            yref="paper",
            xanchor="right",
            text="more than 1 in 5 contacts is too new to be judged here",
            showarrow=False,
            font={"size": 12, "color": colours.quiet},
        )
    for key, which, name, line in (
        # drawn first, told last: where the lines meet, a click is meant for the others
        ("newest_rate", "newest", "Any reason, the newest contacts included", {"color": colours.quiet, "width": 1.4, "dash": "dot"}),
        ("rate", "any", "For any reason", {"color": colours.warning, "width": 2.6}),
        ("same_reason_rate", "same", "For the same reason", {"color": colours.accent, "width": 2.2}),
    ):
        rates = [100 * r[key] if r[key] is not None else None for r in known]
        rank = 1001 if which == "newest" else 1000
        marker, told = {"size": 10, "color": style.UNSEEN}, [[_came_back(r, which)] for r in known]
        hover = f"{name}<br>within %{{x}} days %{{customdata[0]}}<extra></extra>"
        fig.add_scatter(x=days, y=rates, mode="lines+markers", name=name, line=line, marker=marker, customdata=told, hovertemplate=hover, legendrank=rank)
        style.opens(fig, [{"list": "back", "days": str(r["days"]), "which": which} for r in known])
    fig.update_yaxes(ticksuffix=" %", rangemode="tozero", title="Came back")
    fig.update_xaxes(title="Days after the end of the contact", showgrid=False, dtick=5)
    return fig


def _came_back(row: Mapping[str, Any], which: str) -> str:
    """A point of the curve in words: each line has its own share, of contacts of its own."""
    if which == "newest":
        return f"<b>{words.share(row['newest_rate'])}</b> of {words.count(row['newest_contacts'])}<br>{words.count(row['immature'])} newer ones cannot be judged yet"
    if which == "same":
        return f"<b>{words.share(row['same_reason_rate'])}</b> of those with a reason"
    return f"<b>{words.share(row['rate'])}</b>: {words.count(row['followed'])} of {words.count(row['contacts'])}"


def drawn(rows: Sequence[dict[str, Any]], since: date | None) -> list[dict[str, Any]]:
    """The weeks of issues that tell something: inside the period (of an older week only its longest issues reach into it), and hardly any may still grow."""
    return [r for r in rows if r["week"] and r["issues"] and r["immature"] <= YOUNG * r["issues"] and (since is None or date.fromisoformat(r["week"]) >= since)]


def broken(rows: Sequence[dict[str, Any]], since: date | None, colours: style.Look) -> go.Figure:
    """Weeks of the share of issues spread over tools or hands."""
    whole = next((r for r in rows if r["week"] is None), None)
    weeks = drawn(rows, since)
    fig = style.figure(_broken_finding(whole), "Share of issues that touched two tools or three hands, by week", colours, height=270, legend=True)
    lines = (("fragmented", "Two tools or three hands", colours.warning), ("two_tools", "Two or more tools", colours.accent), ("three_hands", "Three or more hands", colours.quiet))
    for key, name, colour in lines:
        fig.add_scatter(
            x=[r["week"] for r in weeks],
            y=[100 * (r[key] or 0) / r["issues"] for r in weeks],
            mode="lines+markers",
            name=name,
            line={"color": colour, "width": 2.2},
            marker={"size": 10, "color": style.UNSEEN},
            customdata=[[words.week(r["week"]), words.count(r[key]), words.count(r["issues"])] for r in weeks],
            hovertemplate=f"Week of %{{customdata[0]}}<br>{name}: %{{customdata[1]}} of %{{customdata[2]}} issues<extra></extra>",
        )
        style.opens(fig, [{"list": "issues", "began": str(r["week"]), "mark": key} for r in weeks])
    fig.update_yaxes(ticksuffix=" %", rangemode="tozero", title="Of the issues that began")
    fig.update_xaxes(tickformat="%-d %b", showgrid=False)
    return fig


def after(rows: Sequence[dict[str, Any]], level: str, colours: style.Look) -> go.Figure:
    """Satisfaction and coming back by hands or by waiting, for like reasons, each with its interval."""
    own = [r for r in rows if r["level"] == level]
    names = [f"{r['group']} hand{'s' if r['group'] != '1' else ''}" if level == "hands" else f"{words.duration(r['median_waited_seconds'])}" for r in own]
    fig = style.figure(_after_finding(own, level), f"Satisfaction and coming back by {level}, for like reasons", colours, height=270, legend=True)
    for key, name, colour in (("csat", "Satisfied", colours.accent), ("repeat", "Came back within 7 days", colours.warning)):
        known = [(n, r) for n, r in zip(names, own, strict=True) if r[key] is not None]
        if not known:
            continue
        fig.add_scatter(
            x=[n for n, _ in known],
            y=[100 * r[key] for _, r in known],
            mode="lines+markers",
            name=name,
            line={"color": colour, "width": 2},
            marker={"size": 8},
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [100 * (r[f"{key}_high"] - r[key]) for _, r in known],
                "arrayminus": [100 * (r[key] - r[f"{key}_low"]) for _, r in known],
                "color": colour,
                "thickness": 1.1,
                "width": 3,
            },
            customdata=[[words.share(r[key]), words.count(r["rated" if key == "csat" else "followable"])] for _, r in known],
            hovertemplate=f"%{{x}}<br>{name}: %{{customdata[0]}} of %{{customdata[1]}}<extra></extra>",
        )
        style.opens(fig, [{"list": "hands", "hands": r["group"]} if level == "hands" else {"list": "tenth", "tenth": r["group"]} for _, r in known])
    fig.update_yaxes(ticksuffix=" %", range=[0, 104])
    title = "People who held it" if level == "hands" else "Tenths by time waited, each by its median"
    fig.update_xaxes(title=title, showgrid=False, type="category", categoryorder="array", categoryarray=names)
    return fig


def _owner_finding(rows: Sequence[dict[str, Any]]) -> str:
    whole = next((r for r in rows if r["level"] == "all"), None)
    named = [r for r in rows if r["level"] == "owner" and r["owner"]]
    if not whole or not whole["contacts"]:
        return "No contacts in this scope"
    if not named:
        return "No reason has an owner yet: nobody outside the service is asked to remove one"
    first = max(named, key=lambda r: r["contacts"])
    return f"{first['owner']} owns the reasons of {words.share(first['share'])} of the {words.count(whole['contacts'])} contacts"


def _curve_finding(known: Sequence[dict[str, Any]]) -> str:
    week = next((r for r in known if r["days"] == 7), None)
    if not week or not week["contacts"]:
        return "How customers come back cannot be said: no contact is old enough"
    first = known[0]
    return f"{words.share(week['rate'])} of customers come back within 7 days, {words.share(first['rate'])} on the first day already"


def _broken_finding(whole: Mapping[str, Any] | None) -> str:
    if not whole or not whole["issues"]:
        return "Issues cannot be followed across tools here"
    return f"{words.share(whole['share'])} of issues needed two tools or three hands; {words.share(whole['two_tools'] / whole['issues'])} went through two tools or more"


def _after_finding(own: Sequence[dict[str, Any]], level: str) -> str:
    rated = [r for r in own if r["csat"] is not None]
    if len(rated) < 2:
        return f"What {level} does to customers cannot be said: too few ratings"
    first, last = rated[0], rated[-1]
    by = (f"{first['group']} hand", f"{last['group']}") if level == "hands" else ("the shortest waits", "the longest")
    return f"{words.share(first['csat'])} are satisfied after {by[0]}, {words.share(last['csat'])} after {by[1]}"
