"""The parts of Intercom's conversations, which is where handoffs and merges are told; of their words only that there are some."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from connectors.paging import Rows, at, rows_at
from connectors.pull import Page, Pull

MERGED, TOOK_IN = "merged_secondary_conversation", "merged_primary_conversation"   # parts of the one that went and of the one that stays
PEOPLE = ("user", "lead", "contact", "visitor")


def is_operator(author: dict[str, Any]) -> bool:
    """The workspace's own bot stands among the admins, under an address of Intercom's."""
    email = str(author.get("email") or "")
    return email.startswith("operator+") and email.endswith("@intercom.io")


def linked(row: dict[str, Any], kind: str, *categories: str | None) -> list[str]:
    """Ids of the conversations or tickets a conversation is linked to, or of those of these categories."""
    return [str(other["id"]) for other in rows_at("linked_objects.data")(row)
            if other.get("type") == kind and other.get("id") not in (None, row.get("id")) and (not categories or other.get("category") in categories)]


def parts(pull: Pull) -> Iterator[Page]:
    cut = unnamed = 0

    def ask(conversation: str) -> Rows:
        nonlocal cut, unnamed
        body = pull.api.get(f"/conversations/{conversation}").body or {}
        found = rows_at("conversation_parts.conversation_parts")(body)
        cut += int(at(body, "conversation_parts.total_count") or 0) > len(found)
        others = linked(body, "conversation")
        survivor = others[0] if len(others) == 1 else None   # the part itself names nobody; the merged one is linked to the one it went into
        merges = {part.get("part_type") for part in found} & {MERGED, TOOK_IN}
        unnamed += bool(merges) and (survivor is None if MERGED in merges else not others)
        return [*_beginning(conversation, body), *(_part(conversation, part, survivor) for part in found)]
    yield from pull.of_each(ask)
    if cut:
        pull.note(f"{cut:,} conversations have more than 500 parts; of those only the newest 500 can be had")
    if unnamed:
        pull.note(f"{unnamed:,} conversations were merged with others that Intercom does not name; each stays a contact of its own")


def _beginning(conversation: str, body: dict[str, Any]) -> Rows:
    """The first message and the rating, which are no parts, in the form of parts."""
    author = at(body, "source.author") or {}
    first = {"id": f"{conversation}/source", "part_id": 0, "conversation_id": conversation, "part_type": "source", "created_at": body.get("created_at"),
             "assigned_to": None, "merged_into": None, "author_id": None if _role(author) == "customer" else author.get("id"), "role": _role(author),
             "has_words": bool(at(body, "source.body") or at(body, "source.attachments"))}
    rated = at(body, "conversation_rating.updated_at") or at(body, "conversation_rating.created_at")
    if at(body, "conversation_rating.rating") is None or rated is None:
        return [first]
    return [first, first | {"id": f"{conversation}/rating/{rated}", "part_id": None, "part_type": "rating", "created_at": rated, "role": "customer",
                            "has_words": False, "author_id": None}]


def _part(conversation: str, part: dict[str, Any], survivor: str | None) -> dict[str, Any]:
    author = part.get("author") or {}
    role = _role(author)
    own, kind = part.get("id"), part.get("part_type")
    return {"id": None if own is None else f"{conversation}/{own}", "part_id": own, "conversation_id": conversation, "part_type": kind, "created_at": part.get("created_at"),
            "assigned_to": {k: at(part, f"assigned_to.{k}") for k in ("type", "id")}, "merged_into": survivor if kind == MERGED else None,
            "author_id": None if role == "customer" else author.get("id"), "role": role, "has_words": bool(part.get("body") or part.get("attachments"))}


def _role(author: dict[str, Any]) -> str:
    kind = author.get("type")
    if kind in PEOPLE:
        return "customer"
    if kind == "bot" or author.get("from_ai_agent") or is_operator(author):
        return "bot"
    return "agent" if kind == "admin" else "system"
