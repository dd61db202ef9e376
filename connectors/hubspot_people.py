"""Who is who in HubSpot: keys of contacts, and users as the owners tickets know."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from connectors.hubspot_ask import batch
from connectors.problems import NotAllowed, NotFound
from connectors.pull import Pull


def people(pull: Pull, ids: set[str]) -> dict[str, dict[str, Any]]:
    """Keys of contacts, by id."""
    try:
        return {str(row["id"]): person(row) for row in batch(pull, "contacts", sorted(ids), ("email", "phone", "mobilephone"))} if ids else {}
    except (NotAllowed, NotFound) as problem:
        pull.note(f"{problem}; {pull.stream.name} are without the customer's e-mail")
        return {}


def person(row: dict[str, Any]) -> dict[str, Any]:
    """The keys of a contact."""
    own = row.get("properties") or {}
    return {"id": row.get("id"), "email": own.get("email") or None, "phone": own.get("phone") or own.get("mobilephone") or None}


def actors(pull: Pull) -> Callable[[Any], str | None]:
    """History and conversations know people by user, tickets by owner: one of them, the owner, is used."""
    known = {str(owner["userId"]): str(owner["id"]) for owner in pull.rows_of("owners").values() if owner.get("userId")}
    return lambda user: known.get(str(user), str(user)) if user else None
