"""How the helpdesk works a contact: the route through the queues, the waits, the answers, the end.

The planted faults of the helpdesk live in `_route` (where a ticket goes) and `_pace` (how long we take).
"""

import random

from sample_data import story
from sample_data.clock import DAY, HOUR, Hours, awake, spread, week_of
from sample_data.demand import Contact
from sample_data.helpdesk_ticket import CLOSES_AFTER, RULE, Ticket
from sample_data.people import Agent, People
from sample_data.scale import Scale, utc_seconds

QUEUE = {queue.name: queue for queue in story.QUEUES if queue.source == "helpdesk"}
PRIORITIES = (("low", 12), ("normal", 66), ("high", 17), ("urgent", 5))
PASS, MOVE_ON, HAND_BACK, CONSULT, WORK = "pass", "move on", "hand back", "consult", "work"


class Helpdesk:
    """Gives a contact its life in the helpdesk."""

    def __init__(self, scale: Scale, people: People) -> None:
        self._scale, self._people = scale, people
        self._rng = scale.random("helpdesk")
        self._hours = {name: Hours(name, scale.weeks * 7 + 400) for name in story.SCHEDULES}
        self._forgettable = scale.size(story.CLEAN_UP.tickets)
        self._clean_up = utc_seconds(story.monday(story.CLEAN_UP.week))
        triage_eligible = 1 - sum(r.at_home for r in story.REASONS if r.name in story.PASS_THROUGH.known_by_rule) / 100
        self._stops_in_triage = story.PASS_THROUGH.share / triage_eligible

    def live(self, contact: Contact) -> Ticket:
        """The whole life of an everyday ticket, past the end of the data if need be."""
        rng = self._rng
        ticket = Ticket(contact, rng.choices([p for p, _ in PRIORITIES], [w for _, w in PRIORITIES])[0])
        ticket.pace = self._pace(ticket)
        ticket.tags = [contact.reason.group.lower()] + (["from_chat"] if contact.origin == "linked" else [])
        route = self._route(contact)
        self._create(ticket, route[0][0])
        holder: Agent | None = None
        for place, (queue, purpose) in enumerate(route):
            onward = route[place + 1][0] if place + 1 < len(route) else ""
            holder = self._stop(ticket, queue, purpose, onward, holder)
        return ticket

    def wait(self, ticket: Ticket, queue: str, hours: float, sigma: float = 0.6, since: int = 0) -> int:
        """The moment after some hours of the queue's opening time, drawn around a median, since the last act."""
        start = max(since, ticket.acts[-1].at)
        work = spread(self._rng, hours * HOUR, sigma) * ticket.pace * self._factor(queue, start)
        return self._hours[QUEUE[queue].schedule].after(start, work)

    def _factor(self, queue: str, moment: int) -> float:
        """What dated decisions changed: Orders answers in half the time from its week on."""
        changed = queue == "Orders" and moment >= utc_seconds(story.ANSWER_FIRST.on)
        return 1 + story.ANSWER_FIRST.effect if changed else 1.0

    def _pace(self, ticket: Ticket) -> float:
        wide = story.WIDE_CHANNEL
        if ticket.contact.channel != wide.channel:
            return spread(self._rng, 1.0, 0.25)
        slow = self._rng.random() < wide.slow_share
        return spread(self._rng, wide.slow_pace if slow else wide.usual_pace, 0.25)

    def _route(self, contact: Contact) -> list[tuple[str, str]]:
        """The queues a contact will go through, and what each does with it."""
        rng, reason = self._rng, contact.reason
        stops: list[tuple[str, str]] = []
        triage, door, vendor, loop = story.PASS_THROUGH, story.WRONG_DOOR, story.VENDOR_BORDER, story.PING_PONG
        unsorted = contact.channel == triage.channel and reason.name not in triage.known_by_rule
        if unsorted and rng.random() < self._stops_in_triage:
            stops.append((triage.queue, PASS))
        if reason.name == door.reason:
            stops.append((door.door, MOVE_ON))
        if reason.name in vendor.reasons and rng.random() < vendor.given:
            if rng.random() >= vendor.handed_back:
                return [*stops, (vendor.queue, WORK)]
            stops.append((vendor.queue, HAND_BACK))
        if reason.name in loop.reasons:
            share = loop.share_after if week_of(contact.at) >= loop.from_week else loop.share_before
            if rng.random() < share:
                rounds = 2 if rng.random() < loop.second_round else 1
                stops += [(loop.first, CONSULT), (loop.second, CONSULT)] * rounds
            elif rng.random() < 0.06:  # now and then Risk really is the right place
                return [*stops, (loop.first, CONSULT), (loop.second, WORK)]
        return [*stops, (reason.helpdesk, WORK)]

    def _create(self, ticket: Ticket, queue: str) -> None:
        contact = ticket.contact
        first = {"status": "new", "priority": ticket.priority}
        routed_later = contact.channel == "email" and queue != story.PASS_THROUGH.queue
        if routed_later:  # the mailbox takes it in, a rule sorts it a moment later
            ticket.act(contact.at, contact.customer, True, **first)
            ticket.act(contact.at + 2, RULE, queue=queue)
        else:
            ticket.act(contact.at, contact.customer, True, queue=queue, **first)

    def _stop(self, ticket: Ticket, queue: str, purpose: str, onward: str, before: Agent | None) -> Agent | None:
        rng, people, effort = self._rng, self._people, ticket.contact.reason.effort
        if purpose == PASS:  # looked at by somebody, held by nobody: nothing but the queue changes
            sorter = people.take_agent(rng, queue, 0.0)
            ticket.act(self.wait(ticket, queue, QUEUE[queue].wait_hours), sorter, queue=onward)
            return before
        agent = people.take_agent(rng, queue, effort, before)
        taken_at = self.wait(ticket, queue, QUEUE[queue].wait_hours)
        if purpose == WORK:
            self._work(ticket, queue, agent, taken_at)
            return agent
        self._take(ticket, agent, taken_at)
        if purpose == HAND_BACK and rng.random() < story.VENDOR_BORDER.replied_before_handing_back:
            ticket.act(self.wait(ticket, queue, 0.3), agent, True)
        moved_at = self.wait(ticket, queue, 0.4 if purpose == MOVE_ON else 1.2)
        ticket.act(moved_at, agent, None if purpose == MOVE_ON else False, queue=onward, assignee=None)
        return agent

    def _take(self, ticket: Ticket, agent: Agent, at: int) -> None:
        by = RULE if self._rng.random() < 0.3 else agent
        changes = {"assignee": agent}
        if ticket.status == "new":
            changes["status"] = "open"
        ticket.act(at, by, **changes)

    def _work(self, ticket: Ticket, queue: str, agent: Agent, taken_at: int) -> None:
        rng, effort = self._rng, ticket.contact.reason.effort
        replies_at_once = rng.random() < 0.4  # replying to an unheld ticket takes it in the same act
        if not replies_at_once:
            self._take(ticket, agent, taken_at)
            if rng.random() < 0.07:  # somebody goes home: another hand of the same queue
                agent = self._people.take_agent(rng, queue, effort)
                ticket.act(self.wait(ticket, queue, 2.0), agent, False, assignee=agent)
            if rng.random() < 0.3:
                ticket.act(self.wait(ticket, queue, 0.3), agent, False)
        forgotten = self._will_be_forgotten(ticket, queue)
        for turn in range(rng.choices((1, 2, 3, 4), _turns(effort))[0] - 1):
            at = taken_at if replies_at_once and turn == 0 else self.wait(ticket, queue, 0.35 * effort, 0.5)
            ticket.act(at, agent, True, assignee=agent, status="pending")
            if forgotten or not self._customer_answers(ticket, queue):
                break
            if rng.random() < 0.07:
                ticket.act(self.wait(ticket, queue, 0.5), agent, False, status="hold")
                ticket.act(self.wait(ticket, queue, 14.0), agent, False, status="open")
            elif rng.random() < 0.15:
                ticket.act(self.wait(ticket, queue, 1.0), agent, False)
        if forgotten:
            self._forget(ticket, queue, agent)
        elif ticket.status == "pending":  # asked, never answered: a rule ends it after a week
            ticket.act(ticket.acts[-1].at + 7 * DAY, RULE, status="solved")
            ticket.act(ticket.acts[-1].at + CLOSES_AFTER, RULE, status="closed")
        elif not self._stays_open(ticket):
            self._solve(ticket, queue, agent, taken_at)

    def _customer_answers(self, ticket: Ticket, queue: str) -> bool:
        if self._rng.random() < 0.04:
            return False
        at = awake(self._rng, ticket.acts[-1].at + int(spread(self._rng, 7 * HOUR, 1.0)))
        ticket.act(at, ticket.contact.customer, True, status="open")
        return True

    def _stays_open(self, ticket: Ticket) -> bool:
        """A few, the younger the likelier, are still lying about when the data ends."""
        age = (self._scale.ends_at - ticket.contact.at) / (self._scale.weeks * 7 * DAY)
        return self._rng.random() < 0.12 * (1 - age) ** 3

    def _solve(self, ticket: Ticket, queue: str, agent: Agent, since: int) -> None:
        rng = self._rng
        effort = ticket.contact.reason.effort
        ticket.act(self.wait(ticket, queue, 0.9 * effort, 0.5, since), agent, True, assignee=agent, status="solved")
        while rng.random() < story.REST.reopened:
            back_at = awake(rng, ticket.acts[-1].at + int(min(spread(rng, 9 * HOUR, 1.0), 3 * DAY)))
            ticket.act(back_at, ticket.contact.customer, True, status="open")
            if rng.random() < story.REST.thank_you:
                ticket.act(self.wait(ticket, queue, 0.8), agent, status="solved")
            else:
                ticket.act(self.wait(ticket, queue, 2.5), agent, True, status="solved")
        ticket.act(ticket.acts[-1].at + CLOSES_AFTER, RULE, status="closed")
        ticket.rating = _rating(rng, ticket)

    def _will_be_forgotten(self, ticket: Ticket, queue: str) -> bool:
        clean_up = story.CLEAN_UP
        old_enough = self._clean_up - ticket.contact.at > (clean_up.older_than_days + 4) * DAY
        contact = ticket.contact
        # One truth at a time: neither the wide channel nor the reason of the release is left lying.
        other = contact.channel == story.WIDE_CHANNEL.channel or contact.reason.name == story.RELEASE.reason
        chance = self._forgettable > 0 and queue in clean_up.queues and old_enough and not other
        if not chance or self._clean_up + 14 * DAY > self._scale.ends_at or self._rng.random() >= clean_up.share:
            return False
        self._forgettable -= 1
        return True

    def _forget(self, ticket: Ticket, queue: str, agent: Agent) -> None:
        """Left in somebody's hands, then solved with all the others in the week of the clean-up."""
        rng = self._rng
        ticket.is_forgotten = True
        if ticket.status != "open":
            ticket.act(self.wait(ticket, queue, 4.0), agent, False, status="open", assignee=agent)
        lead = self._people.agents[queue][1]
        day = self._clean_up + rng.randrange(5) * DAY
        solved_at = ticket.act(day + 14 * HOUR + rng.randrange(HOUR), lead, status="solved")
        ticket.act(solved_at + CLOSES_AFTER, RULE, status="closed")


def _turns(effort: float) -> tuple[int, int, int, int]:
    """Parts of tickets with one, two, three or four answers, by effort."""
    return (35, 35, 20, 10) if effort >= story.HARD_EFFORT else (62, 27, 8, 3)


def _rating(rng: random.Random, ticket: Ticket) -> str:
    """What the customer said of it: worse with every queue more and with every day of waiting."""
    if rng.random() > 0.22:
        return "offered"
    moves = sum(name == "queue" for act in ticket.acts for name, _, _ in act.changes) - 1
    days = (ticket.acts[-1].at - CLOSES_AFTER - ticket.contact.at) / DAY
    return "good" if rng.random() < 0.93 - 0.09 * moves - 0.04 * min(days, 8) else "bad"
