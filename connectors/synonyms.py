"""What columns and their values are called in exports: English, German, Spanish, French and Italian, accents off, lower case.

Only used to propose a mapping, which a person then checks; a wrong guess here costs a click, not a number.
"""

from __future__ import annotations

import re
import unicodedata

# what JSON wraps fields in, and how it calls the text of an object; neither says what the column is
WRAPPERS = {"attributes", "fields", "properties", "data", "ticket", "issue", "case", "custom fields", "custom"}
TEXT_OF = {"name", "value", "label", "display name"}
# target -> headers, the surest first. A header is compared as its bare words: "Created at" and "created_at" are one.
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
    ),
    "occurred_at": (
        "time timestamp", "timestamp", "event time", "occurred at", "sys updated at", "sys updated on", "changed at",
        "event date", "updated at", "updated", "last updated", "date time", "datetime", "time", "date", "created at", "created",
        "zeitstempel", "zeitpunkt", "zeit", "datum", "fecha y hora", "fecha", "horodatage", "date et heure", "data e ora",
        "data ora", "data",
        "snapshot time", "snapshot at", "snapshot date", "snap ts", "event ts", "changed on", "changed",
        "status changed at", "modified at", "start time", "ts", "geandert am", "stand",
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
    ),
    "updated_at": (
        "updated at", "updated", "last updated", "last update time", "last update", "last updated time", "updated date",
        "last modified", "last modified date", "modified at", "sys updated on", "sys updated at", "aktualisiert am",
        "aktualisiert", "geandert am", "letzte anderung", "actualizado", "ultima actualizacion", "fecha de actualizacion",
        "mis a jour le", "derniere mise a jour", "modifie le", "aggiornato", "ultimo aggiornamento", "data modifica",
    ),
    "resolved_at": (
        "resolved at", "resolved", "resolved time", "resolved date", "resolution date", "solved at", "solved", "date resolved",
        "gelost am", "gelost", "losungsdatum", "resuelto", "resuelto el", "fecha de resolucion", "resolu le", "resolu",
        "date de resolution", "risolto", "risolto il", "data risoluzione", "data di risoluzione",
        "fixed", "fixed at", "fixed on", "date fixed", "completed", "completed at", "completed on", "completed date",
        "date completed", "finished at", "finished", "solved on", "resolved on", "erledigt am", "erledigt",
        "behoben am", "abgearbeitet am", "termine le", "traite le", "completado el", "completato il",
    ),
    "closed_at": (
        "closed at", "closed", "closed time", "closed date", "close date", "date closed", "date time closed", "geschlossen am",
        "geschlossen", "abgeschlossen am", "cerrado", "cerrado el", "fecha de cierre", "ferme le", "ferme", "cloture le",
        "date de cloture", "chiuso", "chiuso il", "data chiusura", "data di chiusura",
        "closed on", "completed", "completed at", "completed on", "completed date", "date completed", "ended at",
        "end time", "end date", "call end", "ended", "end", "beendet am", "ende", "abschlussdatum",
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
    ),
    "assignee": (
        "assignee", "assigned to", "agent", "agent name", "owner", "ownername", "ticket owner", "case owner", "operator",
        "technician", "server", "bearbeiter", "zugewiesen an", "zustandig", "asignado a", "agente", "responsable",
        "assigne a", "agent assigne", "assegnato a", "operatore", "assegnatario",
        "assigned person", "assigned agent", "assigned user", "assigned engineer", "handler", "case handler",
        "handled by", "advisor", "adviser", "engineer", "owner name", "assignee name", "agent id", "sachbearbeiter",
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
    ),
    "email": ("email", "requester email", "e mail", "contact email", "contact email address", "email address",
              "customer email", "correo", "correo electronico", "adresse e mail", "courriel",
        "requester e mail", "caller email", "user email", "e mail adresse", "mail",),
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
        "call reason", "reason for contact",),
    "subject": ("subject", "title", "short description", "summary", "ticket name", "betreff", "titel", "asunto", "titulo",
                "resumen", "sujet", "objet", "titre", "oggetto", "titolo"),
    "tags": ("tags", "labels", "schlagworter", "etiquetas", "etiquettes", "etichette"),
    "url": ("url", "link", "ticket url", "link to the conversation"),
    "csat": ("csat", "satisfaction score", "rating", "csat score"),
    "sequence": ("sequence", "seq", "sys mod count", "event number", "step",
        "row seq", "row sequence", "seq no", "sequence number", "row no", "lfd nr",),
    "recorded_handoffs": ("reassignment count", "reassignments", "number of reassignments"),
    "recorded_reopens": ("reopen count", "reopens", "number of reopens"),
    "recorded_sla_met": ("made sla", "sla met", "timely response", "within sla"),
    "is_spam": ("is spam", "spam"),
}

# The first pattern a value matches decides. Compound values ("Accepted-Wait") are read as their words.
_STATES: tuple[tuple[str, str], ...] = (
    (r"un(re)?solved|not (re)?solved|ungelost|sin resolver|non resolu|non risol", "in_progress"),
    (r"re ?open|wieder ?(geoffnet|eroffnet)|reabiert|rouvert|riapert", "in_progress"),
    (r"(awaiting|waiting|wartet|warten|esperando|espera|attente|attesa).*(assign|zuweis|asign|affect|assegn)|queued", "new"),
    (r"(awaiting|waiting|pending|wait).*(user|customer|requester|client|caller|reporter|info)"
     r"|(wart\w*|ausstehend).*(kunde|rueckmeldung|ruckmeldung|antwort)|(espera|esperando|pendiente).*(client|usuario|respuesta)"
     r"|attente.*(client|demandeur|reponse)|attesa.*(cliente|utente|risposta)", "waiting_customer"),
    (r"awaiting|waiting|\bwait\b|on ?hold|\bhold\b|third party|vendor|snoozed|blocked|suspended"
     r"|wartend|warten|zuruckgestellt|angehalten|en espera|esperando|suspendid|en attente|in attesa|sospes", "waiting_internal"),
    (r"\bpending\b|ausstehend|pendiente|en suspens", "waiting_customer"),
    (r"ruckfrage|wartet auf", "waiting_customer"),
    (r"\bwmatl\b|\bwpcond\b|\bwsch\b", "waiting_internal"),
    (r"closed|\bclose\b|\bcan\b|cancel|geschlossen|abgeschlossen|storniert|cerrad|anulad|ferme|clos\b|cloture|annule|chius|annullat"
     r"|duplicate|invalid|rejected|withdrawn", "closed"),
    (r"resol|solved|done|fixed|\bcomp\b|completed?\b|verified|gelost|erledigt|resuelt|solucionad|termine|traite|risolt|completat", "resolved"),
    (r"in progress|\binprg\b|\bactive\b|\bassigned|accepted|in work|working|started|escalated|in bearbeitung|zugewiesen|aktiv|en curso"
     r"|en proceso|asignad|en cours|assigne|in corso|in lavorazione|assegnat", "in_progress"),
    (r"\bwappr\b|\bappr\b|\bnew\b|\bopen\b|\bneu\b|offen|nuev[oa]|abiert|nouveau|nouvelle|ouvert|nuov[oa]|apert|created|submitted|unassigned", "new"),
)

_KINDS: tuple[tuple[str, str], ...] = (
    (r"re ?open|wieder ?(geoffnet|eroffnet)|reabiert|rouvert|riapert", "reopened"),
    (r"re ?assign|hand ?over|transfer|umleit|weiterleit|reasign|reaffect|riassegn", "reassigned"),
    (r"escalat|eskal|escalad|escalade", "escalated"),
    (r"merge|zusammengefuhrt|fusion|duplicate", "merged"),
    (r"delete|geloscht|eliminad|supprim|eliminat", "deleted"),
    (r"rated|rating|survey|bewert|valorad|note client|valutat", "rated"),
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
    """The state, of the six, that a tool's own status seems to mean."""
    return _first_match(_STATES, value)


def event_kind_of(value: str) -> str | None:
    """The kind of event that an activity's name seems to mean."""
    return _first_match(_KINDS, value)


def _first_match(patterns: tuple[tuple[str, str], ...], value: str) -> str | None:
    plain = words(value)
    return next((meaning for pattern, meaning in patterns if re.search(pattern, plain)), None)
