"""The sample company: its settings and exports into a data folder, as a first start shows it."""
from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from warehouse.store import Folder, StoreProblem

HOME = Path(__file__).parent.parent / "sample_data"
SOURCES = ("helpdesk", "chat", "crm")


def load_sample(folder: Folder, load_files: Callable[[list[Path], str], dict[str, Any]]) -> dict[str, Any]:
    """Copy what the company says of itself, then load its three tools.

    load_files: (files, source) -> the load's report. Raises: StoreProblem where the folder already holds other data.
    """
    if folder.current_load() is not None:
        raise StoreProblem(f"{folder.root} already holds data; the sample company goes into an empty folder")
    folder.make()
    for path in sorted((HOME / "company").iterdir()):
        if path.name != "measures.csv" and not (folder.root / path.name).exists():
            shutil.copyfile(path, folder.root / path.name)
    report: dict[str, Any] = {"files": [], "refusals": [], "unmapped": [], "seconds": 0.0}
    for source in SOURCES:
        done = load_files(sorted((HOME / "exports").glob(f"{source}_*")), source)
        for key in ("files", "refusals", "unmapped"):
            report[key] += done[key]
        report |= {k: done[k] for k in ("load_id", "tickets", "events") if k in done}
        report["seconds"] = round(report["seconds"] + done["seconds"], 3)
    return {"load_id": report["load_id"], "source": None, **{k: v for k, v in report.items() if k != "load_id"}}
