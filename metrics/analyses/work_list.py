"""Which open contact should be taken next, and why?

The open contacts that wait for us at the data's end (ours to move, or the customer spoke last), in the order to take them:

1. due soon: a promise that can still be kept has at most `due_hours` left on its clock; the least left first;
2. failed once: unanswered, and it was passed round (back to a queue it had left, or two transfers and more) or the customer came
   back (reopened it, wrote again after an hour without an answer, came while an earlier contact was open or within `window_days`
   after its end); the longest wait first;
3. unanswered: the customer spoke last; the longest wait first;
4. ours: the customer has our last word and the next step is ours; the oldest first.

A promise already broken lifts nothing: what is late has waited long and stands high by that, what can still be kept is kept. The
wait runs on the calendar from the first word that nobody answered. Only the newest moment can be asked: how the clock of a promise
stood in the past is not kept.
"""
from __future__ import annotations

from typing import Any

from metrics.engine import asking
from metrics.engine.engines import DuckDBEngine
from metrics.engine.followers import repeat_window
from metrics.engine.metric import Option, Planted
from metrics.engine.scope import Scope, ScopeProblem
from metrics.engine.sources import source, stamp
from metrics.engine.wording import duration
from metrics.promise.sla_attainment import METRIC as PROMISES

GROUPS = ("due soon", "failed once", "unanswered", "ours")
NAMES = {"first_response": "first answer", "next_response": "answer", "resolution": "solution"}
QUIET = 3600   # seconds within which further words belong to the first, as for chasers
COLUMNS = {
    "position": "place in the order, from 1", "ticket_id": "the ticket", "episode": "its contact", "queue": "queue it lies in", "priority": "its priority", "state": "its state",
    "group": ", ".join(GROUPS), "why": "every reason that holds, in words",
    "waited_seconds": "since the customer's first unanswered word; NULL = answered, or the source tells no messages", "age_seconds": "since its first word",
    "promise": "first_response, next_response or resolution: the one that runs out next, else the one broken longest; NULL = none",
    "due_seconds": "left on the clock of that promise; below 0: broken by so much", "due_clock": "calendar or business",
    "transfers": "changes of queue", "returns": "returns to a queue it had left", "reopens": "times it was reopened",
    "is_passed_round": "a return, or two transfers and more", "came_back": "reopened, chased, begun while another was open or soon after one ended",
    "url": "its address in its tool",
}
OPTIONS = {"due_hours": Option(4, "hours left on its clock within which a promise is due soon"), "window_days": repeat_window("days after the end of an earlier contact"),
           "top": Option(500, "how many at most")}
EIGHT = '[sla.reply]\nmetric = "first_response"\nclock = "calendar"\ntargets = { "*" = "8h" }\n'
_SAME = {"customer_id": "c1"}
EXAMPLES = (
    Planted(says="At 17:00, eight hours promised: two left go first; then what was sent back; then the longest wait, though it is late already; then ours.",
            settings=EIGHT,
            events="T1 11:00 created\nT1 11:00 queued Soon\nT2 13:30 created\nT2 13:30 queued Back\nT2 13:40 queued Risk\nT2 13:50 queued Back\n"
                   "T3 08:00 created\nT3 08:00 queued Late\nT4 06:00 created\nT4 06:00 queued Ours\nT4 06:30 agent_message by ana\n"
                   "T5 14:00 created\nT5 14:00 queued Young\nT5 17:00 internal_note by ana",
            finds=({"position": 1, "queue": "Soon", "group": "due soon", "promise": "first_response", "due_seconds": 7200, "due_clock": "calendar",
                    "why": "first answer due in 2 h; unanswered for 6 h"},
                   {"position": 2, "queue": "Back", "group": "failed once", "due_seconds": 16_200, "returns": 1, "is_passed_round": True,
                    "why": "unanswered for 3 h 30 min; came back to a queue it had left"},
                   {"position": 3, "queue": "Late", "group": "unanswered", "due_seconds": -3600, "why": "first answer late by 1 h; unanswered for 9 h"},
                   {"position": 4, "queue": "Young", "group": "unanswered"},
                   {"position": 5, "queue": "Ours", "group": "ours", "waited_seconds": None, "age_seconds": 39_600}), rows=5),
    Planted(says="Back two days after the last contact ended: before one that has waited longer.", tickets={"T1": _SAME, "T2": _SAME},
            events="T1 09:00 created\nT1 10:00 resolved by ana\nT2 +2d 10:00 created\nT2 +2d 10:00 queued Again\n"
                   "T3 +1d 10:00 created\nT3 +1d 10:00 queued Patient\nT3 +2d 11:00 internal_note by ana",
            finds=({"position": 1, "queue": "Again", "came_back": True, "why": "unanswered for 1 h; back 2 d after the last contact", "promise": None},
                   {"position": 2, "queue": "Patient"})),
    Planted(says="Waiting for the customer is no work, unless the customer has written since; what a bot settled neither.",
            events="T1 09:00 created\nT1 09:30 agent_message by ana\nT1 09:30 state_changed waiting_customer by ana\n"
                   "T2 09:00 created\nT2 09:30 agent_message by ana\nT2 09:30 state_changed waiting_customer by ana\nT2 12:00 customer_message\n"
                   "T3 09:00 created\nT3 09:01 bot_message by bot\nT3 13:00 resolved by bot",
            finds=({"group": "unanswered", "waited_seconds": 3600, "age_seconds": 14_400},), rows=1),
    Planted(says="A source without messages cannot say who spoke last: it is ours by its age.",
            events="T1 09:00 created\nT1 10:00 assigned ana", fidelity={"assignments": "events", "states": "events"},
            finds=({"group": "ours", "waited_seconds": None, "why": "open for 1 h"},), rows=1),
)


def ask(engine: DuckDBEngine, scope: Scope) -> list[dict[str, Any]]:
    """Contacts in the order to take them. Raises: ScopeProblem."""
    chosen = asking.options(scope, OPTIONS, engine)
    sql, params = waiting(engine, scope, chosen)
    rows = engine.records(
        f"{sql} order by group_no, case when group_no = 0 then due_seconds else -coalesce(waited_seconds, age_seconds) end, -age_seconds, ticket_id, episode limit {chosen['top']}",
        params,
    )
    return asking.table([{**row, "position": i, "group": GROUPS[row["group_no"]], "why": _why(row)} for i, row in enumerate(rows, 1)], COLUMNS)


def waiting(engine: DuckDBEngine, scope: Scope, chosen: dict[str, Any]) -> tuple[str, list[Any]]:
    """SQL of the contacts that wait for us, each with its group (group_no) and what its place rests on. Raises: ScopeProblem."""
    until = asking.as_of(engine, Scope())
    if scope.as_of is not None and scope.as_of != until:
        raise ScopeProblem("the work list stands at the data's end: how the clock of a promise stood before is not kept")
    columns = [
        "f.ticket_no",
        "f.ticket_id",
        "f.episode",
        "f.queue",
        "f.priority",
        "f.state",
        "f.url",
        "f.started_at",
        "f.is_customer_last and f.message_fidelity is not null as is_unanswered",
        "f.message_fidelity",
        "case when f.queue_fidelity is not null then coalesce(f.transfers, 0) end as transfers",
        "case when f.queue_fidelity is not null then coalesce(f.boomerangs, 0) end as returns",
        "f.reopens",
        "f.opened_while_open",
        f"coalesce(f.chase_seconds, 0) > {QUIET} as is_chased",
        "@secs(f.ended_before_at, f.started_at) as gap_seconds",
    ]
    mine, params = asking.contacts(engine, scope, columns, "as_of", "f.is_open and f.handled_by <> 'bot_only' and (f.state <> 'waiting_customer' or f.is_customer_last)")
    return _grouped(mine, stamp(until), source(PROMISES, Scope(), until), chosen), params


def _grouped(mine: str, now: str, promises: str, chosen: dict[str, Any]) -> str:
    """SQL of the contacts with what their place rests on."""
    left = "f.target_seconds - f.elapsed_seconds"
    return f"""
        with waits as (select ticket_no, episode, max(asked_at) as asked_at from turns where answered_at is null group by ticket_no, episode),
        running as (   -- the promise that runs out next, else the one broken longest
            select f.ticket_no, f.episode, cast({left} as bigint) as due_seconds, f.metric as promise, case when f.is_business then 'business' else 'calendar' end as due_clock,
                   row_number() over (partition by f.ticket_no, f.episode order by case when {left} >= 0 then 0 else 1 end, {left}, f.metric, f.is_business) as place
            from {promises} where f.left_out is null and f.is_open and f.stop_at is null and f.target_seconds is not null and f.elapsed_seconds is not null),
        timed as (
            select m.*, coalesce(case when m.started_at <= {now} then @secs(m.started_at, {now}) end, 0) as age_seconds,
                   case when m.is_unanswered then @secs(coalesce(w.asked_at, m.started_at), {now}) end as waited_seconds, r.due_seconds, r.promise, r.due_clock,
                   coalesce(m.returns, 0) > 0 or coalesce(m.transfers, 0) >= 2 as is_passed_round,
                   coalesce(m.gap_seconds >= 0 and m.gap_seconds <= {chosen["window_days"]} * 86400, false) as is_repeat
            from ({mine}) m
            left join waits w on w.ticket_no = m.ticket_no and w.episode = m.episode
            left join running r on r.ticket_no = m.ticket_no and r.episode = m.episode and r.place = 1),
        judged as (select t.*, coalesce(t.reopens, 0) > 0 or t.is_chased or t.opened_while_open or t.is_repeat as came_back from timed t),
        grouped as (
            select j.*, case when j.due_seconds >= 0 and j.due_seconds <= {chosen["due_hours"]} * 3600 then 0 when j.waited_seconds is null then 3
                             when j.is_passed_round or j.came_back then 1 else 2 end as group_no
            from judged j)
        select * from grouped"""


def _why(row: dict[str, Any]) -> str:
    """Every reason that holds, in words."""
    left, waited, why = row["due_seconds"], row["waited_seconds"], []
    if left is not None and (left < 0 or row["group_no"] == 0):
        why.append(f"{NAMES[row['promise']]} {'due in' if left >= 0 else 'late by'} {duration(abs(left))}{' of opening time' if row['due_clock'] == 'business' else ''}")
    why += [f"unanswered for {duration(waited)}"] if waited is not None else []
    why += ["came back to a queue it had left"] if row["returns"] else [f"{row['transfers']} changes of queue"] if row["is_passed_round"] else []
    why += [f"reopened {'once' if row['reopens'] == 1 else str(row['reopens']) + ' times'}"] if row["reopens"] else []
    why += ["the customer wrote again"] if row["is_chased"] else []
    why += ["another contact of theirs was open"] if row["opened_while_open"] else [f"back {duration(row['gap_seconds'])} after the last contact"] if row["is_repeat"] else []
    if waited is None:
        age = duration(row["age_seconds"])
        why.append(f"answered, the next step is ours, open for {age}" if row["message_fidelity"] else f"open for {age}")
    return "; ".join(why)
