"""Queues in which the young overtake the old, and what taking work in order of arrival would spare those left behind.
"""
from __future__ import annotations

from typing import Any

import numpy as np

from metrics.engine.worth import LEAST, Worth, in_order

OVERTAKEN = 0.25   # share of a queue's contacts that a younger one overtook, from which its order is a fault
TAIL = 0.25        # and the part of all its waiting that lies beyond the mark because of it


def faults(stays: list[tuple[str, int, int, int]], contacts: int, teams: dict[str, str], channels: np.ndarray) -> list[dict[str, Any]]:
    """Queues in which the young overtake the old: the hours beyond the 9-of-10 mark that order of arrival would spare.

    stays: (queue, the contact's place among all contacts looked at, second of entering, second of being taken); channels: by place.
    """
    groups: dict[str, list[tuple]] = {}
    for queue, place, entered, taken in stays:
        groups.setdefault(queue, []).append((place, entered / 3600, taken / 3600))
    answer = []
    for queue, taken_there in sorted(groups.items()):
        if len(taken_there) < 4 * LEAST:
            continue
        members, entered, taken = (np.array(column) for column in zip(*taken_there, strict=True))
        waits, fair = taken - entered, in_order(entered, taken)
        order = np.argsort(entered, kind="stable")
        passed = np.zeros(len(taken_there), bool)
        passed[order] = taken[order] > np.append(np.minimum.accumulate(taken[order][::-1])[::-1][1:], np.inf)
        mark = float(np.quantile(fair, 0.9))
        spared = float(np.maximum(waits - mark, 0).sum() - np.maximum(fair - mark, 0).sum())
        if passed.mean() < OVERTAKEN or spared < TAIL * waits.sum():
            continue
        mask = np.zeros(contacts, bool)
        mask[members[passed & (waits > mark)].astype(int)] = True
        if mask.sum() < LEAST:
            continue
        late = np.maximum(waits - mark, 0) - np.maximum(fair - mark, 0)
        answer.append(
            {
                "kind": "order",
                "lever": "process",
                "owner": teams.get(queue),
                "where": f"queue={queue}",
                "change": f"Take work in {queue} in order of arrival{_left_behind(channels[mask], channels[members])}",
                "basis": "measured",
                "method": "hours beyond the 9-of-10 mark",
                "assumption": "the same hands at the same moments, the longest waiting first: the mean wait stays as it is, the longest waits go",
                "share": float(passed.mean()),
                "members": mask,
                "worth": Worth(spared, float(late.std(ddof=1) * np.sqrt(len(late))), len(taken_there)),
                "handling": 0.0,
            }
        )
    return answer


def _left_behind(late: np.ndarray, everyone: np.ndarray) -> str:
    """Which channel the contacts left behind came by, where it is most of them and clearly more than its share."""
    names, counts = np.unique(late, return_counts=True)
    name, share = str(names[counts.argmax()]), counts.max() / len(late)
    usual = float((everyone == name).mean())
    return f" ({share:.0%} of those left behind came by {name}, {usual:.0%} of all)" if name and share >= 0.5 and share >= 1.5 * usual else ""
