"""Salesforce Service: its API, the case report and the case history report.

The report holds the case as it stands, the history what changed. One owner stands for both queue and person: a value that
begins or ends with the word Queue is a queue, and a case whose owner is a queue is in nobody's hands.
"""
from connectors.contract import Connector, Example, Export, Headers, Landed, targets
from connectors.salesforce_json import CHANNELS, STATES
from connectors.salesforce_json import EXAMPLES as JSON_EXAMPLES
from connectors.salesforce_json import EXPORTS as JSON_EXPORTS
from connectors.salesforce_pull import API

OPENED, CLOSED = ("Date/Time Opened", "Opened Date", "Created Date"), ("Date/Time Closed", "Closed Date")


def _is_queue(owner: str) -> str:
    return f"regexp_matches({owner}, '(^queue\\b|\\bqueue$)', 'i')"


# --- cases -------------------------------------------------------------------------------------------------------------
def _case_rows(landed: Landed) -> str:
    owner = landed.column("Case Owner", "Owner")
    changes = {"queue": f"CASE WHEN {_is_queue(owner)} THEN {owner} END", "holder": f"CASE WHEN NOT {_is_queue(owner)} THEN {owner} END"}
    return f"{landed.select(changes, without=('Contact Name',))} FROM landed ORDER BY file_row_number"


def _cases(headers: Headers) -> dict:
    return {"grain": "ticket", "columns": targets(headers, {
        "ticket_id": "Case Number", "subject": "Subject", "state": {"column": "Status", "values": STATES}, "priority": "Priority",
        "kind_of_ticket": {"constant": "case"}, "channel": {"column": "Case Origin", "values": CHANNELS}, "reason": "Case Reason",
        "created_at": OPENED, "resolved_at": CLOSED, "updated_at": ("Date/Time Last Modified", "Last Modified Date"), "queue": "queue", "assignee": "holder",
        "customer": ("Contact ID",), "email": ("Contact Email", "Contact: Email", "Web Email"), "phone": ("Contact Phone", "Contact: Phone"),
        "company": ("Account Name", "Account Name: Account Name"), "parent": "Parent Case Number",
        "is_proactive": {"column": "Case Origin", "values": {"Outbound": "true", "Proactive": "true"}, "other": "false"}})}


# --- history -----------------------------------------------------------------------------------------------------------
def _history_events(landed: Landed) -> str:
    """The history with owners told apart, and the first owner, whom only the first change names.

    An editor in whose name mail arrives and who never owns a case is the tool itself.
    """
    c = landed.column
    return f"""
    WITH told AS (
        SELECT file_row_number, "Case Number" AS case_no, "Edit Date" AS happened, {c('Edited By')} AS editor, lower("Field / Event") AS field,
               nullif({c('Old Value')}, '') AS old, nullif({c('New Value')}, '') AS new
        FROM landed),
    owners AS (   -- a lookup change may be written twice, by name and by id
        SELECT *, row_number() OVER (PARTITION BY case_no ORDER BY file_row_number) AS change_no
        FROM told WHERE (field IN ('case owner', 'owner') OR field LIKE 'owner (%')
            AND NOT regexp_matches(coalesce(new, old, ''), '^(005|00G)[A-Za-z0-9]{{12}}([A-Za-z0-9]{{3}})?$')),
    intake AS (
        SELECT editor FROM told WHERE field = 'email received'
        EXCEPT SELECT unnest([old, new]) FROM owners EXCEPT SELECT editor FROM told WHERE field = 'email sent'),
    began AS (
        SELECT case_no, arg_min(happened, file_row_number) AS happened, min(file_row_number) AS file_row_number
        FROM told WHERE field = 'created' GROUP BY case_no),
    first_owners AS (   -- told with the case's first row, right after it
        SELECT coalesce(b.file_row_number, o.file_row_number) AS file_row_number, o.case_no, coalesce(b.happened, o.happened) AS happened,
               NULL AS editor, o.field, NULL AS old, o.old AS new, CASE WHEN b.case_no IS NULL THEN 0 ELSE 1 END AS part
        FROM owners o LEFT JOIN began b USING (case_no) WHERE o.change_no = 1 AND o.old IS NOT NULL),
    owned AS (
        SELECT * EXCLUDE (change_no), 2 AS part FROM owners UNION ALL SELECT * FROM first_owners),
    rows AS (
        SELECT file_row_number, case_no, happened, editor, CASE WHEN {_is_queue('new')} THEN 'queued' ELSE 'assigned' END AS kind, old, new, part FROM owned
        UNION ALL   -- back in a queue, in nobody's hands
        SELECT file_row_number, case_no, happened, editor, 'assigned', old, NULL, part + 0.5 FROM owned WHERE {_is_queue('new')} AND NOT {_is_queue('old')}
        UNION ALL
        SELECT file_row_number, case_no, happened, editor, CASE field
                   WHEN 'created' THEN 'created' WHEN 'closed' THEN 'closed' WHEN 'status' THEN 'state_changed' WHEN 'priority' THEN 'priority_changed'
                   WHEN 'email sent' THEN 'agent_message' WHEN 'email received' THEN 'customer_message' WHEN 'comment' THEN 'internal_note'
                   WHEN 'escalated' THEN CASE WHEN lower(new) IN ('true', '1', 'yes') THEN 'escalated' END END AS kind, old, new, 0
        FROM told)
    SELECT case_no, happened, kind, old, new, CASE WHEN kind <> 'customer_message' THEN editor END AS editor,
           CASE WHEN kind IN ('created', 'customer_message') OR editor IS NULL THEN NULL WHEN editor IN (FROM intake) THEN 'system' ELSE 'agent' END AS editor_kind,
           file_row_number
    FROM rows WHERE kind IS NOT NULL ORDER BY file_row_number, part"""


def _history(headers: Headers) -> dict:
    return {"grain": "event", "columns": {
        "ticket_id": "case_no", "occurred_at": "happened", "kind": "kind", "to": {"column": "new", "values": STATES},
        "from": {"column": "old", "values": STATES},
        "actor": "editor", "actor_kind": "editor_kind"}}


HISTORY = '"Case Number","Edit Date","Edited By","Field / Event","Old Value","New Value"\n'
EXAMPLES = (
    *JSON_EXAMPLES,
    Example(
        says="A trap: the report ends in a footer, times are local and month first, and an owner called Queue is no person.",
        files={"report.csv": '"Case Number","Case Owner","Status","Case Origin","Case Reason","Contact Email","Date/Time Opened","Date/Time Closed"\n'
                             '"00000001","Ana Roth","Closed","Phone","invoice copy","mia@example.com","1/31/2026 4:05 PM","2/1/2026 9:00 AM"\n'
                             '"00000002","Queue - Contracts","New","Web","","","7/15/2026 4:05 PM",""\n'
                             '\n"Cases"\n"Grand Totals (2 records)"\n"Confidential Information - Do Not Distribute"\n'},
        gives={"tickets": [{"ticket_id": "salesforce:00000001", "created_at": "2026-01-31 16:05:00", "resolved_at": "2026-02-01 09:00:00",
            "assignee_id": "salesforce:Ana Roth",
                            "channel": "phone", "is_proactive": False, "kind": "case"},
                           {"ticket_id": "salesforce:00000002", "created_at": "2026-07-15 15:05:00", "queue_id": "salesforce:Queue - Contracts",
                               "channel": "web",
                            "is_proactive": False, "kind": "case"}]}),
    Example(
        says="The first owner is the first old value; mail that comes in is the customer's, in whoever's name; closing is told twice and happens once.",
        files={"history.csv": HISTORY + '"1","1/31/2026 9:00 AM","Web Mail Intake","Created","",""\n"1","1/31/2026 9:00 AM","Web Mail Intake",'
                                        '"Email Received","",""\n'
                              '"1","1/31/2026 10:00 AM","Ana Roth","Case Owner","Queue - Contracts","Ana Roth"\n"1","1/31/2026 10:00 AM","Ana Roth","Status",'
                              '"New","Working"\n'
                              '"1","1/31/2026 11:00 AM","Ana Roth","Email Sent","",""\n"1","1/31/2026 11:00 AM","Ana Roth","Status","Working","Closed"\n'
                              '"1","1/31/2026 11:00 AM","Ana Roth","Closed","",""\n"1","1/31/2026 12:00 PM","Web Mail Intake","Email Received","",""\n'
                              '"1","1/31/2026 12:00 PM","Web Mail Intake","Status","Closed","Working"\n'},
        gives={"events": [{"ordinal": 0, "kind": "created"}, {"ordinal": 1, "kind": "queued", "to_value": "salesforce:Queue - Contracts"},
                          {"ordinal": 2, "kind": "customer_message", "actor_kind": "customer"},
                          {"ordinal": 3, "kind": "assigned", "to_value": "salesforce:Ana Roth", "actor_kind": "agent"},
                          {"ordinal": 4, "kind": "state_changed", "to_value": "in_progress", "actor_kind": "agent"},
                          {"ordinal": 5, "kind": "agent_message", "actor_kind": "agent"},
                          {"ordinal": 6, "kind": "state_changed", "to_value": "closed", "actor_kind": "agent"},
                          {"ordinal": 7, "kind": "closed", "actor_kind": "agent"},
                          {"ordinal": 8, "kind": "customer_message", "actor_kind": "customer"},
                          {"ordinal": 9, "kind": "state_changed", "to_value": "in_progress", "actor_kind": "system"}],
               "ticket_facts": [{"ticket_id": "salesforce:1", "reopens": 1, "handoffs": 0, "first_response_time": 7200, "is_open": True}]}),
    Example(
        says="A trap: a change of owner written twice, by name and by id, is one handoff; back in a queue the case is in nobody's hands.",
        files={"history.csv": HISTORY + '"1","1/31/2026 9:00 AM","Ana Roth","Created","",""\n"1","1/31/2026 10:00 AM","Ana Roth","Case Owner","Ana Roth",'
                                        '"Ben Oh"\n'
                              '"1","1/31/2026 10:00 AM","Ana Roth","Case Owner","005000000000001AAA","005000000000002AAA"\n'
                              '"1","1/31/2026 11:00 AM","Ben Oh","Case Owner","Ben Oh","Queue - Contracts"\n'},
        gives={"events": [{"ordinal": 0, "kind": "created"}, {"ordinal": 1, "kind": "assigned", "to_value": "salesforce:Ana Roth"},
            {"ordinal": 2, "kind": "assigned", "to_value": "salesforce:Ben Oh"},
                          {"ordinal": 3, "kind": "queued", "to_value": "salesforce:Queue - Contracts"}, {"ordinal": 4, "kind": "assigned"}],
               "hands": [{"from_holder": "salesforce:Ana Roth", "to_holder": "salesforce:Ben Oh"}]}),
)

CONNECTOR = Connector(
    name="salesforce", label="Salesforce", mapping={"threads_are_reused": False}, examples=EXAMPLES, api=API,
    exports=(
        *JSON_EXPORTS,
        Export("case report", ("Case Number", "Status"), _cases, reshape=_case_rows, fidelity="the case as it stands: opened, closed, owner; no counters"),
        Export("case history report", ("Case Number", "Edit Date", "Field / Event", "Old Value", "New Value"), _history, reshape=_history_events,
               fidelity="events: owners, states, mails, comments, escalations"),
    ),
    notes="Times of reports have no zone: they are the org's, by default the report zone. Within a minute the order of the file is the order,"
          " so sort the history by Edit Date, "
          "ascending. A case that never changed its owner is known only from the report. Who is a person cannot be told from a queue without Queue in its name. The API "
          "knows owners and contacts by id, reports by name: load one of them into a source. History needs field tracking of Owner and Status.",
)
