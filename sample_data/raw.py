"""The raw exports read back with plain Python: an independent reading, to hold any other reading against.

Knows the file formats and nothing of how the files were made.
"""

import csv
import gzip
import io
import json
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

EXPORTS = Path(__file__).parent / "exports"
BERLIN = ZoneInfo("Europe/Berlin")
FIRST_DAY = date(2026, 4, 27)
END = datetime(2026, 10, 26, tzinfo=BERLIN)
"""The first moment after the committed exports."""


def text_of(name: str, encoding: str = "utf-8", folder: Path = EXPORTS) -> str:
    """The text of one export, unpacked."""
    raw = (folder / name).read_bytes()
    return (gzip.decompress(raw) if name.endswith(".gz") else raw).decode(encoding)


def utc(text: str | None) -> datetime | None:
    """A time of Zendesk or Intercom; nothing for an empty or malformed one."""
    try:
        return datetime.fromisoformat((text or "").replace("Z", "")).replace(tzinfo=UTC)
    except ValueError:
        return None


def us_local(text: str) -> datetime | None:
    """A time of Salesforce on the clock of Berlin; nothing for an empty or malformed one."""
    try:
        return datetime.strptime(text, "%m/%d/%Y %I:%M %p").replace(tzinfo=BERLIN)
    except ValueError:
        return None


def week(when: datetime) -> int:
    """The week of the story, from 1, by the clock of Berlin."""
    return (when.astimezone(BERLIN).date() - FIRST_DAY).days // 7 + 1


class Ticket:
    """One helpdesk ticket with its audits. `changes` are (time, author, event); `moves` are (time, queue)."""

    def __init__(self, row: dict[str, Any], audits: list[dict[str, Any]], groups: dict[str, str], agents: set[int]) -> None:
        self.row, self.audits, self.tags = row, audits, row["tags"]
        self.created: Any = utc(audits[0]["created_at"] if audits else row["created_at"])
        self.reason, self.channel = row["custom_fields"][0]["value"], row["via"]["channel"]
        self.email = (row["requester"] or {}).get("email", "")
        events = [(utc(audit["created_at"]), audit["author_id"], event) for audit in audits for event in audit["events"]]
        self.changes: list[Any] = [entry for entry in events if "field_name" in entry[2]]
        self.moves = [(at, groups[e["value"]]) for at, _, e in self.changes if e["field_name"] == "group_id"]
        self.queues = [queue for _, queue in self.moves]
        self.holders = [e["value"] for _, _, e in self.changes if e["field_name"] == "assignee_id" and e["value"]]
        self.solves = [at for at, _, e in self.changes if (e["field_name"], e["value"]) == ("status", "solved")]
        self.replies = [at for at, who, e in events if e.get("public") and who in agents and at > self.created]
        self.opened_by_agent = bool(audits) and audits[0]["author_id"] in agents
        self.is_open = row["status"] in ("new", "open", "pending", "hold")
        self.ended: Any = self.solves[-1] if self.solves and not self.is_open else None

    @property
    def days(self) -> float:
        """Days from creation to the last solve."""
        return (self.ended - self.created).total_seconds() / 86_400


@cache
def tickets() -> list[Ticket]:
    """All helpdesk tickets, in the order of the file."""
    groups = {str(group["id"]): group["name"] for group in json.loads(text_of("helpdesk_groups.json"))["groups"]}
    users = map(json.loads, text_of("helpdesk_users.ndjson.gz").splitlines())
    agents = {user["id"] for user in users if user["role"] == "agent"}
    audits = defaultdict(list)
    for audit in map(json.loads, text_of("helpdesk_ticket_audits.ndjson.gz").splitlines()):
        audits[audit["ticket_id"]].append(audit)
    rows = map(json.loads, text_of("helpdesk_tickets.ndjson.gz").splitlines())
    return [Ticket(row, audits[row["id"]], groups, agents) for row in rows]


@cache
def chats() -> list[dict[str, Any]]:
    """All conversations by column name, each with its `actions` as (time, type, row)."""
    actions = defaultdict(list)
    for action in csv.DictReader(io.StringIO(text_of("chat_actions.csv.gz"))):
        actions[action["Conversation ID"]].append((utc(action["Action at"]), action["Action type"], action))
    rows = csv.DictReader(io.StringIO(text_of("chat_conversations.csv.gz")))
    return [{**row, "actions": actions[row["Conversation ID"]]} for row in rows]


def report(name: str) -> list[dict[str, str]]:
    """The rows of a CRM report, without its footer."""
    body, _footer = text_of(name, "iso-8859-1").split("\n\n")
    return list(csv.DictReader(io.StringIO(body)))


@cache
def cases() -> list[dict[str, Any]]:
    """All cases by column name, each with its `history` rows."""
    history = defaultdict(list)
    for entry in report("crm_case_history.csv.gz"):
        history[entry["Case Number"]].append(entry)
    return [{**row, "history": history[row["Case Number"]]} for row in report("crm_case_report.csv")]


class Contact(NamedTuple):
    """One contact of a known customer, in any tool; `ended` is None while it is open."""

    email: str
    started: datetime
    ended: datetime | None
    tool: str
    reason: str
    bot_only: bool


@cache
def contacts() -> list[Contact]:
    """All contacts of known customers: no spam, merged or agent-started ones; a chat and its ticket are one."""
    linked = {chat["Linked ticket ID"]: chat for chat in chats() if chat["Linked ticket ID"]}
    found = []
    for t in tickets():
        if t.audits and not t.opened_by_agent and not {"spam", "closed_by_merge"} & set(t.tags):
            chat = linked.get(str(t.row["id"]))
            started = chat["actions"][0][0] if chat else t.created
            found.append(Contact(t.email, started, t.ended, "helpdesk", t.reason, False))
    for chat in chats():
        closed = [at for at, kind, _ in chat["actions"] if kind == "closed"]
        # Of a reused thread this is the first contact; the second is counted by whoever looks for reuse.
        ended = max((at for at in closed if at - closed[0] < timedelta(days=30)), default=None)
        ended = ended if chat["Conversation state"] == "closed" else None
        alone = "teammate_message" not in [kind for _, kind, _ in chat["actions"]]
        if not chat["Linked ticket ID"]:
            found.append(Contact(chat["User email"], chat["actions"][0][0], ended, "chat", chat["Topic"], alone))
    for case in cases():
        opened, ended = us_local(case["Date/Time Opened"]), us_local(case["Date/Time Closed"])
        if opened and not (ended and ended < opened):
            found.append(Contact(case["Contact Email"].lower(), opened, ended, "crm", case["Case Reason"], False))
    return [contact for contact in found if contact.email]


def followed(chosen: Callable[[Contact], bool], days: int) -> tuple[float, float]:
    """Of the chosen ended contacts the share followed within the days; of these, the share first in another tool."""
    starts, window = defaultdict(list), timedelta(days=days)
    for contact in contacts():
        starts[contact.email].append((contact.started, contact.tool))
    ended = [c for c in contacts() if c.ended and c.ended + window < END and chosen(c)]
    later = [(c, sorted(s for s in starts[c.email] if c.ended < s[0] <= c.ended + window)) for c in ended]
    hit = [(c, found[0][1]) for c, found in later if found]
    return len(hit) / len(ended), sum(tool != c.tool for c, tool in hit) / len(hit)
