"""A figure on a page: its finding above it, its words for those who cannot see it, and how it is computed."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

from metrics.engine.metric import catalog
from metrics.engine.scope import Scope
from pages.charts import style
from pages.parts import definition_card, scope, tickets_behind, words


def colours() -> style.Look:
    """The look of the appearance this reader has chosen."""
    return style.look(st.context.theme.type == "dark")


def show(fig: go.Figure, *, key: str, metric: str | None = None, row: dict | None = None, now: Scope | None = None) -> None:
    """A mark that stands for tickets (charts/style.py, opens) opens them when it is clicked.

    metric: the number it shows; row: its answer in the scope `now`, which is the page's where none is given.
    """
    told = fig.layout.meta
    with st.container(gap="xsmall"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", wrap=False):
            st.markdown(f"##### {words.plain(told['finding'])}", width="stretch")
            if metric:
                definition_card.button(catalog()[metric], row, now or scope.chosen(), key=key)
        if told.get("key"):
            _key(told["key"])
        if fig.data:
            draw(fig, key)


def draw(fig: go.Figure, key: str) -> None:
    """The figure alone, its marks clickable where they stand for tickets."""
    told = fig.layout.meta
    for axis in (fig.layout.xaxis, fig.layout.yaxis):
        if axis.title.text:
            axis.title.font = {"color": colours().quiet, "size": 12}   # the app's theme would pale it
    clicks = {"on_select": lambda: _clicked(key, told["opens"]), "selection_mode": "points"} if told.get("opens") else {}
    st.plotly_chart(fig, width="stretch", key=key, alt=told["alt"], config=style.CONFIG, **clicks)


def _key(entries: list[list[str]]) -> None:
    """What the colours mean, in a line that breaks where the page is narrow; names and colours are the program's own."""
    marks = [f'<span style="white-space: nowrap"><span style="color: {colour}">&#9632;</span> {name}</span>' for name, colour in entries]
    st.html(f'<div style="font-size: 0.83rem; display: flex; flex-wrap: wrap; gap: 0 1.1rem">{"".join(marks)}</div>')


def _clicked(key: str, opens: dict[str, list[dict[str, str]]]) -> None:
    for point in (st.session_state[key].get("selection") or {}).get("points") or []:
        marks = opens.get(str(point["curve_number"]), [])
        if point["point_index"] < len(marks):
            tickets_behind.opened(**marks[point["point_index"]])
            return
