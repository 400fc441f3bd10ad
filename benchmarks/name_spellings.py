"""Recall and false matches of the search on real spellings: name_spellings.txt and different_names.txt.

    python -m benchmarks.name_spellings [--misses]

A person is registered under the first spelling of a line and searched by every other one, and vice versa,
with the same first name and birth date: unchanged, with another spelling of the first name, and with last
and first name swapped. Different names are searched in the same way. Their matches are the price of
tolerating typing errors: Dupont and Dumont differ by one letter.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path

from raas.domain.calendar.incomplete_date import IncompleteDate
from raas.domain.names.phonetics import search_keys
from raas.domain.persons.identity import Identity
from raas.domain.search.person_search import ALGORITHM, THRESHOLD, PersonQuery
from raas.domain.search.scoring import score

BORN = IncompleteDate(1985, 7, 30)
_HERE = Path(__file__).parent

Pair = tuple[str, str]
"""A last name as registered, and as typed."""


def lines(file: str) -> list[list[str]]:
    """The names of each line."""
    text = (_HERE / file).read_text(encoding="utf-8")
    return [
        [name.strip() for name in line.split("|")] for line in text.splitlines() if not line.startswith("#")
    ]


def spellings() -> Iterator[Pair]:
    """Pairs of spellings of one name."""
    for first, *others in lines("name_spellings.txt"):
        for other in others:
            yield first, other
            yield other, first


def different() -> Iterator[Pair]:
    """Pairs of different names that look alike."""
    for one, other in lines("different_names.txt"):
        yield one, other
        yield other, one


def strangers() -> Iterator[Pair]:
    """The first names of any two lines."""
    return combinations([line[0] for line in lines("name_spellings.txt")], 2)


def answered(query: PersonQuery, person: Identity) -> bool:
    """Whether the index finds the person and the score is high enough."""
    found = not set(query.probe().keys).isdisjoint(search_keys(person.last_name or ""))
    return found and score(query, person) >= THRESHOLD


def as_typed(pair: Pair) -> tuple[PersonQuery, Identity]:
    """The same first name on both sides."""
    return PersonQuery(pair[1], BORN, 0, ("Anne",)), Identity(pair[0], ("Anne",), BORN)


def first_name_too(pair: Pair) -> tuple[PersonQuery, Identity]:
    """The first name in another spelling, and a second one."""
    return PersonQuery(pair[1], BORN, 0, ("Mohamed",)), Identity(pair[0], ("Mohammed", "Amine"), BORN)


def swapped(pair: Pair) -> tuple[PersonQuery, Identity]:
    """Last and first name swapped, the first name in another spelling."""
    return PersonQuery("Mohamed", BORN, 0, (pair[1],)), Identity(pair[0], ("Mohammed",), BORN)


_ASKED = {
    "spellings of one name, found": (spellings, as_typed),
    "… with the first name spelled otherwise too": (spellings, first_name_too),
    "… with last and first name swapped": (spellings, swapped),
    "different names that look alike, answered": (different, as_typed),
    "any two of the names, answered": (strangers, as_typed),
}


def main() -> None:
    """Measure, print a table and, with --misses, the spellings that are not found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--misses", action="store_true")
    arguments = parser.parse_args()
    print(f"{ALGORITHM}, threshold {THRESHOLD}")
    missed: Mapping[str, list[Pair]] = {}
    for kind, (pairs, asked) in _ASKED.items():
        found = {pair: answered(*asked(pair)) for pair in pairs()}
        print(f"{kind:48}{len(found):8}{sum(found.values()) / len(found):9.4f}")
        missed = {**missed, kind: [pair for pair, is_found in found.items() if not is_found]}
    if arguments.misses:
        for one, other in missed["spellings of one name, found"]:
            print(f"{one} | {other}")


if __name__ == "__main__":
    main()
