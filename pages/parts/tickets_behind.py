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
# kind of list -> what must be said to open it, how it is named, what its value is
LISTS = {
    "lost": ((), "Hours lost", "How long the contacts that lived here lay in a queue, or were held with nobody acting on them, in this period."),
    "moved": (("move", "to"), "From {move} to {to}", "How long they waited there for a hand."),
    "open": ((), "Open now", "How old they are."),
    "route": (("route",), "{route}", "How long they took, where they are settled."),
    "routed": ((), "Settled contacts whose way is known", "How long they took."),
    "change": (("kind", "of"), "Contacts of this change", "How long they waited for us."),
    "arrived": ((), "Contacts that customers began", "How long they took, where they are settled."),
    "spread": ((), "Settled contacts whose times lie apart", "How long they took, the slowest first."),
    "signal": (("what", "shows"), "{what}", "The contacts this change is told of, with what the number says of each."),
    "aged": (("age", "state"), "Open: {age}, {state}", "How old they are."),
    "came": (("weekday", "hour"), "Came on a {weekday}, {hour}:00 to {hour}:59", "How long they waited in that queue for a hand."),
    "back": (("days", "which"), "Back within {days} days {which}", "After how long the customer was back."),
    "held": (("place", "name"), "Contacts that {name} had", "How long they took, where they are settled."),
    "hands": (("hands",), "Contacts by hands: {hands}", "How long they waited for us, where it is known."),
    "tenth": (("tenth",), "Tenth {tenth} of 10 by time waited", "How long they waited for us; 1 is the tenth that waited the shortest, of its reason and tool."),
    "issues": (("began", "mark"), "Issues of the week of {began}: {mark}", "All contacts of these issues, one issue after the other, and how long each took, where it is settled."),
    "left": (("move", "sender"), "What left {move} again", "How long it lay there before it left."),
}

TITLES = {  # values of a list as they are said
    "new": "new", "in_progress": "in progress", "waiting_internal": "waiting for others", "waiting_customer": "waiting for the customer",
    "any": "for any reason", "same": "for the same reason", "newest": "for any reason, the newest contacts included",
    "fragmented": "two tools or three hands", "two_tools": "two tools or more", "three_hands": "three hands or more",
}


def button(label: str, *, key: str, help: str = "Open the tickets behind this number", **about: str) -> None:
    """about: metric=NAME, or list=KIND with what it needs; any dimension=VALUE, or where="DIM=VALUE DIM=VALUE"; week=MONDAY, or since=DAY and before=DAY;
    all=yes for contacts of all time, whatever the page's filters."""
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
    about = dict(parse_qsl(st.query_params.get(PARAM, ""), keep_blank_values=True))
    if not about or not read.has_data():
        return
    metric, kind = catalog().get(about.get("metric", "")), about.get("list", "")
    if metric is None and (kind not in LISTS or not set(LISTS[kind][0]) <= about.keys()):
        closed()
        return
    named = {name: TITLES[value] for name, value in about.items() if name in ("state", "which", "mark") and value in TITLES}
    title = metric.label if metric else words.plain(LISTS[kind][1].format_map({**about, **named}))
    st.dialog(title, width=960, position="right", on_dismiss=closed)(_contents)(about)


def narrowed(about: dict[str, str]) -> Scope:
    """The page's scope, narrowed to what the button stood for."""
    now = Scope() if "all" in about else scope.chosen()
    said = {"metric", "list", "where", "all", "since", "before", "week", *LISTS.get(about.get("list", ""), ((),))[0]}
    own = tuple((d, v) for d, v in about.items() if d in scope.url_names() and d not in said)
    now = replace(now, where=(*(w for w in now.where if w[0] not in dict(own)), *own))
    if "where" in about:  # filters as an analysis names them; one dimension twice is either
        now = replace(now, where=(*now.where, *parse(about["where"])))
    if "since" in about or "before" in about:
        now = replace(now, **{end: date.fromisoformat(about[name]) if about.get(name) else None for end, name in (("from_on", "since"), ("to_on", "before"))})
    if "week" in about:
        monday = date.fromisoformat(about["week"])
        now = replace(now, from_on=monday, to_on=monday + WEEK)
    return now


def dated(now: Scope) -> dict[str, str]:
    """The time of a scope, for a button that stands for another time than the page's."""
    return {name: day.isoformat() if day else "" for name, day in (("since", now.from_on), ("before", now.to_on))}


def asked(about: dict[str, str]) -> tuple[Metric | None, Scope]:
    """The metric and the scope a way in stands for; a stock is taken at the end of its time."""
    metric, now = catalog().get(about.get("metric", "")), narrowed(about)
    if metric and metric.dated_by == "as_of":
        end = datetime.combine(now.to_on, time()) if now.to_on and ("week" in about or "before" in about) else read.until()
        now = replace(now, from_on=None, to_on=None, as_of=min(read.utc(end), read.engine().data_until))
    return metric, now


def _contents(about: dict[str, str]) -> None:
    metric, now = asked(about)
    kind, row = about.get("list", ""), None
    if metric is None:
        st.caption(f"{LISTS[kind][2]}  \n{scope.in_words(now)}")
    else:
        row = (read.answer(metric.name, now) or [None])[0]
        st.caption(f"{metric.tooltip}  \n{scope.in_words(now)}")
        if row:
            st.markdown(f"**{words.value(metric, row['value'])}** · {words.count(row['tickets'])} counted · {words.left_out(row['excluded'])}")
    shown = rows(metric, about, now, read.SHOWN)
    if not shown:
        st.write("No tickets behind it in this scope.")
        return
    listing(shown, metric or catalog().get(about.get("shows", "")), key="drawer")
    table.download(lambda: rows(metric, about, now, None), metric.name if metric else kind, "Download all of them", key="drawer_download")
    if metric:
        card = st.expander("How it is computed", key="drawer_card", on_change="rerun")
        if card.open:
            with card:
                definition_card.show(metric, row, now)


def rows(metric: Metric | None, about: dict[str, str], now: Scope, limit: int | None) -> list[dict[str, Any]]:
    """The tickets themselves; limit None = all."""
    if metric:
        return read.tickets(metric.name, now, limit)
    return read.listed(about["list"], now, *(about[name] or None for name in LISTS[about["list"]][0]), limit=limit)


def listing(listed: Sequence[dict[str, Any]], metric: Metric | None, *, key: str, value: str = "", at_most: int | None = None) -> None:
    """A list of tickets, each with a link into its tool where the source gives its address."""
    seconds = metric is None or metric.unit == "seconds"
    shaped = [
        {
            **r,
            "value": words.rounded(r["value"]) if seconds and r["value"] is not None else r["value"],
            "state": (r.get("state") or "").replace("_", " "),
            "began": read.local(r["started_at"]) if r.get("started_at") else None,
        }
        for r in listed
    ]
    number = table.time(value or "Time", width=110) if seconds else st.column_config.NumberColumn(value or metric.unit.capitalize(), format="localized", width=150)
    columns = {"ticket_id": st.column_config.TextColumn("Ticket", pinned=True, width=150)}
    if any(r.get("url") for r in listed):
        columns["url"] = st.column_config.LinkColumn("Open", display_text=":material/open_in_new:", width=60, help="Open the ticket in its tool")
    if metric is None or metric.kind not in ("stock", "volume"):
        columns["value"] = number
    if any(r.get("subject") for r in listed):
        columns["subject"] = st.column_config.TextColumn("Subject", width=230)
    columns |= {
        "queue": st.column_config.TextColumn("Queue", width=130),
        "state": st.column_config.TextColumn("State", width=110),
        "began": st.column_config.DatetimeColumn("Began", format="D MMM YYYY, HH:mm", width=150),
    }
    if any(r["rule"] for r in listed):
        columns["rule"] = st.column_config.TextColumn("Left out because", width=150)
    table.show(shaped, columns, key=f"{key}_list", alt="Tickets behind the number", at_most=at_most)
    if len(listed) >= read.SHOWN:
        st.caption(f"The first {read.SHOWN:,} are listed; the download has all of them.")
