"""What changed in the week: at most five sentences, each a signal that is sure, with its tickets; a quiet week says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import streamlit as st

from metrics.brief.sentences import NOT_OVER, signal
from metrics.engine.limits import WEEK, last_full_week
from pages.parts import read, scope, sentences, table, tickets_behind, words
from pages.parts.panel import panel

MOST = 5
LOSSES = 3
# what is followed -> the metric whose tickets show it
SHOWN_BY = {
    "contacts per open day": "contacts",
    "median hours to the first settlement": "first_resolution_time",
    "hours within which 9 of 10 were first settled": "settled_within",
    "median hours to the first reply": "first_response_time",
    "handoffs per contact": "handoffs",
    "moves between queues per contact": "transfers",
    "reopenings per contact": "reopens",
    "share of contacts within 7 days of the customer's last opening": "repeat_contact_rate",
}


@panel
def shown(week: date) -> None:
    """The signals of the week, those that cost the customers most first."""
    st.markdown(
        "#### What changed",
        help="Only what is sure: over all reasons, queues and channels together about one false alarm a month. A tile is coloured where its own number "
        "leaves its usual range, whatever the others do; so a tile may be outside its usual range while no change is sure.",
    )
    with st.skeleton(height=200):
        is_over = week <= last_full_week(read.until())
        rows = read.ask("what_changed", replace(scope.undated(), to_on=week + WEEK)) if is_over else []
        signals = [r for r in rows if r["level"] in ("company", "family", "inside")]
        if not signals:
            _quiet(rows, week, is_over)
            return
        for i, row in enumerate(signals[:MOST]):
            _one(row, week, i)
        if len(signals) > MOST:
            table.download(lambda: signals, "what_changed", f"Download all {len(signals)} signals")
        if len(signals) < LOSSES and (losses := _losses(week)):
            st.markdown(":gray[What else costs most hours, as before:]")
            _standing(losses, week)


def _one(row: dict[str, Any], week: date, i: int) -> None:
    head, tail = signal(row)
    is_worse = row["direction"] in ("more", "slower")
    icon = "trending_up" if row["direction"] in ("more", "slower") else "trending_down"
    tone = "gray" if SHOWN_BY[row["what"]] == "contacts" else "orange" if is_worse else "blue"
    said, way = st.columns([5, 1], gap="small")
    said.markdown(f":{tone}[:material/{icon}:] **{words.plain(head)}**  \n:gray[{words.plain(tail)}]")
    where = {"where": row["where"]} if row["where"] else {}
    with way:
        tickets_behind.button(
            words.plural(row["contacts"], "contact"),
            key=f"changed_{i}",
            list="signal",
            what=row["what"],
            shows=SHOWN_BY[row["what"]],
            week=week.isoformat(),
            **where,
        )


def _losses(week: date) -> list[dict[str, Any]]:
    return [r for r in read.ask("bottlenecks", scope.of_week(week)) if r["level"] == "queue" and r["lost_hours"]][:LOSSES]


def _quiet(rows: Sequence[dict[str, Any]], week: date, is_over: bool) -> None:
    """Nothing moved, or nothing is usual yet: what stands is said instead."""
    losses, unknown = _losses(week), bool(rows) and rows[0]["level"] == "not yet"
    said = f"What is usual is not known yet. {words.plain(rows[0]['sentence'] or '')}" if unknown else "No change is sure this week." if is_over else NOT_OVER
    _, is_blind = sentences.without_history(scope.undated())
    none = "These sources tell no history of queues, so standing losses cannot be named." if is_blind else "No hours were lost in a queue either."
    standing = {0: none, 1: "The standing loss is still this:"}
    number = {2: "two", 3: "three"}.get(len(losses), "")
    st.markdown(f"{said} {standing.get(len(losses), f'The {number} standing losses are still these:')}")
    _standing(losses, week)


def _standing(losses: Sequence[dict[str, Any]], week: date) -> None:
    for i, row in enumerate(losses):
        name = row["queue"] or "(none)"
        lost = f"{words.hours(row['lost_hours'])} {words.idle(row)}, {words.share(row['share'])} of all"
        said, way = st.columns([5, 1], gap="small")
        said.markdown(f"**{words.plain(name)}**  \n:gray[{lost}: {words.hours(row['queue_hours'])} in the queue, {words.hours(row['held_hours'])} held]")
        with way:
            tickets_behind.button(words.plural(row["contacts"], "contact"), key=f"standing_{i}", list="lost", queue=name, week=week.isoformat())
