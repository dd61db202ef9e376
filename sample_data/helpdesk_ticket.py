"""A helpdesk ticket as a list of acts: who did what when. Knows nothing of reasons, routes or file formats."""

from dataclasses import dataclass, field
from typing import Any

from sample_data.demand import Contact

RULE = "rule"
"""The author of everything the tool does by itself."""
MERGED_TAG = "closed_by_merge"
CLOSES_AFTER = 4 * 86_400
"""A solved ticket is closed by a rule after four days."""


@dataclass(eq=False)
class Act:
    """One moment in a ticket: changed fields as (field, old, new), and a comment: True public, False private."""

    at: int
    by: Any  # a Customer, an Agent or RULE
    changes: list[tuple[str, Any, Any]]
    comment: bool | None = None
    merged: tuple[str, Any] | None = None  # ("into" | "from", the other ticket)


@dataclass(eq=False)
class Ticket:
    """One ticket and its life. Fields are changed by acts only, so that the history explains the state."""

    contact: Contact
    priority: str
    acts: list[Act] = field(default_factory=list)
    now: dict[str, Any] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    kind: str = "question"
    pace: float = 1.0  # factor on all our work for this ticket
    problem: "Ticket | None" = None
    follow_up_of: "Ticket | None" = None
    rating: str = "unoffered"
    is_forgotten: bool = False
    deleted: bool = False
    bot_only = False  # the helpdesk has no bot

    def act(self, at: int, by: Any, comment: bool | None = None, **changes: Any) -> int:
        """Do something at a moment, never before what was done last; gives the moment it was done."""
        if self.acts and at <= self.acts[-1].at:
            at = self.acts[-1].at + 1
        changed = [(name, self.now.get(name), value) for name, value in changes.items() if self.now.get(name) != value]
        self.now.update(changes)
        self.acts.append(Act(at, by, changed, comment))
        return at

    def cut(self, ends_at: int) -> None:
        """Forget what would happen after the end of the data."""
        self.acts = [act for act in self.acts if act.at < ends_at]
        self.now = {}
        for act in self.acts:
            self.now.update({name: new for name, _, new in act.changes})
        if not self.was_merged and MERGED_TAG in self.tags:
            self.tags.remove(MERGED_TAG)

    @property
    def status(self) -> str:
        """The state after the last act."""
        return str(self.now.get("status"))

    @property
    def is_open(self) -> bool:
        """Whether the ticket still waits for an end."""
        return self.status not in ("solved", "closed", "deleted")

    @property
    def solves(self) -> list[int]:
        """The moments it was solved."""
        return [act.at for act in self.acts for name, _, new in act.changes if (name, new) == ("status", "solved")]

    @property
    def ended_at(self) -> int | None:
        """When the contact was over for the customer; nothing while it is open, merged or thrown away."""
        if self.is_open or self.deleted or not self.solves:
            return None
        return self.solves[-1]

    @property
    def was_merged(self) -> bool:
        """Whether this is a duplicate that went into another ticket."""
        return any(act.merged and act.merged[0] == "into" for act in self.acts)

    def took_over(self, other: "Ticket", at: int, by: Any) -> None:
        """Note the merge of a duplicate into this ticket, at its place in time."""
        self.acts.append(Act(at, by, [], comment=False, merged=("from", other)))
        self.acts.sort(key=lambda act: act.at)
