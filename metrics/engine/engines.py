"""Where queries run. The default is the published DuckDB snapshot."""
from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from warehouse.settings import RESERVED
from warehouse.sql import expand, json_path


@dataclass
class DuckDBEngine:
    """Runs shared SQL on one snapshot; every query has a cursor of its own, so threads may share the engine."""

    con: duckdb.DuckDBPyConnection
    dialect: str = "duckdb"

    def query(self, sql: str, params: list[Any] | None = None) -> tuple[list[str], list[tuple]]:
        """Column names and rows of portable SQL."""
        cursor = self.con.cursor()
        try:
            cursor.execute(expand(sql, self.dialect), params or [])
            return [c[0] for c in cursor.description], cursor.fetchall()
        finally:
            cursor.close()

    def records(self, sql: str, params: list[Any] | None = None) -> list[dict[str, Any]]:
        names, rows = self.query(sql, params)
        return [dict(zip(names, row, strict=True)) for row in rows]

    @cached_property
    def about(self) -> dict[str, str]:
        """What the snapshot says of itself: load_id, report_zone, data_until, settings."""
        return dict(self.query("select name, value from about")[1])

    @property
    def load_id(self) -> str:
        return self.about["load_id"]

    @property
    def time_zone(self) -> str:
        return self.about.get("report_zone", "UTC")

    @property
    def data_until(self) -> datetime | None:
        text = self.about.get("data_until")
        return datetime.fromisoformat(text) if text else None

    @cached_property
    def data_from(self) -> datetime | None:
        """When the first contact began."""
        return self.query("select min(started_at) from ticket_facts")[1][0][0]

    def local(self, at: datetime) -> datetime:
        """A time of the store on the clock of the report zone."""
        return at.replace(tzinfo=UTC).astimezone(ZoneInfo(self.time_zone)).replace(tzinfo=None)

    @cached_property
    def own_dimensions(self) -> tuple[str, ...]:
        """The user's own dimensions, found in the data."""
        others = RESERVED | {"language", "brand", "product", "segment"}
        return tuple(name for name in self.names_in("ticket_facts") if name not in others)

    def names_in(self, table: str) -> tuple[str, ...]:
        """The names that the JSON column `dimensions` of a table holds, sorted."""
        found = self.query(f"select distinct unnest(json_keys(dimensions)) from {table} where dimensions is not null")[1]
        return tuple(sorted(name for (name,) in found))

    def own_dimension(self, name: str) -> str:
        """SQL of one of the user's own dimensions."""
        assert name in self.own_dimensions
        return f"@json_text(f.dimensions, {json_path(name)})"

    @cached_property
    def settings(self) -> dict[str, Any]:
        return json.loads(self.about.get("settings_copy", "{}"))
