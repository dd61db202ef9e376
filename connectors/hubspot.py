"""HubSpot: its API, and tickets exported from a view, headed by labels or by internal names.

The view decides the columns. `Date entered "<stage> (<pipeline>)"` columns tell when a ticket last came into a stage, and
so its states over time; a stage is known by its name, in the words the default pipeline uses and their like.
"""
import re

from connectors.contract import Connector, Example, Export, Headers, Landed, first_of, targets
from connectors.files import FileProblem
from connectors.hubspot_json import CHANNELS, STATES
from connectors.hubspot_json import EXAMPLES as JSON_EXAMPLES
from connectors.hubspot_json import EXPORTS as JSON_EXPORTS
from connectors.hubspot_pull import API

FIRST_PIPELINE = {"1": "new", "2": "waiting_customer", "3": "in_progress", "4": "closed"}   # ids of the default pipeline's stages
KEPT_TO = {"values": {"SLA completed on time": "true", "Completed on time": "true", "SLA completed late": "false", "Completed late": "false",
    "Overdue": "false"},
           "null_values": ["Active SLA", "Due Soon", "Due soon", "Active", "No SLA"]}
ID = ("Ticket ID", "Record ID", "hs_ticket_id", "hs_object_id")
LABEL = re.compile(r'date entered "?(?P<stage>.+?)(?: \((?P<pipeline>[^()]*)\))?"?', re.IGNORECASE)
NAME = re.compile(r"hs_(?:v2_)?date_entered_(?P<stage>[1-4])", re.IGNORECASE)


def _entered(headers: Headers) -> list[dict]:
    """An event for each column that says when a stage was entered; a stage in unknown words says nothing."""
    found = []
    for header in headers:
        label, name = LABEL.fullmatch(header), NAME.fullmatch(header)
        state = FIRST_PIPELINE[name["stage"]] if name else STATES.get(label["stage"].strip().casefold()) if label else None
        if state in ("resolved", "closed"):
            found.append({"column": header, "kind": state})
        elif state:
            found.append({"column": header, "kind": "state_changed", "to": {"constant": state}})
    return found


def _ticket_rows(landed: Landed) -> str:
    """Status without its pipeline, and the address out of "Jane Doe (jane@example.com)", of the first contact."""
    contact, status = landed.column("Associated Contact"), landed.column("Ticket status", "hs_pipeline_stage")
    changes = {"status": f"regexp_replace({status}, '\\s*\\([^()]*\\)$', '')",
               "contact e-mail": f"nullif(regexp_extract(split_part({contact}, ';', 1), '[^\\s(<]+@[^\\s)>]+'), '')",
               "contact id": f"trim(split_part({landed.column('Associated Contact IDs')}, ';', 1))",
               "company name": f"trim(split_part({landed.column('Associated Company')}, ';', 1))"}
    return f"{landed.select(changes, without=('Associated Contact', 'Associated Contact IDs'))} FROM landed ORDER BY file_row_number"


def _tickets(headers: Headers) -> dict:
    if first_of(headers, *ID) is None:
        raise FileProblem("This HubSpot export has no Ticket ID column, so its tickets cannot be told apart; add Ticket ID to the view and export again.")
    durations = {h.split(" (HH")[0].casefold(): h for h in headers}   # a label may end in the form of its values
    return {"grain": "ticket", "event_columns": _entered(headers), "columns": targets(headers, {
        "ticket_id": ID, "subject": ("Ticket name", "subject"), "created_at": ("Create date", "createdate"), "resolved_at": ("Close date", "closed_date"),
        "updated_at": ("Last modified date", "hs_lastmodifieddate"), "state": {"column": "status", "values": STATES | FIRST_PIPELINE},
        "priority": ("Priority", "hs_ticket_priority"), "kind_of_ticket": {"constant": "ticket"},
        "channel": {"column": ("Source", "source_type"), "values": CHANNELS},
        "queue": ("Pipeline", "hs_pipeline"), "assignee": ("Ticket owner", "hubspot_owner_id"), "reason": ("Category", "hs_ticket_category"),
        "customer": "contact id", "email": "contact e-mail", "company": "company name",
        "recorded_first_response": durations.get("time to first agent email reply", "Time to first agent email reply"),
        "recorded_resolution": {"column": "time_to_close", "unit": "milliseconds"} if first_of(headers, "time_to_close") else durations.get("time to close",
            "Time to close"),
        "recorded_sla_met": {"column": ("Time to Close SLA Ticket Status", "Time to close SLA status"), **KEPT_TO}})}


EXAMPLES = (
    *JSON_EXAMPLES,
    Example(
        says='"Date entered" columns are the ticket\'s states over time.',
        files={"tickets.csv": 'Ticket ID,Ticket name,Ticket status,Pipeline,Ticket owner,Create date,Close date,"Date entered ""New (Support Pipeline)""",'
                              '"Date entered ""Waiting on contact (Support Pipeline)""","Date entered ""Closed (Support Pipeline)""",Associated Contact\n'
                              "1,Lamp,Closed (Support Pipeline),Support Pipeline,Ana,2026-01-25 09:00,2026-01-25 12:00,2026-01-25 09:00,2026-01-25 10:00,"
                              "2026-01-25 12:00,"
                              "Mia Lo (mia@example.com);Ben (ben@example.org)\n"},
        gives={"tickets": [{"ticket_id": "hubspot:1", "state": "closed", "resolved_at": "2026-01-25 12:00:00", "email_domain": "example.com",
            "queue_id": "hubspot:Support Pipeline"}],
               "events": [{"occurred_at": "2026-01-25 09:00:00", "kind": "state_changed", "to_value": "new"},
                          {"occurred_at": "2026-01-25 10:00:00", "kind": "state_changed", "to_value": "waiting_customer"},
                          {"occurred_at": "2026-01-25 12:00:00", "kind": "closed"}],
               "coverage": [{"stream": "states", "fidelity": "events"}, {"stream": "tickets", "fidelity": "events"}]}),
    Example(
        says="Internal names, stages as the numbers of the first pipeline, durations in milliseconds.",
        files={"tickets.csv": "hs_object_id,subject,hs_pipeline_stage,createdate,closed_date,time_to_close,hs_date_entered_4\n"
                              "1,Lamp,4,2026-01-25 09:00,2026-01-25 12:00,10800000,2026-01-25 12:00\n"},
        gives={"tickets": [{"ticket_id": "hubspot:1", "state": "closed", "recorded_resolution_seconds": 10800}],
            "events": [{"kind": "closed", "occurred_at": "2026-01-25 12:00:00"}]}),
    Example(
        says="A trap: a stage in the account's own words is listed, not guessed, and its date is no event.",
        files={"tickets.csv": 'Ticket ID,Ticket status,Create date,"Date entered ""Polishing (Lamps)"""\n1,Polishing (Lamps),2026-01-25 09:00,'
                              '2026-01-25 09:30\n'},
        gives={"tickets": [{"ticket_id": "hubspot:1", "state_raw": "Polishing"}], "unmapped": [{"value": "Polishing", "rows": 1}], "events": []}),
)

TOLD = 'events of states where the view shows "Date entered" columns: the last time each stage was entered; no hands'
CONNECTOR = Connector(
    name="hubspot", label="HubSpot", mapping={"threads_are_reused": False}, examples=EXAMPLES, api=API,
    exports=(*JSON_EXPORTS,
             Export("tickets by label", ("Ticket status", "Create date"), _tickets, reshape=_ticket_rows, fidelity=TOLD),
             Export("tickets by internal name", ("hs_pipeline_stage", "createdate"), _tickets, reshape=_ticket_rows, fidelity=TOLD)),
    notes="In a view each stage has one time only, the last: a ticket closed, reopened and closed again shows one close,"
          " so reopens are a lower bound. The owner is today's; handoffs "
          "are not available. Stages in the account's own words are not understood: map such a file by hand. The API has "
          "the whole history of stages and owners; it knows people and pipelines by number, files by name: load one of them into a source.",
)
