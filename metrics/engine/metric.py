"""What a metric is, and the catalog of them: every file of a family folder that holds a METRIC."""
from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from warehouse.derive import Derivation

FAMILIES = ("speed", "consistency", "flow", "demand", "promise", "team")
Kind = Literal["duration", "count", "share", "stock", "volume", "spread", "ratio", "net"]
Grain = Literal["episode", "stay", "turn", "target", "stock", "flow", "act"]


@dataclass(frozen=True)
class Example:
    """A sentence, what happened, and the value each ticket must have.

    events: one line each, `T1 09:00 kind [value] [by actor]`; `+2d` before the time moves the day; see `engine.example`.
    gives: ticket (or "T1#2" for its second contact) -> value, or the name of the rule that leaves it out.
    tickets: what the ticket's own columns say, ticket -> column -> value.
    """

    says: str
    events: str
    gives: dict[str, Any]
    tickets: dict[str, dict[str, Any]] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    settings: str = ""
    fidelity: dict[str, str] | None = None    # stream -> fidelity; all streams told by events unless said


@dataclass(frozen=True)
class Planted:
    """A sentence, a small world with a truth planted in it, and what an analysis must find there.

    events, tickets: as in Example, or a function that writes them where a world is too large to write down; `crm:T7` is a
    ticket of a second tool. decisions, reasons, measures: rows of those tables. scope: what is asked (fields of Scope).
    finds: for each of these some row of the answer has these columns; a number must agree within 1e-6, a pair of numbers is
    a range. never: no row has these. rows: how many rows in all.
    """

    says: str
    events: str | Callable[[], str]
    finds: tuple[dict[str, Any], ...] = ()
    never: tuple[dict[str, Any], ...] = ()
    rows: int | None = None
    tickets: dict[str, dict[str, Any]] | Callable[[], dict[str, dict[str, Any]]] = field(default_factory=dict)
    scope: dict[str, Any] = field(default_factory=dict)
    settings: str = ""
    fidelity: dict[str, str] | None = None
    decisions: tuple[dict[str, Any], ...] = ()
    reasons: tuple[dict[str, Any], ...] = ()
    measures: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Option:
    """One choice a question may make; `choices` None means any whole number above zero.

    from_settings: gives the default out of settings.toml, as the snapshot keeps it; None = not set.
    from_data: a query whose one value is the default; `default` says in words what it decides by.
    """

    default: Any
    meaning: str
    choices: tuple[Any, ...] | None = None
    from_settings: Callable[[dict[str, Any]], Any] | None = None
    from_data: str | None = None


@dataclass(frozen=True)
class Metric:
    """A number: where it comes from row by row, who is in it, who is left out and why.

    value: portable SQL over one row of the grain's table (ticket_facts, stays ...) with `{option}` places, and over `r.name`
    where `rows` (a query giving ticket_no, episode and figures; stay_no too where the grain is a stay) is given. excluded:
    rule -> condition, the first that holds names the rule; rows with a rule have no value. population: condition of
    belonging at all. kept: False where the value is made when asked, out of what other columns hold.

    weight: a share counts each row so often. distinct: a volume counts these once. parts: name -> condition; a row with a
    value (of a share: a value of 1) belongs to the first that holds, so that the parts of a share add up to the numerator. whole: dimensions that split the
    numerator only. per: what a ratio is divided by, see `engine.ratio`. chance: the value each row would have by chance alone.
    """

    label: str
    unit: str
    kind: Kind
    better: Literal["lower", "higher", "neither"]
    dated_by: Literal["arrived", "ended", "lived", "as_of"]
    value: str
    examples: tuple[Example, ...]
    excluded: dict[str, str] = field(default_factory=dict)
    population: str = "true"
    rows: str | None = None
    grain: Grain = "episode"
    fidelity: str = "'events'"
    aggregate: str | None = None
    min_tickets: int = 1
    options: dict[str, Option] = field(default_factory=dict)
    dialects: str = ""
    replaces: str | None = None
    kept: bool = True
    weight: str | None = None
    distinct: str | None = None
    parts: dict[str, str] = field(default_factory=dict)
    whole: tuple[str, ...] = ()
    per: str | None = None
    chance: str | None = None
    name: str = ""
    family: str = ""
    definition: str = ""

    @property
    def tooltip(self) -> str:
        return self.definition.strip().splitlines()[0]

    @property
    def headline(self) -> float:
        """The quantile that a duration's value is: the median, unless `aggregate` says another."""
        return float(re.findall(r"@quantile\(v, ([0-9.]+)\)", self.aggregate or "@quantile(v, 0.5)")[0])

    @property
    def is_stored(self) -> bool:
        """Has a column of ticket_facts: one value per contact that depends on nothing but the contact, options at their defaults."""
        return (self.grain == "episode" and self.kept and (self.rows is not None or not self.options)
                and "{as_of}" not in self.value + (self.rows or "") and not self.aggregate_only)

    @property
    def defaults(self) -> dict[str, Any]:
        return {name: option.default for name, option in self.options.items()}

    @property
    def aggregate_only(self) -> bool:
        """Reads another metric's column and only sums it up differently."""
        return self.rows is None and self.value.isidentifier()


@dataclass(frozen=True)
class Analysis:
    """A question whose answer is a table."""

    name: str
    question: str
    ask: Callable[..., Any]
    columns: dict[str, str]
    options: dict[str, Option]
    examples: tuple[Planted, ...]
    splits: tuple[str, ...] = ()   # by, week: what it gives rows of their own for
    has_moment: bool = True        # answers as of a moment; others know contacts of a period only


@cache
def catalog() -> dict[str, Metric]:
    """Every metric by name; name = file name, family = folder, definition = docstring."""
    found = {}
    for family in FAMILIES:
        package = importlib.import_module(f"metrics.{family}")
        for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda i: i.name):
            module = importlib.import_module(f"metrics.{family}.{info.name}")
            given: Metric = module.METRIC
            found[info.name] = Metric(**{**given.__dict__, "name": info.name, "family": family, "definition": inspect.cleandoc(module.__doc__ or "")})
    return found


@cache
def analyses() -> dict[str, Analysis]:
    """Every analysis by name: a file of metrics/analyses with `ask`, COLUMNS, OPTIONS and EXAMPLES."""
    package = importlib.import_module("metrics.analyses")
    found = {}
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda i: i.name):
        module = importlib.import_module(f"metrics.analyses.{info.name}")
        found[info.name] = Analysis(info.name, inspect.cleandoc(module.__doc__ or ""), module.ask, module.COLUMNS, module.OPTIONS, module.EXAMPLES,
                                    getattr(module, "SPLITS", ()), getattr(module, "HAS_MOMENT", True))
    return found


def derivations() -> list[Derivation]:
    """The columns the catalog wants in ticket_facts."""
    return [Derivation(m.name, filled(m.value, m.defaults), filled(m.rows, m.defaults) if m.rows else None) for m in catalog().values() if m.is_stored]


def filled(sql: str, places: dict[str, Any]) -> str:
    """Options and the as-of put into a metric's own SQL; both are checked values, never text from outside."""
    return re.sub(r"\{(\w+)\}", lambda m: "null" if places[m.group(1)] is None else str(places[m.group(1)]), sql)


