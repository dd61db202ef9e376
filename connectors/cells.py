"""From the text of a landed file to typed values: every target of a mapping as one SQL expression over the raw columns.

Rows whose text cannot be read are refused by target, so that the refusal can name the column and the value. Nothing is
guessed: a time in no known format, a status or an activity the mapping does not know, are said, not repaired.
"""
from __future__ import annotations

import duckdb

from connectors import dates, localtime
from connectors.doubts import of_rounded, of_zone, rounded_sql, whole
from connectors.files import FileProblem, RawTable
from connectors.mapping import CLOSED_VALUES, DATES, DURATIONS, FLAGS, IDENTITIES, NUMBERS, TIMES, FileBlock, Mapping, MappingProblem, Part
from warehouse.sql import identifier, sql_text

SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400, "milliseconds": 0.001}
KEYED = ("email", "phone", "external_id")
ROW_IDS = ("ticket_id", "event_id", "merged_into", "parent")   # a rounded one would make several rows one; a rounded customer is not known
IDS = (*ROW_IDS, "other", "id", "customer", "external_id", "phone", "company", "queue", "assignee", "actor", "actor_queue", "from", "to")   # what other files name too


class Cells:
    """The columns of one landed file, read as one block of a mapping says.

    `optional_columns`: a vendor's export may lack columns its mapping names; a mapping written by hand may not.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, mapping: Mapping, block: FileBlock, table: RawTable,
                 default_zone: str, optional_columns: bool):
        self.con, self.mapping, self.block, self.table = con, mapping, block, table
        self.zone = block.timezone or mapping.timezone or default_zone
        self.positions = _positions(table.headers)
        if optional_columns:
            block = self.block = _only_present(block, self.positions)
        self.parts: dict[str, Part] = dict(block.columns)
        self.times: list[tuple[str, str, list[str] | None]] = []   # (column label, raw sql, formats) for the odd hours
        self.columns: dict[str, str] = {}                          # view column -> SQL over the landed columns
        self.checks: list[tuple[str, str]] = []                    # (target, SQL over the view that refuses the row)
        self.whole: set[str] = set()                               # columns of ids in which every one ends in .0, which is no part of it
        self.whole = whole(con, table, {n: self.raw(Part(column=n, null_values=part.null_values)) for target in IDS
                                       if (part := self.parts.get(target)) and part.values is None for n in part.names})

    # --- from the file to raw text -------------------------------------------------------------------------------
    def column(self, name: str) -> str:
        """SQL of one raw column by its header."""
        position = self.positions.get(name, self.positions.get(name.strip().casefold()))
        if position is None:
            raise MappingProblem(
                f"{self.table.name} has no column '{name}', which the mapping names; it has: {', '.join(self.table.headers)}")
        return f"c{position}"

    def raw(self, part: Part) -> str:
        """SQL of the cleaned text of a part: trimmed, placeholders NULL, pieces joined (all needed)."""
        nulls = [*self.mapping.null_values, *(part.null_values or [])]
        pieces = []
        for name in part.names:
            text = f"trim({self.column(name)})"
            if name in self.whole:
                text = f"regexp_replace({text}, '\\.0+$', '')"
            pieces.append(f"nullif({text}, '')" if not nulls else
                          f"CASE WHEN {text} IN ('', {', '.join(map(sql_text, nulls))}) THEN NULL ELSE {text} END")
        return pieces[0] if len(pieces) == 1 else "(" + f" || {sql_text(part.join)} || ".join(pieces) + ")"

    def text(self, target: str, part: Part) -> str:
        """SQL of a target's text: constant, raw, mapped by `values`, compared by `equals`, narrowed by `only`."""
        if part.constant is not None:
            constant = part.constant
            value = sql_text(str(constant).lower() if isinstance(constant, bool) else str(constant))
        elif part.equals is not None:
            value = f"CASE WHEN {self._same_as(part)} THEN {sql_text(part.then)} ELSE {sql_text(part.otherwise)} END"
        else:
            value = self._valued(target, part)
        if part.only:
            value = f"CASE WHEN kind IN ({', '.join(map(sql_text, part.only))}) THEN {value} END"
        return value

    def _valued(self, target: str, part: Part) -> str:
        raw = self.raw(part)
        if part.values is None:
            if part.other is not None and target in CLOSED_VALUES:
                known = ", ".join(map(sql_text, CLOSED_VALUES[target]))
                return f"CASE WHEN {raw} IN ({known}) THEN {raw} WHEN {raw} IS NOT NULL THEN {sql_text(part.other)} END"
            return raw
        folded = {key.strip().casefold() for key in part.values}
        fold = len(folded) == len(part.values)   # case matters only where two keys differ by nothing else
        subject = f"lower({raw})" if fold else raw
        cases = " ".join(f"WHEN {sql_text(k.strip().lower() if fold else k)} THEN {sql_text(v)}" for k, v in part.values.items())
        if part.other is not None:
            fallback = f"CASE WHEN {raw} IS NOT NULL THEN {sql_text(part.other)} END"
        elif target in ("state", "kind", "actor_kind", "cause"):
            fallback = "NULL"
        else:
            fallback = raw   # a value the table does not name keeps its own words
        return f"CASE {subject} {cases} ELSE {fallback} END"

    def _same_as(self, part: Part) -> str:
        """SQL that is true where this row's value is the ticket's value of another target."""
        raw, target = self.raw(part), part.equals
        assert target is not None
        if target in self.parts and self.block.grain == "ticket":
            return f"{raw} = {self.raw(self.parts[target])}"
        column = {"customer": "customer_id", "company": "company_id", "email": "email_key", "phone": "phone_key",
                  "external_id": "external_key"}.get(target)
        if column is None:
            raise MappingProblem(f"{self.block.match}: equals can compare with {', '.join(IDENTITIES)} of the ticket, not with '{target}'")
        own = self.identity(target, raw)
        return f"coalesce({own} = known.{column}, false)"

    # --- from text to typed values -------------------------------------------------------------------------------
    def identity(self, target: str, raw: str) -> str:
        """SQL of an id that joins: `source:id`, and a keyed hash wherever the value would be an address."""
        source, spoilt = sql_text(self.mapping.source + ":"), rounded_sql(raw)
        if target == "phone":
            digits = f"regexp_replace({raw}, '[^0-9]', '', 'g')"
            return f"CASE WHEN length({digits}) >= 7 AND NOT {spoilt} THEN keyed({digits}) END"
        if target in KEYED:
            return f"CASE WHEN NOT {spoilt} THEN keyed({raw}) END" if target == "external_id" else f"keyed({raw})"
        return f"{source} || CASE WHEN {spoilt} THEN NULL WHEN contains({raw}, '@') THEN keyed({raw}) ELSE {raw} END"

    def spoilt(self) -> list[tuple[str, str]]:
        """Columns that name customers, and SQL of their values that a spreadsheet has rounded and the number of rows."""
        found = []
        for target in ("customer", "external_id", "phone"):
            part = self.parts.get(target)
            if part is not None and part.column:
                raw = self.raw(part)
                found.append((part.column, f"SELECT {raw}, count(*) FROM read_parquet({sql_text(str(self.table.parquet))}) WHERE {rounded_sql(raw)} GROUP BY 1 ORDER BY 2 DESC, 1"))
        return found

    def said_better(self, target: str, value: str | None) -> str | None:
        """A sentence on a value that shows what happened to it: an id that was rounded, a time in a named zone."""
        if value is None:
            return None
        if target in ROW_IDS:
            return of_rounded(value)
        return of_zone(value) if target in TIMES or target.startswith("event_") else None

    def formats(self, part: Part) -> list[str] | None:
        """Formats of a time column: the part's, the mapping's, or those the file itself proves.

        Raises: FileProblem where the file leaves day and month open.
        """
        if part.formats or self.mapping.datetime_formats:
            return part.formats or self.mapping.datetime_formats
        if len(part.names) != 1:
            return None
        guess = dates.guess(self.con, self.table.parquet, self.column(part.names[0]), as_days=True)
        if guess is None:
            return None
        if guess.ambiguous:
            proven = self._proven_order(part.names[0])
            if proven is not None:
                return [*(f for f in guess.formats if _day_first(f) == proven), *guess.beside]
            raise FileProblem(
                f"{self.table.name}, column {part.names[0]}: {guess.evidence} can be read day first or month first and no value "
                f"decides it; set datetime_formats in the mapping to one of {', '.join(map(repr, guess.formats))}")
        return [*guess.formats, *guess.beside]

    def _proven_order(self, but: str) -> bool | None:
        """Whether another column of times of this file proves day first (True) or month first (False)."""
        columns = {n for t, p in self.parts.items() if t in TIMES or t in DATES for n in p.names} | {n for c in self.block.event_columns for n in c.names}
        for name in sorted(columns - {but}):
            guess = dates.guess(self.con, self.table.parquet, self.column(name))
            if guess is not None and guess.formats and not guess.ambiguous and "never differ" not in guess.evidence and ("%m" in guess.formats[0]):
                return _day_first(guess.formats[0])
        return None

    def add(self, target: str, part: Part, typed: str, raw: str, bad: str | None = None) -> None:
        """A column of the view, its text beside it, and the check that refuses a row whose text cannot be read."""
        name, text = identifier(target), identifier(target + "__raw")
        self.columns[target], self.columns[target + "__raw"] = typed, raw
        self.checks.append((target, bad or f"{text} IS NOT NULL AND {name} IS NULL"))

    def add_time(self, target: str, part: Part, cast: str = "") -> None:
        raw = self.raw(part)
        text, formats = dates.as_read(self.con, self.table.parquet, raw, self.formats(part))
        self.times.append((" + ".join(part.names), text, formats))
        self.add(target, part, f"({localtime.to_timestamp_sql(text, formats, self.zone)}){cast}", raw)

    def add_target(self, target: str, part: Part) -> None:
        """A target in its model type."""
        if target in TIMES or target in DATES:
            return self.add_time(target, part, "::DATE" if target in DATES else "")
        value = self.text(target, part)
        if target in NUMBERS:
            self.add(target, part, f"try_cast(replace({value}, ',', '.') AS DOUBLE)", value)
        elif target in DURATIONS:
            clock = f"list_reverse(string_split(ltrim({value}, '-'), ':'))"
            seconds = " + ".join(f"coalesce(try_cast({clock}[{i + 1}] AS DOUBLE), 0) * {60 ** i}" for i in range(3))
            self.add(target, part, f"CASE WHEN contains({value}, ':') THEN {seconds} "
                                   f"ELSE try_cast(replace({value}, ',', '.') AS DOUBLE) * {SECONDS[part.unit]} END", value)
        elif target in FLAGS:
            self.add(target, part, f"CASE WHEN lower({value}) IN ('true', 't', 'yes', 'y', '1') THEN true "
                                   f"WHEN lower({value}) IN ('false', 'f', 'no', 'n', '0') THEN false END", value)
        elif target in ("kind", "actor_kind", "cause") and self.block.grain != "link" and part.constant is None:
            known = ", ".join(map(sql_text, CLOSED_VALUES[target]))
            name, text = identifier(target), identifier(target + "__raw")
            unknown = f"({name} IS NULL OR {name} NOT IN ({known}))"
            asked = f" AND kind IN ({', '.join(map(sql_text, part.only))})" if part.only else ""
            self.add(target, part, value, self.raw(part), unknown if target == "kind" else f"{text} IS NOT NULL AND {unknown}{asked}")
        elif target in ROW_IDS and self.block.grain != "link" and part.constant is None:
            self.add(target, part, value, value, rounded_sql(identifier(target)))
        else:
            self.columns[target] = value
            if target == "state" and part.constant is None:
                self.columns["state_raw"] = self.raw(part)


def _day_first(fmt: str) -> bool:
    return fmt.index("%d") < fmt.index("%m")


def _positions(headers: tuple[str, ...]) -> dict[str, int]:
    """Header -> position; also case-folded, where that is unique."""
    exact = {header: i for i, header in enumerate(headers)}
    folded: dict[str, int] = {}
    for i, header in enumerate(headers):
        folded.setdefault(header.strip().casefold(), i)
    return {**folded, **exact}


def _only_present(block: FileBlock, positions: dict[str, int]) -> FileBlock:
    """The block without the targets whose columns this file lacks."""
    def present(part: Part) -> bool:
        return all(n in positions or n.strip().casefold() in positions for n in part.names)
    return block.model_copy(update={
        "columns": {t: p for t, p in block.columns.items() if present(p)},
        "dimensions": {t: p for t, p in block.dimensions.items() if present(p)},
        "event_columns": [c for c in block.event_columns if present(c)]})
