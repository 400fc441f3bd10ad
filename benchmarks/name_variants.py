"""Generated persons, and the mistakes in questions about them.

A variant takes a person and returns the question as typed, or None if the mistake does not apply (no umlaut
in the name, no particle). From the modules of the search only the values of questions and persons are
imported; the spelling habits are in name_habits.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from unicodedata import combining, normalize

from benchmarks.name_habits import PARTICLE, SPELLINGS, TRANSLITERATIONS, UMLAUTS
from raas.data import CommonName, load_names
from raas.domain.calendar.incomplete_date import IncompleteDate
from raas.domain.persons.identity import Identity, Sex
from raas.domain.search.person_search import GivenNameMatching, PersonQuery

# The origins of names, in percent of the residents.
_ORIGINS = {
    "BE": 46, "FR": 8, "NL": 5, "MA": 10, "TR": 7, "IT": 5, "ES": 2, "PT": 2, "DE": 2, "PL": 3, "RO": 3,
    "BG": 1, "CD": 3, "SY": 1, "AF": 1, "GB": 1, "DZ": 1, "TN": 1, "AL": 1, "HU": 1, "CZ": 1, "UA": 1, "RU": 1,
    "RS": 1, "GR": 1,
}  # fmt: skip
_FORENAMES_FROM = {"TN": "MA", "DZ": "MA"}

_Variant = Callable[[Random, Identity], PersonQuery | None]


class MadePersons:
    """Draws fictitious persons: names that go together, one to three given names, sometimes two last names."""

    def __init__(self, random: Random) -> None:
        names = load_names()
        self._random = random
        self._surnames = _by_country(names.surnames)
        self._forenames = _by_country(names.forenames)
        self._origins = list(_ORIGINS)

    def draw(self, births_from: date, days: int) -> Identity:
        """A person born on one of `days` days from `births_from` on."""
        origin = self._random.choices(self._origins, list(_ORIGINS.values()))[0]
        sex = self._random.choice((Sex.MALE, Sex.FEMALE))
        born = births_from + timedelta(self._random.randrange(days))
        return Identity(
            self._last_name(origin),
            self.first_names(origin, sex),
            IncompleteDate(born.year, born.month, born.day),
            sex,
            nationality=origin,
        )

    def first_names(self, origin: str, sex: Sex) -> tuple[str, ...]:
        """One to three different given names usual there."""
        letter = "M" if sex is Sex.MALE else "F"
        pool = [
            n.romanized for n in self._forenames[_FORENAMES_FROM.get(origin, origin)] if n.gender == letter
        ]
        number = self._random.choices((1, 2, 3), (45, 35, 20))[0]
        return tuple(dict.fromkeys(self._random.choices(pool, k=number)))

    def _last_name(self, origin: str) -> str:
        first, second = (n.romanized for n in self._random.choices(self._surnames[origin], k=2))
        if origin in ("ES", "PT"):
            return f"{first} {second}"
        return f"{first}-{second}" if self._random.random() < 0.06 else first


def _by_country(names: Sequence[CommonName]) -> dict[str, list[CommonName]]:
    table: dict[str, list[CommonName]] = {}
    for name in names:
        table.setdefault(name.country, []).append(name)
    return table


def exact(person: Identity) -> PersonQuery:
    """The question with exactly the registered data."""
    assert person.last_name is not None
    assert person.birth_date is not None
    return PersonQuery(person.last_name, person.birth_date, 0, person.first_names)


def _with_last_name(change: Callable[[Random, str], str | None]) -> _Variant:
    def variant(random: Random, person: Identity) -> PersonQuery | None:
        query = exact(person)
        changed = change(random, query.last_name)
        if changed is None or changed == query.last_name:
            return None
        return replace(query, last_name=changed)

    return variant


def _rewritten(random: Random, name: str, habits: Sequence[tuple[str, str]]) -> str | None:
    """The name after one applicable habit, applied at its first match; None if no habit applies."""
    possible = [h for h in habits if re.search(h[0], name, re.IGNORECASE)]
    if not possible:
        return None
    pattern, written = random.choice(possible)
    return re.sub(pattern, written, name, count=1, flags=re.IGNORECASE)


def _without_accents(random: Random, name: str) -> str | None:
    plain = "".join(c for c in normalize("NFD", name.replace("ı", "i").replace("ł", "l")) if not combining(c))
    return random.choice((plain, plain.upper(), plain.lower(), plain.replace("-", " ")))


def _particle_joined(random: Random, name: str) -> str | None:
    if not re.match(PARTICLE, name + " ", re.IGNORECASE):
        return None
    joined = re.sub(r"[ ']", "", name)
    return random.choice((joined, joined.capitalize(), name.replace(" ", "-"), name.replace(" ", "", 1)))


def _particle_apart(random: Random, name: str) -> str | None:
    return _rewritten(random, name, [(r"^(van)de([nr]?)(?=[a-z]{4})", r"\1 de\2 "), (r"^(de|van|ben)(?=[bcdghkmnprstvw][a-z]{3})", r"\1 ")])  # fmt: skip


def _particle_left_out(random: Random, name: str) -> str | None:
    rest = re.sub(PARTICLE, "", name, count=1, flags=re.IGNORECASE)
    return rest if rest != name else None


def _slip(random: Random, name: str) -> str | None:
    """A typing error in a name of at least five letters: one letter added, missing or wrong, or two swapped."""
    if sum(map(str.isalpha, name)) < 5:
        return None
    at = random.choice([i for i, letter in enumerate(name) if letter.isalpha()])
    letter = random.choice("abcdefghijklmnopqrstuvwxyz")
    way = random.randrange(4)
    if way == 0:
        return name[:at] + letter + name[at:]
    if way == 1:
        return name[:at] + name[at + 1 :]
    if way == 2:
        return name[:at] + letter + name[at + 1 :]
    return name[:at] + name[at + 1 : at + 2] + name[at] + name[at + 2 :]


def _slip_in_given_name(random: Random, person: Identity) -> PersonQuery | None:
    slipped = _slip(random, person.first_names[0])
    if slipped is None:
        return None
    return replace(exact(person), first_names=(slipped, *person.first_names[1:]))


def _truncated(random: Random, name: str) -> str | None:
    return name[: random.randrange(max(6, len(name) * 3 // 5), len(name))] if len(name) >= 8 else None


def _part_of_double_name(random: Random, name: str) -> str | None:
    parts = re.split(r"[- ]", name)
    if len(parts) != 2 or any(len(part) < 4 for part in parts):
        return None
    return random.choice((parts[0], parts[1], f"{parts[1]}-{parts[0]}"))


def _swapped(random: Random, person: Identity) -> PersonQuery | None:
    query = exact(person)
    last_name = random.choice((query.first_names[0], " ".join(query.first_names)))
    return replace(query, last_name=last_name, first_names=(query.last_name,))


def _second_last_name(random: Random, person: Identity) -> PersonQuery | None:
    query = exact(person)
    if re.search(r"[- ]", query.last_name):
        return None
    return replace(query, last_name=query.last_name + random.choice((" Verbrugge", "-Marchetti", " Ramalho")))


def _given_names(random: Random, person: Identity) -> PersonQuery | None:
    query, names = exact(person), person.first_names
    return random.choice(
        (
            replace(query, first_names=names[:1]),
            replace(query, first_names=names[::-1]),
            replace(query, first_names=(*names, "Bertrand")),
            replace(query, first_names=(names[0][0] + ".",), given_name_matching=GivenNameMatching(1)),
            replace(query, first_names=(names[0], "Bertrand"), given_name_matching=GivenNameMatching(2)),
            replace(query, first_names=(), given_name_matching=GivenNameMatching(4)),
        )
    )


def _digit_of_date(random: Random, person: Identity) -> PersonQuery | None:
    query = exact(person)
    year, month, day = query.birth_date
    assert year is not None
    assert month is not None
    assert day is not None
    digits = f"{day:02d}"
    at = random.randrange(2)
    wrong = int(digits[:at] + random.choice("0123456789") + digits[at + 1 :])
    try:
        date(year, month, wrong)
    except ValueError:
        return None
    if wrong == day:
        return None
    return replace(query, birth_date=IncompleteDate(year, month, wrong), tolerance=abs(wrong - day))


def _incomplete_question(random: Random, person: Identity) -> PersonQuery | None:
    query = exact(person)
    year, month, _ = query.birth_date
    date_asked = random.choice((IncompleteDate(year, month, None), IncompleteDate(year, None, None)))
    return replace(query, birth_date=date_asked, tolerance=random.randrange(2))


_OF_LAST_NAMES = (
    "accents, case, hyphens",
    "particle joined",
    "particle apart",
    "spelling",
    "transliteration",
)
_OF_ANYTHING = (
    "slip in last name",
    "slip in given name",
    "first and last name swapped",
    "given names",
    "spelling",
)


def _two_at_once(random: Random, person: Identity) -> PersonQuery | None:
    """Another spelling of the last name, and a second mistake."""
    first = VARIANTS[random.choice(_OF_LAST_NAMES)](random, person)
    if first is None:
        return None
    return VARIANTS[random.choice(_OF_ANYTHING)](random, replace(person, last_name=first.last_name))


VARIANTS: dict[str, _Variant] = {
    "as registered": lambda _, person: exact(person),
    "accents, case, hyphens": _with_last_name(_without_accents),
    "umlaut written out or dropped": _with_last_name(lambda r, name: _rewritten(r, name, UMLAUTS)),
    "particle joined": _with_last_name(_particle_joined),
    "particle apart": _with_last_name(_particle_apart),
    "particle left out": _with_last_name(_particle_left_out),
    "spelling": _with_last_name(lambda r, name: _rewritten(r, name, SPELLINGS)),
    "transliteration": _with_last_name(lambda r, name: _rewritten(r, name, TRANSLITERATIONS)),
    "slip in last name": _with_last_name(_slip),
    "slip in given name": _slip_in_given_name,
    "truncated last name": _with_last_name(_truncated),
    "part of a double name": _with_last_name(_part_of_double_name),
    "a second last name": _second_last_name,
    "first and last name swapped": _swapped,
    "given names": _given_names,
    "digit of the birth date": _digit_of_date,
    "incomplete birth date asked": _incomplete_question,
    "two of these at once": _two_at_once,
}
"""The kinds of pairs, by the mistake in the question."""
