"""Tables: rows in columns, a button per row that opens its tickets, and a download that is safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import partial
from typing import Any

import polars as pl
import streamlit as st
import xlsxwriter

from pages.parts import read, words

HEAD, ROW = 37, 35  # pixels of a table's head with its frame, and of a row
TALL = 62  # pixels of a row from which on its texts wrap
RISKY = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run a cell that begins so
XLSX = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "remove_timezone": True, "nan_inf_to_errors": True, "default_date_format": "yyyy-mm-dd hh:mm"}
XLSX_ROWS = 1_048_574  # what a sheet holds beside its head and a last word


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


def as_xlsx(rows: Sequence[dict[str, Any]]) -> bytes:
    """A workbook of one sheet: text stays text, whatever it begins with; numbers, days and times are what they are."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, XLSX) as book:
        sheet = book.add_worksheet("Evenkeel")
        sheet.freeze_panes(1, 0)
        for i, row in enumerate([list(rows[0]), *(list(r.values()) for r in rows[:XLSX_ROWS])] if rows else []):
            sheet.write_row(i, 0, [guarded(_cell(value)) for value in row])
        if len(rows) > XLSX_ROWS:
            sheet.write_string(XLSX_ROWS + 1, 0, "A workbook holds no more rows; the CSV has all of them.")
    return made.getvalue()


def _cell(value: Any) -> Any:
    """What a workbook can hold of a value."""
    value = _flat(value)
    return value if value is None or isinstance(value, (str, int, float, date)) else str(value)


def download(rows: Callable[[], Sequence[dict[str, Any]]], name: str, label: str = "Download", key: str | None = None) -> None:
    """A download as CSV or as a workbook, made when it is asked for."""
    asked, key = read.later(rows), key or f"download_{name}"
    with st.container(horizontal=True, gap="small", vertical_alignment="center", width="content"):
        st.markdown(f":gray[:material/download: {label}]", width="content")
        for kind, made, mime in (("CSV", as_csv, "text/csv"), ("XLSX", as_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")):
            st.download_button(
                kind,
                data=partial(_made, made, asked),
                file_name=f"{name}.{kind.lower()}",
                mime=mime,
                on_click="ignore",
                type="tertiary",
                help=f"{label} as {kind}",
                key=f"{key}_{kind.lower()}",
            )


def _made(made: Callable[[Sequence[dict[str, Any]]], bytes], asked: Callable[[], Sequence[dict[str, Any]]]) -> bytes:
    return made(asked())


def show(rows: Sequence[dict[str, Any]], columns: dict[str, Any], *, key: str, alt: str, at_most: int | None = None, row_height: int | None = None) -> None:
    """Rows as a table; columns: name -> how it is shown, in order. Columns not named are not sent. at_most: pixels, more rows are scrolled to; row_height: see `tall`."""
    frame = pl.DataFrame([{name: row.get(name) for name in columns} for row in rows], infer_schema_length=None, strict=False)
    times = [name for name, kind in frame.schema.items() if kind == pl.Duration]
    height = min(at_most, HEAD + (row_height or ROW) * len(rows)) if at_most else "auto"
    st.dataframe(_in_words(frame, times) if times else frame, column_config=columns, hide_index=True, placeholder="–", key=key, alt=alt, height=height, row_height=row_height)


def wide(texts: Iterable[Any], least: int, most: int) -> int:
    """Pixels for a column of these texts; what is longer than `most` allows is cut or wraps."""
    return min(most, max(least, 22 + 7 * max((len(str(t)) for t in texts if t), default=0)))


def tall(texts: Iterable[Any], fit: int) -> int | None:
    """The height of rows where one of these texts is longer than the letters that fit into a line, so that it wraps; else the usual one."""
    return TALL if any(len(str(t)) > fit for t in texts if t) else None


def time(label: str, help: str | None = None, width: int = 125) -> Any:
    """A column of durations (timedelta in the rows)."""
    return st.column_config.NumberColumn(label, width=width, help=help, alignment="right")


def _in_words(frame: pl.DataFrame, times: Sequence[str]) -> Any:
    """The rows with their durations said as everywhere else ("4 d 8 h") and sorted by length.

    None of Streamlit's formats says a duration so; of a Styler it shows the words and sorts by the values. The Styler is handed the
    words alone: composing every cell, as it would, takes a third of a second for a thousand rows.
    """
    styler = frame.to_pandas().style
    body = [
        [{"id": f"row{i}_col{place}", "display_value": words.duration(value.total_seconds())} for i, value in enumerate(frame.to_series(place)) if value is not None]
        for place in (frame.columns.index(name) for name in times)
    ]
    styler._compute, styler._translate = (lambda: styler), (lambda *_: {"body": body})
    return styler


def tickets_column(label: str, key: str, opened: Callable[[int], None], help: str = "Open the tickets behind this row", alignment: str = "right", width: int | None = None) -> Any:
    """A column of buttons; `opened` is called with the row's number."""
    return st.column_config.ButtonColumn(label, key=key, type="tertiary", alignment=alignment, width=width, help=help, on_click=lambda: opened(st.session_state[key]["row"]))
