"""What the tests of pulls share: a data folder set up for a fake, a pull through the door, and what the store then holds."""
from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import duckdb
from conftest import door
from fakes.server import TOKEN, Fake

from warehouse.store import Folder, reading

# Everything but where a row came from and the number it got, which depend on the pull that brought it.
COMPARED = {"tickets": ("ticket_no",), "events": ("file_no", "ordinal"), "links": (), "agents": (), "queues": (), "companies": (), "customers": (), "identities": (),
            "ticket_facts": ("ticket_no",)}


def account(data: Path, source: str, fake: Fake, monkeypatch: Any, *, token: str | None = TOKEN, **keys: Any) -> Path:
    """A data folder whose settings name the fake, its token in the environment, its clock at the door, no long waits."""
    import connectors.__main__
    from connectors import http
    data.mkdir(exist_ok=True)
    lines = [f"[sources.{source}]", f'host = "{fake.base}"', *(f"{k} = {_toml(v)}" for k, v in keys.items())]
    (data / "settings.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    name = f"EVENKEEL_{source.upper()}_TOKEN"
    monkeypatch.setenv(name, token) if token else monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(connectors.__main__, "_now", fake.now)
    monkeypatch.setattr(http.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(duckdb, "connect", partial(_connect_alone, duckdb.connect))
    return data


def _connect_alone(connect: Any, *what: Any, **keys: Any) -> Any:
    """On one thread: for a handful of rows a pool of them costs a third more."""
    return connect(*what, **keys | {"config": {**(keys.get("config") or {}), "threads": 1}})


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {_toml(v)}" for k, v in value.items()) + " }"
    return "[" + ", ".join(map(_toml, value)) + "]" if isinstance(value, list) else f'"{value}"'


def pull(data: Path, source: str, *words: object, code: int | None = 0) -> Any:
    return door("connectors", "pull", source, *words, data=data, code=code)


def note(result: dict[str, Any], stream: str) -> str | None:
    return next(s["note"] for s in result["streams"] if s["stream"] == stream)


def held(data: Path) -> dict[str, list[str]]:
    """Every row the store holds, as text, sorted."""
    with reading(Folder(data)) as con:
        found = {}
        for table, but in COMPARED.items():
            names = [c[0] for c in con.execute(f"SELECT * FROM {table} LIMIT 0").description if c[0] not in but]
            listed = ", ".join(f'"{n}"' for n in names)
            found[table] = sorted(map(repr, con.execute(f"SELECT {listed} FROM {table}").fetchall()))
        return found


def rows(data: Path, sql: str) -> list[tuple[Any, ...]]:
    with reading(Folder(data)) as con:
        return con.execute(sql).fetchall()


def unsaid(data: Path, capfd: Any, *secrets: str) -> bool:
    """Whether none of these is in any file of the data folder or was printed."""
    said = "".join(capfd.readouterr()).encode() + b"".join(path.read_bytes() for path in data.rglob("*") if path.is_file())
    return not [secret for secret in secrets if secret.encode() in said]
