"""What columns and their values are called in exports: English, German, Spanish, French and Italian, accents off, lower case.

Only used to propose a mapping, which a person then checks; a wrong guess here costs a click, not a number.
"""

from __future__ import annotations

import re
import unicodedata

# what JSON wraps fields in, and how it calls the text of an object; neither says what the column is
WRAPPERS = {"attributes", "fields", "properties", "data", "ticket", "issue", "case", "custom fields", "custom"}
TEXT_OF = {"name", "value", "label", "display name"}
# target (or part of a change) -> headers, the surest first. A header is compared as its bare words: "Created at" and "created_at" are one.
HEADERS: dict[str, tuple[str, ...]] = {
    "ticket_id": (
        "ticket id", "ticket number", "ticket no", "ticket key", "ticket", "case number", "case id", "case concept name",
        "issue key", "incident number", "incident id", "conversation id", "request id", "number", "id", "unique key", "key",
        "question id", "complaint id", "call id", "chat id", "reference", "ticketnummer", "vorgangsnummer", "fallnummer",
        "nummer", "numero de ticket", "numero ticket", "id ticket", "id del ticket", "clave de incidencia", "numero de caso",
        "numero du ticket", "numero de dossier", "numero", "numero caso",
        "complaint ref", "complaint number", "case ref", "case reference", "ticket ref", "request number",
        "request ref", "work order", "work order number", "wo number", "order number", "interaction id", "contact id",
        "session id", "vorgangs nr", "vorgang nr", "vorgang", "ticket nr", "fall nr", "aktenzeichen", "auftragsnummer",
        "ref", "reference number",
        "n de ticket", "no de ticket", "n ticket", "n du ticket", "n de dossier", "no de dossier", "case no", "incident no", "request no",
    ),
    "occurred_at": (
        "time timestamp", "timestamp", "event time", "occurred at", "sys updated at", "sys updated on", "changed at",
        "event date", "updated at", "updated", "last updated", "date time", "datetime", "time", "date", "created at", "created",
        "zeitstempel", "zeitpunkt", "zeit", "datum", "fecha y hora", "fecha", "horodatage", "date et heure", "data e ora",
        "data ora", "data",
        "snapshot time", "snapshot at", "snapshot date", "snap ts", "event ts", "changed on", "changed",
        "status changed at", "modified at", "start time", "ts", "geandert am", "stand",
        "at", "snapshot", "snapshot day", "report date", "as of", "as of date", "stichtag", "change date", "change time", "changed date",
    ),
    "created_at": (
        "created at", "created", "created date", "created time", "created on", "date created", "create date", "creation date",
        "opened at", "opened", "opened date", "open date", "date opened", "date time opened", "date received", "received at",
        "submitted at", "reported at", "reported date", "sys created on", "sys created at", "erstellt", "erstellt am",
        "erstelldatum", "eroffnet am", "eroffnet", "angelegt am", "fecha de creacion", "creado", "creada", "creado el",
        "fecha de apertura", "date de creation", "cree le", "cree", "date d ouverture", "ouvert le", "data di creazione",
        "data creazione", "creato", "creato il", "data di apertura", "data apertura", "aperto il",
        "raised", "raised at", "raised on", "date raised", "logged", "logged at", "logged on", "date logged",
        "date submitted", "reported", "reported on", "date reported", "started at", "start time", "start date",
        "call start", "started", "start", "eingangsdatum", "eingang", "eingegangen am", "eingegangen", "meldedatum",
        "gemeldet am", "beginn", "fecha de entrada", "date de reception", "recu le", "data di ricezione",
        "opened date time", "opened time", "open time", "time opened",
    ),
    "updated_at": (
        "updated at", "updated", "last updated", "last update time", "last update", "last updated time", "updated date",
        "last modified", "last modified date", "modified at", "sys updated on", "sys updated at", "aktualisiert am",
        "aktualisiert", "geandert am", "letzte anderung", "actualizado", "ultima actualizacion", "fecha de actualizacion",
        "mis a jour le", "derniere mise a jour", "modifie le", "aggiornato", "ultimo aggiornamento", "data modifica",
        "modified time", "modified", "modified on", "modified date", "last modified time", "last modified at", "last activity", "last activity at",
        "last activity date", "last activity time",
    ),
    "resolved_at": (
        "resolved at", "resolved", "resolved time", "resolved date", "resolution date", "solved at", "solved", "date resolved",
        "gelost am", "gelost", "losungsdatum", "resuelto", "resuelto el", "fecha de resolucion", "resolu le", "resolu",
        "date de resolution", "risolto", "risolto il", "data risoluzione", "data di risoluzione",
        "fixed", "fixed at", "fixed on", "date fixed", "completed", "completed at", "completed on", "completed date",
        "date completed", "finished at", "finished", "solved on", "resolved on", "erledigt am", "erledigt",
        "behoben am", "abgearbeitet am", "termine le", "traite le", "completado el", "completato il",
        "time resolved",
    ),
    "closed_at": (
        "closed at", "closed", "closed time", "closed date", "close date", "date closed", "date time closed", "geschlossen am",
        "geschlossen", "abgeschlossen am", "cerrado", "cerrado el", "fecha de cierre", "ferme le", "ferme", "cloture le",
        "date de cloture", "chiuso", "chiuso il", "data chiusura", "data di chiusura",
        "closed on", "completed", "completed at", "completed on", "completed date", "date completed", "ended at",
        "end time", "end date", "call end", "ended", "end", "beendet am", "ende", "abschlussdatum",
        "archived at", "archived", "archived on", "archived date", "closed date time", "close time", "time closed",
    ),
    "first_response_at": (
        "first response at", "first reply at", "initial response time", "first responded at", "first response time",
        "erste antwort", "primera respuesta", "premiere reponse", "prima risposta",
    ),
    "kind": (
        "activity", "activity name", "concept name", "event", "event type", "action", "event name", "aktivitat", "ereignis",
        "aktion", "actividad", "evento", "accion", "activite", "evenement", "attivita", "azione",
        "segment type", "event kind", "activity type", "action type", "transaction type", "interaction type",
        "ereignisart", "vorgangsart",
    ),
    "state": (
        "state", "status", "incident state", "ticket status", "ticket state", "case status", "current status", "estado",
        "estado del ticket", "statut", "etat", "stato", "stato ticket", "zustand",
        "current state", "wo status", "request status", "issue status", "complaint status", "bearbeitungsstatus",
        "bearbeitungsstand",
    ),
    "queue": (
        "assignment group", "group", "queue", "queue name", "queuename", "assigned group", "team", "support group",
        "department", "agency name", "warteschlange", "gruppe", "abteilung", "grupo", "equipo", "cola", "departamento",
        "groupe", "equipe", "file d attente", "service", "gruppo", "coda", "reparto",
        "assigned team", "assignment team", "owner group", "owning team", "owning group", "responsible team",
        "handling team", "skill", "skill group", "assigned queue", "bearbeitende gruppe", "zustandige gruppe",
        "bereich",
        "inbox", "inbox name", "mailbox", "mailbox name", "shared inbox", "assignee team", "assignee group", "team assigned", "postfach", "buzon",
    ),
    "assignee": (
        "assignee", "assigned to", "agent", "agent name", "owner", "ownername", "ticket owner", "case owner", "operator",
        "technician", "server", "bearbeiter", "zugewiesen an", "zustandig", "asignado a", "agente", "responsable",
        "assigne a", "agent assigne", "assegnato a", "operatore", "assegnatario",
        "assigned person", "assigned agent", "assigned user", "assigned engineer", "handler", "case handler",
        "handled by", "agent assigned", "advisor", "adviser", "engineer", "owner name", "assignee name", "agent id", "sachbearbeiter",
        "sachbearbeiter in", "sachbearbeiterin", "mitarbeiter",
    ),
    "actor": (
        "resource", "org resource", "actor", "user", "changed by", "performed by", "action performed by", "author",
        "sys updated by", "updated by", "creator", "created by", "bearbeiter", "benutzer", "agent", "usuario",
        "utilisateur", "utente",
        "agent name", "agent id", "done by", "modified by", "geandert von", "mitarbeiter",
    ),
    "actor_queue": ("org group", "actor group", "group", "team", "gruppe", "grupo", "groupe", "gruppo",
        "skill",),
    "customer": (
        "requester", "customer", "customer id", "requester id", "caller id", "caller", "contact name", "contact", "client",
        "client id", "requester name", "reporter", "user id", "creator", "full name", "kunde", "kundennummer", "melder",
        "anfragender", "cliente", "id cliente", "solicitante", "client name", "demandeur", "richiedente",
        "customer number", "customer no", "customer ref", "customer reference", "customer name", "client number",
        "account number", "member id", "member number", "raised by", "reported by", "requested by", "submitted by",
        "user name", "kunden nr", "kundennr", "kunden id", "kundin", "gemeldet von", "numero client",
        "numero de cliente", "codice cliente",
        "contact handle", "requester handle",
    ),
    "email": ("email", "requester email", "e mail", "contact email", "contact email address", "email address",
              "customer email", "correo", "correo electronico", "adresse e mail", "courriel",
        "requester e mail", "caller email", "user email", "e mail adresse", "mail",
        "from email", "from address", "sender email", "client email", "reporter email", "mail kunde", "e mail kunde", "kunden e mail", "email cliente",
        "email du client", "adresse email", "adresse mail",),
    "phone": ("phone", "phone number", "mobile phone", "work phone", "contact phone number", "telefon", "telefono", "telephone",
        "phone no", "ani", "caller number", "calling number", "from number", "cli", "msisdn", "rufnummer",
        "telefonnummer",),
    "company": ("organization", "organisation", "company", "company name", "account", "account name", "firma", "unternehmen",
                "empresa", "organizacion", "entreprise", "societe", "azienda", "societa"),
    "channel": ("channel", "source", "via", "contact type", "origin", "case origin", "submitted via", "kanal", "canal",
                "origen", "canale", "origine",
        "channel received", "contact channel", "received via", "contact method", "medium", "eingangsweg",
        "eingangskanal", "kontaktweg",),
    "priority": ("priority", "prioritat", "prioridad", "priorite", "priorita", "severity", "urgency"),
    "reason": ("contact reason", "case reason", "reason", "category", "complaint type", "issue", "topic", "issue type",
               "ticket type", "type", "kategorie", "grund", "anliegen", "categoria", "motivo", "categorie", "motif", "tema",
        "contact type reason", "work type", "worktype", "sachgebiet", "thema", "anlass", "beschwerdegrund",
        "call reason", "reason for contact", "help topic", "contact topic", "request type",),
    "subject": ("subject", "title", "short description", "summary", "ticket name", "betreff", "titel", "asunto", "titulo",
                "resumen", "sujet", "objet", "titre", "oggetto", "titolo"),
    "tags": ("tags", "labels", "schlagworter", "etiquetas", "etiquettes", "etichette"),
    "url": ("url", "link", "ticket url", "link to the conversation"),
    "csat": ("csat", "satisfaction score", "rating", "csat score"),
    "sequence": ("sequence", "seq", "sys mod count", "event number", "step",
        "row seq", "row sequence", "seq no", "sequence number", "row no", "lfd nr",),
    "recorded_handoffs": ("reassignment count", "reassignments", "number of reassignments", "number of reassign", "reassign count"),
    "recorded_reopens": ("reopen count", "reopens", "number of reopens", "number of reopen", "reopened count", "times reopened"),
    "recorded_sla_met": ("made sla", "sla met", "timely response", "within sla"),
    "is_spam": ("is spam", "spam"),
    # a row per changed field: which field it was, what it was before and after; and where an activity says to whom
    "field": ("field", "field name", "field changed", "changed field", "attribute", "property", "feld", "feldname", "campo", "champ", "what changed"),
    "from": ("old value", "from value", "previous value", "value before", "old", "from", "before", "alter wert", "alt", "valor anterior", "valor antiguo",
             "ancienne valeur", "vecchio valore", "valore precedente", "original value"),
    "to": ("new value", "to value", "value after", "new", "to", "after", "neuer wert", "neu", "valor nuevo", "nuevo valor", "nouvelle valeur", "nuovo valore",
           "to agent", "to queue", "to group"),
}

# The first pattern a value matches decides. Compound values ("Accepted-Wait") are read as their words; whole words only, or
# "Incomplete" would be complete. Those of a wait hold whatever is waited for ("Waiting to be assigned").
_WAITS: tuple[tuple[str, str], ...] = (
    (r"\b(un(re)?solved|ungelost)\b", "in_progress"),
    (r"\bre ?open(ed)?\b|\bwieder ?(geoffnet|eroffnet)\b|\breabiert[oa]\b|\brouverte?\b|\briapert[oa]\b", "in_progress"),
    (r"\b(awaiting|waiting|wartet|warten|esperando|espera|attente|attesa)\b.*\b(assign|zuweis|asign|affect|assegn)|\bqueued\b", "new"),
    (r"\b(awaiting|waiting|pending|wait)\b.*\b(user|customer|requester|client|caller|reporter|info)"
     r"|\b(wart\w*|ausstehend)\b.*\b(kunde|rueckmeldung|ruckmeldung|antwort)|\b(espera|esperando|pendiente)\b.*\b(client|usuario|respuesta)"
     r"|\battente\b.*\b(client|demandeur|reponse)|\battesa\b.*\b(cliente|utente|risposta)", "waiting_customer"),
    (r"\b(awaiting|waiting|wait|on ?hold|hold|third party|vendor|snoozed|blocked|suspended"
     r"|wartend|warten|zuruckgestellt|angehalten|en espera|esperando|suspendid[oa]|en attente|in attesa|sospes[oa])\b", "waiting_internal"),
    (r"\b(pending|ausstehend|pendiente|en suspens|ruckfrage|wartet auf)\b", "waiting_customer"),
    (r"\b(wmatl|wpcond|wsch)\b", "waiting_internal"),
)
_STATES: tuple[tuple[str, str], ...] = (
    (r"\b(closed|close|can|cancell?ed|geschlossen|abgeschlossen|storniert|cerrad[oa]|anulad[oa]|fermee?|clos|cloturee?|annulee?|chius[oa]|annullat[oa]"
     r"|duplicate|invalid|rejected|withdrawn)\b", "closed"),
    (r"\b(resolved|solved|done|fixed|comp|completed?|verified|gelost|erledigt|resuelt[oa]|solucionad[oa]|terminee?|traitee?|resolue?|risolt[oa]|completat[oa])\b",
     "resolved"),
    (r"\b(in progress|inprg|active|assigned|accepted|in work|working|started|escalated|in bearbeitung|zugewiesen|aktiv|en curso"
     r"|en proceso|asignad[oa]|en cours|assignee?|in corso|in lavorazione|assegnat[oa])\b", "in_progress"),
    (r"\b(wappr|appr|new|open|opened|neu|offen|nuev[oa]|abiert[oa]|nouveau|nouvelle|ouverte?|nuov[oa]|apert[oa]|created|submitted|unassigned|todo)\b", "new"),
)
# "Not started", "Ready to close", "Nicht gelöst", "Pre-closed": what follows has not happened, or not all of it, and what has is not said
_NOT = re.compile(r"\b(not|no|non|never|nicht|kein\w*|ohne|without|nie|unable|cannot|won t|to|ready|pre|almost|half|part\w*|semi|teil\w*|zu|sin|sans|pas|senza|da|por|by|nearly)\b")

_KINDS: tuple[tuple[str, str], ...] = (
    (r"re ?open|wieder ?(geoffnet|eroffnet)|reabiert|rouvert|riapert", "reopened"),
    (r"re ?assign|hand ?over|transfer|umleit|weiterleit|reasign|reaffect|riassegn", "reassigned"),
    (r"escalat|eskal|escalad|escalade", "escalated"),
    (r"\bmerged?\b|zusammengefuhrt|fusion|duplicate", "merged"),
    (r"delete|geloscht|eliminad|supprim|eliminat", "deleted"),
    (r"\brated\b|\brating\b|survey|bewert|valorad|note client|valutat", "rated"),
    (r"\bclosed?\b|abandon|geschlossen|cerrad|ferme|cloture|chius|\binvalid\b", "closed"),
    (r"anomal", "internal_note"),
    (r"resol|solved|gelost|resuelt|resolu|risol|verified|complet|finished|erledigt|hung ?up|disconnect", "resolved"),
    (r"(customer|user|client|requester|kunde|cliente).*(repl|messag|comment|wrote|answer|antwort|nachricht|respuest|repons|rispost)",
     "customer_message"),
    (r"(internal|private|work) ?(note|comment)|notiz|nota interna|note interne", "internal_note"),
    (r"bot.*(repl|messag)|auto ?repl", "bot_message"),
    (r"repl(y|ied)|(agent|public).*(comment|messag)|answer|antwort|respuest|repons|rispost", "agent_message"),
    (r"take in charge|taken? over|picked up|assign(ed)? (to )?(agent|user|ticket)|^assign(ed|ment)?$|self assigned|accept"
     r"|ubernommen|zugewiesen|asignad|assigne|assegnat|pris en charge|preso in carico", "assigned"),
    (r"queued?|routed|assigned? (to )?(group|queue|team)", "queued"),
    (r"\bwait|pending|on ?hold|status|state change|in progress", "state_changed"),
    (r"creat|\bopen(ed)?\b|insert|submitted|received|new ticket|erstellt|eroffnet|cread|abiert|cree|ouvert|creat|apert", "created"),
    (r"priorit|seriousness|severity", "priority_changed"),
)


def words(text: str) -> str:
    """A header or value as bare lower-case words: "case:concept:name" -> "case concept name", "Größe" -> "grosse"."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text.replace("ß", "ss"))
    plain = unicodedata.normalize("NFKD", spaced).encode("ascii", "ignore").decode().lower()
    return " ".join(re.findall(r"[a-z0-9]+", plain))


def header_words(name: str) -> str:
    """A header as bare words; of a nested one without its wrappers: "attributes.status.name" is "status", "team.name" is "team"."""
    parts = [plain for part in name.split(".") if (plain := words(part))]
    while len(parts) > 1 and parts[0] in WRAPPERS:
        parts = parts[1:]
    if len(parts) > 1 and parts[-1] in TEXT_OF:
        parts = parts[:-1]
    return " ".join(parts)


def state_of(value: str) -> str | None:
    """The state, of the six, that a tool's own status seems to mean; None where its words are denied or still to come."""
    plain = words(value)
    before = _NOT.split(plain)[0]   # "Closed, no answer" is closed
    if "?" in value or not before:
        return "new" if re.fullmatch("to ?do", plain) else None
    ends, running = _first_match(_STATES[:2], before), _first_match(_STATES[2:], before)
    return _first_match(_WAITS, plain) or (None if ends and running else ends or running)   # "Open, closed by mistake" is either


def event_kind_of(value: str) -> str | None:
    """The kind of event that an activity's name seems to mean."""
    return _first_match(_KINDS, words(value))


def _first_match(patterns: tuple[tuple[str, str], ...], plain: str) -> str | None:
    return next((meaning for pattern, meaning in patterns if re.search(pattern, plain)), None)
