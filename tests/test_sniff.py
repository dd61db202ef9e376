"""What a file seems to be, and the mapping proposed for it."""

import json
from pathlib import Path

import pytest

from connectors.files import land
from connectors.mapping import parse_mapping
from connectors.sniff import describe, propose
from connectors.synonyms import event_kind_of, state_of

LOGS = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture
def sniffed(tmp_path):
    """Write text, land it, and return its description and its proposal."""
    def sniff(text: str, name: str = "tickets_2026-01.csv"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        [table] = land(tmp_path / name, tmp_path / "landed")
        told = describe(table)
        return told, propose(table, told)
    return sniff


def test_a_description(sniffed):
    rows = "".join(f"{k};2026-01-{k % 28 + 1:02d} 10:00;2026-01-05;{k % 7},5;{'yes' if k % 2 else 'no'};{'Open' if k % 3 else 'Closed'};word {k} more;\n"
                   for k in range(1, 60))
    told, _ = sniffed("Ticket ID;Created;Due;Hours;Escalated;Status;Subject;Empty\n" + rows)
    assert (told["encoding"], told["delimiter"], told["header_row"]) == ("utf-8", ";", 1)
    assert {c["name"]: c["type"] for c in told["columns"]} == {
        "Ticket ID": "id", "Created": "time", "Due": "date", "Hours": "number", "Escalated": "flag", "Status": "category", "Subject": "text",
        "Empty": "text"}
    assert told["columns"][-1] == {"name": "Empty", "type": "text", "nulls": 59, "examples": []}
    assert told["columns"][5]["examples"] == ["Open", "Closed"]
    json.dumps(told)


def proposed(mapping):
    """The only block's grain and columns; the proposal without its reasons must be a valid mapping."""
    reasons = mapping.pop("reasons")
    parse_mapping(mapping, "proposal")
    [block] = mapping["file"]
    assert set(reasons) >= set(block["columns"])
    return block["grain"], block["columns"], reasons


def test_a_row_per_ticket(sniffed):
    rows = "".join(f"T{k},{k % 28 + 1}/1/2026 10:00,{['Open', 'Pending', 'Solved'][k % 3]},Billing,Agent {k % 3},u{k}@x.org,Sub {k}\n" for k in range(40))
    _, mapping = sniffed("Id,Created at,Status,Group,Assignee,Requester email,Subject\n" + rows)
    assert mapping["datetime_formats"] == ["%d/%m/%Y %H:%M"]
    assert mapping["source"] == "tickets-2026-01" and mapping["file"][0]["match"] == "tickets*.csv"
    grain, columns, reasons = proposed(mapping)
    assert grain == "ticket" and reasons["ticket_id"] == "unique in each row, named 'Id'"
    assert columns == {
        "ticket_id": "Id", "created_at": "Created at", "queue": "Group", "assignee": "Assignee", "email": "Requester email", "subject": "Subject",
        "state": {"column": "Status", "values": {"Open": "new", "Pending": "waiting_customer", "Solved": "resolved"}}}


@pytest.mark.parametrize(
    ("header", "states"),
    [("Ticketnummer;Erstellt am;Status;Gruppe;Bearbeiter;Priorität;Betreff", ("Neu", "In Bearbeitung", "Gelöst")),
     ("Número de ticket;Fecha de creación;Estado;Grupo;Asignado a;Prioridad;Asunto", ("Nuevo", "En curso", "Resuelto")),
     ("Numéro du ticket;Date de création;Statut;Groupe;Assigné à;Priorité;Objet", ("Nouveau", "En cours", "Résolu")),
     ("Numero ticket;Data di creazione;Stato;Gruppo;Assegnato a;Priorità;Oggetto", ("Nuovo", "In corso", "Risolto"))],
)
def test_other_languages(sniffed, header, states):
    rows = "".join(f"{k};{k % 28 + 1:02d}.01.2026 10:00;{states[k % 3]};A;B {k % 4};{k % 3};Text {k}\n" for k in range(60))
    _, mapping = sniffed(header + "\n" + rows)
    names = header.split(";")
    grain, columns, _ = proposed(mapping)
    assert grain == "ticket"
    assert [columns[t] for t in ("ticket_id", "created_at", "queue", "assignee", "priority", "subject")] == [names[k] for k in (0, 1, 3, 4, 5, 6)]
    assert columns["state"] == {"column": names[2], "values": dict(zip(states, ("new", "in_progress", "resolved"), strict=True))}


def test_a_row_per_event_and_a_row_per_state(sniffed):
    events = "".join(f"C{k // 3},{['Created', 'Assigned', 'Resolved'][k % 3]},2026-01-{k % 28 + 1:02d}T10:00:00Z,Ana\n" for k in range(60))
    grain, columns, _ = proposed(sniffed("Case ID,Activity,Timestamp,Resource\n" + events)[1])
    assert grain == "event" and columns["ticket_id"] == "Case ID" and columns["occurred_at"] == "Timestamp"
    assert columns["kind"]["values"] == {"Created": "created", "Assigned": "assigned", "Resolved": "resolved"}
    snapshots = "".join(f"C{k // 3},{['New', 'On hold', 'Closed'][k % 3]},2026-01-{k % 28 + 1:02d} 10:00:00,?\n" for k in range(60))
    _, mapping = sniffed("Number,State,Updated at,Assigned to\n" + snapshots, "log.csv")
    assert mapping["null_values"] == ["?"] and "timezone" in mapping["reasons"]
    grain, columns, _ = proposed(mapping)
    assert grain == "snapshot" and columns["occurred_at"] == "Updated at"
    assert columns["state"]["values"] == {"New": "new", "On hold": "waiting_internal", "Closed": "closed"}


def test_undecided_dates_are_asked_for_not_guessed(sniffed):
    _, mapping = sniffed("Id,Created\n1,05/01/2026\n2,06/02/2026\n")
    assert "datetime_formats" not in mapping and "set datetime_formats" in mapping["reasons"]["datetime_formats"]


def test_what_one_column_proves_holds_for_the_others(sniffed):
    _, mapping = sniffed("Id,Created at,Closed at\n1,05/01/2026,25/01/2026 10:00\n2,06/02/2026,07/03/2026 10:00\n")
    assert mapping["datetime_formats"] == ["%d/%m/%Y %H:%M", "%d/%m/%Y"]


def test_a_table_without_an_id_says_so(sniffed):
    _, mapping = sniffed("Date received,Issue\n2026-01-05,A\n2026-01-05,A\n")
    assert "ticket_id" not in mapping["file"][0]["columns"] and "say which columns" in mapping["reasons"]["ticket_id"]


@pytest.mark.parametrize(
    ("status", "state"),
    [("Open", "new"), ("In progress", "in_progress"), ("Pending", "waiting_customer"), ("On hold", "waiting_internal"), ("Awaiting User Info", "waiting_customer"),
     ("Waiting for third party", "waiting_internal"), ("Waiting for customer", "waiting_customer"), ("Unresolved", "in_progress"), ("Reopened", "in_progress"),
     ("Wartet auf Kunde", "waiting_customer"), ("Geschlossen", "closed"), ("En espera", "waiting_internal"), ("Cerrado", "closed"), ("En attente", "waiting_internal"),
     ("Fermé", "closed"), ("In attesa", "waiting_internal"), ("Chiuso", "closed"), ("Queued-Awaiting Assignment", "new"), ("Accepted-Wait", "waiting_internal"),
     ("Blue", None)],
)
def test_what_a_status_means(status, state):
    assert state_of(status) == state


@pytest.mark.parametrize(
    ("activity", "kind"),
    [("Take in charge ticket", "assigned"), ("Reassignment", "reassigned"), ("Reopened", "reopened"), ("Closed", "closed"), ("Insert ticket", "created"),
     ("Customer replied", "customer_message"), ("Agent reply", "agent_message"), ("Internal note", "internal_note"), ("Escalated", "escalated"), ("Banana", None)],
)
def test_what_an_activity_means(activity, kind):
    assert event_kind_of(activity) == kind


REAL = {
    "servicenow_incident_event_log_dev.csv.gz": ("snapshot", {"ticket_id": "number", "occurred_at": "sys_updated_at", "created_at": "opened_at",
                                                             "queue": "assignment_group", "assignee": "assigned_to", "customer": "caller_id"}),
    "helpdesk_italian_events_dev.csv.gz": ("event", {"ticket_id": "case:concept:name", "occurred_at": "time:timestamp", "actor": "Resource"}),
    "volvo_problems_dev.csv.gz": ("event", {"ticket_id": "case:concept:name", "occurred_at": "time:timestamp", "actor_queue": "org:group"}),
    "bank_calls_feb1999_dev.tsv.gz": ("ticket", {"ticket_id": {"columns": ["call_id", "date", "vru+line"], "join": "-"}, "assignee": "server"}),
    "sf311_dev.csv.gz": ("ticket", {"ticket_id": "unique_key", "created_at": "created_date", "closed_at": "closed_date", "queue": "agency_name"}),
    "support_forum_questions_2023Q2_dev.csv.gz": ("ticket", {"ticket_id": "id", "created_at": "created", "customer": "creator"}),
    "support_forum_answers_2023Q2_dev.csv.gz": ("event", {"ticket_id": "question_id", "event_id": "id", "occurred_at": "created", "actor": "creator"}),
}


@pytest.mark.real_logs
@pytest.mark.parametrize("name", REAL)
def test_real_logs(tmp_path, name):
    if not (LOGS / name).exists():
        pytest.skip(f"{name} is not beside the checkout")
    [table] = land(LOGS / name, tmp_path)
    grain, columns, _ = proposed(propose(table, describe(table)))
    wanted_grain, wanted = REAL[name]
    assert grain == wanted_grain and wanted.items() <= {k: v for k, v in columns.items() if k in wanted}.items()
