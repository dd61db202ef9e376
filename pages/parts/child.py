"""A door run in a process of its own: its progress line by line, its result, and a way to stop it.

The process is ours alone to end: it gets a group of its own, and only that group is signalled.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
KEPT = 200  # progress lines held
# `python -m ...` that hears Ctrl-C: where the app was started in the background, a shell has it ignored, and that is handed on
HEARING = (
    "import runpy, signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "del sys.argv[0]; runpy.run_module(sys.argv[0], run_name='__main__', alter_sys=True)"
)


class Child:
    """One run of `python -m ...`."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self.lines: list[str] = []
        self.was_stopped = False
        self._answer = ""
        self._process = subprocess.Popen(
            [sys.executable, "-c", HEARING, *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        self._threads = [threading.Thread(target=target, daemon=True) for target in (self._hear, self._take)]
        for thread in self._threads:
            thread.start()

    def _hear(self) -> None:
        for line in self._process.stderr or ():
            if line.strip():
                self.lines.append(line.strip())
                del self.lines[:-KEPT]

    def _take(self) -> None:
        self._answer = self._process.stdout.read() if self._process.stdout else ""

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None or any(t.is_alive() for t in self._threads)

    @property
    def code(self) -> int | None:
        return self._process.poll()

    @property
    def says(self) -> str:
        """The last line of progress, or of complaint."""
        return self.lines[-1] if self.lines else ""

    @property
    def result(self) -> dict[str, Any] | None:
        """The JSON document of the door, once it is done."""
        try:
            return json.loads(self._answer) if not self.is_running else None
        except ValueError:
            return None

    def stop(self) -> None:
        """Ask it to end; the store stays as the last load left it."""
        self.was_stopped = True
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGINT)

    def wait(self, seconds: float) -> bool:
        """True once it has ended."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        for thread in self._threads:
            thread.join(seconds)
        return True
