"""The door to the numbers: list, show, tickets, ask, export, brief, docs.

    python -m metrics show NAME [--by DIM[,DIM]] [--week] [--from DATE] [--to DATE] [--where DIM=VALUE]...
                           [--as-of TIME] [--option K=V]... [--data DIR] [--json]

Exit 0: answered; 1: cannot be answered, with one line why; 2: usage (unknown metric, dimension or option).
"""
from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any


def main(argv: list[str] | None = None) -> int:
    args = _parser().parse_args(argv)
    from metrics.engine.scope import ScopeProblem
    from warehouse.printing import answer
    from warehouse.store import StoreProblem
    try:
        result = {"list": _list, "show": _show, "tickets": _tickets, "ask": _ask, "export": _export, "brief": _brief, "docs": _docs}[args.command](args)
    except ScopeProblem as problem:
        print(str(problem), file=sys.stderr)
        return 2
    except StoreProblem as problem:
        print(str(problem), file=sys.stderr)
        return 1
    if isinstance(result, int):
        return result
    return 0 if answer(json.dumps(result, ensure_ascii=False, default=str) if getattr(args, "json", False) else _words(result)) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m metrics", description=(__doc__ or "").splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    listing = commands.add_parser("list", help="every metric and analysis")
    listing.add_argument("--json", action="store_true")
    for name, says in (("show", "a number, by dimensions and weeks"), ("tickets", "the tickets behind a number, uncapped"), ("ask", "an analysis: an answer that is a table")):
        sub = commands.add_parser(name, help=says, description=says)
        sub.add_argument("name", metavar="ANALYSIS" if name == "ask" else "NAME")
        _scope_arguments(sub)
        sub.add_argument("--json", action="store_true", help="one JSON document on standard output")
    export = commands.add_parser("export", help="one row per contact with every metric")
    export.add_argument("--to", dest="target", required=True, metavar="FILE.parquet|csv|xlsx")
    export.add_argument("--data")
    brief = commands.add_parser("brief", help="a week on one A4, for mail and cron",
                                description="A week (for a lead: the moment) on one A4: opens without the app, names no customer and no agent")
    brief.add_argument("--for", dest="reader", required=True, choices=("leader", "lead", "owner"))
    brief.add_argument("--to", dest="target", required=True, metavar="FILE.html|pdf")
    brief.add_argument("--week", metavar="DATE", help="a day of the week it is about (default: the newest full week)")
    brief.add_argument("--where", action="append", default=[], metavar="DIM=VALUE", help="filters; an owner's brief needs owner=NAME")
    brief.add_argument("--data", help="data folder (default $EVENKEEL_DATA, then data/)")
    docs = commands.add_parser("docs", help="write docs/ from the catalog")
    docs.add_argument("--check", action="store_true", help="exit 1 where the docs are not current")
    return parser


def _scope_arguments(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--by", default="", metavar="DIM[,DIM]")
    sub.add_argument("--week", action="store_true", help="one row per ISO week of the report zone, named by its Monday")
    sub.add_argument("--from", dest="from_on", metavar="DATE", help="first day, inclusive")
    sub.add_argument("--to", dest="to_on", metavar="DATE", help="last day, exclusive")
    sub.add_argument("--where", action="append", default=[], metavar="DIM=VALUE", help="the same dimension twice is OR, two dimensions are AND")
    sub.add_argument("--as-of", dest="as_of", metavar="TIME", help="for stocks and flows")
    sub.add_argument("--option", action="append", default=[], metavar="K=V")
    sub.add_argument("--data", help="data folder (default $EVENKEEL_DATA, then data/)")


def _engine(args: argparse.Namespace) -> Any:
    from metrics.engine.engines import DuckDBEngine
    from warehouse.store import Folder, reading
    return DuckDBEngine(reading(Folder(Path(args.data or os.environ.get("EVENKEEL_DATA") or "data"))))


def _scope(args: argparse.Namespace) -> Any:
    from metrics.engine.scope import Scope, parse_date, parse_time, parse_where
    return Scope(
        from_on=parse_date(args.from_on) if args.from_on is not None else None, to_on=parse_date(args.to_on) if args.to_on is not None else None,
        where=tuple(parse_where(w) for w in args.where), by=tuple(d.strip() for d in args.by.split(",") if d.strip()), week=args.week,
        as_of=parse_time(args.as_of) if args.as_of is not None else None, options=dict(parse_where(o, "option; write NAME=VALUE") for o in args.option))


def _metric(name: str) -> Any:
    from metrics.engine.metric import catalog
    from metrics.engine.scope import ScopeProblem
    if name not in catalog():
        raise ScopeProblem(f"no metric '{name}'; there are: {', '.join(catalog())}")
    return catalog()[name]


def _list(args: argparse.Namespace) -> dict[str, Any]:
    from metrics.engine.metric import analyses, catalog
    return {"metrics": [{"name": m.name, "family": m.family, "label": m.label, "unit": m.unit, "grain": m.grain, "dated_by": m.dated_by,
                         "definition": m.definition, "options": {k: {"default": o.default, "choices": o.choices, "meaning": o.meaning} for k, o in m.options.items()}}
                        for m in catalog().values()],
            "analyses": [{"name": a.name, "question": a.question, "columns": a.columns,
                          "options": {k: {"default": o.default, "choices": o.choices, "meaning": o.meaning} for k, o in a.options.items()}} for a in analyses().values()]}


def _show(args: argparse.Namespace) -> dict[str, Any]:
    from metrics.engine.query import show
    metric, engine = _metric(args.name), _engine(args)
    scope = _scope(args)
    rows = show(engine, metric, scope)
    as_of = scope.as_of or engine.data_until
    return {"metric": metric.name, "label": metric.label, "unit": metric.unit, "load_id": engine.load_id, "time_zone": engine.time_zone,
            "as_of": f"{as_of.isoformat()}Z" if as_of else None, "rows": rows}


def _tickets(args: argparse.Namespace) -> dict[str, Any]:
    from metrics.engine.query import tickets
    metric, engine = _metric(args.name), _engine(args)
    rows = tickets(engine, metric, _scope(args))
    return {"metric": metric.name, "load_id": engine.load_id, "rows": [{k: r[k] for k in ("ticket_id", "episode", "value")} for r in rows]}


def _ask(args: argparse.Namespace) -> dict[str, Any]:
    from metrics.engine.metric import analyses
    from metrics.engine.scope import ScopeProblem
    if args.name not in analyses():
        raise ScopeProblem(f"no analysis '{args.name}'; there are: {', '.join(analyses())}")
    analysis, engine, scope = analyses()[args.name], _engine(args), _scope(args)
    for given, word in ((scope.by, "by"), (scope.week, "week")):
        if given and word not in analysis.splits:
            raise ScopeProblem(f"{analysis.name} is not split by --{word}; narrow it with --where, --from and --to")
    if scope.as_of and not analysis.has_moment:
        raise ScopeProblem(f"{analysis.name} asks of contacts that came in a period, not of a moment; use --from and --to")
    return {"analysis": analysis.name, "load_id": engine.load_id, "columns": analysis.columns, "rows": analysis.ask(engine, scope)}


def _export(args: argparse.Namespace) -> int:
    from metrics.engine.export import export
    rows = export(_engine(args), Path(args.target))
    print(f"{rows:,} contacts written to {args.target}", file=sys.stderr)
    return 0


def _brief(args: argparse.Namespace) -> int:
    from metrics.brief.write import write
    from metrics.engine.scope import Scope, parse_date, parse_where
    week = parse_date(args.week) if args.week else None
    write(_engine(args), args.reader, Scope(where=tuple(parse_where(w) for w in args.where)), week, Path(args.target))
    print(f"the brief for the {args.reader} is in {args.target}", file=sys.stderr)
    return 0


def _docs(args: argparse.Namespace) -> int:
    from metrics.engine.docs import write_docs
    stale = write_docs(Path("docs"), check=args.check)
    if stale:
        print(("not current: " if args.check else "written: ") + ", ".join(stale), file=sys.stderr)
    return 1 if stale and args.check else 0


def _words(result: dict[str, Any]) -> str:
    """A result as a plain table."""
    if "metrics" in result:
        lines = [f"{m['name']:<32}{m['definition'].splitlines()[0]}" for m in result["metrics"]]
        return "\n".join(lines + [f"{a['name']:<32}{a['question'].splitlines()[0]}" for a in result["analyses"]])
    rows = result["rows"]
    head = "  ".join(f"{k}: {result[k]}" for k in ("metric", "analysis", "unit", "load_id", "time_zone", "as_of") if k in result)
    if not rows:
        return head + "\n(no rows)"
    cells = [[_cell(v) for v in r.values()] for r in rows]
    names = list(rows[0])
    widths = [max(len(n), *(len(c[i]) for c in cells)) for i, n in enumerate(names)]
    table = ["  ".join(n.rjust(w) for n, w in zip(names, widths, strict=True))]
    return "\n".join([head, *table, *("  ".join(v.rjust(w) for v, w in zip(c, widths, strict=True)) for c in cells)])


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:,.2f}"
    if isinstance(value, dict):
        return ", ".join(f"{k} {_cell(v)}" for k, v in value.items()) or "-"
    if isinstance(value, (list, tuple)):   # the two ends of an interval
        return " to ".join(map(_cell, value)) or "-"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


if __name__ == "__main__":
    sys.exit(main())
