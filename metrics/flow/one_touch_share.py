"""The share of settled contacts that took exactly one public reply.

One reply by a person, and settled. No reply at all is none; two are two. Whether the customer came back is not asked here:
first_contact_resolution does.
"""
from metrics.engine.metric import Example, Metric
from metrics.speed.resolution_time import METRIC as RESOLUTION

METRIC = Metric(
    label="One-touch share", unit="share", kind="share", better="higher", dated_by="ended",
    value="case when replies = 1 then 1 else 0 end", kept=False,
    excluded={"not available from this source": "message_fidelity is null", **RESOLUTION.excluded}, fidelity="message_fidelity",
    dialects="Zendesk counts fewer than two replies, none included, on one page and exactly one on another; Freshservice asks for no customer reply; Zammad calls "
             "closing within 15 minutes a first solution.",
    examples=(
        Example(says="One reply and solved.", events="T1 10:00 created\nT1 10:30 agent_message by ana\nT1 10:30 resolved by ana", gives={"T1": 1}),
        Example(says="Two replies: not one.", events="T1 10:00 created\nT1 10:30 agent_message by ana\nT1 11:00 agent_message by ana\nT1 11:00 resolved by ana", gives={"T1": 0}),
        Example(says="No reply at all is not one touch.", events="T1 10:00 created\nT1 10:30 internal_note by ana\nT1 10:30 resolved by ana", gives={"T1": 0}),
        Example(says="One reply, not settled yet.", events="T1 10:00 created\nT1 10:30 agent_message by ana", gives={"T1": "open"}),
    ))
