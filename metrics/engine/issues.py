"""An issue: the chain of contacts of one customer that belong together, over all tools.

A contact continues the customer's issue when it begins while an earlier one is open, or within the window after the
last of them ended. Contacts of customers who are not known are issues of their own and are left out where tools are
compared.
"""
from __future__ import annotations

from datetime import datetime

from metrics.engine.asking import stamp

WHO = {"person": "f.person_id", "company": "f.company_id"}


def issues_sql(now: datetime, window_days: int, identity: str = "person", among: str = "true") -> str:
    """SQL of one row per contact with a known customer: its issue (who, issue_no), its place in it, and when the issue was
    last done with before it began (`busy_until`, NULL for the first). among: a condition on whom, where not everyone is asked about."""
    who = WHO[identity]
    contacts = (
        f"select f.ticket_no, f.ticket_id, f.episode, {who} as who, f.started_at, case when f.is_open or f.ended_at is null then {stamp(now)} else "
        f"f.ended_at end as until_at, f.is_open, "
        f"f.source, f.reason from ticket_facts f where f.left_out is null and not f.is_proactive and f.started_at is not null and f.started_at <= "
        f"{stamp(now)} and {who} is not null and {among}"
    )
    order = "partition by who order by started_at, ticket_id, episode"
    marked = (f"select c.*, max(until_at) over ({order} rows between unbounded preceding and 1 preceding) as busy_until, "
              f"lag(source) over ({order}) as source_before from ({contacts}) c")
    breaks = (f"select m.*, case when busy_until is null or @secs(busy_until, started_at) > {window_days * 86_400} then 1 else 0 end as is_new from ({marked}) m")
    return (f"select b.ticket_no, b.ticket_id, b.episode, b.who, b.started_at, b.until_at, b.is_open, b.source, b.reason, b.source_before, b.busy_until, b.is_new, "
            f"sum(is_new) over ({order} rows between unbounded preceding and current row) as issue_no from ({breaks}) b")
