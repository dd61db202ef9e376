"""A Chatwoot account on loopback: conversations under display numbers, messages back from the newest, sentences for what changed."""
from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

from fakes.server import TOKEN, Asked, Fake, Faults, Reply, route

START = 1_767_603_600   # 2026-01-05 09:00 UTC
AGENTS = {81: "Ana", 82: "Ben", 83: "Care"}   # one is called like a team
TEAMS = {71: "Orders", 72: "Technical", 73: "Care"}


class Chatwoot(Fake):
    """The account 1. `clock` is its time; `language` that of its sentences."""

    def __init__(self, faults: Faults | None = None, page: int = 25, borders_repeat: bool = False):
        super().__init__(faults)
        self.page, self.borders_repeat, self.clock = page, borders_repeat, START
        self.conversations: dict[int, dict[str, Any]] = {}
        self.messages: dict[int, list[dict[str, Any]]] = {}
        self.reports: dict[int, list[dict[str, Any]]] | None = None      # None: an installation without
        self.ratings: list[dict[str, Any]] = []
        self.slas: list[dict[str, Any]] = []
        self.forbidden: set[str] = set()
        self.language = "en"
        self.next_id = 1000
        self.opened = 0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock + 3600, UTC)

    # --- what happens there ------------------------------------------------------------------------------------------
    def open(self, contact: int = 900, status: str = "open") -> int:
        self.clock += 60
        self.opened += 1
        own = self.opened
        self.conversations[own] = {
            "id": own, "account_id": 1, "inbox_id": 3, "status": status, "created_at": self.clock, "updated_at": self.clock + 0.25, "last_activity_at": self.clock,
            "timestamp": str(self.clock), "labels": ["late delivery"], "custom_attributes": {"Topic": "late delivery"}, "priority": "high", "uuid": f"u{own}",
            "first_reply_created_at": 0, "unread_count": 0, "messages": [], "agent_last_seen_at": 0, "assignee_last_seen_at": 0, "contact_last_seen_at": 0,
            "can_reply": True, "muted": False, "snoozed_until": 0, "waiting_since": 0, "additional_attributes": {},
            "meta": {"sender": {"id": contact, "email": f"c{contact}@example.com", "name": "Mia Private", "phone_number": "+351912345678", "identifier": f"L-{contact}"},
                     "channel": "Channel::WebWidget", "hmac_verified": False}}
        self.messages[own] = []
        self.say(own, "customer")
        return own

    def _message(self, one: int, kind: int, content: str, sender: dict[str, Any] | None, private: bool = False, is_activity: bool = True) -> None:
        self.clock += 60
        self.next_id += 1
        told = {"id": self.next_id, "content": content, "inbox_id": 3, "conversation_id": one, "message_type": kind, "created_at": self.clock, "private": private,
                "content_type": "text", "content_attributes": {}, "source_id": "s"}
        self.messages[one].append(told | ({"sender": sender} if sender else {}))
        self.conversations[one]["updated_at"] = self.clock + 0.25
        if is_activity:
            self.conversations[one]["last_activity_at"] = self.clock

    def say(self, one: int, by: int | str = 81, private: bool = False) -> None:
        if by == "customer":
            held = self.conversations[one]
            self._message(one, 0, "private words", {"id": held["meta"]["sender"]["id"], "type": "contact", "name": "Mia Private"})
            if held["status"] in ("resolved", "snoozed"):
                held["status"] = "open"
                self.tell(one, "System reopened the conversation due to a new incoming message.")
        elif by == "bot":
            self._message(one, 1, "private words", {"id": 5, "type": "agent_bot", "name": "Bot"})
        elif by == "template":
            self._message(one, 3, "private words", None)
        else:
            self._message(one, 1, "private words", {"id": by, "type": "user", "name": AGENTS[int(by)]}, private)

    def tell(self, one: int, sentence: str, is_activity: bool = True) -> None:
        self._message(one, 2, sentence if self.language == "en" else f"<{sentence[::-1]}>", None, is_activity=is_activity)

    def assign(self, one: int, to: int | None, by: int = 81, is_activity: bool = True) -> None:
        meta = self.conversations[one]["meta"]
        meta.pop("assignee", None)
        if to:
            meta["assignee"] = {"id": to, "name": AGENTS[to], "role": "agent"}
        self.tell(one, f"Conversation unassigned by {AGENTS[by]}" if not to else f"{AGENTS[by]} self-assigned this conversation" if to == by else
                  f"Assigned to {AGENTS[to]} by {AGENTS[by]}", is_activity)

    def team(self, one: int, team: int, by: int = 81) -> None:
        self.conversations[one]["meta"]["team"] = {"id": team, "name": TEAMS[team]}
        self.tell(one, f"Assigned to {TEAMS[team]} by {AGENTS[by]}")

    def status(self, one: int, status: str, by: str = "Ana") -> None:
        self.conversations[one]["status"] = status
        self.tell(one, {"resolved": f"Conversation was marked resolved by {by}", "open": f"Conversation was reopened by {by}", "snoozed": f"Conversation was snoozed by {by}",
                        "pending": f"Conversation was marked as pending by {by}"}[status])
        if self.reports is not None and status == "resolved":
            self.report(one, "conversation_resolved")

    def report(self, one: int, name: str) -> None:
        self.next_id += 1
        assert self.reports is not None
        self.reports.setdefault(one, []).append({"id": self.next_id, "name": name, "value": 60.0, "conversation_id": one + 5000, "event_end_time": self.clock})

    def delete(self, one: int) -> None:
        self.clock += 60
        del self.conversations[one]

    def live(self, seed: int, steps: int, deletes: float = 0.0) -> None:
        """What happens in a while; `deletes` = the share of steps in which a conversation is deleted for good, of which an account pulled afterwards knows nothing."""
        chance = random.Random(seed)
        for _ in range(steps):
            if len(self.conversations) < 3 or chance.random() < 0.25:
                self.open(900 + chance.randrange(4))
            elif deletes and chance.random() < deletes:
                self.delete(chance.choice(list(self.conversations)))
            else:
                self._something(chance, chance.choice(list(self.conversations)))

    def _something(self, chance: random.Random, one: int) -> None:
        chance.choice([lambda: self.say(one, "customer"), lambda: self.say(one, 81), lambda: self.say(one, "bot"), lambda: self.assign(one, chance.choice([81, 82, None])),
                       lambda: self.team(one, chance.choice([71, 72])), lambda: self.status(one, chance.choice(["resolved", "snoozed", "open"])),
                       lambda: self.say(one, 82, True), lambda: self.assign(one, chance.choice([81, 82]), 82, is_activity=self.conversations[one]["status"] == "resolved")])()

    # --- what it answers ---------------------------------------------------------------------------------------------
    def allowed(self, asked: Asked) -> bool:
        return asked.headers.get("api_access_token") == TOKEN

    def answer(self, asked: Asked) -> Reply:
        path, params = asked.path, asked.params
        if any(part in path for part in self.forbidden):
            return Reply({"error": "You are not authorized to do this action"}, 403)
        if route("/api/v1/profile", path):
            return Reply({"id": 81})
        rest = path.removeprefix("/api/v1/accounts/1")
        if rest == "/agents":
            return Reply([{"id": i, "account_id": 1, "name": n, "role": "agent", "email": f"a{i}@lamp.example", "confirmed": True} for i, n in AGENTS.items()])
        if rest == "/teams":
            return Reply([{"id": i, "name": n, "allow_auto_assign": True, "account_id": 1, "description": "team"} for i, n in TEAMS.items()])
        if rest == "/conversations":
            assert params["sort_by"] == "last_activity_at_desc" and params["assignee_type"] == "all"
            rows = [c for c in self.conversations.values() if params.get("status", "open") in ("all", c["status"])]
            rows.sort(key=lambda c: (-c["last_activity_at"], -c["id"]))
            start = (int(params["page"]) - 1) * self.page
            page = rows[max(0, start - 1) if self.borders_repeat else start:start + self.page] if start < len(rows) else []
            return Reply({"data": {"meta": {"all_count": len(rows)}, "payload": page}})
        if found := route("/conversations/{}", rest):
            one = int(found[1])
            return Reply(self.conversations[one]) if one in self.conversations else Reply({"error": "Resource could not be found"}, 404)
        if found := route("/conversations/{}/messages", rest):
            if int(found[1]) not in self.conversations:
                return Reply({"error": "Resource could not be found"}, 404)
            before = int(params.get("before") or 10**9)
            return Reply({"meta": {"labels": []}, "payload": [m for m in self.messages[int(found[1])] if m["id"] < before][-20:]})
        if self.reports is not None and rest == "/reporting_events":
            return Reply({"payload": []})
        if self.reports is not None and (found := route("/conversations/{}/reporting_events", rest)):
            return Reply(self.reports.get(int(found[1]), []))
        pages = (int(params.get("page") or 1) - 1) * self.page
        if rest == "/csat_survey_responses":
            return Reply(sorted(self.ratings, key=lambda r: -r.get("created_at", 0))[pages:pages + self.page])
        if rest == "/applied_slas":
            broken = [s for s in self.slas if s["applied_sla"]["sla_status"] in ("missed", "active_with_misses")]
            return Reply({"payload": broken[pages:pages + self.page], "meta": {"count": len(broken), "current_page": int(params.get("page") or 1)}})
        return Reply({"error": "Not found"}, 404)
