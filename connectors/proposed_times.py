"""Which columns of times say what: a day joined with its clock, the time that changes from row to row, and what cannot be read."""

from __future__ import annotations

import re

from connectors import dates
from connectors.doubts import of_zone
from connectors.proposed_columns import Columns
from connectors.synonyms import header_words
from connectors.values import all_match, source_of, values_of

CLOCK_OF_DAY = r"([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?([ \x{00a0}\x{202f}]?[AaPp][Mm])?"
# a header of these is of a span, whatever the values look like
SPAN = re.compile(r"\b(duration|handle|handling|wait|waiting|talk|hold|resolution|response|reply|elapsed|spent|work|working|age|tiempo|temps|tempo|delai)\b"
                  r"|dauer|duracion|duree|durata|(bearbeitungs|losungs|warte|reaktions|antwort|lauf)zeit")
_DAY_OR_CLOCK = {"date", "time", "day", "at", "on", "am", "um", "fecha", "hora", "dia", "jour", "heure", "le", "a", "data", "ora", "giorno", "de", "di", "d", "of"}
BEGINNINGS_AND_ENDS = {"created_at": "a beginning", "resolved_at": "an end", "closed_at": "an end", "updated_at": "the last change", "occurred_at": "the time of a row"}
FACTS = ("created_at", "resolved_at", "closed_at", "first_response_at")
JOINED = ("created_at", "resolved_at", "closed_at", "updated_at", "first_response_at", "occurred_at")


class Times(Columns):
    """The times of a proposal."""

    # --- when a row was ------------------------------------------------------------------------------------------
    def _moving(self, ticket: str) -> list[str]:
        """The columns of times that hold two times within one ticket; an end that was put right in a later row is no time of a row."""
        id_, rows = self._cell(ticket), source_of(self.table)

        def moves(name: str) -> bool:
            sql = f"select 1 from {rows} group by {id_} having count(distinct {self._cell(name)}) > 1 limit 1"
            return bool(self.con.execute(sql).fetchall())
        facts = [name for name in self.names if any(self._rank(target, name) is not None for target in FACTS) and self._rank("occurred_at", name) is None]
        return [name for name in self._times_named() if name not in self.used and name not in facts and moves(name)]

    def _when(self, must_move: bool) -> None:
        """When a row was: the time that changes from row to row of a ticket, the one named so first."""
        ticket = self.columns["ticket_id"]
        moving = self._moving(ticket) if isinstance(ticket, str) else []
        if moving:
            name = self._find("occurred_at", among=moving) or moving[0]
            self._take("occurred_at", name, f"'{name}' holds times and changes from row to row of one ticket")
        elif not must_move:
            self._named("occurred_at", "time", "date")
        if "occurred_at" not in self.columns:
            self.reasons["occurred_at"] = "no column of times changes from row to row of a ticket; say which one tells when a row was"

    # --- a day and its clock -------------------------------------------------------------------------------------
    def _clocks(self) -> list[str]:
        """The columns of times of day; "Handle time" and the like are spans, unless they say AM or PM."""
        found = [name for name in self.names if name not in self.used and self.types[name] in ("text", "category", "id") and self._ask(all_match, name, CLOCK_OF_DAY)]
        return [name for name in found if not SPAN.search(header_words(name)) or self._examples_end_in_half_days(name)]

    def _examples_end_in_half_days(self, name: str) -> bool:
        return all(example.strip()[-1:] in "mM" for example in self.examples[name])

    def _join_clocks(self) -> None:
        """Days whose clock stands in a column named like them: "Open Date" and "Open Time"."""
        clocks = self._clocks()
        if "created_at" not in self.columns:
            day = next((n for n in self.names if n not in self.used and not _stem(n) and self._is_day(n)), None)
            if day and any(not _stem(clock) for clock in clocks):
                self._take("created_at", day, f"named '{day}', holds times")
        days = {target: name for target in JOINED if isinstance(name := self.columns.get(target), str) and self._is_day(name)}
        for target, day in days.items():
            near = [clock for clock in clocks if clock not in self.used and _are_alike(_stem(day), _stem(clock))]
            near = near or ([clocks[0]] if len(clocks) == len(days) == 1 and not _stem(clocks[0]) else [])
            if near:
                self._join(target, day, near[0])
        for clock in clocks if days else []:
            if clock not in self.used and clock not in self.reasons:
                self.reasons[clock] = "looks like a time of day, but no day that is taken is named like it; where one belongs to it, join them by hand"

    def _is_day(self, name: str) -> bool:
        """Whether a column holds days alone, six digits (990201) too."""
        return self.types[name] == "date" or self._ask(all_match, name, r"\d{6}")

    def _join(self, target: str, day: str, clock: str) -> None:
        formats = self._formats_of_day(day)
        half = f"{self._cell(day)} is not null and {self._cell(clock)} is null"
        if not formats:
            self.reasons[clock] = f"not joined to '{day}', whose days can be read day first or month first"
        elif alone := self._count(half):
            self.reasons[clock] = f"not joined to '{day}': {alone} rows have a day and no time of day, and would lose their time"
        else:
            ends = [end for shape, end in ((r"[^:]*:\d\d", "%H:%M"), (r"[^:]*:\d\d:\d\d", "%H:%M:%S"), (r"[^:]*:\d\d[AaPp][Mm]", "%I:%M%p"),
                                           (r"[^:]*:\d\d[^0-9:]+[AaPp][Mm]", "%I:%M %p"), (r"[^:]*:\d\d:\d\d[^0-9:]*[AaPp][Mm]", "%I:%M:%S %p"))
                    if self._count(f"regexp_full_match(trim({self._cell(clock)}), '{shape}')")]
            self.columns[target] = {"columns": [day, clock], "join": " ", "formats": [f"{form} {end}" for form in formats for end in ends]}
            self.reasons[target] = f"'{day}' holds the day, '{clock}' the time of day"
            self.used.update((day, clock))

    def _formats_of_day(self, day: str) -> list[str]:
        """The formats of a column of days; where it leaves open which is the day, another column of the file may prove it."""
        if self._ask(all_match, day, r"\d{6}"):
            return ["%y%m%d"]
        guess = dates.guess(self.con, self.table.parquet, self._cell(day), as_days=True)
        formats = ["%Y-%m-%d" if form == "iso" else form for form in guess.formats] if guess else []
        if guess and guess.ambiguous:
            proven = {form[:2] for name in self._times_named() if (other := dates.guess(self.con, self.table.parquet, self._cell(name))) and not other.ambiguous
                      for form in other.formats} & {"%d", "%m"}
            formats = [form for form in formats if form[:2] in proven] if len(proven) == 1 else []
        return [form for form in formats if form.startswith("%")]

    # --- what cannot be read -------------------------------------------------------------------------------------
    def _say_unread(self, grain: str) -> None:
        """Columns named like a beginning or an end whose values are in no known form are not dropped without a word."""
        for target, meaning in BEGINNINGS_AND_ENDS.items():
            name = None if target in self.columns else self._find(target, "text", "category", "number", "id")
            if name is None or (target == "occurred_at" and grain == "ticket"):
                continue
            values = self._ask(values_of, name)
            value = next((v for v in values if of_zone(v)), values[0])
            if re.search(r"\d.*\d.*\d", value):   # "Resolved: Fixed" and counts are no times
                why = of_zone(value) or f"its value '{value}' is in no known form; correct it, or give its form in datetime_formats"
                self.reasons[target] = f"'{name}' is named like {meaning}, but {why}"


def _stem(header: str) -> str:
    """What a column of days or of clocks is about: "Open Date" and "Open Time" are about "open"."""
    bare = [re.sub(r"(datum|uhrzeit|zeit|tag)$", "", word) for word in header_words(header).split()]
    return " ".join(word for word in bare if word and word not in _DAY_OR_CLOCK)


def _are_alike(day: str, clock: str) -> bool:
    """Whether two stems are one: "open" and "opened" too."""
    shorter, longer = sorted((day, clock), key=len)
    return day == clock or (len(shorter) > 3 and longer.startswith(shorter))
