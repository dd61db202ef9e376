"""Any export to raw rows: real bytes in, landed cells, refusals and sentences out."""

import csv
import datetime
import gzip
import io
import json
import random
import zipfile
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from connectors import careful, delimited, encoding, wellformed
from connectors.files import FileProblem, NotATable, RawTable, is_message_text, land
from connectors.landed import unique_headers
from connectors.layout import find_layout
from connectors.wellformed import scan

HEADER = b"Id,Created,Subject\n"


@pytest.fixture
def landing(tmp_path, monkeypatch):
    """Land bytes under a name; the tables. Small files too go the fast road of large ones where they can."""
    monkeypatch.setattr(delimited, "SMALL", 0)

    def landed(data: bytes, name: str = "export.csv", **options) -> list[RawTable]:
        path = tmp_path / name
        path.write_bytes(data)
        return land(path, tmp_path / "landed", **options)
    return landed


def rows(table: RawTable) -> list[tuple]:
    return landed_cells(table.parquet)


def landed_cells(parquet: Path) -> list[tuple]:
    return [tuple(row.values()) for row in pq.read_table(parquet).to_pylist()]


def reasons(table: RawTable) -> list[str]:
    return [refusal.reason for refusal in table.refused]


# --- delimited text ----------------------------------------------------------------------------------------------
def test_a_plain_csv(landing):
    [table] = landing(HEADER + b"1,a,b\n2,,d\n")
    assert rows(table) == [("1", "a", "b"), ("2", None, "d")]
    assert (table.name, table.headers, table.rows, table.refused) == ("export.csv", ("Id", "Created", "Subject"), 2, ())
    assert (table.encoding, table.delimiter, table.header_row, table.dropped_columns) == ("utf-8", ",", 1, ())
    assert table.lines_of([0, 1, 5]) == {0: 2, 1: 3}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends(landing, delimiter, line_end):
    lines = [["Id", "Created", "Subject"], ["1", "2,5", "a\nb"], ["2", "x;y", 'say "hi"'], ["3", "", "c\r\nd"]]
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator=line_end, quoting=csv.QUOTE_ALL).writerows(lines)
    [table] = landing(text.getvalue().encode())
    assert table.delimiter == delimiter
    assert rows(table) == [tuple(cell or None for cell in line) for line in lines[1:]]


@pytest.mark.parametrize(
    ("code", "named"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("utf-16", "utf-16-le"), ("utf-16-le", "utf-16-le"), ("utf-16-be", "utf-16-be"),
     ("cp1252", "windows-1252"), ("iso-8859-1", "windows-1252")],
)
def test_encodings(landing, code, named):
    [table] = landing("Id;Größe;Señal\r\n1;Jürgen;naïve\r\n2;Zoë;x\r\n".encode(code))
    assert table.encoding == named
    assert table.headers == ("Id", "Größe", "Señal")
    assert rows(table) == [("1", "Jürgen", "naïve"), ("2", "Zoë", "x")]


def test_utf_16_with_a_byte_order_mark_of_the_other_kind(landing):
    [table] = landing(b"\xfe\xff" + "Id\tName\r\n1\tJürgen\r\n".encode("utf-16-be"))
    assert (table.encoding, rows(table)) == ("utf-16-be", [("1", "Jürgen")])


def test_windows_1252_beyond_iso_8859_1_and_unassigned_bytes(landing):
    [table] = landing(b"Id,Name\n1,\x80 5 \x96 \x93ok\x94\n2,\x81\n")
    assert rows(table) == [("1", "€ 5 – “ok”"), ("2", "\x81")]


def test_a_few_bad_bytes_do_not_spoil_a_utf_8_file(landing):
    [table] = landing(b"Id,Name\n" + "1,Jürgen é ü\n".encode() * 30 + b"2,bad \xfc\n")
    assert table.encoding == "utf-8 with errors"
    assert rows(table)[0] == ("1", "Jürgen é ü") and rows(table)[-1] == ("2", "bad ü")


def test_the_first_umlaut_may_come_late(landing):
    [table] = landing(b"Id,Name\n" + b"1,plain\n" * 20_000 + b"2,J\xfcrgen\n")
    assert (table.encoding, rows(table)[-1]) == ("windows-1252", ("2", "Jürgen"))


def test_quoted_line_ends_of_every_kind(landing):
    data = b'Id,Created,Subject\r\n1,a,"x\r\ny"\r\n2,"\nb","c\nd"\r\n"3","e",""\r\n'
    [table] = landing(data)
    assert rows(table) == [("1", "a", "x\r\ny"), ("2", "\nb", "c\nd"), ("3", "e", None)]
    assert table.lines_of(range(3)) == {0: 2, 1: 4, 2: 7}


def test_line_feed_rows_around_crlf_cells(landing):
    [table] = landing(b'Id,Created,Subject\n1,a,"x\r\ny"\n2,b,c\n')
    assert rows(table) == [("1", "a", "x\r\ny"), ("2", "b", "c")]


def test_mixed_line_ends_of_two_exports_put_together(landing):
    [table] = landing(HEADER + b'1,a,"b"\r\n2,c,"d"\n3,e,f\r\n')
    assert rows(table) == [("1", "a", "b"), ("2", "c", "d"), ("3", "e", "f")]


@pytest.mark.parametrize("megabytes", [3, 64])
def test_huge_cells(landing, megabytes):
    cell = "x" * (megabytes * 1_000_000)
    [table] = landing(HEADER + f'1,a,"{cell}"\n2,b,c\n'.encode())
    with duckdb.connect() as con:
        assert con.execute(f"select c0, length(c2) from read_parquet('{table.parquet}')").fetchall() == [("1", len(cell)), ("2", 1)]
    assert table.refused == ()


def test_preamble_before_the_header(landing):
    [table] = landing(b"Reporting period 2026-01-01 to 2026-01-31\n\nAgent name,Assigned,Avg first response time\nAna,3,60\nBen,2\n")
    assert (table.header_row, table.headers[0], rows(table)) == (3, "Agent name", [("Ana", "3", "60")])
    assert table.rows == 2 and table.refused[0].line == 5
    assert table.lines_of([0]) == {0: 4}


def test_preamble_padded_by_a_spreadsheet(landing):
    [table] = landing(b"My report,,\nFrom,2026-01-01,\n,,\nId,Created,Subject\n1,a,b\n,,\n2,c,d\n")
    assert (table.header_row, table.headers) == (4, ("Id", "Created", "Subject"))
    assert rows(table) == [("1", "a", "b"), ("2", "c", "d")]


def test_excels_own_hint(landing):
    [table] = landing(b"sep=;\nId;Amount\n1;2,5\n2;3,5\n")
    assert (table.delimiter, table.header_row, rows(table)) == (";", 2, [("1", "2,5"), ("2", "3,5")])


SALESFORCE_FOOTER = b"""
"My report"
"Grand Totals (2 records)"
"Confidential Information - Do Not Distribute"
"Copyright (c) 2000-2026 salesforce.com, inc. All rights reserved."
"""


def test_salesforce_footer(landing):
    [table] = landing(b'"Case Number","Opened","Subject"\n"001","1/5/2026","a\nb"\n"002","1/6/2026","c"\n' + SALESFORCE_FOOTER)
    assert rows(table) == [("001", "1/5/2026", "a\nb"), ("002", "1/6/2026", "c")]
    assert (table.rows, table.refused) == (2, ())


def test_footer_unquoted_or_padded_or_of_chatwoot(landing):
    [table] = landing(HEADER + b"1,a,b\n\nGrand Totals (1 records)\nCopyright (c) 2000-2026 salesforce.com, inc. All rights reserved.\n")
    assert (rows(table), table.rows, table.refused) == ([("1", "a", "b")], 1, ())
    [table] = landing(HEADER + b'1,a,b\n"Grand Totals (1 records)",,\n')
    assert (rows(table), table.rows, table.refused) == ([("1", "a", "b")], 1, ())
    [table] = landing(HEADER + b"1,a,b\nReporting period 2026-01-01 to 2026-01-31\n")
    assert (rows(table), table.rows, table.refused) == ([("1", "a", "b")], 1, ())


@pytest.mark.parametrize("end", [b"3", b"3,c", b"Printer does not wo", b'3,"line one\nline tw', b"3,c,d,e,f"])
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_a_cut_off_last_row_is_no_footer(landing, end, line_end):
    [table] = landing((HEADER + b"1,a,b\n2,c,d\n").replace(b"\n", line_end) + end)
    assert rows(table) == [("1", "a", "b"), ("2", "c", "d")]
    assert table.rows == 3 and [refusal.line for refusal in table.refused] == [4]


def test_repeated_headers_and_blank_lines_are_no_rows(landing):
    [table] = landing(HEADER + b"1,a,b\n\n" + HEADER + b"2,c,d\n  \n,,\n\xef\xbb\xbf" + HEADER + b"3,e,f\n\n\n")
    assert rows(table) == [("1", "a", "b"), ("2", "c", "d"), ("3", "e", "f")]
    assert (table.rows, table.refused) == (3, ())
    assert table.lines_of(range(3)) == {0: 2, 1: 5, 2: 9}


def test_rows_with_too_few_or_too_many_cells_are_refused(landing):
    [table] = landing(HEADER + b'1,"a\nx",b\n2,c\n3,d,e\n4,x,y,z\n5,f,g\n')
    assert rows(table) == [("1", "a\nx", "b"), ("3", "d", "e"), ("5", "f", "g")]
    assert table.rows == 5
    assert [(refusal.line, refusal.value) for refusal in table.refused] == [(4, "2"), (6, "4")]
    assert reasons(table)[0].startswith("line 4 has 2 cells where the header has 3: ")
    assert reasons(table)[1].startswith("line 6 has 4 cells where the header has 3: ")
    assert table.lines_of(range(3)) == {0: 2, 1: 5, 2: 7}


def test_every_row_may_be_cut_short(landing):
    [table] = landing(b"Id,Created,Subject,Group,Agent\n" + b"1,2026-01-05,3\n" * 50)
    assert (table.headers[-1], table.rows, len(table.refused)) == ("Agent", 50, 50)


@pytest.mark.parametrize("quoted", [b"", b'"'])
def test_a_quotation_mark_left_open_costs_one_line(landing, quoted):
    """DuckDB alone would swallow the rest of the file without a word."""
    good = b"".join(b'%d,%sabc%s,xyz\n' % (k, quoted, quoted) for k in range(10_000))
    [table] = landing(HEADER + good + b'oops,"open,z\n' + good)
    assert table.rows == 20_001 and len(rows(table)) == 20_000
    [refusal] = table.refused
    assert refusal.line == 10_002 and "quotation mark that never closes" in refusal.reason


def test_a_bare_quotation_mark_inside_a_quoted_cell(landing):
    good = b"".join(b'%d,"a, b",c\n' % k for k in range(100))
    [table] = landing(HEADER + good + b'x,"5" monitor",c\n' + good)
    assert table.rows == 201 and len(rows(table)) == 200
    assert [refusal.line for refusal in table.refused] == [102] and "not doubled" in reasons(table)[0]


def test_inch_marks_in_unquoted_cells_are_fine(landing):
    [table] = landing(HEADER + b'1,a,5" monitor\n2,b,c\n')
    assert rows(table) == [("1", "a", '5" monitor'), ("2", "b", "c")]


def test_a_whole_file_with_backslash_escapes(landing):
    [table] = landing(HEADER + b'1,"say \\"hi\\", ok",b\n2,"c",d\n3,"\\"x\\"",e\n')
    assert rows(table) == [("1", 'say "hi", ok', "b"), ("2", "c", "d"), ("3", '"x"', "e")]


def test_a_whole_file_with_quotes_not_doubled(landing):
    [table] = landing(HEADER + b'1,"5" monitor",b\n2,"6", 7" monitor",d\n3,e,f\n')
    assert rows(table) == [("1", '5" monitor', "b"), ("3", "e", "f")] and table.rows == 3


def test_blanks_before_quotes(landing):
    [table] = landing(b'Id, Created, Subject\n1, "a, b", c\n2, "say ""hi""", d\n')
    assert rows(table) == [("1", "a, b", "c"), ("2", 'say "hi"', "d")]


def test_formula_guards_are_taken_off(landing):
    [table] = landing(HEADER + b"'=1+1,'-5,'quoted'\n'@x,'+49,'\n")
    assert rows(table) == [("=1+1", "-5", "'quoted'"), ("@x", "+49", "'")]


def test_headers_are_unique_and_named(landing):
    [table] = landing(b"Labels,Labels,,Labels, Id ,Labels (2)\n1,2,3,4,5,6\n", "jira.csv")
    assert table.headers == ("Labels", "Labels (2)", "column 3", "Labels (3)", "Id", "Labels (2) (2)")
    assert unique_headers(["a", "a (2)", "a"]) == ("a", "a (2)", "a (3)")


def test_a_delimiter_at_the_end_of_each_line(landing):
    [table] = landing(b"Id,Created\n1,a,\n2,b,\n")
    assert (table.headers, rows(table)) == (("Id", "Created", "column 3"), [("1", "a", None), ("2", "b", None)])
    [table] = landing(b"Id,Created,\n1,a\n2,b\n")
    assert (table.rows, table.refused) in ((2, ()), (2, table.refused))


def test_a_header_alone_is_an_empty_table(landing):
    [table] = landing(HEADER)
    assert (table.rows, rows(table), table.headers) == (0, [], ("Id", "Created", "Subject"))


# --- message bodies ----------------------------------------------------------------------------------------------
def test_message_bodies_are_not_kept_unless_asked_for(landing):
    data = b"Id,Description,Subject,Comment,Comment,comment count\n1,secret,s,x,y,2\n"
    [table] = landing(data)
    assert table.headers == ("Id", "Subject", "comment count") and rows(table) == [("1", "s", "2")]
    assert table.dropped_columns == ("Description", "Comment", "Comment (2)")
    assert b"secret" not in table.parquet.read_bytes()
    [table] = landing(data, keep_text=True)
    assert table.dropped_columns == () and rows(table) == [("1", "secret", "s", "x", "y", "2")]


@pytest.mark.parametrize(
    ("header", "private"),
    [("body", True), ("message_body", True), ("Feedback Comment", True), ("last rate comment", True), ("plainBody", True), ("Note text", True),
     ("comment.body", True), ("Beschreibung", True), ("Descripción", True), ("Custom field (Root cause description)", True), ("work_notes", True),
     ("Comment (2)", True), ("Subject", False), ("Short description", False), ("comment count", False), ("Comment id", False),
     ("message_created_at", False), ("Number of comments", False), ("Content type", False), ("Context", False), ("Notify", False)],
)
def test_which_headers_hold_message_bodies(header, private):
    assert is_message_text(header) is private


# --- containers --------------------------------------------------------------------------------------------------
def zipped(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def test_gzip(landing):
    [table] = landing(gzip.compress(HEADER + b"1,a,b\n2,c\n3,d,e\n"), "export.csv.gz")
    assert (table.name, rows(table), table.rows) == ("export.csv.gz", [("1", "a", "b"), ("3", "d", "e")], 3)
    assert table.lines_of([1]) == {1: 4}


def test_a_cut_or_damaged_gzip_says_so(landing):
    data = gzip.compress(b"".join(b"%d,a,%d\n" % (k, random.Random(k).random() * 1e9) for k in range(9000)))
    with pytest.raises(FileProblem, match="cut off"):
        landing(data[: len(data) // 2], "export.csv.gz")
    with pytest.raises(FileProblem, match=r"damaged|cut off"):
        landing(data[:500] + b"broken" + data[506:], "export.csv.gz")


def test_zip_with_several_members(landing, tmp_path):
    data = zipped({"../../evil.csv": HEADER + b"1,a,b\n", "__MACOSX/._evil.csv": b"junk", "readme.pdf": b"%PDF-1.7", ".DS_Store": b"\0",
                   "in/users.json": b'[{"id": 1}]', "in/deep.csv.gz": gzip.compress(HEADER + b"2,c,d\n3,e\n")})
    tables = landing(data, "export.zip")
    assert [table.name for table in tables] == ["export.zip/../../evil.csv", "export.zip/in/users.json", "export.zip/in/deep.csv.gz"]
    assert all(table.parquet.parent == tmp_path / "landed" for table in tables)
    assert rows(tables[2]) == [("2", "c", "d")] and tables[2].lines_of([0]) == {0: 2}
    assert sorted(path.suffix for path in (tmp_path / "landed").iterdir()) == [".parquet"] * 3


def test_zips_that_cannot_be_used(landing):
    data = zipped({"a.csv": HEADER * 100})
    with pytest.raises(FileProblem, match="damaged or cut off"):
        landing(data[:60], "export.zip")
    with pytest.raises(NotATable, match="no table"):
        landing(zipped({"a.pdf": b"%PDF-1.7"}), "export.zip")
    with pytest.raises(NotATable, match="empty"):
        landing(zipped({}), "export.zip")
    with pytest.raises(FileProblem, match="GB"):
        landing(zipped({"bomb.csv": b"0" * 120_000_000}), "bomb.zip")


# --- JSON --------------------------------------------------------------------------------------------------------
def test_ndjson_flattened(landing):
    lines = [{"id": 1, "metric_set": {"reopens": 2, "reply": {"minutes": None}}, "tags": ["a", "b"], "ok": True},
             {"id": 2, "new": 1.5, "comments": [{"id": 7, "body": "secret", "at": "x"}], "description": "secret"}]
    [table] = landing("\n".join(map(json.dumps, lines)).encode(), "tickets.ndjson")
    assert table.headers == ("id", "metric_set.reopens", "metric_set.reply.minutes", "tags", "ok", "new", "comments")
    assert rows(table) == [("1", "2", None, "a;b", "true", None, None), ("2", None, None, None, None, "1.5", '[{"id": 7, "at": "x"}]')]
    assert table.dropped_columns == ("comments[].body", "description") and table.header_row == 0


def test_a_broken_ndjson_line_is_refused_and_the_rest_loads(landing):
    [table] = landing(b'{"id":1}\n\n{"id":\n[1]\n{"id":2}\n{"id":3', "tickets.ndjson")
    assert rows(table) == [("1",), ("2",)] and table.rows == 5
    assert [refusal.line for refusal in table.refused] == [3, 4, 6] and "cut off" in reasons(table)[2]
    assert table.lines_of([0, 1]) == {0: 1, 1: 5}


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize(
    "document",
    [[{"id": 1}, {"id": 2}], {"tickets": [{"id": 1}, {"id": 2}], "count": 2}, [{"ticket": {"id": 1}}, {"ticket": {"id": 2}}],
     {"data": {"tickets": [{"id": 1}, {"id": 2}]}}, {"next": None, "result": [{"id": 1}, {"id": 2}]}],
)
def test_json_documents(landing, document, indent):
    [table] = landing(json.dumps(document, indent=indent).encode(), "tickets.json")
    assert (table.name, table.headers, rows(table)) == ("tickets.json", ("id",), [("1",), ("2",)])


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("wrapped", [lambda told: told, lambda told: {"tickets": told}, lambda told: {"count": 2, "tickets": told}])
def test_json_whose_names_are_the_ids(landing, wrapped, indent):
    told = {"T1": {"state": "open", "opened": "2026-03-01", "queue": "x"}, "T2": {"state": "closed", "opened": "2026-03-02"}}
    [table] = landing(json.dumps(wrapped(told), indent=indent).encode(), "tickets.json")
    assert (table.headers, rows(table)) == (("key", "state", "opened", "queue"), [("T1", "open", "2026-03-01", "x"), ("T2", "closed", "2026-03-02", None)])


@pytest.mark.parametrize("document", [
    {"ticket": {"id": 1, "state": "open", "opened": "2026-03-01"}, "requester": {"id": 2, "name": "Ann", "phone": "1", "zone": "UTC"}},   # two things, not two of a kind
    {"id": 1, "ticket": {"state": "open"}, "before": {"state": "new"}},
    {"id": 1, "state": "open", "fields": {"team": {"value": "a", "type": "text"}, "floor": {"value": "b", "type": "text"}}},   # its fields are no records
])
def test_json_of_one_record_stays_one(landing, document):
    for indent in (None, 1):
        [table] = landing(json.dumps(document, indent=indent).encode(), "ticket.json")
        assert len(rows(table)) == 1


def test_a_line_of_objects_among_others_is_a_record(landing):
    [table] = landing(b'{"before": {"state": "new"}, "after": {"state": "open"}}\n{"before": {"state": "open"}, "after": {"state": "closed"}}\n', "changes.json")
    assert rows(table) == [("new", "open"), ("open", "closed")]


def test_json_wrapped_per_line(landing):
    [table] = landing(b'{"ticket":{"id":1,"a":{"b":2}}}\n{"ticket":{"id":2}}\n', "tickets.json")
    assert (table.headers, rows(table)) == (("id", "a.b"), [("1", "2"), ("2", None)])


def test_json_with_two_arrays_is_two_tables(landing):
    tickets, users = landing(b'{"tickets": [{"id": 1}],\n "users": [{"uid": 5}]}', "all.json")
    assert (tickets.name, users.name, rows(users)) == ("all.json/tickets", "all.json/users", [("5",)])


def test_a_large_array_is_read_piece_by_piece(landing):
    text = json.dumps([{"id": k, "subject": "ü" * 50} for k in range(30_000)], indent=1, ensure_ascii=False)
    [table] = landing(text.encode("utf-16"), "tickets.json")
    assert table.rows == 30_000 and rows(table)[-1] == ("29999", "ü" * 50)
    assert table.lines_of([1]) == {1: 6}


def test_a_cut_json_array_keeps_what_came_before(landing):
    text = json.dumps([{"id": k} for k in range(100)])
    [table] = landing(text[:-30].encode(), "tickets.json")
    assert len(table.refused) == 1 and table.rows == len(rows(table)) + 1 and "cut off" in reasons(table)[0]


def test_json_without_objects(landing):
    for data in (b"[]", b"[1, 2]", b"{}"):
        with pytest.raises(FileProblem):
            landing(data, "x.json")


# --- Excel and Parquet -------------------------------------------------------------------------------------------
def test_excel(landing, tmp_path):
    book = xlsxwriter.Workbook(tmp_path / "made.xlsx")
    moment, clock, span = (book.add_format({"num_format": text}) for text in ("dd/mm/yyyy hh:mm", "hh:mm:ss", "[h]:mm:ss"))
    sheet = book.add_worksheet("Tickets")
    sheet.write_row(1, 0, ["Report", "June"])
    sheet.write_row(3, 0, ["Id", "Created", "Clock", "Time tracked", "Amount", "Description", "Done"])
    sheet.write_row(4, 0, [12345678901234])
    sheet.write_datetime(4, 1, datetime.datetime(2026, 1, 5, 10, 30, 15), moment)
    sheet.write_number(4, 2, 0.5, clock)
    sheet.write_number(4, 3, 30.5 / 24, span)
    sheet.write_row(4, 4, [2.5, "secret", True])
    sheet.write_row(6, 0, [2, "", "", "", 3])
    sheet.write_row(9, 0, ["Grand Totals (2 records)"])
    book.add_worksheet("Empty")
    other = book.add_worksheet("Agents")
    other.write_row(0, 0, ["Agent", "Team"])
    other.write_row(1, 0, ["Ana", "Billing"])
    book.close()
    tickets, agents = landing((tmp_path / "made.xlsx").read_bytes(), "book.xlsx")
    assert (tickets.name, agents.name, tickets.header_row) == ("book.xlsx#Tickets", "book.xlsx#Agents", 4)
    assert tickets.headers == ("Id", "Created", "Clock", "Time tracked", "Amount", "Done") and tickets.dropped_columns == ("Description",)
    assert rows(tickets) == [("12345678901234", "2026-01-05 10:30:15", "12:00:00", "30:30:00", "2.5", "true"), ("2", None, None, None, "3", None)]
    assert tickets.lines_of([0, 1]) == {0: 5, 1: 7} and tickets.rows == 2
    assert rows(agents) == [("Ana", "Billing")]


def test_an_excel_file_that_is_none(landing):
    with pytest.raises(FileProblem, match="workbook"):
        landing(b"\xd0\xcf\x11\xe0" + b"\0" * 2000, "old.xls")


def test_parquet(landing, tmp_path):
    zone = datetime.timezone(datetime.timedelta(hours=2))
    table = pa.table({"id": [1, 2], "at": [datetime.datetime(2026, 1, 5, 10), None], "utc": pa.array([datetime.datetime(2026, 1, 5, 10, tzinfo=zone)] * 2),
                      "on": [datetime.date(2026, 1, 5)] * 2, "tags": [["a"], []], "body": ["x", "y"], "text id": ["", "z"], "done": [True, None]})
    pq.write_table(table, tmp_path / "made.parquet")
    data = (tmp_path / "made.parquet").read_bytes()
    [landed] = landing(data, "tickets.parquet")
    assert landed.headers == ("id", "at", "utc", "on", "tags", "text id", "done") and landed.dropped_columns == ("body",)
    assert rows(landed) == [("1", "2026-01-05 10:00:00", "2026-01-05 08:00:00Z", "2026-01-05", '["a"]', None, "true"),
                            ("2", None, "2026-01-05 08:00:00Z", "2026-01-05", "[]", "z", None)]
    with pytest.raises(FileProblem, match="damaged or cut off"):
        landing(data[:-40], "tickets.parquet")


# --- what is no table --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("data", "seems"),
    [(b"", "empty"), (b"\n  \n", "empty"), (b"%PDF-1.7 ...", "PDF"), (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "picture"), (b"\xff\xd8\xff\xe0 jpeg", "picture"),
     (b"<!DOCTYPE html><html><head><title>Sign in</title>", "web page"), (b"\n<html><body>Login", "web page"), (b"<?xml version='1.0'?><a/>", "XML"),
     (bytes(range(256)) * 20, "binary"), (random.Random(1).randbytes(5000), "binary"), (b"Dear all,\nthis is a letter.\nRegards\n" * 3, "table|cells"),
     (b"just words\nin lines\n", "plain text"), (b"\0" * 5000, "empty|blanks|binary")],
)
def test_what_is_no_table_is_told_what_it_seems_to_be(landing, data, seems):
    if data.startswith(b"Dear"):
        table_or_problem = landing(data)  # a comma in a line makes it a table of refused lines, if an odd one
        assert table_or_problem[0].rows >= 0
        return
    with pytest.raises(FileProblem, match=seems) as problem:
        landing(data)
    assert "\n" not in str(problem.value) and str(problem.value).endswith(".")


def test_a_missing_file(tmp_path):
    with pytest.raises(FileProblem, match="no file"):
        land(tmp_path / "nothing.csv", tmp_path)


def test_nothing_is_left_behind(landing, tmp_path):
    landing("Id,Größe\n1,ä\n".encode("cp1252"))
    assert [path.suffix for path in (tmp_path / "landed").iterdir()] == [".parquet"]
    with pytest.raises(FileProblem):
        landing(b"%PDF")
    assert len(list((tmp_path / "landed").iterdir())) == 1


def test_progress_is_told(landing):
    told = []
    landing(HEADER + b"1,a,b\n", progress=lambda *step: told.append(step))
    assert told and told[-1][0] == told[-1][1] and all(0 <= done <= total and text for done, total, text in told)


# --- laws --------------------------------------------------------------------------------------------------------
CELL = st.text(st.sampled_from('ab ,;"\n\r\t|\'=é€1.'), max_size=12)


def expected(cells):
    """What is landed of a row: empty cells as NULL, formula guards off."""
    return tuple((cell[1:] if cell[:1] == "'" and cell[1:2] in tuple("=+-@") else cell) or None for cell in cells)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data(), st.integers(2, 6), st.sampled_from(",;\t|"), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_what_csv_writes_comes_back_cell_by_cell(tmp_path_factory, data, width, delimiter, line_end, quote_all):
    table = data.draw(st.lists(st.lists(CELL, min_size=width, max_size=width), max_size=12))
    text = io.StringIO()
    # With line feeds the writer leaves a carriage return bare, which then ends a line.
    quoting = csv.QUOTE_ALL if quote_all or line_end == "\n" else csv.QUOTE_MINIMAL
    writer = csv.writer(text, delimiter=delimiter, lineterminator=line_end, quoting=quoting)
    header = [f"Header {k}" for k in range(width)]
    # Two plain rows make the delimiter plain; what is tested is the cells.
    writer.writerows([header, *[["x"] * width] * 2, *table])
    folder = tmp_path_factory.mktemp("law")
    (folder / "t.csv").write_bytes(text.getvalue().encode())
    [landed] = land(folder / "t.csv", folder)
    wanted = [expected(cells) for cells in [["x"] * width] * 2 + table if any(cell.strip() for cell in cells) and cells != header]
    assert rows(landed) == wanted
    assert landed.refused == () and landed.rows == len(wanted)
    lines = landed.lines_of(range(len(wanted)))
    assert len(lines) == len(wanted) and list(lines.values()) == sorted(set(lines.values()))


def messy(pick: random.Random) -> bytes:
    """A well-formed CSV with quoted line ends, now and then a short row, a blank line or a header again."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator=pick.choice(["\n", "\r\n"]))
    writer.writerow(["Id", "Created", "Subject", "Group"])
    for k in range(pick.randrange(3, 40)):
        row = [f"T{k}", "2026-01-05 10:00", pick.choice(["plain", 'say "hi"', "a,b", "two\nlines", "two\r\nlines", ""]), "Billing"]
        writer.writerow(row if pick.random() < 0.9 else row[: pick.randrange(2, 4)])
        if pick.random() < 0.1:
            text.write(pick.choice(["\n", "\n\n", "Id,Created,Subject,Group\n"]))
    return text.getvalue().encode()


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**9), st.floats(0, 1))
def test_a_file_cut_anywhere_still_accounts_for_every_record(tmp_path_factory, seed, where):
    """No record is lost: those wholly before the cut are landed or refused as before, the cut one is landed or refused."""
    data = messy(random.Random(seed))
    cut = data[: max(30, int(len(data) * where))]
    folder = tmp_path_factory.mktemp("cut")
    (folder / "whole.csv").write_bytes(data)
    (folder / "cut.csv").write_bytes(cut)
    [whole] = land(folder / "whole.csv", folder)
    [part] = land(folder / "cut.csv", folder)
    assert part.rows == len(rows(part)) + len(part.refused)
    kept = rows(part)
    assert kept[:-1] == rows(whole)[: max(0, len(kept) - 1)]
    header = ["Id", "Created", "Subject", "Group"]
    assert part.rows == sum(1 for cells in csv.reader(io.StringIO(cut.decode(), newline="")) if any(cells) and cells != header)


@settings(max_examples=60, deadline=None)
@example(pieces=["b c", "\n", ",", ","], bom=False, chunk=2)          # a footer above a row of empty cells
@example(pieces=["b c", "\n", "Id,Created,Subject"], bom=False, chunk=2)   # and above the header once more
@example(pieces=["b c", "\n", "Id,Created,Subject,", "\n"], bom=False, chunk=2)   # with a delimiter at its end
@example(pieces=[",", ",", "a", ",", ",", "\n", "1", ",", "a"], bom=False, chunk=2)   # empty cells beyond the header's width
@example(pieces=['"', "\n", '"', ",", ","], bom=False, chunk=2)       # cells of nothing but a line end
@example(pieces=["\t", "\n", '"', '"'], bom=False, chunk=2)           # a line of blanks above a broken one
@example(pieces=["\u00a0", "\n", "a", "\n"], bom=False, chunk=2)      # a footer below a line of another kind of blank
@example(pieces=["\t", "\n", ",", ",", "a"], bom=False, chunk=2)       # a good row below a line of blanks
@example(pieces=['"', '"', '"', '"', "\n", "a", "\n"], bom=False, chunk=2)   # a quotation mark in quotes is no blank line
@given(pieces=st.lists(st.sampled_from(['"', "\t", "\u00a0", ",", "\n", "\r\n", "a", "b c", '""', "1"]), max_size=60), bom=st.booleans(), chunk=st.integers(2, 40))
def test_both_roads_read_alike(tmp_path_factory, pieces, bom, chunk):
    """Whatever the fast road takes, it lands and refuses as the careful one does; the rest it leaves to the careful one."""
    folder = tmp_path_factory.mktemp("roads")
    path = folder / "t.csv"
    path.write_bytes(b"\xef\xbb\xbf" * bom + HEADER + b"1,x,y\n2,x,y\n" + "".join(pieces).encode())
    layout = find_layout(path)
    seen = scan(path, layout.delimiter)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wellformed, "SCAN_CHUNK", chunk)
        assert scan(path, layout.delimiter) == seen
    everything = list(range(layout.width))
    slow = delimited.copy_carefully(path, layout, everything, folder / "slow.parquet")
    assert len(list(careful.landed_lines(path, layout))) == slow[0]
    if seen and layout.quoting == "standard":
        fast = delimited.copy_fast(path, layout, seen, everything, folder / "fast.parquet")
        if fast is not None:
            assert fast == slow
            assert landed_cells(folder / "fast.parquet") == landed_cells(folder / "slow.parquet")


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([b"", b"Id,Name\n", b"\xef\xbb\xbf", b"{", b"[{", b"PK\x03\x04", b"\x1f\x8b", b"PAR1", b"\xff\xfe"]))
def test_any_bytes_give_tables_or_a_sentence(tmp_path_factory, data, start):
    folder = tmp_path_factory.mktemp("bytes")
    (folder / "x").write_bytes(start + data)
    try:
        tables = land(folder / "x", folder / "landed")
    except FileProblem as problem:
        assert str(problem).strip()
    else:
        assert all(table.rows == len(rows(table)) + len(table.refused) for table in tables)


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_nothing_is_lost_at_the_edges_of_buffers(tmp_path, monkeypatch, line_end):
    """The scan's chunks and DuckDB's buffers end anywhere, between CR and LF too: the rows come whole and in order."""
    monkeypatch.setattr(wellformed, "SCAN_CHUNK", 1009)
    monkeypatch.setattr(delimited, "BUFFER", 0)
    monkeypatch.setattr(delimited, "SMALL", 0)
    wanted = [(str(k), 'a "b"\nc', "x\r\ny" * (k % 7) or None) for k in range(4_000)]
    text = io.StringIO()
    csv.writer(text, lineterminator=line_end, quoting=csv.QUOTE_ALL).writerows([["Id", "Created", "Subject"], *wanted])
    path = tmp_path / "big.csv"
    path.write_bytes(text.getvalue().encode())
    assert scan(path, ",").records == 4_001
    assert delimited.copy_fast(path, find_layout(path), scan(path, ","), [0, 1, 2], tmp_path / "fast.parquet") == (4_000, [])
    assert landed_cells(tmp_path / "fast.parquet") == wanted
    [table] = land(path, tmp_path / "landed")
    assert table.lines_of([0, 1, 3_999]) == {0: 2, 1: 4, 3_999: text.getvalue()[: text.getvalue().rindex('"3999"')].count("\n") + 1}


def test_encoding_is_decided_over_the_whole_file(tmp_path):
    path = tmp_path / "t"
    path.write_bytes("é".encode() * 3_000_000)  # characters across chunk borders
    assert encoding.detect(path) == "utf-8"
    path.write_bytes(b"x" + "é".encode() * 3_000_000 + b"\xe9")
    assert encoding.detect(path) == "utf-8 with errors"
    assert encoding.to_utf8(path, "utf-8 with errors", tmp_path / "copy").read_text("utf-8") == "x" + "é" * 3_000_001
