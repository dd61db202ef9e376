"""A HubSpot portal on loopback: tickets with the history of their properties, conversations; every value is text."""
from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

from fakes.server import Asked, Fake, Faults, Reply, route

START = 1_767_603_600   # 2026-01-05 09:00 UTC
OWNERS = {"81": "181", "82": "182", "83": "183"}   # owner -> user
STAGES = {"1": ("New", False), "2": ("Waiting on contact", False), "3": ("In progress", False), "4": ("Closed", True), "91": ("Shipped", True)}


def at(second: float) -> str:
    return datetime.fromtimestamp(second, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class HubSpot(Fake):
    """The portal. `clock` is its time."""

    def __init__(self, faults: Faults | None = None, page: int = 200, borders_repeat: bool = False):
        super().__init__(faults)
        self.page, self.borders_repeat, self.clock = page, borders_repeat, float(START)
        self.objects: dict[str, dict[str, dict[str, Any]]] = {kind: {} for kind in ("tickets", "contacts", "companies", "feedback_submissions")}
        self.links: dict[tuple[str, str], dict[str, list[str]]] = {}
        self.threads: dict[str, dict[str, Any]] = {}
        self.messages: dict[str, list[dict[str, Any]]] = {}
        self.archived: dict[str, str] = {}
        self.ahead: set[str] = set()         # shown newer than their place in the order
        self.behind: set[str] = set()        # shown older than what was asked for
        self.primary: set[tuple[str, str]] = set()   # (one, other) whose link is labelled so
        self.keeps_deleted = False           # whether all may be told of a ticket later
        self.forbidden: set[str] = set()
        self.lags: set[str] = set()          # ids the search does not show yet
        self.last_row = 10_000               # where a search ends
        self.next_id = 1000

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock + 7200, UTC)

    # --- what happens there ------------------------------------------------------------------------------------------
    def _new(self, kind: str, properties: dict[str, Any]) -> str:
        self.next_id += 1
        own = str(self.next_id)
        mark = "lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate"
        self.objects[kind][own] = {"id": own, "properties": {"createdate": at(self.clock), "hs_object_id": own, mark: at(self.clock)} | properties, "history": {}}
        return own

    def link(self, kind: str, one: str, other_kind: str, other: str) -> None:
        self.links.setdefault((kind, other_kind), {}).setdefault(one, []).append(other)
        self.links.setdefault((other_kind, kind), {}).setdefault(other, []).append(one)

    def person(self, email: str) -> str:
        found = [i for i, c in self.objects["contacts"].items() if c["properties"]["email"] == email]
        return found[0] if found else self._new("contacts", {"email": email, "firstname": "Mia Private"})

    def open(self, email: str | None = "mia@example.com", **properties: Any) -> str:
        self.clock += 60
        ticket = self._new("tickets", {"subject": "lamp", "content": "private words", "hs_ticket_category": "late delivery", "source_type": "EMAIL", "hubspot_owner_id": ""}
                           | properties)
        for name, value in (("hs_pipeline", "0"), ("hs_pipeline_stage", "1")):
            self._version(ticket, name, value, "CRM_UI", "181")
        if email:
            self.link("tickets", ticket, "contacts", self.person(email))
        return ticket

    def _version(self, ticket: str, name: str, value: str, source: str, user: str | None) -> None:
        held = self.objects["tickets"][ticket]
        held["properties"] |= {name: value, "hs_lastmodifieddate": at(self.clock)}
        held["history"].setdefault(name, []).insert(0, {"value": value, "timestamp": at(self.clock), "sourceType": source, "sourceId": f"userId:{user}" if user else None})

    def change(self, ticket: str, name: str, value: str, source: str = "CRM_UI", user: str | None = "181") -> None:
        self.clock += 60
        self._version(ticket, name, value, source, user)
        if name == "hs_pipeline_stage" and STAGES.get(value, ("", False))[1]:
            self.objects["tickets"][ticket]["properties"]["closed_date"] = str(int(self.clock * 1000))   # some times are milliseconds

    def delete(self, ticket: str) -> None:
        self.clock += 60
        self.archived[ticket] = at(self.clock)

    def restore(self, ticket: str) -> None:
        """It comes back as it was."""
        self.clock += 60
        del self.archived[ticket]

    def talk(self, email: str = "mia@example.com", ticket: str | None = None) -> str:
        self.clock += 60
        self.next_id += 1
        own = str(self.next_id)
        self.threads[own] = {"id": own, "createdAt": at(self.clock), "status": "OPEN", "inboxId": "3", "associatedContactId": self.person(email), "spam": False, "archived": False,
                             "assignedTo": None, "threadAssociations": {"associatedTicketId": ticket} if ticket else None, "latestMessageTimestamp": at(self.clock)}
        self.messages[own] = []
        self.say(own, "V-1")
        return own

    def say(self, thread: str, by: str, kind: str = "MESSAGE", **more: Any) -> None:
        self.clock += 60
        self.next_id += 1
        self.messages[thread].append({"id": str(self.next_id), "type": kind, "createdAt": at(self.clock), "createdBy": by, "text": "private words",
                                      "direction": "INCOMING" if by.startswith("V") else "OUTGOING"} | more)
        self.threads[thread]["latestMessageTimestamp"] = at(self.clock)

    def become(self, thread: str, ticket: str) -> None:
        """Which is no message."""
        self.clock += 60
        self.threads[thread]["threadAssociations"] = {"associatedTicketId": ticket}

    def close(self, thread: str) -> None:
        """Which is told with the messages, but is none."""
        latest = self.threads[thread]["latestMessageTimestamp"]
        self.say(thread, "A-181", "THREAD_STATUS_CHANGE", newStatus="CLOSED")
        self.threads[thread] |= {"status": "CLOSED", "closedAt": at(self.clock), "latestMessageTimestamp": latest}

    def live(self, seed: int, steps: int) -> None:
        chance = random.Random(seed)
        for _ in range(steps):
            live = [t for t in self.objects["tickets"] if t not in self.archived]
            if len(live) < 3 or chance.random() < 0.25:
                self.open(chance.choice(["mia@example.com", "ben@example.com"]))
                continue
            if self.archived and chance.random() < 0.05:
                self.restore(chance.choice(list(self.archived)))
                continue
            self._something(chance, chance.choice(live))

    def _something(self, chance: random.Random, ticket: str) -> None:
        user = chance.choice(list(OWNERS.values()))
        chance.choice([
            lambda: self.change(ticket, "hubspot_owner_id", chance.choice([*OWNERS, ""]), user=user),
            lambda: self.change(ticket, "hs_pipeline_stage", chance.choice(list(STAGES)), user=user),
            lambda: self.change(ticket, "hubspot_owner_id", chance.choice(list(OWNERS)), "AUTOMATION_PLATFORM", None),
            lambda: self.talk("mia@example.com", chance.choice([ticket, None])),
            lambda: [self.say(t, chance.choice(["A-181", "V-1"])) for t in list(self.threads)[-1:]],
            lambda: [self.close(t) for t in [t for t, held in self.threads.items() if held["status"] == "OPEN"][:1]],
            lambda: [self.become(t, ticket) for t in [t for t, held in self.threads.items() if not held["threadAssociations"]][:1]], lambda: self.delete(ticket)])()

    # --- what it answers ---------------------------------------------------------------------------------------------
    def answer(self, asked: Asked) -> Reply:
        path, body, params = asked.path, asked.body or {}, asked.params
        if any(part in path for part in self.forbidden):
            return Reply({"status": "error", "message": "This app hasn't been granted all required scopes to make this call.", "category": "MISSING_SCOPES"}, 403)
        if route("/account-info/v3/details", path):
            return Reply({"portalId": 4711, "uiDomain": "app.hubspot.com", "timeZone": "Europe/Lisbon"})
        if route("/crm/v3/pipelines/tickets", path):
            stages = [{"id": i, "label": n, "metadata": {"isClosed": str(c).lower(), "ticketState": "CLOSED" if c else "OPEN"}} for i, (n, c) in STAGES.items()]
            return Reply({"results": [{"id": "0", "label": "Support Pipeline", "stages": stages}]})
        if route("/crm/v3/owners", path):
            gone = params["archived"] == "true"
            return self._list([{"id": o, "userId": None if gone else int(u), "userIdIncludingInactive": int(u), "email": f"a{o}@lamp.example", "firstName": "agent", "lastName": o,
                                "archived": gone, "teams": [{"id": "1", "name": "Care", "primary": True}]} for o, u in OWNERS.items() if (o == "83") == gone], params)
        if found := route("/crm/v3/objects/{}/search", path):
            return self._search(found[1], body)
        if found := route("/crm/v3/objects/{}/batch/read", path):
            if len(body["inputs"]) > (50 if "propertiesWithHistory" in body else 100):
                return Reply({"status": "error", "message": "too many inputs"}, 400)
            return Reply({"status": "COMPLETE", "results": [self._read(found[1], str(i["id"]), body) for i in body["inputs"]
                                                            if str(i["id"]) in self.objects[found[1]] and self._is_live(str(i["id"]))]})
        if found := route("/crm/v4/associations/{}/{}/batch/read", path):
            held = self.links.get((found[1], found[2]), {})
            named = {str(i["id"]): held.get(str(i["id"]), []) for i in body["inputs"]}
            return Reply({"results": [{"from": {"id": one}, "to": [self._end(one, o) for o in others]} for one, others in named.items() if others]},
                         207 if not all(named.values()) else 200)
        if route("/crm/v3/objects/tickets", path):
            return self._list([{"id": t, "archived": True, "archivedAt": when, "properties": {}} for t, when in sorted(self.archived.items())], params)
        if route("/conversations/v3/conversations/threads", path):
            since = params["latestMessageTimestampAfter"]
            found = [t for t in self.threads.values() if t["latestMessageTimestamp"] > since and not t["archived"]]
            return self._list(sorted(found, key=lambda t: t["latestMessageTimestamp"]), params)
        found = route("/conversations/v3/conversations/threads/{}", path)
        if found and found[1] in self.threads and self.threads[found[1]]["archived"] == (params.get("archived") == "true"):
            return Reply(self.threads[found[1]])
        if found := route("/conversations/v3/conversations/threads/{}/messages", path):
            return self._list(self.messages[found[1]], params)
        return Reply({"status": "error", "message": "resource not found"}, 404)

    def _is_live(self, own: str) -> bool:
        return own not in self.archived or self.keeps_deleted

    def _end(self, one: str, other: str) -> dict[str, Any]:
        labels = [None, "Primary"] if (one, other) in self.primary else [None]
        return {"toObjectId": int(other), "associationTypes": [{"category": "HUBSPOT_DEFINED", "label": label} for label in labels]}

    def _read(self, kind: str, own: str, body: dict[str, Any]) -> dict[str, Any]:
        held = self.objects[kind][own]
        shown = {"id": own, "properties": {p: held["properties"].get(p) for p in ["hs_object_id", "createdate", *body["properties"]]}, "archived": False} | held.get("besides", {})
        return shown | ({"propertiesWithHistory": {p: held["history"].get(p, []) for p in body["propertiesWithHistory"]}} if "propertiesWithHistory" in body else {})

    def _list(self, rows: list[dict[str, Any]], params: dict[str, str]) -> Reply:
        start, size = int(params.get("after") or 0), min(int(params["limit"]), self.page)
        page = rows[max(0, start - 1) if self.borders_repeat and start else start:start + size]
        return Reply({"results": page} | ({"paging": {"next": {"after": str(start + size)}}} if start + size < len(rows) else {}))

    def _search(self, kind: str, body: dict[str, Any]) -> Reply:
        size, start = min(body["limit"], self.page), int(body["after"])
        if body["limit"] > 200 or len(body["sorts"]) > 1 or start + size > max(self.last_row, size):
            return Reply({"status": "error", "message": "There was a problem with the request."}, 400)
        filters = body["filterGroups"][0]["filters"]
        if any(f["value"] == "0" and f["operator"] == "GTE" for f in filters):
            return Reply("server error", 500)
        rows = [row for own, row in self.objects[kind].items() if own not in self.lags and self._is_live(own) and all(_fits(row["properties"], f) for f in filters)]
        order = body["sorts"][0]["propertyName"]
        rows.sort(key=lambda row: (row["properties"][order], row["id"]) if order != "hs_object_id" else int(row["id"]), reverse=body["sorts"][0]["direction"] == "DESCENDING")
        page = rows[max(0, start - 1) if self.borders_repeat and start else start:start + size]
        shown = [{"id": row["id"], "properties": {p: row["properties"].get(p) for p in body["properties"]} | self._seen(row["id"], filters[0])} for row in page]
        return Reply({"total": len(rows), "results": shown} | ({"paging": {"next": {"after": str(start + size)}}} if start + size < len(rows) else {}))

    def _seen(self, own: str, asked: dict[str, Any]) -> dict[str, str]:
        """The time of change, where another one is shown than rows are found and sorted by."""
        second = self.clock if own in self.ahead else int(asked["value"]) / 1000 - 5 if own in self.behind else None
        return {} if second is None else {asked["propertyName"]: at(second)}


def _fits(properties: dict[str, Any], told: dict[str, Any]) -> bool:
    held, value = properties[told["propertyName"]], int(told["value"])
    there = int(held) if held.isdigit() else round(datetime.fromisoformat(held).timestamp() * 1000)
    return {"GTE": there >= value, "GT": there > value, "EQ": there == value}[told["operator"]]
