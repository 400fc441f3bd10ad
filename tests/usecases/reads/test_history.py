"""GetHistory."""

from __future__ import annotations

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.calendar.periods import Period
from raas.domain.errors import Reason, Refused
from raas.domain.numbers.niss import Niss
from raas.storage.reads.registers import PostgresRegisterStore
from raas.storage.reads.store import PostgresReadStore
from raas.usecases.reads.history import History
from tests.storage.seed import FIRST_DAY, Book, new_book, persons
from tests.usecases.feed.reading import CALL, REPLACED, SUCCESSOR, Source, admitted, new_pages, said

LINE = Period(FIRST_DAY, FIRST_DAY + 10)


@pytest.fixture
def history(reading_engine: AsyncEngine) -> History:
    reads, registers = PostgresReadStore(reading_engine), PostgresRegisterStore(reading_engine)
    return History(reads, registers, Source(), new_pages())


async def pages(history: History, book: Book, niss: Niss, size: int) -> list[list[int]]:
    """The revisions on each page; a further mutation is written after every page."""
    found: list[list[int]] = []
    token = ""
    while token or not found:
        answer = await history.page(CALL, admitted(book), niss, None, size, token)
        found.append([mutation.revision for mutation in answer.mutations])
        await book.set((niss, "A", (Period(FIRST_DAY, FIRST_DAY + book.revision + 1),)))
        token = answer.next_page_token
    return found


async def test_all_pages_are_as_of_the_first_one(history: History, engine: AsyncEngine) -> None:
    person = persons(1)[0]
    for size, expected in ((2, [[1, 2], [3, 4], [5]]), (5, [[1, 2, 3, 4, 5]]), (3, [[1, 2, 3], [4, 5]])):
        book = await new_book(engine, "A")
        for length in range(1, 6):
            await book.set((person, "A", (Period(FIRST_DAY, FIRST_DAY + length),)))
        assert await pages(history, book, person, size) == expected


async def test_united_numbers_have_one_history(history: History, engine: AsyncEngine) -> None:
    book = await new_book(engine, "A")
    await book.set((REPLACED, "A", (LINE,)), (persons(1)[0], "A", (LINE,)))
    await book.set((REPLACED, "A", ()), (SUCCESSOR, "A", (LINE,)))
    first = await history.page(CALL, admitted(book), REPLACED, "A", 2, "")
    second = await history.page(CALL, admitted(book), REPLACED, "A", 2, first.next_page_token)
    mutations = [*first.mutations, *second.mutations]
    assert [(m.revision, m.niss) for m in mutations] == [(1, REPLACED), (3, REPLACED), (4, SUCCESSOR)]
    assert (first.resolved, second.resolved) == (((REPLACED, SUCCESSOR),),) * 2


async def test_token_for_another_history_is_refused(history: History, engine: AsyncEngine) -> None:
    book = await new_book(engine, "A")
    person, other = persons(2)
    for length in (1, 2):
        await book.set((person, "A", (Period(FIRST_DAY, FIRST_DAY + length),)))
    token = (await history.page(CALL, admitted(book), person, None, 1, "")).next_page_token
    for niss, code in ((other, None), (person, "A")):
        with pytest.raises(Refused) as refused:
            await history.page(CALL, admitted(book), niss, code, 1, token)
        assert said(refused.value) == [("page_token", Reason.PAGE_TOKEN_INVALID)]


async def test_unknown_type_is_refused(history: History, engine: AsyncEngine) -> None:
    book = await new_book(engine, "A")
    with pytest.raises(Refused) as refused:
        await history.page(CALL, admitted(book), persons(1)[0], "X", 1, "")
    assert said(refused.value) == [("dossier_type", Reason.DOSSIER_TYPE_UNKNOWN)]
