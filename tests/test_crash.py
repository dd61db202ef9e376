"""A load that is killed at any moment loses nothing, harms nothing, and readers never notice; two at once cannot meet."""
from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import signal
import time
import traceback
from pathlib import Path

import duckdb
from conftest import HOME, door, load, start

from warehouse.store import Folder, reading

KILLS = int(os.environ.get("EVENKEEL_KILLS", "50"))
MAPPING = """
source = "desk"
[[file]]
match = "tickets*"
grain = "ticket"
[file.columns]
ticket_id = "id"
created_at = "created"
resolved_at = "resolved"
customer = "customer"
queue = "queue"
state = { column = "state", values = { open = "in_progress", done = "resolved" } }
[[file]]
match = "log*"
grain = "event"
[file.columns]
ticket_id = "id"
occurred_at = "at"
kind = "kind"
to = "to"
"""
context = multiprocessing.get_context("forkserver")
context.set_forkserver_preload(["warehouse.load", "connectors.reading", "metrics.engine.metric", "warehouse.__main__"])


def run(words: list[str], said: str = os.devnull) -> None:
    """Body of a child: one command, its exit code the process's; 70 where it ended in an error nobody expected."""
    os.chdir(HOME)
    from warehouse.__main__ import main
    with open(said, "w") as complaints, open(os.devnull, "w") as void, contextlib.redirect_stdout(void), contextlib.redirect_stderr(complaints):
        try:
            code = main(words)
        except BaseException:
            traceback.print_exc(file=complaints)
            code = 70
        complaints.flush()
        os._exit(code)


def start_child(words: list[str], said: Path | str = os.devnull) -> multiprocessing.Process:
    """A child that runs one command."""
    child = context.Process(target=run, args=(words, str(said)))
    start(child)
    return child


def batch(folder: Path, number: int, size: int = 40) -> list[Path]:
    """A pair of files: tickets and their log."""
    tickets, log = folder / f"tickets{number}.csv", folder / f"log{number}.csv"
    chance = random.Random(number)
    rows, events = ["id,created,resolved,customer,queue,state"], ["id,at,kind,to"]
    for i in range(number * size, (number + 1) * size):
        hour, day = chance.randrange(8, 16), chance.randrange(1, 28)
        done = chance.random() < 0.8
        rows.append(f"{i},2026-03-{day:02d} {hour:02d}:00,{f'2026-03-{day:02d} {hour + 3:02d}:00' if done else ''},C{i % 37},Q{i % 3},{'done' if done else 'open'}")
        events += [
            f"{i},2026-03-{day:02d} {hour:02d}:00,queued,Q{i % 3}",
            f"{i},2026-03-{day:02d} {hour:02d}:30,assigned,ana",
            f"{i},2026-03-{day:02d} {hour:02d}:45,agent_message,",
            f"{i},2026-03-{day:02d} {hour + 1:02d}:00,queued,Q{(i + 1) % 3}",
        ]
    tickets.write_text("\n".join(rows) + "\n")
    log.write_text("\n".join(events) + "\n")
    return [tickets, log]


def facts(data: Path) -> list[tuple]:
    with reading(Folder(data)) as con:
        return con.execute("""SELECT ticket_id, episode, started_at, ended_at, resolution_time, first_response_time, handoffs, transfers, next_contact_at
            FROM ticket_facts ORDER BY ALL""").fetchall()


def served(data: Path) -> tuple[str | None, int]:
    """What a reader sees now: it must always be one whole load."""
    load_id = Folder(data).current_load()
    if load_id is None:
        return None, 0
    with reading(Folder(data), load_id) as con:
        assert con.execute("SELECT value FROM about WHERE name = 'load_id'").fetchone()[0] == load_id
        tickets, told = con.execute("SELECT (SELECT count(*) FROM ticket_facts), (SELECT count(*) FROM tickets)").fetchone()
    assert tickets == told and tickets % 40 == 0, "half a load was shown"
    return load_id, tickets


def test_killed_at_many_random_moments(tmp_path):
    data, files, mapping = tmp_path / "data", tmp_path / "files", tmp_path / "map.toml"
    files.mkdir()
    mapping.write_text(MAPPING)
    load(data, *batch(files, 0), mapping=mapping)
    started = time.monotonic()
    load(data, *batch(files, 1), mapping=mapping)
    usual = time.monotonic() - started
    chance = random.Random(4711)
    killed, before = 0, served(data)
    for number in range(2, KILLS + 2):
        child = start_child(["load", *map(str, batch(files, number)), "--mapping", str(mapping), "--data", str(data), "--json"])
        child.join(chance.uniform(0, 1.3 * usual))
        if child.is_alive():
            os.kill(child.pid, signal.SIGKILL)
            killed += 1
        child.join()
        assert child.exitcode in (0, -signal.SIGKILL), "a load failed by itself"
        now = served(data)
        assert now[1] >= before[1]
        before = now
    assert killed >= KILLS // 3, "hardly any load was killed: the moments are not spread over a load"
    everything = [path for number in range(KILLS + 2) for path in batch(files, number)]
    report = load(data, *everything, mapping=mapping)
    assert all(f["rows"] == f["loaded"] + f["unchanged"] and f["refused"] == 0 for f in report["files"])
    assert door("warehouse", "check", data=data)["ok"]
    undisturbed = tmp_path / "undisturbed"
    load(undisturbed, *everything, mapping=mapping)
    assert facts(data) == facts(undisturbed)
    assert {p.name for p in (data / "landing").rglob("*.parquet")} == _known(data), "landed files without a load were left lying"


def _known(data: Path) -> set[str]:
    with reading(Folder(data)) as con:
        return {Path(r[0]).name for r in con.execute("SELECT landed FROM files").fetchall()}


def test_two_loads_at_once_cannot_harm_each_other(tmp_path):
    data, files, mapping = tmp_path / "data", tmp_path / "files", tmp_path / "map.toml"
    files.mkdir()
    mapping.write_text(MAPPING)
    load(data, *batch(files, 0), mapping=mapping)
    pairs = [batch(files, n) for n in range(1, 5)]
    waiting = list(pairs)
    for _ in range(20):
        notes = [tmp_path / f"said{n}" for n in range(len(waiting))]
        children = [start_child(["load", *map(str, pair), "--mapping", str(mapping), "--data", str(data), "--json"], note) for pair, note in zip(waiting, notes, strict=True)]
        while any(child.is_alive() for child in children):
            served(data)
        waiting = [pair for pair, child in zip(waiting, children, strict=True) if child.exitcode != 0]
        said = [note.read_text()[-600:] for note in notes]
        assert {child.exitcode for child in children} <= {0, 1} and len(waiting) < len(children), said
        if not waiting:
            break
    undisturbed = tmp_path / "undisturbed"
    load(undisturbed, *[p for n in range(5) for p in batch(files, n)], mapping=mapping)
    assert facts(data) == facts(undisturbed)


def test_the_one_who_comes_second_is_told_who_is_first(tmp_path):
    from warehouse.store import writing
    data, mapping = tmp_path / "data", tmp_path / "map.toml"
    mapping.write_text(MAPPING)
    with writing(Folder(data)):
        said = load(data, *batch(tmp_path, 1), mapping=mapping, code=1)
    assert f"process {os.getpid()}" in said and "running since" in said


def test_readers_keep_what_they_opened(tmp_path):
    data, mapping = tmp_path / "data", tmp_path / "map.toml"
    mapping.write_text(MAPPING)
    load(data, *batch(tmp_path, 0), mapping=mapping)
    with reading(Folder(data)) as con:
        for number in range(1, 8):   # more loads than snapshots are kept
            load(data, *batch(tmp_path, number), mapping=mapping)
        assert con.execute("SELECT count(*) FROM tickets").fetchone()[0] == 40
    assert len(list((data / "snapshots").glob("*.duckdb"))) == 5


def test_a_store_of_a_newer_version_is_left_alone(tmp_path):
    data, mapping = tmp_path / "data", tmp_path / "map.toml"
    mapping.write_text(MAPPING)
    load(data, *batch(tmp_path, 0), mapping=mapping)
    with duckdb.connect(str(Folder(data).snapshot(Folder(data).current_load()))) as con:
        con.execute("UPDATE about SET value = '999' WHERE name = 'schema_version'")
    assert "newer version" in load(data, *batch(tmp_path, 1), mapping=mapping, code=1)


def test_finished_but_never_served_is_made_again_by_the_next(tmp_path):
    data, mapping = tmp_path / "data", tmp_path / "map.toml"
    mapping.write_text(MAPPING)
    load(data, *batch(tmp_path, 0), mapping=mapping)
    first = Folder(data).current_load()
    second = load(data, *batch(tmp_path, 1), mapping=mapping)["load_id"]
    Folder(data).current.write_text(first)   # as a kill before the pointer moves leaves it
    third = load(data, *batch(tmp_path, 1), mapping=mapping)
    assert third["files"][0]["loaded"] == 40 and served(data) == (third["load_id"], 80)
    assert second == third["load_id"] or not Folder(data).snapshot(second).exists()
    assert not (data / "store.duckdb").exists()
