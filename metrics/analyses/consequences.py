"""What do hands and waiting do to customers: are they less satisfied, do they come back, and how much are they worth?

Settled contacts a person touched, by number of holders (0, 1, 2, 3 and more; each person once, a change of hands that the tool does not
name taken for one to a new person) and by tenth of the time the customer waited for us
(all hours until the settlement that were not waiting for the customer; tenths taken within the same reason and tool, each contact by the
middle of its place among them: the only one of its kind lies in the middle).
Satisfaction as a share of that tool's scale (its lowest answer 0, its highest 1); repeat: the same customer opened another
contact within 7 days after the end, where these days are over; value: the company's value per year where it is known. Figures are
directly standardised: the mean within each reason and tool, weighted by the shares of reasons and tools among all these contacts, so that a
hard reason with many hands is compared with itself; what a group lacks stays out and `covered` says how much of the weight is
left. Intervals 95 %. This is association within like reasons, no proof of cause.
"""
from __future__ import annotations

import math
from typing import Any

from metrics.engine import asking
from metrics.engine.engines import DuckDBEngine
from metrics.engine.intervals import Z95
from metrics.engine.metric import Option, Planted
from metrics.engine.scope import Scope
from metrics.engine.sources import stamp

SAMPLE = 150_000    # contacts read at most
LEAST = 5    # answers in a cell of reason and tool, below which it is not used
OUTCOMES = ("csat", "repeat", "value")
TOLD = "f.state_fidelity is not null and f.state_fidelity <> 'counters'"   # else nobody knows when it waited for the customer
ENDED = f"{asking.TOUCHED} and f.ended_at is not null and f.ended_at >= f.started_at"
# people who held it; `returns`: changes to somebody who had it before
HANDS = ("case when c.handoffs = 0 and c.agent is null and c.first_held_at is null then '0' when c.handoffs - coalesce(b.returns, 0) >= 2 then '3+' "
         "else cast(c.handoffs - coalesce(b.returns, 0) + 1 as varchar) end")
COLUMNS = {
    "level": "hands or waiting", "group": "number of holders, or the tenth of waiting (1 = shortest)", "contacts": "settled contacts",
    "median_waited_seconds": "median time the customer waited for us", "csat": "standardised satisfaction, 0 to 1", "csat_low": "lower end of its interval",
    "csat_high": "upper end",
    "rated": "contacts with a rating", "csat_covered": "share of the weight of reasons that the group has", "repeat": "standardised share that came back within 7 days",
    "repeat_low": "lower end", "repeat_high": "upper end", "followable": "contacts of known customers whose 7 days are over",
    "repeat_covered": "share of the weight that the group has",
    "value": "standardised mean value per year", "value_low": "lower end", "value_high": "upper end", "valued": "contacts whose company's value is known",
    "value_covered": "share of the weight that the group has", "sampled": "part of the contacts that was read, 1 = all: counts are of this part",
}
OPTIONS: dict[str, Option] = {}


def _hands() -> str:
    """Hard work goes through two hands and easy work through one; satisfaction depends on the hands alone."""
    lines = []
    for i in range(80):
        lines += [f"T{i} 09:00 created", f"T{i} 10:00 assigned ana", *([f"T{i} 11:00 assigned ben"] if _has_two(i) else [])]
        lines.append(f"T{i} 12:00 resolved by ana")
    return "\n".join([*lines, "END +20d 09:00 created"])


def _has_two(i: int) -> bool:
    return i % 8 != 0 if i % 2 == 0 else i % 8 == 1


def _told(i: int) -> dict[str, Any]:
    return {"reason_raw": "hard" if i % 2 == 0 else "easy", "customer_id": f"c{i}", "csat": (3 if i % 2 == 0 else 5) - (2 if _has_two(i) else 0)}


EXAMPLES = (
    Planted(says="Hard work is rated two lower and goes to two hands more often; a second hand alone costs half of the scale of 1 to 5.", events=_hands,
            tickets=lambda: {f"T{i}": _told(i) for i in range(80)},
            finds=({"level": "hands", "group": "1", "csat": 0.75, "contacts": 40, "csat_covered": 1},
                   {"level": "hands", "group": "2", "csat": 0.25, "contacts": 40, "csat_covered": 1})),
    Planted(says="Ana, Ben and Ana again are two people; Ana, Ben and Cy in one second are three; Ana who gave it back is one.",
            events="T1 09:00 created\nT1 09:00 assigned ana\nT1 10:00 assigned ben\nT1 11:00 assigned ana\nT1 12:00 resolved by ana\n"
                   "T2 09:00 created\nT2 09:00 assigned ana\nT2 09:00 assigned ben\nT2 09:00 assigned cy\nT2 12:00 resolved by cy\n"
                   "T3 09:00 created\nT3 09:00 assigned ana\nT3 10:00 assigned\nT3 12:00 resolved by ana\nT4 09:00 created\nT4 12:00 resolved by ana",
            finds=tuple({"level": "hands", "group": hands, "contacts": 1} for hands in ("0", "1", "2", "3+"))),
    Planted(says="Nobody rated and no customer is known: counts, and no figures.", events=_hands,
            finds=({"level": "hands", "group": "1", "csat": None, "rated": 0, "repeat": None, "followable": 0, "value": None},)),
    Planted(says="The only one of its reason lies in the middle, however long it waited; of two the one that waited less lies in the third tenth.",
            events="T1 09:00 created\nT1 09:30 assigned ana\nT1 +9d 10:00 resolved by ana\nT2 09:00 created\nT2 09:30 assigned ana\nT2 10:00 resolved by ana\n"
                   "T3 09:00 created\nT3 09:30 assigned ana\nT3 11:00 resolved by ana",
            tickets={"T1": {"reason_raw": "rare"}, "T2": {"reason_raw": "other"}, "T3": {"reason_raw": "other"}},
            finds=({"level": "waiting", "group": "6", "contacts": 1, "median_waited_seconds": 781_200}, {"level": "waiting", "group": "3", "median_waited_seconds": 3600},
                   {"level": "waiting", "group": "8", "median_waited_seconds": 7200})),
    Planted(says="Settled yesterday: whether they come back cannot be known yet.", events="T1 09:00 created\nT1 09:30 assigned ana\nT1 10:00 resolved by ana\nT2 +1d 10:00 created",
            tickets={"T1": {"customer_id": "c1"}}, finds=({"level": "hands", "group": "1", "contacts": 1, "followable": 0, "median_waited_seconds": 3600},)),
    Planted(says="An hour ours, then four days for a customer who never wrote, and closed by the tool: an hour, the four days come after its end.",
            events="T1 10:00 created\nT1 11:00 agent_message by ana\nT1 11:00 state_changed waiting_customer by ana\nT1 +4d 11:00 closed by system",
            finds=({"level": "waiting", "group": "6", "contacts": 1, "median_waited_seconds": 3600},)),
    Planted(says="We began it; the customer wrote an hour later and was answered after half an hour: what we waited for that first word is no part of it.",
            events="T1 10:00 created by agent ana\nT1 10:00 agent_message by ana\nT1 10:00 state_changed waiting_customer by ana\nT1 11:00 customer_message\n"
                   "T1 11:00 state_changed in_progress by customer\nT1 11:30 agent_message by ana\nT1 11:30 resolved by ana",
            finds=({"level": "waiting", "group": "6", "contacts": 1, "median_waited_seconds": 1800},)),
)


def ask(engine: DuckDBEngine, scope: Scope) -> list[dict[str, Any]]:
    """Hands, then tenths of waiting."""
    asking.options(scope, OPTIONS)
    grouped, params, part = _grouped(engine, scope)
    outcomes = ("rating", "repeat", "value")
    figures = ", ".join(f"count({c}), avg({c}), var_samp({c})" for c in outcomes)
    none = ", ".join(f"cast(null as {kind})" for _ in outcomes for kind in ("bigint", "double", "double"))
    # in one query, so that the contacts and their hours are read once
    found = engine.query(
        f"""{grouped}
        select level, name, cast(null as varchar) as source, cast(null as varchar) as reason, @quantile(waited, 0.5) as median, count(*) as n, {none}
        from grouped group by level, name
        union all
        select level, name, source, reason, null, null, {figures} from grouped group by level, name, source, reason""",
        params,
    )[1]
    answer = []
    for level in ("hands", "waiting"):
        groups = [row for row in found if row[0] == level and row[5] is not None]
        cells = [(row[1], *row[2:4], *row[6:]) for row in found if row[0] == level and row[5] is None]
        for _, name, _, _, median, n, *_ in sorted(groups, key=lambda g: (len(g[1]) if level == "waiting" else 0, g[1])):
            row = {"level": level, "group": name, "contacts": n, "median_waited_seconds": median, "sampled": part}
            for i, (outcome, counted) in enumerate(zip(OUTCOMES, ("rated", "followable", "valued"), strict=True)):
                row |= {counted: sum(c[3 + 3 * i] for c in cells if c[0] == name), **_standardised(outcome, cells, name, 3 + 3 * i)}
            answer.append(row)
    return asking.table(answer, COLUMNS)


def members(engine: DuckDBEngine, scope: Scope, level: str, group: str) -> list[dict[str, Any]]:
    """The contacts of one row of the answer, the longest waiting first; value = seconds the customer waited for us."""
    grouped, params, _ = _grouped(engine, scope)
    return engine.records(
        f"{grouped} select ticket_id, episode, waited as value, cast(null as varchar) as rule from grouped where level = ? and name = ? "
        "order by waited desc nulls last, ticket_id, episode",
        [*params, level, group],
    )


def _grouped(engine: DuckDBEngine, scope: Scope) -> tuple[str, list[Any], float]:
    """SQL of `grouped`, a row per contact and group it is in; its parameters, and the part of the contacts that is read."""
    now = stamp(asking.as_of(engine, scope))
    week = 7 * 86_400
    ended = f"{ENDED} and f.ended_at <= {now}"
    counted, params = asking.contacts(engine, scope, ["1 as one"], where=ended)
    part = min(1.0, SAMPLE / max(engine.query(f"select count(*) from ({counted}) as c", params)[1][0][0], 1))
    contacts, params = asking.contacts(engine, scope, [
        "f.ticket_no", "f.ticket_id", "f.episode", "f.source", "coalesce(f.reason, '') as reason", "f.csat", "f.company_id",
        "f.handoffs", "f.agent", "f.first_held_at", f"case when {TOLD} then f.our_time end as waited",
        f"case when f.person_id is not null and not f.is_proactive and @add_secs(f.ended_at, {week}) <= {now} then "
        f"case when f.next_contact_at is not null and f.next_contact_at <= @add_secs(f.ended_at, {week}) then 1.0 else 0.0 end end as repeat"],
        where=f"{ended} and {asking.some(part)}")
    told = "ticket_id, episode, source, reason, waited, rating, repeat, value"
    return f"""with contacts as ({contacts}),
        back as (select h.ticket_no, h.episode, sum(h.is_to) + 1 - count(distinct h.person) as returns
                 from contacts c join (select ticket_no, episode, from_holder as person, 0 as is_to from hands where from_holder is not null
                                       union all select ticket_no, episode, to_holder, 1 from hands where from_holder is not null) h
                      on h.ticket_no = c.ticket_no and h.episode = c.episode
                 where c.handoffs > 1 group by h.ticket_no, h.episode),
        rated as (
            select c.*, {HANDS} as hands, v.value_per_year as value, case when s.most > s.least then (c.csat - s.least) / (s.most - s.least) end as rating
            from contacts c left join back b on b.ticket_no = c.ticket_no and b.episode = c.episode
            left join (select company_id, max(value_per_year) as value_per_year from companies where valid_to is null group by company_id) v on v.company_id = c.company_id
            left join (select source, min(csat) as least, max(csat) as most from ticket_facts group by source) s on s.source = c.source),
        grouped as (
            select 'hands' as level, hands as name, {told} from rated where hands is not null
            union all
            select 'waiting', cast(cast(floor(10 * (place - 0.5e0) / like_it) as bigint) + 1 as varchar), {told}   -- by its middle: the only one of its kind lies in the middle
            from (select r.*, row_number() over (partition by reason, source order by waited, ticket_id, episode) as place, count(*) over (partition by reason, source) as like_it
                  from rated r where waited is not null) as placed)""", params, part


def _standardised(outcome: str, cells: list[tuple], group: str, at: int) -> dict[str, float]:
    """The group's mean at the mix of reasons and tools of all groups, with its interval."""
    weights: dict[tuple, int] = {}
    for cell in cells:
        weights[cell[1:3]] = weights.get(cell[1:3], 0) + cell[at]
    own = [(weights[c[1:3]], c[at], c[at + 1], c[at + 2] or 0.0) for c in cells if c[0] == group and c[at] >= LEAST]
    total = sum(w for w, *_ in own)
    if not total:
        return {}
    mean = sum(w * m for w, _, m, _ in own) / total
    half = Z95 * math.sqrt(sum((w / total) ** 2 * v / n for w, n, _, v in own))
    low, high = (mean - half, mean + half) if outcome == "value" else (max(mean - half, 0.0), min(mean + half, 1.0))
    return {outcome: mean, f"{outcome}_low": low, f"{outcome}_high": high, f"{outcome}_covered": total / sum(weights.values())}
