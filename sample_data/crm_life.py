"""How the CRM works a case of a business customer: a queue, an owner, mails, an end."""

from dataclasses import dataclass, field

from sample_data import story
from sample_data.clock import DAY, HOUR, Hours, awake, spread
from sample_data.demand import Contact
from sample_data.people import Agent, People
from sample_data.scale import Scale

MAILBOX = "Web Mail Intake"
"""The integration user in whose name mails and web forms arrive."""
KEY_ACCOUNTS = "Queue - Key Accounts"
QUEUE = {queue.name: queue for queue in story.QUEUES if queue.source == "crm"}


@dataclass(frozen=True)
class Entry:
    """One row of a case's history."""

    at: int
    by: str
    field: str
    old: str = ""
    new: str = ""


@dataclass(eq=False)
class Case:
    """One case and its life."""

    contact: Contact
    priority: str
    entries: list[Entry] = field(default_factory=list)
    now: dict[str, str] = field(default_factory=dict)
    bot_only = False  # the CRM has no bot
    is_forgotten: bool = False

    def note(self, at: int, by: str, what: str) -> None:
        """Something happened that changes no field."""
        self.entries.append(Entry(self._in_order(at), by, what))

    def set(self, at: int, by: str, what: str, value: str) -> None:
        """A tracked field changes."""
        at = self._in_order(at)
        self.entries.append(Entry(at, by, what, self.now.get(what, ""), value))
        self.now[what] = value

    def cut(self, ends_at: int) -> None:
        """Forget what would happen after the end of the data."""
        later = [entry for entry in self.entries if entry.at >= ends_at]
        self.entries = [entry for entry in self.entries if entry.at < ends_at]
        for entry in reversed(later):
            if entry.field in self.now:
                self.now[entry.field] = entry.old

    def _in_order(self, at: int) -> int:
        return max(at, self.entries[-1].at) if self.entries else at

    @property
    def is_open(self) -> bool:
        """Whether the case still waits for an end."""
        return self.now.get("Status") != "Closed"

    @property
    def ended_at(self) -> int | None:
        """When it was last closed, while it is closed."""
        return None if self.is_open else [e.at for e in self.entries if e.field == "Closed"][-1]


class CaseDesk:
    """Gives a contact its life in the CRM."""

    def __init__(self, scale: Scale, people: People) -> None:
        self._scale, self._people = scale, people
        self._rng = scale.random("crm")
        self._hours = Hours("office", scale.weeks * 7 + 400)

    def live(self, contact: Contact) -> Case:
        """The whole life of a case, past the end of the data if need be."""
        rng, company = self._rng, contact.customer.company if contact.customer else None
        case = Case(contact, rng.choices(("Low", "Medium", "High"), (15, 65, 20))[0])
        queue = KEY_ACCOUNTS if company and company.is_key and rng.random() < 0.6 else contact.reason.crm
        by_phone = contact.channel == "Phone"
        clerk = rng.choice(self._people.agents[queue]).name
        case.now = {"Case Owner": queue, "Status": "New", "Priority": case.priority, "Escalated": "false"}
        case.note(contact.at, clerk if by_phone else MAILBOX, "Created")
        if not by_phone:
            case.note(contact.at + 1, MAILBOX, "Email Received")
        owner = self._accept(case, queue)
        if queue != KEY_ACCOUNTS and rng.random() < 0.08:
            owner = self._escalate(case, owner)
        elif queue == story.REASONS[0].crm and rng.random() < 0.07:  # really a contract matter
            case.set(self._after(case, 1.0), owner.name, "Case Owner", "Queue - Contracts")
            owner = self._accept(case, "Queue - Contracts")
        self._work(case, owner)
        return case

    def _after(self, case: Case, hours: float, sigma: float = 0.6) -> int:
        return self._hours.after(case.entries[-1].at, spread(self._rng, hours * HOUR, sigma))

    def _accept(self, case: Case, queue: str) -> Agent:
        agent = self._people.take_agent(self._rng, queue, case.contact.reason.effort)
        case.set(self._after(case, QUEUE[queue].wait_hours), agent.name, "Case Owner", agent.name)
        if case.now["Status"] == "New":
            case.set(case.entries[-1].at + 1, agent.name, "Status", "Working")
        return agent

    def _escalate(self, case: Case, owner: Agent) -> Agent:
        case.set(self._after(case, 2.0), owner.name, "Escalated", "true")
        case.set(case.entries[-1].at + 1, owner.name, "Priority", "High")
        case.set(case.entries[-1].at + 1, owner.name, "Case Owner", KEY_ACCOUNTS)
        return self._accept(case, KEY_ACCOUNTS)

    def _work(self, case: Case, owner: Agent) -> None:
        rng, effort = self._rng, case.contact.reason.effort
        if rng.random() < 0.25:
            case.note(self._after(case, 0.5), owner.name, "Comment")
        for _ in range(rng.choices((0, 1, 2), (55, 32, 13))[0]):
            case.note(self._after(case, 0.7 * effort), owner.name, "Email Sent")
            case.set(case.entries[-1].at + 1, owner.name, "Status", "Waiting on Customer")
            answered_at = awake(rng, case.entries[-1].at + int(spread(rng, 14 * HOUR, 1.0)))
            case.note(answered_at, MAILBOX, "Email Received")
            case.set(case.entries[-1].at + 1, MAILBOX, "Status", "Working")
        case.note(self._after(case, 2.0 * effort), owner.name, "Email Sent")
        age = (self._scale.ends_at - case.contact.at) / (self._scale.weeks * 7 * DAY)
        if rng.random() < 0.07 * (1 - age) ** 2:
            return  # answered, never closed
        self._close(case, owner.name)
        if rng.random() < 0.04:
            back_at = awake(rng, case.entries[-1].at + int(min(spread(rng, 12 * HOUR, 1.0), 4 * DAY)))
            case.note(back_at, MAILBOX, "Email Received")
            case.set(back_at + 1, MAILBOX, "Status", "Working")
            case.note(self._after(case, 2.0), owner.name, "Email Sent")
            self._close(case, owner.name)

    def _close(self, case: Case, by: str) -> None:
        case.set(case.entries[-1].at + 1, by, "Status", "Closed")
        case.note(case.entries[-1].at, by, "Closed")
