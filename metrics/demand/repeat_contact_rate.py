"""The share of settled contacts after which the same customer came again.

A contact is followed when the same known customer starts another contact, in any tool, after it ended and within the
window. Followed contacts divided by ended contacts with a known customer whose window is over; a window that is not over
is left out, so that the newest weeks do not look best. Counted for the contact that was followed: its queue, reason and
channel. With anchor=start it is measured from opening to opening and counted for the later contact instead. With
identity=company a contact of anyone of the same company follows.

Beside it stands by_chance, the share that would be followed if a customer's contacts had nothing to do with each other: for each
contact, the chance that one of the customer's others, begun at any moment of the data, falls into its window. Customers who
write often are followed often, whatever was done for them.
"""
from metrics.engine.followers import BEFORE, CHANCE, IDENTITY, NEXT, OF_COMPANY, UNKNOWN, repeat_window
from metrics.engine.metric import Example, Metric, Option

METRIC = Metric(
    label="Repeat contact rate", unit="share", kind="share", better="lower", dated_by="ended",
    population="not is_proactive", rows=OF_COMPANY, chance=CHANCE, kept=False,
    value=f"case when '{{anchor}}' = 'start' then case when @secs({BEFORE}, started_at) <= {{window_days}} * 86400 then 1 else 0 end "
          f"when @secs(ended_at, {NEXT}) <= {{window_days}} * 86400 then 1 else 0 end",
    excluded={
        "customer not known": UNKNOWN,
        "start not known": "started_at is null",
        "open": "'{anchor}' = 'end' and is_open",
        "end not known": "'{anchor}' = 'end' and ended_at is null",
        "resolved before it began": "'{anchor}' = 'end' and ended_at < started_at",
        "window not over": "'{anchor}' = 'end' and @secs(ended_at, {as_of}) < {window_days} * 86400",
    },
    fidelity="coalesce(state_fidelity, 'counters')",
    options={"window_days": repeat_window("days after the end within which a contact counts as a repeat"), "identity": IDENTITY,
             "anchor": Option("end", "measure from the end of the first contact, or from opening to opening", ("end", "start")),
             "reason": Option("any", "any reason, or only the same one", ("any", "same"))},
    dialects="No helpdesk follows a customer over tools; first contact resolution in Zendesk, Freshservice and Intercom asks only about the one ticket.",
    examples=(
        Example(says="Settled on Monday, back on Wednesday: followed. The second one's window is not over.",
                tickets={"T1": {"customer_id": "c1"}, "T2": {"customer_id": "c1"}, "T3": {"customer_id": "c9"}},
                events="T1 10:00 created\nT1 11:00 resolved by ana\nT2 +2d 10:00 created\nT2 +2d 11:00 resolved by ana\nT3 +9d 08:00 created",
                gives={"T1": 1, "T2": "window not over", "T3": "open"}),
        Example(says="Opened before the first was settled: a chaser, no repeat.",
                tickets={"T1": {"customer_id": "c1"}, "T2": {"customer_id": "c1"}, "T3": {"customer_id": "c9"}},
                events="T1 10:00 created\nT2 10:30 created\nT1 11:00 resolved by ana\nT2 12:00 resolved by ana\nT3 +20d 08:00 created",
                gives={"T1": 0, "T2": 0, "T3": "open"}),
        Example(says="Who the customer is is not known: left out.", events="T1 10:00 created\nT1 11:00 resolved by ana\nT3 +20d 08:00 created",
                gives={"T1": "customer not known", "T3": "customer not known"}),
        Example(says="A colleague of the same company asks two days later: followed for the company, not for the person.", options={"identity": "company"},
                tickets={"T1": {"customer_id": "c1", "company_id": "k1"}, "T2": {"customer_id": "c2", "company_id": "k1"}, "T3": {"customer_id": "c1"}},
                events="T1 10:00 created\nT1 11:00 resolved by ana\nT2 +2d 10:00 created\nT2 +2d 11:00 resolved by ana\nT3 +20d 08:00 created",
                gives={"T1": 1, "T2": 0, "T3": "customer not known"}),
        Example(says="A window of one day: two days later is no repeat.", options={"window_days": 1},
                tickets={"T1": {"customer_id": "c1"}, "T2": {"customer_id": "c1"}},
                events="T1 10:00 created\nT1 11:00 resolved by ana\nT2 +2d 10:00 created\nT2 +20d 11:00 resolved by ana", gives={"T1": 0, "T2": "window not over"}),
        Example(says="The settings say what a repeat is: fourteen days here.", settings="repeat_window_days = 14",
                tickets={"T1": {"customer_id": "c1"}, "T2": {"customer_id": "c1"}},
                events="T1 10:00 created\nT1 11:00 resolved by ana\nT2 +10d 10:00 created\nT2 +20d 11:00 resolved by ana", gives={"T1": 1, "T2": "window not over"}),
        Example(says="Opening to opening, same reason only.", options={"anchor": "start", "reason": "same"},
                tickets={"T1": {"customer_id": "c1", "reason_raw": "login"}, "T2": {"customer_id": "c1", "reason_raw": "invoice"},
                         "T3": {"customer_id": "c1", "reason_raw": "login"}},
                events="T1 10:00 created\nT2 +1d 10:00 created\nT3 +2d 10:00 created", gives={"T1": 0, "T2": 0, "T3": 1}),
    ))
