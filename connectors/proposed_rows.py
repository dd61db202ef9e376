"""What a row of a landed table is: a ticket, something that happened to one, a field that changed, or how a ticket stood at a time."""

from __future__ import annotations

import re
from typing import Any

from connectors.proposed_times import Times
from connectors.synonyms import HEADERS, event_kind_of, state_of, words
from connectors.values import source_of, values_of

FEW = 1.5   # rows per ticket: fewer, and it is a list of tickets in which some stand twice
OWN_IDS = ("id", "event id", "message id", "comment id", "reply id", "post id", "answer id")
# words of a header that is a ticket's, not an order's or an account's
OF_TICKETS = re.compile(r"ticket|case|issue|incident|conversation|request|complaint|work order|vorgang|\bfall|\bcaso|dossier|incidencia")
# the fact a changed field is about -> the event
CHANGES = {"state": "state_changed", "assignee": "assigned", "queue": "queued", "priority": "priority_changed"}


class Rows(Times):
    """The grain of a proposal, and the targets of its events."""

    def _ticket_and_grain(self) -> str:
        activity, state, change = self._activity_column(), self._state_column(), self._change_columns()
        known = sorted((name for name in self.names if self._rank("ticket_id", name) is not None), key=lambda name: self._rank("ticket_id", name))
        # a column of ids that no list knows may be it too: after those known, in the order of the file
        others = [name for name in self.names if self.types[name] == "id" and name not in known and not self._is_of_something_else(name)]
        ids = {name: each for name in [*known, *others] if (each := self._rows_per_id(name))}
        own = next((name for name, each in ids.items() if each == 1), None)
        several = next((name for name in known if ids.get(name, 1) > 1), None)
        if several and (change or own in others):   # rows of tickets: the row's own id, and the ticket's, which is named like one
            told = f"each '{several}' has {ids[several]:.1f} rows on average"
            if change or (activity and self._times_named()):
                why = f"'{change[0]}' names the field that changed" if change else f"'{activity}' names what happened"
                return self._event(several, own, f"{told}, and {why}")
            if not (state or words(own) in OWN_IDS) and OF_TICKETS.search(words(several)):
                self._take("ticket_id", several, f"{told}, while '{own}' is unique but not named like a ticket; the last row of each counts")
                return "ticket"
            if state and self._moving(several) and OF_TICKETS.search(words(several)):
                self._take("ticket_id", several, f"{told}, and '{state}' says how the ticket stood")
                return "snapshot"
        parent = next((name for name, each in ids.items() if each > 1 and re.search(r"\wid$", words(name).replace(" ", ""))), None)
        if own and parent and words(own) in OWN_IDS and not state:
            return self._event(parent, own, f"each '{parent}' has {ids[parent]:.1f} rows on average, while '{own}' is unique")
        first = next((name for name, each in ids.items() if each > 1), None) if own is None else next(iter(ids), None)
        if first and first in known and 1 < ids[first] < FEW and own is None and not activity and not self._moving(first):
            self._take("ticket_id", first, f"'{first}' comes again in some rows, and no time says when a row was: the last row of each ticket counts")
            return "ticket"
        if first and ids[first] > 1 and {"time", "date"} & set(self.types.values()) and (activity or state):
            told = f"'{activity}' names what happened" if activity else f"'{state}' says how the ticket stood"
            self._take("ticket_id", first, f"each '{first}' has {ids[first]:.1f} rows on average, and {told}")
            return "event" if activity else "snapshot"
        if own:
            self._take("ticket_id", own, f"unique in each row, named '{own}'")
        else:
            self._join_ids(list(ids))
        return "ticket"

    def _event(self, ticket: str, own: str | None, why: str) -> str:
        self._take("ticket_id", ticket, why)
        self._take("event_id", own, f"unique in each row, named '{own}'")
        return "event"

    def _join_ids(self, ids: list[str]) -> None:
        """No column is unique: an id, the day and the first column together may be."""
        days = [name for name in self.names if words(name) in ("date", "day", "datum", "fecha", "data")]
        parts = list(dict.fromkeys([*ids[:1], *days[:1], self.names[0]]))
        if ids and len(parts) > 1:
            cells = ", ".join(self._cell(name) for name in parts)
            sql = f"select count(*), count(distinct ({cells})) from {source_of(self.table)}"
            [(rows, distinct)] = self.con.execute(sql).fetchall()
            if rows == distinct:
                self.columns["ticket_id"] = {"columns": parts, "join": "-"}
                self.reasons["ticket_id"] = f"no column is unique, but {', '.join(parts)} together are"
                self.used.update(parts[:1])
                return
        self.reasons["ticket_id"] = "no column is unique in each row and named like an id; say which columns name a ticket"

    # --- events --------------------------------------------------------------------------------------------------
    def _of_event(self) -> None:
        change = self._change_columns()
        activity = None if change else self._activity_column()
        created = self._find("created_at", "time", "date")
        if "event_id" in self.columns and not change:  # a message may be edited later, it was written when it was created
            self._take("occurred_at", created, f"named '{created}', holds times")
        if "occurred_at" not in self.columns:
            self._when(must_move=False)
        if change:
            self._changes(*change)
        elif activity:
            self._kinds(activity)
        else:
            self.columns["kind"] = {"constant": "agent_message"}
            self.reasons["kind"] = "the file names no activity; its rows look like answers, change this if they are not"
        self._named("actor")
        if not (activity or change) and "actor" in self.columns:
            name = self.columns["actor"]
            self.columns["actor_kind"] = {"column": name, "equals": "customer", "then": "customer", "else": "agent"}
            self.reasons["actor_kind"] = f"'{name}' is the customer where it equals the ticket's customer"
        self._named("actor_queue", "category", "id", "text")

    def _change_columns(self) -> tuple[str, str] | None:
        """The columns that name a changed field and its new value, where the fields are facts of a ticket."""
        field, new = self._find("field", "category", "text", "id"), self._find("to", "category", "text", "id")
        return (field, new) if field and new and field != new and any(map(_fact_of, self._ask(values_of, field))) else None

    def _changes(self, field: str, new: str) -> None:
        fields = self._ask(values_of, field)
        kinds = {value: CHANGES[fact] for value in fields if (fact := _fact_of(value))}
        self._take("kind", field, f"named '{field}', {len(fields)} different fields", {"values": kinds, "other": "internal_note"})
        of_state = [value for value, kind in kinds.items() if kind == "state_changed"]
        for target, name in (("from", self._find("from", "category", "text", "id")), ("to", new)):
            if name is None:
                continue
            said = self._values_where(field, of_state, name)
            states = {value: state for value in said if (state := state_of(value))}
            rest = [value for value in said if value not in states]
            part: dict[str, Any] = {"only": list(dict.fromkeys(kinds.values())), **({"values": states} if states else {})}
            self._take(target, name, f"named '{name}', the value of the field in '{field}'" + (f"; say what these mean: {', '.join(rest[:10])}" if rest else ""), part)

    def _values_where(self, field: str, fields: list[str], name: str) -> list[str]:
        """The values of a column in the rows of these fields, the commonest first."""
        cell = self._cell(name)
        sql = (f"select {cell} from {source_of(self.table)} where list_contains(?, {self._cell(field)}) and {cell} is not null "
               "group by 1 order by count(*) desc, 1 limit 200")
        return [value for (value,) in self.con.execute(sql, [fields]).fetchall()]

    def _kinds(self, activity: str) -> None:
        values = self._ask(values_of, activity)
        kinds = {value: kind for value in values if (kind := event_kind_of(value))}
        states = {value: state for value in values if (state := state_of(value))}
        why = f"named '{activity}', {len(values)} different activities"
        acts = {"created", "reassigned", "customer_message", "agent_message", "internal_note"} & set(kinds.values())
        if len(states) > len(values) / 2 and not acts:
            # Statuses, not things done: every row is a change of state.
            ends = {value: state for value, state in states.items() if state in ("resolved", "closed")}
            self._take("kind", activity, f"{why} that read like statuses", {"values": ends, "other": "state_changed"})
            self.columns["to"] = {"column": activity, "values": states, "only": ["state_changed"]}
            self.reasons["to"] = f"the status in '{activity}'"
        else:
            self._take("kind", activity, why, {"values": kinds, "other": "internal_note"})
            self._handed_to(activity, set(kinds.values()), {value: states[value] for value, kind in kinds.items() if kind == "state_changed" and value in states})

    def _handed_to(self, activity: str, kinds: set[str], waits: dict[str, str]) -> None:
        """The state or the new holder that an activity speaks of."""
        handed = [kind for kind in ("assigned", "queued") if kind in kinds]
        if waits:
            self.columns["to"] = {"column": activity, "values": waits, "only": ["state_changed"]}
            self.reasons["to"] = f"the state that '{activity}' speaks of"
        elif handed and (name := self._find("to", "category", "text", "id")):
            self._take("to", name, f"who or what it came to is in '{name}'", {"only": handed})
            self._take("from", before := self._find("from", "category", "text", "id"), f"who or what it came from is in '{before}'", {"only": handed})
        elif handed == ["queued"] and (name := self._find("queue", "category", "text", "id")):
            self.columns["to"] = {"column": name, "only": ["queued"]}
            self.reasons["to"] = f"the queue it came to is in '{name}'"
        elif "assigned" in handed and (name := self._find("actor")):
            self.columns["to"] = {"column": name, "only": ["assigned"]}
            self.reasons["to"] = f"who took the ticket is in '{name}'"


def _fact_of(field: str) -> str | None:
    """The fact of a ticket that a field's name means."""
    plain = words(field)
    return next((fact for fact in CHANGES if plain in HEADERS[fact]), None)
