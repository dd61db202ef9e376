"""An Intercom workspace on loopback: conversations with parts, people, companies; its search knows times in seconds, of people in days."""
from __future__ import annotations

import base64
import json
import random
from datetime import UTC, datetime
from typing import Any

from fakes.server import Asked, Fake, Faults, Reply, route

START = 1_767_603_600   # 2026-01-05 09:00 UTC
ADMINS = (81, 82, 83)
BOT = {"type": "bot", "id": "9", "name": "Fin", "email": "fin@intercom.io", "from_ai_agent": True, "is_ai_answer": True}
TEAMS = {71: "Care", 72: "Technical"}
DAY = 86_400


class Intercom(Fake):
    """The workspace. `clock` is its time."""

    def __init__(self, faults: Faults | None = None, page: int = 150, borders_repeat: bool = False):
        super().__init__(faults)
        self.page, self.borders_repeat, self.clock = page, borders_repeat, START
        self.conversations: dict[str, dict[str, Any]] = {}
        self.parts: dict[str, list[dict[str, Any]]] = {}
        self.contacts: dict[str, dict[str, Any]] = {}
        self.companies: list[dict[str, Any]] = []
        self.hidden_contacts: set[str] = set()      # the search does not know them (new or merged)
        self.gone: set[str] = set()                 # conversations deleted while they were pulled
        self.forbidden: set[str] = set()
        self.scrolling = False                      # another program holds the scroll
        self.parts_kept = 500
        self.next_id = 1000
        self.opened = 0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock + 3600, UTC)

    # --- what happens there ------------------------------------------------------------------------------------------
    def person(self, contact: str, **more: Any) -> str:
        held = self.contacts.setdefault(contact, {
            "type": "contact", "id": contact, "external_id": None, "workspace_id": "lamp1", "role": "user", "email": f"{contact}@example.com", "phone": None,
            "name": "Mia Private", "created_at": self.clock, "companies": {"type": "list", "data": [], "total_count": 0, "has_more": False}})
        held |= {"updated_at": self.clock} | more
        return contact

    def open(self, contact: str = "c1", *, by: str = "customer", channel: str = "conversation", **more: Any) -> str:
        self.clock += 60
        self.person(contact) if contact not in self.contacts else None
        self.opened += 1
        own = str(self.opened)
        author = {"type": "user", "id": contact, "name": "Mia Private", "email": f"{contact}@example.com"}
        self.conversations[own] = {
            "type": "conversation", "id": own, "title": None, "created_at": self.clock, "updated_at": self.clock, "waiting_since": None, "snoozed_until": None, "open": True,
            "state": "open", "read": True, "priority": "not_priority", "admin_assignee_id": None, "team_assignee_id": None,
            "tags": {"type": "tag.list", "tags": [{"type": "tag", "id": "1", "name": "late delivery"}]}, "custom_attributes": {"Topic": "late delivery"},
            "source": {"type": channel, "id": f"m{own}", "delivered_as": f"{by}_initiated", "subject": "", "body": "<p>private words</p>",
                       "author": author if by == "customer" else self._admin(81), "attachments": [], "url": None, "redacted": False},
            "contacts": {"type": "contact.list", "contacts": [{"type": "contact", "id": contact, "external_id": None}]}, "teammates": {"type": "admin.list", "teammates": []},
            "statistics": {"type": "conversation_statistics", "count_reopens": 0, "count_assignments": 7, "time_to_admin_reply": 1},
            "linked_objects": {"type": "list", "total_count": 0, "has_more": False, "data": []}, **more}
        self.parts[own] = []
        return own

    def _admin(self, admin: int) -> dict[str, Any]:
        return {"type": "admin", "id": str(admin), "name": f"agent {admin}", "email": f"a{admin}@lamp.example"}

    def _author(self, by: int | str, conversation: str) -> dict[str, Any]:
        if by == "bot":
            return BOT
        if by == "operator":
            return {"type": "admin", "id": "274", "name": "Operator", "email": "operator+lamp1@intercom.io"}
        return {"type": "user", "id": self.conversations[conversation]["contacts"]["contacts"][0]["id"], "name": "Mia Private", "email": "m@example.com"} \
            if by == "customer" else self._admin(int(by))

    def part(self, conversation: str, kind: str, by: int | str = 81, *, words: bool = False, to: dict[str, Any] | None = None) -> None:
        self.clock += 60
        self.next_id += 1
        held = self.conversations[conversation]
        self.parts[conversation].append({
            "type": "conversation_part", "id": str(self.next_id), "part_type": kind, "body": "<p>private words</p>" if words else None, "created_at": self.clock,
            "updated_at": self.clock, "notified_at": self.clock, "assigned_to": to, "author": self._author(by, conversation), "attachments": [], "external_id": None,
            "redacted": False, "state": held["state"], "tags": []})
        held["updated_at"] = self.clock

    def say(self, conversation: str, by: int | str = 81) -> None:
        held = self.conversations[conversation]
        wakes = by == "customer" and held["state"] != "open"
        if wakes:
            held |= {"state": "open", "open": True}
            held["statistics"]["count_reopens"] += 1
        self.part(conversation, "open" if wakes else "comment", by, words=True)

    def assign(self, conversation: str, to: int | None, by: int | str = 81) -> None:
        self.conversations[conversation]["admin_assignee_id"] = to or 0
        self.part(conversation, "assignment", by, to={"type": "admin", "id": str(to)} if to else {"type": "nobody_admin", "id": None})

    def route_to(self, conversation: str, team: int, by: int | str = "bot") -> None:
        self.conversations[conversation] |= {"team_assignee_id": team, "admin_assignee_id": None}
        self.part(conversation, "assignment", by, to={"type": "team", "id": str(team)})

    def close(self, conversation: str, by: int | str = 81) -> None:
        self.conversations[conversation] |= {"state": "closed", "open": False}
        self.part(conversation, "close", by)
        self.conversations[conversation]["statistics"]["last_close_at"] = self.clock

    def snooze(self, conversation: str, by: int = 81) -> None:
        self.conversations[conversation] |= {"state": "snoozed"}
        self.part(conversation, "snoozed", by)

    def rate(self, conversation: str, rating: int) -> None:
        self.clock += 60
        self.conversations[conversation]["conversation_rating"] = {"rating": rating, "remark": "private words", "created_at": self.clock, "updated_at": self.clock}
        self.conversations[conversation]["updated_at"] = self.clock

    def link(self, conversation: str, kind: str, other: str, category: str | None = None) -> None:
        held = self.conversations[conversation]["linked_objects"]
        held["data"].append({"type": kind, "id": other, "category": category})
        held["total_count"] += 1
        self.conversations[conversation]["updated_at"] = self.clock

    def merge(self, conversation: str, into: str, by: int = 81) -> None:
        """The one that goes is closed and linked to the one that stays; neither's part names the other."""
        self.link(conversation, "conversation", into)
        self.link(into, "conversation", conversation)
        self.part(into, "merged_primary_conversation", by)
        self.conversations[conversation] |= {"state": "closed", "open": False}
        self.part(conversation, "merged_secondary_conversation", by)

    def delete(self, conversation: str) -> None:
        self.clock += 60
        del self.conversations[conversation]

    def live(self, seed: int, steps: int, deletes: float = 0.0) -> None:
        """What happens in a while; `deletes` = the share of steps in which a conversation is deleted for good, of which an account pulled afterwards knows nothing."""
        chance = random.Random(seed)
        for _ in range(steps):
            if len(self.conversations) < 3 or chance.random() < 0.25:
                self.open(f"c{chance.randrange(5)}")
                continue
            if deletes and chance.random() < deletes:
                self.delete(chance.choice(list(self.conversations)))
                continue
            self._something(chance, chance.choice(list(self.conversations)), chance.choice(ADMINS))

    def _something(self, chance: random.Random, one: str, admin: int) -> None:
        chance.choice([
            lambda: self.say(one, "customer"), lambda: self.say(one, admin), lambda: self.say(one, "bot"), lambda: self.assign(one, admin),
            lambda: self.route_to(one, chance.choice(list(TEAMS))), lambda: self.close(one, admin), lambda: self.snooze(one, admin),
            lambda: self.part(one, "note", admin, words=True), lambda: self.assign(one, None, admin)])()

    # --- what it answers ---------------------------------------------------------------------------------------------
    def answer(self, asked: Asked) -> Reply:
        path, body = asked.path, asked.body or {}
        if any(part in path for part in self.forbidden):
            return _error(403, "Not authorized to access resource")
        if asked.headers.get("intercom-version") != "2.14":
            return _error(400, "Requested version could not be found")
        if route("/me", path):
            return Reply({"type": "admin", "id": "81", "app": {"type": "app", "id_code": "lamp1", "name": "Lamp"}})
        if route("/admins", path):
            return Reply({"type": "admin.list", "admins": [self._admin(a) | {"has_inbox_seat": True, "team_ids": []} for a in ADMINS]})
        if route("/teams", path):
            return Reply({"type": "team.list", "teams": [{"type": "team", "id": str(i), "name": n, "admin_ids": list(ADMINS)} for i, n in TEAMS.items()]})
        if route("/companies/scroll", path):
            return self._scroll(asked.params.get("scroll_param"))
        if route("/contacts/search", path):
            return self._search("data", "list", [c for i, c in self.contacts.items() if i not in self.hidden_contacts], body, by_day=True)
        if route("/conversations/search", path):
            rows = [c for i, c in self.conversations.items() if i not in self.gone]
            return self._search("conversations", "conversation.list", rows, body)
        if found := route("/contacts/{}", path):
            return Reply(self.contacts[found[1]]) if found[1] in self.contacts else _error(404, "User Not Found")
        if found := route("/conversations/{}", path):
            if found[1] not in self.conversations or found[1] in self.gone:
                return _error(404, "Resource Not Found")
            parts = self.parts[found[1]]
            return Reply(self.conversations[found[1]] | {"conversation_parts": {"type": "conversation_part.list", "total_count": len(parts),
                                                                                "conversation_parts": parts[-self.parts_kept:]}})
        return _error(404, "Not Found")

    def _scroll(self, place: str | None) -> Reply:
        if self.scrolling:
            return _error(400, "scroll already exists for this workspace")
        start = int(place or 0)
        page = self.companies[start:start + self.page]
        return Reply({"type": "list", "data": page, "scroll_param": str(start + len(page)), "total_count": None})

    def _search(self, name: str, kind: str, rows: list[dict[str, Any]], body: dict[str, Any], by_day: bool = False) -> Reply:
        if _filters(body["query"]) > 15:
            return _error(400, "Too many filters")
        rows = [row for row in rows if _fits(row, body["query"], by_day)]
        sort = body.get("sort") or {"field": "updated_at", "order": "descending"}
        rows.sort(key=lambda row: (row["updated_at"], int(row["id"].strip("c"))), reverse=sort["order"] == "descending")
        size = min(int(body["pagination"]["per_page"]), self.page)
        place = json.loads(base64.b64decode(body["pagination"].get("starting_after") or base64.b64encode(b"null")))
        left = [row for row in rows if place is None or [row["updated_at"], row["id"]] > place] if sort["order"] == "ascending" else rows
        left.sort(key=lambda row: (row["updated_at"], row["id"])) if sort["order"] == "ascending" else None
        page = left[:size]
        pages: dict[str, Any] = {"type": "pages", "page": 1, "per_page": size, "total_pages": -(-len(rows) // size) or 1}
        if len(left) > size:
            after = base64.b64encode(json.dumps([page[-1]["updated_at"], page[-1]["id"]]).encode()).decode()
            pages["next"] = {"per_page": size, "starting_after": after}
        if self.borders_repeat and place:
            page = [row for row in rows if row["id"] == place[1]] + page
        return Reply({"type": kind, name: page, "total_count": len(rows), "pages": pages})


def _filters(query: dict[str, Any]) -> int:
    return sum(map(_filters, query["value"])) if "field" not in query else 1


def _fits(row: dict[str, Any], query: dict[str, Any], by_day: bool) -> bool:
    if "field" not in query:
        found = [_fits(row, inner, by_day) for inner in query["value"]]
        return all(found) if query["operator"] == "AND" else any(found)
    field, operator, value = query["field"], query["operator"], query["value"]
    if field == "updated_at":
        assert operator in (">", "<", "="), "dates know no other operators"
        there = row["updated_at"]
        return there // DAY > value // DAY if by_day else there > value
    if field == "contact_ids":
        return any(contact["id"] == value for contact in row["contacts"]["contacts"])
    return row[field] in value if operator == "IN" else row[field] == value


def _error(status: int, text: str) -> Reply:
    return Reply({"type": "error.list", "request_id": "r1", "errors": [{"code": "error", "message": text}]}, status)
