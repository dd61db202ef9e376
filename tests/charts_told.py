"""What each chart of the pages shall show, told by the door: its finding, its traces in the order of drawing, its lines and notes."""
from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from asked import Asked
from conftest import door, show

from metrics.engine import wording
from metrics.engine.wording import count, day, duration, hours, share

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
AGES = ("under 1 day", "1-3 days", "3-7 days", "7-14 days", "14-30 days", "30-60 days", "60 days and more")
BINS = {
    "queue": "Waiting in a queue", "held": "Held, nobody acting", "touched": "Being worked (estimated)", "customer": "Waiting for the customer", "others": "Waiting for others",
}
PARTS = {"repeat": "Came back", "chaser": "Chased us", "reopened": "Reopened", "avoidable reason": "A reason to eliminate"}
STATES = {"new": "New", "in_progress": "In progress", "waiting_internal": "Waiting for others", "waiting_customer": "Waiting for the customer"}
AFTER = date(2026, 10, 26)   # the Monday after the newest full week of the sample company
ZONE = ZoneInfo("Europe/Berlin")   # the sample company's
Rows = list[dict[str, Any]]


def column(rows: Rows, name: str, times: float = 1) -> list[Any]:
    return [None if r[name] is None else times * r[name] for r in rows]


def cut(name: str | None, most: int, none: str = "(none)") -> str:
    """A name as it stands at an axis."""
    told = none if name is None else name
    return told if len(told) <= most else told[: most - 1] + "…"


def middle(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def one(name: str, rows: Rows, value: str = "value", kind: str = "level") -> Any:
    """The only row of a kind, or what it holds."""
    [row] = [r for r in rows if r[kind] == name]
    return row[value] if value else row


def usual(kind: str, rows: Rows, week: str) -> tuple[float, float] | None:
    """XmR limits on the log scale of a share, a count or a time, from the full weeks of the 13-week block before the week's own, or the first 13 before it."""
    to, back = {
        "share": (lambda r: math.log((r["numerator"] + 0.5) / (r["denominator"] - r["numerator"] + 0.5)), lambda x: 1 / (1 + math.exp(-x))),
        "stock": (lambda r: math.log(r["value"] + 0.5), lambda x: max(math.exp(x) - 0.5, 0.0)),
        "time": (lambda r: math.log(r["value"]), math.exp),
    }[kind]
    told = [r for r in rows if r["value"] is not None and not r["excluded"].get("window not over") and (kind != "share" or r["denominator"] >= 20)]
    start = date.fromisoformat(week) - timedelta(weeks=(date.fromisoformat(week) - date(1970, 1, 5)).days // 7 % 13)
    base = [r for r in told if str(start - timedelta(weeks=13)) <= r["week"] < str(start)]
    base = base if len(base) >= 8 else [r for r in told if r["week"] < week][:13]
    if len(base) < 8:
        return None
    scaled = [to(r) for r in base]
    center = sum(scaled) / len(scaled)
    mean = sum(r["denominator"] for r in base) / len(base) if kind == "share" else 0
    chance = {"share": lambda: 3 / math.sqrt(mean * back(center) * (1 - back(center))), "stock": lambda: 3 / math.sqrt(math.exp(center)), "time": lambda: 0.0}[kind]()
    reach = max(2.66 * sum(abs(b - a) for a, b in pairwise(scaled)) / (len(scaled) - 1), chance)
    return back(center - reach), back(center + reach)


def spark(name: str, kind: str) -> Callable[[Asked], dict]:
    def told(a: Asked) -> dict:
        every = a.show(name, "--week", when=a.led(39))
        shown = every[-26:]
        while shown[-1]["excluded"].get("window not over"):
            shown.pop()
        limits = {r["week"]: found for r in shown if (found := usual(kind, every, r["week"]))}
        outside = [r for r in shown if r["week"] in limits and not r["excluded"].get("window not over") and not limits[r["week"]][0] <= r["value"] <= limits[r["week"]][1]]
        said = {"share": share, "stock": lambda n: count(round(n)), "time": duration}[kind]
        hover = [[wording.week(r["week"]), said(r["value"]), count(r["tickets"]), ""] for r in shown]
        bands = [{"x": list(limits), "y": [ends[i] for ends in limits.values()]} for i in (1, 0)]
        return {"length": len(shown), "traces": [
            *bands, {"x": names_of(shown), "y": column(shown, "value"), "customdata": hover},
            {"x": names_of(outside), "y": column(outside, "value")}, {"x": [shown[-1]["week"]], "y": [shown[-1]["value"]]},
        ]}
    return told


def names_of(rows: Rows, name: str = "week") -> list[str]:
    return [r[name] for r in rows]


def hundred(a: Asked) -> dict:
    """The hours of a week beside those of the 13 before it, or of a period beside those of as many days before it, where the data hold all of them."""
    names, asked = ("This week", "The weeks before"), [a.led(0), a.led(13, 1)]
    if a.link.get("view") == "Hours":
        before = a.first - ((a.end or AFTER) - a.first)
        held = min(r["week"] for r in show(a.data, "contacts", "--week"))
        names, asked = ("This period", "The weeks before"), [a.dated(), *([["--from", str(before), "--to", str(a.first)]] if str(before) >= held else [])]
    bars = [(name, a.ask("bottlenecks", when=when)[0]) for name, when in zip(names, asked, strict=False)]
    whole = [sum(r[f"{b}_hours"] for b in BINS) for _, r in bars]
    lost = [100 * r["lost_hours"] / of for (_, r), of in zip(bars, whole, strict=True)]
    parts = {b: [100 * r[f"{b}_hours"] / of for (_, r), of in zip(bars, whole, strict=True)] for b in BINS}
    labels = {b: [f"{n:.0f}" if n >= 2.5 else "" for n in parts[b]] for b in BINS}
    return {
        "finding": f"Of every 100 hours contacts were open, {lost[0]:.0f} passed with nobody acting on them" + "".join(f"; {n:.0f} in the weeks before" for n in lost[1:]),
        "traces": [{"name": BINS[b], "x": parts[b], "y": [name for name, _ in bars], "text": labels[b], "customdata": [[name, hours(r[f"{b}_hours"])] for name, r in bars]}
                   for b in BINS],
    }


def next_days(a: Asked) -> dict:
    rows = a.ask("next_week", when=[])
    days = [r for r in rows if r["level"] == "day"]
    return {
        "finding": "Next week: " + one("total", rows, "sentence").rstrip("."),
        "traces": [{
            "x": [f"{on:%a} {on.day} {on:%b}" for on in (date.fromisoformat(r["on"]) for r in days)], "y": column(days, "expected"), "low": column(days, "low"),
            "high": column(days, "high"), "customdata": [[count(round(r[n])) for n in ("expected", "low", "high")] for r in days],
        }],
    }


def events(a: Asked, low: str = "", high: str = "9") -> dict:
    """The dotted lines of what was decided and what happened, two of them by name."""
    shown = [r for r in a.happened() if low <= r["decided_on"] <= high]
    return {
        "lines": names_of(shown, "decided_on"),
        "notes": [(r["decided_on"], cut(r["what"], 24) if len(shown) <= 2 else "▾", f"{day(date.fromisoformat(r['decided_on']))}: {r['what']}"
                   + " (business)" * (r["kind"] == "business")) for r in shown],
    }


def over_time(a: Asked) -> dict:
    rows = [r for r in a.ask("spread") if r["p50"] is not None]
    bands = []
    for low, high, name in (("p10", "p90", "8 of 10 (fast tenth to slow tenth)"), ("p25", "p75", "Middle half")):
        run: Rows = []
        for r, after in zip(rows, [*rows[1:], None], strict=True):
            if r[low] is not None and r[high] is not None:
                run.append(r)
            if run and (after is None or r is not run[-1] or date.fromisoformat(after["week"]) - date.fromisoformat(r["week"]) > timedelta(days=7)):
                bands += [{"x": names_of(run), "y": column(run, high)}, {"name": name, "x": names_of(run), "y": column(run, low)}]
                run = []
    hover = [[wording.week(r["week"]), *(duration(r[q]) for q in ("p50", "p25", "p75", "p10", "p90")), count(r["contacts"])] for r in rows]
    lines = [{"name": "Median", "x": names_of(rows), "y": column(rows, "p50"), "customdata": hover},
             {"name": "9 of 10 settled within", "x": names_of(rows), "y": column(rows, "p90")}]
    return {"traces": [*bands, *lines], **events(a)}


def kept(a: Asked) -> dict:
    rows = [r for r in a.show("promise_kept", "--week") if r["week"] and r["value"] is not None]
    worst = min(rows, key=lambda r: r["value"])
    last = f"in the worst, of {day(date.fromisoformat(worst['week']))}, {share(worst['value'])}"
    hover = [[wording.week(r["week"]), share(r["value"]), count(r["tickets"])] for r in rows]
    return {
        "finding": f"In a usual week {share(middle(column(rows, 'value')))} were settled as promised, {last}",
        "traces": [{"x": names_of(rows), "y": column(rows, "value", 100), "customdata": hover}], **events(a),
    }


def drivers(a: Asked) -> dict:
    rows = a.ask("spread_drivers")
    names = {"work": "The kind of work", "system": "Queue, tool, route, hour", "agent": "Who took it", "unexplained": "Unexplained"}
    told = [one(name, [r for r in rows if r["level"] == "part"], "", "name") for name in names]
    return {
        "finding": rows[0]["sentence"],
        "traces": [{
            "x": [100 * r["share"]], "text": [f"{100 * r['share']:.0f}" if r["share"] >= 0.03 else ""],
            "says": [f"{names[r['name']]}: {100 * r['share']:.0f} % ({100 * r['low']:.0f} to {100 * r['high']:.0f})", f"{100 * r['share']:.1f} % of the spread",
                     f"in {count(r['contacts'])} contacts"],
        } for r in told if r["share"] is not None],
    }


def side_by_side(by: str) -> Callable[[Asked], dict]:
    def told(a: Asked) -> dict:
        rows = [r for r in a.show("resolution_time", "--by", by) if r["value"] is not None and r["tickets"] >= 20]
        rows.sort(key=lambda r: (r["p90"] is None, -(r["p90"] or r["p75"])))
        first, last = [r for r in rows if r["p90"]][:: max(len([r for r in rows if r["p90"]]) - 1, 1)]
        shown = [(cut(r[by], 26), count(r["tickets"]), r) for r in rows[:14]]
        at = [f"{name} {n}" for name, n, _ in shown]
        tenth = [duration(r["p90"]) if r["p90"] is not None else f"at least {duration(r['p75'])}" for *_, r in shown]
        hover = [["(none)" if r[by] is None else r[by], *(duration(r[q]) for q in ("value", "p25", "p75")), most, n] for (_, n, r), most in zip(shown, tenth, strict=True)]
        drawn = {q: [None if r[q] is None else max(r[q], 30) for *_, r in shown] for q in ("p25", "value", "p75", "p90")}   # the axis begins at half a minute
        pairs = [(name, low, high) for a_, b in (("p75", "p90"), ("p25", "p75")) for name, low, high in zip(at, drawn[a_], drawn[b], strict=True) if high is not None]
        return {
            "finding": f"9 of 10 are settled within {duration(last['p90'])} in {last[by] or '(none)'}, and within {duration(first['p90'])} in {first[by] or '(none)'}",
            "traces": [*({"x": [low, high], "y": [name, name]} for name, low, high in pairs), {"name": "Middle half", "x": [None]},
                       *({"name": label, "x": drawn[q], "y": at, "customdata": hover} for q, label in (("value", "Median"), ("p90", "9 of 10 settled within")))],
        }
    return told


def failure(a: Asked) -> dict:
    [row] = a.show("failure_demand")
    assert set(row["parts"]) == set(PARTS)
    parts = {name: row["parts"][p] for p, name in PARTS.items()}
    parts["Needed"] = row["denominator"] - sum(parts.values())
    return {
        "finding": f"{100 * row['value']:.0f} of 100 contacts should not have been needed",
        "traces": [{"name": name, "x": [100 * n / row["denominator"]], "text": [f"{100 * n / row['denominator']:.0f}" if n >= 0.03 * row["denominator"] else ""],
                    "says": [f"{count(n)} contacts, {100 * n / row['denominator']:.1f} of 100"]} for name, n in parts.items()],
    }


def owners(a: Asked) -> dict:
    rows = a.ask("contact_reasons")
    told = sorted((r for r in rows if r["level"] == "owner" and r["contacts"]), key=lambda r: -r["contacts"])
    first, shown = next(r for r in told if r["owner"]), told[:12]
    needless = [r["avoidable"] or 0 for r in shown]
    return {
        "finding": f"{first['owner']} owns the reasons of {share(first['share'])} of the {count(one('all', rows, 'contacts'))} contacts",
        "traces": [{"name": name, "x": n, "y": [cut(r["owner"], 30, "Nobody") for r in shown],
                    "customdata": [[count(round(v)), hours(r["customer_hours"])] for v, r in zip(n, shown, strict=True)]}
                   for name, n in (("Need not be (avoidable share of the reason)", needless), ("Others", [r["contacts"] - n for r, n in zip(shown, needless, strict=True)]))],
    }


def curve(a: Asked) -> dict:
    rows = [r for r in a.ask("repeat_curve") if r["rate"] is not None]
    young = [r["days"] for r in rows if r["immature"] > 0.2 * (r["newest_contacts"] + r["immature"])]
    names = {"newest_rate": "Any reason, the newest contacts included", "rate": "For any reason", "same_reason_rate": "For the same reason"}
    of = {
        "newest_rate": lambda r: f"within {r['days']} days {share(r['newest_rate'])} of {count(r['newest_contacts'])} {count(r['immature'])} newer ones",
        "rate": lambda r: f"within {r['days']} days {share(r['rate'])}: {count(r['followed'])} of {count(r['contacts'])}",
        "same_reason_rate": lambda r: f"within {r['days']} days {share(r['same_reason_rate'])} of those with a reason",
    }
    return {
        "finding": f"{share(one(7, rows, 'rate', 'days'))} of customers come back within 7 days, {share(one(1, rows, 'rate', 'days'))} on the first day already",
        "traces": [{"name": names[name], "x": names_of(rows, "days"), "y": column(rows, name, 100), "hover": [said(r) for r in rows]} for name, said in of.items()],
        "lines": [(young[0] - 0.5, 30.5)] if young else [], "notes": [(30, "more than 1 in 5 contacts is too new to be judged here", None)] if young else [],
    }


def broken(a: Asked) -> dict:
    rows = a.ask("fragmentation")
    whole = one(None, rows, "", "week")
    shown = [r for r in rows if r["week"] and r["week"] >= str(a.first) and r["issues"] and r["immature"] <= 0.2 * r["issues"]]
    return {
        "finding": f"{share(whole['share'])} of issues needed two tools or three hands; {share(whole['two_tools'] / whole['issues'])} went through two tools or more",
        "traces": [{"name": label, "x": names_of(shown), "y": [100 * r[name] / r["issues"] for r in shown],
                    "customdata": [[wording.week(r["week"]), count(r[name]), count(r["issues"])] for r in shown]}
                   for name, label in (("fragmented", "Two tools or three hands"), ("two_tools", "Two or more tools"), ("three_hands", "Three or more hands"))],
        **events(a, shown[0]["week"], shown[-1]["week"]),
    }


def after(level: str) -> Callable[[Asked], dict]:
    def told(a: Asked) -> dict:
        rows = a.ask("consequences", level=level)
        traces = []
        for name, of, label in (("csat", "rated", "Satisfied"), ("repeat", "followable", "Came back within 7 days")):
            known = [r for r in rows if r[name] is not None]
            places = [f"{r['group']} hand{'s' * (r['group'] != '1')}" if level == "hands" else duration(r["median_waited_seconds"]) for r in known]
            marks = {"y": column(known, name, 100), "low": column(known, f"{name}_low", 100), "high": column(known, f"{name}_high", 100)}
            traces.append({"name": label, "x": places, **marks, "customdata": [[share(r[name]), count(r[of])] for r in known]})
        first, *_, last = [r for r in rows if r["csat"] is not None]
        groups = sum(r["csat"] is not None or r["repeat"] is not None for r in rows)
        by = (f"{first['group']} hand", last["group"]) if level == "hands" else ("the shortest waits", "the longest")
        return {"finding": f"{share(first['csat'])} are satisfied after {by[0]}, {share(last['csat'])} after {by[1]}", "traces": traces, "groups": groups}
    return told


def senders(a: Asked) -> dict:
    rows = sorted(a.ask("sent_in"), key=lambda r: -r["came"])
    worst, shown = max(rows, key=lambda r: r["left_again"]), rows[:8]
    whom = f"from {worst['from_queue']}" if worst["from_queue"] else "straight from customers"
    part = f"{share(sum(column(rows, 'left_again')) / sum(column(rows, 'came')))} of what came in left again for another queue"
    return {
        "finding": f"{part}; most of that had come {whom}" if worst["left_again"] else "Everything that came in stayed here",
        "traces": [{"name": name, "x": n, "y": [cut(r["from_queue"], 30, "Straight from customers") for r in shown],
                    "customdata": [[count(v), share(r["share"]), count(r["sent_back"])] for v, r in zip(n, shown, strict=True)]}
                   for name, n in (("Stayed", [r["came"] - r["left_again"] for r in shown]), ("Left again for another queue", column(shown, "left_again")))],
    }


def comings(a: Asked) -> dict:
    rows = [r for r in a.ask("backlog_flow", level="week") if not r["partial"]]
    more = sum(r["arrivals"] - r["departures"] for r in rows)
    hover = [[wording.week(r["week"]), *(count(r[n]) for n in ("arrivals", "departures", "open_at_end"))] for r in rows]
    return {
        "finding": f"{count(abs(more))} more {'came than left' if more > 0 else 'left than came'} in {len(rows)} full weeks; {count(rows[-1]['open_at_end'])} open at the end",
        "traces": [{"name": name, "x": names_of(rows), "y": column(rows, n), "customdata": hover}
                   for n, name in (("open_at_end", "Open at the week's end"), ("arrivals", "Came"), ("departures", "Left"))],
        **events(a),
    }


def ageing(a: Asked) -> dict:
    rows = a.ask("ageing", when=[])
    whole = [r for r in rows if r["level"] == "total"]
    counts = {s: {age: sum(r["contacts"] for r in rows if (r["level"], r["state"], r["age"]) == ("queue", s, age)) for age in AGES}
              for s in STATES}
    assert {r["age"]: r["contacts"] for r in whole} == {age: n for age in AGES if (n := sum(c[age] for c in counts.values()))}
    every, old = sum(column(whole, "contacts")), sum(r["contacts"] for r in whole if r["from_days"] >= 7)
    return {
        "finding": f"{share(old / every)} of the {count(every)} open are older than a week, the oldest {duration(max(column(whole, 'oldest_seconds')))}",
        "traces": [{"name": STATES[s], "x": list(AGES), "y": list(c.values()), "customdata": list(map(count, c.values()))} for s, c in counts.items() if any(c.values())],
    }


def hours_short(a: Asked) -> dict:
    rows = a.ask("hours_short")
    cells = {(r["weekday"], r["hour"]): r for r in rows}
    busy = [r["hour"] for r in rows if r["came"] or r["taken"]]
    span, reach = range(min(busy), max(busy) + 1), max(abs(r["short"]) for r in rows)
    runs = [(sum(cells[d, h]["short"] for h in range(i, j + 1)), d, i, j) for d in range(1, 8) for i in range(24) for j in range(i, 24)]
    best = max(runs, key=lambda r: (round(r[0], 5), -r[1], r[2] - r[3]))   # without idle hours at its ends
    places = [(d, h) for d in range(1, 8) for h in span]
    return {
        "finding": f"{DAYS[best[1] - 1]}s from {best[2]:02}:00 to {(best[3] + 1) % 24:02}:00 leave {count(round(best[0]))} more a week than are taken",
        "traces": [{"x": [f"{h:02}" for h in span], "y": list(DAYS), "z": [[cells[d, h]["short"] for h in span] for d in range(1, 8)],
                    "reach": [-reach, reach]},
                   {"x": [f"{h:02}" for _, h in places], "y": [DAYS[d - 1] for d, _ in places],
                    "customdata": [[count(round(cells[p][n], 1)) for n in ("came", "taken")] for p in places]}],
    }


def waits(a: Asked) -> dict:
    rows = [r for r in a.show("time_in_queue", "--week") if r["week"] and r["value"] is not None]
    half = middle(column(rows, "value"))
    return {
        "finding": f"In a usual week half is taken {f'within {duration(half)}' if half >= 60 else 'at once'}",
        "traces": [{"name": name, "x": names_of(rows), "y": column(rows, q), "customdata": [[wording.week(r["week"]), duration(r[q]), count(r["tickets"])] for r in rows]}
                   for q, name in (("value", "Half taken within"), ("p75", "3 of 4"), ("p90", "9 of 10"))],
        **events(a),
    }


def next_queues(a: Asked) -> dict:
    hops = a.ask("bottlenecks", level="hop", but="queue")
    ways, [queue] = {(h["queue"], h["next_queue"]) for h in hops}, a.filters["queue"]
    own = sorted((h for h in hops if h["queue"] == queue), key=lambda h: -h["contacts"])
    total, shown = sum(column(own, "contacts")), own[:8]
    return {
        "finding": f"{share(own[0]['contacts'] / total)} of the {count(total)} moves out of {queue} go to {own[0]['next_queue']}" if own else "Nothing moves on from here",
        "traces": [{"x": column(shown, "contacts"), "y": [cut(h["next_queue"], 34) for h in shown], "text": [f" {count(h['contacts'])}" for h in shown],
                    "customdata": [[duration(h["median_delay_seconds"]), "<br>moves in the other direction exist too" * ((h["next_queue"], queue) in ways)] for h in shown]}],
    }


def by_queue(a: Asked) -> dict:
    rows = a.ask("bottlenecks", level="queue")
    rows.sort(key=lambda r: -r["lost_hours"])
    first, shown = rows[0], rows[:12]
    only = f"{hours(first['lost_hours'])} were lost in {first['queue']}"
    return {
        "finding": only if len(rows) == 1 else f"{share(first['lost_hours'] / sum(column(rows, 'lost_hours')))} of the hours lost lie in {first['queue']}",
        "traces": [{"name": BINS[b], "x": column(shown, f"{b}_hours"), "y": [cut(r["queue"], 26, "no queue") for r in shown],
                    "customdata": [[hours(r[f"{b}_hours"]), count(r["contacts"])] for r in shown]} for b in BINS],
    }


def ways(a: Asked) -> dict:
    rows = a.ask("paths")
    known = [r for r in rows if r["median_seconds"] is not None]
    shown = known[:9] + [r for r in known[9:] if r["is_loop"]][:4]
    straight = share(sum(r["contacts"] for r in rows if r["stops"] == 1) / sum(column(rows, "contacts")))
    worst = max((r for r in known if r["is_loop"]), key=lambda r: r["contacts"], default=None)
    more = worst and worst["median_against_direct"]
    loop = f", {worst['route']}, takes {duration(more)} longer than going straight" if more and more > 0 else f" is {worst['route']}" if worst else ""

    def marks(label: str, own: Rows, name: str) -> dict:
        hover = [[r["route"], duration(r["median_seconds"]), duration(r["p90_seconds"]), count(r["contacts"])] for r in own]
        return {"name": label, "x": [r[name] and max(r[name], 60) for r in own], "y": [route(r) for r in own], "customdata": hover}

    def route(r: dict) -> str:
        return f"{cut(r['route'], 44)} {count(r['contacts'])}"

    return {
        "finding": f"{straight} of contacts stay in one queue{f'; the commonest loop{loop}' if loop else ''}",
        "traces": [*({"x": [max(r["median_seconds"], 60), r["p90_seconds"]], "y": [route(r)] * 2} for r in shown if r["p90_seconds"]),
                   marks("Straight on: half within", [r for r in shown if not r["is_loop"]], "median_seconds"),
                   marks("With a loop: half within", [r for r in shown if r["is_loop"]], "median_seconds"), marks("9 of 10 within", shown, "p90_seconds")],
    }


def border(a: Asked) -> dict:
    rows = a.ask("vendor_border")
    shown = [r for r in rows if r["lasting_share"] is not None and r["judged"]]
    like, own = [r for r in shown if r["lasting_adjusted"] is not None], one("(in house)", [r for r in rows if r["level"] == "side"], "", "side")
    worst = max((r for r in shown if r["level"] == "side" and r["side"] != "(in house)"), key=lambda r: r["contacts"])

    def named(own: Rows) -> list[str]:
        return [f"{cut(r['side'], 30)} (side)" if r["level"] == "side" else cut(r["team"], 30) for r in own]

    mix = f"on the same mix of work {share(worst['lasting_adjusted'])}, we ourselves {share(own['lasting_adjusted'])}"
    return {
        "finding": f"{worst['side']} solves {share(worst['lasting_share'])} for good; {mix}",
        "traces": [{"name": "Solved for good, with its interval", "x": [100 * r["lasting"] / r["judged"] for r in shown], "y": named(shown),
                    "low": column(shown, "lasting_low", 100), "high": column(shown, "lasting_high", 100),
                    "customdata": [[share(r["lasting_share"]), count(r["judged"])] for r in shown]},
                   {"name": "On the mix of all", "x": column(like, "lasting_adjusted", 100), "y": named(like)}],
        "groups": len(shown),
    }


def lanes(a: Asked) -> dict:
    rows = a.ask("customer_timeline", "--option", f"ticket={a.link['ticket']}", when=[])
    until = door("metrics", "show", "backlog", data=a.data)["as_of"].removesuffix("Z")
    contacts = sorted((r for r in rows if r["level"] == "contact"), key=lambda r: r["at"])[-14:]
    lane = {(r["of_ticket_id"], r["episode"]): cut(r["ticket_id"] + (f" #{r['episode']}" if r["episode"] > 1 else ""), 30) for r in contacts}
    steps = [r for r in rows if r["level"] == "step"]
    longest = max((r for r in steps if r["waited_seconds"] is not None), key=lambda r: r["waited_seconds"], default=None)
    said = "This customer has written nothing that waits for an answer"
    if longest:
        opening = f", {duration(longest['waited_business_seconds'])} of it in opening hours" if longest["waited_business_seconds"] is not None else ""
        said = f"The longest wait for an answer: {duration(longest['waited_seconds'])}{' so far' * longest['is_waiting']}{opening}"
    known = [s for s in steps if (s["of_ticket_id"], s["episode"]) in lane]
    drawn = {name: list(filter(side, known)) for name, side in (("The customer wrote", theirs), ("We wrote", ours), ("Moved to another queue or hand", moved))}
    spans = {"Open": [r for r in contacts if r["ended_at"] is None], "Settled": [r for r in contacts if r["ended_at"] is not None]}
    return {
        "finding": said,
        "traces": [*({"name": name, "x": [x for r in own for x in (local(r["at"]), local(r["ended_at"] or until), None)],
                      "y": [y for r in own for y in (*2 * [lane[r["ticket_id"], r["episode"]]], None)]} for name, own in spans.items()),
                   *({"name": name, "x": [local(s["at"]) for s in own], "y": [lane[s["of_ticket_id"], s["episode"]] for s in own],
                      "first": [wording.moment(datetime.fromisoformat(local(s["at"]))) for s in own]} for name, own in drawn.items())],
    }


def theirs(step: dict) -> bool:
    return step["what"] == "wrote" or (step["what"] == "began" and step["who"] != "agent")


def ours(step: dict) -> bool:
    return step["what"] == "answered" or (step["what"] == "began" and step["who"] == "agent")


def moved(step: dict) -> bool:
    return step["what"] in ("queue", "hand")


def local(at: str) -> str:
    """A UTC time of an answer on the clock of the report zone."""
    return datetime.fromisoformat(at).replace(tzinfo=UTC).astimezone(ZONE).replace(tzinfo=None).isoformat()


def flow_map(a: Asked) -> dict:
    """The busiest ways with their number, wait and whether they are loops; their queues with what came in and, of mere stops, the part passed on."""
    hops = sorted((h for h in a.ask("bottlenecks", level="hop") if h["queue"] and h["next_queue"]), key=lambda h: -h["contacts"])[:18]
    moves = {(h["queue"], h["next_queue"]): h["contacts"] for h in hops}
    loops = {(p, q) for (p, q), n in moves.items() if 0.2 * n <= moves.get((q, p), 0) and 0.2 * moves.get((q, p), 0) <= n}
    volume = {q: sum(n for pair, n in moves.items() if q in pair) for pair in moves for q in pair}
    places = sorted(volume, key=lambda q: (-volume[q], q))[:12]
    stays = a.ask("sent_in")
    came, untouched = ({q: sum(r[n] for r in stays if r["queue"] == q) for q in volume} for n in ("came", "untouched"))
    stops = {q for q in places if came[q] >= 20 and untouched[q] >= came[q] / 2}
    pair = sorted(max(loops, key=lambda k: (min(moves[k], moves[k[::-1]]), k))) if loops else []
    only = [f"{wording.listed(sorted(stops))} only pass{'es' * (len(stops) == 1)} them on"] if stops else []
    return {
        "finding": "; ".join([*([f"{' and '.join(pair)} send contacts back and forth"] if pair else []), *only]),
        "ways": {(h["queue"], h["next_queue"]): (h["contacts"], duration(h["median_delay_seconds"]), (h["queue"], h["next_queue"]) in loops)
                 for h in hops if h["queue"] in places and h["next_queue"] in places},
        "places": {q: (came[q], share(untouched[q] / came[q]) if q in stops else None) for q in places},
    }
