"""Words that many short texts share: what contacts without a reason speak of, to be read by a person and never applied."""
from __future__ import annotations

import itertools
from collections.abc import Iterable

from warehouse.reasons import words

AT_LEAST = 5      # contacts a word must stand in: what fewer say may name a person
LEAST_SHARE = 0.01
MOST = 20
PAIR = 1.25       # two words say more than one, where they cover nearly as many
# words that carry a sentence and no matter, in the languages exports usually come in
EMPTY = frozenset(
    """
a about after again all also an and any are as at be been but by can could did do does for from get got had has have hello help here hi how i if in into is it its
just me my need new no not of off on or our out please question re regarding request so some still than thank thanks that the their them there they this to too up us
urgent very was mr mrs ms dr sir madam we were what when where which while who why will with would you your fw fwd aw wg tr rv
aber herr herrn frau als am an auch auf aus bei bitte das dass dem den der des die ein eine einen einer es für
frage hallo ich im in ist kann kein keine meine mein mit nach nicht noch oder problem seit sich sie sind über um und uns von vor was wenn wie wir wird zu zum zur
au aux avec bonjour ce ces cette dans de demande des du elle en est et il je la le les ma mais merci mes mon ne nous on ou par pas plus pour que qui sa se ses son sur un une vous
al algo com como con da das de del do dos e el em en es esta este eu gracias hola la las lo los mas me mi muy na não no nos o olá os para pero por que se si sin sobre su sus
um uma un una y obrigado
che ciao col della delle di gli ho il le mi nel non per più sono su una uno
""".split()
)


def shared(texts: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """The words, or pairs of neighbouring words, that stand in most of the texts (text, how many contacts say just that): each next one is
    the one that speaks of most contacts none before it spoke of. With in how many contacts it stands."""
    told = [(_terms(words(text)), n) for text, n in texts]
    total = sum(n for _, n in told)
    counts: dict[str, int] = {}
    for terms, n in told:
        for term in terms:
            counts[term] = counts.get(term, 0) + n
    needed = max(AT_LEAST, LEAST_SHARE * total)
    places: dict[str, list[int]] = {term: [] for term, n in counts.items() if n >= needed}
    for place, (terms, _) in enumerate(told):
        for term in terms & places.keys():
            places[term].append(place)
    left, found = {place: n for place, (_, n) in enumerate(told)}, []
    while places and len(found) < MOST:
        fresh = {term: sum(left.get(p, 0) for p in where) for term, where in places.items()}
        best = min(fresh, key=lambda term: (-fresh[term] * (PAIR if " " in term else 1), term))
        if fresh[best] < needed:
            break
        found.append((best, counts[best]))
        for p in places.pop(best):
            left.pop(p, None)
    return found


def _terms(said: list[str]) -> set[str]:
    """Words of three letters or more that mean something, and pairs of such neighbours."""
    kept = [w if len(w) > 2 and w not in EMPTY and not w.isdigit() else None for w in said]
    return {w for w in kept if w} | {f"{a} {b}" for a, b in itertools.pairwise(kept) if a and b}
