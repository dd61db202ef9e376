"""Asking Salesforce: a session, SOQL page by page, and which of the wanted fields this org and user have."""
from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from connectors import http
from connectors.contract import Account
from connectors.paging import Rows, at, by_next_link, rows_at
from connectors.problems import Later, PullProblem
from connectors.pull import Pull

ROOT = "/services/data/v61.0"
LAG = 300
PAGE = {"Sforce-Query-Options": "batchSize=2000"}
NEARLY = 0.8   # of the requests of a day, above which it is said


class Expired(Later):
    """The rest of an answer is not held for us any more; the question must be asked anew."""


def connect(account: Account) -> http.Api:
    """A session: a token, or a connected app whose tokens are renewed; a limit of the day is a 403."""
    token, client = account.secrets["token"], account.secrets.get("client_id")
    api: http.Api

    def fetch() -> str:
        body = api.form("/services/oauth2/token", {"grant_type": "client_credentials", "client_id": str(client), "client_secret": token}).body
        if not at(body, "access_token"):
            raise PullProblem(f"{api.host} gave no token to the connected app; is the client id of [sources.{account.source}] right?")
        return str(body["access_token"])

    def is_limit(body: Any) -> bool:
        return isinstance(body, list) and any(isinstance(e, dict) and e.get("errorCode") == "REQUEST_LIMIT_EXCEEDED" for e in body)
    auth = http.renewed(fetch) if client else http.bearer(token)
    api = http.Api(account.host, auth, secrets=(token,), headers=PAGE, limit=is_limit, told=account.told, now=account.clock)
    return api


def ask(pull: Pull, soql: str) -> Iterator[tuple[Rows, int]]:
    """Every row of a question, deleted ones too, and how many are still to come.

    Raises: Expired where its next page cannot be had any more.
    """
    seen = 0
    try:
        for rows, _, answer in by_next_link(pull.api, f"{ROOT}/queryAll", {"q": soql}, rows_at("records"), lambda answer: at(answer.body, "nextRecordsUrl")):
            seen += len(rows)
            _watch_limit(pull, answer.headers.get("Sforce-Limit-Info"))
            yield rows, max(0, int(at(answer.body, "totalSize") or 0) - seen)
    except PullProblem as problem:
        if "query locator" not in str(problem).lower():
            raise
        raise Expired(f"{pull.api.host} holds the rest of {pull.stream.name} no longer; the next pull goes on from here") from None


def _watch_limit(pull: Pull, told: str | None) -> None:
    """Say once, with the stream no pull is without, when few of the day's requests are left: other programs need them too."""
    used = re.search(r"api-usage=(\d+)/(\d+)", told or "")
    if used and pull.stream.needed and int(used[1]) > NEARLY * int(used[2]):
        pull.note(f"more than {100 * NEARLY:.0f} % of the {int(used[2]):,} requests this org may be asked a day are used")


def listed(pull: Pull, soql: str) -> Rows:
    """All of them at once."""
    return [row for rows, _ in ask(pull, soql) for row in rows]


def fields_of(pull: Pull, name: str, wanted: tuple[str, ...], related: tuple[str, ...] = ()) -> list[str]:
    """Those of the wanted fields that this org and user have; a field of a related record needs its lookup."""
    told = rows_at("fields")(pull.api.get(f"{ROOT}/sobjects/{name}/describe").body)
    there = {f.get(key) for f in told for key in ("name", "relationshipName")}
    missing = [field for field in wanted if field.partition(".")[0] not in there]
    if missing:
        pull.note(f"{name} has no {', '.join(missing)} this user may read")
    return [field for field in wanted if field not in missing] + [field for field in related if field.partition(".")[0] in there]


def own_field(pull: Pull, option: str) -> tuple[str, ...]:
    """The field an option names."""
    return _checked(pull, option, [pull.options[option]] if pull.options[option] else [], r"\w+")


def own_fields(pull: Pull, option: str) -> tuple[str, ...]:
    """The fields an option lists; a dot leads to a record the field looks up."""
    return _checked(pull, option, pull.options[option], r"\w+(\.\w+){0,4}")


def _checked(pull: Pull, option: str, names: list[Any], form: str) -> tuple[str, ...]:
    found = tuple(name for name in (str(name).strip() for name in names) if name)
    for name in found:
        if not re.fullmatch(form, name):
            raise PullProblem(f"options.{option} of [sources.{pull.account.source}] is no name of a field: {name}")
    return found


def second(time: Any) -> int:
    """Epoch second of a time, 0 where there is none."""
    return int(datetime.fromisoformat(str(time)).timestamp()) if time else 0


def literal(second: int) -> str:
    """An epoch second as SOQL writes it."""
    return datetime.fromtimestamp(max(0, second), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def changed(pull: Pull, name: str, fields: list[str], mark: str = "SystemModstamp", where: str = "") -> Iterator[tuple[Rows, int, int]]:
    """What changed since the last pull, in order, with the cursor that follows and how many rows are still to come.

    `mark` is the time that says what changed; the next pull begins before the newest. Where the rest of an answer expires, it is asked anew from
    the time it had come to, as long as that goes on.
    """
    last = pull.cursor if pull.cursor is not None else pull.since or 0
    start = last - LAG if pull.cursor is not None else last
    while True:
        come = start
        try:
            for rows, left in ask(pull, f"SELECT {', '.join(fields)} FROM {name} WHERE {mark} >= {literal(start)}{where} ORDER BY {mark}, Id"):
                come = max([come, *(second(row.get(mark)) for row in rows)])
                last = max(last, come)
                yield rows, last, left
            return
        except Expired:
            if come == start:
                raise
            start = come


def quoted(ids: list[str]) -> str:
    """Ids as a list of SOQL."""
    return ", ".join("'" + re.sub(r"\W", "", i) + "'" for i in ids)
