"""The warehouse's door: load, sniff, status, rebuild, refresh, check, forget, erase, sample.

    python -m warehouse load FILE... [--mapping MAP.toml] [--as SOURCE] [--check] [--data DIR] [--json]

A door, not part of the room: it brings readers (connectors), derivations (metrics) and the store together. With --json,
standard output is one JSON document and progress goes to standard error. Exit 0: something was loaded or was unchanged,
or the question was answered; 1: nothing could be loaded, with one line a person can act on; 2: usage.
"""
from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def main(argv: list[str] | None = None) -> int:
    args = _parser().parse_args(argv)
    folder_path = Path(args.data or os.environ.get("EVENKEEL_DATA") or "data")
    from connectors.files import FileProblem
    from connectors.mapping import MappingProblem
    from connectors.problems import PullProblem
    from warehouse.printing import answer
    from warehouse.settings import SettingsProblem
    from warehouse.store import Folder, StoreProblem
    from warehouse.wording import place
    try:
        result = {"load": _load, "sniff": _sniff, "status": _status, "rebuild": _rebuild, "refresh": _refresh, "check": _check, "forget": _forget,
                  "erase": _erase, "sample": _sample}[args.command](args, Folder(folder_path))
    except (FileProblem, MappingProblem, PullProblem, SettingsProblem, StoreProblem) as problem:
        print(str(problem), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; nothing was changed, the numbers shown are still those of the last load", file=sys.stderr)
        return 130
    if not answer(json.dumps(result, ensure_ascii=False, default=str) if args.json else _words(args.command, result)):
        return 1
    code = _exit_code(args.command, result)
    if code == 1 and args.command == "load":
        first = result["refusals"][0] if result["refusals"] else None
        print("nothing could be loaded" + (f": {place(first)}: {first['reason']}" if first else ""), file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m warehouse", description=(__doc__ or "").splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name: str, says: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=says, description=says)
        sub.add_argument("--data", help="data folder (default $EVENKEEL_DATA, then data/)")
        sub.add_argument("--json", action="store_true", help="one JSON document on standard output")
        return sub
    load = command("load", "load files: recognised exports, or any file with a mapping")
    load.add_argument("files", nargs="+", metavar="FILE")
    load.add_argument("--mapping", metavar="MAP.toml", help="how to read the files")
    load.add_argument("--as", dest="source", metavar="SOURCE", help="name of the account (default: the mapping's, or the tool's)")
    load.add_argument("--check", action="store_true", help="show the first rows mapped and everything unmapped; load nothing")
    command("sniff", "say what a file is and propose a mapping").add_argument("file", metavar="FILE")
    command("status", "what is loaded, from which sources, until when")
    command("rebuild", "derive everything again from the landed rows, with today's settings and mappings")
    command("refresh", "take up reasons.csv, decisions.csv and settings.toml as they are now")
    command("check", "test the store: every invariant that must hold")
    command("forget", "undo a load, or forget a whole source").add_argument("what", metavar="LOAD_ID|SOURCE")
    command("erase", "erase a customer for good: e-mail, phone or customer id; survives rebuild and re-load").add_argument("who", metavar="CUSTOMER")
    command("sample", "load the sample company into an empty data folder")
    return parser


def _say(text: str) -> None:
    """Progress, on standard error; one line that is written over on a terminal."""
    sys.stderr.write(f"\r\033[K{text}" if sys.stderr.isatty() else f"{text}\n")
    sys.stderr.flush()


def _reading_progress() -> Callable[[int, int, str], None]:
    seen = {"step": -1}

    def told(done: int, total: int, text: str) -> None:
        step = int(20 * done / total) if total else 0
        if step != seen["step"]:
            seen["step"] = step
            _say(f"{text} {100 * done // total if total else 0} %")
    return told


def _load(args: argparse.Namespace, folder: Any) -> dict[str, Any]:
    from connectors.mapping import read_mapping
    from connectors.reading import compile_units, read_files, save_mapping
    from metrics.engine.metric import derivations
    from warehouse.landing_area import new_area
    from warehouse.load import load
    from warehouse.settings import Settings
    settings = Settings.read(folder.root)
    mapping = read_mapping(Path(args.mapping)) if args.mapping else None
    mapping_text = Path(args.mapping).read_text(encoding="utf-8") if args.mapping else ""
    area = new_area(folder)
    try:
        units = read_files([Path(f) for f in args.files], area, mapping=mapping, source=args.source, saved=folder.mappings,
                           keep_text=settings.privacy.keep_text, progress=_reading_progress())
        compiled = compile_units(units, settings.report_zone)
        if args.check:
            return _preview(compiled, folder)
        result = load(folder, compiled, derivations(), _say)
        if args.mapping and any(f["loaded"] for f in result["files"]):
            # kept, so that a later fix of the mapping is a rebuild
            save_mapping(folder.mappings, mapping_text, units[0].mapping.source)
        return result
    finally:
        shutil.rmtree(area, ignore_errors=True)


def _preview(compiled: Callable, folder: Any) -> dict[str, Any]:
    """First rows mapped, refusals and everything unmapped, without touching the store."""
    import duckdb

    from warehouse.store import define_keyed
    with duckdb.connect() as con:
        define_keyed(con, folder)
        con.execute("CREATE VIEW known_tickets AS SELECT NULL::VARCHAR AS ticket_id, NULL::VARCHAR AS customer_id, NULL::VARCHAR AS company_id, "
                    "NULL::VARCHAR AS email_key, NULL::VARCHAR AS phone_key, NULL::VARCHAR AS external_key WHERE false")
        files = []
        for item in compiled(con):
            con.execute(f"CREATE TEMP VIEW {item.view} AS {item.view_sql}")
            tables = {}
            for rows in item.produces:
                found = con.execute(f"SELECT * FROM ({rows.sql}) LIMIT 5")
                names = [c[0] for c in found.description]
                tables[rows.table] = [{k: v for k, v in zip(names, row, strict=True) if v is not None} for row in found.fetchall()]
            refused = con.execute(f"SELECT count(refused) FROM {item.view}").fetchone()[0]
            bad = con.execute(item.refusals_sql + " LIMIT 20").fetchall()
            lines = item.lines_of([b[0] for b in bad]) if item.lines_of and bad else {}
            unmapped = [{"column": column, "value": value, "rows": n, "meaning": meaning} for column, meaning, sql in item.unmapped_sql
                        for value, n in con.execute(sql).fetchall()]
            files.append({"file": item.name, "recognised_as": item.recognised_as, "rows": item.rows, "refused": refused + len(item.refused),
                          "refusals": [{"line": r.line, "column": r.column, "value": r.value, "reason": r.reason} for r in item.refused[:20]]
                          + [{"line": lines.get(o), "column": item.column_of(t), "value": v, "reason": item.reason_for(t, v)} for o, t, v in bad],
                          "unmapped": unmapped, "first_rows": tables})
    return {"files": files}


def _sniff(args: argparse.Namespace, folder: Any) -> dict[str, Any]:
    from connectors.contract import recognise
    from connectors.files import land
    from connectors.reading import vendor_unit
    from connectors.sniff import describe, propose
    from warehouse.landing_area import new_area
    area = new_area(folder)
    try:
        tables = land(Path(args.file), area)
        table = tables[0]
        told = describe(table)
        found = recognise(table.headers, table.name)
        if found:
            mapping = vendor_unit(table, *found, source=None, area=None).mapping.model_dump(mode="json", by_alias=True, exclude_none=True)
        else:
            mapping = propose(table, told)
        return {"recognised_as": f"{found[0].label}: {found[1].name}" if found else None, **told, "proposed_mapping": mapping}
    finally:
        shutil.rmtree(area, ignore_errors=True)


def _status(args: argparse.Namespace, folder: Any) -> dict[str, Any]:
    from connectors.landing import states
    from connectors.problems import Later
    from warehouse.status import status
    told = status(folder)
    for source in told["sources"]:
        try:
            pulled = states(folder.landing, source["source"])
        except Later as running:
            source["pulled"] = str(running)
            continue
        if pulled:
            source["pulled"] = pulled
    return told


def _check(args: argparse.Namespace, folder: Any) -> dict[str, Any]:
    from warehouse.status import check
    return check(folder)


def _stored_files(con: Any) -> list[dict[str, Any]]:
    """What a re-read needs of every file the store speaks of."""
    from connectors.landed import Refusal
    names = ("file_no", "source", "name", "landed", "recognised_as", "description", "mapping", "rows")
    files = [dict(zip(names, row, strict=True)) for row in con.execute(f"SELECT {', '.join(names)} FROM files ORDER BY file_no").fetchall()]
    for file in files:
        file["description"], file["mapping"] = json.loads(file["description"]), json.loads(file["mapping"])
        file["refused_lines"] = [Refusal(*row) for row in con.execute(
            "SELECT line, \"column\", value, reason FROM refusals WHERE file_no = ? AND ordinal IS NULL AND line IS NOT NULL", [file["file_no"]]).fetchall()]
    return files


def _made_anew(folder: Any, kind: str, keep: Callable | None = None) -> dict[str, Any]:
    from connectors.reading import reread
    from metrics.engine.metric import derivations
    from warehouse.load import rebuild
    from warehouse.settings import Settings
    zone = Settings.read(folder.root).report_zone
    return rebuild(folder, lambda con: reread(_stored_files(con), folder.landing, folder.mappings, zone)(con), derivations(), _say, kind, keep)


def _must_hold_something(folder: Any) -> None:
    if folder.current_load() is None:
        from warehouse.store import StoreProblem
        raise StoreProblem(f"nothing has been loaded into {folder.root} yet; settings and tables are taken up with the first load")


def _rebuild(args: argparse.Namespace, folder: Any) -> dict[str, Any]:
    _must_hold_something(folder)
    return _made_anew(folder, "rebuild")


def _forget(args: argparse.Namespace, folder: Any) -> dict[str, Any]:
    from connectors.landing import forget
    from warehouse.forget import forget_files
    was_pulled = forget(folder.landing, args.what)   # first: what is pulled again meanwhile is merged as unchanged
    if was_pulled and args.what not in {s["source"] for s in _status(args, folder)["sources"]}:
        return {"load_id": folder.current_load(), "files": [], "refusals": [], "unmapped": []}
    return _made_anew(folder, "forget", lambda con: forget_files(con, args.what))


def _refresh(args: argparse.Namespace, folder: Any) -> dict[str, Any]:
    from metrics.engine.metric import derivations
    from warehouse.load import refresh
    _must_hold_something(folder)
    return refresh(folder, derivations(), _say)


def _erase(args: argparse.Namespace, folder: Any) -> dict[str, Any]:
    from warehouse.forget import erase_customer
    return _made_anew(folder, "erase", lambda con: erase_customer(con, args.who))


def _sample(args: argparse.Namespace, folder: Any) -> dict[str, Any]:
    from connectors.mapping import read_mapping
    from connectors.reading import ORDER, compile_units, read_files
    from metrics.engine.metric import derivations
    from warehouse.landing_area import new_area
    from warehouse.load import load
    from warehouse.sample import exports, measures, settle
    from warehouse.settings import Settings
    settle(folder)
    settings, area = Settings.read(folder.root), new_area(folder)
    try:   # one load for the three tools: derived and published once
        units = [unit for source, paths in exports().items() for unit in
                 read_files(paths, area, mapping=None, source=source, saved=None, keep_text=False, progress=_reading_progress())]
        counted, mapping = measures()
        units += read_files([counted], area, mapping=read_mapping(mapping), source=None, saved=None, keep_text=False)
        return load(folder, compile_units(sorted(units, key=lambda u: ORDER[u.block.grain]), settings.report_zone), derivations(), _say)
    finally:
        shutil.rmtree(area, ignore_errors=True)


def _exit_code(command: str, result: dict[str, Any]) -> int:
    if command in ("load", "sample") and "load_id" in result:
        taken = sum(f["loaded"] + f["unchanged"] for f in result["files"])
        return 0 if taken or not sum(f["rows"] for f in result["files"]) else 1
    if command == "check":
        return 0 if result["ok"] else 1
    return 0


def _words(command: str, result: dict[str, Any]) -> str:
    """The result for a person."""
    from connectors.mapping_text import sniffed
    from warehouse.wording import in_words
    return sniffed(result) if command == "sniff" else in_words(command, result)


if __name__ == "__main__":
    sys.exit(main())
