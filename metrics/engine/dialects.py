"""What other tools compute under the name of one of our metrics, written over our own facts, and why it differs.

Sources: the vendors' help centres (Zendesk: reply time, resolution time and stations; Intercom: first response, time to close,
reassignments, closed on first contact). `recorded` is what the tool itself counted and exported beside the ticket.
"""
from __future__ import annotations

from dataclasses import dataclass, field

CLOSE_SECONDS = 60.0   # tools count whole minutes

SETTLED = (
    "left join (select ticket_no, episode, max(occurred_at) as last_settled_at, count(*) as times_settled from flows where direction = 'settled' group by ticket_no, episode) z "
    "on z.ticket_no = f.ticket_no and z.episode = f.episode"
)
AFTER_REPLY = ("left join (select h.ticket_no, h.episode, count(*) as n from hands h join ticket_facts t on t.ticket_no = h.ticket_no and t.episode = h.episode "
               "where h.occurred_at > t.first_agent_at group by h.ticket_no, h.episode) r on r.ticket_no = f.ticket_no and r.episode = f.episode")
AGAIN = (
    "left join (select ticket_no, episode, count(*) as n from flows where direction = 'again' group by ticket_no, episode) a "
    "on a.ticket_no = f.ticket_no and a.episode = f.episode"
)
# seconds in a state over the whole life, what followed the last resolution not; of those with a holder too
WAITS = (
    "left join (select ticket_no, episode, sum(case when state = 'waiting_customer' then seconds else 0 end) as pending, sum(case when state = "
    "'waiting_internal' then seconds else 0 end) as hold, "
    "sum(case when state in ('new', 'in_progress', 'waiting_internal') then seconds else 0 end) as requester, sum(case when state in ('new', "
    "'in_progress') and is_held = 1 then seconds else 0 end) as handled "
    "from (select ticket_no, episode, state, case when holder_id is not null then 1 else 0 end as is_held, @secs(from_at, until_at) as seconds from "
    "spells where until_at is not null) as lived "
    "group by ticket_no, episode) w on w.ticket_no = f.ticket_no and w.episode = f.episode"
)
SILENCE = {"open: they show what was waited so far, ours waits for the end": "f.is_open", "closed without an answer: they count the silence": "f.is_ended_without_answer",
           "the tool's own times hold over its log": "o is not null and not f.is_inferred_end"}
HOLDERS = "left join (select ticket_no, episode, count(distinct agent_id) as people from acts group by ticket_no, episode) p on p.ticket_no = f.ticket_no and p.episode = f.episode"


@dataclass(frozen=True)
class Dialect:
    """Theirs: SQL over alias f (ticket_facts) and `joins`. rules: what makes the difference -> condition over f, theirs (d) and ours (o),
    asked in order where the two differ; a contact ours leaves out is explained by our own rule. close: differences up to this are none."""

    theirs: str
    says: str
    rules: dict[str, str] = field(default_factory=dict)
    joins: str = ""
    close: float = 0.0


def _differs(by: str) -> str:
    return f"d = o + {by}"


DIALECTS: dict[str, dict[str, Dialect]] = {
    "zendesk": {
        "handoffs": Dialect(
            "f.handoffs + case when f.first_held_at is not null then 1 else 0 end",
            "assignee stations",
            {"the first assignment counts as a station": _differs("1")},
        ),
        "transfers": Dialect(
            "f.transfers + case when f.queue is not null then 1 else 0 end", "group stations", {"the first group counts as a station": _differs("1")}
        ),
        "first_response_time": Dialect(
            "@secs(f.started_at, f.first_agent_at)",
            "first reply time, from creation to the first public agent comment",
            {
                "an agent started it: not a response to a customer": "f.is_proactive",
                "the first agent's word was before the customer's": "f.first_reply_at is null or f.first_agent_at < f.first_reply_at",
            },
            close=CLOSE_SECONDS,
        ),
        "reopens": Dialect("coalesce(a.n, 0)", "reopens: times it went from solved back to open, counted like ours", joins=AGAIN),
        "first_resolution_time": Dialect(
            "@secs(f.started_at, f.first_settled_at)",
            "first resolution time: creation to the first time it was solved",
            {
                "closed without an answer: they count the silence": "f.is_ended_without_answer",
                "the tool's own resolution time holds over its log": "o is not null and not f.is_inferred_end",
            },
            close=CLOSE_SECONDS,
        ),
        "requester_wait_time": Dialect("coalesce(w.requester, 0)", "requester wait time: new, open and on hold", SILENCE, WAITS, CLOSE_SECONDS),
        "agent_wait_time": Dialect("coalesce(w.pending, 0)", "agent wait time: pending", SILENCE, WAITS, CLOSE_SECONDS),
        "on_hold_time": Dialect("coalesce(w.hold, 0)", "on-hold time", SILENCE, WAITS, CLOSE_SECONDS),
        "touches": Dialect("f.replies", "agent replies: public comments of agents, counted like ours"),
        "one_touch_share": Dialect(
            "case when not f.is_open then case when f.replies < 2 then 1 else 0 end end",
            "one-touch tickets: solved with fewer than two agent replies",
            {"no reply at all counts as one touch": "d = 1 and o = 0"},
        ),
        "resolution_time": Dialect(
            "@secs(f.started_at, z.last_settled_at)",
            "full resolution time: creation to the last time it was solved",
            {
                "open again: they keep the last solve, we have no end yet": "f.is_open",
                "closed without an answer: they count the silence": "f.is_ended_without_answer",
                "the tool's own resolution time holds over its log": "o is not null and not f.is_inferred_end",
            },
            SETTLED,
            CLOSE_SECONDS,
        ),
        "first_contact_resolution": Dialect(
            "case when not f.is_open then case when f.replies = 1 then 1 else 0 end end",
            "one-touch: solved with exactly one public reply",
            {
                "one reply, but the customer came back or it changed hands": "d = 1 and o = 0",
                "several replies in one contact by one person, and nobody came back": "d = 0 and o = 1",
            },
        ),
    },
    "intercom": {
        "handoffs": Dialect(
            "coalesce(r.n, 0)",
            "reassignments after the first teammate reply",
            {"changes of hands before the first reply are not counted": "d < o"},
            AFTER_REPLY,
        ),
        "first_response_time": Dialect(
            "f.first_reply_business_seconds",
            "first response, time outside office hours left out",
            {"time outside office hours is left out": "d < o"},
            close=CLOSE_SECONDS,
        ),
        "resolution_time": Dialect(
            "f.resolution_business_seconds",
            "time to close, time outside office hours left out",
            {"time outside office hours is left out": "d < o"},
            close=CLOSE_SECONDS,
        ),
        "reopens": Dialect("coalesce(a.n, 0)", "reopens: times a closed conversation was opened again, counted like ours", joins=AGAIN),
        "first_resolution_time": Dialect(
            "@secs(f.started_at, f.first_settled_at)",
            "time to first close",
            {
                "closed without an answer: they count the silence": "f.is_ended_without_answer",
                "the tool's own resolution time holds over its log": "o is not null and not f.is_inferred_end",
            },
            close=CLOSE_SECONDS,
        ),
        "our_time": Dialect(
            "case when not f.is_open then coalesce(w.handled, 0) end",
            "handling time: assigned to a teammate, neither snoozed nor closed",
            {"time in a team inbox, snoozed or closed is left out": "d < o"},
            WAITS,
            CLOSE_SECONDS,
        ),
        "first_contact_resolution": Dialect(
            "case when not f.is_open then case when z.times_settled = 1 and coalesce(p.people, 0) <= 1 then 1 else 0 end end",
            "closed on first contact: closed once, one teammate took part",
            {"closed once by one person, but the customer came back": "d = 1 and o = 0", "several people spoke, one held it": "d = 0 and o = 1"},
            f"{SETTLED} {HOLDERS}",
        ),
    },
    "recorded": {
        "handoffs": Dialect(
            "f.recorded_handoffs",
            "the tool's own count of reassignments",
            {
                "its count includes the first assignment": _differs("1"),
                "its count is that of changes of queue": "o is not null and d = f.transfers",
                "its count adds changes of queue": "d = o + f.transfers",
                "its count adds changes of queue and the first assignment": "d = o + f.transfers + 1",
                "it counted more than its log tells": "d > o",
                "it counted less than its log tells": "d < o",
            },
        ),
        "reopens": Dialect(
            "f.recorded_reopens",
            "the tool's own count of reopenings",
            {"it counted more than its log tells": "d > o", "it counted less than its log tells": "d < o"},
        ),
        "first_response_time": Dialect(
            "f.recorded_first_response_seconds",
            "the first response the tool measured",
            {"it counts from or to another moment": "o is not null"},
            close=CLOSE_SECONDS,
        ),
        "resolution_time": Dialect(
            "f.recorded_resolution_seconds",
            "the resolution the tool measured",
            {"open again: it keeps the last value": "f.is_open", "it leaves time out (office hours, waiting)": "d < o", "it counts to a later moment": "d > o"},
            close=CLOSE_SECONDS,
        ),
    },
}
