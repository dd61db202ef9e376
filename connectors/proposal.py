"""A mapping proposed for a landed table: which column is what, and why; a person checks it before it is used."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from connectors import dates
from connectors.landed import RawTable
from connectors.proposed_values import placeholders, times_of
from connectors.synonyms import HEADERS, event_kind_of, header_words, state_of, words
from connectors.values import all_match, rows_per_value, same_within, source_of, values_of

CLOCK_OF_DAY = r"\d{1,2}:\d\d(:\d\d)?"
ADDRESS = r"[^@\s]+@[^@\s]+\.\w+"


def propose(table: RawTable, description: dict[str, Any]) -> dict[str, Any]:
    """A mapping for this table in the shape of the mapping file, and beside it `reasons`: why each column was chosen.

    The grain is `event` where a ticket has several rows and an activity, `snapshot` where it has several rows and a state,
    else `ticket`. What cannot be told from the file is left out, and `reasons` says so.
    """
    with duckdb.connect() as con:
        return _Proposal(con, table, description).build()


class _Proposal:
    def __init__(self, con: duckdb.DuckDBPyConnection, table: RawTable, description: dict[str, Any]):
        self.con, self.table = con, table
        filled = [column for column in description["columns"] if column["examples"]]   # an empty column says nothing
        self.places = {name: place for place, name in enumerate(column["name"] for column in description["columns"])}
        self.names = [column["name"] for column in filled]
        self.examples = {column["name"]: column["examples"] for column in filled}
        self.types = {column["name"]: column["type"] for column in description["columns"]}
        self.columns: dict[str, Any] = {}
        self.reasons: dict[str, str] = {}
        self.used: set[str] = set()

    def build(self) -> dict[str, Any]:
        grain = self._ticket_and_grain()
        getattr(self, f"_of_{grain}")()
        self._shared(grain)
        block = {"match": _pattern(self.table.name), "grain": grain, "columns": self.columns}
        dimensions = self._dimensions(grain)
        if dimensions:
            block["dimensions"] = dimensions
        self.reasons["source"] = "named after the file; files of one tool need the same name to be joined by their ticket id (load --as NAME)"
        mapping = {"source": _source_name(self.table.name), **self._of_values(), "file": [block]}
        return {**mapping, "reasons": self.reasons}

    # --- which columns -------------------------------------------------------------------------------------------
    def _find(self, target: str, *types: str) -> str | None:
        """The unused column whose header is surest for the target, of one of the types if given."""
        best = None
        for name in self.names:
            if name in self.used or (types and self.types[name] not in types):
                continue
            plain = header_words(name)
            for rank, known in enumerate(HEADERS[target]):
                # A header that only contains the words is a weaker sign than one that is them.
                weight = rank if plain == known else rank + 100 if " " in known and known in plain else None
                if weight is not None and (best is None or weight < best[0]):
                    best = (weight, name)
        return best[1] if best else None

    def _take(self, target: str, name: str | None, why: str, part: dict[str, Any] | None = None) -> None:
        if name is not None:
            self.columns[target] = {"column": name, **part} if part else name
            self.reasons[target] = why
            self.used.add(name)

    def _named(self, target: str, *types: str, because: str = "") -> None:
        name = self._find(target, *types)
        if name:
            kind = self.types[name]
            self._take(target, name, f"named '{name}'{because}, holds {'times' if kind in ('time', 'date') else kind + ' values'}")

    def _ticket_and_grain(self) -> str:
        activity = self._activity_column()
        state = self._state_column()
        known = sorted((name for name in self.names if self._rank("ticket_id", name) is not None), key=lambda name: self._rank("ticket_id", name))
        # a column of ids that no list knows may be it too: after those known, in the order of the file
        others = [name for name in self.names if self.types[name] == "id" and name not in known and not self._is_of_something_else(name)]
        ids = {name: each for name in [*known, *others] if (each := self._ask(rows_per_value, name))}
        own = next((name for name, each in ids.items() if each == 1), None)
        if own in others and any(ids.get(name, 1) > 1 for name in known):   # rows of tickets: the row's own id, and the ticket's
            parent = next(name for name in known if ids.get(name, 1) > 1)
            if activity and self._times_named():
                self._take("ticket_id", parent, f"each '{parent}' has {ids[parent]:.1f} rows on average, and '{activity}' names what happened")
                self._take("event_id", own, f"unique in each row, named '{own}'")
                return "event"
        parent = next((name for name, each in ids.items() if each > 1 and re.search(r"\wid$", words(name).replace(" ", ""))), None)
        first = next((name for name, each in ids.items() if each > 1), None) if own is None else next(iter(ids), None)
        if own and parent and words(own) in ("id", "event id", "message id") and not state:
            self._take("ticket_id", parent, f"each '{parent}' has {ids[parent]:.1f} rows on average, while '{own}' is unique")
            self._take("event_id", own, f"unique in each row, named '{own}'")
            return "event"
        if first and ids[first] > 1 and {"time", "date"} & set(self.types.values()) and (activity or state):
            told = f"'{activity}' names what happened" if activity else f"'{state}' says how the ticket stood"
            self._take("ticket_id", first, f"each '{first}' has {ids[first]:.1f} rows on average, and {told}")
            return "event" if activity else "snapshot"
        if own:
            self._take("ticket_id", own, f"unique in each row, named '{own}'")
        else:
            self._join_ids(list(ids))
        return "ticket"

    def _join_ids(self, ids: list[str]) -> None:
        """No column is unique: an id, the day and the first column together may be."""
        days = [name for name in self.names if words(name) in ("date", "day", "datum", "fecha", "data")]
        parts = list(dict.fromkeys([*ids[:1], *days[:1], self.names[0]]))
        if ids and len(parts) > 1:
            cells = ", ".join(self._cell(name) for name in parts)
            sql = f"select count(*), count(distinct ({cells})) from {source_of(self.table)}"
            [(rows, distinct)] = self.con.execute(sql).fetchall()
            if rows == distinct:
                self.columns["ticket_id"] = {"columns": parts, "join": "-"}
                self.reasons["ticket_id"] = f"no column is unique, but {', '.join(parts)} together are"
                self.used.update(parts[:1])
                return
        self.reasons["ticket_id"] = "no column is unique in each row and named like an id; say which columns name a ticket"

    def _state_column(self) -> str | None:
        """The column named like a state whose values, half of them at least, are known words: not "State: CA, TX"."""
        named = self._find("state", "category", "text")
        spare = [
            name
            for name in self.names
            if name not in self.used and self.types[name] == "category" and re.search(r"\b(status|state|statut|estado|stato|zustand)\b", header_words(name))
        ]
        return next((name for name in dict.fromkeys([*([named] if named else []), *spare]) if self._half_known(name, state_of)), None)

    def _activity_column(self) -> str | None:
        """The column named like an activity; or one of types or steps whose values, half of them at least, are known activities."""
        spare = [name for name in self.names if self.types[name] == "category" and re.search(r"\b(type|event|action|activity|step|art)\b", header_words(name))]
        return self._find("kind", "category", "text") or next((name for name in spare if self._half_known(name, event_kind_of)), None)

    def _half_known(self, name: str, meaning: Callable[[str], str | None]) -> bool:
        values = self._ask(values_of, name)
        return bool(values) and sum(1 for value in values if meaning(value)) >= len(values) / 2

    def _times_named(self) -> list[str]:
        return [name for name in self.names if self.types[name] in ("time", "date")]

    def _is_of_something_else(self, name: str) -> bool:
        return any(header_words(name) in HEADERS[target] for target in ("customer", "email", "phone", "company", "assignee", "actor", "queue"))

    def _rank(self, target: str, name: str) -> int | None:
        plain = header_words(name)
        return HEADERS[target].index(plain) if plain in HEADERS[target] else None

    def _ask(self, question: Callable[..., Any], name: str, *rest: Any) -> Any:
        return question(self.con, self.table, self.places[name], *rest)

    def _cell(self, name: str) -> str:
        return f"c{self.places[name]}"

    # --- by grain ------------------------------------------------------------------------------------------------
    def _of_event(self) -> None:
        created = self._find("created_at", "time", "date")
        if "event_id" in self.columns:  # a message may be edited later, it was written when it was created
            self._take("occurred_at", created, f"named '{created}', holds times")
        if "occurred_at" not in self.columns:
            self._named("occurred_at", "time", "date")
        self._changing_time()
        activity = self._activity_column()
        if activity:
            self._kinds(activity)
        else:
            self.columns["kind"] = {"constant": "agent_message"}
            self.reasons["kind"] = "the file names no activity; its rows look like answers, change this if they are not"
        self._named("actor")
        if not activity and "actor" in self.columns:
            name = self.columns["actor"]
            self.columns["actor_kind"] = {"column": name, "equals": "customer", "then": "customer", "else": "agent"}
            self.reasons["actor_kind"] = f"'{name}' is the customer where it equals the ticket's customer"
        self._named("actor_queue", "category", "id", "text")

    def _kinds(self, activity: str) -> None:
        values = self._ask(values_of, activity)
        kinds = {value: kind for value in values if (kind := event_kind_of(value))}
        states = {value: state for value in values if (state := state_of(value))}
        why = f"named '{activity}', {len(values)} different activities"
        acts = {"created", "reassigned", "customer_message", "agent_message", "internal_note"} & set(kinds.values())
        if len(states) > len(values) / 2 and not acts:
            # Statuses, not things done: every row is a change of state.
            ends = {value: state for value, state in states.items() if state in ("resolved", "closed")}
            self._take("kind", activity, f"{why} that read like statuses", {"values": ends, "other": "state_changed"})
            self.columns["to"] = {"column": activity, "values": states, "only": ["state_changed"]}
            self.reasons["to"] = f"the status in '{activity}'"
        else:
            self._take("kind", activity, why, {"values": kinds, "other": "internal_note"})
            holder = self._find("actor")
            waits = {value: states[value] for value, kind in kinds.items() if kind == "state_changed" and value in states}
            if waits:
                self.columns["to"] = {"column": activity, "values": waits, "only": ["state_changed"]}
                self.reasons["to"] = f"the state that '{activity}' speaks of"
            elif "assigned" not in kinds.values() and "queued" in kinds.values() and (queue := self._find("queue", "category", "text", "id")):
                self.columns["to"] = {"column": queue, "only": ["queued"]}
                self.reasons["to"] = f"the queue it came to is in '{queue}'"
            elif holder and "assigned" in kinds.values():
                self.columns["to"] = {"column": holder, "only": ["assigned"]}
                self.reasons["to"] = f"who took the ticket is in '{holder}'"

    def _of_snapshot(self) -> None:
        self._named("occurred_at", "time", "date", because=" and changing from row to row")
        self._changing_time()
        self._named("sequence", "number")
        self._of_ticket()
        self._named("actor", "category", "text", "id")

    def _changing_time(self) -> None:
        """Where no name says when a row was: the time that changes from row to row of a ticket."""
        ticket = self.columns["ticket_id"]
        if "occurred_at" in self.columns or not isinstance(ticket, str):
            return
        moving = [name for name in self._times_named() if name not in self.used and not same_within(self.con, self.table, self.places[ticket], self.places[name])]
        if moving:
            self._take("occurred_at", moving[0], f"'{moving[0]}' holds times and changes from row to row of one ticket")
        else:
            self.reasons["occurred_at"] = "no column of times changes from row to row of a ticket; say which one tells when a row was"

    def _of_ticket(self) -> None:
        for target in ("created_at", "updated_at", "resolved_at", "closed_at", "first_response_at"):
            self._named(target, "time", "date")
        created = self.columns.get("created_at")
        if created is None or self.types[created] == "date":
            self._date_and_clock(created)
        if "created_at" not in self.columns:
            self.reasons["created_at"] = "no column of times is named like a beginning; say which one, or no time can be told"
        state = self._state_column()
        if state:
            told = self._ask(values_of, state)
            values = {value: meaning for value in told if (meaning := state_of(value))}
            rest = [value for value in told if value not in values]
            ask = f"; say what these mean: {', '.join(rest[:10])}" if rest else ""
            self._take("state", state, f"named '{state}', {len(values)} of its values are known words{ask}", {"values": values})
        self._named("queue", "category", "text", "id")
        self._named("assignee", "category", "text", "id")

    def _date_and_clock(self, created: str | None) -> None:
        """A day in one column (that of `created_at` where one is known), the time of day in another."""
        day = created or next((n for n in self.names if words(n) in ("date", "day", "datum", "fecha", "data", "jour", "giorno")), None)
        clock = next((n for n in self.names if self._ask(all_match, n, CLOCK_OF_DAY)), None)
        if not day or not clock:
            return
        if self._ask(all_match, day, r"\d{6}"):
            formats = ["%y%m%d"]
        else:
            guess = dates.guess(self.con, self.table.parquet, self._cell(day))
            if not guess or guess.ambiguous:
                return
            formats = ["%Y-%m-%d" if form == "iso" else form for form in guess.formats]
        seconds = self._ask(all_match, clock, r"\d{1,2}:\d\d:\d\d")
        joined = [f"{form} {'%H:%M:%S' if seconds else '%H:%M'}" for form in formats]
        self.columns["created_at"] = {"columns": [day, clock], "join": " ", "formats": joined}
        self.reasons["created_at"] = f"'{day}' holds the day, '{clock}' the time of day"
        self.used.update((day, clock))

    def _shared(self, grain: str) -> None:
        for target, types in {
            "customer": (), "email": ("text", "id", "category"), "phone": (), "company": ("text", "category", "id"),
            "channel": ("category",), "priority": ("category", "number"), "reason": ("category",),
            "subject": ("text", "category", "id"), "tags": ("text", "category"), "url": ("text", "id"), "csat": ("number",),
            "recorded_handoffs": ("number",), "recorded_reopens": ("number",), "recorded_sla_met": ("flag",),
        }.items():
            self._named(target, *types)
        name = self.columns.get("customer")
        if isinstance(name, str) and "email" in self.columns and self.types[name] in ("text", "category") and re.search(r"\bname\b", words(name)):
            del self.columns["customer"]
            self.reasons["customer"] = f"not taken: '{name}' holds names, which two people may share; their e-mail tells them apart"
        if grain != "event":  # there it speaks of the row, not of the ticket
            self._named("is_spam", "flag")
        customer = self.columns.get("customer")
        if isinstance(customer, str) and "email" not in self.columns and self._ask(all_match, customer, ADDRESS):
            del self.columns["customer"]
            self.columns["email"], self.reasons["email"] = customer, f"named '{customer}', holds e-mail addresses"
            self.reasons.pop("customer")
        elif isinstance(customer, str):
            cell = self._cell(customer)
            nobody = f"count(*) filter (where {cell} in ('0', '-1', 'anonymous'))"
            [(rows, nobody)] = self.con.execute(f"select count({cell}), {nobody} from {source_of(self.table)}").fetchall()
            if nobody > rows / 20:
                self.columns["customer"] = {"column": customer, "null_values": ["0", "-1", "anonymous"]}
                self.reasons["customer"] += f"; {nobody} rows with '0' or the like name nobody"

    # --- the rest of the mapping ---------------------------------------------------------------------------------
    def _of_values(self) -> dict[str, Any]:
        """Zone, formats and placeholders that the values of the columns taken show."""
        names = [part if isinstance(part, str) else part.get("column") for part in self.columns.values()]
        times = [part for part in self.columns.values() if isinstance(part, str) and self.types[part] in ("time", "date")]
        told, reasons = times_of(self.con, self.table, self.names, [(name, self._cell(name)) for name in times])
        self.reasons |= reasons
        return told | placeholders(self.con, self.table, [self._cell(name) for name in names if name])

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
    return (general if len(general) > 3 else stem) + dot + rest
