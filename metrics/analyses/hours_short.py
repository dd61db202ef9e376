"""In which hours of the week does more come than is taken?

Per weekday and hour of the report zone, over the full weeks of the scope: stays in a queue that began (came) and stays that a first hand
took (taken), both a week; their difference is what the hour leaves for later. How many were waiting for a hand at the end of that hour,
on average, says whether it is caught up. Stays that began in these weeks; those passed on or ended before anyone took them wait until
then and are not taken; as of a moment, what came of them later is not known. Needs a source that tells assignments by events.
"""
from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from metrics.engine import asking, query
from metrics.engine.engines import DuckDBEngine
from metrics.engine.limits import WEEK
from metrics.engine.metric import Metric, Option, Planted
from metrics.engine.scope import Scope
from metrics.engine.sources import stamp

COLUMNS = {
    "weekday": "1 = Monday", "hour": "0 to 23, report zone", "came": "stays that began in that hour, a week", "taken": "stays first taken in that hour, a week",
    "short": "came - taken: above 0 the hour leaves work for later", "waiting": "waiting for a first hand at the end of the hour, less those waiting when the week began; a mean",
    "weeks": "full weeks counted", "left_out": "stays in scope whose source tells no assignments",
}
OPTIONS: dict[str, Option] = {}
_FULL = "T9 +7d 00:00 created\nT9 +7d 00:00 queued Billing\nT9 +7d 00:00 assigned ana"
EXAMPLES = (
    Planted(says="Three come on Monday at nine and one is taken then, the others at eleven: two short at nine, two caught up at eleven.",
            events="".join(f"T{n} 09:05 created\nT{n} 09:05 queued Billing\n" for n in (1, 2, 3)) + "T1 09:30 assigned ana\nT2 11:00 assigned ana\nT3 11:59 assigned ana\n" + _FULL,
            finds=({"weekday": 1, "hour": 9, "came": 3, "taken": 1, "short": 2, "waiting": 2, "weeks": 1},
                   {"weekday": 1, "hour": 11, "came": 0, "taken": 2, "short": -2, "waiting": 0},
                   {"weekday": 7, "hour": 23, "waiting": 0})),
    Planted(says="Passed on before anyone took it: not taken, and no longer waiting there.",
            events="T1 09:05 created\nT1 09:05 queued Desk\nT1 10:00 queued Billing\nT1 12:00 assigned ana\n" + _FULL, scope={"where": (("queue", "Desk"),)},
            finds=({"weekday": 1, "hour": 9, "came": 1, "taken": 0, "waiting": 1}, {"weekday": 1, "hour": 10, "taken": 0, "waiting": 0})),
    Planted(says="Asked as of Monday midnight a week later, what was taken on that Monday at nine was still waiting.",
            events="T1 +4d 17:05 created\nT1 +4d 17:05 queued Billing\nT1 +7d 09:00 assigned ana\n" + _FULL, scope={"as_of": datetime(2025, 6, 16, 0)},
            finds=({"weekday": 1, "hour": 9, "taken": 0, "waiting": 0}, {"weekday": 5, "hour": 17, "came": 1, "taken": 0, "waiting": 1})),
    Planted(says="A week that has not ended is not counted: no full week, no hours.", events="T1 09:05 created\nT1 09:05 queued Billing\nT1 09:30 assigned ana", rows=0),
)
STAYS = Metric(label="", unit="stays", kind="volume", better="neither", dated_by="arrived", grain="stay", value="1", examples=())
LOCAL = "@add_secs({0}, case when a.switch_at is not null and {0} >= a.switch_at then a.offset_after else a.offset_seconds end)"
KNOWN = "f.assignment_fidelity is not null and f.assignment_fidelity <> 'counters'"


def ask(engine: DuckDBEngine, scope: Scope) -> list[dict[str, Any]]:
    """All hours of the week, from Monday; no rows without a full week or without assignments."""
    asking.options(scope, OPTIONS)
    full = [w.on for w in asking.weeks(engine, scope) if w.is_full and (scope.from_on is None or w.on >= scope.from_on) and (scope.to_on is None or w.on + WEEK <= scope.to_on)]
    if not full:
        return []
    conditions, params = query.filters(STAYS, replace(scope, from_on=full[0], to_on=full[-1] + WEEK), engine)
    stays = f"from stays f where {' and '.join(conditions)} and f.queue_id is not null"
    left_out = engine.query(f"select count(*) {stays} and not coalesce({KNOWN}, false)", params)[1][0][0]
    now = stamp(asking.as_of(engine, scope))   # what was taken or left later was waiting then
    known = (f"select f.arrived_local, case when f.assigned_at <= {now} then f.assigned_at end as assigned_at, "
             f"case when coalesce(f.assigned_at, f.left_at) <= {now} then coalesce(f.assigned_at, f.left_at) end as over_at {stays} and {KNOWN}")
    came, taken, over = (_hours(engine, sql, params) for sql in (
        f"select k.arrived_local as at from ({known}) k", f"select {LOCAL.format('k.assigned_at')} as at {_day('assigned_at', known)}",
        f"select {LOCAL.format('k.over_at')} as at {_day('over_at', known)}"))
    if not came:
        return []
    n, waiting, rows = len(full), 0, []
    for place in [(weekday, hour) for weekday in range(1, 8) for hour in range(24)]:
        waiting += came.get(place, 0) - over.get(place, 0)
        rows.append({"weekday": place[0], "hour": place[1], "came": came.get(place, 0) / n, "taken": taken.get(place, 0) / n,
                     "short": (came.get(place, 0) - taken.get(place, 0)) / n, "waiting": waiting / n, "weeks": n, "left_out": left_out})
    return asking.table(rows, COLUMNS)


def _day(column: str, known: str) -> str:
    """Those that have this time, beside the day that says its clock."""
    return f"from ({known}) k join local_days a on a.on_date = cast(k.{column} as date) where k.{column} is not null"


def _hours(engine: DuckDBEngine, sql: str, params: list[Any]) -> dict[tuple[int, int], int]:
    return {(day, hour): n for day, hour, n in engine.query(f"select @isodow(h.at), @hour(h.at), count(*) from ({sql}) h group by 1, 2", params)[1]}
