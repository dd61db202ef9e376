"""The statistics under the analyses, against independent oracles and against noise."""
from __future__ import annotations

import math

import numpy as np
import pytest

from metrics.engine import forecast, intervals, shift, survival
from metrics.engine.example import store_of
from metrics.engine.variance import cross_products, levels, parts


def parts_of(values, *codes):
    products, ends = cross_products(codes, values, np.zeros(len(values), dtype=np.int64), 1)
    return parts(products[0], ends)


def queues_and_agents(rng, agent_sd, n=4000, queues=8, agents=6):
    """Queues that differ, agents inside them who differ by `agent_sd`; unequal numbers."""
    queue = rng.choice(queues, n, p=rng.dirichlet(np.full(queues, 5.0)))
    agent = queue * agents + rng.choice(agents, n, p=rng.dirichlet(np.full(agents, 5.0)))
    effect = rng.normal(0, agent_sd, queues * agents)
    return queue, agent, rng.normal(0, 0.8, queues)[queue] + effect[agent] + rng.normal(0, 1, n)


def test_one_grouping_is_the_analysis_of_variance():
    rng = np.random.default_rng(1)
    group = rng.integers(0, 7, 300)
    values = group * 0.3 + rng.normal(0, 1, 300)
    means = {g: values[group == g].mean() for g in range(7)}
    between = sum((group == g).sum() * (means[g] - values.mean()) ** 2 for g in range(7))
    within = sum((values[i] - means[group[i]]) ** 2 for i in range(300)) / (300 - 7)
    found = parts_of(values, group)
    assert found.parts[0] == pytest.approx((between - 6 * within) / 299, rel=1e-6)
    assert found.rest == pytest.approx(within, rel=1e-6)
    assert found.parts.sum() + found.rest == pytest.approx(found.total, rel=1e-6)


def test_shares_agree_with_a_mixed_model():
    mixed = pytest.importorskip("statsmodels.regression.mixed_linear_model")
    queue, agent, values = queues_and_agents(np.random.default_rng(7), 0.5)
    fixed = (queue[:, None] == np.arange(1, 8)).astype(float)
    fitted = mixed.MixedLM(values, np.column_stack([np.ones(len(values)), fixed]), agent).fit(reml=True)
    variance = float(np.asarray(fitted.cov_re)[0, 0])
    found = parts_of(values, queue, agent)
    brought = found.parts[1] * 48 / found.freedom[1]   # of 48 agents' variance 8 degrees of freedom are their queues'
    assert brought / (brought + found.rest) == pytest.approx(variance / (variance + fitted.scale), abs=0.02)
    assert found.rest == pytest.approx(fitted.scale, rel=0.01)


def test_equal_agents_explain_nothing_though_the_hard_work_goes_to_seniors():
    shares = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        n = 2000
        hard = rng.random(n) < 0.4
        senior = rng.random(n) < np.where(hard, 0.85, 0.2)
        agent = np.where(senior, rng.integers(0, 5, n), rng.integers(5, 15, n))
        values = 1.5 * hard + rng.normal(0, 1, n)
        found = parts_of(values, hard.astype(int), agent)
        shares.append(found.parts[1] / found.total)
        naive = parts_of(values, agent)
        assert naive.parts[0] / naive.total > 0.05, "without the kind of work agents would be blamed for it"
    assert np.mean(shares) < 0.003 and max(shares) < 0.02


def test_a_grouping_that_an_earlier_one_implies_has_no_freedom_and_no_part():
    rng = np.random.default_rng(3)
    queue = rng.integers(0, 6, 500)
    found = parts_of(rng.normal(0, 1, 500) + queue, queue, queue // 2)
    assert found.freedom.tolist() == [5, 0] and found.parts[1] == 0


def test_levels_too_few_are_one():
    assert levels(["a"] * 6 + ["b"] * 5 + ["c", "d", None]).tolist() == [0] * 6 + [1] * 5 + [2] * 3


def test_student_quantiles():
    stats = pytest.importorskip("scipy.stats")
    for freedom in (1, 2, 3, 4, 7, 14, 30, 101):
        for p in (0.025, 0.6, 0.975, 0.9995, 0.99999):
            assert intervals.t_quantile(p, freedom) == pytest.approx(stats.t.ppf(p, freedom), rel=1e-8)


def test_slope_and_its_interval():
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(2)
    x = rng.normal(0, 1, 30)
    y = 0.4 * x + rng.normal(0, 1, 30)
    theirs = stats.theilslopes(y, x)
    assert intervals.slope(x, y) == pytest.approx((theirs.slope, theirs.low_slope, theirs.high_slope), rel=1e-9)
    assert intervals.slope([1, 1, 1, 1, 1], [1, 2, 3, 4, 5]) is None
    assert intervals.without_trend(3 + 2 * np.arange(9.0), range(9)) == pytest.approx(np.zeros(9))


def test_findings_kept_among_many():
    multi = pytest.importorskip("statsmodels.stats.multitest")
    chances = np.concatenate([np.random.default_rng(1).random(60), [1e-5, 1e-4, 1e-3, 2e-3]])
    assert intervals.kept(chances) == multi.multipletests(chances, 0.05, method="fdr_bh")[0].tolist()


@pytest.fixture(scope="module")
def waited():
    rng = np.random.default_rng(4)
    took, age = rng.lognormal(9, 1.2, 301).round(), rng.uniform(0, 60_000, 301).round()
    return np.minimum(took, age), (took <= age).astype(int)


def test_the_curve_is_kaplan_and_meiers(waited):
    duration = pytest.importorskip("statsmodels.duration.survfunc")
    theirs = duration.SurvfuncRight(*waited)
    times, alive = survival.curve(*waited)
    assert times.tolist() == [t for t, d in zip(theirs.surv_times, theirs.n_events) if d]
    assert alive == pytest.approx([s for s, d in zip(theirs.surv_prob, theirs.n_events) if d])
    assert survival.quantile(*waited, 0.5) == theirs.quantile(0.5)


def test_the_curve_in_sql_is_the_same(waited):
    duration = pytest.importorskip("statsmodels.duration.survfunc")
    engine, _ = store_of([], "")
    rows = " union all ".join(f"select {int(s)} as seconds, {e} as ended" for s, e in zip(*waited))
    [(median, low, high, p90, *_)] = engine.query(survival.quantiles_sql(rows, (), {"a": 0.5, "b": 0.9}, interval=True))[1]
    assert (median, p90) == (survival.quantile(*waited, 0.5), survival.quantile(*waited, 0.9))
    theirs = duration.SurvfuncRight(*waited).quantile_ci(0.5, method="cloglog")
    assert (low, high) == pytest.approx(theirs, rel=0.02)


def test_half_way_the_middle_of_the_flat_stretch_is_taken():
    assert survival.quantile(np.array([1.0, 2, 4, 9]), np.ones(4), 0.5) == 3
    assert survival.quantile(np.array([1.0, 2, 4, 9]), np.array([1, 0, 0, 0]), 0.5) is None


def test_the_median_with_open_contacts_is_never_below_the_plain_one():
    for seed in range(200):
        rng = np.random.default_rng(seed)
        began, took = rng.uniform(0, 100, 60), rng.lognormal(rng.uniform(1, 4), 1, 60)
        ended = began + took <= 100   # censored by age alone
        if ended.any():
            median = survival.quantile(np.where(ended, took, 100 - began), ended, 0.5)
            assert median is None or median >= np.median(took[ended]) - 1e-9


def test_mean_up_to_a_limit():
    assert survival.mean_within(np.array([1.0, 3.0]), np.ones(2), 2.0) == pytest.approx(1.5)


def test_change_point_is_the_least_squares_one():
    ruptures = pytest.importorskip("ruptures")
    for seed in range(20):
        rng = np.random.default_rng(seed)
        values = rng.normal(0, 1, 20) + np.where(np.arange(20) >= 8 + seed % 9, 1.5, 0)
        assert shift.change_point(values, 1, 19) == ruptures.Dynp("l2", min_size=1, jump=1).fit(values).predict(1)[0]


def test_mix_and_within_add_up_and_tell_one_from_the_other():
    rng = np.random.default_rng(6)

    def median(data, weights):
        order = np.argsort(data[0])
        return float(data[0][order][np.searchsorted(weights[order].cumsum(), weights.sum() / 2)])

    cells_old, cells_new = (rng.random(4000) < 0.2).astype(int), (rng.random(4000) < 0.6).astype(int)
    old, new = rng.exponential(1, 4000) + 5 * cells_old, rng.exponential(1, 4000) + 5 * cells_new
    mix, within = shift.mix_and_within(median, (old,), cells_old, (new,), cells_new)
    assert mix + within == pytest.approx(median((new,), np.ones(4000)) - median((old,), np.ones(4000)))
    assert mix > 2 and abs(within) < 0.3
    mix, within = shift.mix_and_within(median, (old,), cells_old, (old + 1,), cells_old)
    assert (mix, within) == pytest.approx((0, 1))


def noise_company(rng, weeks=26):
    """26 weeks in which nothing happens: counts and medians of groups of all sizes, some noisier than others."""
    families = {"company": [700]} | {dim: rng.dirichlet(np.full(k, 2.0)) * 700 for dim, k in (("reason", 14), ("queue", 12), ("channel", 6))}
    found = {}
    for name, sizes in families.items():
        sizes = np.array([s for s in sizes if s >= 20])
        n = rng.poisson(np.outer(sizes * 1.0, np.exp(rng.normal(0, 0.05, weeks))))
        found[name, "contacts"] = np.sqrt((n + 0.375) / 5), 0.5 / np.sqrt(5) * np.ones(len(sizes)), True
        spread = rng.uniform(1, 2, len(sizes))[:, None]
        for time in range(3):
            found[name, f"time{time}"] = rng.normal(0, 1, n.shape) * spread / np.sqrt(n + 1), 1 / np.sqrt(sizes), False
        for rate in (0.05, 0.15, 0.3, 0.2):
            chosen = sizes * rate >= 5
            hits = rng.poisson(n[chosen] * rate)
            found[name, f"rate{rate}"] = np.sqrt((hits + 0.375) / (n[chosen] + 1)), 0.5 / np.sqrt(sizes[chosen]), True
    return found


def test_pure_noise_alarms_within_the_budget():
    weeks, companies, budget = (13, 17, 21, 25), 200, shift.FALSE_ALARMS   # the limits stand for 13 weeks; four of them are looked at
    alarms = []
    for seed in range(companies):
        seen = 0
        for (family, _), (series, scales, is_count) in noise_company(np.random.default_rng(seed)).items():
            share = budget / 2 / (8 if family == "company" else 24)
            for week in weeks if len(series) else ():
                found = shift.judge(series, scales, scales * is_count, slice(0, 13), slice(week, week + 1), share)
                seen += sum(v is not None and v.is_out for v in found)
        alarms.append(seen / len(weeks))
    mean, error = np.mean(alarms), np.std(alarms) / math.sqrt(companies)
    assert mean - 2 * error <= budget, f"{mean:.3f} a week where {budget:.3f} are allowed"
    assert mean > budget / 20, "limits so wide that they would see nothing either"


def test_the_range_of_the_coming_week_holds_as_often_as_promised():
    profile, held, weeks = np.array([30, 26, 24, 22, 20, 8, 5.0]), [], 30
    for seed in range(300):
        rng = np.random.default_rng(seed)
        level = np.exp(np.cumsum(rng.normal(0, 0.03, weeks + 1)))   # a company that grows and shrinks
        counts = rng.poisson(level[:, None] * profile)
        found = forecast.ahead(counts[:-1].astype(float))
        held.append([found.total[1] <= counts[-1].sum() <= found.total[2], *((found.low <= counts[-1]) & (counts[-1] <= found.high))])
    total, days = np.mean([h[0] for h in held]), np.mean([h[1:] for h in held])
    assert 0.72 <= total <= 0.9 and 0.72 <= days <= 0.9, (total, days)


def test_a_holiday_neither_lowers_its_weekday_nor_the_level():
    history = np.tile([10.0, 2, 2, 2, 2, 2, 2], (16, 1))
    history[12, 0] = np.nan
    assert forecast.expected(history) == pytest.approx([10, 2, 2, 2, 2, 2, 2])
