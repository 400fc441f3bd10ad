"""Recall and precision of the search by the ladder, per class of mistakes and per score.

    python -m benchmarks.search_quality [--half tuning|held-out] [--misses] [--population N]

Three sets: Febrl 1 to 4 (febrl.py), which need the extra `trials`; made mistakes of clerks
(clerk_mistakes.py); and pairs of forms of given names (given_name_pairs.txt, and the list of the package
gender-guesser, if it is installed). Without --half both halves of every set are measured, one after the
other; rules and weights were tuned on the halves called tuning alone.
"""

from __future__ import annotations

import argparse
import asyncio
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from importlib.resources import files
from pathlib import Path
from random import Random

from benchmarks.clerk_mistakes import cases
from benchmarks.febrl import febrl
from benchmarks.held_out import held_out
from benchmarks.memory_index import MemoryIndex
from benchmarks.name_variants import MadePersons
from raas.domain.errors import Refused
from raas.domain.persons.identity import Identity
from raas.domain.search.person_search import ALGORITHM, GivenNameMatching, PersonQuery
from raas.usecases.persons.search import MOST_RESULTS, Candidate, candidates

BORN_FROM, DAYS = date(1968, 1, 1), 366
POPULATION = 12_500
"""Births of a year among a million persons of eighty years."""
PER_CLASS = 400
BANDS = (0.8, 0.82, 0.84, 0.86, 0.88, 0.9, 0.95, 1.0)
_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Question:
    """A question, its class, and the place of the person meant; None = it cannot be asked."""

    kind: str
    query: PersonQuery | None
    person: int
    is_held_out: bool


@dataclass(slots=True)
class Counts:
    """Questions, answers, those of them that are the person meant, and questions whose best one is."""

    questions: int = 0
    found: int = 0
    answered: int = 0
    first: int = 0


@dataclass(slots=True)
class Result:
    """The results of the questions of one half."""

    kinds: dict[str, Counts] = field(default_factory=dict)
    steps: dict[str, Counts] = field(default_factory=dict)
    bands: dict[float, Counts] = field(default_factory=dict)
    missed: list[Question] = field(default_factory=list)

    def add(self, question: Question, found: Sequence[Candidate]) -> None:
        """Count a question and its candidates."""
        hit = any(each.person.niss == question.person for each in found)
        for kind in (question.kind, "all"):
            counts = self.kinds.setdefault(kind, Counts())
            counts.questions += 1
            counts.found += hit
            counts.answered += len(found)
            counts.first += bool(found) and found[0].person.niss == question.person
        for each in found:
            assert each.step is not None
            band = max(edge for edge in BANDS if each.score >= edge - 1e-9)
            for counts in (
                self.steps.setdefault(each.step.name, Counts()),
                self.bands.setdefault(band, Counts()),
            ):
                counts.answered += 1
                counts.found += each.person.niss == question.person
        if not hit:
            self.missed.append(question)


def measure(persons: Sequence[Identity], questions: Iterable[Question]) -> Result:
    """Ask all questions of a register of these persons."""
    index, result = MemoryIndex(persons), Result()

    async def ask() -> None:
        for question in questions:
            found: Sequence[Candidate] = ()
            if question.query is not None:
                try:
                    found = await candidates(index, question.query, MOST_RESULTS)
                except Refused:
                    found = ()
            result.add(question, found)

    asyncio.run(ask())
    return result


def of_febrl() -> tuple[Sequence[Identity], list[Question]]:
    """The set Febrl."""
    persons, corrupted = febrl()
    return persons, [Question("Febrl", each.query, each.person, each.is_held_out) for each in corrupted]


def of_clerks(population: int) -> tuple[Sequence[Identity], list[Question]]:
    """The made mistakes, with forms of given names, among other persons born within the same year."""
    random = Random(5)
    made = MadePersons(random)
    persons: list[Identity] = []
    questions: list[Question] = []
    for case in cases(random, PER_CLASS, BORN_FROM, DAYS):
        questions.append(Question(case.kind, case.query, len(persons), case.is_held_out))
        persons.append(case.person)
    for kind, one, other in given_name_pairs():
        for known, typed in ((one, other), (other, one)):
            person = replace(made.draw(BORN_FROM, DAYS), first_names=(known,))
            assert person.last_name is not None
            assert person.birth_date is not None
            query = PersonQuery(person.last_name, person.birth_date, 0, (typed,), GivenNameMatching.LADDER)
            questions.append(Question(kind, query, len(persons), held_out(f"{one}|{other}")))
            persons.append(person)
    persons.extend(made.draw(BORN_FROM, DAYS) for _ in range(population - len(persons)))
    return persons, questions


def given_name_pairs() -> list[tuple[str, str, str]]:
    """Class, name and other form of the name."""
    text = (_HERE / "given_name_pairs.txt").read_text(encoding="utf-8")
    own = [line.split("|") for line in text.splitlines() if not line.startswith("#")]
    return [("forms of given names", one.strip(), other.strip()) for one, other in own] + _of_gender_guesser()


def _of_gender_guesser() -> list[tuple[str, str, str]]:
    """The short and long forms in the list of first names of gender-guesser, for all Europe."""
    try:
        text = files("gender_guesser.data").joinpath("nam_dict.txt").read_text(encoding="latin-1")
    except ModuleNotFoundError:
        return []
    names = [line.split()[1:3] for line in text.splitlines() if line.startswith("=")]
    return [("forms of given names (gender-guesser)", one, other) for one, other in names]


def report(result: Result) -> None:
    """Print the tables of a result."""
    print(f"{'class':40}{'questions':>10}{'recall':>9}{'precision':>11}{'best one':>10}")
    for kind, counts in result.kinds.items():
        precision, first = counts.found / max(counts.answered, 1), counts.first / counts.questions
        recall = counts.found / counts.questions
        print(f"{kind:40}{counts.questions:10}{recall:9.3f}{precision:11.3f}{first:10.3f}")
    for title, table in (("step", result.steps), ("score from", result.bands)):
        print(f"\n{title:40}{'answers':>10}{'precision':>20}")
        for name, counts in sorted(table.items(), key=lambda item: str(item[0])):
            print(f"{name!s:40}{counts.answered:10}{counts.found / counts.answered:20.3f}")
    print()


def main() -> None:
    """Measure both halves, or one, and print tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--half", choices=("tuning", "held-out"))
    parser.add_argument("--misses", action="store_true", help="print what was not found, of the tuning half")
    parser.add_argument("--population", type=int, default=POPULATION)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")  # pandas warns about its own future
    sets = {"mistakes of clerks": of_clerks(arguments.population)}
    try:
        sets["Febrl"] = of_febrl()
    except ImportError:
        print("Febrl is left out: install the extra `trials`")
    for half in (arguments.half,) if arguments.half else ("tuning", "held-out"):
        for name, (persons, questions) in sets.items():
            mine = [each for each in questions if each.is_held_out == (half == "held-out")]
            print(f"{ALGORITHM}, {name}, {half} half: {len(mine)} questions, {len(persons)} persons\n")
            result = measure(persons, mine)
            report(result)
            if arguments.misses and half == "tuning":
                for each in result.missed:
                    print(each.kind, each.query, persons[each.person])


if __name__ == "__main__":
    main()
