"""Where the rows of a question come from: for each grain a table, or a query over several, under the alias f."""
from __future__ import annotations

from datetime import datetime

from metrics.engine.metric import Metric
from metrics.engine.scope import Scope
from warehouse.calendar import open_seconds_sql

ACTIVE = "('new', 'in_progress', 'waiting_customer', 'waiting_internal')"
PACE_DAYS = 28   # the pace of departures is that of four weeks
# of the contact, for rows that do not carry them
CONTACT = ("ticket_no", "episode", "left_out", "is_proactive", "is_in_incident", "is_open", "is_inferred_end", "is_ended_without_answer", "source", "kind", "url", "channel",
           "first_queue", "priority", "reason", "reason_from", "reason_group", "owner", "action", "language", "brand", "product", "segment", "handled_by", "agent", "state",
           "dimensions", "started_at", "state_fidelity", "message_fidelity")
DATES = "x.arrived_local, @day(x.arrived_local) as arrived_on, @week(x.arrived_local) as arrived_week"


def source(metric: Metric, scope: Scope, as_of: datetime) -> str:
    """SQL of the rows of a metric's grain, after `from`."""
    if metric.grain == "episode":
        return "ticket_facts f"
    if metric.grain == "stay":
        return "stays f"
    return {"turn": _turns, "target": _targets, "stock": _alive, "flow": _flows, "act": _acts}[metric.grain](scope, as_of)


def stamp(instant: datetime) -> str:
    return f"timestamp '{instant.isoformat(sep=' ')}'"


def weeks(scope: Scope, as_of: datetime) -> str:
    """SQL of the weeks in scope and the instant a stock is taken at: the week's last second, for the running week the as-of."""
    then = stamp(as_of)
    bounds = "".join(f" and week_on {sign} date '{bound.isoformat()}'" for bound, sign in ((scope.from_on, ">="), (scope.to_on, "<")) if bound)
    return (f"select week_on, case when until_at <= {then} then @add_secs(until_at, -1) else {then} end as instant from weeks "
            f"where starts_at <= {then} and until_at > (select min(started_at) from ticket_facts){bounds}")


def instants(scope: Scope, as_of: datetime) -> str:
    """The instants a stock is taken at: the ends of the weeks, or only the as-of."""
    return weeks(scope, as_of) if scope.week else f"select cast(null as date) as week_on, {stamp(as_of)} as instant"


def _alive(scope: Scope, as_of: datetime) -> str:
    """The contacts alive at that instant, or at the end of each week, in the queue and state they had then."""
    place, lay_in = _lay_in(scope, "p")
    return (f"(select {_of_contact()}, {place}, p.state as state_then, p.is_customer_last as customer_last_then, w.week_on, w.instant "
            f"from {_lasting(as_of) if scope.week else 'spells'} p join ({instants(scope, as_of)}) w on p.from_at <= w.instant and (p.until_at is null or p.until_at > w.instant) "
            f"join ticket_facts t on t.ticket_no = p.ticket_no and t.episode = p.episode {lay_in} where p.state in {ACTIVE}) f")


def _lasting(as_of: datetime) -> str:
    """The spells that can hold the end of a week: most end in the week they began in, and need not be compared with every week."""
    return f"(select * from spells where until_at is null or until_at > {stamp(as_of)} or first_week is null or last_week is null or first_week < last_week)"


def _flows(scope: Scope, as_of: datetime) -> str:
    """Comings and goings, in the queue the contact lay in then; known as of a moment where one is given."""
    known = f" where x.occurred_at <= {stamp(as_of)}" if scope.as_of else ""
    place, lay_in = _lay_in(scope, "x")
    return f"(select {_of_contact()}, {place}, x.direction, {DATES} from flows x {_OF} {lay_in}{known}) f"


def pace(scope: Scope, as_of: datetime) -> str:
    """Departures of the four weeks before each instant of a stock, with its week."""
    place, lay_in = _lay_in(scope, "x")
    return (f"(select {_of_contact()}, {place}, w.week_on from flows x join ({instants(scope, as_of)}) w "
            f"on x.occurred_at <= w.instant and x.occurred_at > @add_secs(w.instant, -{PACE_DAYS * 86_400}) {_OF} {lay_in} where x.direction = 'settled') f")


def _acts(scope: Scope, as_of: datetime) -> str:
    return (f"(select {_of_contact()}, t.queue, t.team, t.vendor, t.tier, x.agent_id, x.acts, x.is_after_hours, {DATES} from acts x {_OF}) f")


def _turns(scope: Scope, as_of: datetime) -> str:
    return f"(select {_of_contact()}, t.queue, t.team, t.vendor, t.tier, x.is_first, x.asked_at, x.answered_at, x.words, {DATES} from turns x {_OF}) f"


def _targets(scope: Scope, as_of: datetime) -> str:
    """Promises with the time on their clock: of a running one up to the as-of."""
    until = stamp(as_of)
    running = (f"case when x.runs_from is null or x.runs_from >= {until} then 0 when x.is_business "
               f"then {open_seconds_sql(until, 'cz')} - {open_seconds_sql('x.runs_from', 'ca')} else @secs(x.runs_from, {until}) end")
    return (f"(select {_of_contact()}, t.queue, t.team, t.vendor, t.tier, x.metric, x.began_at, x.met_at, x.stop_at, x.target_seconds, x.is_business, "
            f"x.counted_seconds + {running} as elapsed_seconds, {DATES} from targets x {_OF} "
            "left join calendar ca on ca.schedule = x.schedule and ca.on_date = cast(x.runs_from as date) "
            f"left join calendar cz on cz.schedule = x.schedule and cz.on_date = cast({until} as date)) f")


def _of_contact() -> str:
    return ", ".join("t." + c for c in CONTACT)


_OF = "join ticket_facts t on t.ticket_no = x.ticket_no and t.episode = x.episode"
PLACES = ("queue", "team", "vendor", "tier")   # of the stay it happened in, not of the contact's end


def _lay_in(scope: Scope, alias: str) -> tuple[str, str]:
    """SQL of the places a row lay in then, and the join that tells them; no join where the question names none."""
    if not {*scope.by, *(name for name, _ in scope.where)} & {*PLACES}:
        return ", ".join(f"cast(null as {'bigint' if name == 'tier' else 'varchar'}) as {name}" for name in PLACES), ""
    return (", ".join(f"s.{name}" for name in PLACES),
            f"left join stays s on s.ticket_no = {alias}.ticket_no and s.episode = {alias}.episode and s.stay_no = {alias}.stay_no")
