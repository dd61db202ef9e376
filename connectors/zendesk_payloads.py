"""What rows of Zendesk's API hold, as far as it is used."""
from __future__ import annotations

from typing import Any

from pydantic import Field

from connectors.payload import Flag, Payload, Text


class End(Payload):
    ticket_id: Text = None


class Origin(Payload):
    rel: Text = None
    origin: End | None = Field(default=None, alias="from")
    to: End | None = None


class Via(Payload):
    channel: Text = None
    source: Origin | None = None


class Minutes(Payload):
    calendar: Text = None
    business: Text = None


class MetricSet(Payload):
    assignee_stations: Text = None
    group_stations: Text = None
    reopens: Text = None
    replies: Text = None
    solved_at: Text = None
    reply_time_in_minutes: Minutes | None = None
    full_resolution_time_in_minutes: Minutes | None = None


class Person(Payload):
    id: Text = None
    email: Text = None
    phone: Text = None
    external_id: Text = None
    locale: Text = None


class Named(Payload):
    id: Text = None
    name: Text = None


class Score(Payload):
    score: Text = None


class Ticket(Payload):
    """A ticket of the incremental export, with what is sideloaded put into it."""

    id: Text = None
    url: Text = None
    status: Text = None
    custom_status_id: Text = None
    priority: Text = None
    subject: Text = None
    requester_id: Text = None
    submitter_id: Text = None
    submitter_is_staff: Flag = None
    assignee_id: Text = None
    group_id: Text = None
    organization_id: Text = None
    brand_id: Text = None
    problem_id: Text = None
    tags: list[str] | None = None
    via: Via | None = None
    custom_fields: dict[str, Any] | None = None
    satisfaction_rating: Score | None = None
    metric_set: MetricSet | None = None
    requester: Person | None = None
    group: Named | None = None
    created_at: Text = None
    updated_at: Text = None
    deleted_at: Text = None
    contact_reason: Text = Field(default=None, alias="contact reason")


class Audit(Payload):
    """Everything that happened to a ticket at once."""

    id: Text = None
    ticket_id: Text = None
    created_at: Text = None
    author_id: Text = None
    via: Via | None = None
    events: list[dict[str, Any]] | None = None


class User(Payload):
    id: Text = None
    name: Text = None
    email: Text = None
    role: Text = None
    organization_id: Text = None
    active: Flag = None


class Organization(Payload):
    id: Text = None
    name: Text = None
    domain_names: list[str] | None = None
    shared_tickets: Flag = None


class MetricEvent(Payload):
    id: Text = None
    ticket_id: Text = None
    metric: Text = None
    instance_id: Text = None
    type: Text = None
    time: Text = None
    deleted: Flag = None


class Rating(Payload):
    id: Text = None
    ticket_id: Text = None
    requester_id: Text = None
    assignee_id: Text = None
    score: Text = None
    created_at: Text = None
    updated_at: Text = None
