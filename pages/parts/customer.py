"""One customer over all tools: found by a ticket or an address, told contact by contact, with the waits in both clocks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import streamlit as st

from metrics.engine.scope import Scope
from pages.charts import story
from pages.parts import chart, read, states, table, words

PARAM = "ticket"
SIDES = {"began": "the customer", "wrote": "the customer", "answered": "us", "queue": "moved", "hand": "moved"}
STATES = {"waiting_customer": "Now waiting for the customer", "waiting_internal": "Now waiting for others", "in_progress": "Now in progress"}
MARKS = {"repeat": "came soon after another had ended", "chaser": "came while another was open", "wrote again": "had to be written to again", "reopened": "came back to life"}


def asked() -> str:
    """The ticket the address names."""
    return st.query_params.get(PARAM, "").strip()


def search() -> None:
    """One field for whatever a person has at hand; only a ticket ever stands in the address."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.text_input(
            "Find a customer",
            key="find_customer",
            placeholder="Ticket number, e-mail address or phone number",
            icon=":material/search:",
            on_change=_searched,
            width=420,
            help="An address is looked up by its key and neither kept nor shown",
        )


def _searched() -> None:
    text = st.session_state["find_customer"].strip()
    if text:
        rows = read.ask("customer_timeline", Scope(options={"ticket": text, "key": read.key_of(text)}))
        found = next((r["ticket_id"] for r in rows if r["is_asked"]), None)
        st.query_params[PARAM] = found or (text if "@" not in text else "this address")


def nobody() -> None:
    """Nothing asked for yet."""
    states.empty("Enter a ticket number or the customer's address.", "Or open a line of a queue's work list.")
    st.page_link("pages/investigate/1_queue.py", label="Open the work list", icon=":material/arrow_forward:")


def shown(ticket: str) -> None:
    """The whole timeline of the customer behind this ticket."""
    rows = [_local(r) for r in read.ask("customer_timeline", Scope(options={"ticket": ticket}))]
    contacts = [r for r in rows if r["level"] == "contact"]
    if not contacts:
        states.empty(f"No contact is known under {words.plain(ticket)}.", "It may be marked as spam or deleted, not be loaded yet, or lie outside what you may see.")
        return
    steps, queued = [], set()
    for row in (r for r in rows if r["level"] == "step"):
        side = "us" if row["what"] == "began" and row["who"] == "agent" else SIDES.get(row["what"], "")
        step = {**row, "side": side, "moved": row["ticket_id"] in queued}
        steps.append({**step, "text": said(step)})
        if row["what"] == "queue":
            queued.add(row["ticket_id"])
    st.markdown(f"### {_sentence(contacts)}")
    st.caption(_marks(contacts))
    chart.show(story.lanes(contacts, steps, read.until(), _finding(contacts, steps), chart.colours()), key="lanes")
    subjects = read.subjects([c["ticket_id"] for c in contacts])
    for contact in reversed(contacts):
        _one(contact, [s for s in steps if s["contact"] == contact["contact"]], subjects.get(contact["ticket_id"]))
    table.download(lambda: [_flat(s) for s in steps], f"timeline_{ticket.replace(':', '_')}", "Download the whole timeline")


def _one(contact: dict[str, Any], steps: Sequence[dict[str, Any]], subject: str | None) -> None:
    """One contact: what it was, how long it took, and every step of it."""
    ends = "open" if contact["ended_at"] is None else f"settled {words.moment(contact['ended_at'])}"
    again = f" #{contact['episode']}" if contact["episode"] > 1 else ""
    label = f"**{words.plain(contact['ticket_id'] + again)}** · {words.moment(contact['at'])} · {ends}"
    panel = st.expander(label, expanded=contact["is_asked"] or len(steps) == 0, key=f"contact_{contact['contact']}", on_change="rerun")
    if not panel.open:
        return
    with panel:
        about = [contact[k] for k in ("channel", "queue", "detail") if contact[k]] + [(contact["state"] or "").replace("_", " ")]
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"{words.plain(subject or '')}  \n:gray[{words.plain(' · '.join(about))}]" if subject else f":gray[{words.plain(' · '.join(about))}]", width="content")
            if (contact["url"] or "").startswith(("https://", "http://")):
                st.link_button("Open in its tool", contact["url"], icon=":material/open_in_new:", type="tertiary")
        badges = " ".join(f":{'orange' if m in MARKS else 'gray'}-badge[{words.plain(m)}]" for m in (contact["marks"] or "").split("; ") if m)
        links = f":gray[{words.plain(contact['links'])}]" if contact["links"] else ""
        if badges or links:
            st.markdown(" ".join(filter(None, (badges, links))))
        if contact["fidelity"] != "events":
            st.markdown(":gray[Its source tells no messages: only what its counters know is listed.]")
        table.show(
            [{**s, "wait": words.rounded(s["waited_seconds"]) if s["waited_seconds"] is not None else None,
              "opening": words.rounded(s["waited_business_seconds"]) if s["waited_business_seconds"] is not None else None} for s in steps],
            {
                "at": st.column_config.DatetimeColumn("When", format="D MMM YYYY, HH:mm", width=150),
                "text": st.column_config.TextColumn("What happened", width=330),
                "wait": table.time("Customer waited", "From the first unanswered word to the answer, or so far", 140),
                "opening": table.time("In opening hours", "The same wait in the opening hours of the queues it lay in", 140),
                "queue": st.column_config.TextColumn("Queue", width=140),
                "ticket_id": st.column_config.TextColumn("Ticket", width=150),
            },
            key=f"steps_{contact['contact']}",
            alt=f"Steps of {contact['ticket_id']}",
        )


def said(step: dict[str, Any]) -> str:
    """A step in words; people are hands with a number."""
    what, who, to, hand = step["what"], step["who"], step["detail"], step["hand"]
    by = {"system": " by a rule", "bot": " by a bot", "customer": " by the customer's choice"}.get(who or "", "")
    told = {
        "began": "An agent wrote first" if who == "agent" else "The customer wrote first",
        "wrote": "The customer wrote",
        "answered": f"Answered by hand {hand}" if hand else "Answered",
        "bot wrote": "A bot wrote",
        "note": f"Internal note by hand {hand}" if hand else "Internal note",
        "queue": f"{'Moved' if step['moved'] else 'Came'} to {to}{by}" if to else f"Taken out of its queue{by}",
        "hand": (f"Given to hand {hand}{by}" if by else f"Taken by hand {hand}") if hand else "Changed hands",
        "state": STATES.get(to or "", f"Now {(to or '').replace('_', ' ')}"),
        "settled": "Settled",
        "reopened": f"Reopened{' by the customer' if who == 'customer' else ''}",
        "closed": f"Closed{by}",
        "escalated": "Escalated",
        "priority": f"Priority {to}",
        "rated": f"Rated {to}" if to else "Rated",
        "taken over": f"Merged with {to}",
    }.get(what or "", what or "")
    return f"{told}, unanswered so far" if step["is_waiting"] and what in ("began", "wrote") else told


def _sentence(contacts: Sequence[dict[str, Any]]) -> str:
    tools = sorted({c["source"] for c in contacts})
    still = sum(1 for c in contacts if c["ended_at"] is None)
    over = f" over {len(tools)} tools" if len(tools) > 1 else f" in {words.plain(tools[0])}"
    return f"{words.plural(len(contacts), 'contact')}{over} since {words.day(contacts[0]['at'])}{f', **{still} open**' if still else ', none open'}"


def _marks(contacts: Sequence[dict[str, Any]]) -> str:
    told = [(mark, sum(1 for c in contacts if mark in (c["marks"] or "").split("; "))) for mark in MARKS]
    found = [f"{n} {MARKS[mark]}" for mark, n in told if n]
    counted = f"Of these {', '.join(found)}" if found else "None of them came back or had to chase"
    return f"{counted}. People are numbered hands; no texts are shown."


def _finding(contacts: Sequence[dict[str, Any]], steps: Sequence[dict[str, Any]]) -> str:
    waits = [s for s in steps if s["waited_seconds"] is not None]
    if not any(s["side"] == "the customer" for s in steps) and all(c["fidelity"] not in (None, "counters") for c in contacts):
        return "This customer has written nothing that waits for an answer"   # we wrote first, and nothing came back; where sources tell no messages, who knows
    if not waits:
        return "How long this customer waited for answers its sources do not tell"
    longest = max(waits, key=lambda s: s["waited_seconds"])
    so_far = " so far" if longest["is_waiting"] else ""
    opening = f", {words.duration(longest['waited_business_seconds'])} of it in opening hours" if longest["waited_business_seconds"] is not None else ""
    return f"The longest wait for an answer: {words.duration(longest['waited_seconds'])}{so_far}{opening}"


def _local(row: dict[str, Any]) -> dict[str, Any]:
    """Times on the clock of the report zone, and what tells contacts apart."""
    times = {k: read.local(datetime.fromisoformat(row[k])) if row[k] else None for k in ("at", "ended_at")}
    return {**row, **times, "contact": f"{row['of_ticket_id']}#{row['episode']}"}


def _flat(step: dict[str, Any]) -> dict[str, Any]:
    return {k: step[k] for k in ("at", "ticket_id", "source", "text", "queue", "waited_seconds", "waited_business_seconds")}
