"""How the chat works a contact: the bot in front, the team behind it, threads that live on."""

from dataclasses import dataclass, field
from typing import Any

from sample_data import story
from sample_data.clock import DAY, HOUR, Hours, awake, spread, week_of
from sample_data.demand import Contact
from sample_data.people import Agent, People
from sample_data.scale import Scale

BOT, WORKFLOW, USER = "Fin", "Route by topic", "user"


@dataclass(frozen=True)
class Action:
    """One action in a conversation; `team` and `teammate` say to whom it was assigned."""

    at: int
    kind: str
    by: str | Agent
    team: str = ""
    teammate: str = ""


@dataclass(eq=False)
class Chat:
    """One conversation thread and its life."""

    contact: Contact
    actions: list[Action] = field(default_factory=list)
    rating: str = ""
    bot_only: bool = False
    became: Any = None  # the helpdesk ticket it went on as
    reused_at: int = 0
    is_forgotten: bool = False

    def do(self, at: int, kind: str, by: str | Agent, team: str = "", teammate: str = "") -> None:
        """Add an action, at the moment or just after the last one."""
        if self.actions and at <= self.actions[-1].at:
            at = self.actions[-1].at + 1
        self.actions.append(Action(at, kind, by, team, teammate))

    def moments(self, kind: str) -> list[int]:
        """When actions of a kind were done."""
        return [action.at for action in self.actions if action.kind == kind]

    @property
    def state(self) -> str:
        """open, snoozed or closed, after the last action."""
        states = {"closed": "closed", "snoozed": "snoozed", "reopened": "open", "unsnoozed": "open"}
        return next((states[a.kind] for a in reversed(self.actions) if a.kind in states), "open")

    @property
    def is_open(self) -> bool:
        """Whether the conversation still waits for an end."""
        return self.state != "closed"

    @property
    def ended_at(self) -> int | None:
        """When the first contact in the thread was over; nothing where a ticket took it over."""
        closed = [at for at in self.moments("closed") if not self.reused_at or at < self.reused_at]
        return closed[-1] if closed and not self.became and self.state == "closed" else None

    def cut(self, ends_at: int) -> None:
        """Forget what would happen after the end of the data."""
        self.actions = [action for action in self.actions if action.at < ends_at]


class ChatDesk:
    """Gives a contact its life in the chat."""

    def __init__(self, scale: Scale, people: People) -> None:
        self._scale, self._people = scale, people
        self._rng = scale.random("chat")
        self._hours = Hours("extended", scale.weeks * 7 + 400)
        self._to_link = scale.size(story.REST.linked_chats)
        self._to_reuse = scale.size(story.REUSED_THREADS.threads)
        self._link_share = story.REST.linked_chats / (story.CONTACTS * 0.13)

    def live(self, contact: Contact) -> Chat:
        """The whole life of a thread, past the end of the data if need be."""
        rng, bots = self._rng, story.BOT_RETURNS
        chat = Chat(contact)
        chat.do(contact.at, "conversation_started", USER)
        chat.do(contact.at + 1, "user_message", USER)
        # Who comes back asks for a person; visitors without a name never meet the bot alone.
        alone = bots.bot_only if contact.origin == "fresh" else 0.15
        chat.bot_only = contact.customer is not None and rng.random() < alone
        if chat.bot_only or rng.random() < bots.bot_first:
            self._bot(chat)
        if not chat.bot_only:
            self._team(chat)
        chat.rating = self._rate(chat)
        return chat

    def wants_ticket(self, chat: Chat) -> bool:
        """Whether the agent turns this conversation into a helpdesk ticket when closing it."""
        able = not chat.bot_only and chat.contact.customer is not None and not chat.reused_at
        if not able or self._to_link == 0 or len(chat.moments("closed")) != 1:
            return False
        if self._rng.random() >= self._link_share:
            return False
        self._to_link -= 1
        return True

    def _bot(self, chat: Chat) -> None:
        rng = self._rng
        for _ in range(rng.choice((1, 2, 2, 3)) if chat.bot_only else rng.choice((1, 1, 2))):
            chat.do(chat.actions[-1].at + rng.randint(4, 20), "bot_message", BOT)
            chat.do(chat.actions[-1].at + rng.randint(20, 150), "user_message", USER)
        if chat.bot_only:
            chat.do(chat.actions[-1].at + rng.randint(4, 20), "bot_message", BOT)
            chat.do(chat.actions[-1].at + rng.randint(240, 600), "closed", BOT)

    def _team(self, chat: Chat) -> None:
        rng, team = self._rng, chat.contact.reason.chat
        chat.do(chat.actions[-1].at + 2, "assigned", WORKFLOW, team)
        if rng.random() < 0.07:  # the wrong team: passed on by hand
            right = rng.choice([q.name for q in story.QUEUES if q.source == "chat" and q.name != team])
            agent = self._take(chat, team)
            chat.do(self._after(chat, 0.05), "note", agent)
            chat.do(chat.actions[-1].at + 5, "assigned", agent, right)
            team = right
        agent = self._take(chat, team)
        if not self._talk(chat, agent):
            return
        if rng.random() < 0.05 and chat.contact.customer is not None:  # back within the window: the same contact
            back_at = awake(rng, chat.actions[-1].at + int(min(spread(rng, 10 * HOUR, 1.0), 5 * DAY)))
            self._again(chat, agent, back_at)
        elif self._will_be_reused(chat):
            days = rng.uniform(story.REUSED_THREADS.from_days + 0.5, story.REUSED_THREADS.to_days)
            chat.reused_at = awake(rng, chat.actions[-1].at + int(days * DAY))
            self._again(chat, agent, chat.reused_at)

    def _take(self, chat: Chat, team: str) -> Agent:
        agent = self._people.take_agent(self._rng, team, chat.contact.reason.effort)
        wait = next(queue.wait_hours for queue in story.QUEUES if queue.name == team)
        by = WORKFLOW if self._rng.random() < 0.5 else agent
        chat.do(self._after(chat, wait, 0.8), "assigned", by, team, agent.name)
        return agent

    def _after(self, chat: Chat, hours: float, sigma: float = 0.6) -> int:
        return self._hours.after(chat.actions[-1].at, spread(self._rng, hours * HOUR, sigma))

    def _talk(self, chat: Chat, agent: Agent) -> bool:
        """Question and answer until it is closed; a few threads are never closed."""
        rng, effort = self._rng, chat.contact.reason.effort
        for turn in range(rng.choices((1, 2, 3), (4, 4, 2))[0]):
            if turn:
                chat.do(chat.actions[-1].at + int(spread(rng, 120, 0.8)), "user_message", USER)
            chat.do(self._after(chat, 0.04 * effort), "teammate_message", agent)
        if rng.random() < 0.08:
            chat.do(chat.actions[-1].at + 20, "snoozed", agent)
            back_at = self._after(chat, 8.0)
            chat.do(back_at, "unsnoozed", WORKFLOW)
            chat.do(self._after(chat, 0.3), "teammate_message", agent)
        if rng.random() < 0.1:
            chat.do(chat.actions[-1].at + 30, "note", agent)
        if rng.random() < 0.015 * (week_of(chat.contact.at) / self._scale.weeks):
            chat.do(chat.actions[-1].at + 60, "unassigned", agent, chat.contact.reason.chat)
            return False
        chat.do(self._after(chat, 0.15), "closed", agent)
        return True

    def _again(self, chat: Chat, agent: Agent, at: int) -> None:
        """The customer writes in the closed thread: it opens again, is answered and closed again."""
        chat.do(at, "user_message", USER)
        chat.do(chat.actions[-1].at + 1, "reopened", USER)
        chat.do(self._after(chat, 0.3), "teammate_message", agent)
        chat.do(self._after(chat, 0.2), "closed", agent)

    def _will_be_reused(self, chat: Chat) -> bool:
        reused, customer = story.REUSED_THREADS, chat.contact.customer
        latest = self._scale.ends_at - (reused.to_days + 3) * DAY
        if self._to_reuse == 0 or customer is None or chat.actions[-1].at > latest or self._rng.random() > 0.02:
            return False
        self._to_reuse -= 1
        return True

    def _rate(self, chat: Chat) -> str:
        if self._rng.random() > 0.25:
            return ""
        parts = (3, 2, 3, 4, 4) if chat.bot_only else (1, 1, 2, 6, 8)
        return str(self._rng.choices((1, 2, 3, 4, 5), parts)[0])
