"""Ratios are divided by what they say, and intervals hold the truth as often as they claim."""
from __future__ import annotations

import math
from datetime import datetime, timedelta

import numpy as np
import pytest
from scipy.stats import binom

from metrics.engine.engines import DuckDBEngine
from metrics.engine.example import store_of
from metrics.engine.metric import Example, catalog
from metrics.engine.order_statistics import ranks
from metrics.engine.query import default, show, tickets
from metrics.engine.scope import Scope


# --- ratios ---------------------------------------------------------------------------------------------------------------
def world(events: str, settings: str = "", **told) -> DuckDBEngine:
    engine, _ = store_of([Example(says="", events=events, gives={}, tickets=told)], settings)
    engine.about["data_until"] = engine.query("select max(until_at) from coverage")[1][0][0].isoformat(sep=" ")
    return engine


def test_resolved_per_agent_and_week_does_not_grow_with_the_period():
    day = "T{n} +{d}d 10:00 created\nT{n} +{d}d 10:30 agent_message by {who}\nT{n} +{d}d 11:00 resolved by {who}\n"
    engine = world("".join(day.format(n=n, d=d, who=who) for n, (d, who) in enumerate([(0, "ana"), (1, "ana"), (2, "ben"), (7, "ana"), (8, "ana")])))
    rows = show(engine, catalog()["resolved_per_active_agent"], Scope(week=True))
    assert [(r["numerator"], r["denominator"], r["value"]) for r in rows] == [(3, 2, 1.5), (2, 1, 2.0)]
    [whole] = show(engine, catalog()["resolved_per_active_agent"], Scope())
    assert (whole["numerator"], whole["denominator"]) == (5, 3) and whole["value"] == pytest.approx(5 / 3), "not the average of 1.5 and 2"
    assert show(engine, catalog()["active_agents"], Scope())[0]["value"] == 2


def test_work_outside_hours_counts_words_not_contacts():
    settings = 'default_schedule = "s"\n[schedules.s]\nzone = "UTC"\nmon = ["09:00-17:00"]\n'
    engine = world("T1 10:00 created\n" + "T1 10:30 agent_message by ana\n" * 3 + "T1 18:00 internal_note by ana", settings)
    [row] = show(engine, catalog()["after_hours_share"], Scope())
    assert (row["value"], row["numerator"], row["denominator"]) == (0.25, 1, 4)


def test_weeks_to_clear_is_the_pile_by_the_pace_of_four_weeks():
    settled = "".join(f"T{n} +{7 * n}d 10:00 created\nT{n} +{7 * n}d 11:00 agent_message by ana\nT{n} +{7 * n}d 12:00 resolved by ana\n" for n in range(6))
    pile = "".join(f"P{n} +35d 09:00 created\nP{n} +35d 09:30 internal_note by ana\n" for n in range(3))
    [row] = show(world(settled + pile), catalog()["weeks_to_clear"], Scope())
    assert (row["numerator"], row["denominator"], row["value"]) == (3, 1.0, 3.0), "four settled within 28 days: one a week"
    [none] = show(world(pile), catalog()["weeks_to_clear"], Scope())
    assert none["value"] is None and none["tickets"] == 3


def test_shares_of_reasons_add_up_and_a_filter_keeps_the_whole():
    told = {f"T{n}": {"reason_raw": reason} for n, reason in enumerate(["login", "login", "login", "invoice", None])}
    engine = world("".join(f"T{n} 1{n}:00 created\n" for n in range(5)), **told)
    rows = {r["reason"]: r["value"] for r in show(engine, catalog()["contact_reason_share"], Scope(by=("reason",)))}
    assert rows == {"login": 0.75, "invoice": 0.25, None: None}
    [login] = show(engine, catalog()["contact_reason_share"], Scope(where=(("reason", "login"),)))
    assert (login["value"], login["numerator"], login["denominator"], login["excluded"]) == (0.75, 3, 4, {"reason not known": 1})


@pytest.mark.parametrize(("measure", "expected"), [("orders", [(3, 70.0), (1, 140.0)]), ("active_customers", [(3, 1000.0), (1, 2000.0)])])
def test_contacts_per_hundred_by_a_weekly_figure(measure, expected):
    """Orders are spread over their week, customers hold through it; what lies before the first figure is left out."""
    engine = world("T0 +-7d 10:00 created\nT1 10:00 created\nT2 +1d 10:00 created\nT3 +6d 10:00 created\nT4 +7d 10:00 created\nT5 +13d 23:59 internal_note by ana")
    for day, orders, customers in ((9, 70, 1000), (16, 140, 2000)):
        for name, value in (("orders", orders), ("active_customers", customers)):
            engine.con.execute("INSERT INTO measures VALUES ('x', ?, ?, ?, NULL, 1, 0)", [datetime(2025, 6, day).date(), name, value])
    asked = {"measure": measure}
    rows = show(engine, catalog()["contacts_per_hundred"], Scope(week=True, options=asked))
    counted = [(r["numerator"], r["denominator"]) for r in rows if r["tickets"]]
    assert counted[0] == expected[0] and counted[1][1] == expected[1][1]
    assert rows[1]["value"] == pytest.approx(100 * counted[0][0] / counted[0][1])
    [whole] = show(engine, catalog()["contacts_per_hundred"], Scope(options=asked))
    assert whole["denominator"] == sum(e[1] for e in expected) and whole["excluded"] == {"measure not known that day": 1}


def test_the_parts_of_failure_demand_add_up():
    told = {t: {"customer_id": c} for t, c in (("T1", "a"), ("T2", "a"), ("T3", "b"), ("T4", "b"), ("T5", "c"))}
    engine = world("T1 10:00 created\nT1 11:00 resolved by ana\nT2 +1d 10:00 created\nT2 +1d 11:00 resolved by ana\nT2 +1d 12:00 reopened by customer\n"
                   "T3 10:00 created\nT4 12:00 created\nT5 10:00 created\nT5 11:00 resolved by ana\nT5 12:00 reopened by customer", **told)
    [row] = show(engine, catalog()["failure_demand"], Scope())
    assert row["parts"] == {"repeat": 1, "chaser": 1, "reopened": 1, "avoidable reason": 0}
    assert row["numerator"] == sum(row["parts"].values()) == 3


def test_chasers_by_chance_are_as_many_as_where_customers_write_at_random():
    """Contacts of ten hours, at random within 100 days, 20 for each of 60 customers: what happens is what the sum expects."""
    chance = np.random.default_rng(3)
    lines, told = [], {}
    for n in range(1200):
        at = int(chance.integers(0, 144_000))
        since, until = (f"+{m // 1440}d {m // 60 % 24:02d}:{m % 60:02d}" for m in (at, at + 600))
        lines += [f"T{n} {since} created", f"T{n} {until} resolved by ana"]
        told[f"T{n}"] = {"customer_id": f"c{n % 60}"}
    [row] = show(world("\n".join(lines), **told), catalog()["chasers"], Scope())
    assert row["by_chance"] == pytest.approx(1 - (1 - 600 / 144_600) ** 19, abs=0.001)
    assert row["value"] == pytest.approx(row["by_chance"], abs=3 * math.sqrt(0.075 * 0.925 / 1200))


@pytest.mark.parametrize("known, about", [(4, "same"), (3, "any")])
def test_chasing_is_over_the_same_reason_where_four_of_five_reasons_are_known(known, about):
    """c0 asks about another thing while the first is open; of five contacts the reasons of four, or only of three, are known."""
    told = {f"T{n}": {"customer_id": f"c{n // 2}", **({"reason_raw": f"reason {n}"} if n < known else {})} for n in range(5)}
    engine = world("\n".join(f"T{n} {10 + n}:00 created" for n in range(5)), **told)
    metric = catalog()["chasers"]
    assert default(metric.options["reason"], engine) == about
    assert [row["value"] for row in show(engine, metric, Scope())] == [row["value"] for row in show(engine, metric, Scope(options={"reason": about}))]
    by_ticket = {row["ticket_id"]: row["value"] for row in tickets(engine, metric, Scope(where=(("reason", "reason 1"),)))}
    assert list(by_ticket.values()) == [0 if about == "same" else 1]


# --- intervals -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("p", [0.25, 0.5, 0.75, 0.9, 0.95])
@pytest.mark.parametrize("n", [1, 2, 5, 6, 20, 35, 36, 71, 72, 400, 5000])
def test_ranks_are_those_of_the_binomial_law(n, p):
    low, high = ranks(n, p)
    below = binom.cdf(np.arange(-1, n + 1), n, p)   # below[k] = P(fewer than k of n lie below the quantile)
    assert (low or 0) == max((k for k in range(1, n + 1) if below[k] <= 0.025), default=0)
    assert high == min((k for k in range(1, n + 1) if 1 - below[k] <= 0.025), default=None)


def test_below_36_a_p90_has_no_upper_end_and_below_72_a_p95():
    assert ranks(35, 0.9)[1] is None and ranks(36, 0.9)[1] == 36
    assert ranks(71, 0.95)[1] is None and ranks(72, 0.95)[1] == 72


SAMPLES, SIZE, SIGMA = 400, 120, 1.0
TRUTH = {   # of exp(N(9, 1)): quantiles exp(9 + z), Gini erf(sigma / 2)
    "settled_within": math.exp(9 + 1.2815515655), "resolution_time": math.exp(9), "iqr": math.exp(9) * (math.exp(0.6744897502) - math.exp(-0.6744897502)),
    "quartile_dispersion": math.tanh(0.6744897502), "geometric_sd": math.exp(SIGMA), "gini": math.erf(SIGMA / 2), "tail_ratio": math.exp(1.2815515655)}


@pytest.fixture(scope="module")
def drawn():
    """Many small samples of one skewed law, each a queue of its own."""
    chance = np.random.default_rng(20250609)
    seconds = np.maximum(1, np.rint(chance.lognormal(9, SIGMA, (SAMPLES, SIZE)))).astype(int)
    engine = world("T1 10:00 created\nT1 10:30 agent_message by ana\nT1 11:00 resolved by ana")
    engine.con.register("samples", _table(seconds))
    start = datetime(2025, 6, 9)
    engine.con.execute(f"""CREATE OR REPLACE TABLE ticket_facts AS SELECT f.* REPLACE (s.queue AS queue, s.seconds AS resolution_time,
        'example0:' || s.number AS ticket_id, TIMESTAMP '{start}' AS started_at, TIMESTAMP '{start}' + to_seconds(s.seconds) AS ended_at)
        FROM ticket_facts f CROSS JOIN samples s""")
    engine.about["data_until"] = (start + timedelta(days=3650)).isoformat(sep=" ")
    return engine, seconds


def _table(seconds):
    import pyarrow as pa
    queue = np.repeat([f"Q{i}" for i in range(SAMPLES)], SIZE)
    return pa.table({"queue": queue, "seconds": seconds.ravel(), "number": [str(i) for i in range(seconds.size)]})


def mad_of_the_law() -> float:
    """1.4826 times the median distance from the median of exp(N(9, 1)), from many draws."""
    x = np.exp(9 + np.sort(np.random.default_rng(1).standard_normal(2_000_001)))
    return 1.4826 * float(np.median(np.abs(x - math.exp(9))))


@pytest.mark.parametrize("name", [*TRUTH, "mad"])
def test_the_interval_holds_the_truth_as_often_as_it_claims(name, drawn):
    """95 % is claimed; of 400 samples fewer than 91.5 % (three errors below) or, being cautious, all but some would be wrong."""
    engine, _ = drawn
    truth = TRUTH.get(name) or mad_of_the_law()
    rows = show(engine, catalog()[name], Scope(by=("queue",)))
    assert len(rows) == SAMPLES
    held = sum(r["interval"][0] <= truth <= r["interval"][1] for r in rows) / SAMPLES
    assert held >= 0.915, held
    widths = [r["interval"][1] - r["interval"][0] for r in rows]
    assert float(np.median(widths)) < 1.2 * truth, "an interval that holds everything says nothing"
    assert all(r["interval"][0] <= r["value"] <= r["interval"][1] for r in rows)


def test_the_quantiles_of_a_duration_have_intervals_too(drawn):
    engine, seconds = drawn
    rows = {r["queue"]: r for r in show(engine, catalog()["resolution_time"], Scope(by=("queue",)))}
    z = 1.6448536270
    for sample in (0, 7):
        row, ordered = rows[f"Q{sample}"], np.sort(seconds[sample])
        low, high = ranks(SIZE, 0.95)
        assert row["intervals"]["p95"] == [ordered[low - 1], ordered[high - 1]]
        assert row["interval"] == [ordered[ranks(SIZE, 0.5)[0] - 1], ordered[ranks(SIZE, 0.5)[1] - 1]]
    held = sum(r["intervals"]["p95"][0] <= math.exp(9 + z) <= r["intervals"]["p95"][1] for r in rows.values()) / SAMPLES
    assert held >= 0.915


def test_few_contacts_have_a_lower_end_and_no_upper_one():
    engine = world("".join(f"T{n} 10:00 created\nT{n} 10:{n:02d} agent_message by ana\nT{n} 11:{n:02d} resolved by ana\n" for n in range(30)))
    [row] = show(engine, catalog()["settled_within"], Scope())
    assert row["value"] is None and row["tickets"] == 30
    assert row["interval"][0] is not None and row["interval"][1] is None, "at least so long; no more can be said"
