"""How old is what is open, in which state, and in which queue?

The contacts that are not settled as of the data's end (or --as-of, to the second as they stood then), by age since arrival:
under a day, 1-3, 3-7, 7-14, 14-30, 30-60, 60 days and more; by state, and by the queue they lie in. They are the contacts of
the metric backlog. One that an agent or a bot began and whose customer had not written by then is as old as that beginning.
Level total holds each age over all queues and states, level queue each queue and state.
"""
from __future__ import annotations

from datetime import datetime
from typing import Any

from metrics.engine import asking, query
from metrics.engine.engines import DuckDBEngine
from metrics.engine.metric import Metric, Option, Planted
from metrics.engine.scope import Scope
from metrics.engine.sources import source, stamp

DAY = 86_400
BUCKETS = {"under 1 day": 1, "1-3 days": 3, "3-7 days": 7, "7-14 days": 14, "14-30 days": 30, "30-60 days": 60, "60 days and more": None}
COLUMNS = {
    "level": "total (all queues and states) or queue", "queue": "queue it lies in; NULL = not known", "state": "state at that moment", "age": "age since arrival",
    "from_days": "lower end of the age, inclusive", "contacts": "open contacts", "share": "share of all open contacts", "unanswered": "of them, the customer spoke last",
    "oldest_seconds": "age of the oldest",
}
OPTIONS: dict[str, Option] = {}
EXAMPLES = (
    Planted(says="Two open in Care, two hours and eight days old; one settled is not in it.",
            events="T1 09:00 created\nT1 09:00 queued Care\nT2 +8d 07:00 created\nT2 +8d 07:00 queued Care\nT3 09:00 created\nT3 10:00 resolved by ana\nT2 +8d 09:00 assigned ana",
            finds=({"level": "total", "age": "7-14 days", "contacts": 1, "share": 0.5}, {"level": "total", "age": "under 1 day", "contacts": 1, "oldest_seconds": 7200},
                   {"level": "queue", "queue": "Care", "state": "new", "age": "7-14 days", "contacts": 1})),
    Planted(says="Asked as of Monday noon, a contact settled in the afternoon is still open, and waits for the customer.",
            events="T1 09:00 created\nT1 10:00 state_changed waiting_customer by ana\nT1 15:00 resolved by ana",
            scope={"as_of": datetime(2025, 6, 9, 12)}, finds=({"level": "queue", "state": "waiting_customer", "age": "under 1 day", "oldest_seconds": 10_800},)),
    Planted(says="Ana began it on Monday and the customer wrote on Wednesday: as of Tuesday it was open, and a day old.",
            events="T1 09:00 created by agent ana\nT1 +2d 09:00 customer_message\nT1 +2d 10:00 resolved by ana",
            scope={"as_of": datetime(2025, 6, 10, 10)}, finds=({"level": "total", "age": "1-3 days", "contacts": 1, "share": 1, "oldest_seconds": 90_000},), rows=2),
    Planted(says="Nothing open: no rows.", events="T1 09:00 created\nT1 10:00 resolved by ana", rows=0),
)
# asks like the metric backlog does, so that its scope and population are the same
OPEN = Metric(label="", unit="contacts", kind="stock", better="lower", dated_by="as_of", grain="stock", value="1", examples=())
IN_QUEUES = Scope(by=("queue",))


def ask(engine: DuckDBEngine, scope: Scope) -> list[dict[str, Any]]:
    """Ages in order: all, then each queue and state, the fullest queue first."""
    asking.options(scope, OPTIONS)
    until = asking.as_of(engine, scope)
    conditions, params = query.filters(OPEN, asking.undated(scope), engine)
    age = f"@secs(case when f.started_at > {stamp(until)} then b.begun_at else f.started_at end, {stamp(until)})"
    begun = (f"select s.ticket_no, s.episode, min(s.from_at) as begun_at from ticket_facts t join spells s on s.ticket_no = t.ticket_no and s.episode = t.episode "
             f"where t.started_at > {stamp(until)} group by s.ticket_no, s.episode")
    bounds = [days for days in BUCKETS.values() if days]
    bucket = "case " + " ".join(f"when {age} < {days * DAY} then {i}" for i, days in enumerate(bounds)) + f" else {len(bounds)} end"
    rows = engine.query(f"select f.queue, f.state_then, {bucket} as bucket, count(*), sum(case when f.customer_last_then then 1 else 0 end), max({age}) "
                        f"from {source(OPEN, IN_QUEUES, until)} left join ({begun}) b on b.ticket_no = f.ticket_no and b.episode = f.episode "
                        f"where {' and '.join(conditions)} and f.handled_by <> 'bot_only' group by 1, 2, 3", params)[1]
    ages, total = list(BUCKETS), sum(r[3] for r in rows)
    sizes: dict[str | None, int] = {}
    for queue, _, _, n, *_ in rows:
        sizes[queue] = sizes.get(queue, 0) + n
    answer = [_row("total", None, None, ages, i, [r for r in rows if r[2] == i], total) for i in range(len(ages)) if any(r[2] == i for r in rows)]
    for queue, state in sorted({(r[0], str(r[1])) for r in rows}, key=lambda k: (-sizes[k[0]], str(k[0]), k[1])):
        answer += [_row("queue", queue, state, ages, i, own, total) for i in range(len(ages)) if (own := [r for r in rows if r[0] == queue and str(r[1]) == state and r[2] == i])]
    return asking.table(answer, COLUMNS)


def _row(level: str, queue: str | None, state: str | None, ages: list[str], bucket: int, rows: list[tuple], total: int) -> dict[str, Any]:
    n = sum(r[3] for r in rows)
    return {"level": level, "queue": queue, "state": state, "age": ages[bucket], "from_days": [0, *list(BUCKETS.values())[:-1]][bucket], "contacts": n, "share": n / total,
            "unanswered": int(sum(r[4] for r in rows)), "oldest_seconds": int(max(r[5] for r in rows))}
