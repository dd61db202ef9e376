"""Intercom's conversations and parts as its API gives them: each part becomes what it did, a message, a move, a new state."""
from connectors.contract import Example, Export, Headers, Landed, first_of, targets

STATES = {"open": "in_progress", "snoozed": "waiting_customer", "closed": "closed"}
CHANNELS = {"conversation": "chat", "push": "chat", "facebook": "chat", "instagram": "chat", "twitter": "chat", "whatsapp": "chat", "sms": "sms",
            "phone_call": "phone", "phone_switch": "phone"}
EPOCH = ["epoch"]


def _conversation_rows(landed: Landed) -> str:
    c = landed.column
    changes = {
        "ended": f"CASE WHEN {c('state')} = 'closed' THEN {c('statistics.last_close_at')} END",
        "team": f"nullif({c('team_assignee_id')}, '0')", "holder": f"nullif({c('admin_assignee_id')}, '0')",
        "began by us": f"CASE WHEN {c('source.delivered_as')} IN ('admin_initiated', 'campaigns_initiated', 'automated') THEN 'true' "
                       f"WHEN {c('source.delivered_as')} IS NOT NULL THEN 'false' END",
        "kept": f"CASE {c('sla_applied.sla_status')} WHEN 'hit' THEN 'true' WHEN 'missed' THEN 'false' END",
        "labels": f"replace({c('tags')}, ';', ' ')", "became": f"coalesce('*:' || {c('linked ticket')}, {c('linked.ticket')})"}
    return f"{landed.select(changes)} FROM landed ORDER BY file_row_number"


def _conversations(headers: Headers) -> dict:
    return {"grain": "ticket", "timezone": "UTC", "columns": targets(headers, {
        "ticket_id": "id", "url": "url", "subject": ("source.subject", "title"), "created_at": {"column": "created_at", "formats": EPOCH},
        "updated_at": {"column": "updated_at", "formats": EPOCH}, "resolved_at": {"column": "ended", "formats": EPOCH},
        "state": {"column": "state", "values": STATES}, "priority": {"column": "priority", "null_values": ["not_priority"]},
        "kind_of_ticket": {"constant": "chat"}, "channel": {"column": "source.type", "values": CHANNELS}, "queue": "team", "assignee": "holder",
        "customer": "contact.id", "external_id": "contact.external_id", "email": "contact.email", "phone": "contact.phone", "company": "contact.company_id",
        "reason": "contact reason", "csat": "conversation_rating.rating", "tags": "labels", "is_proactive": "began by us",
        "recorded_reopens": "statistics.count_reopens", "recorded_sla_met": "kept"})}


def _links(headers: Headers) -> list[dict]:
    """The ticket it became, of another tool or of Intercom, and the one about what many report."""
    kinds = {"became": "became", "linked.tracker": "incident_of"}
    return [{"grain": "link", "columns": {"ticket_id": "id", "other": column, "kind": {"constant": kind}}} for column, kind in kinds.items() if first_of(headers, column)]


def _part_events(landed: Landed) -> str:
    """What a part did: its words, then the move, then the state. A team named anew leaves nobody in charge until a teammate is named."""
    c = landed.column
    return f"""
    WITH told AS (
        SELECT *, part_type LIKE '%assign%' AS is_move, {c('assigned_to.type')} = 'team' AS is_team, nullif({c('assigned_to.id')}, '0') AS target,
               lower({c('has_words')}) = 'true' AS is_talk, part_type LIKE 'note%' AS is_note,
               CASE WHEN role IN ('bot', 'system') OR part_type IN ('default_assignment', 'away_mode_assignment') THEN 'rule' END AS by_rule
        FROM landed),
    rows AS (
        SELECT *, id AS event_id, 'created' AS kind, NULL::VARCHAR AS value, 0 AS rank FROM told WHERE part_type = 'source'
        UNION ALL
        SELECT *, id || '/words', CASE WHEN is_note THEN 'internal_note' ELSE role || '_message' END, NULL, 1 FROM told
        WHERE is_talk AND part_type <> 'rating' AND part_type NOT LIKE 'merged%' AND (is_note OR role <> 'system')
        UNION ALL
        SELECT *, id || '/team', 'queued', target, 2 FROM told WHERE is_move AND is_team
        UNION ALL
        SELECT *, id || '/mate', 'assigned', CASE WHEN NOT coalesce(is_team, false) THEN target END, 3 FROM told WHERE is_move
        UNION ALL
        SELECT *, id || '/state', CASE WHEN part_type = 'close' THEN 'closed' WHEN part_type = 'open' OR part_type LIKE '%reopen' THEN 'reopened' ELSE 'state_changed' END,
               CASE WHEN part_type = 'snoozed' THEN 'waiting_customer' WHEN part_type LIKE '%unsnooze%' THEN 'in_progress' END, 4 FROM told
        WHERE part_type IN ('close', 'open', 'snoozed') OR part_type LIKE '%reopen' OR part_type LIKE '%unsnooze%'
        UNION ALL
        SELECT *, id || '/merged', 'merged', {c('merged_into')}, 5 FROM told WHERE part_type = 'merged_secondary_conversation'
        UNION ALL
        SELECT *, id, 'rated', NULL, 6 FROM told WHERE part_type = 'rating')
    SELECT event_id, conversation_id, created_at, part_id, kind, value, CASE WHEN kind = 'merged' THEN value END AS "went into", author_id, role,
           CASE WHEN kind IN ('queued', 'assigned') THEN by_rule END AS cause, file_row_number
    FROM rows ORDER BY file_row_number, rank"""


def _parts(headers: Headers) -> dict:
    return {"grain": "event", "timezone": "UTC", "columns": {
        "event_id": "event_id", "ticket_id": "conversation_id", "occurred_at": {"column": "created_at", "formats": EPOCH}, "sequence": "part_id",
        "kind": "kind", "to": "value", "actor": "author_id", "actor_kind": "role", "cause": "cause"}}


def _merges(headers: Headers) -> list[dict]:
    return [{"grain": "link", "columns": {"ticket_id": "conversation_id", "other": "went into", "kind": {"constant": "merged_into"}}}]


def _company_rows(landed: Landed) -> str:
    changes = {"spend": f"12 * try_cast({landed.column('monthly_spend')} AS DOUBLE)"}
    return f"{landed.select(changes)} FROM landed ORDER BY file_row_number"


EXPORTS = (
    Export("conversations JSON", ("id", "admin_assignee_id", "team_assignee_id", "source.delivered_as"), _conversations, reshape=_conversation_rows, more=_links,
           fidelity="counters: reopens; state, team, rating, promise, the ticket it became"),
    Export("conversation parts JSON", ("id", "conversation_id", "part_type", "role", "has_words"), _parts, reshape=_part_events, more=_merges,
           fidelity="events: messages, notes, teams, teammates, snoozing, closing, merges, ratings"),
    Export("deleted conversations JSON", ("id", "object", "deleted", "deleted_at"), fidelity="deletions of open conversations", block=lambda headers: {
        "grain": "ticket", "timezone": "UTC", "columns": {"ticket_id": "id", "updated_at": {"column": "deleted_at", "formats": EPOCH},
                                                          "deleted_at": {"column": "deleted_at", "formats": EPOCH}}}),
    Export("admins JSON", ("id", "name", "email", "has_inbox_seat"), fidelity="who is an agent, who a bot",
           block=lambda headers: {"grain": "agent", "columns": targets(headers, {"id": "id", "name": "name", "is_bot": "is_bot"})}),
    Export("teams JSON", ("id", "name", "admin_ids"), lambda headers: {"grain": "queue", "columns": {"id": "id", "name": "name"}}, fidelity="names of queues"),
    Export("companies JSON", ("id", "company_id", "monthly_spend", "plan.name"), reshape=_company_rows, fidelity="spend and plan",
           block=lambda headers: {"grain": "company", "columns": targets(headers, {"id": "id", "name": "name", "plan": "plan.name", "segment": "industry",
                                                                                   "value_per_year": "spend"})}),
)

PART = '{"id":"7/%s","part_id":%s,"conversation_id":"7","part_type":"%s","created_at":17676036%02d,"assigned_to":%s,"author_id":%s,"role":"%s","has_words":%s}\n'
TEAM, MATE, NOBODY = '{"type":"team","id":"71"}', '{"type":"admin","id":"81"}', '{"type":"nobody_admin","id":null}'
EXAMPLES = (
    Example(
        says="The bot hands over to a team, which leaves nobody in charge until a teammate takes it; the reply that closes is a message and an end.",
        files={"parts.ndjson": PART % ("source", 0, "source", 0, "null", "null", "customer", "true") + PART % (1, 1, "comment", 5, "null", '"9"', "bot", "true")
               + PART % (2, 2, "assignment", 10, TEAM, '"9"', "bot", "false") + PART % (3, 3, "assignment", 20, MATE, '"81"', "agent", "false")
               + PART % (4, 4, "close", 30, "null", '"81"', "agent", "true")},
        gives={"events": [
            {"ordinal": 0, "kind": "created", "actor_kind": "customer"}, {"ordinal": 1, "kind": "customer_message", "actor_kind": "customer"},
            {"ordinal": 2, "kind": "bot_message", "actor_kind": "bot"}, {"ordinal": 3, "kind": "queued", "actor_kind": "bot", "cause": "rule", "to_value": "intercom:71"},
            {"ordinal": 4, "kind": "assigned", "actor_kind": "bot", "cause": "rule"}, {"ordinal": 5, "kind": "assigned", "actor_kind": "agent", "to_value": "intercom:81"},
            {"ordinal": 6, "kind": "agent_message", "actor_kind": "agent"}, {"ordinal": 7, "kind": "closed", "actor_kind": "agent"}],
            "ticket_facts": [{"handled_by": "bot_to_human", "handoffs": 0, "first_response_time": 30}]}),
    Example(
        says="A customer's word in a closed conversation opens it again; nobody is written as nobody_admin; a note with words answers nobody.",
        files={"parts.ndjson": PART % ("source", 0, "source", 0, "null", "null", "customer", "true") + PART % (1, 1, "assignment", 5, MATE, '"81"', "agent", "false")
               + PART % (2, 2, "close", 10, "null", '"81"', "agent", "false") + PART % (3, 3, "open", 20, "null", "null", "customer", "true")
               + PART % (4, 4, "assignment", 30, NOBODY, '"81"', "agent", "false") + PART % (5, 5, "note", 40, "null", '"81"', "agent", "true")},
        gives={"events": [
            {"ordinal": 0, "kind": "created"}, {"ordinal": 1, "kind": "customer_message"}, {"ordinal": 2, "kind": "assigned", "to_value": "intercom:81"},
            {"ordinal": 3, "kind": "closed"}, {"ordinal": 4, "kind": "customer_message"}, {"ordinal": 5, "kind": "reopened"}, {"ordinal": 6, "kind": "assigned"},
            {"ordinal": 7, "kind": "internal_note"}], "ticket_facts": [{"reopens": 1, "is_open": True}]}),
    Example(
        says="A conversation that was merged away names the one it went into; what is linked to it is a ticket it became, or one about what many report.",
        files={"parts.ndjson": PART % ("source", 0, "source", 0, "null", "null", "customer", "true")
               + (PART % (1, 1, "merged_secondary_conversation", 5, "null", '"81"', "agent", "true")).replace('"has_words"', '"merged_into":"5","has_words"'),
               "conversations.ndjson":
               '{"id":"8","state":"open","created_at":1767603600,"updated_at":1767610800,"admin_assignee_id":0,"team_assignee_id":null,'
               '"source":{"type":"conversation","delivered_as":"customer_initiated"},"linked ticket":null,"linked":{"ticket":"611","tracker":"626"}}\n'},
        gives={"events": [{"ordinal": 0, "kind": "created"}, {"ordinal": 1, "kind": "customer_message"}, {"ordinal": 2, "kind": "merged", "to_value": "5"}],
               "links": [{"ticket_id": "intercom:7", "other_id": "intercom:5", "kind": "merged_into"}, {"ticket_id": "intercom:8", "other_id": "intercom:611", "kind": "became"},
                         {"ticket_id": "intercom:8", "other_id": "intercom:626", "kind": "incident_of"}]}),
    Example(
        says="A conversation that is gone is marked deleted.",
        files={"deleted.ndjson": '{"id":"7","object":"conversation","deleted":true,"deleted_at":1767610800}\n'},
        gives={"tickets": [{"ticket_id": "intercom:7", "deleted_at": "2026-01-05 11:00:00"}]}),
    Example(
        says="A conversation with its contact: unassigned is 0 here and null there, a campaign is ours, the ticket it became is another tool's.",
        files={"conversations.ndjson":
               '{"id":"7","state":"closed","created_at":1767603600,"updated_at":1767610800,"admin_assignee_id":0,"team_assignee_id":null,'
               '"source":{"type":"conversation","delivered_as":"campaigns_initiated"},"statistics":{"last_close_at":1767607200,"count_reopens":1},'
               '"contact":{"id":"c1","external_id":"L-1","email":"mia@example.com","company_id":"f1"},"conversation_rating":{"rating":4},'
               '"sla_applied":{"sla_status":"missed"},"tags":["vip","late_delivery"],"linked ticket":"100017"}\n'},
        gives={"tickets": [{"ticket_id": "intercom:7", "state": "closed", "resolved_at": "2026-01-05 10:00:00", "is_proactive": True, "csat": 4.0, "recorded_reopens": 1,
                            "recorded_sla_met": False, "email_domain": "example.com", "company_id": "intercom:f1", "tags": "vip late_delivery", "channel": "chat"}],
               "links": [{"ticket_id": "intercom:7", "other_id": "*:100017", "kind": "became"}]}),
)
