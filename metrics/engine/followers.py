"""What came before and after a contact, of the same person or of the same company, for metrics that let the question choose.

Of a person the derived facts hold it already; of a company it is made when asked.
"""
from __future__ import annotations

from typing import Any

from metrics.engine.metric import Option

IDENTITY = Option("person", "whose contacts belong together: one person's, or all of a company", ("person", "company"))
OWN = "case when '{identity}' = 'company' then company_id else person_id end"
SAME = "case when '{reason}' = 'same' then coalesce(reason, '') end"
UNKNOWN = f"{OWN} is null"
REASONS_KNOWN = 0.8   # share of contacts whose reason is known, from which the same reason can be asked for
SAME_WHERE_KNOWN = (f"select case when count(reason) >= {REASONS_KNOWN} * count(*) and count(*) > 0 then 'same' else 'any' end from ticket_facts "
                    "where left_out is null and not is_proactive")

_WHO = f"partition by company_id, {SAME} order by moment, is_end, ticket_id, episode"
_KNOWN = "ticket_facts where '{identity}' = 'company' and left_out is null and not is_proactive and started_at is not null and company_id is not null"
# starts sort before ends of the same second: the next contact must begin strictly later
OF_COMPANY = f"""
    select ticket_no, episode, max(case when is_end = 1 then next_start end) as company_next_at, max(case when is_end = 0 then start_before end) as company_before_at,
           max(case when is_end = 0 then end_before end) as company_ended_before_at, max(case when is_end = 0 and latest_end > moment then 1 else 0 end) as company_while_open,
           max(contacts) - 1 as company_others
    from (select ticket_no, episode, is_end, moment,
                 min(case when is_end = 0 then moment end) over ({_WHO} rows between 1 following and unbounded following) as next_start,
                 max(case when is_end = 0 then moment end) over ({_WHO} rows between unbounded preceding and 1 preceding) as start_before,
                 max(case when is_end = 1 then moment end) over ({_WHO} rows between unbounded preceding and 1 preceding) as end_before,
                 max(case when is_end = 0 then until_moment end) over ({_WHO} rows between unbounded preceding and 1 preceding) as latest_end,
                 count(case when is_end = 0 then moment end) over ({_WHO} rows between unbounded preceding and unbounded following) as contacts
          from (select ticket_no, ticket_id, episode, company_id, reason, started_at as moment, 0 as is_end,
                       case when is_open then timestamp '9999-01-01 00:00:00' else ended_at end as until_moment from {_KNOWN}
                union all
                select ticket_no, ticket_id, episode, company_id, reason, ended_at, 1, cast(null as timestamp) from {_KNOWN} and ended_at >= started_at) as points) as seen
    group by ticket_no, episode"""


def _either(of_company: str, of_person: str, same: str) -> str:
    return f"case when '{{identity}}' = 'company' then {of_company} when '{{reason}}' = 'same' then {same} else {of_person} end"


NEXT = _either("r.company_next_at", "next_contact_at", "next_same_reason_at")              # began after this one had ended
BEFORE = _either("r.company_before_at", "contact_before_at", "same_reason_before_at")      # the last that began before this one
ENDED_BEFORE = _either("r.company_ended_before_at", "ended_before_at", "same_reason_ended_before_at")
OTHERS = _either("r.company_others", "other_contacts", "other_same_contacts")
WHILE_OPEN = _either("r.company_while_open = 1", "opened_while_open", "opened_while_same_open")

_PART = "coalesce({window_days} * 86400e0 / nullif(@secs((select min(started_at) from ticket_facts), {as_of}), 0), 1)"
# the chance that one of their other contacts, each begun at any moment of the data, falls into the window
CHANCE = f"1 - power(1 - case when {_PART} > 1 then 1 else {_PART} end, {OTHERS})"


def repeat_window(says: str) -> Option:
    """A window of days whose default is the repeat window of the settings."""
    return Option(7, says, from_settings=_repeat_window)


def _repeat_window(settings: dict[str, Any]) -> int:
    return int(settings.get("repeat_window_days", 7))
