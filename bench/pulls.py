"""Pulling 100,000 tickets with 1,000,000 events from an account on loopback that answers at once: rows a second end to end, peak memory."""
from __future__ import annotations

import json
import multiprocessing
import os
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

HOME = Path(__file__).resolve().parent.parent
START, A_SECOND, PAGE = 1_735_689_600, 10, 1000   # 2025-01-01; events of one second
FIELDS = (("status", ("open", "pending", "solved")), ("assignee_id", tuple(map(str, range(81, 91)))), ("group_id", ("71", "72", "73")))


def _at(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _ticket(number: int) -> dict[str, Any]:
    began = _at(START + number)
    return {"id": number, "url": f"https://bench.example/api/v2/tickets/{number}.json", "status": "solved", "requester_id": 10_000_000 + number // 3, "assignee_id": 81,
            "submitter_id": 10_000_000 + number // 3, "group_id": 71, "tags": ["lamp"], "via": {"channel": "email"}, "subject": "lamp", "priority": "normal",
            "custom_fields": [{"id": 55, "value": "late delivery"}], "created_at": began, "updated_at": began,
            "metric_set": {"assignee_stations": 2, "reopens": 0, "solved_at": None}}


def _event(number: int, tickets: int) -> dict[str, Any]:
    field, values = FIELDS[number % 3]
    second = START + number // A_SECOND
    child = {"id": 2 * number, "event_type": "Change", "via": "Web form", field: values[number // 7 % len(values)], "previous_value": None}
    return {"id": 2 * number + 1, "ticket_id": number % tickets + 1, "timestamp": second, "created_at": _at(second), "updater_id": 81 + number % 10, "via": "Web form",
            "event_type": "Audit", "child_events": [child]}


def _answer(path: str, params: dict[str, str], tickets: int, events: int) -> dict[str, Any]:
    if path.endswith("/tickets/cursor"):
        begin = int(params.get("cursor", 0))
        until = min(begin + PAGE, tickets)
        return {"tickets": [_ticket(n) for n in range(begin + 1, until + 1)], "users": [], "groups": [], "after_cursor": str(until), "end_of_stream": until == tickets}
    if path.endswith("/ticket_events"):
        begin = max(0, int(params["start_time"]) - START) * A_SECOND
        until = min(begin + PAGE, events)
        return {"ticket_events": [_event(n, tickets) for n in range(begin, until)], "end_time": START + (until - 1) // A_SECOND if until > begin else None}
    if path.endswith("/users"):
        return {"users": [{"id": n, "name": f"agent {n}", "email": None, "role": "agent", "organization_id": None, "active": True} for n in range(81, 91)]}
    return {name: [] for name in ("groups", "ticket_fields", "schedules", "sla_policies", "organizations", "ticket_metric_events", "satisfaction_ratings", "deleted_tickets")}


def _serve(tickets: int, events: int, told: Any) -> None:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            body = json.dumps(_answer(parts.path, {k: v[-1] for k, v in parse_qs(parts.query).items()}, tickets, events)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *said: Any) -> None:
            pass
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.send(server.server_port)
    server.serve_forever()


def measure(folder: Path, scale: float) -> tuple[int, float, float]:
    """Rows pulled, seconds end to end, peak GB of the pull, which is a process of its own."""
    tickets, events = round(100_000 * scale), round(1_000_000 * scale)
    mine, theirs = multiprocessing.Pipe()
    vendor = multiprocessing.Process(target=_serve, args=(tickets, events, theirs), daemon=True)
    vendor.start()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "settings.toml").write_text(f'[sources.zendesk]\nhost = "http://127.0.0.1:{mine.recv()}"\noptions = {{ history = "ticket_events" }}\n', encoding="utf-8")
    started = time.monotonic()
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    subprocess.run([sys.executable, "-m", "connectors", "pull", "zendesk", "--data", str(folder), "--json"], cwd=HOME, check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, env=os.environ | {"EVENKEEL_ZENDESK_TOKEN": "bench"})
    seconds = time.monotonic() - started
    vendor.terminate()
    return tickets + events, seconds, max(before, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1e6
