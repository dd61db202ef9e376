"""How soon do customers come back: within a day, a week, a month?

The share of settled contacts after which the same known customer started another one, in any tool, within 1 to 30 days
of the end. The curve is made of contacts whose 30 days are over, so that it can only rise; beside it the share of all
contacts whose window of that many days is over, which knows newer contacts but mixes populations: read it where the
curve's contacts are old. Per --by dimension. Proactive and still open contacts, those of unknown customers and those
with impossible ends are left out by rule.
"""
from __future__ import annotations

from typing import Any

from metrics.engine import asking
from metrics.engine.engines import DuckDBEngine
from metrics.engine.metric import Option, Planted
from metrics.engine.scope import Scope

LONGEST = 30
COLUMNS = {
    "where": "the group, DIM=VALUE joined by blanks; empty = all", "days": "days after the end", "contacts": f"settled contacts whose {LONGEST} days are over",
    "followed": "of them followed within so many days", "rate": "followed / contacts", "same_reason_rate": "followed by one of the same reason / contacts that have a reason",
    "newest_contacts": "settled contacts whose window of so many days is over, newer ones included", "newest_rate": "of them followed within so many days",
    "immature": "settled contacts whose window of so many days is not over: not counted",
}
OPTIONS = {"longest": Option(LONGEST, "days up to which contacts are followed")}
_SAME = {"customer_id": "c1", "reason_raw": "login"}
_END = "\nT9 +60d 09:00 created"
SPLITS = ("by",)
EXAMPLES = (
    Planted(says="Back after two days: from the second day on the curve is at one half (the second contact is not followed).",
            events="T1 09:00 created\nT1 10:00 resolved by ana\nT2 +2d 09:00 created\nT2 +2d 10:00 resolved by ana" + _END, tickets={"T1": _SAME, "T2": _SAME},
            finds=({"days": 1, "rate": 0, "contacts": 2}, {"days": 2, "rate": 0.5, "followed": 1, "same_reason_rate": 0.5}, {"days": 30, "rate": 0.5}), rows=30),
    Planted(says="The data ends ten days later: no contact has had its 30 days, the newer ones tell up to day ten.",
            events="T1 09:00 created\nT1 10:00 resolved by ana\nT2 +2d 09:00 created\nT2 +10d 11:00 agent_message by ana", tickets={"T1": _SAME, "T2": _SAME},
            finds=({"days": 7, "contacts": 0, "rate": None, "newest_contacts": 1, "newest_rate": 1, "immature": 0}, {"days": 11, "newest_contacts": 0, "immature": 1})),
    Planted(says="A window of exactly two days counts to the second: back after 48 h is within two days, a second later is not.",
            events="T1 09:00 created\nT1 10:00 resolved by ana\nT2 +2d 10:00:00 created\nT2 +2d 10:30 resolved by ana\nT3 +4d 10:30:01 created" + _END,
            tickets={"T1": _SAME, "T2": _SAME, "T3": _SAME}, finds=({"days": 2, "followed": 1}, {"days": 3, "followed": 2})),
    Planted(says="Two without a reason are not of the same reason: of the one that has a reason none came back with it.",
            events="T1 09:00 created\nT1 10:00 resolved by ana\nT2 +1d 09:00 created\nT2 +1d 10:00 resolved by ana\nT3 +2d 09:00 created\nT3 +2d 10:00 resolved by ana" + _END,
            tickets={"T1": {"customer_id": "c1"}, "T2": {"customer_id": "c1"}, "T3": _SAME}, finds=({"days": 1, "contacts": 3, "followed": 2, "same_reason_rate": 0},)),
    Planted(says="Nobody known, nobody followed.", events="T1 09:00 created\nT1 10:00 resolved by ana" + _END, rows=0),
)


def ask(engine: DuckDBEngine, scope: Scope) -> list[dict[str, Any]]:
    """One row per group and day."""
    longest = asking.options(scope, OPTIONS)["longest"]
    dims = [asking.dimension(engine, d) for d in scope.by]
    names = [f"d{i}" for i in range(len(dims))]
    now = asking.stamp(asking.as_of(engine, scope))

    def day(column: str) -> str:   # the first day within which it came, counted to the second
        seconds = f"@secs(f.ended_at, {column})"
        return f"case when {seconds} > 0 and {seconds} <= {longest * 86_400} then cast(floor(({seconds} + 86399) / 86400) as integer) end"

    age = f"case when @secs(f.ended_at, {now}) >= {longest * 86_400} then {longest} else cast(floor(@secs(f.ended_at, {now}) / 86400) as integer) end"
    rows, params = asking.contacts(
        engine,
        scope,
        [
            *(f"{sql} as {name}" for sql, name in zip(dims, names, strict=True)),
            f"{day('f.next_contact_at')} as came",
            f"{day('f.next_same_reason_at')} as came_same",
            f"{age} as age",
            "case when f.reason is not null then 1 else 0 end as has_reason",
        ],
        dated_by="ended",
        where=f"not f.is_proactive and f.person_id is not null and not f.is_open and f.ended_at >= f.started_at and f.ended_at <= {now}",
    )
    key = ", ".join([*names, "came", "came_same", "age", "has_reason"])
    groups: dict[tuple, list[tuple]] = {}
    for row in engine.query(f"select {key}, count(*) from ({rows}) as r group by {key}", params)[1]:
        groups.setdefault(row[:len(names)], []).append(row[len(names):])
    answer = []
    for group, cells in sorted(groups.items(), key=lambda g: (-sum(c[-1] for c in g[1]), str(g[0]))):
        old = [c for c in cells if c[2] >= longest]
        contacts, with_reason = sum(c[-1] for c in old), sum(c[-1] for c in old if c[3])
        for days in range(1, longest + 1):
            mature = [c for c in cells if c[2] >= days]
            followed = sum(c[-1] for c in old if c[0] is not None and c[0] <= days)
            same = sum(c[-1] for c in old if c[3] and c[1] is not None and c[1] <= days)
            newest = sum(c[-1] for c in mature)
            answer.append({"where": asking.where(scope.by, group), "days": days, "contacts": contacts, "followed": followed, "rate": followed / contacts if contacts else None,
                           "same_reason_rate": same / with_reason if with_reason else None, "newest_contacts": newest,
                           "newest_rate": sum(c[-1] for c in mature if c[0] is not None and c[0] <= days) / newest if newest else None,
                           "immature": sum(c[-1] for c in cells) - newest})
    return asking.table(answer, COLUMNS)
