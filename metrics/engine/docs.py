"""The generated docs: metrics.md, model.md, connectors.md, cli.md and claims.md, from the code they describe."""
from __future__ import annotations

from pathlib import Path
from typing import Any

from metrics.engine.claims import claims_page
from metrics.engine.metric import Metric, analyses, catalog

KINDS = {"duration": "duration: the median, with quartiles, p90 and p95", "count": "count: the mean per contact, with the total", "share": "share: numerator / denominator",
         "volume": "volume: how many", "stock": "stock: how many at a moment", "spread": "one figure of the whole group",
         "ratio": "ratio: numerator / denominator, both summed over the group", "net": "net: what came less what went"}


def write_docs(folder: Path, check: bool) -> list[str]:
    """Write what has changed, or with `check` only say what is not current. Returns the file names."""
    changed = []
    for name, text in {"metrics.md": metrics_page(), "model.md": model_page(), "connectors.md": connectors_page(), "cli.md": cli_page(),
                       "claims.md": claims_page()}.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            changed.append(name)
            if not check:
                folder.mkdir(exist_ok=True)
                path.write_text(text, encoding="utf-8")
    return changed


def metrics_page() -> str:
    lines = ["# Metrics", "", "Generated from the files under `metrics/` by `python -m metrics docs`. Each example below is also a test.", ""]
    for metric in catalog().values():
        lines += _metric(metric)
    lines += ["# Analyses", ""]
    for analysis in analyses().values():
        lines += [f"## {analysis.name}", "", analysis.question, "", "| column | meaning |", "|---|---|"]
        lines += [f"| {c} | {m} |" for c, m in analysis.columns.items()] + [""]
    return "\n".join(lines).rstrip() + "\n"


def _metric(m: Metric) -> list[str]:
    lines = [f"## {m.name}", "", m.definition, "",
             f"*{m.label}* · unit {m.unit} · {KINDS[m.kind]} · better: {m.better} · dated by {m.dated_by} · one row per {m.grain}"
             + (f" · at least {m.min_tickets} contacts" if m.min_tickets > 1 else ""), ""]
    if m.excluded:
        lines += ["Left out, by the first rule that holds: " + "; ".join(m.excluded) + ".", ""]
    if m.parts:
        lines += ["Its parts, each contact in the first that holds: " + "; ".join(m.parts) + ".", ""]
    for name, option in m.options.items():
        choices = f" ({', '.join(map(str, option.choices))})" if option.choices else ""
        default = "from settings" if option.from_settings else option.default
        lines += [f"Option `{name}` = {default}{choices}: {option.meaning}.", ""]
    if m.dialects:
        lines += [f"Elsewhere under this name: {m.dialects}", ""]
    for example in m.examples:
        gives = ", ".join(f"{t} = {v}" for t, v in example.gives.items()) or "not in the population"
        lines += [f"- {example.says}", "", "  ```", *(f"  {line}" for line in example.events.splitlines()), "  ```", f"  gives {gives}", ""]
    return lines


def model_page() -> str:
    from warehouse.model import STORE_TABLES
    lines = ["# The model", "", "Generated from `warehouse/model.py`. Times are UTC; NULL means not known.", ""]
    for table, row in STORE_TABLES.items():
        lines += [f"## {table}", ""]
        if row.__doc__ and not row.__doc__.startswith("One row of a table"):
            lines += [row.__doc__.strip(), ""]
        lines += ["| column | type | meaning |", "|---|---|---|"]
        meanings = row.meanings()
        lines += [f"| {name} | {kind} | {meanings[name]} |" for name, kind in row.columns().items()] + [""]
    return "\n".join(lines).rstrip() + "\n"


def connectors_page() -> str:
    from connectors.contract import all_connectors
    lines = ["# Connectors", "", "Exports that are recognised by their headers, and streams that are pulled. Generated from the files under `connectors/`.", ""]
    for connector in all_connectors().values():
        lines += [f"## {connector.label}", "", "| export | recognised by | what it tells |", "|---|---|---|"]
        lines += [f"| {e.name} | {', '.join(f'`{n}`' for n in e.needs)} | {e.fidelity} |" for e in connector.exports]
        lines += ["", *([connector.notes, ""] if connector.notes else [])]
        if connector.api:
            lines += _api(connector)
        for example in connector.examples:
            lines += [f"- {example.says}"]
        lines += [""]
    return "\n".join(lines).rstrip() + "\n"


def _api(connector: Any) -> list[str]:
    """How a tool is pulled: settings, secrets, options, streams."""
    api, name = connector.api, connector.name
    lines = [f"Pulled with `python -m connectors pull {name}`: `host` (such as `{api.host}`)" + (f" and `account` ({api.needs_login})" if api.needs_login else "")
             + f" under `[sources.{name}]` of settings.toml.", ""]
    lines += [f"- secret `{secret}` (`EVENKEEL_{name.upper()}_{secret.upper()}`): {meaning}" for secret, meaning in api.secrets.items()]
    lines += [f"- option `{o.name}`{f' = {o.default}' if o.default is not None else ''}: {o.meaning}" for o in api.options]
    lines += ["", "| stream | address | key | the next pull goes on from | asks again | what it tells | the token needs |", "|---|---|---|---|---|---|---|"]
    for s in api.streams:
        lines.append(f"| {s.name} | `{s.path}` | `{s.key}` | {s.cursor} | {f'{s.overlap} s' if s.overlap else ''} | {s.fidelity or 'looked up by the others'} | {s.permission} |")
    return [*lines, ""]


def cli_page() -> str:
    import os

    from connectors.__main__ import _parser as connectors_parser
    from metrics.__main__ import _parser as metrics_parser
    from warehouse.__main__ import _parser as warehouse_parser
    lines = ["# Commands", "", "Generated from the commands' own help.", ""]
    os.environ["COLUMNS"] = "100"
    for parser in (warehouse_parser(), connectors_parser(), metrics_parser()):
        commands = next(a for a in parser._actions if a.dest == "command")
        for name, sub in commands.choices.items():   # type: ignore[union-attr]
            lines += [f"## {parser.prog} {name}", "", "```", sub.format_help().rstrip(), "```", ""]
    return "\n".join(lines).rstrip() + "\n"
