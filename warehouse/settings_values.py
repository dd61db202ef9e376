"""How the values of settings.toml are written: time zones, opening hours, durations, addresses, names. What is written otherwise is
refused with the rest of a sentence that names the key and the value.
"""
import re
from itertools import pairwise
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field

MOST_INTERVALS = 4  # open intervals a calendar row has room for
_UNIT_SECONDS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError("is not an IANA time zone such as Europe/Lisbon") from None
    return name


def _interval(text: object) -> tuple[int, int]:
    """ "09:00-17:30" as seconds since local midnight, (32400, 63000)."""
    found = re.fullmatch(r"(\d\d):([0-5]\d)-(\d\d):([0-5]\d)", text) if isinstance(text, str) else None
    if not found:
        raise ValueError('is not an interval such as "09:00-17:00"')
    hour, minute, end_hour, end_minute = map(int, found.groups())
    start, end = hour * 3600 + minute * 60, end_hour * 3600 + end_minute * 60
    if end > 86_400:
        raise ValueError("ends after 24:00")
    if start >= end:
        raise ValueError('does not end after it starts; hours over midnight are two: "22:00-24:00" and, next day, "00:00-06:00"')
    return start, end


def _apart(intervals: list[tuple[int, int]]) -> list[tuple[int, int]]:
    ordered = sorted(intervals)
    if any(later[0] < earlier[1] for earlier, later in pairwise(ordered)):
        raise ValueError("has intervals that overlap")
    if len(ordered) > MOST_INTERVALS:
        raise ValueError(f"has more than {MOST_INTERVALS} intervals")
    return ordered


def _duration(text: object) -> int:
    """ "30m", "4h", "2d" or "1w" in seconds."""
    found = re.fullmatch(r"([1-9]\d*)([mhdw])", text) if isinstance(text, str) else None
    if not found:
        raise ValueError('is not a duration such as "30m", "4h", "2d" or "1w"')
    return int(found[1]) * _UNIT_SECONDS[found[2]]


def _link(template: str) -> str:
    # what is shown as a link must not be able to carry a script
    if not re.match(r"https?://", template) or re.findall(r"[{}][^{}]*[{}]?", template) != ["{id}"]:
        raise ValueError("is not an http address with {id} in it where the tool's own ticket id goes")
    return template


def _domain(pattern: str) -> str:
    if not re.fullmatch(r"[\w.*-]+", pattern) or not pattern.strip("*."):
        raise ValueError('is not a pattern of an e-mail domain such as "example.com" or "*.example.com"')
    return pattern.lower()


def _host(text: str) -> str:
    """ "lamp.zendesk.com" or a whole address, as an address; a secret has no place in it."""
    address = text if "://" in text else f"https://{text}"
    if not re.fullmatch(r"https?://[\w.\-\[\]:]+(/[\w.\-/]*)?", address):
        raise ValueError("is not a host such as example.zendesk.com or https://example.com/tickets; user, password and token do not belong here")
    return address.rstrip("/")


def _once(names: dict[str, object]) -> dict[str, object]:
    """Targets are found by name whatever its capitals: the same name twice would promise two things."""
    seen: dict[str, str] = {}
    for name in names:
        if seen.setdefault(name.lower(), name) != name:
            raise ValueError(f"promises for {seen[name.lower()]!r} and {name!r}, which are the same name")
    return names


def account_name(name: str) -> str:
    """The name, where it can name an account: it is part of every id, and of file names. Raises: ValueError with the rest of a sentence."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.\- ]{0,59}", name):
        raise ValueError("cannot name an account: up to 60 letters, digits, blanks, '.', '-' and '_', a letter or digit first")
    return name


Zone = Annotated[str, AfterValidator(_zone)]
Account = Annotated[str, AfterValidator(account_name)]
Hours = Annotated[list[Annotated[tuple[int, int], BeforeValidator(_interval)]], AfterValidator(_apart)]
Duration = Annotated[int, BeforeValidator(_duration)]
Name = Annotated[str, Field(min_length=1)]
Count = Annotated[int, Field(strict=True, ge=0)]
AtLeastOne = Annotated[int, Field(strict=True, ge=1)]
Money = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]
Flag = Annotated[bool, Field(strict=True)]
State = Literal["new", "in_progress", "waiting_customer", "waiting_internal", "resolved", "closed"]
Targets = Annotated[dict[Name, Duration], Field(min_length=1), AfterValidator(_once)]
ByReason = Annotated[dict[Name, Annotated[Targets, BeforeValidator(lambda given: {"*": given} if isinstance(given, str) else given)]], AfterValidator(_once)]
Host = Annotated[str, AfterValidator(_host)]
Link = Annotated[str, AfterValidator(_link)]
Domain = Annotated[str, AfterValidator(_domain)]
