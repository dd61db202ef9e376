"""What is wrong with the data, where it matters, and what to do: findings, coverage, reconciliation, identity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from metrics.engine.dialects import DIALECTS
from metrics.engine.metric import catalog
from metrics.engine.scope import Scope
from pages.parts import read, table, words

DIALECT_NAMES = {"recorded": "the tool's own count", "zendesk": "Zendesk's definition", "intercom": "Intercom's definition"}


def headline(rows: Sequence[dict[str, Any]]) -> None:
    """The state of the data in a sentence."""
    bad = [r for r in rows if r["verdict"] == "implausible"]
    mend = [r for r in rows if r["verdict"] == "to mend"]
    if bad:
        st.error(
            f"**{words.plain(bad[0]['source'])}: {bad[0]['check']}** in {words.count(bad[0]['found'])} of {words.count(bad[0]['of'])}. "
            "Clear this before trusting any time of that source: a zone, a date format or a column is wrong.",
            icon=":material/error:",
        )
    elif mend:
        st.markdown(f"### Nothing makes the data implausible; {words.plural(len(mend), 'finding')} can be mended.")
    else:
        st.markdown("### Nothing is wrong with the data.")


def findings(rows: Sequence[dict[str, Any]]) -> None:
    """Every check, the gravest first; what is good stays folded."""
    for title, verdicts, folded in (("To mend", ("implausible", "to mend"), False), ("Good to know", ("to know",), False), ("Checked and good", ("good",), True)):
        chosen = [{**r, "part": 100 * r["share"] if r["share"] is not None else None} for r in rows if r["verdict"] in verdicts]
        if not chosen:
            continue
        place = st.expander(f"{title}: {words.plural(len(chosen), 'check')}") if folded else st.container()
        with place:
            if not folded:
                st.markdown(f"##### {title}")
            table.show(
                chosen,
                {
                    "source": st.column_config.TextColumn("Source", width=100),
                    "check": st.column_config.TextColumn("Finding", width=table.wide((r["check"] for r in chosen), 120, 260)),
                    "found": st.column_config.NumberColumn("Found", format="localized", width=72),
                    "of": st.column_config.NumberColumn("of", format="localized", width=72),
                    "part": st.column_config.NumberColumn("%", format="%.1f", width=60),
                    "says": st.column_config.TextColumn("What it does, and what to do", width=470),
                },
                key=f"findings_{verdicts[0]}",
                alt=title,
                row_height=table.tall((r["says"] for r in chosen), 72),
            )
    table.download(lambda: list(rows), "data_quality")


def reconciliation() -> None:
    """Our number beside the tool's, ticket by ticket."""
    st.markdown("##### Why does the helpdesk show another number?")
    left, right = st.columns(2)
    dialect = left.segmented_control("Beside", list(DIALECTS), format_func=DIALECT_NAMES.get, default="recorded", required=True, key="dialect", bind="query-params")
    offered = list(DIALECTS[dialect])
    name = right.selectbox("Number", offered, format_func=lambda n: catalog()[n].label, key=f"reconciled_{dialect}")
    rows = read.ask("reconcile", Scope(options={"dialect": dialect, "metric": name}))
    whole = rows[0]
    if not whole["tickets"]:
        st.markdown(f":gray[Nothing to compare: {DIALECT_NAMES[dialect]} of {catalog()[name].label.lower()} is not in the data.]")
        return
    metric = catalog()[name]
    st.markdown(
        f"**{words.share(whole['match_rate'])}** of {words.plural(whole['tickets'], 'contact')} agree. Ours: {words.value(metric, whole['ours'])}; "
        f"{words.plain(whole['theirs_is'])}: {words.value(metric, whole['theirs'])}."
    )
    rules = [r for r in rows if r["level"] == "rule"]
    if rules:
        table.show(
            [{**r, "share": 100 * r["tickets"] / whole["tickets"]} for r in rules],
            {
                "rule": st.column_config.TextColumn("What makes the difference", width=480),
                "tickets": st.column_config.NumberColumn("Contacts", format="localized", width=100),
                "share": st.column_config.NumberColumn("% of all", format="%.1f", width=90),
            },
            key="reconcile_rules",
            alt="Rules that make the difference",
        )
    tickets = [r for r in rows if r["level"] == "ticket"]
    if tickets:
        with st.expander(f"The {len(tickets)} tickets that differ most"):
            shown = [{k: r[k] for k in ("ticket_id", "ours", "theirs", "difference", "rule")} for r in tickets]
            table.show(shown, {k: st.column_config.Column(k.replace("_", " ").capitalize()) for k in shown[0]}, key="reconcile_tickets", alt="Tickets that differ")
            table.download(lambda: shown, f"reconcile_{dialect}_{name}")


def identity() -> None:
    """Which customer records are one person, and what says so."""
    rows = read.ask("identity_links", Scope(options={"top": 200}))
    st.markdown("##### Customers across tools")
    tools = [{**r, "part": 100 * r["matched_share"] if r["matched_share"] is not None else None} for r in rows if r["level"] == "tool"]
    table.show(
        tools,
        {
            "source": st.column_config.TextColumn("Tool", width=130),
            "customers": st.column_config.NumberColumn("Customers", format="localized", width=110),
            "in_other_tools": st.column_config.NumberColumn("Known in another tool", format="localized", width=170),
            "part": st.column_config.NumberColumn("%", format="%.0f", width=70),
            "contacts": st.column_config.NumberColumn("Contacts", format="localized", width=110),
            "unknown_contacts": st.column_config.NumberColumn("Customer not known", format="localized", width=160),
        },
        key="identity_tools",
        alt="Customers by tool",
    )
    unused = [r for r in rows if r["level"] == "not_used"]
    if unused:
        st.markdown(f":gray[{words.plural(len(unused), 'key')} shared by too many customers of one tool join nobody: shared mailboxes or placeholders.]")
    links = [r for r in rows if r["level"] == "link"]
    if links:
        with st.expander(f"What joins them: {words.plural(len(links), 'link')}, keys as hashes"):
            columns = {"customer_id": "One record", "other_id": "The other", "by": "Shared", "key": "Key, hashed"}
            table.show(links, {k: st.column_config.TextColumn(label, width=220) for k, label in columns.items()}, key="identity_links", alt="Links between customer records")
            table.download(lambda: [{k: r[k] for k in columns} for r in links], "identity_links")
