"""Files nobody has seen before: the mapping that sniff prints is saved as it is, the file is loaded with it, and numbers are asked.

Complaints of a bank without events, a call centre in two files, days first, German headers in Windows-1252, a log of how work
orders stood, JSON with nested fields. What comes out is compared with the files read by hand.
"""
from __future__ import annotations

import contextlib
import csv
import importlib
import io
import itertools
import json
from datetime import datetime
from pathlib import Path
from statistics import median

import pytest
from conftest import door, load, show

from connectors.mapping import parse_mapping
from connectors.mapping_text import toml
from warehouse.store import Folder, reading

STRANGE = Path(__file__).parent / "strange"
DAY, HOUR = 86_400, 3600


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """Files -> a data folder into which they were loaded with the mappings proposed for them, and those mappings."""
    def get(*names: str, source: str | None = None):
        data, mappings = tmp_path_factory.mktemp("strange") / "data", []
        for name in names:
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                assert importlib.import_module("warehouse.__main__").main(["sniff", str(STRANGE / name), "--data", str(data)]) == 0
            mapping = data.parent / f"{name}.toml"
            mapping.write_text(out.getvalue())
            report = load(data, STRANGE / name, mapping=mapping, source=source)
            assert [(f["refused"], f["rows"] > 0) for f in report["files"]] == [(0, True)], "nothing is refused"
            assert report["unmapped"] == []
            mappings.append(out.getvalue())
        return data, mappings
    return get


def rows(name: str, **how) -> list[dict[str, str]]:
    encoding = how.pop("encoding", "utf-8")
    return list(csv.DictReader((STRANGE / name).read_text(encoding=encoding).splitlines(), **how))


def times(found: list[dict[str, str]], start: str, end: str, form: str) -> list[float]:
    return [(datetime.strptime(r[end], form) - datetime.strptime(r[start], form)).total_seconds() for r in found if r[end]]


def test_complaints_of_a_bank(loaded):
    data, _ = loaded("complaints_2025.csv")
    found = rows("complaints_2025.csv")
    lasted = times(found, "Date Received", "Date Closed", "%d/%m/%Y")
    [row] = show(data, "resolution_time")
    assert (row["tickets"], row["value"], row["excluded"]) == (len(lasted), median(lasted), {"open": len(found) - len(lasted)})
    assert {r["channel"] for r in show(data, "contacts", "--by", "channel")} == {"Branch", "Phone", "Email", "Letter"}
    assert sum(r["value"] for r in show(data, "contacts", "--by", "product,reason")) == len(found)
    [handoffs] = show(data, "handoffs")
    assert handoffs["value"] is None and handoffs["excluded"] == {"not available from this source": len(found)}


def test_a_call_centre_in_two_files(loaded):
    data, mappings = loaded("calls.csv", "call_segments.csv", source="phone")
    assert all("files of one tool need the same name" in text for text in mappings)
    found, segments = rows("calls.csv"), rows("call_segments.csv")
    [contacts] = show(data, "contacts")
    assert contacts["value"] == len(found), "the second file joins the first"
    began = {r["CallID"]: datetime.fromisoformat(r["CallStart"]) for r in found}
    answered = [(datetime.fromisoformat(s["SegmentStart"]) - began[s["CallID"]]).total_seconds() for s in segments if s["SegmentType"] == "Answered"]
    assert show(data, "first_response_time")[0]["value"] == median(answered)
    assert show(data, "handoffs")[0]["total"] == sum(s["SegmentType"] == "Transferred" for s in segments)
    assert {r["queue"] for r in show(data, "contacts", "--by", "queue")} == {"Sales", "Billing", "Tech"}
    assert show(data, "repeat_contact_rate")[0]["excluded"].get("customer not known") is None, "callers are known by their number"


def test_days_first(loaded):
    data, _ = loaded("support_export.csv")
    found = rows("support_export.csv")
    lasted = times(found, "Raised", "Fixed", "%d.%m.%Y %H:%M")
    assert show(data, "resolution_time")[0]["value"] == median(lasted)
    assert show(data, "backlog")[0]["value"] == len(found) - len(lasted)
    assert {r["queue"]: r["value"] for r in show(data, "contacts", "--by", "queue")} == {
        q: sum(r["Assigned team"] == q for r in found) for q in {r["Assigned team"] for r in found}
    }
    weeks = {r["week"]: r["value"] for r in show(data, "contacts", "--week")}
    assert min(weeks) == "2025-02-03" and sum(weeks.values()) == len(found)


def test_german_headers_in_windows_1252(loaded):
    data, mappings = loaded("vorgaenge.csv")
    found = rows("vorgaenge.csv", encoding="cp1252", delimiter=";")
    lasted = [(datetime.strptime(r["Erledigt am"], "%d.%m.%Y %H:%M") - datetime.strptime(f"{r['Eingangsdatum']} {r['Eingangszeit']}", "%d.%m.%Y %H:%M")).total_seconds()
              for r in found if r["Erledigt am"]]
    assert show(data, "resolution_time")[0]["value"] == median(lasted)
    assert {r["reason"] for r in show(data, "contacts", "--by", "reason")} == {"Tarife", "Störung", "Kündigung", "Rechnung"}
    assert show(data, "backlog_ours")[0]["value"] == sum(r["Status"] in ("neu", "in Bearbeitung") for r in found)
    assert "customer not known" not in show(data, "repeat_contact_rate")[0]["excluded"]
    assert "windows-1252" in mappings[0]


def test_a_log_of_how_work_orders_stood(loaded):
    data, _ = loaded("wo_history.csv")
    found = rows("wo_history.csv", delimiter="\t")
    orders: dict[str, list] = {}
    for r in found:
        orders.setdefault(r["WO_NUMBER"], []).append(r)
    assert show(data, "contacts")[0]["value"] == len(orders)
    ended = {n: next(r["SNAP_TS"] for r in rs if r["WO_STATUS"] in ("COMP", "CLOSE")) for n, rs in orders.items() if rs[-1]["WO_STATUS"] in ("COMP", "CLOSE")}
    lasted = [(datetime.fromisoformat(at) - datetime.fromisoformat(orders[n][0]["REPORTED_DATE"])).total_seconds() for n, at in ended.items()]
    [row] = show(data, "resolution_time")
    assert (row["tickets"], row["value"]) == (len(lasted), median(lasted))

    def changes(values):
        known = [v for v in values if v]
        return sum(a != b for a, b in itertools.pairwise(known))
    assert show(data, "transfers")[0]["total"] == sum(changes(r["OWNER_GROUP"] for r in rs) for rs in orders.values())
    assert show(data, "handoffs")[0]["total"] == sum(changes(r["OWNER"] for r in rs) for rs in orders.values())


def test_json_with_nested_fields(loaded):
    data, mappings = loaded("helpline.json")
    found = json.loads((STRANGE / "helpline.json").read_text())["tickets"]
    lasted = [
        (datetime.fromisoformat(t["attributes"]["resolvedAt"]) - datetime.fromisoformat(t["attributes"]["createdAt"])).total_seconds()
        for t in found
        if t["attributes"]["resolvedAt"]
    ]
    assert show(data, "resolution_time")[0]["value"] == median(lasted)
    assert {r["queue"] for r in show(data, "contacts", "--by", "queue")} == {"Orders", "Returns"}
    assert "customer not known" not in show(data, "repeat_contact_rate")[0]["excluded"]
    assert "customFields: holds a list of fields in each cell" in mappings[0], "what cannot be reached is said"
    assert "requester.name" not in mappings[0].split("[[file]]")[1], "a person is neither a customer by name nor a dimension"


def test_a_printed_mapping_reads_back_as_it_was():
    mapping = {"source": "a", "timezone": "UTC", "null_values": ["?", 'say "no"'],
               "file": [{"match": "x.csv", "grain": "ticket", "columns": {"ticket_id": "No. #1", "state": {"column": 'St "a"', "values": {"Open = now": "new", "ü\n": "closed"}}},
                         "dimensions": {"site": "Größe [m]"}}]}
    import tomllib
    assert tomllib.loads(toml(mapping)) == mapping
    parse_mapping(tomllib.loads(toml(mapping)), "printed")


WHOLE = """[[file]]
match = "tickets*.csv"
grain = "ticket"
[file.columns]
ticket_id = "id"
created_at = "opened"
customer = "customer"
phone = "phone"
assignee = "agent"
csat = "score"
[file.dimensions]
version = "version"

[[file]]
match = "log.csv"
grain = "event"
[file.columns]
ticket_id = "ticket"
occurred_at = "when"
kind = { constant = "assigned" }
to = "agent"
"""


def test_ids_with_decimals_are_the_ids_of_other_files(tmp_path):
    """A program of data frames writes whole numbers with .0 where a column has gaps: 55.0 is customer 55."""
    (tmp_path / "map.toml").write_text('source = "desk"\n' + WHOLE)
    (tmp_path / "tickets.csv").write_text("id,opened,customer,phone,agent,score,version\n"
                                          "7002.0,2026-03-02 09:00:00,,,,,2.0\n7001.0,2026-03-01 09:00:00,55.0,4915112345678.0,12.0,4.0,1.0\n")
    (tmp_path / "tickets_later.csv").write_text("id,opened,customer,phone,agent,score,version\n7003,2026-03-03 09:00:00,55,4915112345678,,,1.0\n")
    (tmp_path / "log.csv").write_text("ticket,when,agent\n7001,2026-03-01 10:00:00,13\n7002,2026-03-02 10:00:00,12\n")
    report = load(tmp_path / "data", *(tmp_path / n for n in ("tickets.csv", "tickets_later.csv", "log.csv")), mapping=tmp_path / "map.toml")
    assert report["tickets"] == 3 and not report["refusals"]
    assert {r["version"]: r["value"] for r in show(tmp_path / "data", "contacts", "--by", "version")} == {"1.0": 2, "2.0": 1}, "a version is no id"
    assert show(tmp_path / "data", "handoffs")[0]["total"] == 0, "12.0 is agent 12"
    with reading(Folder(tmp_path / "data")) as con:
        assert con.execute("SELECT ticket_id, assignee_id, csat FROM tickets ORDER BY 1").fetchall() == [
            ("desk:7001", "desk:12", 4), ("desk:7002", None, None), ("desk:7003", None, None)]
        assert con.execute("SELECT count(DISTINCT customer_id), count(DISTINCT phone_key) FROM tickets WHERE customer_id IS NOT NULL").fetchone() == (1, 1)
    found = {r["check"]: r["found"] for r in door("metrics", "ask", "data_quality", data=tmp_path / "data")["rows"]}
    assert found["id written with .0 in id"] == 2 and found["id written with .0 in customer"] == 1


@pytest.mark.parametrize("other", ["7001.5", "A7", "7001.10"])
def test_ids_of_which_one_has_more_than_a_zero_stay_as_they_are(tmp_path, other):
    (tmp_path / "map.toml").write_text('source = "desk"\n' + WHOLE)
    rest = ",2026-03-01 09:00:00,55.0,,,,\n"
    (tmp_path / "tickets.csv").write_text(f"id,opened,customer,phone,agent,score,version\n7001.0{rest}{other}{rest}")
    load(tmp_path / "data", tmp_path / "tickets.csv", mapping=tmp_path / "map.toml")
    with reading(Folder(tmp_path / "data")) as con:
        assert {t for (t,) in con.execute("SELECT ticket_id FROM tickets").fetchall()} == {"desk:7001.0", f"desk:{other}"}
