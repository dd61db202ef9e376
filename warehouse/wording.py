"""What the door of the warehouse answers, in lines for a person."""
from __future__ import annotations

from typing import Any


def in_words(command: str, result: dict[str, Any]) -> str:
    """The answer of a command of this door, for a person."""
    if command in ("load", "rebuild", "refresh", "forget", "erase", "sample") and "load_id" in result:
        lines = [f"{f['file']}: {f['rows']:,} rows = {f['loaded']:,} loaded + {f['unchanged']:,} unchanged + {f['refused']:,} refused"
                 + (f"   ({f['recognised_as']})" if f["recognised_as"] else "") for f in result["files"]]
        lines += [f"  refused {place(r)}: {r['reason']}" for r in result["refusals"][:20]]
        lines += [f"  unmapped {u['column']} = '{u['value']}' in {u['rows']:,} rows: {u['meaning']}" for u in result["unmapped"][:20]]
        if "tickets" in result:
            lines.append(f"load {result['load_id']}: {result['tickets']:,} tickets, {result['events']:,} events held, {result['seconds']:.1f} s")
        else:
            lines.append(f"nothing new; the numbers stay those of load {result['load_id']}")
        return "\n".join(lines)
    return _plain(result)


def place(refusal: dict[str, Any]) -> str:
    """Where a refused row or value stands: file, line, column."""
    where = [refusal["file"]]
    if refusal["line"] is not None:
        where.append(f"line {refusal['line']}")
    if refusal["column"]:
        where.append(f"column {refusal['column']}")
    return ", ".join(where)


def _plain(value: Any, indent: str = "") -> str:
    """Nested results as indented lines."""
    if isinstance(value, dict):
        return "\n".join(f"{indent}{k}:" + (f" {v}" if not isinstance(v, (dict, list)) else "\n" + _plain(v, indent + "  ")) for k, v in value.items())
    if isinstance(value, list):
        return "\n".join(_plain(v, indent + "  ") if isinstance(v, (dict, list)) else f"{indent}{v}" for v in value)
    return f"{indent}{value}"
