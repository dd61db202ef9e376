"""python -m bench: loading, asking and re-loading a million contacts, beside what DuckDB alone needs for the same files.

SCALE=0.1 makes it a tenth. Each target is printed with what was measured; a missed one says so.
"""
from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from bench.data import write

SCALE = float(os.environ.get("SCALE", "1"))
HOME = Path(__file__).resolve().parent.parent


def timed(work) -> float:
    started = time.monotonic()
    work()
    return time.monotonic() - started


def load(folder: Path, data: Path, *names: str) -> tuple[float, float]:
    """Seconds and peak GB of the loader as a process of its own."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    words = [sys.executable, "-m", "warehouse", "load", *(str(folder / n) for n in names), "--mapping", str(folder / "map.toml"), "--data", str(data), "--json"]
    seconds = timed(lambda: subprocess.run(words, cwd=HOME, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    return seconds, max(before, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1e6


def merely_read(folder: Path) -> float:
    """What DuckDB needs to read the two files into two tables."""
    with duckdb.connect(str(folder / "mere.duckdb")) as con:
        return timed(lambda: [con.execute(f"CREATE OR REPLACE TABLE {n} AS SELECT * FROM read_csv('{folder / (n + '.csv')}')") for n in ("tickets", "events")])


def median_ms(work, runs: int = 7) -> float:
    work()
    return 1000 * statistics.median(timed(work) for _ in range(runs))


def questions(data: Path) -> dict[str, tuple[float, float]]:
    """13-week questions: ours and the same hand-written, in milliseconds."""
    from datetime import date

    from metrics.engine.engines import DuckDBEngine
    from metrics.engine.metric import catalog
    from metrics.engine.query import show
    from metrics.engine.scope import Scope
    from warehouse.store import Folder, reading
    engine = DuckDBEngine(reading(Folder(data)))
    scope = Scope(from_on=date(2026, 5, 4), to_on=date(2026, 8, 3), by=("queue",), week=True)
    where = "arrived_on >= DATE '2026-05-04' AND arrived_on < DATE '2026-08-03'"
    quantiles = "quantile_cont({v}, 0.5), quantile_cont({v}, 0.25), quantile_cont({v}, 0.75), quantile_cont({v}, 0.9), quantile_cont({v}, 0.95), avg({v})"
    by_hand = {
        "facts: resolution_time by queue and week": f"""SELECT queue, ended_week, count(*), {quantiles.format(v='resolution_time')} FROM ticket_facts
            WHERE ended_on >= DATE '2026-05-04' AND ended_on < DATE '2026-08-03' AND NOT is_open GROUP BY 1, 2""",
        "facts: handoffs by queue and week": f"SELECT queue, arrived_week, count(*), avg(handoffs), sum(handoffs) FROM ticket_facts WHERE {where} GROUP BY 1, 2",
        "stays: time_in_queue by queue and week": f"""SELECT queue, arrived_week, count(*), {quantiles.format(v="(epoch(assigned_at) - epoch(entered_at))")} FROM stays
            WHERE {where} AND assigned_at IS NOT NULL GROUP BY 1, 2""",
    }
    found = {}
    for label, sql in by_hand.items():
        metric = catalog()[label.split(": ")[1].split(" ")[0]]
        found[label] = median_ms(lambda m=metric: show(engine, m, scope)), median_ms(lambda s=sql: engine.query(s))
    return found


def verdict(measured: float, target: float) -> str:
    return "met" if measured <= target else "MISSED"


def main() -> None:
    contacts = int(1_000_000 * SCALE)
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder, data = Path(name), Path(name) / "data"
        print(f"machine: {os.cpu_count()} cores, DuckDB {duckdb.__version__}, Python {sys.version.split()[0]}; {contacts:,} contacts")
        print(f"made in {timed(lambda: write(folder, contacts)):.1f} s")
        read = min(merely_read(folder) for _ in range(2))
        full, memory = load(folder, data, "tickets.csv", "events.csv")
        print(f"DuckDB merely reads both files into tables:  {read:7.2f} s")
        print(f"CSV to published snapshot:                   {full:7.2f} s   {full / read:5.1f} times   target 8, stretch 5: {verdict(full / read, 8)}")
        print(f"peak memory of the load:                     {memory:7.2f} GB  target 4: {verdict(memory, 4)}")
        change, _ = load(folder, data, "tickets_changed.csv")
        print(f"re-load of 1,000 changed tickets:            {change:7.2f} s   {change / full:5.2f} of the full load   target 0.10: {verdict(change / full, 0.1)}")
        report = {"read_seconds": read, "load_seconds": full, "ratio": full / read, "peak_gb": memory, "reload_seconds": change}
        for label, (ours, hand) in questions(data).items():
            limit = 100 if label.startswith("facts") else 250
            print(f"13 weeks, {label:<45}{ours:7.1f} ms  target {limit}: {verdict(ours, limit)}; by hand {hand:.1f} ms, {ours / hand:.2f} times  target 1.5: {verdict(ours / hand, 1.5)}")
            report[label] = {"ms": ours, "by_hand_ms": hand}
        print(json.dumps(report))


if __name__ == "__main__":
    main()
