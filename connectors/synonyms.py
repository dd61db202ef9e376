"""What columns and their values are called in exports: English, German, Spanish, French and Italian, accents off, lower case.

Only used to propose a mapping, which a person then checks; a wrong guess here costs a click, not a number.
"""

from __future__ import annotations

import re
import unicodedata

# target -> headers, the surest first. A header is compared as its bare words: "Created at" and "created_at" are one.
HEADERS: dict[str, tuple[str, ...]] = {
    "ticket_id": (
        "ticket id", "ticket number", "ticket no", "ticket key", "ticket", "case number", "case id", "case concept name",
        "issue key", "incident number", "incident id", "conversation id", "request id", "number", "id", "unique key", "key",
        "question id", "complaint id", "call id", "chat id", "reference", "ticketnummer", "vorgangsnummer", "fallnummer",
        "nummer", "numero de ticket", "numero ticket", "id ticket", "id del ticket", "clave de incidencia", "numero de caso",
        "numero du ticket", "numero de dossier", "numero", "numero caso",
    ),
    "occurred_at": (
        "time timestamp", "timestamp", "event time", "occurred at", "sys updated at", "sys updated on", "changed at",
        "event date", "updated at", "updated", "last updated", "date time", "datetime", "time", "date", "created at", "created",
        "zeitstempel", "zeitpunkt", "zeit", "datum", "fecha y hora", "fecha", "horodatage", "date et heure", "data e ora",
        "data ora", "data",
    ),
    "created_at": (
        "created at", "created", "created date", "created time", "created on", "date created", "create date", "creation date",
        "opened at", "opened", "opened date", "open date", "date opened", "date time opened", "date received", "received at",
        "submitted at", "reported at", "reported date", "sys created on", "sys created at", "erstellt", "erstellt am",
        "erstelldatum", "eroffnet am", "eroffnet", "angelegt am", "fecha de creacion", "creado", "creada", "creado el",
        "fecha de apertura", "date de creation", "cree le", "cree", "date d ouverture", "ouvert le", "data di creazione",
        "data creazione", "creato", "creato il", "data di apertura", "data apertura", "aperto il",
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
    ),
    "closed_at": (
        "closed at", "closed", "closed time", "closed date", "close date", "date closed", "date time closed", "geschlossen am",
        "geschlossen", "abgeschlossen am", "cerrado", "cerrado el", "fecha de cierre", "ferme le", "ferme", "cloture le",
        "date de cloture", "chiuso", "chiuso il", "data chiusura", "data di chiusura",
    ),
    "first_response_at": (
        "first response at", "first reply at", "initial response time", "first responded at", "first response time",
        "erste antwort", "primera respuesta", "premiere reponse", "prima risposta",
    ),
    "kind": (
        "activity", "activity name", "concept name", "event", "event type", "action", "event name", "aktivitat", "ereignis",
        "aktion", "actividad", "evento", "accion", "activite", "evenement", "attivita", "azione",
    ),
    "state": (
        "state", "status", "incident state", "ticket status", "ticket state", "case status", "current status", "estado",
        "estado del ticket", "statut", "etat", "stato", "stato ticket", "zustand",
    ),
    "queue": (
        "assignment group", "group", "queue", "queue name", "queuename", "assigned group", "team", "support group",
        "department", "agency name", "warteschlange", "gruppe", "abteilung", "grupo", "equipo", "cola", "departamento",
        "groupe", "equipe", "file d attente", "service", "gruppo", "coda", "reparto",
    ),
    "assignee": (
        "assignee", "assigned to", "agent", "agent name", "owner", "ownername", "ticket owner", "case owner", "operator",
        "technician", "server", "bearbeiter", "zugewiesen an", "zustandig", "asignado a", "agente", "responsable",
        "assigne a", "agent assigne", "assegnato a", "operatore", "assegnatario",
    ),
    "actor": (
        "resource", "org resource", "actor", "user", "changed by", "performed by", "action performed by", "author",
        "sys updated by", "updated by", "creator", "created by", "bearbeiter", "benutzer", "agent", "usuario",
        "utilisateur", "utente",
    ),
    "actor_queue": ("org group", "actor group", "group", "team", "gruppe", "grupo", "groupe", "gruppo"),
    "customer": (
        "requester", "customer", "customer id", "requester id", "caller id", "caller", "contact name", "contact", "client",
        "client id", "requester name", "reporter", "user id", "creator", "full name", "kunde", "kundennummer", "melder",
        "anfragender", "cliente", "id cliente", "solicitante", "client name", "demandeur", "richiedente",
    ),
    "email": ("email", "requester email", "e mail", "contact email", "contact email address", "email address",
              "customer email", "correo", "correo electronico", "adresse e mail", "courriel"),
    "phone": ("phone", "phone number", "mobile phone", "work phone", "contact phone number", "telefon", "telefono", "telephone"),
    "company": ("organization", "organisation", "company", "company name", "account", "account name", "firma", "unternehmen",
                "empresa", "organizacion", "entreprise", "societe", "azienda", "societa"),
    "channel": ("channel", "source", "via", "contact type", "origin", "case origin", "submitted via", "kanal", "canal",
                "origen", "canale", "origine"),
    "priority": ("priority", "prioritat", "prioridad", "priorite", "priorita", "severity", "urgency"),
    "reason": ("contact reason", "case reason", "reason", "category", "complaint type", "issue", "topic", "issue type",
               "ticket type", "type", "kategorie", "grund", "anliegen", "categoria", "motivo", "categorie", "motif", "tema"),
    "subject": ("subject", "title", "short description", "summary", "ticket name", "betreff", "titel", "asunto", "titulo",
                "resumen", "sujet", "objet", "titre", "oggetto", "titolo"),
    "tags": ("tags", "labels", "schlagworter", "etiquetas", "etiquettes", "etichette"),
    "url": ("url", "link", "ticket url", "link to the conversation"),
    "csat": ("csat", "satisfaction score", "rating", "csat score"),
    "sequence": ("sequence", "seq", "sys mod count", "event number", "step"),
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
    (r"closed|cancel|geschlossen|abgeschlossen|storniert|cerrad|anulad|ferme|clos\b|cloture|annule|chius|annullat"
     r"|duplicate|invalid|rejected|withdrawn", "closed"),
    (r"resol|solved|done|fixed|completed?\b|verified|gelost|erledigt|resuelt|solucionad|termine|traite|risolt|completat", "resolved"),
    (r"in progress|\bactive\b|\bassigned|accepted|in work|working|started|escalated|in bearbeitung|zugewiesen|aktiv|en curso"
     r"|en proceso|asignad|en cours|assigne|in corso|in lavorazione|assegnat", "in_progress"),
    (r"\bnew\b|\bopen\b|\bneu\b|offen|nuev[oa]|abiert|nouveau|nouvelle|ouvert|nuov[oa]|apert|created|submitted|unassigned", "new"),
)

_KINDS: tuple[tuple[str, str], ...] = (
    (r"re ?open|wieder ?(geoffnet|eroffnet)|reabiert|rouvert|riapert", "reopened"),
    (r"re ?assign|hand ?over|transfer|umleit|weiterleit|reasign|reaffect|riassegn", "reassigned"),
    (r"escalat|eskal|escalad|escalade", "escalated"),
    (r"merge|zusammengefuhrt|fusion|duplicate", "merged"),
    (r"delete|geloscht|eliminad|supprim|eliminat", "deleted"),
    (r"rated|rating|survey|bewert|valorad|note client|valutat", "rated"),
    (r"\bclosed?\b|geschlossen|cerrad|ferme|cloture|chius|\binvalid\b", "closed"),
    (r"anomal", "internal_note"),
    (r"resol|solved|gelost|resuelt|resolu|risol|verified", "resolved"),
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


def state_of(value: str) -> str | None:
    """The state, of the six, that a tool's own status seems to mean."""
    return _first_match(_STATES, value)


def event_kind_of(value: str) -> str | None:
    """The kind of event that an activity's name seems to mean."""
    return _first_match(_KINDS, value)


def _first_match(patterns: tuple[tuple[str, str], ...], value: str) -> str | None:
    plain = words(value)
    return next((meaning for pattern, meaning in patterns if re.search(pattern, plain)), None)
