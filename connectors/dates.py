"""Times as exports write them: which format a column has, and the SQL that turns it into UTC.

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
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

FIRST_YEAR, LAST_YEAR = 1990, 2040  # whose clock changes the SQL knows; before and after, the nearest offset holds

_DAY = r"\d{4}-\d\d-\d\d"
_CLOCK = r"[ T]\d\d:\d\d(:\d\d(\.\d+)?)?"
_ISO_NAIVE = f"{_DAY}({_CLOCK})?"
_ISO_PLAIN_ZONE = rf"{_DAY}[ T]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d(:?\d\d)?)"
_ISO_ANY_ZONE = rf"{_DAY}{_CLOCK} ?(Z|UTC|GMT|[+-]\d\d(:?\d\d)?)"


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
            is_wall.append(f"regexp_full_match({value}, '{_ISO_NAIVE}')")
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
        f"case when regexp_full_match({value}, '{_ISO_NAIVE}') then try_cast({value} as timestamp)"
        f" when regexp_full_match({value}, '{_ISO_PLAIN_ZONE}') then {moment.format(value)}"
        f" when regexp_full_match({value}, '{_ISO_ANY_ZONE}') then {moment.format(plain)} end"
    )


def _epoch(value: str, pattern: str, microseconds: int) -> str:
    moment = f"make_timestamp(cast(round(try_cast({value} as double) * {microseconds}) as bigint))"
    return f"case when regexp_full_match({value}, '{pattern}') then {moment} end"


def _first(expressions: list[str]) -> str:
    return f"({expressions[0]})" if len(expressions) == 1 else f"coalesce({', '.join(expressions)})"


def _list(formats: Sequence[str]) -> str:
    return "[" + ", ".join(map(_text, formats)) + "]"


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


@dataclass(frozen=True)
class DateGuess:
    """The formats of a column, commonest first, for `to_timestamp_sql`.

    ambiguous: day-first and month-first fit equally many values; `formats` then holds the candidates of both.
    evidence: the value that proved the reading, or one that leaves it open.
    """

    formats: tuple[str, ...]
    ambiguous: bool
    evidence: str


_CLOCKS = ("%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p", "%I:%M%p", "%H:%M:%S %z", "%H:%M %z")
_NAMED_DAYS = ("%d/%b/%y", "%d/%b/%Y", "%d-%b-%y", "%d-%b-%Y", "%d %b %Y", "%d %B %Y", "%b %d %Y", "%b %d, %Y", "%B %d, %Y")


def _with_clocks(days: Sequence[str]) -> tuple[str, ...]:
    return (*days, *(f"{day}{gap}{clock}" for day in days for gap in (" ", ", ") for clock in _CLOCKS))


def _numeric(order: str) -> tuple[str, ...]:
    return _with_clocks([order.replace("/", sign).replace("%Y", year) for sign in "/.-" for year in ("%Y", "%y")])


# Families of formats that may stand together in one column; the first of equally good ones is taken.
_FAMILIES: dict[str, tuple[str, ...]] = {
    "iso": ("iso",),
    "named": (
        "%a %b %d %H:%M:%S %Y",
        "%a, %d %b %Y %H:%M:%S",
        "%a, %d %b %Y %H:%M:%S %z",
        *_with_clocks(_NAMED_DAYS),
    ),
    "day first": _numeric("%d/%m/%Y"),
    "month first": _numeric("%m/%d/%Y"),
    "year first": _with_clocks(("%Y/%m/%d", "%Y.%m.%d")),
    "compact": ("%Y%m%d", "%Y%m%d%H%M%S", "%Y%m%dT%H%M%S"),
    "epoch": ("epoch",),
    "epoch_ms": ("epoch_ms",),
}
_BARE_NUMBERS = ("compact", "epoch", "epoch_ms")  # could be ids as well, so nearly every value must fit
_PLACEHOLDERS = ("", "?", "-", "--", "n/a", "na", "null", "none", "nan", "unknown")


def guess(con: Any, parquet: Path, column: str) -> DateGuess | None:
    """The formats of a column of a landed table, or None where it holds no times.

    con: a DuckDB connection; column: its name in the file. A look at a few thousand values says which formats are
    possible; how many values each fits is counted over all of them, and the values none fits are looked at again. A column
    is one of times if at least half its values fit, placeholders like "?" aside; bare numbers (20260105, 1767610140) need
    19 in 20, and a year from 1990 to 2049.
    """
    source = f"read_parquet({_text(str(parquet))})"
    values = f"(select trim({column}) as v from {source} where {column} is not null)"
    spread = f"(select trim({column}) as v from {source} using sample reservoir(2000 rows) repeatable (1))"
    formats = _possible(con, f"select v from {values} limit 2000") | _possible(con, f"select v from {spread}")
    total, counts = _count(con, values, formats)
    if sum(counts.values()) < total:
        others = " and ".join(f"not coalesce({_fits(form)}, false)" for form in counts) or "true"
        more = _possible(con, f"select v from {values} where {others} limit 2000") - formats
        if more:
            counts |= _count(con, values, more)[1]
    families = {
        family: sorted((form for form in forms if form in counts), key=lambda form: -counts[form])
        for family, forms in _FAMILIES.items()
        if any(form in counts for form in forms)
    }
    if not families:
        return None
    found = {family: sum(counts[form] for form in forms) for family, forms in families.items()}
    best = max(families, key=found.__getitem__)
    share = 0.95 if best in _BARE_NUMBERS else 0.5
    if found[best] < share * total:
        [(total,)] = con.execute(f"select count(*) from {values} where lower(v) not in {_PLACEHOLDERS}").fetchall()
        if found[best] < share * total:
            return None
    return _decide(con, values, families, found, best)


def _decide(con: Any, values: str, families: dict[str, list[str]], found: dict[str, int], best: str) -> DateGuess:
    formats = families[best]
    proof = " or ".join(map(_fits, formats))
    other = {"day first": "month first", "month first": "day first"}.get(best)
    ambiguous = other in families and found[other] == found[best]
    if ambiguous:
        formats = [*families["day first"], *families["month first"]]
    elif other in families:
        proof = f"({proof}) and not coalesce({' or '.join(map(_fits, families[other]))}, false)"
    [(evidence,)] = con.execute(f"select v from {values} where {proof} limit 1").fetchall()
    return DateGuess(tuple(formats), ambiguous, evidence)


def _count(con: Any, values: str, formats: set[str]) -> tuple[int, dict[str, int]]:
    """How many values there are, and how many of them each format fits; formats that fit none are left out."""
    names = sorted(formats)
    counts = "".join(f", count(*) filter (where {_fits(form)})" for form in names)
    [(total, *found)] = con.execute(f"select count(*){counts} from {values}").fetchall()
    return total, {form: count for form, count in zip(names, found, strict=True) if count}


def _fits(form: str) -> str:
    """SQL condition: the text `v` is a time in this format, in a year a ticket can have."""
    time = to_timestamp_sql("v", [form], "UTC")
    if any(form in _FAMILIES[family] for family in _BARE_NUMBERS):
        digits = "regexp_full_match(v, '[0-9]{8}(T?[0-9]{6})?') and " if form.startswith("%") else ""
        return f"({digits}{time} between timestamp '1990-01-01' and timestamp '2050-01-01')"
    return f"({time} >= timestamp '1900-01-01')"


def _possible(con: Any, values: str) -> set[str]:
    """The formats that have the shape of one of these values at least."""
    texts = {re.sub(r"\d", "9", text): text for (text,) in con.execute(values).fetchall() if text and len(text) < 50}
    return {form for form, shape in _shapes() if any(shape.fullmatch(text) for text in texts.values())}


@cache
def _shapes() -> list[tuple[str, re.Pattern[str]]]:
    parts = {
        **dict.fromkeys("dmHIMS", r"\d{1,2}"),
        **{"Y": r"\d{4}", "y": r"\d{2}", "f": r"\d+", "p": "[AaPp][Mm]", "z": r"[+-]\d\d(:?\d\d)?"},
        **{"a": "[A-Za-z]{3}", "b": "[A-Za-z]{3}", "B": "[A-Za-z]{3,}"},
    }
    shapes = {"iso": f"{_ISO_NAIVE}|{_ISO_ANY_ZONE}", "epoch": r"\d{9,10}(\.\d+)?", "epoch_ms": r"\d{12,13}"}
    for form in itertools.chain(*_FAMILIES.values()):
        # Blanks may be doubled ("Jan  5"), as strptime allows.
        literal = re.escape(form).replace("\\ ", " +")
        shapes.setdefault(form, re.sub("%([a-zA-Z])", lambda found: parts[found[1]], literal))
    return [(form, re.compile(shape)) for form, shape in shapes.items()]


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
