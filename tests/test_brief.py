"""The brief: every number on it is what the doors answer; no names, no script, nothing from outside, one page."""
from __future__ import annotations

import csv
import gzip
import json
import math
import random
import re
import sys
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from conftest import HOME, door, load, show

from metrics.brief import html, pdf, sentences
from metrics.brief.sheet import Line, Number, Section, Sheet, until
from metrics.brief.write import written
from metrics.engine import limits, wording
from metrics.engine.engines import DuckDBEngine
from metrics.engine.metric import catalog
from metrics.engine.scope import Scope, parse_where
from warehouse import tables
from warehouse.store import Folder, reading

WEEK = "2026-10-19"
READERS = {"leader": (), "lead": ("--where", "queue=Billing"), "owner": ("--where", "owner=Logistics")}
VOID = {"meta", "br", "rect", "circle", "polyline", "polygon"}


class Read(HTMLParser):
    """What stands in a brief: its text, its <data> numbers, its links; complains about a tag that is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open, self.tags, self.words, self.numbers, self.links = [], set(), [], [], []
        self.feed(text)
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        given = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        if tag == "data":
            self.numbers.append(given | {"text": ""})
        self.links += [v for k, v in given.items() if k in ("src", "href", "data", "action")]

    def handle_startendtag(self, tag, attrs):
        self.tags.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)
        if "data" in self.open:
            self.numbers[-1]["text"] += data

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.words))


@pytest.fixture(scope="module")
def briefs(lumen, tmp_path_factory) -> dict[str, str]:
    """Reader -> the brief's HTML, written through the door."""
    folder = tmp_path_factory.mktemp("briefs")
    return {reader: brief(lumen, reader, folder / f"{reader}.html", *words).decode() for reader, words in READERS.items()}


def brief(data: Path, reader: str, target: Path, *words: str, code: int = 0) -> bytes | str:
    from metrics.__main__ import main

    assert main(["brief", "--for", reader, "--to", str(target), "--data", str(data), *words]) == code
    return target.read_bytes() if code == 0 else ""


@pytest.mark.parametrize("reader", READERS)
def test_every_number_is_what_show_answers(lumen, briefs, reader):
    told = Read(briefs[reader]).numbers
    assert len(told) == 4 and all(n["text"] != wording.NOTHING for n in told)
    for number in told:
        monday = date.fromisoformat(number["data-week"])
        [row] = show(lumen, number["data-metric"], "--from", monday, "--to", monday + timedelta(days=7), "--week", *READERS[reader])
        assert float(number["value"]) == pytest.approx(row["value"])
        assert number["text"] == wording.value(catalog()[number["data-metric"]], row["value"])


def test_the_leaders_lines_are_what_the_analyses_answer(lumen, briefs):
    said = Read(briefs["leader"]).text
    [contacts] = show(lumen, "contacts", "--from", WEEK, "--to", "2026-10-26")
    assert f"{wording.count(contacts['value'])} contacts in" in said
    [needless] = show(lumen, "failure_demand", "--from", WEEK, "--to", "2026-10-26")
    assert f"{round(100 * needless['value'])} of 100 contacts should not have been needed" in said
    for row in door("metrics", "ask", "design_list", "--from", "2026-07-27", "--to", "2026-10-26", data=lumen)["rows"][:3]:
        assert f"{row['change']} {wording.hours(row['customer_hours'])} a week less waiting" in said
    for row in door("metrics", "ask", "decision_effect", data=lumen)["rows"]:
        assert row["what"] in said
    for row in door("metrics", "ask", "next_week", data=lumen)["rows"]:
        assert row["sentence"] is None or row["sentence"] in said
    changed = door("metrics", "ask", "what_changed", data=lumen)["rows"]
    assert all(r["where"].partition("=")[2] in said for r in changed if r["level"] in ("company", "family")) and changed


def test_the_leads_list_is_the_work_list_in_its_order(lumen, briefs):
    rows = door("metrics", "ask", "work_list", "--where", "queue=Billing", data=lumen)["rows"]
    read = Read(briefs["lead"])
    assert [t for t in re.findall(r"\d+\. ([a-z]+:\S+)", read.text)] == [r["ticket_id"] for r in rows[:24]]
    assert read.links == [r["url"] for r in rows[:24]], "each opens in its own tool"
    assert f"{len(rows)} contacts wait for us" in read.text


def test_what_no_source_tells_is_not_said_to_be_none():
    """A log of counters never says who spoke last: its open contacts are neither answered nor unanswered."""
    row = {"week": WEEK, "value": 0, "tickets": 0, "excluded": {"not available from this source": 370}}
    told = limits.points(catalog()["backlog_unanswered"], [row], datetime(2026, 1, 5), datetime(2026, 11, 1))
    assert [p.value for p in told] == [None] and sentences.waiting(told, [], date.fromisoformat(WEEK)) == ""
    empty = limits.points(catalog()["backlog_unanswered"], [row | {"excluded": {}}], datetime(2026, 1, 5), datetime(2026, 11, 1))
    assert sentences.waiting(empty, [], date.fromisoformat(WEEK)) == "0 unanswered"


def test_an_owner_without_contacts_reads_that_there_are_none(lumen, tmp_path):
    said = Read(brief(lumen, "owner", tmp_path / "x.html", "--where", "owner=Nobody yet", "--week", WEEK).decode()).text
    assert "No contacts with these reasons in these weeks." in said


def test_the_owner_reads_what_the_reasons_cost(lumen, briefs):
    rows = door("metrics", "ask", "contact_reasons", "--from", "2026-07-27", "--to", "2026-10-26", "--where", "owner=Logistics", data=lumen)["rows"]
    said = Read(briefs["owner"]).text
    whole = next(r for r in rows if r["level"] == "all")
    assert f"{whole['contacts']:,} contacts in 13 weeks" in said and f"{whole['cost']:,.0f} {whole['currency']}" in said
    for row in (r for r in rows if r["level"] == "reason"):
        assert f"{row['reason']} {wording.count(row['contacts'])} contacts; {wording.hours(row['customer_hours'])}" in said
    assert "invoice copy" not in said, "another owner's"


@pytest.mark.parametrize("reader", READERS)
def test_no_customer_and_no_agent_is_named(briefs, reader):
    exports = HOME / "sample_data" / "exports"
    with gzip.open(exports / "helpdesk_users.ndjson.gz", "rt", encoding="utf-8") as file:
        users = [json.loads(line) for line in file]
    names = {u["name"] for u in users if u.get("name")}
    assert len(names) > 100
    said = Read(briefs[reader]).text
    assert not [n for n in names if re.search(rf"\b{re.escape(n)}\b", said)] and "@" not in said


@pytest.mark.parametrize("reader", READERS)
def test_it_opens_without_the_app_and_says_where_it_comes_from(lumen, briefs, reader):
    read = Read(briefs[reader])
    assert not read.tags & {"script", "link", "img", "iframe", "object"} and "url(" not in briefs[reader] and "@import" not in briefs[reader]
    about = door("warehouse", "status", data=lumen)
    assert f"load {about['load_id']}" in read.text and "Europe/Berlin" in read.text and "helpdesk until" in read.text
    assert all(catalog()[n["data-metric"]].label in read.text for n in read.numbers)


@pytest.mark.parametrize("reader", READERS)
def test_the_pdf_is_one_page_and_the_same_each_time(lumen, reader):
    pytest.importorskip("typst", reason="the typesetter is not installed")
    engine = DuckDBEngine(reading(Folder(lumen)))
    sheet = written(engine, reader, Scope(where=tuple(parse_where(w) for w in READERS[reader][1:])))
    first, second = (pdf.document(sheet, engine.data_until.replace(tzinfo=UTC)) for _ in range(2))
    assert first.startswith(b"%PDF") and first == second
    assert len(re.findall(rb"/Type\s*/Page\b", first)) == 1


def odd(lines: int = 1) -> Sheet:
    """A sheet whose every text tries to be more than text."""
    bad = '<script>alert(1)</script> #panic("x") *b* $x$ @ref "q" \\'
    number = Number("contacts", bad, 1.0, bad, bad, True, "", bad, "2026-10-19")
    listed = Section(bad, [Line(bad, bad, bad, "worse", "javascript:alert(1)")] * lines)
    return Sheet(bad, bad, [(bad, True)], [f"**{bad}** {bad}"], [number], [listed], bad, definitions=[(bad, bad)])


def test_words_of_the_data_are_never_taken_for_markup():
    made = html.page(odd())
    read = Read(made)
    assert "script" not in read.tags and read.links == [] and '<script>alert(1)</script> #panic("x")' in read.text


def test_too_much_is_set_smaller_on_the_same_page():
    pytest.importorskip("typst", reason="the typesetter is not installed")
    made = pdf.document(odd(120), datetime(2026, 10, 25, tzinfo=UTC))
    assert made.startswith(b"%PDF") and len(re.findall(rb"/Type\s*/Page\b", made)) == 1


def test_without_the_typesetter_one_sentence_says_what_to_do(lumen, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "typst", None)
    brief(lumen, "leader", tmp_path / "x.pdf", code=1)
    said = capsys.readouterr().err.strip()
    assert "pip install typst" in said and "FILE.html" in said and "\n" not in said


@pytest.mark.parametrize(("reader", "file", "words", "said"), [
    ("owner", "x.html", (), "--where owner=NAME"), ("leader", "x.docx", (), ".html or .pdf"), ("leader", "x.html", ("--week", "soon"), "is no date"),
    ("leader", "x.html", ("--where", "colour=red"), "colour")])
def test_what_cannot_be_briefed_is_said_in_a_line(lumen, tmp_path, capsys, reader, file, words, said):
    brief(lumen, reader, tmp_path / file, *words, code=2)
    complaint = capsys.readouterr().err.strip()
    assert said in complaint and len(complaint.splitlines()) == 1
    assert not (tmp_path / file).exists()


def test_counters_only_makes_a_brief_that_says_what_is_missing(tmp_path):
    data = tmp_path / "data"
    counted(tmp_path, data)
    for reader in ("leader", "lead"):
        made = brief(data, reader, tmp_path / f"{reader}.html").decode()
        read = Read(made)
        assert "None" not in read.text and "nan" not in read.text.lower().split()
    assert "No change is surely worth making" in Read((tmp_path / "leader.html").read_text()).text


def counted(folder: Path, data: Path) -> None:
    """Thirty tickets of a tool that gives its counters only."""
    export, mapping = folder / "counted.csv", folder / "counted.toml"
    with export.open("w", newline="") as file:
        write = csv.writer(file)
        write.writerow(["No", "Opened", "Solved", "Hands"])
        write.writerows([f"K{i}", f"2026-{6 + i // 20:02}-{1 + i % 20:02} 09:00", f"2026-{6 + i // 20:02}-{2 + i % 20:02} 10:{i:02}", i % 3] for i in range(30))
    mapping.write_text('source = "counted"\ntimezone = "UTC"\n[[file]]\nmatch = "counted*.csv"\ngrain = "ticket"\n[file.columns]\nticket_id = "No"\ncreated_at = "Opened"\n'
                       'resolved_at = "Solved"\nrecorded_handoffs = "Hands"\n')
    load(data, export, mapping=mapping)


ANSWERS = """
source = "care"
timezone = "UTC"
[[file]]
match = "answers*.csv"
grain = "event"
[file.columns]
ticket_id = "Ticket"
occurred_at = "At"
kind = "Event"
to = "To"
actor = "Actor"
actor_kind = "Kind"
"""


def answers(folder: Path, weeks: int) -> Path:
    """An export of so many weeks: Care and Sales answer twelve contacts a week in two hours; from the 13th week on, Care in one."""
    chance, target = random.Random(4), folder / f"answers_{weeks}.csv"
    with target.open("w", newline="") as file:
        write = csv.writer(file)
        write.writerow(["Ticket", "At", "Event", "To", "Actor", "Kind"])
        for week in range(weeks):
            for i in range(24):
                queue, at = ("Care", "Sales")[i % 2], datetime(2026, 1, 5, 9) + timedelta(weeks=week, days=i // 2 % 5)
                reply = at + timedelta(minutes=(60 if week >= 12 and queue == "Care" else 120) * math.exp(chance.gauss(0, 0.2)))
                for when, kind, to, actor, actor_kind in ((at, "created", "", "", "customer"), (at, "queued", queue, "", ""), (reply, "agent_message", "", "ana", "agent"),
                                                          (at + timedelta(hours=11), "resolved", "", "ana", "agent")):
                    write.writerow([f"W{week}-{i}", when.strftime("%Y-%m-%d %H:%M:%S"), kind, to, actor, actor_kind])
        write.writerow(["END", (datetime(2026, 1, 5, 20) + timedelta(weeks=weeks, days=-1)).strftime("%Y-%m-%d %H:%M:%S"), "created", "", "", "customer"])
    return target


def test_what_was_decided_works_once_later_weeks_are_loaded(tmp_path):
    data, mapping = tmp_path / "data", tmp_path / "answers.toml"
    mapping.write_text(ANSWERS)
    load(data, answers(tmp_path, 12), mapping=mapping)
    tables.decide(data, {"on": "2026-03-30", "what": "Care answers before it files", "who": "Kim Karlsson", "kind": "ours", "scope": "queue=Care", "metric": "first_response_time",
                         "expected": "-50%"})
    door("warehouse", "refresh", data=data)
    said = Read(brief(data, "leader", tmp_path / "first.html").decode()).text
    assert re.search(r"Too early\s?Care answers before it files", said)
    load(data, answers(tmp_path, 17), mapping=mapping)
    said = Read(brief(data, "leader", tmp_path / "later.html").decode()).text
    assert re.search(r"Works\s?Care answers before it files", said) and "First response time -5" in said
    assert "Karlsson" not in said, "who decided is left out"
    pytest.importorskip("typst", reason="the typesetter is not installed")
    assert brief(data, "leader", tmp_path / "later.pdf").startswith(b"%PDF")


def test_the_end_of_the_data_is_told_on_the_clock_of_the_report_zone(lumen):
    engine = DuckDBEngine(reading(Folder(lumen)))
    assert until(engine) - engine.data_until == timedelta(hours=1)   # Berlin in the winter half of that Sunday


@pytest.mark.parametrize(("numerator", "denominator", "said"), [
    (0, 4, "**0 of 4** contacts should not have been needed; too few to say what is usual."),
    (12, 48, "**25 of 100** contacts should not have been needed. What is usual can be said after eight full weeks with enough contacts.")])
def test_no_hundred_is_made_of_four(numerator, denominator, said):
    from metrics.brief.sentences import needless
    from metrics.engine.limits import Point

    monday = date(2026, 10, 19)
    assert needless([Point(monday, numerator / denominator, {"numerator": numerator, "denominator": denominator}, None, False, False)], monday) == said


def test_a_level_is_dated_by_the_first_of_the_weeks_in_a_row_outside():
    from metrics.brief.sentences import settled
    from metrics.engine.limits import Point, Range

    first, usual = date(2026, 9, 7), Range(7200, 10_800, 13, date(2026, 1, 5), date(2026, 3, 30), 9000)
    sides = (None, "above", None, "above", "above")
    weeks = [Point(first + timedelta(weeks=i), 9000 if side is None else 14_400, {}, usual, False, False, side) for i, side in enumerate(sides)]
    assert settled(weeks, weeks[-1].week).replace("\u00a0", " ") == (
        "9 of 10 customers were settled within **4 h**, **above its usual range** of 2 h to 3 h since the week of 28 Sep 2026.")
