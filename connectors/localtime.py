"""Times as exports write them to UTC: the SQL for it, and the hours a zone's clock skips or shows twice.

Formats are strptime formats as DuckDB understands them, and three names for what strptime cannot say: "iso" (2026-01-05,
2026-01-05 10:49, with T or a blank, seconds, fraction, and Z, UTC, +02:00, +0200 or +02), "epoch" (seconds since 1970) and
"epoch_ms". What a format yields, as found on DuckDB 1.5.5 and 2.0.0:
- "iso" with Z, UTC, GMT or an offset, formats with %z or %Z, "epoch", "epoch_ms": a moment, so UTC
- every other: a wall time without zone, taken as local time of the zone given
DuckDB's own casts are not used bare: casting text to TIMESTAMP drops an offset without applying it, and accepts "epoch",
"infinity", 2026/1/5 and blanks inside numbers; %Y takes "26" for the year 26. `at time zone` reads a repeated hour as its
second occurrence and takes ten times as long as the offsets written into the SQL here, which are Python's zoneinfo's.
"""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Sequence
from functools import cache
from zoneinfo import ZoneInfo

FIRST_YEAR, LAST_YEAR = 1990, 2040  # whose clock changes the SQL knows; before and after, the nearest offset holds

_DAY = r"\d{4}-\d\d-\d\d"
_CLOCK = r"[ T]\d\d:\d\d(:\d\d(\.\d+)?)?"
ISO_NAIVE = f"{_DAY}({_CLOCK})?"
_ISO_PLAIN_ZONE = rf"{_DAY}[ T]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d(:?\d\d)?)"
ISO_ANY_ZONE = rf"{_DAY}{_CLOCK} ?(Z|UTC|GMT|[+-]\d\d(:?\d\d)?)"


def to_timestamp_sql(column_sql: str, formats: Sequence[str] | None, zone: str) -> str:
    """DuckDB SQL for the UTC-naive TIMESTAMP (microseconds) of a text; NULL where the text fits no format.

    formats: tried in order; None or empty means ["iso"]. zone: IANA name of the zone of wall times. A wall time that
    occurs twice is its first occurrence, one that is skipped is shifted forward (02:30 becomes 03:30).
    Put it into a plain select list: there DuckDB works out its repeated parts once, inside CASE or WHERE it does not.
    Raises ZoneInfoNotFoundError for an unknown zone.
    """
    value = f"({column_sql})"
    arms: list[str] = []  # the time, in UTC where the text says its zone, else as written
    walls: list[str] = []  # the time as written, for texts known to fit
    is_wall: list[str] = []  # whether it is such a text
    for kind, group in itertools.groupby(formats or ["iso"], _kind):
        names = list(group)
        if kind == "iso":
            arms.append(_iso(value))
            walls.append(f"try_cast({value} as timestamp)")
            is_wall.append(f"regexp_full_match({value}, '{ISO_NAIVE}')")
        elif kind == "epoch":
            arms.append(_epoch(value, r"\d{9,10}(\.\d+)?", 1_000_000))
        elif kind == "epoch_ms":
            arms.append(_epoch(value, r"\d{12,13}", 1000))
        elif kind == "zoned":
            arms.append(f"make_timestamp(epoch_us(try_strptime({value}, {_list(names)})))")
        else:
            parsed = f"try_strptime({value}, {_list(names)})"
            guarded = f"case when regexp_matches({value}, '[0-9]{{4}}') then {parsed} end"
            arms.append(guarded if kind == "four-digit year" else parsed)
            walls.append(parsed)
            is_wall.append(f"{parsed} is not null")
    if not walls or not _steps(zone):
        return _first(arms)
    shift = _offset(_first(walls), _first_offset(zone), _steps(zone))
    if len(walls) < len(arms) or "iso" in (formats or ["iso"]):
        shift = f"({shift}) * cast({' or '.join(is_wall)} as integer)"
    return f"({_first(arms)} - to_seconds({shift}))"


def _kind(form: str) -> str:
    if form in ("iso", "epoch", "epoch_ms"):
        return form
    if "%z" in form or "%Z" in form:
        return "zoned"
    return "four-digit year" if "%Y" in form else "two-digit year"


def _iso(value: str) -> str:
    seconds = f"regexp_replace({value}, '^(.{{16}}) ?([ZUG+-])', '\\1:00\\2')"  # 10:49Z, which DuckDB 1.5 does not cast
    letters = f"regexp_replace({seconds}, ' ?(UTC|GMT)$', 'Z')"
    plain = f"regexp_replace({letters}, ' ([+-][0-9:]+)$', '\\1')"
    moment = "make_timestamp(epoch_us(try_cast({} as timestamptz)))"
    return (
        f"case when regexp_full_match({value}, '{ISO_NAIVE}') then try_cast({value} as timestamp)"
        f" when regexp_full_match({value}, '{_ISO_PLAIN_ZONE}') then {moment.format(value)}"
        f" when regexp_full_match({value}, '{ISO_ANY_ZONE}') then {moment.format(plain)} end"
    )


def _epoch(value: str, pattern: str, microseconds: int) -> str:
    moment = f"make_timestamp(cast(round(try_cast({value} as double) * {microseconds}) as bigint))"
    return f"case when regexp_full_match({value}, '{pattern}') then {moment} end"


def _first(expressions: list[str]) -> str:
    return f"({expressions[0]})" if len(expressions) == 1 else f"coalesce({', '.join(expressions)})"


def _list(formats: Sequence[str]) -> str:
    return "[" + ", ".join(map(text_literal, formats)) + "]"


def _offset(time_sql: str, before: int, steps: Sequence[tuple[datetime.datetime, int]]) -> str:
    """SQL of the offset in seconds that holds at a wall time: the steps as a balanced tree of comparisons."""
    if not steps:
        return str(before)
    middle = len(steps) // 2
    since, after = steps[middle]
    earlier = _offset(time_sql, before, steps[:middle])
    later = _offset(time_sql, after, steps[middle + 1 :])
    return f"case when {time_sql} < timestamp '{since}' then {earlier} else {later} end"


@cache
def _transitions(zone: str, first_year: int, last_year: int) -> tuple[tuple[datetime.datetime, int, int], ...]:
    """(UTC moment, offset before, offset after) of every change of a zone's offset, in seconds; UTC-naive."""
    known = ZoneInfo(zone)

    def offset(moment: datetime.datetime) -> int:
        return int(moment.replace(tzinfo=datetime.UTC).astimezone(known).utcoffset().total_seconds())

    changes = []
    week = datetime.timedelta(days=7)  # no zone changed twice within a week in these years
    moment, before = datetime.datetime(first_year, 1, 1), offset(datetime.datetime(first_year, 1, 1))
    while moment.year <= last_year:
        after = offset(moment + week)
        if after != before:
            low, high = moment, moment + week
            while high - low > datetime.timedelta(seconds=1):
                half = (low + (high - low) / 2).replace(microsecond=0)
                low, high = (half, high) if offset(half) == before else (low, half)
            changes.append((high, before, after))
        moment, before = moment + week, after
    return tuple(changes)


def _first_offset(zone: str) -> int:
    moment = datetime.datetime(FIRST_YEAR, 1, 1, tzinfo=datetime.UTC)
    return int(moment.astimezone(ZoneInfo(zone)).utcoffset().total_seconds())


@cache
def _steps(zone: str) -> tuple[tuple[datetime.datetime, int], ...]:
    """(wall time, offset from then on). Empty for UTC and its other names, which need no shift.

    The later of a change's two wall times: a repeated hour then still has the old offset, which is its first occurrence,
    and so has a skipped hour, which shifts it forward.
    """
    steps = [
        (moment + datetime.timedelta(seconds=max(before, after)), after)
        for moment, before, after in _transitions(zone, FIRST_YEAR, LAST_YEAR)
    ]
    if not steps and _first_offset(zone):
        return ((datetime.datetime(FIRST_YEAR, 1, 1), _first_offset(zone)),)
    return tuple(steps)


def dst_odd_hours(zone: str, first_year: int, last_year: int) -> list[tuple[datetime.datetime, datetime.datetime, str]]:
    """Local times [start, end) that a zone's clock skips ("missing") or shows twice ("repeated") in these years."""
    odd = []
    for moment, before, after in _transitions(zone, first_year, last_year):
        start, end = sorted(moment + datetime.timedelta(seconds=offset) for offset in (before, after))
        if first_year <= start.year <= last_year:
            odd.append((start, end, "missing" if after > before else "repeated"))
    return odd


def text_literal(value: str) -> str:
    """A SQL string literal."""
    return "'" + value.replace("'", "''") + "'"
