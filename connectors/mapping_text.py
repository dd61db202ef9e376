"""A mapping, and what sniff found, as text: TOML that `load --mapping` reads, everything else in it as comments."""
from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

WIDEST = 40


def toml(data: Mapping[str, Any]) -> str:
    """A mapping as TOML; every key and text quoted, so that any column name can stand in it."""
    lines = [f"{_key(k)} = {_value(v)}" for k, v in data.items() if k != "file"]
    for entry in data["file"]:
        lines += ["", "[[file]]", *(f"{_key(k)} = {_value(v)}" for k, v in entry.items() if not _is_table(v))]
        for name, table in entry.items():
            if _is_table(table):
                lines += [f"[file.{_key(name)}]", *(f"{_key(k)} = {_value(v)}" for k, v in table.items() if v is not None)]
    return "\n".join(lines) + "\n"


def sniffed(found: Mapping[str, Any]) -> str:
    """What sniff says of a file: saved as it is, a mapping to correct and load with."""
    said = [f"encoding {found['encoding']}", *([f"delimiter {found['delimiter']!r}"] if found["delimiter"] else []), f"header in row {found['header_row']}"]
    lines = ["# " + ", ".join(said), "# columns:"]
    wide = min(WIDEST, max((len(c["name"]) for c in found["columns"]), default=0))
    lines += [_one_line(f"#   {c['name']:<{wide}}  {c['type']:<8}  {c['nulls']:>8,} empty  {', '.join(c['examples'])}") for c in found["columns"]]
    if found["recognised_as"]:
        return "\n".join([*lines, f"# recognised as {found['recognised_as']}: it loads without a mapping"])
    mapping = dict(found["proposed_mapping"])
    reasons = mapping.pop("reasons", {})
    lines += ["#", "# proposed, to be checked; why:", *(_one_line(f"#   {target}: {why}") for target, why in reasons.items()), ""]
    return "\n".join(lines) + "\n" + toml(mapping)


def _one_line(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f]+", " ", text)


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping) and bool(value)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _value(name)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items() if v is not None) + " }" if value else "{}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_value(v) for v in value) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
