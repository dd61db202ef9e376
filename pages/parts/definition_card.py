"""How a number is computed: its definition, who is in it, who is left out by which rule, clock, zone, freshness."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from metrics.engine.dialects import DIALECTS
from metrics.engine.metric import Metric
from metrics.engine.scope import Scope
from pages.parts import read, words
from pages.parts.panel import guarded

DATED = {
    "arrived": "the week the contact arrived",
    "ended": "the week the contact was settled",
    "lived": "the weeks in which the hours passed",
    "as_of": "a moment: the data's end unless said",
}


def button(metric: Metric, row: dict[str, Any] | None, now: Scope, *, key: str) -> None:
    """A small link that opens the card; row: the answer it stands beside, asked in the scope `now`."""
    with st.container(width="content"):
        _card(metric, row, now, key)


@st.fragment
@guarded
def _card(metric: Metric, row: dict[str, Any] | None, now: Scope, key: str) -> None:
    """Written when it is opened, and nothing else with it: what the helpdesk itself shows is a question of its own."""
    card = st.popover("Definition", type="tertiary", help="How it is computed", key=f"card_{key}", on_change="rerun")
    if card.open:
        with card:
            show(metric, row, now)


def show(metric: Metric, row: dict[str, Any] | None, now: Scope) -> None:
    """The card; it also says what the helpdesk itself shows in this scope."""
    st.markdown(f"**{metric.label}**  \n{metric.definition}")
    helpdesk(metric, now)
    st.table(facts(metric, row), border="horizontal", width="content")


def helpdesk(metric: Metric, now: Scope) -> bool:
    """Say what the helpdesk itself shows, where the tools keep a count of their own; False where they keep none."""
    if metric.name not in DIALECTS["recorded"] or now.as_of or not read.has_data():
        return False
    with st.skeleton(height=60):
        told = beside(metric, now)
        if told:
            st.markdown(told)
    return bool(told)


def facts(metric: Metric, row: dict[str, Any] | None) -> dict[str, str]:
    """Key -> value of the card."""
    told = {"Counted": f"{words.count(row['tickets'])} contacts; {words.left_out(row['excluded'])}"} if row else {}
    if row and row["fidelity"]:
        told["Told by"] = words.told_by(row["fidelity"])
    told["Left out by rule"] = ", ".join(metric.excluded) or "nobody"
    told["Dated by"] = DATED[metric.dated_by]
    told["Clock"] = clock(metric)
    told["Time zone"] = f"{read.zone()}, ISO weeks" if read.has_data() else "the report zone of the settings, ISO weeks"
    if metric.min_tickets > 1:
        told["Shown from"] = f"{metric.min_tickets} contacts on"
    if metric.options:
        told["Options"] = "; ".join(
            f"{name} = {read.option(metric.name, name) if read.has_data() else option.default}: {option.meaning}" for name, option in metric.options.items()
        )
    if metric.dialects:
        told["Elsewhere"] = metric.dialects
    if read.has_data():
        told["Data"] = f"load {read.facts()['load_id']}, until {words.moment(read.until())}"
    return told


def beside(metric: Metric, now: Scope) -> str:
    """Your helpdesk shows another number, because; empty where the tools keep no count of their own."""
    rows = read.ask("reconcile", replace(now, by=(), week=False, options={"dialect": "recorded", "metric": metric.name}))
    whole, rules = rows[0], [r for r in rows if r["level"] == "rule"][:2]
    if not whole["tickets"] or whole["theirs"] is None:
        return ""
    same = f"Of {words.plural(whole['tickets'], 'contact')} that both know, {words.share(whole['match_rate'])} agree"
    told = "; ".join(f"{words.plain(r['rule'])} ({words.plural(r['tickets'], 'contact')})" for r in rules)
    because = f", because: {told}" if told else ""
    theirs = f"**Your helpdesk shows {words.value(metric, whole['theirs'])}** ({words.plain(whole['theirs_is'])})"
    return f"{theirs}, this shows {words.value(metric, whole['ours'])} for the same contacts{because}. {same}."


def clock(metric: Metric) -> str:
    if metric.unit != "seconds":
        return "none: no time is measured"
    return "business: opening hours of the queue that held the contact" if metric.name.endswith("_business") else "calendar"
