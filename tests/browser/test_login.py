"""The login as it is lived: a provider of our own, the real app, and people with and without a role, each in a browser context of their own."""

from __future__ import annotations

import shutil
from urllib.parse import urlencode

import pytest
from browser.provider import CLIENT, SECRET, provider
from browser.serving import browsing, free_port, idle, needs_chromium, served, someone
from conftest import door

pytestmark = [pytest.mark.browser, needs_chromium]
PEOPLE = {"lena": ["heads"], "mona": ["money"], "max": ["staff", "money"], "chris": ["chat"], "noah": ["kitchen"]}
ACCESS = """
[access]
roles = { leader = ["heads"], analyst = ["data"], lead = ["money", "chat"] }
queues = { money = ["Billing", "Risk"], chat = ["Chat Care"] }
"""
SECRETS = """[auth]
redirect_uri = "{app}/oauth2callback"
cookie_secret = "of no worth outside this test, and long"
client_id = "{client}"
client_secret = "{secret}"
server_metadata_url = "{issuer}/.well-known/openid-configuration"
"""


@pytest.fixture(scope="module")
def place(lumen, tmp_path_factory):
    """The app with its login, and a browser: (address, browser)."""
    folder, port = tmp_path_factory.mktemp("login"), free_port()
    data, kept = shutil.copytree(lumen, folder / "data"), folder / "secrets.toml"
    with (data / "settings.toml").open("a") as file:
        file.write(ACCESS)
    with provider(PEOPLE) as issuer:
        kept.write_text(SECRETS.format(app=f"http://127.0.0.1:{port}", client=CLIENT, secret=SECRET, issuer=issuer), encoding="utf-8")
        with served(data, f"--secrets.files={kept}", port=port) as address, browsing() as browser:
            yield address, browser


@pytest.fixture(scope="module")
def mona(place):
    """The page of a lead, logged in by the link of her own queue."""
    address, browser = place
    return logged_in(browser, f"{address}/queue?queue=Billing&period=26+weeks", "mona")


def logged_in(browser, link: str, name: str):
    """This person opens the link cold, and logs in where they are asked to."""
    page = someone(browser)
    page.goto(link)
    page.get_by_role("button", name="Log in").wait_for()
    assert page.get_by_text("as of").count() == 0 and page.get_by_test_id("stSidebarNav").count() == 0
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("link", name=name, exact=True).click()
    page.wait_for_url(f"{link.partition('/oauth2')[0].rsplit('/', 1)[0]}/**")
    page.get_by_role("button", name="Log out").wait_for()
    return page


def told(page) -> str:
    idle(page)
    return page.get_by_test_id("stMain").inner_text()


def test_a_leader_logs_in_and_out(place):
    address, browser = place
    page = logged_in(browser, f"{address}/", "lena")
    page.get_by_role("heading", name="Week", exact=True).wait_for()
    page.get_by_text("758 contacts in").wait_for()
    menu = page.get_by_test_id("stSidebarNav").inner_text()
    assert "Reasons" in menu and "Load" not in menu and "Sources" not in menu
    page.get_by_role("button", name="Log out").click()
    page.get_by_role("button", name="Log in").wait_for()
    assert page.get_by_text("contacts in").count() == 0 and page.outside == []


def test_a_lead_s_link_is_opened_cold_by_who_may_and_by_who_may_not(place, mona, lumen):
    (_, browser), page = place, mona
    page.get_by_role("heading", name="Take next:").wait_for()
    heading, link = page.get_by_role("heading", name="Take next:").inner_text(), page.url
    assert "queue=Billing" in link and "sees the contacts of Billing, Risk" in page.get_by_test_id("stSidebar").inner_text()
    rows = door("metrics", "ask", "work_list", "--where", "queue=Billing", data=lumen)["rows"]
    assert sum(int(n) for n in heading.replace(",", " ").split() if n.isdigit()) == len(rows), "the whole company's list of that queue"

    colleague = logged_in(browser, link, "max")
    colleague.get_by_role("heading", name=heading).wait_for()
    assert colleague.url == link

    stranger = logged_in(browser, link, "chris")
    stranger.get_by_text("asks for queue Billing, which is not among the contacts you may see").wait_for()
    seen = told(stranger)
    assert heading not in seen and not any(r["ticket_id"] in seen for r in rows)

    nobody = logged_in(browser, link, "noah")
    nobody.get_by_text("noah@lamp.example may see nothing here yet").wait_for()
    assert nobody.get_by_test_id("stSidebarNav").count() == 0 and "Backlog" not in told(nobody)


def test_a_forged_link_reaches_nothing_of_another_queue(place, mona, lumen):
    (address, _), page = place, mona
    other = next(r["ticket_id"] for r in door("metrics", "tickets", "contacts", "--where", "queue=Chat Care", data=lumen)["rows"])
    for name in ("load", "sources", "reasons", "quality"):
        page.goto(f"{address}/{name}")
        page.get_by_text(f"{name.capitalize()} is not for your role").wait_for()
        assert page.get_by_test_id("stMain").locator("button, input").count() == 0
    page.goto(f"{address}/customer?{urlencode({'ticket': other})}")
    page.get_by_text("No contact is known under").wait_for()
    for about in (
        {"metric": "contacts", "queue": "Chat Care"},
        {"metric": "contacts", "where": "queue=Chat Care"},
        {"list": "lost", "queue": "Orders"},
        {"list": "open", "queue": "Chat Orders"},
        {"list": "moved", "move": "Chat Orders", "to": "Chat Tech"},
    ):
        page.goto(f"{address}/bottlenecks?{urlencode({'period': 'all', 'behind': urlencode(about)})}")
        page.get_by_role("dialog").get_by_text("No tickets behind it in this scope").wait_for()
    page.goto(f"{address}/oauth2callback?code=guessed&state=guessed")
    page.get_by_role("button", name="Log out").wait_for()
    assert "mona" in page.get_by_test_id("stSidebar").inner_text(), "a guessed answer of the provider changes nothing"


def test_a_forged_cookie_is_nobody(place, mona):
    (address, _), page = place, mona
    [own] = [c for c in page.context.cookies() if c["name"] == "_streamlit_user"]
    page.context.add_cookies([{**own, "value": own["value"].replace(own["value"][30:34], "AAAA")}])
    page.goto(f"{address}/week")
    page.get_by_role("button", name="Log in").wait_for()
    assert page.get_by_text("contacts in").count() == 0
