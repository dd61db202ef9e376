"""Chatwoot's messages: what they are, and what its activity sentences say was done. The words themselves stay there."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from connectors.chatwoot_ask import inner_key, path, word
from connectors.chatwoot_sentences import LANGUAGES, RULES, Sentences
from connectors.paging import Rows, rows_at
from connectors.pull import Page, Pull

PAGE_OF_MESSAGES = 20
TYPES = {"0": "incoming", "1": "outgoing", "2": "activity", "3": "template"}
DONE = {   # kind of sentence -> what was done, and by whom where the sentence itself says so
    "nobody": ("assigned", ""), "resolved": ("resolved", ""), "resolved by system": ("resolved", "system"), "resolved by bot": ("resolved", "bot"),
    "resolved by customer": ("resolved", "customer"), "reopened": ("reopened", ""), "woken": ("reopened", "system"), "snoozed": ("snoozed", ""), "pending": ("pending", ""),
    "opened by system": ("opened", "system"), "opened by bot": ("opened", "bot")}


def passed(pull: Pull) -> Iterator[Page]:
    """Answers what waits for a stream the options leave out."""
    for keys in pull.waiting(1000):
        yield Page([], answered=tuple(keys))


class _Reader:
    """Reads messages; of an activity sentence only what it says stays, not the sentence. What is not known of a message may be its words, and is not kept."""

    def __init__(self, pull: Pull):
        self.sentences = self.strange = 0
        people, teams = pull.rows_of("agents"), pull.rows_of("teams")
        self.people, self.teams = _by_name(people), _by_name(teams)
        self.reader = Sentences(*([str(row["name"]) for row in rows.values() if row.get("name")] for rows in (people, teams)))

    def told(self, number: str, row: dict[str, Any]) -> dict[str, Any]:
        kind, sender = word(TYPES, row.get("message_type")), row.get("sender") or {}
        who = str(sender.get("type") or row.get("sender_type") or "").casefold().replace("_", "").replace(":", "")
        role = "customer" if kind == "incoming" else "bot" if kind == "template" or "bot" in who or not sender else "agent"
        own = {"id": inner_key(number, row.get("id")), "message_id": row.get("id"), "conversation_id": number, "created_at": row.get("created_at"), "message_type": kind,
               "is_private": bool(row.get("private"))}
        if kind == "activity":
            return own | self._said(str(row.get("content") or ""))
        return own | {"role": role, "actor": None if role == "customer" or not sender.get("id") else f"bot-{sender['id']}" if role == "bot" else str(sender["id"])}

    def _said(self, sentence: str) -> dict[str, Any]:
        self.sentences += 1
        said = self.reader.read(sentence)
        if said is None:
            self.strange += 1
            return {"role": None}
        by, by_rule = self.people.get(said.by.casefold()), said.by.casefold() in RULES
        told: dict[str, Any] = {"role": "agent" if by else "system" if by_rule else None, "actor": by}   # an unknown name may be of somebody who left, or of a bot
        person, group = self.people.get(said.to.casefold()), self.teams.get((said.team or said.to).casefold())
        match said.kind:
            case "self":
                return told | {"did": "assigned" if by else "reassigned", "agent": by}
            case "to" if bool(person) == bool(group):   # one sentence for agents and teams: the name decides; a name of two is nobody's
                return told | {"did": "reassigned"}
            case "to":
                return told | {"did": "assigned" if person else "queued", "agent": person, "team": group}
            case "to team":
                return told | {"did": "queued", "team": group}
            case "both":
                return told | {"did": "assigned" if person else "reassigned", "agent": person, "team": group}
        did, role = DONE.get(said.kind, (None, ""))
        return told | {"did": did} | ({"role": role, "actor": None} if role else {})


def _by_name(rows: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Ids by name; a name that two have tells nothing."""
    names = [str(row.get("name") or "").casefold() for row in rows.values()]
    return {name: number for (number, _), name in zip(rows.items(), names, strict=True) if name and names.count(name) == 1}


def _messages(pull: Pull, number: str) -> Rows:
    """Back from the newest, a page of twenty at a time."""
    found: dict[Any, dict[str, Any]] = {}
    bare: Rows = []   # without a number: no place to go on from
    before: int | None = None
    while True:
        rows = rows_at("payload")(pull.api.get(path(pull, f"/conversations/{number}/messages"), {"before": before} if before else None).body)
        bare += [row for row in rows if row.get("id") is None]
        new = {row["id"]: row for row in rows if row.get("id") is not None and row["id"] not in found}
        found = new | found
        if not new or len(rows) < PAGE_OF_MESSAGES:
            return [*(found[key] for key in sorted(found)), *bare]
        before = min(new)


def bare_messages(pull: Pull) -> Iterator[Page]:
    if pull.options["changes"] == "sentences":
        yield from passed(pull)
        return
    reader = _Reader(pull)
    yield from pull.of_each(lambda number: [reader.told(number, row) | {"is_bare": True} for row in _messages(pull, number)
                                            if word(TYPES, row.get("message_type")) != "activity"])


def messages(pull: Pull) -> Iterator[Page]:
    if pull.options["changes"] == "snapshots":
        yield from passed(pull)
        return
    reader = _Reader(pull)
    yield from pull.of_each(lambda number: [reader.told(number, row) for row in _messages(pull, number)])
    if reader.strange:
        pull.note(f"{reader.strange:,} of {reader.sentences:,} activity sentences are in none of the languages read here ({', '.join(LANGUAGES)}) and were left unread; "
                  "with options.changes = \"snapshots\" hands and states are compared instead")
