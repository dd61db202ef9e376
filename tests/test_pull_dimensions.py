"""An account's own fields as dimensions: named in [dimensions] of settings, before a pull or after it, they filter and split every metric."""
from __future__ import annotations

import pytest
from conftest import door, load, show
from fakes.chatwoot import Chatwoot
from fakes.hubspot import HubSpot
from fakes.intercom import Intercom
from fakes.rt import RT
from fakes.salesforce import Salesforce
from fakes.zendesk import Zendesk
from pulls import account, note, pull

from metrics.engine.metric import catalog


def named(data, dimensions):
    """Settings with these dimensions, in front, as a table of the top must be."""
    file = data / "settings.toml"
    lines = "".join(f'{name} = "{column}"\n' for name, column in dimensions.items())
    file.write_text(file.read_text(encoding="utf-8") + f"[dimensions]\n{lines}", encoding="utf-8")


def split(data, dimension, metric="contacts", *words):
    return {row[dimension]: row["value"] for row in show(data, metric, "--by", dimension, *words)}


def zendesk(fake):
    for site in ("Porto", "Porto", "Faro"):
        fake.open(custom_fields=[{"id": 77, "value": site}, {"id": 78, "value": ["late", "wet"]}])
    fake.open(custom_fields=[{"id": 77, "value": None}])


def intercom(fake):
    for site in ("Porto", "Porto", "Faro"):
        fake.open(custom_attributes={"Site of order": site, "Marks": ["late", "wet"]})
    fake.open(custom_attributes={})


def hubspot(fake):
    for site in ("Porto", "Porto", "Faro"):
        fake.open(site=site, marks="late;wet")
    fake.open()


def salesforce(fake):
    for site in ("Porto", "Porto", "Faro"):
        fake.open(Site__c=site, Parts__c={"marks": "late;wet"})
    fake.open(Site__c=None)


def chatwoot(fake):
    for site in ("Porto", "Porto", "Faro"):
        fake.conversations[fake.open()]["custom_attributes"] = {"site": site, "marks": ["late", "wet"]}
    fake.open()


def rt(fake):
    for site in ("Porto", "Porto", "Faro", None):
        number = fake.open()
        fake.tickets[number]["CustomFields"] = [{"id": "1", "name": "Site of order", "values": [site]}, {"id": "2", "name": "Marks", "values": ["late;wet"]}] if site else []


TOOLS = {
    "zendesk": (Zendesk, zendesk, {"account": "service@lamp.example"}, "custom_fields.77", "custom_fields.78"),
    "intercom": (Intercom, intercom, {}, "custom_attributes.Site of order", "custom_attributes.Marks"),
    "hubspot": (HubSpot, hubspot, {"options": {"more_properties": ["site", "marks"]}}, "properties.site", "properties.marks"),
    "salesforce": (Salesforce, salesforce, {"options": {"more_fields": ["Site__c", "Parts__c"]}}, "fields.Site__c", "fields.Parts__c.marks"),
    "chatwoot": (Chatwoot, chatwoot, {"account": "1"}, "custom_attributes.site", "custom_attributes.marks"),
    "rt": (RT, rt, {}, "fields.Site of order", "fields.Marks"),
}


@pytest.mark.parametrize("source", TOOLS)
def test_a_field_of_the_accounts_own_splits_every_metric_without_another_pull(source, tmp_path, monkeypatch):
    """Several values are one, joined; a contact without the field stands under none, and is not left out."""
    vendor, lives, keys, site, marks = TOOLS[source]
    with vendor() as fake:
        data = account(tmp_path / "data", source, fake, monkeypatch, **keys)
        lives(fake)
        pull(data, source)
        fake.clock += 7200
        named(data, {"site": site, "marks": marks})
        asked = len(fake.asked)
        door("warehouse", "refresh", data=data)
        assert split(data, "site") == {"Porto": 2, "Faro": 1, None: 1} and split(data, "marks") == {"late;wet": 3, None: 1}
        assert len(fake.asked) == asked
        assert show(data, "contacts", "--where", "site=Faro")[0]["value"] == 1
        lives(fake)
        pull(data, source)   # and what comes later has it from the start
        assert split(data, "site") == {"Porto": 4, "Faro": 2, None: 2}


def test_every_metric_can_be_split_by_it(tmp_path, monkeypatch):
    with Zendesk() as fake:
        data = account(tmp_path / "data", "zendesk", fake, monkeypatch, account="service@lamp.example")
        zendesk(fake)
        named(data, {"site": "custom_fields.77"})
        pull(data, "zendesk")
        for metric in catalog():
            found = show(data, metric, "--by", "site")
            assert {row["site"] for row in found} <= {"Porto", "Faro", None}, metric


def test_a_further_field_that_is_not_there_is_said_and_one_that_is_no_name_is_refused(tmp_path, monkeypatch):
    with Salesforce() as org:
        data = account(tmp_path / "data", "salesforce", org, monkeypatch, options={"more_fields": ["Site__c", "Gone__c"]})
        salesforce(org)
        assert "Case has no Gone__c this user may read" in note(pull(data, "salesforce"), "cases")
        other = account(tmp_path / "other", "salesforce", org, monkeypatch, options={"more_fields": ["Site__c FROM User"]})
        assert "options.more_fields of [sources.salesforce] is no name of a field: Site__c FROM User" in pull(other, "salesforce", code=1)


def test_a_column_of_an_export_is_a_dimension_likewise(tmp_path):
    file = tmp_path / "tickets.csv"
    file.write_text("Ticket ID,Subject,Status,Source,Type,Agent,Group,Created time,Resolved time,cf_site\n"
                    "1,Lamp,Open,Email,Return,Ana,Orders,2026-01-25 09:00:00,,Porto\n2,Lamp,Open,Email,Return,Ana,Orders,2026-01-25 09:00:00,,\n", encoding="utf-8")
    data = tmp_path / "data"
    data.mkdir()
    (data / "settings.toml").write_text('[dimensions]\nsite = "cf_site"\n', encoding="utf-8")
    load(data, file)
    assert split(data, "site") == {"Porto": 1, None: 1}
