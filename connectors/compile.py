"""A mapping block and a landed file become what the loader runs: a view of typed rows, the model rows read from it, and what could
not be taken, or only with a remark."""
from __future__ import annotations

from pathlib import Path

from connectors import localtime
from connectors.mapping import CLOSED_VALUES, DATES, FLAGS, REQUIRED, TIMES, EventColumn, MappingProblem, Part
from connectors.modelrows import ModelRows
from warehouse.incoming import Incoming, Refused
from warehouse.model import STATES
from warehouse.sql import identifier, sql_text


class Compiler(ModelRows):
    """Compiles one block for one landed file."""

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
        if better := self.said_better(target, value):
            return better
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
        return f"'{value}' {f'in {column} ' if column else ''}is no number; correct it, or map it with values"

    def _unmapped(self, view: str) -> list[tuple[str, str, str]]:
        found = [(column, "an id that a spreadsheet has rounded: the row is loaded, its customer is not known", sql) for column, sql in self.spoilt()]
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
        """Counts of ids that were read without their .0, and of local times that the clock change made ambiguous or impossible."""
        landed = f"read_parquet({sql_text(str(self.table.parquet))})"
        whole = [("id written with .0", name, f"SELECT count(nullif(trim({self.column(name)}), '')) FROM {landed}") for name in sorted(self.whole)]
        if not localtime.dst_odd_hours(self.zone, 1990, 2040):
            return whole
        walls = [(f"{kind} local hour", label,
                  f"WITH walls AS MATERIALIZED (SELECT {localtime.wall_time_sql(raw, formats)} AS wall FROM {landed}) "
                  f"SELECT count(*) FROM walls WHERE {localtime.is_odd_sql('wall', kind, self.zone)}")
                 for label, raw, formats in self.times for kind in ("missing", "repeated")]
        return whole + walls
