"""Zendesk Support: tickets and ticket audits as JSON, users, groups, and the account's CSV export.

Tickets alone carry what Zendesk counted itself; audits tell what happened and when. The contact reason is the first
custom field (in the account's own order) whose filled values are words that repeat; every custom field becomes a column
`custom_fields.<id>`, which `[dimensions]` in settings can name.
"""
from connectors.contract import Connector, Export, Headers, Landed, first_of, targets
from connectors.zendesk_examples import EXAMPLES
from warehouse.sql import identifier, sql_text

STATES = {"new": "new", "open": "in_progress", "pending": "waiting_customer", "hold": "waiting_internal", "on-hold": "waiting_internal",
          "solved": "resolved", "closed": "closed", "deleted": "closed"}
CHANNELS = {"mail": "email", "web form": "web", "web widget": "web", "web service (api)": "api", "voice": "phone", "phone_call_inbound": "phone",
            "phone_call_outbound": "phone", "voicemail": "phone", "phone call (inbound)": "phone", "phone call (outbound)": "phone",
            "phone call (incoming)": "phone", "native_messaging": "chat", "web_messenger": "chat", "messaging": "chat"}
KINDS = {"chat": "chat", "native_messaging": "chat", "web_messenger": "chat", "messaging": "chat", "voice": "call", "voicemail": "call",
         "phone_call_inbound": "call", "phone_call_outbound": "call", "phone call (inbound)": "call"}
SATISFACTION = {"column": ("satisfaction_rating.score", "Satisfaction Score"), "values": {"good": "1", "bad": "0"},
                "null_values": ["offered", "unoffered", "Offered", "Unoffered", "Not Offered", "received", "-"]}
FIELDS_SHOWN = 300
REPEATING = 20   # so many different values are few, in a file of any size; beyond, a quarter of the filled ones


# --- tickets -----------------------------------------------------------------------------------------------------------
def _ticket_rows(landed: Landed) -> str:
    """Counters without the first assignment, links to people's pages, custom fields as columns, what an agent began."""
    c = landed.column
    fields, reason = _custom_fields(landed)
    tags = f"string_split(coalesce({c('tags')}, ''), ';')"
    # Forwarded mail, calls and the API carry an agent's name too, though the customer began; the agents' form is `web`.
    began = (f"({c('via.channel')} = 'web' AND ({c('submitter_id')} <> {c('requester_id')} OR {c('submitter_id')} IN "
             f"(SELECT {c('assignee_id')} FROM landed WHERE {c('assignee_id')} IS NOT NULL)))")
    changes = {
        "url": f"regexp_replace({c('url')}, '/api/v2/tickets/([0-9]+)[.]json$', '/agent/tickets/\\1')",
        "tags": f"array_to_string({tags}, ' ')",
        "is spam": f"list_contains({tags}, 'spam')",
        "deleted_at": f"CASE WHEN {c('status')} = 'deleted' THEN coalesce({c('deleted_at')}, {c('updated_at')}) ELSE {c('deleted_at')} END",
        "handoffs": _less_the_first(c("metric_set.assignee_stations")),
        "began by us": f"coalesce({began}, false)",
        "language": f"lower(split_part({c('requester.locale')}, '-', 1))",
        "follow-up of": f"CASE WHEN {c('via.source.rel')} = 'follow_up' THEN {c('via.source.from.ticket_id')} END",
        # One name a file: an export taken while a group is renamed holds both.
        "queue name": f"arg_max({c('group.name')}, file_row_number) OVER (PARTITION BY {c('group_id')})",
        "reason": reason, **fields,
    }
    return f"{landed.select(changes, without=('custom_fields', 'fields', 'raw_subject'))} FROM landed ORDER BY file_row_number"


def _less_the_first(stations: str) -> str:
    return f"greatest(try_cast({stations} AS BIGINT) - 1, 0)"


def _custom_fields(landed: Landed) -> tuple[dict[str, str], str]:
    """A column for each custom field with a value, and the SQL of the contact reason."""
    text = first_of(landed.headers, "custom_fields")
    if text is None:
        return {}, "NULL::VARCHAR"
    entries = f"from_json(try_cast({identifier(text)} AS JSON), '[{{\"id\":\"VARCHAR\",\"value\":\"JSON\"}}]')"
    found = landed.ask(f"""
        SELECT id, bool_and(json_type(value) = 'VARCHAR') AND count(DISTINCT value) <= greatest({REPEATING}, count(*) / 4)
        FROM (SELECT unnest(entries, recursive := true), generate_subscripts(entries, 1) AS place
              FROM (SELECT {entries} AS entries FROM landed))
        WHERE json_type(value) <> 'NULL' AND json_extract_string(value, '$') <> '' GROUP BY id ORDER BY min(place), id LIMIT {FIELDS_SHOWN}""")
    values = {f"custom_fields.{id}": f"json_extract_string(list_filter({entries}, lambda x: x.id = {sql_text(id)})[1].value, '$')" for id, _ in found}
    return values, next((values[f"custom_fields.{id}"] for id, is_words in found if is_words), "NULL::VARCHAR")


def _tickets(headers: Headers) -> dict:
    return {"grain": "ticket", "dimensions": targets(headers, {"language": "language", "brand": "brand_id"}), "columns": targets(headers, {
        "ticket_id": "id", "url": "url", "subject": ("subject", "raw_subject"), "created_at": "created_at", "updated_at": "updated_at",
        "resolved_at": "metric_set.solved_at", "deleted_at": "deleted_at", "state": {"column": "status", "values": STATES},
        "priority": "priority", "channel": {"column": "via.channel", "values": CHANNELS},
        "kind_of_ticket": {"column": "via.channel", "values": KINDS, "other": "ticket"},
        "customer": "requester_id", "email": "requester.email", "phone": "requester.phone", "external_id": "requester.external_id",
        "company": "organization_id", "queue": "group_id", "assignee": "assignee_id", "reason": "reason", "tags": "tags", "csat": SATISFACTION,
        "is_spam": "is spam", "is_proactive": "began by us", "recorded_handoffs": "handoffs", "recorded_reopens": "metric_set.reopens",
        "recorded_first_response": {"column": "metric_set.reply_time_in_minutes.calendar", "unit": "minutes"},
        "recorded_resolution": {"column": "metric_set.full_resolution_time_in_minutes.calendar", "unit": "minutes"}})}


def _beside_tickets(headers: Headers) -> list[dict]:
    """Queue names, incidents of a problem, follow-ups: all in the rows of tickets."""
    def link(column: str, kind: str) -> dict:
        return {"grain": "link", "columns": {"ticket_id": "id", "other": column, "kind": {"constant": kind}}}
    blocks = [link(column, kind) for column, kind in (("problem_id", "incident_of"), ("follow-up of", "follow_up_of")) if first_of(headers, column)]
    return blocks + ([{"grain": "queue", "columns": {"id": "group_id", "name": "queue name"}}] if first_of(headers, "group.name") else [])


# --- audits: one row each becomes one for every event in it --------------------------------------------------------------
EVENT = ('[{"id":"VARCHAR","type":"VARCHAR","field_name":"VARCHAR","value":"JSON","previous_value":"JSON","public":"BOOLEAN",'
         '"author_id":"VARCHAR","via":"JSON"}]')


def _audit_events(landed: Landed) -> str:
    """Events that say something of the ticket's life, in the audit's order, the group before the holder in it.

    Audits do not say who is an agent: it is who held a ticket, wrote a note, or changed what only agents can change.
    """
    c = landed.column
    return f"""
    WITH audits AS (
        SELECT file_row_number, id AS audit, ticket_id, created_at, author_id AS author, {c('via.channel')} AS channel,
               CASE WHEN {c('via.source.rel')} = 'merge' THEN {c('via.source.to.ticket_id')} END AS merged_into,
               from_json(try_cast(events AS JSON), {sql_text(EVENT)}) AS events
        FROM landed),
    told AS (
        SELECT file_row_number, audit, ticket_id, created_at, coalesce(e.author_id, author) AS author, channel, e.id AS id, e.type AS type,
               e.field_name AS field, json_extract_string(e.value, '$') AS value, json_extract_string(e.previous_value, '$') AS before, coalesce(e.public, true) AS is_public, place,
               coalesce(json_extract_string(e.via, '$.channel'), channel) IN ('rule', 'trigger', 'automation') AS by_rule
        FROM (SELECT * EXCLUDE (events), unnest(events) AS e, generate_subscripts(events, 1) AS place FROM audits)),
    openers AS (SELECT DISTINCT ticket_id, author FROM told WHERE type = 'Create'),
    agents AS (
        SELECT author FROM told WHERE type = 'Comment' AND NOT is_public
        UNION SELECT unnest([value, before]) FROM told WHERE field = 'assignee_id'
        UNION SELECT author FROM told WHERE type = 'Change' AND NOT by_rule AND (field IN ('group_id', 'assignee_id', 'priority') OR (
            field = 'status' AND (value IN ('pending', 'hold') OR value = 'solved' AND (ticket_id, author) NOT IN (FROM openers))))),
    known AS (
        SELECT t.*, CASE WHEN by_rule OR author = '-1' THEN 'system' WHEN author IN (SELECT author FROM agents WHERE author IS NOT NULL) THEN 'agent'
                         WHEN channel = 'web' AND (ticket_id, author) NOT IN (FROM openers) THEN 'agent' ELSE 'customer' END AS author_kind
        FROM told t),
    rows AS (
        SELECT *, id AS event_id, CASE
                   WHEN type IN ('Comment', 'VoiceComment', 'FacebookComment') THEN
                       CASE WHEN NOT is_public THEN 'internal_note' ELSE CASE author_kind WHEN 'system' THEN 'bot' ELSE author_kind END || '_message' END
                   WHEN type NOT IN ('Create', 'Change') THEN NULL
                   WHEN field = 'group_id' THEN 'queued' WHEN field = 'assignee_id' THEN 'assigned'
                   WHEN field = 'status' THEN CASE WHEN value = 'deleted' THEN 'deleted' ELSE 'state_changed' END
                   WHEN field = 'priority' AND type = 'Change' THEN 'priority_changed'
                   WHEN field = 'satisfaction_score' AND value IN ('good', 'bad') THEN 'rated' END AS kind,
               CASE WHEN field = 'assignee_id' THEN
                   greatest(place, coalesce(max(CASE WHEN field = 'group_id' THEN place END) OVER (PARTITION BY file_row_number), 0) + 0.5) ELSE place END AS rank,
               CASE WHEN by_rule THEN 'rule' END AS cause, NULL::VARCHAR AS merged_into
        FROM known
        UNION ALL
        SELECT k.* REPLACE (NULL AS value, NULL AS before), audit, 'created', 0, NULL, NULL
        FROM known k WHERE type = 'Create' QUALIFY row_number() OVER (PARTITION BY audit ORDER BY place) = 1
        UNION ALL
        SELECT k.* REPLACE (a.merged_into AS value, NULL AS before), k.audit || '/merged', 'merged', 1000, NULL, a.merged_into
        FROM known k JOIN audits a USING (file_row_number) WHERE a.merged_into IS NOT NULL
        QUALIFY row_number() OVER (PARTITION BY k.audit ORDER BY place) = 1)
    SELECT event_id, ticket_id, created_at, audit, kind, value, before, author, author_kind, cause, merged_into, file_row_number
    FROM rows WHERE kind IS NOT NULL ORDER BY file_row_number, rank"""


def _audits(headers: Headers) -> dict:
    return {"grain": "event", "columns": {
        "event_id": "event_id", "ticket_id": "ticket_id", "occurred_at": "created_at", "sequence": "audit", "kind": "kind",
        "to": {"column": "value", "values": STATES}, "from": {"column": "before", "values": STATES},
        "actor": "author", "actor_kind": "author_kind", "cause": "cause"}}


def _merges(headers: Headers) -> list[dict]:
    return [{"grain": "link", "columns": {"ticket_id": "ticket_id", "other": "merged_into", "kind": {"constant": "merged_into"}}}]


# --- people, queues, the CSV ---------------------------------------------------------------------------------------------
def _staff(landed: Landed) -> str:
    changes = {"is bot": "coalesce(id = '-1', false)"}   # the user the system itself acts as
    return f"{landed.select(changes)} FROM landed WHERE role IS DISTINCT FROM 'end-user' ORDER BY file_row_number"


def _csv_rows(landed: Landed) -> str:
    c = landed.column
    changes = {
        "handoffs": _less_the_first(c("Assignee stations")),
        "began by us": f"coalesce({c('Submitter')} <> {c('Requester')} AND {c('Via')} = 'Web form', false)",
        "is spam": f"list_contains(string_split(coalesce({c('Tags')}, ''), ' '), 'spam')",
    }
    return f"{landed.select(changes)} FROM landed ORDER BY file_row_number"


def _csv(headers: Headers) -> dict:
    lists = [h for h in headers if h.endswith("[list]")]
    return {"grain": "ticket", "columns": targets(headers, {
        "ticket_id": "Id", "subject": "Subject", "created_at": "Created at", "updated_at": "Updated at", "resolved_at": "Solved at",
        "state": {"column": "Status", "values": STATES}, "priority": {"column": "Priority", "null_values": ["-"]},
        "channel": {"column": "Via", "values": CHANNELS}, "kind_of_ticket": {"column": "Via", "values": KINDS, "other": "ticket"},
        "customer": "Requester id", "email": "Requester email", "external_id": "Requester external id", "company": {"column": "Organization", "null_values": ["-"]},
        "queue": {"column": "Group", "null_values": ["-"]}, "assignee": {"column": "Assignee", "null_values": ["-"]}, "reason": tuple(lists) or "reason",
        "tags": "Tags", "csat": SATISFACTION, "is_spam": "is spam", "is_proactive": "began by us", "recorded_handoffs": "handoffs",
        "recorded_reopens": "Reopens", "recorded_first_response": {"column": "First reply time in minutes", "unit": "minutes"},
        "recorded_resolution": {"column": "Full resolution time in minutes", "unit": "minutes"}})}


CONNECTOR = Connector(
    name="zendesk", label="Zendesk", mapping={"threads_are_reused": False}, examples=EXAMPLES,
    exports=(
        Export("tickets JSON", ("id", "requester_id", "submitter_id", "via.channel"), _tickets, reshape=_ticket_rows, more=_beside_tickets,
               fidelity="counters: stations, reopens, minutes; links to problems and to the tickets they follow up"),
        Export("ticket audits JSON", ("ticket_id", "author_id", "events", "created_at"), _audits, reshape=_audit_events, more=_merges,
               fidelity="events: states, queues, holders, messages, notes, merges"),
        Export("users JSON", ("id", "name", "email", "role", "organization_id", "active"), reshape=_staff, fidelity="who is an agent; customers are left out",
               block=lambda headers: {"grain": "agent", "columns": {"id": "id", "name": "name", "role": "role", "is_bot": "is bot"}}),
        Export("groups JSON", ("id", "name"), lambda headers: {"grain": "queue", "columns": {"id": "id", "name": "name"}}, named="*group*", fidelity="names of queues"),
        Export("account CSV", ("Id", "Requester id", "Group stations", "Assignee stations"), _csv, reshape=_csv_rows,
               fidelity="counters: stations, reopens, minutes; no events, no deleted tickets"),
    ),
    notes="Stations count the first assignment, so handoffs are stations less one. A ticket tagged closed_by_merge names its survivor only in its audits. "
          "The CSV is in the account's time zone, JSON in UTC. The CSV knows groups by name, JSON by number: load one of them into a source.",
)
