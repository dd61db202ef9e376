"""How many times a contact came back after it had been resolved or closed.

Every transition from resolved or closed to an active state, counted over the whole life and while it is still open. Told
by the state, not by events called "reopened": two such events in a row are one reopening.

`by` asks for who caused it: the customer, us (an agent, a rule), or a thank-you: a customer's word after which it was settled
again without an agent's message. The three add up to the whole.
"""
from metrics.engine.metric import Example, Metric, Option

METRIC = Metric(
    label="Reopens", unit="reopens", kind="count", better="lower", dated_by="arrived",
    rows="select ticket_no, episode, count(*) as value from reopens where '{by}' = 'any' or reopened_by = '{by}' group by ticket_no, episode",
    value="case when state_fidelity = 'counters' then recorded_reopens else coalesce(r.value, 0) end",
    excluded={
        "not available from this source": "state_fidelity is null or (state_fidelity = 'counters' and (recorded_reopens is null or '{by}' <> 'any'))",
        "bot only": "handled_by = 'bot_only'",
        "untouched": "handled_by = 'untouched'",
    },
    fidelity="state_fidelity",
    options={"by": Option("any", "who caused it", ("any", "customer", "us", "thanks"))},
    dialects="dbt_zendesk counts solved events less one, so a ticket that is open again shows none; Front counts seven activities; Plain also counts returns from snooze.",
    examples=(
        Example(says="Solved, reopened, still open: one.",
                events="T1 10:00 created\nT1 10:30 agent_message by ana\nT1 11:00 resolved by ana\nT1 12:00 reopened by customer", gives={"T1": 1}),
        Example(says="Resolved and then closed is no reopening.",
                events="T1 10:00 created\nT1 10:30 agent_message by ana\nT1 11:00 resolved by ana\nT1 12:00 closed by system", gives={"T1": 0}),
        Example(says="Reopened twice, told twice each time: two.",
                events="T1 10:00 created\nT1 10:30 agent_message by ana\nT1 11:00 resolved by ana\nT1 12:00 reopened by customer\nT1 12:01 state_changed in_progress by ana\n"
                       "T1 13:00 resolved by ana\nT1 14:00 reopened by customer", gives={"T1": 2}),
        Example(says="'Thanks!' woke it, and it was settled again without a word: a thank-you.", options={"by": "thanks"},
                events="T1 10:00 created\nT1 10:30 agent_message by ana\nT1 11:00 resolved by ana\nT1 12:00 customer_message\n"
                       "T1 12:00 reopened by customer\nT1 12:05 resolved by ana", gives={"T1": 1}),
        Example(says="It needed an answer: the customer's, no thank-you.", options={"by": "customer"},
                events="T1 10:00 created\nT1 10:30 agent_message by ana\nT1 11:00 resolved by ana\nT1 12:00 customer_message\nT1 12:00 reopened by customer\n"
                       "T1 12:05 agent_message by ana\nT1 12:05 resolved by ana", gives={"T1": 1}),
        Example(says="An agent opened it again: ours.", options={"by": "us"},
                events="T1 10:00 created\nT1 10:30 agent_message by ana\nT1 11:00 resolved by ana\nT1 12:00 reopened by agent ana", gives={"T1": 1}),
    ))
