"""Times as exports write them: formats found in a column, and text turned into UTC."""

import datetime
import random
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import dates

# Zones whose rules stood still lately: DuckDB and Python carry zone tables of their own, of different years (Morocco's differ).
ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "America/St_Johns", "Asia/Kolkata", "UTC"]


@pytest.fixture(scope="module")
def con():
    with duckdb.connect() as connection:
        yield connection


def utc(con, texts, formats=None, zone="UTC"):
    """What the SQL makes of each text, as ISO text or None."""
    if isinstance(texts, str):
        return utc(con, [texts], formats, zone)[0]
    rows = ", ".join(f"({k}, '{text}')" for k, text in enumerate(texts))
    sql = f"select {dates.to_timestamp_sql('v', formats, zone)}::varchar from (values {rows}) as t(k, v) order by k"
    return [value for (value,) in con.execute(sql).fetchall()]


def column(tmp_path: Path, values) -> Path:
    path = tmp_path / "column.parquet"
    pq.write_table(pa.table({"c0": pa.array(values, pa.string())}), path)
    return path


# --- text to UTC -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-05 10:49:07", "2026-01-05 09:49:07"),
        ("2026-01-05T10:49:07", "2026-01-05 09:49:07"),
        ("2026-01-05 10:49", "2026-01-05 09:49:00"),
        ("2026-01-05 10:49:07.25", "2026-01-05 09:49:07.25"),
        ("2026-01-05", "2026-01-04 23:00:00"),
        ("2026-07-05 10:49:07", "2026-07-05 08:49:07"),
        ("2026-01-05T10:49:07Z", "2026-01-05 10:49:07"),
        ("2026-01-05T10:49:07.123456Z", "2026-01-05 10:49:07.123456"),
        ("2026-01-05T10:49Z", "2026-01-05 10:49:00"),
        ("2026-01-05 10:49:07 UTC", "2026-01-05 10:49:07"),
        ("2026-01-05 10:49:07+02:00", "2026-01-05 08:49:07"),
        ("2026-01-05 10:49:07+0200", "2026-01-05 08:49:07"),
        ("2026-01-05 10:49:07+02", "2026-01-05 08:49:07"),
        ("2026-01-05 10:49:07 -0700", "2026-01-05 17:49:07"),
        ("2026-01-05T10:49-0330", "2026-01-05 14:19:00"),
        ("2026-01-05 10:49:07.5 +05:30", "2026-01-05 05:19:07.5"),
    ],
)
def test_iso_text_becomes_utc(con, text, moment):
    assert utc(con, text, None, "Europe/Berlin") == moment


@pytest.mark.parametrize(
    "text",
    ["epoch", "infinity", "2026/01/05", "2026-1-5", "20260105", "2026-01-05 (BC) 10:00:00", "2026-13-01", "2026-02-30",
     "2026-01-05 10", "2026-01-05 25:00:00", "2026-01-05 10:0 :00", " 026-01-05 10:00:00", "2026-01-05 10:00:00 CET", "05/01/2026", "12", ""],
)
def test_what_is_not_iso_is_no_time(con, text):
    assert utc(con, text, None, "Europe/Berlin") is None


@pytest.mark.parametrize(
    ("text", "form", "moment"),
    [
        ("29/2/2016 06:10", "%d/%m/%Y %H:%M", "2016-02-29 05:10:00"),
        ("25/Feb/26 10:17 PM", "%d/%b/%y %I:%M %p", "2026-02-25 21:17:00"),
        ("Mon Jan 05 10:49:00 2026", "%a %b %d %H:%M:%S %Y", "2026-01-05 09:49:00"),
        ("05.07.2026", "%d.%m.%Y", "2026-07-04 22:00:00"),
        ("20260105", "%Y%m%d", "2026-01-04 23:00:00"),
        ("1767610140", "epoch", "2026-01-05 10:49:00"),
        ("1767610140.5", "epoch", "2026-01-05 10:49:00.5"),
        ("1767610140000", "epoch_ms", "2026-01-05 10:49:00"),
        ("Mon, 05 Jan 2026 10:49:00 -0500", "%a, %d %b %Y %H:%M:%S %z", "2026-01-05 15:49:00"),
        ("05/01/2026 10:49 UTC", "%d/%m/%Y %H:%M %Z", "2026-01-05 10:49:00"),
        ("5/1/26 10:00", "%d/%m/%Y %H:%M", None),  # strptime alone would read the year 26
        ("31/02/2026", "%d/%m/%Y", None),
        ("2/29/2016 06:10", "%d/%m/%Y %H:%M", None),
    ],
)
def test_formats_become_utc(con, text, form, moment):
    assert utc(con, text, [form], "Europe/Berlin") == moment


def test_formats_are_tried_in_order_and_kinds_mix(con):
    formats = ["%d/%m/%Y %H:%M", "iso", "%m/%d/%Y %H:%M", "epoch"]
    texts = ["05/01/2026 10:00", "01/25/2026 10:00", "2026-01-05 10:00:00", "2026-01-05T10:00:00Z", "1767610140", "soon"]
    assert utc(con, texts, formats, "Europe/Berlin") == [
        "2026-01-05 09:00:00", "2026-01-25 09:00:00", "2026-01-05 09:00:00", "2026-01-05 10:00:00", "2026-01-05 10:49:00", None,
    ]


@pytest.mark.parametrize(
    ("zone", "local", "moment"),
    [
        ("Europe/Berlin", "2026-10-25 02:30:00", "2026-10-25 00:30:00"),  # twice: the first, still summer time
        ("Europe/Berlin", "2026-10-25 03:00:00", "2026-10-25 02:00:00"),
        ("Europe/Berlin", "2026-03-29 02:30:00", "2026-03-29 01:30:00"),  # never: shifted forward to 03:30 summer time
        ("America/New_York", "2026-11-01 01:30:00", "2026-11-01 05:30:00"),
        ("America/New_York", "2026-03-08 02:30:00", "2026-03-08 07:30:00"),
        ("Asia/Kolkata", "2026-03-08 02:30:00", "2026-03-07 21:00:00"),
    ],
)
def test_repeated_and_missing_hours(con, zone, local, moment):
    assert utc(con, local, None, zone) == moment


@pytest.mark.parametrize("zone", ZONES)
def test_local_times_agree_with_zoneinfo(con, zone):
    """Every half hour around each change of the clock, and random times: fold=0 is the first occurrence, and shifts forward."""
    pick = random.Random(zone)
    start = datetime.datetime(1995, 1, 1)
    texts = [start + datetime.timedelta(minutes=pick.randrange(60 * 24 * 365 * 40)) for _ in range(300)]
    for odd_start, odd_end, _ in dates.dst_odd_hours(zone, 2015, 2030):
        texts += [odd_start + k * datetime.timedelta(minutes=15) for k in range(-8, 16)] + [odd_end]
    expected = [str(t.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(datetime.UTC).replace(tzinfo=None)) for t in texts]
    assert utc(con, list(map(str, texts)), None, zone) == expected


def test_the_column_may_be_any_expression(con):
    sql = dates.to_timestamp_sql("case when trim(v) in ('?') then null else trim(v) end", None, "Europe/Berlin")
    assert con.execute(f"select ({sql})::varchar from (values (' 2026-01-05 10:00 ')) t(v)").fetchall() == [("2026-01-05 09:00:00",)]


def test_odd_hours_of_a_zone():
    at = datetime.datetime
    assert dates.dst_odd_hours("Europe/Berlin", 2026, 2026) == [
        (at(2026, 3, 29, 2), at(2026, 3, 29, 3), "missing"),
        (at(2026, 10, 25, 2), at(2026, 10, 25, 3), "repeated"),
    ]
    assert dates.dst_odd_hours("Australia/Lord_Howe", 2026, 2026)[0] == (at(2026, 4, 5, 1, 30), at(2026, 4, 5, 2), "repeated")
    assert dates.dst_odd_hours("UTC", 2000, 2030) == []


# --- the format of a column --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("values", "formats"),
    [
        (["2026-01-05 10:00:00", "2026-01-05"], ("iso",)),
        (["2026-01-05T10:00:00Z", "2026-01-05 10:00:00 UTC", "2026-01-05 10:00:00+0200"], ("iso",)),
        (["5/1/2026 9:05", "25/1/2026 10:00"], ("%d/%m/%Y %H:%M",)),
        (["1/5/2026 9:05", "1/25/2026 10:00"], ("%m/%d/%Y %H:%M",)),
        (["05.01.2026 09:05:10", "25.01.2026 10:00:00"], ("%d.%m.%Y %H:%M:%S",)),
        (["05-01-26", "25-01-26"], ("%d-%m-%y",)),
        (["1/5/26 9:05 PM", "1/25/26 10:00 AM"], ("%m/%d/%y %I:%M %p",)),
        (["25/1/2026, 10:00:05", "5/1/2026, 10:00:05"], ("%d/%m/%Y, %H:%M:%S",)),
        (["25/Feb/26 10:17 PM", "30/Jul/18 11:33 AM"], ("%d/%b/%y %I:%M %p",)),
        (["Mon Jan 05 10:49:00 2026"], ("%a %b %d %H:%M:%S %Y",)),
        (["5 January 2026", "17 June 2026"], ("%d %B %Y",)),
        (["2026/01/05 10:00"], ("%Y/%m/%d %H:%M",)),
        (["20260105", "20261231"], ("%Y%m%d",)),
        (["1767610140", "1767610141"], ("epoch",)),
        (["1767610140000"], ("epoch_ms",)),
        (["25/01/2026 10:00", "26/01/2026 10:00", "25/01/2026"], ("%d/%m/%Y %H:%M", "%d/%m/%Y")),
        (["?", "?", "?", "N/A", "25/01/2026"], ("%d/%m/%Y",)),
    ],
)
def test_the_format_is_found(con, tmp_path, values, formats):
    guess = dates.guess(con, column(tmp_path, values), "c0")
    assert (guess.formats, guess.ambiguous) == (formats, False)
    assert guess.evidence in values


@pytest.mark.parametrize(
    "values",
    [["Open", "Closed"], ["12", "13"], [None, None], [], ["12345678", "99999999", "20260105"], ["555-1234", "030 1234567"],
     ["10:49", "7:02:47"], ["Case 1", "2026-01-05", "Case 2", "Case 3"], ["1.5", "2.25"], ["192.168.1.1"]],
)
def test_what_is_no_time_column(con, tmp_path, values):
    assert dates.guess(con, column(tmp_path, values), "c0") is None


def test_one_value_proves_day_first_however_late_it_comes(con, tmp_path):
    values = ["05/01/2026 10:00"] * 30_000 + ["13/01/2026 10:00"] + ["06/01/2026 10:00"] * 30_000
    guess = dates.guess(con, column(tmp_path, values), "c0")
    assert guess == dates.DateGuess(("%d/%m/%Y %H:%M",), False, "13/01/2026 10:00")


def test_a_rare_format_in_the_middle_is_found(con, tmp_path):
    values = ["25/01/2026 10:00"] * 30_000 + ["13/01/2026"] + ["26/01/2026 10:00"] * 30_000
    assert dates.guess(con, column(tmp_path, values), "c0").formats == ("%d/%m/%Y %H:%M", "%d/%m/%Y")


def test_what_can_be_read_in_one_way_is_read_beside_the_commonest(con, tmp_path):
    path = column(tmp_path, ["03/25/2026 09:00"] * 3 + ["2026-03-26 09:00:00", "27 March 2026", "13/04/2026 09:00"])
    found = dates.guess(con, path, "c0")
    assert (found.formats, found.ambiguous, set(found.beside)) == (("%m/%d/%Y %H:%M",), False, {"iso", "%d %B %Y"}), "the day first is in no doubt, and not taken for a month"


def test_what_leaves_the_month_open_stays_open_beside_what_does_not(con, tmp_path):
    found = dates.guess(con, column(tmp_path, ["03/04/2026", "05/06/2026", "2026-03-26"]), "c0")
    assert found.ambiguous and set(found.formats) == {"%d/%m/%Y", "%m/%d/%Y"} and found.beside == ("iso",)


def test_nothing_decides_between_day_and_month(con, tmp_path):
    guess = dates.guess(con, column(tmp_path, ["05/01/2026 10:00", "06/07/2026 10:00"]), "c0")
    assert guess.ambiguous and guess.formats == ("%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M")
    assert guess.evidence in ("05/01/2026 10:00", "06/07/2026 10:00")


@settings(max_examples=25, deadline=None)
@given(st.lists(st.dates(datetime.date(1995, 1, 1), datetime.date(2035, 12, 31)), min_size=1, max_size=30), st.sampled_from("/.-"))
def test_day_first_is_never_taken_month_first(tmp_path_factory, days, sign):
    values = [day.strftime(sign.join(("%d", "%m", "%Y"))) for day in days]
    with duckdb.connect() as con:
        guess = dates.guess(con, column(tmp_path_factory.mktemp("days"), values), "c0")
        provable = any(day.day > 12 for day in days)
        assert guess.ambiguous is not provable
        if provable:
            assert utc(con, values, guess.formats) == [f"{day} 00:00:00" for day in days]
