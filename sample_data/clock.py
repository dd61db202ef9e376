"""Time as the company lives it: opening hours, waking hours, and when contacts arrive."""

import math
import random
from bisect import bisect_right
from datetime import date, datetime, time, timedelta

from sample_data import story
from sample_data.scale import ZONE, utc_seconds

DAY = 86_400
HOUR = 3_600
_DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_WEIGHTS = (1.26, 1.08, 1.0, 0.97, 0.89, 0.36, 0.26)
"""How many contacts a weekday brings against Wednesday; Mondays carry the weekend's leftovers."""
HOLIDAY_WEIGHT = 0.35
WAKING = (0, 0, 0, 0, 0, 0, 1, 3, 6, 9, 11, 10, 8, 7, 8, 8, 7, 7, 6, 6, 6, 5, 3, 1)
WORKING = (0, 0, 0, 0, 0, 0, 0, 1, 6, 10, 11, 10, 6, 7, 10, 10, 8, 4, 1, 0, 0, 0, 0, 0)
"""Parts of a day's contacts by hour, from private customers and from business customers."""


class Hours:
    """The opening hours of one schedule, able to add and to measure open time."""

    def __init__(self, schedule: str, days: int) -> None:
        weekly = story.SCHEDULES[schedule]
        closed = story.HOLIDAYS if schedule == "office" else ()
        self._opens: list[int] = []
        self._closes: list[int] = []
        self._before: list[int] = []  # open seconds before each interval
        total = 0
        for offset in range(-2, days):
            day = story.FIRST_DAY + timedelta(days=offset)
            if day in closed:
                continue
            for start, end in weekly.get(_DAY_NAMES[day.weekday()], ()):
                opens, closes = (utc_seconds(day, time.fromisoformat(text)) for text in (start, end))
                self._opens.append(opens)
                self._closes.append(closes)
                self._before.append(total)
                total += closes - opens

    def _open_until(self, moment: int) -> int:
        slot = bisect_right(self._opens, moment) - 1
        if slot < 0:
            return 0
        return self._before[slot] + min(moment, self._closes[slot]) - self._opens[slot]

    def between(self, start: int, end: int) -> int:
        """Open seconds from `start` to `end`."""
        return self._open_until(end) - self._open_until(start)

    def after(self, moment: int, seconds: float) -> int:
        """The moment by which `seconds` of open time have passed since `moment`."""
        target = self._open_until(moment) + max(1, round(seconds))
        slot = bisect_right(self._before, target - 1) - 1
        # Beyond the calendar everything is past the end of the data, where exactly does not matter.
        return min(self._opens[slot] + target - self._before[slot], self._closes[-1])


def spread(rng: random.Random, median: float, sigma: float) -> float:
    """A log-normal draw given by its median: work and waits are skewed, never symmetric."""
    return median * math.exp(sigma * rng.gauss(0.0, 1.0))


def awake(rng: random.Random, moment: int) -> int:
    """The moment itself, or the next morning where it falls into the night: people write when they are up."""
    local = datetime.fromtimestamp(moment, ZONE)
    if local.hour >= 7:
        return moment
    return moment + (7 - local.hour) * HOUR + rng.randrange(HOUR)


def moment_of_day(rng: random.Random, day: date, hours: tuple[int, ...]) -> int:
    """A moment on `day`, by the parts each hour has."""
    hour = rng.choices(range(24), hours)[0]
    return utc_seconds(day, time(hour)) + rng.randrange(HOUR)


def day_weight(day: date) -> float:
    """How many contacts this date brings against a usual Wednesday."""
    return HOLIDAY_WEIGHT if day in story.HOLIDAYS else DAY_WEIGHTS[day.weekday()]


def week_of(moment: int) -> int:
    """The week of the story a moment falls in."""
    return (datetime.fromtimestamp(moment, ZONE).date() - story.FIRST_DAY).days // 7 + 1
