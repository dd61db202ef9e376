"""Where landed rows lie: in a private area until their load is served, then under their source."""
from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import duckdb

from warehouse.incoming import Incoming
from warehouse.store import Folder


def new_area(folder: Folder) -> Path:
    """A private place for landing files before they are merged; areas of processes that are no more are cleared."""
    folder.make()
    areas = folder.landing / "incoming"
    areas.mkdir(mode=0o700, exist_ok=True)
    for left in areas.iterdir():
        process = left.name.split("-")[0]
        if process.isdigit() and not _is_alive(int(process)):
            shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=areas))


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def keep(con: duckdb.DuckDBPyConnection, folder: Folder, load_id: str, incoming: Sequence[Incoming]) -> None:
    """Move landed rows to their place before the snapshot that speaks of them is served; without it they are cleared later."""
    for item in incoming:
        place = folder.landing / item.source / f"{load_id}-{item.landed.name}"
        place.parent.mkdir(mode=0o700, exist_ok=True)
        shutil.move(item.landed, place)
        place.chmod(0o600)
        con.execute("UPDATE main.files SET landed = ? WHERE landed = ?", [str(place.relative_to(folder.landing)), str(item.landed)])


def clear(folder: Folder, known: set[str]) -> None:
    """Remove landed files that no load speaks of (a killed load's, a forgotten one's)."""
    for path in folder.landing.rglob("*.parquet"):
        if path.relative_to(folder.landing).parts[0] != "incoming" and str(path.relative_to(folder.landing)) not in known:
            path.unlink()
