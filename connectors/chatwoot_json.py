"""Chatwoot's conversations, messages and reports as its API gives them. A queue is a team; a pending conversation is the bot's."""
from connectors.contract import Example, Export, Headers, Landed, targets

STATES = {"open": "in_progress", "pending": "new", "snoozed": "waiting_customer", "resolved": "resolved"}
CHANNELS = {"Channel::WebWidget": "chat", "Channel::Email": "email", "Channel::Whatsapp": "chat", "Channel::FacebookPage": "chat", "Channel::Telegram": "chat",
            "Channel::Instagram": "chat", "Channel::TwitterProfile": "chat", "Channel::Line": "chat", "Channel::Sms": "sms", "Channel::TwilioSms": "sms",
            "Channel::Api": "api", "Channel::Voice": "phone"}
EPOCH = ["epoch", "iso"]   # whole seconds, fractions of them, or text


def _conversations(headers: Headers) -> dict:
    return {"grain": "ticket", "timezone": "UTC", "columns": targets(headers, {
        "ticket_id": "id", "url": "url", "created_at": {"column": "created_at", "formats": EPOCH}, "updated_at": {"column": "updated_at", "formats": EPOCH},
        "state": {"column": "status", "values": STATES}, "priority": "priority", "kind_of_ticket": {"constant": "chat"},
        "channel": {"column": "channel", "values": CHANNELS}, "queue": "team", "assignee": "assignee", "customer": "sender.id", "email": "sender.email",
        "phone": "sender.phone_number", "external_id": "sender.identifier", "reason": "contact reason", "tags": "tags"})}


def _conversation_rows(landed: Landed) -> str:
    return f"{landed.select({'tags': f'''replace({landed.column('labels')}, ';', ' ')'''})} FROM landed ORDER BY file_row_number"


def _message_rows(landed: Landed) -> str:
    """A message is one event; a sentence that names team and agent is two."""
    c = landed.column
    did, agent, team = c("did"), c("agent"), c("team")
    return f"""
    WITH rows AS (
        SELECT *, id AS event_id, CASE WHEN lower(is_private) = 'true' THEN 'internal_note' ELSE role || '_message' END AS kind, NULL::VARCHAR AS value, 0 AS rank
        FROM landed WHERE message_type <> 'activity'
        UNION ALL
        SELECT *, id || '/team', 'queued', {team}, 1 FROM landed WHERE {did} IN ('assigned', 'queued', 'reassigned') AND {team} IS NOT NULL
        UNION ALL
        SELECT *, id, {did}, {agent}, 2 FROM landed WHERE {did} IN ('assigned', 'reassigned')
        UNION ALL
        SELECT *, id, CASE {did} WHEN 'resolved' THEN 'resolved' WHEN 'reopened' THEN 'reopened' ELSE 'state_changed' END,
               CASE {did} WHEN 'snoozed' THEN 'waiting_customer' WHEN 'pending' THEN 'new' WHEN 'opened' THEN 'in_progress' END, 3
        FROM landed WHERE {did} IN ('resolved', 'reopened', 'snoozed', 'pending', 'opened'))
    SELECT event_id, conversation_id, created_at, message_id, kind, value, {c('actor')} AS who, role, CASE WHEN {did} IS NOT NULL AND role = 'system' THEN 'rule' END AS cause,
           file_row_number FROM rows ORDER BY file_row_number, rank"""


def _messages(headers: Headers) -> dict:
    return {"grain": "event", "timezone": "UTC", "columns": {
        "event_id": "event_id", "ticket_id": "conversation_id", "occurred_at": {"column": "created_at", "formats": EPOCH}, "sequence": "message_id",
        "kind": "kind", "to": "value", "actor": "who", "actor_kind": "role", "cause": "cause"}}


def _bare_messages(headers: Headers) -> dict:
    """Of messages alone, which tell nothing of hands and states."""
    found = _messages(headers)
    found["columns"]["kind"] = {"column": "kind", "values": {k: k for k in ("customer_message", "agent_message", "bot_message", "internal_note")}}
    return found


def _snapshots(headers: Headers) -> dict:
    return {"grain": "snapshot", "timezone": "UTC", "columns": {
        "ticket_id": "conversation_id", "occurred_at": {"column": "updated_at", "formats": EPOCH}, "state": {"column": "status", "values": STATES}, "queue": "team",
        "assignee": "assignee", "priority": "priority"}}


def _report_rows(landed: Landed) -> str:
    return """SELECT id, conversation_id, event_end_time, CASE name WHEN 'conversation_resolved' THEN 'resolved' ELSE 'state_changed' END AS kind,
        CASE name WHEN 'conversation_bot_handoff' THEN 'in_progress' END AS value, CASE name WHEN 'conversation_bot_handoff' THEN 'bot' END AS role, file_row_number
        FROM landed WHERE name IN ('conversation_resolved', 'conversation_bot_handoff') ORDER BY file_row_number"""


def _reports(headers: Headers) -> dict:
    return {"grain": "event", "timezone": "UTC", "columns": {
        "event_id": "id", "ticket_id": "conversation_id", "occurred_at": {"column": "event_end_time", "formats": EPOCH},
        "kind": {"column": "kind", "values": {"resolved": "resolved", "state_changed": "state_changed"}}, "to": "value", "actor_kind": "role"}}


EXPORTS = (
    Export("conversations JSON", ("id", "inbox_id", "status", "last_activity_at", "sender.id"), _conversations, reshape=_conversation_rows,
           fidelity="the conversation as it stands"),
    Export("messages JSON", ("id", "message_id", "conversation_id", "message_type", "is_private"), _messages, reshape=_message_rows,
           fidelity="events: messages, notes; hands, teams, states from activity sentences in eight languages"),
    Export("messages without sentences JSON", ("message_id", "conversation_id", "is_private", "is_bare"), _bare_messages, reshape=_message_rows,
           fidelity="events: messages, notes"),
    Export("snapshots JSON", ("id", "conversation_id", "updated_at", "assignee", "team"), _snapshots, fidelity="hands, teams and states by comparison"),
    Export("reporting events JSON", ("id", "conversation_id", "name", "event_end_time"), _reports, reshape=_report_rows, fidelity="events: resolutions, bot hand-overs"),
    Export("deleted conversations JSON", ("id", "deleted_at"), fidelity="deletions of open conversations", block=lambda headers: {
        "grain": "ticket", "timezone": "UTC", "columns": {"ticket_id": "id", "updated_at": {"column": "deleted_at", "formats": EPOCH},
                                                          "deleted_at": {"column": "deleted_at", "formats": EPOCH}}}),
    Export("ratings JSON", ("id", "rating", "conversation_id", "created_at"), fidelity="ratings", block=lambda headers: {
        "grain": "ticket", "timezone": "UTC", "columns": {"ticket_id": "conversation_id", "csat": "rating", "updated_at": {"column": "created_at", "formats": EPOCH}}}),
    Export("slas JSON", ("id", "conversation_id", "sla_status"), fidelity="promises kept or broken", block=lambda headers: {
        "grain": "ticket", "timezone": "UTC", "columns": {
            "ticket_id": "conversation_id", "updated_at": {"column": "sla_updated_at", "formats": EPOCH},
            "recorded_sla_met": {"column": "sla_status", "values": {"hit": "true", "missed": "false", "active_with_misses": "false"}, "null_values": ["active"]}}}),
    Export("agents JSON", ("id", "name", "role"), fidelity="who is an agent", block=lambda headers: {"grain": "agent", "columns": targets(headers, {"id": "id", "name": "name"})}),
    Export("teams JSON", ("id", "name", "allow_auto_assign"), lambda headers: {"grain": "queue", "columns": {"id": "id", "name": "name"}}, fidelity="names of queues"),
)

SAID = ('{"id":"7/%d","message_id":%d,"conversation_id":"7","created_at":17676036%02d,"message_type":"%s","is_private":%s,"role":"%s","actor":%s,"did":%s,"agent":%s,"team":%s}\n')
EXAMPLES = (
    Example(
        says="What a sentence says of team and agent are two things; the bot's template answers nobody, a private message is a note.",
        files={"messages.ndjson": SAID % (1, 1, 0, "incoming", "false", "customer", "null", "null", "null", "null")
               + SAID % (2, 2, 5, "template", "false", "bot", "null", "null", "null", "null")
               + SAID % (3, 3, 10, "activity", "false", "agent", '"81"', '"assigned"', '"82"', '"71"')
               + SAID % (4, 4, 20, "outgoing", "true", "agent", '"82"', "null", "null", "null")
               + SAID % (5, 5, 30, "outgoing", "false", "agent", '"82"', "null", "null", "null")
               + SAID % (6, 6, 40, "activity", "false", "agent", '"82"', '"resolved"', "null", "null")},
        gives={"events": [
            {"ordinal": 0, "kind": "customer_message"}, {"ordinal": 1, "kind": "bot_message"}, {"ordinal": 2, "kind": "queued", "to_value": "chatwoot:71"},
            {"ordinal": 3, "kind": "assigned", "to_value": "chatwoot:82"}, {"ordinal": 4, "kind": "internal_note"}, {"ordinal": 5, "kind": "agent_message"},
            {"ordinal": 6, "kind": "resolved"}], "ticket_facts": [{"handled_by": "bot_to_human", "first_response_time": 30}]}),
    Example(
        says="A name that two people have leaves it open who: hands changed, nobody is guessed.",
        files={"messages.ndjson": SAID % (1, 1, 0, "incoming", "false", "customer", "null", "null", "null", "null")
               + SAID % (2, 2, 10, "activity", "false", "agent", '"81"', '"reassigned"', "null", "null")
               + SAID % (3, 3, 20, "activity", "false", "system", "null", '"reopened"', "null", "null")},
        gives={"events": [{"ordinal": 0, "kind": "customer_message", "actor_kind": "customer"}, {"ordinal": 1, "kind": "reassigned", "actor_kind": "agent"},
                          {"ordinal": 2, "kind": "reopened", "actor_kind": "system", "cause": "rule"}]}),
    Example(
        says="Fractions of seconds are times; compared snapshots tell hands without a sentence; the conversation of a report is the one it was asked of.",
        files={"snapshots.ndjson": '{"id":"7/1","conversation_id":"7","updated_at":1767603600.25,"status":"open","assignee":"81","team":null,"priority":null}\n'
                                   '{"id":"7/2","conversation_id":"7","updated_at":1767607200.5,"status":"open","assignee":"82","team":"71","priority":null}\n',
               "reports.ndjson": '{"id":"7/9","conversation_id":"7","name":"conversation_resolved","value":60,"event_end_time":1767610800}\n'
                                 '{"id":"7/8","conversation_id":"7","name":"reply_time","value":60,"event_end_time":1767610800}\n'},
        gives={"events": [{"kind": "resolved", "occurred_at": "2026-01-05 11:00:00"}],
               "hands": [{"from_holder": "chatwoot:81", "to_holder": "chatwoot:82"}]}),
)
