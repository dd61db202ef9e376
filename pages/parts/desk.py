"""A queue at its desk: what stands there now, what came in, how long it lay, where it went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from metrics.engine.metric import catalog
from metrics.engine.scope import NONE, Scope
from pages.parts import definition_card, losses, read, scope, table, tickets_behind, words

STOCKS = ("backlog", "backlog_ours", "backlog_unanswered")


def standing(now: Scope) -> None:
    """How much is open at the data's end, how much of it is ours, and how old the oldest is."""
    still = replace(now, from_on=None, to_on=None)
    oldest = read.open_tickets(still, 1)
    with st.grid(4, min_column_width=220):
        for name in STOCKS:
            metric, row = catalog()[name], read.answer(name, still)[0]
            with st.container(border=True, gap="xsmall"):
                st.metric(metric.label, words.count(row["value"]), help=metric.tooltip)
                with st.container(horizontal=True, gap="small", vertical_alignment="center", wrap=False):
                    tickets_behind.button("Tickets", key=f"standing_{name}", metric=name)
                    definition_card.button(metric, row)
        with st.container(border=True, gap="xsmall", height="stretch"):
            st.metric("Oldest open contact", words.duration(oldest[0]["value"]) if oldest else words.NOTHING, help="From its first word to the data's end, on the calendar")
            st.caption(f"began {words.moment(read.local(oldest[0]['started_at']))}" if oldest else "nothing is open")


def every_queue(now: Scope) -> None:
    """All queues of the scope, to pick one."""
    rows = overview(replace(now, from_on=None, to_on=None), now)
    st.markdown("##### Pick a queue")
    table.show(
        rows,
        {
            "pick": table.tickets_column("Queue", "pick_queue", lambda i: _pick(rows[i]["queue"]), "Open this queue", "left", 220),
            **{name: st.column_config.NumberColumn(catalog()[name].label, format="localized", help=catalog()[name].tooltip, width=150) for name in STOCKS},
            "wait": st.column_config.NumberColumn("Usual wait for a hand", format="localized", width=150, help=catalog()["time_in_queue"].tooltip),
            "came": st.column_config.NumberColumn("Came in", format="localized", width=100, help=f"Contacts that entered the queue: {scope.in_words(now)}"),
        },
        key="queues_table",
        alt="All queues",
    )
    table.download(lambda: rows, "queues")


def overview(still: Scope, now: Scope) -> list[dict[str, Any]]:
    """One row per queue: what is open there, how long work lies, how much came in."""
    found: dict[str, dict[str, Any]] = {}
    for row in read.answer("time_in_queue", replace(now, by=("queue",))):
        name = row["queue"] or NONE
        found[name] = {"came": row["tickets"] + sum(row["excluded"].values()), "wait": words.rounded(row["value"]) if row["value"] is not None else None}
    for stock in STOCKS:
        for row in read.answer(stock, replace(still, by=("queue",))):
            found.setdefault(row["queue"] or NONE, {})[stock] = row["value"]
    rows = [{"pick": table.way_in(name), "queue": name, **dict.fromkeys(STOCKS, 0), **row} for name, row in found.items()]
    return sorted(rows, key=lambda r: (-r["backlog_ours"], -(r.get("came") or 0), r["queue"]))


def _pick(queue: str) -> None:
    st.session_state[scope.url_names()["queue"]] = [queue]


def oldest(now: Scope) -> None:
    rows = read.open_tickets(now)
    if not rows:
        st.markdown(f"Nothing is open here as of {words.moment(read.until())}.")
        return
    tickets_behind.listing(rows, None, key="oldest", value="Age", height=330 if len(rows) > 8 else "auto")
    table.download(lambda: read.open_tickets(now, None), "open_contacts")


def came_in(now: Scope) -> list[dict[str, Any]]:
    """Contacts that entered the queue, week by week."""
    return [{"week": r["week"], "value": r["tickets"] + sum(r["excluded"].values())} for r in read.answer("time_in_queue", replace(now, week=True))]


def waits(now: Scope) -> list[dict[str, Any]]:
    return read.answer("time_in_queue", replace(now, week=True))


def everywhere(now: Scope) -> Scope:
    """The scope without its choice of queue: what the queue is measured against, and where its contacts go."""
    return replace(now, where=tuple(w for w in now.where if w[0] != "queue"))


def moves(hops: Sequence[dict[str, Any]], queues: Sequence[str]) -> None:
    own = [h for h in hops if h["queue"] in queues or h["next_queue"] in queues]
    if own:
        losses.hops(own)


def passed_on(now: Scope) -> None:
    """How many contacts this queue sent on untaken, in a sentence."""
    st.markdown("##### Sent on untaken")
    for row in losses.stops(now):
        st.markdown(
            f"**{words.share(row['part'] / 100)}** of what came into {words.plain(row['queue'] or '(none)')} was sent on before anybody took it "
            f"({words.count(row['passed'])} of {words.count(row['entered'])})."
        )
        tickets_behind.button("Tickets that came in", key=f"stop_{row['queue']}", metric="time_in_queue", queue=row["queue"])
        return
    st.markdown("Nothing was sent on before anybody here took it.")
