"""Files that were dropped on the load page: kept under names of our own, looked at, and loaded by the door in a child."""

from __future__ import annotations

import re
import shutil
import tomllib
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import streamlit as st

from connectors.mapping import MappingProblem, read_mapping
from pages.parts import read
from pages.parts.child import Child
from warehouse.landing_area import new_area

STATE = "upload"
MOST_FILES = 20
PATIENCE = 120  # seconds a look at a file may take


@dataclass
class Given:
    """One dropped file: its name for people, its path of ours, and what it was found to be."""

    name: str
    path: Path
    size: int
    look: dict[str, Any] | None = None
    problem: str = ""
    saved_as: str = ""  # the kept mapping that reads it

    @property
    def is_known(self) -> bool:
        return bool(self.saved_as or (self.look or {}).get("recognised_as"))

    @property
    def known_as(self) -> str:
        return (self.look or {}).get("recognised_as") or (f"the kept mapping {self.saved_as}" if self.saved_as else "")


@dataclass
class Upload:
    """What one browser tab is loading."""

    area: Path
    files: dict[str, Given] = field(default_factory=dict)
    jobs: list[list[str]] = field(default_factory=list)  # doors still to run
    child: Child | None = None
    results: list[dict[str, Any]] = field(default_factory=list)
    says: str = ""  # why it ended without a result
    before: str | None = None  # the load that was served when this one began
    number: int = 0


def current() -> Upload:
    """This session's upload."""
    if STATE not in st.session_state:
        area = new_area(read.folder())
        st.session_state[STATE] = upload = Upload(area)
        weakref.finalize(upload, shutil.rmtree, area, True)
    return st.session_state[STATE]


def received(dropped: Sequence[Any]) -> list[Given]:
    """The dropped files, written once each, and looked at once each."""
    upload = current()
    wanted = {f.file_id: f for f in dropped[:MOST_FILES]}
    for gone in [i for i in upload.files if i not in wanted]:
        shutil.rmtree(upload.files.pop(gone).path.parent, ignore_errors=True)
    for identifier, file in wanted.items():
        if identifier not in upload.files:
            upload.number += 1
            place = upload.area / str(upload.number)
            place.mkdir(mode=0o700, parents=True)
            path = place / safe_name(file.name)
            path.write_bytes(file.getbuffer())
            with st.spinner(f"Looking at {path.name}"):
                upload.files[identifier] = look_at(Given(path.name, path, file.size))
    return list(upload.files.values())


def safe_name(name: str) -> str:
    """The last part of a name, of harmless letters: it never leads anywhere and is never taken for an option."""
    base = re.split(r"[\\/\x00]", name)[-1]
    kept = re.sub(r"[^\w.()+ -]", "_", base).lstrip(".-_ ")
    return kept[-120:] or "file"


def look_at(given: Given) -> Given:
    """Ask the door what it is; then whether a kept mapping reads it."""
    child = Child(["warehouse", "sniff", str(given.path), "--json", "--data", str(read.folder().root)])
    if not child.wait(PATIENCE):
        child.stop()
        given.problem = f"looking at it took longer than {PATIENCE} seconds; load it with `python -m warehouse load`"
    elif child.code == 0 and child.result:
        given.look = child.result
        given.saved_as = kept_mapping(given.name, [c["name"] for c in given.look["columns"]])
    else:
        given.problem = child.says.replace(str(given.path), given.name) or "it could not be read"
    return given


def kept_mapping(name: str, columns: Sequence[str]) -> str:
    """The file name of a kept mapping that has a block for this file and finds all its columns there."""
    present = {c.strip().casefold() for c in columns}
    for path in sorted(read.folder().mappings.glob("*.toml")):
        try:
            block = read_mapping(path).block_for(name)
        except MappingProblem:
            continue
        if block is not None and all(c.strip().casefold() in present for part in (*block.columns.values(), *block.dimensions.values(), *block.event_columns) for c in part.names):
            return path.name
    return ""


def kept(source: str) -> dict[str, Any] | None:
    """The mapping kept for a source, as data."""
    path = read.folder().mappings / f"{source}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def door(files: Sequence[Given], *, mapping: str = "", source: str = "", check: bool = False) -> list[str]:
    """The arguments that load (or check) these files."""
    arguments = ["warehouse", "load", *(str(f.path) for f in files), "--json", "--data", str(read.folder().root)]
    if mapping:
        path = current().area / "mapping.toml"
        path.write_text(mapping, encoding="utf-8")
        arguments += ["--mapping", str(path)]
    return arguments + (["--as", source] if source else []) + (["--check"] if check else [])


def start(jobs: list[list[str]]) -> None:
    """Run these doors one after the other."""
    upload = current()
    upload.results, upload.says, upload.before = [], "", read.folder().current_load()
    upload.jobs = jobs[1:]
    upload.child = Child(jobs[0])


def cancel() -> None:
    upload = current()
    upload.jobs = []
    if upload.child:
        upload.child.stop()


def advance() -> bool:
    """Take up what has ended, start what is next; False once nothing runs any more."""
    upload = current()
    if upload.child is None:
        return False
    if upload.child.is_running:
        return True
    if upload.child.result:
        upload.results.append(upload.child.result)
    if upload.child.result is None or upload.child.code:
        upload.says = "stopped; nothing was changed by it" if upload.child.was_stopped else upload.child.says
        upload.jobs = [] if upload.child.result is None else upload.jobs
    upload.child = Child(upload.jobs.pop(0)) if upload.jobs else None
    return upload.child is not None


def running() -> bool:
    return STATE in st.session_state and current().child is not None


def ended() -> bool:
    """Something was run and is over."""
    return STATE in st.session_state and current().child is None and bool(current().results or current().says)


def sources() -> list[str]:
    """The sources that were loaded, as the served data know them."""
    if not read.has_data():
        return []
    said = {r["source"] for r in current().results if r.get("source")}
    return [s["source"] for s in read.facts()["sources"] if s["source"] in said] if said else []


def again() -> None:
    """Start over with no files."""
    st.session_state.pop(STATE, None)
    st.session_state["dropped_no"] = st.session_state.get("dropped_no", 0) + 1
