"""Chatwoot's activity sentences: what was handed to whom is told in the account's language and nowhere else.

The templates are data: language -> what it tells -> its sentences, with {by} who did it, {to} an agent, {team}, {any} what is not
used. A translation that lacks a sentence falls back to English, so that every sentence is tried in every language, the one that
read most first. No two languages read one sentence differently (a test holds it). What none reads is not guessed at.
"""
from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

# In this order within a language, because a sentence of the first ones would fit some of the later ones too.
KINDS = ("both", "to", "to team", "self", "nobody", "no team", "resolved by system", "resolved by bot", "resolved", "resolved by customer", "reopened", "woken", "snoozed",
         "pending", "opened by system", "opened by bot", "nothing")
LANGUAGES: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "both": ("Assigned to {to} via {team} by {by}",), "to": ("Assigned to {to} by {by}",), "self": ("{by} self-assigned this conversation",),
        "nobody": ("Conversation unassigned by {by}",), "no team": ("Unassigned from {team} by {by}",),
        "resolved by system": ("Conversation was marked resolved by system due to {any}",),
        "resolved by bot": ("Conversation was marked resolved by {by} due to inactivity", "Conversation was marked resolved by {by} ({any})",
                            "Conversation was marked resolved by {by}: {any}"),
        "resolved": ("Conversation was marked resolved by {by}",), "resolved by customer": ("Conversation was resolved by {any}",),
        "reopened": ("Conversation was reopened by {by}",), "woken": ("System reopened the conversation due to a new incoming message",),
        "snoozed": ("Conversation was snoozed by {by}",), "pending": ("Conversation was marked as pending by {by}",),
        "opened by system": ("Conversation was marked open by system due to {any}", "Conversation was marked open automatically after an agent reply"),
        "opened by bot": ("Conversation was marked open by {by} ({any})", "Conversation was marked open by {by}"),
        "nothing": ("{by} set the priority to {any}", "{by} changed the priority from {any}", "{by} removed the priority", "{by} added {any}", "{by} removed {any}",
                    "{by} has muted the conversation", "{by} has unmuted the conversation", "Linear issue {any} by {by}", "Sent a call permission request to {any}",
                    "{any} accepted the call permission request", "CSAT survey not sent due to {any}", "Auto-resolve message not sent due to {any}")},
    "de": {
        "both": ("Zugewiesen an {to} über {team} von {by}",), "to team": ("Zugewiesen an {team} von {by}",),
        "to": ("{by} von {to} zugewiesen",),   # who did it stands first, whatever the words seem to say
        "self": ("{by} hat sich dieses Gespräch selbst zugewiesen",), "nobody": ("Gespräch nicht zugewiesen von {by}",), "no team": ("Entfernt aus {team} von {by}",),
        "resolved by system": ("Das Gespräch wurde vom System aufgrund von {any} Inaktivität gelöst",), "resolved": ("Das Gespräch wurde von {by} gelöst",),
        "resolved by customer": ("Konversation wurde von {any} gelöst",), "reopened": ("Das Gespräch wurde von {by} wieder eröffnet",),
        "woken": ("Das System hat die Unterhaltung aufgrund einer neuen eingehenden Nachricht wieder geöffnet",),
        "snoozed": ("Das Gespräch wurde von {by} zur Erinnerung markiert",), "pending": ("Das Gespräch wurde von {by} als ausstehend markiert",),
        "nothing": ("{by} hat die Priorität {any}", "{by} hat {any} hinzugefügt", "{by} hat {any} entfernt", "{by} hat das Gespräch {any}")},
    "fr": {
        "both": ("Assigné à {to} via {team} par {by}",), "to": ("Assigné à {to} par {by}",), "self": ("{by} s'est auto-assigné cette conversation",),
        "nobody": ("Responsable de la conversation supprimé par {by}",), "no team": ("Non assigné de {team} par {by}",),
        "resolved by system": ("La conversation a été marquée comme résolue par le système en raison de {any}",),
        "resolved": ("La conversation a été marquée résolue par {by}",), "resolved by customer": ("La conversation a été résolue par {any}",),
        "reopened": ("La conversation a été ré-ouverte par {by}",), "woken": ("Le système a rouvert la conversation en raison d'un nouveau message entrant",),
        "snoozed": ("La conversation a été reportée par {by}",), "pending": ("La conversation a été marquée comme en attente par {by}",),
        "nothing": ("{by} fixe la priorité à {any}", "{by} a modifié la priorité de {any}", "{by} a supprimé {any}", "{by} a ajouté {any}",
                    "{by} a mis la conversation en sourdine", "{by} a rétabli le son de la conversation")},
    "es": {
        "both": ("Asignado a {to} via {team} por {by}",), "to": ("Asignado a {to} por {by}",), "self": ("{by} auto-asignado a esta conversación",),
        "nobody": ("Conversación no asignada por {by}",), "no team": ("Desasignado de {team} por {by}",),
        "resolved by system": ("La conversación fue marcada por el sistema debido a {any}",),
        "resolved": ("La conversación fue marcada por {by}",),   # as what, the translation leaves out
        "resolved by customer": ("Conversación fue resuelta por {any}",), "reopened": ("La conversación fue reabierta por {by}",),
        "woken": ("El sistema reabrió la conversación debido a un nuevo mensaje entrante",), "snoozed": ("La conversación fue pospuesta por {by}",),
        "pending": ("La conversación fue marcada como pendiente por {by}",),
        "nothing": ("{by} estableció la prioridad a {any}", "{by} cambió la prioridad de {any}", "{by} eliminó {any}", "{by} agregó {any}",
                    "{by} ha silenciado la conversación", "{by} ha anulado el silenciado de la conversación")},
    "pt": {
        "both": ("Atribuído a {to} via {team} por {by}",), "to": ("Atribuído a {to} por {by}",), "self": ("{by} auto-atribuída esta conversa",),
        "nobody": ("Conversa não atribuída por {by}",), "no team": ("Não atribuído a {team} por {by}",),
        "resolved by system": ("Conversa auto-resolvida pelo sistema {any}", "A conversa foi marcada como resolvida pelo sistema devido a {any}"),
        "resolved by bot": ("A conversa foi marcada como resolvida por {by} devido à inatividade",), "resolved": ("Conversa foi marcada como resolvida por {by}",),
        "resolved by customer": ("Conversa foi resolvida por {any}",), "reopened": ("Conversa foi reaberta por {by}",),
        "woken": ("O sistema reabriu a conversa por ter sido recebida uma nova mensagem",), "snoozed": ("Conversa adiada por {by}",),
        "pending": ("Conversa marcada como pendente por {by}",), "opened by bot": ("A conversa foi marcada como aberta por {by}",),
        "nothing": ("{by} definiu a prioridade para {any}", "{by} mudou a prioridade de {any}", "{by} removeu {any}", "{by} acrescentou {any}", "{by} adicionou uma {any}",
                    "{by} bloqueou a conversa", "{by} reativou a conversa", "Caso Linear {any} por {by}", "Inquérito CSAT não enviado {any}",
                    "Auto-resolução de mensagem não enviada {any}")},
    "pt_BR": {
        "both": ("Atribuído a {to} via {team} por {by}",), "to": ("Atribuído a {to} por {by}",), "self": ("{by} atribuiu a si mesmo essa conversa",),
        "nobody": ("Conversa desatribuída por {by}",), "no team": ("Desatribuído de {team} por {by}",),
        "resolved by system": ("A conversa foi marcada como resolvida pelo sistema por ter {any}",),
        "resolved by bot": ("A conversa foi marcada como resolvida por {by} por inatividade",), "resolved": ("Conversa foi marcada como resolvida por {by}",),
        "resolved by customer": ("A conversa foi resolvida por {any}",), "reopened": ("Conversa foi reaberta por {by}",),
        "woken": ("O sistema reabriu a conversa devido a uma nova mensagem recebida",), "snoozed": ("Conversa foi adiada por {by}",),
        "pending": ("Conversa foi marcada como pendente por {by}",), "opened by bot": ("A conversa foi marcada como aberta por {by}",),
        "nothing": ("{by} definiu a prioridade para {any}", "{by} mudou a prioridade de {any}", "{by} removeu {any}", "{by} adicionou {any}", "{by} silenciou a conversa",
                    "{by} reativou a conversa")},
    "it": {
        "both": ("Assegnato a {to} tramite {team} da {by}",), "to": ("Assegnato a {to} da {by}",), "self": ("{by} si è assegnato a questa conversazione",),
        "nobody": ("Conversazione non assegnata da {by}",), "no team": ("Assegnazione a {team} rimossa da {by}",),
        "resolved by system": ("La conversazione è stata contrassegnata come risolta dal sistema a causa di {any}",),
        "resolved": ("La conversazione è stata contrassegnata come risolta da {by}",), "resolved by customer": ("La conversazione è stata risolta da {any}",),
        "reopened": ("La conversazione è stata riaperta da {by}",), "snoozed": ("La conversazione è stata posticipata da {by}",),
        "pending": ("La conversazione è stata contrassegnata come in attesa da {by}",),
        "nothing": ("{by} ha aggiunto {any}", "{by} ha rimosso {any}", "{by} ha silenziato la conversazione", "{by} ha riattivato l'audio della conversazione")},
    "nl": {
        "both": ("Toegewezen aan {to} via {team} door {by}",), "to": ("Toegewezen aan {to} door {by}",), "self": ("{by} heeft dit gesprek aan zichzelf toegewezen",),
        "nobody": ("Gesprek niet toegewezen door {by}",), "resolved by system": ("Gesprek werd door systeem gemarkeerd als opgelost na {any}",),
        "resolved": ("Gesprek werd gemarkeerd door {by}",), "resolved by customer": ("Gesprek werd opgelost door {any}",), "reopened": ("Gesprek werd heropend door {by}",),
        "snoozed": ("Gesprek werd gesluimerd door {by}",), "pending": ("Gesprek werd gemarkeerd als in afwachting door {by}",)},
}
RULES = {"automation system", "sistema de automação", "système d'automatisation"}   # what a sentence names where a rule did it


@dataclass(frozen=True)
class Said:
    """What a sentence tells: the kind, and the names in it as they are written."""

    kind: str
    by: str = ""
    to: str = ""
    team: str = ""


class Sentences:
    """Reads sentences of one account; a name that is known is seen even where it holds the words of a sentence."""

    def __init__(self, people: Iterable[str] = (), teams: Iterable[str] = ()):
        known = {"by": [*people, *RULES], "to": [*people, *teams], "team": [*teams]}
        self._known = {part: {name.casefold() for name in names} for part, names in known.items()}
        self._names = {part: "".join(f"{re.escape(name)}|" for name in sorted(names, key=len, reverse=True)) for part, names in known.items()} | {"any": ""}
        self._patterns = {language: [(kind, self._compiled(text)) for kind in KINDS for text in told.get(kind, ())] for language, told in LANGUAGES.items()}
        self._read: Counter[str] = Counter()

    def _compiled(self, text: str) -> re.Pattern[str]:
        def place(found: re.Match[str]) -> str:
            return f"(?P<{found[1]}>{self._names[found[1]]}.+?)"
        return re.compile(re.sub(r"\\\{(\w+)\\\}", place, re.escape(text)) + r"\.?", re.IGNORECASE | re.DOTALL)

    def read(self, sentence: str) -> Said | None:
        """What it tells, None where no language knows it."""
        sentence = sentence.strip().replace("\u2019", "'")
        for language in sorted(self._patterns, key=lambda name: -self._read[name]):
            if (said := self.read_in(language, sentence)) is not None:
                self._read[language] += 1
                return said
        return None

    def read_in(self, language: str, sentence: str) -> Said | None:
        """What it tells in this language: the first reading whose names are all known, else the first."""
        first = None
        for kind, pattern in self._patterns[language]:
            if found := pattern.fullmatch(sentence):
                named = {part: name for part, name in found.groupdict().items() if part != "any"}
                said = Said(kind, **named)
                if all(name.casefold() in self._known[part] for part, name in named.items()):
                    return said
                first = first or said
        return first
