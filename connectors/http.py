"""Asking a vendor's API: one pinned host, patient where it asks for patience, silent about its secret.

The retry is a small loop of our own: urllib3's Retry neither reads the vendors' own limit headers, nor knows a 403 that
means "too fast", nor notices a body that is cut off, nor can say while it sleeps what it waits for and until when.
"""
from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from pydantic_core import from_json

from connectors.problems import Later, NotAllowed, NotFound, PullProblem, TooMuch, Unanswered

ATTEMPTS = 8
TOO_LARGE = 3                             # so many 504 in a row of attempts: the question is too large, not the moment wrong
CONNECT_SECONDS, READ_SECONDS, ANSWER_SECONDS = 10, 90, 600   # to connect, between two pieces, for a whole answer
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0      # of our own waits; doubled each time, with jitter
LONGEST_ASKED = 900.0                     # a vendor that asks for more is asked again by the next pull
LARGEST_ANSWER = 256 * 1024 * 1024
PIECE = 1 << 18
AGAIN = {408, 409, 425, 429, 500, 502, 503, 504}
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
# Seconds to wait, or the epoch second to wait for: a number above ten years is an epoch (milliseconds above 10^12).
WAIT_HEADERS = ("Retry-After", "X-RateLimit-Retry-After", "X-RateLimit-Reset", "RateLimit-Reset")
# An escaped backslash or a whole pair of surrogates, or else (no group) one of a pair alone.
HALF = re.compile(rb"(\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
Headers = Mapping[str, str]
Auth = Callable[[bool], dict[str, str]]   # (after a 401?) -> headers; a renewable token is fetched anew where asked


@dataclass(frozen=True)
class Answer:
    """A parsed answer: its JSON and headers."""

    body: Any
    headers: Headers
    address: str


def basic(user: str, password: str) -> Auth:
    """User and password, or the vendor's variant of them."""
    from base64 import b64encode
    told = {"Authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode()}
    return lambda again: told


def header(name: str, value: str) -> Auth:
    """A token in a header of its own."""
    return lambda again: {name: value}


def bearer(token: str) -> Auth:
    return header("Authorization", f"Bearer {token}")


def renewed(fetch: Callable[[], str]) -> Auth:
    """A bearer token that runs out: fetched on first use and after each 401."""
    held: list[str] = []

    def told(again: bool) -> dict[str, str]:
        if again or not held:
            held[:] = [fetch()]
        return {"Authorization": f"Bearer {held[0]}"}
    return told


class _Silent(requests.auth.AuthBase):
    """Sets the headers of an Auth; being an auth it keeps requests from looking for a .netrc. What it sets is added to `secrets`."""

    def __init__(self, auth: Auth, again: bool, secrets: set[str]):
        self.auth, self.again, self.secrets = auth, again, secrets

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        told = self.auth(self.again)
        self.secrets |= {value.rpartition(" ")[2] for value in told.values()}
        request.headers.update(told)
        return request


class Api:
    """One account's API.

    base: https://host[:port][/path]; plain http only to loopback. secrets: blotted out of every message.
    limit: whether a 403 answer (its body) means "too fast". told: hears what is waited for. now: the door's clock.
    """

    def __init__(self, base: str, auth: Auth, *, secrets: tuple[str, ...] = (), headers: Headers | None = None, limit: Callable[[Any], bool] | None = None,
                 told: Callable[[str], None] = lambda text: None, now: Callable[[], datetime] | None = None, sleep: Callable[[float], None] | None = None):
        parts = urlsplit(base)
        if parts.username or parts.password:
            raise PullProblem("the host must not carry a user or a password; put the token into the environment")
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
            raise PullProblem(f"{parts.scheme or 'no'}://{parts.hostname or base} is not https; plain http is spoken to this machine only")
        self.base, self.auth, self.limit, self.told = base.rstrip("/") + "/", auth, limit, told
        self.host = parts.hostname or ""
        self._origin = _origin(base)
        self._secrets = {s for s in secrets if s}
        self._now, self._sleep = now, sleep or time.sleep
        self.requests, self.server_date, self.attempts = 0, None, ATTEMPTS
        self.session = requests.Session()
        self.session.headers.update({"Accept": "application/json", "User-Agent": "evenkeel", **(headers or {})})
        self.session.trust_env = self.host not in LOOPBACK   # a proxy for this machine's own addresses is never meant

    def get(self, path: str, params: Mapping[str, Any] | None = None, headers: Headers | None = None) -> Answer:
        """GET; path may be a link the vendor gave, on the configured host only."""
        return self._ask("GET", path, params=params, headers=headers)

    def post(self, path: str, body: Any, headers: Headers | None = None) -> Answer:
        """POST of JSON to a question (a search, a batch read): asked again like a GET."""
        return self._ask("POST", path, json=body, headers=headers)

    def form(self, path: str, fields: Mapping[str, str]) -> Answer:
        """POST of a form, as token endpoints take it; without credentials of the session."""
        return self._ask("POST", path, data=fields, auth=False)

    def url(self, path: str) -> str:
        """The whole address of a path, or of a link the vendor gave.

        Raises: PullProblem where a link leaves the configured host; credentials never go there.
        """
        url = urljoin(self.base, path.lstrip("/") if not urlsplit(path).scheme and not path.startswith("//") else path)
        if _origin(url) != self._origin:
            raise PullProblem(f"{self.host} answered with a link to another host ({self.hidden(urlsplit(url).netloc.rpartition('@')[2])}); it was not followed")
        return url

    def hidden(self, text: str) -> str:
        """The text without secrets."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, "***")
        return text

    # --- one question ----------------------------------------------------------------------------------------------
    def _ask(self, method: str, path: str, *, auth: bool = True, **what: Any) -> Answer:
        url = self.url(path)
        shown = urlsplit(url).path   # a query may carry what is private
        renewed_once, too_fast, hops, large, trouble = False, False, 0, 0, ""
        attempt = 0
        while attempt < self.attempts:
            attempt += 1
            self.requests += 1
            try:
                status, headers, text = self._once(method, url, auth=_Silent(self.auth if auth else lambda again: {}, renewed_once, self._secrets), **what)
            except requests.exceptions.SSLError as error:
                raise PullProblem(f"{self.host} has no valid certificate: {self.hidden(_root(error))}") from None
            except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError) as error:
                trouble, too_fast = self.hidden(_root(error)), False
                self._wait(attempt, None, f"{self.host} did not answer {shown} ({trouble})")
                continue
            told = _time(headers.get("Date"))
            self.server_date = format_datetime(told, usegmt=True) if told else self.server_date
            if status in (301, 302, 303, 307, 308):
                hops += 1
                if hops > 3 or not headers.get("Location"):
                    raise PullProblem(f"{self.host} sends {shown} on and on; is the host in settings right?")
                url = self.url(urljoin(url, headers["Location"]))
                attempt -= 1
                continue
            body = _parsed(text)
            if 200 <= status < 300:
                if body is not None or not text.strip():
                    return Answer(body, headers, url)
                if text.lstrip()[:1] == b"<":
                    raise PullProblem(f"{self.host} answered {shown} with a web page, not with data; is the host in settings right?")
                trouble = "an answer that is cut off"
                self._wait(attempt, None, f"{self.host} sent {trouble} for {shown}")
                continue
            if status == 401 and auth and not renewed_once:
                renewed_once = True   # a token that ran out meanwhile is renewed; a wrong one is told below
                attempt -= 1
                continue
            too_fast = status == 429 or (status == 403 and self.limit is not None and self.limit(body))
            if status not in AGAIN and not too_fast:
                raise self._refusal(status, shown, body)
            trouble = f"{status}"
            large += status == 504
            if large == TOO_LARGE:
                raise TooMuch(f"{self.host} answered 504 to {shown} {large} times; the next pull goes on from here")
            why = f"{self.host} limits the pace" if too_fast else f"{self.host} answered {status} to {shown}"
            self._wait(attempt, self._asked(headers), why)
        if too_fast:
            raise Later(f"{self.host} limits the pace and still did after {self.attempts} attempts; the next pull goes on from here")
        raise Unanswered(f"{self.host} gave no usable answer to {shown} in {self.attempts} attempts (last: {trouble}); the next pull goes on from here")

    def _once(self, method: str, url: str, **what: Any) -> tuple[int, Headers, bytes]:
        """One request, its body read as it comes so that no answer grows beyond bounds or drips forever: `iter_content` would wait until a piece is full."""
        started, pieces, size = time.monotonic(), [], 0
        with self.session.request(method, url, timeout=(CONNECT_SECONDS, READ_SECONDS), allow_redirects=False, stream=True, **what) as answer:
            while piece := answer.raw.read1(PIECE, decode_content=True):
                size += len(piece)
                if size > LARGEST_ANSWER:
                    raise PullProblem(f"{self.host} sent more than {LARGEST_ANSWER >> 20} MB in one answer; ask for smaller pages")
                if time.monotonic() - started > ANSWER_SECONDS:
                    raise requests.exceptions.ReadTimeout(f"the answer took longer than {ANSWER_SECONDS} s")
                pieces.append(piece)
            return answer.status_code, answer.headers, b"".join(pieces)

    def _asked(self, headers: Headers) -> float | None:
        """Seconds the vendor asks to wait, None where it does not say."""
        for name in WAIT_HEADERS:
            said = headers.get(name)
            if not said:
                continue
            now = _time(headers.get("Date")) or (self._now() if self._now else datetime.fromtimestamp(0, UTC))
            try:
                number = float(said)
            except ValueError:
                until = _time(said)
                if until is None:
                    continue
                return max(0.0, (until - now).total_seconds())
            if number > 1e12:
                number /= 1000
            return max(0.0, number - now.timestamp() if number > 315_360_000 else number)
        return None

    def _wait(self, attempt: int, asked: float | None, why: str) -> None:
        """Sleep before the next attempt: as long as asked and a little more, else longer each time, never all at one moment."""
        if attempt >= self.attempts:
            return
        if asked is not None and asked > LONGEST_ASKED:
            raise Later(f"{why} and asks to wait {asked / 60:.0f} minutes; the next pull goes on from here")
        spread = random.random()
        seconds = asked * (1 + 0.1 * spread) if asked is not None else min(LONGEST_WAIT, FIRST_WAIT * 2 ** (attempt - 1)) * (0.5 + 0.5 * spread)
        if seconds >= 1:
            self.told(f"{why}; waiting {seconds:.0f} s")
        self._sleep(seconds)

    def _refusal(self, status: int, shown: str, body: Any) -> PullProblem:
        said = self.hidden(_message(body))
        if status == 401:
            return PullProblem(f"{self.host} does not accept the token" + (f" ({said})" if said else "") + "; make a new one and set it again")
        if status in (402, 403):
            return NotAllowed(f"no permission for {shown}" + (f" ({said})" if said else ""))
        if status in (404, 410):
            return NotFound(f"{shown} is not there" + (f" ({said})" if said else ""))
        if status == 413:
            return TooMuch(f"{self.host} answered 413 to {shown}")
        return PullProblem(f"{self.host} answered {status} to {shown}" + (f": {said}" if said else ""))


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        raise PullProblem(f"'{parts.netloc.rpartition('@')[2]}' is no host") from None
    return parts.scheme, parts.hostname or "", port or (443 if parts.scheme == "https" else 80)


def _time(said: str | None) -> datetime | None:
    """The time of a header in UTC, as which one without a zone is read; None where it is none."""
    try:
        told = parsedate_to_datetime(said or "")
        return told.replace(tzinfo=UTC) if told.tzinfo is None else told.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _parsed(text: bytes) -> Any:
    """The JSON of an answer, None where it is none. Half a character, as cutting a subject leaves it, becomes the sign for an unreadable one."""
    for whole in (lambda: text, lambda: HALF.sub(lambda found: found[1] or rb"\ufffd", text)):
        try:
            return from_json(whole())
        except ValueError:
            continue
    return None


def _message(body: Any) -> str:
    """What the vendor says of an error, in whichever field, cut."""
    if isinstance(body, list) and body:
        body = body[0]
    if isinstance(body, dict):
        for key in ("message", "description", "error_description", "title", "error", "errors"):
            said = body.get(key)
            if isinstance(said, dict | list):
                said = _message(said)
            if isinstance(said, str) and said:
                return " ".join(said.split())[:160]
    return ""


def _root(error: BaseException) -> str:
    """The innermost reason in a few words; requests' own messages carry whole addresses."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__   # type: ignore[assignment]
    return (getattr(error, "strerror", None) or type(error).__name__)[:160]
