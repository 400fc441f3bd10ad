"""The registers that know a person, and the numbers in a register."""

from __future__ import annotations

import pytest

from raas.domain.calendar.periods import Period
from raas.domain.numbers.niss import Niss
from raas.domain.registers.register import RegisterIdentity
from raas.usecases.ports.read_store import ReadStore
from tests.contract.book import FIRST_DAY, new_book, persons
from tests.contract.stores import Stores
from tests.oracle.numbers import niss

LINE = Period(FIRST_DAY, FIRST_DAY + 10)


@pytest.fixture(scope="module")
def store(stores: Stores) -> ReadStore:
    return stores.reads


async def test_holders_have_or_had_a_dossier_of_the_number(store: ReadStore, stores: Stores) -> None:
    # No other person in the tests is born on this day.
    person, other = Niss(int(niss(1933, 63, 3, 3))), Niss(int(niss(1933, 63, 3, 5)))
    has, had, never = [await new_book(stores, "A", "B") for _ in range(3)]
    await has.set((person, "A", (LINE,)), (person, "B", (LINE,)), (other, "A", (LINE,)))
    await had.set((person, "A", (LINE,)))
    await had.set((person, "A", ()))
    await never.set((persons(1)[0], "A", (LINE,)))
    first, second = [RegisterIdentity(book.id, book.number) for book in (has, had)]
    assert await store.holders([person, other]) == [(first, person), (first, other), (second, person)]
    assert await store.holders([Niss(int(niss(1933, 63, 3, 7)))]) == []


async def test_numbers_have_at_least_one_line(store: ReadStore, stores: Stores) -> None:
    book = await new_book(stores, "A", "B")
    people = persons(30)
    await book.set(*((person, code, (LINE,)) for person in people for code in ("A", "B")))
    await book.set((people[3], "A", ()), (people[4], "A", ()), (people[4], "B", ()))
    left = [person for person in people if person != people[4]]
    assert await store.numbers(book.id, None, 100) == left
    assert await store.numbers(book.id, None, 7) == left[:7]
    assert await store.numbers(book.id, left[6], 100) == left[7:]
