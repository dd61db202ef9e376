"""What the software says it can tell: the doors name every metric and analysis, each with its examples, none missing and none unheard of."""
from __future__ import annotations

import contextlib
import io
import json

import pytest

from metrics.__main__ import main
from metrics.engine.engines import DuckDBEngine
from metrics.engine.metric import analyses, catalog
from metrics.engine.query import show
from metrics.engine.scope import Scope
from warehouse.store import Folder, reading

METRICS = {
    "speed": (
        "first_response_time",
        "first_response_time_business",
        "next_response_time",
        "customer_waiting_time",
        "resolution_time",
        "resolution_time_business",
        "first_resolution_time",
        "our_time",
        "time_in_queue",
        "unassigned_time",
        "touch_time",
        "agent_wait_time",
        "requester_wait_time",
        "on_hold_time",
    ),
    "consistency": ("settled_within", "promise_kept", "tail_ratio", "iqr", "mad", "quartile_dispersion", "geometric_sd", "gini"),
    "flow": (
        "handoffs",
        "transfers",
        "ping_pong",
        "boomerangs",
        "pass_throughs",
        "avoidable_hands",
        "first_door_right",
        "touches",
        "escalations",
        "reopens",
        "backlog",
        "backlog_ours",
        "backlog_unanswered",
        "backlog_age",
        "arrivals",
        "departures",
        "net_flow",
        "weeks_to_clear",
        "one_touch_share",
        "queue_order",
    ),
    "demand": (
        "contacts",
        "repeat_contact_rate",
        "chasers",
        "failure_demand",
        "first_contact_resolution",
        "contact_reason_share",
        "contacts_per_hundred",
        "bot_containment",
    ),
    "promise": ("sla_attainment", "breach_lateness", "csat", "csat_response_rate"),
    "team": ("active_agents", "resolved_per_active_agent", "coordination", "after_hours_share"),
}
ANALYSES = (
    "bottlenecks",
    "handoff_matrix",
    "paths",
    "route_consistency",
    "spread_drivers",
    "what_changed",
    "contact_reasons",
    "repeat_curve",
    "chains",
    "fragmentation",
    "consequences",
    "strain",
    "vendor_border",
    "design_list",
    "decision_effect",
    "next_week",
    "control_chart",
    "backlog_flow",
    "ageing",
    "reconcile",
    "identity_links",
    "data_quality",
    "kaplan_meier",
    "work_list",
    "work_groups",
    "customer_timeline",
    "sent_in",
    "hours_short",
    "spread",
)
OPTIONS = {
    "repeat_contact_rate": {"window_days", "anchor", "reason", "identity"},
    "chasers": {"quiet_minutes", "reason", "identity"},
    "failure_demand": {"window_days", "reason", "identity"},
    "first_contact_resolution": {"window_days", "reason", "identity"},
    "handoffs": {"cause", "border"},
    "reopens": {"by"},
    "promise_kept": {"hours"},
    "sla_attainment": {"target"},
    "breach_lateness": {"target"},
    "bot_containment": {"window_days"},
    "contacts_per_hundred": {"measure"},
    "arrivals": {"what"},
}

@pytest.fixture(scope="module")
def listed() -> dict:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert main(["list", "--json"]) == 0
    return json.loads(out.getvalue())


def test_every_metric_and_analysis_is_listed(listed):
    found = {}
    for m in listed["metrics"]:
        found.setdefault(m["family"], set()).add(m["name"])
    assert found == {family: set(names) for family, names in METRICS.items()}
    assert {a["name"] for a in listed["analyses"]} == set(ANALYSES)


def test_each_says_what_it_is(listed):
    for m in listed["metrics"]:
        assert all(m[key] for key in ("label", "unit", "grain", "dated_by", "definition")), m["name"]
        assert set(m["options"]) == OPTIONS.get(m["name"], set()), m["name"]
    for metric in catalog().values():
        assert metric.dialects, f"{metric.name} does not say what others show under its name"


def test_each_has_three_examples_one_of_them_an_edge():
    for metric in catalog().values():
        assert len(metric.examples) >= 3, metric.name
        assert any(e.gives == {} or any(v == 0 or isinstance(v, (str, list)) for v in e.gives.values()) for e in metric.examples), metric.name
    for analysis in analyses().values():
        assert len(analysis.examples) >= 3, analysis.name
        empty = [p for p in analysis.examples if p.rows == 0 or p.never or any(v is None or v == 0 for f in p.finds for v in f.values())]
        assert empty, f"{analysis.name} has no example in which there is nothing, or too little, to find"


@pytest.fixture(scope="module")
def sample(lumen):
    with reading(Folder(lumen)) as con:
        yield DuckDBEngine(con)


def in_an_example(name: str, options: dict) -> bool:
    """A worked example that asks so and gives something other than nothing."""
    metric = catalog()[name]
    asked = [e for e in metric.examples if all(e.options.get(option, metric.options[option].default) == choice for option, choice in options.items())]
    values = [v for e in asked for given in e.gives.values() for v in (given if isinstance(given, list) else [given])]
    return any(isinstance(v, (int, float)) and v for v in values)


def in_the_sample(engine, name: str, options: dict) -> bool:
    rows = [*show(engine, catalog()[name], Scope(options=options)), *show(engine, catalog()[name], Scope(by=("source",), options=options))]
    return any(row.get(key) for row in rows for key in ("total", "numerator", "value", "mean"))


@pytest.mark.parametrize("name", catalog())
def test_every_number_is_something_somewhere(name, sample):
    """A counter that is zero in every data set is a counter nobody would miss when it breaks: each number in the sample company or
    in a worked example, and so each choice of each option."""
    assert in_the_sample(sample, name, {}) or in_an_example(name, {}), name
    for option, told in catalog()[name].options.items():
        for choice in told.choices or ():
            assert in_an_example(name, {option: choice}) or in_the_sample(sample, name, {option: choice}), (name, option, choice)
