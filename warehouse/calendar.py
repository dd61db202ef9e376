"""Business time in closed form: the opening hours of every schedule as one row per UTC date.

A row holds the open intervals of that date in seconds since UTC midnight, and the open seconds of all dates before it. So
B(t), the open seconds up to an instant, is the row of its date plus a few comparisons, and the business seconds from a to b
are B(b) - B(a): one equi-join per instant, no time zone in SQL, no loop over days. Zones and holidays are settled here.

A schedule is open whenever the wall clock of its zone shows an open time: an hour that a clock change repeats counts twice,
an hour that it skips does not count.
"""
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from zoneinfo import ZoneInfo

import pyarrow as pa

from warehouse.settings import FILE, WEEKDAYS, Schedule, Settings, SettingsProblem
from warehouse.settings_values import MOST_INTERVALS

_DAY = 86_400
_EPOCH = date(1970, 1, 1)
_SLOTS = range(1, MOST_INTERVALS + 1)
COLUMNS = pa.schema(
    [("schedule", pa.string()), ("on_date", pa.date32())]
    + [(f"{edge}{slot}", pa.int32()) for slot in _SLOTS for edge in ("open", "close")]
    + [("opened_before", pa.int64())]
)

Interval = tuple[int, int]  # start and end, the end not included


def calendar_rows(settings: Settings, first: date, last: date) -> pa.Table:
    """One row per schedule of the settings and UTC date from first to last, both included, in that order.

    Columns: schedule; on_date; open1, close1 .. open4, close4 in seconds since UTC midnight, in order of time, 0 and 0
    where unused; opened_before, the open seconds from the start of `first` to the start of on_date. As that counts from
    `first`, rows of two calls do not mix. An instant outside first .. last has no row, so its business time is NULL: the
    loader asks for the range of its data. Raises SettingsProblem where a UTC date would need more than four intervals.
    """
    days = range((first - _EPOCH).days, (last - _EPOCH).days + 1)
    rows = [row for name, schedule in settings.schedules.items() for row in _rows(name, schedule, days)]
    columns = zip(*rows, strict=True) if rows else ([] for _ in COLUMNS)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, COLUMNS, strict=True)]
    return pa.Table.from_arrays(arrays, schema=COLUMNS)


def open_seconds_sql(instant: str, row: str) -> str:
    """Portable SQL, with macros for `warehouse.sql.expand`, of B(instant): a BIGINT of whole open seconds.

    `instant` is an expression of a UTC timestamp, `row` the alias of its calendar row, joined by
    `left join calendar ROW on ROW.schedule = ... and ROW.on_date = @day(INSTANT)`. NULL where the instant is NULL or there
    is no row: no schedule, or outside the calendar. The business seconds from a to b are B(b) - B(a), with two rows of one
    schedule. Instants are cut to their second as in @secs, so business time never exceeds it, and equals it on 24/7.
    """
    second = f"@secs({row}.on_date, {instant})"
    # CASE, because least() and greatest() skip NULL on some engines and would make unknown a number
    parts = [f"case when {second} <= {row}.open{slot} then 0 when {second} >= {row}.close{slot}"
             f" then {row}.close{slot} - {row}.open{slot} else {second} - {row}.open{slot} end" for slot in _SLOTS]
    return f"({row}.opened_before + {' + '.join(parts)})"


def _rows(name: str, schedule: Schedule, days: range) -> Iterator[tuple]:
    by_day = _by_utc_day(_open_intervals(schedule, days))
    opened = 0
    for day in days:
        intervals = by_day.get(day, [])
        unused = MOST_INTERVALS - len(intervals)
        if unused < 0:
            raise SettingsProblem(f"{FILE}: schedules.{name} has {len(intervals)} open intervals on {_EPOCH + timedelta(day)} "
                                  f"as UTC counts the day; there is room for {MOST_INTERVALS}")
        yield (name, day, *chain.from_iterable(intervals), *[0] * (2 * unused), opened)
        opened += sum(end - start for start, end in intervals)


def _open_intervals(schedule: Schedule, days: range) -> Iterator[Interval]:
    """The open intervals within these UTC days (counted from 1970), in seconds since 1970, in order, none touching."""
    hours_on = _hours(schedule, days)
    pending: Interval | None = None
    for since, until, offset in _offsets(ZoneInfo(schedule.zone), days):
        # while the offset stands, the wall clock is UTC plus a constant
        for local_day in range((since + offset) // _DAY, (until - 1 + offset) // _DAY + 1):
            midnight = local_day * _DAY - offset
            for opens, closes in hours_on(local_day):
                start, end = max(midnight + opens, since), min(midnight + closes, until)
                if start >= end:
                    continue
                if pending and start == pending[1]:
                    pending = pending[0], end
                    continue
                if pending:
                    yield pending
                pending = start, end
    if pending:
        yield pending


def _offsets(zone: ZoneInfo, days: range) -> Iterator[tuple[int, int, int]]:
    """(since, until, offset) in seconds: the stretches of these UTC days over which the zone's UTC offset stands still."""

    def offset_at(instant: int) -> int:
        return int(datetime.fromtimestamp(instant, UTC).astimezone(zone).utcoffset().total_seconds())

    if not days:
        return
    since, end = days.start * _DAY, days.stop * _DAY
    offset, known = offset_at(since), since
    while known < end:
        look = min(known + _DAY, end)
        while offset_at(look) != offset:  # more than one change a day is possible, if unheard of
            before, after = known, look
            while after - before > 1:
                middle = (before + after) // 2
                before, after = (middle, after) if offset_at(middle) == offset else (before, middle)
            yield since, after, offset
            since, offset, known = after, offset_at(after), after
        known = look
    if since < end:
        yield since, end, offset


def _hours(schedule: Schedule, days: range) -> Callable[[int], list[Interval]]:
    """What the schedule says for a local day (counted from 1970): its open intervals in seconds since local midnight."""

    def number(day: date) -> int:
        return (day - _EPOCH).days

    by_weekday = [getattr(schedule, weekday) for weekday in WEEKDAYS]
    free = schedule.holidays
    # a local date may lie one day to either side of the UTC date
    years = {(_EPOCH + timedelta(day)).year for day in (days.start - 1, days.stop)} if days else {_EPOCH.year}
    closed = free.of_country(list(range(min(years), max(years) + 1))) | set(free.extra)
    said = {number(day): [] for day in closed - set(free.open)} | {number(day): hours for day, hours in free.partial.items()}

    def hours_on(day: int) -> list[Interval]:
        return said[day] if day in said else by_weekday[(day + 3) % 7]  # 1970 began on a Thursday

    return hours_on


def _by_utc_day(intervals: Iterator[Interval]) -> dict[int, list[Interval]]:
    """Intervals cut at UTC midnights: day since 1970 -> its intervals in seconds since midnight."""
    by_day: dict[int, list[Interval]] = {}
    for start, end in intervals:
        while start < end:
            day, until = start // _DAY, min(end, (start // _DAY + 1) * _DAY)
            by_day.setdefault(day, []).append((start - day * _DAY, until - day * _DAY))
            start = until
    return by_day
