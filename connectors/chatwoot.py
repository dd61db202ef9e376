"""Chatwoot: its API, and satisfaction and SLA reports, one row a conversation. Its other reports hold averages, and are refused."""
from collections.abc import Callable

from connectors.chatwoot_json import EXAMPLES as JSON_EXAMPLES
from connectors.chatwoot_json import EXPORTS as JSON_EXPORTS
from connectors.chatwoot_pull import API
from connectors.contract import Connector, Example, Export, Headers, Landed, targets
from connectors.files import FileProblem


def _conversation(landed: Landed) -> str:
    """The conversation's number out of its link."""
    link = landed.column("Link to the conversation")
    changes = {"conversation": f"coalesce({landed.column('Conversation ID')}, nullif(regexp_extract({link}, '/conversations/([0-9]+)', 1), ''))",
               # Only breached promises are listed; a row without a breach says nothing.
               "kept": f"CASE WHEN trim({landed.column('Breached Events')}) <> '' THEN 'false' END",
               "rated agent": f"regexp_replace({landed.column('Agent Name')}, '\\s*\\([^()]*@[^()]*\\)$', '')"}
    return f"{landed.select(changes, without=('Agent Name', 'Contact Name'))} FROM landed ORDER BY file_row_number"


def _ratings(headers: Headers) -> dict:
    return {"grain": "ticket", "timezone": "UTC", "columns": targets(headers, {
        "ticket_id": "conversation", "csat": "Rating", "kind_of_ticket": {"constant": "chat"}, "updated_at": "Recorded date", "url": "Link to the conversation",
        "assignee": "rated agent", "email": "Contact Email Address", "phone": "Contact Phone Number"})}


def _promises(headers: Headers) -> dict:
    return {"grain": "ticket", "timezone": "UTC", "columns": targets(headers, {
        "ticket_id": "conversation", "kind_of_ticket": {"constant": "chat"}, "url": "Link to the Conversation", "queue": "Team", "assignee": "Assignee",
        "tags": "Labels",
        "recorded_sla_met": "kept"})}


def _refused(what: str) -> Callable[[Headers], dict]:
    def block(headers: Headers) -> dict:
        raise FileProblem(f"This is Chatwoot's report by {what}: it holds averages, which cannot be used, because averages neither add up nor show the spread; "
                          "load conversations instead, through the API, or the CSAT and SLA reports, which have a row for each conversation.")
    return block


def _aggregate(what: str, *needs: str) -> Export:
    return Export(f"report by {what}", needs, _refused(what), fidelity="none: averages are refused")


CSAT = "Agent Name,Rating,Feedback Comment,Contact Name,Contact Email Address,Contact Phone Number,Link to the conversation,Recorded date\n"
EXAMPLES = (
    *JSON_EXAMPLES,
    Example(
        says="A rating belongs to the conversation its link names; it begins no contact.",
        files={"csat.csv": CSAT + "Ana (ana@lamp.example),4,fine,Mia,mia@example.com,+351 912 345 678,https://chat.example/app/accounts/1/conversations/77,"
                                  "2026-01-25 09:09:00 UTC\n"},
        gives={"tickets": [{"ticket_id": "chatwoot:77", "csat": 4.0, "assignee_id": "chatwoot:Ana", "version_at": "2026-01-25 09:09:00"}], "ticket_facts": []}),
    Example(
        says="A trap: the report ends with its period, which is no row.",
        files={"csat.csv": CSAT + "Ana (ana@lamp.example),2,,Mia,mia@example.com,,https://chat.example/app/accounts/1/conversations/78,"
                                  "2026-01-25 09:09:00 UTC\n"
                                  "\nReporting period 2026-01-01 to 2026-01-31\n"},
        gives={"tickets": [{"ticket_id": "chatwoot:78", "csat": 2.0}]}),
    Example(
        says="The SLA report lists broken promises only.",
        files={"sla.csv": "Conversation ID,SLA Policy,Assignee,Team,Inbox,Labels,Link to the Conversation,Breached Events\n79,Gold,Ana,Orders,Mail,vip,"
                          "https://chat.example/app/accounts/1/conversations/79,frt\n"},
        gives={"tickets": [{"ticket_id": "chatwoot:79", "recorded_sla_met": False, "queue_id": "chatwoot:Orders"}]}),
)

CONNECTOR = Connector(
    name="chatwoot", label="Chatwoot", mapping={"threads_are_reused": True}, examples=EXAMPLES, api=API,
    exports=(
        *JSON_EXPORTS,
        Export("CSAT report", ("Rating", "Contact Name", "Link to the conversation", "Recorded date"), _ratings, reshape=_conversation,
            fidelity="ratings of conversations known otherwise"),
        Export("SLA report", ("Conversation ID", "SLA Policy", "Breached Events"), _promises, reshape=_conversation,
            fidelity="broken promises of conversations known otherwise"),
        _aggregate("agent", "Agent name", "Assigned conversations", "Avg resolution time"),
        _aggregate("inbox", "Inbox name", "No. of conversations", "Avg resolution time"),
        _aggregate("label", "Label", "No. of conversations"),
        _aggregate("team", "Team name", "Conversations count", "Avg resolution time"),
    ),
    notes="Ratings and broken promises say nothing of when a conversation began; they join what the API brings. Headers follow the reader's language: other "
          "than English, map by hand. A resolved conversation that is deleted stays as it was last seen. "
          "The API's resolutions and bot hand-overs are events where the installation is new enough, else they are in sentences.",
)
