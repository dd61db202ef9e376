"""A pull in a process of its own that is killed at a chosen moment; imported by the fork server, so kept small."""
from __future__ import annotations

import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def pull(data: str, source: str, token: str, now: float, moment: tuple[str, int] | None) -> None:
    """Pull once. moment: ("landing", n) dies inside the n-th page's transaction, ("landed", n) right after it, ("merging", 0)
    before the load, ("merged", 0) after the load and before the landing knows."""
    import duckdb

    import connectors.__main__ as door
    import warehouse.load
    from connectors import http
    from connectors.landing import Landing
    os.environ[f"EVENKEEL_{source.upper()}_TOKEN"] = token
    door._now = lambda: datetime.fromtimestamp(now, UTC)
    http.time.sleep = lambda seconds: None
    connect = duckdb.connect
    duckdb.connect = lambda *what, **keys: connect(*what, **keys | {"config": {**(keys.get("config") or {}), "threads": 1}})   # as in `pulls`
    sys.stdout = sys.stderr = Path(os.devnull).open("w")   # noqa: SIM115
    kind, count = moment or ("", 0)
    pages = [0]
    written, land, load = Landing._set, Landing.land, warehouse.load.load

    def dying_set(self: Any, stream: str, columns: str, *values: Any) -> None:
        written(self, stream, columns, *values)
        if kind == "landing" and "cursor" in columns and pages[0] == count:
            die()

    def dying_land(self: Any, *rows: Any, **more: Any) -> int:
        pages[0] += 1
        found = land(self, *rows, **more)
        if kind == "landed" and pages[0] == count:
            die()
        return found

    def dying_load(*what: Any) -> Any:
        if kind == "merging":
            die()
        found = load(*what)
        if kind == "merged":
            die()
        return found
    Landing._set, Landing.land, warehouse.load.load = dying_set, dying_land, dying_load
    os._exit(door.main(["pull", source, "--data", data]))
