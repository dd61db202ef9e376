"""The work list of a queue: what to take next, in order, each line with its reasons and the way to its customer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from metrics.engine.metric import analyses
from metrics.engine.scope import Scope
from pages.parts import read, sentences, table, words

CUSTOMER = "pages/investigate/3_customer.py"
GO = "ticket to open"
MOST, ALL = 500, 1_000_000  # listed on the page; asked for
IN_WORDS = {"due soon": "due soon", "failed once": "passed round or came back", "unanswered": "unanswered", "ours": "ours to move"}


def follow() -> None:
    """Go where the last click on a ticket leads."""
    if ticket := st.session_state.pop(GO, None):
        st.switch_page(CUSTOMER, query_params={"ticket": ticket})


def shown(now: Scope) -> None:
    """The list, and how it is ordered."""
    still = replace(now, from_on=None, to_on=None)
    groups, rows = read.ask("work_groups", still), read.ask("work_list", replace(still, options={"top": MOST}))
    if not rows:
        st.markdown("##### Nothing waits for us here")
        st.markdown(f":gray[No open contact is ours to move as of {words.moment(read.until())}.]")
        return
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(f"##### {_finding(groups, now)}", width="stretch")
        with st.popover("How it is ordered", type="tertiary"):
            st.markdown(analyses()["work_list"].question)
    subjects = read.subjects([r["ticket_id"] for r in rows])
    shaped = [_shaped(r, subjects) for r in rows]
    columns: dict[str, Any] = {
        "position": st.column_config.NumberColumn("#", width=45, pinned=True),
        "pick": table.tickets_column("Ticket", "work_ticket", lambda i: go(rows[i]["ticket_id"]), "Open the customer's timeline", "left", 140),
    }
    if any(r["url"] for r in shaped):
        columns["url"] = st.column_config.LinkColumn("Tool", display_text=":material/open_in_new:", width=50, help="Open the ticket in its tool")
    columns |= {"age": table.time("Age", width=90), "said": st.column_config.TextColumn("Why now", width=table.wide((r["said"] for r in shaped), 150, 400))}
    room = 150 if any(r["subject"] for r in shaped) else 250
    if len({r["queue"] for r in rows}) > 1:
        columns["queue"] = st.column_config.TextColumn("Queue", width=table.wide((r["queue"] for r in rows), 80, room))
    for name, label, most in (("priority", "Priority", 90), ("subject", "Subject", 150)):
        if any(r[name] for r in shaped):   # what no tool tells takes no room
            columns[name] = st.column_config.TextColumn(label, width=table.wide((r[name] for r in shaped), 75, most))
    table.show(shaped, columns, key="work_table", alt="What to take next, in order", at_most=390)
    table.download(lambda: read.unkept("work_list", replace(still, options={"top": ALL})), "work_list")
    if sum(r["contacts"] for r in groups) > MOST:
        st.caption(f"The first {MOST} are listed; the download has all of them.")


def _finding(groups: Sequence[dict[str, Any]], now: Scope) -> str:
    """How many of which kind; that what is ours was answered is said only where every source tells messages."""
    named = IN_WORDS | ({"ours": "answered, ours to move"} if sentences.tells_messages(now) else {})
    told = words.listed([f"{words.count(r['contacts'])} {named[r['group']]}" for r in groups], len(named))
    return f"Take next: {told}"


def _shaped(row: dict[str, Any], subjects: dict[str, str]) -> dict[str, Any]:
    url = row["url"] or ""
    return {
        **row,
        "pick": f":material/person: {row['ticket_id']}",
        "url": url if url.startswith(("https://", "http://")) else None,
        "said": f"{row['why'][:1].upper()}{row['why'][1:]}",
        "subject": subjects.get(row["ticket_id"]),
        "age": words.rounded(row["age_seconds"]),
    }


def go(ticket: str) -> None:
    """Called by a click, in a panel too; the next run of the whole page leads there."""
    st.session_state[GO] = ticket
    st.rerun()
