"""Why do customers make contact, who in the business owns the cause, and what does it cost?

One row per contact reason, per reason group and per owner, and one over all; of a reason of which nothing came in the period, but
hours were lived in it, too. Contacts are those a customer began
in the period; customer-hours (waiting in queues, held, worked, waiting for others) and handling hours are those lived in the
weeks of the period, so that they add up to the ledger of bottlenecks. Cost is our handling hours at the hourly rate
(those worked in queues of no vendor) plus a vendor's price per contact that it had, estimated. A contact is repeated when the same customer came again within the window,
of contacts whose window is over. The trend is the last four full weeks beside the thirteen before them; a change is the
newest lasting step in the level of weekly contacts (exact best split, penalised so that chance seldom makes one).
Reasons nobody owns and contacts without a reason are shown as a share of all.

Reasons are the tool's own, in the words of reasons.csv where it has them; where the tool gives none, what the rules of
reasons.csv say of a contact's tags, and where these say nothing, of the words of its subject. Every row says how many of its
contacts have their reason from where. `suggest=yes` adds words that many contacts without a reason share, as patterns a rule on
text could have (in five contacts or more, of the 20,000 commonest subjects): they are shown and never applied.
"""
from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from metrics.analyses.bottlenecks import KNOWN, UNSEEN, hours_sql, period
from metrics.engine import asking, frequent
from metrics.engine.changepoints import steps
from metrics.engine.cost import rates
from metrics.engine.engines import DuckDBEngine
from metrics.engine.followers import repeat_window
from metrics.engine.metric import Option, Planted
from metrics.engine.scope import Scope

RECENT, BEFORE = 4, 13
COLUMNS = {
    "level": "all, owner, group, reason or suggestion",
    "reason": "contact reason; NULL for level reason = none given",
    "group": "its group",
    "owner": "who in the business owns the cause",
    "action": "eliminate, pre-empt, digitise, streamline or leverage",
    "contacts": "contacts that arrived in the period",
    "share": "share of all of them; for level suggestion of those without a reason",
    "from_field": "contacts whose reason the tool gives",
    "from_tag": "contacts whose reason a rule found in their tags",
    "from_text": "contacts whose reason a rule found in their subject",
    "avoidable": "contacts that need not be: contacts x avoidable share of their reason; NULL = not said",
    "customer_hours": "hours customers waited for us, lived in the period; NULL = their sources tell no assignments",
    "handling_hours": "hours worked (estimated from replies and notes); NULL = their sources tell no replies",
    "cost": "estimated cost of them",
    "currency": "as settings say",
    "repeat_share": "followed by another contact within the window",
    "per_week": f"contacts a week in the last {RECENT} full weeks",
    "per_week_before": f"in the {BEFORE} weeks before them",
    "changed_on": "Monday since which the level is what it is now; NULL = no change",
    "change": "by how many contacts a week it changed then",
    "unowned_share": "for level all: share of contacts whose reason has no owner",
    "unreasoned_share": "for level all: share without a reason",
    "suggestion": "for level suggestion: words that contacts without a reason share",
}
OPTIONS = {
    "window_days": repeat_window("days within which a further contact counts as a repeat"),
    "suggest": Option("no", "show words that contacts without a reason share", ("no", "yes")),
}
FROM = ("field", "tag", "text")
SUBJECTS = 20_000
KEYS = {"reason": ("reason", "reason_group", "owner", "action"), "group": ("reason_group",), "owner": ("owner",), "all": ()}
_PRICED = '[queues."example:Front"]\nvendor = "Northwind"\n[work]\nseconds_per_reply = 3600\n[rates]\ncurrency = "EUR"\nhourly = 40.0\nvendors = { Northwind = 5.0 }'
_REASONS = ({"pattern": "login*", "reason": "login problem", "reason_group": "App", "owner": "App team", "action": "eliminate", "avoidable_share": 0.9},)


def _weekly(reason: str, per_week: list[int]) -> tuple[str, dict[str, dict[str, Any]]]:
    lines, tickets, number = [], {}, 0
    for week, count in enumerate(per_week):
        for i in range(count):
            number += 1
            lines += [f"{reason[0]}{number} +{7 * week + i % 5}d {9 + i % 8:02d}:00 created", f"{reason[0]}{number} +{7 * week + i % 5}d {9 + i % 8:02d}:30 resolved by ana"]
            tickets[f"{reason[0]}{number}"] = {"reason_raw": reason}
    return "\n".join([*lines, f"Z9 +{7 * len(per_week)}d 00:00 created"]), tickets


_STEP = [6] * 14 + [24] * 6
EXAMPLES = (
    Planted(
        says="Two logins and one contact without a reason: owner and group from reasons.csv, a third unreasoned.",
        reasons=_REASONS,
        events="T1 09:00 created\nT1 09:00 queued App\nT1 11:00 resolved by ana\nT2 10:00 created\nT2 10:00 queued App\nT2 11:00 resolved by ana\nT3 "
               "10:00 created\nT3 11:00 resolved by ana",
        tickets={"T1": {"reason_raw": "login failed"}, "T2": {"reason_raw": "Login problem"}},
        finds=(
            {"level": "reason", "reason": "login problem", "owner": "App team", "group": "App", "action": "eliminate", "contacts": 2, "share": 2 / 3, "avoidable": 1.8,
             "customer_hours": 3},
            {"level": "owner", "owner": "App team", "contacts": 2},
            {"level": "all", "contacts": 3, "unreasoned_share": 1 / 3, "unowned_share": 1 / 3, "cost": None},
        ),
    ),
    Planted(
        says="The tool's field comes first, then tags, then the subject's words; what says nothing has no reason.",
        reasons=(
            {"pattern": "Billing", "reason": "invoice", "owner": "Finance"},
            {"pattern": "refund*", "found_in": "tag", "reason": "refund", "owner": "Shop"},
            {"pattern": "app", "found_in": "text", "reason": "app crash", "owner": "App team"},
            {"pattern": "vip", "found_in": "tag", "reason": "key account"},
        ),
        events="".join(f"T{n} 09:00 created\nT{n} 10:00 resolved by ana\n" for n in range(1, 7)),
        tickets={
            "T1": {"reason_raw": "billing", "tags": "refund_late", "subject": "App"},
            "T2": {"tags": "vip refund_late", "subject": "My app crashed"},
            "T3": {"tags": "norefund", "subject": "The APP: it crashed"},
            "T4": {"subject": "Happy with it"},
            "T5": {"subject": "Delivery is late"},
        },
        finds=(
            {"level": "reason", "reason": "invoice", "contacts": 1, "from_field": 1, "from_tag": 0, "from_text": 0},
            {"level": "reason", "reason": "refund", "owner": "Shop", "contacts": 1, "from_field": 0, "from_tag": 1, "from_text": 0},
            {"level": "reason", "reason": "app crash", "owner": "App team", "contacts": 1, "from_field": 0, "from_tag": 0, "from_text": 1},
            {"level": "reason", "reason": None, "contacts": 3, "from_field": 0, "from_tag": 0, "from_text": 0},
            {"level": "all", "contacts": 6, "from_field": 1, "from_tag": 1, "from_text": 1, "unreasoned_share": 0.5},
        ),
        never=({"level": "suggestion"},),
    ),
    Planted(
        says="Six of ten without a reason speak of a late delivery: suggested as a pair of words, and still without a reason. A word of four is none.",
        scope={"options": {"suggest": "yes"}},
        events="".join(f"T{n} 09:00 created\nT{n} 10:00 resolved by ana\n" for n in range(1, 12)),
        tickets={
            **{f"T{n}": {"subject": f"Late delivery of order {n}" if n % 2 else "the delivery? Late delivery!"} for n in range(1, 7)},
            **{f"T{n}": {"subject": "password"} for n in range(7, 11)},
            "T11": {"subject": "late delivery", "reason_raw": "other"},
        },
        finds=({"level": "suggestion", "suggestion": "late delivery", "contacts": 6, "share": 0.6}, {"level": "reason", "reason": None, "contacts": 10}),
        never=({"level": "suggestion", "suggestion": "password"}, {"level": "suggestion", "suggestion": "late"}, {"level": "reason", "reason": "late delivery"}),
    ),
    Planted(
        says="A source that tells no assignments and no replies: how long customers waited and how long we worked is not known, not none.",
        settings="[rates]\ncurrency = \"EUR\"\nhourly = 40.0",
        events="T1 09:00 created\nT1 11:00 resolved",
        tickets={"T1": {"reason_raw": "invoice"}},
        fidelity={"states": "events"},
        finds=tuple({"level": level, "contacts": 1, "customer_hours": None, "handling_hours": None, "cost": None} for level in ("all", "reason")),
    ),
    Planted(
        says="Nothing of it came this week, but what came last week is worked: hours, owner and group, and no contacts.",
        reasons=_REASONS,
        events="T1 09:00 created\nT1 09:00 assigned ana\nT1 +7d 12:00 resolved by ana\nT2 +7d 09:00 created\nT2 +7d 10:00 resolved by ana",
        tickets={"T1": {"reason_raw": "login failed"}, "T2": {"reason_raw": "invoice"}},
        scope={"from_on": date(2025, 6, 16)},
        finds=(
            {"level": "reason", "reason": "login problem", "owner": "App team", "group": "App", "contacts": 0, "share": 0, "customer_hours": 12, "repeat_share": None},
            *({"level": level, name: name_of, "contacts": 0, "customer_hours": 12} for level, name, name_of in (("owner", "owner", "App team"), ("group", "group", "App"))),
            {"level": "all", "contacts": 1, "customer_hours": 13, "unowned_share": 1},
        ),
    ),
    Planted(
        says="The vendor had one, then we worked an hour on it: its price and our hour. The other was ours alone: an hour and no price.",
        settings=_PRICED,
        events="T1 09:00 created\nT1 09:00 queued Front\nT1 10:00 queued Tech\nT1 10:00 assigned tom\nT1 12:00 agent_message by tom\nT1 12:00 resolved by tom\n"
        "T2 09:00 created\nT2 09:00 queued Tech\nT2 09:00 assigned tom\nT2 12:00 agent_message by tom\nT2 12:00 resolved by tom",
        tickets={"T1": {"reason_raw": "invoice"}, "T2": {"reason_raw": "login"}},
        finds=({"reason": "invoice", "handling_hours": 1, "cost": 45}, {"reason": "login", "handling_hours": 1, "cost": 40}, {"level": "all", "handling_hours": 2, "cost": 85}),
    ),
    Planted(
        says="No replies are told: what only the vendor had costs its price, what we had too cannot be priced.",
        settings=_PRICED,
        reasons=_REASONS,   # a world of its own: the settings name its queue
        fidelity={"assignments": "events", "queues": "events", "states": "events"},
        events="T1 09:00 created\nT1 09:00 queued Front\nT1 10:00 queued Tech\nT1 12:00 resolved\nT2 09:00 created\nT2 09:00 queued Front\nT2 12:00 resolved",
        tickets={"T1": {"reason_raw": "invoice"}, "T2": {"reason_raw": "contract"}},
        finds=({"reason": "invoice", "customer_hours": 3, "handling_hours": None, "cost": None}, {"reason": "contract", "handling_hours": None, "cost": 5}),
    ),
    Planted(
        says="Six a week, then twenty-four from the 15th week on: the step is found at that Monday.",
        events=lambda: _weekly("invoice", _STEP)[0],
        tickets=lambda: _weekly("invoice", _STEP)[1],
        finds=({"level": "reason", "reason": "invoice", "contacts": 228, "changed_on": "2025-09-15", "change": 18, "per_week": 24},),
    ),
    Planted(
        says="The data begin on a Saturday: two contacts of a week are no level from which it rose.",
        reasons=_REASONS,   # a world of its own, or the data would begin with another's
        events=lambda: "S1 +5d 09:00 created\nS1 +5d 10:00 resolved\nS2 +6d 09:00 created\nS2 +6d 10:00 resolved\n" + _weekly("invoice", [0, *[24] * 8])[0],
        tickets=lambda: {**_weekly("invoice", [0, *[24] * 8])[1], "S1": {"reason_raw": "invoice"}, "S2": {"reason_raw": "invoice"}},
        finds=({"level": "reason", "reason": "invoice", "contacts": 194, "changed_on": None, "per_week": 24, "per_week_before": 24},),
    ),
    Planted(
        says="Twelve a week, give or take: no change.",
        events=lambda: _weekly("invoice", [12, 9, 14, 11, 13, 10, 12, 15, 11, 12, 10, 13, 12, 14, 9, 12])[0],
        tickets=lambda: _weekly("invoice", [12, 9, 14, 11, 13, 10, 12, 15, 11, 12, 10, 13, 12, 14, 9, 12])[1],
        finds=({"level": "reason", "reason": "invoice", "changed_on": None, "change": None},),
    ),
    Planted(
        says="A contact the customer repeats after two days: of two settled contacts whose week is over one was repeated.",
        events="T1 09:00 created\nT1 10:00 resolved by ana\nT2 +2d 09:00 created\nT2 +2d 10:00 resolved by ana\nT3 +20d 09:00 created",
        tickets={"T1": {"customer_id": "c1", "reason_raw": "login"}, "T2": {"customer_id": "c1", "reason_raw": "login"}},
        finds=({"level": "reason", "reason": "login", "repeat_share": 0.5},),
    ),
)

BEGUN = "not f.is_proactive"   # a contact is what a customer began; hours are of all work


def ask(engine: DuckDBEngine, scope: Scope) -> list[dict[str, Any]]:
    """All, then owners, groups and reasons, each by customer-hours."""
    chosen = asking.options(scope, OPTIONS, engine)
    window = chosen["window_days"] * 86_400
    now = asking.stamp(asking.as_of(engine, scope))
    judged = f"f.person_id is not null and not f.is_proactive and not f.is_open and f.ended_at >= f.started_at and @secs(f.ended_at, {now}) >= {window}"
    followed = f"@secs(f.ended_at, f.next_contact_at) <= {window}"
    columns = [*(f"f.{c}" for c in ("ticket_no", "episode", "reason", "reason_from", "reason_group", "owner", "action", "avoidable_share")),
               f"coalesce({KNOWN}, false) as tells_hands", f"not {UNSEEN} as tells_replies",
               f"case when {judged} then 1 else 0 end as judged", f"case when {judged} and {followed} then 1 else 0 end as followed"]
    contacts, params = asking.contacts(engine, scope, columns, where=BEGUN)
    hours, hour_params = hours_sql(engine, scope, *period(engine, scope))
    lived = (
        f"select f.reason, f.reason_group, f.owner, f.action, s.vendor, sum(h.queue_seconds + h.held_seconds + h.touched_seconds + h.others_seconds) "
        f"as waited, sum(h.touched_seconds) as touched "
        f"from ({hours}) h join ticket_facts f on f.ticket_no = h.ticket_no and f.episode = h.episode "
        "left join stays s on s.ticket_no = h.ticket_no and s.episode = h.episode and s.stay_no = h.stay_no group by f.reason, f.reason_group, f.owner, f.action, s.vendor"
    )
    vendor = (
        f"select c.reason, c.reason_group, c.owner, c.action, s.vendor, count(*) as n from ({contacts}) c join (select distinct ticket_no, episode, "
        f"vendor from stays where vendor is not null) s "
        "on s.ticket_no = c.ticket_no and s.episode = c.episode group by c.reason, c.reason_group, c.owner, c.action, s.vendor"
    )
    placed = ", ".join(f"@countif(reason_from = '{place}') as from_{place}" for place in FROM)
    counted = engine.records(
        f"select reason, reason_group, owner, action, count(*) as contacts, sum(case when avoidable_share is not null then avoidable_share end) as "
        f"avoidable, sum(judged) as judged, "
        f"sum(followed) as followed, @countif(tells_hands) as telling_hands, @countif(tells_replies) as telling_replies, "
        f"{placed} from ({contacts}) c group by reason, reason_group, owner, action",
        params,
    )
    waited = engine.records(f"select * from ({lived}) as l", hour_params)
    bought = engine.records(f"select * from ({vendor}) as v", params)
    series, mondays = _series(engine, scope)
    total, price = sum(r["contacts"] for r in counted), rates(engine)
    answer = []
    for level in ("all", "owner", "group", "reason"):
        keys = KEYS[level]
        rows = []
        for key in sorted({tuple(r[k] for k in keys) for r in (*counted, *(r for r in waited if r["waited"]))}, key=str):
            def of(records: list[dict[str, Any]], key: tuple = key, keys: tuple[str, ...] = keys) -> list[dict[str, Any]]:
                return [r for r in records if tuple(r[k] for k in keys) == key]
            own, lived_here = of(counted), of(waited)
            row = dict(zip(keys, key, strict=True))
            n, told = sum(r["contacts"] for r in own), [r["avoidable"] for r in own if r["avoidable"] is not None]
            judged_n = sum(r["judged"] for r in own)
            vendors: dict[str, int] = {}
            for r in of(bought):
                vendors[r["vendor"]] = vendors.get(r["vendor"], 0) + r["n"]
            is_waited = bool(lived_here) or any(r["telling_hands"] for r in own)
            is_worked = is_waited and (any(r["touched"] for r in lived_here) or any(r["telling_replies"] for r in own))
            own_hours = sum(r["touched"] or 0 for r in lived_here if r["vendor"] is None) / 3600
            only_bought = bool(vendors) and all(r["vendor"] is not None for r in lived_here)
            cost = price.cost(own_hours, vendors) if is_worked or only_bought else None
            series_here = [counts for names, counts in series.items() if tuple(dict(zip(KEYS["reason"], names, strict=True))[k] for k in keys) == key]
            weekly = [sum(week) for week in zip(*series_here, strict=True)]
            row |= {
                "level": level,
                "group": row.pop("reason_group", None),
                "contacts": n,
                "share": n / total if total else None,
                **{f"from_{place}": sum(r[f"from_{place}"] for r in own) for place in FROM},
                "avoidable": sum(told) if told else None,
                "customer_hours": sum(r["waited"] or 0 for r in lived_here) / 3600 if is_waited else None,
                "handling_hours": sum(r["touched"] or 0 for r in lived_here) / 3600 if is_worked else None,
                "cost": cost,
                "currency": price.currency if cost is not None else None,
                "repeat_share": sum(r["followed"] for r in own) / judged_n if judged_n else None,
                **_trend(weekly, mondays),
            }
            if level == "all" and n:
                row |= {"unowned_share": sum(r["contacts"] for r in own if r["owner"] is None) / n, "unreasoned_share": sum(r["contacts"] for r in own if r["reason"] is None) / n}
            rows.append(row)
        answer += sorted(rows, key=lambda r: (-(r["customer_hours"] or 0), -r["contacts"]))
    if chosen["suggest"] == "yes":
        answer += _suggested(engine, scope)
    return asking.table(answer, COLUMNS)


def _suggested(engine: DuckDBEngine, scope: Scope) -> list[dict[str, Any]]:
    """Words of the subjects of contacts without a reason."""
    contacts, params = asking.contacts(engine, scope, ["f.ticket_id"], where=f"f.reason is null and {BEGUN}")
    subjects = engine.query(f"select t.subject, count(*) as n from ({contacts}) c join tickets t on t.ticket_id = c.ticket_id where t.subject is not null "
                            f"group by t.subject order by n desc, t.subject limit {SUBJECTS}", params)[1]
    [[silent]] = engine.query(f"select count(*) from ({contacts}) c", params)[1]
    return [{"level": "suggestion", "suggestion": said, "contacts": n, "share": n / silent} for said, n in frequent.shared(subjects)]


def _series(engine: DuckDBEngine, scope: Scope) -> tuple[dict[tuple, list[int]], list[Any]]:
    """Contacts per full week up to the period's end, by reason; and the Mondays."""
    end = scope.to_on
    weeks = [w.on for w in asking.weeks(engine, scope) if w.is_full and (end is None or w.on + timedelta(days=7) <= end)]
    contacts, params = asking.contacts(engine, replace(scope, from_on=None), ["f.reason", "f.reason_group", "f.owner", "f.action", "f.arrived_week"], where=BEGUN)
    place = {on: i for i, on in enumerate(weeks)}
    found: dict[tuple, list[int]] = {}
    for *names, on, n in engine.query(
        f"select reason, reason_group, owner, action, arrived_week, count(*) from ({contacts}) c group by reason, reason_group, owner, action, arrived_week",
        params,
    )[1]:
        counts = found.setdefault(tuple(names), [0] * len(weeks))
        if on in place:
            counts[place[on]] += n
    return found, weeks


def _trend(weekly: list[int], mondays: list[Any]) -> dict[str, Any]:
    if len(weekly) < RECENT + 1:
        return {}
    before = weekly[-RECENT - BEFORE:-RECENT]
    found = steps(weekly)
    trend = {"per_week": sum(weekly[-RECENT:]) / RECENT, "per_week_before": sum(before) / len(before)}
    if found:
        start, previous = found[-1], found[-2] if len(found) > 1 else 0
        now, then = weekly[start:], weekly[previous:start]
        trend |= {"changed_on": mondays[start], "change": sum(now) / len(now) - sum(then) / len(then)}
    return trend
