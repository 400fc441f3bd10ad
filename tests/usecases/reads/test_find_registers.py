"""FindRegisters: the registers that know a person."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.calendar.day import OPEN
from raas.domain.calendar.periods import Period
from raas.domain.errors import Reason, Refused
from raas.domain.numbers.niss import Niss
from raas.storage.reads.store import PostgresReadStore
from raas.usecases.persons.no_history import UnchangingNumbers
from raas.usecases.reads.find_registers import FindRegisters, Match
from tests.oracle.numbers import niss
from tests.storage.seed import PARTNER, Book, new_book
from tests.usecases.feed.reading import UNKNOWN, Source, said

NOW = datetime(2024, 6, 1, tzinfo=UTC)


@pytest.fixture
def routing(reading_engine: AsyncEngine) -> FindRegisters:
    return FindRegisters(PostgresReadStore(reading_engine), Source(), UnchangingNumbers(), lambda: NOW)


def nobody_else(counter: int) -> Niss:
    """A person of this module alone: routing sees the registers of all tests."""
    return Niss(int(niss(1931, 61, 31, counter)))


async def test_find_returns_every_matching_dossier(routing: FindRegisters, engine: AsyncEngine) -> None:
    person = nobody_else(1)
    one, two, had = [await new_book(engine, "B", "A") for _ in range(3)]
    await one.set((person, "B", (Period(100, 200),)), (person, "A", (Period(150, OPEN),)))
    await two.set((person, "A", (Period(100, 150),)))
    await had.set((person, "A", (Period(100, 150),)), (person, "A", ()))

    def match(book: Book, code: str, *lines: Period) -> Match:
        return Match(book.number, code, PARTNER if code == "B" else None, lines, book.revision)

    one_a, one_b = match(one, "A", Period(150, OPEN)), match(one, "B", Period(100, 200))
    two_a = match(two, "A", Period(100, 150))
    for types, active_on, overlaps, expected in (
        ((), None, None, (one_a, one_b, two_a)),
        (("A",), None, None, (one_a, two_a)),
        (("A", "of no register"), 149, None, (two_a,)),
        ((), 150, None, (one_a, one_b)),
        ((), None, Period(200, 300), (one_a,)),
        ((), 99, None, ()),
    ):
        answer = await routing.find(person, types, active_on, overlaps, None)
        assert (answer.matches, answer.decision_time, answer.resolved) == (expected, NOW, ())


async def test_find_as_of_an_instant_reads_registers_of_then(
    routing: FindRegisters, engine: AsyncEngine
) -> None:
    person = nobody_else(3)
    one, two = await new_book(engine, "B"), await new_book(engine, "B")
    await one.set((person, "B", (Period(100, 200),)))
    then = one.record_time
    await one.set((person, "B", ()))
    await two.set((person, "B", (Period(100, 200),)))
    two_then = Match(two.number, "B", PARTNER, (Period(100, 200),), 1)
    answer = await routing.find(person, (), None, None, then)
    assert answer.matches == (Match(one.number, "B", PARTNER, (Period(100, 200),), 1), two_then)
    assert answer.decision_time == then
    assert (await routing.find(person, (), None, None, None)).matches == (two_then,)


async def test_unheld_person_has_no_matches(routing: FindRegisters, engine: AsyncEngine) -> None:
    assert (await routing.find(nobody_else(5), (), None, None, None)).matches == ()


async def test_unknown_number_is_refused(routing: FindRegisters) -> None:
    with pytest.raises(Refused) as refused:
        await routing.find(UNKNOWN, (), None, None, None)
    assert said(refused.value) == [("niss", Reason.NISS_UNKNOWN)]
