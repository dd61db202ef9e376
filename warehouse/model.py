"""The canonical tables: every name, type and meaning, once.

Each class is a row of one table. DuckDB's DDL, the loader's column order and `docs/model.md` are all made from
these classes, so that the words on this page are the words in the database.

Conventions: `*_at` UTC timestamps without zone, `*_on` dates, `*_seconds` whole seconds, ids `source:id`, booleans
`is_*` / `was_*`. NULL always means "not known", never zero.
"""
from __future__ import annotations

from datetime import date, datetime
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, Field

STATES = ("new", "in_progress", "waiting_customer", "waiting_internal", "resolved", "closed")
EVENT_KINDS = (
    "created", "customer_message", "agent_message", "bot_message", "internal_note", "assigned", "queued", "reassigned",
    "state_changed", "priority_changed", "escalated", "resolved", "closed", "reopened", "merged", "deleted", "rated",
)
ACTOR_KINDS = ("customer", "agent", "bot", "system")
CAUSES = ("agent", "rule", "bulk", "offer_not_taken")
LINK_KINDS = ("became", "child_of", "side_conversation", "follow_up_of", "incident_of", "merged_into")
FIDELITIES = ("events", "snapshot", "counters")

# Words of a closed list are stored as one byte; to SQL they are still words.
HANDLED_BY = ("human_only", "bot_to_human", "bot_only", "untouched", "unknown")
LEFT_OUT = ("merged", "spam", "deleted", "test", "part of another")   # rules that take a contact out of every population
ENUMS = {"event_kind": EVENT_KINDS, "state_name": STATES, "actor_kind_name": ACTOR_KINDS, "cause_name": CAUSES, "fidelity_name": FIDELITIES, "handled_by_name": HANDLED_BY,
         "left_out_name": LEFT_OUT}

_SQL_TYPES = {str: "VARCHAR", int: "BIGINT", float: "DOUBLE", bool: "BOOLEAN", datetime: "TIMESTAMP", date: "DATE"}


class Row(BaseModel):
    """One row of a table; subclasses name the table in `table` and describe each column."""

    model_config = ConfigDict(extra="forbid")

    @classmethod
    def columns(cls) -> dict[str, str]:
        """Column name -> SQL type, in table order."""
        return {name: (field.json_schema_extra or {}).get("sql") or _sql_type(field.annotation) for name, field in cls.model_fields.items()}

    @classmethod
    def meanings(cls) -> dict[str, str]:
        """Column name -> what it means."""
        return {name: field.description or "" for name, field in cls.model_fields.items()}

    @classmethod
    def ddl(cls, table: str) -> str:
        """`CREATE TABLE IF NOT EXISTS` for this row under that name."""
        body = ", ".join(f'"{name}" {kind}' for name, kind in cls.columns().items())
        return f"CREATE TABLE IF NOT EXISTS {table} ({body})"


def _sql_type(annotation: Any) -> str:
    for choice in (annotation, *get_args(annotation)):
        if choice in _SQL_TYPES:
            return _SQL_TYPES[choice]
    raise TypeError(f"no SQL type for {annotation}")


def said(text: str, **more: Any) -> Any:
    """A nullable column with its meaning."""
    return Field(default=None, description=text, **more)


class TicketFacts(Row):
    """What any source may say of a ticket; shared by `ticket_rows` and `tickets`."""

    kind: str | None = said("ticket, chat, call or case")
    url: str | None = said("the ticket in its own tool")
    subject: str | None = said("subject line; never a message body")
    channel: str | None = said("how the customer came: email, chat, phone ...")
    priority: str | None = said("priority as the tool names it")
    queue_id: str | None = said("the owner's queue now, `source:queue`")
    assignee_id: str | None = said("who holds it now, `source:agent`")
    customer_id: str | None = said("the customer in that source, `source:customer`; keyed hash where it was an e-mail")
    email_key: str | None = said("keyed hash of the customer's e-mail, the same in every source of this data folder")
    email_domain: str | None = said("domain of the customer's e-mail")
    phone_key: str | None = said("keyed hash of the customer's phone number")
    external_key: str | None = said("keyed hash of the customer's id in the company's own systems")
    company_id: str | None = said("the customer's company, `source:company`")
    reason_raw: str | None = said("contact reason as the tool has it")
    tags: str | None = said("tags, joined by blanks")
    state: str | None = said("one of the six states: " + ", ".join(STATES))
    state_raw: str | None = said("the tool's own status")
    created_at: datetime | None = said("when the ticket began, as the tool says")
    first_response_at: datetime | None = said("first human public reply, where the tool gives the time")
    resolved_at: datetime | None = said("when it was last resolved, where the tool gives the time")
    closed_at: datetime | None = said("when it was closed, where the tool gives the time")
    deleted_at: datetime | None = said("when it was deleted in its tool")
    merged_into: str | None = said("the ticket that took this one over, `source:id`")
    parent: str | None = said("the ticket this one is a child of, `source:id`")
    csat: float | None = said("satisfaction as the tool scales it")
    is_proactive: bool | None = said("an agent started it, not the customer")
    is_spam: bool | None = said("marked as spam")
    recorded_handoffs: int | None = said("reassignments the tool itself counted")
    recorded_reopens: int | None = said("reopenings the tool itself counted")
    recorded_first_response_seconds: int | None = said("first response the tool itself measured")
    recorded_resolution_seconds: int | None = said("resolution the tool itself measured")
    recorded_sla_met: bool | None = said("promise kept, by the tool's own judgement")
    dimensions: str | None = said("own dimensions as a JSON object, name -> value")
    extra: str | None = said("every other column of the source as a JSON object")


TICKET_COLUMNS = tuple(TicketFacts.model_fields)


class TicketRow(TicketFacts):
    """What one stream last said of one ticket: the newest row per (ticket_id, stream)."""

    ticket_id: str = Field(description="`source:id`")
    source: str = Field(description="the account the row came from")
    stream: str = Field(description="which file block of the mapping, or which API stream")
    fidelity: str = Field(description="events, snapshot or counters: what this stream can tell of changes")
    version_at: datetime | None = said("updated_at, or the time of the last history row: the newer row wins")
    file_no: int = Field(description="the file that brought the row, see `files`")
    ordinal: int = Field(description="row of that file, from 0")


class Ticket(TicketFacts):
    """One piece of work for one customer, any tool: what its streams say together."""

    ticket_id: str = Field(description="`source:id`")
    source: str = Field(description="the account")
    version_at: datetime | None = said("newest time any stream speaks of")
    ticket_no: int = Field(description="the short key of the ticket in this data folder, by which derived tables are joined; never shown")


class SnapshotRow(Row):
    """A ticket as it stood at a time, from exports that repeat the ticket at each change."""

    ticket_id: str = Field(description="`source:id`")
    source: str = Field(description="the account")
    occurred_at: datetime = Field(description="when the ticket stood so")
    seq: int | None = said("the tool's own order of rows")
    file_no: int = Field(description="the file that brought the row")
    ordinal: int = Field(description="row of that file, from 0")
    state: str | None = said("one of the six states, NULL where unmapped or not given")
    state_raw: str | None = said("the tool's own status")
    queue_id: str | None = said("the owner's queue, NULL = unknown")
    assignee_id: str | None = said("the holder, NULL = unknown")
    priority: str | None = said("priority at that time")
    actor_id: str | None = said("who made the change")
    actor_kind: str | None = said("customer, agent, bot or system")
    cause: str | None = said("agent, rule, bulk or offer_not_taken")


class Event(Row):
    """Something that happened to a ticket."""

    event_id: str | None = said("the tool's own id of the event, `source:id`, where it has one")
    ticket_id: str = Field(description="`source:id`")
    source: str = Field(description="the account")
    occurred_at: datetime = Field(description="when")
    seq: int | None = said("the tool's own order among events of one time")
    file_no: int = Field(description="the file that brought it; order within a file is kept")
    ordinal: int = Field(description="row of that file, from 0")
    kind: str = Field(description="one of: " + ", ".join(EVENT_KINDS), json_schema_extra={"sql": "event_kind"})
    actor_id: str | None = said("who did it, `source:actor`")
    actor_kind: str | None = said("customer, agent, bot or system", json_schema_extra={"sql": "actor_kind_name"})
    actor_queue: str | None = said("the queue of whoever acted; never the owner's")
    cause: str | None = said("what moved the ticket: agent, rule, bulk, offer_not_taken", json_schema_extra={"sql": "cause_name"})
    from_value: str | None = said("value before, where the tool says it")
    to_value: str | None = said("queue id, agent id, state or priority after; assigned to NULL = nobody")


class Customer(Row):
    customer_id: str = Field(description="`source:customer`")
    person_id: str = Field(description="one id for the same person over all sources (smallest of its customer ids)")
    source: str = Field(description="the account")
    is_shared: bool | None = said("a shared mailbox or placeholder: never joined with others")


class Identity(Row):
    customer_id: str = Field(description="`source:customer`")
    kind: str = Field(description="email, phone or external")
    value_key: str = Field(description="keyed hash of the value; the key stays outside the snapshot")


class Company(Row):
    company_id: str = Field(description="`source:company`")
    name: str | None = said("name")
    value_per_year: float | None = said("money per year")
    plan: str | None = said("plan")
    segment: str | None = said("segment")
    renewal_on: date | None = said("renewal date")
    valid_from: date | None = said("these values hold from")
    valid_to: date | None = said("and until (exclusive)")


class Agent(Row):
    agent_id: str = Field(description="`source:agent`")
    name: str | None = said("name, shown only where settings allow it")
    is_bot: bool | None = said("not a person")
    is_shared: bool | None = said("a seat used by several people: no person-level handoffs there")
    team: str | None = said("team")
    vendor: str | None = said("vendor; NULL = in house")
    site: str | None = said("site")
    role: str | None = said("role")
    valid_from: date | None = said("these values hold from")
    valid_to: date | None = said("and until (exclusive)")


class Queue(Row):
    queue_id: str = Field(description="`source:queue`")
    name: str | None = said("name")
    team: str | None = said("team that works it")
    tier: int | None = said("tier; a higher one is an escalation")
    vendor: str | None = said("vendor; NULL = in house")
    schedule: str | None = said("business hours, a name in settings")


class Link(Row):
    ticket_id: str = Field(description="`source:id`")
    other_id: str = Field(description="the other ticket, `source:id`")
    kind: str = Field(description="one of: " + ", ".join(LINK_KINDS))
    found_by: str = Field(description="the tool's own link, or identity and time")


class Measure(Row):
    source: str = Field(description="the account or file")
    on_date: date = Field(description="the day it is of")
    name: str = Field(description="orders, active_customers, staffed_hours, headcount, invoices ...")
    value: float | None = said("amount")
    dimensions: str | None = said("JSON object, name -> value")
    file_no: int = Field(description="the file that brought it")
    ordinal: int = Field(description="row of that file, from 0")


class Coverage(Row):
    source: str = Field(description="the account")
    stream: str = Field(description="tickets, states, queues, assignments or messages")
    fidelity: str = Field(description="events, snapshot or counters")
    from_at: datetime | None = said("earliest time known")
    until_at: datetime | None = said("latest time known")


class RefusedRow(Row):
    file_no: int = Field(description="see `files`")
    load_id: str = Field(description="see `loads`")
    file: str = Field(description="file name")
    ordinal: int | None = said("landed row, from 0; NULL where the line could not even be split")
    line: int | None = said("line of the file")
    column: str | None = said("column")
    value: str | None = said("the value, cut at 200 characters; never a customer's address")
    reason: str = Field(description="what is wrong and what to do")


class Unmapped(Row):
    file_no: int = Field(description="see `files`")
    source: str = Field(description="the account")
    column: str = Field(description="column")
    value: str = Field(description="value the mapping does not know")
    rows: int = Field(description="how many rows have it")
    meaning: str = Field(description="what was done with it")


class Oddity(Row):
    file_no: int = Field(description="see `files`")
    source: str = Field(description="the account")
    rule: str = Field(description="missing local hour, repeated local hour, id written with .0")
    column: str = Field(description="column")
    rows: int = Field(description="how many rows")


class Reason(Row):
    pattern: str = Field(description="raw contact reason, tag, or words of the subject; `*` allowed")
    found_in: str | None = said("where the pattern is looked for: field (the tool's contact reason; where empty too), tag or text (the subject)")
    reason: str | None = said("contact reason in our words")
    reason_group: str | None = said("group")
    owner: str | None = said("who in the business owns the cause")
    action: str | None = said("eliminate, pre-empt, digitise, streamline or leverage")
    avoidable_share: float | None = said("part of these contacts that need not be, 0..1")


class Decision(Row):
    decided_on: date = Field(description="day it took effect")
    what: str = Field(description="in a sentence")
    who: str | None = said("who decided")
    kind: str = Field(description="ours or business (the business's event)")
    scope: str | None = said("DIM=VALUE, joined by blanks")
    metric: str | None = said("metric it should move")
    expected: str | None = said("expected change")


class Load(Row):
    load_no: int = Field(description="1, 2, 3 ... in the order they were made")
    load_id: str = Field(description="names the snapshot")
    source: str | None = said("the account; NULL for a rebuild")
    kind: str = Field(description="load, rebuild, refresh, forget or erase")
    started_at: datetime = Field(description="UTC")
    seconds: float | None = said("how long it took")
    settings: str | None = said("fingerprint of the settings the numbers were made with")


class LoadedFile(Row):
    file_no: int = Field(description="1, 2, 3 ...")
    load_id: str = Field(description="the load that brought it")
    source: str = Field(description="the account")
    name: str = Field(description="file name as people know it")
    stream: str = Field(description="which block of the mapping, or which API stream")
    recognised_as: str | None = said("vendor export, or the mapping file")
    landed: str | None = said("raw rows kept under landing/, Parquet")
    description: str = Field(description="JSON: headers, encoding, header row: what a re-read needs")
    mapping: str | None = said("how it was read, JSON")
    rows: int = Field(description="data rows")
    loaded: int = Field(description="rows taken")
    unchanged: int = Field(description="rows already known or older than what is held")
    refused: int = Field(description="rows refused, see `refusals`")


def make_tables(con: Any) -> None:
    """Create the types and tables that are not there yet, on a DuckDB connection."""
    for name, words in ENUMS.items():
        listed = ", ".join(f"'{w}'" for w in words)
        con.execute(f"CREATE TYPE IF NOT EXISTS {name} AS ENUM ({listed})")
    con.execute("CREATE SEQUENCE IF NOT EXISTS ticket_numbers")
    for name, row in STORE_TABLES.items():
        con.execute(row.ddl(name))


STORE_TABLES: dict[str, type[Row]] = {
    "loads": Load, "files": LoadedFile, "ticket_rows": TicketRow, "tickets": Ticket, "snapshot_rows": SnapshotRow, "events": Event,
    "agents": Agent, "queues": Queue, "companies": Company, "links": Link, "measures": Measure, "coverage": Coverage,
    "refusals": RefusedRow, "unmapped": Unmapped, "oddities": Oddity, "customers": Customer, "identities": Identity,
    "reasons": Reason, "decisions": Decision,
}
