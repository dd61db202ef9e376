"""ServiceNow: an incident list exported as CSV (column names) or as Excel (labels).

The tool counts reassignments of the group and reopenings itself; a list holds no history.
"""
from connectors.contract import Connector, Example, Export, Headers, first_of, targets

STATES = {"1": "new", "new": "new", "2": "in_progress", "in progress": "in_progress", "active": "in_progress", "open": "in_progress",
    "work in progress": "in_progress",
          "3": "waiting_internal", "on hold": "waiting_internal", "pending": "waiting_internal", "awaiting caller": "waiting_customer",
          "awaiting user info": "waiting_customer", "awaiting problem": "waiting_internal", "awaiting change": "waiting_internal",
          "awaiting vendor": "waiting_internal",
          "awaiting evidence": "waiting_internal", "6": "resolved", "resolved": "resolved", "7": "closed", "closed": "closed", "closed complete": "closed",
          "closed incomplete": "closed", "closed skipped": "closed", "8": "closed", "canceled": "closed", "cancelled": "closed"}
CHANNELS = {"email": "email", "phone": "phone", "self-service": "web", "virtual agent": "chat", "virtual_agent": "chat", "chat": "chat", "walk-in": "walk-in"}
EMPTY = ["(empty)", "-- None --"]


def _incidents(headers: Headers) -> dict:
    return {"grain": "ticket", "columns": targets(headers, {
        "ticket_id": ("number",), "subject": ("short_description", "Short description"), "state": {"column": ("state", "incident_state"), "values": STATES},
        "priority": "priority", "kind_of_ticket": {"constant": "ticket"},
        "channel": {"column": ("contact_type", "Channel", "Contact type"), "values": CHANNELS},
        "created_at": ("opened_at", "Opened"), "updated_at": ("sys_updated_on", "Updated"), "resolved_at": ("resolved_at", "Resolved"),
        "closed_at": ("closed_at", "Closed"),
        "queue": {"column": ("assignment_group", "Assignment group"), "null_values": EMPTY},
        "assignee": {"column": ("assigned_to", "Assigned to"), "null_values": EMPTY},
        "customer": ("caller_id", "Caller"), "email": ("caller_id.email", "Email"), "company": "company", "reason": "category",
        "parent": ("parent_incident", "Parent Incident"), "recorded_handoffs": ("reassignment_count", "Reassignment count"),
        "recorded_reopens": ("reopen_count", "Reopen count"), "recorded_sla_met": ("made_sla", "Made SLA")})}


def _problems(headers: Headers) -> list[dict]:
    problem, number = first_of(headers, "problem_id", "Problem"), first_of(headers, "number")
    return [{"grain": "link", "columns": {"ticket_id": number, "other": problem, "kind": {"constant": "incident_of"}}}] if problem and number else []


EXAMPLES = (
    Example(
        says="The list as CSV is headed by column names; reassignments and reopenings are the tool's own counts.",
        files={"incident.csv": "number,opened_at,short_description,caller_id,priority,state,category,assignment_group,assigned_to,sys_updated_on,resolved_at,"
                               "reassignment_count,reopen_count,problem_id\n"
                               "INC1,2026-01-25 09:00:00,Printer,Mia,2 - High,Resolved,hardware,Desk,Ana,2026-01-25 12:00:00,2026-01-25 12:00:00,2,1,PRB9\n"},
        gives={"tickets": [{"ticket_id": "servicenow:INC1", "state": "resolved", "recorded_handoffs": 2, "recorded_reopens": 1, "queue_id": "servicenow:Desk",
            "subject": "Printer"}],
               "links": [{"ticket_id": "servicenow:INC1", "other_id": "servicenow:PRB9", "kind": "incident_of"}],
               "ticket_facts": [{"ticket_id": "servicenow:INC1", "handoffs": 2, "reopens": 1}]}),
    Example(
        says="The same list as Excel is headed by labels; without the counters they are not known.",
        files={"incident.csv": "Number,Opened,Short description,Caller,Priority,State,Assignment group,Assigned to,Updated\n"
                               "INC1,25-01-2026 09:00:00,Printer,Mia,2 - High,On Hold,Desk,(empty),25-01-2026 10:00:00\n"},
        gives={"tickets": [{"ticket_id": "servicenow:INC1", "state": "waiting_internal", "created_at": "2026-01-25 09:00:00", "customer_id": "servicenow:Mia"}],
               "coverage": [{"stream": "tickets", "fidelity": "counters"}]}),
    Example(
        says="A trap: the older of two exports, loaded with the newer, changes nothing; states come as words or as numbers.",
        files={"a.csv": "number,opened_at,state,sys_updated_on\nINC1,2026-01-25 09:00:00,7,2026-01-27 09:00:00\n",
               "b.csv": "number,opened_at,state,sys_updated_on\nINC1,2026-01-25 09:00:00,In Progress,2026-01-26 09:00:00\n"},
        gives={"tickets": [{"ticket_id": "servicenow:INC1", "state": "closed", "version_at": "2026-01-27 09:00:00"}]}),
)

COUNTERS = "counters: reassignments of the group, reopenings; opened, resolved, closed; the problem an incident belongs to"
CONNECTOR = Connector(
    name="servicenow", label="ServiceNow", mapping={"threads_are_reused": False}, examples=EXAMPLES,
    exports=(Export("incident list CSV", ("number", "opened_at", "state"), _incidents, more=_problems, fidelity=COUNTERS),
             Export("incident list Excel", ("Number", "Opened", "State"), _incidents, more=_problems, fidelity=COUNTERS)),
    notes="Reassignments are of the group,"
          " where the desk counts persons the number differs. Times are in the zone and form of whoever exported. The instance cuts long "
          "lists without saying so; states of your own load and are listed as unmapped.",
)
