"""Where a reason comes from: the tool's field, then tags, then the subject; rules of reasons.csv say what tags and words mean."""
from __future__ import annotations

import duckdb
import pytest
from conftest import door, load, show

from metrics.engine.frequent import shared
from warehouse import tables
from warehouse.reasons import like, words
from warehouse.store import Folder, StoreProblem

MAPPING = """
source = "desk"
[[file]]
match = "tickets*"
grain = "ticket"
[file.columns]
ticket_id = "id"
created_at = "created"
resolved_at = "resolved"
reason = "why"
tags = "tags"
subject = "subject"
state = { column = "state", values = { open = "in_progress", done = "resolved" } }
"""
HEAD = "id,created,resolved,why,tags,subject,state\n"
RULES = [{"pattern": "late*", "found_in": "tag", "reason": "late delivery", "owner": "Logistics"},
         {"pattern": "refund", "found_in": "text", "reason": "refund", "owner": "Shop"},
         {"pattern": "cancel * order", "found_in": "text", "reason": "cancellation"},
         {"pattern": "Billing", "reason": "invoice"}]


def fits(found_in: str, pattern: str, text: str) -> bool:
    """As the SQL compares them, over the same preparation of the text."""
    said = f" {text.lower()} " if found_in == "tag" else " " + "  ".join(words(text)) + " "
    return duckdb.execute("select $1 like $2 escape '!'", [said, like(found_in, pattern)]).fetchone()[0]


@pytest.mark.parametrize(
    ("found_in", "pattern", "text", "expected"),
    [
        ("tag", "refund", "vip refund", True),
        ("tag", "refund", "vip refund_late", False),
        ("tag", "refund*", "vip refund_late", True),
        ("tag", "refund*", "norefund", False),
        ("tag", "*refund*", "norefund_x", True),
        ("tag", "*_late", "refund_late vip", True),
        ("tag", "a_b", "axb", False),
        ("tag", "100%", "100%", True),
        ("tag", "100%", "1000", False),
        ("tag", "late delivery", "late delivery vip", True),
        ("tag", "REFUND", "Refund", True),
        ("text", "app", "My app!", True),
        ("text", "app", "happy", False),
        ("text", "app*", "Apps crash", True),
        ("text", "cancel order", "Cancel order 7", True),
        ("text", "cancel order", "cancel my order", False),
        ("text", "cancel * order", "cancel my old order", True),
        ("text", "cancel * order", "Cancel order", True),
        ("text", "cancel * order", "cancelled order", False),
        ("text", "can't log in", "I can't log-in", True),
        ("text", "größe", "Falsche GRÖSSE? Größe!", True),
        ("text", "50 %", "50% off", True),
    ],
)
def test_what_a_pattern_fits(found_in, pattern, text, expected):
    assert fits(found_in, pattern, text) is expected


@pytest.fixture
def data(tmp_path):
    (tmp_path / "map.toml").write_text(MAPPING)
    (tmp_path / "tickets1.csv").write_text(
        HEAD + "1,2026-03-02 09:00,2026-03-02 10:00,billing,late,Refund,done\n2,2026-03-02 09:00,2026-03-02 11:00,,vip late_parcel,Refund please,done\n"
        "3,2026-03-02 09:00,2026-03-02 11:00,,lately not,\"Re: my REFUND, please\",done\n4,2026-03-02 09:00,,,,Refunded?,open\n5,2026-03-02 09:00,,,,,open\n")
    load(tmp_path / "data", tmp_path / "tickets1.csv", mapping=tmp_path / "map.toml")
    tables.write(tmp_path / "data", "reasons", RULES)
    door("warehouse", "refresh", data=tmp_path / "data")
    return tmp_path / "data"


def reasons(data) -> dict:
    return {(row["reason"], row["reason_from"]): row["value"] for row in show(data, "contacts", "--by", "reason,reason_from")}


def test_the_field_comes_first_then_tags_then_words(data, tmp_path):
    assert reasons(data) == {("invoice", "field"): 1, ("late delivery", "tag"): 2, (None, None): 2}, "'lately' begins with late: rules are taken at their word"
    RULES_NOW = [{**RULES[0], "pattern": "late_*"}, *RULES[1:]]
    tables.write(data, "reasons", RULES_NOW)
    door("warehouse", "refresh", data=data)
    assert reasons(data) == {("invoice", "field"): 1, ("late delivery", "tag"): 1, ("refund", "text"): 1, (None, None): 2}
    assert [r["value"] for r in show(data, "backlog", "--where", "reason_from=text")] == [0]
    (tmp_path / "tickets2.csv").write_text(HEAD + "6,2026-03-03 09:00,,,,Please cancel the old order,open\n")
    load(data, tmp_path / "tickets2.csv", mapping=tmp_path / "map.toml")
    assert reasons(data)["cancellation", "text"] == 1, "a load derives what it touched by the same rules"
    found = door("metrics", "ask", "contact_reasons", data=data)["rows"]
    [whole] = [r for r in found if r["level"] == "all"]
    assert (whole["from_field"], whole["from_tag"], whole["from_text"], whole["contacts"]) == (1, 1, 2, 6)


def test_without_rules_only_the_field_speaks(data):
    tables.write(data, "reasons", [])
    door("warehouse", "refresh", data=data)
    assert reasons(data) == {("billing", "field"): 1, (None, None): 4}


@pytest.mark.parametrize(("row", "says"), [
    ({"pattern": "x", "found_in": "body", "reason": "y"}, "reasons.csv, line 2, found_in: 'body' is none of field, tag, text"),
    ({"pattern": "x", "found_in": "tag", "reason": ""}, "reasons.csv, line 2, reason: a rule on tag needs the reason it stands for"),
    ({"pattern": "a*b", "found_in": "tag", "reason": "y"}, "reasons.csv, line 2, pattern: 'a*b': a pattern of tags may have * at its ends only"),
    ({"pattern": "*", "found_in": "tag", "reason": "y"}, "a pattern of tags needs a tag"), ({"pattern": "?!", "found_in": "text", "reason": "y"}, "a pattern of text needs a word"),
])
def test_a_rule_that_cannot_be_looked_for_is_one_sentence(tmp_path, row, says):
    (tmp_path / "reasons.csv").write_text("pattern,found_in,reason\n" + ",".join(row.values()) + "\n")
    with pytest.raises(StoreProblem) as problem:
        tables.read(tmp_path, "reasons")
    assert says in str(problem.value)


def test_a_bracket_in_a_pattern_is_a_bracket(data):
    tables.write(data, "reasons", [{"pattern": "[b]illing", "reason": "wrong"}, {"pattern": "bill?ng", "reason": "wrong"}, {"pattern": "b*g", "reason": "right"}])
    door("warehouse", "refresh", data=data)
    assert reasons(data)["right", "field"] == 1


def test_suggestions_are_shown_and_never_applied(data, tmp_path):
    (tmp_path / "tickets3.csv").write_text(HEAD + "".join(f"{n},2026-03-03 09:00,,,,Where is parcel {n} of Mrs. Miller{n}?,open\n" for n in range(10, 17)))
    load(data, tmp_path / "tickets3.csv", mapping=tmp_path / "map.toml")
    before = reasons(data)
    found = door("metrics", "ask", "contact_reasons", "--option", "suggest=yes", data=data)["rows"]
    assert [(r["suggestion"], r["contacts"]) for r in found if r["level"] == "suggestion"] == [("parcel", 7)]
    assert reasons(data) == before
    assert [r for r in door("metrics", "ask", "contact_reasons", data=data)["rows"] if r["level"] == "suggestion"] == []


def test_words_shared_by_few_are_no_suggestion():
    assert shared([("late parcel", 4), ("my parcel", 1), ("parcel", 1)]) == [("parcel", 6)]
    assert shared([("late parcel", 4)]) == []
    assert shared([]) == []


def test_a_store_of_an_earlier_version_is_brought_up_to_date(data, tmp_path):
    folder = Folder(data)
    with duckdb.connect(str(folder.snapshot(folder.current_load()))) as con:
        con.execute("ALTER TABLE reasons DROP COLUMN found_in; ALTER TABLE ticket_facts DROP COLUMN reason_from; UPDATE about SET value = '1' WHERE name = 'schema_version'")
    (tmp_path / "tickets2.csv").write_text(HEAD + "6,2026-03-03 09:00,,,,Refund,open\n")
    load(data, tmp_path / "tickets2.csv", mapping=tmp_path / "map.toml")
    assert reasons(data)["refund", "text"] == 1
