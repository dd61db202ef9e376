"""A Salesforce org on loopback: cases with field history, asked in as much SOQL as the connector speaks."""
from __future__ import annotations

import random
import re
from datetime import UTC, datetime
from typing import Any

from fakes.server import Asked, Fake, Faults, Reply, route

START = 1_767_603_600   # 2026-01-05 09:00 UTC
ROOT = "/services/data/v61.0"
USERS = [f"00500000000000{n}AAA" for n in (1, 2, 3)]
MACHINE, LOGIN = "005000000000009AAA", "005000000000008AAA"
QUEUES = {f"00G00000000000{n}AAA": name for n, name in ((1, "Contracts"), (2, "Claims"))}


def at(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


class Salesforce(Fake):
    """The org. `clock` is its time."""

    def __init__(self, faults: Faults | None = None, page: int = 2000, borders_repeat: bool = False):
        super().__init__(faults)
        self.page, self.borders_repeat, self.clock = page, borders_repeat, START
        self.tables: dict[str, list[dict[str, Any]]] = {name: [] for name in (
            "Case", "CaseHistory", "EmailMessage", "CaseComment", "CaseMilestone", "Contact", "Account", "BusinessHours")}
        self.tables["FieldDefinition"] = [{"EntityDefinition.QualifiedApiName": "Case", "QualifiedApiName": f, "IsFieldHistoryTracked": True}
                                          for f in ("OwnerId", "Status", "Origin")]
        self.tables["User"] = [{"Id": u, "Name": f"agent {u[14]}", "UserType": "Standard"} for u in USERS] + [
            {"Id": MACHINE, "Name": "Automated Process", "UserType": "AutomatedProcess"}, {"Id": LOGIN, "Name": "Mia Private", "UserType": "CspLitePortal"}]
        self.tables["Group"] = [{"Id": i, "Name": n, "Type": "Queue"} for i, n in QUEUES.items()]
        self.tables["CaseStatus"] = [{"ApiName": n, "IsClosed": c} for n, c in (("New", False), ("Working", False), ("On Hold", False), ("Closed", True), ("Polished", True))]
        self.hidden: set[str] = set()        # fields this user may not read
        self.forbidden: set[str] = set()     # objects that may not be read
        self.unsupported: set[str] = set()   # objects this edition has not
        self.daily_limit = 0                 # so many 403 that mean too fast
        self.lags: set[str] = set()          # ids the query does not show yet
        self.has_people = False
        self.expired = 0                     # so many next pages of cases are not held any more
        self.used = 100                      # requests of the day
        self.locators: dict[str, list[dict[str, Any]]] = {}
        self.next_id = 1000

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock + 3600, UTC)

    # --- what happens there ------------------------------------------------------------------------------------------
    def _id(self, prefix: str) -> str:
        self.next_id += 1
        return f"{prefix}0000000{self.next_id:05d}AAA"

    def person(self, name: str, **more: Any) -> dict[str, Any]:
        found = next((c for c in self.tables["Contact"] if c["LastName"] == name), None)
        if found is None:
            found = {"Id": self._id("003"), "LastName": name, "Email": f"{name}@example.com", "Phone": None, "MobilePhone": None}
            self.tables["Contact"].append(found)
        found |= {"SystemModstamp": at(self.clock)} | more
        return found

    def account(self, name: str, **more: Any) -> dict[str, Any]:
        found = {"Id": self._id("001"), "Name": name, "Industry": None, "IsDeleted": False, "SystemModstamp": at(self.clock), "IsPersonAccount": False, "PersonEmail": None} | more
        self.tables["Account"].append(found)
        return found

    def untrack(self, *fields: str) -> None:
        """Switch field history off; what was written before stays."""
        for row in self.tables["FieldDefinition"]:
            row["IsFieldHistoryTracked"] &= row["QualifiedApiName"] not in fields

    def _history(self, case: dict[str, Any], field: str, old: Any = None, new: Any = None, by: str = USERS[0]) -> None:
        self.tables["CaseHistory"].append({"Id": self._id("017"), "CaseId": case["Id"], "Case": case, "Field": field, "OldValue": old, "NewValue": new,
                                           "CreatedDate": at(self.clock), "CreatedById": by})

    def open(self, contact: str | None = "mia", owner: str = "00G000000000001AAA", by: str = MACHINE, **more: Any) -> dict[str, Any]:
        self.clock += 60
        person = self.person(contact) if contact and not any(c["LastName"] == contact for c in self.tables["Contact"]) else \
            next((c for c in self.tables["Contact"] if c["LastName"] == contact), None)
        case = {"Id": self._id("500"), "CaseNumber": f"{len(self.tables['Case']) + 1:08d}", "Subject": "lamp", "Status": "New", "IsClosed": False, "IsDeleted": False,
                "Priority": "Medium", "Origin": "Email", "Reason": "late delivery", "Type": None, "OwnerId": owner, "ContactId": person and person["Id"], "Contact": person,
                "AccountId": None, "Account": None, "Parent": None, "MasterRecord": None, "SuppliedEmail": None, "SuppliedPhone": None, "Entitlement": None,
                "CreatedDate": at(self.clock),
                "ClosedDate": None, "SystemModstamp": at(self.clock), "CreatedById": by, "Description": "private words", **more}
        self.tables["Case"].append(case)
        self._history(case, "created", by=by)
        return case

    def change(self, case: dict[str, Any], field: str, value: Any, by: str = USERS[0], told: str = "") -> None:
        self.clock += 60
        old, case[field] = case[field], value
        case["SystemModstamp"] = at(self.clock)
        if field == "OwnerId":   # a lookup is told twice: by name and by id
            self._history(case, told or "Owner", f"name {old[14]}", f"name {value[14]}", by)
            self._history(case, told or "Owner", old, value, by)
        else:
            self._history(case, field, old, value, by)
        if field == "Status":
            closes = value in ("Closed", "Polished")
            if closes and not case["IsClosed"]:
                self._history(case, "closed", by=by)
            case |= {"IsClosed": closes, "ClosedDate": at(self.clock) if closes else None}

    def mail(self, case: dict[str, Any], incoming: bool, by: str = USERS[0], status: str = "3") -> None:
        self.clock += 60
        self.tables["EmailMessage"].append({"Id": self._id("02s"), "Parent": case, "Incoming": incoming, "Status": status, "MessageDate": at(self.clock), "CreatedById": by,
                                            "SystemModstamp": at(self.clock), "TextBody": "private words"})

    def comment(self, case: dict[str, Any], published: bool, by: str = USERS[0]) -> None:
        self.clock += 60
        self.tables["CaseComment"].append({"Id": self._id("00a"), "Parent": case, "IsPublished": published, "CreatedDate": at(self.clock), "CreatedById": by,
                                           "SystemModstamp": at(self.clock), "CommentBody": "private words"})

    def milestone(self, case: dict[str, Any], violated: bool, completed: bool, name: str = "First Response", minutes: int | None = 60, beyond: int = 0, **more: Any) -> None:
        """beyond: minutes by which its target date lies further away than its minutes, as business hours put it."""
        self.clock += 60
        self.tables["CaseMilestone"].append({
            "Id": self._id("555"), "Case": case, "IsViolated": violated, "IsCompleted": completed, "SystemModstamp": at(self.clock), "MilestoneType": {"Name": name},
            "StartDate": at(self.clock), "TargetDate": at(self.clock + 60 * ((minutes or 0) + beyond)), "TargetResponseInMins": minutes, "StoppedTimeInMins": None,
            "BusinessHoursId": None, **more})

    def delete(self, case: dict[str, Any], into: dict[str, Any] | None = None) -> None:
        self.clock += 60
        case |= {"IsDeleted": True, "MasterRecord": into, "SystemModstamp": at(self.clock)}

    def restore(self, case: dict[str, Any]) -> None:
        self.clock += 60
        case |= {"IsDeleted": False, "SystemModstamp": at(self.clock)}

    def live(self, seed: int, steps: int) -> None:
        chance = random.Random(seed)
        for _ in range(steps):
            cases = [c for c in self.tables["Case"] if not c["IsDeleted"]]
            if len(cases) < 3 or chance.random() < 0.25:
                self.open(chance.choice(["mia", "ben", "cat"]), chance.choice([*QUEUES, USERS[0]]))
                continue
            gone = [c for c in self.tables["Case"] if c["IsDeleted"] and c["MasterRecord"] is None]
            if gone and chance.random() < 0.1:
                self.restore(chance.choice(gone))
                continue
            self._something(chance, chance.choice(cases), chance.choice(USERS))

    def _something(self, chance: random.Random, case: dict[str, Any], user: str) -> None:
        chance.choice([
            lambda: self.change(case, "OwnerId", chance.choice([u for u in [*USERS, *QUEUES] if u != case["OwnerId"]]), user), lambda: self.mail(case, True, MACHINE),
            lambda: self.change(case, "Status", chance.choice([s for s in ("Working", "On Hold", "Closed", "Polished") if s != case["Status"]]), user),
            lambda: self.mail(case, False, user), lambda: self.comment(case, False, user), lambda: self.delete(case),
            lambda: self.delete(case, next(c for c in self.tables["Case"] if c is not case and not c["IsDeleted"])), lambda: self.milestone(case, chance.random() < 0.5, True),
            lambda: self.change(case, "OwnerId", chance.choice([u for u in USERS if u != case["OwnerId"]]), user)])()

    # --- what it answers ---------------------------------------------------------------------------------------------
    def answer(self, asked: Asked) -> Reply:
        path = asked.path
        if self.daily_limit:
            self.daily_limit -= 1
            return Reply([{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}], 403)
        if route(f"{ROOT}/limits", path):
            return Reply({"DailyApiRequests": {"Max": 15000, "Remaining": 14000}})
        if found := route(f"{ROOT}/sobjects/{{}}/describe", path):
            return self._describe(found[1])
        if found := route(f"{ROOT}/queryAll/{{}}", path):
            kept, _, start = found[1].rpartition("-")
            if self.expired and self.locators[kept][0]["attributes"]["type"] == "Case":
                self.expired -= 1
                return Reply([{"errorCode": "INVALID_QUERY_LOCATOR", "message": "invalid query locator"}], 400)
            return self._page(self.locators[kept], kept, int(start))
        if route(f"{ROOT}/queryAll", path):
            return self._query(asked.params["q"])
        return Reply([{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}], 404)

    def _describe(self, name: str) -> Reply:
        people = ["IsPersonAccount", "PersonEmail"] if self.has_people else []
        if name in self.unsupported:
            return Reply([{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}], 404)
        own = {"Account": ["Id", "Name", "Industry", "SystemModstamp", "IsDeleted", "Value__c", "Plan__c", "Renewal__c", *people],
               "Case": ["Id", "CaseNumber", "Subject", "Status", "IsClosed", "IsDeleted", "Priority", "Origin", "Reason", "Type", "OwnerId", "ContactId", "AccountId", "ParentId",
                        "MasterRecordId", "SuppliedEmail", "SuppliedPhone", "EntitlementId", "CreatedDate", "ClosedDate", "SystemModstamp", "Site__c",
                        "Parts__c"],
               "CaseMilestone": ["Id", "CaseId", "MilestoneTypeId", "BusinessHoursId", "IsViolated", "IsCompleted", "StartDate", "TargetDate", "TargetResponseInMins",
                                 "StoppedTimeInMins", "SystemModstamp"]}[name]
        lookups = {"EntitlementId": "Entitlement", "MilestoneTypeId": "MilestoneType", "CaseId": "Case", "BusinessHoursId": "BusinessHours",
                   "ContactId": "Contact", "AccountId": "Account", "ParentId": "Parent", "MasterRecordId": "MasterRecord", "OwnerId": "Owner"}
        return Reply({"name": name, "fields": [{"name": f, "relationshipName": lookups.get(f)} for f in own if f not in self.hidden]})

    def _query(self, soql: str) -> Reply:
        found = re.fullmatch(r"SELECT (.+?) FROM (\w+)(?: WHERE (.+?))?(?: ORDER BY (.+?))?(?: LIMIT (\d+))?", soql)
        assert found, soql
        fields, name, where, order, limit = found.groups()
        if name in self.unsupported:
            return Reply([{"errorCode": "INVALID_TYPE", "message": f"sObject type '{name}' is not supported."}], 400)
        if name in self.forbidden:
            return Reply([{"errorCode": "INSUFFICIENT_ACCESS", "message": "insufficient access rights on object"}], 403)
        wanted = fields.split(", ")
        if set(wanted) & self.hidden:
            return Reply([{"errorCode": "INVALID_FIELD", "message": "No such column"}], 400)
        rows = [r for r in self.tables[name] if r.get("Id") not in self.lags and all(_fits(r, c) for c in (where.split(" AND ") if where else []))]
        if order:
            keys = [k.removesuffix(" DESC") for k in order.split(", ")]
            rows.sort(key=lambda r: [r[k] for k in keys], reverse=order.endswith(" DESC"))
        shown = [{"attributes": {"type": name}} | _selected(row, wanted) for row in rows[:int(limit) if limit else None]]
        kept = f"01g{len(self.locators):012d}"
        self.locators[kept] = shown
        return self._page(shown, kept, 0)

    def _page(self, rows: list[dict[str, Any]], kept: str, start: int) -> Reply:
        page = rows[max(0, start - 1) if self.borders_repeat and start else start:start + self.page]
        done = start + self.page >= len(rows)
        return Reply({"totalSize": len(rows), "done": done, "records": page} | ({} if done else {"nextRecordsUrl": f"{ROOT}/queryAll/{kept}-{start + self.page}"}),
                     headers={"Sforce-Limit-Info": f"api-usage={self.used}/15000"})


def _selected(row: dict[str, Any], wanted: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in wanted:
        first, _, rest = field.partition(".")
        if not rest:
            found[first] = row.get(first)
        elif row.get(first) is None:
            found[first] = None
        else:
            found[first] = _joined(found.get(first) or {}, _selected(row[first], [rest]))
    return found


def _joined(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return one | {k: _joined(one[k], v) if isinstance(v, dict) and isinstance(one.get(k), dict) else v for k, v in other.items()}


def _fits(row: dict[str, Any], condition: str) -> bool:
    if listed := re.fullmatch(r"(\w+) IN \((.*)\)", condition):
        return row.get(listed[1]) in re.findall(r"'(\w+)'", listed[2])
    field, operator, value = re.fullmatch(r"([\w.]+) (>=|=) (.+)", condition).groups()
    assert field not in ("OldValue", "NewValue"), "those cannot be filtered"
    if operator == ">=":
        return datetime.fromisoformat(row[field]) >= datetime.fromisoformat(value)
    return row[field] == {"false": False, "true": True}.get(value, value.strip("'"))
