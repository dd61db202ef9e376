"""HubSpot's tickets, their history and conversations as its API gives them."""
from connectors.contract import Example, Export, Headers, Landed, targets

STATES = {"new": "new", "open": "in_progress", "in progress": "in_progress", "waiting on us": "in_progress", "working": "in_progress",
    "reopened": "in_progress",
          "escalated": "in_progress", "waiting on contact": "waiting_customer", "waiting on customer": "waiting_customer", "pending": "waiting_customer",
          "waiting on third party": "waiting_internal", "on hold": "waiting_internal", "resolved": "resolved", "solved": "resolved", "done": "resolved",
          "closed": "closed", "closed won": "closed", "closed lost": "closed"}
CHANNELS = {"email": "email", "chat": "chat", "form": "web", "phone": "phone", "whatsapp": "chat", "fb_messenger": "chat"}
# What each stream can bring, so that what it cannot is known not to be available.
CHANGES = {k: k for k in ("created", "queued", "assigned", "state_changed", "priority_changed")}
WORDS = {k: k for k in ("customer_message", "agent_message", "bot_message", "internal_note", "assigned", "closed", "reopened")}
RULES = "('AUTOMATION_PLATFORM', 'AUTOMATION', 'WORKFLOWS', 'BOT', 'CALCULATED', 'SLA', 'AI_GROUP')"
BULK = "('BATCH_UPDATE', 'IMPORT', 'MIGRATION', 'MERGE_OBJECTS')"
PEOPLE = "('CRM_UI', 'CRM_UI_BULK_ACTION', 'MOBILE_IOS', 'MOBILE_ANDROID')"


def _state(stage: str, is_closed: str) -> str:
    """A closing stage in the account's own words is closed all the same."""
    known = ", ".join(f"'{name}'" for name in STATES)
    return f"CASE WHEN lower({stage}) NOT IN ({known}) AND lower({is_closed}) = 'true' THEN 'closed' ELSE {stage} END"


def _ticket_rows(landed: Landed) -> str:
    c = landed.column
    changes = {"state word": _state(c("stage"), c("is_closed")), "ended": f"CASE WHEN lower({c('is_closed')}) = 'true' THEN {c('closed at')} END"}
    return f"{landed.select(changes)} FROM landed ORDER BY file_row_number"


def _tickets(headers: Headers) -> dict:
    return {"grain": "ticket", "timezone": "UTC", "columns": targets(headers, {
        "ticket_id": "id", "url": "url", "subject": "subject", "created_at": "created at", "updated_at": "modified at", "resolved_at": "ended",
        "state": {"column": "state word", "values": STATES}, "priority": "hs_ticket_priority", "kind_of_ticket": {"constant": "ticket"},
        "channel": {"column": "source_type", "values": CHANNELS}, "queue": "pipeline", "assignee": "owner", "reason": "contact reason", "customer": "contact.id",
        "email": "contact.email", "phone": "contact.phone", "company": "company",
        "recorded_first_response": {"column": "time_to_first_agent_reply", "unit": "milliseconds"}, "recorded_resolution": {"column": "time_to_close", "unit": "milliseconds"}})}


def _version_rows(landed: Landed) -> str:
    c = landed.column
    source = c("sourceType")
    return f"""
    SELECT id, ticket_id, "since at", CASE property WHEN 'createdate' THEN 'created' WHEN 'hs_pipeline_stage' THEN 'state_changed' WHEN 'hs_pipeline' THEN 'queued'
               WHEN 'hubspot_owner_id' THEN 'assigned' ELSE 'priority_changed' END AS kind,
           CASE WHEN property = 'hs_pipeline_stage' THEN {_state(c('value'), c('is_closed'))} ELSE {c('value')} END AS value, {c('actor')} AS actor,
           CASE WHEN {source} IN {PEOPLE} THEN 'agent' WHEN {source} = 'BOT' THEN 'bot' WHEN {source} IN {RULES} THEN 'system' END AS role,
           CASE WHEN {source} IN {BULK} OR {source} = 'CRM_UI_BULK_ACTION' THEN 'bulk' WHEN {source} IN {RULES} THEN 'rule' WHEN {source} IN {PEOPLE} THEN 'agent' END AS cause,
           file_row_number
    FROM landed WHERE property = 'createdate' OR property = 'hubspot_owner_id' OR {c('value')} IS NOT NULL
    ORDER BY ticket_id, "since at", CASE property WHEN 'createdate' THEN 0 WHEN 'hs_pipeline' THEN 1 WHEN 'hubspot_owner_id' THEN 2 ELSE 3 END, file_row_number"""


def _versions(headers: Headers) -> dict:
    return {"grain": "event", "timezone": "UTC", "columns": {
        "event_id": "id", "ticket_id": "ticket_id", "occurred_at": "since at", "kind": {"column": "kind", "values": CHANGES},
        "to": {"column": "value", "values": STATES}, "actor": "actor", "actor_kind": "role", "cause": "cause"}}


def _thread_rows(landed: Landed) -> str:
    c = landed.column
    changes = {"own id": "'thread-' || id", "ended": f"CASE WHEN {c('status')} = 'CLOSED' THEN {c('closedAt')} END",
               "gone": f"CASE WHEN lower({c('archived')}) = 'true' THEN {c('latestMessageTimestamp')} END", "inbox": f"'inbox-' || {c('inboxId')}"}
    return f"{landed.select(changes)} FROM landed ORDER BY file_row_number"


def _threads(headers: Headers) -> dict:
    return {"grain": "ticket", "timezone": "UTC", "columns": targets(headers, {
        "ticket_id": "own id", "created_at": "createdAt", "updated_at": "latestMessageTimestamp", "resolved_at": "ended", "deleted_at": "gone",
        "state": {"column": "status", "values": {"OPEN": "in_progress", "CLOSED": "closed"}}, "kind_of_ticket": {"constant": "chat"}, "channel": {"constant": "chat"},
        "queue": "inbox", "assignee": "holder", "customer": "contact.id", "email": "contact.email", "phone": "contact.phone", "is_spam": "spam"})}


def _became(headers: Headers) -> list[dict]:
    return [{"grain": "link", "columns": {"ticket_id": "own id", "other": "ticket", "kind": {"constant": "became"}}}]


def _message_rows(landed: Landed) -> str:
    c = landed.column
    return f"""
    SELECT id, 'thread-' || thread AS ticket, "createdAt",
           CASE type WHEN 'COMMENT' THEN 'internal_note' WHEN 'ASSIGNMENT' THEN 'assigned' WHEN 'THREAD_STATUS_CHANGE' THEN
                         CASE {c('newStatus')} WHEN 'CLOSED' THEN 'closed' ELSE 'reopened' END
                     ELSE CASE role WHEN 'customer' THEN 'customer_message' WHEN 'agent' THEN 'agent_message' ELSE 'bot_message' END END AS kind,
           CASE WHEN type = 'ASSIGNMENT' THEN {c('holder')} END AS value, {c('actor')} AS actor, role, file_row_number
    FROM landed WHERE type IN ('MESSAGE', 'WELCOME_MESSAGE', 'COMMENT', 'ASSIGNMENT', 'THREAD_STATUS_CHANGE') ORDER BY thread, "createdAt", file_row_number"""


def _messages(headers: Headers) -> dict:
    return {"grain": "event", "timezone": "UTC", "columns": {"event_id": "id", "ticket_id": "ticket", "occurred_at": "createdAt", "kind": {"column": "kind", "values": WORDS},
                                                              "to": "value", "actor": "actor", "actor_kind": "role"}}


EXPORTS = (
    Export("tickets JSON", ("id", "pipeline", "contact.id", "created at"), _tickets, reshape=_ticket_rows, fidelity="the ticket as it is; minutes"),
    Export("ticket history JSON", ("id", "ticket_id", "property", "since at"), _versions, reshape=_version_rows, fidelity="events: stages, owners, pipelines, priorities"),
    Export("merges JSON", ("gone", "survivor"), fidelity="which tickets were merged",
           block=lambda headers: {"grain": "link", "columns": {"ticket_id": "gone", "other": "survivor", "kind": {"constant": "merged_into"}}}),
    Export("archived tickets JSON", ("id", "archived at"), fidelity="which tickets were deleted, and when",
           block=lambda headers: {"grain": "ticket", "timezone": "UTC", "columns": {"ticket_id": "id", "updated_at": "archived at", "deleted_at": "archived at"}}),
    Export("ratings JSON", ("id", "ticket_id", "rating value", "rated at"), fidelity="the rating of each ticket",
           block=lambda headers: {"grain": "ticket", "timezone": "UTC", "columns": {"ticket_id": "ticket_id", "csat": "rating value", "updated_at": "rated at"}}),
    Export("threads JSON", ("id", "createdAt", "inboxId", "latestMessageTimestamp"), _threads, reshape=_thread_rows, more=_became,
           fidelity="the conversation as it is, and the ticket it became"),
    Export("messages JSON", ("id", "thread", "type", "createdAt", "role"), _messages, reshape=_message_rows, fidelity="events: messages, notes, holders, states"),
    Export("owners JSON", ("id", "userId", "name"), fidelity="who is an agent, in which team",
           block=lambda headers: {"grain": "agent", "columns": targets(headers, {"id": "id", "name": "name", "team": "team"})}),
    Export("pipelines JSON", ("id", "label", "stages"), lambda headers: {"grain": "queue", "columns": {"id": "id", "name": "label"}}, fidelity="names of queues"),
    Export("companies JSON", ("id", "name", "industry", "value", "lifecyclestage"), fidelity="value, plan and renewal",
           block=lambda headers: {"grain": "company", "columns": {"id": "id", "name": "name", "value_per_year": "value", "plan": "plan", "segment": "industry",
                                                                  "renewal": "renewal"}}),
)

VERSION = '{"id":"7/%s/%d","ticket_id":"7","property":"%s","value":%s,"is_closed":%s,"since at":"2026-01-25T%s:00.000Z","sourceType":%s,"actor":%s}\n'
MESSAGE = '{"id":"5/%d","thread":"5","type":"%s","createdAt":"2026-01-25T%s:00.000Z","newStatus":%s,"holder":%s,"role":"%s","actor":%s}\n'
EXAMPLES = (
    Example(
        says="Every version of the owner is a change of hands; a workflow moves by rule, a bulk edit in bulk; an empty owner is nobody.",
        files={"history.ndjson": VERSION % ("created", 0, "createdate", "null", "null", "09:00", "null", "null")
               + VERSION % ("hs_pipeline", 1, "hs_pipeline", '"0"', "null", "09:00", '"CRM_UI"', '"81"')
               + VERSION % ("hubspot_owner_id", 2, "hubspot_owner_id", '"81"', "null", "10:00", '"CRM_UI"', '"81"')
               + VERSION % ("hubspot_owner_id", 3, "hubspot_owner_id", '"82"', "null", "11:00", '"AUTOMATION_PLATFORM"', "null")
               + VERSION % ("hubspot_owner_id", 4, "hubspot_owner_id", "null", "null", "12:00", '"CRM_UI_BULK_ACTION"', '"81"')},
        gives={"events": [{"ordinal": 0, "kind": "created"}, {"ordinal": 1, "kind": "queued", "to_value": "hubspot:0", "cause": "agent"},
                          {"ordinal": 2, "kind": "assigned", "to_value": "hubspot:81", "cause": "agent"},
                          {"ordinal": 3, "kind": "assigned", "to_value": "hubspot:82", "cause": "rule"}, {"ordinal": 4, "kind": "assigned", "cause": "bulk"}],
               "hands": [{"from_holder": "hubspot:81", "to_holder": "hubspot:82"}]}),
    Example(
        says="A stage in the account's own words is listed, unless the pipeline says that it closes.",
        files={"history.ndjson": VERSION % ("s", 1, "hs_pipeline_stage", '"New"', "false", "09:00", "null", "null")
               + VERSION % ("s", 2, "hs_pipeline_stage", '"Polishing"', "false", "10:00", "null", "null")
               + VERSION % ("s", 3, "hs_pipeline_stage", '"Shipped"', "true", "11:00", "null", "null")},
        gives={"events": [{"ordinal": 0, "kind": "state_changed", "to_value": "new"}, {"ordinal": 1, "kind": "state_changed", "to_value": "Polishing"},
                          {"ordinal": 2, "kind": "state_changed", "to_value": "closed"}], "unmapped": [{"value": "Polishing", "rows": 1}]}),
    Example(
        says="A conversation is a contact of its own until it is a ticket: then its words are the ticket's, and it is one contact.",
        files={"threads.ndjson": '{"id":"5","status":"CLOSED","createdAt":"2026-01-25T09:00:00.000Z","closedAt":"2026-01-25T09:20:00.000Z","inboxId":"3",'
                                 '"latestMessageTimestamp":"2026-01-25T09:20:00.000Z","holder":"81","ticket":"7","contact":{"id":"900","email":"mia@example.com"}}\n',
               "messages.ndjson": MESSAGE % (1, "MESSAGE", "09:00", "null", "null", "customer", "null") + MESSAGE % (2, "ASSIGNMENT", "09:05", "null", '"81"', "system", "null")
               + MESSAGE % (3, "MESSAGE", "09:10", "null", "null", "agent", '"81"') + MESSAGE % (4, "THREAD_STATUS_CHANGE", "09:20", '"CLOSED"', "null", "agent", '"81"'),
               "tickets.ndjson": '{"id":"7","pipeline":"0","stage":"New","created at":"2026-01-25T09:15:00.000Z","modified at":"2026-01-25T09:15:00.000Z",'
                                 '"contact":{"id":"900","email":"mia@example.com"}}\n'},
        gives={"links": [{"ticket_id": "hubspot:thread-5", "other_id": "hubspot:7", "kind": "became"}],
               "ticket_facts": [{"ticket_id": "hubspot:7", "first_response_time": 600}]}),
)
