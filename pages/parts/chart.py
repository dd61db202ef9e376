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
        if fig.data and opens:
            st.plotly_chart(fig, width="stretch", key=key, alt=told["alt"], config=style.CONFIG, on_select=lambda: _clicked(key, opens), selection_mode="points")
        elif fig.data:
            st.plotly_chart(fig, width="stretch", key=key, alt=told["alt"], config=style.CONFIG)


def _clicked(key: str, opens: Callable[[list], None]) -> None:
    for point in (st.session_state[key].get("selection") or {}).get("points") or []:
        if point.get("customdata"):
            opens(point["customdata"])
            return
