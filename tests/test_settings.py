"""settings.toml: the example is whole, every fault is one sentence with file, key and value."""
import datetime as dt
import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from warehouse.settings import Settings, SettingsProblem

EXAMPLE = Path(__file__).parent.parent / "settings.example.toml"
OFFICE = '[schedules.office]\nzone = "UTC"\nmon = ["09:00-17:00"]\n'
PROMISE = '[sla.a]\nmetric = "resolution"\nclock = "calendar"\ntargets = { high = "4h" }\n'


def read(tmp_path, text):
    (tmp_path / "settings.toml").write_text(text, encoding="utf-8")
    return Settings.read(tmp_path)


def test_no_file_gives_the_defaults(tmp_path):
    found = Settings.read(tmp_path)
    assert found == Settings.read(tmp_path / "nowhere") == Settings()
    assert (found.report_zone, found.default_schedule, found.reopen_window_days, found.repeat_window_days) == ("UTC", None, 7, 7)
    assert (found.work.seconds_per_reply, found.work.seconds_per_note) == (300, 120)
    assert (found.privacy.show_agents, found.privacy.show_customers, found.privacy.keep_text) == (False, False, False)
    assert found.privacy.landing_days is None
    assert found.rates.hourly is None


def test_the_example_is_understood(tmp_path):
    found = read(tmp_path, EXAMPLE.read_text(encoding="utf-8"))
    office = found.schedules["office"]
    assert office.mon == [(9 * 3600, 13 * 3600), (14 * 3600, 18 * 3600)]
    assert office.sat == []
    assert found.schedules["always"].sun == [(0, 86_400)]
    assert office.holidays.partial[dt.date(2026, 12, 24)] == [(9 * 3600, 12 * 3600)]
    assert office.holidays.extra == [dt.date(2026, 6, 5)]
    assert found.sla["first_response"].targets == {"urgent": 1800, "high": 7200, "*": 28_800}
    assert found.sla["first_response"].reasons == {"Account locked": {"*": 3600}, "Invoice copy": {"urgent": 7200, "*": 28_800}}
    assert ("account locked", "*", 3600) in found.sla["first_response"].rows()
    assert found.sla["resolution_2026"].targets == {"urgent": 86_400, "*": 604_800}
    assert found.rates.vendors == {"Helpwell": 4.2}
    assert found.source("intercom").threads_are_reused is True
    assert found.source("unheard of").threads_are_reused is None


def test_the_example_shows_every_key():
    def keys(model):
        for name, field in model.model_fields.items():
            yield name
            for part in re.findall(r"settings\.(\w+)", str(field.annotation)):
                import warehouse.settings
                inner = getattr(warehouse.settings, part)
                if isinstance(inner, type) and issubclass(inner, BaseModel):
                    yield from keys(inner)

    text = EXAMPLE.read_text(encoding="utf-8")
    wanted = set(keys(Settings))
    assert {"subdivision", "url_template", "valid_from", "landing_days"} <= wanted
    assert [key for key in sorted(wanted) if not re.search(rf"^\[?{key}\b|\[{key}\.|\.{key}\]", text, re.MULTILINE)] == []


def test_states_are_the_models():
    model = pytest.importorskip("warehouse.model")
    from warehouse.settings_values import State
    assert set(State.__args__) == set(model.STATES)


def test_a_queue_has_its_schedule_or_the_default_one(tmp_path):
    text = 'default_schedule = "office"\n' + OFFICE + OFFICE.replace("office", "late") + (
        '[queues."desk:Billing: EU"]\nteam = "Billing"\ntier = 2\nvendor = "Helpwell"\nschedule = "late"\n'
        '[queues."desk:Risk"]\nteam = "Risk"\n')
    found = read(tmp_path, text)
    billing = found.queue("desk", "Billing: EU")
    assert (billing.team, billing.tier, billing.vendor, billing.schedule) == ("Billing", 2, "Helpwell", "late")
    assert (found.queue("desk", "Risk").team, found.queue("desk", "Risk").schedule) == ("Risk", "office")
    assert (found.queue("desk", "?").team, found.queue("desk", "?").schedule) == (None, "office")
    assert Settings().queue("desk", "Risk").schedule is None


FAULTS = [
    ('report_zone = "Berlin"', "settings.toml: report_zone = 'Berlin' is not an IANA time zone such as Europe/Lisbon"),
    ('report_zone = "../etc/passwd"', "report_zone = '../etc/passwd' is not an IANA time zone"),
    ("privcy = 1", "settings.toml: privcy = 1 is not a setting"),
    ("[privacy]\nshow_agent = true", "privacy.show_agent = True is not a setting"),
    ('[privacy]\nshow_agents = "yes"', "privacy.show_agents = 'yes' is refused"),
    ("[privacy]\nlanding_days = 0", "privacy.landing_days = 0 is refused"),
    ("reopen_window_days = true", "reopen_window_days = True is refused"),
    ("reopen_window_days = -1\nrepeat_window_days = 0", "(and 1 more)"),
    ("[work]\nseconds_per_reply = -5", "work.seconds_per_reply = -5 is refused"),
    ('default_schedule = "office"', "settings.toml: default_schedule = 'office' is not one of the schedules"),
    ('[queues."a:b"]\nschedule = "x"', "queues.\"a:b\".schedule = 'x' is not one of the schedules"),
    ('[queues.Billing]\nteam = "x"', 'queues."Billing" is not named "source:queue name"'),
    ('[schedules.o]\nmon = ["09:00-17:00"]', "schedules.o.zone is missing"),
    ('[schedules.o]\nzone = "UTC"', "schedules.o is never open"),
    ('[schedules.o]\nzone = "UTC"\nmon = ["9-17"]', "schedules.o.mon = '9-17' is not an interval"),
    ('[schedules.o]\nzone = "UTC"\nmon = ["09:60-17:00"]', "schedules.o.mon = '09:60-17:00' is not an interval"),
    ('[schedules.o]\nzone = "UTC"\nmon = ["20:00-24:01"]', "schedules.o.mon = '20:00-24:01' ends after 24:00"),
    ('[schedules.o]\nzone = "UTC"\nmon = ["22:00-06:00"]', "hours over midnight are two"),
    ('[schedules.o]\nzone = "UTC"\nmon = ["09:00-12:00", "11:59-13:00"]', "schedules.o.mon"),
    (OFFICE + '[schedules.office.holidays]\ncountry = "XX"',
     "schedules.office.holidays has a country without known holidays: XX"),
    (OFFICE + '[schedules.office.holidays]\ncountry = "DE"\nsubdivision = "ZZ"', "without known holidays: DE, ZZ"),
    (OFFICE + '[schedules.office.holidays]\nsubdivision = "BE"', "has a subdivision but no country"),
    (OFFICE + "[schedules.office.holidays]\nextra = [2025-06-11]\nopen = [2025-06-11]", "names 2025-06-11 in more than one"),
    (OFFICE + "[schedules.office.holidays]\nextra = [11]", "schedules.office.holidays.extra = 11"),
    ('[sources.a]\nurl_template = "javascript:alert({id})"', "is not an http address with {id} in it"),
    ('[sources.a]\nurl_template = "https://a.example/{number}"', "is not an http address with {id} in it"),
    ('[sources.a]\ntest_customers = ["*"]', "sources.a.test_customers = '*' is not a pattern"),
    ('[sources.a]\ntest_customers = ["me@example.com"]', "is not a pattern of an e-mail domain"),
    ("[rates]\nhourly = 30", "settings.toml: rates has prices but no currency"),
    ('[rates]\nhourly = nan\ncurrency = "EUR"', "rates.hourly = nan is refused"),
    ('[rates]\ncurrency = "euro"', "rates.currency = 'euro' is refused"),
    (PROMISE.replace('{ high = "4h" }', '{ "*" = "4 hours" }'), "sla.a.targets.* = '4 hours' is not a duration"),
    (PROMISE.replace('{ high = "4h" }', '{}'), "sla.a.targets"),
    (PROMISE.replace('targets = { high = "4h" }\n', ""), "sla.a promises nothing: give targets"),
    (PROMISE.replace('{ high = "4h" }', '{ high = "4h", High = "2h" }'), "sla.a.targets promises for 'high' and 'High', which are the same name"),
    (PROMISE + 'reasons = { login = "1h", Login = "2h" }', "sla.a.reasons promises for 'login' and 'Login', which are the same name"),
    (PROMISE + "reasons = { login = 4 }", "sla.a.reasons.login = 4 is refused"),
    (PROMISE + 'reasons = { login = { high = "soon" } }', "sla.a.reasons.login.high = 'soon' is not a duration"),
    (PROMISE.replace("calendar", "business") + 'reasons = { login = "2d" }', "sla.a promises '2d' for 'login' on the business clock"),
    (PROMISE.replace("calendar", "business") + 'reasons = { login = { high = "2d" } }', "sla.a promises '2d' for 'high' on the business clock"),
    (PROMISE.replace("resolution", "frt"), "sla.a.metric = 'frt' is refused"),
    (PROMISE.replace("calendar", "business").replace("4h", "2d"), "sla.a promises '2d' for 'high' on the business clock"),
    (PROMISE + 'pausing = ["pending"]', "sla.a.pausing = 'pending'"),
    (PROMISE + PROMISE.replace("sla.a", "sla.b"), "sla.b and sla.a promise resolution from the same date"),
    ('[dimensions]\nqueue = "x"', "dimensions.queue is built in"),
    ('[dimensions]\n"Big Site" = "x"', "dimensions.Big Site is built in, or not a name"),
    ("report_zone = ", "settings.toml is not valid TOML: "),
    ('report_zone = "UTC"\nreport_zone = "UTC"', "settings.toml is not valid TOML: "),
]


@pytest.mark.parametrize(("text", "says"), FAULTS, ids=[says for _, says in FAULTS])
def test_a_fault_is_one_sentence(tmp_path, text, says):
    with pytest.raises(SettingsProblem) as problem:
        read(tmp_path, text)
    sentence = str(problem.value)
    assert says in sentence
    assert sentence.startswith("settings.toml")
    assert "\n" not in sentence


def test_odd_files(tmp_path):
    (tmp_path / "settings.toml").write_bytes(b"\xef\xbb\xbf" + b'report_zone = "Asia/Kolkata"\r\n')
    assert Settings.read(str(tmp_path)).report_zone == "Asia/Kolkata"
    (tmp_path / "settings.toml").write_bytes(b'report_zone = "\xff\xfe"')
    with pytest.raises(SettingsProblem, match="not text in UTF-8"):
        Settings.read(tmp_path)
    (tmp_path / "settings.toml").unlink()
    (tmp_path / "settings.toml").mkdir()
    with pytest.raises(SettingsProblem, match="cannot be read"):
        Settings.read(tmp_path)


def test_intervals_are_ordered_and_may_touch(tmp_path):
    found = read(tmp_path, '[schedules.o]\nzone = "UTC"\nmon = ["13:00-17:00", "09:00-13:00"]')
    assert found.schedules["o"].mon == [(32_400, 46_800), (46_800, 61_200)]


def test_fingerprint_follows_what_numbers_rest_on(tmp_path):
    plain = read(tmp_path, OFFICE).fingerprint()
    assert re.fullmatch(r"[0-9a-f]{12}", plain)
    same = [OFFICE + "# a comment\n",
            '[schedules]\noffice.mon = ["09:00-17:00"]\noffice.zone = "UTC"\n', "repeat_window_days = 7\n" + OFFICE,
            OFFICE + "[privacy]\nshow_agents = true\nshow_customers = true\nlanding_days = 3\n"]
    assert {read(tmp_path, text).fingerprint() for text in same} == {plain}
    other = ["repeat_window_days = 8\n" + OFFICE, OFFICE.replace("17:00", "17:01"),
             OFFICE + "[work]\nseconds_per_note = 1\n",
             OFFICE + '[queues."a:b"]\ntier = 1\n', OFFICE + "[privacy]\nkeep_text = true\n",
             OFFICE + '[sources.a]\nbots = ["b"]\n']
    found = {read(tmp_path, text).fingerprint() for text in other}
    assert len(found | {plain}) == len(other) + 1
    link = OFFICE + '[sources.a]\nbots = ["b"]\nurl_template = "https://a.example/{id}"\n'
    assert read(tmp_path, link).fingerprint() in found


def test_the_promise_of_the_week_page_is_the_newest_on_the_calendar():
    from metrics.consistency.promise_kept import promised_hours

    def hours(*promises):
        return promised_hours(
            Settings.model_validate({"sla": {f"p{i}": {"metric": "resolution", "clock": "calendar", **p} for i, p in enumerate(promises)}}).model_dump(
                mode="json"
            )
        )
    assert hours({"targets": {"urgent": "2h", "*": "8h"}, "reasons": {"outage": "12h"}}) == 8
    assert hours({"targets": {"urgent": "2h"}, "reasons": {"outage": {"low": "12h"}}}) == 12
    assert hours({"reasons": {"outage": "1h"}}) == 1
    assert hours({"targets": {"*": "8h"}, "clock": "business"}) is None, "eight opening hours are no eight hours"
    assert hours({"targets": {"*": "8h"}}, {"targets": {"*": "4h"}, "valid_from": dt.date(2026, 1, 1)}) == 4


def test_settings_do_not_change_under_a_reader():
    with pytest.raises(ValueError, match="frozen"):
        Settings().report_zone = "UTC"
