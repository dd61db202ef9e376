"""Pulling 100,000 tickets with 1,000,000 events from an account on loopback that answers at once: rows a second end to end, peak memory."""
from __future__ import annotations

import contextlib
import importlib.util
import json
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

HOME = Path(__file__).resolve().parent.parent
START, A_SECOND, PAGE = 1_735_689_600, 10, 1000   # 2025-01-01; events of one second
EVENT = ('{"id": %d, "ticket_id": %d, "timestamp": %d, "created_at": "%s", "updater_id": %d, "via": "Web form", "event_type": "Audit", "child_events": '
         '[{"id": %d, "event_type": "Change", "via": "Web form", "%s": "%s", "previous_value": null}]}')
FIELDS = (("status", ("open", "pending", "solved")), ("assignee_id", tuple(map(str, range(81, 91)))), ("group_id", ("71", "72", "73")))


def _at(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _ticket(number: int) -> dict[str, Any]:
    began = _at(START + number)
    return {"id": number, "url": f"https://bench.example/api/v2/tickets/{number}.json", "status": "solved", "requester_id": 10_000_000 + number // 3, "assignee_id": 81,
            "submitter_id": 10_000_000 + number // 3, "group_id": 71, "tags": ["lamp"], "via": {"channel": "email"}, "subject": "lamp", "priority": "normal",
            "custom_fields": [{"id": 55, "value": "late delivery"}], "created_at": began, "updated_at": began,
            "metric_set": {"assignee_stations": 2, "reopens": 0, "solved_at": None}}


def _events(begin: int, until: int, tickets: int) -> Iterator[str]:
    """Rows of the account-wide export as text, so that the vendor answers at once."""
    for number in range(begin, until):
        field, values = FIELDS[number % 3]
        second = START + number // A_SECOND
        if number % A_SECOND == 0 or number == begin:
            time = _at(second)
        yield EVENT % (2 * number + 1, number % tickets + 1, second, time, 81 + number % 10, 2 * number, field, values[number // 7 % len(values)])


def _answer(path: str, params: dict[str, str], tickets: int, events: int) -> str:
    if path.endswith("/tickets/cursor"):
        begin = int(params.get("cursor", 0))
        until = min(begin + PAGE, tickets)
        return json.dumps({"tickets": [_ticket(n) for n in range(begin + 1, until + 1)], "users": [], "groups": [], "after_cursor": str(until), "end_of_stream": until == tickets})
    if path.endswith("/ticket_events"):
        begin = max(0, int(params["start_time"]) - START) * A_SECOND
        until = min(begin + PAGE, events)
        end = START + (until - 1) // A_SECOND if until > begin else "null"
        return f'{{"ticket_events": [{", ".join(_events(begin, until, tickets))}], "end_time": {end}}}'
    if path.endswith("/users"):
        return json.dumps({"users": [{"id": n, "name": f"agent {n}", "email": None, "role": "agent", "organization_id": None, "active": True} for n in range(81, 91)]})
    return json.dumps({name: [] for name in (
        "groups", "ticket_fields", "schedules", "sla_policies", "organizations", "ticket_metric_events", "satisfaction_ratings", "deleted_tickets")})


def _serve(tickets: int, events: int, told: Any) -> None:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            body = _answer(parts.path, {k: v[-1] for k, v in parse_qs(parts.query).items()}, tickets, events).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *said: Any) -> None:
            pass
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.send(server.server_port)
    server.serve_forever()


@contextlib.contextmanager
def vendor(tickets: int, events: int) -> Iterator[str]:
    """The account, a process of its own; gives its address."""
    mine, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=_serve, args=(tickets, events, theirs), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{mine.recv()}"
    finally:
        process.terminate()


@dataclass(frozen=True)
class Measured:
    """Tickets and events held in the end; seconds end to end, of ours every metric derived and published; peak GB while pages came in, until all was merged
    (None where the system does not say, or it was not asked) and in all."""

    rows: int
    seconds: float
    whole: float
    pulling: float | None = None
    merged: float | None = None

    @property
    def pace(self) -> float:
        """Rows a second."""
        return self.rows / self.seconds


def measure(folder: Path, scale: float) -> Measured:
    """One pull of everything, as a process of its own."""
    tickets, events = _size(scale)
    peaks: dict[str, float | None] = {}
    with vendor(tickets, events) as host:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "settings.toml").write_text(f'[sources.zendesk]\nhost = "{host}"\noptions = {{ history = "ticket_events" }}\n', encoding="utf-8")
        started = time.monotonic()
        pull = subprocess.Popen([sys.executable, "-m", "connectors", "pull", "zendesk", "--data", str(folder), "--json"], cwd=HOME, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, env=os.environ | {"EVENKEEL_ZENDESK_TOKEN": "bench"})
        with _watched(pull) as whole:
            for line in pull.stderr or ():
                for word in ("merging", "joining"):   # what comes next: so far pages came in and were mapped; so far they were merged
                    if line.startswith(word) and word not in peaks:
                        peaks[word] = _peak(pull.pid)
            told, seconds = _ended(pull, started)
    return Measured(_all(told["tickets"] + told["events"], tickets + events), seconds, whole[0], peaks.get("merging"), peaks.get("joining"))


def _size(scale: float) -> tuple[int, int]:
    return round(100_000 * scale), round(1_000_000 * scale)


@contextlib.contextmanager
def _watched(process: subprocess.Popen[str]) -> Iterator[list[float]]:
    """Its peak GB in a list of one, looked at ten times a second: what the system says at its end counts the memory of this process too, of
    which it began as a copy."""
    peak, over = [0.0], threading.Event()

    def look() -> None:
        while not over.wait(0.1):
            peak[0] = max(peak[0], _peak(process.pid) or 0)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield peak
    finally:
        over.set()
        looking.join()


def _ended(process: subprocess.Popen[str], started: float) -> tuple[dict[str, Any], float]:
    """The last line a process printed, as JSON, and its seconds."""
    assert process.stdout is not None
    said = process.stdout.read()
    if process.wait():
        raise RuntimeError(f"{' '.join(map(str, process.args[1:4]))} ended with {process.returncode}")
    return json.loads(said.splitlines()[-1]), time.monotonic() - started


def _all(held: int, there: int) -> int:
    if held != there:
        raise RuntimeError(f"{held:,} rows are held of {there:,}")
    return held


def _peak(process: int) -> float | None:
    """Peak GB of a running process so far."""
    try:
        told = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    except OSError:
        return None
    return next((int(line.split()[1]) / 1e6 for line in told.splitlines() if line.startswith("VmHWM:")), None)


def beside(folder: Path, scale: float) -> Measured | None:
    """dlt for the same rows, as a process of its own; None where it is not installed."""
    if importlib.util.find_spec("dlt") is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    tickets, events = _size(scale)
    with vendor(tickets, events) as host:
        started = time.monotonic()
        process = subprocess.Popen([sys.executable, "-m", "bench.with_dlt", host, str(folder)], cwd=HOME, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        with _watched(process) as whole:
            told, seconds = _ended(process, started)
    return Measured(_all(told["rows"], tickets + events), seconds, whole[0])


def in_turn(folder: Path, scale: float, times: int = 2) -> list[tuple[Measured, Measured]] | None:
    """Ours and dlt's, one directly after the other, so that whatever else the machine does meets both; None where dlt is not installed."""
    found = []
    for turn in range(times):
        ours, other = measure(folder / f"ours {turn}", scale), beside(folder / f"dlt {turn}", scale)
        if other is None:
            return None
        found.append((ours, other))
    return found
