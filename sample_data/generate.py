"""Lives through the company's weeks: every contact in order of time, with the contacts that follow from it."""

import heapq
from dataclasses import dataclass, field
from itertools import count

from sample_data import story
from sample_data.chat_life import Chat, ChatDesk
from sample_data.clock import DAY
from sample_data.crm_life import Case, CaseDesk
from sample_data.demand import Contact, fresh_contacts, special_contacts
from sample_data.helpdesk_life import Helpdesk
from sample_data.helpdesk_special import SpecialDesk
from sample_data.helpdesk_ticket import Ticket
from sample_data.people import People
from sample_data.returns import Returns
from sample_data.scale import Scale


@dataclass
class Company:
    """Everything that happened, in order of arrival, cut at the end of the data."""

    scale: Scale
    people: People
    tickets: list[Ticket] = field(default_factory=list)
    chats: list[Chat] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)


def generate(scale: Scale) -> Company:
    """One company, the same for the same scale."""
    people = People(scale)
    company = Company(scale, people)
    desks = _Desks(company)
    returns = Returns(scale)
    number = count()
    waiting = [(c.at, next(number), c) for c in (*fresh_contacts(scale, people), *special_contacts(scale, people))]
    heapq.heapify(waiting)
    while waiting:
        at, _, contact = heapq.heappop(waiting)
        if at >= scale.ends_at:
            break
        life = desks.live(contact)
        following = list(returns.after(life))
        if isinstance(life, Chat) and life.became:
            following.append(life.became)
        for later in following:
            heapq.heappush(waiting, (later.at, next(number), later))
    for life in (*company.tickets, *company.chats, *company.cases):
        life.cut(scale.ends_at)
    company.tickets.sort(key=lambda ticket: ticket.acts[0].at)
    return company


class _Desks:
    """Hands each contact to the tool it came to."""

    def __init__(self, company: Company) -> None:
        scale, people = company.scale, company.people
        self._company = company
        self._rng = scale.random("desks")
        self._helpdesk, self._special = Helpdesk(scale, people), SpecialDesk(scale, people)
        self._chat, self._crm = ChatDesk(scale, people), CaseDesk(scale, people)
        self._nameless_chats = scale.size(story.FAULTS.chat_without_user)
        self._nameless_cases = scale.size(story.FAULTS.crm_without_contact)

    def live(self, contact: Contact) -> Ticket | Chat | Case:
        if contact.tool == "chat":
            return self._live_chat(contact)
        if contact.tool == "crm":
            if contact.origin == "fresh" and self._nameless_cases and self._rng.random() < 0.02:
                self._nameless_cases -= 1
                contact.customer = None
            case = self._crm.live(contact)
            self._company.cases.append(case)
            return case
        ticket = self._live_ticket(contact)
        self._company.tickets.append(ticket)
        return ticket

    def _live_chat(self, contact: Contact) -> Chat:
        if contact.origin == "fresh" and self._nameless_chats and self._rng.random() < 0.025:
            self._nameless_chats -= 1
            contact.customer = None
        chat = self._chat.live(contact)
        if self._chat.wants_ticket(chat):
            # Made while the chat is being closed, so the ticket is there a little before the chat ends.
            at = chat.moments("closed")[0] - 20
            chat.became = Contact(at, contact.customer, contact.reason, "helpdesk", "chat", "linked", chat)
        self._company.chats.append(chat)
        return chat

    def _live_ticket(self, contact: Contact) -> Ticket:
        special = self._special
        if contact.origin == "outage":
            ticket = special.live_outage(contact)
            if ticket.problem and ticket.problem not in self._company.tickets:
                self._company.tickets.append(ticket.problem)
            return ticket
        if contact.origin == "spam":
            return special.live_spam(contact)
        if contact.origin == "proactive":
            return special.live_proactive(contact)
        if contact.origin == "duplicate" and isinstance(contact.after, Ticket):
            merged = special.live_duplicate(contact) if self._rng.random() < 0.75 else None
            if merged:
                return merged
        ticket = self._helpdesk.live(contact)
        earlier = contact.after
        if contact.origin == "return" and isinstance(earlier, Ticket) and contact.channel == "email":
            # An answer to a ticket already closed makes a follow-up ticket of it.
            closed = earlier.ended_at is not None and contact.at > earlier.ended_at + 4 * DAY
            ticket.follow_up_of = earlier if closed else None
        return ticket
