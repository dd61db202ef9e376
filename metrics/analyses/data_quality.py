"""What is wrong with the data, how much of it, and what can be done?

One row per source and finding: rows refused, statuses and activities the mapping does not know, impossible orders of times,
customers not known or behind shared mailboxes, events without an order of their own, contacts left out (merged, spam,
deleted, test), streams a source does not tell. Each with how many of how many it concerns. Where an impossible order of
times holds for a tenth or more of the contacts it could hold for, the source is implausible: a zone, a format or a column
is wrong, and that is to be cleared before anything is charted. Where a source goes on telling things for a week and more in
which no contact began, though twenty were to be expected at its own pace, its newest tickets were probably not loaded.

Whether two tools' clocks agree is seen where one says itself which chat became which ticket of the other: one row per pair of
tools, with how many such links there are, the median from the beginning of the chat to the ticket, and how many tickets stand
before their chat. A ticket cannot be made of a chat that has not begun, whatever else the tools do; from any later moment of
the chat on, a ticket may well come first. So a clock of the ticket's tool that runs ahead is not seen, nor one that is behind
by less than a chat lasts. Links found by identity and time say nothing, as times made them.
"""
from __future__ import annotations

from typing import Any

from metrics.engine import asking
from metrics.engine.engines import DuckDBEngine
from metrics.engine.metric import Option, Planted
from metrics.engine.scope import Scope

IMPLAUSIBLE = 0.10
IMPOSSIBLE = ("resolved before it began", "first answer before it began", "first answer after its closing", "times after the end of the data")
MILD = ("end inferred",)
SILENT_DAYS, EXPECTED, PACE_DAYS = 7, 20, 56   # no contact for so long though so many were to be expected, at the pace of eight weeks
LINKS_NEEDED = 5   # of two tools, before more than half of them the wrong way round are a clock
STREAMS = {"messages": "who answered when", "assignments": "who held it when", "queues": "where it waited", "states": "when it was settled and reopened"}
COLUMNS = {
    "source": "the tool",
    "check": "what was looked at",
    "found": "how many rows or contacts it concerns",
    "of": "how many it could concern",
    "share": "found / of",
    "verdict": "good, to know, to mend, or implausible (a tenth or more)",
    "says": "the finding and what to do about it, in a sentence",
    "rule": "the rule under which such contacts leave metrics, where there is one",
}
OPTIONS: dict[str, Option] = {}
EXAMPLES = (
    Planted(
        says="Resolved before it began: one contact of one, implausible.",
        events="T1 09:00 created\nT1 08:00 queued A",
        tickets={"T1": {"created_at": "2025-06-09T09:00:00", "resolved_at": "2025-06-09T08:30:00", "state": "resolved"}},
        finds=({"check": "resolved before it began", "found": 1, "of": 1, "share": 1, "verdict": "implausible"},),
    ),
    Planted(
        says="Nothing wrong: every check is good.",
        events="T1 09:00 created\nT1 09:00 queued A\nT1 09:05 assigned ana\nT1 09:30 agent_message by ana\nT1 10:00 resolved by ana",
        tickets={"T1": {"customer_id": "c1", "reason_raw": "invoice"}},
        finds=({"check": "resolved before it began", "found": 0, "verdict": "good"}, {"check": "customer not known", "found": 0}),
        never=({"verdict": "implausible"}, {"verdict": "to mend"}),
    ),
    Planted(
        says="A source that tells no assignments: said so, as something to know.",
        events="T1 09:00 created\nT1 10:00 resolved by ana",
        fidelity={"states": "events"},
        finds=({"check": "tells who held it when", "found": 0, "of": 1, "verdict": "to know"},),
    ),
    Planted(
        says="Thirty contacts in thirty days, then replies of three weeks more and no new contact: its newest tickets were probably not loaded.",
        events="".join(f"T{i} +{i}d 09:00 created\nT{i} +{i}d 09:30 agent_message by ana\n" for i in range(30)) + "T1 +50d 09:00 agent_message by ana",
        finds=({"check": "days in which no contact began", "found": 21, "of": 50, "verdict": "to mend"},),
    ),
    Planted(
        says="Ten contacts in thirty days and none for twelve more: that may be.",
        events="".join(f"T{i} +{3 * i}d 09:00 created\nT{i} +{3 * i}d 09:30 agent_message by ana\n" for i in range(10)) + "T1 +39d 09:00 agent_message by ana",
        finds=({"check": "days in which no contact began", "found": 0, "verdict": "good"},),
    ),
    Planted(
        says="Two things in the same second without an order of the tool's own: a tie.",
        events="T1 09:00 created\nT1 10:00 queued A\nT1 10:00 assigned ana\nT1 11:00 resolved by ana",
        finds=({"check": "events at one time without an order of their own", "found": 2, "verdict": "to know"},),
    ),
)
# check -> (condition of failing, of applying, rule, sentence)
CONTACT_CHECKS = {
    "resolved before it began": (
        "f.ended_at < f.started_at",
        "f.ended_at is not null and f.started_at is not null",
        "resolved before it began",
        "the end lies before the beginning; resolution times leave them out, counts do not",
    ),
    "first answer before it began": (
        "f.first_reply_at < f.started_at",
        "f.first_reply_at is not null and f.started_at is not null",
        "answered before it began",
        "the first answer lies before the beginning; first response leaves them out",
    ),
    "first answer after its closing": (
        "f.first_reply_at > f.closed_at",
        "f.first_reply_at is not null and f.closed_at is not null",
        "answered after it was closed",
        "the first answer lies after the closing; first response leaves them out",
    ),
    "first answer after its end": (
        "f.first_reply_at > f.ended_at",
        "f.first_reply_at is not null and f.ended_at is not null",
        "",
        "answered only after it was settled: often a resolution that was booked too early",
    ),
    "times after the end of the data": (
        "f.started_at > {now} or f.ended_at > {now} or f.first_reply_at > {now}",
        "f.started_at is not null",
        "resolved after the end of the data",
        "a time in the future: a clock or a zone is wrong; check `timezone` in the mapping",
    ),
    "start not known": ("f.started_at is null", "true", "start not known", "no creation time; every time leaves them out"),
    "customer not known": ("f.person_id is null", "true", "customer not known", "repeats and chasers cannot see them; map a customer, e-mail or phone"),
    "contact reason not given": ("f.reason is null", "true", "", "root causes cannot see them; map a reason column or make it required in the tool"),
    "end inferred": (
        "f.is_inferred_end",
        "not f.is_open",
        "",
        "the source gives no resolution time; the end is its last transition (filter: inferred_resolution)",
    ),
}


def ask(engine: DuckDBEngine, scope: Scope) -> list[dict[str, Any]]:
    """Findings by source, the gravest first."""
    asking.options(scope, OPTIONS)
    now = asking.stamp(asking.as_of(engine, scope))
    listed = ", ".join(f"@countif(({bad.format(now=now)}) and ({applies})), @countif({applies})" for bad, applies, _, _ in CONTACT_CHECKS.values())
    contacts, params = asking.contacts(engine, scope, ["f.*"])
    answer = []
    for source, *counts in engine.query(f"select source, {listed} from ({contacts}) f group by source order by source", params)[1]:
        for place, (check, (_, _, rule, says)) in enumerate(CONTACT_CHECKS.items()):
            found, of = counts[2 * place], counts[2 * place + 1]
            answer.append(_finding(source, check, found, of, says, rule or None, mild=check in MILD))
    sources = sorted({row["source"] for row in answer})
    asked = {value for name, value in scope.where if name == "source"}
    sources += sorted(s for (s,) in engine.query("select distinct source from files")[1] if s not in sources and (not asked or s in asked))
    for source in sources:
        answer += _silence(engine, source, now) + _of_files(engine, source) + _of_events(engine, source) + _left_out(engine, source) + _streams(engine, source)
    answer += _clocks(engine, sources)
    order = {"implausible": 0, "to mend": 1, "to know": 2, "good": 3}
    return asking.table(sorted(answer, key=lambda r: (order[r["verdict"]], r["source"], -(r["share"] or 0), r["check"])), COLUMNS)


def _finding(source: str, check: str, found: int, of: int, says: str, rule: str | None = None, mild: bool = False) -> dict[str, Any]:
    share = found / of if of else None
    verdict = "good" if not found else "to know" if mild else "implausible" if check in IMPOSSIBLE and found >= IMPLAUSIBLE * of else "to mend"
    return {"source": source, "check": check, "found": found, "of": of, "share": share, "verdict": verdict, "says": says, "rule": rule}


def _silence(engine: DuckDBEngine, source: str, now: str) -> list[dict[str, Any]]:
    """Whole days at the end of a source's data in which no contact began, where that is no quiet."""
    until = f"(select min(x) from (select max(until_at) as x from coverage where source = ? union all select {now}) as ends)"
    first, newest, until, days, silent, recent = engine.query(
        f"""select min(started_at), max(started_at), max(until_at), @days(min(started_at), max(until_at)), @days(max(started_at), max(until_at)),
                   @countif(started_at > @add_secs(newest_at, -{PACE_DAYS * 86_400}))
            from (select started_at, max(started_at) over () as newest_at, {until} as until_at from ticket_facts where source = ? and started_at is not null) as f
            where started_at <= until_at""", [source, source])[1][0]
    if newest is None or not days:
        return []
    held = min(max((newest - first).total_seconds() / 86_400, 1), PACE_DAYS)
    is_silent = silent >= SILENT_DAYS and recent / held * silent >= EXPECTED
    says = (f"the newest contact began on {newest:%Y-%m-%d}, other things are told until {until:%Y-%m-%d}: its newest tickets were probably not loaded; a drop of "
            "contacts then is none") if is_silent else "contacts began until the end of the data, or too few come to say"
    return [_finding(source, "days in which no contact began", silent if is_silent else 0, days, says)]


ODD = {"id written with .0": "a program that keeps whole numbers with decimals wrote it; it is read without, as other files write it"}
ODD_HOUR = "a wall time the change of clocks makes unclear: the first occurrence, or shifted forward; export with offsets to be exact"


def _of_files(engine: DuckDBEngine, source: str) -> list[dict[str, Any]]:
    """Rows refused, values not mapped, ids written oddly, odd local hours."""
    rows, refused = engine.query("select coalesce(sum(rows), 0), coalesce(sum(refused), 0) from files where source = ?", [source])[1][0]
    answer = [_finding(source, "rows refused", refused, rows, "rows that could not be read; the load page names line, column, value and what to do")] if rows else []
    for column, value, n, meaning in engine.query(
        'select "column", value, sum(rows), max(meaning) from unmapped where source = ? group by "column", value order by 3 desc, 1, 2', [source]
    )[1]:
        answer.append(_finding(source, f"not mapped: {column} = {value}", n, max(rows, n), meaning))
    for rule, column, n in engine.query('select rule, "column", sum(rows) from oddities where source = ? group by rule, "column" order by 1, 2', [source])[1]:
        answer.append(
            _finding(
                source,
                f"{rule} in {column}",
                n,
                max(rows, n),
                ODD.get(rule, ODD_HOUR),
                mild=True,
            )
        )
    return answer


def _of_events(engine: DuckDBEngine, source: str) -> list[dict[str, Any]]:
    ties, events = engine.query("select coalesce(sum(case when n > 1 then n else 0 end), 0), coalesce(sum(n), 0) from (select ticket_id, occurred_at, count(*) as n from events "
                                "where source = ? and seq is null group by ticket_id, occurred_at) as t", [source])[1][0]
    shared, customers = engine.query("select @countif(is_shared), count(*) from customers where source = ?", [source])[1][0]
    answer = (
        [
            _finding(
                source,
                "events at one time without an order of their own",
                ties,
                events,
                "their order in the file decides; export the tool's sequence or event id to be sure",
                mild=True,
            )
        ]
        if events
        else []
    )
    if customers:
        answer.append(
            _finding(
                source,
                "customers behind a shared mailbox or placeholder",
                shared,
                customers,
                "never joined with other customers: their contacts are followed inside the tool only",
                mild=True,
            )
        )
    return answer


def _left_out(engine: DuckDBEngine, source: str) -> list[dict[str, Any]]:
    total = engine.query("select count(*) from ticket_facts where source = ?", [source])[1][0][0]
    found = engine.query("select left_out, count(*) from ticket_facts where source = ? and left_out is not null group by left_out order by 1", [source])[1]
    return [
        _finding(
            source, f"left out: {why}", n, total, f"{why} tickets leave every population; a merged ticket's messages and arrival go to its survivor", mild=True
        )
        for why, n in found
    ]


def _streams(engine: DuckDBEngine, source: str) -> list[dict[str, Any]]:
    told = dict(engine.query("select stream, fidelity from coverage where source = ?", [source])[1])
    answer = []
    for stream, words in STREAMS.items():
        fidelity = told.get(stream)
        says = (f"told by {fidelity}" if fidelity else "not told by what was loaded: what rests on it is not available, never 0") + (
            "; only the tool's own counts are known" if fidelity == "counters" else "")
        answer.append({"source": source, "check": f"tells {words}", "found": int(fidelity in ("events", "snapshot")), "of": 1, "share": None, "rule": None,
                       "verdict": "good" if fidelity in ("events", "snapshot") else "to know", "says": says})
    return answer


def _clocks(engine: DuckDBEngine, sources: list[str]) -> list[dict[str, Any]]:
    """A row for each pair of tools whose own links say which chat of one became which ticket of the other."""
    if not sources:
        return []
    marks = ", ".join("?" * len(sources))
    pairs = engine.query(
        f"""
        with told as (select distinct ticket_id, other_id from links where kind = 'became' and found_by <> 'identity and time'),
        named as (select l.ticket_id, t.ticket_id as other_id from told l join tickets t on t.ticket_id = l.other_id),
        numbered as (   -- `*:id`: of whichever other tool has that number; two that do are no answer
            select l.ticket_id, min(t.ticket_id) as other_id from told l join tickets c on c.ticket_id = l.ticket_id
            join tickets t on substr(t.ticket_id, length(t.source) + 2) = substr(l.other_id, 3) and t.source <> c.source
            where l.other_id like '*:%' group by l.ticket_id having count(distinct t.ticket_id) = 1),
        pairs as (select c.source, t.source as other, @secs(c.created_at, t.created_at) as apart
            from (select * from named union all select * from numbered) p join tickets c on c.ticket_id = p.ticket_id join tickets t on t.ticket_id = p.other_id
            where c.source <> t.source and c.kind = 'chat' and c.created_at is not null and t.created_at is not null and c.source in ({marks}))
        select source, other, count(*), @countif(apart < 0), @quantile(apart, 0.5) from pairs group by source, other order by source, other""", sources)[1]
    answer = []
    for source, other, links, early, median in pairs:
        is_off = links >= LINKS_NEEDED and median < 0
        says = f"median from the beginning of the chat to the ticket: {median:,.0f} s" + (
            f"; the clock of {other} runs behind that of {source} by more than that, or a zone is wrong" if is_off else
            "; a few may be tickets that were there before and were linked by hand" if early else "")
        answer.append({"source": source, "check": f"tickets of {other} created before the chat they came from", "found": early, "of": links, "share": early / links, "rule": None,
                       "verdict": "to mend" if is_off else "to know" if early else "good", "says": says})
    return answer
