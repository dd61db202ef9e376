"""The base of every fake vendor: a server on loopback with faults that come by seed, and a record of what it was asked.

A vendor is a subclass with an `answer`; its world is changed by the test, or by itself between two requests (`later`).
"""
from __future__ import annotations

import json
import random
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "planted-token-4f9a1c"   # what no file and no output may ever hold


@dataclass
class Asked:
    """One request as it came."""

    method: str
    path: str
    params: dict[str, str]
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Reply:
    """What is answered: JSON, or text as it stands."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Faults:
    """How often each fault happens, 0..1; the same seed gives the same faults to the same requests."""

    seed: int = 0
    limited: float = 0        # 429; Retry-After as seconds, as a date, or not at all
    unavailable: float = 0    # 503
    too_large: float = 0      # 504
    cut_off: float = 0        # the body ends early
    dropped: float = 0        # the connection ends without an answer
    slow: float = 0           # the body comes in pieces


class Fake:
    """A vendor. Use as a context manager; `base` is its address, `asked` what it was asked, answered or not."""

    def __init__(self, faults: Faults | None = None):
        self.faults = faults or Faults()
        self.random = random.Random(self.faults.seed)
        self.asked: list[Asked] = []
        self.later: list[tuple[int, Callable[[], None]]] = []   # (after so many requests, what happens then)
        self.before: Callable[[int], None] = lambda number: None
        self.limits_left = 0                                     # so many 429 come next
        self.date: str | None = None                             # a Date header that is not its clock's
        self.lock = threading.Lock()

    def answer(self, asked: Asked) -> Reply:
        """The vendor's answer to a request that reached it."""
        raise NotImplementedError

    def allowed(self, asked: Asked) -> bool:
        """Whether the request carries the token."""
        return TOKEN in asked.headers.get("authorization", "")

    def now(self) -> datetime:
        return datetime.now(UTC)

    # --- serving -----------------------------------------------------------------------------------------------------
    def __enter__(self):
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1                       # headers and body in one piece, or each answer waits for an acknowledgement
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                fake._serve(self, "GET")

            def do_POST(self) -> None:
                fake._serve(self, "POST")

            def log_message(self, *said: Any) -> None:
                pass

            def date_time_string(self, timestamp: float | None = None) -> str:
                return format_datetime(fake.now(), usegmt=True) if fake.date is None else fake.date
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.base = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *problem: Any) -> None:
        self.server.shutdown()
        self.server.server_close()

    def _serve(self, handler: BaseHTTPRequestHandler, method: str) -> None:
        sent = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        parts = urlsplit(handler.path)
        asked = Asked(method, parts.path, {k: v[-1] for k, v in parse_qs(parts.query, keep_blank_values=True).items()},
                      _json(sent), {k.lower(): v for k, v in handler.headers.items()})
        with self.lock:
            number = len(self.asked)
            self.asked.append(asked)
            for due in [entry for entry in self.later if entry[0] <= number]:
                self.later.remove(due)
                due[1]()
            self.before(number)
            reply, fault = self._reply(asked)
        self._send(handler, reply, fault)

    def _reply(self, asked: Asked) -> tuple[Reply, str]:
        if self.limits_left:
            self.limits_left -= 1
            return Reply({"error": "too fast"}, 429, {"Retry-After": "0"}), ""
        chance, faults = self.random.random(), self.faults
        for name in ("limited", "unavailable", "too_large", "cut_off", "dropped", "slow"):
            chance -= getattr(faults, name)
            if chance < 0:
                if name == "limited":
                    soon = format_datetime(self.now(), usegmt=True)
                    return Reply({"error": "TooManyRequests"}, 429, self.random.choice([{"Retry-After": "0"}, {"Retry-After": soon}, {}])), ""
                if name == "unavailable":
                    return Reply({"error": "try later"}, 503), ""
                if name == "too_large":
                    return Reply("upstream timeout", 504), ""
                return self._true(asked), name
        return self._true(asked), ""

    def _true(self, asked: Asked) -> Reply:
        return self.answer(asked) if self.allowed(asked) else Reply({"error": "Couldn't authenticate you"}, 401)

    def _send(self, handler: BaseHTTPRequestHandler, reply: Reply, fault: str) -> None:
        body = (reply.body if isinstance(reply.body, str) else json.dumps(reply.body)).encode()
        if fault == "dropped":
            handler.close_connection = True
            return
        handler.send_response(reply.status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        for name, value in reply.headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        if fault == "cut_off":
            handler.wfile.write(body[:len(body) // 2])
            handler.close_connection = True
        elif fault == "slow":
            for start in range(0, len(body), max(1, len(body) // 3)):
                handler.wfile.write(body[start:start + max(1, len(body) // 3)])
                handler.wfile.flush()
                time.sleep(0.001)
        else:
            handler.wfile.write(body)


def _json(sent: bytes) -> Any:
    try:
        return json.loads(sent) if sent else None
    except ValueError:
        return sent.decode(errors="replace")


def route(pattern: str, path: str) -> re.Match[str] | None:
    """Whether a path is of this form; {} stands for one part."""
    return re.fullmatch(pattern.replace("{}", "([^/]+)"), path.removesuffix(".json"))
