"""Every chart of every page: its marks, labels and numbers, read off the page and held against what the door answers for the same filters."""
from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import combinations
from typing import Any

import charts_told as told
import charts_told_desk as desk
import pytest
from asked import Asked, Opened
from conftest import HOME
from streamlit.testing.v1 import AppTest

ALL: dict = {}   # the sample company as a page opens, over 13 weeks
SOME = {"period": "26 weeks", "queue": "Billing", "channel": "email"}
DATES = {"period": "dates", "from": "2026-06-01", "to": "2026-08-30", "channel": ["web", "phone"]}
BY_REASON, BY_VENDOR = {"by": "reason", **SOME}, {"by": "vendor", **DATES}
WEEK = {"week": "2026-09-07", "channel": ["email", "web"]}
MAIL = {"channel": "email"}
BILLING = {"queue": "Billing"}
PHONE = {"queue": "Orders", "channel": ["phone", "web"], "period": "26 weeks"}
FAILURE = "of 100 contacts should not"
MAP = "Queues and the moves between them, with volume and median wait for a hand"
SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400, "mo": 91 * 86_400 / 3, "y": 365 * 86_400}
# page, what is chosen on it, its links, how the chart is read out, what the door tells of it
CHARTS: list[tuple[str, dict, list[dict], str, Callable[[Asked], dict]]] = [
    ("week", {}, [ALL, WEEK], "Settled within (9 of 10), the last", told.spark("settled_within", "time")),
    ("week", {}, [ALL, WEEK], "First door right, the last", told.spark("first_door_right", "share")),
    ("week", {}, [ALL, WEEK], "Repeat contact rate, the last", told.spark("repeat_contact_rate", "share")),
    ("week", {}, [ALL, WEEK], "Backlog waiting for us, the last", told.spark("backlog_ours", "stock")),
    ("week", {}, [ALL, WEEK], "Of every 100 hours", told.hundred),
    ("week", {}, [ALL, MAIL], "Next week:", told.next_days),
    ("consistency", {}, [ALL, BY_REASON, BY_VENDOR], "Resolution time by week of settling: median, middle half, and the band from the fast tenth to the slow one", told.over_time),
    ("consistency", {}, [ALL, BY_REASON, BY_VENDOR], "Share of contacts settled within the promised time, by week of arrival", told.kept),
    ("consistency", {}, [ALL, BY_REASON, BY_VENDOR], "The kind of work explains", told.drivers),
    ("consistency", {}, [ALL], "Resolution time by queue: middle half, median and the time 9 of 10 were settled within", told.side_by_side("queue")),
    ("consistency", {}, [BY_REASON], "Resolution time by reason: middle half, median and the time 9 of 10 were settled within", told.side_by_side("reason")),
    ("consistency", {}, [BY_VENDOR], "Resolution time by vendor: middle half, median and the time 9 of 10 were settled within", told.side_by_side("vendor")),
    ("demand", {"view": "Reasons"}, [ALL, SOME], FAILURE, told.failure),
    ("demand", {"view": "Coming back"}, [ALL, SOME], FAILURE, told.failure),
    ("demand", {"view": "Across tools"}, [ALL, SOME], FAILURE, told.failure),
    ("demand", {"view": "Consequences"}, [ALL, SOME], FAILURE, told.failure),
    ("demand", {"view": "Reasons"}, [ALL, SOME], "Contacts by the business owner of their reason", told.owners),
    ("demand", {"view": "Coming back"}, [ALL, SOME], "Share of customers who had come back by days after the end", told.curve),
    ("demand", {"view": "Across tools"}, [ALL, SOME], "Share of issues that touched two tools or three hands, by week", told.broken),
    ("demand", {"view": "Consequences"}, [ALL, SOME], "Satisfaction and coming back by hands, for like reasons", told.after("hands")),
    ("demand", {"view": "Consequences"}, [ALL, SOME], "Satisfaction and coming back by waiting, for like reasons", told.after("waiting")),
    ("queue", {}, [BILLING, SOME, PHONE], "What came into the queue by sender, and what of it left again", desk.senders),
    ("queue", {}, [BILLING, SOME, PHONE], "Arrivals, departures and open contacts by week", desk.comings),
    ("queue", {}, [BILLING, SOME, PHONE], "Open contacts by age and state", desk.ageing),
    ("queue", {}, [BILLING, SOME, PHONE], "By weekday and hour: contacts that came less contacts taken, a week", desk.hours_short),
    ("queue", {}, [BILLING, SOME, PHONE], "Time in queue by week", desk.waits),
    ("queue", {}, [BILLING, SOME, PHONE], "Moves out of the queue by the queue they go to", desk.next_queues),
    ("bottlenecks", {"view": "Hours"}, [ALL, DATES], "Of every 100 hours", told.hundred),
    ("bottlenecks", {"view": "Hours"}, [ALL, DATES], "Customer-hours by queue in five bins, ranked by hours lost", desk.by_queue),
    ("bottlenecks", {"view": "Flow map"}, [ALL, DATES], MAP, desk.flow_map),
    ("bottlenecks", {"view": "Routes"}, [ALL, DATES], "The commonest routes through the queues by resolution time", desk.ways),
    ("bottlenecks", {"view": "Vendor border"}, [ALL, DATES], "Share of contacts solved for good by side and team", desk.border),
    # one whose tickets were merged, one with more contacts than lanes, one to whom we wrote first, one whose chat thread began anew
    ("customer", {}, [{"ticket": t} for t in ("helpdesk:100249", "helpdesk:110862", "helpdesk:111124", "chat:215470000032")], "; one lane per contact", desk.lanes),
]
CASES = [(page, {**chosen, **link}, alt, of) for page, chosen, links, alt, of in CHARTS for link in links]


@pytest.fixture(scope="module")
def opened(lumen):
    """A page of the app, opened once by its link."""
    return Opened(lumen)


# --- reading a chart ---------------------------------------------------------------------------------------------------
def charts(at: AppTest) -> list[tuple[str, dict]]:
    """How each chart of a page is read out, and its figure."""
    return [(c.proto.alt, json.loads(c.proto.spec)) for c in at.get("plotly_chart")]


def plain(name: Any) -> Any:
    """A label without its markup; the number beside a name stays beside it."""
    return re.sub(r"\s+<span[^>]*>(.*?)</span>", r" \1", name) if isinstance(name, str) else name


def read(trace: dict) -> dict[str, Any]:
    """The marks of a trace as a reader has them: places, ends of their intervals, labels and what hovering tells."""
    found = {"x": list(map(plain, trace["x"])), "y": list(map(plain, trace["y"]))} | {n: trace[n] for n in ("name", "z", "text", "customdata") if n in trace}
    for axis in ("x", "y"):
        if error := trace.get(f"error_{axis}"):
            found["low"] = [v - less for v, less in zip(trace[axis], error["arrayminus"], strict=True)]
            found["high"] = [v + more for v, more in zip(trace[axis], error["array"], strict=True)]
    found["first"] = [c[0] for c in trace.get("customdata", [])]
    found["reach"] = [trace.get("zmin"), trace.get("zmax")]
    found["says"] = f"{trace.get('name')} {trace.get('hovertemplate')}"
    found["hover"] = [_hover(trace, i) for i in range(len(found["x"]))]
    return found


def _hover(trace: dict, i: int) -> str:
    own = trace["customdata"][i] if "customdata" in trace else []
    said = (trace.get("hovertemplate") or "").replace("%{x}", str(trace["x"][i]))
    said = re.sub(r"%{customdata\[(\d)\]}", lambda m: own[int(m[1])], said)
    return re.sub(r"<br>|<[^>]*>", lambda m: " " * (m[0] == "<br>"), said)


def lines(layout: dict) -> list[Any]:
    """The lines across a chart by their day, shaded stretches by their ends."""
    return [s["x0"] if s["x0"] == s["x1"] else (s["x0"], s["x1"]) for s in layout.get("shapes", [])]


def same(seen: Any, wanted: Any) -> bool:
    """Equal, floats to a millionth."""
    if isinstance(wanted, list | tuple):
        return len(seen) == len(wanted) and all(map(same, seen, wanted))
    if isinstance(wanted, float | int) and isinstance(seen, float | int):
        return seen == pytest.approx(wanted, rel=1e-6, abs=1e-9)
    return seen == wanted


# --- holding it against the door ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(("page", "link", "alt", "of"), CASES, ids=[f"{page} {' '.join(map(str, link.values()))}: {alt[:24]}" for page, link, alt, _ in CASES])
def test_a_chart_is_what_the_door_answers(page, link, alt, of, opened, lumen):
    [(name, fig)] = [(found, fig) for found, fig in charts(opened(page, link)) if alt in found]
    wanted, about = of(Asked(lumen, link)), fig["layout"]["meta"]
    assert about["finding"] == wanted.get("finding", about["finding"])
    if "length" in wanted:
        assert name == f"{alt} {wanted['length']} weeks"
    if alt == MAP:
        hold_map(fig, wanted)
        return
    assert len(fig["data"]) == len(wanted["traces"])
    for i, (trace, expected) in enumerate(zip(fig["data"], wanted["traces"], strict=True)):
        seen = read(trace)
        for part, values in expected.items():
            if part in ("says", "hover"):
                texts = seen[part] if part == "hover" else [seen[part]] * len(values)
                missing = [(text, v) for text, v in zip(texts, values, strict=True) if v not in text]
                assert not missing, (i, part, missing)
            else:
                assert same(seen[part], values), (i, part, seen[part], values)
    if "key" in about:
        assert about["key"] == [[bar["name"], bar["marker"]["color"]] for bar in fig["data"]]
    assert same(lines(fig["layout"]), wanted.get("lines", []))
    notes = [(n["x"], n["text"], n.get("hovertext")) for n in fig["layout"].get("annotations", [])]
    assert same(notes, wanted.get("notes", []))
    hold_axes(fig)
    for axis in ("x", "y"):   # two marks of one trace at one name would be drawn into each other
        if fig["layout"][f"{axis}axis"].get("type") == "category" and "groups" in wanted:
            assert len({place for trace in fig["data"] for place in trace[axis]}) == wanted["groups"], axis


def hold_axes(fig: dict) -> None:
    """Ticks stand where their words say, and no mark or end of an interval lies beyond an axis that was given its ends."""
    for axis in ("x", "y"):
        told_of = fig["layout"][f"{axis}axis"]
        for at, text in zip(told_of.get("tickvals", []), told_of.get("ticktext", []), strict=True):
            number, unit = (*text.split(), "s")[:2]
            assert at == int(number) * SECONDS[unit], text
        if "range" in told_of and told_of.get("type") != "category":
            low, high = sorted(10**end if told_of.get("type") == "log" else end for end in told_of["range"])
            for trace in fig["data"]:
                seen = read(trace)
                marks = [*seen[axis], *(seen["low"] + seen["high"] if f"error_{axis}" in trace else [])]
                assert all(low <= v <= high for v in marks if v is not None), (axis, low, high, marks)


def hold_map(fig: dict, wanted: dict) -> None:
    """The flow map: which queue each way leaves and reaches is read off its ends, as the reader's eye does."""
    *curves, rings, queues = fig["data"]
    names = [re.match("<b>(.*?)</b>", text)[1] for text in queues["hovertext"]]
    place = {(x, y): name for x, y, name in zip(queues["x"], queues["y"], names, strict=True)}
    assert len(place) == len(names) and set(names) == set(wanted["places"])
    most = max(came for came, _ in wanted["places"].values())
    marker = queues["marker"]
    for name, label, hover, size, fill, rim in zip(names, queues["text"], queues["hovertext"], marker["size"], marker["color"], marker["line"]["color"], strict=True):
        came, passed = wanted["places"][name]
        assert label == f"<b>{told.cut(name, 24)}</b>" + (f"<br>{passed} passed on untouched" if passed else "")
        assert hover == f"<b>{name}</b><br>{told.count(came)} came in" and size == pytest.approx(16 + 26 * (came / most) ** 0.5)
        assert (passed is None) == (fill == rim), name
    drawn = {(place[c["x"][0], c["y"][0]], place[c["x"][-1], c["y"][-1]]): c for c in curves}
    assert drawn.keys() == wanted["ways"].keys() and len(curves) == len(drawn)
    for (a, m), (b, n) in combinations(wanted["ways"].items(), 2):
        assert (m[2] == n[2]) == (drawn[a]["line"]["color"] == drawn[b]["line"]["color"]), (a, b)
        assert (m[0] > n[0]) == (drawn[a]["line"]["width"] > drawn[b]["line"]["width"]), (a, b)
    ring = {(told_of[0], told_of[1]): (x, y, text, told_of[2:]) for x, y, text, told_of in zip(rings["x"], rings["y"], rings["text"], rings["customdata"], strict=True)}
    assert ring.keys() == drawn.keys() and len(rings["x"]) == len(ring)
    for pair, (number, wait, is_loop) in wanted["ways"].items():
        x, y, text, hover = ring[pair]
        assert (x, y) in set(zip(drawn[pair]["x"], drawn[pair]["y"], strict=True)), pair
        assert hover == [told.count(number), wait, "<br>a loop: moves go both ways" * is_loop] and text in ("", f"<b>{told.count(number)}</b>, {wait}"), pair
    labelled = sorted((wanted["ways"][pair][0] for pair, (_, _, text, _) in ring.items() if text), reverse=True)
    assert labelled and labelled[-1] >= sorted((n for n, *_ in wanted["ways"].values()), reverse=True)[:10][-1]
    points = {pair: list(zip(c["x"], c["y"], strict=True)) for pair, c in drawn.items()}
    for arrow in fig["layout"]["annotations"]:
        [pair] = [p for p, line in points.items() if (arrow["x"], arrow["y"]) in line and (arrow["ax"], arrow["ay"]) in line]
        line = points.pop(pair)
        assert line.index((arrow["ax"], arrow["ay"])) < line.index((arrow["x"], arrow["y"])), pair
    assert not points


def test_no_chart_is_forgotten(opened):
    """Every page with every choice of its view, and every link of the table: no chart that no row names, and no row without its chart."""
    links = [("dictionary", {"metric": "resolution_time"}), *((page, link) for page, link, *_ in CASES)]
    first = {page: link for page, link in reversed(links) if "view" in link}
    pages = [(path.stem.partition("_")[2], path) for path in sorted((HOME / "pages").glob("*/[0-9]*_*.py"))]
    views = {page: [view.content for group in opened(page, first.get(page, {})).get("button_group") if group.proto.id.endswith("-view") for view in group.proto.options]
             for page, _ in pages}
    assert {page for page, path in pages if "VIEWS" in path.read_text(encoding="utf-8")} == {page for page, found in views.items() if found} == set(first)
    links += [(page, {"view": view} if view else {}) for page, found in views.items() for view in found or [""]]
    for page, link in links:
        named = [alt for p, chosen, _, alt, _ in CHARTS if p == page and ("view" not in chosen or chosen["view"] == link["view"])]
        for found, _ in charts(opened(page, link)):
            assert any(alt in found for alt in named), (page, link, found)
