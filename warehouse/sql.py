"""The dialect macros: the few words of SQL that engines say differently, written once.

Shared SQL is ANSI SQL plus the macros below; `expand` puts in what the engine at hand says. Arguments may hold any SQL,
other macros included.

    @quantile(x, p)      exact quantile with linear interpolation, DOUBLE; p is a constant from 0 to 1
    @quantiles(x, p, q ...)
                         several of them as one list, for the price of one
    @secs(a, b)          whole seconds elapsed from a to b, BIGINT; NULL where either is NULL. Both ends are cut to their
                         second first, so 10:00:00.9 to 10:00:01.1 is 1; differences add up over any split
    @days(a, b)          whole days of 86,400 s elapsed, BIGINT, rounded down; between two dates their distance
    @week(t)             DATE of the Monday of the ISO week of a local timestamp or date
    @day(t)              DATE of a timestamp
    @isodow(t)           day of the week, BIGINT, 1 = Monday .. 7 = Sunday
    @hour(t)             hour of the day, BIGINT, 0 .. 23
    @countif(condition)  how many rows meet the condition, BIGINT; 0 where there are none; may be followed by `over (...)`
    @last_known(x, partition by ... order by ...)
                         the last value of x that is not NULL, up to and including the current row
    @known_before(x, partition by ... order by ...)
                         the same, before the current row
    @add_secs(t, n)      the timestamp n seconds after t
    @json_text(x, path)  the text at a path ('$.name') of a JSON object held as text; NULL where there is none
    @words(x)            the words of a text in small letters, each with a blank before and one behind it
    @kind(x) @state(x) @actor(x) @cause(x)
                         x, a word of that closed list, in the narrowest type the engine has for it

Timestamps are UTC or local wall times without a zone (Spark: TIMESTAMP_NTZ, session time zone UTC).
"""
import os
import re
from collections.abc import Iterator
from functools import lru_cache

_SECONDS_DUCKDB = "(cast(floor(epoch({1})) as bigint) - cast(floor(epoch({0})) as bigint))"
# unix_seconds() would do on Spark, but Sail cuts times before 1970 towards zero there
_EPOCH_SPARK = "cast(floor(unix_micros(cast({%d} as timestamp)) / 1000000) as bigint)"
_SECONDS_SPARK = f"({_EPOCH_SPARK % 1} - {_EPOCH_SPARK % 0})"
_DAYS = "cast(floor(cast({0} as double) / 86400) as bigint)"
_FRAME = "over ({1} rows between unbounded preceding and current row)"
_FRAME_BEFORE = "over ({1} rows between unbounded preceding and 1 preceding)"

# A dialect is macro -> template; the number of arguments is the number of places in it.
_COMMON = {
    "day": "cast({0} as date)",
    "hour": "cast(hour({0}) as bigint)",
    "countif": "count(case when {0} then 1 end)",
    "week": "cast(date_trunc('week', {0}) as date)",
}
_DIALECTS = {
    "duckdb": _COMMON | {
        "quantile": "quantile_cont(cast({0} as double), {1})",
        "quantiles": "quantile_cont(cast({0} as double), [{1}])",
        "secs": _SECONDS_DUCKDB,
        "days": _DAYS.format(_SECONDS_DUCKDB),
        "isodow": "isodow({0})",
        "last_known": "last_value({0} ignore nulls) " + _FRAME,
        "known_before": "last_value({0} ignore nulls) " + _FRAME_BEFORE,
        "add_secs": "({0} + to_seconds({1}))",
        "json_text": "json_extract_string({0}, {1})",
        "words": r"(' ' || regexp_replace(lower({0}), '[^\p{{L}}\p{{N}}]+', '  ', 'g') || ' ')",
        "kind": "cast({0} as event_kind)",
        "state": "cast({0} as state_name)",
        "actor": "cast({0} as actor_kind_name)",
        "cause": "cast({0} as cause_name)",
        "fidelity": "cast({0} as fidelity_name)",
        "handled": "cast({0} as handled_by_name)",
        "rule": "cast({0} as left_out_name)",
    },
    "spark": _COMMON | {
        "quantile": "percentile(cast({0} as double), {1})",
        "quantiles": "percentile(cast({0} as double), array({1}))",
        "secs": _SECONDS_SPARK,
        "days": _DAYS.format(_SECONDS_SPARK),
        # weekday() + 1 is right on Spark and one off on Sail
        "isodow": "cast((dayofweek({0}) + 5) % 7 + 1 as bigint)",
        "last_known": "last_value({0}) ignore nulls " + _FRAME,
        "known_before": "last_value({0}) ignore nulls " + _FRAME_BEFORE,
        "add_secs": "cast(timestampadd(SECOND, {1}, {0}) as timestamp_ntz)",
        "json_text": "get_json_object({0}, {1})",
        "words": r"concat(' ', regexp_replace(lower({0}), '[^\\p{{L}}\\p{{N}}]+', '  '), ' ')",
        **dict.fromkeys(("kind", "state", "actor", "cause", "fidelity", "handled", "rule"), "cast({0} as string)"),
    },
}
_ENDS_OPEN = {"last_known", "known_before", "quantiles"}  # the last argument may hold commas of its own

_TOKEN = re.compile(
    r"""(?P<text>'(?:[^']|'')*')
      | (?P<name>"(?:[^"]|"")*")
      | (?P<comment>--[^\n]*|/\*.*?\*/)
      | @(?P<macro>[A-Za-z_]\w*)
      | (?P<space>\s+)
      | (?P<decimal>\d+\.\d+(?![\w.]))
      | (?P<plain>\w+|.)""",
    re.VERBOSE | re.DOTALL,
)
_Token = tuple[str, str]


class SqlProblem(ValueError):
    """Shared SQL that cannot be expanded, or a value that cannot be quoted; one sentence."""


@lru_cache(maxsize=512)
def expand(sql: str, engine: str = "duckdb") -> str:
    """Portable SQL as `engine` ("duckdb" or "spark") says it.

    Text literals and comments are left alone; for Spark, "quoted names" and text literals change to its own quoting.
    Raises SqlProblem for an unknown engine or macro, a wrong number of arguments, an unclosed quote or bracket.
    """
    if engine not in _DIALECTS:
        raise SqlProblem(f"unknown SQL engine {engine!r}; known: {', '.join(_DIALECTS)}")
    return _written(_tokens(sql), engine)


def sql_text(value: str | os.PathLike[str]) -> str:
    """A text literal, for the places of DDL where a parameter cannot go. Raises SqlProblem for anything but text."""
    text = os.fspath(value) if isinstance(value, str | os.PathLike) else None
    if not isinstance(text, str) or "\0" in text:
        raise SqlProblem(f"{value!r} cannot be written as an SQL text literal")
    return "'" + text.replace("'", "''") + "'"


def json_path(name: str) -> str:
    """A SQL literal of the path to a name in a JSON object, with any characters in it."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return sql_text(f'$."{escaped}"')


def identifier(name: str) -> str:
    """A quoted name of a table or column, with any characters in it. Raises SqlProblem for an empty one."""
    if not isinstance(name, str) or not name or "\0" in name:
        raise SqlProblem(f"{name!r} cannot be the name of a table or column")
    return '"' + name.replace('"', '""') + '"'


def _tokens(sql: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(sql):
        kind, value = match.lastgroup, match[match.lastgroup]
        if kind == "plain" and value in "'\"":
            raise SqlProblem(f"unclosed {value} in the SQL at: {sql[match.start():match.start() + 40]!r}")
        yield kind, value


def _written(tokens: Iterator[_Token], engine: str) -> str:
    pieces = []
    for kind, value in tokens:
        if kind == "macro":
            pieces.append(_macro(value, tokens, engine))
        else:
            pieces.append(_quoted(kind, value) if engine == "spark" else value)
    return "".join(pieces)


def _quoted(kind: str, value: str) -> str:
    """Spark reads "x" as text and \\ in a text as an escape, calls text of any length string, and keeps 1.5 a decimal of few
    digits where a double is meant."""
    if kind == "decimal":
        return value + "D"
    if kind == "plain" and value.lower() == "varchar":
        return "string"
    if kind == "name":
        return "`" + value[1:-1].replace('""', '"').replace("`", "``") + "`"
    if kind == "text":
        return "'" + value[1:-1].replace("\\", "\\\\").replace("''", "\\'") + "'"
    return value


def _macro(name: str, tokens: Iterator[_Token], engine: str) -> str:
    template = _DIALECTS[engine].get(name)
    if template is None:
        raise SqlProblem(f"unknown SQL macro @{name}; known: {', '.join('@' + known for known in _DIALECTS[engine])}")
    wanted = 2 if "{1}" in template else 1
    found = _arguments(name, tokens)
    if name in _ENDS_OPEN and len(found) > wanted:
        rest = found[wanted - 1]
        for more in found[wanted:]:
            rest = [*rest, ("plain", ","), *more]
        found = [*found[:wanted - 1], rest]
    texts = [_written(iter(argument), engine).strip() for argument in found]
    if len(texts) != wanted or not all(texts):
        raise SqlProblem(f"SQL macro @{name} takes {wanted} argument{'s' * (wanted > 1)}, got: {', '.join(texts) or 'none'}")
    return template.format(*texts)


def _arguments(name: str, tokens: Iterator[_Token]) -> list[list[_Token]]:
    """The tokens up to the bracket that closes the macro, split at its own commas."""
    after = next((token for token in tokens if token[0] != "space"), ("plain", ""))
    if after != ("plain", "("):
        raise SqlProblem(f"SQL macro @{name} needs its arguments in brackets")
    found, depth = [[]], 1
    for kind, value in tokens:
        if kind == "plain":
            depth += (value in ("(", "[", "{")) - (value in (")", "]", "}"))
            if depth == 0:
                return found
            if value == "," and depth == 1:
                found.append([])
                continue
        # a comment would swallow what the macro writes behind its argument
        found[-1].append(("space", " ") if kind == "comment" else (kind, value))
    raise SqlProblem(f"SQL macro @{name} is not closed")
