"""A Request Tracker on loopback, as the real one answers (tests/live holds that against it): numbered transactions, hidden queues, merged and deleted tickets."""
from __future__ import annotations

import random
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from fakes.server import TOKEN, Asked, Fake, Faults, Reply, route

START = 1_767_603_600   # 2026-01-05 09:00 UTC
ROOT = "/REST/2.0"
PEOPLE = {"1": "RT_System", "6": "Nobody", "28": "ann", "30": "bob", "32": "cat"}
NUMBERS = {name: number for number, name in PEOPLE.items()}
AGENTS = ("ann", "bob", "cat")
QUEUES = {"3": "Billing", "4": "Technical", "5": "Hidden"}
UNSET = "1970-01-01T00:00:00Z"


def at(second: float) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class RT(Fake):
    """The tracker. `hidden`: numbers of queues this user may not see; `zone`: the hours of the user's own clock from UTC."""

    def __init__(self, faults: Faults | None = None, page: int = 100, borders_repeat: bool = False):
        super().__init__(faults)
        self.page, self.clock, self.zone = page, START, 0   # lists go by number: nothing comes twice
        self.tickets: dict[int, dict[str, Any]] = {}
        self.transactions: list[dict[str, Any]] = []
        self.merged: dict[int, int] = {}
        self.hidden: set[str] = set()
        self.forbidden: set[str] = set()

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock + 3600, UTC)

    # --- what happens there ------------------------------------------------------------------------------------------
    def _wrote(self, ticket: int, by: str, kind: str, field: str | None = None, old: Any = None, new: Any = None) -> None:
        self.transactions.append({"id": str(len(self.transactions) + 40), "ObjectId": str(ticket), "Type": kind, "Field": field, "OldValue": old, "NewValue": new,
                                  "Created": at(self.clock), "Creator": {"id": by, "type": "user"}})
        self.tickets[ticket]["LastUpdated"] = at(self.clock)

    def open(self, requestor: str = "mia@example.com", queue: str = "3", owner: str = "Nobody", by: str | None = None) -> int:
        self.clock += 60
        number = len(self.tickets) + 1
        self.tickets[number] = {"Subject": "lamp", "Status": "new", "Owner": owner, "Queue": queue, "Created": at(self.clock), "Started": UNSET, "Resolved": UNSET,
                                "Requestor": requestor, "Priority": "50", "CustomFields": [{"id": "1", "name": "Root Cause", "values": ["late delivery"]}]}
        self._wrote(number, by or requestor, "Create")
        return number

    def assign(self, ticket: int, to: str, by: str = "ann") -> None:
        self.clock += 60
        old, new = NUMBERS[self.tickets[ticket]["Owner"]], NUMBERS[to]
        self.tickets[ticket]["Owner"] = to
        self._wrote(ticket, by, "Set", "Owner", old, new)
        self._wrote(ticket, by, "SetWatcher", "Owner", old, new)   # the same, told again

    def hand(self, ticket: int, how: str, to: str, by: str) -> None:
        """Take, Steal, Give, Untake, Force: a change of hands under a name of its own."""
        self.clock += 60
        old, new = NUMBERS[self.tickets[ticket]["Owner"]], NUMBERS[to]
        self.tickets[ticket]["Owner"] = to
        self._wrote(ticket, by, how, "Owner", old, new)
        self._wrote(ticket, by, "SetWatcher", "Owner", old, new)

    def move(self, ticket: int, queue: str, by: str = "ann") -> None:
        self.clock += 60
        self._wrote(ticket, by, "Set", "Queue", self.tickets[ticket]["Queue"], queue)
        self.tickets[ticket]["Queue"] = queue

    def reply(self, ticket: int, by: str = "ann") -> None:
        """A reply to a new ticket opens it, by the tracker's own hand."""
        self.clock += 60
        self._wrote(ticket, by, "Correspond")
        if self.tickets[ticket]["Status"] == "new":
            self._status(ticket, "open", "RT_System")

    def note(self, ticket: int, by: str = "ann") -> None:
        self.clock += 60
        self._wrote(ticket, by, "Comment")

    def prioritise(self, ticket: int, priority: str) -> None:
        self.clock += 60
        self._wrote(ticket, "ann", "Set", "Priority", self.tickets[ticket]["Priority"], priority)
        self.tickets[ticket]["Priority"] = priority

    def status(self, ticket: int, status: str, by: str = "ann") -> None:
        self.clock += 60
        self._status(ticket, status, by)

    def _status(self, ticket: int, status: str, by: str) -> None:
        self._wrote(ticket, by, "Status", "Status", self.tickets[ticket]["Status"], status)
        self.tickets[ticket] |= {"Status": status, "Resolved": at(self.clock) if status == "resolved" else UNSET}

    def merge(self, ticket: int, into: int, by: str = "ann") -> None:
        self.clock += 60
        for one in (ticket, into):   # told on both
            self._wrote(one, by, "AddLink", "MergedInto", None, f"fsck.com-rt://rt.example/ticket/{into}")
        self.merged[ticket] = into

    def live(self, seed: int, steps: int) -> None:
        chance = random.Random(seed)
        for _ in range(steps):
            live = [t for t, held in self.tickets.items() if t not in self.merged and held["Status"] != "deleted"]
            if len(live) < 3 or chance.random() < 0.25:
                self.open(chance.choice(["mia@example.com", "ben@example.com"]), chance.choice(["3", "4"]), chance.choice(["Nobody", "Nobody", "ann"]))
                continue
            self._something(chance, chance.choice(live), live)

    def _something(self, chance: random.Random, one: int, live: list[int]) -> None:
        held = self.tickets[one]
        things = [lambda: self.assign(one, chance.choice([a for a in (*AGENTS, "Nobody") if a != held["Owner"]]), chance.choice(AGENTS)),
                  lambda: self.move(one, "4" if held["Queue"] == "3" else "3"), lambda: self.reply(one, chance.choice([*AGENTS, held["Requestor"]])), lambda: self.note(one),
                  lambda: self.status(one, chance.choice([s for s in ("open", "stalled", "resolved") if s != held["Status"]])), lambda: self.prioritise(one, "70")]
        rare = [lambda: self.status(one, "deleted"), lambda: self.merge(one, chance.choice([t for t in live if t != one]))]
        chance.choice(rare if chance.random() < 0.05 else things)()

    # --- what it answers ---------------------------------------------------------------------------------------------
    def allowed(self, asked: Asked) -> bool:
        return asked.headers.get("authorization") == f"token {TOKEN}"

    def answer(self, asked: Asked) -> Reply:
        path, params = asked.path, asked.params
        if any(part in path for part in self.forbidden):
            return Reply({"message": "Forbidden"}, 403)
        if route(f"{ROOT}/rt", path):
            return Reply({"Version": "5.0.3", "Plugins": []})
        if route(f"{ROOT}/queues/all", path):
            return self._listed([{"id": i, "type": "queue", "Name": n} for i, n in QUEUES.items()], params, lambda row: row["id"] not in self.hidden)
        if route(f"{ROOT}/transactions", path):
            rows = [t for t in self.transactions if self._asked_for(t, params["query"])]
            rows = rows[::-1] if params.get("order") == "DESC" else rows
            return self._listed(rows, params, lambda t: self.tickets[int(t["ObjectId"])]["Queue"] not in self.hidden)
        if route(f"{ROOT}/tickets", path):
            wanted = {int(n) for n in re.findall(r"id = (\d+)", params["query"])}
            rows = [self._ticket(n, str(n), named=True) for n in sorted(wanted & self.tickets.keys()) if n not in self.merged and self.tickets[n]["Status"] != "deleted"]
            return self._listed(rows, params, lambda row: row["Queue"]["id"] not in self.hidden)
        if (found := route(f"{ROOT}/ticket/{{}}", path)) and int(found[1]) in self.tickets:
            number = self._survivor(int(found[1]))
            if self.tickets[number]["Queue"] in self.hidden:
                return Reply({"message": "Forbidden"}, 403)
            return Reply(self._ticket(number, number, named=False))
        if (found := route(f"{ROOT}/user/{{}}", path)) and found[1] in PEOPLE:
            return Reply({"id": int(found[1]), "Name": PEOPLE[found[1]]})
        return Reply({"message": "Not Found"}, 404)

    def _survivor(self, number: int) -> int:
        while number in self.merged:
            number = self.merged[number]
        return number

    def _asked_for(self, row: dict[str, Any], query: str) -> bool:
        """Conditions joined by AND, of which one may be an OR in brackets. Dates are read on the user's own clock."""
        for condition in re.split(r" AND (?![^(]*\))", query):
            if condition == "ObjectType='RT::Ticket'":
                continue
            if condition.startswith("("):
                if f"ObjectId = {row['ObjectId']}" not in condition.strip("()").split(" OR "):
                    return False
                continue
            name, sign, value = re.fullmatch(r"(\w+) (>|<=|=|!=) '?([^']+)'?", condition).groups()
            there, meant = row[name], value
            if name == "Created":
                there, meant = datetime.fromisoformat(there), datetime.fromisoformat(value).replace(tzinfo=UTC) - timedelta(hours=self.zone)
            elif name == "id":
                there, meant = int(there), int(value)
            if not {">": lambda a, b: a > b, "<=": lambda a, b: a <= b, "=": lambda a, b: a == b, "!=": lambda a, b: a != b}[sign](there, meant):
                return False
        return True

    def _listed(self, rows: list[dict[str, Any]], params: dict[str, str], may_see: Any) -> Reply:
        """No page holds more than a hundred; what the user may not see leaves it short, and then nobody says how many there are."""
        size = min(int(params.get("per_page") or 20), 100, self.page)
        start = (int(params.get("page") or 1) - 1) * size
        shown = [row for row in rows[start:start + size] if may_see(row)]
        hides = any(not may_see(row) for row in rows)
        return Reply({"items": shown, "count": len(shown), "page": start // size + 1, "per_page": size, "total": None if hides else len(rows),
                      "pages": None if hides else -(-len(rows) // size)})

    def _ticket(self, number: int, own: Any, named: bool) -> dict[str, Any]:
        held = self.tickets[number]
        person = {"id": held["Requestor"], "type": "user"} | ({"Name": held["Requestor"], "EmailAddress": held["Requestor"]} if named else {})
        return held | {"id": own, "type": "ticket", "Owner": {"id": held["Owner"], "type": "user"}, "Requestor": [person],
                       "Queue": {"id": held["Queue"], "type": "queue"} | ({"Name": QUEUES[held["Queue"]]} if named else {})}
