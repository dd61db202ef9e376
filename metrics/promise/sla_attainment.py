"""The share of promises to customers that were kept.

The target is the one that settings.toml had in force, for the contact's reason and the priority it had, when the clock began:
that of reason and priority where there is one, then that of the reason, then that of the priority, then that of all. The clock
stands still in the promise's pausing states and, where it is a business clock, outside the schedule of the queue that held the
contact. Kept and broken promises count as soon as they are decided: one that is still open but past its target is broken.
Those not yet due are counted beside. `target` asks for the first response, every later response, or the resolution.
"""
from metrics.engine.metric import Example, Metric, Option
from metrics.speed.first_response_time_business import OFFICE

HOUR = '[sla.reply]\nmetric = "first_response"\nclock = "calendar"\ntargets = { urgent = "30m", "*" = "1h" }\n'
DAY = '[sla.solve]\nmetric = "resolution"\nclock = "calendar"\ntargets = { "*" = "4h" }\npausing = ["waiting_customer"]\n'
REASONS = """[sla.reply]
metric = "first_response"
clock = "calendar"
targets = { urgent = "30m", "*" = "8h" }
reasons = { outage = "1h", Invoice = { urgent = "2h", "*" = "4h" } }
"""
NEXT = '[sla.next]\nmetric = "next_response"\nclock = "calendar"\ntargets = { "*" = "2h" }\n'
OPENING = OFFICE + '[sla.reply]\nmetric = "first_response"\nclock = "business"\ntargets = { "*" = "2h" }\n'
TARGET = {"target": Option("first_response", "which promise", ("first_response", "next_response", "resolution"))}
RULES = {
    "bot only": "handled_by = 'bot_only'",
    "untouched": "'{target}' = 'resolution' and handled_by = 'untouched' and not is_open",
    "answered before it began": "stop_at < began_at",
    "not available from this source": "met_at is null and case when '{target}' = 'resolution' then state_fidelity else message_fidelity end is null",
    "no target for its reason or priority": "target_seconds is null",
    "no schedule": "elapsed_seconds is null",
    "not due yet": "stop_at is null and elapsed_seconds <= target_seconds",
    "ended without a reply": "met_at is null and stop_at is not null and elapsed_seconds <= target_seconds",
}

METRIC = Metric(
    label="Promises kept (SLA)",
    unit="share",
    kind="share",
    better="higher",
    dated_by="arrived",
    grain="target",
    population="metric = '{target}'",
    value="case when elapsed_seconds <= target_seconds then 1 else 0 end",
    excluded=RULES,
    fidelity="coalesce(message_fidelity, state_fidelity, 'counters')",
    options=TARGET,
    dialects="Zendesk restarts the first reply when the policy is applied, dbt_zendesk counts from creation, and up to its version 1.4 took today's priority for that of "
    "the past; HubSpot sets no SLA on tickets a workflow made; Freshdesk judges only what is concluded. recorded_sla_met is the tool's own word.",
    examples=(
        Example(
            says="Answered within the hour; another one took two.",
            settings=HOUR,
            events="T1 10:00 created\nT1 10:30 agent_message by ana\nT2 10:00 created\nT2 12:00 agent_message by ana",
            gives={"T1": 1, "T2": 0},
        ),
        Example(
            says="Still unanswered after two hours: broken already. Asked ten minutes ago: not due yet.",
            settings=HOUR,
            events="T1 10:00 created\nT2 11:50 created\nT3 12:00 internal_note by ana",
            gives={"T1": 0, "T2": "not due yet", "T3": "not due yet"},
        ),
        Example(
            says="The promise is that of the priority it had when it began; lowering it later changes nothing.",
            settings=HOUR,
            tickets={"T1": {"priority": "low"}},
            events="T1 10:00 created\nT1 10:00 priority_changed urgent\nT1 10:40 priority_changed low\nT1 10:50 agent_message by ana",
            gives={"T1": 0},
        ),
        Example(
            says="Five hours, two of them waiting for the customer: four were promised, three used.",
            settings=DAY,
            options={"target": "resolution"},
            events="T1 10:00 created\nT1 11:00 agent_message by ana\nT1 11:00 state_changed waiting_customer by ana\nT1 13:00 customer_message\n"
            "T1 13:00 state_changed in_progress by customer\nT1 15:00 resolved by ana",
            gives={"T1": 1},
        ),
        Example(
            says="Every later answer within two hours: the second turn took one, the third three.",
            options={"target": "next_response"},
            settings=NEXT,
            events="T1 08:00 created\nT1 09:00 agent_message by ana\nT1 10:00 customer_message\nT1 11:00 agent_message by ana\nT1 12:00 customer_message\n"
            "T1 15:00 agent_message by ana",
            gives={"T1": [1, 0]},
        ),
        Example(
            says="Closed without a word after its time had run out: broken, not forgotten.",
            settings=HOUR,
            events="T1 10:00 created\nT1 13:00 internal_note by ana\nT1 13:00 resolved by ana",
            gives={"T1": 0},
        ),
        Example(
            says="Two opening hours promised: Monday 16:00 to Tuesday 10:00 is two. Asked Tuesday 14:00, unanswered Thursday 09:00 after the holiday: three, broken.",
            settings=OPENING,
            events="T1 16:00 created\nT1 +1d 10:00 agent_message by ana\nT2 +1d 14:00 created\nT3 +3d 09:00 created",
            gives={"T1": 1, "T2": 0, "T3": "not due yet"},
        ),
        Example(
            says="After 90 minutes: urgent is late, urgent for an invoice (2 h) is not; an urgent outage has the outage's hour, not urgent's half. An invoice of no "
            "urgency has four hours, anything else eight.",
            settings=REASONS,
            tickets={
                "T1": {"priority": "urgent", "reason_raw": "login"},
                "T2": {"priority": "Urgent", "reason_raw": "invoice"},
                "T3": {"priority": "urgent", "reason_raw": "Outage"},
                "T4": {"reason_raw": "invoice"},
                "T5": {"reason_raw": "login"},
                "T6": {"priority": "urgent", "reason_raw": "outage"},
            },
            events="T1 10:00 created\nT1 11:30 agent_message by ana\nT2 10:00 created\nT2 11:30 agent_message by ana\nT3 10:00 created\nT3 11:30 agent_message by ana\n"
            "T4 10:00 created\nT4 15:00 agent_message by ana\nT5 10:00 created\nT5 15:00 agent_message by ana\nT6 10:00 created\nT6 10:45 agent_message by ana",
            gives={"T1": 0, "T2": 1, "T3": 0, "T4": 0, "T5": 1, "T6": 1},
        ),
        Example(
            says="Only outages are promised anything: another reason has nothing to keep.",
            settings=REASONS.replace('targets = { urgent = "30m", "*" = "8h" }\n', ""),
            tickets={"T1": {"reason_raw": "outage"}, "T2": {"reason_raw": "login"}},
            events="T1 10:00 created\nT1 10:30 agent_message by ana\nT2 10:00 created\nT2 10:30 agent_message by ana",
            gives={"T1": 1, "T2": "no target for its reason or priority"},
        ),
        Example(says="Nothing was promised: nothing to keep.", events="T1 10:00 created\nT1 10:30 agent_message by ana", gives={}),
    ),
)
