"""From one snapshot to the next: a load works on a private copy of the served snapshot, which then becomes the next one.

Readers open the snapshot that `current` names; they never see the copy and never wait for it. A kill before the pointer
moves leaves nothing behind that anyone reads: the next command that writes clears it away.
"""
from __future__ import annotations

import os
import shutil

import duckdb

from warehouse.store import SNAPSHOTS_KEPT, Folder, open_store


def begin(folder: Folder) -> duckdb.DuckDBPyConnection:
    """A writable copy of the served snapshot, or an empty store before the first load. Only under `writing`."""
    discard(folder)
    served = folder.current_load()
    for path in folder.snapshots.glob("*.duckdb"):
        if served is None or path.stem > served:   # finished, but its pointer never moved
            path.unlink()
    if served is not None:
        if not folder.snapshot(served).exists():
            raise folder.is_gone(served)
        shutil.copyfile(folder.snapshot(served), folder.store)
    return open_store(folder)


def discard(folder: Folder) -> None:
    """Throw the copy away; also what a kill left lying."""
    shutil.rmtree(folder.root / "spill", ignore_errors=True)
    for path in (folder.store, folder.store.with_name(folder.store.name + ".wal")):
        path.unlink(missing_ok=True)


def publish(folder: Folder, load_id: str, keep_older: bool = True) -> None:
    """Give the closed copy its snapshot name and move the pointer; both steps are atomic renames.

    keep_older: False after an erasure, whose point is that no older copy is left.
    """
    _sync(folder.store)
    os.replace(folder.store, folder.snapshot(load_id))
    pointer = folder.root / ".current.tmp"
    pointer.write_text(load_id + "\n")
    _sync(pointer)
    os.replace(pointer, folder.current)
    _tidy(folder, SNAPSHOTS_KEPT if keep_older else 1)


def _tidy(folder: Folder, number: int) -> None:
    """Keep the newest snapshots. Readers that have an older one open keep it until they close it."""
    kept = sorted(folder.snapshots.glob("*.duckdb"))[-number:]
    for path in folder.snapshots.iterdir():
        if path not in kept:
            path.unlink(missing_ok=True)


def _sync(path: os.PathLike[str]) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
