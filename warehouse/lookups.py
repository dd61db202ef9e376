"""What derivation needs besides the data: settings, zones, calendars, reasons, bots and joins, as temporary tables."""
from __future__ import annotations

import fnmatch
import json
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from warehouse import reasons
from warehouse.calendar import calendar_rows
from warehouse.settings import Settings

DAY = timedelta(days=1)
STREAMS = {"messages": {"customer_message", "agent_message"}, "assignments": {"assigned", "reassigned"}, "queues": {"queued"},
           "states": {"state_changed", "resolved", "closed", "reopened"}}


def prepare(con: duckdb.DuckDBPyConnection, settings: Settings) -> bool:
    """Make every lookup as a temporary table. True where business time can be computed."""
    _table(con, "work_allowance", {"seconds_per_reply": [settings.work.seconds_per_reply], "seconds_per_note": [settings.work.seconds_per_note]},
           {"seconds_per_reply": pa.int64(), "seconds_per_note": pa.int64()})
    _table(con, "repeat_window", {"seconds": [settings.repeat_window_days * 86_400]}, {"seconds": pa.int64()})
    _table(con, "default_schedule", {"schedule": [settings.default_schedule]}, {"schedule": pa.string()})
    first, last = _range(con)
    _report_days(con, settings.report_zone, first, last)
    _calendar(con, settings, first, last)
    _sources(con, settings)
    _queues(con, settings)
    _agents(con, settings)
    _survivors(con)
    _ties(con)
    _test_tickets(con, settings)
    _dimensions(con, settings)
    reasons.prepare(con)
    _promises(con, settings)
    return bool(settings.default_schedule or any(q.schedule for q in settings.queues.values()))


def _table(con: duckdb.DuckDBPyConnection, name: str, columns: dict[str, list], types: dict[str, pa.DataType]) -> None:
    found = pa.table({k: pa.array(v, types[k]) for k, v in columns.items()})   # noqa: F841 (read by DuckDB)
    con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM found")


def _range(con: duckdb.DuckDBPyConnection) -> tuple[date, date]:
    """First and last UTC date of the data, a week wider; wild times (1899, 9999) are cut, they have no business hours."""
    low, high = con.execute("""
        SELECT min(a), max(z) FROM (
            SELECT min(least(created_at, resolved_at, closed_at)) AS a, max(greatest(created_at, resolved_at, closed_at, version_at)) AS z FROM main.tickets
            UNION ALL SELECT min(occurred_at), max(occurred_at) FROM main.events
            UNION ALL SELECT min(occurred_at), max(occurred_at) FROM main.snapshot_rows)""").fetchone()
    today = datetime.now(UTC).date()
    low = max(low.date(), date(1970, 1, 9)) if low else today
    high = min(max(high.date(), low), date(2100, 1, 1)) if high else today
    return min(low, high) - 8 * DAY, high + 8 * DAY


def _report_days(con: duckdb.DuckDBPyConnection, zone: str, first: date, last: date) -> None:
    """`local_days`: per UTC date the offset of the report zone, and the local week; `weeks`: each local week in UTC."""
    tz = ZoneInfo(zone)
    names = ("on_date", "offset_seconds", "switch_at", "offset_after", "week_on", "week_flips_at", "week_after")
    rows: list[tuple] = []
    day = first
    while day <= last:
        start = datetime(day.year, day.month, day.day, tzinfo=UTC)
        offset, after = _offset(tz, start), _offset(tz, start + DAY)
        switch = None
        if offset != after:   # a change of clocks inside this UTC date: find its second
            low, high = 0, 86_400
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if _offset(tz, start + timedelta(seconds=middle)) == offset else (low, middle)
            switch = start + timedelta(seconds=high)
        week = _monday((start + timedelta(seconds=offset)).date())
        week_after = _monday((start + DAY - timedelta(seconds=1) + timedelta(seconds=after)).date())
        flips = _week_start(tz, week_after) if week != week_after else None
        rows.append((day, offset, switch and switch.replace(tzinfo=None), after, week, flips, week_after))
        day += DAY
    types = (pa.date32(), pa.int64(), pa.timestamp("us"), pa.int64(), pa.date32(), pa.timestamp("us"), pa.date32())
    _table(con, "local_days", {n: [r[i] for r in rows] for i, n in enumerate(names)}, dict(zip(names, types, strict=True)))
    mondays = sorted({r[4] for r in rows} | {r[6] for r in rows})
    _table(con, "weeks", {"week_on": mondays, "starts_at": [_week_start(tz, m) for m in mondays], "until_at": [_week_start(tz, m + 7 * DAY) for m in mondays]},
           {"week_on": pa.date32(), "starts_at": pa.timestamp("us"), "until_at": pa.timestamp("us")})
    for name in ("local_days", "weeks"):   # readers need them too
        con.execute(f"CREATE OR REPLACE TABLE main.{name} AS SELECT * FROM temp.{name}")


def _offset(tz: ZoneInfo, instant: datetime) -> int:
    found = instant.astimezone(tz).utcoffset()
    assert found is not None
    return int(found.total_seconds())


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _week_start(tz: ZoneInfo, monday: date) -> datetime:
    """UTC instant, without zone, at which a local Monday begins."""
    return datetime(monday.year, monday.month, monday.day, tzinfo=tz).astimezone(UTC).replace(tzinfo=None)


def _calendar(con: duckdb.DuckDBPyConnection, settings: Settings, first: date, last: date) -> None:
    found = calendar_rows(settings, first, last)   # noqa: F841 (read by DuckDB)
    con.execute("CREATE OR REPLACE TABLE main.calendar AS SELECT * FROM found")


def _sources(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """`source_streams`: what each source can tell; `reused_sources`; `bots`."""
    said: dict[str, dict] = {}
    for source, mapping in con.execute("SELECT source, mapping FROM main.files ORDER BY file_no").fetchall():
        said.setdefault(source, {"bots": []})
        data = json.loads(mapping or "{}")
        said[source]["bots"] += data.get("bots", [])
        for key in ("threads_are_reused", "url_template"):
            if data.get(key) is not None:
                said[source][key] = data[key]
    sources = sorted(said)
    fidelity = {(s, stream): f for s, stream, f in con.execute("SELECT source, stream, fidelity FROM main.coverage").fetchall()}
    _table(con, "source_streams", {
        "source": sources, **{stream: [fidelity.get((s, stream)) for s in sources] for stream in STREAMS},
        "url_template": [settings.source(s).url_template or said[s].get("url_template") for s in sources]},
        {"source": pa.string(), **dict.fromkeys(STREAMS, pa.string()), "url_template": pa.string()})
    reused = []
    for s in sources:
        own = settings.source(s).threads_are_reused
        if own if own is not None else said[s].get("threads_are_reused"):
            reused.append(s)
    _table(con, "reused_sources", {"source": reused}, {"source": pa.string()})
    _table(con, "reopening", {"reopen_window_seconds": [settings.reopen_window_days * 86_400]}, {"reopen_window_seconds": pa.int64()})
    bots = {f"{s}:{b}" for s in sources for b in [*said[s]["bots"], *settings.source(s).bots]}
    bots |= {row[0] for row in con.execute("SELECT agent_id FROM main.agents WHERE is_bot").fetchall()}
    _table(con, "bots", {"agent_id": sorted(bots)}, {"agent_id": pa.string()})


def _queues(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Temporary `queues`: every queue seen, with what settings say of it over what the export says."""
    rows = con.execute("""
        SELECT x.queue_id, x.source, q.name, q.team, q.tier, q.vendor, q.schedule FROM (
            SELECT DISTINCT queue_id, source FROM main.tickets WHERE queue_id IS NOT NULL
            UNION SELECT DISTINCT to_value, source FROM main.events WHERE kind = 'queued' AND to_value IS NOT NULL
            UNION SELECT DISTINCT queue_id, source FROM main.snapshot_rows WHERE queue_id IS NOT NULL) x
        LEFT JOIN main.queues q ON q.queue_id = x.queue_id""").fetchall()
    columns: dict[str, list] = {n: [] for n in ("queue_id", "name", "team", "tier", "vendor", "schedule")}
    for queue_id, source, name, team, tier, vendor, schedule in rows:
        name = name or queue_id.removeprefix(source + ":")
        own = settings.queue(source, name)
        values = (queue_id, name, own.team or team, own.tier if own.tier is not None else tier, own.vendor or vendor, own.schedule or schedule)
        for column, value in zip(columns.values(), values, strict=True):
            column.append(value)
    _table(con, "queues", columns, {n: pa.int64() if n == "tier" else pa.string() for n in columns})


def _agents(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """`agent_names`: what to show of each agent: a pseudonym that stays the same, or the name where settings allow it."""
    shown = "coalesce(a.name, substr(x.agent_id, length(x.source) + 2))" if settings.privacy.show_agents else "'Agent ' || upper(substr(keyed(x.agent_id), 1, 5))"
    con.execute(f"""CREATE OR REPLACE TEMP TABLE agent_names AS SELECT x.agent_id, {shown} AS agent FROM (
            SELECT DISTINCT assignee_id AS agent_id, source FROM main.tickets WHERE assignee_id IS NOT NULL
            UNION SELECT DISTINCT to_value, source FROM main.events WHERE kind = 'assigned' AND to_value IS NOT NULL
            UNION SELECT DISTINCT assignee_id, source FROM main.snapshot_rows WHERE assignee_id IS NOT NULL) x
        LEFT JOIN (SELECT agent_id, max(name) AS name FROM main.agents GROUP BY agent_id) a ON a.agent_id = x.agent_id""")


def _survivors(con: duckdb.DuckDBPyConnection) -> None:
    """`survivors`: each ticket that another took over (merged, or a chat that became a ticket) -> the last in the chain, and whether
    an agent or a bot had begun it, so that its beginning is no customer's word."""
    pairs = dict(con.execute("""SELECT ticket_id, other_id FROM main.links WHERE kind IN ('became', 'merged_into') AND other_id IN (SELECT ticket_id FROM main.tickets)
        UNION ALL SELECT ticket_id, merged_into FROM main.tickets WHERE merged_into IN (SELECT ticket_id FROM main.tickets)
        UNION ALL   -- `*:id`: a ticket of another tool, whichever source knows that id; two that do are no answer
        SELECT l.ticket_id, min(t.ticket_id) FROM main.links l
            JOIN main.tickets t ON substr(t.ticket_id, length(t.source) + 2) = substr(l.other_id, 3) AND NOT starts_with(l.ticket_id, t.source || ':')
            WHERE l.kind IN ('became', 'merged_into') AND starts_with(l.other_id, '*:') GROUP BY l.ticket_id HAVING count(DISTINCT t.ticket_id) = 1""").fetchall())
    found = {}
    for ticket in pairs:
        seen, last = {ticket}, pairs[ticket]
        while last in pairs and last not in seen:
            seen.add(last)
            last = pairs[last]
        if last not in seen:   # a circle of merges has no survivor: left as they are
            found[ticket] = last
    _table(con, "survivor_ids", {"ticket_id": list(found), "survivor_id": list(found.values())}, {"ticket_id": pa.string(), "survivor_id": pa.string()})
    con.execute("""CREATE OR REPLACE TEMP TABLE survivors AS SELECT t.ticket_no, o.ticket_no AS survivor_no,
            coalesce(t.is_proactive, t.ticket_id IN (SELECT ticket_id FROM main.events WHERE kind = 'created' AND actor_kind IN ('agent', 'bot'))) AS is_ours
        FROM survivor_ids s JOIN main.tickets t ON t.ticket_id = s.ticket_id JOIN main.tickets o ON o.ticket_id = s.survivor_id""")


def _ties(con: duckdb.DuckDBPyConnection) -> None:
    """`part_tickets`: a piece of another ticket's work, no contact of its own; `incident_tickets`: one of many about the same incident."""
    for name, rows in (("part_tickets", "SELECT ticket_id FROM main.links WHERE kind IN ('child_of', 'side_conversation')"),
                       ("incident_tickets", "SELECT unnest([ticket_id, other_id]) AS ticket_id FROM main.links WHERE kind = 'incident_of'")):
        con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT DISTINCT t.ticket_no FROM ({rows}) l JOIN main.tickets t ON t.ticket_id = l.ticket_id")


def _test_tickets(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    found: list[int] = []
    for source, own in settings.sources.items():
        if own.test_customers:
            for ticket_no, domain in con.execute("SELECT ticket_no, email_domain FROM main.tickets WHERE source = ? AND email_domain IS NOT NULL", [source]).fetchall():
                if any(fnmatch.fnmatch(domain, pattern) for pattern in own.test_customers):
                    found.append(ticket_no)
    _table(con, "test_tickets", {"ticket_no": found}, {"ticket_no": pa.int64()})


def _dimensions(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """`ticket_dimensions`: the built-in ones that tools rarely have, and the user's own as JSON."""
    own = "dimensions"
    for name in settings.dimensions:   # named in settings: taken out of what was kept beside the mapping
        value = "json_extract_string(extra, ?)"
        own = f"json_merge_patch(coalesce({own}, '{{}}'), json_object('{name}', {value}))"
    places = [f'$."{column}"' for column in settings.dimensions.values()]
    builtin = ", ".join(f"json_extract_string(own, '$.{n}') AS {n}" for n in ("language", "brand", "product", "segment"))
    where = "" if settings.dimensions else "WHERE dimensions IS NOT NULL"
    con.execute(f"""CREATE OR REPLACE TEMP TABLE ticket_dimensions AS SELECT ticket_no, {builtin}, cast(own AS VARCHAR) AS dimensions
        FROM (SELECT ticket_no, {own} AS own FROM main.tickets {where})""", places)


def _promises(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """`promises`: each promise of the settings with the days it is in force; `promise_targets`, `promise_pauses`."""
    found = sorted(settings.sla.values(), key=lambda p: (p.metric, p.valid_from or date.min))
    until = [later.valid_from if later and later.metric == p.metric else date.max for p, later in zip(found, [*found[1:], None], strict=False)]
    numbers = list(range(len(found)))
    _table(con, "promises", {"promise_no": numbers, "metric": [p.metric for p in found], "is_business": [p.clock == "business" for p in found],
                             "valid_from": [p.valid_from or date.min for p in found], "valid_until": until},
           {"promise_no": pa.int64(), "metric": pa.string(), "is_business": pa.bool_(), "valid_from": pa.date32(), "valid_until": pa.date32()})
    targets = [(n, *row) for n, p in enumerate(found) for row in p.rows()]
    names = ("promise_no", "reason", "priority", "target_seconds")
    _table(con, "promise_targets", {name: [t[i] for t in targets] for i, name in enumerate(names)},
           {"promise_no": pa.int64(), "reason": pa.string(), "priority": pa.string(), "target_seconds": pa.int64()})
    pauses = [(n, state) for n, p in enumerate(found) for state in dict.fromkeys(p.pausing)]
    _table(con, "promise_pauses", {"promise_no": [n for n, _ in pauses], "state": [s for _, s in pauses]}, {"promise_no": pa.int64(), "state": pa.string()})
