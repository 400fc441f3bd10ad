"""Recall and precision of the search for persons, on a made set of pairs of a question and its person.

    python -m benchmarks.name_pairs [--pairs 3600] [--population 50000] [--seed 1] [--json FILE]

Every person is generated: names of raas/data and a random birth date. The question of each pair contains
one mistake that is common in offices; name_variants.py defines the kinds of mistakes, and each kind is
equally frequent. The population also has two other persons per pair: a stranger with the same birth date
and given names, and a twin with the same last name and birth date and other given names. All are born
within so few days that a day has as many births as in a register of ten million persons; one person in
fifty has an incomplete birth date.

Recall is the share of the questions that find their person; precision is the share of these persons among
all answered persons. Both use the keys and windows that an index uses, and the published threshold.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from random import Random
from time import perf_counter

from benchmarks.memory_index import MemoryIndex
from benchmarks.name_variants import VARIANTS, MadePersons
from raas.domain.calendar.incomplete_date import IncompleteDate
from raas.domain.errors import Refused
from raas.domain.persons.identity import Identity
from raas.domain.search.person_search import ALGORITHM, THRESHOLD, GivenNameMatching, PersonQuery
from raas.usecases.persons.search import MOST_RESULTS, candidates

BIRTHS_FROM = date(1968, 2, 1)
BIRTHS_A_DAY = 340
"""Births per day in a register of ten million persons of eighty years."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A question, the index of its person in the population, and the kind of mistake in it."""

    kind: str
    query: PersonQuery
    person: int


@dataclass(slots=True)
class Figures:
    """The results of the questions of one kind, or of all kinds."""

    questions: int = 0
    found: int = 0
    answered: int = 0
    candidates: int = 0

    @property
    def recall(self) -> float:
        """The share of the questions that found their person."""
        return self.found / self.questions

    @property
    def precision(self) -> float:
        """The share of the persons meant among all answered persons."""
        return self.found / self.answered if self.answered else 1.0


def made_set(pairs: int, population: int, seed: int) -> tuple[list[Identity], list[Pair]]:
    """The population and the pairs, equally many of each kind; deterministic for the same arguments."""
    random = Random(seed)
    made = MadePersons(random)
    days = max(1, population // BIRTHS_A_DAY)
    persons: list[Identity] = []
    made_pairs: list[Pair] = []
    for kind in _kinds(pairs):
        while (query := VARIANTS[kind](random, person := made.draw(BIRTHS_FROM, days))) is None:
            pass
        made_pairs.append(Pair(kind, query, len(persons)))
        persons.extend((person, *_decoys(made, person, days)))
    persons.extend(made.draw(BIRTHS_FROM, days) for _ in range(population - len(persons)))
    looked_for = {pair.person for pair in made_pairs if pair.kind != "as registered"}
    for number, person in enumerate(persons):
        if number not in looked_for and random.random() < 0.02:
            persons[number] = replace(person, birth_date=_incomplete(random, person.birth_date))
    return persons, made_pairs


def measure(
    persons: Sequence[Identity], pairs: Sequence[Pair], mode: GivenNameMatching | None = None
) -> dict[str, Figures]:
    """The results of every kind, and of all kinds together under "all".

    Each question is asked in its own mode, or in the mode given.
    """
    index = MemoryIndex(persons)
    figures: dict[str, Figures] = {kind: Figures() for kind in (*VARIANTS, "all")}
    for pair in pairs:
        query = pair.query if mode is None else replace(pair.query, given_name_matching=mode)
        before = index.read
        try:
            found = asyncio.run(candidates(index, query, MOST_RESULTS))
        except Refused:
            found = ()
        for kind in (pair.kind, "all"):
            figures[kind].questions += 1
            figures[kind].found += any(each.person.niss == pair.person for each in found)
            figures[kind].answered += len(found)
            figures[kind].candidates += index.read - before
    return figures


def _kinds(pairs: int) -> Iterator[str]:
    kinds = list(VARIANTS)
    return (kinds[number % len(kinds)] for number in range(pairs))


def _decoys(made: MadePersons, person: Identity, days: int) -> tuple[Identity, Identity]:
    stranger = made.draw(BIRTHS_FROM, days)
    twin = made.draw(BIRTHS_FROM, days)
    return (
        replace(person, last_name=stranger.last_name),
        replace(person, first_names=twin.first_names),
    )


def _incomplete(random: Random, born: IncompleteDate | None) -> IncompleteDate:
    assert born is not None
    return IncompleteDate(born.year, random.choice((born.month, None)), None)


def main() -> None:
    """Generate the pairs, measure, print a table and, if a file is given, write the figures as JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pairs", type=int, default=3_600)
    parser.add_argument("--population", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ladder", action="store_true", help="ask every question in the mode LADDER")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    persons, pairs = made_set(arguments.pairs, arguments.population, arguments.seed)
    begin = perf_counter()
    figures = measure(persons, pairs, GivenNameMatching.LADDER if arguments.ladder else None)
    seconds = perf_counter() - begin
    print(
        f"{ALGORITHM}, threshold {THRESHOLD}: {len(pairs)} questions, {len(persons)} persons, {seconds:.1f} s"
    )
    print(f"{'kind':32}{'questions':>10}{'recall':>9}{'precision':>11}{'candidates':>12}")
    for kind, row in figures.items():
        print(
            f"{kind:32}{row.questions:10}{row.recall:9.4f}{row.precision:11.4f}{row.candidates / row.questions:12.1f}"
        )
    if arguments.json:
        rows = {
            kind: asdict(row) | {"recall": row.recall, "precision": row.precision}
            for kind, row in figures.items()
        }
        report = {"algorithm": ALGORITHM, "threshold": THRESHOLD, "population": len(persons), "kinds": rows}
        arguments.json.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
