"""What rows of HubSpot's API hold, as far as it is used. Every property is text, whatever it means."""
from __future__ import annotations

from typing import Any

from pydantic import Field

from connectors.payload import Flag, Payload, Text


class Pipeline(Payload):
    id: Text = None
    label: Text = None
    stages: list[dict[str, Any]] | None = None


class Owner(Payload):
    id: Text = None
    user_id: Text = Field(default=None, alias="userId")
    name: Text = None
    team: Text = None
    archived: Flag = None


class Company(Payload):
    id: Text = None
    name: Text = None
    industry: Text = None
    lifecyclestage: Text = None
    value: Text = None
    plan: Text = None
    renewal: Text = None


class Person(Payload):
    id: Text = None
    email: Text = None
    phone: Text = None


class Changed(Payload):
    """That a ticket changed; the tickets themselves are read in batches."""

    id: Text = None
    modified: Text = None


class Ticket(Payload):
    """A ticket as it is, with its first contact and company."""

    id: Text = None
    url: Text = None
    subject: Text = None
    stage: Text = None
    is_closed: Flag = None
    pipeline: Text = None
    owner: Text = None
    priority: Text = Field(default=None, alias="hs_ticket_priority")
    channel: Text = Field(default=None, alias="source_type")
    created: Text = Field(default=None, alias="created at")
    closed: Text = Field(default=None, alias="closed at")
    modified: Text = Field(default=None, alias="modified at")
    time_to_close: Text = None
    time_to_first_agent_reply: Text = None
    reason: Text = Field(default=None, alias="contact reason")
    contact: Person | None = None
    company: Text = None
    properties: dict[str, Any] | None = None


class Archived(Payload):
    id: Text = None
    deleted: Text = Field(default=None, alias="archived at")


class Merge(Payload):
    """One ticket another took over."""

    gone: Text = None
    survivor: Text = None


class Version(Payload):
    """One value a property of a ticket had, and since when."""

    id: Text = None
    ticket_id: Text = None
    property: Text = None
    value: Text = None
    is_closed: Flag = None
    since: Text = Field(default=None, alias="since at")
    source_type: Text = Field(default=None, alias="sourceType")
    actor: Text = None


class Rating(Payload):
    id: Text = None
    ticket_id: Text = None
    value: Text = Field(default=None, alias="rating value")
    rated: Text = Field(default=None, alias="rated at")


class Thread(Payload):
    """A conversation; `ticket` is the one it is associated with."""

    id: Text = None
    status: Text = None
    created: Text = Field(default=None, alias="createdAt")
    closed: Text = Field(default=None, alias="closedAt")
    latest: Text = Field(default=None, alias="latestMessageTimestamp")
    inbox: Text = Field(default=None, alias="inboxId")
    holder: Text = None
    spam: Flag = None
    archived: Flag = None
    ticket: Text = None
    contact: Person | None = None


class Message(Payload):
    """One thing in a conversation: who and when, not what."""

    id: Text = None
    thread: Text = None
    type: Text = None
    created: Text = Field(default=None, alias="createdAt")
    direction: Text = None
    status: Text = Field(default=None, alias="newStatus")
    holder: Text = None
    role: Text = None
    actor: Text = None
