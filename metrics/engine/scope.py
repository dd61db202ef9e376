"""Which part of the data a question is about: period, filters, dimensions, as-of; parsed once, never guessed."""
from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

DIMENSIONS = {
    "source": "the account the contact came from", "kind": "ticket, chat, call or case", "channel": "how the customer came",
    "queue": "the queue that holds it now, or held it last; for stays their own queue", "first_queue": "the queue first entered",
    "team": "team of that queue", "vendor": "vendor of that queue; none = in house", "tier": "tier of that queue",
    "priority": "priority as the tool names it", "reason": "contact reason, in our words where reasons.csv has them",
    "reason_from": "where the reason comes from: field (the tool's own), tag or text (rules of reasons.csv)",
    "reason_group": "group of the reason", "owner": "who in the business owns the reason", "action": "what is to be done about the reason",
    "language": "language", "brand": "brand", "product": "product", "segment": "customer segment",
    "handled_by": "human_only, bot_to_human, bot_only, untouched or unknown", "agent": "who held it last, by pseudonym",
    "state": "state now", "is_open": "not settled yet", "is_proactive": "an agent started it",
    "in_incident": "one of many about the same incident, by the tool's own link: every view with and without an outage",
    "inferred_resolution": "the end was inferred, not told by the source", "ended_without_answer": "closed by the tool while waiting for the customer",
}
DATED = {"week": "week", "weekday": "weekday", "hour": "hour"}
COLUMNS = {"in_incident": "is_in_incident", "inferred_resolution": "is_inferred_end", "ended_without_answer": "is_ended_without_answer"}
NONE = "(none)"


class ScopeProblem(Exception):
    """The question cannot be asked so; one sentence."""


@dataclass(frozen=True)
class Scope:
    """from_on inclusive, to_on exclusive, local dates of the metric's own dating; where: (dimension, value) pairs, the same
    dimension twice is OR, two dimensions are AND; as_of UTC, default the data's end."""

    from_on: date | None = None
    to_on: date | None = None
    where: tuple[tuple[str, str], ...] = ()
    by: tuple[str, ...] = ()
    week: bool = False
    as_of: datetime | None = None
    options: dict[str, Any] = field(default_factory=dict)


def parse_date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ScopeProblem(f"'{text}' is no date; write it as 2026-08-31") from None


def parse_time(text: str) -> datetime:
    """A UTC instant: 2026-08-31, 2026-08-31T09:00, with Z or an offset; without one it is UTC."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ScopeProblem(f"'{text}' is no time; write it as 2026-08-31T09:00") from None
    if not 1900 < found.year < 2200:
        raise ScopeProblem(f"'{text}' is no time a ticket can have")
    if found.tzinfo is not None:
        from datetime import UTC
        found = found.astimezone(UTC).replace(tzinfo=None)
    return found


def parse_where(text: str, called: str = "filter; write DIM=VALUE") -> tuple[str, str]:
    name, mark, value = text.partition("=")
    if not mark or not name:
        raise ScopeProblem(f"'{text}' is no {called}")
    return name.strip(), value.strip()
