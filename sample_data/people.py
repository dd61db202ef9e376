"""The people: agents by queue, customers and the companies some of them work for. All invented."""

import random
from dataclasses import dataclass

from sample_data import story
from sample_data.scale import Scale

_GIVEN = (
    "Ada Aino Alba Amir Anouk Arne Astrid Bela Birgit Bruno Carla Cem Clara Dario Dilan Edda Elias Emre Enya Femke Finn "
    "Flora Frida Gesa Gino Hanna Hedda Henri Ida Ilse Imke Ines Jan Jette Jonas Juna Kaja Karim Kiran Lars Lea Leon Lina "
    "Luca Maja Malte Mara Mette Milo Nele Nils Noor Olga Oskar Pia Quinn Rieke Rosa Samir Selma Silke Sven Tara Theo "
    "Tilda Uwe Vera Wanda Yara Zoe René Jürgen Søren Zoé"
).split()
_FAMILY = (
    "Abel Adler Albers Amado Arndt Baker Bauer Becker Berg Bianchi Blum Brandt Bruns Castel Conti Dahl Dekker Dietz Ebner "
    "Eklund Engel Falk Ferrer Fink Gallo Geiger Grau Gruber Haas Hansen Hartog Heller Holm Horn Ivers Jansen Kaiser Keller "
    "Klein Koch Kramer Kuhn Lange Lenz Linde Lund Maas Marino Meier Moreno Nagel Neumann Novak Olsen Otte Pauli Peters "
    "Pohl Quast Rask Richter Rossi Roth Sander Sato Seidel Silva Sommer Stein Thiel Torres Ulrich Vogel Voss Wagner Weber "
    "Winter Wolf Zander Ziegler Müller Schröder Köhler Bäcker Jørgensen Peña"
).split()
_FIRMS = (
    "Alder Amber Anchor Arbor Aster Birch Bramble Cedar Clover Copper Coral Dune Elm Ember Fennel Fjord Gable Harbor Hazel "
    "Heron Indigo Iris Juniper Kestrel Lark Linden Maple Marble Meadow Mill North Oak Olive Onyx Opal Orchard Pebble Pine "
    "Plover Quarry Quill Raven Reed Ridge River Rowan Saffron Sage Slate Sorrel Spruce Stone Thistle Tide Umber Vale Wren "
    "Willow Yarrow Zephyr"
).split()
_TRADES = ("Hotels", "Offices", "Studios", "Retail", "Clinics", "Works")
_PLAIN = str.maketrans(dict(zip("éüöäøñ", ("e", "ue", "oe", "ae", "o", "n"), strict=True)))
LOCALES = ("de", "de", "de", "de", "en-US", "en-US", "fr", "nl")


@dataclass(frozen=True)
class Agent:
    """A person who answers, in one queue."""

    number: int
    name: str
    email: str
    queue: str
    is_senior: bool


@dataclass(frozen=True)
class Company:
    """A business customer; key accounts have a queue of their own."""

    number: int
    name: str
    domain: str
    is_key: bool


@dataclass(frozen=True)
class Customer:
    """A person who asks, known by the same mail address in every tool."""

    number: int
    name: str
    email: str
    locale: str
    shop_id: str  # the shop's own customer number; empty for those without an account
    company: Company | None


class People:
    """Everybody in one generation."""

    def __init__(self, scale: Scale) -> None:
        rng = scale.random("people")
        self.agents = _agents()
        customers = round(scale.contacts * story.CUSTOMERS_PER_CONTACT)
        at_work = round(customers * story.BUSINESS_SHARE)
        self.companies = _companies(max(4, at_work // 5))
        self.private = [_customer(rng, number, None) for number in range(1, customers - at_work + 1)]
        self.business = [
            _customer(rng, len(self.private) + place, self.companies[rng.randrange(len(self.companies))])
            for place in range(1, at_work + 1)
        ]

    def take_one(self, rng: random.Random, business: bool) -> Customer:
        """Somebody with something to ask; some ask more often than others."""
        crowd = self.business if business else self.private
        return crowd[int(len(crowd) * rng.random() ** 1.2)]

    def take_agent(self, rng: random.Random, queue: str, effort: float, before: Agent | None = None) -> Agent:
        """Somebody of the queue: mostly who held it before, else a senior for hard reasons and a junior for easy ones."""
        if before is not None and before.queue == queue and rng.random() < 0.7:
            return before
        usual = rng.random() < story.REST.senior_gets_hard
        senior = (effort >= story.HARD_EFFORT) == usual
        return rng.choice([agent for agent in self.agents[queue] if agent.is_senior == senior])


def _agents() -> dict[str, list[Agent]]:
    # Names come from two strides through the lists, so that no two agents share one.
    teams: dict[str, list[Agent]] = {}
    number = 0
    for queue in story.QUEUES:
        team = []
        for place in range(queue.agents):
            number += 1
            given, family = _GIVEN[number * 5 % 70], _FAMILY[number * 7 % 80]
            email = f"{given}.{family}@lumen.example.com".lower()
            team.append(Agent(number, f"{given} {family}", email, queue.name, is_senior=place % 2 == 1))
        teams[queue.name] = team
    return teams


def _companies(count: int) -> list[Company]:
    made = []
    for number in range(1, count + 1):
        first, trade = _FIRMS[number % len(_FIRMS)], _TRADES[number // len(_FIRMS) % len(_TRADES)]
        again = number // (len(_FIRMS) * len(_TRADES))
        name = f"{first} {trade}" + (f" {again + 1}" if again else "")
        made.append(Company(number, name, f"{name.replace(' ', '').lower()}.example.com", is_key=number % 5 == 0))
    return made


def _customer(rng: random.Random, number: int, company: Company | None) -> Customer:
    given, family = rng.choice(_GIVEN), rng.choice(_FAMILY)
    domain = company.domain if company else rng.choice(("example.com", "example.org"))
    email = f"{given}.{family}{number}@{domain}".lower().translate(_PLAIN)
    shop_id = f"L-{number:06d}" if rng.random() < 0.7 else ""
    return Customer(number, f"{given} {family}", email, rng.choice(LOCALES), shop_id, company)
