"""Any uploaded or exported file to raw rows kept as Parquet.

`land` takes CSV in any delimiter and encoding, NDJSON and JSON, Excel, Parquet, and gzip and zip of them. What a file is
shows in its first bytes; its name and extension are never trusted. Message bodies are not kept unless asked for.
"""

from __future__ import annotations

import contextlib
import functools
import gzip
import itertools
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq

from connectors import careful, delimited, encoding, jsonrows, workbooks
from connectors.landed import (
    FileProblem,
    NotATable,
    Progress,
    RawTable,
    Refusal,
    is_message_text,
    lines_again,
    new_parquet,
    unique_headers,
)
from connectors.layout import find_layout, is_total

__all__ = ["FileProblem", "NotATable", "RawTable", "Refusal", "is_message_text", "land"]

LARGEST = 20 * 2**30  # bytes a compressed file may expand to
LARGEST_RATIO = 1000  # no real export compresses better; a decompression bomb does

_NOT_TABLES = {
    b"%PDF": "a PDF document; export the data as CSV or Excel instead",
    b"\x89PNG": "a picture (PNG); upload the exported data, not a screenshot",
    b"\xff\xd8\xff": "a picture (JPEG); upload the exported data, not a screenshot",
    b"GIF8": "a picture (GIF); upload the exported data, not a screenshot",
    b"7z\xbc\xaf": "a 7-Zip archive; unpack it and upload the files inside, or make it a zip",
    b"Rar!": "a RAR archive; unpack it and upload the files inside, or make it a zip",
    b"\x28\xb5\x2f\xfd": "compressed with zstd; unpack it first, or use gzip or zip",
    b"BZh": "compressed with bzip2; unpack it first, or use gzip or zip",
    b"\xfd7zXZ": "compressed with xz; unpack it first, or use gzip or zip",
    b"SQLite format 3": "a SQLite database; export its tables as CSV",
    b"<?xml": "an XML document; export the data as CSV, JSON or Excel instead",
    b"{\\rtf": "a word-processor document; export the data as CSV or Excel instead",
}


def land(path: Path, into: Path, *, keep_text: bool = False, progress: Progress | None = None) -> list[RawTable]:
    """Land every table of a file as Parquet in the folder `into`.

    A zip or a workbook gives several tables. `progress` is called with (bytes done, bytes in all, what is being done).
    Raises FileProblem where nothing usable is inside; lines that cannot be read are refusals of their table instead.
    """
    path, into = Path(path), Path(into)
    into.mkdir(parents=True, exist_ok=True)
    if not path.is_file():
        raise FileProblem(f"There is no file {path.name}; check its name and place.")
    progress = progress or (lambda done, total, text: None)
    with tempfile.TemporaryDirectory(prefix="landing-", dir=into) as scratch:
        tables = _land(path.name, functools.partial(_as_is, path), into, Path(scratch), keep_text, progress)
    total = path.stat().st_size
    progress(total, total, f"{path.name} read")
    return tables


@contextlib.contextmanager
def _as_is(path: Path, scratch: Path) -> Iterator[Path]:
    yield path


def _land(name, opened, into, scratch, keep_text, progress) -> list[RawTable]:
    """Land what `opened(scratch)`, a context manager, gives a path to; it is called again when lines are looked up."""
    with opened(scratch) as path:
        with path.open("rb") as file:
            head = file.read(4096)
        if head.startswith(b"\x1f\x8b"):
            inner = functools.partial(_unzipped, opened)
            return _land(name, inner, into, scratch, keep_text, progress)
        if head.startswith(b"PK\x03\x04") or head.startswith(b"PK\x05\x06"):
            if not _is_workbook(path, name):
                return _land_members(name, opened, path, into, scratch, keep_text, progress)
            return workbooks.land_workbook(name, path, into, keep_text, opened)
        if head.startswith(b"\xd0\xcf\x11\xe0"):
            return workbooks.land_workbook(name, path, into, keep_text, opened)
        if head.startswith(b"PAR1"):
            return [workbooks.land_parquet(name, path, into, keep_text)]
        _refuse_other_kinds(name, path, head)
        code = encoding.detect(path)
        total = path.stat().st_size
        text = encoding.to_utf8(
            path, code, scratch / "utf8", lambda done: progress(done, total, f"reading {name} as {code}")
        )
        with text.open("rb") as file:
            start = file.read(1 << 16).removeprefix(b"\xef\xbb\xbf").lstrip()
        opened_text = functools.partial(_in_utf8, opened, code)
        if start.startswith((b"{", b"[")):
            return jsonrows.land_json(name, text, into, keep_text, code, opened_text)
        return [_land_delimited(name, text, into, keep_text, code, opened_text, progress)]


def _land_delimited(name, path, into, keep_text, code, opened, progress) -> RawTable:
    layout = find_layout(path)
    headers = unique_headers(layout.header)
    kept = [k for k, header in enumerate(headers) if keep_text or not is_message_text(header)]
    if not kept:
        raise NotATable(f"{name} holds nothing but message texts, which are not kept; export ticket numbers and times too.")
    total = path.stat().st_size
    progress(0, total, f"reading the rows of {name}")
    parquet = new_parquet(into, name)
    landed, refused = delimited.copy(path, layout, kept, parquet)
    landed = _without_totals(parquet, landed)
    return RawTable(
        name=name,
        parquet=parquet,
        headers=tuple(headers[k] for k in kept),
        rows=landed + len(refused),
        refused=tuple(refused),
        encoding=code,
        delimiter=layout.delimiter,
        header_row=layout.header_line,
        dropped_columns=tuple(header for k, header in enumerate(headers) if k not in set(kept)),
        _landed_lines=functools.partial(lines_again, opened, functools.partial(careful.landed_lines, layout=layout)),
    )


def _without_totals(parquet: Path, landed: int) -> int:
    """Take totals and averages off the end of a landed table; the rows left."""
    file = pq.ParquetFile(parquet)
    last = file.read_row_group(file.num_row_groups - 1).slice(max(0, file.metadata.row_group(file.num_row_groups - 1).num_rows - 10)) if landed else None
    totals = list(itertools.takewhile(is_total, reversed(list(zip(*last.to_pydict().values(), strict=True))))) if last else []
    if totals:
        rest = parquet.with_suffix(".rest")
        with pq.ParquetWriter(rest, file.schema_arrow) as writer:
            left = landed - len(totals)
            for batch in file.iter_batches():
                writer.write_batch(batch.slice(0, min(left, batch.num_rows)))
                left -= min(left, batch.num_rows)
        rest.replace(parquet)
    return landed - len(totals)


@contextlib.contextmanager
def _in_utf8(opened, code: str, scratch: Path) -> Iterator[Path]:
    with opened(scratch) as path:
        yield encoding.to_utf8(path, code, scratch / "utf8")


@contextlib.contextmanager
def _unzipped(opened, scratch: Path) -> Iterator[Path]:
    """The content of a gzip file, written out once."""
    folder = Path(tempfile.mkdtemp(dir=scratch))
    try:
        with opened(folder) as path, gzip.open(path) as source:
            target = folder / "unpacked"
            try:
                _copy_bounded(source, target, path.stat().st_size)
            except EOFError:
                raise FileProblem("The gzip file is cut off before its end; download or export it again.") from None
            except (gzip.BadGzipFile, zlib.error):
                raise FileProblem("The gzip file is damaged; download or export it again.") from None
        yield target
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _member(opened, index: int, scratch: Path) -> Iterator[Path]:
    """One member of a zip, written out under a name of our own: names inside an archive are never used as paths."""
    folder = Path(tempfile.mkdtemp(dir=scratch))
    try:
        with opened(folder) as path, zipfile.ZipFile(path) as archive:
            member = archive.infolist()[index]
            target = folder / "member"
            try:
                with archive.open(member) as source:
                    _copy_bounded(source, target, member.compress_size)
            except NotImplementedError:   # a RuntimeError too, so it comes first
                raise FileProblem(f"{member.filename} in the zip is packed in a way that cannot be read here; unpack it and upload the file.") from None
            except RuntimeError:
                raise FileProblem(f"{member.filename} in the zip needs a password; unpack it and upload the file.") from None
            except (zipfile.BadZipFile, zlib.error, EOFError):
                raise FileProblem(f"{member.filename} in the zip is damaged; download or export the zip again.") from None
        yield target
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _copy_bounded(source, target: Path, compressed: int) -> None:
    """Copy a decompressing stream to a file; FileProblem where it grows beyond any real export."""
    done = 0
    with target.open("wb") as file:
        while chunk := source.read(1 << 22):
            done += len(chunk)
            # Small files compress absurdly well now and then; below 100 MB they do no harm.
            if done > LARGEST or (done > 100_000_000 and done > compressed * LARGEST_RATIO):
                raise FileProblem(
                    f"Unpacked, the file is larger than {done / 2**30:.1f} GB, more than any real export of its size; "
                    "split the export, or unpack it and upload its parts."
                )
            file.write(chunk)


def _is_workbook(path: Path, name: str) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile:
        raise FileProblem(f"{name} is a zip file that is damaged or cut off; download or export it again.") from None
    return any(inside.startswith("xl/") for inside in names) or ("mimetype" in names and "content.xml" in names)


def _land_members(name, opened, path, into, scratch, keep_text, progress) -> list[RawTable]:
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
    if sum(member.file_size for member in members) > LARGEST:
        raise FileProblem(f"{name} would unpack to more than {LARGEST / 2**30:.0f} GB; split the export.")
    tables, problems = [], []
    for index, member in enumerate(members):
        base = member.filename.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
        if member.is_dir() or member.filename.startswith("__MACOSX") or base.startswith("."):
            continue
        inner = functools.partial(_member, opened, index)
        try:
            tables += _land(f"{name}/{member.filename}", inner, into, scratch, keep_text, progress)
        except NotATable as problem:
            problems.append(problem)
    if not tables:
        raise NotATable(f"{name} holds no table: {problems[0]}" if problems else f"{name} is an empty zip file.")
    return tables


def _refuse_other_kinds(name: str, path: Path, head: bytes) -> None:
    """Raise NotATable for what is no table, saying what it seems to be."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start.strip(b"\0"):
        empty = path.stat().st_size == len(head)
        raise NotATable(f"{name} is empty; export it again." if empty else f"{name} holds only blanks; export it again.")
    for magic, what in _NOT_TABLES.items():
        if start.startswith(magic):
            raise NotATable(f"{name} is {what}.")
    lower = start[:1000].lower()
    if lower.startswith((b"<!doctype html", b"<html")) or (start.startswith(b"<") and b"<html" in lower):
        raise NotATable(
            f"{name} is a web page, not data, perhaps a login page saved under the export's name; "
            "sign in to the tool and export again."
        )
    if head[257:262] == b"ustar":
        raise NotATable(f"{name} is a tar archive; unpack it and upload the files inside, or make it a zip.")
    control = sum(byte < 32 and byte not in (9, 10, 11, 12, 13, 27) for byte in head)
    looks_utf16 = head.startswith((b"\xff\xfe", b"\xfe\xff")) or max(head[0::2].count(0), head[1::2].count(0)) > len(head) // 4
    if control > len(head) // 10 and not looks_utf16:
        raise NotATable(f"{name} is a binary file of an unknown kind, not a table; export the data as CSV, Excel or JSON.")
