"""The tables people keep themselves, edited in place: reasons with their owners, decisions and business events."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import streamlit as st

from metrics.engine.metric import catalog
from metrics.engine.scope import Scope
from pages.parts import read, table, taken_up, words
from warehouse import tables
from warehouse.store import StoreProblem

HEIGHT = 420


def reasons() -> None:
    """reasons.csv: which raw reasons belong together, who owns their cause, what is to be done."""
    columns = {
        "pattern": st.column_config.TextColumn(
            "The tool's reason", required=True, width=200, help="As the tool names it; * stands for any letters; the first that fits counts"
        ),
        "found_in": st.column_config.SelectboxColumn(
            "Found in",
            options=list(tables.PLACES),
            width=80,
            help="Where it is looked for: the tool's reason field (also where empty); where that says nothing, a tag, or words of the subject",
        ),
        "reason": st.column_config.TextColumn("Reason in our words", width=180),
        "group": st.column_config.TextColumn("Group", width=120),
        "owner": st.column_config.TextColumn("Owner in the business", width=150, help="Who outside service owns the cause"),
        "action": st.column_config.SelectboxColumn("To do", options=list(tables.ACTIONS), width=120),
        "avoidable_share": st.column_config.NumberColumn(
            "Avoidable", min_value=0.0, max_value=1.0, step=0.05, format="percent", width=100, help="Which part of these contacts need not be"
        ),
    }
    _edited("reasons", columns, "Reasons")


def unnamed() -> None:
    """Raw reasons that no row of the table speaks of yet, the commonest first."""
    if not read.has_data():
        return
    found = [r for r in read.answer("contacts", Scope(by=("reason", "owner"))) if r["owner"] is None and r["reason"] is not None]
    without = sum(r["value"] for r in read.answer("contacts", Scope(by=("reason",))) if r["reason"] is None)
    found.sort(key=lambda r: -r["value"])
    if found:
        st.markdown(f"##### {words.plural(len(found), 'reason')} without an owner")
        table.show(
            [{"reason": r["reason"], "contacts": r["value"]} for r in found[:200]],
            {"reason": st.column_config.TextColumn("Reason", width=300), "contacts": st.column_config.NumberColumn("Contacts", format="localized", width=100)},
            key="unnamed_reasons",
            alt="Reasons without an owner",
        )
    else:
        st.markdown(":gray[Every reason in the data has an owner.]")
    if without:
        st.markdown(f":gray[{words.plural(without, 'contact')} came without any reason: nobody can own those.]")


def decisions() -> None:
    """decisions.csv: what we changed and what the business did, with where and by which number it shows."""
    offered = [name for name, m in catalog().items() if m.kind != "stock"]
    columns = {
        "on": st.column_config.DateColumn("From", required=True, width=110),
        "what": st.column_config.TextColumn("What", required=True, width=250),
        "who": st.column_config.TextColumn("Who", width=120),
        "kind": st.column_config.SelectboxColumn("Whose", options=list(tables.KINDS), required=True, width=85, help="ours, or the business's: a release, a price change"),
        "scope": st.column_config.TextColumn("Where", width=165, help="DIMENSION=VALUE, joined by blanks, for example queue=Billing"),
        "metric": st.column_config.SelectboxColumn("Shows in", options=offered, width=150),
        "expected": st.column_config.TextColumn("Expected", width=85, help="-20% or +10%"),
    }
    _edited("decisions", columns, "Decisions and business events")


def _edited(name: str, columns: dict[str, Any], title: str) -> None:
    st.markdown(f"##### {title}")
    try:
        held = tables.read(read.folder().root, name)
    except StoreProblem as problem:
        st.error(words.plain(f"{problem}. Mend the file, then open this page again."))
        return
    rows = held or [dict.fromkeys(tables.columns(name))]
    edited = st.data_editor(
        [{k: row.get(k) for k in columns} for row in rows],
        column_config=columns,
        num_rows="dynamic",
        hide_index=True,
        width="stretch",
        height=HEIGHT if len(rows) > 9 else "auto",
        key=f"edit_{name}",
    )
    kept = [row for row in (_row(r) for r in edited) if any(v is not None for v in row.values())]
    is_changed = kept != [_row(r) for r in held]
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Save", key=f"save_{name}", type="primary", disabled=not is_changed) and _saved(name, kept):
            st.rerun()
        st.markdown(":orange[Not saved yet]" if is_changed else f":gray[{words.plural(len(held), 'row')}, kept in {name}.csv of the data folder]")
        table.download(lambda: [{k: _text(v) for k, v in r.items()} for r in held], name, key=f"get_{name}")


def _saved(name: str, rows: Sequence[dict[str, Any]]) -> bool:
    try:
        tables.write(read.folder().root, name, list(rows))
    except (StoreProblem, OSError) as problem:
        st.error(words.plain(f"Not saved: {problem}."))
        return False
    return taken_up.now("Saved; the numbers take it up") if read.has_data() else True


def _row(row: dict[str, Any]) -> dict[str, Any]:
    """A row as it is compared and written: no blanks, dates as dates."""
    return {k: (v.strip() or None) if isinstance(v, str) else v for k, v in row.items()}


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
