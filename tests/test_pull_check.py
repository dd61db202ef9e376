"""`check` says what is wrong in one sentence, for every tool and every kind of fault."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from conftest import door
from fakes.chatwoot import Chatwoot
from fakes.hubspot import HubSpot
from fakes.intercom import Intercom
from fakes.rt import RT
from fakes.salesforce import Salesforce
from fakes.server import Reply
from fakes.zendesk import Zendesk
from pulls import account

from connectors.contract import all_connectors


@dataclass(frozen=True)
class Tool:
    """A fake, what its settings need, and what to forbid: a stream that may be missing, one that follows another, the one that is needed."""

    fake: Any
    closed: tuple[str, str]
    needed: tuple[str, str]
    following: tuple[str, str] | None = None
    keys: dict[str, Any] = field(default_factory=dict)


TOOLS = {
    "zendesk": Tool(Zendesk, ("slas/policies", "sla policies"), ("/incremental/tickets", "tickets"), ("/audits", "audits"), {"account": "service@lamp.example"}),
    "intercom": Tool(Intercom, ("/teams", "teams"), ("/conversations/search", "conversations")),
    "hubspot": Tool(HubSpot, ("feedback_submissions", "ratings"), ("/tickets/search", "changed tickets"), ("/messages", "messages")),
    "salesforce": Tool(Salesforce, ("EmailMessage", "mails"), ("Case", "cases")),
    "chatwoot": Tool(Chatwoot, ("csat_survey", "ratings"), ("/conversations", "conversations"), ("/messages", "messages"), {"account": "1"}),
    "rt": Tool(RT, ("/queues", "queues"), ("/transactions", "transactions")),
}


def test_all_that_pull_are_here():
    assert TOOLS.keys() == {name for name, connector in all_connectors().items() if connector.api}


def test_list_names_them_with_their_fidelity(tmp_path, capsys):
    """Every stream whose rows are read says what it tells of changes; in words as well."""
    import connectors.__main__ as the_door
    listed = {c["name"]: {s["stream"]: s["fidelity"] for s in c["streams"]} for c in door("connectors", "list", data=tmp_path)["connectors"]}
    assert listed.keys() == TOOLS.keys() == {"zendesk", "intercom", "hubspot", "salesforce", "chatwoot", "rt"}
    assert the_door.main(["list", "--data", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    for name, streams in listed.items():
        assert {s.name for s in all_connectors()[name].api.streams if s.reads} <= {stream for stream, fidelity in streams.items() if fidelity}, name
        assert any(fidelity.startswith("events") for fidelity in streams.values()), name
        assert f"{name}: {all_connectors()[name].label}\n" in said
        assert all(f"  {stream}: {fidelity or 'looked up by the others'}\n" in said for stream, fidelity in streams.items())


@pytest.fixture(params=TOOLS)
def tool(request, tmp_path, monkeypatch):
    """(name, Tool, running fake with something in it, data folder)."""
    name, told = request.param, TOOLS[request.param]
    with told.fake() as fake:
        fake.live(1, 25)
        if name == "chatwoot":
            fake.reports = {}   # a newer installation
        yield name, told, fake, account(tmp_path / "data", name, fake, monkeypatch, **told.keys)


def said(data, name, code):
    return door("connectors", "check", name, data=data, code=code)


def test_nothing_is_wrong(tool):
    name, _, fake, data = tool
    assert said(data, name, 0)["says"] == f"{name} answers and every stream may be read"
    assert not (data / "landing").exists() and len(fake.asked) < 100


def test_no_token_and_a_wrong_one(tool, monkeypatch):
    name, _, _, data = tool
    monkeypatch.setenv(f"EVENKEEL_{name.upper()}_TOKEN", "nonsense")
    told = said(data, name, 1)
    assert "127.0.0.1 does not accept the token" in told and "make a new one and set it again" in told and "nonsense" not in told
    monkeypatch.delenv(f"EVENKEEL_{name.upper()}_TOKEN")
    assert said(data, name, 1).startswith(f"{name} has no token; set EVENKEEL_{name.upper()}_TOKEN, or token under [{name}] of secrets.toml")


def test_a_wrong_host(tool, monkeypatch):
    """Nobody there; somebody else; a page to log in. And one that is only slow is not wrong."""
    name, _, fake, data = tool
    true = fake.answer
    fake.answer = lambda asked: Reply({"error": "no such page"}, 404)
    assert f"127.0.0.1 answers, but not as {all_connectors()[name].label} does (" in said(data, name, 1)
    fake.answer = lambda asked: Reply("<html>Log in</html>")
    assert "with a web page, not with data; is the host in settings right?" in said(data, name, 1)
    fake.answer = lambda asked: Reply({}, 429)
    assert said(data, name, 75) == "127.0.0.1 limits the pace and still did after 3 attempts; the next pull goes on from here"
    fake.answer = true
    settings = data / "settings.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace(fake.base, "http://127.0.0.1:9"), encoding="utf-8")
    assert f"(last: Connection refused); the next pull goes on from here; is host in [sources.{name}] of settings.toml right" in said(data, name, 75)


def test_no_permission_for_a_stream(tool):
    name, told, fake, data = tool
    for part, stream in filter(None, (told.closed, told.following)):
        fake.forbidden = {part}
        answer = said(data, name, 1)
        assert answer.startswith(f"{name} answers, but these streams will be left out: ") and f"{stream} (no permission for " in answer and "; it needs " in answer
    fake.forbidden = {told.needed[0]}
    assert f"{name} answers, but nothing can be pulled without {told.needed[1]} (no permission for " in said(data, name, 1)


def test_a_clock_that_is_off(tool, monkeypatch):
    import connectors.__main__ as the_door
    name, _, fake, data = tool
    monkeypatch.setattr(the_door, "_now", lambda: fake.now().replace(year=2027))
    assert said(data, name, 1) == "the clock of this machine is 31,536,000 s ahead of that of 127.0.0.1; set it right"
    monkeypatch.setattr(the_door, "_now", lambda: fake.now().replace(year=2025))
    assert " s behind that of 127.0.0.1; set it right" in said(data, name, 1)


def test_what_settings_lack(tool):
    name, _, fake, data = tool
    settings = data / "settings.toml"
    settings.write_text(f"[sources.{name}]\n", encoding="utf-8")
    assert said(data, name, 1).startswith(f"{name} has no host; set host in [sources.{name}] of settings.toml, such as ")
    settings.write_text(f'[sources.{name}]\nhost = "{fake.base}"\naccount = "1"\noptions = {{ speed = 1 }}\n', encoding="utf-8")
    assert f"options.speed of [sources.{name}] is no option of {all_connectors()[name].label}; there are " in said(data, name, 1)
    if name == "chatwoot":
        settings.write_text(f'[sources.{name}]\nhost = "{fake.base}"\n', encoding="utf-8")
        assert said(data, name, 1).startswith("chatwoot has no account; set account in [sources.chatwoot] of settings.toml: the number of the account")
