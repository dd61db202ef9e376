"""Writing files that are the same byte for byte whenever they hold the same."""

import csv
import gzip
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any


def write_packed(path: Path, text: str, encoding: str = "utf-8") -> None:
    """Text in gzip, without the time of packing."""
    path.write_bytes(gzip.compress(text.encode(encoding), compresslevel=9, mtime=0))


def write_plain(path: Path, text: str, encoding: str = "utf-8") -> None:
    """Text as it is, with LF on every platform."""
    path.write_bytes(text.encode(encoding))


def ndjson(rows: Iterable[Any]) -> str:
    """One JSON document a line."""
    return "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows)


def csv_text(rows: Iterable[Sequence[Any]], quote_all: bool = False) -> str:
    """Rows as CSV with LF."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL, lineterminator="\n")
    writer.writerows(rows)
    return out.getvalue()
