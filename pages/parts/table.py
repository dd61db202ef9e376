"""Tables: rows in columns, a button per row that opens its tickets, and a download that is safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from typing import Any

import polars as pl
import streamlit as st

from pages.parts import read

RISKY = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run a cell that begins so


def guarded(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula; numbers stay numbers."""
    return f"'{value}" if isinstance(value, str) and value.startswith(RISKY) else value


def as_csv(rows: Sequence[dict[str, Any]]) -> bytes:
    """CSV in UTF-8 with a mark, so that spreadsheets read the letters right."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    if rows:
        writer.writerow([guarded(name) for name in rows[0]])
        writer.writerows([[guarded(_flat(value)) for value in row.values()] for row in rows])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def way_in(text: str) -> str:
    """A cell that opens something."""
    return f":material/list_alt: {text}"


def _flat(value: Any) -> Any:
    return "; ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else value


def download(rows: Callable[[], Sequence[dict[str, Any]]], name: str, label: str = "Download CSV", key: str | None = None) -> None:
    """A download made when it is asked for."""
    asked = read.later(rows)
    st.download_button(
        label, data=lambda: as_csv(asked()), file_name=f"{name}.csv", mime="text/csv", on_click="ignore", type="tertiary", icon=":material/download:", key=key or f"download_{name}"
    )


def show(rows: Sequence[dict[str, Any]], columns: dict[str, Any], *, key: str, alt: str, height: int | str = "auto") -> None:
    """Rows as a table; columns: name -> how it is shown, in order. Columns not named are not sent."""
    frame = pl.DataFrame([{name: row.get(name) for name in columns} for row in rows], infer_schema_length=None, strict=False)
    st.dataframe(frame, column_config=columns, hide_index=True, placeholder="–", key=key, alt=alt, height=height)


def tickets_column(label: str, key: str, opened: Callable[[int], None], help: str = "Open the tickets behind this row", alignment: str = "right", width: int | None = None) -> Any:
    """A column of buttons; `opened` is called with the row's number."""
    return st.column_config.ButtonColumn(label, key=key, type="tertiary", alignment=alignment, width=width, help=help, on_click=lambda: opened(st.session_state[key]["row"]))
