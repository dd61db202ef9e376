"""What a landed file is: its rows as Parquet, its headers, and the lines that could not be read."""

from __future__ import annotations

import re
import tempfile
import unicodedata
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

Progress = Callable[[int, int, str], None]
MEMORY_MB = 200   # what DuckDB may hold of rows on their way to Parquet; beyond, it writes them aside


class FileProblem(Exception):
    """The file cannot be used; the message is one sentence a person can act on."""


class NotATable(FileProblem):
    """The file holds no table at all (a picture, a web page, nothing); beside tables in a zip it is passed over."""


@dataclass(frozen=True)
class Refusal:
    """One thing in a file that was not loaded: where it stands, and a sentence on what is wrong and what to do."""

    line: int | None
    column: str | None
    value: str | None
    reason: str


@dataclass(frozen=True)
class RawTable:
    """One table as it came, kept as Parquet.

    `parquet` has the columns c0..cN, all text, in file order, an empty cell as NULL; `headers[k]` is the header of column ck.
    `rows` counts data rows: landed ones and the structurally `refused` ones, without header, repeated headers, preamble,
    footer and blank lines. `header_row` is the 1-based physical line (or sheet row) of the header, 0 where there is none.
    """

    name: str
    parquet: Path
    headers: tuple[str, ...]
    rows: int
    refused: tuple[Refusal, ...]
    encoding: str
    delimiter: str | None
    header_row: int
    dropped_columns: tuple[str, ...]
    _landed_lines: Callable[[], Iterator[int]] = field(repr=False, compare=False, default=lambda: iter(()))

    def lines_of(self, ordinals: Iterable[int]) -> dict[int, int]:
        """Physical line, in the decompressed file, of each landed row asked for (0-based).

        Reads the original file again, as far as the last row asked for: meant for the few rows that are refused later.
        """
        wanted = set(ordinals)
        last = max(wanted, default=-1)
        found = {}
        for ordinal, line in enumerate(self._landed_lines()):
            if ordinal > last:
                break
            if ordinal in wanted:
                found[ordinal] = line
        return found


def unique_headers(cells: Iterable[str | None]) -> tuple[str, ...]:
    """Header texts, each only once: "Comment", "Comment (2)"; a blank one is named by its place, "column 4"."""
    names: list[str] = []
    taken: set[str] = set()
    for place, cell in enumerate(cells, 1):
        text = " ".join(without_guard((cell or "").strip("\ufeff")).split()) or f"column {place}"
        name, copy = text, 1
        while name in taken:
            copy += 1
            name = f"{text} ({copy})"
        taken.add(name)
        names.append(name)
    return tuple(names)


def without_guard(cell: str) -> str:
    """The cell without the apostrophe some exports put before = + - @ to keep spreadsheets from running it."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in ("=", "+", "-", "@") else cell


# The last word of a header that holds what people wrote to each other, in the languages exports come in.
_TEXT_WORDS = {
    *("content", "description", "comment", "comments", "message", "messages", "text", "note", "notes", "remark", "remarks"),
    *("transcript", "beschreibung", "kommentar", "kommentare", "nachricht", "nachrichten", "inhalt", "bemerkung"),
    *("bemerkungen", "notiz", "notizen", "descripcion", "comentario", "comentarios", "mensaje", "mensajes", "contenido"),
    *("nota", "notas", "observaciones", "commentaire", "commentaires", "contenu", "remarque", "remarques"),
    *("descrizione", "commento", "commenti", "messaggio", "messaggi", "contenuto"),
}
_COUNT_WORDS = {"count", "number", "no", "num", "nb", "total", "anzahl", "numero", "nombre", "id", "type", "length", "size"}


@cache
def is_message_text(header: str) -> bool:
    """Whether a column of this header holds message bodies, which are private and not landed by default.

    Subjects and titles are not bodies ("Short description" is ServiceNow's subject), nor are counts ("Comment count").
    """
    leaf = header.rsplit(".", 1)[-1]
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", leaf)
    plain = unicodedata.normalize("NFKD", spaced).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z]+", plain)
    if not words or _COUNT_WORDS & {words[0], words[-1]}:
        return False
    if words[0] == "short" and words[-1] == "description":
        return False
    return words[-1] in _TEXT_WORDS or "body" in words


def bounded(aside: Path) -> dict[str, str]:
    """Configuration of a DuckDB that works on landed rows: its memory has a limit, and what is beyond goes into the folder `aside`."""
    return {"memory_limit": f"{MEMORY_MB}MB", "temp_directory": str(aside / "aside")}


def new_parquet(into: Path, name: str) -> Path:
    """A path in `into` no other landing uses; `name` only lends it readable letters and is never trusted as a path."""
    into.mkdir(parents=True, exist_ok=True)
    letters = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[-60:] or "table"
    return into / f"{letters}-{uuid.uuid4().hex[:12]}.parquet"


def _cleaned(column: pa.Array) -> pa.Array:
    """Empty cells as NULL, formula guards off."""
    if pc.any(pc.starts_with(column, "'")).as_py():
        column = pc.replace_substring_regex(column, "^'([=+@-])", r"\1")
    return pc.if_else(pc.equal(column, ""), None, column)


def lines_again(opened, lines: Callable[[Path], Iterator[int]]) -> Iterator[int]:
    """The lines of the landed rows, read from the original file once more; `opened(folder)` gives its UTF-8 text."""
    with tempfile.TemporaryDirectory(prefix="landing-") as scratch, opened(Path(scratch)) as path:
        yield from lines(path)


class RowWriter:
    """Writes rows of text cells to a Parquet file in batches, so that memory stays flat.

    Use as a context manager; on an error the unfinished file is removed. `landed` counts the rows written.
    """

    BATCH_ROWS = 20_000
    BATCH_CHARACTERS = 32_000_000

    def __init__(self, path: Path, columns: int):
        self.path, self.landed = path, 0
        self._schema = pa.schema([(f"c{k}", pa.string()) for k in range(columns)])
        self._file = pq.ParquetWriter(path, self._schema)
        self._rows: list[list[str | None]] = []
        self._characters = 0

    def add(self, row: list[str | None], characters: int) -> None:
        """Add one row of exactly the declared number of cells; `characters` is about how much text it holds."""
        self._rows.append(row)
        self._characters += characters
        if len(self._rows) >= self.BATCH_ROWS or self._characters >= self.BATCH_CHARACTERS:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            columns = [_cleaned(pa.array(column, pa.string())) for column in zip(*self._rows, strict=True)]
            self._file.write_table(pa.Table.from_arrays(columns, schema=self._schema))
        self.landed += len(self._rows)
        self._rows, self._characters = [], 0

    def close(self) -> None:
        """Write what is left and end the file."""
        try:
            self._flush()
        finally:
            self._file.close()

    def __enter__(self) -> RowWriter:
        return self

    def __exit__(self, kind, problem, trace) -> None:
        if kind is None:
            self.close()
        else:
            self._file.close()
            self.path.unlink(missing_ok=True)
