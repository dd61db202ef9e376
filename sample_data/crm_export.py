"""The CRM's files, as Salesforce's report export writes them: all quoted, Latin-1, US dates without a zone, a footer."""

from datetime import datetime
from pathlib import Path

from sample_data import story
from sample_data.crm_life import KEY_ACCOUNTS, Case
from sample_data.files import csv_text, write_packed, write_plain
from sample_data.generate import Company
from sample_data.scale import ZONE

REPORT = (
    "Case Number,Case Owner,Subject,Status,Priority,Case Origin,Case Reason,Account Name,Contact Name,Contact Email,"
    "Date/Time Opened,Date/Time Closed,Escalated,Type"
).split(",")
HISTORY = "Case Number,Edit Date,Edited By,Field / Event,Old Value,New Value".split(",")
ENCODING = "iso-8859-1"
TYPES = {"Money": "Billing", "Orders": "Order", "Returns": "Order"}


def write_crm(company: Company, into: Path) -> None:
    """Write the case report and the case history report."""
    rows, history = [], []
    for place, case in enumerate(company.cases):
        number = f"{12_001 + place:08d}"
        rows.append(_case(case, number))
        history += [[number, _us(e.at), e.by, e.field, e.old, e.new] for e in case.entries]
    _plant_faults(company, rows)
    write_plain(into / "crm_case_report.csv", _report("Lumen Service Cases", [REPORT, *rows]), ENCODING)
    # The history is the one large file of the CRM; packed so that the committed folder stays small.
    write_packed(into / "crm_case_history.csv.gz", _report("Lumen Service Case History", [HISTORY, *history]), ENCODING)


def _us(moment: int) -> str:
    """Month first, no leading zeros, minutes only, on the clock of the org (Berlin)."""
    local = datetime.fromtimestamp(moment, ZONE)
    half = "AM" if local.hour < 12 else "PM"
    return f"{local.month}/{local.day}/{local.year} {local.hour % 12 or 12}:{local.minute:02d} {half}"


def _case(case: Case, number: str) -> list[str]:
    contact, customer = case.contact, case.contact.customer
    account = customer.company if customer else None
    return [
        number,
        case.now["Case Owner"],
        contact.reason.name.capitalize(),
        case.now["Status"],
        case.now["Priority"],
        contact.channel,
        contact.reason.name,
        account.name if account else "",
        customer.name if customer else "",
        _as_typed(customer.email, customer.number) if customer else "",
        _us(case.entries[0].at),
        _us(case.ended_at) if case.ended_at else "",
        "1" if case.now["Escalated"] == "true" else "0",
        "Key Account" if case.now["Case Owner"] == KEY_ACCOUNTS else TYPES.get(contact.reason.group, "Question"),
    ]


def _as_typed(email: str, number: int) -> str:
    # Some addresses were typed in by hand: one in forty starts with a capital, and is still the same person.
    return email.capitalize() if number % 40 == 0 else email


def _plant_faults(company: Company, rows: list[list[str]]) -> None:
    """Cases closed before they were opened, in a status nobody knows, or opened on a day that does not exist."""
    faults = story.FAULTS
    opened, closed, status = (REPORT.index(c) for c in ("Date/Time Opened", "Date/Time Closed", "Status"))
    plain = [row for row in rows if row[status] == "Closed"]
    counts = (faults.crm_closed_before_opened, faults.crm_unknown_status, faults.crm_malformed_date)
    picked = company.scale.random("crm faults").sample(plain, min(sum(counts), len(plain)))
    for place, row in enumerate(picked):
        if place < counts[0]:
            row[closed] = "1/2/2026 9:00 AM"
        elif place < counts[0] + counts[1]:
            row[status] = faults.unknown_crm_status
        else:
            row[opened] = "31/31/2026 4:05 PM"


def _report(name: str, rows: list[list[str]]) -> str:
    footer = [
        [name],
        [f"Grand Totals ({len(rows) - 1} records)"],
        ["Confidential Information - Do Not Distribute"],
        ["Copyright (c) 2000-2026 salesforce.com, inc. All rights reserved."],
    ]
    return csv_text(rows, quote_all=True) + "\n" + csv_text(footer, quote_all=True)
