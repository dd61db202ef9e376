"""The same pull by dlt, in a process of its own: python -m bench.with_dlt HOST FOLDER. Merges both lists into a DuckDB file by their ids.

Nested parts stay JSON, which is the quicker of its ways. Nothing is sent to its makers. Prints one JSON document: the rows held in the end.
"""
from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def pulled(host: str, folder: Path) -> int:
    """One run of a pipeline with two resources, paged as Zendesk pages them; the rows both tables hold."""
    os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "ERROR", "DLT_DATA_DIR": str(folder / "dlt")}
    import dlt
    from dlt.sources.helpers.rest_client import RESTClient
    client = RESTClient(base_url=host)

    @dlt.resource(name="tickets", primary_key="id", write_disposition="merge", max_table_nesting=0)
    def tickets() -> Iterator[list[dict[str, Any]]]:
        params: dict[str, Any] = {"start_time": 0, "per_page": 1000}
        while True:
            body = client.get("/api/v2/incremental/tickets/cursor", params=params).json()
            yield body["tickets"]
            if body["end_of_stream"]:
                return
            params = {"cursor": body["after_cursor"], "per_page": 1000}

    @dlt.resource(name="ticket_events", primary_key="id", write_disposition="merge", max_table_nesting=0)
    def events() -> Iterator[list[dict[str, Any]]]:
        since = 0
        while True:
            body = client.get("/api/v2/incremental/ticket_events", params={"start_time": since}).json()
            yield body["ticket_events"]
            if len(body["ticket_events"]) < 1000:
                return
            since = body["end_time"]
    pipeline = dlt.pipeline("bench", destination=dlt.destinations.duckdb(str(folder / "dlt.duckdb")), dataset_name="pulled", pipelines_dir=str(folder / "pipelines"))
    pipeline.run([tickets(), events()]).raise_on_failed_jobs()
    with pipeline.sql_client() as sql, sql.execute_query("SELECT (SELECT count(*) FROM tickets) + (SELECT count(*) FROM ticket_events)") as found:
        return found.fetchone()[0]


if __name__ == "__main__":
    print(json.dumps({"rows": pulled(sys.argv[1], Path(sys.argv[2]))}))
