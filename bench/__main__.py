"""python -m bench: loading, asking and re-loading a million contacts, beside what DuckDB alone needs for the same files.

SCALE=0.1 makes it a tenth, SCALE=10 ten times as much (its table has a file of its own); `python -m bench others
changes pages pull` names parts beside the load, `load` it alone. Each target is printed with what was measured; a missed one says so.
"""
from __future__ import annotations

import importlib.util
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import duckdb

from bench import browser, pulls
from bench.data import CHANGES, write

SCALE = float(os.environ.get("SCALE", "1"))
HOME = Path(__file__).resolve().parent.parent


def timed(work) -> float:
    started = time.monotonic()
    work()
    return time.monotonic() - started


def load(folder: Path, data: Path, *names: str) -> tuple[float, float, float]:
    """Seconds and peak GB of the loader as a process of its own, and its seconds from the first derived table to the end."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    words = [sys.executable, "-m", "warehouse", "load", *(str(folder / n) for n in names), "--mapping", str(folder / "map.toml"), "--data", str(data), "--json"]
    began, merged = time.monotonic(), 0.0
    with subprocess.Popen(words, cwd=HOME, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        for line in process.stderr or ():
            merged = time.monotonic() if line.startswith("joining tickets") else merged
    ended = time.monotonic()
    if process.returncode:
        raise RuntimeError(f"the load ended with {process.returncode}")
    return ended - began, max(before, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1e6, ended - merged


def merely_read(folder: Path) -> float:
    """What DuckDB needs to read the two files into two tables."""
    with duckdb.connect(str(folder / "mere.duckdb")) as con:
        return timed(lambda: [con.execute(f"CREATE OR REPLACE TABLE {n} AS SELECT * FROM read_csv('{folder / (n + '.csv')}')") for n in ("tickets", "events")])


def median_ms(work, runs: int = 7) -> float:
    work()
    return 1000 * statistics.median(timed(work) for _ in range(runs))


def questions(data: Path) -> dict[str, tuple[float, float, float]]:
    """13-week questions in milliseconds: ours, the same answer hand-written (with what is left out by rule and what rests on what),
    and only its figures hand-written."""
    from datetime import date

    from metrics.engine.engines import DuckDBEngine
    from metrics.engine.metric import catalog
    from metrics.engine.query import show
    from metrics.engine.scope import Scope
    from warehouse.model import FIDELITIES
    from warehouse.store import Folder, reading
    engine = DuckDBEngine(reading(Folder(data)))
    scope = Scope(from_on=date(2026, 5, 4), to_on=date(2026, 8, 3), by=("queue",), week=True)
    period = "{on} >= DATE '2026-05-04' AND {on} < DATE '2026-08-03'"
    arrived, ended = period.format(on="arrived_on"), period.format(on="ended_on")
    quantiles = "quantile_cont({v}, [0.5, 0.25, 0.75, 0.9, 0.95]), avg({v})"
    waited = "epoch(assigned_at) - epoch(entered_at)"
    asked = {   # question -> table, condition, week, value, its figures, rules that leave out, what it rests on
        "facts: resolution_time by queue and week": ("ticket_facts", ended, "ended_week", "resolution_time", quantiles, "state_fidelity"),
        "facts: handoffs by queue and week": ("ticket_facts", arrived, "arrived_week", "handoffs", "avg({v}), sum({v})", "assignment_fidelity"),
        "stays: time_in_queue by queue and week": ("stays", arrived, "arrived_week", waited, quantiles, "assignment_fidelity"),
    }
    found = {}
    for label, (table, condition, week, value, figures, fidelity) in asked.items():
        metric = catalog()[label.split(": ")[1].split(" ")[0]]
        rule = f"CASE {' '.join(f'WHEN {c} THEN {n}' for n, c in enumerate(_rules(metric, engine), 1))} END"
        counted = ", ".join(f"count(*) FILTER (x = {n})" for n in range(1, len(metric.excluded) + 1))
        rests = ", ".join(f"count(v) FILTER (rests = '{kind}')" for kind in FIDELITIES)
        figure = f"SELECT queue, {week}, count(*), {figures.format(v=value)} FROM {table} WHERE {condition} AND left_out IS NULL AND ({value}) IS NOT NULL GROUP BY 1, 2"
        answer = (f"SELECT queue, {week}, count(v), {figures.format(v='v')}, {counted}, {rests} FROM (SELECT *, CASE WHEN x IS NULL THEN {value} END AS v FROM ("
                  f"SELECT *, {rule} AS x, {fidelity} AS rests FROM {table} f WHERE {condition} AND left_out IS NULL)) GROUP BY 1, 2")
        found[label] = median_ms(lambda m=metric: show(engine, m, scope)), median_ms(lambda s=answer: engine.query(s)), median_ms(lambda s=figure: engine.query(s))
    return found


def all_time(data: Path) -> dict[str, float]:
    """Questions of all time in milliseconds."""
    from metrics.engine.engines import DuckDBEngine
    from metrics.engine.metric import catalog
    from metrics.engine.query import show
    from metrics.engine.scope import Scope
    from warehouse.store import Folder, reading
    engine = DuckDBEngine(reading(Folder(data)))
    asked = {"resolution_time by queue": Scope(by=("queue",)), "handoffs by queue": Scope(by=("queue",)), "contacts by week": Scope(week=True),
             "first_door_right by channel": Scope(by=("channel",))}
    return {label: median_ms(partial(show, engine, catalog()[label.split(" ")[0]], scope), 3) for label, scope in asked.items()}


def _rules(metric, engine) -> list[str]:
    """The conditions that leave a contact out, options at their defaults."""
    from metrics.engine.metric import filled
    return [filled(rule, {**metric.defaults, "as_of": f"timestamp '{engine.data_until}'"}) for rule in metric.excluded.values()]


def five(data: Path) -> float:
    """Seconds for the five questions of bench.beside, asked of the snapshot."""
    from metrics.engine.engines import DuckDBEngine
    from metrics.engine.metric import catalog
    from metrics.engine.query import show
    from metrics.engine.scope import Scope
    from warehouse.store import Folder, reading
    engine = DuckDBEngine(reading(Folder(data)))
    asked = (("resolution_time", Scope(by=("queue",), week=True)), ("handoffs", Scope(by=("queue",))), ("repeat_contact_rate", Scope()),
             ("first_response_time", Scope(by=("channel",))), ("backlog", Scope(week=True)))
    return timed(lambda: [show(engine, catalog()[name], scope) for name, scope in asked])


def beside(folder: Path, name: str) -> dict[str, float] | str:
    """What another library needs for the same, in a process of its own; in words where it cannot."""
    if importlib.util.find_spec(name) is None:
        return "not installed"
    found = subprocess.run([sys.executable, "-m", "bench.beside", name, str(folder)], cwd=HOME, capture_output=True, text=True)
    return json.loads(found.stdout.splitlines()[-1]) if found.returncode == 0 else f"failed: {found.stderr.strip().splitlines()[-1][:60]}"


def pages(data: Path) -> dict[str, tuple[float, float, float]]:
    """Milliseconds of each page: its script on first view, the panels that are worked out beside it then, and all of it once warm."""
    import streamlit
    from streamlit.testing.v1 import AppTest
    os.environ |= {"EVENKEEL_DATA": str(data), "EVENKEEL_SAMPLE": "no"}
    fragment, waits = streamlit.fragment, [False]

    def held_back(draw=None, **how):   # panels can be left out, to see the script alone
        made = fragment(draw, **how)
        return (lambda *given, **named: None if waits[0] else made(*given, **named)) if how.get("parallel") else made

    streamlit.fragment = held_back
    found = {}
    for file in sorted((HOME / "pages").glob("*/[0-9]*_*.py")):
        app = AppTest.from_file(str(HOME / "app.py"), default_timeout=300)
        waits[0] = False
        app.run()
        waits[0] = True
        script = timed(lambda: app.switch_page(str(file.relative_to(HOME))).run())   # noqa: B023 (called at once)
        waits[0] = False
        panels = timed(app.run)
        found[file.stem.partition("_")[2]] = 1000 * script, 1000 * panels, 1000 * min(timed(app.run) for _ in range(3))
    streamlit.fragment = fragment
    return found


def verdict(measured: float, target: float) -> str:
    return "met" if measured <= target else "MISSED"


Say = Callable[..., None]
ELSEWHERE = "\nTen times as much, by `SCALE=10 make bench`: [speed_ten_million.md](speed_ten_million.md).\n"


def loading(say: Say, folder: Path, data: Path) -> float:
    """The load beside merely reading the files, and 13-week questions beside the same by hand; the load's seconds."""
    read = min(merely_read(folder) for _ in range(2))
    full, memory, derived = load(folder, data, "tickets.csv", "events.csv")
    most, target = (4, "") if SCALE <= 1 else (12, "240 s")
    say("DuckDB merely reads both files into tables", f"{read:.2f} s")
    say("CSV to published snapshot, every metric derived", f"{full:.1f} s = {full / read:.1f} times", "8 times (stretch 5)", verdict(full / read, 8))
    say("   of it everything derived and published", f"{derived:.1f} s", target, verdict(derived, 240) if target else "")
    say("peak memory of the load", f"{memory:.2f} GB", f"{most} GB", verdict(memory, most))
    _asking(say, data)
    return full


def _asking(say: Say, data: Path) -> None:
    for label, (ours, hand, figures) in questions(data).items():
        limit = 100 if label.startswith("facts") else 250
        say(f"13 weeks, {label}", f"{ours:.0f} ms", f"{limit} ms", verdict(ours, limit))
        say("   beside the same answer by hand", f"{hand:.0f} ms = {ours / hand:.2f} times", "1.5 times", verdict(ours / hand, 1.5))
        say("   beside its figures alone, nothing told of what is left out", f"{figures:.0f} ms = {ours / figures:.2f} times", "1.5 times", verdict(ours / figures, 1.5))


    for label, ours in all_time(data).items():
        say(f"all time: {label}", f"{ours:.0f} ms", "500 ms", verdict(ours, 500))


def others(say: Say, folder: Path, data: Path, full: float) -> None:
    """pandas and PM4Py on the same files."""
    asked = five(data)
    say("five questions of all time, from facts (precomputed)", f"{asked:.2f} s")
    for other, faster in (("pandas", 2), ("pm4py", 10)):
        told = beside(folder, other)
        if isinstance(told, str):
            say(other, told)
            continue
        whole = sum(told.values())
        say(f"{other}, the same from the CSV files", f"{whole:.1f} s")
        say("   ours from the CSV files, load included", f"{full + asked:.1f} s = {whole / (full + asked):.2f} times as fast", f"{faster} times as fast",
            verdict(faster * (full + asked), whole))
        say("   ours from facts", f"{whole / asked:.0f} times as fast", "10 times as fast", verdict(10 * asked, whole))


def changes(say: Say, folder: Path, data: Path, full: float) -> None:
    """Re-loads of changed tickets: cost against the size of the change."""
    for size in CHANGES:
        change, _, _ = load(folder, data, f"tickets_changed_{size}.csv")
        share = change / full
        target, judged = ("0.10", verdict(share, 0.1)) if size == CHANGES[0] else ("", "")
        say(f"re-load of {int(size * SCALE):,} changed tickets", f"{change:.1f} s = {share:.2f} of the full load", target, judged)


def pulling(say: Say, folder: Path, data: Path, full: float) -> None:
    """A pull to published numbers, what it needs of memory at a tenth of the size; then, at a fifth, dlt bringing the same rows into DuckDB, in turn with ours."""
    tenth, whole = pulls.measure(folder / "pulled a tenth", SCALE / 10), pulls.measure(folder / "pulled", SCALE)
    say(f"pull of {whole.rows:,} tickets and events, end to end", f"{whole.pace:,.0f} rows a second", "5,000", "met" if whole.pace >= 5000 else "MISSED")
    if whole.pulling and tenth.pulling:
        say("   peak memory while pages come in and are mapped, and of a tenth", f"{whole.pulling:.2f} GB, {tenth.pulling:.2f} GB")
    if whole.merged and tenth.merged:
        say("   peak memory until all is merged, and of a tenth", f"{whole.merged:.2f} GB, {tenth.merged:.2f} GB")
    say("   peak memory with all derived, and of a tenth", f"{whole.whole:.2f} GB, {tenth.whole:.2f} GB")
    turns = pulls.in_turn(folder / "in turn", SCALE / 5)
    if turns is None:
        say("   dlt, the same rows into DuckDB", "not installed")
        return
    for ours, other in turns:
        say(f"   in turn, {ours.rows:,} rows: ours with all derived", f"{ours.pace:,.0f} rows a second, {ours.whole:.2f} GB")
        say("      dlt, nothing derived", f"{other.pace:,.0f} rows a second, {other.whole:.2f} GB")


def viewing(say: Say, folder: Path, data: Path, full: float) -> None:
    for page, (first, panels, warm) in pages(data).items():
        say(
            f"page {page}: first view, its panels, warm",
            f"{first:.0f} ms, {panels:.0f} ms, {warm:.0f} ms",
            "1,500 ms, -, 500 ms",
            "met" if first <= 1500 and warm <= 500 else "MISSED",
        )
    seen = browser.measure(data)
    for page, found in (seen or {}).items():
        say(f"in a browser, page {page}: opened again until all of it stands", f"{found.opened:.0f} ms")
        for word, (charted, stood) in found.chosen.items():
            say(f"   {word} chosen: its new chart, and until all of it stands", f"{charted:.0f} ms, {stood:.0f} ms", "1,000 ms, -", verdict(charted, 1000))
    if seen is None:
        say("in a browser", "no Chromium here")
        return
    sample = folder / "sample"
    subprocess.run([sys.executable, "-m", "warehouse", "sample", "--data", str(sample)], cwd=HOME, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    decided = browser.first_decision(sample)
    say("sample company: from a cold open over a change's contacts to the first decision", f"{decided:.1f} s", "120 s", verdict(decided or 0, 120))


PARTS = {"others": others, "changes": changes, "pages": viewing, "pull": pulling}


def main(chosen: list[str]) -> None:
    """All parts, or the load and those named."""
    contacts, lines = int(1_000_000 * SCALE), []

    def say(what: str, measured: str, target: str = "", judged: str = "") -> None:
        lines.append((what, measured, target, judged))
        print(f"{what:<66}{measured:>34}   {target:<26}{judged}", flush=True)

    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder, data = Path(name), Path(name) / "data"
        machine = f"{os.cpu_count()} cores, DuckDB {duckdb.__version__}, Python {sys.version.split()[0]}, {platform.system()} {platform.machine()}"
        print(f"machine: {machine}; {contacts:,} contacts")
        print(f"made in {timed(lambda: write(folder, contacts)):.1f} s")
        full = loading(say, folder, data)
        for part in PARTS if not chosen else [part for part in chosen if part != "load"]:
            PARTS[part](say, folder, data, full)
    if SCALE in (1, 10):
        table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        left = f" Of it only: {', '.join(dict.fromkeys(['load', *chosen]))}." if chosen else ""
        (HOME / "docs" / ("speed.md" if SCALE == 1 else "speed_ten_million.md")).write_text(
            f"# Speed\n\nWritten by `make bench`: {contacts:,} contacts with about six events each, in one run on {machine}.{left}\n\n"
            f"| what | measured | target | |\n|---|---|---|---|\n{table}\n{ELSEWHERE if SCALE == 1 else ''}", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
