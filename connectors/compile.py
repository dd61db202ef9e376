"""A mapping block and a landed file become SQL: what the loader runs.

Every target is one SQL expression over the raw text columns; rows whose text cannot be read are refused by target, so
that the refusal can name the column and the value. Nothing is guessed: a time in no known format, a status or an
activity the mapping does not know, are said, not repaired.
"""
from __future__ import annotations

from pathlib import Path

import duckdb

from connectors import dates, localtime
from connectors.files import FileProblem, RawTable
from connectors.mapping import (
    CLOSED_VALUES, DATES, DURATIONS, FLAGS, IDENTITIES, NUMBERS, REQUIRED, TICKET_TARGETS, TIMES,
    EventColumn, FileBlock, Mapping, MappingProblem, Part,
)
from warehouse.incoming import Incoming, Refused, Rows
from warehouse.model import STATES, TICKET_COLUMNS
from warehouse.sql import identifier, sql_text

SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400, "milliseconds": 0.001}
KEYED = ("email", "phone", "external_id")


class Compiler:
    """Compiles one block for one landed file.

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
        source = sql_text(self.mapping.source + ":")
        if target == "phone":
            digits = f"regexp_replace({raw}, '[^0-9]', '', 'g')"
            return f"CASE WHEN length({digits}) >= 7 THEN keyed({digits}) END"
        if target in KEYED:
            return f"keyed({raw})"
        return f"{source} || CASE WHEN contains({raw}, '@') THEN keyed({raw}) ELSE {raw} END"

    def formats(self, part: Part) -> list[str] | None:
        """Formats of a time column: the part's, the mapping's, or those the file itself proves.

        Raises: FileProblem where the file leaves day and month open.
        """
        if part.formats or self.mapping.datetime_formats:
            return part.formats or self.mapping.datetime_formats
        if len(part.names) != 1:
            return None
        guess = dates.guess(self.con, self.table.parquet, self.column(part.names[0]))
        if guess is None:
            return None
        if guess.ambiguous:
            proven = self._proven_order(part.names[0])
            if proven is not None:
                return [f for f in guess.formats if _day_first(f) == proven]
            raise FileProblem(
                f"{self.table.name}, column {part.names[0]}: {guess.evidence} can be read day first or month first and no value "
                f"decides it; set datetime_formats in the mapping to one of {', '.join(map(repr, guess.formats))}")
        return list(guess.formats)

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
        raw, formats = self.raw(part), self.formats(part)
        self.times.append((" + ".join(part.names), raw, formats))
        self.add(target, part, f"({localtime.to_timestamp_sql(raw, formats, self.zone)}){cast}", raw)

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
        else:
            self.columns[target] = value
            if target == "state" and part.constant is None:
                self.columns["state_raw"] = self.raw(part)

    # --- the view and what is read from it -----------------------------------------------------------------------
    def build(self, recognised_as: str | None) -> Incoming:
        """Everything the loader needs of this file."""
        grain, parts = self.block.grain, self.parts
        bots = [*self.mapping.bots]
        if grain == "event":
            self._add_kind(bots)
        for target, part in parts.items():
            if not (target == "kind" and grain == "event"):
                self.add_target(target, part)
        for target in reversed([t for t in ("ticket_id", "occurred_at", "id", "other", "name", "on") if t in parts and t in REQUIRED[grain]]):
            self.columns.setdefault(target + "__raw", self.raw(parts[target]) if parts[target].constant is None else "''")
            self.checks.insert(0, (target, f"{identifier(target)} IS NULL"))
        for index, column in enumerate(self.block.event_columns):
            self._add_event_column(index, column)
        view = self._view()
        name = "incoming_" + Path(self.table.parquet).stem.replace("-", "_")
        produces = self._produces(name)
        return Incoming(
            source=self.mapping.source, name=self.table.name, stream=self.block.match, recognised_as=recognised_as, landed=self.table.parquet,
            description={"headers": list(self.table.headers), "encoding": self.table.encoding, "delimiter": self.table.delimiter,
                         "header_row": self.table.header_row, "zone": self.zone, "grain": grain},
            mapping=self.mapping.model_dump(mode="json", by_alias=True, exclude_none=True), rows=self.table.rows,
            refused=[Refused(r.line, r.column, r.value, r.reason) for r in self.table.refused],
            view=name, view_sql=view, produces=produces,
            refusals_sql=self._refusals(name), reason_for=self._reason, column_of=self.column_label, unmapped_sql=self._unmapped(name),
            oddities_sql=self._oddities(), who=self._who(), private=self._private(), kinds=self.block.event_kinds(),
            fidelity={"event": "events", "snapshot": "snapshot"}.get(grain, "events" if self.block.event_columns else "counters"),
            has_counters=bool({"recorded_handoffs", "recorded_reopens"} & parts.keys()), lines_of=self.table.lines_of)

    def _who(self) -> list[tuple[str | None, str]]:
        """Columns that name a customer, with the key a tombstone would have; and the ticket's id."""
        found: list[tuple[str | None, str]] = []
        for target in ("customer", "email", "phone", "external_id", "actor"):
            part = self.parts.get(target)
            if part is not None and part.column:
                found.append((self.column(part.column), self.identity("customer" if target == "actor" else target, self.raw(part))))
        if "ticket_id" in self.parts and self.parts["ticket_id"].names:
            found.append((None, f"{sql_text(self.mapping.source + ':')} || {self.raw(self.parts['ticket_id'])}"))
        return found

    def _private(self) -> list[str]:
        """Columns that carry no fact a number rests on: subject, link, company, and everything the mapping does not use."""
        facts = [part for target, part in self.parts.items() if target not in ("subject", "url", "company")]
        needed = {self.column(n) for part in [*facts, *self.block.dimensions.values(), *self.block.event_columns] for n in part.names}
        needed |= {self.column(n) for c in self.block.event_columns for part in (c.to, c.actor) if part for n in part.names}
        return [f"c{i}" for i in range(len(self.table.headers)) if f"c{i}" not in needed]

    def _add_kind(self, bots: list[str]) -> None:
        """The event's kind; what a bot says is a bot's message."""
        part = self.parts["kind"]
        named = {*(part.values or {}).values(), part.other, part.constant} & {"assigned", "queued"}
        if named and "to" not in self.parts:
            raise MappingProblem(f"{self.block.match}: kind {' and '.join(sorted(named))} needs `to`: the column that names the new holder or queue")
        self.add_target("kind", part)
        if bots and "actor" in self.parts:
            who = f"{self.raw(self.parts['actor'])} IN ({', '.join(map(sql_text, bots))})"
            self.columns["kind"] = f"CASE WHEN ({self.columns['kind']}) = 'agent_message' AND {who} THEN 'bot_message' ELSE ({self.columns['kind']}) END"

    def _add_event_column(self, index: int, part: EventColumn) -> None:
        target = f"event_{index}"
        self.add_time(f"{target}_at", part)
        if part.to is not None:
            self.columns[f"{target}_to"] = self.text("to", part.to)
        if part.actor is not None:
            self.columns[f"{target}_actor"] = self.text("actor", part.actor)

    def _view(self) -> str:
        """One row per landed row: typed targets, their text, and the first target that could not be read."""
        columns = dict(self.columns)
        known = ""
        if any(part.equals for part in self.parts.values()) and self.block.grain != "ticket":
            known = f" LEFT JOIN known_tickets AS known ON known.ticket_id = {sql_text(self.mapping.source + ':')} || {self.raw(self.parts['ticket_id'])}"
        base, kinds = "landed", ""
        if self.block.grain == "event":   # other targets may ask for the row's kind
            kinds = f", kinds AS (SELECT landed.*, {columns.pop('kind')} AS kind FROM landed{known})"
            base = "kinds"
        listed = "".join(f", {sql} AS {identifier(target)}" for target, sql in columns.items())
        refused = f"CASE {' '.join(f'WHEN {bad} THEN {sql_text(target)}' for target, bad in self.checks)} END" if self.checks else "NULL::VARCHAR"
        dimensions = self._json({name: self.text(name, part) for name, part in self.block.dimensions.items()})
        # random() keeps the planner from moving "refused IS NULL" below the typed columns, where every time would be parsed
        # once per check (10 s instead of 2 s for six million events)
        return (f"WITH landed AS (SELECT * EXCLUDE (file_row_number), file_row_number AS ordinal FROM "
                f"read_parquet({sql_text(str(self.table.parquet))}, file_row_number = true)){kinds} "
                f"SELECT *, CASE WHEN random() >= 0 THEN {refused} END AS refused FROM (SELECT ordinal{', kind' if kinds else ''}{listed}, {dimensions} AS dimensions, "
                f"{self._extra()} AS extra FROM {base}{known})")

    def _json(self, named: dict[str, str]) -> str:
        if not named:
            return "NULL::VARCHAR"
        pairs = ", ".join(f"{sql_text(name)}: {sql}" for name, sql in named.items())
        return f"cast(to_json({{{pairs}}}) AS VARCHAR)"

    def _extra(self) -> str:
        """All columns the mapping does not use, as JSON; only where a row describes a ticket."""
        if not self._describes_tickets():
            return "NULL::VARCHAR"
        used = {self.column(n) for part in [*self.parts.values(), *self.block.dimensions.values(), *self.block.event_columns] for n in part.names}
        rest = {header: f"c{i}" for i, header in enumerate(self.table.headers) if f"c{i}" not in used}
        # without the empty ones: a row says the same in whichever company it comes
        return f"cast(json_merge_patch('{{}}', {self._json(rest)}::JSON) AS VARCHAR)" if rest else "NULL::VARCHAR"

    def _describes_tickets(self) -> bool:
        if self.block.grain == "event":
            return bool(set(self.parts) & (set(TICKET_TARGETS) - {"ticket_id"}) or self.block.dimensions)
        return self.block.grain in ("ticket", "snapshot")

    def _produces(self, view: str) -> list[Rows]:
        grain = self.block.grain
        if grain in ("measure", "agent", "queue", "company", "link"):
            return [Rows(*_side_rows(grain, self.mapping.source, self.parts, view))]
        found = []
        if self._describes_tickets():
            found.append(Rows("ticket_rows", self._ticket_rows(view)))
        if grain == "event":
            found.append(Rows("events", self._events(view)))
        if grain == "snapshot":
            found.append(Rows("snapshot_rows", self._snapshot_rows(view)))
        for index, part in enumerate(self.block.event_columns):
            found.append(Rows("events", self._column_events(view, index, part)))
        return found

    def _ref(self, target: str, cast: str = "") -> str:
        if target not in self.parts:
            return f"NULL{cast}"
        return identifier(target) + cast

    def _id(self, target: str) -> str:
        return f"{sql_text(self.mapping.source + ':')} || {identifier(target)}" if target in self.parts else "NULL::VARCHAR"

    def _identity(self, target: str) -> str:
        return self.identity(target, identifier(target)) if target in self.parts else "NULL::VARCHAR"

    def _domain(self) -> str:
        from_ = [f"CASE WHEN contains({t}, '@') THEN lower(split_part({t}, '@', 2)) END" for t in ("email", "customer") if t in self.parts]
        return f"coalesce({', '.join(from_)}, NULL)" if from_ else "NULL::VARCHAR"

    def _ticket_rows(self, view: str) -> str:
        grain = self.block.grain
        customer = f"coalesce({', '.join([self._identity('customer'), *(f'{sql_text(self.mapping.source + chr(58))} || {self._identity(t)}' for t in ('external_id', 'email', 'phone') if t in self.parts)])})"
        values = {
            "kind": self._ref("kind_of_ticket", "::VARCHAR"), "url": self._ref("url", "::VARCHAR"), "subject": self._ref("subject", "::VARCHAR"),
            "channel": self._ref("channel", "::VARCHAR"), "priority": self._ref("priority", "::VARCHAR"),
            "queue_id": self._id("queue"), "assignee_id": self._id("assignee"), "customer_id": customer,
            "email_key": self._identity("email"), "email_domain": self._domain(), "phone_key": self._identity("phone"), "external_key": self._identity("external_id"),
            "company_id": self._id("company"), "reason_raw": self._ref("reason", "::VARCHAR"), "tags": self._ref("tags", "::VARCHAR"),
            "state": self._known_state(), "state_raw": self._raw_state(),
            **{t: self._ref(t, "::TIMESTAMP") for t in ("created_at", "first_response_at", "resolved_at", "closed_at", "deleted_at")},
            "merged_into": self._id("merged_into"), "parent": self._id("parent"), "csat": self._ref("csat", "::DOUBLE"),
            "is_proactive": self._ref("is_proactive", "::BOOLEAN"), "is_spam": self._ref("is_spam", "::BOOLEAN"),
            "recorded_handoffs": self._ref("recorded_handoffs", "::BIGINT"), "recorded_reopens": self._ref("recorded_reopens", "::BIGINT"),
            "recorded_first_response_seconds": self._ref("recorded_first_response", "::BIGINT"),
            "recorded_resolution_seconds": self._ref("recorded_resolution", "::BIGINT"),
            "recorded_sla_met": self._ref("recorded_sla_met", "::BOOLEAN"), "dimensions": "dimensions", "extra": "extra"}
        assert tuple(values) == TICKET_COLUMNS
        version = "updated_at" if grain == "ticket" else "occurred_at"
        order = f"{self._ref(version)} DESC NULLS LAST, {self._ref('sequence')} DESC NULLS LAST, ordinal DESC"
        listed = ", ".join(f"{sql} AS {name}" for name, sql in values.items())
        fidelity = {"event": "events", "snapshot": "snapshot"}.get(grain, "counters")
        one = f" QUALIFY row_number() OVER (PARTITION BY ticket_id ORDER BY {order}) = 1" if grain != "ticket" else ""
        return (f"SELECT {listed}, {self._id('ticket_id')} AS ticket_id, {sql_text(self.mapping.source)} AS source, "
                f"{sql_text(self.block.match)} AS stream, {sql_text(fidelity)} AS fidelity, {self._ref(version, '::TIMESTAMP')} AS version_at, "
                f"ordinal FROM {view} WHERE refused IS NULL{one}")

    def _known_state(self) -> str:
        return f"CASE WHEN {identifier('state')} IN ({', '.join(map(sql_text, STATES))}) THEN {identifier('state')} END" if "state" in self.parts else "NULL::VARCHAR"

    def _raw_state(self) -> str:
        return "state_raw" if "state_raw" in self.columns else self._ref("state", "::VARCHAR")

    def _snapshot_rows(self, view: str) -> str:
        return (f"SELECT {self._id('ticket_id')} AS ticket_id, {sql_text(self.mapping.source)} AS source, occurred_at, "
                f"{self._ref('sequence', '::BIGINT')} AS seq, ordinal, {self._known_state()} AS state, {self._raw_state()} AS state_raw, "
                f"{self._id('queue')} AS queue_id, {self._id('assignee')} AS assignee_id, {self._ref('priority', '::VARCHAR')} AS priority, "
                f"{self._actor()} AS actor_id, {self._actor_kind('NULL')} AS actor_kind, {self._ref('cause', '::VARCHAR')} AS cause "
                f"FROM {view} WHERE refused IS NULL")

    def _events(self, view: str) -> str:
        source = sql_text(self.mapping.source + ":")
        def value(target: str) -> str:
            if target not in self.parts:
                return "NULL::VARCHAR"
            return f"CASE WHEN kind IN ('queued', 'assigned') THEN {source} || {identifier(target)} ELSE {identifier(target)} END"
        return (f"SELECT {self._id('event_id')} AS event_id, {self._id('ticket_id')} AS ticket_id, {sql_text(self.mapping.source)} AS source, "
                f"occurred_at, {self._ref('sequence', '::BIGINT')} AS seq, ordinal, kind, {self._actor()} AS actor_id, "
                f"{self._actor_kind('kind')} AS actor_kind, {self._id('actor_queue')} AS actor_queue, {self._ref('cause', '::VARCHAR')} AS cause, "
                f"{value('from')} AS from_value, {value('to')} AS to_value FROM {view} WHERE refused IS NULL")

    def _actor(self) -> str:
        return self.identity("customer", identifier("actor")) if "actor" in self.parts else "NULL::VARCHAR"

    def _actor_kind(self, kind: str) -> str:
        """The mapped actor kind, else what the event's kind implies; bots named in the mapping are bots."""
        given = self._ref("actor_kind", "::VARCHAR")
        implied = (f"CASE WHEN {kind} IN ('customer_message', 'rated') THEN 'customer' WHEN {kind} IN ('agent_message', 'internal_note') THEN 'agent' "
                   f"WHEN {kind} = 'bot_message' THEN 'bot' END") if kind != "NULL" else "NULL::VARCHAR"
        bots = f"WHEN actor IN ({', '.join(map(sql_text, self.mapping.bots))}) THEN 'bot' " if self.mapping.bots and "actor" in self.parts else ""
        return f"CASE {bots}ELSE coalesce({given}, {implied}) END" if bots else f"coalesce({given}, {implied})"

    def _column_events(self, view: str, index: int, part: EventColumn) -> str:
        source, stem = sql_text(self.mapping.source + ":"), f"event_{index}"
        to = f"{stem}_to" if part.to is not None else "NULL::VARCHAR"
        to = f"{source} || {to}" if part.kind in ("queued", "assigned") else to
        actor = self.identity("customer", f"{stem}_actor") if part.actor is not None else "NULL::VARCHAR"
        kind = sql_text(part.kind)
        implied = (f"CASE WHEN {kind} IN ('customer_message', 'rated') THEN 'customer' WHEN {kind} IN ('agent_message', 'internal_note') THEN 'agent' "
                   f"WHEN {kind} = 'bot_message' THEN 'bot' END")
        actor_kind = sql_text(part.actor_kind) if part.actor_kind else implied
        return (f"SELECT NULL::VARCHAR AS event_id, {self._id('ticket_id')} AS ticket_id, {sql_text(self.mapping.source)} AS source, "
                f"{stem}_at AS occurred_at, {index} AS seq, ordinal, {kind} AS kind, {actor} AS actor_id, {actor_kind} AS actor_kind, "
                f"NULL::VARCHAR AS actor_queue, {sql_text(part.cause) if part.cause else 'NULL::VARCHAR'} AS cause, NULL::VARCHAR AS from_value, "
                f"{to} AS to_value FROM {view} WHERE refused IS NULL AND {stem}_at IS NOT NULL")

    # --- what could not be taken, or only with a remark ----------------------------------------------------------
    def _refusals(self, view: str) -> str:
        values = " ".join(f"WHEN {sql_text(target)} THEN {identifier(target + '__raw')}" for target in {t for t, _ in self.checks})
        return f"SELECT ordinal, refused, {f'CASE refused {values} END' if values else 'NULL'} FROM {view} WHERE refused IS NOT NULL ORDER BY 1"

    def column_label(self, target: str) -> str | None:
        """The file's own column name behind a target."""
        if target.startswith("event_") and target.endswith("_at") and target[6:-3].isdigit():
            part: Part = self.block.event_columns[int(target[6:-3])]
        else:
            part = self.parts[target]
        return " + ".join(part.names) or None

    def _reason(self, target: str, value: str | None) -> str:
        column = self.column_label(target)
        if value is None:
            return f"no value in {column}, and a row without {target.replace('_', ' ')} cannot be placed; fill it or map another column"
        if target in TIMES or target in DATES or target.startswith("event_"):
            formats = self.parts[target].formats if target in self.parts else None
            formats = formats or self.mapping.datetime_formats
            known = f"none of the formats {', '.join(formats)}" if formats else "no time in the form of the rest of the column"
            return f"'{value}' in {column} is {known}; correct the value or add its format to datetime_formats"
        if target in CLOSED_VALUES:
            return f"'{value}' in {column} is not mapped to a {target.replace('_', ' ')}; add it to values of {target}, or set other"
        if target in FLAGS:
            return f"'{value}' in {column} is neither yes nor no; map it with values"
        return f"'{value}' in {column} is no number; correct it, or map it with values"

    def _unmapped(self, view: str) -> list[tuple[str, str, str]]:
        found = []
        states = ", ".join(map(sql_text, STATES))
        if "state" in self.parts and self.block.grain != "event" and self.parts["state"].constant is None:
            found.append((self.column_label("state") or "state", "the row is loaded, the state before continues; add it to values of state",
                          f"SELECT state_raw, count(*) FROM {view} WHERE refused IS NULL AND state_raw IS NOT NULL AND "
                          f"(state IS NULL OR state NOT IN ({states})) GROUP BY 1 ORDER BY 2 DESC, 1"))
        if self.block.grain == "event" and "to" in self.parts:
            found.append((self.column_label("to") or "to", "the state before continues; add it to values of to",
                          f"SELECT \"to\", count(*) FROM {view} WHERE refused IS NULL AND kind = 'state_changed' AND \"to\" NOT IN ({states}) GROUP BY 1 ORDER BY 2 DESC, 1"))
        return found

    def _oddities(self) -> list[tuple[str, str, str]]:
        """Counts of local times that the clock change made ambiguous or impossible."""
        if not localtime.dst_odd_hours(self.zone, 1990, 2040):
            return []
        landed = f"read_parquet({sql_text(str(self.table.parquet))})"
        return [(f"{kind} local hour", label,
                 f"WITH walls AS MATERIALIZED (SELECT {localtime.wall_time_sql(raw, formats)} AS wall FROM {landed}) "
                 f"SELECT count(*) FROM walls WHERE {localtime.is_odd_sql('wall', kind, self.zone)}")
                for label, raw, formats in self.times for kind in ("missing", "repeated")]


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


def _side_rows(grain: str, source: str, parts: dict[str, Part], view: str) -> tuple[str, str]:
    """Rows of the small tables: measures, agents, queues, companies, links."""
    def ref(target: str, kind: str = "VARCHAR") -> str:
        return f"cast({identifier(target)} AS {kind})" if target in parts else f"NULL::{kind}"
    prefix = sql_text(source + ":")
    where = f"FROM {view} WHERE refused IS NULL"
    if grain == "measure":
        return "measures", f"SELECT {sql_text(source)} AS source, \"on\" AS on_date, name, value, dimensions, ordinal {where}"
    if grain == "link":
        other = f"CASE WHEN contains(other, ':') THEN other ELSE {prefix} || other END"
        return "links", (f"SELECT {prefix} || ticket_id AS ticket_id, {other} AS other_id, kind, 'the tool''s own link' AS found_by, ordinal {where}")
    if grain == "agent":
        return "agents", (f"SELECT {prefix} || id AS agent_id, {ref('name')} AS name, {ref('is_bot', 'BOOLEAN')} AS is_bot, {ref('is_shared', 'BOOLEAN')} AS is_shared, "
                          f"{ref('team')} AS team, {ref('vendor')} AS vendor, {ref('site')} AS site, {ref('role')} AS role, {ref('valid_from', 'DATE')} AS valid_from, "
                          f"{ref('valid_to', 'DATE')} AS valid_to, ordinal {where}")
    if grain == "queue":
        return "queues", (f"SELECT {prefix} || id AS queue_id, {ref('name')} AS name, {ref('team')} AS team, {ref('tier', 'BIGINT')} AS tier, "
                          f"{ref('vendor')} AS vendor, {ref('schedule')} AS schedule, ordinal {where}")
    return "companies", (f"SELECT {prefix} || id AS company_id, {ref('name')} AS name, {ref('value_per_year', 'DOUBLE')} AS value_per_year, {ref('plan')} AS plan, "
                         f"{ref('segment')} AS segment, {ref('renewal', 'DATE')} AS renewal_on, {ref('valid_from', 'DATE')} AS valid_from, "
                         f"{ref('valid_to', 'DATE')} AS valid_to, ordinal {where}")
