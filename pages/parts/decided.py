"""What we decided, and what came of it: works, no effect, too early, cannot be told; what the business's events cost."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import streamlit as st

from metrics.brief.sentences import VERDICTS, day_of, verdict
from metrics.engine.limits import WEEK, last_full_week
from metrics.engine.metric import catalog
from metrics.engine.scope import Scope
from pages.parts import access, read, states, tickets_behind, words
from pages.parts.panel import panel

MOST = 3
COLOURS = {"works": "blue", "cost": "orange"}
EDITED = "pages/data/5_reasons.py"


@panel
def shown(week: date) -> None:
    """The newest decisions, each judged in the scope it names, whatever the page's filters; of a past week those made by then."""
    st.markdown("#### What we decided", help="Each is judged by its own number in its own scope, against like places without the change; four full weeks are needed.")
    with st.skeleton(height=200):
        rows = sorted(read.ask("decision_effect", Scope()), key=lambda r: (r["decided_on"], r["what"]), reverse=True)
        if week < last_full_week(read.until()):
            rows = [r for r in rows if day_of(r["decided_on"]) < week + WEEK]
        if not rows:
            states.empty("Nothing has been written down yet.", "Decide on a line under Worth changing; four full weeks later it is judged here.")
        for i, row in enumerate(rows[:MOST]):
            _one(row, i)
        if Path(EDITED).exists():
            more = f"All {len(rows)}, to change or take back" if len(rows) > MOST else "Change or take back"
            access.link(EDITED, label=more if rows else "Reasons and decisions", icon=":material/edit_note:")


def _one(row: dict[str, Any], i: int) -> None:
    """The verdict, the decision (which opens its contacts), and what was measured."""
    metric, who = catalog().get(row["metric"] or ""), f", {row['who']}" if row["who"] else ""
    with st.container(gap=None):
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            st.markdown(f":{COLOURS.get(row['verdict'], 'gray')}-badge[{VERDICTS.get(row['verdict'], words.plain(row['verdict'] or ''))}]", width="content")
            if metric and row["where"]:
                tickets_behind.button(words.plain(row["what"]), key=f"decided_{i}", metric=metric.name, where=row["where"], all="yes", since=str(row["decided_on"]))
            else:
                st.markdown(words.plain(row["what"]), width="content")
        st.caption(f"{words.day(day_of(row['decided_on']))}{words.plain(who)}. {words.plain(verdict(row))}")
