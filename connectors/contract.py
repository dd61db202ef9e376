"""What a connector is: one file per tool that says what its exports look like and how they map to the model."""
from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import connectors


@dataclass(frozen=True)
class Example:
    """A piece of an export and what it becomes; documentation and test in one."""

    says: str                              # the point, in a sentence
    files: dict[str, str]                  # file name -> its text
    gives: dict[str, list[dict[str, Any]]]  # table -> rows; only the named columns are compared, in order of the key
    refused: int = 0                       # rows that must be refused


@dataclass(frozen=True)
class Export:
    """One kind of file a tool gives out.

    `needs`: headers that together tell this export from any other (compared without case).
    `block`: headers of the file at hand -> the [[file]] block of a mapping that reads it; columns the file lacks are
    left out. `reshape`: SQL over `landed`, whose columns carry the file's headers, for files whose rows are not rows yet.
    `fidelity`: what it can tell of changes, in words for the docs.
    """

    name: str
    needs: tuple[str, ...]
    block: Callable[[tuple[str, ...]], dict[str, Any]]
    fidelity: str
    reshape: str | None = None


@dataclass(frozen=True)
class Connector:
    """A tool: `name` is the default source name; `mapping` holds mapping-file keys besides [[file]] (null_values, bots ...)."""

    name: str
    label: str
    exports: tuple[Export, ...]
    examples: tuple[Example, ...]
    mapping: dict[str, Any]
    notes: str = ""                        # what this tool's files cannot tell, and why


@cache
def all_connectors() -> dict[str, Connector]:
    """Every connector in this folder, by name: a module with a CONNECTOR is one."""
    found = {}
    for module in pkgutil.iter_modules(connectors.__path__):
        connector = getattr(importlib.import_module(f"connectors.{module.name}"), "CONNECTOR", None)
        if isinstance(connector, Connector):
            found[connector.name] = connector
    return dict(sorted(found.items()))


def recognise(headers: tuple[str, ...]) -> tuple[Connector, Export] | None:
    """The export whose needed headers are all there; of several the one that needs most."""
    present = {h.strip().casefold() for h in headers}
    found = [(len(export.needs), connector.name, export.name, connector, export)
             for connector in all_connectors().values() for export in connector.exports
             if all(n.casefold() in present for n in export.needs)]
    if not found:
        return None
    best = max(found, key=lambda f: f[0])
    return best[3], best[4]
