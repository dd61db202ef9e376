"""Publishing: a finished store becomes a read-only snapshot under a name of its own, then a pointer moves.

Readers open the snapshot that `current` names; they never see the store and never wait for it. A kill between commit
and publish leaves the old snapshot served; the next command that writes publishes what was committed.
"""
from __future__ import annotations

import os
import shutil

from warehouse.store import SNAPSHOTS_KEPT, Folder, open_store


def committed_load(folder: Folder) -> str | None:
    """The newest load in the store."""
    con = open_store(folder)
    try:
        found = con.execute("SELECT load_id FROM loads ORDER BY load_no DESC LIMIT 1").fetchone()
        return found[0] if found else None
    finally:
        con.close()


def publish(folder: Folder, load_id: str, keep_older: bool = True) -> None:
    """Copy the closed store to its snapshot name and move the pointer; both steps are atomic renames.

    keep_older: False after an erasure, whose point is that no older copy is left.
    """
    temporary = folder.snapshots / f".{load_id}.tmp"
    shutil.copyfile(folder.store, temporary)
    _sync(temporary)
    os.replace(temporary, folder.snapshot(load_id))
    pointer = folder.root / ".current.tmp"
    pointer.write_text(load_id + "\n")
    _sync(pointer)
    os.replace(pointer, folder.current)
    _tidy(folder, SNAPSHOTS_KEPT if keep_older else 1)


def finish_interrupted(folder: Folder) -> None:
    """Publish a load that was committed but not published, and clear what a kill left lying."""
    shutil.rmtree(folder.root / "spill", ignore_errors=True)
    if not folder.store.exists():
        return
    load_id = committed_load(folder)
    if load_id is not None and load_id != folder.current_load():
        publish(folder, load_id)


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
