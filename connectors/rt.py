"""Request Tracker 5: transactions and tickets of its REST interface, and search results as TSV.

Its transactions are numbered through all tickets, so a pull goes on after the last number; no time is compared and the API
user's time zone (in which RT reads dates of a query) does not matter. One reassignment writes two transactions, `Set` and
`SetWatcher`: the first is read. A merged ticket's number answers with its survivor, a deleted one leaves every search.
"""
from connectors.contract import Connector, Example, Export, Headers, Landed, targets
from connectors.rt_pull import API

STATES = {"new": "new", "open": "in_progress", "stalled": "waiting_customer", "resolved": "resolved", "rejected": "closed", "deleted": "closed"}
TSV_FORMATS = ["%a %b %d %H:%M:%S %Y"]


def _events(landed: Landed) -> str:
    """What a transaction says: a created ticket also names its first queue and holder; the rest one thing each."""
    return """
    WITH told AS (
        SELECT *, CASE WHEN Type = 'Create' THEN 'created'
                       WHEN Type = 'Correspond' THEN CASE role WHEN 'customer' THEN 'customer_message' WHEN 'system' THEN 'bot_message' ELSE 'agent_message' END
                       WHEN Type = 'Comment' THEN 'internal_note'
                       WHEN Type = 'Status' THEN CASE WHEN NewValue = 'deleted' THEN 'deleted' ELSE 'state_changed' END
                       WHEN Field = 'Owner' AND Type <> 'SetWatcher' THEN 'assigned'
                       WHEN Field = 'Queue' AND Type = 'Set' THEN 'queued'
                       WHEN Field = 'Priority' AND Type = 'Set' THEN 'priority_changed'
                       WHEN Field = 'MergedInto' AND Type = 'AddLink' AND merged_into <> ObjectId THEN 'merged' END AS kind
        FROM landed),
    rows AS (
        SELECT *, id AS event_id, 0 AS part,
               CASE WHEN kind IN ('assigned', 'queued') THEN after WHEN kind = 'merged' THEN merged_into ELSE NewValue END AS value,
               CASE WHEN kind IN ('assigned', 'queued') THEN before ELSE OldValue END AS value_before
        FROM told
        UNION ALL SELECT * REPLACE ('queued' AS kind), id || '/queue', 1, queue, NULL FROM told WHERE kind = 'created' AND queue IS NOT NULL
        UNION ALL SELECT * REPLACE ('assigned' AS kind), id || '/owner', 2, owner, NULL FROM told WHERE kind = 'created' AND owner IS NOT NULL)
    SELECT event_id, id, ObjectId, Created, kind, value, value_before, Creator, role, merged_into, file_row_number
    FROM rows WHERE kind IS NOT NULL ORDER BY file_row_number, part"""


def _event_block(headers: Headers) -> dict:
    return {"grain": "event", "columns": {
        "event_id": "event_id", "ticket_id": "ObjectId", "occurred_at": "Created", "sequence": "id", "kind": "kind",
        "to": {"column": "value", "values": STATES}, "from": {"column": "value_before", "values": STATES}, "actor": "Creator", "actor_kind": "role"}}


def _merges(headers: Headers) -> list[dict]:
    return [{"grain": "link", "columns": {"ticket_id": "ObjectId", "other": "merged_into", "kind": {"constant": "merged_into"}}}]


def _ticket_rows(landed: Landed) -> str:
    """Times that are not set are 1970 in RT, a ticket in nobody's hands is Nobody's."""
    c = landed.column

    def set_time(name: str) -> str:
        return f"CASE WHEN {c(name)} NOT LIKE '1970-01-01%' THEN {c(name)} END"
    changes = {name: set_time(name) for name in ("Created", "Started", "LastUpdated", "Resolved")}
    changes |= {"resolved at": f"CASE WHEN {c('Status')} = 'resolved' THEN {set_time('Resolved')} END",
                "deleted at": f"CASE WHEN {c('Status')} = 'deleted' THEN {set_time('LastUpdated')} END",
                "holder": f"nullif({c('Owner.id')}, 'Nobody')"}
    return f"{landed.select(changes)} FROM landed ORDER BY file_row_number"


def _tickets(headers: Headers) -> dict:
    return {"grain": "ticket", "columns": targets(headers, {
        "ticket_id": "id", "url": "url", "subject": "Subject", "created_at": "Created", "updated_at": "LastUpdated", "resolved_at": "resolved at",
        "deleted_at": "deleted at", "state": {"column": "Status", "values": STATES}, "priority": "Priority", "queue": "Queue.id", "assignee": "holder",
        "customer": "Requestor.Name", "email": "Requestor.EmailAddress", "reason": "contact reason"})}


def _tsv_rows(landed: Landed) -> str:
    c = landed.column

    def set_time(name: str) -> str:
        return f"nullif({c(name)}, 'Not set')"
    changes = {name: set_time(name) for name in ("Created", "Resolved", "LastUpdated")}
    changes |= {"requestor": f"nullif(trim(split_part({c('Requestors')}, ',', 1), '<> '), '')", "holder": f"nullif({c('OwnerName')}, 'Nobody')"}
    return f"{landed.select(changes, without=('Requestors',))} FROM landed ORDER BY file_row_number"


def _tsv(headers: Headers) -> dict:
    times = {target: {"column": name, "formats": TSV_FORMATS} for target, name in (("created_at", "Created"), ("updated_at", "LastUpdated"), ("resolved_at", "Resolved"))}
    return {"grain": "ticket", "columns": targets(headers, {
        "ticket_id": "id", "subject": "Subject", **times, "state": {"column": "Status", "values": STATES}, "queue": "QueueName", "assignee": "holder",
        "customer": "requestor", "email": "requestor"})}


TRANSACTION = ('{"id":"%d","ObjectId":"7","Type":"%s","Field":"%s","OldValue":"%s","NewValue":"%s","Created":"2026-01-05T%s:00Z","Creator":"%s","role":"%s",'
               '"before":%s,"after":%s,"queue":%s,"owner":null,"merged_into":null}\n')
EXAMPLES = (
    Example(
        says="A trap: one reassignment writes Set and SetWatcher, and is one handoff; numbers of people and queues are told by name and id.",
        files={"transactions.ndjson":
               TRANSACTION % (59, "Create", "", "", "", "09:00", "mia@example.com", "customer", "null", "null", '"3"')
               + TRANSACTION % (60, "Set", "Owner", "6", "28", "09:10", "ann", "agent", "null", '"ann"', "null")
               + TRANSACTION % (61, "SetWatcher", "Owner", "6", "28", "09:10", "ann", "agent", "null", '"ann"', "null")
               + TRANSACTION % (62, "Set", "Owner", "28", "30", "09:30", "ann", "agent", '"ann"', '"bob"', "null")
               + TRANSACTION % (63, "SetWatcher", "Owner", "28", "30", "09:30", "ann", "agent", '"ann"', '"bob"', "null")
               + TRANSACTION % (64, "Set", "Queue", "3", "5", "09:40", "bob", "agent", '"3"', '"5"', "null")},
        gives={"events": [{"ordinal": 0, "kind": "created"}, {"ordinal": 1, "kind": "queued", "to_value": "rt:3"}, {"ordinal": 2, "kind": "assigned", "to_value": "rt:ann"},
                          {"ordinal": 3, "kind": "assigned", "to_value": "rt:bob"}, {"ordinal": 4, "kind": "queued", "to_value": "rt:5"}],
               "ticket_facts": [{"ticket_id": "rt:7", "handoffs": 1.0, "transfers": 1.0}]}),
    Example(
        says="A reply opens the ticket by RT's own hand: the answer is the agent's, the change of state the system's.",
        files={"transactions.ndjson":
               TRANSACTION % (1, "Create", "", "", "", "09:00", "mia@example.com", "customer", "null", "null", "null")
               + TRANSACTION % (2, "Correspond", "", "", "", "09:30", "ann", "agent", "null", "null", "null")
               + TRANSACTION % (3, "Status", "Status", "new", "open", "09:30", "RT_System", "system", "null", "null", "null")
               + TRANSACTION % (4, "Status", "Status", "open", "resolved", "10:00", "ann", "agent", "null", "null", "null")},
        gives={"events": [{"ordinal": 0, "kind": "created", "actor_kind": "customer"}, {"ordinal": 1, "kind": "agent_message", "actor_kind": "agent"},
                          {"ordinal": 2, "kind": "state_changed", "actor_kind": "system", "to_value": "in_progress"},
                          {"ordinal": 3, "kind": "state_changed", "actor_kind": "agent", "to_value": "resolved"}],
               "ticket_facts": [{"ticket_id": "rt:7", "first_response_time": 1800, "resolution_time": 3600}]}),
    Example(
        says="Times that are not set are 1970 in RT, and Nobody is nobody.",
        files={"tickets.ndjson": '{"id":"7","url":"https://rt.example/Ticket/Display.html?id=7","Subject":"lamp","Status":"open","Queue":{"id":"3","Name":"Billing"},'
                                 '"Owner":{"id":"Nobody"},"Created":"2026-01-05T09:00:00Z","Started":"1970-01-01T00:00:00Z","Resolved":"1970-01-01T00:00:00Z",'
                                 '"LastUpdated":"2026-01-05T09:30:00Z","Requestor":{"Name":"mia@example.com","EmailAddress":"mia@example.com"}}\n'},
        gives={"tickets": [{"ticket_id": "rt:7", "state": "in_progress", "assignee_id": None, "resolved_at": None, "created_at": "2026-01-05 09:00:00",
                            "queue_id": "rt:3"}]}),
    Example(
        says="Search results as TSV are a snapshot without changes; their times are the user's own clock.",
        files={"results.tsv": "id\tSubject\tStatus\tQueueName\tOwnerName\tRequestors\tCreated\tResolved\tLastUpdated\n"
                              "7\tlamp\tresolved\tBilling\tann\t<mia@example.com>\tMon Jan 05 10:49:00 2026\tTue Jan 06 10:49:00 2026\tTue Jan 06 10:49:00 2026\n"
                              "8\tshade\tnew\tBilling\tNobody\t<mia@example.com>\tMon Jan 05 11:49:00 2026\tNot set\tMon Jan 05 11:49:00 2026\n"},
        gives={"tickets": [{"ticket_id": "rt:7", "state": "resolved", "assignee_id": "rt:ann", "resolved_at": "2026-01-06 10:49:00", "queue_id": "rt:Billing"},
                           {"ticket_id": "rt:8", "state": "new", "queue_id": "rt:Billing"}]}),
)

CONNECTOR = Connector(
    name="rt", label="Request Tracker", mapping={"threads_are_reused": False}, examples=EXAMPLES, api=API,
    exports=(
        Export("transactions JSON", ("id", "ObjectId", "Type", "Field", "OldValue", "NewValue", "Creator", "role"), _event_block, reshape=_events, more=_merges,
               fidelity="events: states, queues, owners, replies, comments, merges, deletions"),
        Export("tickets JSON", ("id", "Status", "Queue.id", "Owner.id", "LastUpdated"), _tickets, reshape=_ticket_rows, fidelity="what a ticket is now"),
        Export("queues JSON", ("id", "Name"), lambda headers: {"grain": "queue", "columns": {"id": "id", "name": "Name"}}, named="*queue*", fidelity="names of queues"),
        Export("search results TSV", ("id", "Subject", "Status", "QueueName", "OwnerName", "LastUpdated"), _tsv, reshape=_tsv_rows,
               fidelity="counters: none; state and times only"),
    ),
    notes="A stalled ticket counts as waiting for the customer. Search results carry times without a zone: that of settings is taken; they know queues by name, "
          "the interface by number: load one of them into a source. Tickets that were shredded leave no trace.",
)
