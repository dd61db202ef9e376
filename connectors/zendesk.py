"""Zendesk Support: tickets and ticket audits as JSON, users, groups, and the account's CSV export.

Tickets alone carry what Zendesk counted itself; audits tell what happened and when. The contact reason is the first
custom field (in the account's own order) whose filled values are words that repeat; every custom field becomes a column
`custom_fields.<id>`, which `[dimensions]` in settings can name.
"""
from connectors.contract import Connector, Example, Export, Headers, Landed, first_of, targets
from connectors.zendesk_audits import AUDIT_EXAMPLES, STATES, audit_events, audits, merges
from connectors.zendesk_pull import API
from warehouse.sql import identifier, sql_text

CHANNELS = {"mail": "email", "web form": "web", "web widget": "web", "web service (api)": "api", "voice": "phone", "phone_call_inbound": "phone",
            "phone_call_outbound": "phone", "voicemail": "phone", "phone call (inbound)": "phone", "phone call (outbound)": "phone",
            "phone call (incoming)": "phone", "native_messaging": "chat", "web_messenger": "chat", "messaging": "chat"}
KINDS = {"chat": "chat", "native_messaging": "chat", "web_messenger": "chat", "messaging": "chat", "voice": "call", "voicemail": "call",
         "phone_call_inbound": "call", "phone_call_outbound": "call", "phone call (inbound)": "call"}
SATISFACTION = {"column": ("satisfaction_rating.score", "Satisfaction Score"), "values": {"good": "1", "bad": "0"},
                "null_values": ["offered", "unoffered", "Offered", "Unoffered", "Not Offered", "received", "-"]}
PRIVATE = ("requester.name", "via.source.from.name", "via.source.from.address", "via.source.to.name", "via.source.to.address")   # never kept beside a ticket
FIELDS_SHOWN = 300
REPEATING = 20   # so many different values are few, in a file of any size; beyond, a quarter of the filled ones


# --- tickets -----------------------------------------------------------------------------------------------------------
def _ticket_rows(landed: Landed) -> str:
    """Counters without the first assignment, links to people's pages, custom fields as columns, what an agent began."""
    c = landed.column
    fields, reason = _custom_fields(landed)
    tags = f"string_split(coalesce({c('tags')}, ''), ';')"
    # Forwarded mail, calls and the API carry an agent's name too, though the customer began; the agents' form is `web`.
    known = f"try_cast({c('submitter_is_staff')} AS BOOLEAN)"   # a pull knows who is staff; an export shows who holds tickets
    began = (f"({c('via.channel')} = 'web' AND ({c('submitter_id')} <> {c('requester_id')} OR coalesce({known}, {c('submitter_id')} IN "
             f"(SELECT {c('assignee_id')} FROM landed WHERE {c('assignee_id')} IS NOT NULL))))")
    changes = {
        "url": f"regexp_replace({c('url')}, '/api/v2/tickets/([0-9]+)[.]json$', '/agent/tickets/\\1')",
        "tags": f"array_to_string({tags}, ' ')",
        "is spam": f"list_contains({tags}, 'spam')",
        "deleted_at": f"CASE WHEN {c('status')} = 'deleted' THEN coalesce({c('deleted_at')}, {c('updated_at')}) ELSE {c('deleted_at')} END",
        "handoffs": _less_the_first(c("metric_set.assignee_stations")),
        "began by us": f"coalesce({began}, false)",
        "language": f"lower(split_part({c('requester.locale')}, '-', 1))",
        "follow-up of": f"CASE WHEN {c('via.source.rel')} = 'follow_up' THEN {c('via.source.from.ticket_id')} END",
        "side conversation of": f"CASE WHEN {c('via.channel')} = 'side_conversation' THEN {c('via.source.from.ticket_id')} END",
        # One name a file: an export taken while a group is renamed holds both.
        "queue name": f"arg_max({c('group.name')}, file_row_number) OVER (PARTITION BY {c('group_id')})",
        "reason": f"coalesce({c('contact reason')}, {reason})", **fields,
    }
    return f"{landed.select(changes, without=('custom_fields', 'fields', 'raw_subject', 'contact reason', *PRIVATE))} FROM landed ORDER BY file_row_number"


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
    kinds = {"problem_id": "incident_of", "follow-up of": "follow_up_of", "side conversation of": "side_conversation"}
    blocks = [link(column, kind) for column, kind in kinds.items() if first_of(headers, column)]
    return blocks + ([{"grain": "queue", "columns": {"id": "group_id", "name": "queue name"}}] if first_of(headers, "group.name") else [])


# --- people, queues, the CSV ---------------------------------------------------------------------------------------------
def _staff(landed: Landed) -> str:
    changes = {"is bot": "coalesce(id = '-1', false)"}   # the user the system itself acts as
    return f"{landed.select(changes)} FROM landed WHERE role IS DISTINCT FROM 'end-user' ORDER BY file_row_number"


def _promise_rows(landed: Landed) -> str:
    """A ticket's promise is broken by any breach, kept where one was fulfilled and none broken, else not known."""
    counted = f"coalesce(try_cast({landed.column('deleted')} AS BOOLEAN), false) = false"
    return f"""SELECT ticket_id, max(time) AS until, min(file_row_number) AS file_row_number,
        CASE WHEN count_if(type = 'breach' AND {counted}) > 0 THEN 'false' WHEN count_if(type = 'fulfill') > 0 AND count_if(type = 'apply_sla') > 0 THEN 'true' END AS kept
        FROM landed GROUP BY ticket_id ORDER BY file_row_number"""


def _promises(headers: Headers) -> dict:
    return {"grain": "ticket", "columns": {"ticket_id": "ticket_id", "updated_at": "until", "recorded_sla_met": "kept"}}


def _ratings(headers: Headers) -> dict:
    return {"grain": "ticket", "columns": targets(headers, {"ticket_id": "ticket_id", "updated_at": ("updated_at", "created_at"), "csat": SATISFACTION | {"column": "score"}})}


def _csv_rows(landed: Landed) -> str:
    c = landed.column
    changes = {
        "handoffs": _less_the_first(c("Assignee stations")),
        "began by us": f"coalesce({c('Submitter')} <> {c('Requester')} AND {c('Via')} = 'Web form', false)",
        "is spam": f"list_contains(string_split(coalesce({c('Tags')}, ''), ' '), 'spam')",
    }
    return f"{landed.select(changes, without=('Requester', 'Submitter'))} FROM landed ORDER BY file_row_number"


def _csv(headers: Headers) -> dict:
    lists = [h for h in headers if h.endswith("[list]")]
    return {"grain": "ticket", "columns": targets(headers, {
        "ticket_id": "Id", "subject": "Subject", "created_at": "Created at", "updated_at": "Updated at", "resolved_at": "Solved at",
        "state": {"column": "Status", "values": STATES}, "priority": {"column": "Priority", "null_values": ["-"]},
        "channel": {"column": "Via", "values": CHANNELS}, "kind_of_ticket": {"column": "Via", "values": KINDS, "other": "ticket"},
        "customer": "Requester id", "email": "Requester email", "external_id": "Requester external id",
        "company": {"column": "Organization", "null_values": ["-"]},
        "queue": {"column": "Group", "null_values": ["-"]}, "assignee": {"column": "Assignee", "null_values": ["-"]}, "reason": tuple(lists) or "reason",
        "tags": "Tags", "csat": SATISFACTION, "is_spam": "is spam", "is_proactive": "began by us", "recorded_handoffs": "handoffs",
        "recorded_reopens": "Reopens", "recorded_first_response": {"column": "First reply time in minutes", "unit": "minutes"},
        "recorded_resolution": {"column": "Full resolution time in minutes", "unit": "minutes"}})}


TICKET = ('{"id":7,"url":"https://lamp.zendesk.example/api/v2/tickets/7.json","status":"solved","requester_id":900,"submitter_id":900,"assignee_id":81,'
          '"group_id":71,'
          '"tags":["lamp","vip"],"via":{"channel":"email"},"custom_fields":[{"id":1,"value":null},{"id":2,"value":"late delivery"}],'
          '"satisfaction_rating":{"score":"good"},"created_at":"2026-01-05T09:00:00Z","updated_at":"2026-01-06T09:00:00Z",'
          '"group":{"id":71,"name":"Orders"},"metric_set":{"assignee_stations":3,"reopens":1,"solved_at":"2026-01-05T12:00:00Z",'
          '"reply_time_in_minutes":{"calendar":30}}}')
BARE = ('{"id":%d,"status":"%s","requester_id":9,"submitter_id":%d,"assignee_id":81,"tags":[%s],"via":{"channel":"%s"},'
        '"created_at":"2026-01-05T09:00:00Z","updated_at":"2026-01-06T09:00:00Z"}\n')
EXAMPLES = (
    *AUDIT_EXAMPLES,
    Example(
        says="Three assignee stations are two handoffs, minutes are minutes, the link opens the agent's page,"
             " and the first custom field of words is the reason.",
        files={"tickets.ndjson": '{"ticket":' + TICKET + "}\n"},
        gives={"tickets": [{"ticket_id": "zendesk:7", "recorded_handoffs": 2, "recorded_reopens": 1, "recorded_first_response_seconds": 1800,
            "state": "resolved",
                            "resolved_at": "2026-01-05 12:00:00", "url": "https://lamp.zendesk.example/agent/tickets/7", "reason_raw": "late delivery",
                            "tags": "lamp vip",
                            "csat": 1.0, "customer_id": "zendesk:900", "is_proactive": False}],
               "queues": [{"queue_id": "zendesk:71", "name": "Orders"}]}),
    Example(
        says="A deleted ticket is marked deleted, spam is marked spam, an agent's own ticket is proactive, a forwarded mail is not.",
        files={"tickets.ndjson": BARE % (1, "deleted", 9, "", "web") + BARE % (2, "closed", 9, '"spam"', "email") + BARE % (3, "open", 81, "", "web")
               + BARE % (4, "open", 81, "", "email")},
        gives={"tickets": [{"ticket_id": "zendesk:1", "deleted_at": "2026-01-06 09:00:00", "is_spam": False, "is_proactive": False},
                           {"ticket_id": "zendesk:2", "is_spam": True, "is_proactive": False},
                           {"ticket_id": "zendesk:3", "is_spam": False, "is_proactive": True},
                           {"ticket_id": "zendesk:4", "is_spam": False, "is_proactive": False}]}),
    Example(
        says="The account CSV holds counters only; the user the system acts as is no person.",
        files={"export.csv": "Id,Requester id,Requester,Submitter,Status,Via,Group,Assignee,Created at,Solved at,Group stations,Assignee stations,Reopens,"
                             "First reply time in minutes,Topic [list]\n"
                             "7,900,Mia,Mia,Closed,Mail,Orders,Ana,2026-01-25 09:00,2026-01-25 12:00,1,0,0,12,invoice copy\n",
               "users.ndjson": '{"id":-1,"name":"System","email":null,"role":"admin","organization_id":null,"active":true}\n'
                               '{"id":81,"name":"Ana","email":"ana@lamp.example","role":"agent","organization_id":null,"active":true}\n'
                               '{"id":900,"name":"Mia","email":"mia@example.com","role":"end-user","organization_id":null,"active":true}\n'},
        gives={"tickets": [{"ticket_id": "zendesk:7", "recorded_handoffs": 0, "channel": "email", "queue_id": "zendesk:Orders", "reason_raw": "invoice copy",
                            "recorded_first_response_seconds": 720}],
               "agents": [{"agent_id": "zendesk:-1", "is_bot": True}, {"agent_id": "zendesk:81", "is_bot": False}]}),
)

CONNECTOR = Connector(
    name="zendesk", label="Zendesk", mapping={"threads_are_reused": False}, examples=EXAMPLES, api=API,
    exports=(
        Export("tickets JSON", ("id", "requester_id", "submitter_id", "via.channel"), _tickets, reshape=_ticket_rows, more=_beside_tickets,
               fidelity="counters: stations, reopens, minutes; links to problems and to the tickets they follow up"),
        Export("ticket audits JSON", ("ticket_id", "author_id", "events", "created_at"), audits, reshape=audit_events, more=merges,
               fidelity="events: states, queues, holders, messages, notes, merges"),
        Export("users JSON", ("id", "name", "email", "role", "organization_id", "active"), reshape=_staff, fidelity="who is an agent; customers are left out",
               block=lambda headers: {"grain": "agent", "columns": {"id": "id", "name": "name", "role": "role", "is_bot": "is bot"}}),
        Export("groups JSON", ("id", "name"), lambda headers: {"grain": "queue", "columns": {"id": "id", "name": "name"}}, named="*group*",
            fidelity="names of queues"),
        Export("organizations JSON", ("id", "name", "domain_names", "shared_tickets"), fidelity="names of companies",
               block=lambda headers: {"grain": "company", "columns": {"id": "id", "name": "name"}}),
        Export("metric events JSON", ("id", "ticket_id", "metric", "instance_id", "type", "time"), _promises, reshape=_promise_rows,
               fidelity="promises kept or broken, by Zendesk's own judgement"),
        Export("satisfaction ratings JSON", ("id", "ticket_id", "requester_id", "assignee_id", "score", "created_at"), _ratings, fidelity="the rating of each ticket"),
        Export("account CSV", ("Id", "Requester id", "Group stations", "Assignee stations"), _csv, reshape=_csv_rows,
               fidelity="counters: stations, reopens, minutes; no events, no deleted tickets"),
    ),
    notes="Stations count the first assignment, so handoffs are stations less one. A ticket tagged closed_by_merge names its survivor only in its audits. "
          "The CSV is in the account's time zone, JSON in UTC. The CSV knows groups by name, JSON by number: load one of them into a source.",
)
