"""Every connector's worked examples hold: loaded through the real door's functions, compared with the canonical rows."""

import json
import re

import pytest

from connectors.contract import all_connectors
from connectors.files import FileProblem
from connectors.reading import compile_units, read_files
from metrics.engine.metric import derivations
from warehouse.landing_area import new_area
from warehouse.load import load
from warehouse.store import Folder, reading

EXAMPLES = [pytest.param(connector, example, id=f"{connector.name}: {example.says}") for connector in all_connectors().values() for example in connector.examples]


def loaded(folder, paths):
    """What the load door reports of these files."""
    units = read_files(paths, new_area(folder), mapping=None, source=None, saved=None, keep_text=False)
    return load(folder, compile_units(units, "Europe/Lisbon"), derivations(), lambda text: None)


def rows_of(folder, table, columns):
    """The named columns of a table of the snapshot."""
    with reading(folder) as con:
        names = ", ".join(f'"{c}"' for c in columns) or "NULL"
        found = con.execute(f"SELECT {names} FROM {table}").fetchall()
    return [dict(zip(columns, map(plain, row), strict=True)) for row in found]


def plain(value):
    return str(value) if hasattr(value, "isoformat") else value


def ordered(rows):
    return sorted(rows, key=lambda row: json.dumps([str(v) for v in row.values()]))


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path / "data")


def written(example, tmp_path):
    paths = []
    for name, text in example.files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        paths.append(tmp_path / name)
    return paths


@pytest.mark.parametrize(("connector", "example"), EXAMPLES)
def test_example(connector, example, tmp_path, folder):
    paths = written(example, tmp_path)
    first = loaded(folder, paths)
    for table, expected in example.gives.items():
        columns = list(dict.fromkeys(name for row in expected for name in row))
        wanted = [{name: row.get(name) for name in columns} for row in expected]
        assert ordered(rows_of(folder, table, columns)) == ordered(wanted), table
    for file in first["files"]:
        assert file["rows"] == file["loaded"] + file["unchanged"] + file["refused"]
        assert file["recognised_as"].startswith(f"{connector.label}: ")
    assert sum(file["refused"] for file in first["files"]) == example.refused
    # Mia is the customer of every example; only tools that know customers by name alone keep it, as the customer's id
    assert not [row for row in rows_of(folder, "tickets", ["extra"]) if re.search("Mia|mia@", row["extra"] or "")]
    again = loaded(folder, paths)
    assert again["load_id"] == first["load_id"]
    assert all(file["loaded"] == 0 and file["rows"] == file["unchanged"] + file["refused"] for file in again["files"])


@pytest.mark.parametrize("connector", all_connectors().values(), ids=lambda c: c.name)
def test_connector_says_enough(connector):
    assert len(connector.examples) >= 3
    assert connector.notes and all(export.fidelity for export in connector.exports)
    shown = {name.casefold() for export in connector.exports for name in export.needs}
    assert shown, "an export without headers would recognise every file"


def test_no_two_exports_look_alike():
    """Headers that are just what one export needs are recognised as that export, whichever else there is."""
    from connectors.contract import recognise
    for connector in all_connectors().values():
        for export in connector.exports:
            found = recognise(export.needs, export.named.replace("*", "x") if export.named != "*" else "file.csv")
            assert found and found[0].name == connector.name, (connector.name, export.name, found and found[1].name)


CHATWOOT_AVERAGES = {
    "agents": "Agent name,Assigned conversations,Avg first response time,Avg resolution time,Avg customer waiting time,Resolution Count\nAna,3,60,600,30,2\n",
    "inboxes": "Inbox name,Inbox type,No. of conversations,Avg first response time,Avg resolution time\nMail,Email,3,60,600\n",
    "labels": "Label,No. of conversations,Avg first response time,Avg resolution time\nbilling,3,60,600\n",
    "teams": "Team name,Conversations count,Avg first response time,Avg resolution time,Avg customer waiting time,Resolution Count\nOrders,3,60,600,30,2\n",
}


@pytest.mark.parametrize("report", CHATWOOT_AVERAGES)
def test_averages_are_refused_with_the_reason(report, tmp_path, folder):
    path = tmp_path / f"{report}.csv"
    path.write_text(f"Reporting period 2026-01-01 to 2026-01-31\n\n{CHATWOOT_AVERAGES[report]}", encoding="utf-8")
    with pytest.raises(FileProblem, match="averages, which cannot be used"):
        loaded(folder, [path])


def test_a_view_without_ticket_ids_is_refused_with_the_reason(tmp_path, folder):
    path = tmp_path / "tickets.csv"
    path.write_text("Ticket name,Ticket status,Create date\nLamp,New,2026-01-05 09:00\n", encoding="utf-8")
    with pytest.raises(FileProblem, match="no Ticket ID column"):
        loaded(folder, [path])


def test_a_refused_row_of_a_reshaped_file_is_found_by_its_line(tmp_path, folder):
    path = tmp_path / "chats.csv"
    path.write_text("Conversation ID,Conversation started at,Conversation state\n1,2026-01-05 09:00:00,open\n2,2026-02-31 09:00:00,open\n", encoding="utf-8")
    result = loaded(folder, [path])
    assert [(r["line"], r["column"]) for r in result["refusals"]] == [(3, "Conversation started at")]
    with reading(folder) as con:
        assert con.execute("SELECT count(*) FROM ticket_rows").fetchone() == (1,)
