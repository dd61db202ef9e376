"""A figure on a page: its finding above it, its words for those who cannot see it, and how it is computed."""

from __future__ import annotations

from collections.abc import Callable

import plotly.graph_objects as go
import streamlit as st

from metrics.engine.metric import catalog
from pages.charts import style
from pages.parts import definition_card, words


def colours() -> style.Look:
    """The look of the appearance this reader has chosen."""
    return style.look(st.context.theme.type == "dark")


def show(fig: go.Figure, *, key: str, metric: str | None = None, row: dict | None = None, opens: Callable[[list], None] | None = None) -> None:
    """opens: called with the custom data of a mark that is clicked."""
    told = fig.layout.meta
    with st.container(gap="xsmall"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", wrap=False):
            st.markdown(f"##### {words.plain(told['finding'])}", width="stretch")
            if metric:
                definition_card.button(catalog()[metric], row)
        if told.get("key"):
            _key(told["key"])
        if fig.data and opens:
            st.plotly_chart(fig, width="stretch", key=key, alt=told["alt"], config=style.CONFIG, on_select=lambda: _clicked(key, opens), selection_mode="points")
        elif fig.data:
            st.plotly_chart(fig, width="stretch", key=key, alt=told["alt"], config=style.CONFIG)


def _key(entries: list[list[str]]) -> None:
    """What the colours mean, in a line that breaks where the page is narrow; names and colours are the program's own."""
    marks = [f'<span style="white-space: nowrap"><span style="color: {colour}">&#9632;</span> {name}</span>' for name, colour in entries]
    st.html(f'<div style="font-size: 0.83rem; display: flex; flex-wrap: wrap; gap: 0 1.1rem">{"".join(marks)}</div>')


def _clicked(key: str, opens: Callable[[list], None]) -> None:
    for point in (st.session_state[key].get("selection") or {}).get("points") or []:
        if point.get("customdata"):
            opens(point["customdata"])
            return
