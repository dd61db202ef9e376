"""LiveChat: the archive export, one row a chat.

The time zone stands in the header ("chat start date Europe/London"), and operators stand side by side, in the order they
took the chat. When the later ones came is not told, so their number is used as a counter and no times are made up.
"""
import re

from connectors.contract import Connector, Example, Export, Headers, Landed, targets
from warehouse.sql import identifier

DATED = re.compile(r"chat (?P<what>creation|start) date (?P<zone>\S+)", re.IGNORECASE)
OPERATOR = re.compile(r"operator (?P<place>\d+) (?P<what>nick|id)", re.IGNORECASE)


def _dates(headers: Headers) -> dict[str, tuple[str, str]]:
    """creation and start -> (header, zone)."""
    return {m["what"].lower(): (h, m["zone"]) for h in headers if (m := DATED.fullmatch(h.strip()))}


def _chat_rows(landed: Landed) -> str:
    """Handoffs, the last operator, and the end: the start and the seconds the chat lasted."""
    c = landed.column
    places: dict[int, str] = {}
    for header in landed.headers:
        match = OPERATOR.fullmatch(header)
        if match and (match["what"].lower() == "nick" or int(match["place"]) not in places):
            places[int(match["place"])] = header
    operators = [f"nullif({identifier(places[p])}, '')" for p in sorted(places)]
    start = _dates(landed.headers).get("start") or _dates(landed.headers).get("creation")
    lasted = f"try_cast({c('chat duration in seconds')} AS BIGINT)"
    tags = [identifier(h) for h in landed.headers if re.fullmatch(r"tag \d+", h, re.IGNORECASE)]
    changes = {
        "handoffs": f"greatest(len(list_filter([{', '.join(operators)}], lambda x: x IS NOT NULL)) - 1, 0)" if operators else "NULL",
        "holder": f"coalesce({', '.join(reversed(operators))})" if operators else "NULL::VARCHAR",
        "ended": f"strftime(try_cast({identifier(start[0])} AS TIMESTAMP) + to_seconds({lasted}), '%Y-%m-%d %H:%M:%S')" if start else "NULL::VARCHAR",
        "tags": f"nullif(concat_ws(' ', {', '.join(tags)}), '')" if tags else "NULL::VARCHAR",
    }
    return f"{landed.select(changes, without=('visitor name', 'visitor nick', 'visitor ip', 'chat start url'))} FROM landed ORDER BY file_row_number"


def _chats(headers: Headers) -> dict:
    dates = _dates(headers)
    told = dates.get("start") or dates.get("creation")
    return {"grain": "ticket", **({"timezone": told[1]} if told else {}), "columns": targets(headers, {
        "ticket_id": "conferenceId", "created_at": told[0] if told else "chat start date", "resolved_at": "ended", "state": {"constant": "closed"},
        "kind_of_ticket": {"constant": "chat"}, "channel": {"constant": "chat"}, "queue": "group name", "assignee": "holder", "tags": "tags",
        "customer": "visitor id", "email": ("visitor email", "visitor e-mail"),
        "csat": {"column": "rate", "values": {"rated good": "1", "rated bad": "0"}, "null_values": ["not rated"]},
        "recorded_handoffs": "handoffs", "recorded_first_response": "first response time", "recorded_resolution": "chat duration in seconds"})}


HEADER = ('"conferenceId","chat start date %s","group name","operator 1 nick","operator 1 id","operator 2 nick","operator 2 id","last operator id","rate",'
          '"chat duration in seconds","first response time"\n')
EXAMPLES = (
    Example(
        says="A trap: the time zone stands in the header.",
        files={"archive.csv": HEADER % "Europe/London" + '"C1","2026-07-25 09:00:00","Sales","Ana","ana@lamp.example","","","ana@lamp.example","rated good",'
                                                         '"600","20"\n'},
        gives={"tickets": [{"ticket_id": "livechat:C1", "created_at": "2026-07-25 08:00:00", "resolved_at": "2026-07-25 08:10:00", "csat": 1.0,
            "recorded_first_response_seconds": 20, "kind": "chat"}]}),
    Example(
        says="A second operator is a handoff; a chat nobody rated has no rating.",
        files={"archive.csv": HEADER % "UTC" + '"C1","2026-07-25 09:00:00","Sales","Ana","ana@lamp.example","Ben","ben@lamp.example","ben@lamp.example",'
                                               '"not rated","600","20"\n'},
        gives={"tickets": [{"ticket_id": "livechat:C1", "recorded_handoffs": 1, "assignee_id": "livechat:Ben", "queue_id": "livechat:Sales"}],
               "ticket_facts": [{"ticket_id": "livechat:C1", "handoffs": 1}]}),
    Example(
        says="A chat no operator took has none to hand over.",
        files={"archive.csv": HEADER % "UTC" + '"C1","2026-07-25 09:00:00","Sales","","","","","","not rated","15",""\n'},
        gives={"tickets": [{"ticket_id": "livechat:C1", "recorded_handoffs": 0, "state": "closed"}]}),
)

CONNECTOR = Connector(
    name="livechat", label="LiveChat", mapping={"threads_are_reused": False}, examples=EXAMPLES,
    exports=(Export("archive CSV", ("conferenceId", "operator 1 nick", "last operator id"), _chats, reshape=_chat_rows,
                    fidelity="counters: operators less the first are handoffs; start, duration, rating"),),
    notes="Every row is a chat of its own,"
          " also where the customer came back. Questions before and after the chat stay beside it and can be named in [dimensions].",
)
