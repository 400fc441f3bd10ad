"""The persons of the demonstration: fictitious and always the same.

They include every person whom the demonstration inscribes, and those in the samples of protos/ and of the
README. Some have died and some numbers are cancelled. Some persons have a second number under another
spelling of their name; some of these numbers are replaced, the others can be found by a search.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from unicodedata import combining, normalize

from raas.cli.demo.inscriptions import COLUMNS, SAMPLE_CHILD, SAMPLE_PERSON, demo_rows, fictitious_niss
from raas.data import CommonName, load_names
from raas.v1.identity_pb2 import Address, Identity, Sex
from raas.v1.person_pb2 import Person, PersonStatus, RegisterOfOrigin

IMPORT_ID = "demonstration-persons"

PERSONS = 10_000
_SEED = 999_999_923
_FIRST_BIRTH, _LAST_BIRTH = date(1925, 1, 1), date(2024, 12, 31)
_DECEASED_AFTER, _LAST_DAY = date(2015, 1, 1), date(2025, 6, 30)
_FICTITIOUS_MONTH = 60

_NATIONAL = RegisterOfOrigin.REGISTER_OF_ORIGIN_NATIONAL_REGISTER
_RAD, _BIS = RegisterOfOrigin.REGISTER_OF_ORIGIN_RAD, RegisterOfOrigin.REGISTER_OF_ORIGIN_BIS
_REPLACED, _CANCELLED = PersonStatus.PERSON_STATUS_REPLACED, PersonStatus.PERSON_STATUS_CANCELLED

# Origins of the names of a hundred residents, limited to the countries in raas/data.
_ORIGINS = {"BE": 52, "FR": 9, "NL": 6, "MA": 11, "TR": 7, "IT": 6, "PL": 3, "RO": 3, "DE": 2, "SY": 1}

_PLACES = {
    "BE": "Gent", "FR": "Lille", "NL": "Breda", "MA": "Oujda", "TR": "Konya", "IT": "Bari", "PL": "Kraków",
    "RO": "Cluj-Napoca", "DE": "Aachen", "SY": "Homs",
}  # fmt: skip
_MUNICIPALITIES = (
    ("Gent", "9000"), ("Namur", "5000"), ("Liège", "4000"), ("Antwerpen", "2000"), ("Bruxelles", "1000"),
    ("Eupen", "4700"), ("Hasselt", "3500"), ("Mons", "7000"),
)  # fmt: skip

_SPELLINGS = (
    (r"^Van (?:den |der |de )?", lambda found: found.group().replace(" ", "").capitalize()),
    (r"^(?:El|Al|Ben|De|Le|La) ", lambda found: found.group().strip()),
    (r"ü", lambda _: "ue"),
    (r"ö", lambda _: "oe"),
    (r"ou", lambda _: "u"),
    (r"ck", lambda _: "k"),
    (r"([lmnst])\1", lambda found: found.group(1)),
    (r"y", lambda _: "i"),
    (r"s$", lambda _: "z"),
)

_EXAMPLES = ("71651404130", "88622912229", "96710300788", "04692131044")
"""The persons of examples/inscriptions.csv."""

_KNOWN = (
    # Those of the samples: number, register, last name, first names, born, woman.
    (SAMPLE_PERSON, _NATIONAL, "Van den Berghe", ("Pieter", "Jan"), "1985-07-30", False),
    (SAMPLE_CHILD, _BIS, "El Khattabi", ("Amine",), "2017-07-03", False),
    ("72650100391", _NATIONAL, "Müller", ("Hans",), "1972-05-01", False),
    ("72650200262", _BIS, "Çelik", ("Ayşe",), "1972-05-02", True),
    ("90610100254", _BIS, "Yilmaz", ("Elif",), "1990-01-01", True),
    ("90610100452", _NATIONAL, "Yılmaz", ("Elif",), "1990-01-01", True),
)
_REPLACED_SAMPLE = ("72650100193", _BIS, "Mueller", ("Hans",), "1972-05-01", False)
"""Replaced by 72650100391."""


def demo_persons() -> Iterator[Person]:
    """The persons; a replaced number comes after its successor."""
    made = _Made(Random(_SEED))  # noqa: S311 - the same persons everywhere, no secret
    for known in _KNOWN:
        yield made.known(*known)
    inscribed = dict.fromkeys(row.fields[COLUMNS.index("niss")] for row in demo_rows())
    for niss in (*inscribed, *_EXAMPLES):
        if niss not in made.given:
            yield made.inscribed(niss)
    later = [made.known(*_REPLACED_SAMPLE, replaced_by="72650100391")]
    while len(made.given) < PERSONS:
        person = made.drawn()
        fate = made.chance.random()
        if fate < 0.02:
            person.status = _CANCELLED
            later.append(person)
            continue
        if 0.08 <= fate < 0.16:
            _die(person, made.chance)
        yield person
        if fate < 0.04:
            second = made.second_number(person)
            second.status, second.replaced_by = _REPLACED, person.niss
            later.append(second)
        elif fate < 0.08:
            yield made.second_number(person)
    # Together at the end: a row that does more than add a person stops all writing for a moment.
    yield from later


class _Made:
    """Draws persons at random, each number once."""

    def __init__(self, chance: Random) -> None:
        names = load_names()
        self.chance = chance
        self.given: set[str] = set()
        self._surnames = {origin: _of(origin, names.surnames) for origin in _ORIGINS}
        self._forenames = {origin: _of(origin, names.forenames) for origin in _ORIGINS}

    def known(
        self,
        niss: str,
        register: RegisterOfOrigin.ValueType,
        last_name: str,
        first_names: tuple[str, ...],
        born: str,
        woman: bool,
        replaced_by: str | None = None,
    ) -> Person:
        """A person of the tables above."""
        self.given.add(niss)
        identity = Identity(last_name=last_name, first_names=first_names, birth_date=born, sex=_sex(woman))
        person = Person(niss=niss, register_of_origin=register, identity=identity)
        if replaced_by is not None:
            person.status, person.replaced_by = _REPLACED, replaced_by
        return person

    def inscribed(self, niss: str) -> Person:
        """A person for an existing number, with the birth date and sex that it encodes."""
        self.given.add(niss)
        year, month, day = int(niss[:2]), int(niss[2:4]) - _FICTITIOUS_MONTH, int(niss[4:6])
        century = 1900 if 97 - int(niss[:9]) % 97 == int(niss[9:]) else 2000
        return self._person(niss, _NATIONAL, date(century + year, month, day), int(niss[6:9]) % 2 == 0)

    def drawn(self) -> Person:
        """A new person; one BIS number in ten has no known day of birth."""
        born = _FIRST_BIRTH + timedelta(self.chance.randrange((_LAST_BIRTH - _FIRST_BIRTH).days))
        register = self.chance.choices((_NATIONAL, _BIS, _RAD), (80, 16, 4))[0]
        known_in_part = register == _BIS and self.chance.random() < 0.1
        woman = self.chance.random() < 0.5
        person = self._person(self._new_niss(born, woman), register, born, woman)
        if known_in_part:
            person.identity.birth_date = f"{born:%Y-%m}-00"
        return person

    def second_number(self, person: Person) -> Person:
        """Another number of the same person, under another spelling of the name."""
        born = date.fromisoformat(person.identity.birth_date.replace("-00", "-01"))
        niss = self._new_niss(born, person.identity.sex == Sex.SEX_FEMALE)
        second = Person(niss=niss, register_of_origin=_BIS, identity=person.identity)
        second.identity.last_name = self._spelled_otherwise(person.identity.last_name)
        return second

    def _person(self, niss: str, register: RegisterOfOrigin.ValueType, born: date, woman: bool) -> Person:
        origin = self.chance.choices(list(_ORIGINS), list(_ORIGINS.values()))[0]
        forenames = [name for name in self._forenames[origin] if name.gender == ("F" if woman else "M")]
        first_names = self.chance.choices(forenames, k=self.chance.choices((1, 2, 3), (50, 35, 15))[0])
        municipality, postal_code = self.chance.choice(_MUNICIPALITIES)
        identity = Identity(
            last_name=self.chance.choice(self._surnames[origin]).romanized,
            first_names=dict.fromkeys(name.romanized for name in first_names),
            birth_date=born.isoformat(),
            sex=_sex(woman),
            birth_place=_PLACES[origin],
            nationality=origin if self.chance.random() < 0.5 else "BE",
            address=Address(country="BE", municipality=municipality, postal_code=postal_code),
        )
        return Person(niss=niss, register_of_origin=register, identity=identity)

    def _new_niss(self, born: date, woman: bool) -> str:
        while True:
            # 1, 3, 5 … for men and 2, 4, 6 … for women.
            niss = fictitious_niss(born, 2 * self.chance.randint(1, 499) - (not woman))
            if niss not in self.given:
                self.given.add(niss)
                return niss

    def _spelled_otherwise(self, name: str) -> str:
        ways = [re.sub(pattern, way, name, count=1) for pattern, way in _SPELLINGS]
        plain = "".join(c for c in normalize("NFD", name.replace("ı", "i")) if not combining(c))
        others = sorted({way for way in (*ways, plain, name.upper()) if way != name})
        return self.chance.choice(others)


def _die(person: Person, chance: Random) -> None:
    """Set a day of death after the birth date."""
    died = _DECEASED_AFTER + timedelta(chance.randrange((_LAST_DAY - _DECEASED_AFTER).days))
    if person.identity.birth_date < died.isoformat():
        person.identity.death_date = died.isoformat()


def _of(origin: str, names: tuple[CommonName, ...]) -> list[CommonName]:
    return [name for name in names if name.country == origin]


def _sex(woman: bool) -> Sex.ValueType:
    return Sex.SEX_FEMALE if woman else Sex.SEX_MALE
