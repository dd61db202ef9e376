"""What customers come for: reasons and their owners, what should not have been needed, how they come back, what it does to them."""

from __future__ import annotations

from datetime import date
from typing import Any

import streamlit as st

from metrics.engine.limits import WEIGHTY
from metrics.engine.metric import catalog
from metrics.engine.scope import NONE, Scope
from pages.charts import demand, marks
from pages.parts import before, chart, happened, read, states, table, tickets_behind, words
from pages.parts.panel import panel
from pages.parts.work import go as follow_up

VERDICTS = {"cost": "orange", "no effect": "gray", "too early": "gray", "cannot be told": "gray"}


def owned(now: Scope) -> None:
    """Owners, then every reason with what it costs and how it moves."""
    rows = read.ask("contact_reasons", now)
    chart.show(demand.owners(rows, chart.colours()), key="owners")
    whole = next((r for r in rows if r["level"] == "all"), None)
    if not whole or not whole["contacts"]:
        states.empty()
        return
    price = f", about {words.count(round(whole['cost']))} {whole['currency']} of work" if whole["cost"] is not None else ""
    missing = (("have no reason", whole["unreasoned_share"]), ("have no owner", whole["unowned_share"]))
    gaps = "".join(f"; {words.share(part)} of contacts {what}" for what, part in missing if part and part >= 0.005)
    told = whole["customer_hours"]
    waited = "How long customers waited for us cannot be told" if told is None else f"{words.hours(told)} of waiting for us{price} in the period"
    st.markdown(
        f"{waited}{gaps}. "
        ":gray[Hours waited and hours worked are different things; work is estimated from replies and notes.]"
    )
    level = st.segmented_control("By", ("reason", "owner"), key="reasons_by", default="reason", required=True, label_visibility="collapsed")
    shaped = [_reason(r) for r in rows if r["level"] == level]
    name = {"reason": st.column_config.TextColumn("Reason", width=130)} if level == "reason" else {}
    columns = {
        **name,
        "owner": st.column_config.TextColumn("Owner", width=95),
        **({"action": st.column_config.TextColumn("Do", width=90)} if level == "reason" else {}),
        "text": tickets_behind.column("Contacts", f"reasons_{level}", shaped, level, list="arrived"),
        "customer_hours": st.column_config.NumberColumn("Hours waited", format="%,.0f", width=105),
        "cost": st.column_config.NumberColumn(f"Work, {whole['currency'] or 'no rate set'}", format="%,.0f", width=105),
        "back": st.column_config.NumberColumn("Came back", format="%.0f %%", width=90, help=f"Empty below {WEIGHTY} contacts: too few to say"),
        "trend": st.column_config.TextColumn("A week", width=120, help="Over the last 4 full weeks, and over the 13 before them"),
        "since": st.column_config.TextColumn("Changed since", width=190),
    }
    table.show(shaped, columns, key=f"reasons_{level}_table", alt=f"Contacts by {level}", at_most=420)
    table.download(lambda: rows, "contact_reasons")


def _reason(row: dict[str, Any]) -> dict[str, Any]:
    since = ""
    if row["changed_on"]:
        since = f"{words.day(date.fromisoformat(row['changed_on']))}: {'+' if row['change'] > 0 else '-'}{words.count(round(abs(row['change'])))} a week"
    return {
        **row,
        "reason": row["reason"] or NONE,
        "owner": row["owner"] or NONE,
        "back": 100 * row["repeat_share"] if row["repeat_share"] is not None and row["contacts"] >= WEIGHTY else None,
        "trend": f"{words.count(round(row['per_week']))}, before {words.count(round(row['per_week_before']))}" if None not in (row["per_week"], row["per_week_before"]) else "",
        "since": since,
        "text": table.way_in(words.count(row["contacts"])),
    }


def events() -> None:
    """What happened in the business, and what it cost in contacts."""
    rows = [r for r in read.ask("decision_effect", Scope()) if r["kind"] == "business"]
    st.markdown("##### What events of the business cost")
    if not rows:
        st.markdown(":gray[None is written down. A release, a price change or a campaign with its date is judged here four weeks later.]")
        return
    for i, row in enumerate(sorted(rows, key=lambda r: r["decided_on"], reverse=True)):
        owner = f", owner {words.plain(row['owner'])}" if row["owner"] else ""
        cost = words.plain(row["why"] or "")
        if row["extra_contacts"] is not None:
            cost = f"{words.count(round(row['extra_contacts']))} more contacts, {words.hours(row['handling_hours'])} of work"
        money = f", {words.count(round(row['money']))} {row['currency']} {row['basis']}" if row["money"] is not None else ""
        st.markdown(
            f":{VERDICTS.get(row['verdict'], 'gray')}-badge[{words.plain(row['verdict'])}] **{words.plain(row['what'])}**, "
            f"{words.day(date.fromisoformat(row['decided_on']))}{owner}: {cost}{money}"
        )
        if row["where"]:
            tickets_behind.button("Contacts since", key=f"event_{i}", metric="contacts", where=row["where"], all="yes", since=str(row["decided_on"]))


def failure(now: Scope) -> None:
    """What should not have been needed, in parts, and its weeks."""
    row = read.answer("failure_demand", now)[0]
    chart.show(demand.failure(row, chart.colours()), key="failure", metric="failure_demand", row=row)
    if row["value"] is None:
        st.markdown(f":gray[{states.why_none(catalog()['failure_demand'], row)}]")
        return
    with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
        tickets_behind.button(f"{words.count(row['numerator'])} of {words.count(row['denominator'])}", key="failure", metric="failure_demand")
        told = before.said("failure_demand", now, lambda r: f"{100 * r['value']:.0f} of 100" if r.get("value") is not None else None)
        st.caption(f"{f'{told[:1].upper()}{told[1:]}. ' if told else ''}Each is counted once, under the first that holds; {words.left_out(row['excluded'])}", width="content")


def back(now: Scope) -> None:
    """How fast customers come back, and the longest chains."""
    rows = read.ask("repeat_curve", now)
    chart.show(demand.coming_back(rows, chart.colours()), key="curve", metric="repeat_contact_rate")
    chasers = read.answer("chasers", now)[0]
    with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
        tickets_behind.button("Contacts that were followed", key="followed", metric="repeat_contact_rate")
        tickets_behind.button("Contacts in which we were chased", key="chased", metric="chasers")
    if chasers["value"] is not None:
        about = {"same": "over the same reason", "any": "over any reason, as too few reasons are known"}[read.option("chasers", "reason")]
        by_chance = f"{words.share(chasers['by_chance'])} would meet another open contact by chance"
        st.markdown(f"In {words.share(chasers['value'])} of contacts the customer had to chase us, {about}; {by_chance}.")
    chains(now)


@panel
def chains(now: Scope) -> None:
    """The issues that took the most contacts; each opens its customer's timeline."""
    with st.skeleton(height=360):
        _chains(now)


def _chains(now: Scope) -> None:
    rows = read.ask("chains", now)
    longest = [r for r in rows if r["level"] == "issue"]
    lengths = {r["length"]: r for r in rows if r["level"] == "length"}
    one = lengths.get(1)
    if not longest:
        st.markdown("##### No issue took more than one contact" if one else "##### Customers cannot be followed here: they are not known")
        return
    st.markdown(f"##### {words.share(1 - one['share'] if one else 1.0)} of issues took more than one contact, the longest {longest[0]['length']}")
    shaped = [{**r, "pick": f":material/person: {r['first_ticket_id']}", "began": r["from_at"][:10], "still": "open" if r["is_open"] else ""} for r in longest]
    table.show(
        shaped,
        {
            "pick": table.tickets_column("First ticket", "chain_ticket", lambda i: follow_up(longest[i]["first_ticket_id"]), "Open the customer's timeline", "left", 170),
            "length": st.column_config.NumberColumn("Contacts", width=85),
            "tools": st.column_config.TextColumn("Tools", width=200),
            "reasons": st.column_config.NumberColumn("Reasons named", width=120),
            "began": st.column_config.TextColumn("Began", width=105),
            "days": st.column_config.NumberColumn("Days", format="%.0f", width=75),
            "customer_hours": st.column_config.NumberColumn("Hours waited", format="%,.0f", width=110),
            "still": st.column_config.TextColumn("", width=70),
        },
        key="chains_table",
        alt="The longest issues",
        at_most=300,
    )
    table.download(lambda: rows, "chains")


@panel
def tools(now: Scope) -> None:
    """Issues that needed several tools or hands."""
    with st.skeleton(height=360):
        _tools(now)


def _tools(now: Scope) -> None:
    rows = read.ask("fragmentation", now)
    fig, weeks = demand.broken(rows, now.from_on, chart.colours()), demand.drawn(rows, now.from_on)
    first, last = (date.fromisoformat(weeks[i]["week"]) if weeks else None for i in (0, -1))
    chart.show(marks.add(fig, happened.within(now), chart.colours(), first, last), key="broken")
    whole = next((r for r in rows if r["week"] is None), None)
    if not whole or not whole["issues"]:
        states.empty("Customers cannot be followed here.", "Their sources name no customer.")
        return
    delay = f"; half of the changes of tool took {words.duration(whole['median_delay_seconds'])} or more" if whole["median_delay_seconds"] else ""
    st.markdown(
        f"{words.count(whole['issues'])} issues, {whole['tools_per_issue']:.2f} tools and {whole['hands_per_issue'] or 0:.2f} hands each; "
        f"{words.count(whole['tool_changes'])} changes of tool{delay}. The customer of {words.share(whole['known_share'])} of contacts is known. "
        f":gray[{words.count(whole['immature'])} issues may still grow; weeks in which more than a fifth may are not drawn.]"
    )
    with st.container(horizontal=True, gap="medium"):
        tickets_behind.button("Contacts by hands", key="many_hands", metric="handoffs")
        table.download(lambda: rows, "fragmentation")


def consequences(now: Scope) -> None:
    """Satisfaction, and what hands and waiting do to customers."""
    csat, told = read.answer("csat", now)[0], read.answer("csat_response_rate", now)[0]
    why = states.why_none(catalog()["csat"], csat) if csat["tickets"] else states.why_none(catalog()["csat_response_rate"], told)
    said = f"Satisfaction cannot be said: {why}"
    if csat["value"] is not None:
        said = f"{words.share(csat['value'])} of {words.plural(csat['tickets'], 'rating')} are good"
    answered = f"; {words.share(told['value'])} of those who could rate did" if told["value"] is not None else ""
    st.markdown(f"### {said}{answered}")
    tickets_behind.button("Ratings", key="csat", metric="csat")
    likes(now)


@panel
def likes(now: Scope) -> None:
    """The two pictures, for like reasons."""
    with st.skeleton(height=340):
        _likes(now)


def _likes(now: Scope) -> None:
    rows = read.ask("consequences", now)
    left, right = st.columns(2, gap="large")
    with left:
        chart.show(demand.after(rows, "hands", chart.colours()), key="after_hands")
    with right:
        chart.show(demand.after(rows, "waiting", chart.colours()), key="after_waiting")
    st.caption("Compared for the same mix of reasons; bars are 95 % intervals. A hand or a wait need not be the cause: what is hard takes longer and pleases less.")
    with st.container(horizontal=True, gap="medium"):
        tickets_behind.button("Contacts by hands", key="after_hands", metric="handoffs")
        tickets_behind.button("Contacts by waiting", key="after_waits", metric="our_time")
        table.download(lambda: rows, "consequences")
