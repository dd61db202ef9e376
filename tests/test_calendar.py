"""Business time: worked cases, laws, and a slow reading of the wall clock minute by minute to agree with."""
import datetime as dt
import time
from functools import partial
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from warehouse.calendar import COLUMNS, calendar_rows, open_seconds_sql
from warehouse.settings import WEEKDAYS, Settings, SettingsProblem
from warehouse.sql import expand

QUESTION = expand(
    f"select {open_seconds_sql('t.b', 'cb')} - {open_seconds_sql('t.a', 'ca')} from t"
    " left join cal ca on ca.schedule = t.schedule and ca.on_date = @day(t.a)"
    " left join cal cb on cb.schedule = t.schedule and cb.on_date = @day(t.b) order by t.n")
CON = duckdb.connect()


def each(days, *hours):
    return {day: list(hours) for day in days}


NINE_TO_FIVE, ALWAYS = each(WEEKDAYS[:5], "09:00-17:00"), each(WEEKDAYS, "00:00-24:00")
laws = partial(settings, deadline=None, derandomize=True)


def business(schedule, *pairs, first=None, last=None):
    """Business seconds of pairs of naive UTC datetimes, through the SQL on DuckDB."""
    instants = [instant for pair in pairs for instant in pair if instant]
    first, last = first or min(instants).date(), last or max(instants).date()
    CON.register("cal", calendar_rows(Settings(schedules={"s": schedule}), first, last))
    CON.execute("create or replace table t (n integer, schedule varchar, a timestamp, b timestamp)")
    for n, (a, b) in enumerate(pairs):
        CON.execute("insert into t values (?, 's', ?, ?)", [n, a, b])
    return [seconds for seconds, in CON.execute(QUESTION).fetchall()]


def utc(text, zone="UTC"):
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(dt.UTC).replace(tzinfo=None)


def wall_clock_seconds(schedule, a, b):
    """The oracle: walk the UTC minutes from a to b, look at the wall clock in each, add up the open ones."""
    zone, free = ZoneInfo(schedule["zone"]), schedule.get("holidays", {})
    total, minute = 0, a.replace(second=0)
    while minute < b:
        local = minute.replace(tzinfo=dt.UTC).astimezone(zone)
        day, shown = local.date().isoformat(), local.strftime("%H:%M")
        hours = schedule.get(WEEKDAYS[local.weekday()], [])
        if day in free.get("extra", []):
            hours = []
        hours = free.get("partial", {}).get(day, hours)
        if any(interval[:5] <= shown < interval[6:] for interval in hours):
            total += int((min(b, minute + dt.timedelta(minutes=1)) - max(a, minute)).total_seconds())
        minute += dt.timedelta(minutes=1)
    return total


def office(zone="UTC", **holidays):
    return {"zone": zone, **NINE_TO_FIVE, "holidays": holidays}


def always(zone):
    return {"zone": zone, **ALWAYS}


JUNE = office(extra=["2025-06-11"])
BRISBANE = office("Australia/Brisbane", country="AU", subdivision="QLD")
NEW_YORK = office("America/New_York")
GOLDEN = [  # (case, schedule, zone of the times, from, to, business minutes)
    ("2 seconds over a minute's edge", JUNE, "UTC", "2025-06-09 10:00:59", "2025-06-09 10:01:01", 2 / 60),
    ("answered in the same second", JUNE, "UTC", "2025-06-09 10:00:00", "2025-06-09 10:00:00", 0),
    ("105 weeks, no horizon", office(), "UTC", "2023-06-05 09:00", "2025-06-09 09:00", 252_000),
    ("over a holiday on Wednesday", JUNE, "UTC", "2025-06-10 16:00", "2025-06-12 10:00", 120),
    ("Saturday to Sunday", JUNE, "UTC", "2025-06-14 12:00", "2025-06-15 12:00", 0),
    ("open an hour", JUNE, "UTC", "2025-06-09 10:00", "2025-06-09 11:00", 60),
    ("pending two hours", JUNE, "UTC", "2025-06-09 11:00", "2025-06-09 13:00", 120),
    ("open, pending and open", JUNE, "UTC", "2025-06-09 10:00", "2025-06-09 14:00", 240),
    ("weekend only", office(), "UTC", "2025-06-13 17:00", "2025-06-16 09:00", 0),
    ("New York, spring", NEW_YORK, "America/New_York", "2025-03-07 16:00", "2025-03-10 10:00", 120),
    ("New York, autumn", NEW_YORK, "America/New_York", "2025-10-31 16:00", "2025-11-03 10:00", 120),
    ("New York, the full week after", NEW_YORK, "America/New_York", "2025-03-10 00:00", "2025-03-17 00:00", 2400),
    ("24/7 Pacific over the clock change", always("America/Los_Angeles"), "UTC", "2025-03-05 00:00", "2025-03-20 00:00", 21_600),
    ("24/7 Kolkata", always("Asia/Kolkata"), "UTC", "2025-03-05 00:00", "2025-03-20 00:00", 21_600),
    ("24/7 Kolkata, local times", always("Asia/Kolkata"), "Asia/Kolkata", "2025-03-05 00:00", "2025-03-20 00:00", 21_600),
    ("Kolkata office day", office("Asia/Kolkata"), "Asia/Kolkata", "2025-03-04 18:00", "2025-03-05 18:00", 480),
    ("Brisbane's Monday is Sunday in UTC", BRISBANE, "Australia/Brisbane", "2025-01-06 09:00", "2025-01-06 10:30", 90),
    ("Brisbane's holiday on Monday", BRISBANE, "Australia/Brisbane", "2025-01-27 08:00", "2025-01-28 09:30", 30),
    ("Brisbane's week with a holiday", BRISBANE, "Australia/Brisbane", "2025-01-21 09:00", "2025-01-29 16:00", 2820),
]


@pytest.mark.parametrize(("case", "schedule", "zone", "start", "end", "minutes"), GOLDEN, ids=[case[0] for case in GOLDEN])
def test_golden(case, schedule, zone, start, end, minutes):
    assert business(schedule, (utc(start, zone), utc(end, zone))) == [round(minutes * 60)]


def test_holidays():
    def of(day, **holidays):
        return business(office(**holidays), (utc(day), utc(day) + dt.timedelta(days=1)))[0] / 3600

    assert of("2025-06-10") == 8
    assert of("2025-06-10", country="PT") == 0
    assert of("2025-06-10", country="PT", open=["2025-06-10"]) == 8
    assert of("2025-06-10", country="PT", partial={"2025-06-10": ["09:00-12:00"]}) == 3
    assert of("2026-07-03", country="US") == 0  # the fourth is a Saturday: the day off is the Friday before
    assert of("2025-06-13", country="PT", subdivision="11") == 0
    assert of("2025-06-13", country="PT") == 8
    assert of("2025-06-15", partial={"2025-06-15": ["10:00-11:00", "12:00-13:00"]}) == 2  # a Sunday worked for once
    # a local date and its holiday may lie in another year than the UTC date
    auckland = office("Pacific/Auckland", country="NZ")
    assert business(auckland, (utc("2024-12-31 20:00"), utc("2024-12-31 23:59:59"))) == [0]
    honolulu = office("Pacific/Honolulu", country="US")  # the first of January 2022 was a Saturday
    assert business(honolulu, (utc("2022-01-01 00:00"), utc("2022-01-01 03:00"))) == [0]


def test_clock_changes():
    night = {"zone": "Europe/Berlin", **each(WEEKDAYS, "01:30-02:30")}
    spring, autumn = (utc("2025-03-29 22:00"), utc("2025-03-30 22:00")), (utc("2025-10-25 22:00"), utc("2025-10-26 22:00"))
    assert business(night, spring) == [1800]  # 02:00 to 03:00 does not come
    assert business(night, autumn) == [5400]  # 02:00 to 02:30 comes twice
    assert business(always("Europe/Berlin"), spring, autumn) == [86_400, 86_400]
    samoa = {**always("Pacific/Apia"), "holidays": {"extra": ["2011-12-30"]}}
    assert business(samoa, (utc("2011-12-29 00:00"), utc("2012-01-01 00:00"))) == [3 * 86_400]  # that Friday never was


def test_unknown_is_null_and_not_zero():
    inside, outside = utc("2025-06-09 12:00"), utc("2025-06-20 12:00")
    found = business(JUNE, (inside, outside), (None, inside), (inside, None), (inside, inside),
                     first=inside.date(), last=inside.date())
    assert found == [None, None, None, 0]
    expression = expand(open_seconds_sql("cast(null as timestamp)", "c"))
    CON.register("c", calendar_rows(Settings(schedules={"s": JUNE}), inside.date(), inside.date()))
    assert CON.execute(f"select {expression} from c").fetchall() == [(None,)]


def test_rows():
    two = Settings(schedules={"office": office("Asia/Kolkata"), "always": always("UTC")})
    rows = calendar_rows(two, dt.date(2025, 6, 9), dt.date(2025, 6, 10))
    assert rows.schema == COLUMNS
    unused = [0] * 6
    assert [list(row.values()) for row in rows.to_pylist()] == [
        ["office", dt.date(2025, 6, 9), 12_600, 41_400, *unused, 0],
        ["office", dt.date(2025, 6, 10), 12_600, 41_400, *unused, 28_800],
        ["always", dt.date(2025, 6, 9), 0, 86_400, *unused, 0],
        ["always", dt.date(2025, 6, 10), 0, 86_400, *unused, 86_400],
    ]
    assert calendar_rows(Settings(), dt.date(2025, 6, 9), dt.date(2025, 6, 10)).num_rows == 0
    assert calendar_rows(two, dt.date(2025, 6, 10), dt.date(2025, 6, 9)).num_rows == 0


def test_a_date_without_room_is_refused():
    crowded = each(WEEKDAYS, "03:00-06:00", "07:00-08:00", "09:00-10:00", "11:00-12:00")
    says = "^settings.toml: schedules.s has 5 open intervals on 2025-06-09 as UTC counts the day; there is room for 4$"
    with pytest.raises(SettingsProblem, match=says):
        business({"zone": "Asia/Kolkata", **crowded}, (utc("2025-06-09 12:00"), utc("2025-06-09 13:00")))


def test_fast_enough():
    zones = ("Europe/Lisbon", "America/New_York", "Asia/Kolkata", "Australia/Brisbane", "UTC",
             "America/Sao_Paulo", "Asia/Tokyo", "Europe/Madrid", "Pacific/Kiritimati", "Australia/Lord_Howe")
    hours = each(WEEKDAYS[:6], "08:00-12:00", "13:00-19:00")
    ten = Settings(schedules={zone: {"zone": zone, **hours, "holidays": {"country": "DE"}} for zone in zones})
    began = time.process_time()
    assert calendar_rows(ten, dt.date(2015, 1, 1), dt.date(2026, 12, 31)).num_rows == 43_830
    assert time.process_time() - began < 1.5


# --- laws -------------------------------------------------------------------------------------------------------------

CHANGES = {  # zone -> UTC dates around which its clock changes, or nothing happens
    "UTC": "2025-06-09", "Asia/Kolkata": "2025-03-05", "Australia/Brisbane": "2025-01-27", "Asia/Kathmandu": "2025-12-31",
    "Europe/Berlin": "2025-03-30", "America/New_York": "2025-11-02", "America/Sao_Paulo": "2018-11-04",
    "Australia/Lord_Howe": "2025-04-05", "Pacific/Apia": "2011-12-30", "Pacific/Chatham": "2025-09-27",
    "Africa/Casablanca": "2025-02-23", "Europe/Dublin": "2025-10-26", "America/St_Johns": "2025-03-09",
}


@st.composite
def days_hours(draw):
    """Up to two intervals of one day, at any minute."""
    if draw(st.integers(0, 9)) == 0:
        return ["00:00-24:00"]
    edges = sorted(draw(st.lists(st.integers(0, 1440), max_size=4, unique=True)))
    shown = [f"{edge // 60:02}:{edge % 60:02}" for edge in edges[:len(edges) // 2 * 2]]
    return [f"{start}-{end}" for start, end in zip(shown[::2], shown[1::2], strict=True)]


@st.composite
def desks(draw):
    """(schedule, three ordered instants) around a day on which its zone does something."""
    zone = draw(st.sampled_from(sorted(CHANGES)))
    anchor = dt.date.fromisoformat(CHANGES[zone])
    near = st.integers(-2, 2).map(lambda days: (anchor + dt.timedelta(days)).isoformat())
    partial_days = draw(st.dictionaries(near, days_hours(), max_size=1))
    extra = [day for day in draw(st.lists(near, max_size=1)) if day not in partial_days]
    schedule = {"zone": zone, **{day: draw(days_hours()) for day in WEEKDAYS}}
    schedule["holidays"] = {"extra": extra, "partial": partial_days}
    assume(any(schedule[day] for day in WEEKDAYS))
    midnight = dt.datetime.combine(anchor, dt.time())
    seconds = st.integers(-2 * 86_400, 3 * 86_400)
    return schedule, sorted(midnight + dt.timedelta(seconds=draw(seconds)) for _ in range(3))


def business_or_skip(schedule, *pairs, **span):
    try:
        return business(schedule, *pairs, **span)
    except SettingsProblem:  # more than four intervals on a UTC date
        assume(False)


@laws(max_examples=80)
@given(desks())
@example((always("Europe/Berlin"), [utc("2025-03-29 23:59:59"), utc("2025-03-30 01:00:00"), utc("2025-03-31 00:00:01")]))
def test_agrees_with_the_wall_clock(desk):
    schedule, (a, b, c) = desk
    whole, first, second = business_or_skip(schedule, (a, c), (a, b), (b, c))
    assert (whole, first) == (wall_clock_seconds(schedule, a, c), wall_clock_seconds(schedule, a, b))
    assert whole == first + second
    assert 0 <= first <= (b - a).total_seconds()
    assert 0 <= second <= (c - b).total_seconds()


@laws(max_examples=40)
@given(st.sampled_from(sorted(CHANGES)), st.data())
def test_around_the_clock_it_is_calendar_time(zone, data):
    start = dt.datetime.fromisoformat(CHANGES[zone]) - dt.timedelta(days=5)
    a, b = sorted(start + dt.timedelta(microseconds=data.draw(st.integers(0, 10 * 86_400_000_000))) for _ in range(2))
    elapsed = b.replace(microsecond=0) - a.replace(microsecond=0)
    assert business(always(zone), (a, b)) == [elapsed.total_seconds()]


@laws(max_examples=40)
@given(desks(), st.sampled_from(["UTC", "Asia/Kolkata", "Australia/Brisbane", "Asia/Kathmandu"]), st.integers(1, 60))
def test_whole_weeks_later_it_is_the_same(desk, zone, weeks):
    schedule, (a, _, c) = desk
    steady = {**schedule, "zone": zone, "holidays": {}}
    later = dt.timedelta(weeks=weeks)
    now, then = business_or_skip(steady, (a, c), (a + later, c + later))
    assert now == then


@laws(max_examples=30)
@given(desks(), st.integers(0, 400), st.integers(0, 30))
def test_where_the_calendar_begins_and_ends_does_not_matter(desk, before, after):
    schedule, (a, b, _) = desk
    wide = {"first": a.date() - dt.timedelta(before), "last": b.date() + dt.timedelta(after)}
    assert business_or_skip(schedule, (a, b)) == business_or_skip(schedule, (a, b), **wide)
