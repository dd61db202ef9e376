"""The house: who may import whom, what each file owes its reader, and that the generated docs are current."""
from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import HOME

ROOMS = ("pages", "connectors", "warehouse", "metrics", "sample_data")
MAY_IMPORT = {"pages": {"metrics", "connectors", "warehouse"}, "metrics": {"warehouse"}, "connectors": {"warehouse"}, "sample_data": set(), "warehouse": set()}
ONLY_IN = {"streamlit": {"pages", "app.py"}, "plotly": {"pages"}, "requests": {"connectors/http.py"}}
# the docs are generated from every room, and lookups of connectors are part of them
DOORS = {"metrics/engine/docs.py"}
FILES = [*sorted(p for room in ROOMS for p in (HOME / room).rglob("*.py")), HOME / "app.py"]


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module)
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(HOME)))
def test_imports(path):
    place = path.relative_to(HOME)
    room = place.parts[0]
    for name in imports(path):
        top = name.split(".")[0]
        if top in ROOMS and top != room and room in MAY_IMPORT and place.name != "__main__.py" and str(place) not in DOORS:
            assert top in MAY_IMPORT[room], f"{place} may not import {name}"
        if top in ONLY_IN:
            assert room in ONLY_IN[top] or str(place) in ONLY_IN[top], f"{place} may not import {name}"
    if room == "connectors" and place.name != "__main__.py":
        assert not {n for n in imports(path) if n.startswith("warehouse.")} & {"warehouse.load", "warehouse.store", "warehouse.publish", "warehouse.derive"}


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(HOME)))
def test_docstrings(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), f"{path.relative_to(HOME)} has no docstring"


def test_no_wall_clock_below_the_doors():
    """As-of is data: only the loader, which dates loads, and the door of the pulls, which hands its clock in, may read it."""
    allowed = {"connectors/__main__.py", "warehouse/load.py", "warehouse/store.py", "warehouse/lookups.py"}
    for path in FILES:
        place = str(path.relative_to(HOME))
        if place.startswith(("metrics", "warehouse", "connectors")) and place not in allowed:
            assert not re.search(r"\.now\(|\.today\(|time\.time\(", path.read_text(encoding="utf-8")), place


def test_generated_docs_are_current():
    from metrics.engine.docs import write_docs
    assert write_docs(HOME / "docs", check=True) == [], "run: make docs"


def test_every_metric_is_in_the_docs():
    from metrics.engine.metric import catalog
    text = (HOME / "docs" / "metrics.md").read_text(encoding="utf-8")
    assert all(f"## {name}\n" in text for name in catalog())


def test_readme_commands_exist():
    text = (HOME / "README.md").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z][a-z0-9-]*):", (HOME / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    for target in re.findall(r"make ([a-z0-9-]+)", text):
        if target in ("run", "test"):
            assert target in targets
    from metrics.__main__ import _parser as metrics_parser
    from warehouse.__main__ import _parser as warehouse_parser
    known = {"warehouse": warehouse_parser(), "metrics": metrics_parser()}
    for module, command in re.findall(r"python -m (warehouse|metrics) ([a-z]+)", text):
        choices = next(a for a in known[module]._actions if a.dest == "command").choices
        assert command in choices, f"{module} {command}"


def test_nothing_speaks_of_a_machine_or_a_registry():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=HOME, capture_output=True, text=True, check=False).stdout.split("\0")
    for name in filter(None, listed):
        path = HOME / name
        if path.suffix in (".py", ".md", ".toml", ".txt", ".lock", ".sql", "") and path.is_file() and path.name != "test_house_rules.py":
            text = path.read_text(encoding="utf-8", errors="ignore")
            assert not re.search(r"/(work|root|opt/ev)/|pypi\.org|pythonhosted", text), name


def test_pages_ask_and_do_not_query():
    """SQL belongs to the warehouse and the metrics."""
    for file in (HOME / "pages").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            assert not (isinstance(node, ast.Constant) and isinstance(node.value, str) and re.match(r"\s*(select|with)\s.*\sfrom\s", node.value, re.DOTALL)), file


def test_panels_find_their_libraries_whole():
    """Plotly looks at pandas where somebody imported it; a thread that is still at it would leave it half."""
    asked = "import sys, pages.parts.panel; assert hasattr(sys.modules.get('pandas'), 'Series')"
    found = subprocess.run([sys.executable, "-c", asked], cwd=HOME, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr


def test_the_code_is_lintfree():
    found = subprocess.run([sys.executable, "-m", "ruff", "check", "--no-cache", "."], cwd=HOME, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout
