"""Zendesk's ticket audits: one row of the file is everything that happened at once; here each thing gets a row of its own."""
from connectors.contract import Example, Headers, Landed
from warehouse.sql import sql_text

STATES = {"new": "new", "open": "in_progress", "pending": "waiting_customer", "hold": "waiting_internal", "on-hold": "waiting_internal",
          "solved": "resolved", "closed": "closed", "deleted": "closed"}
EVENT = ('[{"id":"VARCHAR","type":"VARCHAR","field_name":"VARCHAR","value":"JSON","previous_value":"JSON","public":"BOOLEAN",'
         '"author_id":"VARCHAR","author_role":"VARCHAR","via":"JSON"}]')


def audit_events(landed: Landed) -> str:
    """Events that say something of the ticket's life, in the audit's order, the group before the holder in it.

    A pull tells who is an agent (`author_role`). Exported audits do not: it is who held a ticket, wrote a note, or changed what
    only agents can change.
    """
    c = landed.column
    return f"""
    WITH audits AS (
        SELECT file_row_number, id AS audit, ticket_id, created_at, author_id AS author, {c('via.channel')} AS channel,
               CASE WHEN {c('via.source.rel')} = 'merge' THEN {c('via.source.to.ticket_id')} END AS merged_into,
               from_json(try_cast(events AS JSON), {sql_text(EVENT)}) AS events
        FROM landed),
    told AS (
        SELECT file_row_number, audit, ticket_id, created_at, coalesce(e.author_id, author) AS author, e.author_role AS role, channel, e.id AS id, e.type AS type,
               e.field_name AS field, json_extract_string(e.value, '$') AS value, json_extract_string(e.previous_value, '$') AS before,
               coalesce(e.public, true) AS is_public, place,
               coalesce(json_extract_string(e.via, '$.channel'), channel) IN ('rule', 'trigger', 'automation') AS by_rule
        FROM (SELECT * EXCLUDE (events), unnest(events) AS e, generate_subscripts(events, 1) AS place FROM audits)),
    openers AS (SELECT DISTINCT ticket_id, author FROM told WHERE type = 'Create'),
    agents AS (
        SELECT author FROM told WHERE type = 'Comment' AND NOT is_public
        UNION SELECT unnest([value, before]) FROM told WHERE field = 'assignee_id'
        UNION SELECT author FROM told WHERE type = 'Change' AND NOT by_rule AND (field IN ('group_id', 'assignee_id', 'priority') OR (
            field = 'status' AND (value IN ('pending', 'hold') OR value = 'solved' AND (ticket_id, author) NOT IN (FROM openers))))),
    known AS (
        SELECT t.*, CASE WHEN by_rule OR author = '-1' THEN 'system' WHEN role IS NOT NULL THEN role
                         WHEN author IN (SELECT author FROM agents WHERE author IS NOT NULL) THEN 'agent'
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


def audits(headers: Headers) -> dict:
    return {"grain": "event", "columns": {
        "event_id": "event_id", "ticket_id": "ticket_id", "occurred_at": "created_at", "sequence": "audit", "kind": "kind",
        "to": {"column": "value", "values": STATES}, "from": {"column": "before", "values": STATES},
        "actor": "author", "actor_kind": "author_kind", "cause": "cause"}}


def merges(headers: Headers) -> list[dict]:
    return [{"grain": "link", "columns": {"ticket_id": "ticket_id", "other": "merged_into", "kind": {"constant": "merged_into"}}}]


AUDIT = '{"id":%d,"ticket_id":7,"created_at":"2026-01-05T%s:00Z","author_id":%d,"via":%s,"events":[%s]}\n'
AUDIT_EXAMPLES = (
    Example(
        says="A trap: values are texts, Create is an initial value, a new custom status beside the status is the same change,"
             " and the group comes before the holder.",
        files={"audits.ndjson":
               AUDIT % (1, "09:00", 900, '{"channel":"email"}', '{"id":11,"type":"Comment","public":true},{"id":12,"type":"Create","field_name":"status",'
                                                                '"value":"new"}')
               + AUDIT % (2, "09:01", -1, '{"channel":"rule"}', '{"id":21,"type":"Change","field_name":"assignee_id","value":"81","previous_value":null},'
                          '{"id":22,"type":"Change","field_name":"group_id","value":"71","previous_value":null}')
               + AUDIT % (3, "10:00", 81, '{"channel":"web"}', '{"id":31,"type":"Comment","public":true},{"id":32,"type":"Change","field_name":"status",'
                                                               '"value":"hold","previous_value":"new"},'
                          '{"id":33,"type":"Change","field_name":"custom_status_id","value":"5","previous_value":"4"},{"id":34,"type":"Notification"}')},
        gives={"events": [
            {"ordinal": 0, "kind": "created", "actor_kind": "customer"}, {"ordinal": 1, "kind": "customer_message", "actor_kind": "customer"},
            {"ordinal": 2, "kind": "state_changed", "actor_kind": "customer", "to_value": "new"},
            {"ordinal": 3, "kind": "queued", "actor_kind": "system", "to_value": "zendesk:71"},
            {"ordinal": 4, "kind": "assigned", "actor_kind": "system", "to_value": "zendesk:81"},
            {"ordinal": 5, "kind": "agent_message", "actor_kind": "agent"},
            {"ordinal": 6, "kind": "state_changed", "actor_kind": "agent", "to_value": "waiting_internal"}]}),
    Example(
        says="A merge names its survivor in the audit; to be taken off is to be assigned to nobody.",
        files={"audits.ndjson":
               AUDIT % (1, "09:00", 900, '{"channel":"web"}', '{"id":11,"type":"Create","field_name":"assignee_id","value":"81"}')
               + AUDIT % (2, "09:30", 81, '{"channel":"web"}', '{"id":21,"type":"Change","field_name":"assignee_id","value":null,"previous_value":"81"}')
               + AUDIT % (3, "10:00", 81, '{"channel":"system","source":{"rel":"merge","from":{},"to":{"ticket_id":5}}}',
                   '{"id":31,"type":"Comment","public":false}')},
        gives={"links": [{"ticket_id": "zendesk:7", "other_id": "zendesk:5", "kind": "merged_into"}],
               "events": [{"ordinal": 0, "kind": "created"}, {"ordinal": 1, "kind": "assigned", "to_value": "zendesk:81"}, {"ordinal": 2, "kind": "assigned"},
                          {"ordinal": 3, "kind": "internal_note"}, {"ordinal": 4, "kind": "merged", "to_value": "5"}]}),
)
