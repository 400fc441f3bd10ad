"""ListStaleNiss."""

from __future__ import annotations

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.calendar.periods import Period
from raas.domain.numbers.niss import Niss
from raas.domain.persons.status import PersonStatus
from raas.storage.reads.store import PostgresReadStore
from raas.usecases.reads import stale_niss as stale_module
from raas.usecases.reads.stale_niss import Stale, StaleNiss
from tests.storage.seed import FIRST_DAY, Book, new_book, persons
from tests.usecases.feed.reading import (
    CALL,
    CANCELLED,
    REPLACED,
    SUCCESSOR,
    UNKNOWN,
    Source,
    admitted,
    new_pages,
)

LINE = Period(FIRST_DAY, FIRST_DAY + 10)
STALE = (
    Stale(REPLACED, PersonStatus.REPLACED, SUCCESSOR, ("A", "B")),
    Stale(CANCELLED, PersonStatus.CANCELLED, None, ("A",)),
    Stale(UNKNOWN, None, None, ("B",)),
)


@pytest.fixture
def verb(reading_engine: AsyncEngine) -> StaleNiss:
    return StaleNiss(PostgresReadStore(reading_engine), Source(), new_pages())


@pytest.fixture
async def book(engine: AsyncEngine) -> Book:
    book = await new_book(engine, "A", "B")
    people: list[Niss] = [*persons(100), SUCCESSOR]
    await book.set(*((person, "A", (LINE,)) for person in people))
    await book.set(*((stale.niss, code, (LINE,)) for stale in STALE for code in stale.dossier_types))
    return book


async def pages(verb: StaleNiss, book: Book, size: int) -> list[tuple[Stale, ...]]:
    found: list[tuple[Stale, ...]] = []
    token = ""
    while token or not found:
        stale, token = await verb.page(CALL, admitted(book), size, token)
        found.append(stale)
    return found


async def test_replaced_cancelled_and_unknown_numbers_are_listed_in_order(
    verb: StaleNiss, book: Book
) -> None:
    assert await pages(verb, book, 0) == [STALE]
    assert await pages(verb, book, 2) == [STALE[:2], STALE[2:]]
    assert [stale for page in await pages(verb, book, 1) for stale in page] == list(STALE)


async def test_number_without_lines_is_not_listed(verb: StaleNiss, book: Book) -> None:
    await book.set((CANCELLED, "A", ()), (REPLACED, "A", ()))
    assert await pages(verb, book, 0) == [
        (Stale(REPLACED, PersonStatus.REPLACED, SUCCESSOR, ("B",)), STALE[2]),
    ]


async def test_page_ends_after_a_number_of_lookups_even_if_empty(
    verb: StaleNiss, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stale_module, "MAX_PAGE_SIZE", 10)
    monkeypatch.setattr(stale_module, "_NUMBERS_PER_PAGE", 20)
    found = await pages(verb, book, 10)
    assert [stale for page in found for stale in page] == list(STALE)
    assert () in found[:-1]


async def test_empty_register_has_no_stale_numbers(verb: StaleNiss, engine: AsyncEngine) -> None:
    assert await pages(verb, await new_book(engine), 10) == [()]
