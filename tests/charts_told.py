"""What each chart of the pages shall show, told by the door: its finding, its traces in the order of drawing, its lines and notes. Here those of the
leader's pages and what all share; the lead's are in charts_told_desk."""
from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from asked import Asked
from conftest import show

from metrics.engine import wording
from metrics.engine.wording import count, day, duration, hours, share

BINS = {
    "queue": "Waiting in a queue", "held": "Held, nobody acting", "touched": "Being worked (estimated)", "customer": "Waiting for the customer", "others": "Waiting for others",
}
PARTS = {"repeat": "Came back", "chaser": "Chased us", "reopened": "Reopened", "avoidable reason": "A reason to eliminate"}
AFTER = date(2026, 10, 26)   # the Monday after the newest full week of the sample company
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
