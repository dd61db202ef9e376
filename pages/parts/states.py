"""What a page shows where it has no number: said in words, with the way on."""

from __future__ import annotations

from typing import Any

import streamlit as st

from metrics.engine.limits import UNTOLD
from metrics.engine.metric import Metric
from pages.parts import words


def nothing_loaded() -> None:
    with st.container(border=True):
        st.markdown("#### No data yet\nLoad an export of your ticketing, chat or CRM tool to begin.")
        with st.container(horizontal=True):
            st.page_link("pages/data/1_load.py", label="Load an export", icon=":material/upload_file:")


def problem(what: str) -> None:
    """Something a person can act on."""
    with st.container(border=True):
        st.markdown("#### This cannot be shown")
        st.write(words.plain(what))


def broken(reference: str) -> None:
    """Something only we can act on."""
    with st.container(border=True):
        st.markdown("#### Something went wrong on this page")
        st.write(f"The other pages still work. The program's log names it under {reference}.")


def empty(what: str = "No contacts in this scope.", hint: str = "Choose a longer period or fewer filters.") -> None:
    st.markdown(f"{what}  \n:gray[{hint}]")


def why_none(metric: Metric, row: dict[str, Any]) -> str:
    """Why a number has no value, in a few words."""
    missing = row["excluded"].get(UNTOLD, 0)
    if not row["tickets"] and missing:
        return "not available from these sources"
    if not row["tickets"] and not row["excluded"]:
        return "no contacts here"
    if not row["tickets"]:
        rule = max(row["excluded"], key=row["excluded"].get)
        return f"none can be counted: {rule}"
    return f"too few to say: {words.plural(row['tickets'], 'contact')}, {metric.min_tickets} are needed"
