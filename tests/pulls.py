"""What the tests of pulls share: a data folder set up for a fake, a pull through the door, and what the store then holds."""
from __future__ import annotations

import random
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


def left_told(monkeypatch: Any) -> dict[str, list[int]]:
    """Rows still to come, page by page of each stream, as pulls are told them from now on."""
    found: dict[str, list[int]] = {}

    def progress(told: Any, *more: Any) -> str:
        if more[-1] is not None:
            found.setdefault(told.stream, []).append(more[-1])
        return ""
    monkeypatch.setattr("connectors.pull.SECONDS_BETWEEN", -1)
    monkeypatch.setattr("connectors.pull._progress", progress)
    return found


def the_rest_is_here(fake: Any, data: Path, source: str, seed: int, steps: int) -> set[str]:
    """Three pulls while things happen and are deleted at random moments, then one in peace: what is there has arrived and is not taken for deleted.
    Returns the states in which what is gone still stands undeleted."""
    chance = random.Random(seed)
    fake.live(seed, steps, deletes=0.25)
    for _ in range(3):
        for _ in range(3):
            fake.later.append((len(fake.asked) + chance.randint(1, 30), lambda: fake.live(chance.randrange(10**6), 6, deletes=0.25)))
        pull(data, source)
        fake.later.clear()
        fake.clock += 7200
    pull(data, source)
    held = {ticket.rpartition(":")[2]: (state, gone) for ticket, state, gone in rows(data, "SELECT ticket_id, state, deleted_at IS NOT NULL FROM tickets")}
    there = set(map(str, fake.conversations))
    assert held.keys() >= there and not [one for one in there if held[one][1]]
    return {state for one, (state, is_deleted) in held.items() if one not in there and not is_deleted}
