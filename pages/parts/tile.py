"""A number with everything it needs to be believed: definition, usual range, n, left out by rule, and its tickets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import streamlit as st

from metrics.brief.sentences import is_worse, newest, usual
from metrics.engine.limits import Point
from metrics.engine.metric import Metric, catalog
from pages.charts import trend
from pages.parts import before, chart, definition_card, read, scope, states, tickets_behind, words

SHOWN_WEEKS = 26


def tile(name: str, points: Sequence[Point], week: date, *, beside: str = "") -> None:
    """One week of a metric before the weeks that led to it. beside: a second fact in words.

    Where the window of that week is not over, the newest week whose window is takes its place, and says so.
    """
    metric = catalog()[name]
    led = [p for p in points if p.week <= week][-SHOWN_WEEKS:]
    point = newest(led, week)
    if point is not None and point.week != week:
        led = [p for p in led if p.week <= point.week]
        beside = f"week of {words.day(point.week)}, in newer ones customers can still come back; {beside}"
    week = point.week if point else week
    with st.container(border=True, height="stretch", gap="xsmall"):
        if point is None or point.value is None:
            st.metric(metric.label, words.NOTHING, help=metric.tooltip)
            st.caption(states.why_none(metric, point.row) if point else "no contacts in this week")
            if point and point.row["excluded"]:
                definition_card.button(metric, point.row, scope.of_week(week), key=f"tile_{name}")
            return
        st.metric(metric.label, words.value(metric, point.value), usual(metric, point), delta_color=colour(metric, point), delta_arrow="off", help=metric.tooltip)
        fig = trend.spark(metric, [p for p in led if not p.is_partial or p.week == week], chart.colours())
        chart.draw(fig, f"spark_{name}")
        if point.is_partial:
            beside = f"week so far; {beside}"
        if (year := _a_year_before(metric, week)) is not None:
            beside = f"{beside}{'; ' if beside else ''}a year before {year}"
        if out := sum(point.row["excluded"].values()):
            beside = f"{beside}{'; ' if beside else ''}{words.count(out)} left out"
        if beside:
            st.caption(beside)
        with st.container(horizontal=True, gap="small", vertical_alignment="center", horizontal_alignment="distribute", wrap=False):
            tickets_behind.button(words.plural(point.row["tickets"], "contact"), key=f"tile_{name}", metric=name, week=week.isoformat())
            definition_card.button(metric, point.row, scope.of_week(week), key=f"tile_{name}")


def _a_year_before(metric: Metric, week: date) -> str | None:
    """The same week of the year before, where it is held."""
    then = week - before.YEAR
    if (read.facts()["from_on"] or week) > then:
        return None
    row = next((r for r in read.answer(metric.name, replace(scope.of_week(then), week=True)) if r["week"] == then.isoformat()), {})
    return words.value(metric, row["value"]) if row.get("value") is not None else None


def colour(metric: Metric, point: Point) -> str:
    """Grey unless it lies outside its usual range: warning where it is for the worse, accent where it is for the better."""
    worse = is_worse(metric, point)
    return "gray" if worse is None else "orange" if worse else "blue"
