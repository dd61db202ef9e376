"""The rows of the helpdesk no tool should write, put into tickets that are otherwise in order."""

from datetime import datetime, timedelta
from typing import Any

from sample_data import story
from sample_data.scale import Scale


def plant_faults(tickets: list[dict[str, Any]], scale: Scale) -> None:
    """Spoil a few closed, everyday tickets; each gets one fault only."""
    faults = story.FAULTS
    plain = [
        ticket
        for ticket in tickets
        if ticket["status"] == "closed" and ticket["type"] == "question" and len(ticket["tags"]) == 1
    ]
    rng = scale.random("helpdesk faults")
    wanted = {
        _solve_before_creation: faults.helpdesk_solved_before_created,
        _lose_requester: faults.helpdesk_no_requester,
        _invent_status: faults.helpdesk_unknown_status,
        _break_date: faults.helpdesk_malformed_date,
    }
    kinds = [fault for fault, number in wanted.items() for _ in range(number)]
    fit = [t for t in plain if (t["metric_set"] or {}).get("solved_at") and t["requester"] and not t["organization"]]
    for ticket, spoil in zip(rng.sample(fit, min(len(kinds), len(fit))), kinds, strict=False):
        spoil(ticket)


def _solve_before_creation(ticket: dict[str, Any]) -> None:
    # A clock that ran a day behind, as after an import from another system.
    before = datetime.fromisoformat(ticket["created_at"]) - timedelta(days=1)
    ticket["metric_set"]["solved_at"] = before.strftime("%Y-%m-%dT%H:%M:%SZ")


def _lose_requester(ticket: dict[str, Any]) -> None:
    ticket["requester_id"] = ticket["requester"] = None


def _invent_status(ticket: dict[str, Any]) -> None:
    ticket["status"] = story.FAULTS.unknown_helpdesk_status


def _break_date(ticket: dict[str, Any]) -> None:
    ticket["created_at"] = ticket["created_at"][:5] + "13-45T25:61:00Z"
