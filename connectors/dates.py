"""Which format the times of a column have, found on all its values.

Formats are those of `connectors.localtime`, whose functions are offered here too: strptime formats as DuckDB understands
them, "iso", "epoch" and "epoch_ms"; and "excel", the days a spreadsheet counts. A text that fits none as it stands is tried
in plain words (`connectors.timewords`): "4. März 2025" fits "%d %b %Y", "15:06:46 GMT" fits "%H:%M:%S %z".
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from connectors.localtime import ISO_ANY_ZONE, ISO_NAIVE, dst_odd_hours, text_literal, to_timestamp_sql
from connectors.timewords import EXCEL, EXCEL_SHAPE, excel_sql, plain_sql

__all__ = ["NOTHING", "DateGuess", "as_read", "dst_odd_hours", "guess", "to_timestamp_sql"]


@dataclass(frozen=True)
class DateGuess:
    """The formats of a column, commonest first, for `to_timestamp_sql`.

    ambiguous: day-first and month-first fit equally many values; `formats` then holds the candidates of both.
    evidence: the value that proved the reading, or one that leaves it open.
    beside: formats of other values of the column, which can be read in one way only.
    """

    formats: tuple[str, ...]
    ambiguous: bool
    evidence: str
    beside: tuple[str, ...] = ()


_CLOCKS = ("%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p", "%I:%M%p", "%H:%M:%S %z", "%H:%M %z", "%I:%M %p %z", "%I:%M:%S %p %z")
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
    EXCEL: (EXCEL,),
}
_ONE_READING = ("iso", "named", "year first")  # whatever else stands in the column, such a text is read in one way
_BARE_NUMBERS = ("compact", "epoch", "epoch_ms", EXCEL)  # could be ids as well, so nearly every value must fit
# words that stand for nothing, in lower case
PLACEHOLDERS = ("", "?", "-", "--", "n/a", "#n/a", "na", "null", "(null)", "none", "nan", "unknown", "(blank)", "(empty)", "\\n")
NOTHING = f"({', '.join(map(text_literal, PLACEHOLDERS))})"   # the same in SQL


def as_read(con: Any, parquet: Path, text_sql: str, formats: Sequence[str] | None) -> tuple[str, list[str]]:
    """The text of times, as SQL over a landed table, and its formats, both as `connectors.localtime` reads them.

    Days of a spreadsheet become ISO text. Where a look at thousands of values shows some that fit a format in plain words
    only, every value that fits none is put so; a column without such is read as it stands, for words cost time.
    """
    known = ["iso" if form == EXCEL else form for form in formats or ["iso"]]
    if EXCEL in (formats or ()):
        text_sql = f"coalesce({excel_sql(text_sql)}, {text_sql})"
    landed = f"select {text_sql} as v from read_parquet({text_literal(str(parquet))})"
    looked_at = f"(({landed} limit 2000) union all ({landed} using sample reservoir(2000 rows) repeatable (1)))"
    unread = f"from {looked_at} where v is not null and {to_timestamp_sql('v', known, 'UTC')} is null"
    gained = None
    if con.execute(f"select 1 {unread} limit 1").fetchone():   # mostly all are read, and the words of months need not be looked for
        gained = con.execute(f"select 1 from (select {plain_sql('v')} as plain {unread}) where {to_timestamp_sql('plain', known, 'UTC')} is not null limit 1").fetchone()
    if gained:
        text_sql = f"case when {to_timestamp_sql(text_sql, known, 'UTC')} is null then {plain_sql(text_sql)} else {text_sql} end"
    return text_sql, known


def guess(con: Any, parquet: Path, column: str, *, as_days: bool = False) -> DateGuess | None:
    """The formats of a column of a landed table, or None where it holds no times.

    con: a DuckDB connection; column: its name in the file; as_days: its name says that it holds times, so that numbers may
    be the days a spreadsheet counts. A look at a few thousand values says which formats are possible; how many values each
    fits is counted over all of them, and the values none fits are looked at again. A column is one of times if at least
    half its values fit, placeholders like "?" aside, formats that are read in one way counted with the commonest; bare numbers
    (20260105, 1767610140) need 19 in 20 (days all), and a year from 1990 to 2049.
    """
    source = f"read_parquet({text_literal(str(parquet))})"
    trimmed = f"select trim({column}) as said, said as v from {source}"
    values, spread = f"({trimmed} where {column} is not null)", f"({trimmed} using sample reservoir(2000 rows) repeatable (1))"
    formats = _possible(con, f"(select v from {values} limit 2000) union all (select v from {spread})", as_days)
    total, counts = _count(con, values, formats)
    sums = dict(counts)
    if sum(counts.values()) < total:
        rest = f"(select * from {values} where {_none_fits(counts)})"
        sums |= _count(con, values, _possible(con, f"select v from {rest} limit 2000", as_days) - formats)[1]
        # what no format fits as it stands may fit one in plain words; a time in words has a day and a year at least, and words cost time
        worded = f"{values} where {_none_fits(sums)} and regexp_matches(v, '[0-9][^0-9]+[0-9]')"
        if con.execute(f"select 1 from {worded} limit 1").fetchone():
            rest = f"(select said, {plain_sql('v')} as v from {worded})"
            for form, count in _count(con, rest, _possible(con, f"select v from {rest} where v <> said limit 2000", as_days))[1].items():
                sums[form] = sums.get(form, 0) + count
            values = f"({values} union all {rest})"
    families = {
        family: sorted((form for form in forms if form in sums), key=lambda form: -sums[form])
        for family, forms in _FAMILIES.items()
        if any(form in sums for form in forms)
    }
    if not families:
        return None
    found = {family: sum(sums[form] for form in forms) for family, forms in families.items()}
    best = max(families, key=found.__getitem__)
    beside = [family for family in _ONE_READING if best not in (*_BARE_NUMBERS, family) and family in families]
    fitting = found[best] + sum(found[family] for family in beside)
    share = 1 if best == EXCEL else 0.95 if best in _BARE_NUMBERS else 0.5
    if fitting < share * total:
        [(total,)] = con.execute(f"select count({column}) from {source} where lower(trim({column})) not in {NOTHING}").fetchall()
        if fitting < share * total:
            return None
    return replace(_decide(con, values, families, found, best), beside=tuple(form for family in beside for form in families[family]))


def _decide(con: Any, values: str, families: dict[str, list[str]], found: dict[str, int], best: str) -> DateGuess:
    formats = families[best]
    proof = " or ".join(map(_fits, formats))
    other = {"day first": "month first", "month first": "day first"}.get(best)
    ambiguous = other in families and found[other] == found[best]
    if ambiguous:
        formats = [*families["day first"], *families["month first"]]
    elif other in families:
        proof = f"({proof}) and not coalesce({' or '.join(map(_fits, families[other]))}, false)"
    [(evidence,)] = con.execute(f"select said from {values} where {proof} limit 1").fetchall()
    return DateGuess(tuple(formats), ambiguous, evidence)


def _none_fits(formats: Iterable[str]) -> str:
    return " and ".join(f"not coalesce({_fits(form)}, false)" for form in formats) or "true"


def _count(con: Any, values: str, formats: set[str]) -> tuple[int, dict[str, int]]:
    """How many values there are, and how many of them each format fits; formats that fit none are left out."""
    names = sorted(formats)
    counts = "".join(f", count(*) filter (where {_fits(form)})" for form in names)
    [(total, *found)] = con.execute(f"select count(*){counts} from {values}").fetchall()
    return total, {form: count for form, count in zip(names, found, strict=True) if count}


def _fits(form: str) -> str:
    """SQL condition: the text `v` is a time in this format, in a year a ticket can have."""
    time = to_timestamp_sql(excel_sql("v"), ["iso"], "UTC") if form == EXCEL else to_timestamp_sql("v", [form], "UTC")
    if any(form in _FAMILIES[family] for family in _BARE_NUMBERS):
        digits = "regexp_full_match(v, '[0-9]{8}(T?[0-9]{6})?') and " if form.startswith("%") else ""
        return f"({digits}{time} between timestamp '1990-01-01' and timestamp '2050-01-01')"
    return f"({time} >= timestamp '1900-01-01')"


def _possible(con: Any, values: str, as_days: bool) -> set[str]:
    """The formats that have the shape of one of these values at least."""
    texts = {re.sub(r"\d", "9", text): text for (text,) in con.execute(values).fetchall() if text and len(text) < 50}
    return {form for form, shape in _shapes() if (as_days or form != EXCEL) and any(shape.fullmatch(text) for text in texts.values())}


@cache
def _shapes() -> list[tuple[str, re.Pattern[str]]]:
    parts = {
        **dict.fromkeys("dmHIMS", r"\d{1,2}"),
        **{"Y": r"\d{4}", "y": r"\d{2}", "f": r"\d+", "p": "[AaPp][Mm]", "z": r"[+-]\d\d(:?\d\d)?"},
        **{"a": "[A-Za-z]{3}", "b": "[A-Za-z]{3}", "B": "[A-Za-z]{3,}"},
    }
    shapes = {"iso": f"{ISO_NAIVE}|{ISO_ANY_ZONE}", "epoch": r"\d{9,10}(\.\d+)?", "epoch_ms": r"\d{12,13}", EXCEL: EXCEL_SHAPE}
    for form in itertools.chain(*_FAMILIES.values()):
        # Blanks may be doubled ("Jan  5"), as strptime allows.
        literal = re.escape(form).replace("\\ ", " +")
        shapes.setdefault(form, re.sub("%([a-zA-Z])", lambda found: parts[found[1]], literal))
    return [(form, re.compile(shape)) for form, shape in shapes.items()]
