"""Helpdesk lives that are not everyday ones: the outage, spam, duplicates merged, tickets our side starts."""

from sample_data import story
from sample_data.clock import DAY, HOUR, Hours, awake, spread
from sample_data.demand import Contact
from sample_data.helpdesk_ticket import CLOSES_AFTER, MERGED_TAG, RULE, Ticket
from sample_data.people import People
from sample_data.scale import Scale, utc_seconds


class SpecialDesk:
    """Gives the contacts of the special origins their lives."""

    def __init__(self, scale: Scale, people: People) -> None:
        self._people = people
        self._rng = scale.random("special desk")
        self._office = Hours("office", scale.weeks * 7 + 400)
        self._spam_left_to_delete = scale.size(story.SPAM_FLOOD.deleted)
        self._problem: Ticket | None = None

    def live_outage(self, contact: Contact) -> Ticket:
        """One text for all within hours, and solved together on the next morning."""
        rng, outage = self._rng, story.OUTAGE
        ticket = Ticket(contact, "high", kind="incident", tags=["app", outage.tag], problem=self.problem(contact))
        ticket.act(contact.at, contact.customer, True, status="new", priority="high", queue=outage.queue)
        agent = rng.choice(self._people.agents[outage.queue])
        told_at = self._office.after(contact.at, spread(rng, 1.5 * HOUR, 0.5))
        ticket.act(told_at, agent, True, assignee=agent, status="open")
        over = utc_seconds(outage.on) + DAY + 9 * HOUR + 600
        ticket.act(max(over, told_at + HOUR) + rng.randrange(2 * HOUR), agent, True, status="solved")
        ticket.act(ticket.acts[-1].at + CLOSES_AFTER, RULE, status="closed")
        ticket.rating = "offered" if rng.random() < 0.7 else rng.choice(("good", "bad", "bad"))
        return ticket

    def problem(self, contact: Contact) -> Ticket:
        """The one ticket the incidents hang on, opened by our side soon after the first of them."""
        if self._problem is None:
            outage = story.OUTAGE
            lead = self._people.agents[outage.queue][1]
            start = Contact(utc_seconds(outage.on) + 9 * HOUR + 2400, None, contact.reason, "helpdesk", "web", "proactive")
            problem = Ticket(start, "urgent", kind="problem", tags=["app", outage.tag])
            first = {"status": "open", "priority": "urgent", "queue": outage.queue, "assignee": lead}
            problem.act(start.at, lead, True, **first)
            problem.act(utc_seconds(outage.on) + DAY + 9 * HOUR, lead, False, status="solved")
            problem.act(problem.acts[-1].at + CLOSES_AFTER, RULE, status="closed")
            self._problem = problem
        return self._problem

    def live_spam(self, contact: Contact) -> Ticket:
        """Thrown away by Triage next morning: the first ones deleted, the rest closed."""
        ticket = Ticket(contact, "normal", tags=[story.SPAM_FLOOD.tag])
        ticket.act(contact.at, contact.customer, True, status="new", priority="normal", queue="Triage")
        sorter = self._rng.choice(self._people.agents["Triage"])
        thrown_at = utc_seconds(story.SPAM_FLOOD.on) + DAY + 9 * HOUR + self._rng.randrange(2 * HOUR)
        ticket.deleted = self._spam_left_to_delete > 0
        self._spam_left_to_delete -= 1
        ticket.act(thrown_at, sorter, status="deleted" if ticket.deleted else "closed")
        return ticket

    def live_duplicate(self, contact: Contact) -> Ticket | None:
        """Merged into the earlier ticket where an agent sees it in time; otherwise nothing, and it lives by itself."""
        earlier: Ticket = contact.after
        queue = earlier.now["queue"]
        seen_at = self._office.after(contact.at, spread(self._rng, 2 * HOUR, 0.5))
        settled_at = max(act.at for act in earlier.acts if any(name == "queue" for name, _, _ in act.changes))
        # On its way through the queues nobody sees the pair (and a pass-through stays one); solved is too late.
        if not settled_at < seen_at < (earlier.solves[0] if earlier.solves else seen_at + 1):
            return None
        agent = self._rng.choice(self._people.agents[queue])
        ticket = Ticket(contact, "normal", tags=[MERGED_TAG])
        ticket.act(contact.at, contact.customer, True, status="new", priority="normal", queue=queue)
        ticket.act(seen_at, agent, False, assignee=agent, status="closed")
        ticket.acts[-1].merged = ("into", earlier)
        earlier.took_over(ticket, seen_at, agent)
        return ticket

    def live_proactive(self, contact: Contact) -> Ticket:
        """We write first; four in ten answer."""
        rng, queue = self._rng, contact.reason.helpdesk
        ticket = Ticket(contact, "normal", tags=["we_wrote_first"])
        agent = rng.choice(self._people.agents[queue])
        first = {"priority": "normal", "queue": queue, "assignee": agent}
        ticket.act(contact.at, agent, True, status="pending", **first)
        if rng.random() < 0.4:
            ticket.act(awake(rng, contact.at + int(spread(rng, 5 * HOUR, 0.8))), contact.customer, True, status="open")
            ticket.act(self._office.after(ticket.acts[-1].at, spread(rng, 2 * HOUR, 0.5)), agent, True, status="solved")
        else:
            ticket.act(contact.at + 3 * DAY, RULE, status="solved")
        ticket.act(ticket.acts[-1].at + CLOSES_AFTER, RULE, status="closed")
        return ticket
