"""The leader's brief: the Week page on one sheet."""
from __future__ import annotations

from dataclasses import replace
from typing import Any

from metrics.brief import drawing
from metrics.brief.sentences import NOT_OVER, VERDICTS, at, border, bot, chased, day_of, halves, needless, settled, signal, verdict, waiting
from metrics.brief.sheet import Asked, Line, Section, Sheet, days
from metrics.engine import wording
from metrics.engine.metric import catalog
from metrics.engine.query import default, show
from metrics.engine.scope import Scope

MOST, LINES, DECISIONS, WEEKS = 5, 3, 4, 13
DEFINED = ("settled_within", "failure_demand", "first_door_right", "repeat_contact_rate", "backlog_ours")


def sheet(asked: Asked) -> Sheet:
    """Sentences, tiles, what changed, what was decided, where the hours went, what is worth changing, what comes."""
    told = {name: asked.points(name) for name in DEFINED}
    beside = {name: asked.points(name, led=False) for name in ("contacts", "resolution_time", "promise_kept", "chasers", "backlog_unanswered", "weeks_to_clear")}
    contacts = at(beside["contacts"], asked.week)
    hours = asked.ask("bottlenecks", asked.of_week)
    parts, bins = hundred(hours[0]), drawing.names(wording.is_unseen(hours[0]))
    same = default(catalog()["chasers"].options["reason"], asked.engine)
    headlines = [s for s in (settled(told["settled_within"], asked.week), needless(told["failure_demand"], asked.week)) if s]
    return Sheet(
        title=f"The week of {wording.day(asked.week)}",
        scope=f"{asked.scope(days(asked.week))}{'' if asked.is_over else ', so far'} · {wording.count(contacts.value if contacts else 0)} contacts in, {asked.left_out()}",
        sources=asked.sources(), headlines=headlines or ["This week has too few contacts, or its sources tell too little, for the two sentences of the week."],
        numbers=[asked.number("settled_within", told["settled_within"], halves(beside["resolution_time"], beside["promise_kept"], asked.week)),
                 asked.number("first_door_right", told["first_door_right"]),
                 asked.number("repeat_contact_rate", told["repeat_contact_rate"], chased(beside["chasers"], asked.week, same)),
                 asked.number("backlog_ours", told["backlog_ours"], waiting(beside["backlog_unanswered"], beside["weeks_to_clear"], asked.week))],
        sections=[changed(asked, hours), decided(asked), worth(asked), ahead(asked)],
        bar=drawing.hundred(parts),
        bar_says="Where each 100 hours went: " + ", ".join(f"{bins[b]} {share:.0f}" for b, share in parts.items()) if parts else "",
        definitions=asked.definitions(*DEFINED), foot=asked.foot())


def hundred(row: dict[str, Any]) -> dict[str, float]:
    """Of every 100 hours contacts were open, how many lay in which bin."""
    total = sum(row[f"{b}_hours"] or 0 for b in drawing.BINS)
    return {b: 100 * (row[f"{b}_hours"] or 0) / total for b in drawing.BINS} if total else {}


def changed(asked: Asked, hours: list[dict[str, Any]]) -> Section:
    """At most five signals; a quiet week names the standing losses."""
    rows = asked.ask("what_changed", Scope(where=asked.where, to_on=asked.of_week.to_on)) if asked.is_over else []
    signals = [r for r in rows if r["level"] in ("company", "family", "inside")]
    if signals:
        return Section("What changed", [Line(*signal(r), tone="plain" if r["what"].startswith("contacts") else "worse" if r["direction"] in ("more", "slower") else "better")
                                        for r in signals[:MOST]])
    losses = [r for r in hours if r["level"] == "queue" and r["lost_hours"]][:LINES]
    said = rows[0]["sentence"] if rows and rows[0]["level"] == "not yet" else "No change is sure this week." if asked.is_over else NOT_OVER
    standing = " What costs most hours, as before:" if losses else ""
    lost = [Line(r["queue"] or "(none)", f"{wording.hours(r['lost_hours'])} {wording.idle(r)}, {wording.share(r['share'])} of all") for r in losses]
    return Section("What changed", [Line(f"{said}{standing}"), *lost])


def decided(asked: Asked) -> Section:
    """The newest decisions and what came of them; who decided is left out."""
    rows = sorted(asked.ask("decision_effect", Scope()), key=lambda r: (str(r["decided_on"]), r["what"]), reverse=True)[:DECISIONS]
    return Section("What we decided", [Line(r["what"], f"{wording.day(day_of(r['decided_on']))}. {verdict(r)}", VERDICTS.get(r["verdict"], r["verdict"] or ""),
                                            {"works": "better", "cost": "worse"}.get(r["verdict"], "plain")) for r in rows], "Nothing has been written down yet.")


def worth(asked: Asked, kinds: tuple[str, ...] = (), most: int = LINES) -> Section:
    """The first lines of the design list."""
    scope = replace(asked.weeks(WEEKS), options={"top": 100})
    rows = [r for r in asked.ask("design_list", scope) if not kinds or r["kind"] in kinds][:most]
    return Section("Worth changing", [Line(r["change"], f"{wording.hours(r['customer_hours'])} a week less waiting"
                                           + (f" ({wording.hours(r['low'])} to {wording.hours(r['high'])})" if r["basis"] == "measured" else ", as declared in the reasons")
                                           + f", owner {r['owner'] or 'not named'}, lever {r['lever']}") for r in rows], "No change is surely worth making in this scope.")


def ahead(asked: Asked) -> Section:
    """Next week, the vendor border and the bot, one line each."""
    lines = [Line(r["sentence"]) for r in asked.ask("next_week", asked.undated) if r["sentence"]] if asked.is_newest else []
    contained = (show(asked.engine, catalog()["bot_containment"], asked.weeks(WEEKS)) or [None])[0]
    lines += [Line(t) for t in [*border(asked.ask("vendor_border", asked.weeks(WEEKS))), bot(contained)] if t]
    return Section("Next week, the vendor border and the bot", lines, "These sources tell neither.")
