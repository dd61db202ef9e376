"""Opening hours and promises a tool holds, as sections of settings.toml: what is printed loads, and the business clock runs by it."""
from __future__ import annotations

import tomllib
from datetime import date

import pytest
from conftest import HOME, door
from fakes.chatwoot import Chatwoot
from fakes.salesforce import Salesforce
from fakes.zendesk import Zendesk
from pulls import account, pull, rows
from streamlit.testing.v1 import AppTest

from connectors.zones import iana
from warehouse.settings import Settings

LOGIN = {"account": "service@lamp.example"}
NINE_TO_FIVE = [(9 * 3600, 17 * 3600)]


@pytest.fixture
def zendesk():
    with Zendesk() as fake:
        yield fake


@pytest.fixture
def data(tmp_path, zendesk, monkeypatch):
    return account(tmp_path / "data", "zendesk", zendesk, monkeypatch, **LOGIN)


def printed(data, name="zendesk"):
    return door("connectors", "settings", name, data=data)["settings"]


def taken(data, name="zendesk"):
    """Settings of the data folder with the printed text at its end."""
    file = data / "settings.toml"
    file.write_text(file.read_text(encoding="utf-8") + printed(data, name), encoding="utf-8")
    return Settings.read(data)


def target(priority, metric, minutes, business=False):
    return {"priority": priority, "metric": metric, "target": minutes, "business_hours": business}


def policy(number, title, *targets, position=1, **conditions):
    named = {part: [{"field": f, "operator": "is", "value": v} for f, v in pairs] for part, pairs in conditions.items()}
    return {"id": number, "title": title, "position": position, "filter": {"all": [], "any": [], **named}, "policy_metrics": list(targets)}


def test_schedules_with_zone_intervals_and_holidays(zendesk, data):
    """Minutes count from Sunday, on the wall clock of the schedule's own zone, which has a name of its own."""
    zendesk.schedules += [{"id": 2, "name": "US: late", "time_zone": "Pacific Time (US & Canada)",
                           "intervals": [{"start_time": 0, "end_time": 120}, {"start_time": 9000, "end_time": 10080}, {"start_time": 120, "end_time": 240}]},
                          {"id": 3, "name": "office", "time_zone": "Tokyo", "intervals": [{"start_time": 0, "end_time": 10080}]}]
    zendesk.holidays = {1: [{"id": 9, "name": "private party", "start_date": "2026-12-24", "end_date": "2026-12-26"},
                            {"id": 8, "name": "new year", "start_date": "2027-01-01", "end_date": "2027-01-01"}]}
    pull(data, "zendesk")
    found = taken(data).schedules
    assert found["office 1"].zone == "Europe/Lisbon" and found["office 1"].mon == NINE_TO_FIVE == found["office 1"].fri and not found["office 1"].sun + found["office 1"].sat
    assert found["office 1"].holidays.extra == [date(2026, 12, 24), date(2026, 12, 25), date(2026, 12, 26), date(2027, 1, 1)]
    assert (found["US: late"].zone, found["US: late"].sun, found["US: late"].sat) == ("America/Los_Angeles", [(0, 4 * 3600)], [(6 * 3600, 86_400)])
    assert found["office 3"].zone == "Asia/Tokyo" and all(getattr(found["office 3"], d) == [(0, 86_400)] for d in ("mon", "wed", "sun"))
    assert "private party" not in printed(data)


def test_a_promise_per_metric_of_the_policy_that_holds_for_all(zendesk, data):
    zendesk.policies = [
        policy(1, "VIP", target("urgent", "first_reply_time", 15), position=1, all=[("organization_id", "7")], any=[("type", "incident"), ("type", "problem")]),
        policy(2, "Everybody", *(target(p, "first_reply_time", m, True) for p, m in (("urgent", 60), ("high", 240), ("low", 485))), target("normal", "first_reply_time", 30),
               target("high", "next_reply_time", 120), target("high", "requester_wait_time", 2880), target("high", "agent_work_time", 600),
               target("high", "periodic_update_time", 60), position=2)]
    pull(data, "zendesk")
    text = printed(data)
    found = taken(data).sla
    assert {k: (v.metric, v.clock, v.targets, v.pausing) for k, v in found.items()} == {
        "zendesk_first_reply_time": ("first_response", "business", {"urgent": 3600, "high": 14_400, "low": 29_100}, []),
        "zendesk_next_reply_time": ("next_response", "calendar", {"high": 7200}, []),
        "zendesk_requester_wait_time": ("resolution", "calendar", {"high": 172_800}, ["waiting_customer"])}
    assert "normal: 30m by the calendar clock is left out: settings know one clock a promise." in text
    assert "# first_reply_time of the policy VIP, for tickets with organization_id is 7 and type is incident or type is problem; settings would promise it to all." in text
    assert "# Not usable as it is: settings know one promise of first_response, and first_reply_time of Everybody is it\n# [sla.zendesk_first_reply_time_2]" in text
    assert "# Not usable as it is: settings know one promise of resolution, and requester_wait_time of Everybody is it" in text
    assert "# periodic_update_time of the policy Everybody.\n# Not usable as it is: settings know no such promise" in text


def test_seconds_are_taken_where_there_are_any_and_what_zendesk_tries_last_holds_where_all_have_conditions(zendesk, data):
    in_seconds = target("high", "first_reply_time", 2) | {"target_in_seconds": 90}
    zendesk.policies = [policy(1, "first", target("high", "first_reply_time", 10), position=1, all=[("type", "incident")]),
                        policy(2, "last", in_seconds, target("low", "first_reply_time", 0), position=2, all=[("type", "task")])]
    pull(data, "zendesk")
    assert taken(data).sla["zendesk_first_reply_time"].targets == {"high": 120}
    assert "of the policy last, for tickets with type is task" in printed(data)


def test_what_settings_cannot_hold_is_commented_out_with_the_reason(zendesk, data):
    zendesk.schedules = [{"id": 1, "name": 'odd "zone"\nnext', "time_zone": "Atlantis", "intervals": [{"start_time": 600, "end_time": 660}]},
                         {"id": 2, "name": "many", "time_zone": "London", "intervals": [{"start_time": 600 + 60 * n, "end_time": 630 + 60 * n} for n in range(5)]},
                         {"id": 3, "name": "never", "time_zone": "London", "intervals": []}]
    zendesk.policies = [policy(1, "none", target("high", "first_reply_time", 0))]
    zendesk.forbidden = {"/2/holidays"}
    pull(data, "zendesk")
    text = printed(data)
    assert tomllib.loads(text) == {} and taken(data) is not None
    assert "the zone Atlantis has no IANA name known here; write one" in text and '# [schedules."odd \\"zone\\"\\nnext"]' in text
    assert "sun has more than 4 intervals" in text and "is never open" in text and "it has no target of a minute or more" in text
    assert "# schedules: without holidays: no permission for /api/v2/business_hours/schedules/2/holidays" in text


def test_what_is_no_more_there_is_not_printed_and_what_may_not_be_read_is_said(zendesk, data):
    zendesk.schedules.append({"id": 2, "name": "night", "time_zone": "UTC", "intervals": [{"start_time": 0, "end_time": 60}]})
    pull(data, "zendesk")
    assert "[schedules.night]" in printed(data)
    zendesk.schedules.pop()
    zendesk.forbidden = {"slas/policies"}
    pull(data, "zendesk")
    assert "night" not in printed(data) and "# sla policies: no permission for /api/v2/slas/policies" in printed(data)


def test_the_business_clock_runs_by_what_was_copied(zendesk, data):
    """End to end: pulled, printed, copied, rebuilt. A ticket of Friday 16:00 answered on Monday at 10:00 waited two hours of nine to five."""
    friday = 1_767_603_600 + 4 * 86_400 + 7 * 3600   # Friday 2026-01-09 16:00 in Lisbon
    zendesk.clock = friday - 60
    zendesk.policies = [policy(1, "all", target("normal", "first_reply_time", 90, True))]
    ticket = zendesk.open(priority="normal")
    zendesk.clock = friday + 66 * 3600 - 60
    zendesk.say(ticket, 81)
    pull(data, "zendesk")
    text = printed(data)
    assert 'default_schedule = "office"' in text
    file = data / "settings.toml"
    file.write_text('default_schedule = "office"\n' + file.read_text(encoding="utf-8") + text, encoding="utf-8")
    door("warehouse", "rebuild", data=data)
    assert rows(data, "SELECT metric, is_business, target_seconds, counted_seconds FROM targets") == [("first_response", True, 5400, 7200)]


def test_the_sources_page_shows_them_to_copy(data, monkeypatch):
    monkeypatch.setenv("EVENKEEL_DATA", str(data))
    monkeypatch.setenv("EVENKEEL_SAMPLE", "no")
    pull(data, "zendesk")
    page = AppTest.from_file(str(HOME / "app.py"), default_timeout=60).run().switch_page("pages/data/2_sources.py").run()
    assert not any("[schedules" in code.value for code in page.code)
    page.toggle(key="settings_zendesk").set_value(True).run()
    assert not page.exception and page.code[0].value.rstrip("\n") == printed(data).rstrip("\n")
    assert any("the settings alone count" in caption.value for caption in page.caption)


def test_salesforce_business_hours(tmp_path, monkeypatch):
    """The clock of the hours' own zone, whatever the Z; midnight to midnight is the whole day."""
    with Salesforce() as org:
        data = account(tmp_path / "data", "salesforce", org, monkeypatch)
        day = {"StartTime": "09:00:00.000Z", "EndTime": "17:00:00.000Z"}
        hours = {f"{name}{part}": value for name in ("Monday", "Tuesday") for part, value in day.items()}
        org.tables["BusinessHours"] = [
            {"Id": "01m1", "Name": "Care", "IsDefault": False, "IsActive": True, "TimeZoneSidKey": "Europe/Berlin", **hours},
            {"Id": "01m2", "Name": "Always", "IsDefault": True, "IsActive": True, "TimeZoneSidKey": "UTC", "SundayStartTime": "00:00:00.000Z", "SundayEndTime": "00:00:00.000Z",
             "MondayStartTime": "22:00:00.000Z", "MondayEndTime": "02:00:00.000Z"},
            {"Id": "01m3", "Name": "Gone", "IsDefault": False, "IsActive": False, "TimeZoneSidKey": "UTC", **hours}]
        org.open()
        pull(data, "salesforce")
        assert 'default_schedule = "Always"' in printed(data, "salesforce")
        found = taken(data, "salesforce").schedules
        assert found.keys() == {"Always", "Care"} and (found["Care"].zone, found["Care"].mon, found["Care"].wed) == ("Europe/Berlin", NINE_TO_FIVE, [])
        assert (found["Always"].sun, found["Always"].mon, found["Always"].tue) == ([(0, 86_400)], [(22 * 3600, 86_400)], [(0, 2 * 3600)])


@pytest.fixture
def org():
    with Salesforce() as fake:
        yield fake


@pytest.fixture
def orgs_data(tmp_path, org, monkeypatch):
    return account(tmp_path / "data", "salesforce", org, monkeypatch)


def entitled(org, process="Gold", **more):
    return org.open(Entitlement={"SlaProcess": {"Name": process}, "Name": "Mia Private's contract"}, **more)


def test_promises_are_inferred_from_the_milestones_that_cases_had(org, orgs_data):
    """Per priority the target most of them had; the clock of business hours where target dates lie further away than the minutes."""
    org.tables["BusinessHours"] = [{"Id": "01m1", "Name": "Care", "IsDefault": True, "IsActive": True, "TimeZoneSidKey": "Europe/Berlin", "MondayStartTime": "09:00:00.000Z",
                                    "MondayEndTime": "17:00:00.000Z"}]
    for priority, minutes in (("High", 60), ("High", 60), ("High", 30), ("Low", 480)):
        org.milestone(entitled(org, Priority=priority), False, True, minutes=minutes, beyond=960 if priority == "Low" else 0, BusinessHoursId="01m1")
    for priority in ("High", "Low"):
        org.milestone(entitled(org, Priority=priority), False, False, "Resolution Time", 2 * 1440)
    pull(orgs_data, "salesforce")
    text = printed(orgs_data, "salesforce")
    found = taken(orgs_data, "salesforce").sla
    assert {k: (v.metric, v.clock, v.targets) for k, v in found.items()} == {
        "salesforce_first_response": ("first_response", "business", {"High": 3600, "Low": 28_800}),
        "salesforce_resolution_time": ("resolution", "calendar", {"*": 172_800})}
    assert "# The milestone First Response of the entitlement process Gold. Inferred, not defined: from 4 milestones that cases had;" in text
    assert "# High: 1h in 2 of 3; also 30m (1)." in text and "# That it is the promise of resolution is inferred from its name." in text
    assert "# The clock is inferred: in 1 of 4 TargetDate lies further from StartDate than the minutes. Business hours: Care (4 of 4)" in text
    assert "# The clock is inferred: in 0 of 2 TargetDate lies further from StartDate than the minutes.\n" in text
    assert "Mia" not in text and b"contract" not in (orgs_data / "landing" / "salesforce.duckdb").read_bytes()


def test_minutes_that_are_not_told_are_inferred_from_the_dates_and_a_clock_that_stood_still_is_no_business_clock(org, orgs_data):
    org.hidden = {"TargetResponseInMins"}
    org.milestone(entitled(org, ""), False, True, "Initial reply", 90, BusinessHoursId="01mX")
    org.milestone(entitled(org, ""), False, True, "Initial reply", 90, 500, StoppedTimeInMins=500)   # how much of the span was promised is not told
    pull(orgs_data, "salesforce")
    text = printed(orgs_data, "salesforce")
    assert taken(orgs_data, "salesforce").sla["salesforce_initial_reply"].targets == {"*": 5400}
    assert "# The milestone Initial reply. Inferred" in text and "from 1 milestone that cases had" in text
    assert "# Of 1 the minutes are inferred from StartDate to TargetDate, because TargetResponseInMins is not told" in text
    assert "# The clock is inferred from its business hours: no dates tell it. Business hours: 01mX (1 of 1)" in text and 'clock = "business"' in text


def test_a_clock_that_stood_still_is_said_and_says_nothing_of_business_hours(org, orgs_data):
    org.milestone(entitled(org), False, True, minutes=60)
    org.milestone(entitled(org), False, True, minutes=60, beyond=500, StoppedTimeInMins=500)
    pull(orgs_data, "salesforce")
    assert taken(orgs_data, "salesforce").sla["salesforce_first_response"].clock == "calendar"
    assert "# 1 of them stood still for a time: statuses stop the clock, which ones is not told;" in printed(orgs_data, "salesforce")


def test_of_several_milestones_that_promise_the_same_the_one_seen_most_is_taken(org, orgs_data):
    for process, minutes, times in (("Silver", 240, 1), ("Gold", 60, 2)):
        for _ in range(times):
            org.milestone(entitled(org, process), False, True, minutes=minutes)
    org.milestone(entitled(org), False, True, "Site visit \"B\"", 300)
    org.milestone(entitled(org), False, True, "Next response", 120)
    pull(orgs_data, "salesforce")
    text = printed(orgs_data, "salesforce")
    found = taken(orgs_data, "salesforce").sla
    assert {k: (v.metric, v.targets) for k, v in found.items()} == {
        "salesforce_first_response": ("first_response", {"*": 3600}), "salesforce_next_response": ("next_response", {"*": 7200})}
    off = "# Not usable as it is: settings know one promise of first_response, and First Response of the entitlement process Gold is it\n"
    assert off + "# [sla.salesforce_first_response_2]" in text
    assert "# Not usable as it is: which promise it is cannot be told from its name" in text and '# targets = { "*" = "5h" }' in text


def test_an_org_without_entitlements_has_hours_and_no_promises(org, orgs_data):
    org.tables["BusinessHours"] = [{"Id": "01m1", "Name": "Care", "IsDefault": True, "IsActive": True, "TimeZoneSidKey": "UTC", "MondayStartTime": "09:00:00.000Z",
                                    "MondayEndTime": "17:00:00.000Z"}]
    org.unsupported = {"CaseMilestone"}
    org.open()
    pull(orgs_data, "salesforce")
    assert "[schedules.Care]" in printed(orgs_data, "salesforce") and "sla" not in printed(orgs_data, "salesforce")


def test_what_there_is_none_of_is_said(tmp_path, zendesk, data, monkeypatch):
    assert "zendesk has not been pulled yet; run: python -m connectors pull zendesk" in door("connectors", "settings", "zendesk", data=data, code=1)
    with Chatwoot() as fake:
        other = account(tmp_path / "other", "chatwoot", fake, monkeypatch, account="1")
        assert "Chatwoot says nothing of opening hours and promises" in door("connectors", "settings", "chatwoot", data=other, code=1)
    assert "'tawk' is no connector that pulls" in door("connectors", "settings", "tawk", data=data, code=1)


@pytest.mark.parametrize(("told", "meant"), [("Lisbon", "Europe/Lisbon"), ("Eastern Time (US & Canada)", "America/New_York"), ("Mumbai", "Asia/Kolkata"),
                                             ("Europe/Kyiv", "Europe/Kyiv"), ("Buenos Aires", "America/Argentina/Buenos_Aires"), ("Istanbul", "Europe/Istanbul"),
                                             ("Melbourne", "Australia/Melbourne"), ("Samoa", "Pacific/Apia"), ("Atlantis", None), ("", None)])
def test_zones_by_other_names(told, meant):
    assert iana(told) == meant
