"""Shared by all tests: where the public logs lie, and loading through the real doors."""
from __future__ import annotations

import contextlib
import fcntl
import importlib
import io
import json
import mmap
import os
import signal
import socket
import subprocess
import sys
import time
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser.serving import free_port
from fakes.server import TOKEN

HOME = Path(__file__).resolve().parent.parent
LOGS = Path(os.environ.get("EVENKEEL_LOGS", HOME.parent / "shared" / "data"))
MAPPINGS = HOME / "tests" / "mappings"
# files that take a minute and more begin first, or one process would end with them while the other has nothing left
LONG = ("test_crash.py", "test_app_in_browser.py", "test_login.py", "test_lead_story.py", "test_analyst_story.py", "test_leader_story.py", "test_pull_zendesk.py",
        "test_against_plain.py", "test_conformance.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: LONG.index(item.path.name) if item.path.name in LONG else len(LONG))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """No test may have left the fakes' token behind. Processes of a run lie in the folder of the first, which looks for all of them."""
    base = getattr(getattr(session.config, "_tmp_path_factory", None), "_basetemp", None)
    if base is None or "PYTEST_XDIST_WORKER" in os.environ:
        return
    if found := holding(base, TOKEN.encode()):
        session.config.get_terminal_writer().line(f"\nthe planted token is in {', '.join(map(str, found))}", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session", autouse=True)
def no_components() -> Iterator[None]:
    """A page that is run in a test is an app of its own, for which Streamlit would read what every installed package says of itself, some tenths of a
    second each time, in search of components; there are none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("streamlit.components.v2.manifest_scanner.scan_component_manifests", list, raising=False)
        yield


def holding(folder: Path, secret: bytes) -> list[Path]:
    """Files that hold a secret, those of secrets left out, which only their owner may read."""
    found = []
    for path in folder.rglob("*"):
        if path.name == "secrets.toml" or path.is_symlink() or not path.is_file() or not path.stat().st_size:
            continue
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            if content.find(secret) >= 0:
                found.append(path)
    return found


def door(*words: object, data: Path, code: int | None = 0) -> dict | str:
    """Run a command as a person would; its JSON document, or its last line of complaint where it exits with another code.

    In this process, to be quick; the sample data and crash tests run them as processes of their own.
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


def start(child: Any) -> None:
    """Start a child process. Page tests leave a page behind as this process's main module, which a child would run first; it
    is hidden while the child starts."""
    main, sys.modules["__main__"] = sys.modules["__main__"], types.ModuleType("__main__")
    try:
        child.start()
    finally:
        sys.modules["__main__"] = main


def wait_for_port(port: int, process: subprocess.Popen) -> None:
    """Until somebody listens there; a failure where the process ends first or a minute passes."""
    for _ in range(240):
        assert process.poll() is None, f"it ended with {process.returncode}"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.25)
    pytest.fail(f"nobody listens on port {port}")


@pytest.fixture(scope="session")
def sail() -> Any:
    """A Spark Connect session on Sail, one for all tests of this process."""
    pytest.importorskip("pysail", reason="no second engine here: pysail and pyspark-client are not installed (requirements-sail.txt)")
    pytest.importorskip("pyspark", reason="no second engine here: pysail and pyspark-client are not installed (requirements-sail.txt)")
    import pyspark
    from pyspark.sql import SparkSession
    os.environ.setdefault("SPARK_HOME", str(Path(pyspark.__file__).parent))   # or the client may end the process for want of one, though it needs none
    port = free_port()
    # a process of its own: in this one it would hear the Ctrl-C that other tests send, and stop
    server = subprocess.Popen([sys.executable, "-m", "pysail", "spark", "server", "--port", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for_port(port, server)
        session = SparkSession.builder.remote(f"sc://localhost:{port}").getOrCreate()
        session.conf.set("spark.sql.timestampType", "TIMESTAMP_NTZ")
        session.conf.set("spark.sql.session.timeZone", "UTC")
        yield session
        session.client.set_retry_policies([])   # where other tests have forked meanwhile no answer comes, and it would ask for minutes
        session.stop()
    finally:
        server.terminate()
        server.wait(60)


@pytest.fixture
def hears_ctrl_c() -> Iterator[None]:
    """A shell starts what runs in its background with Ctrl-C ignored, and processes hand that on; here it is heard."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def logs() -> Path:
    """The folder of public logs; tests that need it say why they are skipped elsewhere."""
    if not LOGS.is_dir():
        pytest.skip(f"the public logs are not at {LOGS}")
    return LOGS


@pytest.fixture(scope="session")
def lumen(tmp_path_factory) -> Path:
    """A data folder with the sample company, loaded by its own door, once for all processes of a run; tests only read it."""
    base = tmp_path_factory.getbasetemp()
    data = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "lumen" / "data"
    data.parent.mkdir(exist_ok=True)
    with (data.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (data / "current").exists():
            door("warehouse", "sample", data=data)
    return data
