"""An issue: the contacts of one customer that belong together, over all tools.

A contact continues the customer's issue when it begins while an earlier one is open, or within the window after the
last of them ended. Contacts of customers who are not known belong to no issue.

Of a person and the repeat window of the settings the derived facts hold the number of each contact's issue
(`neighbours.sql`); of a company, or for another window, it is counted when asked, by the same rule.
"""
from __future__ import annotations

from metrics.engine import asking
from metrics.engine.engines import DuckDBEngine
from metrics.engine.followers import repeat_window
from metrics.engine.metric import Option
from metrics.engine.scope import Scope

WHO = {"person": "f.person_id", "company": "f.company_id"}
OPTIONS = {"window_days": repeat_window("days after the end within which a contact continues an issue"),
           "identity": Option("person", "whose contacts belong together", tuple(WHO))}
_TOLD = "f.ticket_no, f.ticket_id, f.episode, f.started_at, f.is_open, f.source, f.reason, f.arrived_week, f.assignment_fidelity"


def asked_about(engine: DuckDBEngine, scope: Scope, window_days: int, identity: str) -> tuple[str, list]:
    """SQL of three named queries, to follow `with`, and their parameters.

    `asked`: ticket_no, episode and customer (`who`) of the contacts in scope, known or not.
    `met`: the issues (who, issue_no) that one of them belongs to.
    `members`: every contact of those issues, in scope or not: who, issue_no, what the facts tell of it and `until_at`, its
    end, the moment asked of where it is open.
    """
    who, now = WHO[identity], asking.stamp(asking.as_of(engine, scope))
    is_stored = identity == "person" and window_days == OPTIONS["window_days"].from_settings(engine.settings)
    asked, params = asking.contacts(engine, scope, ["f.ticket_no", "f.episode", f"{who} as who", f"{'f.issue_no' if is_stored else 'null'} as issue_no", "f.started_at"],
                                    where="not f.is_proactive")
    columns = f"{_TOLD}, {who} as who, case when f.is_open or f.ended_at is null then {now} else f.ended_at end as until_at"
    known = f"f.left_out is null and not f.is_proactive and f.started_at <= {now} and {who} is not null"
    if is_stored:
        met = f"select distinct who, issue_no from asked where issue_no is not null and started_at <= {now}"
        members = f"select {columns}, f.issue_no from ticket_facts f join met m on m.who = f.person_id and m.issue_no = f.issue_no where {known}"
        return f"asked as ({asked}), met as ({met}), members as ({members})", params
    ends = "case when is_open then timestamp '9999-01-01 00:00:00' else ended_at end"
    return f"""asked as ({asked}),
        seen as (
            select {columns}, max({ends}) over (partition by {who} order by f.started_at, f.ticket_id, f.episode rows between unbounded preceding and 1 preceding) as busy_until
            from ticket_facts f where {known} and {who} in (select who from asked)),
        numbered as (
            select s.*, count(case when busy_until is null or @secs(busy_until, started_at) > {window_days * 86_400} then 1 end)
                        over (partition by who order by started_at) as issue_no
            from seen s),
        met as (select distinct n.who, n.issue_no from numbered n join asked a on a.ticket_no = n.ticket_no and a.episode = n.episode),
        members as (select n.* from numbered n join met m on m.who = n.who and m.issue_no = n.issue_no)""", params
