"""The connectors' door: list, pull, check, settings.

    python -m connectors pull NAME [--since TIME] [--data DIR] [--json]

A door, not part of its room: it brings pulled rows and the store together. Progress goes to standard error. Exit 0: pulled,
also where nothing was new or a stream is degraded (said, and kept in the status); 1: a person must act, with one sentence;
2: usage; 75: it may work later, what was landed is kept; 130: stopped. Each may be run again at any time.
"""
from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
import tomllib
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from connectors.problems import Later, NotAllowed, NotFound, PullProblem, Unanswered

CLOCK_OFF = 60        # seconds the two clocks may differ
CHECK_ATTEMPTS = 3    # whether anybody is there, a check asks less patiently than a pull
BUSY_SECONDS = 600    # how long a merge waits for another load
MERGE_MB = 500        # of DuckDB while what was pulled is merged, however much that is


def main(argv: list[str] | None = None) -> int:
    args = _parser().parse_args(argv)
    from connectors.files import FileProblem
    from connectors.mapping import MappingProblem
    from warehouse.printing import answer
    from warehouse.settings import SettingsProblem
    from warehouse.store import Busy, Folder, StoreProblem
    folder = Folder(Path(args.data or os.environ.get("EVENKEEL_DATA") or "data"))
    try:
        result = {"list": _list, "pull": _pull, "check": _check, "settings": _settings}[args.command](args, folder)
    except (Later, Busy) as problem:
        print(str(problem), file=sys.stderr)
        return 75
    except (PullProblem, FileProblem, MappingProblem, SettingsProblem, StoreProblem) as problem:
        print(str(problem), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; what was landed is kept, the next pull goes on from there", file=sys.stderr)
        return 130
    if (args.json or result.get("ok", True)) and not answer(json.dumps(result, ensure_ascii=False, default=str) if args.json else _words(args.command, result)):
        return 1
    if not result.get("ok", True):
        print(result["says"], file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m connectors", description=(__doc__ or "").splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name: str, says: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=says, description=says)
        sub.add_argument("--data", help="data folder (default $EVENKEEL_DATA, then data/)")
        sub.add_argument("--json", action="store_true", help="one JSON document on standard output")
        return sub
    command("list", "the connectors that pull, and how the configured sources stand")
    pull = command("pull", "land what is new of a source and merge it; goes on where the last pull ended")
    pull.add_argument("name", metavar="NAME", help="a source of settings.toml, or a connector")
    pull.add_argument("--since", metavar="TIME", type=_time, help="begin anew at this time (2026-01-31 or 2026-01-31T09:00, UTC)")
    command("check", "say in one sentence whether a source can be pulled, or what is wrong").add_argument("name", metavar="NAME")
    command("settings", "print what a source says of opening hours and promises as sections of settings.toml").add_argument("name", metavar="NAME")
    return parser


def _time(text: str) -> int:
    try:
        told = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is no time; write 2026-01-31 or 2026-01-31T09:00") from None
    return int((told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp())


def _now() -> datetime:
    return datetime.now(UTC)


def _say(text: str) -> None:
    sys.stderr.write(f"\r\033[K{text}" if sys.stderr.isatty() else f"{text}\n")
    sys.stderr.flush()


# --- where a source is -----------------------------------------------------------------------------------------------
def _named(name: str, folder: Any) -> tuple[Any, Any]:
    """The connector of a source, and what settings say of it.

    Raises: PullProblem with the sentence that says what to set.
    """
    from connectors.contract import all_connectors
    from warehouse.settings import Settings
    source = Settings.read(folder.root).source(name)
    pulled = {n: c for n, c in all_connectors().items() if c.api}
    connector = pulled.get(source.connector or name)
    if connector is None:
        raise PullProblem(f"'{source.connector or name}' is no connector that pulls; there are {', '.join(pulled)}; set connector in [sources.{name}] of settings.toml")
    return connector, source


def _found(name: str, folder: Any) -> tuple[Any, Any]:
    """The connector of a source, and the account as settings and environment give it.

    Raises: PullProblem with the sentence that says what to set.
    """
    from connectors.contract import Account
    connector, source = _named(name, folder)
    if source.host is None:
        raise PullProblem(f"{name} has no host; set host in [sources.{name}] of settings.toml, such as {connector.api.host}")
    if connector.api.needs_login and source.account is None:
        raise PullProblem(f"{name} has no account; set account in [sources.{name}] of settings.toml: {connector.api.needs_login}")
    known = {option.name: option for option in connector.api.options}
    options = {name: option.given(option.default) for name, option in known.items()}
    for key, value in source.options.items():
        if key not in known:
            raise PullProblem(f"options.{key} of [sources.{name}] is no option of {connector.label}; there are {', '.join(options) or 'none'}")
        options[key] = known[key].given(value)
    for option in connector.api.options:
        if option.choices and options[option.name] not in option.choices:
            raise PullProblem(f"options.{option.name} of [sources.{name}] must be one of {', '.join(map(str, option.choices))}")
    return connector, Account(name, source.host, source.account or "", _secrets(name, connector, folder.root), options, _now, _say)


def _secrets(name: str, connector: Any, root: Path) -> dict[str, str]:
    """The secrets of a source, from the environment or the owner-only file."""
    from connectors.landing import check_owner_only
    told: dict[str, Any] = {}
    file = root / "secrets.toml"
    if file.exists():
        check_owner_only(file)
        try:
            told = tomllib.loads(file.read_text(encoding="utf-8")).get(name, {})
        except (tomllib.TOMLDecodeError, UnicodeDecodeError):
            raise PullProblem("secrets.toml is not readable as TOML") from None   # its content is nothing to show
    stem = "".join(c if c.isalnum() else "_" for c in name.upper())
    found = {secret: os.environ.get(f"EVENKEEL_{stem}_{secret.upper()}") or told.get(secret) for secret in connector.api.secrets}
    first = next(iter(connector.api.secrets))
    if not found[first]:
        raise PullProblem(f"{name} has no {first}; set EVENKEEL_{stem}_{first.upper()}, or {first} under [{name}] of secrets.toml in the data folder")
    return {k: str(v).strip() for k, v in found.items() if v}


# --- the commands ----------------------------------------------------------------------------------------------------
def _list(args: argparse.Namespace, folder: Any) -> dict[str, Any]:
    from connectors.contract import all_connectors
    from connectors.landing import states
    from warehouse.settings import Settings
    pulled = {n: c for n, c in all_connectors().items() if c.api}
    sources = []
    for name, source in Settings.read(folder.root).sources.items():
        if source.host and (source.connector or name) in pulled:
            try:
                sources.append({"source": name, "connector": source.connector or name, "host": source.host, "streams": states(folder.landing, name)})
            except Later as problem:
                sources.append({"source": name, "connector": source.connector or name, "host": source.host, "says": str(problem), "streams": []})
    return {"connectors": [{"name": n, "label": c.label, "streams": [{"stream": s.name, "fidelity": s.fidelity, "needs": s.permission} for s in c.api.streams],
                            "options": {o.name: {"default": o.default, "meaning": o.meaning} for o in c.api.options}} for n, c in pulled.items()], "sources": sources}


def _pull(args: argparse.Namespace, folder: Any) -> dict[str, Any]:
    from connectors.landing import Landing
    from connectors.pull import pull
    from warehouse.settings import Settings
    started = time.monotonic()
    connector, account = _found(args.name, folder)
    folder.make()
    with Landing(folder.landing, args.name) as landing:
        told = pull(connector, account, landing, args.since, Settings.read(folder.root).privacy.keep_text)
        merged = _merge(connector, args.name, landing, folder)
    return {"source": args.name, "connector": connector.name, "streams": [vars(t) for t in told], **merged, "seconds": round(time.monotonic() - started, 3)}


def _merge(connector: Any, name: str, landing: Any, folder: Any) -> dict[str, Any]:
    """Hand what is new to the load; the store is taken only for this."""
    from connectors.pull import fresh
    from connectors.reading import compile_units
    from metrics.engine.metric import derivations
    from warehouse.landing_area import new_area
    from warehouse.load import load
    from warehouse.settings import Settings
    from warehouse.store import Busy
    area = new_area(folder)
    try:
        found = fresh(connector, name, landing, area)
        result: dict[str, Any] = {"load_id": folder.current_load(), "files": [], "refusals": [], "unmapped": []}
        until = time.monotonic() + BUSY_SECONDS
        while found.units:
            try:
                result = load(folder, compile_units(found.units, Settings.read(folder.root).report_zone), derivations(), _say, MERGE_MB)
                break
            except Busy as busy:
                if time.monotonic() > until:
                    raise
                _say(f"waiting to merge: {busy}")
                time.sleep(2)
        landing.merged(found.done)
        return {key: result[key] for key in ("load_id", "files", "tickets", "events", "refusals", "unmapped") if key in result}
    finally:
        shutil.rmtree(area, ignore_errors=True)


def _check(args: argparse.Namespace, folder: Any) -> dict[str, Any]:
    """Ask the host, then one page of every stream, landing nothing that stays."""
    from connectors.landing import Landing
    connector, account = _found(args.name, folder)
    api = connector.api.connect(account)
    patience, api.attempts = api.attempts, CHECK_ATTEMPTS
    where = f"host in [sources.{args.name}] of settings.toml"
    try:
        api.get(connector.api.probe)
    except NotFound as problem:
        raise PullProblem(f"{api.host} answers, but not as {connector.label} does ({problem}); set {where}") from None
    except Unanswered as problem:
        raise Later(f"{problem}; is {where} right, and does the network reach it?") from None
    api.attempts = patience
    if api.server_date:
        off = (_now() - parsedate_to_datetime(api.server_date)).total_seconds()
        if abs(off) > CLOCK_OFF:
            says = f"the clock of this machine is {abs(off):,.0f} s {'ahead of' if off > 0 else 'behind'} that of {api.host}; set it right"
            return {"ok": False, "source": args.name, "says": says}
    with tempfile.TemporaryDirectory() as scratch, Landing(Path(scratch), args.name) as landing:
        closed, needed, notes = _tried(connector, account, api, landing)
    if needed:
        return {"ok": False, "source": args.name, "says": f"{args.name} answers, but nothing can be pulled without {'; '.join(needed)}"}
    if closed:
        return {"ok": False, "source": args.name, "says": f"{args.name} answers, but these streams will be left out: " + "; ".join(closed)}
    if notes:
        return {"ok": False, "source": args.name, "says": f"{args.name} answers and every stream may be read, but {'; '.join(notes)}"}
    return {"ok": True, "source": args.name, "says": f"{args.name} answers and every stream may be read"}


def _tried(connector: Any, account: Any, api: Any, landing: Any) -> tuple[list[str], list[str], list[str]]:
    """A page of each stream, and of those that follow it a question for its first row: what is closed, of that what is needed, what is noted."""
    from connectors.pull import Pull
    closed, needed, notes = [], [], []
    for stream in connector.api.streams:
        context = Pull(api, account, landing, stream, streams=connector.api.streams)
        try:
            for page in stream.fetch(context):
                rows = [(str(row[stream.key]), None, row) for row in page.rows if row.get(stream.key) is not None]
                landing.land(stream.name, rows if stream.staying else rows[:1], cursor=None, followers=[s.name for s in connector.api.streams if s.follows == stream.name],
                             answered=page.answered, asks={name: ids[:1] for name, ids in page.asks.items()})
                break
        except (NotAllowed, NotFound) as problem:
            (needed if stream.needed else closed).append(f"{stream.name} ({problem}; it needs {stream.permission})")
        notes += [f"{stream.name}: {note}" for note in context.notes]
    return closed, needed, notes


def _settings(args: argparse.Namespace, folder: Any) -> dict[str, Any]:
    """Nothing is asked of the tool: the last pull has landed it."""
    from connectors.told_settings import of
    connector, _ = _named(args.name, folder)
    return {"source": args.name, "settings": of(connector, args.name, folder.landing)}


def _words(command: str, result: dict[str, Any]) -> str:
    if command == "check":
        return result["says"]
    if command == "settings":
        return result["settings"].rstrip("\n")
    if command == "list":
        lines = [f"{c['name']}: {c['label']}\n" + "\n".join(f"  {s['stream']}: {s['fidelity'] or 'looked up by the others'}" for s in c["streams"]) for c in result["connectors"]]
        for source in result["sources"]:
            lines.append(f"{source['source']} ({source['connector']}, {source['host']})" + ("" if source["streams"] else f": {source.get('says', 'not pulled yet')}"))
            lines += [f"  {s['stream']}: {s['rows']:,} rows, last pulled {s['pulled_at'] or 'never to its end'}" + (f"; DEGRADED: {s['note']}" if s["note"] else "")
                      for s in source["streams"]]
        return "\n".join(lines)
    lines = [f"{s['stream']}: {s['rows']:,} rows, {s['news']:,} new, {s['pages']} pages" + (f"; DEGRADED: {s['note']}" if s["note"] else "") for s in result["streams"]]
    lines += [f"{f['file']}: {f['rows']:,} rows = {f['loaded']:,} loaded + {f['unchanged']:,} unchanged + {f['refused']:,} refused" for f in result["files"]]
    lines.append(f"load {result['load_id']}: {result['tickets']:,} tickets, {result['events']:,} events held" if "tickets" in result
                 else f"nothing new; the numbers stay those of load {result['load_id']}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
