"""Every table and every tile of every page, read off the page and held against what the door answers for the same filters."""
from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from asked import Opened, ask
from conftest import show

from metrics.engine import wording
from metrics.engine.limits import WEIGHTY
from metrics.engine.metric import catalog

LINK = {"period": "26 weeks", "channel": ["email", "web", "phone"]}
WHERE = ("--where", "channel=email", "--where", "channel=web", "--where", "channel=phone")
SINCE = ("--from", "2026-04-27")   # the 26 full weeks before the sample company's data end
WEEK = ("--from", "2026-10-19", "--to", "2026-10-26")
NONE = "(none)"
Told = Callable[[dict], Any]


def field(name: str) -> Told:
    return lambda row: row[name]


def time(name: str) -> Told:
    return lambda row: wording.rounded(row[name]) if row[name] is not None else None


def came_back(row: dict[str, Any]) -> Any:
    """The share that came back, of so many that it can be said."""
    return percent("repeat_share")(row) if row["contacts"] >= WEIGHTY else None


def percent(name: str) -> Told:
    return lambda row: 100 * row[name] if row[name] is not None else None


def named(name: str, instead: str = NONE) -> Told:
    return lambda row: instead if row[name] is None else row[name]


def spread(data: Path, by: str, *words: str) -> list[dict]:
    tails = {r[by]: r["value"] for r in show(data, "tail_ratio", "--by", by, *words)}
    return [{**r, "tail": tails.get(r[by])} for r in show(data, "resolution_time", "--by", by, *words)]


def desks(data: Path, *words: str) -> list[dict]:
    """What the table of all queues is made of."""
    found = {
        r["queue"]: {"queue": r["queue"], "came": r["tickets"] + sum(r["excluded"].values()), "wait": r["value"]}
        for r in show(data, "time_in_queue", "--by", "queue", *SINCE, *words)
    }
    for name in ("backlog", "backlog_ours", "backlog_unanswered"):
        for r in show(data, name, "--by", "queue", *words):
            found.setdefault(r["queue"], {"queue": r["queue"], "came": None, "wait": None})[name] = r["value"]
    return [dict.fromkeys(("backlog", "backlog_ours", "backlog_unanswered"), 0) | row for row in found.values()]


def stops(data: Path, *words: str) -> list[dict]:
    rows = show(data, "time_in_queue", "--by", "queue", *words)
    return [
        {"queue": r["queue"], "passed": r["excluded"]["passed on untaken"], "entered": r["tickets"] + sum(r["excluded"].values())}
        for r in rows
        if r["excluded"].get("passed on untaken")
    ]


def pairs(data: Path, *words: str) -> list[dict]:
    moves = {(r["queue"], r["next_queue"]): r["contacts"] for r in ask(data, "bottlenecks", *words, level="hop")}
    return [{"pair": f"{a} and {b}", "there": n, "back": moves[b, a]} for (a, b), n in moves.items() if a < b and (b, a) in moves]


DAMAGE = {
    "lost_hours": field("lost_hours"),
    "part": percent("share"),
    "queue_hours": field("queue_hours"),
    "held_hours": field("held_hours"),
    "customer_hours": field("customer_hours"),
    "contacts_text": field("contacts"),
}
# page, its link, the table by what is read out for it, the door's rows for the same, what names a row, the columns
TABLES = [
    (
        "week",
        {},
        "9 of 10 settled within, by team",
        lambda d: show(d, "settled_within", "--by", "team", *WEEK, *WHERE),
        {"team": field("team")},
        {"value": time("value"), "contacts": field("tickets")},
    ),
    (
        "consistency",
        {"by": "queue"},
        "Resolution times by queue",
        lambda d: spread(d, "queue", *SINCE, *WHERE),
        {"group": named("queue")},
        {**{q: time(q) for q in ("p25", "value", "p75", "p90")}, "tail": field("tail"), "contacts": field("tickets")},
    ),
    (
        "consistency",
        {"by": "queue"},
        "What the slowest tenth has in common",
        lambda d: ask(d, "spread_drivers", *SINCE, *WHERE, level="slow"),
        {"slow_contacts": field("slow_contacts"), "lift": field("lift")},
        {"part": percent("share"), "text": field("contacts")},
    ),
    (
        "demand",
        {"view": "Reasons"},
        "Contacts by reason",
        lambda d: ask(d, "contact_reasons", *SINCE, *WHERE, level="reason"),
        {"reason": named("reason")},
        {"text": field("contacts"), "customer_hours": field("customer_hours"), "cost": field("cost"), "back": came_back},
    ),
    (
        "demand",
        {"view": "Coming back"},
        "The longest issues",
        lambda d: ask(d, "chains", *SINCE, *WHERE, level="issue"),
        {"pick": lambda r: f":material/person: {r['first_ticket_id']}"},
        {n: field(n) for n in ("length", "reasons", "days", "customer_hours")},
    ),
    (
        "queue",
        {},
        "All queues",
        lambda d: desks(d, *WHERE),
        {"pick": lambda r: f":material/list_alt: {r['queue'] or NONE}"},
        {**{n: field(n) for n in ("backlog", "backlog_ours", "backlog_unanswered", "came")}, "wait": time("wait")},
    ),
    (
        "queue",
        {},
        "What to take next, in order",
        lambda d: ask(d, "work_list", *WHERE, "--option", "top=500"),
        {"pick": lambda r: f":material/person: {r['ticket_id']}"},
        {"age": time("age_seconds")},
    ),
    (
        "queue",
        {"queue": "Billing"},
        "Who sends what leaves again",
        lambda d: [r for r in ask(d, "sent_in", *SINCE, *WHERE, "--where", "queue=Billing") if r["left_again"]],
        {"from": named("from_queue", "Straight from customers")},
        {
            "came": field("came"),
            "left_text": field("left_again"),
            "part": percent("share"),
            "sent_back": field("sent_back"),
            "untouched": field("untouched"),
            "hours": field("hours"),
        },
    ),
    ("bottlenecks", {"view": "Hours"}, "Hours by queue", lambda d: ask(d, "bottlenecks", *SINCE, *WHERE, level="queue"), {"queue": named("queue")}, DAMAGE),
    (
        "bottlenecks",
        {"view": "Flow map"},
        "Moves between queues",
        lambda d: ask(d, "bottlenecks", *SINCE, *WHERE, level="hop"),
        {"move": field("queue"), "to": field("next_queue")},
        {"delay": time("median_delay_seconds"), "lost_hours": field("lost_hours"), "contacts_text": field("contacts")},
    ),
    (
        "bottlenecks",
        {"view": "Flow map"},
        "Pairs of queues with moves both ways",
        lambda d: pairs(d, *SINCE, *WHERE),
        {"pair": field("pair")},
        {"back": field("back"), "there_text": field("there")},
    ),
    (
        "bottlenecks",
        {"view": "Flow map"},
        "Queues that pass contacts on",
        lambda d: stops(d, *SINCE, *WHERE),
        {"queue": field("queue")},
        {"passed": field("passed"), "entered_text": field("entered")},
    ),
    (
        "bottlenecks",
        {"view": "Routes"},
        "Routes with their time",
        lambda d: ask(d, "paths", *SINCE, *WHERE),
        {"route": field("route")},
        {"text": field("contacts"), "part": percent("share"), "half": time("median_seconds"), "most": time("p90_seconds"), "lost_hours": field("lost_hours")},
    ),
    (
        "bottlenecks",
        {"view": "Routes"},
        "How reasons keep to their routes",
        lambda d: [r for r in ask(d, "route_consistency", *SINCE, *WHERE) if r["share"] is not None],
        {"reason": field("reason"), "source": field("source")},
        {
            "routes": field("routes"),
            "part": percent("share"),
            "half": time("median_seconds"),
            "others": time("other_median_seconds"),
            "text": field("contacts"),
        },
    ),
    (
        "bottlenecks",
        {"view": "Routes"},
        "Changes of hands between queues by cause",
        lambda d: ask(d, "handoff_matrix", *SINCE, *WHERE, level="move"),
        {"from_queue": field("from_queue"), "to_queue": field("to_queue"), "cause": field("cause"), "edge": lambda r: (r["border"] or "").replace("_", " ")},
        {"moves": field("moves"), "part": percent("share"), "delay": time("median_delay_seconds")},
    ),
    (
        "bottlenecks",
        {"view": "Routes"},
        "Escalations by queue",
        lambda d: [r for r in show(d, "escalations", "--by", "queue", *SINCE, *WHERE) if r.get("total")],
        {"queue": named("queue")},
        {"total": field("total"), "each": field("value"), "text": field("tickets")},
    ),
    (
        "bottlenecks",
        {"view": "Vendor border"},
        "Both sides of the vendor border",
        lambda d: ask(d, "vendor_border", *SINCE, *WHERE),
        {"name": lambda r: r["side"] if r["level"] == "side" else r["team"]},
        {
            "contacts": field("contacts"),
            "handed_over": field("handed_over"),
            "handed_back": field("handed_back"),
            "judged_part": percent("lasting_share"),
            "like": percent("lasting_adjusted"),
            "border_hours": field("border_hours"),
            "price": field("cost_per_lasting"),
        },
    ),
    (
        "quality",
        {},
        "To mend",
        lambda d: [r for r in ask(d, "data_quality") if r["verdict"] in ("to mend", "implausible")],
        {"source": field("source"), "check": field("check")},
        {"found": field("found"), "of": field("of"), "part": percent("share")},
    ),
    (
        "quality",
        {},
        "Customers by tool",
        lambda d: ask(d, "identity_links", level="tool"),
        {"source": field("source")},
        {**{n: field(n) for n in ("customers", "in_other_tools", "contacts", "unknown_contacts")}, "part": percent("matched_share")},
    ),
]


@pytest.fixture(scope="module")
def opened(lumen):
    """A page of the app with the filters of all links here, opened once by its link."""
    pages = Opened(lumen)
    return lambda page, link: pages(page, {**LINK, **link})


def plain(value: Any) -> Any:
    """A cell as a number, a time or a text; a cell that opens something as the number on it."""
    if isinstance(value, str) and (told := re.fullmatch(r"(?::material/list_alt: )?([\d,]+)", value)):
        return int(told[1].replace(",", ""))
    return None if value is None or value != value else value   # NaN and NaT are not themselves


@pytest.mark.parametrize(("page", "link", "alt", "rows", "names", "columns"), TABLES, ids=[f"{page}: {alt}" for page, _, alt, *_ in TABLES])
def test_a_table_is_what_the_door_answers(page, link, alt, rows, names, columns, opened, lumen):
    [found] = [d.value for d in opened(page, link).dataframe if d.proto.alt == alt]
    told = {tuple(name(row) for name in names.values()): row for row in rows(lumen)}
    assert len(found) == len(told) > 0
    for place in found.to_dict("records"):
        row = told[tuple(plain(place[name]) if not isinstance(place[name], str) else place[name] for name in names)]
        for column, expected in columns.items():
            seen, wanted = plain(place[column]), expected(row)
            if isinstance(wanted, timedelta) or wanted is None or isinstance(wanted, str):
                assert seen == wanted, (column, place)
            else:
                assert seen == pytest.approx(float(wanted)), (column, place)


# --- every table is in the list, every tile and every sentence that bears a number is what the door answers ------------
ELSEWHERE = {"Tickets behind the number": "test_pages_tickets.py", "Numbers this source can tell": "test_pages_data.py"}
NO_NUMBERS = {
    "Good to know",
    "Checked and good",
    "Rules that make the difference",
    "Tickets that differ",
    "Links between customer records",
    "Loaded sources",
}  # of the Quality page: the same rows, or counted there
SENTENCES = [
    ("consistency", {"by": "queue"}, lambda d: _half(show(d, "resolution_time", *SINCE, *WHERE)[0])),
    ("consistency", {"by": "queue"}, lambda d: ask(d, "spread_drivers", *SINCE, *WHERE)[0]["sentence"]),
    ("demand", {"view": "Reasons"}, lambda d: f"{100 * show(d, 'failure_demand', *SINCE, *WHERE)[0]['value']:.0f} of 100 contacts should not have been needed"),
    (
        "demand",
        {"view": "Reasons"},
        lambda d: f"{wording.hours(ask(d, 'contact_reasons', *SINCE, *WHERE, level='all')[0]['customer_hours'])} of waiting for us",
    ),
    (
        "demand",
        {"view": "Coming back"},
        lambda d: f"In {wording.share(show(d, 'chasers', *SINCE, *WHERE)[0]['value'])} of contacts the customer had to chase us, over the same reason",
    ),
    (
        "demand",
        {"view": "Across tools"},
        lambda d: f"{wording.count(next(r for r in ask(d, 'fragmentation', *SINCE, *WHERE) if r['week'] is None)['issues'])} issues",
    ),
    (
        "demand",
        {"view": "Consequences"},
        lambda d: "{} of {} are good".format(
            *(lambda r: (wording.share(r["value"]), wording.plural(r["tickets"], "rating")))(show(d, "csat", *SINCE, *WHERE)[0])
        ),
    ),
    (
        "bottlenecks",
        {"view": "Hours"},
        lambda d: "{} lost over {} contacts".format(
            *(lambda r: (wording.hours(r["lost_hours"]), wording.count(r["contacts"])))(ask(d, "bottlenecks", *SINCE, *WHERE)[0])
        ),
    ),
    ("bottlenecks", {"view": "Hours"}, lambda d: f"{wording.share(ask(d, 'bottlenecks', *SINCE, *WHERE, level='queue')[0]['share'])} of the hours lost lie in"),
    ("bottlenecks", {"view": "Routes"}, lambda d: f"{sum(r.get('total') or 0 for r in show(d, 'escalations', '--by', 'queue', *SINCE, *WHERE)):,} escalations"),
]


def _half(row: dict) -> str:
    return f"settled within **{wording.duration(row['value'])}**, 9 of 10 within **{wording.duration(row['p90'])}**"


def test_no_table_is_forgotten(opened):
    listed = {alt for _, _, alt, *_ in TABLES}
    for page, link, *_ in TABLES:
        drawn = {d.proto.alt for d in opened(page, link).dataframe}
        assert drawn <= listed | set(ELSEWHERE) | (NO_NUMBERS if page == "quality" else set()), page


@pytest.mark.parametrize(("page", "link", "said"), SENTENCES, ids=[f"{page} {i}" for i, (page, *_) in enumerate(SENTENCES)])
def test_a_sentence_is_what_the_door_answers(page, link, said, opened, lumen):
    at = opened(page, link)
    text = "\n".join(str(e.value) for kind in ("markdown", "caption") for e in getattr(at, kind)).replace("\\", "")
    assert said(lumen) in text


@pytest.mark.parametrize(("page", "words"), [("week", WEEK), ("queue", ())])
def test_every_tile_is_what_the_door_answers(page, words, opened, lumen):
    labels = {m.label: m for m in catalog().values()}
    for tile in opened(page, {}).metric:
        if metric := labels.get(tile.label):
            ended = ("--from", "2026-10-12", "--to", "2026-10-19") if metric.name == "repeat_contact_rate" else words   # of the newest week customers can still come back
            [row] = [r for r in show(lumen, metric.name, *ended, *WHERE, *(("--week",) if page == "week" else ())) if not r.get("week") or r["week"] == ended[1]]
            assert tile.value == wording.value(metric, row["value"]), tile.label
        else:
            oldest = max(r["oldest_seconds"] for r in ask(lumen, "ageing", *WHERE))
            assert (tile.label, tile.value) == ("Oldest open contact", wording.duration(oldest))
