"""The slice of the design list a page ends in: what to change, what it is worth, whose it is, its tickets, and "decide"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from metrics.engine.scope import Scope
from pages.parts import decide, read, scope, states, table, tickets_behind, words
from pages.parts.panel import panel

LEVERS = {"people": "people", "process": "process", "technology": "technology", "cause": "the cause itself"}
KINDS = ("pass_through", "first_door", "loop", "vendor_border", "order", "reason")


@panel
def ending(now: Scope, *, kinds: Sequence[str] = KINDS, most: int = 5, title: str = "Worth changing") -> None:
    """The end of a page: the changes of these kinds in this scope, the most worth first, each ready to be decided.

    now: the page's scope; without dates the last 13 full weeks are looked at.
    """
    st.markdown(f"#### {title}")
    with st.skeleton(height=180):
        found = read.ask("design_list", now)
        lines = [r for r in found if r["kind"] in kinds]
        if not lines:
            nothing(bool(found))
            return
        when = scope.in_words(now) if now.from_on else "the last 13 full weeks"
        st.caption(f"Hours a week customers would wait less for us; {when}. Lines overlap where contacts have several faults; the download's net hours add up.")
        for line in lines[:most]:
            one(line, now)
        table.download(lambda: lines, "design_list", f"Download all {len(lines)} lines" if len(lines) > most else "Download", key=f"design_{title}")


def one(line: dict[str, Any], now: Scope) -> None:
    """One change: sentence, worth and owner at the left, its ways on at the right."""
    key = f"{line['kind']}_{line['where']}"
    with st.container(border=True, gap="xsmall"):
        said, ways = st.columns([3, 1], gap="small", vertical_alignment="center")
        said.markdown(f"**{words.plain(line['change'])}**  \n{worth(line)}  \n:gray[{about(line)}]", help=words.plain(line["assumption"] or "") or None)
        with ways.container(horizontal=True, gap="small", horizontal_alignment="right", vertical_alignment="center"):
            tickets_behind.button(words.plural(line["contacts"], "contact"), key=f"design_{key}", list="change", kind=line["kind"], of=line["where"], **tickets_behind.dated(now))
            decide.button(line, key=key)


def worth(line: dict[str, Any]) -> str:
    """1,172 h a week less waiting (743 to 1,600)."""
    told = f"{words.hours(line['customer_hours'])} a week less waiting"
    between = f" ({words.hours(line['low'])} to {words.hours(line['high'])})" if line["low"] is not None and line["basis"] == "measured" else ""
    return f"{told}{between}{', as declared in the reasons' if line['basis'] == 'declared' else ''}"


def about(line: dict[str, Any]) -> str:
    owner = f"owner {words.plain(line['owner'])}" if line["owner"] else "no owner named"
    return f"{owner} · lever: {LEVERS.get(line['lever'], line['lever'])} · over {line['weeks']:.0f} weeks"


def nothing(others: bool) -> None:
    """A service without faults gets an empty list, said so."""
    if others:
        states.empty("Nothing of this kind is surely worth changing here.", "Other pages list changes of other kinds in the same scope.")
    else:
        states.empty(
            "No change is surely worth making in this scope.",
            "A fault is listed from twenty contacts on, where it is a pattern and its worth is surely above zero; sources without queues and assignments tell none.",
        )
