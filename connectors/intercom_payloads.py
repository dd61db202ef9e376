"""What rows of Intercom's API hold, as far as it is used."""
from __future__ import annotations

from typing import Any

from pydantic import Field

from connectors.payload import Flag, Payload, Text


class Admin(Payload):
    id: Text = None
    name: Text = None
    email: Text = None
    has_inbox_seat: Flag = None
    is_bot: Flag = None


class Team(Payload):
    id: Text = None
    name: Text = None
    admin_ids: list[Any] | None = None


class Plan(Payload):
    name: Text = None


class Company(Payload):
    id: Text = None
    company_id: Text = None
    name: Text = None
    plan: Plan | None = None
    monthly_spend: Text = None
    industry: Text = None


class Contact(Payload):
    """Of a contact only what tells whose conversations are to be read again."""

    id: Text = None
    external_id: Text = None
    email: Text = None
    phone: Text = None
    company_id: Text = None


class Origin(Payload):
    type: Text = None
    delivered_as: Text = None
    subject: Text = None


class Statistics(Payload):
    last_close_at: Text = None
    count_reopens: Text = None


class Rating(Payload):
    rating: Text = None
    updated_at: Text = None


class Sla(Payload):
    sla_name: Text = None
    sla_status: Text = None


class Linked(Payload):
    """Tickets of Intercom's own that a conversation is linked to: the customer's, and the one about what many report."""

    ticket: Text = None
    tracker: Text = None


class Conversation(Payload):
    """A conversation as a search gives it, with its first contact."""

    id: Text = None
    url: Text = None
    title: Text = None
    state: Text = None
    priority: Text = None
    created_at: Text = None
    updated_at: Text = None
    admin_assignee_id: Text = None
    team_assignee_id: Text = None
    source: Origin | None = None
    contact: Contact | None = None
    statistics: Statistics | None = None
    conversation_rating: Rating | None = None
    sla_applied: Sla | None = None
    tags: list[str] | None = None
    custom_attributes: dict[str, Any] | None = None
    ai_agent_participated: Flag = None
    reason: Text = Field(default=None, alias="contact reason")
    ticket: Text = Field(default=None, alias="linked ticket")
    linked: Linked | None = None


class Deleted(Payload):
    id: Text = None
    object: Text = None
    deleted: Flag = None
    deleted_at: Text = None


class End(Payload):
    type: Text = None
    id: Text = None


class Part(Payload):
    """One thing that happened in a conversation; `role` and `has_words` say whose it is and whether it is a message."""

    id: Text = None
    part_id: Text = None
    conversation_id: Text = None
    part_type: Text = None
    created_at: Text = None
    assigned_to: End | None = None
    merged_into: Text = None
    author_id: Text = None
    role: Text = None
    has_words: Flag = None
