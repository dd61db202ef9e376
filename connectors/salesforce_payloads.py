"""What rows of Salesforce's API hold, as far as it is used."""
from __future__ import annotations

from typing import Any

from pydantic import Field

from connectors.payload import Flag, Payload, Text


class Named(Payload):
    id: Text = Field(default=None, alias="Id")
    name: Text = Field(default=None, alias="Name")


class Queue(Named):
    type: Text = Field(default=None, alias="Type")


class User(Named):
    type: Text = Field(default=None, alias="UserType")
    is_bot: Flag = None


class Status(Payload):
    name: Text = Field(default=None, alias="ApiName")
    is_closed: Flag = Field(default=None, alias="IsClosed")


class Hours(Named):
    """Business hours; a start and an end for each day come beside."""

    zone: Text = Field(default=None, alias="TimeZoneSidKey")


class AccountRow(Named):
    """An account; value, plan and renewal from the fields that settings name."""

    industry: Text = Field(default=None, alias="Industry")
    modified: Text = Field(default=None, alias="SystemModstamp")
    value: Text = None
    plan: Text = None
    renewal: Text = None


class Person(Payload):
    id: Text = Field(default=None, alias="Id")
    email: Text = Field(default=None, alias="Email")
    phone: Text = Field(default=None, alias="Phone")


class Case(Payload):
    """A case as it stands, with its contact's keys."""

    id: Text = Field(default=None, alias="Id")
    number: Text = Field(default=None, alias="CaseNumber")
    url: Text = None
    subject: Text = Field(default=None, alias="Subject")
    status: Text = Field(default=None, alias="Status")
    is_closed: Flag = Field(default=None, alias="IsClosed")
    is_deleted: Flag = Field(default=None, alias="IsDeleted")
    priority: Text = Field(default=None, alias="Priority")
    origin: Text = Field(default=None, alias="Origin")
    owner: Text = Field(default=None, alias="OwnerId")
    contact: Text = Field(default=None, alias="ContactId")
    account: Text = Field(default=None, alias="AccountId")
    parent: Text = None
    merged_into: Text = None
    email: Text = None
    phone: Text = None
    created: Text = Field(default=None, alias="CreatedDate")
    closed: Text = Field(default=None, alias="ClosedDate")
    modified: Text = Field(default=None, alias="SystemModstamp")
    reason: Text = Field(default=None, alias="contact reason")
    csat: Text = None
    fields: dict[str, Any] | None = None


class Change(Payload):
    """A row of the case history; `role` says who made it, `first_owner` and `first_status` what a new case began with."""

    id: Text = Field(default=None, alias="Id")
    case: Text = Field(default=None, alias="CaseNumber")
    field: Text = Field(default=None, alias="Field")
    old: Text = Field(default=None, alias="OldValue")
    new: Text = Field(default=None, alias="NewValue")
    created: Text = Field(default=None, alias="CreatedDate")
    creator: Text = Field(default=None, alias="CreatedById")
    role: Text = None
    new_is_closed: Flag = None
    first_owner: Text = None
    first_status: Text = None
    first_is_closed: Flag = None


class Word(Payload):
    """An e-mail or a comment: who and when, not what."""

    id: Text = Field(default=None, alias="Id")
    case: Text = Field(default=None, alias="CaseNumber")
    said_at: Text = None
    kind: Text = Field(default=None, alias="message kind")
    author: Text = None
    role: Text = None


class Milestone(Payload):
    """A promise of a case: what became of it, and what was promised."""

    id: Text = Field(default=None, alias="Id")
    case: Text = Field(default=None, alias="CaseNumber")
    is_violated: Flag = Field(default=None, alias="IsViolated")
    is_completed: Flag = Field(default=None, alias="IsCompleted")
    modified: Text = Field(default=None, alias="SystemModstamp")
    milestone: Text = None
    process: Text = None
    priority: Text = None
    start: Text = Field(default=None, alias="StartDate")
    target: Text = Field(default=None, alias="TargetDate")
    minutes: Text = Field(default=None, alias="TargetResponseInMins")
    stopped: Text = Field(default=None, alias="StoppedTimeInMins")
    hours: Text = Field(default=None, alias="BusinessHoursId")
