"""The chat's files, as Intercom's dataset exports write them: conversations and conversation actions."""

from datetime import UTC, datetime
from pathlib import Path

from sample_data import story
from sample_data.chat_life import BOT, USER, WORKFLOW, Action, Chat
from sample_data.files import csv_text, write_packed
from sample_data.generate import Company
from sample_data.helpdesk_ticket import Ticket
from sample_data.people import Agent

CONVERSATIONS = (
    "Conversation ID,Conversation started at,Conversation state,Channel,Current team assigned,"
    "Current teammate assigned,Topic,Brand,Language,User ID,User name,User email,First teammate replied at,"
    "First closed at,Last closed at,Conversation rating,Fin AI Agent involved,Reopens,Teammate replies count,"
    "Linked ticket ID"
).split(",")
ACTIONS = (
    "Action ID,Action at,Conversation ID,Action type,Action performed by,Action performed by type,"
    "Assigned to team,Assigned to teammate"
).split(",")
KINDS = {USER: "user", BOT: "bot", WORKFLOW: "workflow"}
LANGUAGES = {"de": "de", "en-US": "en", "fr": "fr", "nl": "nl"}


def write_chat(company: Company, tickets: dict[Ticket, int], into: Path) -> None:
    """Write both files; `tickets` gives the helpdesk's numbers for chats that became a ticket."""
    linked = {ticket.contact: number for ticket, number in tickets.items()}
    rows, actions = [], []
    for place, chat in enumerate(company.chats):
        number = 215_470_000_001 + place
        rows.append(_conversation(chat, number, linked.get(chat.became, "")))
        actions += [_action(chat, number, action) for action in chat.actions]
    _plant_faults(company, rows)
    numbered = [[1_800_000_001 + place, *action] for place, action in enumerate(actions)]
    write_packed(into / "chat_conversations.csv.gz", csv_text([CONVERSATIONS, *rows]))
    write_packed(into / "chat_actions.csv.gz", csv_text([ACTIONS, *numbered]))


def _utc(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _conversation(chat: Chat, number: int, ticket: int | str) -> list[object]:
    contact, customer = chat.contact, chat.contact.customer
    assigned = [action for action in chat.actions if action.kind in ("assigned", "unassigned")]
    replies, closed = chat.moments("teammate_message"), chat.moments("closed")
    return [
        number,
        _utc(chat.actions[0].at),
        chat.state,
        contact.channel,
        assigned[-1].team if assigned else "",
        assigned[-1].teammate if assigned else "",
        contact.reason.name,
        "Lumen",
        LANGUAGES[customer.locale] if customer else "en",
        # The shop's number where there is an account, else the tool's own: both know the person by mail address too.
        (customer.shop_id or f"u{customer.number:06d}") if customer else "",
        customer.name if customer else "Visitor",
        customer.email if customer else "",
        _utc(replies[0]) if replies else "",
        _utc(closed[0]) if closed else "",
        _utc(closed[-1]) if closed else "",
        chat.rating if chat.state == "closed" else "",
        "true" if any(action.by == BOT for action in chat.actions) else "false",
        len(chat.moments("reopened")),
        len(replies),
        ticket,
    ]


def _action(chat: Chat, number: int, action: Action) -> list[object]:
    if isinstance(action.by, Agent):
        by, kind = action.by.name, "teammate"
    else:
        by, kind = action.by, KINDS[action.by]
    if action.by == USER:
        by = chat.contact.customer.name if chat.contact.customer else "Visitor"
    return [_utc(action.at), number, action.kind, by, kind, action.team, action.teammate]


def _plant_faults(company: Company, rows: list[list[object]]) -> None:
    """An unknown state in a few conversations, a day that does not exist in a few others."""
    faults = story.FAULTS
    state, started = CONVERSATIONS.index("Conversation state"), CONVERSATIONS.index("Conversation started at")
    linked, reopens = CONVERSATIONS.index("Linked ticket ID"), CONVERSATIONS.index("Reopens")
    plain = [row for row in rows if row[state] == "closed" and not row[linked] and row[reopens] == 0]
    wanted = faults.chat_unknown_state + faults.chat_malformed_date
    picked = company.scale.random("chat faults").sample(plain, min(wanted, len(plain)))
    for place, row in enumerate(picked):
        if place < faults.chat_unknown_state:
            row[state] = faults.unknown_chat_state
        else:
            row[started] = "2026-06-31 10:00:00"
