"""What changed in the last full week (or the last --option weeks=N) against the weeks before, beyond what is usual?

Followed are contacts per open day, median and p90 hours to the first settlement, median hours to the first reply, handoffs,
moves between queues and reopenings per contact, and customers coming again within 7 days of their last opening; for the
company and for each reason, first queue and channel. Every week is one cohort of arrivals, seen at the same age as the newest
one (engine/cohorts.py), times by Kaplan and Meier, so that closing old contacts is no deterioration; an end or reply told to lie before
the beginning is left out of the times. The baseline is the 13-week
block before the period's own (engine/limits.py), at least 8 weeks; a decision dated inside it on that number there starts
it anew. Limits are XmR's noise (times on a log scale,
counts and rates on a square-root scale) with the Student quantile that keeps false alarms to one a month for the whole
page: half of the budget is the company's numbers', half the families' (each number x dimension, over all its values). Under
a company's signal its dimensions are searched at 5 % for each family; those rows explain, they are no alarms of their own.

now and before are pooled over the weeks; the change of a time or rate is split into mix (other work: reason x queue x channel
x tool) and within (the same work done otherwise) by reweighting, averaged over both orders. Ranked by customer-hours: for
times, contacts x the change of the mean time waited within what the cohorts show (for medians up to the baseline's p90); for contacts, the extra ones x the mean
time; for rates, the extra events x the time by which contacts with one exceed those without. A quiet period says so.
"""
from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np

from metrics.engine import asking
from metrics.engine.cohorts import ALL, DIMS, MEASURES, SAMPLE, Cohorts, Group, base_of, cohorts, counts, open_days, rows_of, scaled, times, unscaled
from metrics.engine.engines import DuckDBEngine
from metrics.engine.limits import BLOCK, ENOUGH, FIRST_MONDAY, WEEK
from metrics.engine.metric import Option, Planted
from metrics.engine.scope import Scope
from metrics.engine.shift import FALSE_ALARMS, Verdict, judge, mix_and_within
from metrics.engine.survival import mean_within, quantile

SETTLED_ONLY = 200    # so many contacts and not one open: a log of closed cases
FAMILIES = [(measure, dim) for measure in MEASURES for dim in DIMS]
COLUMNS = {
    "level": "company or family: an alarm; inside: a part of the company's alarm above; quiet or not yet: nothing to say, and why",
    "what": "the number that moved", "where": "DIM=VALUE, empty for the company", "direction": "more or less, slower or faster",
    "since": "Monday from which on the level is the new one",
    "before": "in the baseline (hours, contacts per open day, or per contact)", "now": "in the period", "low": "lower limit of the usual range, as a number of the same kind",
    "high": "upper limit", "customer_hours": "what the period's change cost the customers in hours a week, negative = saved",
    "mix_part": "part of now - before that is other work", "within_part": "part that is the same work done otherwise",
    "owner": "who owns the reason, or the team of the queue", "contacts": "contacts of the period it is told of", "weeks": "full weeks in the baseline",
    "sampled": "part of the contacts that times were read from, 1 = all", "sentence": "in a sentence",
}
OPTIONS: dict[str, Option] = {"weeks": Option(1, "how many full weeks the period has")}


def _weeks_of(last: Callable[[int], str], last_week: int = 13) -> Callable[[], str]:
    """40 contacts a week of one hour and a bit, alike from week to week; the last week as told."""
    def written() -> str:
        lines = []
        for week in range(last_week + 1):
            for i in range(40):
                ticket, at = f"T{week}x{i}", f"+{7 * week + i % 5}d {9 + i // 10:02}:{i % 10 + week % 3:02}"
                lines += [f"{ticket} {at} created", f"{ticket} {at} queued Care", f"{ticket} {at} assigned ana"]
                ends = last(i) if week == last_week else f"{10 + i // 10:02}:{(i * 7 + week * 3) % 60:02}"
                lines += [f"{ticket} +{7 * week + i % 5}d {ends} resolved by ana"]
        lines.append(f"END +{7 * last_week + 6}d 23:00 created")
        return "\n".join(lines)
    return written


EXAMPLES = (
    Planted(says="Thirteen like weeks, then one in which everything takes three times as long: slower, within the same work.",
            events=_weeks_of(lambda i: f"{13 + i // 10:02}:{i * 7 % 60:02}"),
            finds=({"level": "company", "what": "median hours to the first settlement", "direction": "slower", "since": "2025-09-08", "mix_part": 0,
                    "before": (1.2, 1.8), "now": (4, 5)},),
            never=({"level": "quiet"},)),
    Planted(says="Thirteen like weeks and one more: nothing moved, said so.",
            events=_weeks_of(lambda i: f"{10 + i // 10:02}:{i * 7 % 60:02}"), finds=({"level": "quiet"},), rows=1),
    Planted(says="In the last week each second contact was settled, its tool says, half a year before it began: no time to go by, and nothing moved.",
            events=_weeks_of(lambda i: f"{10 + i // 10:02}:{i * 7 % 60:02}"), finds=({"level": "quiet"},), rows=1,
            tickets=lambda: {f"T13x{i}": {"resolved_at": "2025-01-06 09:00", "state": "resolved"} for i in range(0, 40, 2)}),
    Planted(says="Three weeks of data: nothing is usual yet.", events=_weeks_of(lambda i: "15:00", 2), finds=({"level": "not yet", "weeks": 2},), rows=1),
)


def ask(engine: DuckDBEngine, scope: Scope) -> list[dict[str, Any]]:
    """Alarms and what lies inside them, by customer-hours."""
    n = asking.options(scope, OPTIONS)["weeks"]
    over = [w for w in asking.weeks(engine, asking.undated(scope)) if w.is_full and (scope.to_on is None or w.on + WEEK <= scope.to_on)]
    period = over[-n:]
    if not period:
        return _nothing("not yet", "No week has ended yet.", 0)
    first = period[0].on
    block = first - ((first - FIRST_MONDAY) // WEEK % BLOCK) * WEEK
    before = [w for w in over[:-n] if block - BLOCK * WEEK <= w.on < block]
    before = before if len(before) >= ENOUGH else over[:-n][:BLOCK]
    if len(before) < ENOUGH:
        return _nothing("not yet", f"{len(before)} full weeks lie before the period; from {ENOUGH} on it can be said what is usual.", len(before))
    weeks = [w for w in over if w.on >= before[0].on]
    of = cohorts(engine, scope, weeks, period[-1])
    counted = counts(engine, of)
    part = min(1.0, SAMPLE / max(counted[ALL]["contacts"].sum(), 1)) if ALL in counted else 1.0
    baseline, last = slice(0, len(before)), slice(len(weeks) - n, len(weeks))
    found = _signals(engine, of, counted, times(engine, of, part), baseline, last)
    if not found:
        return _nothing("quiet", f"Nothing moved beyond the usual range ({len(MEASURES)} numbers of the company and of {len(counted) - 1} reasons, queues "
                                 "and channels looked at).", len(before))
    if not counted[ALL]["contacts"][last].any():   # parts of nothing explain nothing
        found = [signal for signal in found if signal[0] == "company"]
    owners = _owners(engine)
    rows = [_row(engine, of, measure, group, level, verdict, counted[group], baseline, last, owners) for level, measure, group, verdict in found]
    order = {"company": 0, "family": 0, "inside": 1}
    settled_only = counted[ALL]["contacts"].sum() >= SETTLED_ONLY and not _any_open(engine, scope)
    for row in rows:
        young = settled_only and row["direction"] in ("slower", "faster")
        row["sentence"] = _sentence(row) + (" The source holds settled contacts only: young weeks may look fast." if young else "")
    rows.sort(key=lambda r: (order[r["level"]], -abs(r["customer_hours"] or 0), r["what"], r["where"]))
    return asking.table(rows, COLUMNS)


def _nothing(level: str, sentence: str, weeks: int) -> list[dict[str, Any]]:
    return asking.table([{"level": level, "weeks": weeks, "sentence": sentence}], COLUMNS)


def _signals(engine: DuckDBEngine, of: Cohorts, counted: dict[Group, dict[str, np.ndarray]], timed: dict[Group, dict[str, np.ndarray]], baseline: slice,
             period: slice) -> list[tuple[str, str, Group, Verdict]]:
    """Level, measure, group and verdict of all that is outside its limits."""
    days, resets = open_days(engine, of.weeks), _resets(engine, of)

    def family(measure: str, groups: list[Group]) -> tuple[list[Group], np.ndarray, np.ndarray, np.ndarray]:
        told = [(g, s) for g in groups if (s := scaled(measure, counted[g], timed.get(g), days))]
        series = np.array([s[0] for _, s in told]).reshape(len(told), len(of.weeks))
        for row, (group, _) in enumerate(told):
            start = resets.get((measure, group), 0)
            if baseline.stop - start >= ENOUGH:
                series[row, :start] = np.nan
        return [g for g, _ in told], series, np.array([s[1] for _, s in told]), np.array([s[2] for _, s in told])

    def outside(measure: str, groups: list[Group], alarms: float) -> list[tuple[Group, Verdict]]:
        names, series, scales, floors = family(measure, groups)
        if not names:
            return []
        return [(g, v) for g, v in zip(names, judge(series, scales, floors, baseline, period, alarms), strict=True) if v and v.is_out]

    found = []
    for measure in MEASURES:
        company = outside(measure, [ALL] if ALL in counted else [], FALSE_ALARMS / 2 / len(MEASURES))
        found += [("company", measure, g, v) for g, v in company]
        for dim in DIMS:
            groups = [g for g in counted if g[0] == dim]
            alarms = 0.05 if company else FALSE_ALARMS / 2 / len(FAMILIES)
            same = np.sign(company[0][1].now - company[0][1].center) if company else 0
            found += [("inside" if company else "family", measure, g, v) for g, v in outside(measure, groups, alarms) if not company or np.sign(v.now - v.center) == same]
    return found


def _resets(engine: DuckDBEngine, of: Cohorts) -> dict[tuple[str, Group], int]:
    """Measure and group -> index of the week in which a decision on them took effect."""
    found: dict[tuple[str, Group], int] = {}
    for on, scope, metric in engine.query("select decided_on, scope, metric from decisions order by decided_on")[1]:
        dim, _, value = (scope or "").partition("=")
        group = ({"queue": "first_queue"}.get(dim, dim), value)
        for measure, m in MEASURES.items():
            if metric in m.metrics:
                found[(measure, group)] = sum(w.on + timedelta(days=6) < on for w in of.weeks)
    return found


def _row(engine: DuckDBEngine, of: Cohorts, measure: str, group: Group, level: str, verdict: Verdict, counted: dict[str, np.ndarray], baseline: slice, period: slice,
         owners: dict[Group, str]) -> dict[str, Any]:
    """A signal with its size, what it is made of and what it costs."""
    m, told = MEASURES[measure], base_of(measure, counted)
    part = min(1.0, SAMPLE / max(counted["contacts"].sum(), 1))   # of a small group all are read
    seen = rows_of(engine, of, measure, group, part)
    all_old, all_new = ((seen.week >= s.start) & (seen.week < s.stop) for s in (baseline, period))
    possible = ~np.isnan(seen.seconds)
    old, new = all_old & possible, all_new & possible
    limit = float(min(seen.seconds[old].max(initial=0), seen.seconds[new].max(initial=0)))
    if m.p == 0.5:   # the cost of a median is told without the longest tenth, whose luck would drown it
        limit = min(limit, quantile(seen.seconds[old], seen.ended[old], 0.9) or limit)

    def mean_hours(some: np.ndarray) -> float:
        return mean_within(seen.seconds[some], seen.ended[some], limit) / 3600 if some.any() else 0.0

    a_week, split = told[period].mean(), None
    if m.kind == "volume":
        days = open_days(engine, of.weeks)
        before, now = (float(told[s].sum() / days[s].sum()) for s in (baseline, period))
        cost = (1 - before / now) * a_week * mean_hours(old) if now else 0.0
    elif m.kind == "time":
        def hours(data: tuple, weights: np.ndarray) -> float | None:
            found = quantile(data[0], data[1], m.p, weights)
            return None if found is None else found / 3600
        before, now = (hours((seen.seconds[s], seen.ended[s]), np.ones(s.sum())) for s in (old, new))
        split = mix_and_within(hours, (seen.seconds[old], seen.ended[old]), seen.cells[old], (seen.seconds[new], seen.ended[new]), seen.cells[new])
        cost = a_week * (mean_hours(new) - mean_hours(old))
    else:
        before, now = (float(seen.hits[s].mean()) for s in (all_old, all_new))
        split = mix_and_within(lambda data, weights: float(np.average(data[0], weights=weights)), (seen.hits[all_old],), seen.cells[all_old],
                               (seen.hits[all_new],), seen.cells[all_new])
        cost = (now - before) * a_week * max(mean_hours(old & (seen.hits > 0)) - mean_hours(old & (seen.hits == 0)), 0.0)
    up = verdict.now > verdict.center
    row = {"level": level, "what": m.label, "where": "" if group == ALL else f"{group[0]}={group[1]}", "since": of.weeks[verdict.since].on, "before": before, "now": now,
           "direction": ("slower" if up else "faster") if m.kind == "time" else ("more" if up else "less"), "low": unscaled(measure, verdict.low),
           "high": unscaled(measure, verdict.high), "customer_hours": cost, "owner": owners.get(group), "contacts": int(told[period].sum()),
           "weeks": baseline.stop - baseline.start, "sampled": part}
    if split:
        row |= {"mix_part": split[0], "within_part": split[1]}
    return row


def _sentence(row: dict[str, Any]) -> str:
    if row["now"] == 0 and not row["where"] and row["what"] == MEASURES["contacts"].label:
        return f"The company: no contacts instead of {row['before']:.3g} an open day; none came, or the newest tickets were not loaded."
    text = f"{row['where'].partition('=')[2] or 'The company'}: {row['what']}"
    if row["now"] is not None and row["before"] is not None:
        text += f" {row['now']:.3g} instead of {row['before']:.3g}, since the week of {row['since']}"
        if "within_part" in row and row["now"] != row["before"]:
            share = row["within_part"] / (row["now"] - row["before"])
            text += "; the same work done otherwise" if share > 0.75 else "; other work than before" if share < 0.25 else "; partly other work, partly the same done otherwise"
    return f"{text} ({row['customer_hours']:+,.0f} customer-hours a week)." if abs(row["customer_hours"]) >= 0.5 else f"{text}."


def _any_open(engine: DuckDBEngine, scope: Scope) -> bool:
    sql, params = asking.contacts(engine, asking.undated(scope), ["1 as one"], where="f.is_open")
    return engine.query(f"select count(*) from ({sql}) as c", params)[1][0][0] > 0


def _owners(engine: DuckDBEngine) -> dict[Group, str]:
    reasons = engine.query("select reason, min(owner) from ticket_facts where reason is not null and owner is not null group by reason")[1]
    queues = engine.query("select name, min(team) from queues where name is not null and team is not null group by name")[1]
    return {**{("reason", r): o for r, o in reasons}, **{("first_queue", q): t for q, t in queues}}
