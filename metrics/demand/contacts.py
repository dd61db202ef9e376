"""How many times customers reached out.

A contact is one customer request from its first word to its last resolution; a reused thread holds several. Contacts an
agent started are not in it. Merged, spam, deleted and test tickets are in no number.
"""
from metrics.engine.metric import Example, Metric

METRIC = Metric(
    label="Contacts", unit="contacts", kind="volume", better="neither", dated_by="arrived",
    population="not is_proactive", value="1", fidelity="coalesce(state_fidelity, message_fidelity, 'counters')",
    dialects="Chat tools count a thread that is written to again after weeks as the same conversation; Zendesk counts merged and agent-started tickets.",
    examples=(
        Example(says="One ticket, one contact.", events="T1 10:00 created\nT1 11:00 resolved by ana", gives={"T1": 1}),
        Example(says="A chat thread used again 40 days later is two contacts.", settings="[sources.example]\nthreads_are_reused = true",
                events="T1 10:00 created\nT1 10:05 agent_message by ana\nT1 10:10 resolved by ana\nT1 +40d 09:00 customer_message\n"
                       "T1 +40d 09:05 agent_message by ana", gives={"T1": 1, "T1#2": 1}),
        Example(says="Started by an agent: apart.", events="T1 10:00 created by agent ana\nT1 10:00 agent_message by ana", gives={}),
    ))
