"""How long a customer waits for an answer when they write again.

Per turn: from the customer's first unanswered word to the next public word of a person. Further words before the answer do not
start the turn again. The turn whose answer is the first response is first_response_time's; where an agent began the contact
every turn counts. A last word that nobody answered before the contact ended, such as a thank-you, is counted beside.
"""
from metrics.engine.metric import Example, Metric

METRIC = Metric(
    label="Next response time", unit="seconds", kind="duration", better="lower", dated_by="arrived", grain="turn",
    value="@secs(asked_at, answered_at)", population="not is_first",
    excluded={
        "not available from this source": "message_fidelity is null",
        "bot only": "handled_by = 'bot_only'",
        "no reply yet": "answered_at is null and is_open",
        "ended without a reply": "answered_at is null",
    },
    fidelity="coalesce(message_fidelity, 'counters')",
    dialects="Intercom's response time takes all turns, the first among them; dbt_zendesk adds the first reply of a ticket an agent opened to the next turn; Armin-style "
             "clocks start at the customer's last word and forgive whoever is chased.",
    examples=(
        Example(says="The first answer is another number; the second turn took half an hour.",
                events="T1 10:00 created\nT1 10:20 agent_message by ana\nT1 11:00 customer_message\nT1 11:30 agent_message by ana", gives={"T1": 1800}),
        Example(says="Three lines and a chaser are one turn, from the first of them.",
                events="T1 10:00 created\nT1 10:20 agent_message by ana\nT1 11:00 customer_message\nT1 11:05 customer_message\nT1 13:00 customer_message\n"
                       "T1 14:00 agent_message by ana",
                gives={"T1": 10800}),
        Example(says="An agent began it: the customer waited 30 minutes.",
                events="T1 10:00 created by agent ana\nT1 10:00 agent_message by ana\nT1 11:00 customer_message\nT1 11:30 agent_message by ana", gives={"T1": 1800}),
        Example(says="Answered in the same second; then 'thanks', which nobody had to answer.",
                events="T1 10:00 created\nT1 10:20 agent_message by ana\nT1 11:00 customer_message\nT1 11:00 agent_message by ana\n"
                       "T1 12:00 customer_message\nT1 12:10 resolved by ana",
                gives={"T1": [0, "ended without a reply"]}),
    ))
