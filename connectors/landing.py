"""What has been pulled of one source and not yet been merged: `landing/<source>.duckdb`, under a lock of its own.

A page is landed together with the cursor that follows it, in one transaction. Once merged, the load keeps a row as Parquet
beside the files of uploads, where rebuild, forget and erase find it, and the landing keeps only its fingerprint.
"""
from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from connectors.problems import Later, PullProblem

TABLES = """
CREATE TABLE IF NOT EXISTS rows (stream VARCHAR, key VARCHAR, key_no UHUGEINT, body_no UHUGEINT, parent VARCHAR, row_no BIGINT, body VARCHAR);
CREATE TABLE IF NOT EXISTS streams (stream VARCHAR PRIMARY KEY, cursor VARCHAR, note VARCHAR, pages BIGINT, pulled_at TIMESTAMP, merged_no BIGINT);
CREATE TABLE IF NOT EXISTS waiting (stream VARCHAR, key VARCHAR, since_no BIGINT);
CREATE TABLE IF NOT EXISTS unknown_fields (stream VARCHAR, field VARCHAR, rows BIGINT);
"""
MEMORY_MB, HANDING_MB = 500, 100   # of DuckDB: while pages come in every one is compared with the keys of all rows; rows are handed on in few
STRETCH = 2_000   # rows handed to the load at a time
COLUMNS = pa.schema([("key", pa.string()), ("parent", pa.string()), ("body", pa.string())])


@dataclass(frozen=True)
class StreamState:
    """What the landing knows of a stream."""

    cursor: Any
    note: str | None
    pages: int
    pulled_at: datetime | None
    merged_no: int


def path_of(folder: Path, source: str) -> Path:
    """Where a source is landed; a name that is no file name is written with its odd letters replaced."""
    return folder / (re.sub(r"[^A-Za-z0-9_.-]", "_", source) + ".duckdb")


class Landing:
    """The open landing of a source. Use as a context manager; holds the source's lock.

    Raises: Later where another pull of the source is running.
    """

    def __init__(self, folder: Path, source: str):
        self.path, self.source = path_of(folder, source), source

    def __enter__(self) -> Landing:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise Later(f"a pull of {self.source} is running; try again when it is done") from None
        self.con = duckdb.connect(str(self.path), config={"memory_limit": f"{MEMORY_MB}MB", "threads": 1})
        self.path.chmod(0o600)
        self.con.execute(TABLES)
        self.next_no = self.con.execute("SELECT coalesce(max(row_no), 0) + 1 FROM rows").fetchone()[0]
        return self

    def __exit__(self, *problem: Any) -> None:
        self.con.close()
        os.close(self._lock)

    # --- a page ------------------------------------------------------------------------------------------------------
    def land(self, stream: str, rows: Iterable[tuple[str, str | None, dict[str, Any]]], *, cursor: Any, followers: Iterable[str] = (),
             answered: Iterable[str] = (), asks: dict[str, list[str]] | None = None) -> int:
        """Land (key, parent, row)s with the cursor that follows them. Returns how many were news.

        followers: streams that each news is to be asked of; answered: ids this stream has now been asked of; asks: stream ->
        ids to ask of it, where there is news.
        """
        page = {key: (parent, json.dumps(row, ensure_ascii=False, sort_keys=True)) for key, parent, row in rows}   # twice on a page: the later holds
        arriving = pa.table({"key": list(page), "parent": [p for p, _ in page.values()], "body": [b for _, b in page.values()]}, schema=COLUMNS)   # noqa: F841
        news = known = 0
        with self.transaction():
            if page:
                self.con.execute("""CREATE OR REPLACE TEMP TABLE news AS
                    SELECT a.*, r.key_no IS NOT NULL AS is_known FROM (
                        SELECT ? AS stream, key, md5_number(? || chr(31) || key) AS key_no, md5_number(body) AS body_no, parent, body FROM arriving) a
                    LEFT JOIN rows r ON r.key_no = a.key_no WHERE r.body_no IS NULL OR r.body_no <> a.body_no""", [stream, stream])
                news, known = self.con.execute("SELECT count(*), count(*) FILTER (WHERE is_known) FROM news").fetchone()
            if known:
                self.con.execute("DELETE FROM rows WHERE key_no IN (SELECT key_no FROM news)")
            if news:
                self.con.execute("INSERT INTO rows SELECT stream, key, key_no, body_no, parent, ? + row_number() OVER (), body FROM news", [self.next_no - 1])
                for follower in followers:
                    self.con.execute("INSERT INTO waiting SELECT ?, key, ? FROM news", [follower, self.next_no])
                for other, keys in (asks or {}).items():
                    self.ask_again(other, keys)
                self.next_no += news
            done = pa.table({"key": pa.array(list(answered), pa.string())})
            if done.num_rows:
                self.con.execute("DELETE FROM waiting WHERE stream = ? AND key IN (SELECT key FROM done)", [stream])
            self._set(stream, "cursor = ?, pages = pages + 1", json.dumps(cursor))
        return news

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        self.con.execute("BEGIN")
        try:
            yield
        except BaseException:
            self.con.execute("ROLLBACK")
            raise
        self.con.execute("COMMIT")

    # --- what is known of streams ------------------------------------------------------------------------------------
    def state(self, stream: str) -> StreamState:
        found = self.con.execute("SELECT cursor, note, pages, pulled_at, merged_no FROM streams WHERE stream = ?", [stream]).fetchone()
        return StreamState(json.loads(found[0]) if found[0] else None, *found[1:]) if found else StreamState(None, None, 0, None, 0)

    def _set(self, stream: str, columns: str, *values: Any) -> None:
        """Write down what is known of a stream; one not seen before gets its row first."""
        update = f"UPDATE streams SET {columns} WHERE stream = ?"
        if not self.con.execute(update, [*values, stream]).fetchone()[0]:
            self.con.execute("INSERT INTO streams VALUES (?, NULL, NULL, 0, NULL, 0)", [stream])
            self.con.execute(update, [*values, stream])

    def finished(self, stream: str, at: datetime, note: str | None) -> None:
        """A stream has been pulled to its end, or cannot be: the note says why."""
        self._set(stream, "pulled_at = ?, note = ?", at, note)

    def begin_at(self, stream: str, cursor: Any) -> None:
        """Set a stream's cursor, as `--since` does."""
        self._set(stream, "cursor = ?", json.dumps(cursor))

    def waiting(self, stream: str, many: int) -> list[str]:
        """The oldest ids this stream is still to be asked of."""
        return [r[0] for r in self.con.execute("SELECT key FROM waiting WHERE stream = ? GROUP BY key ORDER BY min(since_no), key LIMIT ?", [stream, many]).fetchall()]

    def left(self, stream: str) -> int:
        return self.con.execute("SELECT count(DISTINCT key) FROM waiting WHERE stream = ?", [stream]).fetchone()[0]

    def ask_again(self, stream: str, keys: Iterable[str]) -> None:
        """Put ids in the queue of a stream, as re-checks do."""
        asked = pa.table({"key": pa.array(list(keys), pa.string())})   # noqa: F841
        self.con.execute("INSERT INTO waiting SELECT ?, key, ? FROM asked", [stream, self.next_no])

    def put_behind(self, stream: str, keys: Iterable[str]) -> None:
        """Let ids of a stream's queue wait behind all others in it."""
        behind = pa.table({"key": pa.array(list(keys), pa.string())})   # noqa: F841
        self.con.execute("UPDATE waiting SET since_no = ? WHERE stream = ? AND key IN (SELECT key FROM behind)", [self.next_no, stream])

    def keys(self, stream: str) -> list[str]:
        """Every id ever landed of a stream."""
        return [r[0] for r in self.con.execute("SELECT key FROM rows WHERE stream = ? ORDER BY row_no", [stream]).fetchall()]

    def least(self, stream: str, field: str) -> str | None:
        """The least value of a field of a stream's rows; None where some are merged and tell it no more."""
        least, merged = self.con.execute("SELECT min(body ->> ?), count(*) - count(body) FROM rows WHERE stream = ?", [field, stream]).fetchone()
        return None if merged else least

    def bodies(self, stream: str) -> Iterator[dict[str, Any]]:
        """The rows of a stream that stay landed."""
        yield from self._stretches("FROM rows WHERE stream = ? AND body IS NOT NULL AND row_no > ?", stream, 0)

    def _stretches(self, chosen: str, stream: str, last: int) -> Iterator[dict[str, Any]]:
        """Rows behind `last`, in their order: rows lie in the order of their numbers, so that each stretch reads a part of the table and none sorts all bodies."""
        ends = self.con.execute(f"SELECT row_no FROM (SELECT row_no, row_number() OVER (ORDER BY row_no) AS place {chosen}) WHERE place % {STRETCH} = 0 ORDER BY 1",
                                [stream, last]).fetchall()
        for (end,) in (*ends, (self.next_no,)):
            for (body,) in self.con.execute(f"SELECT body {chosen} AND row_no <= ? ORDER BY row_no", [stream, last, end]).fetchall():
                yield json.loads(body)
            last = end

    # --- the way to the load -----------------------------------------------------------------------------------------
    @contextlib.contextmanager
    def handing_on(self) -> Iterator[None]:
        """While rows are mapped, which needs memory of its own, the landing gives up what it kept of the pages."""
        self.con.execute(f"SET memory_limit = '{HANDING_MB}MB'")
        try:
            yield
        finally:
            self.con.execute(f"SET memory_limit = '{MEMORY_MB}MB'")

    def fresh(self, stream: str, whole: bool) -> Iterator[dict[str, Any]]:
        """Rows not merged yet, in the order they came; with `whole`, all rows of each ticket that has one."""
        merged, chosen = self.state(stream).merged_no, "row_no > ?"
        if whole:
            self.con.execute("CREATE OR REPLACE TEMP TABLE fresh_parents AS SELECT DISTINCT parent FROM rows WHERE stream = ? AND row_no > ?", [stream, merged])
            merged, chosen = 0, "row_no > ? AND parent IN (FROM fresh_parents)"
        yield from self._stretches(f"FROM rows WHERE stream = ? AND body IS NOT NULL AND {chosen}", stream, merged)

    def merged(self, streams: Iterable[tuple[str, bool, Counter[str]]]) -> None:
        """These (stream, rows stay, fields not known) are in the warehouse now."""
        with self.transaction():
            for stream, stays, unknown in streams:
                self._set(stream, "merged_no = ?", self.next_no - 1)
                for field, count in unknown.items():
                    self.con.execute("INSERT INTO unknown_fields VALUES (?, ?, ?)", [stream, field, count])
                if not stays:
                    self.con.execute("UPDATE rows SET body = NULL WHERE stream = ? AND body IS NOT NULL", [stream])


def states(folder: Path, source: str) -> list[dict[str, Any]]:
    """Every stream of a source as it stands: rows, pages, last pull, what is degraded, unknown fields; empty before the first pull.

    Raises: Later while a pull holds the landing.
    """
    path = path_of(folder, source)
    if not path.exists():
        return []
    try:
        con = duckdb.connect(str(path), read_only=True)
    except duckdb.IOException:
        raise Later(f"a pull of {source} is running") from None
    with con:
        unknown: dict[str, dict[str, int]] = {}
        for stream, field, rows in con.execute("SELECT stream, field, sum(rows)::BIGINT FROM unknown_fields GROUP BY 1, 2 ORDER BY 1, 2").fetchall():
            unknown.setdefault(stream, {})[field] = rows
        return [{"stream": s, "rows": n, "not_merged": new, "pages": pages, "pulled_at": at, "note": note, "unknown_fields": unknown.get(s, {})}
                for s, n, new, pages, at, note in con.execute("""
                    SELECT s.stream, count(r.key), count(r.key) FILTER (WHERE r.row_no > s.merged_no), s.pages, s.pulled_at, s.note
                    FROM streams s LEFT JOIN rows r ON r.stream = s.stream GROUP BY ALL ORDER BY s.stream""").fetchall()]


def forget(folder: Path, source: str) -> bool:
    """Take a source's landing away; the next pull begins anew. True where there was one.

    Raises: Later while a pull holds it.
    """
    if not path_of(folder, source).exists():
        return False
    with Landing(folder, source) as landing:
        landing.path.unlink()
    return True


def check_owner_only(path: Path) -> None:
    """Raises: PullProblem where others may read a file of secrets."""
    if path.stat().st_mode & 0o077:
        raise PullProblem(f"{path.name} can be read by others; run: chmod 600 {path}")
