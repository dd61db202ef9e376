"""Traps of files nobody has seen before: what a proposal must not mistake, and what a load must say instead of guessing."""
from __future__ import annotations

import csv
import io
import re

import pytest
import xlsxwriter
from conftest import door, load, show

from connectors.files import FileProblem, land
from connectors.mapping import MappingProblem, parse_mapping
from connectors.mapping_text import toml
from connectors.sniff import describe, propose
from connectors.synonyms import event_kind_of, state_of


@pytest.fixture
def sniff(tmp_path):
    """Header and rows -> the proposed block, the reasons, the whole mapping; what is proposed is a valid mapping unless asked not to be."""
    def told(header: str, rows, name: str = "export.csv", valid: bool = True):
        text = io.StringIO()
        csv.writer(text).writerows([header.split(","), *rows])
        (tmp_path / name).write_text(text.getvalue(), encoding="utf-8")
        [table] = land(tmp_path / name, tmp_path / "landed")
        mapping = propose(table, describe(table))
        reasons = mapping.pop("reasons")
        if valid:
            parse_mapping(mapping, "proposal")
        return mapping["file"][0], reasons, mapping
    return told


@pytest.fixture
def loaded(tmp_path, sniff):
    """Header and rows -> the data folder into which they were loaded as proposed, and the report."""
    def told(header: str, rows, name: str = "export.csv"):
        *_, mapping = sniff(header, rows, name)
        (tmp_path / "map.toml").write_text(toml(mapping), encoding="utf-8")
        return tmp_path / "data", load(tmp_path / "data", tmp_path / name, mapping=tmp_path / "map.toml")
    return told


def day(k: int) -> str:
    return f"2025-03-{k % 28 + 1:02d}"


# --- what a row is -----------------------------------------------------------------------------------------------
def test_a_daily_snapshot_is_dated_by_its_day(sniff):
    rows = [[f"2025-03-{d:02d}", f"T{k}", f"2025-03-01 1{k % 10}:00:00", ["New", "Open", "Solved"][d % 3]] for k in range(20) for d in (3, 4, 5)]
    block, reasons, _ = sniff("Snapshot date,Ticket ID,Created at,Status", rows)
    assert block["grain"] == "snapshot" and block["columns"]["occurred_at"] == "Snapshot date" and block["columns"]["created_at"] == "Created at"
    assert "changes from row to row" in reasons["occurred_at"]


@pytest.mark.parametrize("again", ["Closed,2025-03-09 10:00:00", "Open,2025-03-08 10:00:00"])
def test_a_list_in_which_some_tickets_stand_twice_is_a_list(sniff, again):
    rows = [[f"T{k}", f"{day(k)} 10:00:00", "Closed", "2025-03-09 10:00:00"] for k in range(40)]
    status, closed = again.split(",")
    block, reasons, _ = sniff("Ticket ID,Created at,Status,Closed at", rows + [[*row[:2], status, closed] for row in rows[:5]])
    assert block["grain"] == "ticket" and block["columns"]["ticket_id"] == "Ticket ID"
    assert reasons["ticket_id"] == "'Ticket ID' comes again in some rows, and no time says when a row was: the last row of each ticket counts"


CHANGES = [row for k in range(20) for row in (
    [4 * k, f"T{k}", f"{day(k)} 10:00:00", "system", "Status", "", "New"], [4 * k + 1, f"T{k}", f"{day(k)} 10:05:00", "Bo", "Assignee", "", "Ann"],
    [4 * k + 2, f"T{k}", f"{day(k)} 10:10:00", "Bo", "Assignee", "Ann", "Bo"], [4 * k + 3, f"T{k}", f"{day(k)} 12:00:00", "Bo", "Status", "New", "Solved"])]


def test_a_log_of_changed_fields(sniff, loaded):
    header = "Change ID,Ticket ID,Changed at,Changed by,Field,Old value,New value"
    block, _, _ = sniff(header, CHANGES)
    assert block["grain"] == "event" and block["columns"] == {
        "ticket_id": "Ticket ID", "event_id": "Change ID", "occurred_at": "Changed at", "actor": "Changed by",
        "kind": {"column": "Field", "values": {"Assignee": "assigned", "Status": "state_changed"}, "other": "internal_note"},
        "from": {"column": "Old value", "only": ["assigned", "state_changed"], "values": {"New": "new"}},
        "to": {"column": "New value", "only": ["assigned", "state_changed"], "values": {"New": "new", "Solved": "resolved"}}}
    data, report = loaded(header, CHANGES)
    assert (report["tickets"], report["unmapped"]) == (20, [])
    assert show(data, "resolution_time")[0]["value"] == 7200 and show(data, "handoffs")[0]["total"] == 20


def test_a_header_named_like_a_tickets_id_beats_a_unique_one_that_is_not(sniff):
    rows = [[f"N-{k}", f"T{k // 3}", f"2025-03-0{k % 3 + 1} 10:00:00", ["New", "Open", "Closed"][k % 3]] for k in range(60)]
    block, _, _ = sniff("Line key,Ticket ID,Updated at,Status", rows)
    assert block["grain"] == "snapshot" and block["columns"]["ticket_id"] == "Ticket ID"


def test_a_column_named_to_says_to_whom(sniff):
    rows = [[f"T{k // 3}", f"{day(k // 3)} 1{k % 3}:00:00", ["created", "assigned", "closed"][k % 3], "Bo", *[["", ""], ["Joe", "Ann"], ["", ""]][k % 3]] for k in range(60)]
    columns = sniff("ticket_id,at,activity,actor,from,to", rows)[0]["columns"]
    assert [columns[t] for t in ("from", "to")] == [{"column": t, "only": ["assigned"]} for t in ("from", "to")]
    assert columns["actor"] == "actor" and "customer" not in columns


# --- who ---------------------------------------------------------------------------------------------------------
def test_a_name_with_several_addresses_is_no_customer(loaded, sniff):
    header, rows = "Ticket ID,Customer,Customer Email,Created at", [[f"T{k}", ["Ann Lee", "Joe Q"][k % 2], f"u{k}@x.org", f"{day(k)} 10:00:00"] for k in range(40)]
    block, reasons, _ = sniff(header, rows)
    assert "customer" not in block["columns"] and block["columns"]["email"] == "Customer Email"
    assert reasons["customer"].startswith("not taken: 'Ann Lee' in 'Customer' has 20 different e-mail addresses")
    data, _ = loaded(header, rows)
    assert show(data, "repeat_contact_rate")[0].get("numerator") in (0, None)


def test_a_customers_number_may_have_several_addresses(sniff):
    rows = [[f"T{k}", f"C{k % 9}", f"u{k}@x.org", f"{day(k)} 10:00:00"] for k in range(40)]
    assert sniff("Ticket ID,Customer,Customer Email,Created at", rows)[0]["columns"]["customer"] == "Customer"


# --- days and clocks ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("header", ["Ticket ID,Close Time,Close Date,Open Date,Open Time", "Ticket ID,Time Closed,Date Closed,Date Opened,Time Opened"])
def test_each_day_gets_the_clock_named_like_it(sniff, header):
    rows = [[f"T{k}", f"1{k % 10}:30", f"2025-04-{k % 28 + 1:02d}", day(k), f"0{k % 10}:15"] for k in range(40)]
    columns, names = sniff(header, rows)[0]["columns"], header.split(",")
    assert columns["created_at"] == {"columns": [names[3], names[4]], "join": " ", "formats": ["%Y-%m-%d %H:%M"]}
    assert columns["closed_at"] == {"columns": [names[2], names[1]], "join": " ", "formats": ["%Y-%m-%d %H:%M"]}


def test_clocks_of_twelve_hours(loaded):
    rows = [[f"T{k}", f"03/{k % 28 + 1:02d}/2025", "03:06 PM", f"03/{k % 28 + 1:02d}/2025", "05:06 PM"] for k in range(40)]
    data, report = loaded("Ticket #,Date Opened,Time Opened,Date Closed,Time Closed", rows)
    assert report["files"][0]["refused"] == 0 and show(data, "resolution_time")[0]["value"] == 7200


@pytest.mark.parametrize("name", ["Handle time", "Resolution time", "Bearbeitungszeit", "Talk time"])
def test_a_span_is_no_time_of_day(sniff, name):
    columns = sniff(f"Ticket ID,Created,Resolved,{name}", [[f"T{k}", day(k), day(k), f"00:21:{k:02d}"] for k in range(40)])[0]["columns"]
    assert (columns["created_at"], columns["resolved_at"]) == ("Created", "Resolved")


def test_a_clock_that_belongs_to_no_day_and_one_with_gaps_are_said(sniff):
    _, reasons, _ = sniff("Ticket ID,Created on,Pickup hour", [[f"T{k}", day(k), f"10:{k:02d}"] for k in range(40)])
    assert "no day that is taken is named like it" in reasons["Pickup hour"]
    block, reasons, _ = sniff("Ticket ID,Open Date,Open Time", [[f"T{k}", day(k), f"10:{k:02d}" if k else ""] for k in range(40)])
    assert block["columns"]["created_at"] == "Open Date" and "1 rows have a day and no time of day" in reasons["Open Time"]


# --- what a status means -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("status", ["Abandoned", "Incomplete", "To be completed", "Will not be fixed", "Won't fix", "Nicht gelöst", "Non résolu", "Not started", "Ready to close",
                                    "Pre-closed", "Unopened", "Inactive", "Partially resolved", "Open - closed by mistake", "Disabled - reopened?", "Por resolver", "Not assigned"])
def test_a_word_denied_or_still_to_come_is_not_known(status):
    assert state_of(status) is None


@pytest.mark.parametrize(("status", "state"), [("Unassigned", "new"), ("To Do", "new"), ("Closed - no response", "closed"), ("Resolved, to be invoiced", "resolved"),
                                               ("Waiting to be assigned", "new"), ("Résolue", "resolved"), ("Escalated to L2", "in_progress")])
def test_what_was_said_before_a_denial_holds(status, state):
    assert state_of(status) == state


def test_an_activity_is_read_by_whole_words():
    assert event_kind_of("Emergency") is None and event_kind_of("Migrated") is None


def test_statuses_not_known_are_asked_for(sniff):
    rows = [[f"T{k}", f"{day(k)} 10:00", ["Open", "Not started", "Abandoned", "Backlog"][k % 4]] for k in range(40)]
    block, reasons, _ = sniff("Ticket ID,Created at,Status", rows)
    assert block["columns"]["state"]["values"] == {"Open": "new"} and "say what these mean: Abandoned, Backlog, Not started" in reasons["state"]
    block, reasons, _ = sniff("Ticket ID,Created at,Status", [[*row[:2], ["Frozen", "Zeta"][k % 2]] for k, row in enumerate(rows)])
    assert "state" not in block["columns"] and reasons["state"].endswith("none of its values is a known word; say what these mean: Frozen, Zeta")


# --- ids and times that are damaged ------------------------------------------------------------------------------
def test_ids_a_spreadsheet_has_rounded_are_refused_not_merged(sniff, loaded):
    header, rows = "Ticket ID,Created at,Customer ID", [[["1.0E+05", f"{100000 + k}.0"][k % 2], f"{day(k)} 10:00", f"{k}"] for k in range(40)]
    block, reasons, _ = sniff(header, rows)
    assert block["grain"] == "ticket" and "20 values: '1.0E+05' is an id that a spreadsheet has rounded" in reasons["ticket_id"]
    _, report = loaded(header, rows)
    assert report["tickets"] == 20 and report["files"][0]["refused"] == 20
    first = report["refusals"][0]
    assert (first["line"], first["column"], first["value"]) == (2, "Ticket ID", "1.0E+05") and "export again" in first["reason"]


def test_a_customer_a_spreadsheet_has_rounded_is_not_known(loaded):
    data, report = loaded("Ticket ID,Created at,Customer ID", [[f"T{k}", f"{day(k)} 10:00", "4.1E+09" if k < 5 else f"{k}"] for k in range(40)])
    assert [(u["column"], u["value"], u["rows"]) for u in report["unmapped"]] == [("Customer ID", "4.1E+09", 5)]
    assert show(data, "repeat_contact_rate")[0]["excluded"]["customer not known"] == 5


@pytest.mark.parametrize(("form", "formats"), [
    ("{d}. März 2025 15:06", ["%d %b %Y %H:%M"]), ("{d} de marzo de 2025 15:06", ["%d %b %Y %H:%M"]), ("{d} mars 2025 à 15h06", ["%d %b %Y %H:%M"]),
    ("Tue, {d:02d} Mar 2025 15:06:46 GMT", ["%d %b %Y %H:%M:%S %z"]), ("3/{d}/25, 3:06\u202fPM", ["%m/%d/%y, %I:%M %p"]), ("{d:02d}/03/2025\u00a015:06", ["%d/%m/%Y %H:%M"]),
    ("457{d:02d}.6294", ["excel"])])
def test_times_that_can_be_read_without_a_guess(loaded, sniff, form, formats):
    rows = [[f"T{k}", form.format(d=k % 28 + 1)] for k in range(40)]
    block, _, mapping = sniff("Ticket ID,Created at", rows)
    assert block["columns"]["created_at"] == "Created at"
    assert formats[0] in mapping["datetime_formats"]
    data, report = loaded("Ticket ID,Created at", rows)
    assert report["files"][0]["refused"] == 0
    assert sum(row["value"] for row in show(data, "contacts", "--by", "hour") if int(row["hour"]) == 15) == 40


def test_numbers_are_days_only_where_the_name_says_times(sniff):
    block, _, _ = sniff("Ticket ID,Cost centre", [[f"T{k}", f"4572{k % 10}.5"] for k in range(40)])
    assert "Cost centre" not in block["columns"].values()


def test_a_named_zone_is_said_and_refused(sniff, loaded, tmp_path):
    header, rows = "Ticket ID,Created at,Closed at", [[f"T{k}", f"{day(k)} 15:06:46 {'PST' if k % 4 else 'UTC'}", f"2025-04-{k % 28 + 1:02d} 10:00:00 {'CET' if k == 1 else 'Z'}"]
                                                      for k in range(40)]
    block, reasons, mapping = sniff(header, rows)
    assert "created_at" not in block["columns"]
    assert reasons["created_at"].startswith("'Created at' is named like a beginning, but 'PST' in '2025-03-02 15:06:46 PST' does not say which zone it is")
    assert "1 row will be refused, its value is in no known form: 'CET' in" in reasons["closed_at"]
    mapping["file"][0]["columns"]["created_at"] = "Created at"
    (tmp_path / "map.toml").write_text(toml(mapping), encoding="utf-8")
    report = load(tmp_path / "data", tmp_path / "export.csv", mapping=tmp_path / "map.toml")
    assert report["files"][0]["loaded"] == 10
    assert report["refusals"][1]["reason"].startswith("'PST' in '2025-03-03 15:06:46 PST' does not say which zone it is; write the offset")


def test_a_beginning_in_no_known_form_is_said(sniff):
    block, reasons, _ = sniff("Ticket ID,Created at,Closed at", [[f"T{k}", f"week {k} of 2025", f"{day(k)} 10:00"] for k in range(40)])
    assert "created_at" not in block["columns"]
    assert re.match(r"'Created at' is named like a beginning, but its value 'week \d+ of 2025' is in no known form", reasons["created_at"])


# --- files that are not what they seem ---------------------------------------------------------------------------
def test_a_header_that_names_no_zone(sniff, tmp_path):
    _, _, mapping = sniff("Case ID,Opened Date/Time", [[f"T{k}", f"{day(k)} 10:00"] for k in range(40)])
    assert mapping["timezone"] == "UTC"
    assert sniff("Case ID,Opened (Europe/Lisbon)", [[f"T{k}", f"{day(k)} 10:00"] for k in range(40)])[2]["timezone"] == "Europe/Lisbon"
    for where in ({"timezone": "Date/Time"}, {"file": [{**mapping["file"][0], "timezone": "Berlin"}]}):
        with pytest.raises(MappingProblem, match=r"'Date/Time' is no time zone; write its IANA name|'Berlin' is no time zone; write 'Europe/Berlin'"):
            parse_mapping(mapping | where, "map.toml")
    (tmp_path / "map.toml").write_text(toml(mapping | {"timezone": "Date/Time"}), encoding="utf-8")
    said = door("warehouse", "load", tmp_path / "export.csv", "--mapping", tmp_path / "map.toml", "--check", data=tmp_path / "data", code=1)
    assert "timezone: 'Date/Time' is no time zone" in said


def test_a_header_without_rows_is_said(sniff):
    with pytest.raises(FileProblem, match=r"export\.csv has a header \(Ticket ID, Created at\) and no values below it; export it again"):
        sniff("Ticket ID,Created at", [])


def test_two_headers_or_none_are_said(sniff):
    rows = [[f"{1000 + k}", "Closed", f"{day(k)} 10:00:00", f"{day(k)} 11:00:00", "Sales"] for k in range(40)]
    assert sniff("Ticket,,Dates,,", [["ID", "Status", "Created", "Closed", "Team"], *rows])[1]["header"].startswith("the row below line 1 looks like a header too")
    assert sniff(",".join(rows[0]), rows[1:], valid=False)[1]["header"].startswith("line 1 was taken for the header but looks like data ('2025-03-01 10:00:00')")
    assert "header" not in sniff("ID,Status,Created,Closed,Team", rows)[1]


def test_totals_at_the_end_are_no_tickets(loaded):
    rows = [[f"T{k}", f"{day(k)} 10:00", "Open", "5", "Sum of all" if k == 3 else ""] for k in range(40)]
    _, report = loaded("Ticket ID,Created at,Status,Minutes,Remarkable", [*rows, ["Total", "", "", "200", ""], ["Average", "", "", "5.0", ""]])
    assert (report["files"][0]["rows"], report["tickets"]) == (40, 40)
    _, report = loaded("Ticket ID,Created at,Status,Minutes,Remarkable", [["Total", "2025-03-01 10:00", "Open", "5", ""], *rows], name="second.csv")
    assert report["files"][0]["rows"] == 41, "a ticket may be called so"


def test_placeholders_are_known_alike_everywhere(loaded):
    words = ["n/a", "#N/A", "none", "\\N", "(blank)", "-", "NULL"]
    _, report = loaded("Ticket ID,Created at,Closed at,Group", [[f"T{k}", f"{day(k)} 10:00", f"{day(k)} 11:00" if k % 3 else words[k % 7], "Sales" if k % 2 else words[k % 7]]
                                                               for k in range(48)])
    assert report["files"][0]["refused"] == 0 and report["tickets"] == 48


def test_north_america_is_a_place(sniff):
    rows = [[f"T{k}", f"{day(k)} 10:00", "n/a" if k % 5 else "2025-04-01 10:00", ["NA", "EMEA", "-"][k % 3]] for k in range(40)]
    assert sniff("Ticket ID,Created at,Closed at,Group", rows)[2]["null_values"] == ["-", "n/a"]


def book(path, pivot_first: bool) -> None:
    with xlsxwriter.Workbook(path) as workbook:
        for name in ["Pivot", "Report"] if pivot_first else ["Report", "Pivot"]:
            sheet = workbook.add_worksheet(name)
            rows = [["Team", "Count"], ["Sales", "40"]] if name == "Pivot" else [
                ["Ticket no", "Opened", "Status", "Team"], *([f"T{k}", f"{day(k)} 10:00:00", "Closed", "Sales"] for k in range(40)), ["Total", "", "", "40"]]
            for place, row in enumerate(rows):
                sheet.write_row(place, 0, row)


@pytest.mark.parametrize("pivot_first", [True, False])
def test_a_workbook_is_loaded_by_its_own_proposal_and_the_pivot_told(tmp_path, pivot_first):
    book(tmp_path / "report.xlsx", pivot_first)
    found = door("warehouse", "sniff", tmp_path / "report.xlsx", data=tmp_path / "data")
    mapping = found["proposed_mapping"]
    mapping.pop("reasons")
    assert mapping["file"][0]["match"] == "report.xlsx#Report"
    (tmp_path / "map.toml").write_text(toml(mapping), encoding="utf-8")
    report = load(tmp_path / "data", tmp_path / "report.xlsx", mapping=tmp_path / "map.toml")
    assert report["tickets"] == 40
    assert [(u["column"], u["value"], u["rows"]) for u in report["unmapped"]] == [("sheet", "report.xlsx#Pivot", 1)]
    mapping["file"][0]["match"] = "other.xlsx#Report"
    (tmp_path / "map.toml").write_text(toml(mapping), encoding="utf-8")
    assert "matches no [[file]] block" in load(tmp_path / "data", tmp_path / "report.xlsx", mapping=tmp_path / "map.toml", code=1)


def test_brackets_in_a_file_name(loaded):
    assert loaded("Ticket ID,Created at", [[f"T{k}", f"{day(k)} 10:00"] for k in range(40)], name="Export [May].csv")[1]["tickets"] == 40


@pytest.mark.parametrize(("header", "target", "value"), [
    ("Archived at", "closed_at", "2025-04-01 10:00"), ("Inbox", "queue", "Sales"), ("Mailbox", "queue", "Sales"), ("Assignee team", "queue", "Sales"),
    ("Help Topic", "reason", "Refund"), ("Modified Time", "updated_at", "2025-04-01 10:00"), ("Last Activity", "updated_at", "2025-04-01 10:00"),
    ("Number of Reassign", "recorded_handoffs", "2"), ("Number of Reopen", "recorded_reopens", "0"), ("Contact handle", "email", "a@x.org"), ("From Email", "email", "a@x.org")])
def test_headers_of_known_tools(sniff, header, target, value):
    rows = [[f"{1000 + k}", f"{day(k)} 10:00", value if k % 3 else value.replace("a@", "b@").replace("Sales", "Tech").replace("Refund", "Login")] for k in range(40)]
    columns = sniff(f"N° de ticket,Created at,{header}", rows)[0]["columns"]
    assert columns["ticket_id"] == "N° de ticket" and columns[target] == header
