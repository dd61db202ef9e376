"""A brief to a file: whose it is decides what is on it, the file's ending how it is set."""
from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date
from pathlib import Path

from metrics.brief import html, lead, leader, owner, pdf
from metrics.brief.sheet import Asked, Sheet, newest_week, until
from metrics.engine.engines import DuckDBEngine
from metrics.engine.limits import monday
from metrics.engine.scope import Scope, ScopeProblem
from warehouse.store import StoreProblem

READERS: dict[str, Callable[[Asked], Sheet]] = {"leader": leader.sheet, "lead": lead.sheet, "owner": owner.sheet}


def written(engine: DuckDBEngine, reader: str, scope: Scope, week: date | None = None) -> Sheet:
    """What stands on the brief for this reader, of the newest full week (for a lead: now) unless another is named."""
    if engine.data_until is None:
        raise StoreProblem("there are no contacts yet to brief anybody on")
    newest = monday(until(engine).date()) if reader == "lead" else newest_week(engine)   # a lead is told of now
    return READERS[reader](Asked(engine, monday(week) if week else newest, scope.where))


def made(engine: DuckDBEngine, reader: str, scope: Scope, week: date | None, ending: str) -> bytes:
    """The file of a brief, .html or .pdf. Raises: ScopeProblem, StoreProblem."""
    if ending not in (".html", ".pdf"):
        raise ScopeProblem(f"a brief is written as .html or .pdf, not '{ending or 'a name without an ending'}'")
    sheet = written(engine, reader, scope, week)
    return html.page(sheet).encode() if ending == ".html" else pdf.document(sheet, engine.data_until.replace(tzinfo=UTC))


def write(engine: DuckDBEngine, reader: str, scope: Scope, week: date | None, target: Path) -> None:
    """Write it to FILE.html or FILE.pdf. Raises: ScopeProblem, StoreProblem."""
    made_file = made(engine, reader, scope, week, target.suffix.lower())
    try:
        target.write_bytes(made_file)
    except OSError as problem:
        raise StoreProblem(f"{target} cannot be written: {problem.strerror}") from None
