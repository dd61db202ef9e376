"""Who sends a queue what is not its own?

Every stay in a queue by the queue it came from: how many left again for another queue, how many of them went straight back to the
sender, how many left without a reply, note or change of state, and the hours they lay there before they left. A contact that comes
twice counts twice. What came straight from the customer, or from no known queue, has no sender. Stays by arrival in the queue, of sources that
tell queues; one that has not ended has not left.
"""
from __future__ import annotations

from typing import Any

from metrics.engine import asking, query
from metrics.engine.engines import DuckDBEngine
from metrics.engine.metric import Metric, Option, Planted
from metrics.engine.scope import Scope

COLUMNS = {
    "queue": "the queue", "from_queue": "the queue it came from; NULL = straight from the customer, or not known", "came": "stays that began",
    "left_again": "of them left for another queue", "share": "left_again / came", "sent_back": "of those that left: straight back to the sender",
    "untouched": "of those that left: without a reply, note or change of state", "hours": "hours they lay there before they left",
    "mostly_to": "the queue most of them went to",
}
OPTIONS: dict[str, Option] = {}
_T = "T{n} 09:00 created\nT{n} 09:00 queued Desk\nT{n} 10:00 queued Billing\n"
HAS_MOMENT = False
EXAMPLES = (
    Planted(says="The desk sends Billing two: one goes back after an hour, untouched; one stays.",
            events=_T.format(n=1) + "T1 11:00 queued Desk\n" + _T.format(n=2) + "T2 11:00 agent_message by ana\nT2 11:00 resolved by ana",
            finds=({"queue": "Billing", "from_queue": "Desk", "came": 2, "left_again": 1, "share": 0.5, "sent_back": 1, "untouched": 1, "hours": 1, "mostly_to": "Desk"},
                   {"queue": "Desk", "from_queue": None, "came": 2, "left_again": 2, "sent_back": 0, "mostly_to": "Billing"},
                   {"queue": "Desk", "from_queue": "Billing", "came": 1, "left_again": 0, "mostly_to": None}), rows=3),
    Planted(says="Onward to a third queue, after a note: left again, but neither back nor untouched.",
            events=_T.format(n=1) + "T1 10:30 internal_note by ana\nT1 11:00 queued Risk",
            finds=({"queue": "Billing", "from_queue": "Desk", "left_again": 1, "sent_back": 0, "untouched": 0, "mostly_to": "Risk"},)),
    Planted(says="There, back and there again in one second: two came, and one went back.",
            events="T1 09:00 created\nT1 09:00 queued Desk\nT1 10:00 queued Billing\nT1 10:00 queued Desk\nT1 10:00 queued Billing",
            finds=({"queue": "Billing", "from_queue": "Desk", "came": 2, "left_again": 1, "sent_back": 1}, {"queue": "Desk", "from_queue": "Billing", "came": 1}), rows=3),
    Planted(says="Asked of one queue: its senders only.", events=_T.format(n=1), scope={"where": (("queue", "Billing"),)}, finds=({"from_queue": "Desk", "came": 1},), rows=1),
    Planted(says="A source that tells no queues has no senders.", events="T1 09:00 created", fidelity={"states": "events"}, rows=0),
)
# asks of stays like a metric of stays does, so that its scope means the same
STAYS = Metric(label="", unit="stays", kind="volume", better="neither", dated_by="arrived", grain="stay", value="1", examples=())

BEFORE = "stays f left join stays p on p.ticket_no = f.ticket_no and p.episode = f.episode and p.stay_no + 1 = f.stay_no"


def left_again(engine: DuckDBEngine, scope: Scope, queue: str, sender: str | None) -> list[dict[str, Any]]:
    """The stays in a queue that came from this sender and left again, a row each; value = seconds they lay there, the longest first."""
    conditions, params = query.filters(STAYS, scope, engine)
    return engine.records(
        f"select t.ticket_id, f.episode, @secs(f.entered_at, f.left_at) as value from {BEFORE} join tickets t on t.ticket_no = f.ticket_no where "
        f"{' and '.join(conditions)} and f.queue = ? and f.next_queue is not null "
        f"and {'p.queue = ?' if sender else 'p.queue is null'} order by value desc, t.ticket_id, f.episode",
        [*params, queue, *([sender] if sender else [])],
    )


def ask(engine: DuckDBEngine, scope: Scope) -> list[dict[str, Any]]:
    """Senders by how many of their contacts left again, the most first."""
    asking.options(scope, OPTIONS)
    conditions, params = query.filters(STAYS, scope, engine)
    rows = engine.query(f"""
        select f.queue, p.queue as from_queue, f.next_queue, count(*), @countif(f.next_queue_id = p.queue_id), @countif(f.next_queue_id is not null and not f.was_touched),
               sum(case when f.next_queue_id is not null then @secs(f.entered_at, f.left_at) end)
        from {BEFORE}
        where {" and ".join(conditions)} and f.queue_id is not null group by f.queue, p.queue, f.next_queue""", params)[1]
    found: dict[tuple, dict[str, Any]] = {}
    for queue, sender, onward, n, back, untouched, seconds in rows:
        row = found.setdefault((queue, sender), {"queue": queue, "from_queue": sender, "came": 0, "left_again": 0, "sent_back": 0, "untouched": 0, "hours": 0.0, "to": {}})
        row["came"] += n
        if onward is not None:
            row["left_again"] += n
            row["sent_back"] += back
            row["untouched"] += untouched
            row["hours"] += seconds / 3600
            row["to"][onward] = n
    for row in found.values():
        row["share"] = row["left_again"] / row["came"]
        row["mostly_to"] = min(row["to"], key=lambda q: (-row["to"][q], q), default=None)
    return asking.table(sorted(found.values(), key=lambda r: (-r["left_again"], str(r["queue"]), str(r["from_queue"]))), COLUMNS)
