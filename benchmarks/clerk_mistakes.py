"""Mistakes after which a clerk would still call two records the same person, one class each.

Each class changes one thing in a made person. A person's names and its class decide in which half it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from rapidfuzz.distance import OSA

from benchmarks.held_out import held_out
from benchmarks.name_variants import MadePersons, exact
from raas.domain.calendar.incomplete_date import IncompleteDate
from raas.domain.names.spelling import words
from raas.domain.persons.identity import Identity
from raas.domain.search.person_search import GivenNameMatching, PersonQuery

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_CHINESE = """
Cai, Tsai / Xu, Hsu / Zhang, Chang / Xie, Hsieh / Zheng, Cheng / Zhao, Chao / Qian, Chien
Song, Sung / Gao, Kao / Guo, Kuo / Zhou, Chou / Jiang, Chiang / Luo, Lo / He, Ho
Zhu, Chu / Deng, Teng / Cao, Tsao / Ding, Ting / Du, Tu / Bai, Pai / Zeng, Tseng
Xiao, Hsiao / Jin, Chin / Qiu, Chiu / Kong, Kung / Dong, Tung / Tian, Tien / Ren, Jen
Xue, Hsueh / Gong, Kung / Zhuang, Chuang / Jia, Chia / Xiong, Hsiung / Qin, Chin / Bi, Pi
Ge, Ko
"""

Mistake = Callable[[Random, PersonQuery], PersonQuery | None]


@dataclass(frozen=True, slots=True)
class Case:
    """A registered person, and the question in which a clerk made one mistake."""

    kind: str
    person: Identity
    query: PersonQuery

    @property
    def is_held_out(self) -> bool:
        """Whether the case stays out of tuning."""
        person = self.person
        return held_out(f"{self.kind}|{person.last_name}|{' '.join(person.first_names)}")


def cases(random: Random, number: int, births_from: date, days: int) -> Iterator[Case]:
    """So many cases of each class; the persons are born within `days` days."""
    made = MadePersons(random)
    for kind, mistake in MISTAKES.items():
        found = 0
        while found < number:
            person = made.draw(births_from, days)
            asked = replace(exact(person), given_name_matching=GivenNameMatching.LADDER)
            if (query := mistake(random, asked)) is not None:
                found += 1
                yield Case(kind, person, query)
    for one, other in chinese():
        for known, typed in ((one, other), (other, one)):
            person = replace(made.draw(births_from, days), last_name=known)
            asked = replace(exact(person), given_name_matching=GivenNameMatching.LADDER)
            yield Case("Chinese romanisation", person, replace(asked, last_name=typed))


def chinese() -> list[tuple[str, str]]:
    """Last names in Pinyin and in Wade-Giles."""
    pairs = [pair.split(",") for line in _CHINESE.strip().splitlines() for pair in line.split("/")]
    return [(one.strip(), other.strip()) for one, other in pairs]


def _slips(number: int) -> Mistake:
    def mistake(random: Random, query: PersonQuery) -> PersonQuery | None:
        """Slips anywhere in a last name of at least three letters per slip."""
        name = query.last_name
        if len("".join(words(name))) < 3 * number:
            return None
        for _ in range(number):
            at = random.choice([place for place, letter in enumerate(name) if letter.isalpha()])
            letter = random.choice(_LETTERS)
            name = random.choice(
                (
                    name[:at] + letter + name[at:],
                    name[:at] + name[at + 1 :],
                    name[:at] + letter + name[at + 1 :],
                    name[:at] + name[at + 1 : at + 2] + name[at] + name[at + 2 :],
                )
            )
        if OSA.distance("".join(words(name)), "".join(words(query.last_name))) != number:
            return None
        return replace(query, last_name=name)

    return mistake


def _read_as(written: str, read: str) -> Mistake:
    def mistake(random: Random, query: PersonQuery) -> PersonQuery | None:
        name = query.last_name.lower()
        places = [at for at in range(len(name)) if name.startswith(written, at)]
        if not places:
            return None
        at = random.choice(places)
        return replace(query, last_name=name[:at] + read + name[at + len(written) :])

    return mistake


def _day_and_month(random: Random, query: PersonQuery) -> PersonQuery | None:
    year, month, day = query.birth_date
    if day is None or day > 12 or day == month:
        return None
    return replace(query, birth_date=IncompleteDate(year, day, month))


def _digits_of_year(random: Random, query: PersonQuery) -> PersonQuery | None:
    year = query.birth_date.year
    digits = f"{year:04d}"
    at = random.choice((1, 2))
    swapped = int(digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :])
    return _with_year(query, swapped) if swapped != year and 1900 <= swapped <= 2020 else None


def _digit_of_year(random: Random, query: PersonQuery) -> PersonQuery | None:
    year = query.birth_date.year or 0
    decade, digit = divmod(year - 1900, 10)
    if random.random() < 0.5:
        digit = random.randrange(10)
    else:
        decade = random.randrange(10)
    other = 1900 + decade * 10 + digit
    return _with_year(query, other) if other != year else None


def _with_year(query: PersonQuery, year: int) -> PersonQuery | None:
    _, month, day = query.birth_date
    try:
        date(year, month or 1, day or 1)
    except ValueError:
        return None
    return replace(query, birth_date=IncompleteDate(year, month, day))


def _years_off(random: Random, query: PersonQuery) -> PersonQuery | None:
    return _with_year(
        query, (query.birth_date.year or 0) + random.choice((-10, -7, -3, -2, -1, 1, 2, 4, 8, 10))
    )


def _month_off(random: Random, query: PersonQuery) -> PersonQuery | None:
    year, month, day = query.birth_date
    born = date(year or 1, month or 1, day or 1) + timedelta(random.choice((-30, -15, -3, 3, 15, 30)))
    return replace(query, birth_date=IncompleteDate(born.year, born.month, born.day))


MISTAKES: dict[str, Mistake] = {
    "one slip in the last name": _slips(1),
    "two slips in the last name": _slips(2),
    "rn read as m": _read_as("rn", "m"),
    "m read as rn": _read_as("m", "rn"),
    "cl read as d": _read_as("cl", "d"),
    "d read as cl": _read_as("d", "cl"),
    "day and month swapped": _day_and_month,
    "two digits of the year swapped": _digits_of_year,
    "one digit of the year": _digit_of_year,
    "year up to ten years off": _years_off,
    "day up to a month off": _month_off,
}
"""The classes, by what is wrong in the question."""
