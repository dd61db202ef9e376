"""What the doors do with input nobody should give them, and with accounts that have several mapping files: one clear sentence, and nothing lost."""
from __future__ import annotations

import csv
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import HOME, door, load, show

from connectors.mapping import MappingProblem, parse_mapping
from warehouse.settings import Settings, SettingsProblem
from warehouse.store import Folder

HEAD = 'source = "desk"\n'
BLOCK = '[[file]]\nmatch = "{match}"\ngrain = "ticket"\n[file.columns]\nticket_id = "id"\ncreated_at = "created"\nresolved_at = "resolved"\nemail = "mail"\n'


def tickets(folder: Path, name: str, first: int, more: str = "") -> Path:
    path = folder / name
    lines = [f"{first + i},2026-03-0{1 + i} 09:00,2026-03-0{1 + i} 11:00,c{first + i}@lamp.example,{more}" for i in range(3)]
    path.write_text("\n".join(["id,created,resolved,mail,more", *lines]) + "\n", encoding="utf-8")
    return path


def mapping(folder: Path, match: str, more: str = "") -> Path:
    path = folder / f"{match.strip('*.csv')}.toml"
    path.write_text(HEAD + BLOCK.format(match=match) + more, encoding="utf-8")
    return path


@pytest.fixture
def two(tmp_path) -> Path:
    """One account, two files, a mapping file for each."""
    for month, first in (("jan", 1), ("feb", 11)):
        load(tmp_path / "data", tickets(tmp_path, f"{month}.csv", first), mapping=mapping(tmp_path, f"{month}*.csv"))
    return tmp_path / "data"


# --- an account with several mapping files -----------------------------------------------------------------------------
def test_both_mappings_are_kept_and_everything_can_be_done_again(two, tmp_path):
    assert door("warehouse", "rebuild", data=two)["tickets"] == 6
    assert load(two, tickets(tmp_path, "jan2.csv", 21))["tickets"] == 9      # a later file of the first kind is still known
    door("warehouse", "erase", "c11@lamp.example", data=two)
    assert door("warehouse", "check", data=two)["ok"]
    last = door("warehouse", "status", data=two)["loads"][-1]["load_id"] if "loads" in door("warehouse", "status", data=two) else None
    assert last is None or door("warehouse", "rebuild", data=two)["tickets"] == 9


def test_a_mended_mapping_takes_the_place_of_the_one_for_the_same_files(two, tmp_path):
    load(two, tickets(tmp_path, "feb2.csv", 31, "x"), mapping=mapping(tmp_path, "feb*.csv", '[file.dimensions]\nshop = "more"\n'))
    assert sorted(path.name for path in Folder(two).mappings.iterdir()) == ["desk+2.toml", "desk.toml"]
    door("warehouse", "rebuild", data=two)
    assert {row["shop"]: row["value"] for row in show(two, "contacts", "--by", "shop")} == {"x": 3, None: 6}


def test_kept_mappings_may_be_removed_and_broken(two, tmp_path):
    kept = Folder(two).mappings
    (kept / "desk.toml").unlink()
    assert load(two, tickets(tmp_path, "mar.csv", 41), mapping=mapping(tmp_path, "mar*.csv"))["tickets"] == 9
    assert sorted(path.name for path in kept.iterdir()) == ["desk+2.toml", "desk+3.toml"]
    assert door("warehouse", "rebuild", data=two)["tickets"] == 9     # January by the mapping it was loaded with
    (kept / "desk+2.toml").write_text("source = ", encoding="utf-8")
    assert load(two, tickets(tmp_path, "apr.csv", 51), mapping=mapping(tmp_path, "apr*.csv"))["tickets"] == 12
    assert "desk+2.toml: not readable as TOML" in door("warehouse", "rebuild", data=two, code=1)


def test_a_mapping_used_for_another_account_stays_that_account_s(tmp_path):
    data, file = tmp_path / "data", tickets(tmp_path, "jan.csv", 1)
    load(data, file, mapping=mapping(tmp_path, "jan*.csv"), source="north")
    again = load(data, file)
    assert again["source"] == "north" and again["files"][0]["unchanged"] == 3 and again["tickets"] == 3


@pytest.mark.parametrize("name", ["../../away", "/away", "a/b", "a:b", "", "x" * 300])
def test_an_account_s_name_is_no_path(name, tmp_path):
    data = tmp_path / "in" / "data"
    said = load(data, tickets(tmp_path, "jan.csv", 1), mapping=mapping(tmp_path, "jan*.csv"), source=name, code=1) if name else door(
        "warehouse", "load", tickets(tmp_path, "jan.csv", 1), "--mapping", mapping(tmp_path, "jan*.csv"), "--as", "", data=data, code=1)
    assert "cannot name an account" in said
    assert {path.name for path in tmp_path.iterdir()} == {"jan.csv", "jan.toml", "in"} and not (data / "current").exists()


def test_what_is_loaded_twice_is_still_counted(two, tmp_path):
    again = load(two, tmp_path / "jan.csv", mapping=tmp_path / "jan.toml")
    assert (again["tickets"], again["events"]) == (6, 0) and again["files"][0]["unchanged"] == 3


# --- own dimensions ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["Customer's region", 'screen 5"', "a\\b", "x.y", "$.a", "with blank", "größe"])
def test_a_dimension_may_have_any_name(name, tmp_path):
    data = tmp_path / "data"
    told = "'" + name + "'" if "'" not in name else '"' + name + '"'
    load(data, tickets(tmp_path, "jan.csv", 1, "north"), mapping=mapping(tmp_path, "jan*.csv", f'[file.dimensions]\n{told} = "more"\n'))
    assert [(row[name], row["value"]) for row in show(data, "contacts", "--by", name)] == [("north", 3)]
    assert show(data, "contacts", "--where", f"{name}=north")[0]["value"] == 3
    assert show(data, "contacts", "--where", f"{name}=south")[0]["value"] == 0
    from metrics.__main__ import main
    assert main(["export", "--to", str(tmp_path / "all.csv"), "--data", str(data)]) == 0
    with (tmp_path / "all.csv").open(encoding="utf-8") as file:
        assert [row[name] for row in csv.DictReader(file)] == ["north"] * 3


@pytest.mark.parametrize("name", ["queue", "value", "tickets", "week", "p90"])
def test_no_dimension_is_called_as_what_is_there_already(name):
    with pytest.raises(MappingProblem, match=f"dimensions.{name}: '{name}' is built in"):
        parse_mapping({"source": "desk", "file": [{"match": "*", "grain": "ticket", "columns": {"ticket_id": "id"}, "dimensions": {name: "h"}}]}, "m.toml")


# --- a mapping that cannot work is refused before anything is read -----------------------------------------------------
@pytest.mark.parametrize(("grain", "columns", "more", "says"), [
    ("ticket", {}, {"datetime_formats": ["%Q"]}, "'%Q' is no format of times"),
    ("ticket", {}, {"datetime_formats": ["isoo"]}, "'isoo' is no format of times"),
    ("ticket", {"created_at": {"constant": "2026-01-01 00:00"}}, {}, "created_at: a time is read from a column"),
    ("ticket", {"priority": {"column": "n", "only": ["created"]}}, {}, "priority: only names kinds of events"),
    ("event", {"kind": {"column": "n", "only": ["created"]}}, {}, "kind: only names kinds of events"),
    ("event", {"to": {"column": "n", "only": ["zz"]}}, {}, "only: 'zz' is no event kind"),
    ("ticket", {"queue": {"column": "v", "equals": "customer", "then": "a", "else": "b"}}, {}, "queue: equals compares with customer, which this block does not map"),
    ("ticket", {"bogus": 3}, {}, "write a column's name in quotes"),
])
def test_what_a_mapping_cannot_mean_is_said(grain, columns, more, says):
    needed = {"ticket_id": "id"} if grain == "ticket" else {"ticket_id": "id", "occurred_at": "at", "kind": "kind"}
    with pytest.raises(MappingProblem) as problem:
        parse_mapping({"source": "desk", **more, "file": [{"match": "*", "grain": grain, "columns": {**needed, **columns}}]}, "m.toml")
    assert says in str(problem.value)


@pytest.mark.parametrize(("given", "says"), [
    ({"kind": "assigned"}, "needs to: where it went"),
    ({"actor_kind": "martian"}, "actor_kind: 'martian' is not one of"),
    ({"cause": "zz"}, "cause: 'zz' is not one of"),
])
def test_columns_of_times_name_what_there_is(given, says):
    with pytest.raises(MappingProblem) as problem:
        parse_mapping({"source": "desk", "file": [{"match": "*", "grain": "ticket", "columns": {"ticket_id": "id"},
                                                   "event_columns": [{"column": "closed"} | {"kind": "closed"} | given]}]}, "m.toml")
    assert says in str(problem.value)


# --- wrong words at a door ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("words", "code", "says"), [
    (("metrics", "show", "repeat_contact_rate", "--option", "window_days=1000000"), 2, "is a whole number from 1 to"),
    (("metrics", "ask", "bottlenecks", "--option", "top=99999999999999999999999"), 2, "is a whole number from 1 to"),
    (("metrics", "show", "contacts", "--option", "window"), 2, "'window' is no option; write NAME=VALUE"),
    (("metrics", "show", "backlog", "--as-of", "0001-01-01T00:00+14:00"), 2, "no time a ticket can have"),
    (("metrics", "show", "contacts", "--from", ""), 2, "'' is no date"),
    (("metrics", "tickets", "handoffs", "--by", "nosuch"), 2, "nosuch"),
    (("metrics", "ask", "paths", "--by", "nosuch"), 2, "paths is not split by --by"),
    (("metrics", "ask", "paths", "--as-of", "2026-03-05"), 2, "not of a moment; use --from and --to"),
    (("metrics", "ask", "paths", "--week"), 2, "paths is not split by --week"),
    (("warehouse", "load", "FOLDER"), 1, "is a folder; name the files in it"),
    (("warehouse", "load", "FOLDER/jan.csv", "--mapping", "FOLDER"), 1, "cannot be read as a mapping file"),
])
def test_wrong_words_are_answered_with_a_sentence(words, code, says, two, tmp_path):
    assert says in door(*[word.replace("FOLDER", str(tmp_path)) for word in words], data=two, code=code)


@pytest.mark.parametrize("words", [("warehouse", "status"), ("warehouse", "rebuild"), ("metrics", "show", "contacts")])
def test_a_data_folder_that_is_a_file_is_said(words, tmp_path):
    file = tickets(tmp_path, "jan.csv", 1)
    assert any(part in door(*words, data=file, code=1) for part in ("is a file, not a data folder", "cannot be made as part of the data folder"))


def test_an_empty_store_is_not_rebuilt(tmp_path):
    assert "nothing has been loaded" in door("warehouse", "rebuild", data=tmp_path / "data", code=1)
    assert not (tmp_path / "data" / "current").exists()


def test_a_snapshot_that_is_gone_is_said_with_a_way_on(two, tmp_path):
    folder = Folder(two)
    served = folder.current_load()
    folder.snapshot(served).unlink()
    for words in (("warehouse", "status"), ("warehouse", "rebuild"), ("metrics", "show", "contacts"), ("warehouse", "load", tmp_path / "jan.csv")):
        said = door(*words, data=two, code=1)
        assert f"the snapshot of load {served} is gone" in said and "go on from the load before" in said
    folder.current.write_text(said.split("write ")[1].split(" into")[0])
    assert show(two, "contacts")[0]["value"] == 3


def test_an_export_holds_business_times_too_and_says_where_there_is_no_folder(two, tmp_path):
    from metrics.__main__ import main
    assert main(["export", "--to", str(tmp_path / "nowhere" / "x.csv"), "--data", str(two)]) == 2
    assert main(["export", "--to", str(tmp_path / "x.csv"), "--data", str(two)]) == 0
    with (tmp_path / "x.csv").open(encoding="utf-8") as file:
        assert {"resolution_time", "resolution_time_business", "first_response_time_business"} <= set(next(csv.reader(file)))


@pytest.mark.parametrize(("into", "code", "says"), [("| head -c 1 >/dev/null", 0, ""), (">/dev/full", 1, "could not be written")])
def test_who_reads_the_answer_may_go(into, code, says, two):
    told = subprocess.run(f'"{sys.executable}" -m metrics list --json {into}; exit ${{PIPESTATUS[0]}}', shell=True, executable="/bin/bash", cwd=HOME, capture_output=True,
                          text=True, env={**os.environ, "EVENKEEL_DATA": str(two)})
    assert told.returncode == code and "Traceback" not in told.stderr and says in told.stderr


@pytest.mark.parametrize("name", ["../../away", "a/b", "a:b", ""])
def test_an_account_of_the_settings_is_no_path_either(name, tmp_path):
    (tmp_path / "settings.toml").write_text(f'[sources."{name}"]\nconnector = "zendesk"\n', encoding="utf-8")
    with pytest.raises(SettingsProblem, match="cannot name an account"):
        Settings.read(tmp_path)


def test_a_zip_packed_in_a_way_python_cannot_read_is_not_called_damaged(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("jan.csv", "id,created\n1,2026-03-01 09:00\n")
    packed = bytearray((tmp_path / "x.zip").read_bytes())
    for at in (8, packed.index(b"PK\x01\x02") + 10):   # both places that name the method: 9, which Windows takes for large files
        packed[at] = 9
    (tmp_path / "x.zip").write_bytes(packed)
    said = load(tmp_path / "data", tmp_path / "x.zip", mapping=mapping(tmp_path, "jan*.csv"), code=1)
    assert "jan.csv in the zip is packed in a way that cannot be read here" in said
