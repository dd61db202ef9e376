"""What a load changed: the numbers people steer by, before it and after."""

from __future__ import annotations

from typing import Any

import streamlit as st

from metrics.engine.metric import catalog
from metrics.engine.scope import Scope
from pages.parts import read, table, words

STEERED_BY = ("contacts", "resolution_time", "settled_within", "first_response_time", "handoffs", "first_door_right", "repeat_contact_rate", "backlog", "backlog_ours")


def rows(before: str) -> list[dict[str, Any]]:
    """Each number in the snapshot before the load and in the one served now."""
    found = []
    for name in STEERED_BY:
        metric = catalog()[name]
        then, now = (read.answer_of(before, name, Scope()) or [{}])[0], (read.answer(name, Scope()) or [{}])[0]
        found.append(
            {
                "name": name,
                "label": metric.label,
                "before": _text(metric, then),
                "now": _text(metric, now),
                "contacts": now.get("tickets"),
                "is_moved": _text(metric, then) != _text(metric, now),
            }
        )
    return found


def show(before: str | None) -> None:
    """The numbers that moved by a load; said in a line where none did, nothing where there was no load before."""
    if before is None or before == read.facts()["load_id"]:
        return
    told = rows(before)
    moved = [r for r in told if r["is_moved"]]
    if not moved:
        st.markdown(":gray[No number people steer by moved by this load.]")
        return
    st.markdown(f"##### {words.plural(len(moved), 'number')} moved by this load")
    columns = {"label": ("Number", 250), "before": ("Before", 190), "now": ("Now", 190)}
    table.show(
        moved,
        {name: st.column_config.TextColumn(label, width=width) for name, (label, width) in columns.items()}
        | {"contacts": st.column_config.NumberColumn("Contacts", format="localized", width=110)},
        key="moved_table",
        alt="Numbers that moved",
    )
    still = [r["label"] for r in told if not r["is_moved"]]
    if still:
        st.markdown(f":gray[As before: {', '.join(still)}.]")


def _text(metric: Any, row: dict[str, Any]) -> str:
    return words.value(metric, row["value"]) if row.get("value") is not None else "cannot be told"
