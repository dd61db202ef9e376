"""Where the hours of contacts go, who sends them where, how many wait and since when, what to take next and who comes back: against a slow plain
reading of random histories, also of a period, of a reason or queue, as of an earlier moment, and in zones whose clocks change meanwhile."""
from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

import plain
import pytest
from plain_flow import BINS, HOUR, WEEK, Zone, hand_changes, ledger, left_at, next_touch, promises
from test_against_plain import BOTS, MONDAY, UNTIL, build, read_plain, world_of

from metrics.analyses.work_list import GROUPS, NAMES
from metrics.engine.engines import DuckDBEngine
from metrics.engine.metric import analyses
from metrics.engine.scope import Scope
from metrics.engine.wording import duration

WORLDS = [(1, False, "UTC"), (2, True, "America/New_York"), (3, False, "Europe/Berlin")]   # both zones change their clocks in these weeks
LAST = ([((UNTIL - MONDAY) // timedelta(minutes=1), "customer_message", None, "customer")], None, None, None)   # a ticket of the data's last moment
LOGIN, RISK = (("reason", "login"),), (("queue", "risk"),)
REASONS = pytest.mark.parametrize("where", [(), LOGIN], ids=["all", "one reason"])
PERIODS = [(None, None, ()), (date(2026, 3, 9), date(2026, 3, 23), LOGIN), (date(2026, 3, 11), None, ())]
IN_PERIODS = pytest.mark.parametrize("low, high, where", PERIODS)
IN_QUEUES_TOO = pytest.mark.parametrize("low, high, where", [*PERIODS, (None, date(2026, 3, 23), RISK)])
MINUTES = (-3, 10, 1440, 20_000, 39_990)
AGES = (0, 1, 3, 7, 14, 30, 60)


@dataclass
class World:
    """A random world: its engine, its contacts plainly read, and (customer, reason) of each ticket."""

    engine: DuckDBEngine
    contacts: dict[tuple[str, int], plain.Contact]
    known: dict[str, tuple]
    zone: Zone

    def asked(self, name: str, **scope) -> list[dict]:
        return analyses()[name].ask(self.engine, Scope(**scope))

    def of(self, where: tuple) -> dict[tuple[str, int], plain.Contact]:
        """The contacts of a reason; a queue is asked of their stays."""
        return {key: c for key, c in self.contacts.items() if where != LOGIN or self.known[key[0]][1] == "login"}

    def shown(self, now: datetime, low: date | None, high: date | None) -> list[date]:
        """The weeks of a period up to an instant."""
        return [w for w in self.zone.weeks(self.contacts, now) if (low is None or w >= low) and (high is None or w < high)]


def made(world: list[tuple], reused: bool, zone: str = "UTC") -> World:
    engine, told = build(world, reused, zone=zone)
    return World(engine, read_plain(world, told, reused), {f"s:T{n}": (customer, reason) for n, (_, _, customer, reason) in enumerate(world)}, Zone(zone))


@pytest.fixture(scope="module", params=WORLDS, ids=lambda p: f"seed {p[0]}, threads {'reused' if p[1] else 'kept'}, {p[2]}")
def world(request):
    seed, reused, zone = request.param
    return made([*world_of(seed), LAST], reused, zone)


def together(cells: list[dict]) -> dict[str, Any]:
    """Cells of the ledger as the answer tells them."""
    row = {f"{b}_hours": round(sum(cell[b] for cell in cells) / HOUR, 6) for b in BINS}
    return {**row, "contacts": len(set().union(*(cell["who"] for cell in cells))), "lost_hours": round(sum(cell["queue"] + cell["held"] for cell in cells) / HOUR, 6)}


@IN_QUEUES_TOO
def test_every_hour_of_the_ledger(world, low, high, where):
    """Each bin of each queue in each week and over the period, which is whole weeks; a queue's hours are those lived in it."""
    cells = {(week, queue): cell for (week, queue), cell in ledger(world.of(where), world.zone, UNTIL).items()
             if (low is None or week >= world.zone.monday(low)) and (high is None or week < high) and (where != RISK or queue == "risk")}
    for weekly in (False, True):
        groups: dict[tuple, list] = defaultdict(list)
        for (week, queue), cell in cells.items():
            groups["total", week.isoformat() if weekly else None, None].append(cell)
            groups["queue", week.isoformat() if weekly else None, queue].append(cell)
        rows = [r for r in world.asked("bottlenecks", from_on=low, to_on=high, where=where, week=weekly) if r["level"] != "hop"]
        found = {(r["level"], r["week"], r["queue"]): r for r in rows}
        assert len(rows) == len(found) and found.keys() == groups.keys()
        lost = together(list(cells.values()))["lost_hours"]
        for place, group in groups.items():
            expected = together(group)
            assert {name: found[place][name] for name in expected} == expected, place
            assert found[place]["share"] == pytest.approx(expected["lost_hours"] / lost, abs=1e-5), place


@IN_PERIODS
def test_hops_of_the_ledger(world, low, high, where):
    """Moves of the period's weeks, and how long nobody there took what came: up to the data's end where nobody has yet."""
    delays, lost = defaultdict(list), Counter()
    for c in world.of(where).values():
        for i, (sent, came) in enumerate(zip(c.stays, c.stays[1:], strict=False), 1):
            week = world.zone.monday(came["entered_at"])
            if (low is None or week >= world.zone.monday(low)) and (high is None or week < high):
                hop = sent["queue"], came["queue"]
                delays[hop].append(plain.secs(came["entered_at"], came["assigned_at"]) if came["assigned_at"] else None)
                lost[hop] += plain.secs(came["entered_at"], came["assigned_at"] or left_at(c, i) or UNTIL)
    rows = [r for r in world.asked("bottlenecks", from_on=low, to_on=high, where=where) if r["level"] == "hop"]
    assert {(r["queue"], r["next_queue"]): (r["contacts"], r["lost_hours"], r["median_delay_seconds"]) for r in rows} == {
        hop: (len(all_), round(lost[hop] / HOUR, 6), median(taken) if (taken := [d for d in all_ if d is not None]) else None) for hop, all_ in delays.items()}


@IN_QUEUES_TOO
def test_who_sends_in_what(world, low, high, where):
    expected: dict[tuple, dict] = {}
    onward: dict[tuple, Counter] = defaultdict(Counter)
    for c in world.of(where).values():
        for i, stay in enumerate(c.stays):
            if not world.zone.is_within(stay["entered_at"], low, high) or (where == RISK and stay["queue"] != "risk"):
                continue
            sender, next_ = c.queues[i - 1] if i else None, c.queues[i + 1] if i + 1 < len(c.queues) else None
            row = expected.setdefault((stay["queue"], sender), dict.fromkeys(("came", "left_again", "sent_back", "untouched", "seconds"), 0))
            row["came"] += 1
            if next_:
                onward[stay["queue"], sender][next_] += 1
                row["left_again"] += 1
                row["sent_back"] += next_ == sender
                row["untouched"] += not stay["touched"]
                row["seconds"] += plain.secs(stay["entered_at"], left_at(c, i))
    rows = world.asked("sent_in", from_on=low, to_on=high, where=where)
    assert [r["left_again"] for r in rows] == sorted((r["left_again"] for r in rows), reverse=True)
    assert len(rows) == len(expected)
    for r in rows:
        place = r["queue"], r["from_queue"]
        row, most = expected[place], max(onward[place].values(), default=0)
        assert (r["came"], r["left_again"], r["sent_back"], r["untouched"], r["hours"]) == (*list(row.values())[:4], round(row["seconds"] / HOUR, 6)), place
        assert r["share"] == round(row["left_again"] / row["came"], 6)
        assert r["mostly_to"] == min((q for q, n in onward[place].items() if n == most), default=None), place


@IN_PERIODS
def test_who_hands_to_whom(world, low, high, where):
    contacts = {key: c for key, c in world.of(where).items() if c.human and world.zone.is_within(c.started_at, low, high)}
    moves, delays, who = Counter(), defaultdict(list), defaultdict(set)
    for key, c in contacts.items():
        for at, sent, came, cause, border in hand_changes(c, BOTS):
            move = sent, came, None if cause == "not_known" else cause, border
            moves[move] += 1
            who[move].add(key)
            delays[move] += [delay for delay in (next_touch(c, at),) if delay is not None]
    rows = world.asked("handoff_matrix", from_on=low, to_on=high, where=where, options={"top": 1000})
    told = [r for r in rows if r["level"] == "move"]
    assert {(r["from_queue"], r["to_queue"], r["cause"], r["border"]): (r["moves"], r["contacts"], r["share"], r["median_delay_seconds"]) for r in told} == {
        move: (n, len(who[move]), round(n / moves.total(), 6), median(delays[move]) if delays[move] else None) for move, n in moves.items()}
    hands, cells = defaultdict(list), defaultdict(list)
    for key, c in contacts.items():   # what a further hand adds: medians of one reason, where five were settled with and without it
        hands[n := min(4, plain.handoffs(c))] += [None if c.is_open or c.ended_at < c.started_at else plain.secs(c.started_at, c.ended_at)]
        cells[n, world.known[key[0]][1]] += [hands[n][-1]] if hands[n][-1] is not None else []
    for n, seconds in hands.items():
        [row] = [r for r in rows if r["level"] == "hands" and r["handoffs"] == n]
        pairs = [(len(own), median(own) - median(less)) for (m, reason), own in cells.items() if m == n and len(own) >= 5 and len(less := cells.get((n - 1, reason), [])) >= 5]
        compared = sum(weight for weight, _ in pairs)
        assert (row["contacts"], row["median_seconds"]) == (len(seconds), median(done) if (done := [s for s in seconds if s is not None]) else None), n
        assert row["compared"] == (compared if n else None), n
        assert row["added_seconds"] == (pytest.approx(sum(weight * more for weight, more in pairs) / compared) if compared else None), n


@REASONS
@pytest.mark.parametrize("moment", [None, *(MONDAY + timedelta(minutes=m) for m in MINUTES)])
def test_how_old_what_is_open_is(world, moment, where):
    """As it stood then: in the queue and state of that instant, whoever spoke last by then."""
    now, found = moment or UNTIL, []
    for c in world.of(where).values():
        if plain.handled_by(c) == "bot_only" or not plain.alive_at(c, now):
            continue
        i = next(i for i, s in enumerate(c.spans) if s[0] <= now and (s[1] is None or now < s[1]))
        # what we began, or what is told before its beginning, is as old as its first moment of life
        begun = c.started_at if c.started_at <= now else next(s[0] for s in c.spans if s[1] != s[0] and s[2] not in (None, "closed"))
        age = plain.secs(begun, now)
        found.append((c.happened[i][1], c.spans[i][2], max(d for d in AGES if d * 86_400 <= age), age, c.spans[i][4] is True))
    groups: dict[tuple, list] = defaultdict(list)
    for queue, state, days, age, unanswered in found:
        groups["total", None, None, days].append((age, unanswered))
        groups["queue", queue, state, days].append((age, unanswered))
    rows = world.asked("ageing", as_of=moment, where=where)
    assert len(rows) == len(groups)
    assert {(r["level"], r["queue"], r["state"], r["from_days"]): (r["contacts"], r["share"], r["unanswered"], r["oldest_seconds"]) for r in rows} == {
        place: (len(g), round(len(g) / len(found), 6), sum(u for _, u in g), max(a for a, _ in g)) for place, g in groups.items()}


@REASONS
@pytest.mark.parametrize("low, high, moment", [(None, None, None), (date(2026, 2, 23), date(2026, 3, 23), None), (date(2026, 2, 23), None, MONDAY + timedelta(days=18, hours=5))])
def test_what_comes_and_goes_and_how_many_are_open(world, low, high, moment, where):
    """A contact is open from its arrival to its last end; as of a moment the ends after it are not known. Whether a person touched it, or it waits for one, is of today."""
    now, zone = moment or UNTIL, world.zone
    lives = [(c.started_at, c.ended_at if c.ended_at and c.ended_at <= now else None) for c in world.of(where).values()
             if c.started_at <= now and (c.is_open or c.ended_at >= c.started_at) and (c.human or (plain.handled_by(c) == "untouched" and c.is_open))]
    arrived, ended = [zone.monday(a) for a, _ in lives], [zone.monday(z) for _, z in lives if z]
    shown = world.shown(now, low, high)
    *rows, total = world.asked("backlog_flow", from_on=low, to_on=high, as_of=moment, where=where)
    assert [r["week"] for r in rows] == [w.isoformat() for w in shown]
    area = hours = 0
    for week, row in zip(shown, rows, strict=True):
        start, end = zone.starts(week), min(zone.starts(week + WEEK), now)
        open_seconds = sum(max(0, plain.secs(max(a, start), min(z or now, end))) for a, z in lives)
        came, left = sum(w <= week for w in arrived), sum(w <= week for w in ended)
        assert (row["arrivals"], row["departures"]) == (arrived.count(week), ended.count(week)), week
        assert (row["cumulative_arrivals"], row["cumulative_departures"], row["open_at_end"], row["partial"]) == (came, left, came - left, end < zone.starts(week + WEEK)), week
        assert row["mean_open"] == pytest.approx(open_seconds / plain.secs(start, end), abs=2e-6), week
        area, hours = area + open_seconds / HOUR, hours + plain.secs(start, end) / HOUR
    own = [plain.secs(a, z or now) / HOUR for a, z in lives if zone.monday(a) in shown]
    assert (total["arrivals"], total["open_at_end"]) == (len(own), rows[-1]["open_at_end"])
    assert [total[n] for n in ("mean_open", "arrivals_per_hour", "mean_hours", "expected_open", "residual")] == pytest.approx(
        [area / hours, len(own) / hours, sum(own) / len(own), sum(own) / hours, (area - sum(own)) / hours], abs=2e-6)


@pytest.mark.parametrize("low, high, moment, where", [
    (None, None, None, ()), (date(2026, 2, 24), date(2026, 3, 30), None, LOGIN), (None, None, MONDAY + timedelta(days=15, hours=3), ()), (None, None, None, RISK)])
def test_hours_in_which_more_comes_than_is_taken(world, low, high, moment, where):
    """The stays that began in the full weeks, by the hour in which they came, were taken, and ended or were left; what happened after a moment is not known then.
    What is taken in a week after these counts too: a Friday's stay is taken on a Monday, and one week has none before it."""
    now, zone = moment or UNTIL, world.zone
    begun = min(c.started_at for c in world.contacts.values() if c.started_at)
    full = [w for w in world.shown(now, low, high) if begun < zone.starts(w) + timedelta(days=1) and zone.starts(w + WEEK) <= now and (high is None or w + WEEK <= high)]
    came, taken, over = Counter(), Counter(), Counter()
    for c in world.of(where).values():
        for i, stay in enumerate(c.stays):
            if zone.monday(stay["entered_at"]) in full and (where != RISK or stay["queue"] == "risk"):
                for places, at in ((came, stay["entered_at"]), (taken, stay["assigned_at"]), (over, stay["assigned_at"] or left_at(c, i))):
                    if at and at <= now:
                        places[zone.local(at).isoweekday(), zone.local(at).hour] += 1
    rows = world.asked("hours_short", from_on=low, to_on=high, as_of=moment, where=where)
    assert [(r["weekday"], r["hour"]) for r in rows] == [(day, hour) for day in range(1, 8) for hour in range(24)]
    waiting = 0
    for r in rows:
        place = r["weekday"], r["hour"]
        waiting += came[place] - over[place]
        assert [r[n] * len(full) for n in ("came", "taken", "short", "waiting")] == pytest.approx([came[place], taken[place], came[place] - taken[place], waiting], abs=1e-4), place
        assert r["weeks"] == len(full)


@REASONS
@pytest.mark.parametrize("low, high, moment, longest", [(None, None, None, 30), (date(2026, 3, 3), date(2026, 3, 20), None, 30), (None, None, MONDAY + timedelta(days=12), 7)])
def test_how_soon_customers_come_back(world, low, high, moment, longest, where):
    now, found = moment or UNTIL, []
    for key, c in world.of(where).items():
        customer, reason = world.known[key[0]]
        if c.is_proactive or customer is None or c.is_open or not c.started_at <= c.ended_at <= now or not world.zone.is_within(c.ended_at, low, high):
            continue
        back = [(plain.secs(c.ended_at, o.started_at) / 86_400, world.known[k[0]][1]) for k, o in world.contacts.items()
                if world.known[k[0]][0] == customer and not o.is_proactive and o.started_at > c.ended_at]
        found.append((plain.secs(c.ended_at, now) / 86_400, min((d for d, _ in back), default=999), min((d for d, other in back if other == reason), default=999), reason))
    old = [f for f in found if f[0] >= longest]
    rows = world.asked("repeat_curve", from_on=low, to_on=high, as_of=moment, where=where, options={"longest": longest})
    assert [r["days"] for r in rows] == list(range(1, longest + 1))
    for r in rows:
        followed, same = [f[1] <= r["days"] for f in old], [f[2] <= r["days"] for f in old if f[3]]
        over = [f[1] <= r["days"] for f in found if f[0] >= r["days"]]
        assert (r["contacts"], r["followed"], r["newest_contacts"], r["immature"]) == (len(old), sum(followed), len(over), len(found) - len(over)), r
        assert [r["rate"], r["same_reason_rate"], r["newest_rate"]] == [pytest.approx(sum(part) / len(part), abs=1e-6) if part else None for part in (followed, same, over)], r


@pytest.mark.parametrize("reused", [False, True], ids=["threads kept", "threads reused"])
def test_what_to_take_next_and_why(reused):
    """Histories of the data's last two days, so that promises still run."""
    late = (UNTIL - MONDAY - timedelta(hours=50)) // timedelta(minutes=1)
    world = made([*(([(late + m // 14, *rest) for m, *rest in events], *of) for events, *of in world_of(5)), LAST], reused)
    for where, days in (((), 7), (LOGIN, 1)):
        expected = {key: row for key, c in world.of(where).items() if (row := taken_next(world, key, c, days))}
        rows = world.asked("work_list", where=where, options={"window_days": days})
        assert [r["position"] for r in rows] == list(range(1, len(expected) + 1))
        assert where or {r["group"] for r in rows} == set(GROUPS)
        order = []
        for row in rows:
            named = expected[row["ticket_id"], row["episode"]]
            order.append(named.pop("order"))
            assert {name: row[name] for name in named} == named
        assert order == sorted(order)


def taken_next(world: World, key: tuple[str, int], c: plain.Contact, days: int) -> dict[str, Any] | None:
    """What the work list tells of a contact, and what its place rests on; None where nobody waits for us."""
    last_word, (customer, reason) = c.spans[-1][4], world.known[key[0]]
    if not c.is_open or plain.handled_by(c) == "bot_only" or (c.spans[-1][2] == "waiting_customer" and last_word is not True):
        return None
    earlier = [o for k, o in world.contacts.items() if customer and world.known[k[0]][0] == customer and not (o.is_proactive or c.is_proactive)
               and (o.started_at, k) < (c.started_at, key)]   # which of two that began in one second came first is a matter of naming
    ends = [o.ended_at for o in earlier if o.ended_at and o.started_at <= o.ended_at < c.started_at]
    overlaps, is_back = any(o.is_open or o.ended_at > c.started_at for o in earlier), bool(ends) and c.started_at - max(ends) <= timedelta(days=days)
    waited = plain.secs(c.turns[-1][0] if c.turns and c.turns[-1][1] is None else c.started_at, UNTIL) if last_word else None
    returns, transfers, chased, age = plain.boomerangs(c), max(0, len(c.queues) - 1), c.chase > HOUR, plain.secs(c.started_at, UNTIL)
    broken, left, promise = promises(c, 1 if reason == "login" else 4, UNTIL)[0]
    is_round, came_back = returns > 0 or transfers >= 2, c.reopens > 0 or chased or overlaps or is_back
    group = 0 if 0 <= left <= 4 * HOUR else 3 if waited is None else 1 if is_round or came_back else 2
    why = [f"{NAMES[promise]} {'late by' if broken else 'due in'} {duration(abs(left))}"] if broken or group == 0 else []
    why += [f"unanswered for {duration(waited)}"] if waited is not None else []
    why += ["came back to a queue it had left" if returns else f"{transfers} changes of queue"] if is_round else []
    why += [f"reopened {'once' if c.reopens == 1 else f'{c.reopens} times'}"] if c.reopens else []
    why += ["the customer wrote again"] if chased else []
    why += ["another contact of theirs was open"] if overlaps else [f"back {duration(plain.secs(max(ends), c.started_at))} after the last contact"] if is_back else []
    why += [f"answered, the next step is ours, open for {duration(age)}"] if waited is None else []
    return {"group": GROUPS[group], "queue": c.queues[-1] if c.queues else None, "state": c.spans[-1][2], "waited_seconds": waited, "age_seconds": age,
            "promise": promise, "due_seconds": left, "due_clock": "calendar", "transfers": transfers, "returns": returns, "reopens": c.reopens,
            "is_passed_round": is_round, "came_back": came_back, "why": "; ".join(why), "order": (group, left if group == 0 else -(age if waited is None else waited), -age)}
