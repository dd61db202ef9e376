"""A queue at its desk: what stands there now, what came in, how long it lay, where it went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from metrics.engine.limits import is_told
from metrics.engine.metric import Metric, catalog
from metrics.engine.scope import NONE, Scope
from pages.charts import desk as figures
from pages.parts import chart, definition_card, losses, read, scope, states, table, tickets_behind, words
from pages.parts.panel import panel

STOCKS = ("backlog", "backlog_ours", "backlog_unanswered")


@panel
def standing(now: Scope) -> None:
    """How much is open at the data's end, how much of it is ours, and how old the oldest is."""
    still = replace(now, from_on=None, to_on=None)
    with st.skeleton(height=125), st.grid(5, min_column_width=180):
        for name in STOCKS:
            metric, row = catalog()[name], read.answer(name, still)[0]
            with st.container(border=True, gap="xsmall", height="stretch"):
                st.metric(metric.label, words.count(row["value"]) if is_told(row) else words.NOTHING, help=metric.tooltip)
                if not is_told(row):
                    st.caption(states.why_none(metric, row))
                elif out := sum(row["excluded"].values()):
                    st.caption(f"{words.count(out)} left out")
                _ways(metric, row, still, f"standing_{name}")
        clear, weeks = catalog()["weeks_to_clear"], read.answer("weeks_to_clear", still)[0]
        with st.container(border=True, gap="xsmall", height="stretch"):
            st.metric(clear.label, words.count(weeks["value"]), help=clear.tooltip)
            _ways(clear, weeks, still, "standing_clear")
        oldest = read.listed("open", still, limit=1)
        with st.container(border=True, gap="xsmall", height="stretch"):
            st.metric("Oldest open contact", words.duration(oldest[0]["value"]) if oldest else words.NOTHING, help="From its first word to the data's end, on the calendar")
            st.caption(f"began {words.moment(read.local(oldest[0]['started_at']))}" if oldest else "nothing is open")


def _ways(metric: Metric, row: dict[str, Any], now: Scope, key: str) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center", wrap=False):
        tickets_behind.button("Tickets", key=key, metric=metric.name)
        definition_card.button(metric, row, now, key=key)


@panel
def every_queue(now: Scope) -> None:
    """All queues of the scope, to pick one."""
    st.markdown("##### Pick a queue")
    with st.skeleton(height=260):
        rows = overview(replace(now, from_on=None, to_on=None), now)
        table.show(
            rows,
            {
                "pick": table.tickets_column("Queue", "pick_queue", lambda i: _pick(rows[i]["queue"]), "Open this queue", "left", 220),
                **{name: st.column_config.NumberColumn(catalog()[name].label, format="localized", help=catalog()[name].tooltip, width=150) for name in STOCKS},
                "wait": table.time("Usual wait for a hand", catalog()["time_in_queue"].tooltip, 150),
                "came": st.column_config.NumberColumn("Came in", format="localized", width=100, help=f"Contacts that entered the queue: {scope.in_words(now)}"),
            },
            key="queues_table",
            alt="All queues",
        )
        table.download(lambda: rows, "queues")
        st.divider()


def overview(still: Scope, now: Scope) -> list[dict[str, Any]]:
    """One row per queue: what is open there, how long work lies, how much came in."""
    found: dict[str, dict[str, Any]] = {}
    for row in read.answer("time_in_queue", replace(now, by=("queue",))):
        name = row["queue"] or NONE
        found[name] = {"came": row["tickets"] + sum(row["excluded"].values()), "wait": words.rounded(row["value"]) if row["value"] is not None else None}
    for stock in STOCKS:
        for row in read.answer(stock, replace(still, by=("queue",))):
            found.setdefault(row["queue"] or NONE, {})[stock] = row["value"] if is_told(row) else None
    rows = [{"pick": table.way_in(name), "queue": name, **dict.fromkeys(STOCKS, 0), **row} for name, row in found.items()]
    return sorted(rows, key=lambda r: (-r["backlog_ours"], -(r.get("came") or 0), r["queue"]))


def _pick(queue: str) -> None:
    st.session_state[scope.url_names()["queue"]] = [queue]
    st.rerun()   # the whole page, of which the table is a panel


def comings(now: Scope) -> list[dict[str, Any]]:
    """Arrivals, departures and what was open, week by week."""
    return read.ask("backlog_flow", now)


def senders(now: Scope) -> None:
    """Who sent this queue what left it again."""
    rows = read.ask("sent_in", now)
    chart.show(figures.senders(rows, chart.colours()), key="senders")
    left = [r for r in rows if r["left_again"]]
    if left:
        shaped = [{**r, "from": r["from_queue"] or "Straight from customers", "sender": r["from_queue"] or "", "part": 100 * r["share"], "move": r["queue"],
                   "left_text": table.way_in(words.count(r["left_again"]))} for r in left]
        table.show(
            shaped,
            {
                "from": st.column_config.TextColumn("From", width=190),
                "came": st.column_config.NumberColumn("Came", format="localized", width=80),
                "left_text": tickets_behind.column("Left again", "senders", shaped, "move", "sender", list="left"),
                "part": st.column_config.NumberColumn("of them", format="%.0f %%", width=80),
                "sent_back": st.column_config.NumberColumn("Straight back", format="localized", width=110),
                "untouched": st.column_config.NumberColumn("Untouched", format="localized", width=95),
                "mostly_to": st.column_config.TextColumn("Mostly to", width=150),
                "hours": st.column_config.NumberColumn("Hours lain here", format="%,.0f", width=120),
            },
            key="senders_table",
            alt="Who sends what leaves again",
        )
        table.download(lambda: rows, "sent_in")


def aged(now: Scope) -> None:
    """What is open by age and state."""
    rows = read.ask("ageing", replace(now, from_on=None, to_on=None))
    chart.show(figures.ageing(rows, chart.colours()), key="ageing")
    if rows:
        tickets_behind.button("Open contacts by age", key="aged", metric="backlog_age")


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
