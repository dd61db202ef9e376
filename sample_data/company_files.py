"""What the company says of itself: settings, reasons, decisions and weekly measures."""

from pathlib import Path

from sample_data import story
from sample_data.files import csv_text, write_plain
from sample_data.scale import Scale


def write_company(scale: Scale, into: Path) -> None:
    """Write the files that belong beside the exports."""
    write_plain(into / "settings.toml", _settings())
    reasons = [["pattern", "reason", "group", "owner", "action", "avoidable_share"]]
    reasons += [[r.name, r.name, r.group, r.owner, r.action, r.avoidable] for r in story.REASONS]
    write_plain(into / "reasons.csv", csv_text(reasons))
    decisions = [["on", "what", "who", "kind", "scope", "metric", "expected"]]
    decisions += [[d.on.isoformat(), d.what, d.who, d.kind, d.scope, d.metric, d.expected] for d in story.DECISIONS]
    write_plain(into / "decisions.csv", csv_text(decisions))
    write_plain(into / "measures.csv", csv_text(_measures(scale)))
    write_plain(into / "measures.toml", MEASURES)


MEASURES = """# How measures.csv is read: what the company counts beside its contacts.
source = "company"
[[file]]
match = "measures.csv"
grain = "measure"
columns = { on = "on", name = "name", value = "value" }
"""


def _measures(scale: Scale) -> list[list[object]]:
    rng = scale.random("measures")
    rows: list[list[object]] = [["on", "name", "value"]]
    customers = 40_000 * scale.contacts // story.CONTACTS
    for week in range(1, scale.weeks + 1):
        monday = story.monday(week).isoformat()
        customers = round(customers * rng.uniform(1.0, 1.006))
        rows.append([monday, "orders", round(customers * 0.13 * rng.uniform(0.95, 1.05))])
        rows.append([monday, "active_customers", customers])
    return rows


def _settings() -> str:
    lines = [
        "# Lumen's service: when it is open, who works which queue, and what its tools do.",
        f'report_zone = "{story.ZONE}"',
        'default_schedule = "office"',
    ]
    for name, weekly in story.SCHEDULES.items():
        lines += ["", f"[schedules.{name}]", f'zone = "{story.ZONE}"']
        for day, spans in weekly.items():
            open_spans = ", ".join(f'"{opens}-{closes}"' for opens, closes in spans)
            lines.append(f"{day} = [{open_spans}]")
        if name == "office":
            lines.append('holidays = { country = "DE", subdivision = "BE" }')
    for queue in story.QUEUES:
        lines += ["", f'[queues."{queue.source}:{queue.name}"]', f'team = "{queue.team}"', f"tier = {queue.tier}"]
        lines.append(f'schedule = "{queue.schedule}"')
        if queue.vendor:
            lines.append(f'vendor = "{queue.vendor}"')
    return "\n".join(lines) + "\n" + _REST


_REST = """
[sources.helpdesk]
threads_are_reused = false
url_template = "https://lumen.zendesk.example/agent/tickets/{id}"

[sources.chat]
threads_are_reused = true

[sources.crm]
threads_are_reused = false

[rates]
hourly = 41.0
currency = "EUR"
vendors = { Northwind = 4.6 }

[sla.first_answer]
metric = "first_response"
clock = "business"
targets = { urgent = "2h", high = "4h", "*" = "8h" }

[sla.settled]
metric = "resolution"
clock = "calendar"
targets = { "*" = "5d" }

[privacy]
show_agents = false
show_customers = false
keep_text = false
"""
