"""Times in the words of people and of spreadsheets, put into a form that the formats of `connectors.dates` read.

Nothing here guesses: a month's name, a blank of another width or GMT mean one thing. A named zone other than GMT and UTC is
left as it stands, for PST, CST or IST are several zones each, and so fits no format.
"""

from __future__ import annotations

import re

from connectors.localtime import text_literal

EXCEL = "excel"   # the format of days since 1899-12-30, as a spreadsheet keeps a time: 45720.63
EXCEL_SHAPE = r"\d{5}([.,]\d+)?"

# beginnings that no two months share; English, German, French, Spanish, Italian, Portuguese, Dutch
_MONTHS = {
    "Jan": "jan|jän|ene|gen", "Feb": "feb|fév|fev", "Mar": "mar|mär|mrz|maa|mrt", "Apr": "apr|avr|abr", "May": "may|mai|mag|mei", "Jun": "jun|juin|giu",
    "Jul": "jul|juil|lug", "Aug": "aug|aou|aoû|ago", "Sep": "sep|set", "Oct": "oct|okt|ott|out", "Nov": "nov", "Dec": "dec|déc|dez|dic",
}
_CHANGES: tuple[tuple[str, str], ...] = (
    (r"[\x{00a0}\x{202f}\x{2009}]", " "),                      # blanks that newer systems put before PM
    (r" \((UTC|GMT)\)$", ""),                                  # "+0000 (UTC)", a comment
    (r"( ?(UTC|GMT)| Z)$", " +0000"),
    (r"(?i)^\pL+\.?,? +(\d{1,2}\.? +(de )?\pL)", r"\1"),       # the day of the week before "4 March"
    (r"^(\d{1,2})\. ?(\pL)", r"\1 \2"),                        # "4. März"
    (r"(?i) (de|del|um|at|à|a las|alle|às|om) ", " "),         # between day, month, year and clock
    (r"(?i) uhr$", ""),
    (r"(\d{1,2}) ?h ?(\d\d)$", r"\1:\2"),                      # 15h06
    (r"(?i)\b([ap])\. ?m\.?$", r"\1m"),
    *((rf"(?i)\b({starts})\pL*\.?([ /-]\d|,|$)", rf"{month}\2") for month, starts in _MONTHS.items()),
    (r" {2,}", " "),
)
ZONE_NAME = re.compile(r"\d ?([A-Z]{2,5})$")


def plain_sql(text_sql: str) -> str:
    """SQL of a time's text in English, with plain blanks and GMT as an offset."""
    for pattern, plain in _CHANGES:
        text_sql = f"regexp_replace({text_sql}, {text_literal(pattern)}, {text_literal(plain)}, 'g')"
    return text_sql


def excel_sql(text_sql: str) -> str:
    """SQL of the ISO text of a spreadsheet's day number, to the second; NULL of other texts."""
    seconds = f"cast(round(try_cast(replace({text_sql}, ',', '.') as double) * 86400) as bigint)"
    moment = f"strftime(timestamp '1899-12-30' + to_seconds({seconds}), '%Y-%m-%d %H:%M:%S')"
    return f"case when regexp_full_match({text_sql}, {text_literal(EXCEL_SHAPE)}) then {moment} end"


def zone_named(text: str) -> str | None:
    """The zone a time names by letters that say no offset: "PST"; None for GMT, UTC, AM and PM."""
    found = ZONE_NAME.search(text.strip())
    return found[1] if found and found[1] not in ("UTC", "GMT", "AM", "PM") else None
