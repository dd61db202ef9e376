"""The scope bar: which contacts and which time a page speaks of. It lives in the URL, so a link is a saved view.

A page says in SCOPE which pieces it wants: "week" (one week), "period" (the last weeks, or two dates), "queue" (queues in
plain sight), "filters" (everything else, behind one popover). `chosen()` is the scope for the engine.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import streamlit as st

from metrics.engine.limits import BLOCK, WEEK, last_full_week
from metrics.engine.scope import Scope
from pages.parts import access, read, words

PERIODS = {"4 weeks": 4, "13 weeks": 13, "26 weeks": 26, "52 weeks": 52, "all": None, "dates": None}  # the words stand in the URL
DEFAULT = "13 weeks"
BUILT_IN = ("source", "channel", "queue", "team", "vendor", "priority", "reason", "language", "brand", "product", "segment")
TAKEN = {"period", "from", "to", "week", "by", "metric", "behind", "search", "view"}
WEEKS_OFFERED = 52
LED = 39  # weeks before the one shown that its usual range may rest on


def url_names() -> dict[str, str]:
    """Dimension -> its name in the URL."""
    return {d: f"x_{d}" if d in TAKEN else d for d in [*BUILT_IN, *read.own_dimensions()]}


def bar(pieces: tuple[str, ...]) -> None:
    """Draw the bar; told which of its pieces the page wants."""
    if not pieces or not read.has_data():
        return
    _unknown_values()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if "week" in pieces:
            _week_choice()
        if "queue" in pieces:
            _choice("queue", "All queues")
        with st.popover(_label(pieces), icon=":material/tune:", key="scope_bar"):
            if "period" in pieces:
                _period_choice()
            for dimension in url_names():
                if dimension != "queue" or "queue" not in pieces:
                    _choice(dimension, "All", dimension.replace("_", " ").capitalize())
            st.button("Show all contacts", on_click=_clear, type="tertiary", icon=":material/filter_alt_off:", disabled=not filters())
    if shown := _hidden(pieces):
        st.markdown(" ".join(f":blue-badge[{words.plain(d)}: {words.plain(words.listed(v))}]" for d, v in shown.items()))


def chosen() -> Scope:
    """The scope of the page: its filters and its period."""
    low, high = period()
    return Scope(from_on=low, to_on=high, where=tuple((d, v) for d, given in filters().items() for v in given))


def undated() -> Scope:
    """The filtered contacts of all time."""
    return replace(chosen(), from_on=None, to_on=None)


def filters() -> dict[str, list[str]]:
    """Dimension -> chosen values, where any are."""
    found = {d: _given(key) for d, key in url_names().items()}
    return {d: list(v) for d, v in found.items() if v}


def period() -> tuple[date | None, date | None]:
    """First day and the day after the last one; None = open."""
    name = _period()
    if name == "dates":
        low, high = st.session_state.get("from"), st.session_state.get("to")
        return low, high + timedelta(days=1) if high else None
    weeks = PERIODS.get(name)
    return (last_full_week(read.until()) - (weeks - 1) * WEEK if weeks else None), None


def week() -> date:
    """The chosen week, the newest full one by default."""
    given = st.session_state.get("week")
    return date.fromisoformat(given) if given else last_full_week(read.until())


def of_week(monday: date) -> Scope:
    """One week of the filtered contacts."""
    return replace(chosen(), from_on=monday, to_on=monday + WEEK)


def up_to(monday: date) -> Scope:
    """The weeks that lead to this one, enough of them to know what is usual."""
    return replace(chosen(), from_on=monday - LED * WEEK, to_on=monday + WEEK)


def weeks_before(monday: date) -> Scope:
    """The weeks a week is held against."""
    return replace(chosen(), from_on=monday - BLOCK * WEEK, to_on=monday)


def offered() -> list[str]:
    """Dimensions along which these data can be split, those a lead asks for first."""
    found = [d for d in ("queue", "channel", "reason", "priority", "team", "vendor", "source", *read.own_dimensions()) if len(read.values(d)) > 1]
    return found or ["source"]


def running_week() -> date | None:
    """The week that has not ended where the data end; None where they end with a week."""
    running = last_full_week(read.until()) + WEEK
    return running if running <= read.until().date() else None


def in_words(now: Scope) -> str:
    """27 Jul 2026 to 25 Oct 2026, queue Billing."""
    last = now.to_on - timedelta(days=1) if now.to_on else read.until().date()
    when = f"{words.day(now.from_on)} to {words.day(last)}" if now.from_on else f"all data to {words.day(last)}"
    by: dict[str, list[str]] = {}
    for dimension, value in now.where:
        by.setdefault(dimension, []).append(value)
    return ", ".join([when, *(words.plain(f"{d} {' or '.join(v)}") for d, v in by.items())])


def _given(key: str) -> list[str]:
    """The values of a filter: its widget's, or on the first run, before there is one, the link's."""
    if key in st.session_state:
        return list(st.session_state[key] or [])
    return [v for v in st.query_params.get_all(key) if v in read.values(next(d for d, k in url_names().items() if k == key))]


def _period() -> str:
    asked = st.session_state.get("period") or st.query_params.get("period") or DEFAULT
    return asked if asked in PERIODS else DEFAULT


# --- pieces ------------------------------------------------------------------------------------------------------------
def _label(pieces: tuple[str, ...]) -> str:
    hidden = _hidden(pieces)
    what = words.plural(len(hidden), "filter") if hidden else "All contacts"
    if "period" not in pieces:
        return what
    name = _period()
    return f"{name.capitalize()} · {what}"


def _hidden(pieces: tuple[str, ...]) -> dict[str, list[str]]:
    """The filters that stand in the popover and not in plain sight."""
    return {d: v for d, v in filters().items() if d != "queue" or "queue" not in pieces}


def _week_choice() -> None:
    newest, running = last_full_week(read.until()), running_week()
    first = read.facts()["from_on"] or newest
    offered = [newest, *([running] if running else []), *(w for i in range(1, WEEKS_OFFERED) if (w := newest - i * WEEK) > first - WEEK)]
    st.selectbox("Week", [w.isoformat() for w in offered], key="week", bind="query-params", label_visibility="collapsed", width=190, icon=":material/calendar_today:")


def _period_choice() -> None:
    st.segmented_control("Period", list(PERIODS), key="period", bind="query-params", default=DEFAULT, required=True)
    if st.session_state.get("period") == "dates":
        low, high = st.columns(2)
        low.date_input("From", value=None, key="from", bind="query-params", format="YYYY-MM-DD")
        high.date_input("To, inclusive", value=None, key="to", bind="query-params", format="YYYY-MM-DD")


def _choice(dimension: str, empty: str, label: str = "") -> None:
    options = read.values(dimension)
    if len(options) > 1:
        st.multiselect(
            label or dimension,
            options,
            key=url_names()[dimension],
            bind="query-params",
            placeholder=empty,
            label_visibility="visible" if label else "collapsed",
            **({} if label else {"width": 360}),
        )


def _unknown_values() -> None:
    """A link may name what this data does not hold; showing everything instead would pass for an answer."""
    reason = "which these data do not hold" if access.queues() is None else "which is not among the contacts you may see"
    for dimension, key in url_names().items():
        unknown = [v for v in st.query_params.get_all(key) if v not in read.values(dimension)]
        if unknown:
            asked = words.plain(f"{dimension} {words.listed(unknown)}")
            st.warning(f"The link asks for {asked}, {reason}. That filter is not applied.", icon=":material/link_off:")


def _clear() -> None:
    for key in url_names().values():
        st.session_state[key] = []
