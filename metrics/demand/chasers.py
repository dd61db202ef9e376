"""The share of contacts in which a customer had to chase us.

The customer opened this contact, in any tool, while an earlier one of theirs was still open; or wrote again in it without
having been answered. The earlier one must be of the same reason where the reasons of 80 % of all contacts are known, and may
be of any elsewhere: two questions about two things are no chasing. Words that follow the first within the quiet time (default 60 minutes) belong to it: writing a
question in three lines is no chasing.

Beside it stands by_chance, the share that would open a contact while another of theirs is open if customers' contacts had
nothing to do with each other: for each contact, the chance that a random moment of the data meets one of the customer's other
contacts open, 1 less the product of (1 - open time / time of the data). With identity=company a contact of anyone of the same company counts.
Opening hours make contacts meet a little more often
than that; writing again unanswered has no counterpart by chance.
"""
from metrics.engine.followers import IDENTITY, OF_COMPANY, OWN, REASONS_KNOWN, SAME, SAME_WHERE_KNOWN, UNKNOWN, WHILE_OPEN
from metrics.engine.metric import Example, Metric, Option

# the chance that no contact of the customer is open at a random moment, as a logarithm; one's own part is taken out again
MEETING = f"""select m.ticket_no, m.episode, m.chance, c.company_while_open
        from (select ticket_no, episode, 1 - exp(sum(away) over (partition by who, same_reason) - away) as chance
        from (select ticket_no, episode, {OWN} as who, {SAME} as same_reason,
                     case when started_at is null or coalesce(ended_at, {{as_of}}) <= started_at then 0e0
                          when @secs(started_at, coalesce(ended_at, {{as_of}})) >= 0.999999e0 * @secs(first_at, {{as_of}}) then ln(0.000001e0)
                          else ln(1 - cast(@secs(started_at, coalesce(ended_at, {{as_of}})) as double) / @secs(first_at, {{as_of}})) end as away
              from ticket_facts cross join (select min(started_at) as first_at from ticket_facts) as since
              where left_out is null and not is_proactive and {OWN} is not null) as open_times) m
        left join ({OF_COMPANY}) c on c.ticket_no = m.ticket_no and c.episode = m.episode"""

METRIC = Metric(
    label="Chasers", unit="share", kind="share", better="lower", dated_by="arrived",
    population="not is_proactive", rows=MEETING, chance="r.chance", kept=False,
    value=f"case when {WHILE_OPEN} or chase_seconds > {{quiet_minutes}} * 60 then 1 else 0 end",
    excluded={"customer not known": UNKNOWN, "start not known": "started_at is null"},
    fidelity="coalesce(message_fidelity, state_fidelity, 'counters')",
    options={"quiet_minutes": Option(60, "minutes within which further words belong to the first"),
             "identity": IDENTITY,
             "reason": Option(f"same where reasons are known for {100 * REASONS_KNOWN:.0f} %, else any", "an earlier open contact of any reason, or only of the same one",
                              ("any", "same"), from_data=SAME_WHERE_KNOWN)},
    dialects="No helpdesk shows it.",
    examples=(
        Example(says="A second contact while the first is open: the second is a chaser.", tickets={"T1": {"customer_id": "c1"}, "T2": {"customer_id": "c1"}},
                events="T1 10:00 created\nT2 15:00 created\nT1 16:00 resolved by ana\nT2 17:00 resolved by ana", gives={"T1": 0, "T2": 1}),
        Example(says="Wrote again a day later, still unanswered: chased.", tickets={"T1": {"customer_id": "c1"}},
                events="T1 10:00 created\nT1 +1d 10:00 customer_message\nT1 +1d 11:00 agent_message by ana", gives={"T1": 1}),
        Example(says="A colleague opens another while the first is open: a chaser of the company.", options={"identity": "company"},
                tickets={"T1": {"customer_id": "c1", "company_id": "k1"}, "T2": {"customer_id": "c2", "company_id": "k1"}},
                events="T1 10:00 created\nT2 15:00 created\nT1 16:00 resolved by ana\nT2 17:00 resolved by ana", gives={"T1": 0, "T2": 1}),
        Example(says="Of the same reason: the question about the invoice is no chasing of the one about the parcel, the second about the parcel is.",
                options={"reason": "same"}, tickets={"T1": {"customer_id": "c1", "reason_raw": "parcel"}, "T2": {"customer_id": "c1", "reason_raw": "invoice"},
                         "T3": {"customer_id": "c1", "reason_raw": "parcel"}},
                events="T1 10:00 created\nT2 11:00 created\nT3 15:00 created\nT1 16:00 resolved by ana\nT2 17:00 resolved by ana", gives={"T1": 0, "T2": 0, "T3": 1}),
        Example(says="Of any reason: the question about the invoice is chasing too.", options={"reason": "any"},
                tickets={"T1": {"customer_id": "c1", "reason_raw": "parcel"}, "T2": {"customer_id": "c1", "reason_raw": "invoice"}, "T3": {"customer_id": "c2"}},
                events="T1 10:00 created\nT2 11:00 created\nT3 15:00 created\nT1 16:00 resolved by ana", gives={"T1": 0, "T2": 1, "T3": 0}),
        Example(says="Three lines within five minutes are one question.", tickets={"T1": {"customer_id": "c1"}},
                events="T1 10:00 created\nT1 10:02 customer_message\nT1 10:05 customer_message\nT1 11:00 agent_message by ana", gives={"T1": 0}),
    ))
