"""A Zendesk account on loopback: tickets with audits, changed by the test; its incremental exports run on a time of their own."""
from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from fakes.server import TOKEN, Asked, Fake, Faults, Reply, route

START = 1_767_603_600   # 2026-01-05 09:00 UTC
TOKEN_PAIR = f"service@lamp.example/token:{TOKEN}"
AGENTS = (81, 82, 83)
GROUPS = {71: "Orders", 72: "Technical"}
WAYS = {"web": "Web form", "email": "Mail", "rule": "Rule", "api": "Web service (API)"}   # as the account-wide export writes them


def at(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Zendesk(Fake):
    """The account. `clock` is its time; every change stamps its ticket with it, though `updated_at` may stay behind."""

    def __init__(self, faults: Faults | None = None, page: int = 1000, borders_repeat: bool = False):
        super().__init__(faults)
        self.page, self.borders_repeat = page, borders_repeat
        self.clock = START
        self.tickets: dict[int, dict[str, Any]] = {}
        self.stamps: dict[int, int] = {}              # generated_timestamp by ticket
        self.audits: dict[int, list[dict[str, Any]]] = {}
        self.organizations: list[dict[str, Any]] = []
        self.metric_events: list[dict[str, Any]] = []
        self.ratings: list[dict[str, Any]] = []
        self.deleted: list[dict[str, Any]] = []
        week = [{"start_time": day * 1440 + 540, "end_time": day * 1440 + 1020} for day in range(1, 6)]   # minutes since Sunday
        self.schedules: list[dict[str, Any]] = [{"id": 1, "name": "office", "time_zone": "Lisbon", "intervals": week}]
        self.holidays: dict[int, list[dict[str, Any]]] = {}   # by schedule
        self.policies: list[dict[str, Any]] = [{"id": 1, "title": "promise", "position": 1, "filter": {"all": [], "any": []}, "policy_metrics": []}]
        self.forbidden: set[str] = set()               # parts of paths this token or plan may not see
        self.elsewhere = ""                            # what a page of audits names as its next page
        self.keeps_deleted = False                     # whether audits of deleted tickets can still be had
        self.most = 1000                               # rows of an export it can answer at once; more is a 504
        self.tells_the_end = True                      # whether exports by time say end_of_stream
        self.next_id = 1000

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock + 3600, UTC)

    # --- what happens there ------------------------------------------------------------------------------------------
    def _audit(self, ticket: int, author: int, events: list[dict[str, Any]], channel: str = "web", source: dict | None = None, is_update: bool = True) -> None:
        self.clock += 60
        for event in events:
            self.next_id += 1
            event["id"] = self.next_id
        self.next_id += 1
        self.audits[ticket].append({"id": self.next_id, "ticket_id": ticket, "created_at": at(self.clock), "author_id": author,
                                    "metadata": {"system": {"ip_address": "192.0.2.1"}}, "via": {"channel": channel, "source": source or {"from": {}, "to": {}, "rel": None}},
                                    "events": events})
        self.stamps[ticket] = self.clock
        if is_update:
            self.tickets[ticket]["updated_at"] = at(self.clock)

    def open(self, requester: int = 900, channel: str = "email", **more: Any) -> int:
        ticket = len(self.tickets) + 1
        self.tickets[ticket] = {
            "id": ticket, "url": f"https://lamp.zendesk.example/api/v2/tickets/{ticket}.json", "status": "new", "requester_id": requester, "submitter_id": requester,
            "assignee_id": None, "group_id": None, "organization_id": None, "problem_id": None, "subject": f"lamp {ticket}", "description": "private words",
            "tags": ["lamp"], "via": {"channel": channel, "source": {"from": {}, "to": {}, "rel": None}}, "priority": None,
            "custom_fields": [{"id": 55, "value": "late delivery"}, {"id": 56, "value": None}], "satisfaction_rating": None,
            "created_at": at(self.clock + 60), "updated_at": None, "is_public": True, **more}
        self.audits[ticket] = []
        self._audit(ticket, requester, [{"type": "Comment", "public": True, "body": "private words", "author_id": requester},
                                        {"type": "Create", "field_name": "status", "value": "new"}], channel)
        return ticket

    def change(self, ticket: int, field: str, value: Any, author: int = 81, channel: str = "web", **more: Any) -> None:
        before = self.tickets[ticket].get(field)
        self.tickets[ticket][field] = value
        events = [{"type": "Change", "field_name": field, "value": _as_text(value), "previous_value": _as_text(before)}]
        if field == "status":   # the same change under its other name
            events.append({"type": "Change", "field_name": "custom_status_id", "value": "28835702984212", "previous_value": "1"})
        self._audit(ticket, author, events, channel, **more)

    def answer_and_trigger(self, ticket: int, group: int, author: int = 81) -> None:
        """An agent answers, which sets off a trigger that moves the ticket: one audit, the move with a way of its own."""
        before = self.tickets[ticket]["group_id"]
        self.tickets[ticket]["group_id"] = group
        self._audit(ticket, author, [{"type": "Comment", "public": True, "body": "private words", "author_id": author},
                                     {"type": "Change", "field_name": "group_id", "value": _as_text(group), "previous_value": _as_text(before),
                                      "via": {"channel": "rule", "source": {"from": {"id": 5, "title": "to the other queue"}, "to": {}, "rel": "trigger"}}}])

    def say(self, ticket: int, author: int = 81, public: bool = True) -> None:
        self._audit(ticket, author, [{"type": "Comment", "public": public, "body": "private words", "author_id": author}])

    def delete(self, ticket: int, by: int = 83) -> None:
        self.clock += 60
        self.tickets[ticket] |= {"status": "deleted", "updated_at": at(self.clock)}
        self.stamps[ticket] = self.clock
        compact = at(self.clock).replace("-", "")
        self.deleted.append({"id": ticket, "deleted_at": compact, "actor": {"id": by, "name": "Cat"}, "previous_state": "open"})

    def merge(self, ticket: int, into: int, by: int = 81) -> None:
        self.tickets[ticket] |= {"status": "closed", "tags": ["closed_by_merge"]}
        self._audit(ticket, by, [{"type": "Comment", "public": False, "body": "merged"},
                                 {"type": "Change", "field_name": "status", "value": "closed", "previous_value": "open"}],
                    source={"rel": "merge", "from": {}, "to": {"ticket_id": into}})

    def rate(self, ticket: int, score: str) -> None:
        self.tickets[ticket]["satisfaction_rating"] = {"score": score}
        self._audit(ticket, 900, [{"type": "Change", "field_name": "satisfaction_score", "value": score, "previous_value": "offered"}])
        self.ratings.append({"id": len(self.ratings) + 1, "ticket_id": ticket, "requester_id": 900, "assignee_id": 81, "score": score, "comment": "private words",
                             "created_at": at(self.clock), "updated_at": at(self.clock), "at": self.clock})

    def live(self, seed: int, steps: int) -> None:
        """So many random things happen."""
        chance = random.Random(seed)
        for _ in range(steps):
            live = [t for t, row in self.tickets.items() if row["status"] not in ("closed", "deleted")]
            if len(live) < 3 or chance.random() < 0.2:
                self.open(requester=900 + chance.randrange(5))
                continue
            self._something(chance, chance.choice(live), chance.choice(AGENTS), live)

    def _something(self, chance: random.Random, ticket: int, agent: int, live: list[int]) -> None:
        other = chance.choice([t for t in live if t != ticket])
        things: list[tuple[float, Callable[[], None]]] = [
            (4, lambda: self.change(ticket, "assignee_id", agent)), (4, lambda: self.change(ticket, "group_id", chance.choice(list(GROUPS)))),
            (3, lambda: self.say(ticket, agent)), (3, lambda: self.say(ticket, self.tickets[ticket]["requester_id"])),
            (4, lambda: self.change(ticket, "status", chance.choice(["open", "pending", "solved"]), agent)),
            (2, lambda: self.change(ticket, "group_id", 72, -1, "rule")),
            (2, lambda: self.answer_and_trigger(ticket, chance.choice(list(GROUPS)), agent)),
            (0.3, lambda: self.delete(ticket)), (0.3, lambda: self.merge(ticket, other, agent))]
        chance.choices([thing for _, thing in things], [weight for weight, _ in things])[0]()

    # --- what it answers ---------------------------------------------------------------------------------------------
    def allowed(self, asked: Asked) -> bool:
        told = asked.headers.get("authorization", "")
        return super().allowed(asked) or (told.startswith("Basic ") and TOKEN_PAIR in base64.b64decode(told[6:]).decode())

    def answer(self, asked: Asked) -> Reply:
        path, params = asked.path, asked.params
        if any(part in path for part in self.forbidden):
            return Reply({"error": "Forbidden", "description": "You do not have access to this page."}, 403)
        if "page" in params:
            return Reply({"error": "InvalidPaginationDepth"}, 400)
        if "start_time" in params and path.startswith("/api/v2/incremental") and int(params["start_time"]) > self.now().timestamp() - 60:
            return Reply({"error": "StartTimeTooRecent"}, 400)
        if route("/api/v2/users/me", path):
            return Reply({"user": {"id": 81, "role": "admin"}})
        if max(int(params.get("per_page") or 0), int(params.get("page[size]") or 0)) > self.most and path.startswith("/api/v2/incremental"):
            return Reply("upstream timeout", 504)
        if route("/api/v2/tickets/count", path):
            return Reply({"count": {"value": len(self.tickets), "refreshed_at": at(self.clock)}})
        if route("/api/v2/incremental/tickets/cursor", path):
            return self._tickets(params)
        if route("/api/v2/incremental/ticket_events", path):
            return self._by_time("ticket_events", [self._event(a) for t in self.audits for a in self.audits[t]], params)
        if route("/api/v2/incremental/organizations", path):
            return self._by_time("organizations", self.organizations, params)
        if found := route("/api/v2/tickets/{}/audits", path):
            ticket = int(found[1])
            if ticket not in self.tickets or (self.tickets[ticket]["status"] == "deleted" and not self.keeps_deleted):
                return Reply({"error": "RecordNotFound", "description": "Not found"}, 404)
            reply = self._list("audits", self.audits[ticket], params)
            if self.elsewhere:
                reply.body["meta"], reply.body["links"] = {"has_more": True, "after_cursor": None}, {"next": self.elsewhere}
            return reply
        if route("/api/v2/incremental/ticket_metric_events", path):
            return self._list("ticket_metric_events", self.metric_events, params)
        if route("/api/v2/satisfaction_ratings", path):
            since, until = int(params["start_time"]), int(params["end_time"])
            if until - since > 30 * 86_400:
                return Reply({"error": "window too wide"}, 422)
            return self._list("satisfaction_ratings", [{k: v for k, v in r.items() if k != "at"} for r in self.ratings if since <= r["at"] < until], params)
        lists: dict[str, tuple[str, list[dict[str, Any]]]] = {
            "/api/v2/groups": ("groups", [{"id": i, "name": n, "updated_at": at(START - i)} for i, n in GROUPS.items()]),
            "/api/v2/users": ("users", [{"id": i, "name": f"agent {i}", "email": f"a{i}@lamp.example", "role": "agent", "organization_id": None, "active": True} for i in AGENTS]),
            "/api/v2/ticket_fields": ("ticket_fields", [{"id": 56, "type": "text", "active": True, "position": 1}, {"id": 55, "type": "tagger", "active": True, "position": 2}]),
            "/api/v2/business_hours/schedules": ("schedules", self.schedules), "/api/v2/slas/policies": ("sla_policies", self.policies),
            "/api/v2/deleted_tickets": ("deleted_tickets", self.deleted)}
        if found := route("/api/v2/business_hours/schedules/{}/holidays", path):
            return Reply({"holidays": self.holidays.get(int(found[1]), [])})
        for own, (name, rows) in lists.items():
            if route(own, path):
                return self._list(name, rows, params)
        return Reply({"error": "InvalidEndpoint"}, 404)

    def _tickets(self, params: dict[str, str]) -> Reply:
        place = json.loads(base64.b64decode(params["cursor"])) if "cursor" in params else [int(params["start_time"]) - 1, 0]
        size = min(int(params["per_page"]), self.page)
        newest = self.now().timestamp() - 60
        rows = sorted((stamp, ticket) for ticket, stamp in self.stamps.items() if [stamp, ticket] > place and stamp <= newest)
        page = rows[:size]
        after = list(page[-1]) if page else place
        shown = page
        if self.borders_repeat and "cursor" in params:   # the row before the border comes again
            shown = [(s, t) for s, t in sorted((s, t) for t, s in self.stamps.items()) if [s, t] <= place][-1:] + page
        counted = {"assignee_stations": 2, "reopens": 0, "reply_time_in_minutes": {"calendar": None}}
        tickets = [self.tickets[t] | {"generated_timestamp": s, "metric_set": counted} for s, t in shown]
        people = sorted({t["requester_id"] for t in tickets})
        return Reply({"tickets": tickets, "users": [{"id": p, "name": "Mia Private", "email": f"c{p}@example.com", "role": "end-user", "phone": None} for p in people],
                      "groups": [{"id": i, "name": n} for i, n in GROUPS.items()], "after_cursor": base64.b64encode(json.dumps(after).encode()).decode(),
                      "end_of_stream": len(rows) <= size, "after_url": "https://example.zendesk.example/elsewhere"})

    def _by_time(self, name: str, rows: list[dict[str, Any]], params: dict[str, str]) -> Reply:
        """Everything from that second on, so the last second of a page comes again with the next."""
        since, size = int(params["start_time"]), min(int(params.get("per_page") or 1000), 1000)
        rows = sorted((r for r in rows if r["timestamp"] >= since), key=lambda r: (r["timestamp"], r["id"]))
        page = rows[:size]
        until = page[-1]["timestamp"] if page else None
        return Reply({name: page, "count": len(page), "end_time": until, "next_page": f"https://example.zendesk.example/?start_time={until}"}
                     | ({"end_of_stream": len(rows) <= size} if self.tells_the_end else {}))

    def _event(self, audit: dict[str, Any]) -> dict[str, Any]:
        children = []
        for event in audit["events"]:
            child = {"id": event["id"], "event_type": event["type"], "via": WAYS.get(event.get("via", audit["via"])["channel"])}
            children.append(child | ({"public": event["public"], "comment_public": event["public"], "author_id": event.get("author_id")} if event["type"] == "Comment" else
                                     {event["field_name"]: event["value"], "previous_value": event.get("previous_value")}))
        second = int(datetime.fromisoformat(audit["created_at"]).timestamp())
        return {"id": audit["id"], "ticket_id": audit["ticket_id"], "timestamp": second, "created_at": audit["created_at"], "updater_id": audit["author_id"],
                "via": WAYS.get(audit["via"]["channel"]), "event_type": "Audit", "child_events": children}

    def _list(self, name: str, rows: list[dict[str, Any]], params: dict[str, str]) -> Reply:
        start = int(params.get("page[after]") or 0)
        size = min(int(params.get("page[size]") or 100), self.page)
        page = rows[start:start + size]
        more = start + size < len(rows)
        return Reply({name: page, "meta": {"has_more": more, "after_cursor": str(start + len(page))}, "links": {"next": None}})


def _as_text(value: Any) -> str | None:
    """Audits write ids as text."""
    return None if value is None else str(value)
