"""Pulling 100,000 tickets with 1,000,000 events from an account on loopback that answers at once: rows a second end to end, peak memory."""
from __future__ import annotations

import contextlib
import importlib.util
import json
import multiprocessing
import os
import subprocess
import sys
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
    """Rows pulled; seconds end to end, every metric derived and published; peak GB while pages came in (None where the system does not say) and in all."""

    rows: int
    seconds: float
    pulling: float | None
    whole: float


def measure(folder: Path, scale: float) -> Measured:
    """One pull of everything, as a process of its own."""
    tickets, events = round(100_000 * scale), round(1_000_000 * scale)
    pulling = None
    with vendor(tickets, events) as host:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "settings.toml").write_text(f'[sources.zendesk]\nhost = "{host}"\noptions = {{ history = "ticket_events" }}\n', encoding="utf-8")
        started = time.monotonic()
        pull = subprocess.Popen([sys.executable, "-m", "connectors", "pull", "zendesk", "--data", str(folder), "--json"], cwd=HOME, stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE, text=True, env=os.environ | {"EVENKEEL_ZENDESK_TOKEN": "bench"})
        for line in pull.stderr or ():
            if pulling is None and line.startswith("merging"):
                pulling = _peak(pull.pid)
        _, status, used = os.wait4(pull.pid, 0)   # its own peak, not that of every child so far
        seconds = time.monotonic() - started
    if status:
        raise RuntimeError(f"the pull ended with {os.waitstatus_to_exitcode(status)}")
    return Measured(tickets + events, seconds, pulling, used.ru_maxrss / 1e6)


def _peak(process: int) -> float | None:
    """Peak GB of a running process so far."""
    try:
        told = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    except OSError:
        return None
    return next((int(line.split()[1]) / 1e6 for line in told.splitlines() if line.startswith("VmHWM:")), None)


def beside(folder: Path, scale: float) -> dict[str, float] | None:
    """Seconds and peak GB of dlt for the same rows; None where it is not installed."""
    if importlib.util.find_spec("dlt") is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    with vendor(round(100_000 * scale), round(1_000_000 * scale)) as host:
        done = subprocess.run([sys.executable, "-m", "bench.with_dlt", host, str(folder)], cwd=HOME, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])
