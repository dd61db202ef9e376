"""Asking Salesforce: a session, SOQL page by page, and which of the wanted fields this org and user have."""
from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from connectors import http
from connectors.contract import Account
from connectors.paging import Rows, by_next_link, rows_at
from connectors.problems import PullProblem
from connectors.pull import Pull

ROOT = "/services/data/v61.0"
LAG = 300
PAGE = {"Sforce-Query-Options": "batchSize=2000"}


def connect(account: Account) -> http.Api:
    """A session: a token, or a connected app whose tokens are renewed; a limit of the day is a 403."""
    token, client = account.secrets["token"], account.secrets.get("client_id")
    api: http.Api

    def fetch() -> str:
        return api.form("/services/oauth2/token", {"grant_type": "client_credentials", "client_id": str(client), "client_secret": token}).body["access_token"]

    def is_limit(body: Any) -> bool:
        return isinstance(body, list) and any(isinstance(e, dict) and e.get("errorCode") == "REQUEST_LIMIT_EXCEEDED" for e in body)
    auth = http.renewed(fetch) if client else http.bearer(token)
    api = http.Api(account.host, auth, secrets=(token,), headers=PAGE, limit=is_limit, told=account.told, now=account.clock)
    return api


def ask(pull: Pull, soql: str) -> Iterator[Rows]:
    """Every row of a question; deleted ones too."""
    for rows, _, _ in by_next_link(pull.api, f"{ROOT}/queryAll", {"q": soql}, rows_at("records"), lambda answer: answer.body.get("nextRecordsUrl")):
        yield rows


def listed(pull: Pull, soql: str) -> Rows:
    """All of them at once."""
    return [row for rows in ask(pull, soql) for row in rows]


def fields_of(pull: Pull, name: str, wanted: tuple[str, ...], related: tuple[str, ...] = ()) -> list[str]:
    """Those of the wanted fields that this org and user have; a field of a related record needs its lookup."""
    told = rows_at("fields")(pull.api.get(f"{ROOT}/sobjects/{name}/describe").body)
    there = {f["name"] for f in told} | {f["relationshipName"] for f in told if f.get("relationshipName")}
    missing = [field for field in wanted if field.partition(".")[0] not in there]
    if missing:
        pull.note(f"{name} has no {', '.join(missing)} this user may read")
    return [field for field in wanted if field not in missing] + [field for field in related if field.partition(".")[0] in there]


def own_field(pull: Pull, option: str) -> tuple[str, ...]:
    """The field an option names, or the fields where it names several; a dot leads to a record it looks up."""
    told = pull.options[option]
    names = told if isinstance(told, list) else [told] if told else []
    for name in names:
        if not re.fullmatch(r"\w+(\.\w+){0,4}" if isinstance(told, list) else r"\w+", str(name)):
            raise PullProblem(f"options.{option} of [sources.{pull.account.source}] is no name of a field: {name}")
    return tuple(map(str, names))


def second(time: Any) -> int:
    """Epoch second of a time."""
    return int(datetime.fromisoformat(str(time)).timestamp())


def literal(second: int) -> str:
    """An epoch second as SOQL writes it."""
    return datetime.fromtimestamp(max(0, second), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def changed(pull: Pull, name: str, fields: list[str], mark: str = "SystemModstamp", where: str = "") -> Iterator[tuple[Rows, int]]:
    """What changed since the last pull, in order; `mark` is the time that says so, and the next pull begins before the newest."""
    last = pull.cursor if pull.cursor is not None else pull.since or 0
    start = last - LAG if pull.cursor is not None else last
    for rows in ask(pull, f"SELECT {', '.join(fields)} FROM {name} WHERE {mark} >= {literal(start)}{where} ORDER BY {mark}, Id"):
        last = max([last, *(second(row[mark]) for row in rows if row.get(mark))])
        yield rows, last


def quoted(ids: list[str]) -> str:
    """Ids as a list of SOQL."""
    return ", ".join("'" + re.sub(r"\W", "", i) + "'" for i in ids)
