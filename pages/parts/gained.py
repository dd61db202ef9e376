"""Which numbers a source can tell, and which it cannot, with the rule that says why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from metrics.engine.metric import catalog
from metrics.engine.scope import Scope
from pages.parts import read, states, table, tickets_behind, words


def told(sources: Sequence[str]) -> list[dict[str, Any]]:
    """Every metric over the contacts of these sources: its value, how many it rests on, or why there is none."""
    scope = Scope(where=tuple(("source", s) for s in sources))
    rows = []
    for metric in catalog().values():
        row = (read.answer(metric.name, scope) or [None])[0]
        if row is not None:
            has_value = row["value"] is not None
            rows.append(
                {
                    "metric": metric.name,
                    "label": metric.label,
                    "contacts": row["tickets"],
                    "has_value": has_value,
                    "text": words.value(metric, row["value"]) if has_value else states.why_none(metric, row),
                    "out": words.left_out(row["excluded"]),
                }
            )
    return sorted(rows, key=lambda r: not r["has_value"])


def show(sources: Sequence[str]) -> None:
    rows = [{**r, "source": sources[0], "tickets": table.way_in(words.count(r["contacts"]))} for r in told(sources)]
    able = [r for r in rows if r["has_value"]]
    st.markdown(f"##### {len(able)} of {words.plural(len(rows), 'number')} can be told from {words.plain(words.listed(list(sources)))}")
    one = len(sources) == 1
    table.show(
        rows,
        {
            "label": st.column_config.TextColumn("Number", width=250),
            "text": st.column_config.TextColumn("Value", width=260),
            "tickets": tickets_behind.column("Contacts", "gained", rows, "metric", *(["source"] if one else []), all="yes"),
            "out": st.column_config.TextColumn("Left out", width=420),
        },
        key="gained_table",
        alt="Numbers this source can tell",
    )


def loaded() -> None:
    """What is loaded already, source by source."""
    facts = read.facts()
    st.markdown("##### Loaded so far")
    rows = [
        {
            "source": s["source"],
            "contacts": s["contacts"],
            "from": read.local(s["from_at"]) if s["from_at"] else None,
            "until": read.local(s["until_at"]) if s["until_at"] else None,
            "streams": _by_fidelity(s["streams"]),
        }
        for s in facts["sources"]
    ]
    date = {n: st.column_config.DatetimeColumn(n.capitalize(), format="D MMM YYYY, HH:mm", width=150) for n in ("from", "until")}
    table.show(
        rows,
        {
            "source": st.column_config.TextColumn("Source", width=140),
            "contacts": st.column_config.NumberColumn("Contacts", format="localized", width=100),
            **date,
            "streams": st.column_config.TextColumn("What it tells", width=480),
        },
        key="sources_table",
        alt="Loaded sources",
    )
    st.caption(f"Load {facts['load_id']}, times in {facts['zone']}")


def _by_fidelity(streams: dict[str, str]) -> str:
    """What a source tells, said once for all streams that rest on the same: "events: messages, queues; counters: states"."""
    told: dict[str, list[str]] = {}
    for stream, fidelity in streams.items():
        told.setdefault(fidelity, []).append(stream)
    return "; ".join(f"{fidelity}: {', '.join(names)}" for fidelity, names in told.items())
