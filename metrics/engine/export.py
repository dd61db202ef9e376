"""One row per contact with every metric, as Parquet, CSV or XLSX."""
from __future__ import annotations

from pathlib import Path

from metrics.engine.engines import DuckDBEngine
from metrics.engine.metric import catalog
from metrics.engine.query import base, check
from metrics.engine.scope import Scope, ScopeProblem
from warehouse.sql import expand, identifier

DIMENSIONS = ("ticket_id", "episode", "url", "source", "kind", "channel", "queue", "first_queue", "team", "vendor", "tier", "priority", "reason", "reason_group", "owner",
              "language", "brand", "product", "segment", "agent", "handled_by", "state", "is_open", "is_proactive", "started_at", "first_reply_at", "ended_at", "closed_at")
# what a spreadsheet would run as a formula when such a text stands first in a cell
RISKY = ("=", "+", "-", "@", "\t", "\r")


def export(engine: DuckDBEngine, target: Path) -> int:
    """Write the file; NULL where a rule leaves a contact out of a metric. Returns the number of contacts.

    Raises: ScopeProblem for a kind of file that is not known.
    """
    kind = target.suffix.lower().lstrip(".")
    if kind not in ("parquet", "csv", "xlsx"):
        raise ScopeProblem(f"{target.name}: export writes .parquet, .csv or .xlsx")
    if not target.absolute().parent.is_dir():
        raise ScopeProblem(f"{target}: there is no folder {target.absolute().parent}")
    frame = engine.con.sql(_sql(engine)).pl()
    if kind == "parquet":
        frame.write_parquet(target)
        return frame.height
    import polars as pl
    guarded = frame.with_columns([pl.when(pl.col(c).str.starts_with(RISKY[0]) | pl.any_horizontal([pl.col(c).str.starts_with(r) for r in RISKY[1:]]))
                                  .then(pl.lit("'") + pl.col(c)).otherwise(pl.col(c)).alias(c) for c, t in frame.schema.items() if t == pl.String])
    if kind == "csv":
        guarded.write_csv(target)
    else:
        guarded.write_excel(target, worksheet="contacts", autofit=False)
    return frame.height


def _sql(engine: DuckDBEngine) -> str:
    columns = [f"f.{c}" for c in DIMENSIONS]
    columns += [f"{engine.own_dimension(name)} as {identifier(name)}" for name in engine.own_dimensions]
    joins = []
    for name, metric in catalog().items():
        if metric.grain != "episode" or (metric.aggregate_only and metric.value in catalog()) or metric.per or metric.whole:   # these have no value per contact
            continue
        rows = base(metric, check(metric, Scope(), engine), engine)
        assert not rows.params
        alias = identifier("q_" + name)
        joins.append(f"left join ({rows.sql}) {alias} on {alias}.ticket_no = f.ticket_no and {alias}.episode = f.episode")
        columns.append(f"{alias}.v as {identifier(name)}")
    stays = "(select ticket_no, episode, sum(@secs(entered_at, assigned_at)) as time_in_queue from stays where queue_id is not null group by ticket_no, episode)"
    return expand(f"select {', '.join(columns)}, st.time_in_queue from ticket_facts f left join {stays} st on st.ticket_no = f.ticket_no and st.episode = f.episode "
                  f"{' '.join(joins)} where f.left_out is null order by f.ticket_id, f.episode")


