"""Freshdesk and Freshservice: the ticket export with chosen fields, CSV or Excel.

Timestamps are used, never the duration columns beside them where a timestamp tells the same: those are often empty, rounded
or negative. Headers differ in case and wording from one version to the next.
"""
from connectors.contract import Connector, Example, Export, Headers, Landed, first_of, targets

STATES = {"open": "in_progress", "reopened": "in_progress", "in progress": "in_progress", "assigned": "in_progress", "customer responded": "in_progress",
          "pending": "waiting_customer", "waiting on customer": "waiting_customer", "awaiting your reply": "waiting_customer",
          "awaiting customer": "waiting_customer",
          "waiting on third party": "waiting_internal", "on hold": "waiting_internal", "resolved": "resolved", "closed": "closed"}
CHANNELS = {"email": "email", "portal": "web", "phone": "phone", "chat": "chat", "feedback widget": "web", "outbound email": "email", "mobihelp": "app",
            "whatsapp": "chat", "forum": "web", "walkup": "walk-in"}
NOBODY = ["No Agent", "No Group", "--", "-", "N/A", "Unassigned"]


def _tag_rows(landed: Landed) -> str:
    tags = first_of(landed.headers, "Tags")
    changes = {tags: f"regexp_replace({landed.column('Tags')}, '\\s*,\\s*', ' ', 'g')"} if tags else {}
    return f"{landed.select(changes, without=('Full name', 'Requester Name', 'Title', 'Twitter ID'))} FROM landed ORDER BY file_row_number"


def _tickets(headers: Headers) -> dict:
    return {
        "grain": "ticket", "dimensions": targets(headers, {"product": "Product", "language": "Language"}),
        "columns": targets(headers, {
            "ticket_id": "Ticket ID", "subject": "Subject", "state": {"column": "Status", "values": STATES}, "priority": "Priority",
            "kind_of_ticket": {"constant": "ticket"}, "channel": {"column": "Source", "values": CHANNELS}, "reason": ("Type", "Category"), "tags": "Tags",
            "created_at": "Created time", "updated_at": ("Last update time", "Last updated time"),
            "first_response_at": "Initial response time", "resolved_at": "Resolved time", "closed_at": "Closed time",
            "queue": {"column": "Group", "null_values": NOBODY}, "assignee": {"column": "Agent", "null_values": NOBODY},
            "customer": ("Contact ID", "Requester ID"), "email": ("Email", "Requester Email"), "phone": ("Work phone", "Mobile phone", "Mobile"),
            "external_id": "Unique external ID", "company": ("Company Name", "Department"),
            "is_proactive": {"column": "Source", "values": {"Outbound Email": "true"}, "other": "false"},
            "recorded_first_response": {"column": "First response time (in hrs)", "unit": "hours"},
            "recorded_resolution": {"column": "Resolution time (in hrs)", "unit": "hours"},
            "recorded_sla_met": {"column": "Resolution status", "values": {"Within SLA": "true", "SLA Violated": "false"}, "null_values": ["--", "-", "N/A"]}})}


EXAMPLES = (
    Example(
        says="A trap: the duration is empty though the times are there; the times tell.",
        files={"tickets.csv": "Ticket ID,Subject,Status,Source,Type,Agent,Group,Created time,Resolved time,Closed time,Initial response time,"
                              "Resolution time (in hrs),Resolution status,Email,Tags\n"
                              '1,Lamp,Closed,Email,Return,Ana,Orders,2026-01-25 09:00:00,2026-01-25 12:00:00,2026-01-27 12:00:00,2026-01-25 09:30:00,,'
                              'Within SLA,mia@example.com,"lamp, vip"\n'},
        gives={"tickets": [{"ticket_id": "freshdesk:1", "first_response_at": "2026-01-25 09:30:00", "resolved_at": "2026-01-25 12:00:00",
            "recorded_sla_met": True, "tags": "lamp vip"}],
               "ticket_facts": [{"ticket_id": "freshdesk:1", "resolution_time": 10800}]}),
    Example(
        says="Nobody is no agent, hours may pass 24, an outbound mail is ours, and a status of the account's own leaves the state open.",
        files={"tickets.csv": "Ticket ID,Status,Source,Agent,Group,Created time,First response time (in hrs)\n"
                              "1,Open,Outbound Email,No Agent,Orders,2026-01-25 09:00:00,30:00:00\n2,Shipping desk,Phone,Ana,Orders,2026-01-25 09:00:00,\n"},
        gives={"tickets": [{"ticket_id": "freshdesk:1", "recorded_first_response_seconds": 108000, "is_proactive": True, "state": "in_progress",
            "channel": "email"},
                           {"ticket_id": "freshdesk:2", "assignee_id": "freshdesk:Ana", "is_proactive": False, "channel": "phone"}],
               "unmapped": [{"value": "Shipping desk", "rows": 1}]}),
    Example(
        says="Freshservice writes other cases and names the requester.",
        files={"tickets.csv": "Ticket Id,Requester Name,Requester Email,Status,Group,Created Time,Resolved Time,Last Updated Time\n"
                              "1,Mia,mia@example.com,Resolved,Desk,2026-01-25 09:00:00,2026-01-25 12:00:00,2026-01-25 12:00:00\n"},
        gives={"tickets": [{"ticket_id": "freshdesk:1", "state": "resolved", "created_at": "2026-01-25 09:00:00", "version_at": "2026-01-25 12:00:00",
            "email_domain": "example.com"}]}),
)

CONNECTOR = Connector(
    name="freshdesk", label="Freshdesk", mapping={"threads_are_reused": False}, examples=EXAMPLES,
    exports=(
        Export("ticket export", ("Ticket ID", "Status", "Created time", "Agent"), _tickets, reshape=_tag_rows,
               fidelity="the ticket as it stands: created, first answer, resolved, closed; no counters, no events"),
        Export("Freshservice ticket export", ("Ticket ID", "Requester Name", "Created Time", "Last Updated Time"), _tickets, reshape=_tag_rows,
               fidelity="the ticket as it stands: created, first answer, resolved, closed; no counters, no events"),
    ),
    notes="No history: handoffs, transfers and reopens are not available. Times are in the zone of the account or of whoever exported. Own statuses load, "
          "are listed as unmapped, and leave the state open. The survey result is text in the account's words and stays beside the ticket.",
)
