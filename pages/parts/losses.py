"""Lists of where hours were lost: queues, hops, returns, stops; each row opens its tickets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from metrics.engine.metric import catalog
from metrics.engine.scope import Scope
from pages.charts import flow
from pages.parts import definition_card, read, scope, states, table, tickets_behind, words

PASSED = "passed on untaken"
LOST = st.column_config.NumberColumn("Hours lost", format="%,.0f", help="In the queue with nobody holding it, or held with nobody acting as far as is told", width=100)


def about(total: dict[str, Any], now: Scope) -> str:
    """What the ledger covers, in a line."""
    unseen = (total["unseen_hours"] or 0) / total["held_hours"] if total["held_hours"] else 0
    some = "" if unseen > 0.995 else f" of {words.share(unseen)} of them"
    doubt = f" Whether anybody acted while contacts were held nobody knows{some}: no replies are told." if unseen else ""
    out = f"; {words.count(total['left_out'])} left out: their source tells no assignments" if total["left_out"] else ""
    return (
        f"{words.hours(total['lost_hours'])} lost over {words.count(total['contacts'])} contacts that lived in these weeks, {scope.in_words(now)}{out}. "
        f"Hours are booked where and when they were lived, open contacts included.{doubt}"
    )


def queues(rows: Sequence[dict[str, Any]]) -> None:
    """Every queue of the ledger."""
    shaped = [
        {**r, "queue": r["queue"] or "(none)", "contacts_text": table.way_in(words.count(r["contacts"])), "part": 100 * (r["share"] or 0)} for r in rows if r["level"] == "queue"
    ]
    hours = {
        f"{b}_hours": st.column_config.NumberColumn(label, format="%,.0f", width=95)
        for b, label in (("queue", "In queue"), ("held", "Held"), ("touched", "Worked"), ("customer", "Customer"), ("others", "Others"))
    }
    table.show(
        shaped,
        {
            "queue": st.column_config.TextColumn("Queue", width=180),
            "lost_hours": LOST,
            "part": st.column_config.NumberColumn("of all lost", format="%.0f %%", width=85),
            **hours,
            "contacts_text": tickets_behind.column("Contacts", "ledger", shaped, "queue", list="lost"),
        },
        key="ledger_table",
        alt="Hours by queue",
    )
    table.download(lambda: [r for r in rows if r["level"] == "queue"], "bottlenecks_queues")


def hops(rows: Sequence[dict[str, Any]]) -> None:
    """Moves from queue to queue."""
    shaped = [
        {
            **r,
            "to": r["next_queue"],
            "move": r["queue"],
            "delay": words.rounded(r["median_delay_seconds"]) if r["median_delay_seconds"] is not None else None,
            "contacts_text": table.way_in(words.count(r["contacts"])),
        }
        for r in rows
        if r["level"] == "hop"
    ]
    table.show(
        shaped,
        {
            "move": st.column_config.TextColumn("From", width=170),
            "to": st.column_config.TextColumn("To", width=170),
            "delay": table.time("Median wait there", "From the move to the first hand in the next queue", 140),
            "lost_hours": st.column_config.NumberColumn("Hours waited", format="%,.0f", width=110),
            "contacts_text": tickets_behind.column("Moves", "hops", shaped, "move", "to", list="moved"),
        },
        key="hops_table",
        alt="Moves between queues",
    )
    table.download(lambda: [r for r in rows if r["level"] == "hop"], "bottlenecks_hops")


def counted(name: str, now: Scope) -> None:
    """A count of the flow in all: how many, its definition and its tickets."""
    metric, row = catalog()[name], read.answer(name, now)[0]
    if row["value"] is None:
        st.markdown(f":gray[{metric.label} cannot be said: {states.why_none(metric, row)}.]")
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.markdown(f"{metric.label}: **{words.count(row['total'])}**, {words.value(metric, row['value'])} a contact", width="content")
        tickets_behind.button(words.plural(row["tickets"], "contact"), key=f"counted_{name}", metric=name)
        definition_card.button(metric, row, now, key=f"counted_{name}")


def returns(rows: Sequence[dict[str, Any]], now: Scope) -> None:
    """Pairs of queues that send contacts both ways."""
    counted("ping_pong", now)
    pairs = flow.ping_pong([r for r in rows if r["level"] == "hop"])
    if not pairs:
        st.markdown("No two queues send contacts back and forth in this scope.")
        return
    shaped = [{**p, "move": p["queue"], "to": p["next_queue"], "there_text": table.way_in(words.count(p["there"]))} for p in pairs]
    table.show(
        shaped,
        {
            "pair": st.column_config.TextColumn("Between", width=240),
            "back": st.column_config.NumberColumn("Back", format="localized", width=80),
            "there_text": tickets_behind.column("There", "pairs", shaped, "move", "to", list="moved"),
        },
        key="pairs_table",
        alt="Pairs of queues with moves both ways",
    )


def stops(now: Scope) -> list[dict[str, Any]]:
    """Queues that pass contacts on before anybody there took them, the most first."""
    found = []
    for row in read.answer("time_in_queue", Scope(**{**now.__dict__, "by": ("queue",)})):
        entered = row["tickets"] + sum(row["excluded"].values())
        passed = row["excluded"].get(PASSED, 0)
        if passed:
            found.append({"queue": row["queue"], "passed": passed, "entered": entered, "part": 100 * passed / entered})
    return sorted(found, key=lambda r: -r["passed"])


def pass_through(now: Scope) -> None:
    """Queues that only pass contacts on."""
    counted("pass_throughs", now)
    rows = stops(now)
    if not rows:
        st.markdown("No queue passed contacts on untaken in this scope.")
        return
    shaped = [{**r, "entered_text": table.way_in(words.count(r["entered"]))} for r in rows]
    table.show(
        shaped,
        {
            "queue": st.column_config.TextColumn("Queue", width=180),
            "passed": st.column_config.NumberColumn("Passed on untaken", format="localized", width=120),
            "part": st.column_config.NumberColumn("of those that came", format="%.0f %%", width=120),
            "entered_text": tickets_behind.column("Came in", "stops", shaped, "queue", metric="time_in_queue"),
        },
        key="stops_table",
        alt="Queues that pass contacts on",
    )
