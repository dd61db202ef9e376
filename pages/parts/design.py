"""The slice of the design list a page ends in: what to change, what it is worth, whose it is, its tickets, and "decide"."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from metrics.engine.limits import WEEK, last_full_week
from metrics.engine.scope import NONE, Scope
from metrics.engine.worth import LEAST
from pages.parts import decide, read, scope, sentences, states, table, tickets_behind, words
from pages.parts.panel import panel

LEVERS = {"people": "people", "process": "process", "technology": "technology", "cause": "the cause itself"}
CALLED = {
    "pass_through": "stop that contacts only pass",
    "first_door": "reason that comes to the wrong door first",
    "loop": "loop between queues",
    "vendor_border": "work on the wrong side of a vendor's border",
    "order": "order in which work is taken",
    "reason": "reason to remove",
}
FEWER = "Choose a longer period or fewer filters."
KINDS = ("pass_through", "first_door", "loop", "vendor_border", "order", "reason")


@panel
def ending(now: Scope, *, kinds: Sequence[str] = KINDS, most: int = 5, title: str = "Worth changing") -> None:
    """The end of a page: the changes of these kinds in this scope, the most worth first, each ready to be decided.

    now: the page's scope; without dates the list looks at weeks of its own, which are named.
    """
    st.markdown(f"#### {title}")
    with st.skeleton(height=180):
        found = read.ask("design_list", now)
        lines = [r for r in found if r["kind"] in kinds]
        if not lines:
            states.empty(*nothing(now, kinds, found))
            return
        whose = f"Hours a week customers would wait less for us, of contacts that arrived {period(now)}."
        st.caption(f"{whose} Lines overlap where contacts have several faults; the download's net hours add up.")
        for line in lines[:most]:
            one(line, now)
        table.download(lambda: lines, "design_list", f"Download all {len(lines)} lines" if len(lines) > most else "Download", key=f"design_{title}")


def one(line: dict[str, Any], now: Scope) -> None:
    """One change: sentence, worth and owner at the left, its ways on at the right."""
    key = f"{line['kind']}_{line['where']}"
    with st.container(border=True, gap="xsmall"):
        said, ways = st.columns([3, 1], gap="small", vertical_alignment="center")
        said.markdown(f"**{words.plain(line['change'])}**  \n{worth(line)}  \n:gray[{about(line)}]", help=words.plain(line["assumption"] or "") or None)
        with ways.container(horizontal=True, gap="small", horizontal_alignment="right", vertical_alignment="center"):
            tickets_behind.button(words.plural(line["contacts"], "contact"), key=f"design_{key}", list="change", kind=line["kind"], of=line["where"], **tickets_behind.dated(now))
            decide.button(line, key=key)


def worth(line: dict[str, Any]) -> str:
    """1,172 h a week less waiting (743 to 1,600)."""
    told = f"{words.hours(line['customer_hours'])} a week less waiting"
    between = f" ({words.hours(line['low'])} to {words.hours(line['high'])})" if line["low"] is not None and line["basis"] == "measured" else ""
    return f"{told}{between}{', as declared in the reasons' if line['basis'] == 'declared' else ''}"


def about(line: dict[str, Any]) -> str:
    owner = f"owner {words.plain(line['owner'])}" if line["owner"] else "no owner named"
    return f"{owner} · lever: {LEVERS.get(line['lever'], line['lever'])} · over {line['weeks']:.0f} weeks"


def period(now: Scope) -> str:
    """The days that were looked at, which without dates need not be the newest."""
    dated, _ = read.looked_at(now)
    is_old = now.from_on is None and dated.to_on and dated.to_on < last_full_week(read.until()) + WEEK
    return f"{scope.in_words(dated)}{' (hardly any came later)' if is_old else ''}"


def nothing(now: Scope, kinds: Sequence[str], found: Sequence[dict[str, Any]]) -> tuple[str, str]:
    """Why the slice is empty, and what would fill it: an empty list without a reason could be taken for a service without faults."""
    dated, weeks = read.looked_at(now)
    if not weeks:
        return "No week of this scope is over yet, so nothing can be compared.", "Changes are looked for in full weeks."
    when = f"in this scope, {period(replace(now, where=()))}"
    contacts = read.answer("contacts", dated)
    number = sum(row["tickets"] for row in contacts)
    blind, is_blind = sentences.without_history(now)
    if not number:
        return f"No contact arrived {when}, so nothing can be found.", FEWER
    if is_blind:
        return f"What to change cannot be told here. {silent(blind)}", "A log of queues and assignments tells them; the tool's own counters do not."
    if number < LEAST:
        return f"Too few to find a fault: {words.plural(number, 'contact')} arrived {when}.", f"A fault is listed from {LEAST} contacts on. {FEWER}"
    if tuple(kinds) == ("vendor_border",) and not any(v != NONE for v in read.values("vendor")):
        return "No queue belongs to a vendor, so there is no border to draw anew.", "Vendors are named beside their queues in settings.toml."
    if tuple(kinds) == ("reason",) and not any(v != NONE for v in read.values("reason")):
        return f"None of the {words.plural(number, 'contact')} names a reason, so none can be removed.", "Reasons come from a field of the tool, or from the rules of reasons.csv."
    among = f"among the {words.plural(number, 'contact')} that arrived {when}"
    rest = f" {silent(blind)}" if blind else ""
    if found:
        others = Counter(line["kind"] for line in found)
        listed = ", ".join(f"{CALLED[kind]} ({n})" for kind, n in others.items())
        return f"No {' or '.join(CALLED[k] for k in kinds)} is surely worth changing {among}.", f"Other pages list what was found there: {listed}.{rest}"
    return f"No change is surely worth making {among}.", f"A fault is listed from {LEAST} contacts on, where it is a pattern and its worth is surely above zero.{rest}"


def silent(sources: Sequence[str]) -> str:
    names = words.plain(", ".join(sources))
    return f"{names} {'does' if len(sources) == 1 else 'do'} not tell which queues and hands a contact went through."
