"""The sample company: its settings into a data folder, and where its exports lie."""
from __future__ import annotations

import shutil
from pathlib import Path

from warehouse.store import Folder, StoreProblem

HOME = Path(__file__).parent.parent / "sample_data"
SOURCES = ("helpdesk", "chat", "crm")


def settle(folder: Folder) -> None:
    """Copy what the company says of itself. Raises: StoreProblem where the folder already holds data."""
    if folder.current_load() is not None:
        raise StoreProblem(f"{folder.root} already holds data; the sample company goes into an empty folder")
    folder.make()
    for name in ("settings.toml", "reasons.csv", "decisions.csv"):
        if not (folder.root / name).exists():
            shutil.copyfile(HOME / "company" / name, folder.root / name)


def measures() -> tuple[Path, Path]:
    """What the company counts beside its contacts, and the mapping that reads it."""
    return HOME / "company" / "measures.csv", HOME / "company" / "measures.toml"


def exports() -> dict[str, list[Path]]:
    """Source -> its export files."""
    return {source: sorted((HOME / "exports").glob(f"{source}_*")) for source in SOURCES}
