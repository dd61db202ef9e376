"""The tickets behind a number: a drawer at the right whose subject stands in the URL, so that the list itself is a link.

Every number has a button that opens it. In the drawer each ticket links to its own tool, says its value or the rule
that leaves it out, and all of them download as CSV.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any
from urllib.parse import parse_qsl, urlencode

import streamlit as st

from metrics.engine.decisions import parse
from metrics.engine.limits import WEEK
from metrics.engine.metric import Metric, catalog
from metrics.engine.scope import Scope
from pages.parts import definition_card, read, scope, table, words

PARAM = "behind"
HOURS = "How long contacts lay in a queue, or were held with nobody acting on them, in this period."


def button(label: str, *, key: str, help: str = "Open the tickets behind this number", **about: str) -> None:
    """about: metric=NAME, or lost=yes, move=QUEUE to=QUEUE, route=WAY, open=yes; week=MONDAY; any dimension=VALUE, or where="DIM=VALUE DIM=VALUE"."""
    st.button(label, key=f"behind_{key}", type="tertiary", icon=":material/list_alt:", help=help, on_click=opened, kwargs=about)


def column(label: str, key: str, rows: Sequence[dict[str, Any]], *dimensions: str, **about: str) -> Any:
    """A table column whose buttons open the tickets of their row, told apart by the named dimensions."""
    return table.tickets_column(label, f"{key}_tickets", lambda i: opened(**about, **{d: rows[i][d] for d in dimensions}))


def opened(**about: str) -> None:
    st.query_params[PARAM] = urlencode(about)
    st.rerun()  # the whole page: the drawer belongs to the frame, also where the button stands in a panel of its own


def closed() -> None:
    st.query_params.pop(PARAM, None)


def drawer() -> None:
    """Show the drawer where the URL asks for one."""
    about = dict(parse_qsl(st.query_params.get(PARAM, "")))
    if not about or not read.has_data():
        return
    metric = catalog().get(about.get("metric", ""))
    if metric is None and not {"lost", "move", "open", "route"} & about.keys():
        closed()
        return
    title = metric.label if metric else words.plain(_named(about))
    st.dialog(title, width=960, position="right", on_dismiss=closed)(_contents)(metric, about)


def _named(about: dict[str, str]) -> str:
    """What a list without a metric is of."""
    if "move" in about:
        return f"From {about['move']} to {about.get('to')}"
    return about.get("route") or ("Open now" if "open" in about else "Hours lost")


def narrowed(about: dict[str, str]) -> Scope:
    """The page's scope, narrowed to what the button stood for."""
    now = scope.chosen()
    own = [(d, v) for d, v in about.items() if d in scope.url_names()]
    now = replace(now, where=(*(w for w in now.where if w[0] not in dict(own)), *own))
    if "where" in about:  # filters as an analysis names them; one dimension twice is either
        now = replace(now, where=(*now.where, *parse(about["where"])))
    if "all" in about:  # the whole of it, whatever the page's period
        now = replace(now, from_on=None, to_on=None, where=tuple(own))
    if "week" in about:
        monday = date.fromisoformat(about["week"])
        now = replace(now, from_on=monday, to_on=monday + WEEK)
    return now


def _contents(metric: Metric | None, about: dict[str, str]) -> None:
    now = narrowed(about)
    if metric is None:
        st.caption(scope.in_words(now))
        st.markdown(HOURS if "lost" in about else "")
    else:
        if metric.dated_by == "as_of":
            end = datetime.combine(now.to_on, time()) if "week" in about and now.to_on else read.until()
            now = replace(now, from_on=None, to_on=None, as_of=min(read.utc(end), read.engine().data_until))
        row = (read.answer(metric.name, now) or [None])[0]
        st.caption(f"{metric.tooltip}  \n{scope.in_words(now)}")
        if row:
            st.markdown(f"**{words.value(metric, row['value'])}** · {words.count(row['tickets'])} counted · {words.left_out(row['excluded'])}")
    shown = _rows(metric, about, now, read.SHOWN)
    if not shown:
        st.write("No tickets behind it in this scope.")
        return
    listing(shown, metric, key="drawer")
    name = about.get("metric") or ("moves" if "move" in about else "route" if "route" in about else "open" if "open" in about else "lost_hours")
    table.download(lambda: _rows(metric, about, now, None), name, "Download all of them", key="drawer_download")
    if metric:
        with st.expander("How it is computed"):
            definition_card.show(metric, row)


def _rows(metric: Metric | None, about: dict[str, str], now: Scope, limit: int | None) -> list[dict[str, Any]]:
    if metric:
        return read.tickets(metric.name, now, limit)
    if "move" in about:
        return read.moved_tickets(now, about["move"], about.get("to", ""), limit)
    if "route" in about:
        return read.route_tickets(now, about["route"], limit)
    return read.open_tickets(now, limit) if "open" in about else read.lost_tickets(now, limit)


def listing(rows: Sequence[dict[str, Any]], metric: Metric | None, *, key: str, value: str = "", height: int | str = "auto") -> None:
    """A list of tickets, each with a link into its tool where the source gives its address."""
    seconds = metric is None or metric.unit == "seconds"
    shaped = [
        {
            **r,
            "value": words.rounded(r["value"]) if seconds and r["value"] is not None else r["value"],
            "state": (r.get("state") or "").replace("_", " "),
            "began": read.local(r["started_at"]) if r.get("started_at") else None,
        }
        for r in rows
    ]
    number = st.column_config.NumberColumn(value or ("Time" if seconds else metric.unit.capitalize()), format="localized", width=150)
    columns = {"ticket_id": st.column_config.TextColumn("Ticket", pinned=True, width=150)}
    if any(r.get("url") for r in rows):
        columns["url"] = st.column_config.LinkColumn("Open", display_text=":material/open_in_new:", width=60, help="Open the ticket in its tool")
    if metric is None or metric.kind not in ("stock", "volume"):
        columns["value"] = number
    if any(r.get("subject") for r in rows):
        columns["subject"] = st.column_config.TextColumn("Subject", width=230)
    columns |= {
        "queue": st.column_config.TextColumn("Queue", width=130),
        "state": st.column_config.TextColumn("State", width=110),
        "began": st.column_config.DatetimeColumn("Began", format="D MMM YYYY, HH:mm", width=150),
    }
    if any(r["rule"] for r in rows):
        columns["rule"] = st.column_config.TextColumn("Left out because", width=150)
    table.show(shaped, columns, key=f"{key}_list", alt="Tickets behind the number", height=height)
    if len(rows) >= read.SHOWN:
        st.caption(f"The first {read.SHOWN:,} are listed; the download has all of them.")
