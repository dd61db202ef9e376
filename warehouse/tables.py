"""The tables people keep themselves: reasons.csv and decisions.csv of the data folder.

A reason: which raw contact reasons it stands for, its group, who in the business owns it, what is to be done about it, and
which share of its contacts need not be; where the tool gives none, `found_in` says whether the pattern is one of tags or of the
subject's words (`warehouse.reasons`). A decision: what was changed and when (ours), or what the business did (business),
with its scope and the metric it should move. They are edited on a page or as files, and taken into the store by every
load and by `refresh`.
"""
from __future__ import annotations

import csv
import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import duckdb

from warehouse import reasons
from warehouse.model import Decision, Reason, Row
from warehouse.store import StoreProblem

ACTIONS = ("eliminate", "pre-empt", "digitise", "streamline", "leverage")
KINDS = ("ours", "business")
PLACES = ("field", "tag", "text")
CLOSED = {"decisions": {"kind": KINDS}, "reasons": {"action": ACTIONS, "found_in": PLACES}}
# file -> its row, and column of the file -> field of the row
TABLES: dict[str, tuple[type[Row], dict[str, str]]] = {
    "reasons": (
        Reason,
        {
            "pattern": "pattern",
            "found_in": "found_in",
            "reason": "reason",
            "group": "reason_group",
            "owner": "owner",
            "action": "action",
            "avoidable_share": "avoidable_share",
        },
    ),
    "decisions": (Decision, {"on": "decided_on", "what": "what", "who": "who", "kind": "kind", "scope": "scope", "metric": "metric", "expected": "expected"}),
}


def columns(name: str) -> dict[str, str]:
    """Column of the file -> what it means."""
    row, fields = TABLES[name]
    meanings = row.meanings()
    return {column: meanings[field] for column, field in fields.items()}


def read(folder: Path, name: str) -> list[dict[str, Any]]:
    """The rows of a table, checked, columns as in the file; none where the file is absent.

    Raises: StoreProblem naming file, line and column of what cannot be read.
    """
    path = folder / f"{name}.csv"
    if not path.exists():
        return []
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [_checked(name, row, f"{path.name}, line {line}") for line, row in enumerate(csv.DictReader(file), 2)]


def write(folder: Path, name: str, rows: list[dict[str, Any]]) -> None:
    """Replace a table as a whole, by an atomic rename, readable by the owner only.

    Raises: StoreProblem naming the row and column of what cannot stand in it; nothing is written then.
    """
    checked = [_checked(name, row, f"row {number}") for number, row in enumerate(rows, 1)]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{name}-")
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(TABLES[name][1]))
        writer.writeheader()
        writer.writerows({k: "" if v is None else v for k, v in row.items()} for row in checked)
    os.replace(temporary, folder / f"{name}.csv")


def decide(folder: Path, decision: dict[str, Any]) -> None:
    """Write one decision down, after those already made. Raises: StoreProblem."""
    write(folder, "decisions", [*read(folder, "decisions"), decision])


def take_up(folder: Path, con: duckdb.DuckDBPyConnection) -> str:
    """Take both tables into the store; returns a fingerprint of the reasons, on which derived numbers rest.

    Raises: StoreProblem.
    """
    for name, (_, fields) in TABLES.items():
        rows = read(folder, name)
        con.execute(f"DELETE FROM main.{name}")
        for row in rows:
            con.execute(f"INSERT INTO main.{name} ({', '.join(fields.values())}) VALUES ({', '.join('?' * len(fields))})", [row[column] for column in fields])
    return hashlib.sha256(json.dumps(read(folder, "reasons"), default=str).encode()).hexdigest()[:12]


def _checked(name: str, given: dict[str, Any], where: str) -> dict[str, Any]:
    row, fields = TABLES[name]
    unknown = [column for column in given if column not in fields]
    if unknown:
        raise StoreProblem(f"{where}: {name}.csv has no column '{unknown[0]}'; it has: {', '.join(fields)}")
    try:
        model = row.model_validate({fields[column]: (value if value != "" else None) for column, value in given.items()})
    except ValueError as error:
        first = error.errors()[0]   # type: ignore[attr-defined]
        named = {field: column for column, field in fields.items()}
        raise StoreProblem(f"{where}, {named.get(str(first['loc'][0]), first['loc'][0])}: {first['msg'].lower()}") from None
    data = model.model_dump()
    for column, known in CLOSED[name].items():
        if data.get(column) is not None and data[column] not in known:
            raise StoreProblem(f"{where}, {column}: '{data[column]}' is none of {', '.join(known)}")
    if name == "reasons":
        _check_rule(data, where)
    share = data.get("avoidable_share")
    if share is not None and not 0 <= share <= 1:
        raise StoreProblem(f"{where}, avoidable_share: {share} is no share between 0 and 1")
    return {column: data[field] for column, field in fields.items()}


def _check_rule(data: dict[str, Any], where: str) -> None:
    if data["found_in"] not in ("tag", "text"):
        return
    if data["reason"] is None:
        raise StoreProblem(f"{where}, reason: a rule on {data['found_in']} needs the reason it stands for")
    try:
        reasons.like(data["found_in"], data["pattern"])
    except ValueError as problem:
        raise StoreProblem(f"{where}, pattern: '{data['pattern']}': {problem}") from None
