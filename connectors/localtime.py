"""Times as exports write them to UTC: the SQL for it, and the hours a zone's clock skips or shows twice.

Formats are strptime formats as DuckDB understands them, and three names for what strptime cannot say: "iso" (2026-01-05,
2026-01-05 10:49, with T or a blank, seconds, fraction, and Z, UTC, +02:00, +0200 or +02), "epoch" (seconds since 1970) and
"epoch_ms". What a format yields, as found on DuckDB 1.5.5 and 2.0.0:
- "iso" with Z, UTC, GMT or an offset, formats with %z or %Z, "epoch", "epoch_ms": a moment, so UTC
- every other: a wall time without zone, taken as local time of the zone given
DuckDB's own casts are not used bare: casting text to TIMESTAMP drops an offset without applying it, and accepts "epoch",
"infinity", 2026/1/5 and blanks inside numbers; %Y takes "26" for the year 26. `at time zone` reads a repeated hour as its
second occurrence, which is put right here.
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
    Raises ZoneInfoNotFoundError for an unknown zone.
    """
    value = f"({column_sql})"
    arms: list[str] = []
    for kind, group in itertools.groupby(formats or ["iso"], _kind):
        names = list(group)
        if kind == "iso":
            arms.append(_iso(value, zone))
        elif kind == "epoch":
            arms.append(_epoch(value, r"\d{9,10}(\.\d+)?", 1_000_000))
        elif kind == "epoch_ms":
            arms.append(_epoch(value, r"\d{12,13}", 1000))
        elif kind == "zoned":
            arms.append(f"make_timestamp(epoch_us(try_strptime({value}, {_list(names)})))")
        else:
            parsed = f"try_strptime({value}, {_list(names)})"
            guarded = f"case when regexp_matches({value}, '[0-9]{{4}}') then {parsed} end"
            arms.append(_to_utc(guarded if kind == "four-digit year" else parsed, zone))
    return _first(arms)


def wall_time_sql(column_sql: str, formats: Sequence[str] | None) -> str:
    """SQL of the wall time of texts that do not say their zone; NULL for all others."""
    value = f"({column_sql})"
    arms = []
    for form in formats or ["iso"]:
        if form == "iso":
            arms.append(f"case when regexp_full_match({value}, '{ISO_NAIVE}') then try_cast({value} as timestamp) end")
        elif _kind(form) in ("two-digit year", "four-digit year"):
            arms.append(f"try_strptime({value}, {_list([form])})")
    return _first(arms) if arms else "cast(null as timestamp)"


def is_odd_sql(wall: str, kind: str, zone: str) -> str:
    """SQL of whether a wall time (a column, not a long expression) lies in a "missing" or a "repeated" hour of the zone."""
    moment = f"(({wall} at time zone {text_literal(zone)}) at time zone 'UTC')"
    if kind == "missing":
        return f"({moment} at time zone 'UTC') at time zone {text_literal(zone)} <> {wall}"
    return f"(({moment} - interval {_fold_seconds(zone)} second) at time zone 'UTC') at time zone {text_literal(zone)} = {wall}"


def _to_utc(wall: str, zone: str) -> str:
    """A wall time in UTC. DuckDB reads a repeated hour as its second occurrence: put back to the first, in the months it can be."""
    if zone == "UTC" or (not _transitions(zone, FIRST_YEAR, LAST_YEAR) and not _first_offset(zone)):
        return wall
    moment = f"((({wall}) at time zone {text_literal(zone)}) at time zone 'UTC')"
    months = sorted({end.month for _, end, kind in dst_odd_hours(zone, FIRST_YEAR, LAST_YEAR) if kind == "repeated"})
    if not months:
        return moment
    earlier = f"({moment} - interval {_fold_seconds(zone)} second)"
    back = f"(({earlier} at time zone 'UTC') at time zone {text_literal(zone)})"
    return f"case when month({wall}) in ({', '.join(map(str, months))}) and {back} = ({wall}) then {earlier} else {moment} end"


@cache
def _fold_seconds(zone: str) -> int:
    """How much a zone's clock is put back, by its latest change: an hour nearly everywhere."""
    folds = [(end - start) for start, end, kind in dst_odd_hours(zone, FIRST_YEAR, LAST_YEAR) if kind == "repeated"]
    return int(folds[-1].total_seconds()) if folds else 3600


def _kind(form: str) -> str:
    if form in ("iso", "epoch", "epoch_ms"):
        return form
    if "%z" in form or "%Z" in form:
        return "zoned"
    return "four-digit year" if "%Y" in form else "two-digit year"


def _iso(value: str, zone: str) -> str:
    seconds = f"regexp_replace({value}, '^(.{{16}}) ?([ZUG+-])', '\\1:00\\2')"  # 10:49Z, which DuckDB 1.5 does not cast
    letters = f"regexp_replace({seconds}, ' ?(UTC|GMT)$', 'Z')"
    plain = f"regexp_replace({letters}, ' ([+-][0-9:]+)$', '\\1')"
    moment = "make_timestamp(epoch_us(try_cast({} as timestamptz)))"
    return (
        f"case when regexp_full_match({value}, '{ISO_NAIVE}') then {_to_utc(f'try_cast({value} as timestamp)', zone)}"
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
