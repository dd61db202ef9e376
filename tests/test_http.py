"""The client: patient where it is asked to be, pinned to its host, silent about its token. The vendor is a real server on loopback."""
from __future__ import annotations

import gzip
import io
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from conftest import holding
from fakes.server import TOKEN, Asked, Fake, Faults, Reply

from connectors import http
from connectors.paging import Sized, by_cursor, by_id, by_next_link, by_offset, by_page, by_time, link_header, rows_at
from connectors.problems import Later, NotAllowed, NotFound, PullProblem, TooMuch


class Scripted(Fake):
    """Answers in turn what it is told, then the last for ever."""

    def __init__(self, *replies: Reply, faults: Faults | None = None):
        super().__init__(faults)
        self.replies = list(replies)

    def answer(self, asked: Asked) -> Reply:
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


@pytest.fixture
def waits():
    return []


def client(fake, waits=None, **more):
    waits = [] if waits is None else waits
    return http.Api(fake.base, http.bearer(TOKEN), secrets=(TOKEN,), sleep=waits.append, now=fake.now, **more)


def ahead(seconds):
    return datetime.now(UTC) + timedelta(seconds=seconds)


@pytest.mark.parametrize(("headers", "least", "most"), [
    (lambda: {"Retry-After": "7"}, 7, 7.7), (lambda: {"Retry-After": format_datetime(ahead(600), usegmt=True)}, 500, 661), (dict, 0.5, 1),
    (lambda: {"X-RateLimit-Retry-After": "3"}, 3, 3.3), (lambda: {"X-RateLimit-Reset": str(int(ahead(600).timestamp()))}, 500, 661),
    (lambda: {"X-RateLimit-Reset": str(int(ahead(600).timestamp() * 1000))}, 500, 661), (lambda: {"Retry-After": "soonish"}, 0.5, 1)])
def test_waits_as_asked(headers, least, most, waits):
    with Scripted(Reply({"message": "too fast"}, 429, headers()), Reply({"ok": 1})) as fake:
        assert client(fake, waits).get("/x").body == {"ok": 1}
    assert len(waits) == 1 and least <= waits[0] <= most


def http_date(seconds, zone):
    return ahead(seconds).strftime("%a, %d %b %Y %H:%M:%S") + zone


@pytest.mark.parametrize("zone", ["", " -0000", " GMT", " +0000"])
def test_a_time_without_a_zone_is_read_as_utc(zone, waits):
    with Scripted(Reply({}, 429, {"Retry-After": http_date(600, zone)}), Reply({"ok": 1})) as fake:
        api = client(fake, waits)
        fake.date = told = http_date(0, zone)
        assert api.get("/x").body == {"ok": 1} and api.server_date == told.removesuffix(zone) + " GMT"
    assert len(waits) == 1 and 590 <= waits[0] <= 661


@pytest.mark.parametrize("odd", ["yesterday", "Mon, 99 Foo 2026 99:00:00 GMT", "Mon, 01 Jan 2026 00:00:00 +9999", "31 Dec 9999 23:59:59 -2300", ""])
def test_a_time_that_is_none_is_not_told(odd, waits):
    with Scripted(Reply({}, 429, {"Retry-After": odd}), Reply({"ok": 1})) as fake:
        api = client(fake, waits)
        fake.date = odd
        assert api.get("/x").body == {"ok": 1} and api.server_date is None
    assert len(waits) == 1 and 0 <= waits[0] <= 1


@pytest.mark.parametrize(("status", "asked"), [(503, "4"), (409, None), (500, None), (502, None), (504, None), (408, None), (425, "2")])
def test_passing_faults_are_asked_again(status, asked, waits):
    """A 503 may say how long, a 409 is somebody else's write."""
    with Scripted(Reply({}, status, {"Retry-After": asked} if asked else {}), Reply({"ok": 1})) as fake:
        assert client(fake, waits).get("/x").body == {"ok": 1}
    assert len(waits) == 1 and (not asked or float(asked) <= waits[0] <= 1.1 * float(asked))


def test_says_what_it_waits_for(waits):
    heard = []
    with Scripted(Reply({}, 429, {"Retry-After": "30"}), Reply({})) as fake:
        client(fake, waits, told=heard.append).get("/x")
    assert len(heard) == 1 and "limits the pace; waiting 3" in heard[0]


def test_asked_to_wait_too_long_is_for_the_next_pull(waits):
    with Scripted(Reply({}, 429, {"Retry-After": "7200"})) as fake, pytest.raises(Later, match="wait 120 minutes"):
        client(fake, waits).get("/x")
    assert waits == []


def test_waits_grow_and_are_capped(waits):
    with Scripted(Reply({}, 503)) as fake, pytest.raises(Later, match="no usable answer to /x in 8 attempts"):
        client(fake, waits).get("/x")
    assert len(waits) == http.ATTEMPTS - 1
    assert all(0.5 * min(60, 2 ** n) <= wait <= min(60, 2 ** n) for n, wait in enumerate(waits))


def test_a_403_may_mean_too_fast(waits):
    limit = {"errorCode": "REQUEST_LIMIT_EXCEEDED"}
    with Scripted(Reply([limit], 403), Reply({"ok": 1})) as fake:
        assert client(fake, waits, limit=lambda body: body == [limit]).get("/x").body == {"ok": 1}
    with Scripted(Reply({"message": "admins only"}, 403)) as fake, pytest.raises(NotAllowed, match=r"no permission for /x \(admins only\)"):
        client(fake, waits, limit=lambda body: body == [limit]).get("/x")


@pytest.mark.parametrize("fault", ["cut_off", "dropped", "slow", "unavailable", "limited"])
def test_faults_of_the_way_are_survived(fault, waits):
    with Scripted(Reply({"rows": list(range(1000))}), faults=Faults(seed=3, **{fault: 0.5})) as fake:
        assert [client(fake, waits).get("/x").body for _ in range(10)] == [{"rows": list(range(1000))}] * 10
        assert fault == "slow" or len(fake.asked) > 10


def test_what_is_refused_is_told_in_a_sentence(waits):
    for status, kind, says in ((401, PullProblem, "does not accept the token"), (404, NotFound, "/x is not there"), (400, PullProblem, "answered 400 to /x: no such field")):
        with Scripted(Reply({"message": "no such field"}, status)) as fake, pytest.raises(kind, match=says):
            client(fake, waits).get("/x")
    with Scripted(Reply("<html>log in</html>")) as fake, pytest.raises(PullProblem, match="a web page, not with data"):
        client(fake, waits).get("/x")


def test_the_token_goes_to_the_configured_host_only(waits):
    with Scripted(Reply({"next": "x"})) as other, Scripted(Reply({})) as fake:
        api = client(fake, waits)
        for link in (other.base + "/steal", "https://example.com/", f"//{other.base[7:]}/x", fake.base.replace("http:", "https:"), f"http://{TOKEN}@example.com/"):
            with pytest.raises(PullProblem, match="another host") as told:
                api.get(link)
            assert TOKEN not in str(told.value)
        fake.replies = [Reply({}, 302, {"Location": other.base + "/steal"})]
        with pytest.raises(PullProblem, match="another host"):
            api.get("/x")
        fake.replies = [Reply({}, 301, {"Location": "/y"}), Reply({"ok": 1})]
        assert api.get("/x").body == {"ok": 1}
        fake.replies = [Reply({}, 302, {"Location": "/x"})]
        with pytest.raises(PullProblem, match="on and on"):
            api.get("/x")
        assert other.asked == []


def test_plain_http_only_to_this_machine():
    for base in ("http://example.com", "ftp://example.com", "example.com", "http://127.0.0.1.example.com"):
        with pytest.raises(PullProblem, match="not https"):
            http.Api(base, http.bearer(TOKEN))
    with pytest.raises(PullProblem, match="must not carry"):
        http.Api(f"https://me:{TOKEN}@example.com", http.bearer(TOKEN))


def test_a_vendor_that_repeats_the_token_is_not_quoted(waits):
    with Scripted(Reply({"message": f"bad token {TOKEN}"}, 400)) as fake, pytest.raises(PullProblem) as told:
        client(fake, waits).get("/x", {"q": "Mia Private"})
    assert TOKEN not in str(told.value) and "***" in str(told.value) and "Mia" not in str(told.value)


@pytest.mark.parametrize(("sent", "read"), [
    (r'{"a": "cut \ud83d"}', "cut \ufffd"), (r'{"a": "\ude00 cut"}', "\ufffd cut"), (r'{"a": "\ud83d\ude00"}', "\U0001f600"), (r'{"a": "\\\\ud83d \ud83d"}', "\\\\ud83d \ufffd"),
    (r'{"a": "\ud83dx\ud83d\ude00"}', "\ufffdx\U0001f600")])
def test_half_a_character_is_no_reason_to_stop(sent, read, waits):
    """A subject that was cut in the middle of one; whole ones and written backslashes stay."""
    with Scripted(Reply(sent)) as fake:
        assert client(fake, waits).get("/x").body == {"a": read}


def test_an_answer_has_bounds(waits, monkeypatch):
    monkeypatch.setattr(http, "LARGEST_ANSWER", 10_000)
    with Scripted(Reply({"rows": "x" * 20_000})) as fake, pytest.raises(PullProblem, match="in one answer"):
        client(fake, waits).get("/x")


class Odd(Fake):
    """Sends the bytes of its first answer as `how` does, then answers as it should."""

    def __init__(self, how):
        super().__init__()
        self.how, self.lines = how, set()

    def answer(self, asked):
        return Reply({"rows": list(range(1000))})

    def _send(self, handler, reply, fault):
        self.lines.add(handler.client_address)
        if len(self.asked) > 1:
            super()._send(handler, reply, fault)
            return
        try:
            handler.close_connection = self.how(handler, b'{"rows": [1]}')
            handler.wfile.flush()
        except OSError:   # nobody waits for it any more
            handler.close_connection, handler.wfile = True, io.BytesIO()


def headed(handler, **headers):
    handler.send_response(200)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), str(value))
    handler.end_headers()


def silent(handler, body):
    time.sleep(3)
    headed(handler, Content_Length=len(body))
    handler.wfile.write(body)
    return True


def dripping(handler, body):
    headed(handler, Content_Length=len(body))
    for place in range(len(body)):
        handler.wfile.write(body[place:place + 1])
        handler.wfile.flush()
        time.sleep(0.15)
    return True


def dripping_chunks(handler, body):
    headed(handler, Transfer_Encoding="chunked")
    for place in range(len(body)):
        handler.wfile.write(b"1\r\n" + body[place:place + 1] + b"\r\n")
        handler.wfile.flush()
        time.sleep(0.15)
    return True


def cut_chunks(handler, body):
    headed(handler, Transfer_Encoding="chunked")
    handler.wfile.write(b"%x\r\n%s" % (len(body) + 5, body))
    return True


def cut_between_chunks(handler, body):
    headed(handler, Transfer_Encoding="chunked")
    handler.wfile.write(b"%x\r\n%s\r\n" % (len(body), body))
    return True


def cut_gzip(handler, body):
    packed = gzip.compress(body)
    headed(handler, Content_Encoding="gzip", Content_Length=len(packed))
    handler.wfile.write(packed[:-4])
    return True


def no_gzip(handler, body):
    headed(handler, Content_Encoding="gzip", Content_Length=len(body))
    handler.wfile.write(body)
    return False   # it came whole: a line closed now, and not announced, could be taken for the next question


@pytest.mark.parametrize("how", [silent, dripping, dripping_chunks, cut_chunks, cut_between_chunks, cut_gzip, no_gzip])
def test_an_answer_that_does_not_come_whole_and_in_time_is_asked_for_again(how, waits, monkeypatch):
    """Nothing at all, a byte now and then, an end too early, what cannot be unpacked."""
    if how is silent:   # comes whole in the end, and is not waited for
        monkeypatch.setattr(http, "READ_SECONDS", 1.5)
    if how in (dripping, dripping_chunks):   # never silent for long
        monkeypatch.setattr(http, "ANSWER_SECONDS", 1)
    with Odd(how) as fake:
        assert client(fake, waits).get("/x").body == {"rows": list(range(1000))}
        assert len(waits) == 1 and len(fake.asked) == 2


def gzipped(handler, body):
    packed = gzip.compress(body)
    headed(handler, Content_Encoding="gzip", Content_Length=len(packed))
    handler.wfile.write(packed)
    return False


def chunked(handler, body):
    headed(handler, Transfer_Encoding="chunked")
    for place in range(0, len(body), 3):
        handler.wfile.write(b"%x\r\n%s\r\n" % (len(body[place:place + 3]), body[place:place + 3]))
    handler.wfile.write(b"0\r\n\r\n")
    return False


@pytest.mark.parametrize("how", [gzipped, chunked])
def test_answers_come_packed_and_in_chunks_over_one_connection(how, waits):
    with Odd(how) as fake:
        api = client(fake, waits)
        assert api.get("/x").body == {"rows": [1]}
        assert api.get("/x").body == api.get("/x").body == {"rows": list(range(1000))}
        assert len(fake.lines) == 1 and not waits


def test_a_proxy_is_not_asked_for_this_machines_own_addresses(waits, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with Scripted(Reply({"ok": 1})) as fake:
        assert client(fake, waits).get("/x").body == {"ok": 1}
    assert not waits and http.Api("https://example.com", http.bearer(TOKEN)).session.trust_env


def test_a_token_that_runs_out_is_renewed_once(waits):
    class Renewing(Fake):
        good = "first"

        def allowed(self, asked):
            return asked.path == "/token" or asked.headers.get("authorization") == f"Bearer {self.good}"

        def answer(self, asked):
            return Reply({"access_token": self.good} if asked.path == "/token" else {"ok": 1})
    with Renewing() as fake:
        api = http.Api(fake.base, http.renewed(lambda: api.form("/token", {"grant_type": "client_credentials"}).body["access_token"]), sleep=waits.append)
        assert api.get("/x").body == {"ok": 1}
        fake.good = "second"
        assert api.get("/x").body == {"ok": 1}
        assert [a.path for a in fake.asked] == ["/token", "/x", "/x", "/token", "/x"]
        assert "authorization" not in fake.asked[0].headers
        fake.allowed = lambda asked: asked.path == "/token"
        with pytest.raises(PullProblem, match="does not accept the token"):
            api.get("/x")


def test_nobody_answers(waits):
    with Scripted(Reply({})) as fake:
        base = fake.base
    with pytest.raises(Later, match="Connection refused"):
        http.Api(base, http.bearer(TOKEN), sleep=waits.append).get("/x")


# --- paging ----------------------------------------------------------------------------------------------------------
class Table(Fake):
    """Rows {id, t} served in every way of paging; `t` may be shared by many."""

    def __init__(self, rows, short=False):
        super().__init__()
        self.rows, self.short = sorted(rows, key=lambda r: (r["t"], r["id"])), short

    def answer(self, asked):
        p = {k: int(v) for k, v in asked.params.items() if v.lstrip("-").isdigit()}
        rows = [r for r in self.rows if r["t"] >= p.get("since", 0) and r["id"] > p.get("after_id", -1)]
        if "after_id" in p:
            rows = sorted(rows, key=lambda r: r["id"])
        size = 3
        start = p["offset"] if "offset" in p else (p.get("page", 1) - 1) * size if "cursor" not in p else p["cursor"]
        page = rows[start:start + size]
        if self.short and page:
            page = page[:-1] if start == 0 else page
        body = {"rows": page, "cursor": start + size if start + size < len(rows) else None, "end": page[-1]["t"] if page else None, "more": start + size < len(rows)}
        link = f"{self.base}/x?cursor={start + size}"
        return Reply(body | ({"next": link} if body["cursor"] else {}), 200, {"Link": f'<{self.base}/first>; rel="first", <{link}>; rel="next"'} if body["cursor"] else {})


def table(times):
    return [{"id": n, "t": t} for n, t in enumerate(times)]


def ids(pages):
    return [r["id"] for rows, _, _ in pages for r in rows]


def test_cursor_and_links(waits):
    with Table(table(range(8))) as fake:
        api = client(fake, waits)
        found = list(by_cursor(lambda c: api.get("/x", {"cursor": c or 0}), rows_at("rows"), lambda b: b["cursor"]))
        assert ids(found) == list(range(8)) and [place for _, place, _ in found] == [3, 6, None]
        assert ids(by_next_link(api, "/x", {"cursor": 0}, rows_at("rows"), lambda a: a.body.get("next"))) == list(range(8))
        assert ids(by_next_link(api, "/x", {"cursor": 0}, rows_at("rows"), link_header)) == list(range(8))


def test_a_cursor_that_comes_again_does_not_loop(waits):
    with Scripted(Reply({"rows": [{"id": 1}], "cursor": "same"})) as fake, pytest.raises(PullProblem, match="would never end"):
        api = client(fake, waits)
        list(by_cursor(lambda c: api.get("/x"), rows_at("rows"), lambda b: b["cursor"]))
    with Scripted(Reply({"rows": [{"id": 1}], "next": "/x"})) as fake, pytest.raises(PullProblem, match="would never end"):
        list(by_next_link(client(fake, waits), "/x", {}, rows_at("rows"), lambda a: a.body["next"]))


def test_a_circle_of_two_does_not_loop(waits):
    class Circle(Fake):
        def answer(self, asked):
            other = "b" if asked.params.get("at") == "a" else "a"
            return Reply({"rows": [{"id": 1}], "cursor": other, "next": f"{self.base}/x?at={other}"})
    with Circle() as fake:
        api = client(fake, waits)
        with pytest.raises(PullProblem, match="would never end"):
            list(by_cursor(lambda c: api.get("/x", {"at": c}), rows_at("rows"), lambda b: b["cursor"], "a"))
        for start in (None, "/x?at=a"):
            with pytest.raises(PullProblem, match="would never end"):
                list(by_next_link(api, "/x", {"at": "a"}, rows_at("rows"), lambda a: a.body["next"], start))
        assert len(fake.asked) < 12


def test_a_next_link_to_elsewhere_is_refused(waits):
    with Scripted(Reply({"rows": [{"id": 1}], "next": "https://example.com/x"})) as fake, pytest.raises(PullProblem, match=r"another host \(example.com\)"):
        list(by_next_link(client(fake, waits), "/x", {}, rows_at("rows"), lambda a: a.body["next"]))


def test_page_numbers_begin_again_at_the_vendors_last_page(waits):
    with Table(table([0, 1, 1, 2, 3, 4, 5, 5, 6, 7, 8])) as fake:
        api = client(fake, waits)
        found = list(by_page(lambda since, page: api.get("/x", {"since": since, "page": page}), rows_at("rows"), lambda r: r["t"], size=3, last_page=2, start=0))
        assert set(ids(found)) == set(range(11))
        assert max(int(a.params["page"]) for a in fake.asked) == 2
        assert found[-1][1] == 8


def test_page_numbers_full_of_one_time_stop_and_say_so(waits):
    with Table(table([1] * 20)) as fake, pytest.raises(PullProblem, match="more than 6 rows share one time"):
        api = client(fake, waits)
        list(by_page(lambda since, page: api.get("/x", {"since": since, "page": page}), rows_at("rows"), lambda r: r["t"], size=3, last_page=2, start=1))


def test_offsets_fall_back_to_the_key(waits):
    with Table(table([0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 7])) as fake:
        api = client(fake, waits)
        found = list(by_offset(lambda since, offset: api.get("/x", {"after_id": since, "offset": offset}), rows_at("rows"), lambda r: r["id"], size=3, most=6, start=-1))
        assert ids(found) == list(range(11)) and max(int(a.params["offset"]) for a in fake.asked) == 3


def test_a_short_page_is_not_the_end_where_the_vendor_says_there_is_more(waits):
    """Rows a reader may not see are left out of pages; only `more` tells the end, and no page after is skipped."""
    with Table(table(range(8)), short=True) as fake:
        api = client(fake, waits)
        found = list(by_offset(lambda since, offset: api.get("/x", {"offset": offset}), rows_at("rows"), lambda r: r["id"], size=3, most=100, start=-1,
                               has_more=lambda b: b["more"]))
        assert ids(found) == [0, 1, 3, 4, 5, 6, 7]


def test_since_an_id(waits):
    with Table(table(range(8))) as fake:
        api = client(fake, waits)
        found = list(by_id(lambda last: api.get("/x", {"after_id": last}), rows_at("rows"), -1))
        assert ids(found) == list(range(8)) and found[-1][1] == 7


def test_by_time_repeats_a_border_and_steps_over_a_flood(waits):
    with Table(table([1, 2, 2, 3, 3, 4, 9])) as fake:
        api = client(fake, waits)
        flooded = []
        found = list(by_time(lambda since: api.get("/x", {"since": since}), rows_at("rows"), lambda b: b["end"], 0, lambda b: not b["more"], lambda *told: flooded.append(told)))
        assert set(ids(found)) == set(range(7)) and not flooded
    with Table(table([1, *[5] * 7, 6, 7])) as fake:
        api = client(fake, waits)
        found = list(by_time(lambda since: api.get("/x", {"since": since}), rows_at("rows"), lambda b: b["end"], 0, lambda b: not b["more"], lambda *told: flooded.append(told)))
        assert flooded == [(5, 3)] and {8, 9} <= set(ids(found))


@pytest.mark.parametrize("refusal", [Reply("upstream timeout", 504), Reply({"message": "Payload Too Large"}, 413)])
def test_too_large_a_question_is_halved(refusal, waits):
    class Picky(Fake):
        def answer(self, asked):
            return refusal if int(asked.params["size"]) > 300 else Reply({"size": asked.params["size"]})
    with Picky() as fake:
        api, sized = client(fake, waits), Sized(1000)
        assert sized.ask(lambda size: api.get("/x", {"size": size})).body == {"size": "250"}
        asked = len(fake.asked)
        assert sized.ask(lambda size: api.get("/x", {"size": size})).body == {"size": "250"} and len(fake.asked) == asked + 1   # it stays small
        with pytest.raises(TooMuch, match=f"answered {refusal.status} to /x"):
            Sized(15).ask(lambda size: api.get("/x", {"size": 999}))


def test_a_planted_secret_is_found_wherever_it_lies(tmp_path):
    """What a run of all tests ends with, for the token of the fakes; here for another word."""
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "rows.parquet").write_bytes(b"x" * 5000 + b"another secret" + b"x" * 5000)
    for name, content in (("secrets.toml", b"another secret"), ("empty", b""), ("clean", b"another")):
        (tmp_path / name).write_bytes(content)
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    assert holding(tmp_path, b"another secret") == [tmp_path / "deep" / "er" / "rows.parquet"]


def test_fakes_are_deterministic(waits):
    def faults_seen():
        with Scripted(Reply({}), faults=Faults(seed=11, unavailable=0.4)) as fake:
            api = client(fake, [])
            for _ in range(20):
                api.get("/x")
            return len(fake.asked)
    assert faults_seen() == faults_seen() > 20
    assert threading.active_count() < 50
