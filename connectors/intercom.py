"""Intercom: its API, dataset exports of conversations and conversation actions, and message exports of other tools.

A conversation lives on: the customer writes in a closed thread again, so threads are reused. Closing is what ends a
contact, and a later message opens the thread again.
"""
from connectors.contract import Connector, Example, Export, Headers, Landed, targets
from connectors.intercom_json import EXAMPLES as JSON_EXAMPLES
from connectors.intercom_json import EXPORTS as JSON_EXPORTS
from connectors.intercom_json import STATES
from connectors.intercom_pull import API

CHANNELS = {"messenger": "chat", "conversation": "chat", "chat": "chat", "in-app": "chat", "phone call": "phone"}


# --- conversations -------------------------------------------------------------------------------------------------------
def _conversation_rows(landed: Landed) -> str:
    """The last close ends the conversation only while it is closed; the linked ticket is another tool's."""
    c = landed.column
    changes = {"ended": f"CASE WHEN {c('Conversation state')} = 'closed' THEN {c('Last closed at')} END",
               # The file does not say which source that tool is: * stands for whichever knows the ticket.
               "became": f"'*:' || {c('Linked ticket ID')}"}
    return f"{landed.select(changes, without=('User name', 'Name'))} FROM landed ORDER BY file_row_number"


def _conversations(headers: Headers) -> dict:
    return {"grain": "ticket", "timezone": "UTC",
            "dimensions": targets(headers, {"brand": "Brand", "language": "Language"}),
            "columns": targets(headers, {
                "ticket_id": "Conversation ID", "created_at": "Conversation started at",
                "updated_at": "Conversation updated at", "state": {"column": "Conversation state", "values": STATES},
                "kind_of_ticket": {"constant": "chat"}, "channel": {"column": "Channel", "values": CHANNELS},
                "queue": "Current team assigned", "assignee": "Current teammate assigned", "reason": ("Topic", "Conversation topic"),
                "customer": ("Contact ID", "User ID"), "external_id": "User ID", "email": ("User email", "Email"), "company": "Company ID",
                "first_response_at": ("First teammate replied at", "First teammate reply at"), "resolved_at": "ended",
                "csat": ("Conversation rating", "CSAT rating"), "tags": "Conversation tags", "recorded_reopens": "Reopens"})}


def _tickets_made(headers: Headers) -> list[dict]:
    return [{"grain": "link", "columns": {"ticket_id": "Conversation ID", "other": "became",
        "kind": {"constant": "became"}}}] if "Linked ticket ID" in headers else []


# --- conversation actions: an assignment says team and teammate in one row --------------------------------------------------
def _actions(landed: Landed) -> str:
    """One row for each thing an action did; a team named anew leaves nobody in charge until a teammate is named."""
    c = landed.column
    return f"""
    WITH actions AS (
        SELECT file_row_number, "Action ID" AS id, "Conversation ID" AS conversation, "Action at" AS happened, lower("Action type") AS action,
               lower({c('Action performed by type')}) AS by_type, {c('Action performed by')} AS by_name,
               nullif({c('Assigned to team')}, '') AS team, nullif({c('Assigned to teammate')}, '') AS teammate
        FROM landed),
    moves AS (
        SELECT *, lag(team) OVER thread AS team_before, lag(coalesce(teammate, '')) OVER thread AS mate_before
        FROM actions WHERE action IN ('assigned', 'unassigned') WINDOW thread AS (PARTITION BY conversation ORDER BY file_row_number)),
    rows AS (
        SELECT *, id AS event_id, action AS kind, NULL::VARCHAR AS value, 0 AS part FROM actions WHERE action NOT IN ('assigned', 'unassigned')
        UNION ALL
        SELECT * EXCLUDE (team_before, mate_before), id || '/team', 'to team', team, 1 FROM moves WHERE team IS NOT NULL AND team IS DISTINCT FROM team_before
        UNION ALL
        SELECT * EXCLUDE (team_before, mate_before), id, 'to teammate', teammate, 2 FROM moves WHERE teammate IS NOT NULL OR mate_before <> ''
            OR action = 'unassigned' AND mate_before IS NULL)
    SELECT event_id, conversation, happened, id AS sequence, kind,
           CASE kind WHEN 'snoozed' THEN 'waiting_customer' WHEN 'unsnoozed' THEN 'in_progress' ELSE value END AS value,
           CASE WHEN by_type NOT IN ('user', 'lead', 'contact', 'visitor') THEN by_name END AS performer, by_type, file_row_number
    FROM rows ORDER BY file_row_number, part"""


ACTION_KINDS = {
    "conversation_started": "created", "user_message": "customer_message", "teammate_message": "agent_message", "bot_message": "bot_message",
    "note": "internal_note", "to team": "queued", "to teammate": "assigned", "snoozed": "state_changed", "unsnoozed": "state_changed",
    "closed": "closed", "reopened": "reopened", "rated": "rated", "priority_changed": "priority_changed"}
PERFORMERS = {"user": "customer", "lead": "customer", "contact": "customer", "visitor": "customer", "teammate": "agent", "admin": "agent",
              "bot": "bot", "fin": "bot", "workflow": "system", "system": "system"}


def _action_events(headers: Headers) -> dict:
    return {"grain": "event", "timezone": "UTC", "columns": {
        "event_id": "event_id", "ticket_id": "conversation", "occurred_at": "happened", "sequence": "sequence", "to": "value", "actor": "performer",
        "kind": {"column": "kind", "values": ACTION_KINDS}, "actor_kind": {"column": "by_type", "values": PERFORMERS}}}


# --- messages, as other tools write them out --------------------------------------------------------------------------------
def _message_rows(landed: Landed) -> str:
    c = landed.column
    kind = (f"CASE WHEN {c('message_type')} = 'note' THEN 'internal_note' WHEN {c('message_author_type')} IN ('user', 'lead',"
            f" 'contact') THEN 'customer_message' "
            f"WHEN {c('message_author_type')} = 'admin' THEN 'agent_message' WHEN {c('message_author_type')} = 'bot' THEN 'bot_message' ELSE "
            f"{c('message_author_type')} END")
    changes = {"kind": kind, "ended": f"CASE WHEN {c('conversation_state')} = 'closed' THEN {c('conversation_closed_at')} END",
               "author": f"CASE WHEN {c('message_author_type')} IN ('admin', 'bot') THEN {c('message_author_id', 'message_author_name')} END"}
    return f"{landed.select(changes, without=('message_author_name', 'message_author_email'))} FROM landed ORDER BY file_row_number"


def _messages(headers: Headers) -> dict:
    return {"grain": "event", "timezone": "UTC", "columns": targets(headers, {
        "event_id": "message_id", "ticket_id": "conversation_id", "occurred_at": "message_created_at", "kind": "kind", "actor": "author",
        "created_at": "conversation_created_at", "first_response_at": "conversation_first_response_at", "resolved_at": "ended",
        "kind_of_ticket": {"constant": "chat"}})}


CONVERSATIONS = ("Conversation ID,Conversation started at,Conversation state,Topic,User ID,First teammate replied at,Last closed at,Conversation rating,"
                 "Linked ticket ID\n")
ACTIONS = "Action ID,Action at,Conversation ID,Action type,Action performed by,Action performed by type,Assigned to team,Assigned to teammate\n"
EXAMPLES = (
    *JSON_EXAMPLES,
    Example(
        says="Times are UTC; a last close counts only while the conversation is closed; the ticket it became belongs to whichever source knows that number.",
        files={"conversations.csv": CONVERSATIONS + "1,2026-07-05 09:00:00,closed,login problem,L-1,2026-07-05 09:05:00,2026-07-05 10:00:00,4,\n"
                                                    "2,2026-07-05 09:00:00,open,login problem,,,2026-07-05 10:00:00,,100017\n"},
        gives={"tickets": [{"ticket_id": "intercom:1", "created_at": "2026-07-05 09:00:00", "resolved_at": "2026-07-05 10:00:00", "state": "closed",
            "csat": 4.0, "customer_id": "intercom:L-1"},
                           {"ticket_id": "intercom:2", "created_at": "2026-07-05 09:00:00", "state": "in_progress"}],
               "links": [{"ticket_id": "intercom:2", "other_id": "*:100017", "kind": "became"}]}),
    Example(
        says="A trap: one assignment fills team and teammate; a new team leaves nobody in charge, and unassigning keeps the team.",
        files={"actions.csv": ACTIONS + "1,2026-07-05 09:00:00,1,conversation_started,Mia,user,,\n2,2026-07-05 09:01:00,1,assigned,Router,workflow,Tech,\n"
                              "3,2026-07-05 09:02:00,1,assigned,Ana,teammate,Tech,Ana\n4,2026-07-05 09:03:00,1,assigned,Ana,teammate,Care,\n"
                              "5,2026-07-05 09:04:00,1,assigned,Router,workflow,Care,Ben\n6,2026-07-05 09:05:00,1,unassigned,Ben,teammate,Care,\n"},
        gives={"events": [{"ordinal": 0, "kind": "created", "actor_kind": "customer"},
            {"ordinal": 1, "kind": "queued", "actor_kind": "system", "to_value": "intercom:Tech"},
                          {"ordinal": 2, "kind": "assigned", "actor_kind": "agent", "to_value": "intercom:Ana"},
                          {"ordinal": 3, "kind": "queued", "actor_kind": "agent", "to_value": "intercom:Care"},
                          {"ordinal": 4, "kind": "assigned", "actor_kind": "agent"},
                          {"ordinal": 5, "kind": "assigned", "actor_kind": "system", "to_value": "intercom:Ben"},
                          {"ordinal": 6, "kind": "assigned", "actor_kind": "agent"}],
               "ticket_facts": [{"ticket_id": "intercom:1", "handoffs": 1.0}]}),
    Example(
        says="What the bot writes is no answer from a person, and an action nobody knows is refused, not guessed.",
        files={"actions.csv": ACTIONS + "1,2026-07-05 09:00:00,1,user_message,Mia,user,,\n2,2026-07-05 09:00:05,1,bot_message,Fin,bot,,\n"
                              "3,2026-07-05 09:10:00,1,teammate_message,Ana,teammate,,\n4,2026-07-05 09:11:00,1,juggled,Ana,teammate,,\n"},
        gives={"events": [{"ordinal": 0, "kind": "customer_message"}, {"ordinal": 1, "kind": "bot_message", "actor_id": "intercom:Fin"},
                          {"ordinal": 2, "kind": "agent_message", "actor_id": "intercom:Ana"}],
               "ticket_facts": [{"ticket_id": "intercom:1", "first_response_time": 600}]},
        refused=1),
    Example(
        says="Messages another tool wrote out: notes answer nobody.",
        files={"messages.csv": "message_id,message_type,message_created_at,message_author_type,message_author_id,conversation_id,conversation_state,"
                               "conversation_created_at,conversation_closed_at\n"
                               "11,comment,2026-07-05 09:00:00,user,u1,1,closed,2026-07-05 09:00:00,2026-07-05 11:00:00\n"
                               "12,note,2026-07-05 09:30:00,admin,a1,1,closed,2026-07-05 09:00:00,2026-07-05 11:00:00\n"
                               "13,comment,2026-07-05 10:00:00,admin,a1,1,closed,2026-07-05 09:00:00,2026-07-05 11:00:00\n"},
        gives={"events": [{"event_id": "intercom:11", "kind": "customer_message"}, {"event_id": "intercom:12", "kind": "internal_note"},
            {"event_id": "intercom:13", "kind": "agent_message"}],
               "ticket_facts": [{"ticket_id": "intercom:1", "first_response_time": 3600, "resolution_time": 7200}]}),
)

CONNECTOR = Connector(
    name="intercom", label="Intercom", mapping={"threads_are_reused": True}, examples=EXAMPLES, api=API,
    exports=(
        *JSON_EXPORTS,
        Export("conversations", ("Conversation ID", "Conversation started at", "Conversation state"), _conversations, reshape=_conversation_rows,
            more=_tickets_made,
               fidelity="counters: reopens; first reply, last close, rating, the ticket a conversation became"),
        Export("conversation actions", ("Action ID", "Action at", "Conversation ID", "Action type"), _action_events, reshape=_actions,
               fidelity="events: messages, notes, teams, teammates, snoozing, closing"),
        Export("messages", ("message_id", "message_created_at", "message_author_type", "conversation_id"), _messages, reshape=_message_rows,
               fidelity="events: messages and notes; no assignments"),
    ),
    notes="Times are UTC. Intercom's own durations leave closed hours out and are never used. Performers are names; the customer's is not kept. The "
          "API names people and teams by number, the files by name: load one of them into a source. A closed conversation deleted in Intercom stays as it was last seen. "
          "Of Intercom's own tickets only the links to them are pulled, not the tickets.",
)
