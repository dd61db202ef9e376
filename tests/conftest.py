"""Shared by all tests: where the public logs lie, and loading through the real doors."""
from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HOME = Path(__file__).resolve().parent.parent
LOGS = Path(os.environ.get("EVENKEEL_LOGS", HOME.parent / "shared" / "data"))
MAPPINGS = HOME / "tests" / "mappings"


def door(*words: object, data: Path, code: int | None = 0) -> dict | str:
    """Run a command as a person would; its JSON document, or its one line of complaint where a code other than 0 is expected."""
    done = subprocess.run([sys.executable, "-m", *map(str, words), "--data", str(data), "--json"], cwd=HOME, capture_output=True, text=True, timeout=300)
    assert "Traceback" not in done.stderr, done.stderr
    assert code is None or done.returncode == code, (done.returncode, done.stderr[-2000:])
    return json.loads(done.stdout) if done.returncode == 0 else done.stderr.strip().splitlines()[-1]


def load(data: Path, *files: Path, mapping: Path | None = None, source: str | None = None, code: int | None = 0) -> dict | str:
    words: list[object] = ["warehouse", "load", *files]
    words += ["--mapping", mapping] if mapping else []
    words += ["--as", source] if source else []
    return door(*words, data=data, code=code)


def show(data: Path, name: str, *words: object) -> list[dict]:
    found = door("metrics", "show", name, *words, data=data)
    assert isinstance(found, dict)
    return found["rows"]


@pytest.fixture(scope="session")
def logs() -> Path:
    """The folder of public logs; tests that need it say why they are skipped elsewhere."""
    if not LOGS.is_dir():
        pytest.skip(f"the public logs are not at {LOGS}")
    return LOGS
