"""The way a contact went through queues: its distinct consecutive queues in order, an unknown one bridged."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

STOPS = 8   # a longer route is cut there, and says how many stops it has
ARROW = " > "
KNOWN = "f.queue_fidelity is not null and f.queue_fidelity <> 'counters'"


def routes_sql(contacts: str, carried: Sequence[str]) -> str:
    """SQL of one row per contact of `contacts` (SQL giving ticket_no, episode and the carried columns): its stops q1 .. q8,
    how many there are, and how many different queues."""
    names = "".join(f", c.{name}" for name in carried)
    stops = ", ".join(f"max(case when n = {i} then queue end) as q{i}" for i in range(1, STOPS + 1))
    listed = ", ".join(f"r.q{i}" for i in range(1, STOPS + 1))
    return (f"select c.ticket_no, c.episode{names}, r.stops, r.queues, {listed} from ({contacts}) c join ("
            f"select ticket_no, episode, count(*) as stops, count(distinct queue) as queues, {stops} from ("
            "select ticket_no, episode, queue, row_number() over (partition by ticket_no, episode order by stay_no) as n from ("
            "select ticket_no, episode, stay_no, queue, lag(queue) over (partition by ticket_no, episode order by stay_no) as queue_before "
            "from stays where queue is not null) as known where queue_before is null or queue_before <> queue) as stop "
            "group by ticket_no, episode) r on r.ticket_no = c.ticket_no and r.episode = c.episode")


def route(stops: Sequence[Any], number: int) -> str:
    """The stops in words: Billing > Risk > Billing."""
    told = ARROW.join(str(stop) for stop in stops if stop is not None)
    return told if number <= STOPS else f"{told}{ARROW}... ({number} stops)"


GROUPED = ", ".join(f"q{i}" for i in range(1, STOPS + 1))
SORTED = ", ".join(f"q{i} nulls last" for i in range(1, STOPS + 1))
