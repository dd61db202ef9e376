"""From typed values to rows of the model: tickets, events, snapshots and the small tables, as SQL over the view of a file."""
from __future__ import annotations

from connectors.cells import Cells
from connectors.mapping import TICKET_TARGETS, EventColumn, Part
from warehouse.incoming import Rows
from warehouse.model import STATES, TICKET_COLUMNS
from warehouse.sql import identifier, sql_text


class ModelRows(Cells):
    """What the rows of a file say, as rows of the model's tables."""

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
        source = sql_text(f"{self.mapping.source}:")
        others = (f"{source} || {self._identity(t)}" for t in ("external_id", "email", "phone") if t in self.parts)
        customer = f"coalesce({', '.join([self._identity('customer'), *others])})"
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
