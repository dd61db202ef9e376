"""A brief as a PDF of one page, set by Typst: a wheel of its own, without a browser or system libraries.

All text is handed over as data, never as markup; what is too much for the page is set smaller.
"""
from __future__ import annotations

import json
import re
from dataclasses import asdict
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

from metrics.brief.sheet import Sheet
from warehouse.store import StoreProblem

TEMPLATE = Path(__file__).with_name("sheet.typ")


def is_possible() -> bool:
    """Is the typesetter installed?"""
    return find_spec("typst") is not None


def document(sheet: Sheet, made_at: datetime) -> bytes:
    """The PDF; the same sheet gives the same file. Raises: StoreProblem where the typesetter is not installed."""
    try:
        import typst
    except ImportError:
        raise StoreProblem("a PDF needs the package typst (pip install typst); write to FILE.html instead: any browser prints it on one page") from None
    told = asdict(sheet) | {"headlines": [_runs(s) for s in sheet.headlines]}
    return typst.compile(str(TEMPLATE), format="pdf", sys_inputs={"sheet": json.dumps(told, default=str)}, timestamp=int(made_at.timestamp()))


def _runs(text: str) -> list[dict[str, str | bool]]:
    """A sentence as pieces of text, bold or not."""
    return [{"text": part, "bold": i % 2 == 1} for i, part in enumerate(re.split(r"\*\*(.+?)\*\*", text)) if part]
