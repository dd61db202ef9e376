"""What Zendesk's API says of changes, cut to what is used and in one form: that of audits, each event told who did it."""
from __future__ import annotations

from typing import Any

from connectors.paging import Rows, at

TOLD_FIELDS = {"status", "custom_status_id", "group_id", "assignee_id", "priority", "satisfaction_score"}
TALK = {"Comment", "VoiceComment", "FacebookComment"}
CHANNELS = {"Web form": "web", "Mail": "email", "Rule": "rule", "Web service (API)": "api"}   # of the account-wide export, as audits write them
KEPT = ("id", "type", "field_name", "value", "previous_value", "public", "author_id")


def audit_of(event: dict[str, Any]) -> dict[str, Any]:
    """A row of the account-wide export in the form of an audit: each field a child names is a change of its own."""
    events = []
    for child in event.get("child_events") or []:
        kind = child.get("event_type") or child.get("type")
        public = child.get("public") if child.get("public") is not None else child.get("comment_public")   # not told is public
        told = {"id": child.get("id"), "type": kind, "public": public, "author_id": child.get("author_id"), "via": {"channel": _channel(child.get("via"))}}
        named = [f for f in child if f in TOLD_FIELDS] if kind in ("Create", "Change") else []
        for field in named:
            events.append(told | {"id": child.get("id") if len(named) == 1 else f"{child.get('id')}/{field}", "field_name": field, "value": child[field],
                                  "previous_value": child.get("previous_value")})
        if not named and kind in TALK | {"Create"}:
            events.append(told)
    return {"id": event.get("id"), "ticket_id": event.get("ticket_id"), "created_at": event.get("created_at"), "author_id": event.get("updater_id"),
            "via": {"channel": _channel(event.get("via"))}, "events": events}


def _channel(via: Any) -> Any:
    """A trigger's move stands in the row of who set it off, with a way of its own."""
    if isinstance(via, dict):
        return via.get("channel")
    return CHANNELS.get(via, via.casefold()) if isinstance(via, str) else None


def with_roles(found: Rows, staff: set[str]) -> Rows:
    """Audits with only what is used of them, each event told whether an agent, the customer or the system did it.

    Of people who are no staff any more it is told by what they did anywhere in this ticket.
    """
    did: set[str] = set(staff)
    for row in found:
        for event in row.get("events") or ():
            if event.get("type") == "Comment" and event.get("public") is False:
                did.add(str(event.get("author_id") or row.get("author_id")))
            elif event.get("field_name") == "assignee_id":
                did.update(str(event[k]) for k in ("value", "previous_value") if event.get(k))

    def role(author: Any) -> str | None:
        return None if author is None else "system" if str(author) == "-1" else "agent" if str(author) in did else "customer"
    return [{"id": row.get("id"), "ticket_id": row.get("ticket_id"), "created_at": row.get("created_at"), "author_id": row.get("author_id"),
             "via": _ways(row.get("via")), "events": [_kept(event, role(event.get("author_id") or row.get("author_id"))) for event in row.get("events") or () if _is_told(event)]}
            for row in found]


def _is_told(event: dict[str, Any]) -> bool:
    kind, field = event.get("type"), event.get("field_name")
    return kind in TALK or (kind in ("Create", "Change") and (field is None or field in TOLD_FIELDS))


def _kept(event: dict[str, Any], role: str | None) -> dict[str, Any]:
    kept = {k: event[k] for k in KEPT if event.get(k) is not None}
    if "via" in event and (channel := at(event, "via.channel")):
        kept["via"] = {"channel": channel}
    if event.get("type") == "Change":
        kept["value"] = event.get("value")   # to nobody is a value too
    kept["author_role"] = role
    return kept


def _ways(via: Any) -> dict[str, Any]:
    """Channel and, of a merge, the other ticket; names and addresses are left."""
    told = {"channel": at(via, "channel")}
    source = at(via, "source")
    ends = {end: {"ticket_id": ticket} for end in ("from", "to") if (ticket := at(source, f"{end}.ticket_id")) is not None}
    return told | {"source": {"rel": at(source, "rel"), **ends}} if ends else told
