"""A slow, separate reading of the definitions, event by event, in plain Python: what the SQL must agree with.

Written from the definitions, not from the SQL; no window, no join, no shared code with the product.
"""
from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

SETTLED = ("resolved", "closed")
HUMAN_KINDS = ("agent_message", "internal_note")
AUTOMATIC = ("bot", "system")


@dataclass
class Event:
    at: datetime
    kind: str
    value: str | None = None
    actor: str | None = None     # customer, agent, bot, system or None
    cause: str | None = None     # agent, rule, bulk, offer_not_taken or not told


@dataclass
class Contact:
    """One episode, as its events tell it."""

    started_at: datetime | None = None
    ended_at: datetime | None = None
    is_open: bool = True
    is_proactive: bool = False
    first_reply_at: datetime | None = None
    answered_before: bool = False
    holders: list[str] = field(default_factory=list)        # known people, in order, same-to-same folded
    declared: int = 0                                       # `reassigned` at a moment without a change of holder
    queues: list[str] = field(default_factory=list)
    stays: list[dict] = field(default_factory=list)
    reopens: int = 0
    human: bool = False
    bot: bool = False
    spans: list[tuple] = field(default_factory=list)        # (from, until, state, holder, did the customer speak last)
    happened: list[tuple] = field(default_factory=list)     # (event, queue it lay in then), one for each span
    chase: int = 0
    closed_at: datetime | None = None
    turns: list[list] = field(default_factory=list)         # [asked, answered or None]
    first_settled_at: datetime | None = None
    replies: int = 0
    bot_spoke: bool = False
    hand_causes: list[str] = field(default_factory=list)    # of each handoff
    reopened_by: list[str] = field(default_factory=list)
    crossings: list[tuple] = field(default_factory=list)    # (at, new | again | settled)


def secs(a: datetime, b: datetime) -> int:
    return int(b.timestamp() // 1) - int(a.timestamp() // 1)


def state_of(event: Event, before: str | None = None) -> str | None:
    """The state an event puts a contact into; a beginning told after a first state does not undo it."""
    if event.kind == "created":
        return "new" if before is None else None
    if event.kind in SETTLED:
        return event.kind
    if event.kind == "reopened":
        return "in_progress"
    if event.kind == "state_changed":
        return event.value
    return None


def contacts(events: list[Event], created_at: datetime | None, reused_after: timedelta | None, bots: set[str]) -> list[Contact]:
    """The contacts of one ticket. `events` in file order; same-time events keep it. reused_after: None = one contact."""
    ordered = sorted((_as_said(e) for e in events if not (e.kind == "internal_note" and e.actor in AUTOMATIC)), key=lambda e: e.at)
    begin = created_at or _first(events)
    if begin:   # where ends alone are told nobody knows when it began
        place = next((i for i, e in enumerate(ordered) if e.at >= begin), len(ordered))
        ordered.insert(place, Event(begin, "created", actor="implied"))
    pieces: list[list[Event]] = [[]]
    state, settled_at = None, None
    for i, event in enumerate(ordered):
        if reused_after is not None and state in SETTLED and event.at - settled_at > reused_after and _wakes(ordered, i):
            pieces.append([Event(event.at, "created", actor="customer")])
            state = "new"
        change = state_of(event, state)
        if change in SETTLED and state not in SETTLED:
            settled_at = event.at
        state = change or state
        pieces[-1].append(event)
    carried = {"holder": None, "queue": None}
    found = []
    for number, piece in enumerate(pieces):
        found.append(_contact(piece, created_at if number == 0 else None, bots, carried))
    return found


def _first(events: list[Event]) -> datetime | None:
    """When a contact begins: an end told before its beginning (skewed clocks) is none, and of ends alone nobody knows."""
    begun = [e.at for e in events if e.kind == "created"]
    ended = [e.at for e in events if state_of(e) in SETTLED]
    if begun and ended and min(begun) > min(ended):
        return min(begun)
    return min(e.at for e in events) if len(ended) < len(events) else None


def _as_said(event: Event) -> Event:
    """What a bot or a rule says is a bot's message, whatever it is called."""
    return replace(event, kind="bot_message") if event.kind == "agent_message" and event.actor in AUTOMATIC else event


def _wakes(ordered: list[Event], i: int) -> bool:
    event = ordered[i]
    if event.kind == "customer_message":
        return True
    if event.kind == "created" or state_of(event) in (None, *SETTLED):
        return False
    following = ordered[i + 1] if i + 1 < len(ordered) else None
    return event.actor == "customer" or (following is not None and following.kind == "customer_message" and secs(event.at, following.at) <= 60)


def _contact(piece: list[Event], created_at: datetime | None, bots: set[str], carried: dict) -> Contact:
    c = Contact()
    state = None
    waiting_since = resolved_at = closed_at = None
    settled_from, settled_by = None, None
    awaiting = None                                        # who spoke last: True = the customer
    turn_first = None
    started_by_us = any(e.kind == "created" and e.actor in ("agent", "bot") for e in piece)
    first_customer = None
    moments_of_change = set()
    given_at = None
    for index, event in enumerate(piece):
        change, before = state_of(event, state), state
        is_word = event.kind == "customer_message" or (event.kind == "created" and not started_by_us)
        if is_word and (not c.turns or c.turns[-1][1] is not None):
            c.turns.append([event.at, None])
        if event.kind == "agent_message":
            c.replies += 1
            if c.turns and c.turns[-1][1] is None:
                c.turns[-1][1] = event.at
        c.bot_spoke = c.bot_spoke or event.kind == "bot_message"
        if change in SETTLED:
            c.first_settled_at = c.first_settled_at or event.at
            if before is not None and before not in SETTLED:
                c.crossings.append((event.at, "settled"))
        elif change is not None and (before is None or before in SETTLED):
            c.crossings.append((event.at, "again" if any(d != "settled" for _, d in c.crossings) else "new"))
        if change in SETTLED and state not in SETTLED:
            settled_from, settled_by, resolved_at, closed_at = state, event, None, None
        if change == "resolved" and state != "resolved":
            resolved_at = event.at
        if change == "closed" and state != "closed":
            closed_at = event.at
        if change == "waiting_customer" and state != "waiting_customer":
            waiting_since = event.at
        if change is not None and change not in SETTLED and state in SETTLED:
            c.reopens += 1
            closed_at = None
            spoke = event.actor not in ("agent", "bot") if event.kind == "created" else awaiting
            asked_last = spoke is True and (event.actor or "system") != "agent"
            c.reopened_by.append(_reopened_by(piece[index + 1:]) if event.actor == "customer" or asked_last else "us")
        state = change or state
        if event.kind == "created":
            ours = event.actor in ("agent", "bot")
            c.is_proactive = c.is_proactive or event.actor == "agent"
            awaiting = not ours
            if not started_by_us:
                turn_first = turn_first or event.at
                c.chase = max(c.chase, secs(turn_first, event.at))
        elif event.kind == "customer_message":
            first_customer = min(first_customer or event.at, event.at)
            turn_first = turn_first or event.at
            c.chase = max(c.chase, secs(turn_first, event.at))
            awaiting = True
        elif event.kind == "agent_message":
            if awaiting is True and c.first_reply_at is None:
                c.first_reply_at = event.at
            if awaiting is None:
                c.answered_before = True
            awaiting, turn_first = False, None
        c.human = c.human or event.kind in HUMAN_KINDS or (event.actor == "agent" and event.kind != "created")
        c.bot = c.bot or event.kind == "bot_message" or event.actor == "bot"
        if event.kind == "assigned":
            person = event.value if event.value and event.value not in bots else None
            carried["holder"] = person
            if person:
                c.human, given_at = True, event.at
                if c.holders and c.holders[-1] != person:
                    moments_of_change.add(event.at)
                    c.hand_causes.append(cause_of(event))
                if not c.holders or c.holders[-1] != person:
                    c.holders.append(person)
                if c.stays and c.stays[-1]["assigned_at"] is None:
                    c.stays[-1]["assigned_at"] = event.at
        if event.kind == "queued" and event.value and event.value != carried["queue"]:
            carried["queue"] = event.value
            c.stays.append(_stay(event, carried, given_at))
        elif index == 0 and carried["queue"]:
            c.stays.append(_stay(event, carried, given_at))
        if c.stays and (event.kind in HUMAN_KINDS or (change is not None and event.kind != "created" and change != (before or "new"))):
            c.stays[-1]["touched"] = True
        until = piece[index + 1].at if index + 1 < len(piece) else None
        c.spans.append((event.at, until, state, carried["holder"], awaiting))
        c.happened.append((event, carried["queue"]))
    told_only = [e for e in piece if e.kind == "reassigned" and e.at not in moments_of_change]
    c.declared = len(told_only)
    c.hand_causes += [cause_of(e) for e in told_only]
    c.queues = [s["queue"] for s in c.stays]
    for stay in c.stays:   # held from the start: given in that second, or brought along and never relieved
        if stay["brought"] and (stay["assigned_at"] is None or stay["given"]):
            stay["assigned_at"] = stay["entered_at"]
    c.started_at = first_customer or _first(piece) if started_by_us else created_at or _first(piece)
    c.is_open = state not in SETTLED
    if not c.is_open:
        auto = settled_from == "waiting_customer" and settled_by.actor in ("bot", "system")
        c.ended_at = waiting_since if auto else resolved_at if resolved_at else closed_at
        c.closed_at = closed_at if state == "closed" else None
    return c


def _stay(event: Event, carried: dict, given_at: datetime | None) -> dict:
    return {"queue": carried["queue"], "entered_at": event.at, "assigned_at": None, "touched": False,
            "brought": carried["holder"] is not None, "given": given_at == event.at}


def _reopened_by(following: list[Event]) -> str:
    """A customer's reopening: a thank-you where it is settled again before an agent says anything."""
    for event in following:
        if event.kind == "agent_message":
            return "customer"
        if state_of(event) in SETTLED:
            return "thanks"
    return "customer"


def cause_of(event: Event) -> str:
    return event.cause or {"agent": "agent", "bot": "rule", "system": "rule"}.get(event.actor or "", "not_known")


def seconds_in(c: Contact, states: tuple[str, ...]) -> int:
    """Seconds in these states from the start to the end of a settled contact."""
    total = 0
    for since, until, state, _, _ in c.spans:
        low, high = max(since, c.started_at), min(until or c.ended_at, c.ended_at)
        total += secs(low, high) if state in states and high > low else 0
    return total


def unassigned(c: Contact, data_end: datetime) -> int:
    """Seconds without a holder while it was not settled, from its start to its end or the data's."""
    total = 0
    for since, until, state, holder, _ in c.spans:
        since, high = max(since, c.started_at or since), min(until or data_end, c.ended_at or data_end)
        total += max(0, secs(since, high)) if holder is None and state is not None and state not in SETTLED else 0
    return total


def waited(c: Contact) -> int | None:
    """All turns of the customer added up; None while one waits."""
    if c.turns and c.turns[-1][1] is None and c.is_open:
        return None
    return sum(secs(asked, answered) if answered else max(0, secs(asked, c.ended_at)) for asked, answered in c.turns)


def boomerangs(c: Contact) -> int:
    return sum(q in c.queues[:i] for i, q in enumerate(c.queues))


def avoidable_hands(c: Contact) -> int:
    return sum(q in c.queues[:i] or (i + 1 < len(c.stays) and not c.stays[i]["touched"]) for i, q in enumerate(c.queues))


def on_the_clock(c: Contact, since: datetime, until: datetime, pausing: tuple[str, ...]) -> int:
    """Seconds from one instant to another without those in the pausing states."""
    paused = 0
    for low, high, state, _, _ in c.spans:
        low, high = max(low, since), min(high or until, until)
        paused += secs(low, high) if state in pausing and high > low else 0
    return secs(since, until) - paused


def handled_by(c: Contact) -> str:
    bot_spoke = c.bot
    if c.human:
        return "human"
    return "bot_only" if bot_spoke else "untouched"


def handoffs(c: Contact) -> int:
    return max(0, len(c.holders) - 1) + c.declared


def ping_pong(c: Contact) -> int:
    return sum(a == b for a, b in zip(c.queues, c.queues[2:], strict=False))


def pass_throughs(c: Contact) -> int:
    return sum(not s["touched"] for s in c.stays[:-1])


def alive_at(c: Contact, moment: datetime) -> bool:
    """Unsettled at an instant."""
    for start, until, state, _, _ in c.spans:
        end = until if until is not None else (datetime.max if c.is_open else start)
        if start <= moment < end:
            return state is not None and state not in SETTLED   # events before the beginning are no life
    return False
