"""A small desk for page tests: 18 weeks of events of three queues, written as a file and loaded through the real door.

Billing sends every fourth of its contacts to Risk, which sends it back; Web takes longest; the newest contacts are open.
"""

from __future__ import annotations

import csv
import random
from datetime import datetime, timedelta
from pathlib import Path

from conftest import load

FIRST = datetime(2026, 5, 4, 8)  # a Monday
WEEKS, A_WEEK = 18, 45
MAPPING = """
source = "desk"
timezone = "Europe/Berlin"
url_template = "https://desk.example/tickets/{id}"
[[file]]
match = "desk*.csv"
grain = "event"
[file.columns]
ticket_id = "Ticket"
occurred_at = "At"
kind = "Event"
to = "To"
actor = "Actor"
actor_kind = "Actor kind"
customer = "Customer"
channel = "Channel"
reason = "Reason"
priority = "Priority"
subject = "Subject"
[file.dimensions]
shop = "Shop"
"""
SETTINGS = 'report_zone = "Europe/Berlin"\n'
HEAD = ("Ticket", "At", "Event", "To", "Actor", "Actor kind", "Customer", "Channel", "Reason", "Priority", "Subject", "Shop")


def rows(weeks: int = WEEKS, loops: range = range(WEEKS), a_week: int = A_WEEK, loop_hours: int = 6) -> list[tuple]:
    """One row per thing that happened, in order; in the weeks of `loops` Billing sends contacts to Risk and back, which takes `loop_hours`."""
    found = []
    for week in range(weeks):
        for place in range(a_week):
            number = week * a_week + place
            chance = random.Random(f"desk {number}")   # its own, so that a longer export tells the same of the weeks before
            began = FIRST + timedelta(weeks=week, hours=place * 158 / a_week, minutes=chance.randrange(50))
            queue = ("Billing", "Tech", "Orders")[number % 3]
            channel = ("email", "web", "phone")[number % 5 % 3]
            facts = (
                f"c{chance.randrange(260)}",
                channel,
                ("login", "invoice", "delivery")[number % 7 % 3],
                ("high", "low")[number % 4 == 0],
                "=HYPERLINK(1)" if number == 5 else f"Question {number}",
                ("north", "south")[number % 2],
            )

            def told(at: datetime, kind: str, to: str = "", actor: str = "", actor_kind: str = "", number: int = number, facts: tuple = facts) -> None:
                found.append((f"D-{number}", at.strftime("%Y-%m-%d %H:%M:%S"), kind, to, actor, actor_kind, *facts))

            told(began, "created", actor_kind="customer")
            told(began, "queued", queue)
            is_open = week == weeks - 1 and place >= a_week - 9
            at = began + timedelta(minutes=30 + chance.expovariate(1 / 240))
            told(at, "assigned", f"a{number % 4}")
            if queue == "Billing" and week in loops and number % 4 == 0:
                told(at + timedelta(hours=1), "queued", "Risk")
                told(at + timedelta(hours=loop_hours / 2), "assigned", "a9")
                told(at + timedelta(hours=loop_hours * 2 / 3), "queued", "Billing")
                told(at + timedelta(hours=loop_hours), "assigned", f"a{number % 4}")
                at += timedelta(hours=loop_hours)
            if is_open:
                continue
            at += timedelta(minutes=20 + chance.expovariate(1 / (2400 if channel == "web" else 500)))
            told(at, "agent_message", actor=f"a{number % 4}", actor_kind="agent")
            told(at, "resolved", actor=f"a{number % 4}", actor_kind="agent")
    end = (FIRST + timedelta(weeks=weeks, hours=-9)).strftime("%Y-%m-%d %H:%M:%S")  # the Sunday evening of the last week
    return [r for r in found if r[1] <= end]


def write(folder: Path, **told: int | range) -> tuple[Path, Path]:
    """The export and its mapping."""
    export, mapping = folder / "desk_2026-09.csv", folder / "desk.toml"
    with export.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([HEAD, *rows(**told)])
    mapping.write_text(MAPPING, encoding="utf-8")
    return export, mapping


def loaded(folder: Path, **told: int | range) -> Path:
    """A data folder with the desk loaded."""
    data = folder / "data"
    data.mkdir(parents=True)
    (data / "settings.toml").write_text(SETTINGS, encoding="utf-8")
    export, mapping = write(folder, **told)
    load(data, export, mapping=mapping)
    return data
