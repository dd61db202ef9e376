"""Further down on the Week page: next week, every team beside the others, the vendor border and the bot, what is left out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

import streamlit as st

from metrics.brief import pdf
from metrics.brief.sentences import at, border, bot, usual
from metrics.brief.write import made
from metrics.engine.limits import WEEK, last_full_week
from metrics.engine.metric import Metric, catalog
from metrics.engine.scope import Scope
from pages.charts import ledger, trend
from pages.parts import chart, read, scope, sentences, states, table, tickets_behind, words
from pages.parts.panel import panel

WEEKS = 13
SHOWN_WEEKS = 26


@panel
def hours(week: date) -> None:
    """Where each 100 hours went, the weeks before beneath."""
    with st.skeleton(height=190):
        now, before = (read.ask("bottlenecks", asked)[0] for asked in (scope.of_week(week), scope.weeks_before(week)))
        chart.show(ledger.hundred(now, chart.colours(), before), key="hundred")


def brief(week: date) -> None:
    """The week to take along: the same on one sheet, for those who do not open the app."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("**The brief:** this week on one A4, without names", width="content")
        for ending in ("html", *(["pdf"] if pdf.is_possible() else [])):
            asked = read.later(partial(_brief, week, scope.undated(), f".{ending}"))
            st.download_button(ending.upper(), asked, f"week-{week}.{ending}", on_click="ignore", type="tertiary", icon=":material/description:", key=f"brief_{ending}")


def _brief(week: date, now: Scope, ending: str) -> bytes:
    return made(read.engine(), "leader", now, week, ending)


@panel
def coming(week: date) -> None:
    """What is expected to come next week."""
    if week != last_full_week(read.until()):
        return
    with st.skeleton(height=190):
        rows = read.ask("next_week", scope.undated())
        days, told = [r for r in rows if r["level"] == "day"], [words.plain(r["sentence"]) for r in rows if r["sentence"]]
        if days:
            finding = next(r["sentence"] for r in rows if r["level"] == "total").rstrip(".")
            chart.show(trend.next_days(days, f"Next week: {finding}", chart.colours()), key="next_days")
            st.caption(f"{' '.join(told[1:])} The marks hold 8 times of 10; public events are not known to it.")
        else:
            states.empty("What will come next week cannot be told.", told[0] if told else "Eight full weeks are needed.")


@panel
def groups(week: date) -> None:
    """Every team (or queue) beside the others: how long 9 of 10 took, with its own usual range."""
    dimension = next((d for d in ("team", "queue", "channel", "source") if len(read.values(d)) > 1), None)
    if dimension is None:
        return
    metric = catalog()["settled_within"]
    st.markdown(f"##### {metric.label}, by {dimension}")
    with st.skeleton(height=260):
        shaped = []
        for name, points in sorted(read.points_by("settled_within", scope.up_to(week), dimension).items()):
            point = at(points, week)
            led = [p.value for p in points if p.week <= week and p.value is not None and not p.is_partial][-SHOWN_WEEKS:]
            if point is None:
                continue
            shaped.append(
                {
                    dimension: name,
                    "value": words.rounded(point.value) if point.value is not None else None,
                    "usual": usual(metric, point) if point.value is not None else _none(metric, point.row),
                    "weeks": [v // 3600 for v in led],
                    "contacts": table.way_in(words.count(point.row["tickets"])),
                }
            )
        if not shaped:
            states.empty("No team had contacts in this week.")
            return
        table.show(
            shaped,
            {
                dimension: st.column_config.TextColumn(dimension.capitalize(), width=110),   # on a phone the first three stand beside each other
                "value": table.time("9 of 10 within", width=105),
                "usual": st.column_config.TextColumn("Usual range", width=145, help=f"Said from {metric.min_tickets} contacts on"),
                "weeks": st.column_config.LineChartColumn("26 weeks, hours", y_min=0, width=130),
                "contacts": tickets_behind.column("Contacts", "groups_week", shaped, dimension, metric="settled_within", week=week.isoformat()),
            },
            key="groups_week_table",
            alt=f"9 of 10 settled within, by {dimension}",
        )


def _none(metric: Metric, row: dict[str, Any]) -> str:
    """Why there is no value, so short that it fits on a phone."""
    return f"too few: {row['tickets']} of {metric.min_tickets}" if row["tickets"] else states.why_none(metric, row)


@panel
def borders(week: date) -> None:
    """The border to each vendor and the hand from bot to human, one line each; and what these data cannot tell."""
    now = replace(scope.undated(), from_on=week - (WEEKS - 1) * WEEK, to_on=week + WEEK)
    with st.skeleton(height=60):
        contained = (read.answer("bot_containment", now) or [None])[0]
        for i, line in enumerate([*border(read.ask("vendor_border", now)), bot(contained)]):
            if line:
                with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="small"):
                    st.markdown(f":material/{'handshake' if i == 0 else 'swap_horiz'}: {words.plain(line)} :gray[{WEEKS} weeks]", width="stretch")
                    _ways(line, contained, now)
        for sentence in sentences.blind_spots():
            st.markdown(f":gray[{sentence}]")


def _ways(line: str, contained: dict[str, Any] | None, now: Scope) -> None:
    if contained and line == bot(contained):
        tickets_behind.button(words.plural(contained["tickets"], "contact"), key="bot_line", metric="bot_containment", **tickets_behind.dated(now))
