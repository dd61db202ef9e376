"""Who comes back: after an ended contact, with a duplicate while it is open, or later in a mail to an old ticket."""

import math
from collections.abc import Iterator
from typing import Any

from sample_data import story
from sample_data.clock import DAY, HOUR, awake
from sample_data.demand import CHANNELS, Contact, pick, pick_reason, release_is_out
from sample_data.scale import Scale

DUPLICATES = 0.038
"""Share of contacts lasting longer than a day in which the customer writes once more elsewhere."""


class Returns:
    """Draws what a customer does after (or during) a contact."""

    def __init__(self, scale: Scale) -> None:
        self._scale = scale
        self._rng = scale.random("returns")
        # Some return by chance, with something new: the planted share is what is still missing to the measured one.
        self._a_day = 1 / story.CUSTOMERS_PER_CONTACT / (scale.weeks * 7)
        self._by_chance = 1 - math.exp(-story.BOT_RETURNS.within_days * self._a_day)

    def after(self, life: Any) -> Iterator[Contact]:
        """The contacts that follow from this one."""
        contact: Contact = life.contact
        if contact.customer is None or contact.origin in ("spam", "proactive") or life.is_forgotten:
            return
        if contact.tool != "chat" and contact.origin != "duplicate":
            yield from self._duplicate(life)
        ended_at = life.ended_at
        if ended_at is None or ended_at >= self._scale.ends_at:
            return
        delay = self._delay(life, ended_at)
        if delay:
            yield self._contact(life, ended_at, delay, "return")

    def _delay(self, life: Any, ended_at: int) -> float:
        """Seconds until the customer is back; 0 for never."""
        rng, bots = self._rng, story.BOT_RETURNS
        window = bots.within_days * DAY
        measured = bots.returns_after_bot if life.bot_only else bots.returns_elsewhere
        if rng.random() < (measured - self._by_chance) / (1 - self._by_chance):
            # Soon rather than late; the night that may be added still fits into the window.
            return math.exp(rng.uniform(math.log(0.6 * HOUR), math.log(window - 9 * HOUR)))
        if life.contact.reason.name == story.RELEASE.reason and release_is_out(ended_at):
            # Some of these would have been back within the week anyhow; the rest must make the planted difference.
            otherwise_away = (1 - measured) * math.exp(-4 * self._a_day)
            if rng.random() < story.RELEASE.extra_return_7d / otherwise_away:
                return rng.uniform(window, 7 * DAY - 9 * HOUR)
        if rng.random() < bots.later:
            return rng.uniform(4 * DAY, 14 * DAY)
        return 0

    def _duplicate(self, life: Any) -> Iterator[Contact]:
        start = life.contact.at
        length = min((life.ended_at or start + 5 * DAY) - start, 12 * DAY)
        if length > DAY and self._rng.random() < DUPLICATES:
            yield self._contact(life, start, length * self._rng.uniform(0.1, 0.5), "duplicate")

    def _contact(self, life: Any, since: int, delay: float, origin: str) -> Contact:
        rng, before = self._rng, life.contact
        tool = self._tool(before, life.bot_only)
        same = origin == "duplicate" or rng.random() < 0.85
        segment = "at_work" if before.customer.company else "at_home"
        reason = before.reason if same else pick_reason(rng, segment)
        at = awake(rng, since + int(delay))
        return Contact(at, before.customer, reason, tool, pick(rng, CHANNELS[tool]), origin, life)

    def _tool(self, before: Contact, bot_only: bool) -> str:
        stays = 1 - story.BOT_RETURNS.other_tool if bot_only else 0.78
        if self._rng.random() < stays:
            return before.tool
        if before.customer is not None and before.customer.company and before.tool != "crm":
            return "crm"
        return "chat" if before.tool == "helpdesk" else "helpdesk"
