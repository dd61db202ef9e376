"""Decide: from a line of the design list to a decision that later loads judge.

The decision is written beside the data and taken up at once, by the same door a person would use; the dialog shows its
progress. What was decided is changed or taken back on the page of reasons and decisions.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import streamlit as st

from metrics.engine.decisions import parse
from metrics.engine.metric import catalog
from metrics.engine.scope import DIMENSIONS
from pages.parts import access, read, taken_up, words
from warehouse import tables
from warehouse.store import StoreProblem

# kind of change -> the number that shows whether it was made well, and the change to expect of it
JUDGED_BY = {
    "pass_through": ("pass_throughs", -50),
    "first_door": ("transfers", -50),
    "loop": ("ping_pong", -50),
    "vendor_border": ("transfers", -50),
    "order": ("settled_within", -20),
    "reason": ("contacts", -20),
}


def button(line: dict[str, Any], *, key: str) -> None:
    """The button of one line, for whoever may decide; `line` is a row of the design list."""
    visitor = access.current()
    if (
        visitor
        and visitor.may_write
        and st.button("Decide", key=f"decide_{key}", icon=":material/gavel:", help="Write down that this will be done; later loads say whether it worked")
    ):
        st.dialog("Write down a decision", width="medium")(_form)(line)


def proposal(line: dict[str, Any]) -> dict[str, Any]:
    """The decision a line suggests, columns as in decisions.csv."""
    metric, expected = JUDGED_BY.get(line["kind"], ("resolution_time", -20))
    if line["basis"] == "declared" and line["share"]:
        expected = -round(100 * line["share"])
    on = read.until().date() + timedelta(days=1)
    return {"on": on, "what": line["change"], "who": line["owner"] or "", "kind": "ours", "scope": judged_in(line), "metric": metric, "expected": expected}


def judged_in(line: dict[str, Any]) -> str:
    """The scope in which the change will show: the line's own, without what the change itself would empty.

    Contacts that no longer come to a queue first cannot be judged under that first queue; of a loop its first queue is kept,
    so that there are like queues to compare with.
    """
    kept = [(dimension, value) for dimension, value in parse(line["where"]) if dimension != "first_queue"]
    if not kept and line["tickets"]:
        kept = [("source", line["tickets"].partition(":")[0])]
    first = {dimension: value for dimension, value in reversed(kept)}
    return " ".join(f"{dimension}={first[dimension]}" for dimension in dict.fromkeys(d for d, _ in kept))


def unusable(decision: dict[str, Any]) -> str:
    """Why a decision could never be judged; empty where it could."""
    where = parse(decision["scope"])
    unknown = [d for d, _ in where if d not in DIMENSIONS and d not in read.own_dimensions()]
    if not decision["what"].strip():
        return "Say in a sentence what is decided."
    if unknown:
        return words.plain(f"No dimension is called {unknown[0]}.")
    return "" if where else "Name where it applies as DIMENSION=VALUE, for example queue=Billing: it is compared with like places."


def _form(line: dict[str, Any]) -> None:
    given, offered = proposal(line), {name: m.label for name, m in catalog().items() if m.kind != "stock"}
    with st.form("decision", border=False):
        what = st.text_input("What is decided", given["what"], key="decision_what")
        left, right = st.columns(2)
        who = left.text_input("Who decides", given["who"], key="decision_who")
        on = right.date_input("From which day on", given["on"], key="decision_on", format="YYYY-MM-DD", help="Default: the day after the data end")
        where = st.text_input("Where it applies", given["scope"], key="decision_scope", help="DIMENSION=VALUE. It is judged there, against like places without the change")
        left, right = st.columns(2)
        metric = left.selectbox("Judged by", list(offered), list(offered).index(given["metric"]), format_func=offered.get, key="decision_metric")
        expected = right.number_input("Expected change in %", -99, 900, given["expected"], key="decision_expected", help="What would make it worth doing; -50 is half")
        st.caption("Four full weeks after that day the Week page says whether it works. Change it or take it back under Reasons and decisions.")
        is_sent = st.form_submit_button("Write it down", type="primary")
    if not is_sent:
        return
    decision = {**given, "what": what.strip(), "who": who.strip(), "on": on, "scope": where.strip(), "metric": metric, "expected": f"{expected:+d}%"}
    if problem := unusable(decision):
        st.error(problem)
        return
    if written(decision):
        st.rerun()


def written(decision: dict[str, Any]) -> bool:
    """Write it down and publish; told in words where that fails. What is written stays written: the next load takes it up."""
    try:
        tables.decide(read.folder().root, decision)
    except (StoreProblem, OSError) as problem:
        st.error(words.plain(f"It could not be written down: {problem}."))
        return False
    return taken_up.now("Written down; the numbers take it up")
