"""What is usual from week to week: quiet weeks stay quiet, a jump shows, unfinished weeks are not judged."""

from datetime import date, datetime, timedelta

import pytest

from metrics.engine.limits import ENOUGH, first_full_week, is_partial, last_full_week, points
from metrics.engine.metric import catalog

FIRST = date(2026, 4, 27)
BEGIN = datetime(2026, 4, 27, 8)   # on the Monday of the first week
QUIET = [100.0, 120.0, 95.0, 110.0, 105.0, 98.0, 112.0, 101.0, 99.0, 108.0, 115.0, 96.0, 104.0]
DURATION, SHARE = catalog()["settled_within"], catalog()["first_door_right"]


def rows(values, **more):
    return [{"week": (FIRST + timedelta(weeks=i)).isoformat(), "value": v, "tickets": 50, "excluded": {}, **more} for i, v in enumerate(values)]


def end_of(values):
    return datetime.combine(FIRST, datetime.min.time()) + timedelta(weeks=len(values))


def test_a_quiet_week_is_inside():
    values = [*QUIET, 107.0]
    assert points(DURATION, rows(values), BEGIN, end_of(values))[-1].side is None


@pytest.mark.parametrize(("value", "side"), [(400.0, "above"), (20.0, "below")])
def test_a_jump_is_outside(value, side):
    values = [*QUIET, value]
    assert points(DURATION, rows(values), BEGIN, end_of(values))[-1].side == side


def test_limits_are_the_textbook_ones_on_a_log_scale():
    # moving range of log(1), log(2) alternating is log 2 throughout; the center is their middle
    values = [1.0, 2.0] * 4 + [1.5]
    usual = points(DURATION, rows(values), BEGIN, end_of(values))[-1].usual
    assert usual.weeks == 8
    assert usual.high == pytest.approx(2**0.5 * 2**2.66)
    assert usual.low == pytest.approx(2**0.5 / 2**2.66)


def test_nothing_is_usual_before_eight_full_weeks():
    values = QUIET[:ENOUGH]
    assert points(DURATION, rows(values), BEGIN, end_of(values))[-1].usual is None


def test_a_share_stays_between_0_and_1():
    given = rows([1.0] * 12, numerator=50, denominator=50)
    usual = points(SHARE, given, BEGIN, end_of(given))[-1].usual
    assert 0 < usual.low < usual.high <= 1


def test_weeks_that_never_varied_are_inside_their_own_range():
    given = rows([1.0] * 12, numerator=50, denominator=50)
    assert points(SHARE, given, BEGIN, end_of(given))[-1].side is None


def test_a_small_count_is_not_judged_finer_than_chance_allows():
    given = rows([4, 4, 4, 4, 4, 4, 4, 4, 4, 9])
    assert points(catalog()["backlog"], given, BEGIN, end_of(given))[-1].side is None


def test_the_baseline_stays_while_its_block_lasts():
    values = QUIET * 3
    found = [p.usual for p in points(DURATION, rows(values), BEGIN, end_of(values)) if p.usual and p.usual.weeks == 13]
    assert len({(u.from_week, u.to_week) for u in found}) < len(found) / 4


def test_a_week_whose_window_is_not_over_is_not_judged_and_teaches_nothing():
    values = [*QUIET, 5.0]
    given = rows(values)
    given[-1]["excluded"] = {"window not over": 3}
    last = points(DURATION, given, BEGIN, end_of(values))[-1]
    assert last.is_immature and last.side is None


def test_a_week_in_which_the_data_began_teaches_nothing():
    given = rows([7.0, *[100.0] * 9])
    cut, whole = (points(catalog()["contacts"], given, begin, end_of(given))[-1].usual for begin in (datetime(2026, 5, 2, 9), BEGIN))
    assert cut.weeks == 8 and cut.from_week == date(2026, 5, 4) and cut.center == pytest.approx(100)
    assert whole.weeks == 9 and whole.low < cut.low
    assert (first_full_week(BEGIN), first_full_week(datetime(2026, 4, 28))) == (FIRST, date(2026, 5, 4))


def test_a_running_week_is_partial_and_a_quiet_sunday_night_is_not():
    assert is_partial(FIRST, datetime(2026, 5, 1, 12))
    assert not is_partial(FIRST, datetime(2026, 5, 3, 21))
    assert last_full_week(datetime(2026, 5, 6, 9)) == FIRST
    assert last_full_week(datetime(2026, 5, 3, 22)) == FIRST
