"""The brief for the owner of contact reasons in the business: what they cause, what it costs, what would remove it."""
from __future__ import annotations

from typing import Any

from metrics.brief.leader import WEEKS, worth
from metrics.brief.sentences import VERDICTS, day_of, needless, verdict
from metrics.brief.sheet import Asked, Line, Section, Sheet, days
from metrics.engine import wording
from metrics.engine.limits import WEEK
from metrics.engine.scope import Scope, ScopeProblem

MOST = 8
DEFINED = ("contacts", "failure_demand", "repeat_contact_rate", "settled_within")


def sheet(asked: Asked) -> Sheet:
    """Thirteen weeks of the owner's reasons. Raises: ScopeProblem without an owner."""
    owners = [value for dimension, value in asked.where if dimension == "owner"]
    if not owners:
        raise ScopeProblem("a brief for an owner needs to know whose: --where owner=NAME, as reasons.csv names them")
    told = {name: asked.points(name) for name in DEFINED}
    rows = asked.ask("contact_reasons", asked.weeks(WEEKS))
    headlines = [f"Your reasons brought **{wording.count(r['contacts'])} contacts** in {WEEKS} weeks: {_cost(r)}." for r in rows if r["level"] == "all" and r["contacts"]]
    headlines += [s for s in [needless(told["failure_demand"], asked.week)] if s]
    first = asked.week - (WEEKS - 1) * WEEK
    reasons = sorted((r for r in rows if r["level"] == "reason"), key=lambda r: -(r["customer_hours"] or 0))[:MOST]
    events = [r for r in asked.ask("decision_effect", Scope()) if r["kind"] == "business" and {r["owner"], r["who"]} & set(owners)]
    return Sheet(
        title=f"What {' and '.join(owners)} could spare customers", scope=asked.scope(f"{wording.day(first)} to {days(asked.week).partition(' to ')[2]}"), sources=asked.sources(),
        headlines=headlines or ["No contacts with these reasons in these weeks."], numbers=[asked.number(name, told[name]) for name in DEFINED],
        sections=[Section("Your reasons", [Line(r["reason"] or "(none given)", _reason(r)) for r in reasons], "No reason of yours has contacts here."),
                  Section("What your events cost", [_event(r) for r in events], "No event of yours is written down."),
                  worth(asked, kinds=("reason",), most=5)],
        definitions=asked.definitions(*DEFINED), foot=asked.foot())


def _event(row: dict[str, Any]) -> Line:
    tone = "worse" if row["verdict"] == "cost" else "plain"
    return Line(row["what"], f"{wording.day(day_of(row['decided_on']))}. {verdict(row)}", VERDICTS.get(row["verdict"], row["verdict"]), tone)


def _cost(row: dict[str, Any]) -> str:
    told = [f"{wording.hours(row['customer_hours'])} customers waited for us", f"{wording.hours(row['handling_hours'])} of work"]
    return ", ".join([*told, f"{row['cost']:,.0f} {row['currency']}"] if row["cost"] is not None and row["currency"] else told)


def _reason(row: dict[str, Any]) -> str:
    told = [wording.plural(row["contacts"], "contact"), _cost(row)]
    if row["repeat_share"] is not None:
        told.append(f"{wording.share(row['repeat_share'])} came again")
    if row["per_week"] is not None and row["per_week_before"] is not None:
        told.append(f"{wording.count(round(row['per_week'], 1))} a week, {wording.count(round(row['per_week_before'], 1))} before")
    if row["action"]:
        told.append(f"to do: {row['action']}")
    return "; ".join(told)
