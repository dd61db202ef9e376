"""What do a vendor and our own teams solve for good, and what goes over the border and comes back?

One row per side (in house, or the vendor's name) and one per team. A team enters a contact with its first stay in one
of the team's queues. Kept: no other team had it afterwards. Lasting: kept, settled, never reopened, and the customer
did not come again within the window; of a customer who is not known, or of a contact that an agent started, nobody knows, so these are
not judged. Handed over: it left the team for the other side of the border; handed back: it
came to the team from the other side when the team had already had it. Hours at the border run from leaving one side to
the first hand on the other, in whichever of its queues; where nobody took it there, until it left that side or ended. The adjusted share of
lasting solutions is what the team would reach on the mix of reasons and priorities of all (indirect standardisation), so that a
team of hard work is not called bad. Price: the vendor's price per contact, or handling hours (an allowance per reply and note, so
estimated) times the hourly rate, divided by lasting solutions; NULL where settings hold no rate.
"""
from __future__ import annotations

from typing import Any

from metrics.engine import asking
from metrics.engine.engines import DuckDBEngine
from metrics.engine.followers import repeat_window
from metrics.engine.intervals import share as interval
from metrics.engine.metric import Planted
from metrics.engine.routes import KNOWN
from metrics.engine.scope import Scope

IN_HOUSE = "(in house)"
COLUMNS = {
    "level": "side or team",
    "side": f"{IN_HOUSE} or the vendor",
    "team": "the team, for level = team",
    "contacts": "contacts that entered it",
    "kept": "of them, no other team had it afterwards",
    "judged": "settled contacts of known customers whose window is over",
    "not_known": "settled contacts whose window is over, not judged: the customer is not known, or an agent started it",
    "lasting": "of them kept, never reopened and not followed by another contact within the window",
    "lasting_share": "lasting / judged",
    "lasting_low": "lower end of its 95 % interval",
    "lasting_high": "upper end",
    "lasting_adjusted": "share of lasting solutions on the mix of all",
    "handed_over": "times a contact left it for the other side",
    "handed_back": "times one came back to it over the border",
    "border_hours": "hours from leaving one side to the first hand on the other",
    "handling_hours": "hours worked there (estimated from replies and notes)",
    "cost": "price of all its contacts",
    "cost_per_lasting": "cost / lasting, cost of judged contacts only",
    "cost_is": "price per contact (vendor), estimated (handling hours x rate), or NULL",
    "currency": "as settings say",
}
OPTIONS = {"window_days": repeat_window("days within which a further contact means the solution did not last")}
_SETTINGS = """
[queues."example:Front"]
team = "First line"
vendor = "Northwind"
[queues."example:Tech"]
team = "Technology"
[rates]
currency = "EUR"
hourly = 60.0
vendors = { Northwind = 5.0 }
"""
_END = "\nT9 +30d 09:00 created"
_SAME = {"customer_id": "c1"}
EXAMPLES = (
    Planted(
        says="The vendor solves one for good and hands one over; ours takes two hours to pick it up and solves it.",
        settings=_SETTINGS,
        events="T1 09:00 created\nT1 09:00 queued Front\nT1 09:05 assigned vera\nT1 10:00 agent_message by vera\nT1 10:00 resolved by vera\n"
        "T2 09:00 created\nT2 09:00 queued Front\nT2 09:05 assigned vera\nT2 10:00 queued Tech\nT2 12:00 assigned tom\nT2 13:00 resolved by tom" + _END,
        tickets={"T1": {"customer_id": "c1"}, "T2": {"customer_id": "c2"}},
        finds=(
            {
                "level": "side",
                "side": "Northwind",
                "contacts": 2,
                "kept": 1,
                "judged": 2,
                "lasting": 1,
                "lasting_share": 0.5,
                "handed_over": 1,
                "handed_back": 0,
                "border_hours": 2,
                "cost": 10,
                "cost_per_lasting": 10,
                "cost_is": "price per contact",
            },
            {"level": "team", "side": IN_HOUSE, "team": "Technology", "contacts": 1, "kept": 1, "lasting": 1, "handed_over": 0, "handling_hours": 0},
        ),
    ),
    Planted(
        says="Technology hands it back to the vendor: once over, once back.",
        settings=_SETTINGS,
        events="T1 09:00 created\nT1 09:00 queued Front\nT1 09:05 assigned vera\nT1 10:00 queued Tech\nT1 11:00 assigned tom\nT1 12:00 queued Front\nT1 12:30 assigned vera\n"
        "T1 13:00 resolved by vera" + _END,
        tickets={"T1": _SAME},
        finds=(
            {"level": "side", "side": "Northwind", "contacts": 1, "kept": 0, "lasting": 0, "handed_over": 1, "handed_back": 1},
            {"level": "side", "side": IN_HOUSE, "handed_over": 1, "handed_back": 0, "border_hours": 0.5},
        ),
    ),
    Planted(
        says="Solved by the vendor, but the customer is back after two days: it did not last.",
        settings=_SETTINGS,
        events="T1 09:00 created\nT1 09:00 queued Front\nT1 09:05 assigned vera\nT1 10:00 resolved by vera\nT2 +2d 09:00 created\nT2 +2d 09:00 queued "
               "Front\nT2 +2d 09:05 assigned vera\n"
        "T2 +2d 10:00 resolved by vera" + _END,
        tickets={"T1": _SAME, "T2": _SAME},
        finds=({"level": "side", "side": "Northwind", "kept": 2, "judged": 2, "lasting": 1},),
    ),
    Planted(
        says="Whether a customer nobody knows came back cannot be known: kept, and not judged.",
        settings=_SETTINGS,
        events="T1 09:00 created\nT1 09:00 queued Front\nT1 09:05 assigned vera\nT1 10:00 resolved by vera\nT2 09:00 created\nT2 09:00 queued Front\n"
        "T2 09:05 assigned vera\nT2 10:00 resolved by vera" + _END,
        tickets={"T1": _SAME},
        finds=({"level": "side", "side": "Northwind", "contacts": 2, "kept": 2, "judged": 1, "not_known": 1, "lasting": 1, "lasting_share": 1},),
    ),
    Planted(
        says="Ours let it lie an hour in Triage, moved it and took it up two hours later: three hours at the border. Nobody takes up the second: an hour until it ends.",
        settings=_SETTINGS,
        events="T1 09:00 created\nT1 09:00 queued Front\nT1 09:05 assigned vera\nT1 10:00 assigned\nT1 10:00 queued Triage\nT1 11:00 queued Tech\nT1 13:00 assigned tom\n"
        "T1 14:00 resolved by tom\nT2 09:00 created\nT2 09:00 queued Front\nT2 09:05 assigned vera\nT2 10:00 assigned\nT2 10:00 queued Triage\n"
        "T2 11:00 resolved by system" + _END,
        tickets={"T1": {"customer_id": "c1"}, "T2": {"customer_id": "c2"}},
        finds=({"level": "side", "side": "Northwind", "handed_over": 2, "border_hours": 4}, {"level": "side", "side": IN_HOUSE, "handed_over": 0, "border_hours": 0}),
    ),
    Planted(
        says="No vendor: one side, nothing crosses.",
        events="T1 09:00 created\nT1 09:00 queued Tech\nT1 09:05 assigned tom\nT1 10:00 resolved by tom" + _END,
        tickets={"T1": _SAME},
        finds=({"level": "side", "side": IN_HOUSE, "contacts": 1, "handed_over": 0, "cost": None, "cost_is": None},),
        rows=2,
    ),
)


def ask(engine: DuckDBEngine, scope: Scope) -> list[dict[str, Any]]:
    """Sides, then teams, the most contacts first."""
    window = asking.options(scope, OPTIONS, engine)["window_days"] * 86_400
    now = asking.stamp(asking.as_of(engine, scope))
    over = f"not f.is_open and f.ended_at >= f.started_at and @secs(f.ended_at, {now}) >= {window}"
    known = "f.person_id is not null and not f.is_proactive"
    followed = f"f.next_contact_at is not null and @secs(f.ended_at, f.next_contact_at) <= {window}"
    contacts, params = asking.contacts(engine, scope, [
        "f.ticket_no", "f.episode", "coalesce(f.reason, '') || '/' || coalesce(f.priority, '') as cell",
        f"case when {over} and {known} then 1 else 0 end as judged", f"case when {over} and not ({known}) then 1 else 0 end as not_known",
        f"case when f.reopens > 0 or {followed} then 0 else 1 end as stayed_solved"], where=f"{asking.TOUCHED} and {KNOWN}")
    order = "partition by s.ticket_no, s.episode order by s.stay_no"
    stays = (
        f"select s.ticket_no, s.episode, s.stay_no, c.cell, c.judged, c.not_known, c.stayed_solved, coalesce(s.vendor, '{IN_HOUSE}') as side, coalesce(s.team, s.queue) as "
        f"team, coalesce(h.seconds, 0) as touched, s.left_at, "
        f"row_number() over ({order}) as pos, count(*) over (partition by s.ticket_no, s.episode) as last_pos, coalesce(lag(s.vendor) over ({order}), "
        f"'{IN_HOUSE}') as side_before, "
        f"coalesce(lead(s.vendor) over ({order}), '{IN_HOUSE}') as side_after "
        f"from stays s join contacts c on c.ticket_no = s.ticket_no and c.episode = s.episode left join (select ticket_no, episode, stay_no, "
        f"sum(touched_seconds) as seconds from hours "
        "where ticket_no in (select ticket_no from contacts) group by ticket_no, episode, stay_no) "
        "h on h.ticket_no = s.ticket_no and h.episode = s.episode and h.stay_no = s.stay_no where s.queue is not null"
    )
    # the border lies in contacts that a vendor had: until the first hand behind it, unless it left that side before anyone took it; where nobody did, its end
    side = f"coalesce(s.vendor, '{IN_HOUSE}')"
    later = "over (partition by ticket_no, episode order by stay_no rows between 1 following and unbounded following)"
    crossed = (
        f"select ticket_no, episode, stay_no, side, side_after, min(assigned_at) {later} as hand_at, min(case when side_after <> side then left_at end) {later} as gone_at, "
        f"min(case when side_after is null then left_at end) {later} as over_at from (select s.ticket_no, s.episode, s.stay_no, s.assigned_at, s.left_at, {side} as side, "
        f"lead({side}) over ({order}) as side_after from stays s join (select distinct ticket_no, episode from stays where vendor is not null) v "
        "on v.ticket_no = s.ticket_no and v.episode = s.episode where s.queue is not null) as w"
    )
    stays = (f"select s.*, coalesce(case when b.gone_at is null or b.hand_at <= b.gone_at then b.hand_at else b.gone_at end, b.over_at) as taken_at from ({stays}) s "
             f"left join (select * from ({crossed}) as x where side_after <> side) b on b.ticket_no = s.ticket_no and b.episode = s.episode and b.stay_no = s.stay_no")
    levels = []
    for level, key in (("side", "side"), ("team", "team")):
        firsts = f"select x.*, min(pos) over (partition by ticket_no, episode, {key}) as first_pos from passed x"
        entered = (f"select ticket_no, episode, side, {key} as team, max(cell) as cell, max(judged) as judged, max(not_known) as not_known, sum(touched) as touched, "
                   "case when max(last_pos) - min(pos) + 1 = count(*) then 1 else 0 end as kept, "
                   "case when max(last_pos) - min(pos) + 1 = count(*) then max(stayed_solved) else 0 end * max(judged) as lasting, "
                   "@countif(pos < last_pos and side_after <> side) as handed_over, @countif(pos > first_pos and side_before <> side) as handed_back, "
                   "sum(case when pos < last_pos and side_after <> side and taken_at > left_at then @secs(left_at, taken_at) else 0 end) as border "
                   f"from ({firsts}) f group by ticket_no, episode, side, {key}")
        rated = f"select e.*, avg(case when judged = 1 then cast(lasting as double) end) over (partition by cell) as usual from ({entered}) e"
        levels.append(f"""select '{level}' as level, side, team, count(*) as contacts, sum(kept) as kept, sum(judged) as judged, sum(not_known) as not_known,
            sum(lasting) as lasting, sum(handed_over) as handed_over, sum(handed_back) as handed_back, sum(border) / 3600.0 as border_hours,
            sum(touched) / 3600.0 as handling_hours, sum(case when judged = 1 then touched else 0 end) / 3600.0 as judged_hours,
            sum(case when judged = 1 then usual end) as expected from ({rated}) r group by side, team""")
    told = engine.records(f"with contacts as ({contacts}), passed as ({stays}) {' union all '.join(levels)} order by level, contacts desc, side, team", params)
    answer = []
    for level in ("side", "team"):
        rows = [row for row in told if row["level"] == level]
        overall = sum(r["lasting"] for r in rows) / max(1, sum(r["judged"] for r in rows))
        answer += [_row(row, overall, engine.settings.get("rates", {})) for row in rows]
    return asking.table(answer, COLUMNS)


def _row(row: dict[str, Any], overall: float, rates: dict[str, Any]) -> dict[str, Any]:
    judged, lasting = int(row["judged"]), int(row["lasting"])
    low, high = interval(lasting, judged) if judged else (None, None)
    price, hourly = (rates.get("vendors") or {}).get(row["side"]), rates.get("hourly")
    if row["side"] != IN_HOUSE:
        cost, cost_is = (price * row["contacts"], "price per contact") if price is not None else (None, None)
        of_judged = price * judged if price is not None else None
    else:
        cost, cost_is = (hourly * row["handling_hours"], "estimated") if hourly is not None else (None, None)
        of_judged = hourly * row["judged_hours"] if hourly is not None else None
    return {**row, "team": row["team"] if row["level"] == "team" else None, "lasting_share": lasting / judged if judged else None, "lasting_low": low, "lasting_high": high,
            "lasting_adjusted": min(1.0, overall * lasting / row["expected"]) if row["expected"] else None, "cost": cost, "cost_is": cost_is,
            "cost_per_lasting": of_judged / lasting if of_judged is not None and lasting else None, "currency": rates.get("currency") if cost is not None else None}
