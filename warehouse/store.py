"""The data folder: where the store, the landing and the snapshots lie, and who may write.

    snapshots/       <load_id>.duckdb: model and derived tables after that load, read-only; `current` names the one served
    store.duckdb     the next snapshot while a load makes it; one writer at a time
    landing/         raw rows as they came, Parquet, one file per loaded file
    mappings/        mapping files by source;  settings.toml, reasons.csv, decisions.csv beside them
    key              the secret that turns addresses into keys; never copied into a snapshot
"""
from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from warehouse.model import STORE_TABLES, make_tables
from warehouse.sql import sql_text

SCHEMA_VERSION = 7
SNAPSHOTS_KEPT = 5
MEMORY_MB = 2_500   # DuckDB spills beyond it; with a million contacts the whole process stays under 4 GB
ROW_BYTES = 150     # beyond, what a row of history needs while it is derived, so that large stores are not written out and read back
FEW_BYTES = 1_000_000   # of landed rows, some five thousand contacts: one thread derives them as soon as two


class StoreProblem(Exception):
    """Something about the data folder that a person must know; one sentence."""


class Busy(StoreProblem):
    """Another load is writing."""


@dataclass(frozen=True)
class Folder:
    """Paths of one data folder."""

    root: Path

    @property
    def store(self) -> Path:
        return self.root / "store.duckdb"

    @property
    def landing(self) -> Path:
        return self.root / "landing"

    @property
    def snapshots(self) -> Path:
        return self.root / "snapshots"

    @property
    def current(self) -> Path:
        return self.root / "current"

    @property
    def mappings(self) -> Path:
        return self.root / "mappings"

    def make(self) -> None:
        """Create what is missing, readable by the owner only: it holds customers' data."""
        for path in (self.root, self.landing, self.snapshots, self.mappings):
            try:
                path.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as error:
                raise StoreProblem(f"{path} cannot be made as part of the data folder: {error.strerror}") from None

    def key(self) -> str:
        """The secret behind e-mail, phone and external keys; made on first use, owner-only."""
        path = self.root / "key"
        with contextlib.suppress(FileExistsError):
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_hex(16))
        return path.read_text().strip()

    def current_load(self) -> str | None:
        """The load_id that is served, or None before the first load."""
        try:
            return self.current.read_text().strip() or None
        except FileNotFoundError:
            return None
        except NotADirectoryError:
            raise StoreProblem(f"{self.root} is a file, not a data folder") from None

    def is_gone(self, load_id: str) -> StoreProblem:
        """What to say where the served snapshot is missing: the store is in no other file."""
        older = sorted(path.stem for path in self.snapshots.glob("*.duckdb"))
        return StoreProblem(f"the snapshot of load {load_id} is gone from {self.snapshots}; put it back, or "
                            + (f"go on from the load before: write {older[-1]} into {self.current}" if older else "load the files into a new data folder"))

    def snapshot(self, load_id: str) -> Path:
        return self.snapshots / f"{load_id}.duckdb"


@contextlib.contextmanager
def writing(folder: Folder) -> Iterator[None]:
    """Hold the writer's lock. The lock dies with the process, so a killed load never blocks the next one.

    Raises: Busy with who holds it since when.
    """
    folder.make()
    with open(folder.root / "writer.lock", "a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            try:
                held = json.loads(file.read())
                raise Busy(f"a load is running since {held['since']} (process {held['process']}); try again when it is done") from None
            except (ValueError, KeyError):
                raise Busy("a load is running; try again when it is done") from None
        file.truncate(0)
        file.write(json.dumps({"process": os.getpid(), "since": datetime.now(UTC).strftime("%H:%M:%S UTC")}))
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def open_store(folder: Folder) -> duckdb.DuckDBPyConnection:
    """The store in the making, writable, its tables made, `keyed()` defined. Only under `writing`.

    Raises: StoreProblem where the store was written by a newer version.
    """
    con = duckdb.connect(config={"memory_limit": f"{MEMORY_MB}MB", "temp_directory": str(folder.root / "spill"), "autoinstall_known_extensions": False})
    if sum(path.stat().st_size for path in folder.landing.rglob("*.parquet")) < FEW_BYTES:
        con.execute("SET threads = 1")   # a second one would only wait, and takes a quarter more of the processor
    # no log of writes: a copy that a kill leaves behind is thrown away, so nothing need be safe before it is whole
    con.execute(f"ATTACH {sql_text(str(folder.store))} AS store (RECOVERY_MODE no_wal_writes)")
    con.execute("USE store")
    con.execute("SET preserve_insertion_order = false")   # every table carries its order in its columns; keeping the rows' own would take one thread
    con.execute("SET disabled_compression_methods = 'dict_fsst,fsst,zstd'")   # a snapshot an eighth smaller, its wide tables a third slower to write: plain dictionaries do
    con.execute("CREATE TABLE IF NOT EXISTS about (name VARCHAR PRIMARY KEY, value VARCHAR)")
    found = con.execute("SELECT value FROM about WHERE name = 'schema_version'").fetchone()
    if found is None:
        con.execute("INSERT INTO about VALUES ('schema_version', ?)", [str(SCHEMA_VERSION)])
    elif int(found[0]) > SCHEMA_VERSION:
        con.close()
        raise StoreProblem(f"{folder.store} was written by a newer version (schema {found[0]}, this one knows {SCHEMA_VERSION}); update first")
    make_tables(con)
    if found is not None and int(found[0]) < SCHEMA_VERSION:
        _upgrade(con)
    con.execute("CREATE TABLE IF NOT EXISTS tombstones (value_key VARCHAR PRIMARY KEY)")
    define_keyed(con, folder)
    return con


def make_room(con: duckdb.DuckDBPyConnection, rows: int) -> None:
    """Let DuckDB take more memory for a history of so many rows, up to two fifths of the machine's."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    con.execute(f"SET memory_limit = '{max(MEMORY_MB, min(rows * ROW_BYTES, machine * 2 // 5) // 1_000_000)}MB'")


def _upgrade(con: duckdb.DuckDBPyConnection) -> None:
    """Give a store of an earlier version the columns it lacks; everything derived is made anew by the load at hand."""
    for name, row in STORE_TABLES.items():
        for column, kind in row.columns().items():
            con.execute(f'ALTER TABLE {name} ADD COLUMN IF NOT EXISTS "{column}" {kind}')
    con.execute("DELETE FROM about WHERE name = 'derivations'")
    con.execute("UPDATE about SET value = ? WHERE name = 'schema_version'", [str(SCHEMA_VERSION)])


def keyed(folder: Folder, text: str) -> str:
    """The key of one text, as `keyed()` gives it inside the store."""
    with duckdb.connect() as con:
        define_keyed(con, folder)
        return con.execute("SELECT keyed(?)", [text]).fetchone()[0]


def define_keyed(con: duckdb.DuckDBPyConnection, folder: Folder) -> None:
    """`keyed(text)`: the same text gives the same key in this data folder, and no way back without its secret."""
    con.execute(f"CREATE OR REPLACE TEMP MACRO keyed(x) AS substr(sha256({sql_text(folder.key())} || lower(trim(x))), 1, 24)")


def reading(folder: Folder, load_id: str | None = None) -> duckdb.DuckDBPyConnection:
    """A read-only connection to a published snapshot, the current one by default.

    Raises: StoreProblem where nothing has been loaded yet.
    """
    load_id = load_id or folder.current_load()
    if load_id is None:
        raise StoreProblem(f"nothing has been loaded into {folder.root} yet; run: python -m warehouse load FILE")
    path = folder.snapshot(load_id)
    if not path.exists():
        raise folder.is_gone(load_id)
    con = duckdb.connect(str(path), read_only=True, config={
        "enable_external_access": "false", "autoinstall_known_extensions": "false", "autoload_known_extensions": "false"})
    if int(con.execute("SELECT value FROM about WHERE name = 'schema_version'").fetchone()[0]) < SCHEMA_VERSION:
        con.close()
        raise StoreProblem(f"the data in {folder.root} were derived by an earlier version; run: python -m warehouse refresh")
    return con
