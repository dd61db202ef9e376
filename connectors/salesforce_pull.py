"""Salesforce's API: SOQL by the time rows changed, five minutes again because reads lag behind writes.

Which fields there are differs from org to org and from user to user: each object is described first, and what it lacks is left
out. Changes of owner are told twice, by name and by id; the ids are read. What a case began with is told by its first change.
"""
from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from connectors.contract import Api, Option, Stream
from connectors.paging import at, rows_at
from connectors.problems import Later, NotAllowed, NotFound, PullProblem
from connectors.pull import Page, Pull
from connectors.salesforce_ask import LAG, ROOT, ask, changed, connect, fields_of, listed, literal, own_field, own_fields, quoted, second
from connectors.salesforce_payloads import AccountRow, Case, Change, Hours, Milestone, Person, Queue, Status, User, Word
from connectors.salesforce_settings import HOURS, sections

IDS_AT_ONCE = 150     # a question is an address, and addresses have an end
OWNER = re.compile(r"(005|00G)\w{12}(\w{3})?")
OWNERSHIP = {"owner", "ownerassignment", "owneraccepted", "ownerescalated"}
HISTORY = ("Owner", "ownerAssignment", "ownerAccepted", "ownerEscalated", "created", "closed", "Status", "Priority", "IsEscalated")
CASE = ("Id", "CaseNumber", "Subject", "Status", "IsClosed", "IsDeleted", "Priority", "Origin", "Reason", "Type", "OwnerId", "ContactId", "AccountId",
        "Parent.CaseNumber", "MasterRecord.CaseNumber", "SuppliedEmail", "SuppliedPhone", "Contact.Email", "Contact.Phone", "Contact.MobilePhone",
        "CreatedDate", "ClosedDate", "SystemModstamp")
PROMISED = ("StartDate", "TargetDate", "TargetResponseInMins", "StoppedTimeInMins", "BusinessHoursId")   # of a milestone
PORTAL = ("Portal", "Customer", "Guest", "Partner")   # words in the types of users who are no staff
MACHINES = ("AutomatedProcess", "CloudIntegrationUser", "SystemUser")


# --- small lists ---------------------------------------------------------------------------------------------------------
def queues(pull: Pull) -> Iterator[Page]:
    yield Page([{k: row.get(k) for k in ("Id", "Name", "Type")} for row in listed(pull, "SELECT Id, Name, Type FROM Group WHERE Type = 'Queue'")])


def users(pull: Pull) -> Iterator[Page]:
    for rows, left in ask(pull, "SELECT Id, Name, UserType FROM User ORDER BY Id"):
        yield Page([{k: row.get(k) for k in ("Id", "Name", "UserType")} | {"is_bot": row.get("UserType") in MACHINES} for row in rows
                    if not any(word in str(row.get("UserType")) for word in PORTAL)], left=left)


def statuses(pull: Pull) -> Iterator[Page]:
    yield Page([{"ApiName": row.get("ApiName"), "IsClosed": row.get("IsClosed")} for row in listed(pull, "SELECT ApiName, IsClosed FROM CaseStatus")])


def hours(pull: Pull) -> Iterator[Page]:
    rows = [{k: v for k, v in row.items() if k != "attributes"} for row in listed(pull, f"SELECT {', '.join(HOURS)} FROM BusinessHours WHERE IsActive = true")]
    yield Page(rows, [str(row["Id"]) for row in rows if row.get("Id")])


def accounts(pull: Pull) -> Iterator[Page]:
    named = {key: own_field(pull, f"account_{key}") for key in ("value", "plan", "renewal")}
    fields = fields_of(pull, "Account", ("Id", "Name", "Industry", "SystemModstamp", *dict.fromkeys(f for own in named.values() for f in own)))
    for rows, last, left in changed(pull, "Account", fields, where=" AND IsDeleted = false"):
        yield Page([{k: row.get(k) for k in ("Id", "Name", "Industry", "SystemModstamp")} | {k: row.get(own[0]) if own else None for k, own in named.items()}
                    for row in rows], last, left=left)


def contacts(pull: Pull) -> Iterator[Page]:
    """People who changed since the last pull: their cases, which do not change with them, are read again. The first pull notes the newest only."""
    fields = ["Id", "Email", "Phone", "SystemModstamp"]
    if pull.cursor is None:
        newest = listed(pull, "SELECT Id, Email, Phone, SystemModstamp FROM Contact ORDER BY SystemModstamp DESC LIMIT 1")
        start = second(newest[0].get("SystemModstamp")) if newest else 0
        for rows, left in ask(pull, f"SELECT {', '.join(fields)} FROM Contact WHERE SystemModstamp >= {literal(start - LAG)} ORDER BY SystemModstamp, Id"):
            yield Page([_keys(row) for row in rows], start, left=left)
        return
    for rows, last, left in changed(pull, "Contact", fields):
        yield Page([_keys(row) for row in rows], last, asks={"cases of changed contacts": [str(row["Id"]) for row in rows if row.get("Id")]}, left=left)


def _keys(row: dict[str, Any]) -> dict[str, Any]:
    return {k: row.get(k) for k in ("Id", "Email", "Phone")}


# --- cases ---------------------------------------------------------------------------------------------------------------
class _Cases:
    """Asks for cases, and tells each so that it explains itself."""

    def __init__(self, pull: Pull):
        self.pull = pull
        self.own = {key: own_field(pull, f"{key}_field") for key in ("reason", "csat")}
        self.more = own_fields(pull, "more_fields")
        wanted = (*CASE, *dict.fromkeys(f for own in (*self.own.values(), self.more) for f in own if f not in CASE))
        # A person account is its own contact; where there are none the field is not either.
        has_people = any(f.get("name") == "IsPersonAccount" for f in rows_at("fields")(pull.api.get(f"{ROOT}/sobjects/Account/describe").body))
        self.fields = fields_of(pull, "Case", wanted, ("Account.IsPersonAccount", "Account.PersonEmail") if has_people else ())

    def told(self, row: dict[str, Any]) -> dict[str, Any]:
        kept = {k: row.get(k) for k in CASE if "." not in k and not k.startswith("Supplied") and k not in ("Reason", "Type")}
        is_person = at(row, "Account.IsPersonAccount")
        known = {f: value for f in dict.fromkeys(("Reason", "Type", *self.more)) if (value := at(row, f)) not in (None, "")}
        return kept | {
            "url": f"{self.pull.account.host}/lightning/r/Case/{row.get('Id')}/view", "parent": at(row, "Parent.CaseNumber"),
            "merged_into": at(row, "MasterRecord.CaseNumber"), "ContactId": row.get("ContactId") or (row.get("AccountId") if is_person else None),
            "email": at(row, "Contact.Email") or at(row, "Account.PersonEmail") or row.get("SuppliedEmail"),
            "phone": at(row, "Contact.Phone") or at(row, "Contact.MobilePhone") or row.get("SuppliedPhone"),
            "contact reason": row.get(self.own["reason"][0]) if self.own["reason"] else None, "csat": row.get(self.own["csat"][0]) if self.own["csat"] else None,
            "fields": known}


def cases(pull: Pull) -> Iterator[Page]:
    asker = _Cases(pull)
    for rows, last, left in changed(pull, "Case", asker.fields):
        yield Page([asker.told(row) for row in rows], last, left=left)


def of_changed_contacts(pull: Pull) -> Iterator[Page]:
    asker = None
    for keys in pull.waiting(IDS_AT_ONCE):
        asker = asker or _Cases(pull)
        found = listed(pull, f"SELECT {', '.join(asker.fields)} FROM Case WHERE ContactId IN ({quoted(keys)}) ORDER BY Id")
        yield Page([asker.told(row) for row in found], answered=tuple(keys), left=pull.landing.left("cases of changed contacts") - len(keys))


# --- what happened -------------------------------------------------------------------------------------------------------
def _roles(pull: Pull) -> Callable[[Any], str | None]:
    """Who somebody is, by the users of the org: those who are not listed are customers with a login of their own."""
    held = pull.rows_of("users")

    def role(user: Any) -> str | None:
        found = held.get(str(user))
        return None if not held or not user else "customer" if found is None else "system" if found.get("is_bot") else "agent"
    return role


def _untracked(pull: Pull) -> list[str]:
    """Which of owner and status have no field history; where that cannot be asked, none."""
    try:
        told = listed(pull, "SELECT QualifiedApiName, IsFieldHistoryTracked FROM FieldDefinition WHERE EntityDefinition.QualifiedApiName = 'Case'")
    except Later:
        raise
    except PullProblem:
        return []
    return [str(row["QualifiedApiName"]) for row in told if row.get("QualifiedApiName") in ("OwnerId", "Status") and row.get("IsFieldHistoryTracked") is False]


def history(pull: Pull) -> Iterator[Page]:
    if off := _untracked(pull):   # without it no change would look like a case that never changed hands
        raise NotFound(f"field history is off for {', '.join(off)} of Case; switch it on in Setup, changes are not told until then")
    role_of = _roles(pull)
    closing = {str(row.get("ApiName")) for row in pull.rows_of("case statuses").values() if row.get("IsClosed")}
    fields = ["Id", "CaseId", "Case.CaseNumber", "Field", "OldValue", "NewValue", "CreatedDate", "CreatedById"]
    for rows, last, left in changed(pull, "CaseHistory", fields, "CreatedDate"):
        began = _began(pull, sorted({str(row["CaseId"]) for row in rows if row.get("Field") == "created" and row.get("CaseId")}))
        told = []
        for row in rows:
            field = str(row.get("Field"))
            if field not in HISTORY or (field.lower() in OWNERSHIP and not OWNER.fullmatch(str(row.get("NewValue") or row.get("OldValue")))):
                continue
            kept = {k: row.get(k) for k in ("Id", "Field", "CreatedDate", "CreatedById")} | {k: _as_text(row.get(k)) for k in ("OldValue", "NewValue")}
            first = began.get(str(row.get("CaseId")), {}) if field == "created" else {}
            told.append(kept | {"CaseNumber": at(row, "Case.CaseNumber"), "role": role_of(row.get("CreatedById")),
                                "new_is_closed": str(row.get("NewValue")) in closing if field == "Status" else None,
                                "first_owner": first.get("owner"), "first_status": first.get("status"), "first_is_closed": first.get("status") in closing if first else None})
        yield Page(told, last, left=left)


def _as_text(value: Any) -> Any:
    """A value as it was or became; check boxes come as JSON's true and false, all others as text."""
    return str(value).lower() if isinstance(value, bool) else value


def _began(pull: Pull, ids: list[str]) -> dict[str, dict[str, Any]]:
    """Owner and status a case began with: what its first change left, else what it has.

    The cases are read before their changes, so that whatever moved in between is seen.
    """
    found: dict[str, dict[str, Any]] = {}
    for start in range(0, len(ids), IDS_AT_ONCE):
        some = quoted(ids[start:start + IDS_AT_ONCE])
        now = listed(pull, f"SELECT Id, OwnerId, Status FROM Case WHERE Id IN ({some})")
        found |= {str(row.get("Id")): {"owner": row.get("OwnerId"), "status": row.get("Status")} for row in now}
        seen = set()
        for row in listed(pull, f"SELECT Id, CaseId, Field, OldValue, NewValue, CreatedDate FROM CaseHistory WHERE CaseId IN ({some}) ORDER BY CreatedDate, Id"):
            field, case = str(row.get("Field")), str(row.get("CaseId"))
            key = "owner" if field.lower() in OWNERSHIP and OWNER.fullmatch(str(row.get("OldValue"))) else "status" if field == "Status" else None
            if key and (case, key) not in seen:
                seen.add((case, key))
                found.setdefault(case, {})[key] = row.get("OldValue")
    return found


def mails(pull: Pull) -> Iterator[Page]:
    role_of = _roles(pull)
    fields = ["Id", "Parent.CaseNumber", "Incoming", "Status", "MessageDate", "CreatedById", "SystemModstamp"]
    for rows, last, left in changed(pull, "EmailMessage", fields):
        told = []
        for row in rows:
            if at(row, "Parent.CaseNumber") and row.get("Status") != "5":   # a draft was not sent
                is_incoming = row.get("Incoming")
                role = "customer" if is_incoming else role_of(row.get("CreatedById"))
                told.append(_word(row, row.get("MessageDate"), "customer_message" if is_incoming else "bot_message" if role == "system" else "agent_message", role))
        yield Page(told, last, left=left)


def comments(pull: Pull) -> Iterator[Page]:
    role_of = _roles(pull)
    for rows, last, left in changed(pull, "CaseComment", ["Id", "Parent.CaseNumber", "IsPublished", "CreatedDate", "CreatedById", "SystemModstamp"]):
        told = []
        for row in rows:
            role = role_of(row.get("CreatedById"))
            public = "customer_message" if role == "customer" else "bot_message" if role == "system" else "agent_message"
            told.append(_word(row, row.get("CreatedDate"), public if row.get("IsPublished") else "internal_note", role))
        yield Page(told, last, left=left)


def _word(row: dict[str, Any], said_at: Any, kind: str, role: str | None) -> dict[str, Any]:
    return {"Id": row.get("Id"), "CaseNumber": at(row, "Parent.CaseNumber"), "said_at": said_at, "message kind": kind,
            "author": None if role == "customer" else row.get("CreatedById"), "role": role}


def milestones(pull: Pull) -> Iterator[Page]:
    """What became of each promise, and what was promised: the definitions cannot be asked for, settings are made of what is seen."""
    judged = ("Id", "IsViolated", "IsCompleted", "SystemModstamp")
    promised = _there(pull, "CaseMilestone", (*PROMISED, "MilestoneType.Name"))
    of_case = [f"Case.{field}" for field in _there(pull, "Case", ("Priority", "Entitlement.SlaProcess.Name"))]
    for rows, last, left in changed(pull, "CaseMilestone", [*judged, "Case.CaseNumber", *promised, *of_case]):
        yield Page([{k: row.get(k) for k in (*judged, *PROMISED)} | {
            "CaseNumber": at(row, "Case.CaseNumber"), "milestone": at(row, "MilestoneType.Name"), "process": at(row, "Case.Entitlement.SlaProcess.Name"),
            "priority": at(row, "Case.Priority")} for row in rows], last, left=left)


def _there(pull: Pull, name: str, fields: tuple[str, ...]) -> list[str]:
    """Those of the fields that can be asked for, without a word of the others: only what settings are made of is lost with them."""
    try:
        return fields_of(pull, name, (), fields)
    except (NotAllowed, NotFound):
        return []


def optional(fetch: Callable[[Pull], Iterator[Page]]) -> Callable[[Pull], Iterator[Page]]:
    """An object an edition lacks is an error of the question, not a refusal: its stream is left out like a forbidden one."""
    def asked(pull: Pull) -> Iterator[Page]:
        try:
            yield from fetch(pull)
        except PullProblem as problem:
            if type(problem) is not PullProblem or "is not supported" not in str(problem):
                raise
            raise NotFound(str(problem)) from None
    return asked


AGAIN = "SystemModstamp, five minutes again"
STREAMS = (
    Stream("queues", "SELECT FROM Group", queues, Queue, "Id", "read whole", "API Enabled", "names of queues", reads="queues JSON", staying=True),
    Stream("users", "SELECT FROM User", users, User, "Id", "read whole, staff only", "View Setup", "who is an agent, who a machine", reads="users JSON", staying=True),
    Stream("case statuses", "SELECT FROM CaseStatus", statuses, Status, "ApiName", "read whole", "API Enabled", staying=True),
    Stream("business hours", "SELECT FROM BusinessHours", optional(hours), Hours, "Id", "read whole", "API Enabled", staying=True, listed=True),
    Stream("accounts", "SELECT FROM Account", accounts, AccountRow, "Id", AGAIN, "Read on Account", "value, plan, renewal from the fields named in options",
           reads="accounts JSON", overlap=LAG),
    Stream("contacts", "SELECT FROM Contact", contacts, Person, "Id", AGAIN, "Read on Contact", "whose cases are read again", overlap=LAG),
    Stream("cases", "SELECT FROM Case", cases, Case, "Id", AGAIN, "Read on Case", "the case as it stands, deleted and merged ones too", reads="cases JSON",
           overlap=LAG, needed=True),
    Stream("cases of changed contacts", "SELECT FROM Case", of_changed_contacts, Case, "Id", "contacts that changed", "Read on Case", "today's e-mail of the customer",
           reads="cases JSON"),
    Stream("case history", "SELECT FROM CaseHistory", optional(history), Change, "Id", "CreatedDate, five minutes again", "Read on Case, field history for Owner and Status",
           "events: owners, queues, states, escalations", reads="case history JSON", overlap=LAG),
    Stream("mails", "SELECT FROM EmailMessage", optional(mails), Word, "Id", AGAIN, "Read on Case, Email-to-Case", "events: messages", reads="words JSON", overlap=LAG),
    Stream("comments", "SELECT FROM CaseComment", optional(comments), Word, "Id", AGAIN, "Read on Case", "events: messages, notes", reads="words JSON", overlap=LAG),
    Stream("milestones", "SELECT FROM CaseMilestone", optional(milestones), Milestone, "Id", AGAIN, "Read on Case, entitlements", "promises kept or broken",
           reads="milestones JSON", whole="CaseNumber", observed=True, overlap=LAG),
)

API = Api(
    connect=connect, probe=f"{ROOT}/limits", streams=STREAMS, host="example.my.salesforce.com", settings=sections,
    secrets={"token": "access token, or with client_id the secret of a connected app with client credentials", "client_id": "connected app, whose tokens are renewed"},
    options=(Option("reason_field", "field of Case that is the contact reason", "Reason"), Option("csat_field", "field of Case that holds the rating"),
             Option("more_fields", "list of further fields of Case to keep, which [dimensions] name as fields.NAME", is_list=True),
             Option("account_value", "field of Account that holds its value a year"), Option("account_plan", "field of Account that holds its plan"),
             Option("account_renewal", "field of Account that holds its renewal date")),
)
