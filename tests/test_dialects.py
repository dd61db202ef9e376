"""Ours beside each tool's own number, for every metric it shows: every difference in the sample company has a rule that makes it."""
from __future__ import annotations

import pytest

from metrics.engine.dialects import DIALECTS
from metrics.engine.engines import DuckDBEngine
from metrics.engine.metric import analyses, catalog
from metrics.engine.scope import Scope
from warehouse.store import Folder, reading

SHOWN = {
    "zendesk": {
        "first_response_time",
        "first_resolution_time",
        "resolution_time",
        "reopens",
        "handoffs",
        "transfers",
        "requester_wait_time",
        "agent_wait_time",
        "on_hold_time",
        "touches",
        "one_touch_share",
        "first_contact_resolution",
    },
    "intercom": {"first_response_time", "first_resolution_time", "resolution_time", "reopens", "handoffs", "our_time", "first_contact_resolution"},
    "recorded": {"handoffs", "reopens", "first_response_time", "resolution_time"},
}
ASKED = [(dialect, metric) for dialect, metrics in SHOWN.items() for metric in sorted(metrics)]


@pytest.fixture(scope="module")
def sample(lumen):
    with reading(Folder(lumen)) as con:
        yield DuckDBEngine(con)


def test_each_tool_is_compared_in_what_it_shows():
    assert {dialect: set(metrics) for dialect, metrics in DIALECTS.items()} == SHOWN
    assert all(catalog()[metric].grain == "episode" for metrics in SHOWN.values() for metric in metrics), "compared contact by contact"


@pytest.mark.parametrize(("dialect", "metric"), ASKED)
def test_every_difference_has_its_rule(dialect, metric, sample):
    rows = analyses()["reconcile"].ask(sample, Scope(options={"dialect": dialect, "metric": metric, "top": 5}))
    [whole] = [r for r in rows if r["level"] == "all"]
    rules = {r["rule"]: r["tickets"] for r in rows if r["level"] == "rule"}
    assert whole["tickets"] > 0
    assert whole["matching"] + sum(rules.values()) == whole["tickets"]
    assert rules.get("not explained", 0) <= 0.001 * whole["tickets"], rules
