"""What rows of Chatwoot's API hold, as far as it is used."""
from __future__ import annotations

from typing import Any

from pydantic import Field

from connectors.payload import Flag, Payload, Text


class Agent(Payload):
    id: Text = None
    name: Text = None
    role: Text = None


class Team(Payload):
    id: Text = None
    name: Text = None
    allow_auto_assign: Flag = None


class Sender(Payload):
    id: Text = None
    email: Text = None
    phone_number: Text = None
    identifier: Text = None


class Conversation(Payload):
    """A conversation as it stands, with its contact's keys."""

    id: Text = None
    url: Text = None
    status: Text = None
    priority: Text = None
    channel: Text = None
    inbox_id: Text = None
    assignee: Text = None
    team: Text = None
    created_at: Text = None
    updated_at: Text = None
    last_activity_at: Text = None
    first_reply_created_at: Text = None
    sender: Sender | None = None
    labels: list[str] | None = None
    custom_attributes: dict[str, Any] | None = None
    reason: Text = Field(default=None, alias="contact reason")


class Deleted(Payload):
    id: Text = None
    deleted_at: Text = None


class Message(Payload):
    """A message without its words, or what an activity sentence says."""

    id: Text = None
    message_id: Text = None
    conversation_id: Text = None
    created_at: Text = None
    message_type: Text = None
    is_private: Flag = None
    role: Text = None
    actor: Text = None
    did: Text = None
    agent: Text = None
    team: Text = None


class BareMessage(Message):
    """A message of an account whose sentences are not read."""

    is_bare: Flag = None


class Snapshot(Payload):
    id: Text = None
    conversation_id: Text = None
    updated_at: Text = None
    status: Text = None
    assignee: Text = None
    team: Text = None
    priority: Text = None


class Report(Payload):
    id: Text = None
    conversation_id: Text = None
    name: Text = None
    value: Text = None
    event_end_time: Text = None


class Rating(Payload):
    id: Text = None
    conversation_id: Text = None
    rating: Text = None
    created_at: Text = None


class Sla(Payload):
    id: Text = None
    conversation_id: Text = None
    sla_status: Text = None
    sla_updated_at: Text = None
