"""Faults of design that can be seen in where contacts went: candidates for the design list, each with its contacts.

Every lever is a query over the stays of the contacts in question, giving one row per contact that has the fault: the
names of the fault, the contact, and the seconds spent in the fault itself; and a second count, of how many contacts
could have had it.
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Lever:
    """rows: SQL of (k1, k2, k3, ticket_no, episode, seconds). could: SQL of (k1, k2, k3, contacts). least: the share from which it is a fault.
    words: the change in a sentence; why: what is assumed; lever: people, process, technology or cause; owner and where by the names."""

    kind: str
    rows: str
    could: str
    least: float
    words: str
    why: str
    lever: str
    owner: Callable[[dict[str, str | None]], str | None]
    where: str


ORDERED = (
    "select s.*, row_number() over (partition by s.ticket_no, s.episode order by s.stay_no) as pos, lead(s.queue) over (partition by s.ticket_no, "
    "s.episode order by s.stay_no) as then_queue, "
    "lag(s.queue) over (partition by s.ticket_no, s.episode order by s.stay_no) as before_queue, lag(s.left_at) over (partition by s.ticket_no, "
    "s.episode order by s.stay_no) as before_left_at, "
    "lead(s.vendor) over (partition by s.ticket_no, s.episode order by s.stay_no) as then_vendor, lead(s.team) over (partition by s.ticket_no, "
    "s.episode order by s.stay_no) as then_team, "
    "lead(coalesce(s.assigned_at, s.left_at)) over (partition by s.ticket_no, s.episode order by s.stay_no) as then_taken_at "
    "from stays s join contacts c on c.ticket_no = s.ticket_no and c.episode = s.episode where s.queue is not null"
)

LEVERS = (
    Lever(
        "pass_through",
        "select queue as k1, '' as k2, '' as k3, ticket_no, episode, sum(@secs(entered_at, left_at)) as seconds from ordered "
        "where then_queue is not null and then_queue <> queue and not was_touched and message_fidelity is not null group by queue, ticket_no, episode",
        "select queue as k1, '' as k2, '' as k3, count(*) as contacts from (select distinct queue, ticket_no, episode from ordered where "
        "message_fidelity is not null) as v group by queue",
        0.30,
        "Let contacts go past {k1}: they stop there and nobody does anything",
        "what only passes through {k1} would take as long as like contacts that do not stop there",
        "process",
        lambda k: k.get("team1"),
        "first_queue={k1}",
    ),
    Lever(
        "first_door",
        "select reason as k1, queue as k2, then_queue as k3, ticket_no, episode, @secs(entered_at, left_at) as seconds from ordered where pos = 1 and "
        "then_queue is not null and then_queue <> queue and reason is not null",
        "select o.reason as k1, o.queue as k2, d.then_queue as k3, count(*) as contacts from ordered o join (select distinct reason, queue, "
        "then_queue from ordered where pos = 1 and then_queue is not null "
        "and then_queue <> queue) d on d.reason = o.reason and d.queue = o.queue where o.pos = 1 group by o.reason, o.queue, d.then_queue",
        0.50,
        "Send {k1} straight to {k3} instead of {k2}",
        "sent straight to {k3}, they would take as long as like contacts that came there first",
        "technology",
        lambda k: k.get("team2"),
        "reason={k1} first_queue={k2}",
    ),
    Lever(
        "loop",
        "select case when queue < before_queue then queue else before_queue end as k1, case when queue < before_queue then before_queue else queue "
        "end as k2, '' as k3, ticket_no, episode, "
        "sum(@secs(before_left_at, left_at)) as seconds from ordered where before_queue is not null and then_queue = before_queue and queue <> before_queue "
        "group by case when queue < before_queue then queue else before_queue end, case when queue < before_queue then before_queue else queue end, ticket_no, episode",
        "select k1, k2, '' as k3, count(*) as contacts from (select distinct case when queue < then_queue then queue else then_queue end as k1, "
        "case when queue < then_queue then then_queue else queue end as k2, ticket_no, episode from ordered "
        "where then_queue is not null and then_queue <> queue) as v group by k1, k2",
        0.10,
        "Close the loop between {k1} and {k2}: decide there once who keeps what",
        "without going back and forth they would take as long as like contacts that did not",
        "process",
        lambda k: " and ".join(sorted({t for t in (k.get("team1"), k.get("team2")) if t})) or None,
        "queue={k1} queue={k2}",
    ),
    Lever(
        "vendor_border",
        "select vendor as k1, '' as k2, '' as k3, ticket_no, episode, sum(@secs(entered_at, then_taken_at)) as seconds from ordered "
        "where vendor is not null and then_queue is not null and then_vendor is null group by vendor, ticket_no, episode",
        "select vendor as k1, '' as k2, '' as k3, count(*) as contacts from "
        "(select distinct vendor, ticket_no, episode from ordered where vendor is not null) as v group by vendor",
        0.10,
        "Draw {k1}'s scope anew: what it hands to us comes to us first",
        "coming to us first, they would take as long as like contacts that {k1} solves or never had",
        "process",
        lambda k: k.get("k1"),
        "vendor={k1}",
    ),
)
ORDER = "order"   # the kind of a line about stays in the order of entering


def told_sql() -> str:
    """All levers' contacts, those that could have the fault, and all stays that were taken, over `ordered`: (kind, k1, k2, k3, ticket_no, episode,
    seconds, contacts, entered, taken). One query, so that the stays are put in order once."""
    nothing = "cast(null as bigint) as"
    parts = [part for lever in LEVERS for part in (
        f"select '{lever.kind}' as kind, k1, k2, k3, ticket_no, episode, seconds, {nothing} contacts, {nothing} entered, {nothing} taken from ({lever.rows}) as r",
        f"select '{lever.kind}', k1, k2, k3, null, null, null, contacts, null, null from ({lever.could}) as c")]
    entered, taken = (f"@secs(timestamp '1970-01-01 00:00:00', {at})" for at in ("entered_at", "assigned_at"))
    parts.append(f"select '{ORDER}', queue, '', '', ticket_no, episode, null, null, {entered}, {taken} from ordered where assigned_at is not null")
    return " union all ".join(parts)
