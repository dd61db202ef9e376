"""An entry of the dictionary: everything a metric's file says, and the query it becomes."""

from __future__ import annotations

from typing import Any

import streamlit as st

from metrics.engine.dialects import DIALECTS
from metrics.engine.metric import Example, Metric, analyses, catalog
from metrics.engine.scope import Scope
from pages.parts import definition_card, read, states, table
from pages.parts.panel import guarded

KINDS = {
    "duration": "a duration: the median is shown, with quartiles, p90, p95 and mean",
    "count": "a count: the mean per contact is shown, with the total",
    "share": "a share: numerator / denominator",
    "volume": "a volume: how many",
    "stock": "a stock: how many at a moment",
    "spread": "one figure of the whole group",
}
FIDELITY = "events where the tool's history is there, states seen at intervals or its counters where not; said beside each number"


def matches(metric: Metric, search: str) -> bool:
    text = " ".join((metric.name.replace("_", " "), metric.name, metric.label, metric.definition, metric.dialects, metric.family)).casefold()
    return all(word in text for word in search.casefold().split())


def listed(search: str) -> None:
    """The metrics that fit a search, family by family."""
    found = [m for m in catalog().values() if matches(m, search)]
    if not found:
        states.empty(f"No metric speaks of '{search}'.", "Try one word of it.")
        return
    rows = [{"pick": table.way_in(m.label), "metric": m.name, "family": m.family, "says": m.tooltip, "unit": m.unit, "dated": m.dated_by.replace("_", " ")} for m in found]
    table.show(
        rows,
        {
            "pick": table.tickets_column("Number", "pick_metric", lambda i: _pick(rows[i]["metric"]), "Open its definition", "left", 280),
            "says": st.column_config.TextColumn("What it says", width=430),
            "family": st.column_config.TextColumn("Family", width=100),
            "unit": st.column_config.TextColumn("Unit", width=90),
            "dated": st.column_config.TextColumn("Dated by", width=90),
        },
        key="dictionary_table",
        alt="All metrics",
        at_most=720,
    )
    table.download(lambda: [{k: v for k, v in r.items() if k != "pick"} for r in rows], "dictionary")
    with st.expander("Analyses: answers that are tables"):
        for analysis in analyses().values():
            st.markdown(f"**{analysis.name}**  \n{analysis.question}")
            st.table(analysis.columns, border="horizontal")


def _pick(name: str) -> None:
    st.session_state["metric"] = name


def _back() -> None:
    st.session_state["metric"] = None


def whole(metric: Metric) -> None:
    """One metric in full."""
    st.button("All metrics", on_click=_back, type="tertiary", icon=":material/arrow_back:")
    st.markdown(f"### {metric.label}")
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.markdown(metric.definition)
        st.table(_facts(metric), border="horizontal")
        if read.has_data() and metric.name in DIALECTS["recorded"]:
            _helpdesk(metric)
    with right:
        st.markdown("##### Worked examples")
        for i, example in enumerate(metric.examples):
            _example(example, i)
    if read.has_data():
        with st.expander("The query behind it, on the loaded data"):
            st.code(read.sql_of(metric.name), language="sql", wrap_lines=True)


@st.fragment
@guarded
def _helpdesk(metric: Metric) -> None:
    """What the tools themselves counted, over all that is loaded; asked when it is opened."""
    card = st.expander("What your helpdesk itself shows, on the loaded data", key=f"helpdesk_{metric.name}", on_change="rerun")
    if card.open:
        with card:
            if not definition_card.helpdesk(metric, Scope()):
                st.markdown(":gray[Your tools keep no count of their own of this number.]")


def _facts(metric: Metric) -> dict[str, Any]:
    better = {"lower": "lower is better", "higher": "higher is better", "neither": "neither way is better by itself"}[metric.better]
    facts = {
        "Name": f"`{metric.name}`, family {metric.family}",
        "Unit": f"{metric.unit}; {KINDS[metric.kind]}",
        "Direction": better,
        "One row per": metric.grain,
        "Population": "every contact in scope" if metric.population == "true" else f"`{metric.population}`",
    }
    return facts | definition_card.facts(metric, None) | {"Fidelity": FIDELITY}


def _example(example: Example, number: int) -> None:
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"**{example.says}**")
        st.code(example.events, language=None, wrap_lines=True)
        gives = ", ".join(f"{ticket} = {value}" for ticket, value in example.gives.items()) or "nobody is in the population"
        options = f" (with {', '.join(f'{k} = {v}' for k, v in example.options.items())})" if example.options else ""
        st.caption(f"gives {gives}{options}")
