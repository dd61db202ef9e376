"""The family of spread: the headline, the groups side by side, the analyst's measures, the slowest tenth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from metrics.engine.metric import catalog
from metrics.engine.scope import NONE, Scope
from pages.charts import marks, spread
from pages.parts import before, chart, happened, read, scope, states, table, tickets_behind, words
from pages.parts.panel import panel

MEASURES = ("settled_within", "tail_ratio", "iqr", "mad", "quartile_dispersion", "geometric_sd", "gini")


def headline(rows: Sequence[dict[str, Any]], now: Scope) -> bool:
    """What a customer can count on, beside what happens usually; False where nothing was settled."""
    metric, row = catalog()["resolution_time"], rows[0]
    if row["value"] is None:
        began = read.answer("contacts", now)[0]["value"]
        if began and not row["tickets"] and not row["excluded"]:   # dated by their end, none is in the period
            st.markdown(f"### How far apart contacts lie cannot be said: none was settled, {words.count(began)} began.")
            st.markdown(f":gray[{scope.in_words(now)}. If the tool did settle some, what was loaded does not tell it: see Quality.]")
            return False
        st.markdown(f"### How far apart contacts lie cannot be said: {states.why_none(metric, row)}.")
        st.markdown(f":gray[{scope.in_words(now)}. Choose a longer period or fewer filters.]")
        return False
    tail = f"9 of 10 within **{words.duration(row['p90'])}**" if row["p90"] is not None else f"a quarter took at least **{words.duration(row['p75'])}**"
    st.markdown(f"### Half of the contacts were settled within **{words.duration(row['value'])}**, {tail}.")
    if told := before.said("resolution_time", now, _both):
        st.markdown(f":gray[{told[:1].upper()}{told[1:]}.]")
    with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
        tickets_behind.button(words.plural(row["tickets"], "contact"), key="consistency_all", metric="resolution_time")
        st.caption(f"{scope.in_words(now)}; {words.left_out(row['excluded'])}; {words.told_by(row['fidelity'])}", width="content")
    return True


def _both(row: dict[str, Any]) -> str | None:
    """Half within 1 d, 9 of 10 within 4 d."""
    if row.get("value") is None:
        return None
    tenth = f", 9 of 10 within {words.duration(row['p90'])}" if row["p90"] is not None else ""
    return f"half within {words.duration(row['value'])}{tenth}"


@panel
def side_by_side(now: Scope) -> None:
    """The groups beside each other along the dimension that is chosen here; a choice works out nothing else anew."""
    offered = scope.offered()
    by = st.segmented_control("Side by side", offered, key="by", bind="query-params", default=offered[0], required=True)
    with st.skeleton(height=420):
        rows = read.answer("resolution_time", replace(now, by=(by,)))
        chart.show(spread.side_by_side(rows, by, chart.colours()), key="side_by_side")
        groups(rows, read.answer("tail_ratio", replace(now, by=(by,))), by)


def groups(rows: Sequence[dict[str, Any]], tails: Sequence[dict[str, Any]], by: str) -> None:
    """Every group with its quantiles; too small ones say so by an empty cell."""
    ratio = {r[by]: r["value"] for r in tails}
    shaped = [
        {
            "group": NONE if r[by] is None else str(r[by]),
            by: NONE if r[by] is None else str(r[by]),
            **{q: words.rounded(r[q]) if r[q] is not None else None for q in ("value", "p25", "p75", "p90", "p95")},
            "tail": ratio.get(r[by]),
            "contacts": table.way_in(words.count(r["tickets"])),
        }
        for r in sorted(rows, key=lambda r: -r["tickets"])
    ]
    if not shaped:
        states.empty()
        return

    table.show(
        shaped,
        {
            "group": st.column_config.TextColumn(by.replace("_", " ").capitalize(), width=180),
            "p25": table.time("Quarter within"),
            "value": table.time("Half within"),
            "p75": table.time("3 of 4 within"),
            "p90": table.time("9 of 10 within", "Empty below 36 contacts: nobody could say"),
            "tail": st.column_config.NumberColumn("Tail ratio", format="%.1f", width=85, help=catalog()["tail_ratio"].tooltip),
            "contacts": tickets_behind.column("Contacts", "groups", shaped, by, metric="resolution_time"),
        },
        key="groups_table",
        alt=f"Resolution times by {by}",
    )
    table.download(lambda: [{**r, "tail_ratio": ratio.get(r[by])} for r in rows], f"resolution_time_by_{by}")


@panel
def measures(now: Scope) -> None:
    """The analyst's measures of spread, each with its n, asked where they are opened."""
    place = st.expander("Measures of spread, for analysts", key="measures", on_change="rerun")
    if place.open:
        with place:
            measured(now)


def measured(now: Scope) -> None:
    shaped = []
    for name in MEASURES:
        metric, row = catalog()[name], (read.answer(name, now) or [None])[0]
        if row:
            shaped.append(
                {
                    "measure": metric.label,
                    "text": words.value(metric, row["value"]) if row["value"] is not None else states.why_none(metric, row),
                    "contacts": table.way_in(words.count(row["tickets"])),
                    "metric": name,
                    "says": metric.tooltip,
                }
            )
    table.show(
        shaped,
        {
            "measure": st.column_config.TextColumn("Measure", width=250),
            "text": st.column_config.TextColumn("Value", width=280),
            "says": st.column_config.TextColumn("What it says", width=380),
            "contacts": tickets_behind.column("Contacts", "measures", shaped, "metric"),
        },
        key="measures_table",
        alt="Measures of spread",
    )


def promise(now: Scope) -> None:
    """The promise to customers week by week, where one is set."""
    metric, row = catalog()["promise_kept"], read.answer("promise_kept", now)[0]
    if row["value"] is None:
        st.markdown(f":gray[Whether promises were kept cannot be said: {states.why_none(metric, row)}.]")
        return
    weeks = read.answer("promise_kept", replace(now, week=True))
    fig = spread.kept(weeks, scope.running_week(), chart.colours())
    chart.show(marks.add(fig, happened.within(now), chart.colours()), key="kept", metric="promise_kept", row=row)
    tickets_behind.button(f"{words.share(row['value'])} of {words.plural(row['tickets'], 'contact')}", key="promise", metric="promise_kept")


def slowest(now: Scope, whole: dict[str, Any]) -> None:
    """The tickets of the slowest tenth."""
    number = whole["tickets"] // 10
    if not number or whole["value"] is None:
        return
    rows = read.tickets("resolution_time", now, min(number, read.SHOWN))
    st.markdown(
        f"##### The slowest tenth: {words.plural(number, 'contact')}, {words.duration(rows[-1]['value'])} and longer"
        if number <= read.SHOWN
        else f"##### The slowest tenth: {words.plural(number, 'contact')}"
    )
    tickets_behind.listing(rows, catalog()["resolution_time"], key="slowest", at_most=300)
    table.download(lambda: read.tickets("resolution_time", now, number), "slowest_tenth")
