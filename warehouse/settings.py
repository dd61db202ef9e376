"""settings.toml of the data folder: what the numbers rest on that no export can say.

Report zone, opening hours and holidays, teams and vendors behind queues, promises, windows, rates, privacy. Everything has
a default or may be absent; an unknown key, a wrong value or two settings that contradict each other are refused in one
sentence. `settings.example.toml` shows every key. Durations are held as whole seconds, opening hours as seconds since
local midnight.
"""
import hashlib
import json
import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import holidays as holiday_library
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from warehouse.settings_values import Account, AtLeastOne, ByReason, Count, Domain, Flag, Host, Hours, Link, Money, Name, State, Targets, Zone

FILE = "settings.toml"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# Dimensions that follow from the model; `[dimensions]` may feed the others (language, brand, product, segment) and add more.
BUILT_IN = {"source", "channel", "queue", "team", "vendor", "tier", "priority", "reason", "reason_from", "reason_group", "owner",
            "handled_by", "agent", "week", "weekday", "hour"}
# and no dimension is called as an answer's own columns are: a group could not be told from its figure
RESERVED = BUILT_IN | {"value", "tickets", "excluded", "fidelity", "interval", "intervals", "parts", "total", "by_chance", "mean", "p10", "p25", "p50", "p75", "p90", "p95",
                       "ticket_id", "episode", "rule", "where"}


class SettingsProblem(Exception):
    """Settings that cannot be used: one sentence naming the file, the key and the value."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Holidays(_Table):
    """Days a schedule is closed: those of a country, plus `extra`, less `open`; `partial` gives a date hours of its own."""

    country: str | None = None
    subdivision: str | None = None
    extra: list[date] = []
    open: list[date] = []
    partial: dict[date, Hours] = {}

    @model_validator(mode="after")
    def _usable(self) -> "Holidays":
        if self.subdivision and not self.country:
            raise ValueError("has a subdivision but no country")
        self.of_country([])
        if twice := (set(self.extra) & set(self.open)) | (self.partial.keys() & {*self.extra, *self.open}):
            raise ValueError(f"names {min(twice)} in more than one of extra, open and partial")
        return self

    def of_country(self, years: list[int]) -> set[date]:
        """The public holidays of the country and subdivision in these years, before `extra`, `open` and `partial`."""
        if not self.country:
            return set()
        try:
            return set(holiday_library.country_holidays(self.country, subdiv=self.subdivision, years=years))
        except NotImplementedError:
            where = f"{self.country}, {self.subdivision}" if self.subdivision else self.country
            raise ValueError(f"has a country without known holidays: {where}; codes are ISO 3166: GB, ENG") from None


class Schedule(_Table):
    """Opening hours on the wall clock of one zone: per weekday a list of (start, end) in seconds since local midnight."""

    zone: Zone
    mon: Hours = []
    tue: Hours = []
    wed: Hours = []
    thu: Hours = []
    fri: Hours = []
    sat: Hours = []
    sun: Hours = []
    holidays: Holidays = Holidays()

    @model_validator(mode="after")
    def _ever_open(self) -> "Schedule":
        if not any(getattr(self, weekday) for weekday in WEEKDAYS):
            raise ValueError("is never open: give at least one of mon .. sun hours")
        return self


class Queue(_Table):
    """Who stands behind a queue. `vendor` None = in house; `schedule` None = the default schedule."""

    team: Name | None = None
    tier: Count | None = None
    vendor: Name | None = None
    schedule: Name | None = None


class Source(_Table):
    """What a tool's data cannot say about itself, and where it is pulled from. `threads_are_reused` None = as its connector says.

    `connector` None = the source's own name; `account` is a login where the tool wants one; `options` are the connector's.
    Secrets are never here: they come from the environment or from secrets.toml.
    """

    connector: Name | None = None
    host: Host | None = None
    account: Name | None = None
    options: dict[Name, bool | int | str | list[str | int]] = {}
    threads_are_reused: Flag | None = None
    url_template: Link | None = None
    bots: list[Name] = []
    test_customers: list[Domain] = []


class Work(_Table):
    """Seconds of work allowed per action where a tool records no working time."""

    seconds_per_reply: Count = 300
    seconds_per_note: Count = 120


class Rates(_Table):
    """`hourly`: money per handling hour in house; `vendors`: price per contact by vendor; all in one `currency`."""

    hourly: Money | None = None
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    vendors: dict[Name, Money] = {}

    @model_validator(mode="after")
    def _in_a_currency(self) -> "Rates":
        if self.currency is None and (self.hourly is not None or self.vendors):
            raise ValueError("has prices but no currency")
        return self


class Sla(_Table):
    """A promise, in force from `valid_from` until one like it follows: seconds per priority ("*" = any other, or none), and of a
    reason of its own in `reasons`, for all its priorities or per priority.

    The more specific target holds: that of reason and priority, then that of the reason, then that of the priority, then "*".
    """

    metric: Literal["first_response", "next_response", "resolution"]
    clock: Literal["calendar", "business"]
    targets: Targets | None = None
    reasons: ByReason = {}
    valid_from: date | None = None
    pausing: list[State] = []

    @model_validator(mode="before")
    @classmethod
    def _business_days_are_hours(cls, given: object) -> object:
        # a day of business time is not 24 hours, and not the same in every schedule
        if isinstance(given, dict) and given.get("clock") == "business":
            reasons = given.get("reasons") if isinstance(given.get("reasons"), dict) else {}
            for targets in (given.get("targets"), reasons, *reasons.values()):
                for name, target in targets.items() if isinstance(targets, dict) else ():
                    if isinstance(target, str) and target[-1:] in ("d", "w"):
                        raise ValueError(f"promises {target!r} for {name!r} on the business clock; write it in hours")
        return given

    @model_validator(mode="after")
    def _promises_something(self) -> "Sla":
        if not self.targets and not self.reasons:
            raise ValueError('promises nothing: give targets = { "*" = "8h" }, per priority, or reasons')
        return self

    def rows(self) -> list[tuple[str, str, int]]:
        """Reason, priority (each "*" = any; in small letters) and seconds of every target."""
        told = {"*": self.targets or {}, **self.reasons}
        return [(reason.lower(), priority.lower(), seconds) for reason, targets in told.items() for priority, seconds in targets.items()]


class Privacy(_Table):
    """What may be shown and kept; `landing_days` None = raw rows are kept until forgotten."""

    show_agents: Flag = False
    show_customers: Flag = False
    keep_text: Flag = False
    landing_days: AtLeastOne | None = None


class Access(_Table):
    """Who may see what, by the groups their login tells in `claim`; `queues` names the queues of each group of leads."""

    claim: Name = "groups"
    roles: dict[Literal["leader", "lead", "analyst"], list[Name]] = {}
    queues: dict[Name, list[Name]] = {}


class Settings(_Table):
    """All of settings.toml. Keys of `queues` are "source:queue name"."""

    report_zone: Zone = "UTC"
    default_schedule: str | None = None
    schedules: dict[Name, Schedule] = {}
    queues: dict[str, Queue] = {}
    sources: dict[Account, Source] = {}
    reopen_window_days: AtLeastOne = 7
    repeat_window_days: AtLeastOne = 7
    work: Work = Work()
    rates: Rates = Rates()
    sla: dict[Name, Sla] = {}
    privacy: Privacy = Privacy()
    access: Access = Access()
    dimensions: dict[str, Name] = {}

    @model_validator(mode="after")
    def _of_one_piece(self) -> "Settings":
        if self.default_schedule is not None and self.default_schedule not in self.schedules:
            raise ValueError(f"default_schedule = {self.default_schedule!r} is not one of the schedules")
        for key, queue in self.queues.items():
            if not re.fullmatch(r"[^:]+:.+", key):
                raise ValueError(f'queues."{key}" is not named "source:queue name"')
            if queue.schedule is not None and queue.schedule not in self.schedules:
                raise ValueError(f'queues."{key}".schedule = {queue.schedule!r} is not one of the schedules')
        for name in self.dimensions:
            if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or name in RESERVED:
                raise ValueError(f"dimensions.{name} is built in, or not a name of small letters, digits and _")
        in_force: dict[tuple, str] = {}
        for name, sla in self.sla.items():
            same = in_force.setdefault((sla.metric, sla.valid_from), name)
            if same != name:
                raise ValueError(f"sla.{name} and sla.{same} promise {sla.metric} from the same date")
        return self

    @classmethod
    def read(cls, folder: str | Path) -> "Settings":
        """The settings of a data folder, the defaults where it has no settings.toml. Raises SettingsProblem."""
        file = Path(folder) / FILE
        try:
            return cls.model_validate(tomllib.loads(file.read_bytes().decode("utf-8-sig")))
        except FileNotFoundError:
            return cls()
        except OSError as problem:
            raise SettingsProblem(f"{FILE} cannot be read: {problem.strerror}") from None
        except UnicodeDecodeError:
            raise SettingsProblem(f"{FILE} is not text in UTF-8") from None
        except tomllib.TOMLDecodeError as problem:
            raise SettingsProblem(f"{FILE} is not valid TOML: {problem}") from None
        except ValidationError as problem:
            raise SettingsProblem(_sentence(problem)) from None

    def queue(self, source: str, name: str) -> Queue:
        """Team, tier, vendor and schedule of a source's queue; one not listed has the default schedule and nothing else."""
        queue = self.queues.get(f"{source}:{name}", Queue())
        return queue if queue.schedule else queue.model_copy(update={"schedule": self.default_schedule})

    def source(self, name: str) -> Source:
        """What is set for a source; the defaults where it is not listed."""
        return self.sources.get(name, Source())

    def fingerprint(self) -> str:
        """Twelve hex digits that change when a setting changes that derived numbers rest on (not: links, what is shown)."""
        shown_only = {
            "access": True,
            "privacy": {"show_agents", "show_customers", "landing_days"},
            "sources": {"__all__": {"url_template", "connector", "host", "account", "options"}},
        }
        content = self.model_dump(mode="json", exclude=shown_only)
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]


def _sentence(problem: ValidationError) -> str:
    """The first fault in one sentence: file, key, value, what is wrong with it."""
    fault, others = problem.errors()[0], problem.error_count() - 1
    more = f" (and {others} more)" if others else ""
    key = ".".join(str(part) for part in fault["loc"] if isinstance(part, str) and part != "[key]")
    said = fault["msg"].removeprefix("Value error, ")
    plain = {"extra_forbidden": "is not a setting", "missing": "is missing", "value_error": said}
    said = plain.get(fault["type"], f"is refused: {said[0].lower()}{said[1:]}")
    # a whole table is no value to show: what is said of it names the key and value meant
    shown = "" if isinstance(fault["input"], dict) else f" = {fault['input']!r}"
    return f"{FILE}: {key}{shown} {said}{more}" if key else f"{FILE}: {said}{more}"
