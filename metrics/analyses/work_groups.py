"""How many open contacts wait for us, and what puts them where they stand?

The contacts of the work list, counted: how many have a promise that runs out soon, how many were failed once, how many are unanswered,
how many are answered and ours to move; and the longest that one of each has waited (on the calendar, from the first word that nobody
answered; of those answered, from their first word). In the order in which they are taken; what is empty is not listed. Only the newest
moment can be asked, as of the work list.
"""
from __future__ import annotations

from typing import Any

from metrics.analyses import work_list
from metrics.engine import asking
from metrics.engine.engines import DuckDBEngine
from metrics.engine.metric import Planted
from metrics.engine.scope import Scope

COLUMNS = {
    "group": ", ".join(work_list.GROUPS), "contacts": "how many stand in it",
    "longest_seconds": "the longest wait of one of them; of those answered, the oldest",
}
OPTIONS = {name: option for name, option in work_list.OPTIONS.items() if name != "top"}
EXAMPLES = (
    Planted(says="At 17:00, eight hours promised: one has two hours left, one was sent back, two are unanswered, one is answered and ours.",
            settings=work_list.EIGHT, events=work_list.EXAMPLES[0].events,
            finds=({"group": "due soon", "contacts": 1, "longest_seconds": 21_600}, {"group": "failed once", "contacts": 1, "longest_seconds": 12_600},
                   {"group": "unanswered", "contacts": 2, "longest_seconds": 32_400}, {"group": "ours", "contacts": 1, "longest_seconds": 39_600}), rows=4),
    Planted(says="Only one queue is asked: the others are not counted.", settings=work_list.EIGHT, events=work_list.EXAMPLES[0].events,
            scope={"where": (("queue", "Late"),)}, finds=({"group": "unanswered", "contacts": 1},), rows=1),
    Planted(says="What waits for the customer is no work: nothing to count.",
            events="T1 09:00 created\nT1 09:30 agent_message by ana\nT1 09:30 state_changed waiting_customer by ana", rows=0),
)


def ask(engine: DuckDBEngine, scope: Scope) -> list[dict[str, Any]]:
    """The groups in the order of the work list. Raises: ScopeProblem."""
    sql, params = work_list.waiting(engine, scope, asking.options(scope, OPTIONS, engine))
    rows = engine.query(f"select group_no, count(*), max(coalesce(waited_seconds, age_seconds)) from ({sql}) w group by group_no order by group_no", params)[1]
    return asking.table([{"group": work_list.GROUPS[place], "contacts": n, "longest_seconds": longest} for place, n, longest in rows], COLUMNS)
