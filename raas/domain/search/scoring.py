"""The score of a person: how well name and birth date match a query."""

from __future__ import annotations

from functools import lru_cache

from rapidfuzz.distance import OSA

from raas.domain.calendar.incomplete_date import IncompleteDate
from raas.domain.names.municipalities import same_municipality
from raas.domain.names.similarity import given_names_likeness, name_likeness
from raas.domain.names.spelling import words
from raas.domain.persons.identity import Identity, Sex
from raas.domain.search.birth_window import birth_code
from raas.domain.search.person_search import GivenNameMatching, PersonQuery

_LAST, _GIVEN, _BIRTH = 0.65, 0.25, 0.1
_LAST_NAME_AT_LEAST = 0.72
_GIVEN_NAME_AT_LEAST = 0.75
_NEVER = IncompleteDate(None, None, None)
_SWAPPED_AT_LEAST = 0.78
_SWAPPED = 0.95
_NAMES_MISSING = 0.9


def score(query: PersonQuery, person: Identity) -> float:
    """The score of a person, 0 to 1; 0 if a filter, the window or a given name excludes the person.

    Scoring takes some ten microseconds, less for names that are cached.
    """
    if not in_scope(query, person):
        return 0.0
    names = names_score(query, person)
    if not names:
        return 0.0
    assert person.birth_date is not None
    nearness = _birth_nearness(birth_code(query.birth_date), birth_code(person.birth_date))
    return (1 - _BIRTH) * names + _BIRTH * nearness


def in_scope(query: PersonQuery, person: Identity) -> bool:
    """Whether the person may have been born in the window and fits the filters."""
    return fits_filters(query, person) and query.window().admits(birth_code(person.birth_date or _NEVER))


def names_score(query: PersonQuery, person: Identity) -> float:
    """How well the names of a person in scope match, as the mode asks or swapped; 0 if they do not."""
    return max(_names_as_asked(query, person), _names_swapped(query, person))


def given_score(query: PersonQuery, person: Identity) -> float:
    """How alike the given names of query and person are; 0 if one of them has none."""
    asked, known = with_letters(query.first_names), with_letters(person.first_names)
    return given_names_likeness(asked, known) if asked and known else 0.0


def fits_filters(query: PersonQuery, person: Identity) -> bool:
    """Whether the person has a name and a birth date, and neither sex nor municipality excludes it."""
    if not person.last_name or person.birth_date is None:
        return False
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
    asked, known = with_letters(query.first_names), with_letters(person.first_names)
    if query.given_name_matching is GivenNameMatching.IGNORE_GIVEN_NAMES or not asked:
        return last
    given = _given_names(query.given_name_matching, asked, known) if known else _NAMES_MISSING
    return _weighed(last, given) if given >= _GIVEN_NAME_AT_LEAST else 0.0


def _given_names(mode: GivenNameMatching, asked: tuple[str, ...], known: tuple[str, ...]) -> float:
    if mode is GivenNameMatching.COMPLETE_FIRST_GIVEN_NAME:
        return given_names_likeness(asked[:1], known[:1])
    if mode is not GivenNameMatching.FIRST_LETTER_FIRST_GIVEN_NAME:
        return given_names_likeness(asked, known)
    return float("".join(words(asked[0]))[:1] == "".join(words(known[0]))[:1])


@lru_cache(maxsize=16_384)
def with_letters(names: tuple[str, ...]) -> tuple[str, ...]:
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
    both = [(one, other) for one, other in parts if "00" not in (one, other)]
    if all(one == other for one, other in both):
        return 0.95
    swapped = len(both) == 3 and both[0][0] == both[0][1] and both[1] == both[2][::-1]
    one, other = ("".join(some) for some in zip(*both, strict=True))
    return 0.8 if swapped or OSA.distance(one, other, score_cutoff=1) == 1 else 0.5
