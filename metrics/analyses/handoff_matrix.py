"""Who hands to whom, why, and what does every further hand cost?

One row per change of hands from the queue the contact lay in to the queue it went to (the same queue where two people
of one team passed it on), by what moved it and the border it crossed: how often, what share, and how long until the
next touch: a reply, a note, or a change of state into waiting or settled; what the customer says or changes is none, and what a
rule or a bot does neither. Queues, never people. And one row per number of hands: the resolution time a further handoff
adds, against contacts of the same reason and priority with one hand less (the mean of the differences of medians,
weighted by the contacts with the further hand). Contacts by arrival that a person touched, from sources that tell
assignments by events.
"""
from __future__ import annotations

from typing import Any

from metrics.engine import asking
from metrics.engine.engines import DuckDBEngine
from metrics.engine.metric import Option, Planted
from metrics.engine.scope import Scope

LEAST = 5   # contacts a cell needs on either side
MOST = 4    # hands beyond are counted together
COLUMNS = {
    "level": "move (from one queue to another) or hands (what a further hand adds)",
    "from_queue": "the queue it lay in; NULL = not known",
    "to_queue": "the queue it lay in after",
    "cause": "agent, rule, bulk, offer_not_taken; NULL = not known",
    "border": "same_team, between_teams, vendor or not_known",
    "moves": "changes of hands",
    "share": "share of all of them",
    "contacts": "contacts they happened to; for hands, contacts with so many handoffs",
    "median_delay_seconds": "median time until the next touch; NULL where nothing followed",
    "handoffs": f"for level hands: handoffs of the contact ({MOST} = {MOST} and more)",
    "median_seconds": "their median resolution time (settled contacts)",
    "added_seconds": "what the last of these hands added, like for like",
    "compared": "contacts that could be compared",
    "left_out": "contacts in scope whose source does not tell assignments by events",
}
OPTIONS = {"top": Option(50, "how many moves at most")}
_MOVE = """T1 09:00 created
T1 09:00 queued Desk
T1 09:05 assigned ana
T1 10:00 queued Tech by ana
T1 10:00 assigned tom by ana
T1 12:00 agent_message by tom
T1 12:00 resolved by tom"""


def _hours(number: int, hands: int, hours: int) -> str:
    passed = "".join(f"T{number} 09:{10 + i} assigned p{i}\n" for i in range(hands + 1))
    return f"T{number} 09:00 created\n{passed}T{number} {9 + hours:02d}:00 resolved by p{hands}\n"


HAS_MOMENT = False
EXAMPLES = (
    Planted(
        says="Ana of Desk hands to Tom of Tech, who answers two hours later: one move, by an agent, two hours until anything happened.",
        events=_MOVE,
        finds=({"level": "move", "from_queue": "Desk", "to_queue": "Tech", "cause": "agent", "moves": 1, "share": 1, "median_delay_seconds": 7200},),
    ),
    Planted(
        says="What a rule, a bot and the customer do meanwhile is no touch: still two hours.",
        events=_MOVE.replace("T1 12:00 agent", "T1 10:01 priority_changed high by system\nT1 10:05 customer_message\nT1 10:10 bot_message by bot helper\nT1 12:00 agent"),
        finds=({"level": "move", "from_queue": "Desk", "median_delay_seconds": 7200},),
    ),
    Planted(
        says="A note after half an hour is a touch, and so is handing it to a third party after one; a move of Tech's to another queue is none.",
        events=_MOVE.replace("T1 12:00 agent", "T1 10:20 queued Risk by ana\nT1 10:30 internal_note by tom\nT1 12:00 agent")
        + _MOVE.replace("T1", "\nT2", 1).replace("T1", "T2").replace("T2 12:00 agent", "T2 11:00 state_changed waiting_internal by tom\nT2 12:00 agent"),
        finds=({"level": "move", "from_queue": "Desk", "moves": 2, "median_delay_seconds": 2700},),
    ),
    Planted(
        says="What a rule sets to waiting is no touch, and a note is one while it waits: half an hour to Tom's note.",
        events=_MOVE.replace("T1 12:00 agent", "T1 10:10 state_changed waiting_internal by system\nT1 10:30 internal_note by tom\nT1 12:00 agent"),
        finds=({"level": "move", "from_queue": "Desk", "median_delay_seconds": 1800},),
    ),
    Planted(
        says="Six contacts with one hand took two hours, six of the same reason with two took five: the second hand added three.",
        events="".join(_hours(i, 0, 2) for i in range(6)) + "".join(_hours(i, 1, 5) for i in range(6, 12)),
        tickets={f"T{i}": {"reason_raw": "invoice"} for i in range(12)},
        finds=(
            {"level": "hands", "handoffs": 1, "contacts": 6, "added_seconds": 10_800, "compared": 6},
            {"level": "hands", "handoffs": 0, "contacts": 6, "added_seconds": None},
        ),
    ),
    Planted(
        says="Different reasons are not compared: six easy ones with one hand say nothing of six hard ones with two.",
        events="".join(_hours(i, 0, 2) for i in range(6)) + "".join(_hours(i, 1, 5) for i in range(6, 12)),
        tickets={f"T{i}": {"reason_raw": "easy" if i < 6 else "hard"} for i in range(12)},
        finds=({"level": "hands", "handoffs": 1, "added_seconds": None, "compared": 0},),
    ),
    Planted(
        says="The same person again after a while without a holder: no move.",
        events="T1 09:00 created\nT1 09:05 assigned ana\nT1 10:00 assigned\nT1 11:00 assigned ana\nT1 12:00 resolved by ana",
        finds=({"level": "hands", "handoffs": 0, "contacts": 1},),
        never=({"level": "move"},),
    ),
)


def ask(engine: DuckDBEngine, scope: Scope) -> list[dict[str, Any]]:
    """Moves, the most frequent first, then hands."""
    top = asking.options(scope, OPTIONS)["top"]
    told = "f.assignment_fidelity is not null and f.assignment_fidelity <> 'counters'"
    contacts, params = asking.contacts(
        engine,
        scope,
        ["f.ticket_no", "f.episode", "f.source", "coalesce(f.reason, '') || '/' || coalesce(f.priority, '') as cell", "f.handoffs", f"{asking.SETTLED_SECONDS} as seconds"],
        where=f"{asking.TOUCHED} and {told}",
    )
    unknown, more = asking.contacts(engine, scope, ["f.ticket_no"], where=f"{asking.TOUCHED} and not coalesce({told}, false)")
    left_out = engine.query(f"select count(*) from ({unknown}) as u", more)[1][0][0]
    names = "(select distinct queue_id, queue from stays where queue_id is not null)"
    rows = engine.records(f"""
        with moves as (
            select h.ticket_no, h.episode, a.queue as from_queue, b.queue as to_queue, cast(h.cause as varchar) as cause, h.border, @secs(h.occurred_at, h.touched_at) as delay
            from hands h join ({contacts}) c on c.ticket_no = h.ticket_no and c.episode = h.episode
            left join {names} a on a.queue_id = h.from_queue_id left join {names} b on b.queue_id = h.queue_id)
        select from_queue, to_queue, cause, border, count(*) as moves, count(distinct ticket_no * 10000 + episode) as contacts, @quantile(delay, 0.5) as median_delay_seconds
        from moves group by from_queue, to_queue, cause, border
        order by moves desc, from_queue nulls last, to_queue nulls last, cause nulls last, border""", params)
    total = sum(row["moves"] for row in rows)
    answer = [{"level": "move", **row, "share": row["moves"] / total, "left_out": left_out} for row in rows[:top]]
    return asking.table([*answer, *_further(engine, contacts, params, left_out)], COLUMNS)


def _further(engine: DuckDBEngine, contacts: str, params: list[Any], left_out: int) -> list[dict[str, Any]]:
    """What each further hand adds, like for like."""
    hands = f"case when handoffs < {MOST} then handoffs else {MOST} end"
    cells = engine.query(f"select {hands} as n, cell, count(seconds), @quantile(seconds, 0.5) from ({contacts}) c where handoffs is not null group by n, cell", params)[1]
    known = {(n, cell): (count, median) for n, cell, count, median in cells if median is not None and count >= LEAST}
    answer = []
    for n, count, median in engine.query(f"select {hands} as n, count(*), @quantile(seconds, 0.5) from ({contacts}) c where handoffs is not null group by n order by n", params)[1]:
        pairs = [(own, own_median - known[n - 1, cell][1]) for (m, cell), (own, own_median) in known.items() if m == n and (n - 1, cell) in known]
        compared = sum(own for own, _ in pairs)
        answer.append({"level": "hands", "handoffs": n, "contacts": count, "median_seconds": median, "compared": compared if n else None, "left_out": left_out,
                       "added_seconds": sum(own * diff for own, diff in pairs) / compared if compared else None})
    return answer
