"""The way a contact went through queues: its distinct consecutive queues in order, an unknown one bridged."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

STOPS = 8   # a longer route is cut there, and says how many stops it has
ARROW = " > "
KNOWN = "f.queue_fidelity is not null and f.queue_fidelity <> 'counters'"


NEEDED = ("f.ticket_no", "f.episode", "f.transfers", "f.queue")   # what `asked` has to give


def routes_sql(carried: Sequence[str]) -> str:
    """SQL of one row per contact of the named query `asked` (what is NEEDED and the carried columns) that was in a known queue:
    its stops q1 .. q8, how many there are, and how many different queues."""
    given = "".join(f", a.{name}" for name in carried)
    kept = "".join(f", max({name}) as {name}" for name in carried)   # one value per contact
    stops = ", ".join(f"max(case when n = {i} then queue end) as q{i}" for i in range(1, STOPS + 1))
    nowhere_else = ", ".join(f"cast(null as varchar) as q{i}" for i in range(2, STOPS + 1))
    return (f"select a.ticket_no, a.episode{given}, 1 as stops, 1 as queues, a.queue as q1, {nowhere_else} from asked a "
            "where a.transfers = 0 and a.queue is not null "   # it never moved
            f"union all select ticket_no, episode{kept}, count(*) as stops, count(distinct queue) as queues, {stops} from ("
            "select known.*, row_number() over (partition by ticket_no, episode order by stay_no) as n from ("
            f"select a.ticket_no, a.episode{given}, s.stay_no, s.queue, lag(s.queue) over (partition by a.ticket_no, a.episode order by s.stay_no) as queue_before "
            "from asked a join stays s on s.ticket_no = a.ticket_no and s.episode = a.episode where a.transfers > 0 and s.queue is not null) as known "
            "where queue_before is null or queue_before <> queue) as stop group by ticket_no, episode")


def route(stops: Sequence[Any], number: int) -> str:
    """The stops in words: Billing > Risk > Billing."""
    told = ARROW.join(str(stop) for stop in stops if stop is not None)
    return told if number <= STOPS else f"{told}{ARROW}... ({number} stops)"


GROUPED = ", ".join(f"q{i}" for i in range(1, STOPS + 1))
SORTED = ", ".join(f"q{i} nulls last" for i in range(1, STOPS + 1))
