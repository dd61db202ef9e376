"""Shared by all tests: where the public logs lie, and loading through the real doors."""
from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
from pathlib import Path

import pytest

HOME = Path(__file__).resolve().parent.parent
LOGS = Path(os.environ.get("EVENKEEL_LOGS", HOME.parent / "shared" / "data"))
MAPPINGS = HOME / "tests" / "mappings"


def door(*words: object, data: Path, code: int | None = 0) -> dict | str:
    """Run a command as a person would; its JSON document, or its last line of complaint where it exits with another code.

    In this process, to be quick; `test_doors.py` runs them as processes of their own.
    """
    module = importlib.import_module(f"{words[0]}.__main__")
    out, complaints = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(complaints):
        found = module.main([*map(str, words[1:]), "--data", str(data), "--json"])
    assert code is None or found == code, (found, complaints.getvalue()[-2000:])
    return json.loads(out.getvalue()) if found == 0 else complaints.getvalue().strip().splitlines()[-1]


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


@pytest.fixture(scope="session")
def lumen(tmp_path_factory) -> Path:
    """A data folder with the sample company, loaded by its own door; tests only read it."""
    data = tmp_path_factory.mktemp("story") / "data"
    door("warehouse", "sample", data=data)
    return data
