"""Why does the helpdesk show another number, ticket by ticket?

Our value of a metric beside what a tool computes under that name (--option dialect=zendesk or intercom), or beside what
the tool itself counted and exported (dialect=recorded), for every contact in scope. First how many agree and what makes
the others differ, rule by rule; then the tickets that differ, largest difference first. Contacts that neither side
knows are not compared. A contact only one side has a value for is a difference: the rule says why.
"""
from __future__ import annotations

from dataclasses import replace
from typing import Any

from metrics.engine import asking
from metrics.engine.dialects import DIALECTS
from metrics.engine.engines import DuckDBEngine
from metrics.engine.metric import Option, Planted, catalog
from metrics.engine.query import base, check
from metrics.engine.scope import Scope, ScopeProblem

NOT_EXPLAINED = "not explained"
COLUMNS = {
    "level": "all, rule (what makes the difference) or ticket",
    "metric": "the metric",
    "dialect": "whose number it is compared with",
    "theirs_is": "what they compute under that name",
    "tickets": "contacts compared; for a rule those it explains",
    "matching": "of them equal (times: within a minute)",
    "match_rate": "matching / tickets",
    "ours": "our value: for times the median, for counts and shares the mean; for a ticket its own",
    "theirs": "theirs, likewise",
    "difference": "theirs less ours, for a ticket",
    "rule": "what makes the difference; NULL = none",
    "ticket_id": "the ticket",
    "episode": "its contact",
}
OPTIONS = {"dialect": Option("zendesk", "whose number to compare with", tuple(DIALECTS)), "metric": Option("handoffs", "which metric (those of the dialect)"),
           "top": Option(50, "how many differing tickets at most")}
_HANDS = "T1 09:00 created\nT1 09:05 assigned ana\nT1 10:00 assigned ben\nT1 11:00 agent_message by ben\nT1 12:00 resolved by ben"
EXAMPLES = (
    Planted(
        says="One handoff is two stations in Zendesk: the first assignment counts there.",
        events=_HANDS,
        finds=(
            {"level": "all", "tickets": 1, "matching": 0, "match_rate": 0},
            {"level": "rule", "rule": "the first assignment counts as a station", "tickets": 1},
            {"level": "ticket", "ours": 1, "theirs": 2, "difference": 1, "rule": "the first assignment counts as a station"},
        ),
    ),
    Planted(
        says="In Intercom it is none: it changed hands before the first reply.",
        events=_HANDS,
        scope={"options": {"dialect": "intercom"}},
        finds=({"level": "ticket", "ours": 1, "theirs": 0, "rule": "changes of hands before the first reply are not counted"},),
    ),
    Planted(
        says="Solved, reopened and still open: Zendesk keeps the hour, ours has no end yet.",
        scope={"options": {"metric": "resolution_time"}},
        events="T1 09:00 created\nT1 09:30 agent_message by ana\nT1 10:00 resolved by ana\nT1 11:00 reopened by customer\nT2 09:00 created\nT2 10:00 "
               "agent_message by ana\nT2 10:00 resolved by ana",
        finds=(
            {"level": "all", "tickets": 2, "matching": 1, "match_rate": 0.5},
            {"level": "ticket", "ours": None, "theirs": 3600, "rule": "open again: they keep the last solve, we have no end yet"},
        ),
    ),
    Planted(
        says="Closed by a rule after four days of pending: Zendesk's agent wait is four days, ours none; a second ticket agrees.",
        scope={"options": {"metric": "agent_wait_time"}},
        events="T1 10:00 created\nT1 11:00 agent_message by ana\nT1 11:00 state_changed waiting_customer by ana\nT1 +4d 11:00 closed by system\n"
        "T2 10:00 created\nT2 11:00 agent_message by ana\nT2 11:00 state_changed waiting_customer by ana\nT2 13:00 state_changed in_progress by customer\nT2 14:00 resolved by ana",
        finds=(
            {"level": "all", "tickets": 2, "matching": 1},
            {"level": "ticket", "ours": 0, "theirs": 345_600, "rule": "closed without an answer: they count the silence"},
        ),
    ),
    Planted(
        says="Reopened once and open: one for Zendesk as for us.",
        scope={"options": {"metric": "reopens"}},
        rows=1,
        events="T1 09:00 created\nT1 09:30 agent_message by ana\nT1 10:00 resolved by ana\nT1 11:00 reopened by customer",
        finds=({"level": "all", "tickets": 1, "matching": 1, "ours": 1, "theirs": 1},),
    ),
    Planted(
        says="Settled with a note: one touch in Zendesk, none here.",
        scope={"options": {"metric": "one_touch_share"}},
        events="T1 09:00 created\nT1 09:30 internal_note by ana\nT1 10:00 resolved by ana",
        finds=({"level": "ticket", "ours": 0, "theirs": 1, "rule": "no reply at all counts as one touch"},),
    ),
    Planted(
        says="Half an hour in the team inbox: Intercom's handling time has an hour and a half, ours two.",
        scope={"options": {"dialect": "intercom", "metric": "our_time"}},
        events="T1 09:00 created\nT1 09:30 assigned ana\nT1 10:00 agent_message by ana\nT1 11:00 resolved by ana",
        finds=({"level": "ticket", "ours": 7200, "theirs": 5400, "rule": "time in a team inbox, snoozed or closed is left out"},),
    ),
    Planted(
        says="The tool counted two reassignments where its log tells of one: it counts the first assignment.",
        events=_HANDS,
        tickets={"T1": {"recorded_handoffs": 2}},
        scope={"options": {"dialect": "recorded"}},
        finds=({"level": "rule", "rule": "its count includes the first assignment", "tickets": 1},),
    ),
    Planted(
        says="Nothing recorded: nothing to compare.",
        events=_HANDS,
        scope={"options": {"dialect": "recorded"}},
        finds=({"level": "all", "tickets": 0, "match_rate": None},),
        rows=1,
    ),
)


def ask(engine: DuckDBEngine, scope: Scope) -> list[dict[str, Any]]:
    """All, rules, tickets."""
    chosen = asking.options(scope, OPTIONS)
    dialect = DIALECTS[chosen["dialect"]].get(chosen["metric"])
    if dialect is None:
        raise ScopeProblem(f"{chosen['dialect']} has no dialect of '{chosen['metric']}' here; it has: {', '.join(DIALECTS[chosen['dialect']])}")
    metric = catalog()[chosen["metric"]]
    ours = base(metric, check(metric, replace(scope, options={}, by=(), week=False), engine), engine)
    dated_by = "ended" if metric.dated_by == "ended" else "arrived"
    contacts, params = asking.contacts(engine, scope, ["f.*"], dated_by=dated_by)
    rules = [*dialect.rules, *(f"not in ours: {rule}" for rule in metric.excluded), "not in ours: outside its population", "not in theirs"]
    own = len(dialect.rules)
    cases = " ".join(f"when {condition} then {place}" for place, condition in enumerate(dialect.rules.values()))
    cases += f" when o is null and x is not null then {own - 1} + x when o is null then {len(rules) - 2} when d is null then {len(rules) - 1}"
    compared = "d is not null" if chosen["dialect"] == "recorded" else "o is not null or d is not null"
    paired = (f"select f.*, o.v as o, o.x as x, {dialect.theirs} as d from ({contacts}) f "
              f"left join ({ours.sql}) o on o.ticket_no = f.ticket_no and o.episode = f.episode {dialect.joins}")
    judged = (f"select f.ticket_id, f.episode, o, d, case when o is not null and d is not null and abs(d - o) <= {dialect.close} then 1 else 0 end as same, "
              f"case {cases} end as rule from ({paired}) f where {compared}")
    both = [*params, *ours.params]
    middle = "@quantile({}, 0.5)" if metric.kind == "duration" else "avg({})"
    figures = f"{middle.format('o')}, {middle.format('d')}"
    n, same, our, their = engine.query(f"select count(*), coalesce(sum(same), 0), {figures} from ({judged}) j", both)[1][0]
    shared = {"metric": metric.name, "dialect": chosen["dialect"], "theirs_is": dialect.says}
    answer = [{"level": "all", **shared, "tickets": n, "matching": same, "match_rate": same / n if n else None, "ours": our, "theirs": their}]
    for rule, count, our, their in engine.query(f"select rule, count(*), {figures} from ({judged}) j where same = 0 group by rule order by count(*) desc, rule", both)[1]:
        answer.append({"level": "rule", **shared, "tickets": count, "matching": 0, "ours": our, "theirs": their, "rule": NOT_EXPLAINED if rule is None else rules[rule]})
    for ticket, episode, our, their, rule in engine.query(f"select ticket_id, episode, o, d, rule from ({judged}) j where same = 0 "
                                                          f"order by abs(coalesce(d, 0) - coalesce(o, 0)) desc, ticket_id, episode limit {chosen['top']}", both)[1]:
        answer.append({"level": "ticket", **shared, "ours": our, "theirs": their, "difference": their - our if our is not None and their is not None else None,
                       "rule": NOT_EXPLAINED if rule is None else rules[rule], "ticket_id": ticket, "episode": episode})
    return asking.table(answer, COLUMNS)
