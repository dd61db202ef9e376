"""Salesforce's cases and their history as its API gives them. An owner's id says whether it is a queue (00G) or a person (005)."""
from connectors.contract import Example, Export, Headers, Landed, targets

STATES = {"new": "new", "open": "in_progress", "working": "in_progress", "in progress": "in_progress", "escalated": "in_progress", "reopened": "in_progress",
          "waiting on customer": "waiting_customer", "awaiting customer": "waiting_customer", "pending customer": "waiting_customer",
          "customer responded": "in_progress",
          "on hold": "waiting_internal", "waiting on third party": "waiting_internal", "waiting on vendor": "waiting_internal", "pending": "waiting_internal",
          "resolved": "resolved", "solved": "resolved", "closed": "closed", "merged": "closed", "duplicate": "closed"}
# What each stream can bring, so that what it cannot is known not to be available.
CHANGES = {k: k for k in ("created", "queued", "assigned", "state_changed", "closed", "priority_changed", "escalated")}
WORDS = {k: k for k in ("customer_message", "agent_message", "bot_message", "internal_note")}
CHANNELS = {"Email": "email", "Web": "web", "Phone": "phone", "Chat": "chat", "Community": "web", "Messaging": "chat"}


def _state(status: str, is_closed: str) -> str:
    """A closing status in the org's own words is closed all the same."""
    known = ", ".join(f"'{name}'" for name in STATES)
    return f"CASE WHEN lower({status}) NOT IN ({known}) AND lower({is_closed}) = 'true' THEN 'closed' ELSE {status} END"


def _case_rows(landed: Landed) -> str:
    c = landed.column
    changes = {"state word": _state(c("Status"), c("IsClosed")), "queue": f"CASE WHEN {c('OwnerId')} LIKE '00G%' THEN {c('OwnerId')} END",
               "holder": f"CASE WHEN {c('OwnerId')} LIKE '005%' THEN {c('OwnerId')} END",
               "gone": f"CASE WHEN lower({c('IsDeleted')}) = 'true' AND {c('merged_into')} IS NULL THEN {c('SystemModstamp')} END"}
    return f"{landed.select(changes)} FROM landed ORDER BY file_row_number"


def _cases(headers: Headers) -> dict:
    return {"grain": "ticket", "timezone": "UTC", "columns": targets(headers, {
        "ticket_id": "CaseNumber", "url": "url", "subject": "Subject", "state": {"column": "state word", "values": STATES}, "priority": "Priority",
        "kind_of_ticket": {"constant": "case"}, "channel": {"column": "Origin", "values": CHANNELS}, "reason": "contact reason", "created_at": "CreatedDate",
        "resolved_at": "ClosedDate", "updated_at": "SystemModstamp", "deleted_at": "gone", "merged_into": "merged_into", "parent": "parent", "queue": "queue",
        "assignee": "holder", "customer": "ContactId", "email": "email", "phone": "phone", "company": "AccountId", "csat": "csat",
        "is_proactive": {"column": "Origin", "values": {"Outbound": "true", "Proactive": "true"}, "other": "false"}})}


def _history_events(landed: Landed) -> str:
    """What each row says; a case back in a queue is in nobody's hands."""
    c = landed.column
    new, old = c("NewValue"), c("OldValue")
    return f"""
    WITH told AS (
        SELECT *, lower(Field) AS what, coalesce({new} LIKE '00G%', false) AS to_queue, {_state(new, c('new_is_closed'))} AS new_state,
               {_state(c('first_status'), c('first_is_closed'))} AS first_state,
               CASE WHEN role = 'system' OR lower(Field) IN ('ownerassignment', 'ownerescalated') THEN 'rule' END AS by_rule
        FROM landed),
    owned AS (
        SELECT *, Id AS event_id, {new} AS owner, 1 AS rank FROM told WHERE what IN ('owner', 'ownerassignment', 'owneraccepted', 'ownerescalated')
        UNION ALL
        SELECT * REPLACE (coalesce(first_owner LIKE '00G%', false) AS to_queue, NULL AS by_rule), Id || '/owner', first_owner, 1
        FROM told WHERE what = 'created' AND first_owner IS NOT NULL),
    rows AS (
        SELECT * EXCLUDE (owner), CASE WHEN to_queue THEN 'queued' ELSE 'assigned' END AS kind, owner AS value FROM owned
        UNION ALL
        SELECT * EXCLUDE (owner) REPLACE (event_id || '/nobody' AS event_id, rank + 1 AS rank), 'assigned', NULL FROM owned WHERE to_queue AND {old} LIKE '005%'
        UNION ALL
        SELECT *, Id, 0, 'created', NULL FROM told WHERE what = 'created'
        UNION ALL
        SELECT *, Id || '/status', 3, 'state_changed', first_state FROM told WHERE what = 'created' AND first_state IS NOT NULL
        UNION ALL
        SELECT *, Id, 3, 'state_changed', new_state FROM told WHERE what = 'status'
        UNION ALL
        SELECT *, Id, 4, 'closed', NULL FROM told WHERE what = 'closed'
        UNION ALL
        SELECT *, Id, 3, 'priority_changed', {new} FROM told WHERE what = 'priority'
        UNION ALL
        SELECT *, Id || '/escalated', 4, 'escalated', NULL FROM told WHERE what = 'ownerescalated' OR (what = 'isescalated' AND lower({new}) IN ('true', '1')))
    SELECT event_id, CaseNumber, CreatedDate, kind, value, CASE WHEN role = 'customer' THEN NULL ELSE CreatedById END AS editor, role,
           CASE WHEN kind IN ('queued', 'assigned') THEN by_rule END AS cause, file_row_number
    FROM rows ORDER BY file_row_number, rank"""


def _history(headers: Headers) -> dict:
    return {"grain": "event", "timezone": "UTC", "columns": {
        "event_id": "event_id", "ticket_id": "CaseNumber", "occurred_at": "CreatedDate", "kind": {"column": "kind", "values": CHANGES},
        "to": {"column": "value", "values": STATES}, "actor": "editor", "actor_kind": "role", "cause": "cause"}}


def _words(headers: Headers) -> dict:
    return {"grain": "event", "timezone": "UTC", "columns": {
        "event_id": "Id", "ticket_id": "CaseNumber", "occurred_at": "said_at", "kind": {"column": "message kind", "values": WORDS}, "actor": "author", "actor_kind": "role"}}


def _promise_rows(landed: Landed) -> str:
    """A case's promise is broken by any violated milestone, kept where all are completed in time, else not known."""
    return """SELECT CaseNumber, max(SystemModstamp) AS until, min(file_row_number) AS file_row_number,
        CASE WHEN count_if(lower(IsViolated) = 'true') > 0 THEN 'false' WHEN count_if(lower(IsCompleted) = 'true') = count(*) THEN 'true' END AS kept
        FROM landed GROUP BY CaseNumber ORDER BY file_row_number"""


EXPORTS = (
    Export("cases JSON", ("CaseNumber", "SystemModstamp", "OwnerId", "IsDeleted"), _cases, reshape=_case_rows, fidelity="the case as it stands; no counters"),
    Export("case history JSON", ("Id", "CaseNumber", "Field", "NewValue", "OldValue", "CreatedById", "role"), _history, reshape=_history_events,
           fidelity="events: owners, queues, states, escalations"),
    Export("words JSON", ("Id", "CaseNumber", "said_at", "message kind"), _words, fidelity="events: messages, notes"),
    Export("milestones JSON", ("Id", "CaseNumber", "IsViolated", "IsCompleted"), reshape=_promise_rows, fidelity="promises kept or broken",
           block=lambda headers: {"grain": "ticket", "timezone": "UTC", "columns": {"ticket_id": "CaseNumber", "updated_at": "until", "recorded_sla_met": "kept"}}),
    Export("users JSON", ("Id", "Name", "UserType"), fidelity="who is an agent, who a machine",
           block=lambda headers: {"grain": "agent", "columns": targets(headers, {"id": "Id", "name": "Name", "is_bot": "is_bot"})}),
    Export("queues JSON", ("Id", "Name", "Type"), lambda headers: {"grain": "queue", "columns": {"id": "Id", "name": "Name"}}, fidelity="names of queues"),
    Export("accounts JSON", ("Id", "Name", "Industry", "value", "plan", "renewal"), fidelity="value, plan and renewal",
           block=lambda headers: {"grain": "company", "columns": {"id": "Id", "name": "Name", "value_per_year": "value", "plan": "plan", "segment": "Industry",
                                                                  "renewal": "renewal"}}),
)

ANA, BEN, QUEUE = "005000000000001AAA", "005000000000002AAA", "00G000000000001AAA"
CHANGE = ('{"Id":"h%s","CaseNumber":"1","Field":"%s","OldValue":%s,"NewValue":%s,"CreatedDate":"2026-01-31T%s:00.000+0000","CreatedById":"%s","role":"%s",'
          '"new_is_closed":%s,"first_owner":%s,"first_status":%s}\n')
CASE = ('{"CaseNumber":"%s","Status":"%s","IsClosed":false,"IsDeleted":true,"OwnerId":"%s","merged_into":%s,'
        '"CreatedDate":"2026-01-31T09:00:00.000+0000","SystemModstamp":"2026-01-31T12:00:00.000+0000"}\n')
EXAMPLES = (
    Example(
        says="What a case began with stands with its creation; from a queue to a person is no handoff, between people it is, and back in a queue nobody holds it.",
        files={"history.ndjson": CHANGE % (1, "created", "null", "null", "09:00", ANA, "agent", "null", f'"{QUEUE}"', '"New"')
               + CHANGE % (2, "Owner", f'"{QUEUE}"', f'"{ANA}"', "10:00", ANA, "agent", "null", "null", "null")
               + CHANGE % (3, "Owner", f'"{ANA}"', f'"{BEN}"', "11:00", ANA, "agent", "null", "null", "null")
               + CHANGE % (4, "Owner", f'"{BEN}"', f'"{QUEUE}"', "12:00", BEN, "agent", "null", "null", "null")},
        gives={"events": [
            {"ordinal": 0, "kind": "created"}, {"ordinal": 1, "kind": "queued", "to_value": f"salesforce:{QUEUE}"}, {"ordinal": 2, "kind": "state_changed", "to_value": "new"},
            {"ordinal": 3, "kind": "assigned", "to_value": f"salesforce:{ANA}"}, {"ordinal": 4, "kind": "assigned", "to_value": f"salesforce:{BEN}"},
            {"ordinal": 5, "kind": "queued", "to_value": f"salesforce:{QUEUE}"}, {"ordinal": 6, "kind": "assigned"}],
            "hands": [{"from_holder": f"salesforce:{ANA}", "to_holder": f"salesforce:{BEN}"}]}),
    Example(
        says="An assignment rule moves by rule, an escalation rule escalates too; a closing status in the org's own words is closed.",
        files={"history.ndjson": CHANGE % (1, "ownerAssignment", f'"{ANA}"', f'"{BEN}"', "10:00", ANA, "agent", "null", "null", "null")
               + CHANGE % (2, "ownerEscalated", f'"{BEN}"', f'"{QUEUE}"', "11:00", ANA, "system", "null", "null", "null")
               + CHANGE % (3, "Status", '"New"', '"Polished"', "12:00", ANA, "agent", "true", "null", "null")},
        gives={"events": [
            {"ordinal": 0, "kind": "assigned", "cause": "rule", "to_value": f"salesforce:{BEN}"},
            {"ordinal": 1, "kind": "queued", "cause": "rule", "to_value": f"salesforce:{QUEUE}"}, {"ordinal": 2, "kind": "assigned", "cause": "rule"},
            {"ordinal": 3, "kind": "escalated"}, {"ordinal": 4, "kind": "state_changed", "to_value": "closed"}]}),
    Example(
        says="A merged case names its survivor and is not deleted; a deleted one is; one violated milestone breaks the promise.",
        files={"cases.ndjson": CASE % (1, "Working", ANA, '"2"') + CASE % (3, "New", QUEUE, "null"),
               "milestones.ndjson": '{"Id":"m1","CaseNumber":"1","IsViolated":true,"IsCompleted":true,"SystemModstamp":"2026-01-31T12:00:00.000+0000"}\n'
                                    '{"Id":"m2","CaseNumber":"1","IsViolated":false,"IsCompleted":true,"SystemModstamp":"2026-01-31T12:00:00.000+0000"}\n'},
        gives={"tickets": [{"ticket_id": "salesforce:1", "merged_into": "salesforce:2", "assignee_id": f"salesforce:{ANA}", "recorded_sla_met": False, "state": "in_progress"},
                           {"ticket_id": "salesforce:3", "deleted_at": "2026-01-31 12:00:00", "queue_id": f"salesforce:{QUEUE}", "state": "new"}]}),
)
