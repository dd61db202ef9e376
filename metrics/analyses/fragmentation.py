"""How much is one customer's issue scattered over tools, hands and reasons?

An issue is a chain of contacts of one customer (see chains). It is fragmented when it touches two or more tools, or
three or more people held it. Per week in which issues began, and in all: how many were fragmented, tools, hands and
reasons per issue, how long it took from the last word in one tool to the first in the next, and how many contacts could
be tied to a known customer at all. The newest weeks may still grow: an issue whose window is not over is marked
immature.
"""
from __future__ import annotations

from datetime import date
from typing import Any

from metrics.engine import asking
from metrics.engine.engines import DuckDBEngine
from metrics.engine.holders import holders_sql
from metrics.engine.issues import OPTIONS, asked_about
from metrics.engine.metric import Planted
from metrics.engine.scope import Scope

COLUMNS = {
    "week": "Monday of the week in which the issues began (local); NULL = all",
    "issues": "issues that began, one of their contacts in scope",
    "fragmented": "of them with two or more tools or three or more hands",
    "share": "fragmented / issues",
    "two_tools": "issues that touched two or more tools",
    "three_hands": "issues that three or more people held",
    "tools_per_issue": "mean number of tools",
    "hands_per_issue": "mean number of people who held it, of issues whose sources tell assignments",
    "reasons_per_issue": "mean number of different contact reasons, of issues that name one",
    "tool_changes": "steps from one tool to another inside an issue",
    "median_delay_seconds": "median time from the end of the contact before to the first word in the next tool; 0 where the one before was still open",
    "known_share": "share of all contacts in scope whose customer is known",
    "immature": "issues that may still grow",
}
_SAME = {"customer_id": "c1", "email_key": "k1"}
_LATER = "\nT9 +30d 09:00 created"
EXAMPLES = (
    Planted(
        says="A chat settled at ten, a mail about it two hours later: two tools, one change after two hours.",
        events="chat:C1 09:00 created\nchat:C1 10:00 resolved by ana\nT1 12:00 created\nT1 13:00 resolved by ana" + _LATER,
        tickets={"chat:C1": _SAME, "T1": _SAME},
        finds=(
            {
                "week": None,
                "issues": 1,
                "fragmented": 1,
                "share": 1,
                "two_tools": 1,
                "tool_changes": 1,
                "median_delay_seconds": 7200,
                "known_share": 2 / 3,
                "immature": 0,
            },
            {"week": "2025-06-09", "issues": 1, "tools_per_issue": 2},
        ),
        rows=2,
    ),
    Planted(
        says="One tool, three hands: fragmented too.",
        events="T1 09:00 created\nT1 09:05 assigned ana\nT1 10:00 assigned ben\nT1 11:00 assigned cleo\nT1 12:00 resolved by cleo" + _LATER,
        tickets={"T1": _SAME},
        finds=({"week": None, "fragmented": 1, "two_tools": 0, "three_hands": 1, "hands_per_issue": 3},),
    ),
    Planted(
        says="Ana, Ben and Cleo in one second: three hands all the same.",
        events="T1 09:00 created\nT1 09:05 assigned ana\nT1 09:05 assigned ben\nT1 09:05 assigned cleo\nT1 12:00 resolved by cleo" + _LATER,
        tickets={"T1": _SAME},
        finds=({"week": None, "three_hands": 1, "hands_per_issue": 3},),
    ),
    Planted(
        says="A source that tells no assignments: how many people held it is not known, not none.",
        events="T1 09:00 created\nT1 12:00 resolved by ana" + _LATER,
        tickets={"T1": _SAME},
        fidelity={"states": "events", "assignments": "counters"},
        finds=({"week": None, "issues": 1, "hands_per_issue": None},),
    ),
    Planted(
        says="One tool, one hand: not fragmented.",
        events="T1 09:00 created\nT1 09:05 assigned ana\nT1 12:00 resolved by ana" + _LATER,
        tickets={"T1": _SAME},
        finds=({"week": None, "issues": 1, "fragmented": 0, "share": 0, "tool_changes": 0, "median_delay_seconds": None},),
    ),
    Planted(
        says="The mail came while the chat was open: a change without delay.",
        events="chat:C1 09:00 created\nT1 12:00 created\nT1 13:00 resolved by ana\nchat:C1 14:00 resolved by ana" + _LATER,
        tickets={"chat:C1": _SAME, "T1": _SAME},
        finds=({"week": None, "tool_changes": 1, "median_delay_seconds": 0},),
    ),
)


_IN_ORDER = "partition by m.who, m.issue_no order by m.started_at, m.ticket_id, m.episode"
MARKS = {"fragmented": "tools >= 2 or hands >= 3", "two_tools": "tools >= 2", "three_hands": "hands >= 3"}   # over rated issues


def ask(engine: DuckDBEngine, scope: Scope) -> list[dict[str, Any]]:
    """All, then by week of beginning."""
    rated, params = _rated(engine, scope)
    rows = engine.records(
        f"""{rated},
        steps as (
            select m.ticket_no, m.episode, m.arrived_week, m.source, m.started_at, lag(m.source) over ({_IN_ORDER}) as source_before,
                   max(m.until_at) over ({_IN_ORDER} rows between unbounded preceding and 1 preceding) as busy_until
            from members m join issues g on g.who = m.who and g.issue_no = m.issue_no where g.tools > 1),
        changes as (
            select s.arrived_week, case when s.busy_until > s.started_at then 0 else @secs(s.busy_until, s.started_at) end as delay
            from steps s join asked a on a.ticket_no = s.ticket_no and a.episode = s.episode where s.source <> s.source_before)
        select 'issues' as of, week_on, count(*) as issues, {", ".join(f"@countif({those}) as {name}" for name, those in MARKS.items())},
               sum(tools) as tools, sum(case when tell_hands > 0 then hands end) as hands, @countif(tell_hands > 0) as with_hands,
               sum(case when reasons > 0 then reasons end) as reasons, @countif(reasons > 0) as with_reasons, sum(is_immature) as immature,
               cast(null as bigint) as changes, cast(null as double) as delay
        from rated group by week_on
        union all
        select 'changes', arrived_week, {", ".join(["null"] * 10)}, count(*), @quantile(delay, 0.5) from changes group by arrived_week
        union all
        select 'all changes', null, {", ".join(["null"] * 10)}, count(*), @quantile(delay, 0.5) from changes
        union all
        select 'known', null, count(who), {", ".join(["null"] * 9)}, count(*), null from asked
        order by week_on""",
        params,
    )
    weeks = [{name: value for name, value in row.items() if name not in ("of", "changes", "delay")} for row in rows if row["of"] == "issues"]
    delays = {row["week_on"]: (row["changes"], row["delay"]) for row in rows if row["of"] == "changes"}
    [all_delays] = [(row["changes"], row["delay"]) for row in rows if row["of"] == "all changes"]
    [known] = [row["issues"] / row["changes"] if row["changes"] else None for row in rows if row["of"] == "known"]
    whole = {name: sum(week[name] or 0 for week in weeks) for name in weeks[0] if name != "week_on"} if weeks else dict.fromkeys(("issues",), 0)
    answer = [_row({"week_on": None, **whole}, all_delays, known)] + [_row(week, delays.get(week["week_on"], (0, None)), None) for week in weeks]
    return asking.table(answer, COLUMNS)


def members(engine: DuckDBEngine, scope: Scope, week: date, mark: str) -> list[dict[str, Any]]:
    """The contacts of the issues that began in a week and are counted by a mark; value = resolution time in seconds."""
    rated, params = _rated(engine, scope)
    return engine.records(
        f"""{rated} select c.ticket_id, c.episode, f.resolution_time as value, cast(null as varchar) as rule
        from rated g join members c on c.who = g.who and c.issue_no = g.issue_no join ticket_facts f on f.ticket_no = c.ticket_no and f.episode = c.episode
        where g.week_on = ? and ({MARKS[mark]}) order by c.who, c.issue_no, c.started_at, c.ticket_id, c.episode""",
        [*params, week],
    )


def _rated(engine: DuckDBEngine, scope: Scope) -> tuple[str, list[Any]]:
    """SQL of `asked`, the contacts in scope; `members`, those of the issues one of them belongs to; `rated`, these issues; and its parameters."""
    chosen = asking.options(scope, OPTIONS, engine)
    told, params = asked_about(engine, scope, **chosen)
    return f"""with {told},
        issues as (
            select m.who, m.issue_no, min(m.arrived_week) as week_on, count(distinct m.source) as tools, count(distinct m.reason) as reasons,
                   count(case when m.assignment_fidelity <> 'counters' then 1 end) as tell_hands, max(m.until_at) as until_at, max(case when m.is_open then 1 else 0 end) as open
            from members m group by m.who, m.issue_no),
        holders as (   -- the people of an issue, each counted once
            select m.who, m.issue_no, count(distinct h.person) as hands
            from members m join ({holders_sql("members")}) h on h.ticket_no = m.ticket_no and h.episode = m.episode group by m.who, m.issue_no),
        rated as (
            select g.*, coalesce(h.hands, 0) as hands,
                   case when g.open = 1 or @secs(g.until_at, {asking.stamp(asking.as_of(engine, scope))}) < {chosen["window_days"] * 86_400} then 1 else 0 end as is_immature
            from issues g left join holders h on h.who = g.who and h.issue_no = g.issue_no)""", params


def _row(counts: dict[str, Any], delays: tuple[int, float | None], known: float | None) -> dict[str, Any]:
    """Counts as the answer shows them; means are of sums, so that all weeks together are no mean of means."""
    def part(name: str, of: str) -> float | None:
        return counts[name] / counts[of] if counts.get(of) else None
    return {"week": counts["week_on"], **{k: counts.get(k, 0) for k in ("issues", "fragmented", "two_tools", "three_hands", "immature")}, "share": part("fragmented", "issues"),
            "tools_per_issue": part("tools", "issues"), "hands_per_issue": part("hands", "with_hands"), "reasons_per_issue": part("reasons", "with_reasons"),
            "tool_changes": delays[0], "median_delay_seconds": delays[1], "known_share": known}
