"""Demand: who makes contact when, about what and in which tool, before anybody answers."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sample_data import story
from sample_data.clock import DAY_WEIGHTS, WAKING, WORKING, day_weight, moment_of_day, spread, week_of
from sample_data.people import Customer, People
from sample_data.scale import Scale, utc_seconds

FRESH_SHARE = 0.82
"""Fresh contacts among all; the rest are returns, duplicates and the outage."""
TOOLS = {"at_home": (("helpdesk", 66), ("chat", 34)), "at_work": (("crm", 78), ("helpdesk", 14), ("chat", 8))}
CHANNELS = {
    "helpdesk": (("email", 53), ("web", 22), ("phone", 13), ("api", 12)),
    "chat": (("Messenger", 70), ("WhatsApp", 22), ("Instagram", 8)),
    "crm": (("Email", 62), ("Phone", 22), ("Web", 16)),
}
REASON = {reason.name: reason for reason in story.REASONS}


@dataclass(eq=False)
class Contact:
    """One customer's move towards us. `after` is the earlier life it follows, where it follows one."""

    at: int
    customer: Customer | None
    reason: story.Reason
    tool: str
    channel: str
    origin: str = "fresh"  # fresh | return | duplicate | linked | proactive | outage | spam
    after: Any = None


def pick(rng: random.Random, parts: tuple[tuple[str, int], ...]) -> str:
    """One of the names, by its parts."""
    return rng.choices([name for name, _ in parts], [weight for _, weight in parts])[0]


def pick_reason(rng: random.Random, segment: str) -> story.Reason:
    """What a customer of the segment asks."""
    return rng.choices(story.REASONS, [getattr(reason, segment) for reason in story.REASONS])[0]


def fresh_contacts(scale: Scale, people: People) -> Iterator[Contact]:
    """The everyday demand, day by day, with the release's extra contacts from its day on."""
    rng = scale.random("demand")
    a_week = scale.contacts * FRESH_SHARE / scale.weeks
    logins = sum(r.at_home for r in story.REASONS if r.name == story.RELEASE.reason) / 100
    for offset in range(scale.weeks * 7):
        day = story.FIRST_DAY + timedelta(days=offset)
        expected = a_week / sum(DAY_WEIGHTS) * day_weight(day) * spread(rng, 1.0, 0.05)
        for _ in range(_whole(rng, expected)):
            yield _contact(rng, people, day)
        if day >= story.RELEASE.on:
            for _ in range(_whole(rng, expected * logins * story.RELEASE.fresh_lift)):
                yield _contact(rng, people, day, REASON[story.RELEASE.reason])


def special_contacts(scale: Scale, people: People) -> Iterator[Contact]:
    """The outage, the night of spam, and what our own side starts."""
    rng = scale.random("special")
    outage, spam = story.OUTAGE, story.SPAM_FLOOD
    for _ in range(scale.size(outage.contacts)):
        # Contacts come quickly once it breaks at 9:20, and thin out over the day.
        at = utc_seconds(outage.on) + int(9.34 * 3600 + min(rng.expovariate(1 / 10_000), 50_000))
        channel = pick(rng, (("email", 60), ("api", 40)))
        yield Contact(at, people.take_one(rng, False), REASON[outage.reason], "helpdesk", channel, "outage")
    for number in range(scale.size(spam.tickets)):
        sender = Customer(990_000 + number, f"Best Offer {number}", f"offer{number}@example.org", "en-US", "", None)
        at = utc_seconds(spam.on) + 20 * 3600 + rng.randrange(4 * 3600)
        yield Contact(at, sender, rng.choice(story.REASONS), "helpdesk", "email", "spam")
    for _ in range(scale.size(story.REST.proactive)):
        day = story.FIRST_DAY + timedelta(days=rng.randrange(scale.weeks * 7))
        while day.weekday() > 4 or day in story.HOLIDAYS:
            day -= timedelta(days=1)
        at = utc_seconds(max(day, story.FIRST_DAY)) + rng.randrange(10 * 3600, 17 * 3600)
        reason = REASON[rng.choice(("late delivery", "payment on hold", "damaged item"))]
        yield Contact(at, people.take_one(rng, False), reason, "helpdesk", "web", "proactive")


def release_is_out(moment: int) -> bool:
    """Whether the app release was out at the moment."""
    return week_of(moment) >= week_of(utc_seconds(story.RELEASE.on))


def _whole(rng: random.Random, expected: float) -> int:
    """A whole number near the expected one: sums stay true, days vary like counts do."""
    noisy = expected + rng.gauss(0.0, 1.0) * expected**0.5 * 0.6
    return max(0, int(noisy + rng.random()))


def _contact(rng: random.Random, people: People, day: Any, reason: story.Reason | None = None) -> Contact:
    business = rng.random() < story.BUSINESS_SHARE
    segment = "at_work" if business else "at_home"
    tool = pick(rng, TOOLS[segment])
    at = moment_of_day(rng, day, WORKING if business else WAKING)
    channel = pick(rng, CHANNELS[tool])
    return Contact(at, people.take_one(rng, business), reason or pick_reason(rng, segment), tool, channel)
