"""Why contacts of the same kind lie apart: the parts of the spread, what the slowest tenth has in common, and open contacts counted in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from metrics.engine.decisions import parse
from metrics.engine.scope import DIMENSIONS, Scope
from pages.charts import drivers
from pages.parts import chart, read, table, tickets_behind, words
from pages.parts.panel import panel

MATTERS = 0.02  # of the contacts still open, from which leaving them out flatters
FACTORS = 6


def with_open(now: Scope) -> None:
    """The same times with the open contacts counted in, where leaving them out would flatter."""
    rows = read.ask("kaplan_meier", now)
    row = rows[0] if rows else None
    if not row or not row["contacts"] or row["still_open"] < MATTERS * row["contacts"] or row["median_seconds"] is None or row["closed_median_seconds"] is None:
        return
    tenth = ""
    if row["p90_seconds"] and row["closed_p90_seconds"]:
        tenth = f", 9 of 10 within **{words.duration(row['p90_seconds'])}** instead of {words.duration(row['closed_p90_seconds'])}"
    st.markdown(
        f"Of the {words.count(row['contacts'])} contacts that arrived, {words.count(row['still_open'])} are still open. With them half are settled within "
        f"**{words.duration(row['median_seconds'])}** instead of {words.duration(row['closed_median_seconds'])}{tenth}.",
        help="Kaplan-Meier: an open contact counts as not settled up to its age, and nothing is assumed beyond it.",
    )


@panel
def shown(now: Scope) -> None:
    """The sentence and its picture, then what lies behind each part."""
    rows = read.ask("spread_drivers", now)
    parts = [r for r in rows if r["level"] == "part" and r["share"] is not None]
    sentence = next((r["sentence"] for r in rows if r["sentence"]), None)
    if not parts:
        st.markdown(f"##### What the spread comes from cannot be said\n:gray[{words.plain(sentence or 'Too few settled contacts in this scope.')}]")
        return
    chart.show(drivers.parts(rows, sentence or "What the spread of resolution times comes from", chart.colours()), key="drivers")
    read_of = f"{words.share(parts[0]['sampled'])} of the contacts were read" if parts[0]["sampled"] < 1 else "all contacts were read"
    out = f"{words.count(parts[0]['left_out'])} contacts that are not settled are left out"
    st.caption(f"Variance of the logarithm of resolution time; {out}; {read_of}. In brackets the 95 % interval.")
    tickets_behind.button(words.plural(parts[0]["contacts"], "settled contact"), key="drivers", help="Open them, the slowest first", list="spread")
    factors = sorted((r for r in rows if r["level"] == "factor" and (r["share"] or 0) >= 0.005), key=lambda r: -r["share"])[:FACTORS]
    if factors:
        told = ", ".join(f"{words.plain(r['name'].replace('_', ' '))} {words.share(r['share'])}" for r in factors)
        st.markdown(f"Taken one by one, the largest: {told}. Groupings overlap, so these do not add up.")
    common([r for r in rows if r["level"] == "slow"])


def common(rows: Sequence[dict[str, Any]]) -> None:
    """What is more frequent in the slowest tenth than among all."""
    if not rows:
        st.markdown("##### The slowest tenth has nothing in common that is surely more frequent there")
        return
    rows = sorted(rows, key=lambda r: (-r["lift"], r["name"]))
    first = rows[0]
    st.markdown(f"##### The slowest tenth: {words.plain(in_words(first['name']))} is {first['lift']:.1f} times as frequent there as among all")
    shaped = [
        {**r, "said": in_words(r["name"]), "part": 100 * r["share"], "between": f"{r['low']:.1f} to {r['high']:.1f}",
         "text": table.way_in(words.count(r["contacts"])) if _can_open(r) else words.count(r["contacts"])}
        for r in rows
    ]
    table.show(
        shaped,
        {
            "said": st.column_config.TextColumn("In common", width=300),
            "lift": st.column_config.NumberColumn("Times as frequent", format="%.1f", width=130),
            "between": st.column_config.TextColumn("95 % interval", width=120),
            "part": st.column_config.NumberColumn("of the slowest tenth", format="%.0f %%", width=150),
            "slow_contacts": st.column_config.NumberColumn("Slow contacts", format="localized", width=130),
            "text": table.tickets_column("All with it", "common_tickets", lambda i: _open(rows[i]), "Open them, the slowest first", width=120),
        },
        key="common_table",
        alt="What the slowest tenth has in common",
        at_most=300,
    )
    table.download(lambda: rows, "slowest_tenth_in_common")


def _can_open(row: dict[str, Any]) -> bool:
    """Filters know the dimension; the number of hands is none."""
    return all(dimension in DIMENSIONS for dimension, _ in parse(row["name"]))


def _open(row: dict[str, Any]) -> None:
    if _can_open(row):
        tickets_behind.opened(metric="resolution_time", where=row["name"])


def in_words(name: str) -> str:
    """queue=Billing as queue Billing; hands=4 as 4 hands."""
    return ", ".join(f"{value} hands" if dimension == "hands" else f"{dimension.replace('_', ' ')} {value}" for dimension, value in parse(name)) or name
