"""The lead's brief, for every morning: what waits, and what to take in which order."""
from __future__ import annotations

from metrics.brief.sentences import waiting
from metrics.brief.sheet import Asked, Line, Section, Sheet, until
from metrics.engine import wording
from metrics.engine.scope import Scope

MOST, ASKED = 24, 500
DEFINED = ("backlog_ours", "backlog_unanswered", "weeks_to_clear", "backlog")


def sheet(asked: Asked) -> Sheet:
    """The stocks as the week began to end, and the work list as the data end."""
    told = {name: asked.points(name) for name in DEFINED}
    rows = asked.ask("work_list", Scope(where=asked.where, options={"top": ASKED}))
    soon = [r for r in rows if r["group"] == "due soon"]
    longest = max((r["waited_seconds"] or 0 for r in rows), default=0)
    counted = f"{len(rows)}{' or more' if len(rows) == ASKED else ''}"
    headlines = [f"**{counted}** contacts wait for us; for **{len(soon)}** of them a promise that can still be kept runs out within four hours."] if rows else []
    headlines += [f"The longest unanswered customer has waited **{wording.duration(longest)}**."] if longest else []
    return Sheet(
        title="Work list", scope=asked.scope(f"as of {wording.moment(until(asked.engine))}"), sources=asked.sources(),
        headlines=headlines or ["Nothing waits for us in this scope."],
        numbers=[asked.number(name, told[name], waiting(told["backlog_unanswered"], told["weeks_to_clear"], asked.week) if name == "backlog_ours" else "") for name in DEFINED],
        sections=[Section(f"Take them in this order{f', the first {MOST} of {len(rows)}' if len(rows) > MOST else ''}",
                          [Line(f"{r['position']}. {r['ticket_id']}", f"{r['queue'] or '(none)'}{', ' + r['priority'] if r['priority'] else ''}: {r['why']}", r["group"],
                                "worse" if r["group"] in ("due soon", "failed once") else "plain", r["url"] or "") for r in rows[:MOST]], "Nothing waits for us in this scope.")],
        definitions=[*asked.definitions(*DEFINED), ("Order", "due soon, then failed once, then unanswered, then ours; within each the longest wait first.")], foot=asked.foot())
