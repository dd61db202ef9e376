"""Numbers, durations, times and rules in words, as the brief says them too; and text of the data made safe for Markdown."""

from __future__ import annotations

from metrics.engine.wording import (
    NOTHING,
    UNITS,
    age,
    count,
    day,
    duration,
    hours,
    idle,
    is_unseen,
    left_out,
    listed,
    moment,
    plural,
    rounded,
    share,
    told_by,
    value,
    week,
)

__all__ = ["NOTHING", "UNITS", "age", "count", "day", "duration", "hours", "idle", "is_unseen", "left_out", "listed", "moment", "plain", "plural", "rounded", "share", "told_by",
           "value", "week"]


def plain(text: str) -> str:
    """Text of the data inside Markdown: shown as it is written."""
    return "".join("\\" + c if c in "\\`*_[]()#$~:<>|" else c for c in text)
