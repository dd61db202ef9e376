"""Where does every hour of a contact's life go, and between which queues is it lost?

Every second from a contact's first word to the end of its life lies in one of six bins: waiting in a queue (nobody holds
it); held but untouched, as far as the source tells; touched (an allowance per reply and note from settings, marked estimated); waiting for the
customer; waiting for others; resolved but not closed (never ranked as loss). Hours are booked in the week in which they
were lived, open contacts included up to the data's end, so that the hours of a week are its average number of living contacts
times the hours of that week, exactly. Lost hours are those in a queue and those held untouched.
"""
from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from metrics.engine import asking
from metrics.engine.engines import DuckDBEngine
from metrics.engine.metric import Metric, Option, Planted
from metrics.engine.query import filters
from metrics.engine.scope import Scope, ScopeProblem
from metrics.engine.sources import stamp

BINS = ("queue", "held", "touched", "customer", "others", "resolved")
COLUMNS = {
    "level": "total, queue (hours lived in that queue) or hop (a move from one queue to the next)",
    "week": "Monday of the week, where asked by week", "queue": "the queue; for a hop the one it left", "next_queue": "for a hop, the queue it went to",
    "contacts": "contacts that lived hours there in the period; for a hop, moves made in the period",
    **{f"{b}_hours": f"customer-hours in the bin: {m}" for b, m in zip(BINS, ("waiting in a queue", "held but untouched", "touched (estimated)", "waiting for the customer",
                                                                            "waiting for others", "resolved but not closed"), strict=True)},
    "unseen_hours": "of held_hours, those whose source tells no replies: whether anybody acted then is not known",
    "lost_hours": "queue_hours + held_hours; for a hop, hours from the move to the first hand in the next queue, else until it left or the data's end",
    "share": "share of all lost hours", "median_delay_seconds": "for a hop, median time from the move to the first hand in the next queue",
    "left_out": "contacts in scope whose source tells no assignments, so that their hours cannot be told apart",
}
OPTIONS: dict[str, Option] = {"top": Option(50, "how many queues and hops at most")}
SPLITS = ("week",)
EXAMPLES = (
    Planted(says="A contact that lies two hours in Billing, is held untouched for one and then resolved: 2 h queue, 1 h held.",
            events="T1 09:00 created\nT1 09:00 queued Billing\nT1 11:00 assigned ana\nT1 12:00 resolved by ana",
            finds=({"level": "queue", "queue": "Billing", "contacts": 1, "queue_hours": 2, "held_hours": 1, "unseen_hours": 0, "lost_hours": 3, "share": 1},
                   {"level": "total", "queue_hours": 2, "held_hours": 1, "customer_hours": 0})),
    Planted(says="Hours lived before the period are not in it: of a contact open from Thursday to Tuesday, the Monday and nine hours.",
            events="T1 +3d 09:00 created\nT1 +3d 09:00 queued Billing\nT1 +8d 09:00 assigned ana\nT1 +8d 09:00 resolved by ana",
            scope={"from_on": date(2025, 6, 16)}, finds=({"level": "total", "queue_hours": 33, "lost_hours": 33},)),
    Planted(says="A move to Risk that nobody there takes for three hours: a hop of three hours.",
            events="T1 09:00 created\nT1 09:00 queued Billing\nT1 10:00 queued Risk\nT1 13:00 assigned ben\nT1 13:00 resolved by ben",
            finds=({"level": "hop", "queue": "Billing", "next_queue": "Risk", "contacts": 1, "lost_hours": 3, "median_delay_seconds": 10_800},)),
    Planted(says="Moved to Risk and taken by nobody there yet: three hours lost up to the data's end.",
            events="T1 09:00 created\nT1 09:00 queued Billing\nT1 10:00 queued Risk\nT2 13:00 created",
            finds=({"level": "hop", "queue": "Billing", "next_queue": "Risk", "contacts": 1, "lost_hours": 3, "median_delay_seconds": None},)),
    Planted(says="A reply and its change of state in one second: five minutes of work, whichever of them is told first.",
            events="T1 09:00 created\nT1 09:00 queued Billing\nT1 09:00 assigned ana\nT1 10:00 state_changed waiting_customer by ana\nT1 10:00 agent_message by ana",
            finds=({"level": "total", "held_hours": 0.916667, "touched_hours": 0.083333},)),
    Planted(says="There, back and there again in one second, taken after an hour: two moves there, and one hour lost, not two.",
            events="T1 09:00 created\nT1 09:00 queued Billing\nT1 10:00 queued Risk\nT1 10:00 queued Billing\nT1 10:00 queued Risk\n"
                   "T1 11:00 assigned ben\nT1 11:00 resolved by ben",
            finds=({"level": "hop", "queue": "Billing", "next_queue": "Risk", "contacts": 2, "lost_hours": 1},
                   {"level": "hop", "queue": "Risk", "next_queue": "Billing", "contacts": 1, "lost_hours": 0})),
    Planted(says="A source that tells who held it and no replies: nobody knows whether Ana acted in the hour she had it.",
            events="T1 09:00 created\nT1 09:00 queued Billing\nT1 11:00 assigned ana\nT1 12:00 resolved by ana",
            fidelity={"assignments": "events", "queues": "events", "states": "events"},
            finds=({"level": "queue", "held_hours": 1, "unseen_hours": 1}, {"level": "total", "queue_hours": 2, "held_hours": 1, "unseen_hours": 1, "lost_hours": 3})),
    Planted(says="A source that tells no assignments: its hours cannot be told apart, and the answer says of how many contacts.",
            events="T1 09:00 created\nT1 12:00 resolved", fidelity={"states": "events"}, finds=({"level": "total", "left_out": 1, "queue_hours": None},)),
)
# the ledger asks of contacts like a metric does, so that its scope means the same
LEDGER = Metric(label="", unit="hours", kind="volume", better="lower", dated_by="lived", value="1", examples=())
UNSEEN = "coalesce(f.message_fidelity, 'counters') = 'counters'"
KNOWN = "f.assignment_fidelity is not null and f.assignment_fidelity <> 'counters'"


def ask(engine: DuckDBEngine, scope: Scope) -> list[dict[str, Any]]:
    """The ledger: total, then queues and hops ranked by lost hours."""
    top = asking.options(scope, OPTIONS)["top"]
    low, high, until = period(engine, scope)
    pieces, params = hours_sql(engine, scope, low, high, until, weekly=scope.week)
    sums = ", ".join(f"sum({b}_seconds) / 3600.0 as {b}_hours" for b in (*BINS, "unseen"))
    lost = "sum(queue_seconds + held_seconds) / 3600.0"
    week = "week_on, " if scope.week else ""
    left_out = _left_out(engine, scope)
    rows = []
    for record in engine.records(f"select {week}queue, grouping(queue) as of_all, count(distinct ticket_no * 10000 + episode) as contacts, {sums}, {lost} as lost_hours "
                                 f"from ({pieces}) as p group by grouping sets (({week.rstrip(', ')}), ({week}queue)) order by lost_hours desc", params):
        of_all = record.pop("of_all") == 1
        record = {"level": "total" if of_all else "queue", "week": record.pop("week_on", None), **record}
        if of_all:
            record["left_out"] = left_out
        rows.append(record)
    total = sum(r["lost_hours"] or 0 for r in rows if r["level"] == "total")
    queues = [r for r in rows if r["level"] == "queue"][:top if not scope.week else None]
    answer = [*sorted((r for r in rows if r["level"] == "total"), key=lambda r: str(r["week"])), *queues, *_hops(engine, scope, low, high, until, top)]
    for row in answer:
        row["share"] = (row["lost_hours"] or 0) / total if total and row["level"] != "hop" else None
        row["week"] = row["week"].isoformat() if row.get("week") else None
    return [{k: _rounded(row.get(k)) for k in COLUMNS} for row in answer]


def period(engine: DuckDBEngine, scope: Scope) -> tuple[date | None, date | None, datetime]:
    """First week (a Monday), the Monday after the last, and the data's end. Raises: ScopeProblem."""
    until = engine.data_until or datetime(9999, 1, 1)
    if scope.as_of is not None and scope.as_of != until:
        raise ScopeProblem("the ledger stands at the data's end: within a week it does not keep when an hour was lived; use --from and --to")
    low = scope.from_on - timedelta(days=scope.from_on.weekday()) if scope.from_on else None
    high = scope.to_on + timedelta(days=-scope.to_on.weekday() % 7) if scope.to_on else None
    return low, high, until


def hours_sql(engine: DuckDBEngine, scope: Scope, low: date | None, high: date | None, until: datetime, weekly: bool = False) -> tuple[str, list[Any]]:
    """SQL of lived seconds: ticket_no, episode, stay_no, week_on, queue, one column per bin and `unseen_seconds`; finished spells and open ones up to
    `until`. weekly: open spells are cut at the weeks' ends too, else they lie whole in the period's first week."""
    conditions, params = filters(LEDGER, replace(scope, from_on=None, to_on=None, where=tuple(w for w in scope.where if w[0] != "queue")), engine)
    own = [value for name, value in scope.where if name == "queue"]
    if own:   # hours are asked by the queue they were lived in, not by where the contact ended
        conditions.append(f"coalesce({{queue}}, '(none)') in ({', '.join('?' * len(own))})")
        params += own
    weeks = "".join(f" and {{week}} {sign} date '{bound.isoformat()}'" for bound, sign in ((low, ">="), (high, "<")) if bound)
    contact = "join ticket_facts f on f.ticket_no = h.ticket_no and f.episode = h.episode"
    lay_in = "left join stays s on s.ticket_no = h.ticket_no and s.episode = h.episode and s.stay_no = h.stay_no"
    holds = f"where {' and '.join(conditions)} and {KNOWN}"
    as_of = stamp(until)
    starts = "case when h.from_at > w.starts_at then h.from_at else w.starts_at end"
    ends = f"case when w.until_at < {as_of} then w.until_at else {as_of} end"
    open_seconds = f"@secs({starts}, {ends})"
    finished = (f"select h.ticket_no, h.episode, h.stay_no, h.week_on, h.queue, {', '.join(f'h.{b}_seconds' for b in BINS)}, "
                f"case when {UNSEEN} then h.held_seconds else 0 end as unseen_seconds from hours h {contact} "
                f"{holds.format(queue='h.queue')}{weeks.format(week='h.week_on')}")
    stretches = (
        "weeks"
        if weekly
        else f"(select min(week_on) as week_on, min(starts_at) as starts_at, max(until_at) as until_at from weeks where true{weeks.format(week='week_on')})"
    )
    bound = weeks.format(week="w.week_on") if weekly else ""
    running = ("select h.ticket_no, h.episode, h.stay_no, w.week_on, s.queue, "
               f"{', '.join(f'''case when h.bin = '{b}' then {open_seconds} else 0 end as {b}_seconds''' for b in BINS)}, "
               f"case when h.bin = 'held' and {UNSEEN} then {open_seconds} else 0 end as unseen_seconds "
               f"from spells h join {stretches} w on w.until_at > h.from_at and w.starts_at < {as_of} {contact} {lay_in} "
               f"{holds.format(queue='s.queue')} and h.until_at is null and h.from_at < {as_of}{bound}")
    return f"{finished} union all {running}", [*params, *params]


def _hops(engine: DuckDBEngine, scope: Scope, low: date | None, high: date | None, until: datetime, top: int) -> list[dict[str, Any]]:
    """Moves between queues made in the period: how many, and how long until a hand in the next queue."""
    conditions, params = filters(LEDGER, replace(scope, from_on=None, to_on=None, where=tuple(w for w in scope.where if w[0] != "queue")), engine)
    own = [value for name, value in scope.where if name == "queue"]
    if own:
        conditions.append(f"f.queue in ({', '.join('?' * len(own))})")
        params += own
    conditions += [f"n.arrived_week {sign} date '{bound.isoformat()}'" for bound, sign in ((low, ">="), (high, "<")) if bound]
    delay = f"@secs(n.entered_at, coalesce(n.assigned_at, n.left_at, case when n.entered_at < {stamp(until)} then {stamp(until)} end))"   # what nobody took yet is waiting
    return [{"level": "hop", "week": None, **r} for r in engine.records(f"""
        select f.queue, f.next_queue, count(*) as contacts, sum({delay}) / 3600.0 as lost_hours, @quantile(@secs(n.entered_at, n.assigned_at), 0.5) as median_delay_seconds
        from stays f join stays n on n.ticket_no = f.ticket_no and n.episode = f.episode and n.stay_no = f.stay_no + 1
        where {' and '.join(conditions)} and f.queue is not null and f.next_queue_id is not null
        group by f.queue, f.next_queue order by lost_hours desc nulls last, contacts desc limit {top}""", params)]


def _left_out(engine: DuckDBEngine, scope: Scope) -> int:
    conditions, params = filters(LEDGER, replace(scope, from_on=None, to_on=None), engine)
    return engine.query(
        f"select count(*) from ticket_facts f where {' and '.join(conditions)} and (f.assignment_fidelity is null or f.assignment_fidelity = 'counters')",
        params,
    )[1][0][0]


def _rounded(value: Any) -> Any:
    return round(value, 6) if isinstance(value, float) else value
