"""The share of rated contacts whose customer was satisfied.

The last rating of a ticket counts. On a scale of two it is the better word, on a scale of five the upper two. Which scale a
source has is read from its ratings; where they do not tell (only 1s, or more than 5), there is no value. Read it beside
csat_response_rate: those who answer are not all.
"""
from metrics.engine.metric import Example, Metric

METRIC = Metric(
    label="Customer satisfaction", unit="share", kind="share", better="higher", dated_by="ended", kept=False,
    rows="""select c.ticket_no, c.episode, case when s.top <= 1 and s.bottom < 1 then case when c.csat >= 1 then 1 else 0 end
                                                  when s.top > 1 and s.top <= 5 then case when c.csat >= 4 then 1 else 0 end end as value
        from ticket_facts c join (select source, max(csat) as top, min(csat) as bottom from ticket_facts group by source) s on s.source = c.source
        where c.csat is not null""",
    value="r.value", population="csat is not null",
    excluded={"open": "is_open", "end not known": "ended_at is null", "scale not known": "r.value is null"}, fidelity="coalesce(state_fidelity, 'counters')",
    dialects="Zendesk divides good by good and bad; Intercom and Chatwoot take 4 and 5 of five; dbt_zendesk's good-to-bad and bad-to-good flags are the wrong way round.",
    examples=(
        Example(says="Five steps: 5 and 4 are satisfied, 3 is not.", tickets={"T1": {"csat": 5}, "T2": {"csat": 4}, "T3": {"csat": 3}},
                events="T1 10:00 created\nT1 11:00 resolved by ana\nT2 10:00 created\nT2 11:00 resolved by ana\nT3 10:00 created\n"
                       "T3 11:00 resolved by ana", gives={"T1": 1, "T2": 1, "T3": 0}),
        Example(says="First good, then bad: bad. First bad, then good: good.",
                events="T1 10:00 created\nT1 11:00 resolved by ana\nT1 12:00 rated good\nT1 13:00 rated bad\nT2 10:00 created\nT2 11:00 resolved by ana\n"
                       "T2 12:00 rated bad\nT2 13:00 rated good",
                gives={"T1": 0, "T2": 1}),
        Example(says="Not rated: not in it. Only 1s: best of two or worst of five, nobody knows.", tickets={"T1": {"csat": 1}},
                events="T1 10:00 created\nT1 11:00 resolved by ana\nT2 10:00 created\nT2 11:00 resolved by ana", gives={"T1": "scale not known"}),
    ))
