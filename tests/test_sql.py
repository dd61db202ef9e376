"""The dialect macros: what they mean on DuckDB, that Spark SQL says the same, and that only SQL is touched."""
import datetime as dt

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.sql import SqlProblem, expand, identifier, sql_text

DAY, MONDAY = dt.date(2025, 6, 15), dt.date(2025, 6, 9)
MEANINGS = [  # (what it shows, portable SQL, rows)
    ("two seconds over a minute's edge are 2, not a minute",
     "select @secs(timestamp '2025-06-09 10:00:59', timestamp '2025-06-09 10:01:01')", [(2,)]),
    ("fractions are cut at both ends, so parts add up",
     ("select @secs(timestamp '2025-06-09 10:00:00.9', timestamp '2025-06-09 10:00:01.1'),"
     " @secs(timestamp '2025-06-09 10:00:00.1', timestamp '2025-06-09 10:00:00.9')"), [(1, 0)]),
    ("the last microsecond belongs to its second",
     "select @secs(timestamp '2025-06-09 10:00:00', timestamp '2025-06-09 10:00:00.999999')", [(0,)]),
    ("cut downwards before 1970 too",
     "select @secs(timestamp '1969-12-31 23:59:58.5', timestamp '1970-01-01 00:00:00')", [(2,)]),
    ("seconds backwards are negative", "select @secs(timestamp '2025-06-09 10:00:01', timestamp '2025-06-09 10:00:00')", [(-1,)]),
    ("unknown stays unknown, never now", ("select @secs(cast(null as timestamp), timestamp '2025-06-09 10:00:00'),"
     " @secs(timestamp '2025-06-09 10:00:00', cast(null as timestamp)), @days(cast(null as date), date '2025-06-09')"),
     [(None, None, None)]),
    ("105 weeks in seconds", "select @secs(timestamp '2023-06-05 09:00:00', timestamp '2025-06-09 09:00:00')", [(63_504_000,)]),
    ("days elapsed, rounded down; between dates their distance",
     ("select @days(timestamp '2025-06-09 23:00:00', timestamp '2025-06-10 22:59:59'),"
     " @days(timestamp '2025-06-09 23:00:00', timestamp '2025-06-10 23:00:00'),"
     " @days(timestamp '2025-06-09 10:00:01', timestamp '2025-06-09 10:00:00'),"
     " @days(date '2024-02-28', date '2024-03-01')"), [(0, 1, -1, 2)]),
    ("an ISO week begins on Monday",
     "select @week(timestamp '2025-06-15 23:59:59'), @week(date '2025-06-09'), @week(date '2025-01-01')",
     [(MONDAY, MONDAY, dt.date(2024, 12, 30))]),
    ("day, day of the week, hour",
     ("select @day(timestamp '2025-06-15 23:59:59'), @isodow(date '2025-06-15'), @isodow(timestamp '2025-06-09 00:00:00'),"
     " @hour(timestamp '2025-06-15 23:59:59')"), [(DAY, 7, 1, 23)]),
    ("quantiles interpolate and leave NULL out",
     "select @quantile(x, 0.5), @quantile(x, 0.25), @quantile(x, 1) from (values (1), (2), (4), (null), (9)) as t(x)",
     [(3.0, 1.75, 9.0)]),
    ("no values, no quantile; no rows, count 0",
     "select @quantile(x, 0.5), @countif(x > 0) from (values (1)) as t(x) where x > 5", [(None, 0)]),
    ("an unknown condition is not counted", "select @countif(x > 1) from (values (1), (2), (null), (3)) as t(x)", [(2,)]),
    ("a count over a window", ("select k, @countif(k > 1) over (order by k rows between unbounded preceding and current row)"
     " from (values (1), (2), (3)) as t(k) order by k"), [(1, 0), (2, 1), (3, 2)]),
    ("the last known value, per group, this row included",
     ("select k, @last_known(v, partition by g, h order by k, v nulls last) from"
     " (values (1, 1, 1, null), (1, 1, 2, 'a'), (1, 1, 3, null), (1, 1, 4, 'b'), (2, 1, 5, null)) as t(g, h, k, v) order by k"),
     [(1, None), (2, "a"), (3, "a"), (4, "b"), (5, None)]),
    ("macros in macros, commas and brackets in arguments",
     ("select @quantile(@secs(a, coalesce(b, greatest(a, timestamp '2025-06-09 10:00:30'))) + 0, 0.5),"
      " @countif(@hour(a) in (10, 11))"
     " from (values (timestamp '2025-06-09 10:00:00', cast(null as timestamp))) as t(a, b)"), [(30.0, 1)]),
    ("quoted names and texts",
     """select "the ""x"" @day(", 'it''s \\n, @secs(' as a_text from (values (7)) as t("the ""x"" @day(")""",
     [(7, "it's \\n, @secs(")]),
    ("a comment inside an argument, with a bracket in it",
     ("select @secs(timestamp '2025-06-09 10:00:00', -- not ) this\n"
      " timestamp '2025-06-09 10:00:05' /* , nor ( this */ -- and it ends\n)"), [(5,)]),
]
IDS = [meaning for meaning, _, _ in MEANINGS]


@pytest.mark.parametrize(("meaning", "sql", "rows"), MEANINGS, ids=IDS)
def test_macros_on_duckdb(meaning, sql, rows):
    assert duckdb.connect().execute(expand(sql)).fetchall() == rows


@pytest.mark.parametrize(("meaning", "sql", "rows"), MEANINGS, ids=IDS)
def test_macros_on_sail(sail, meaning, sql, rows):
    found = sail.sql(expand(sql, "spark")).toArrow()
    assert [tuple(column.to_pylist()[at] for column in found.columns) for at in range(found.num_rows)] == rows


def test_types_are_the_stated_ones():
    sql = ("select @secs(t, t), @days(t, t), @hour(t), @isodow(t), @week(t), @day(t), @quantile(x, 0.5), @countif(true)"
           " from (values (timestamp '2025-06-09 10:00:00', 1)) as t(t, x) group by t")
    types = [str(column[1]) for column in duckdb.connect().execute(expand(sql)).description]
    assert types == ["BIGINT"] * 4 + ["DATE"] * 2 + ["DOUBLE", "BIGINT"]


@pytest.mark.parametrize("sql", [
    "select '@secs(a' as x -- @nothing(\n, \"@secs\" /* @days( */ from t where a @> b and 1e-5 < 2",
    "", "select 'unicode: ü, 🙂'", "select [1, 2], {'a': 1}",
])
def test_what_is_not_a_macro_stays_as_it_is(sql):
    assert expand(sql) == sql


@pytest.mark.parametrize(("sql", "says"), [
    ("select @sekunden(a, b)", "unknown SQL macro @sekunden"),
    ("select @secs(a)", "@secs takes 2 arguments, got: a"),
    ("select @secs(a, b, c)", "@secs takes 2 arguments, got: a, b, c"),
    ("select @secs(a, )", "@secs takes 2 arguments"),
    ("select @day()", "@day takes 1 argument, got: none"),
    ("select @last_known(v)", "@last_known takes 2 arguments"),
    ("select @secs", "@secs needs its arguments in brackets"),
    ("select @secs(a, (b)", "@secs is not closed"),
    ("select 'abc", "unclosed '"),
])
def test_faults_are_named(sql, says):
    with pytest.raises(SqlProblem, match=says):
        expand(sql)


def test_unknown_engine():
    with pytest.raises(SqlProblem, match="unknown SQL engine 'oracle'; known: duckdb, spark"):
        expand("select 1", "oracle")


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(blacklist_characters="\0", blacklist_categories=("Cs",)), min_size=1))
def test_quoting_holds_any_text(text):
    cursor = duckdb.connect().execute(expand(f"select {sql_text(text)} as {identifier(text)}"))
    assert (cursor.description[0][0], cursor.fetchone()[0]) == (text, text)


def test_quoting_refuses_what_it_cannot_write():
    for call, value in ((sql_text, None), (sql_text, 3), (sql_text, "a\0b"), (identifier, ""), (identifier, "a\0")):
        with pytest.raises(SqlProblem):
            call(value)
