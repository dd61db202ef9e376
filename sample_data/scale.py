"""How much of the story to tell: the seed, how many contacts, how many weeks."""

import random
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sample_data import story

ZONE = ZoneInfo(story.ZONE)


def utc_seconds(day: date, clock: time = time()) -> int:
    """The moment a Berlin wall clock shows `clock` on `day`, in seconds since 1970 UTC."""
    return int(datetime.combine(day, clock, ZONE).timestamp())


@dataclass(frozen=True)
class Scale:
    """The size of one generation; planted sizes grow and shrink with it, planted dates stay."""

    seed: int = story.SEED
    contacts: int = story.CONTACTS
    weeks: int = story.WEEKS

    @property
    def last_day(self) -> date:
        """The Sunday on which the data ends."""
        return story.monday(self.weeks + 1) - timedelta(days=1)

    @property
    def ends_at(self) -> int:
        """The first second after the data; nothing in the exports is later."""
        return utc_seconds(story.monday(self.weeks + 1))

    def size(self, planted: int) -> int:
        """A planted number for this many contacts, never fewer than one."""
        return max(1, round(planted * self.contacts / story.CONTACTS))

    def random(self, purpose: str) -> random.Random:
        """A stream of random numbers of its own for each purpose, the same on every platform."""
        # A text seed goes through SHA-512, not through hash(), which differs from process to process.
        return random.Random(f"{self.seed}/{purpose}")
