"""Which customers had to come again and again for one thing, and over which tools?

The longest issues. An issue is a chain of contacts of one customer: each begins while an earlier one is open or within
the window after the last of them ended, in any tool. First how many issues took one contact, two, three and more; then
the longest ones, each with the contacts it is made of. Customers are told apart by person (or --option
identity=company); who is not known cannot be followed and is counted as left out. An issue is in the answer when one of
its contacts is in scope.
"""
from __future__ import annotations

from typing import Any

from metrics.engine import asking, issues
from metrics.engine.engines import DuckDBEngine
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
OPTIONS = {"top": Option(20, "how many issues at most"), **issues.OPTIONS}
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
    asked_about, params = issues.asked_about(engine, scope, chosen["window_days"], chosen["identity"])
    first = "length desc, until_at desc, who, issue_no"
    none = ("cast(null as bigint) as place, cast(null as varchar) as who, cast(null as bigint) as issue_no, cast(null as timestamp) as from_at, "
            "cast(null as double) as days, cast(null as bigint) as is_open")
    told = engine.records(f"""
        with {asked_about},
        chains as (
            select who, issue_no, count(*) as length, min(started_at) as from_at, max(until_at) as until_at, max(case when is_open then 1 else 0 end) as is_open
            from members group by who, issue_no),
        longest as (select g.*, row_number() over (order by {first}) as place from chains g where length > 1 order by {first} limit {chosen["top"]})
        select 'length' as level, case when length < {LONG} then length else {LONG} end as length, count(*) as issues, sum(length) as contacts, {none}
        from chains group by case when length < {LONG} then length else {LONG} end
        union all select 'issue', length, 1, length, place, who, issue_no, from_at, @secs(from_at, until_at) / 86400e0, is_open from longest
        union all select 'unknown', null, count(*), null, {none} from asked where who is null""", params)
    left_out = sum(row["issues"] for row in told if row["level"] == "unknown")
    lengths = sorted((row for row in told if row["level"] == "length"), key=lambda row: row["length"])
    longest = sorted((row for row in told if row["level"] == "issue"), key=lambda row: row["place"])
    total = sum(row["issues"] for row in lengths)
    answer = [{**{name: row[name] for name in ("level", "length", "issues", "contacts")}, "share": row["issues"] / total, "left_out": left_out} for row in lengths]
    if not longest:
        return asking.table(answer or [{"level": "length", "issues": 0, "left_out": left_out}], COLUMNS)
    members: dict[tuple, list[tuple]] = {}
    for who, issue_no, *rest in engine.query(f"""
            with {asked_about},
            listed as (select m.* from members m where {" or ".join(["(m.who = ? and m.issue_no = ?)"] * len(longest))})
            select m.who, m.issue_no, m.ticket_id, m.source, m.reason, h.seconds from listed m left join (
                select ticket_no, episode, sum(queue_seconds + held_seconds + touched_seconds + others_seconds) as seconds from hours
                where ticket_no in (select ticket_no from listed) group by ticket_no, episode) h
                on h.ticket_no = m.ticket_no and h.episode = m.episode
            order by m.started_at, m.ticket_id, m.episode""", [*params, *(value for row in longest for value in (row["who"], row["issue_no"]))])[1]:
        members.setdefault((who, issue_no), []).append(tuple(rest))
    for row in longest:
        own = members[row["who"], row["issue_no"]]
        answer.append({"level": "issue", "length": row["length"], "issues": 1, "contacts": row["length"], "first_ticket_id": own[0][0], "last_ticket_id": own[-1][0],
                       "tools": " > ".join(dict.fromkeys(source for _, source, _, _ in own)), "reasons": len({reason for _, _, reason, _ in own if reason is not None}),
                       "from_at": row["from_at"], "days": row["days"], "is_open": bool(row["is_open"]), "customer_hours": sum(seconds or 0 for *_, seconds in own) / 3600})
    return asking.table(answer, COLUMNS)
