"""A chat that became a ticket of another tool, found by identity and time where the tools have no link of their own.

The rule: a chat and a ticket (or case) of another source, of the same person, are one contact where
- the ticket was created between a minute before and five minutes after the chat's hand-over: something a bot, a workflow or
  the tool itself did in the chat, or its close by anybody where its tags say that it was transferred,
- the bot neither wrote nor routed in the chat in the next five minutes: it was done with it,
- nobody of ours wrote in the chat from a day before the ticket until five minutes after it (in a transferred one: after it):
  a chat that a person answered was answered there,
- neither has a link of its own of this kind, no shared mailbox is their person, and we did not start the ticket.
Of several the nearest in time is taken, on both sides; a tie takes the smaller id. The link says how it was found, and is
found anew by every load, so that it goes when its reasons go.
"""
from __future__ import annotations

import duckdb

BEFORE, AFTER, ANSWERED = 60, 300, 86_400   # seconds
FOUND_BY = "identity and time"

_PAIRS = f"""
    WITH people AS (SELECT customer_id, person_id FROM main.customers WHERE NOT coalesce(is_shared, false)),
    told AS (SELECT ticket_id AS id FROM main.links WHERE kind IN ('became', 'merged_into') UNION SELECT other_id FROM main.links WHERE kind = 'became'),
    near AS (   -- whatever could be: the same person, two tools, the ticket begun in the life of the chat
        SELECT c.ticket_id AS chat_id, k.ticket_id, k.created_at AS begun_at,
               regexp_matches(coalesce(c.tags, ''), '(^| )(transfer|transferred|handed[-_]over)( |$)', 'i') AS is_transferred
        FROM main.tickets c
        JOIN people pc ON pc.customer_id = c.customer_id
        JOIN people pk ON pk.person_id = pc.person_id
        JOIN main.tickets k ON k.customer_id = pk.customer_id
        WHERE c.kind = 'chat' AND k.kind IN ('ticket', 'case') AND k.source <> c.source AND NOT coalesce(k.is_proactive, false)
          AND k.created_at >= c.created_at AND (c.version_at IS NULL OR epoch(k.created_at) - epoch(c.version_at) <= {AFTER})
          AND c.ticket_id NOT IN (SELECT id FROM told) AND k.ticket_id NOT IN (SELECT id FROM told)),
    acts AS (
        SELECT n.*, e.occurred_at, e.kind, epoch(n.begun_at) - epoch(e.occurred_at) AS seconds,
               e.kind <> 'created' AND (e.actor_kind IN ('bot', 'system') OR (n.is_transferred AND e.kind IN ('closed', 'resolved'))) AS is_hand_over
        FROM near n JOIN main.events e ON e.ticket_id = n.chat_id),
    handed AS (
        SELECT chat_id, ticket_id, min(abs(seconds)) FILTER (WHERE is_hand_over AND seconds BETWEEN -{BEFORE} AND {AFTER}) AS apart
        FROM acts GROUP BY chat_id, ticket_id
        HAVING apart IS NOT NULL
           AND count(*) FILTER (WHERE is_hand_over AND kind IN ('bot_message', 'queued', 'assigned') AND seconds BETWEEN -{AFTER} AND -{BEFORE} - 1) = 0
           AND count(*) FILTER (WHERE kind = 'agent_message' AND seconds BETWEEN -{AFTER} AND {ANSWERED} AND (NOT is_transferred OR seconds < 0)) = 0)
    SELECT chat_id, ticket_id FROM handed
    QUALIFY row_number() OVER (PARTITION BY chat_id ORDER BY apart, ticket_id) = 1 AND row_number() OVER (PARTITION BY ticket_id ORDER BY apart, chat_id) = 1
"""


def link_chats(con: duckdb.DuckDBPyConnection) -> None:
    """Rebuild the links that identity and time tell; tickets whose links changed go into temp `changed`."""
    con.execute("CREATE OR REPLACE TEMP TABLE old_pairs AS SELECT ticket_id AS chat_id, other_id AS ticket_id FROM main.links WHERE found_by = ?", [FOUND_BY])
    con.execute("DELETE FROM main.links WHERE found_by = ?", [FOUND_BY])
    con.execute(f"CREATE OR REPLACE TEMP TABLE new_pairs AS {_PAIRS}")
    con.execute("INSERT INTO main.links SELECT chat_id, ticket_id, 'became', ? FROM new_pairs", [FOUND_BY])
    con.execute("""INSERT INTO changed SELECT unnest([chat_id, ticket_id]) FROM (
        (FROM old_pairs EXCEPT FROM new_pairs) UNION ALL (FROM new_pairs EXCEPT FROM old_pairs))""")
    con.execute("DROP TABLE old_pairs; DROP TABLE new_pairs")
