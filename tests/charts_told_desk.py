"""What each chart of the lead's pages shall show, told by the door: of a queue, of the ways between them, of one customer."""
from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from asked import Asked
from charts_told import BINS, Rows, column, cut, events, middle, names_of, one
from conftest import door

from metrics.engine import wording
from metrics.engine.wording import count, duration, hours, share

AGES = ("under 1 day", "1-3 days", "3-7 days", "7-14 days", "14-30 days", "30-60 days", "60 days and more")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
STATES = {"new": "New", "in_progress": "In progress", "waiting_internal": "Waiting for others", "waiting_customer": "Waiting for the customer"}
ZONE = ZoneInfo("Europe/Berlin")   # the sample company's


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
