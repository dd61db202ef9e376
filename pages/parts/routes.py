"""The ways through the queues: the map, the routes with their time, escalations, the vendor border."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from metrics.engine.metric import catalog
from metrics.engine.scope import Scope
from pages.charts import flowmap
from pages.charts import routes as figures
from pages.parts import chart, read, scope, states, table, tickets_behind, words
from pages.parts.panel import panel


def spoken(seconds: float | None) -> Any:
    return words.rounded(seconds) if seconds is not None else None


def the_map(now: Scope, rows: Sequence[dict[str, Any]]) -> None:
    """Queues and moves; a click on a way opens its tickets."""
    hops = [r for r in rows if r["level"] == "hop"]
    fig = flowmap.drawn(hops, read.ask("sent_in", now), chart.colours())
    chart.show(fig, key="flow_map")
    st.caption("A click on the ring of a way opens its tickets. Orange ways run both ways; a queue drawn as an orange ring is a stop that most contacts only pass.")


def parts_of(row: dict[str, Any], **percent: str) -> dict[str, float | None]:
    """Shares as percents, unknown ones left unknown."""
    return {name: 100 * row[column] if row[column] is not None else None for name, column in percent.items()}


def ways(now: Scope) -> None:
    """The commonest routes and how reasons keep to theirs."""
    rows = read.ask("paths", now)
    chart.show(figures.ways(rows, chart.colours()), key="ways")
    known = [r for r in rows if r["contacts"]]
    if not known:
        states.empty("No routes in this scope.", "They need a source that tells queues.")
        return
    shaped = [
        {**r, "part": 100 * r["share"], "half": spoken(r["median_seconds"]), "most": spoken(r["p90_seconds"]), "more": spoken(r["median_against_direct"]),
         "text": table.way_in(words.count(r["contacts"]))}
        for r in known
    ]
    table.show(
        shaped,
        {
            "route": st.column_config.TextColumn("Route", width=330),
            "text": tickets_behind.column("Contacts", "ways", shaped, "route", list="route"),
            "part": st.column_config.NumberColumn("of all", format="%.1f %%", width=75),
            "half": table.time("Half within"),
            "most": table.time("9 of 10 within"),
            "more": table.time("Against going straight", "Median less that of contacts that never left the same first queue", 160),
            "lost_hours": st.column_config.NumberColumn("Hours lost", format="%,.0f", width=95),
        },
        key="ways_table",
        alt="Routes with their time",
        at_most=330,
    )
    table.download(lambda: rows, "paths")


@panel
def consistency(now: Scope) -> None:
    """Which reasons keep to one route."""
    with st.skeleton(height=340):
        _consistency(now)


def _consistency(now: Scope) -> None:
    rows = [r for r in read.ask("route_consistency", now) if r["share"] is not None]
    if not rows:
        return
    worst = min(rows, key=lambda r: r["share"])
    name = words.plain(worst["reason"] or "contacts without a reason")
    st.markdown(f"##### {name.capitalize()}: only {words.share(worst['share'])} take its commonest route, the others {worst['routes'] - 1} more")
    shaped = [
        {**r, **parts_of(r, part="share"), "half": spoken(r["median_seconds"]), "others": spoken(r["other_median_seconds"]), "text": table.way_in(words.count(r["contacts"]))}
        for r in rows
    ]
    table.show(
        shaped,
        {
            "reason": st.column_config.TextColumn("Reason", width=170),
            "source": st.column_config.TextColumn("Tool", width=95),
            "routes": st.column_config.NumberColumn("Routes", width=75),
            "commonest": st.column_config.TextColumn("Commonest route", width=240),
            "part": st.column_config.NumberColumn("take it", format="%.0f %%", width=75),
            "half": table.time("Half within, on it"),
            "others": table.time("on other routes"),
            "text": tickets_behind.column("Contacts", "keeps", shaped, "reason", "source", list="routed"),
        },
        key="keeps_table",
        alt="How reasons keep to their routes",
        at_most=300,
    )
    table.download(lambda: rows, "route_consistency")


@panel
def escalated(now: Scope) -> None:
    """Where contacts were escalated."""
    metric = catalog()["escalations"]
    rows = [r for r in read.answer("escalations", replace(now, by=("queue",))) if r["tickets"]]
    told = [r for r in rows if r.get("total")]
    every = sum(r["total"] for r in told)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        most = max(told, key=lambda r: r["total"], default=None)
        st.markdown(f"##### {words.plural(every, 'escalation')}, most of them in {words.plain(most['queue'] or '(none)')}" if most else "##### Nothing was escalated in this scope")
        if most:
            tickets_behind.button("Tickets", key="escalated", metric=metric.name)
    if told:
        shaped = [{**r, "queue": r["queue"] or "(none)", "each": r["value"], "text": table.way_in(words.count(r["tickets"]))} for r in sorted(told, key=lambda r: -r["total"])]
        table.show(
            shaped,
            {
                "queue": st.column_config.TextColumn("Queue", width=220),
                "total": st.column_config.NumberColumn("Escalations", format="localized", width=110),
                "each": st.column_config.NumberColumn("per contact", format="%.2f", width=110),
                "text": tickets_behind.column("Contacts", "escalations", shaped, "queue", metric=metric.name),
            },
            key="escalations_table",
            alt="Escalations by queue",
        )
        table.download(lambda: rows, "escalations")


def border(now: Scope) -> None:
    """What each side of the vendor border solves for good, and what crosses it."""
    rows = read.ask("vendor_border", now)
    chart.show(figures.border(rows, chart.colours()), key="border")
    if not rows:
        states.empty("Nothing crossed a vendor border in this scope.", "Vendors are named beside their queues in settings.toml.")
        return
    shaped = [
        {**r, "name": r["side"] if r["level"] == "side" else r["team"], **parts_of(r, judged_part="lasting_share", like="lasting_adjusted"), "price": r["cost_per_lasting"]}
        for r in rows
    ]
    labels = (("contacts", "Contacts"), ("handed_over", "Handed over"), ("handed_back", "Handed back"))
    number = {k: st.column_config.NumberColumn(label, format="localized", width=105) for k, label in labels}
    currency = next((r["currency"] for r in rows if r["currency"]), "the currency of the settings")
    table.show(
        shaped,
        {
            "name": st.column_config.TextColumn("Side or team", width=200),
            **number,
            "judged_part": st.column_config.NumberColumn("Solved for good", format="%.0f %%", width=120),
            "like": st.column_config.NumberColumn("on the mix of all", format="%.0f %%", width=125),
            "border_hours": st.column_config.NumberColumn("Hours at the border", format="%,.0f", width=140),
            "price": st.column_config.NumberColumn("Price per lasting", format="%.2f", width=125, help=f"In {currency}; {COST}"),
        },
        key="border_table",
        alt="Both sides of the vendor border",
    )
    table.download(lambda: rows, "vendor_border")
    if unjudged := sum(r["not_known"] for r in rows if r["level"] == "side"):
        st.caption(f"Solved for good is said of contacts that a known customer began: of {words.plural(unjudged, 'settled contact')} nobody can say whether they came back.")
    for side in sorted({r["side"] for r in rows if r["level"] == "side" and r["side"] != "(in house)"}):
        tickets_behind.button(f"Contacts that {side} holds or held last", key=f"border_{side}", metric="transfers", vendor=side)
    st.caption(scope.in_words(now))


COST = "a vendor's price per contact, or estimated from our handling hours"


@panel
def hands(now: Scope) -> None:
    """What every further hand adds, and who hands to whom for which cause."""
    with st.skeleton(height=340):
        _hands(now)


def _hands(now: Scope) -> None:
    rows = read.ask("handoff_matrix", now)
    added = [r for r in rows if r["level"] == "hands" and r["contacts"]]
    known = [r for r in added if r["added_seconds"] is not None]
    if not added:
        return
    told = "; ".join(f"number {r['handoffs']} {'adds' if r['added_seconds'] >= 0 else 'saves'} {words.duration(abs(r['added_seconds']))}" for r in known)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"##### Changes of hands, for like work: {told}" if told else "##### What a change of hands adds cannot be said: too few to compare", width="stretch")
        tickets_behind.button("Contacts by changes of hands", key="hands", metric="handoffs")
    moves = [r for r in rows if r["level"] == "move"]
    shaped = [{**r, **parts_of(r, part="share"), "delay": spoken(r["median_delay_seconds"]), "edge": (r["border"] or "").replace("_", " ")} for r in moves]
    table.show(
        shaped,
        {
            "from_queue": st.column_config.TextColumn("From", width=190),
            "to_queue": st.column_config.TextColumn("To", width=190),
            "cause": st.column_config.TextColumn("Cause", width=95),
            "edge": st.column_config.TextColumn("Border", width=120),
            "moves": st.column_config.NumberColumn("Changes of hands", format="localized", width=135),
            "part": st.column_config.NumberColumn("of all", format="%.1f %%", width=80),
            "delay": table.time("Until the next act", "Median time until the next reply, note or change of state"),
        },
        key="hands_table",
        alt="Changes of hands between queues by cause",
        at_most=300,
    )
    table.download(lambda: rows, "handoff_matrix")
