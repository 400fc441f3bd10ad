"""Searching persons by name and birth date: selection and score of candidates.

The algorithm, `raas-names-1`:

1. The birth date and its tolerance make a window (birth_window.py), which excludes all other births.
2. Keys that sound like the last name, or like the first names (if the two were swapped), find the candidates
   in an index (phonetics.py).
3. This module scores each candidate: the last name (names/similarity.py), the given names as the mode asks,
   the nearness of the birth date. Sex and municipality filter; an unknown value passes.
4. A candidate matches if its score is `THRESHOLD` or more.

The published figures for recall and precision come from benchmarks/name_pairs.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from raas.domain.calendar.incomplete_date import IncompleteDate
from raas.domain.names.given_name_signature import signature_probe
from raas.domain.names.municipalities import same_municipality
from raas.domain.names.phonetics import Reach, probe_keys, search_keys
from raas.domain.names.similarity import name_likeness
from raas.domain.names.spelling import words
from raas.domain.persons.identity import Identity, Sex
from raas.domain.search.birth_window import BirthCodes, BirthWindow, birth_code, birth_window

ALGORITHM = "raas-names-1"
"""The name of these rules, weights and threshold; it changes whenever a score would."""

THRESHOLD = 0.8
"""The lowest score of a match."""

_FAR_DAYS, _NEAR_DAYS = 45, 400
"""Lengths of windows from which the index is asked for fewer keys: the birth date narrows too little."""

_LAST, _GIVEN, _BIRTH = 0.65, 0.25, 0.1
MOST_GIVEN_NAMES = 10
"""Given names in a query: each is compared with the names of many persons."""

_LAST_NAME_AT_LEAST = 0.72
_GIVEN_NAME_AT_LEAST = 0.75
_SWAPPED_AT_LEAST = 0.78
_SWAPPED = 0.95
_NAMES_MISSING = 0.9


class GivenNameMatching(Enum):
    """Which given names must fit; names and values equal those of the proto enum."""

    FIRST_LETTER_FIRST_GIVEN_NAME = 1
    COMPLETE_FIRST_GIVEN_NAME = 2
    ALL_GIVEN_NAMES = 3
    IGNORE_GIVEN_NAMES = 4


_MODES_WITHOUT_NAMES = (
    GivenNameMatching.FIRST_LETTER_FIRST_GIVEN_NAME,
    GivenNameMatching.IGNORE_GIVEN_NAMES,
)


@dataclass(frozen=True, slots=True)
class Probe:
    """A query of the index: persons under one of the keys whose birth code matches.

    Each key has the bits of which the signature of the given names must share one
    (names/given_name_signature.py); 0 = any signature matches.
    """

    keys: Mapping[str, int]
    codes: BirthCodes


@dataclass(frozen=True, slots=True)
class PersonQuery:
    """The person searched for.

    `birth_date` has at least a year; `tolerance` is in the unit of its last known part.
    """

    last_name: str
    birth_date: IncompleteDate
    tolerance: int = 0
    first_names: tuple[str, ...] = ()
    given_name_matching: GivenNameMatching = GivenNameMatching.ALL_GIVEN_NAMES
    sex: Sex | None = None
    municipality: str | None = None

    def window(self) -> BirthWindow:
        """The days on which the person may have been born."""
        return birth_window(self.birth_date, self.tolerance)

    def probe(self) -> Probe:
        """The query of the index."""
        window = self.window()
        days = window.last - window.first
        if days < _FAR_DAYS:
            return Probe(dict.fromkeys(probe_keys(self.last_name, self.first_names), 0), window.codes())
        reach, given = Reach.NEAR if days < _NEAR_DAYS else Reach.WIDE, self._given()
        keys = dict.fromkeys(probe_keys(self.last_name, (), reach), given)
        # If first and last names were swapped, the last name must be a given one.
        swapped = signature_probe((self.last_name,))
        for key in search_keys(" ".join(self.first_names)):
            asked = keys.get(key, swapped)
            # 0 admits any signature, so it wins.
            keys[key] = asked | swapped if asked and swapped else 0
        return Probe(keys, window.codes())

    def _given(self) -> int:
        mode = self.given_name_matching
        if mode in _MODES_WITHOUT_NAMES:
            return 0
        only_first = mode is GivenNameMatching.COMPLETE_FIRST_GIVEN_NAME
        return signature_probe(self.first_names[:1] if only_first else self.first_names)


def score(query: PersonQuery, person: Identity) -> float:
    """The score of a person, 0 to 1; 0 if a filter, the window or a given name excludes the person.

    Scoring takes some ten microseconds, less for names that are cached.
    """
    if not person.last_name or person.birth_date is None or not _fits_filters(query, person):
        return 0.0
    code = birth_code(person.birth_date)
    if not query.window().admits(code):
        return 0.0
    names = max(_names_as_asked(query, person), _names_swapped(query, person))
    if not names:
        return 0.0
    return (1 - _BIRTH) * names + _BIRTH * _birth_nearness(birth_code(query.birth_date), code)


def _fits_filters(query: PersonQuery, person: Identity) -> bool:
    unknown = (None, Sex.UNKNOWN)
    if query.sex not in unknown and person.sex not in unknown and query.sex is not person.sex:
        return False
    lives_in = person.address.municipality if person.address else ""
    return not query.municipality or not lives_in or same_municipality(query.municipality, lives_in)


def _names_as_asked(query: PersonQuery, person: Identity) -> float:
    assert person.last_name is not None
    last = name_likeness(query.last_name, person.last_name)
    if last < _LAST_NAME_AT_LEAST:
        return 0.0
    asked, known = _with_letters(query.first_names), _with_letters(person.first_names)
    if query.given_name_matching is GivenNameMatching.IGNORE_GIVEN_NAMES or not asked:
        return last
    given = _given_names(query.given_name_matching, asked, known) if known else _NAMES_MISSING
    return _weighed(last, given) if given >= _GIVEN_NAME_AT_LEAST else 0.0


def _given_names(mode: GivenNameMatching, asked: tuple[str, ...], known: tuple[str, ...]) -> float:
    if mode is GivenNameMatching.ALL_GIVEN_NAMES:
        return name_likeness(" ".join(asked), " ".join(known))
    if mode is GivenNameMatching.COMPLETE_FIRST_GIVEN_NAME:
        return name_likeness(asked[0], known[0])
    return float("".join(words(asked[0]))[:1] == "".join(words(known[0]))[:1])


@lru_cache(maxsize=16_384)
def _with_letters(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names without placeholders, such as a hyphen."""
    return tuple(name for name in names if words(name))


def _names_swapped(query: PersonQuery, person: Identity) -> float:
    """The score with last and first names swapped: both must be nearly right, in every mode."""
    if not query.first_names or not person.first_names:
        return 0.0
    assert person.last_name is not None
    last = name_likeness(" ".join(query.first_names), person.last_name)
    if last < _SWAPPED_AT_LEAST:
        return 0.0
    given = max(
        name_likeness(query.last_name, name) for name in (person.first_names[0], " ".join(person.first_names))
    )
    return _SWAPPED * _weighed(last, given) if given >= _SWAPPED_AT_LEAST else 0.0


def _weighed(last: float, given: float) -> float:
    return (_LAST * last + _GIVEN * given) / (_LAST + _GIVEN)


def _birth_nearness(asked: int, known: int) -> float:
    if asked == known:
        return 1.0
    a, b = f"{asked:08d}", f"{known:08d}"
    parts = ((a[:4], b[:4]), (a[4:6], b[4:6]), (a[6:], b[6:]))
    if all(one == other or "00" in (one, other) for one, other in parts):
        return 0.95
    return 0.8 if sum(one != other for one, other in zip(a, b, strict=True)) == 1 else 0.5
