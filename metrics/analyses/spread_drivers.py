"""Where does the spread of resolution times come from: the kind of work, the system, or who took it?

The variance of the logarithm of resolution_time (calendar; under a minute counts as a minute) of settled contacts a person
touched, split into four parts: (i) the kind of work, reason and priority, expected to differ; then for like work (ii) the
system: tool, vendor, channel, queue first entered, hour and week of arrival, number of hands; (iii) which agent; (iv)
unexplained. The groupings are fitted one after another (method of moments for unbalanced groups, negative parts are zero):
reason, tool, priority as that tool names it, then the rest of the system, then the agent; what two share is counted for the
earlier. (iii) is told on contacts of one holder: the share of what work and system leave unexplained there is taken to hold
for all contacts; an agent who is alone in a queue cannot be told apart from it, nor from a kind of work that the reasons do
not name and only that agent is given. Intervals: the jackknife over 20 groups of
arrival days; they say how steady the answer is over days for these queues and agents, not for others. Open contacts are not
in it (how many: left_out); where a log holds settled ones only (far fewer open than arrivals times life make), its late weeks
have only the quick ones, and the week is not judged. A part that the data cannot tell is NULL: without reasons and priorities the
kind of work.

And what over-represents in the slowest tenth: the share of a value there against its share of all contacts, listed where it
is more than chance (hypergeometric, normal approximation, false findings held to 5 % over all values looked at).
"""
from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from metrics.engine import asking
from metrics.engine.engines import DuckDBEngine
from metrics.engine.intervals import NORMAL, jackknife, kept, share
from metrics.engine.metric import Option, Planted
from metrics.engine.query import P90_NEEDS
from metrics.engine.scope import Scope
from metrics.engine.variance import cross_products, levels, parts

KINDS = ("reason", "priority")
SYSTEM = {"source": "f.source", "vendor": "f.vendor", "channel": "f.channel", "first_queue": "f.first_queue", "hour": "@hour(f.arrived_local)",
          "week": "f.arrived_week", "hands": "case when f.handoffs > 3 then 4 else f.handoffs + 1 end"}   # CASE, because least() skips NULL
FACTORS = (*KINDS, *SYSTEM)
ORDER = ("reason", "source", "priority", *list(SYSTEM)[1:])
SLOW = {"reason": "f.reason", "priority": "f.priority", **SYSTEM, "weekday": "@isodow(f.arrived_local)"}
SETTLED = f"{asking.TOUCHED} and f.ended_at is not null and f.resolution_time >= 0 and f.started_at is not null"
GROUPS, AT_LEAST = 20, 200
FEW = 5   # open contacts: below, whether there are as many as there should be cannot be told
COLUMNS = {
    "level": "part (of the four), factor (one grouping inside a part) or slow (a value more common in the slowest tenth)",
    "name": "work, system, agent, unexplained; the dimension; for slow DIM=VALUE",
    "share": "share of the variance of log resolution time; for slow, share of the slowest tenth",
    "low": "lower end of the 95 % interval of share (for slow, of lift)", "high": "upper end",
    "share_of_like": "share of the variance among like work (all but the kind of work)",
    "lift": "for slow: how many times as common in the slowest tenth as among all",
    "contacts": "contacts it was found in: all settled ones, for agent those of one holder, for slow those with the value",
    "slow_contacts": "for slow: how many of them are in the slowest tenth", "left_out": "contacts in scope that are not settled or have no known time",
    "sampled": "part of the contacts that was read, 1 = all", "sentence": "the answer in a sentence, on the first row",
}
OPTIONS: dict[str, Option] = {"sample": Option(50_000, "how many contacts are read at most, the same ones every time"),
                              "top": Option(15, "how many values of the slowest tenth at most")}


def _world(minutes: Callable[[int, np.random.Generator], tuple[str, float]], n: int = 400) -> Callable[[], str]:
    """n contacts, each from one agent of four with the minutes the rule gives it; equal numbers a day."""
    def written() -> str:
        rng, lines = np.random.default_rng(5), []
        for i in range(n):
            agent, length = minutes(i, rng)
            start, end = divmod(540 + i % 20 * 7, 60), divmod(round(540 + i % 20 * 7 + length), 60)
            day = f"+{i // 20}d"
            lines += [f"T{i} {day} {start[0]:02}:{start[1]:02} created", f"T{i} {day} {start[0]:02}:{start[1]:02} queued Care",
                      f"T{i} {day} {start[0]:02}:{start[1]:02} assigned {agent}", f"T{i} {day} {end[0]:02}:{end[1]:02} resolved by {agent}"]
        return "\n".join(lines)
    return written


def _by_reason(i: int, rng: np.random.Generator) -> tuple[str, float]:
    hard = i % 2 == 1
    senior = (i // 2) % 5 != 0 if hard else (i // 2) % 5 == 0
    return f"{'senior' if senior else 'junior'}{i % 2}", (240 if hard else 30) * math.exp(rng.normal(0, 0.3))


def _by_agent(i: int, rng: np.random.Generator) -> tuple[str, float]:
    return f"a{i % 4}", (30, 60, 120, 240)[i % 4] * math.exp(rng.normal(0, 0.3))


def _closed_only() -> str:
    """Ten a day for ten weeks, of any length up to twenty days; those that would end after the log does are not in it."""
    rng, lines = np.random.default_rng(8), []
    for i in range(700):
        day, length = i // 10, int(rng.integers(1, 20))
        if day + length < 70:
            lines += [f"T{i} +{day}d 09:{i % 60:02} created", f"T{i} +{day}d 10:00 assigned ana", f"T{i} +{day + length}d 12:00 resolved by ana"]
    return "\n".join(lines)


HAS_MOMENT = False
EXAMPLES = (
    Planted(
        says="Equal agents, hard work to the seniors: the kind of work explains nearly all, agents nothing.",
        events=_world(_by_reason),
        tickets=lambda: {f"T{i}": {"reason_raw": ("easy", "hard")[i % 2]} for i in range(400)},
        finds=(
            {"level": "part", "name": "work", "share": (0.85, 1.0), "contacts": 400},
            {"level": "part", "name": "agent", "share": (0.0, 0.01)},
            {"level": "slow", "name": "reason=hard", "lift": (1.9, 2.1)},
        ),
    ),
    Planted(
        says="The same work takes one agent eight times as long as another: it is said just as plainly.",
        events=_world(_by_agent),
        tickets=lambda: {f"T{i}": {"reason_raw": "easy"} for i in range(400)},
        finds=({"level": "part", "name": "agent", "share": (0.7, 0.95), "contacts": 400}, {"level": "part", "name": "work", "share": (0.0, 0.01)}),
    ),
    Planted(
        says="Settled contacts only, a life of ten days on average and nobody open at the end: the week is not judged. No reasons either.",
        events=_closed_only,
        finds=(
            {"level": "part", "name": "work", "share": None},
            {"level": "factor", "name": "week", "share": None},
            {"level": "part", "name": "system", "share": (0.0, 0.2)},
        ),
    ),
    Planted(
        says="Of the slow half nobody knows how many hands it had: not known, not many.",
        events=_world(_by_reason),
        fidelity={"states": "events", "assignments": "counters"},
        tickets=lambda: {f"T{i}": {"recorded_handoffs": 0} for i in range(0, 400, 2)},
        finds=({"level": "slow", "name": "hands=(none)", "lift": (1.9, 2.1)},),
        never=({"level": "slow", "name": "hands=4"},),
    ),
    Planted(
        says="Too few contacts: their number, no shares.",
        events="T1 09:00 created\nT1 10:00 resolved by ana\nT2 09:00 created by customer\nT2 11:00 agent_message by ana",
        finds=({"level": "part", "name": "work", "share": None, "contacts": 1, "left_out": 1},),
        rows=4,
    ),
)


def ask(engine: DuckDBEngine, scope: Scope) -> list[dict[str, Any]]:
    """Four parts, their factors, and the slowest tenth."""
    chosen = asking.options(scope, OPTIONS)
    names = list(SLOW)
    counted, params = asking.contacts(engine, scope, [f"case when {SETTLED} then 1 else 0 end as settled"], where=asking.TOUCHED)
    n, members = (int(v or 0) for v in engine.query(f"select sum(settled), count(*) from ({counted}) as c", params)[1][0])
    part = min(1.0, chosen["sample"] / n) if n else 1.0
    sql, params = asking.contacts(engine, scope, [*(f"{SLOW[d]} as {d}" for d in names), "f.arrived_on", "f.resolution_time", "f.agent", "f.handoffs"],
                                  where=f"{SETTLED} and {asking.some(part)}")
    rows = engine.query(f"{sql} order by f.ticket_no, f.episode", params)[1]
    about: dict[str, Any] = {"left_out": members - n, "sampled": part}
    if len(rows) < AT_LEAST:
        return asking.table([{"level": "part", "name": name, "contacts": n, **about} for name in ("work", "system", "agent", "unexplained")], COLUMNS)
    given = dict(zip([*names, "arrived_on", "seconds", "agent", "handoffs"], zip(*rows, strict=True), strict=True))
    seconds = np.maximum(np.array(given["seconds"], dtype=float), 60)
    if _only_settled(given["arrived_on"], seconds, n, members - n):
        given["week"] = (None,) * len(rows)
        names.remove("week")
    return asking.table([*_parts(given, np.log(seconds), n, about), *_slow(given, names, seconds, part, about)[:chosen["top"]]], COLUMNS)


def _only_settled(arrived_on: tuple, seconds: np.ndarray, n: int, left_out: int) -> bool:
    """Were only settled contacts exported? Then far fewer are open than arrivals a day times days of life make (Little's law), and
    of the late weeks only the quick ones are in it."""
    days = (max(arrived_on) - min(arrived_on)).days + 1
    expected = n / days * float(seconds.mean()) / 86_400
    return expected >= FEW and left_out < expected / 2


def _parts(given: dict[str, tuple], values: np.ndarray, n: int, about: dict[str, Any]) -> list[dict[str, Any]]:
    values = values - values.mean()
    given = given | {"priority": list(zip(given["source"], given["priority"], strict=True))}
    codes = [levels(given[d]) for d in ORDER]
    days = np.unique(np.array(given["arrived_on"], dtype="datetime64[D]"), return_inverse=True)[1]
    groups = days % GROUPS if days.max() >= GROUPS else np.arange(len(values)) % GROUPS
    one = np.array([a is not None and h == 0 for a, h in zip(given["agent"], given["handoffs"], strict=True)])
    everyone, ends = cross_products(codes, values, groups, GROUPS)
    holders, holder_ends = _holders(given, codes, values, groups, one)

    def figures(left_out: int | None) -> np.ndarray:
        found = parts(_without(everyone, left_out), ends)
        shares = dict(zip(ORDER, found.parts / found.total if found.total else found.parts * 0, strict=True))
        work, system = sum(shares[d] for d in KINDS), sum(shares[d] for d in SYSTEM)
        rest, by_agent = max(1 - work - system, 0.0), 0.0
        if holders is not None:
            theirs = parts(_without(holders, left_out), holder_ends)
            by_agent = theirs.parts[-1] / (theirs.parts[-1] + theirs.rest) if theirs.rest else 0.0
        return np.array([work, system, rest * by_agent, rest * (1 - by_agent), *(shares[d] for d in FACTORS)])

    whole = figures(None)
    low, high = jackknife(whole, np.array([figures(g) for g in range(GROUPS)]))
    told = dict(zip(ORDER, parts(everyone.sum(axis=0), ends).freedom > 0, strict=True))
    agents_told = holders is not None and parts(holders.sum(axis=0), holder_ends).freedom[-1] > 0
    like = 1 - whole[0]
    work_told = any(v is not None for v in given["reason"]) or any(p is not None for _, p in given["priority"])
    result = []
    for i, name in enumerate(["work", "system", "agent", "unexplained", *FACTORS]):
        known = told[name] if i >= 4 else work_told if name == "work" else agents_told or name != "agent"
        row = {"level": "part" if i < 4 else "factor", "name": name, "contacts": int(one.sum() / about["sampled"]) if name == "agent" else n, **about}
        if known:
            row |= {"share": whole[i], "low": max(low[i], 0.0), "high": min(high[i], 1.0), "share_of_like": whole[i] / like if name not in ("work", *KINDS) and like > 0 else None}
        result.append(row)
    result[0]["sentence"] = _sentence(whole, like, work_told, agents_told, all(week is None for week in given["week"]))
    return result


def _holders(given: dict[str, tuple], codes: list[np.ndarray], values: np.ndarray, groups: np.ndarray, one: np.ndarray) -> tuple[np.ndarray | None, list[int]]:
    """The cross-products of contacts of one holder, the agent last; None where there are too few."""
    if one.sum() < AT_LEAST:
        return None, []
    agents = levels([a for a, single in zip(given["agent"], one, strict=True) if single])
    return cross_products([*(c[one] for c in codes[:-1]), agents], values[one], groups[one], GROUPS)


def _without(products: np.ndarray, group: int | None) -> np.ndarray:
    whole = products.sum(axis=0)
    return whole if group is None else whole - products[group]


def _sentence(whole: np.ndarray, like: float, work_told: bool, agents_told: bool, settled_only: bool) -> str:
    if like <= 0:
        return "The kind of work explains all of the spread."
    system, agent, rest = (whole[i] / like for i in (1, 2, 3))
    who = f"{agent:.0%} from who took it (or from work that only they are given)" if agents_told else "who took it cannot be told"
    most = max(SYSTEM, key=lambda d: whole[4 + FACTORS.index(d)])
    work = (f"The kind of work explains {whole[0]:.0%} of the spread; of the spread among like work," if work_told else
            "The source tells neither reasons nor priorities, so like work cannot be told from unlike: of all the spread,")
    return (f"{work} {system:.0%} comes from the system "
            f"(most from {most.replace('_', ' ')}), {who}, {rest:.0%} is unexplained."
            + (" The week of arrival is not judged: the source holds settled contacts only, and of its late weeks only the quick ones." if settled_only else ""))


def _slow(given: dict[str, tuple], names: list[str], seconds: np.ndarray, part: float, about: dict[str, Any]) -> list[dict[str, Any]]:
    """Values more common in the slowest tenth than chance makes them, the commonest gain first."""
    n = len(seconds)
    slow = np.zeros(n, dtype=bool)
    slow[np.argsort(-seconds, kind="stable")[:n // 10]] = True
    tenth = int(slow.sum())
    looked_at = []
    for dim in names:
        values, codes, counts = np.unique(np.array(["(none)" if v is None else str(v) for v in given[dim]]), return_inverse=True, return_counts=True)
        hits = np.bincount(codes, weights=slow).astype(int)
        for value, count, hit in zip(values, counts, hits, strict=True):
            if P90_NEEDS <= count < n:
                expected, spread = count * tenth / n, count * tenth / n * (1 - tenth / n) * (n - count) / (n - 1)
                chance = 1 - NORMAL.cdf((hit - 0.5 - expected) / math.sqrt(spread))
                looked_at.append((f"{dim}={value}", int(count), int(hit), expected, chance))
    rows = []
    for (name, count, hit, expected, _), stands in zip(looked_at, kept([entry[-1] for entry in looked_at]), strict=True):
        if stands and hit > expected:
            low, high = share(hit, count)
            rows.append({"level": "slow", "name": name, "share": hit / tenth, "lift": hit / expected, "low": low * n / tenth, "high": high * n / tenth,
                         "contacts": round(count / part), "slow_contacts": round(hit / part), "gain": hit - expected, **about})
    return sorted(rows, key=lambda r: (-r["gain"], r["name"]))
