"""The mapping file: how the columns of any export become tickets and events, without code.

A mapping names the account (`source`), says how times are written, and holds one `[[file]]` block per kind of file.
Each block has a grain (what a row is), a column for each target it can fill, own dimensions, and columns of times that
are events of their own. `docs/model.md` names the targets; `read_mapping` checks everything and names what is wrong.
"""
from __future__ import annotations

import fnmatch
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from connectors.timewords import EXCEL
from connectors.zones import iana
from warehouse.model import ACTOR_KINDS, CAUSES, EVENT_KINDS, STATES
from warehouse.settings import RESERVED
from warehouse.settings_values import Account

Grain = Literal["ticket", "event", "snapshot", "measure", "agent", "queue", "company", "link"]

TIMES = ("updated_at", "created_at", "first_response_at", "resolved_at", "closed_at", "deleted_at", "occurred_at")
NUMBERS = ("recorded_handoffs", "recorded_reopens", "csat", "sequence", "value", "tier", "value_per_year")
DURATIONS = ("recorded_first_response", "recorded_resolution")
FLAGS = ("is_proactive", "is_spam", "recorded_sla_met", "is_bot", "is_shared")
DATES = ("on", "renewal", "valid_from", "valid_to")
IDENTITIES = ("customer", "email", "phone", "external_id", "company")
TICKET_TARGETS = (
    "ticket_id", "updated_at", "created_at", "first_response_at", "resolved_at", "closed_at", "deleted_at", "merged_into",
    "parent", "url", "subject", "kind_of_ticket", "channel", "priority", "reason", "tags", "csat", "is_proactive",
    "is_spam", "recorded_handoffs", "recorded_reopens", "recorded_first_response", "recorded_resolution",
    "recorded_sla_met", *IDENTITIES,
)
HISTORY_TARGETS = ("occurred_at", "sequence", "actor", "actor_kind", "actor_queue", "cause")
TARGETS: dict[str, tuple[str, ...]] = {
    "ticket": (*TICKET_TARGETS, "state", "queue", "assignee"),
    "snapshot": (*TICKET_TARGETS, "state", "queue", "assignee", *HISTORY_TARGETS),
    "event": (*TICKET_TARGETS, *HISTORY_TARGETS, "event_id", "kind", "from", "to"),
    "measure": ("name", "value", "on"),
    "agent": ("id", "name", "is_bot", "is_shared", "team", "vendor", "site", "role", "valid_from", "valid_to"),
    "queue": ("id", "name", "team", "tier", "vendor", "schedule"),
    "company": ("id", "name", "value_per_year", "plan", "segment", "renewal", "valid_from", "valid_to"),
    "link": ("ticket_id", "other", "kind"),
}
REQUIRED = {
    "ticket": ("ticket_id",), "snapshot": ("ticket_id", "occurred_at"), "event": ("ticket_id", "occurred_at", "kind"),
    "measure": ("name", "value", "on"), "agent": ("id",), "queue": ("id",), "company": ("id",),
    "link": ("ticket_id", "other", "kind"),
}
CLOSED_VALUES = {"state": STATES, "kind": EVENT_KINDS, "actor_kind": ACTOR_KINDS, "cause": CAUSES}


class MappingProblem(Exception):
    """The mapping cannot be used; the message says which key and why."""


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        meant = iana(name)
        raise ValueError(f"'{name}' is no time zone; " + (f"write '{meant}'" if meant else "write its IANA name, like Europe/Lisbon, or UTC"))
    return name


Zone = Annotated[str, AfterValidator(_known_zone)]


def _known_format(text: str) -> str:
    if ("%" not in text and text not in ("iso", "epoch", "epoch_ms", EXCEL)) or "%" in re.sub(r"%(-[dmHIMSjy]|[aAbBcdfgGHIjmMnpSuUVwWxXyYzZ%])", "", text):
        raise ValueError(f"'{text}' is no format of times; write one like %d.%m.%Y %H:%M, iso, epoch or epoch_ms")
    return text


Format = Annotated[str, AfterValidator(_known_format)]


class Part(BaseModel):
    """Where the value of a target comes from."""

    model_config = ConfigDict(extra="forbid")
    column: str | None = None
    columns: list[str] | None = None            # joined by `join`, all of them needed: a date and a time apart
    join: str = " "
    constant: str | bool | int | float | None = None
    values: dict[str, str] | None = None        # raw value -> value
    other: str | None = None                    # for raw values that `values` does not name
    null_values: list[str] | None = None        # placeholders of this column, besides the mapping's
    only: list[str] | None = None               # only for rows of these event kinds
    equals: str | None = None                   # compare with another target, see `then`
    then: str | None = None
    otherwise: str | None = Field(default=None, alias="else")
    unit: Literal["seconds", "minutes", "hours", "days", "milliseconds"] = "seconds"
    formats: list[Format] | None = None         # of this column, instead of the mapping's datetime_formats

    @model_validator(mode="after")
    def one_origin(self) -> Part:
        origins = [self.column is not None, self.columns is not None, self.constant is not None]
        if sum(origins) != 1:
            raise ValueError("needs exactly one of column, columns, constant")
        for kind in self.only or ():
            if kind not in EVENT_KINDS:
                raise ValueError(f"only: '{kind}' is no event kind; one of {', '.join(EVENT_KINDS)}")
        if self.equals is not None and (self.then is None or self.otherwise is None):
            raise ValueError("equals needs then and else")
        return self

    @property
    def names(self) -> list[str]:
        """The columns it reads."""
        return [self.column] if self.column else list(self.columns or [])


class EventColumn(Part):
    """A column of times that is an event of its own ("Date entered Closed" -> resolved)."""

    kind: str
    to: Part | None = None
    actor: Part | None = None
    actor_kind: str | None = None
    cause: str | None = None

    @field_validator("to", "actor", mode="before")
    @classmethod
    def short(cls, value: Any) -> Any:
        return {"column": value} if isinstance(value, str) else value

    @field_validator("kind")
    @classmethod
    def known_kind(cls, value: str) -> str:
        if value not in EVENT_KINDS:
            raise ValueError(f"'{value}' is no event kind; one of {', '.join(EVENT_KINDS)}")
        return value

    @model_validator(mode="after")
    def closed_values(self) -> EventColumn:
        if self.kind in ("assigned", "queued") and self.to is None:
            raise ValueError(f"a column of kind {self.kind} needs to: where it went")
        for name, allowed in (("actor_kind", ACTOR_KINDS), ("cause", CAUSES)):
            if getattr(self, name) is not None and getattr(self, name) not in allowed:
                raise ValueError(f"{name}: '{getattr(self, name)}' is not one of {', '.join(allowed)}")
        return self


class FileBlock(BaseModel):
    """How one kind of file is read."""

    model_config = ConfigDict(extra="forbid")
    match: str
    grain: Grain
    columns: dict[str, Part] = Field(default_factory=dict)
    dimensions: dict[str, Part] = Field(default_factory=dict)
    event_columns: list[EventColumn] = Field(default_factory=list)
    timezone: Zone | None = None

    @field_validator("columns", "dimensions", mode="before")
    @classmethod
    def short(cls, value: Any) -> Any:
        """`target = "column"` is short for `target = {column = "column"}`."""
        return {k: {"column": v} if isinstance(v, str) else v for k, v in value.items()} if isinstance(value, dict) else value

    @model_validator(mode="after")
    def targets_exist(self) -> FileBlock:
        known = TARGETS[self.grain]
        for target, part in self.columns.items():
            if target not in known:
                raise ValueError(f"'{target}' is no target of grain {self.grain}; it knows {', '.join(known)}")
            allowed = CLOSED_VALUES.get(target)
            if allowed and self.grain != "link":
                given = [*(part.values or {}).values(), part.other, part.then, part.otherwise, part.constant]
                for value in given:
                    if value is not None and value not in allowed:
                        raise ValueError(f"{target}: '{value}' is not one of {', '.join(allowed)}")
            if part.equals is not None and part.equals not in TICKET_TARGETS:
                raise ValueError(f"{target}: equals compares with a target of the ticket, '{part.equals}' is none")
            if part.equals is not None and self.grain == "ticket" and part.equals not in self.columns:
                raise ValueError(f"{target}: equals compares with {part.equals}, which this block does not map; add it to its columns")
            if part.only is not None and (self.grain != "event" or target == "kind"):
                raise ValueError(f"{target}: only names kinds of events, so it belongs to other targets of grain event")
            if part.constant is not None and target in (*TIMES, *DURATIONS, *DATES):
                raise ValueError(f"{target}: a time is read from a column, not given as a constant")
        for name in self.dimensions:
            if name in RESERVED or not name.strip():
                raise ValueError(f"dimensions.{name}: " + (f"'{name}' is built in; give it another name" + (f", or map it under columns as {name}" if name in known else "")
                                                           if name.strip() else "a dimension needs a name"))
        missing = [t for t in REQUIRED[self.grain] if t not in self.columns]
        if missing:
            raise ValueError(f"grain {self.grain} needs {', '.join(missing)}")
        if self.event_columns and self.grain != "ticket":
            raise ValueError("event_columns belong to grain ticket")
        return self

    def event_kinds(self) -> set[str]:
        """Event kinds this block can bring: what it says of changes, and so its coverage."""
        if self.grain == "snapshot":
            kinds = {"state_changed"} if "state" in self.columns else set()
            return kinds | ({"queued"} if "queue" in self.columns else set()) | ({"assigned"} if "assignee" in self.columns else set())
        kinds = {column.kind for column in self.event_columns}
        part = self.columns.get("kind")
        if self.grain == "event" and part is not None:
            named = {*(part.values or {}).values(), part.other, part.then, part.otherwise, part.constant} - {None}
            kinds |= named or set(EVENT_KINDS)
        return kinds


class Mapping(BaseModel):
    """A whole mapping file."""

    model_config = ConfigDict(extra="forbid")
    source: Account
    timezone: Zone | None = None                 # of times without an offset
    datetime_formats: list[Format] | None = None   # tried in order
    null_values: list[str] = Field(default_factory=list)
    bots: list[str] = Field(default_factory=list)
    threads_are_reused: bool | None = None
    url_template: str | None = None
    file: list[FileBlock]

    def block_for(self, name: str) -> FileBlock | None:
        """The block a file name belongs to; several are an error, none is None."""
        found = [b for b in self.file if fnmatch.fnmatch(Path(name).name.lower(), b.match.lower()) or fnmatch.fnmatch(name.lower(), b.match.lower())]
        if len(found) > 1:
            raise MappingProblem(f"{name} matches {len(found)} [[file]] blocks ({', '.join(b.match for b in found)}); make the patterns exclusive")
        return found[0] if found else None


def parse_mapping(data: dict[str, Any], origin: str) -> Mapping:
    """Check a mapping held as a dict.

    Raises: MappingProblem with one line per fault, each naming its key.
    """
    try:
        return Mapping.model_validate(data)
    except ValidationError as error:
        lines = []
        for fault in error.errors():
            place = ".".join(str(p + 1) if isinstance(p, int) else p for p in fault["loc"])
            if fault["type"] == "model_type":
                lines.append(f"{origin}: {place}: write a column's name in quotes, or a table like {{ column = \"Name\" }}")
            elif fault["type"] == "extra_forbidden":
                lines.append(f"{origin}: unknown key '{place}'")
            else:
                lines.append(f"{origin}: {place or 'mapping'}: {fault['msg'].removeprefix('Value error, ')}")
        raise MappingProblem("; ".join(lines)) from None


def read_mapping(path: Path) -> Mapping:
    """Read and check a mapping file (TOML)."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise MappingProblem(f"{path}: no such mapping file") from None
    except OSError as error:
        raise MappingProblem(f"{path} cannot be read as a mapping file: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MappingProblem(f"{path}: not readable as TOML: {error}") from None
    return parse_mapping(data, path.name)
