"""The rules of reasons.csv as lookups: which pattern a contact's own reason fits, and which its tags or its subject.

A pattern of the tool's field is compared with the whole value, one of tags with a whole tag (`*` at its ends only), one of
text with whole words of the subject, in this order, anywhere in it. `*` stands for any letters, capitals do not matter, and
the first rule that fits counts. The tool's field comes first, then tags, then text: a rule never overrides what the tool says.
"""
from __future__ import annotations

import re
from collections.abc import Iterable

import duckdb
import pyarrow as pa

SAID = ("reason", "reason_group", "owner", "action", "avoidable_share")
_TYPES = {"rule_no": pa.int64(), "avoidable_share": pa.float64()}


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """`reason_map`: each raw reason -> the first rule that fits it. `reason_rules`: those of tags and of text, the ones of tags
    first, with the pattern as SQL's LIKE reads it."""
    rules = con.execute(f"SELECT coalesce(found_in, 'field'), pattern, {', '.join(SAID)} FROM main.reasons ORDER BY rowid").fetchall()
    of_field = [(_whole(pattern), *said) for found_in, pattern, *said in rules if found_in == "field"]
    raw = [r[0] for r in con.execute("SELECT DISTINCT reason_raw FROM main.tickets WHERE reason_raw IS NOT NULL").fetchall()] if of_field else []
    _table(con, "reason_map", ("reason_raw", *SAID), [(value, *found) for value in raw if (found := _first_fit(value, of_field))])
    others = [(found_in, like(found_in, pattern), *said) for wanted in ("tag", "text") for found_in, pattern, *said in rules if found_in == wanted]
    _table(con, "reason_rules", ("rule_no", "found_in", "pattern", *SAID), [(number, *rule) for number, rule in enumerate(others)])


def words(text: str) -> list[str]:
    """The words of a text in small letters: runs of letters and digits."""
    return re.sub(r"[\W_]+", " ", text.lower()).split()


def like(found_in: str, pattern: str) -> str:
    """A pattern of tags or of text for SQL's LIKE with ! as its escape, over texts in which every tag or word has a blank at
    both its ends. Raises ValueError in words for a pattern that cannot be looked for so."""
    pattern = pattern.lower().strip()
    if found_in == "tag":
        if "*" in pattern.strip("*"):
            raise ValueError("a pattern of tags may have * at its ends only")
        if not pattern.strip("*"):
            raise ValueError("a pattern of tags needs a tag, or its beginning or end")
        start, end = ("%" if pattern.startswith("*") else "% "), ("%" if pattern.endswith("*") else " %")
        return start + re.sub(r"([!%_])", r"!\1", pattern.strip("*")) + end
    found = re.sub(r"[^\w*]|_", " ", pattern).split()
    if not any(word.strip("*") for word in found):
        raise ValueError("a pattern of text needs a word")
    # "log*in" runs on inside a word or over several, "cancel * order" between two
    return "%" + "".join("%" if word.strip("*") == "" else " " + word.replace("*", "%") + " " for word in found) + "%"


def _whole(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.casefold().split("*"))), re.DOTALL)


def _first_fit(value: str, rules: Iterable[tuple]) -> tuple | None:
    return next((tuple(said) for pattern, *said in rules if pattern.fullmatch(value.casefold())), None)


def _table(con: duckdb.DuckDBPyConnection, name: str, columns: tuple[str, ...], rows: list[tuple]) -> None:
    found = pa.table({c: pa.array([r[i] for r in rows], _TYPES.get(c, pa.string())) for i, c in enumerate(columns)})   # noqa: F841 (read by DuckDB)
    con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM found")
