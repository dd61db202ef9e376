"""Chatwoot's activity sentences in each language that is read: the same story told eight times is the same events."""
from __future__ import annotations

import re

import pytest
from fakes.chatwoot import Chatwoot
from pulls import account, note, pull, rows

from connectors.chatwoot_sentences import LANGUAGES, Said, Sentences

# Technical is a team; Ana and Ben are agents. In the order of STORY; where a translation has no sentence of its own, English is told.
STORY = ("team", "team and agent", "to an agent", "self", "nobody", "off the team", "snoozed", "reopened", "pending", "reopened by nobody", "resolved", "after days",
         "by the customer")
TOLD = {
    "en": ("Assigned to Technical by Ana", "Assigned to Ben via Technical by Ana", "Assigned to Ben by Ana", "Ana self-assigned this conversation",
           "Conversation unassigned by Ana", "Unassigned from Technical by Ana", "Conversation was snoozed by Ana", "Conversation was reopened by Ana",
           "Conversation was marked as pending by Ana", "System reopened the conversation due to a new incoming message.", "Conversation was marked resolved by Ana",
           "Conversation was marked resolved by system due to 7 days of inactivity", "Conversation was resolved by Mia Private"),
    "de": ("Zugewiesen an Technical von Ana", "Zugewiesen an Ben über Technical von Ana", "Ana von Ben zugewiesen", "Ana hat sich dieses Gespräch selbst zugewiesen",
           "Gespräch nicht zugewiesen von Ana", "Entfernt aus Technical von Ana", "Das Gespräch wurde von Ana zur Erinnerung markiert",
           "Das Gespräch wurde von Ana wieder eröffnet", "Das Gespräch wurde von Ana als ausstehend markiert",
           "Das System hat die Unterhaltung aufgrund einer neuen eingehenden Nachricht wieder geöffnet.", "Das Gespräch wurde von Ana gelöst",
           "Das Gespräch wurde vom System aufgrund von 7 Tagen Inaktivität gelöst", "Konversation wurde von Mia Private gelöst"),
    "fr": ("Assigné à Technical par Ana", "Assigné à Ben via Technical par Ana", "Assigné à Ben par Ana", "Ana s'est auto-assigné cette conversation",
           "Responsable de la conversation supprimé par Ana", "Non assigné de Technical par Ana", "La conversation a été reportée par Ana",
           "La conversation a été ré-ouverte par Ana", "La conversation a été marquée comme en attente par Ana",
           "Le système a rouvert la conversation en raison d'un nouveau message entrant.", "La conversation a été marquée résolue par Ana",
           "La conversation a été marquée comme résolue par le système en raison de 7 jours d'inactivité", "La conversation a été résolue par Mia Private"),
    "es": ("Asignado a Technical por Ana", "Asignado a Ben via Technical por Ana", "Asignado a Ben por Ana", "Ana auto-asignado a esta conversación",
           "Conversación no asignada por Ana", "Desasignado de Technical por Ana", "La conversación fue pospuesta por Ana", "La conversación fue reabierta por Ana",
           "La conversación fue marcada como pendiente por Ana", "El sistema reabrió la conversación debido a un nuevo mensaje entrante.",
           "La conversación fue marcada por Ana", "La conversación fue marcada por el sistema debido a 7 días de inactividad", "Conversación fue resuelta por Mia Private"),
    "pt": ("Atribuído a Technical por Ana", "Atribuído a Ben via Technical por Ana", "Atribuído a Ben por Ana", "Ana auto-atribuída esta conversa",
           "Conversa não atribuída por Ana", "Não atribuído a Technical por Ana", "Conversa adiada por Ana", "Conversa foi reaberta por Ana",
           "Conversa marcada como pendente por Ana", "O sistema reabriu a conversa por ter sido recebida uma nova mensagem.", "Conversa foi marcada como resolvida por Ana",
           "Conversa auto-resolvida pelo sistema por causa dos 7 dias sem inatividade", "Conversa foi resolvida por Mia Private"),
    "pt_BR": ("Atribuído a Technical por Ana", "Atribuído a Ben via Technical por Ana", "Atribuído a Ben por Ana", "Ana atribuiu a si mesmo essa conversa",
              "Conversa desatribuída por Ana", "Desatribuído de Technical por Ana", "Conversa foi adiada por Ana", "Conversa foi reaberta por Ana",
              "Conversa foi marcada como pendente por Ana", "O sistema reabriu a conversa devido a uma nova mensagem recebida.",
              "Conversa foi marcada como resolvida por Ana", "A conversa foi marcada como resolvida pelo sistema por ter 7 dias de inatividade",
              "A conversa foi resolvida por Mia Private"),
    "it": ("Assegnato a Technical da Ana", "Assegnato a Ben tramite Technical da Ana", "Assegnato a Ben da Ana", "Ana si è assegnato a questa conversazione",
           "Conversazione non assegnata da Ana", "Assegnazione a Technical rimossa da Ana", "La conversazione è stata posticipata da Ana",
           "La conversazione è stata riaperta da Ana", "La conversazione è stata contrassegnata come in attesa da Ana",
           "System reopened the conversation due to a new incoming message.", "La conversazione è stata contrassegnata come risolta da Ana",
           "La conversazione è stata contrassegnata come risolta dal sistema a causa di 7 giorni d'inattività", "La conversazione è stata risolta da Mia Private"),
    "nl": ("Toegewezen aan Technical door Ana", "Toegewezen aan Ben via Technical door Ana", "Toegewezen aan Ben door Ana",
           "Ana heeft dit gesprek aan zichzelf toegewezen", "Gesprek niet toegewezen door Ana", "Unassigned from Technical by Ana", "Gesprek werd gesluimerd door Ana",
           "Gesprek werd heropend door Ana", "Gesprek werd gemarkeerd als in afwachting door Ana", "System reopened the conversation due to a new incoming message.",
           "Gesprek werd gemarkeerd door Ana", "Gesprek werd door systeem gemarkeerd als opgelost na 7 dagen inactiviteit", "Gesprek werd opgelost door Mia Private"),
}
EVENTS = [
    ("customer_message", None, None, "customer", None),
    ("queued", "chatwoot:72", "chatwoot:81", "agent", None),
    ("queued", "chatwoot:72", "chatwoot:81", "agent", None), ("assigned", "chatwoot:82", "chatwoot:81", "agent", None),
    ("assigned", "chatwoot:82", "chatwoot:81", "agent", None), ("assigned", "chatwoot:81", "chatwoot:81", "agent", None), ("assigned", None, "chatwoot:81", "agent", None),
    ("state_changed", "waiting_customer", "chatwoot:81", "agent", None), ("reopened", None, "chatwoot:81", "agent", None),
    ("state_changed", "new", "chatwoot:81", "agent", None), ("reopened", None, None, "system", "rule"), ("resolved", None, "chatwoot:81", "agent", None),
    ("resolved", None, None, "system", "rule"), ("resolved", None, None, "customer", None)]


def test_every_language_tells_the_same_story(tmp_path, monkeypatch):
    """The German sentence of a hand-over names who did it first, whatever its words seem to say; the Spanish and Dutch ones of a resolution leave out as what."""
    assert TOLD.keys() == LANGUAGES.keys()
    with Chatwoot() as fake:
        data = account(tmp_path / "data", "chatwoot", fake, monkeypatch, account="1")
        told_in = {}
        for language, sentences in TOLD.items():
            assert len(sentences) == len(STORY)
            told_in[fake.open()] = language
            for sentence in sentences:
                fake.tell(max(told_in), sentence)
        assert note(pull(data, "chatwoot"), "messages") is None
        for conversation, language in told_in.items():
            found = rows(data, f"""SELECT kind::VARCHAR, to_value, actor_id, actor_kind::VARCHAR, cause::VARCHAR FROM events
                WHERE ticket_id = 'chatwoot:{conversation}' AND kind <> 'created' ORDER BY occurred_at, ordinal""")
            assert found == EVENTS, language


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_languages_read_one_sentence_differently(language):
    """So it does not matter which is tried first."""
    people, teams = ("Ana Lima", "Ben"), ("Orders",)
    reader = Sentences(people, teams)
    fill = {"by": people[0], "to": people[1], "team": teams[0], "any": "7 x"}
    for kind, templates in LANGUAGES[language].items():
        for template in templates:
            sentence = template.format(**fill)
            wanted = Said(kind, **{part: name for part, name in fill.items() if f"{{{part}}}" in template and part != "any"})
            assert reader.read_in(language, sentence) == wanted
            readings = {other: reader.read_in(other, sentence) for other in LANGUAGES}
            assert all(_means(said) == _means(wanted) for said in readings.values() if said), readings


def _means(said):
    """A team is read as a team or as whoever it is assigned to: the name decides which."""
    return (said.kind.replace("to team", "to"), said.by, said.to or said.team) if said.kind != "nothing" else "nothing"


def test_names_that_hold_the_words_of_a_sentence():
    reader = Sentences(["Ana by Night", "Ben via Mail", "Lea added"], ["Stand by"])
    assert reader.read("Assigned to Stand by by Ana by Night") == Said("to", by="Ana by Night", to="Stand by")
    assert reader.read("Assigned to Ben via Mail by Ana by Night") == Said("to", by="Ana by Night", to="Ben via Mail")
    assert reader.read("Lea added self-assigned this conversation") == Said("self", by="Lea added")
    assert reader.read("ASSIGNED TO stand by BY lea added.") == Said("to", by="lea added", to="stand by")


def test_what_is_known_but_tells_nothing_is_not_unread_and_what_is_unknown_is_never_guessed(tmp_path, monkeypatch):
    """Labels, priorities and promises are no hands; a name nobody has any more is nobody's, and no rule's; other languages are counted."""
    with Chatwoot() as fake:
        data = account(tmp_path / "data", "chatwoot", fake, monkeypatch, account="1")
        one = fake.open()
        for sentence in ("Ana added late-delivery, vip", "Ben hat vip entfernt", "Ana a modifié la priorité de low à high", "Ben added SLA policy Gold",
                         "Ana has muted the conversation",
                         "Assigned to Somebody Gone by Ana", "Conversation was marked resolved by Somebody Gone", "Conversation was reopened by Automation System",
                         "Conversation was marked resolved by Captain due to inactivity", "Conversation was marked open by Captain",
                         "Ana が会話を解決しました", "Przypisano do Ben przez Ana"):
            fake.tell(one, sentence)
        assert note(pull(data, "chatwoot"), "messages").startswith("2 of 12 activity sentences are in none of the languages read here (en, de, ")
        assert rows(data, "SELECT kind::VARCHAR, to_value, actor_id, actor_kind::VARCHAR, cause::VARCHAR FROM events WHERE kind <> 'customer_message' ORDER BY occurred_at") == [
            ("reassigned", None, "chatwoot:81", "agent", None), ("resolved", None, None, None, None), ("reopened", None, None, "system", "rule"),
            ("resolved", None, None, "bot", None), ("state_changed", "in_progress", None, "bot", None)]
        content = b"".join(path.read_bytes() for path in data.rglob("*") if path.is_file())
        assert not re.search(b"Somebody Gone|Przypisano", content)
