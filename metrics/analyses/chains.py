"""Which customers had to come again and again for one thing, and over which tools?

The longest issues. An issue is a chain of contacts of one customer: each begins while an earlier one is open or within
the window after the last of them ended, in any tool. First how many issues took one contact, two, three and more; then
the longest ones, each with the contacts it is made of. Customers are told apart by person (or --option
identity=company); who is not known cannot be followed and is counted as left out. An issue is in the answer when one of
its contacts is in scope.
"""
from __future__ import annotations

from typing import Any

from metrics.engine import asking
from metrics.engine.engines import DuckDBEngine
from metrics.engine.followers import repeat_window
from metrics.engine.issues import WHO, issues_sql
from metrics.engine.metric import Option, Planted
from metrics.engine.scope import Scope

LONG = 5
COLUMNS = {
    "level": "length (how many issues took so many contacts) or issue", "length": f"contacts of the issue; {LONG} stands for {LONG} and more where level = length",
    "issues": "how many issues", "share": "share of all issues", "contacts": "contacts in them", "first_ticket_id": "for an issue, its first ticket",
    "last_ticket_id": "its last ticket", "tools": "the tools it went through, in the order they came up", "reasons": "different contact reasons named",
    "from_at": "its first word (UTC)", "days": "days from the first word to the last end, up to now where it is open", "is_open": "a contact of it is still open",
    "customer_hours": "hours the customer waited for us in it (finished spells; not those spent waiting for the customer)",
    "left_out": "contacts in scope whose customer is not known",
}
OPTIONS = {"top": Option(20, "how many issues at most"), "window_days": repeat_window("days after the end within which a contact continues an issue"),
           "identity": Option("person", "whose contacts belong together", tuple(WHO))}
_SAME = {"customer_id": "c1", "email_key": "k1"}
EXAMPLES = (
    Planted(says="A chat, a mail two days after it ended and a third a day after that: one issue of three over two tools.",
            events="chat:C1 09:00 created\nchat:C1 10:00 resolved by ana\nT1 +2d 09:00 created\nT1 +2d 10:00 resolved by ana\nT2 +3d 09:00 created\nT2 +3d 10:00 resolved by ana",
            tickets={"chat:C1": _SAME, "T1": _SAME, "T2": _SAME},
            finds=({"level": "length", "length": 3, "issues": 1, "share": 1, "contacts": 3}, {"level": "issue", "length": 3, "is_open": False, "customer_hours": 3})),
    Planted(says="Nine days of silence begin a new issue.", events="T1 09:00 created\nT1 10:00 resolved by ana\nT2 +9d 11:00 created\nT2 +9d 12:00 resolved by ana",
            tickets={"T1": _SAME, "T2": _SAME}, finds=({"level": "length", "length": 1, "issues": 2},), never=({"level": "issue"},)),
    Planted(says="While the first is open, twenty days change nothing: one issue.", events="T1 09:00 created\nT2 +20d 09:00 created\nT2 +20d 10:00 resolved by ana",
            tickets={"T1": _SAME, "T2": _SAME}, finds=({"level": "length", "length": 2, "issues": 1}, {"level": "issue", "length": 2, "is_open": True})),
    Planted(says="A customer nobody knows is left out.", events="T1 09:00 created\nT1 10:00 resolved by ana", finds=({"level": "length", "issues": 0, "left_out": 1},), rows=1),
)


def ask(engine: DuckDBEngine, scope: Scope) -> list[dict[str, Any]]:
    """Lengths, then the longest issues."""
    chosen = asking.options(scope, OPTIONS, engine)
    asked, params = asking.contacts(engine, scope, ["f.ticket_no", "f.episode"], where="not f.is_proactive")
    unknown, more = asking.contacts(engine, scope, ["f.ticket_id"], where=f"not f.is_proactive and {WHO[chosen['identity']]} is null")
    left_out = engine.query(f"select count(*) from ({unknown}) as u", more)[1][0][0]
    chain = f"({issues_sql(asking.as_of(engine, scope), chosen['window_days'], chosen['identity'])})"
    grouped = (f"select i.who, i.issue_no, count(*) as length, min(i.started_at) as from_at, max(i.until_at) as until_at, max(case when i.is_open then 1 else 0 end) as open, "
               f"max(case when a.ticket_no is not null then 1 else 0 end) as is_asked from {chain} i left join ({asked}) a "
               "on a.ticket_no = i.ticket_no and a.episode = i.episode group by i.who, i.issue_no")
    lengths = engine.query(
        f"select case when length < {LONG} then length else {LONG} end as n, count(*), sum(length) from ({grouped}) g where is_asked = 1 group by n order by n",
        params,
    )[1]
    issues = sum(n for _, n, _ in lengths)
    answer = [{"level": "length", "length": length, "issues": n, "share": n / issues, "contacts": contacts, "left_out": left_out} for length, n, contacts in lengths]
    longest = engine.query(f"""
        select g.who, g.issue_no, g.length, g.from_at, @secs(g.from_at, g.until_at) / 86400.0, g.open from ({grouped}) g
        where g.is_asked = 1 and g.length > 1 order by g.length desc, g.until_at desc, g.who, g.issue_no limit {chosen['top']}""", params)[1]
    if not longest:
        return asking.table(answer or [{"level": "length", "issues": 0, "left_out": left_out}], COLUMNS)
    marks = ", ".join("?" * len(longest))
    members: dict[tuple, list[tuple]] = {}
    for who, issue_no, *rest in engine.query(f"""
            select i.who, i.issue_no, i.ticket_id, i.source, i.reason, h.seconds from {chain} i left join (
                select ticket_no, episode, sum(queue_seconds + held_seconds + touched_seconds + others_seconds) as seconds from hours group by ticket_no, episode) h
                on h.ticket_no = i.ticket_no and h.episode = i.episode
            where i.who in ({marks}) order by i.started_at, i.ticket_id, i.episode""", [row[0] for row in longest])[1]:
        members.setdefault((who, issue_no), []).append(tuple(rest))
    for who, issue_no, length, from_at, days, is_open in longest:
        told = members[who, issue_no]
        answer.append({"level": "issue", "length": length, "issues": 1, "contacts": length, "first_ticket_id": told[0][0], "last_ticket_id": told[-1][0],
                       "tools": " > ".join(dict.fromkeys(source for _, source, _, _ in told)), "reasons": len({reason for _, _, reason, _ in told if reason is not None}),
                       "from_at": from_at, "days": days, "is_open": bool(is_open), "customer_hours": sum(seconds or 0 for *_, seconds in told) / 3600})
    return asking.table(answer, COLUMNS)
