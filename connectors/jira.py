"""Jira Service Management: the CSV export of all fields.

It has no change log, so hands and queues cannot be followed. Columns repeat (labels, comments); times follow the profile of
whoever exported, and some custom fields use a form of their own.
"""
from connectors.contract import Connector, Example, Export, Headers, Landed, targets
from warehouse.sql import identifier, sql_text

STATES = {"open": "new", "new": "new", "to do": "new", "waiting for triage": "new", "reopened": "in_progress", "in progress": "in_progress",
          "waiting for support": "in_progress", "work in progress": "in_progress", "under review": "in_progress", "escalated": "in_progress",
          "waiting for customer": "waiting_customer", "pending": "waiting_internal", "on hold": "waiting_internal", "waiting for approval": "waiting_internal",
          "resolved": "resolved", "done": "resolved", "completed": "resolved", "fixed": "resolved", "closed": "closed", "canceled": "closed",
          "cancelled": "closed", "declined": "closed"}


def _issue_rows(landed: Landed) -> str:
    """One column of labels, and for a status of the project's own the category Jira files it under."""
    status, category = landed.column("Status"), landed.column("Status Category")
    known = ", ".join(map(sql_text, STATES))
    labels = [identifier(h) for h in landed.headers if h == "Labels" or h.startswith("Labels (")]
    changes = {"state": f"CASE WHEN lower({status}) IN ({known}) THEN {status} ELSE coalesce({category}, {status}) END",
               "labels joined": f"nullif(concat_ws(' ', {', '.join(labels)}), '')" if labels else "NULL::VARCHAR"}
    return f"{landed.select(changes, without=('Creator',))} FROM landed ORDER BY file_row_number"


def _issues(headers: Headers) -> dict:
    return {"grain": "ticket", "columns": targets(headers, {
        "ticket_id": "Issue key", "subject": "Summary", "state": {"column": "state", "values": STATES}, "priority": "Priority",
        "kind_of_ticket": {"constant": "ticket"},
        "created_at": "Created", "updated_at": "Updated", "resolved_at": "Resolved",
        "first_response_at": "Custom field ([CHART] Date of First Response)", "queue": ("Custom field (Team)", "Project name", "Project key"),
        "assignee": ("Assignee Id", "Assignee"), "customer": ("Reporter Id", "Reporter"), "company": "Custom field (Organizations)",
        "channel": {"column": "Custom field (Request channel type)", "values": {"portal": "web"}},
        "reason": ("Custom field (Request Type)", "Issue Type"), "tags": "labels joined", "parent": "Parent key", "csat": "Custom field (Satisfaction)"})}


EXAMPLES = (
    Example(
        says="A trap: columns repeat and times follow the profile of whoever exported.",
        files={"issues.csv": "Summary,Issue key,Issue id,Issue Type,Status,Project name,Priority,Assignee Id,Reporter Id,Created,Resolved,Labels,Labels,"
                             "Custom field (Request Type),Comment,Comment\n"
                             'Lamp,SUP-1,10001,Service Request,Resolved,Support,High,a1,c1,25/Feb/26 10:17 PM,26/Feb/26 8:00 AM,vip,lamp,Get a lamp,'
                             '"25/Feb/26;a1;hello, you","26/Feb/26;a1;bye"\n'},
        gives={"tickets": [{"ticket_id": "jira:SUP-1", "created_at": "2026-02-25 22:17:00", "resolved_at": "2026-02-26 08:00:00", "state": "resolved",
            "tags": "vip lamp",
                            "reason_raw": "Get a lamp", "queue_id": "jira:Support"}]}),
    Example(
        says="A status of the project's own is known by its category.",
        files={"issues.csv": "Issue key,Issue id,Status,Status Category,Created\nSUP-1,1,Polishing,In Progress,25/Feb/26 10:17 PM\nSUP-2,2,"
                             "Waiting for customer,In Progress,25/Feb/26 10:17 PM\n"},
        gives={"tickets": [{"ticket_id": "jira:SUP-1", "state": "in_progress"}, {"ticket_id": "jira:SUP-2", "state": "waiting_customer"}]}),
    Example(
        says="Hands are not told, and not told is not none.",
        files={"issues.csv": "Issue key,Issue id,Status,Assignee,Created,Resolved\nSUP-1,1,Done,Ana,25/Feb/26 10:17 PM,26/Feb/26 8:00 AM\n"},
        gives={"ticket_facts": [{"ticket_id": "jira:SUP-1", "is_open": False}], "coverage": [{"stream": "tickets", "fidelity": "counters"}]}),
)

CONNECTOR = Connector(
    name="jira", label="Jira Service Management", mapping={"threads_are_reused": False}, examples=EXAMPLES,
    exports=(Export("issues CSV", ("Issue key", "Issue id", "Created", "Status"), _issues, reshape=_issue_rows,
                    fidelity="the issue as it stands: created, resolved; no counters, no events"),),
    notes="No change log: handoffs, transfers and reopens are not available from this file. A Jira queue is a search, not a place,"
          " so the project stands for it. "
          "The file does not name its site: set url_template (https://SITE/browse/{id}) for links. Exports stop at the site's limit of rows without saying so.",
)
