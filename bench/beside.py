"""The same questions by other means, on the same CSV files, in a process of its own: python -m bench.beside pandas|pm4py FOLDER.

pandas: five questions written as one would write them in a notebook. PM4Py: handovers and throughput of its own. Prints one
JSON document: seconds to read, seconds to answer.
"""
from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd

WEEK = pd.Timedelta(days=7)


def read(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tickets and events with their times parsed."""
    tickets = pd.read_csv(folder / "tickets.csv", parse_dates=["Created", "Resolved", "Updated"])
    return tickets, pd.read_csv(folder / "events.csv", parse_dates=["Time"])


def resolution_by_queue(tickets: pd.DataFrame, events: pd.DataFrame) -> object:
    seconds = (tickets["Resolved"] - tickets["Created"]).dt.total_seconds()
    return seconds.groupby([tickets["Group"], tickets["Resolved"].dt.to_period("W")]).quantile([0.25, 0.5, 0.75, 0.9, 0.95])


def handoffs_by_queue(tickets: pd.DataFrame, events: pd.DataFrame) -> object:
    held = events[(events["Activity"] == "assigned") & events["Value"].notna()].sort_values(["Ticket", "Time", "Seq"])
    before = held.groupby("Ticket")["Value"].shift()
    moves = ((before.notna()) & (before != held["Value"])).groupby(held["Ticket"]).sum()
    return tickets["Ticket"].map(moves).fillna(0).groupby(tickets["Group"]).mean()


def repeats(tickets: pd.DataFrame, events: pd.DataFrame) -> object:
    starts = tickets[["Customer", "Created"]].sort_values("Created")
    ended = tickets[tickets["Resolved"].notna()].sort_values("Resolved")
    following = pd.merge_asof(ended, starts.rename(columns={"Created": "Next"}), left_on="Resolved", right_on="Next", by="Customer", direction="forward", allow_exact_matches=False)
    return ((following["Next"] - following["Resolved"]) <= WEEK).mean()


def first_response_by_channel(tickets: pd.DataFrame, events: pd.DataFrame) -> object:
    replied = events[events["Activity"] == "agent_message"].groupby("Ticket")["Time"].min()
    return (tickets["Ticket"].map(replied) - tickets["Created"]).dt.total_seconds().groupby(tickets["Channel"]).quantile([0.5, 0.9])


def backlog_by_week(tickets: pd.DataFrame, events: pd.DataFrame) -> object:
    came = tickets["Created"].dt.to_period("W").value_counts().sort_index()
    went = tickets["Resolved"].dropna().dt.to_period("W").value_counts().sort_index()
    return came.sub(went, fill_value=0).cumsum()


QUESTIONS: tuple[Callable[[pd.DataFrame, pd.DataFrame], object], ...] = (resolution_by_queue, handoffs_by_queue, repeats, first_response_by_channel, backlog_by_week)


def with_pandas(folder: Path) -> dict[str, float]:
    started = time.monotonic()
    tickets, events = read(folder)
    known = time.monotonic()
    for question in QUESTIONS:
        question(tickets, events)
    return {"read_seconds": known - started, "answer_seconds": time.monotonic() - known}


def with_pm4py(folder: Path) -> dict[str, float]:
    import pm4py
    started = time.monotonic()
    _, events = read(folder)
    log = pm4py.format_dataframe(events, case_id="Ticket", activity_key="Activity", timestamp_key="Time")
    log["org:resource"] = log["By"]
    known = time.monotonic()
    # between people of the desk only: with every customer a resource its square matrix does not fit any memory
    pm4py.discover_handover_of_work_network(log[log["org:resource"].str.startswith("Agent")])
    pm4py.get_all_case_durations(log)
    return {"read_seconds": known - started, "answer_seconds": time.monotonic() - known}


if __name__ == "__main__":
    print(json.dumps({"pandas": with_pandas, "pm4py": with_pm4py}[sys.argv[1]](Path(sys.argv[2]))))
