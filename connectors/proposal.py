"""A mapping proposed for a landed table: which column is what, and why; a person checks it before it is used."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb

from connectors import doubts
from connectors.cells import IDS
from connectors.landed import FileProblem, RawTable
from connectors.proposed_rows import Rows
from connectors.proposed_values import placeholders, times_of
from connectors.synonyms import header_words, state_of, words
from connectors.values import all_match, same_within, source_of, values_of

ADDRESS = r"[^@\s]+@[^@\s]+\.\w+"


def propose(table: RawTable, description: dict[str, Any]) -> dict[str, Any]:
    """A mapping for this table in the shape of the mapping file, and beside it `reasons`: why each column was chosen.

    The grain is `event` where a ticket has several rows and an activity or changed fields, `snapshot` where it has several rows
    and a state, else `ticket`. What cannot be told from the file is left out, and `reasons` says so.
    Raises: FileProblem where the table has no values to judge by.
    """
    if not any(column["examples"] for column in description["columns"]):
        raise FileProblem(f"{table.name} has a header ({', '.join(table.headers[:8])}{' ...' if len(table.headers) > 8 else ''}) "
                          "and no values below it; export it again with its rows")
    with duckdb.connect() as con:
        return _Proposal(con, table, description).build()


class _Proposal(Rows):
    def build(self) -> dict[str, Any]:
        doubt = doubts.of_header(self.con, self.table)
        if doubt:
            self.reasons["header"] = doubt
        grain = self._ticket_and_grain()
        getattr(self, f"_of_{grain}")()
        self._join_clocks()
        self._say_unread(grain)
        if grain != "event" and not {"created_at", "occurred_at"} & self.columns.keys():
            self.reasons.setdefault("created_at", "no column of times is named like a beginning; say which one, or no time can be told")
        self._shared(grain)
        self._say_odd_ids()
        block = {"match": _pattern(self.table.name), "grain": grain, "columns": self.columns}
        dimensions = self._dimensions(grain)
        if dimensions:
            block["dimensions"] = dimensions
        self.reasons["source"] = "named after the file; files of one tool need the same name to be joined by their ticket id (load --as NAME)"
        mapping = {"source": _source_name(self.table.name), **self._of_values(), "file": [block]}
        return {**mapping, "reasons": self.reasons}

    def _of_ticket(self) -> None:
        for target in ("created_at", "updated_at", "resolved_at", "closed_at", "first_response_at"):
            self._named(target, "time", "date")
        state = self._state_column()
        if state:
            told = self._ask(values_of, state)
            values = {value: meaning for value in told if (meaning := state_of(value))}
            rest = [value for value in told if value not in values]
            ask = f"; say what these mean: {', '.join(rest[:10])}" if rest else ""
            self._take("state", state, f"named '{state}', {len(values)} of its values are known words{ask}", {"values": values})
        self._named("queue", "category", "text", "id")
        self._named("assignee", "category", "text", "id")

    def _of_snapshot(self) -> None:
        self._when(must_move=True)
        self._named("sequence", "number")
        self._of_ticket()
        self._named("actor", "category", "text", "id")

    # --- what all grains share -----------------------------------------------------------------------------------
    def _shared(self, grain: str) -> None:
        for target, types in {
            "customer": (), "email": ("text", "id", "category"), "phone": (), "company": ("text", "category", "id"),
            "channel": ("category",), "priority": ("category", "number"), "reason": ("category",),
            "subject": ("text", "category", "id"), "tags": ("text", "category"), "url": ("text", "id"), "csat": ("number",),
            "recorded_handoffs": ("number",), "recorded_reopens": ("number",), "recorded_sla_met": ("flag",),
        }.items():
            self._named(target, *types)
        if grain != "event":  # there it speaks of the row, not of the ticket
            self._named("is_spam", "flag")
        customer = self.columns.get("customer")
        if isinstance(customer, str) and "email" in self.columns:
            self._names_beside_addresses(customer)
        elif isinstance(customer, str) and self._ask(all_match, customer, ADDRESS):
            del self.columns["customer"]
            self.columns["email"], self.reasons["email"] = customer, f"named '{customer}', holds e-mail addresses"
            self.reasons.pop("customer")
        customer = self.columns.get("customer")
        if isinstance(customer, str):
            cell = self._cell(customer)
            nobody = f"count(*) filter (where {cell} in ('0', '-1', 'anonymous'))"
            [(rows, nobody)] = self.con.execute(f"select count({cell}), {nobody} from {source_of(self.table)}").fetchall()
            if nobody > rows / 20:
                self.columns["customer"] = {"column": customer, "null_values": ["0", "-1", "anonymous"]}
                self.reasons["customer"] += f"; {nobody} rows with '0' or the like name nobody"

    def _names_beside_addresses(self, customer: str) -> None:
        """A customer's name is not taken where an e-mail says who it is: two people may share the name, and would be one."""
        cell, address = self._cell(customer), self._cell(self.columns["email"])
        sql = (f"select {cell}, count(distinct lower({address})) as addresses from {source_of(self.table)} where {cell} is not null "
               "group by 1 having addresses > 1 order by addresses desc, 1 limit 1")
        shared = self.con.execute(sql).fetchall()
        why = None
        if self.types[customer] in ("text", "category") and re.search(r"\bname\b", words(customer)):
            why = f"not taken: '{customer}' holds names, which two people may share; their e-mail tells them apart"
        elif shared and not self._ask(all_match, customer, r"\S*\d\S*"):   # an account's number may well have several addresses
            why = f"not taken: '{shared[0][0]}' in '{customer}' has {shared[0][1]} different e-mail addresses, so it is not one person; the e-mail tells them apart"
        if why:
            del self.columns["customer"]
            self.reasons["customer"] = why

    def _say_odd_ids(self) -> None:
        named = {target: name for target in IDS if isinstance(name := self.columns.get(target), str)}
        whole = doubts.whole(self.con, self.table, {name: f"nullif(trim({self._cell(name)}), '')" for name in named.values()})
        for target, name in named.items():
            if name in whole:
                self.reasons[target] += "; every value ends in .0, which is no part of an id and is left out"
        for target in ("ticket_id", "event_id", "customer", "phone"):
            count, value = doubts.rounded(self.con, self.table, self._cell(named[target])) if target in named else (0, "")
            if count:
                then = "these rows are refused" if target in ("ticket_id", "event_id") else "in these rows the customer counts as not known"
                self.reasons[target] += f"; {count} values: {doubts.of_rounded(value)}; when loaded as it is, {then}"

    # --- the rest of the mapping ---------------------------------------------------------------------------------
    def _of_values(self) -> dict[str, Any]:
        """Zone, formats and placeholders that the values of the columns taken show."""
        names = [part if isinstance(part, str) else part.get("column") for part in self.columns.values()]
        times = {target: part for target, part in self.columns.items() if isinstance(part, str) and self.types[part] in ("time", "date")}
        joined = any(isinstance(part, dict) and "formats" in part for part in self.columns.values())
        told, reasons, unread = times_of(self.con, self.table, self.names, [(name, self._cell(name)) for name in times.values()], joined)
        self.reasons |= reasons
        for target, name in times.items():
            if name in unread:
                self.reasons[target] += f"; {unread[name]}"
        return told | placeholders(self.con, self.table, [self._cell(name) for name in names if name], [self._cell(name) for name in times.values()])

    def _dimensions(self, grain: str) -> dict[str, str]:
        """Spare categories to filter by; no persons, and in event grain only what is the same in all rows of a ticket."""
        told: dict[str, str] = {}
        for name in self.names:
            key = header_words(name).replace(" ", "_")
            if any(example.lstrip().startswith(("[{", "{")) for example in self.examples[name]):
                self.reasons[name] = "holds a list of fields in each cell, which no column of a mapping can reach; export them as columns of their own"
                continue
            if name in self.used or self.types[name] != "category" or key.endswith("_by") or key in self.columns or not key:
                continue
            if len(told) < 6 and len(self._ask(values_of, name)) > 1 and (grain != "event" or self._same_in_ticket(name)):
                told[key] = name
        return told

    def _same_in_ticket(self, name: str) -> bool:
        return same_within(self.con, self.table, self.places[self.columns["ticket_id"]], self.places[name])


def _source_name(name: str) -> str:
    stem = Path(name.split("/")[-1].split("#")[0]).name.split(".")[0]
    return re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")[:60] or "file"


def _pattern(name: str) -> str:
    """A file-name pattern that also fits next month's export: digits and what follows them become *."""
    base = name.split("/")[-1]
    stem, dot, rest = base.partition(".")
    general = re.sub(r"[\d_\-]*\d.*$", "*", stem)
    pattern = (general if len(general) > 3 else stem) + dot + rest
    return pattern.replace("[", "[[]")   # which would begin a set of letters
