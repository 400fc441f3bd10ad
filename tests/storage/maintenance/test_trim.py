"""Steps of trimming: where they end and which mutations remain."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.calendar.periods import Period
from raas.storage.log.reader import PostgresLogs
from raas.storage.maintenance.trim import PostgresTrims
from raas.usecases.ports.log import EVERYTHING, ReadLimits
from tests.storage.seed import Book, new_book, persons

PEOPLE = persons(5)
ANN = PEOPLE[0]
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
FAR = ReadLimits(1_000, 1_000)


@pytest.fixture
def trims(engine: AsyncEngine, reading_engine: AsyncEngine) -> PostgresTrims:
    return PostgresTrims(engine, reading_engine)


async def _book(engine: AsyncEngine, *groups: int) -> Book:
    book = await new_book(engine, "A")
    for size in groups:
        end = book.revision + 738_001
        await book.set(*((ANN, "A", (Period(738_000, end + i),)) for i in range(size)))
    return book


async def _kept(engine: AsyncEngine, book: Book) -> list[int]:
    async with engine.connect() as connection:
        query = text("SELECT revision FROM mutation WHERE register_id = :id ORDER BY revision")
        return list((await connection.execute(query, {"id": book.id})).scalars())


async def test_reads_and_writes_continue_while_a_log_is_trimmed(
    engine: AsyncEngine, reading_engine: AsyncEngine, trims: PostgresTrims
) -> None:
    """A page read meanwhile is complete or refused; later mutations follow it."""
    book = await _book(engine, *[10] * 100)
    logs = PostgresLogs(reading_engine)
    trimmed = asyncio.Event()

    async def cut() -> None:
        for _ in range(90):
            await trims.step(book.id, 900, 10, None)
        trimmed.set()

    async def write() -> None:
        while not trimmed.is_set():
            await book.set((ANN, "A", (Period(738_000, 738_001 + book.revision),)))

    async def read() -> tuple[int, int]:
        whole = expired = 0
        while not trimmed.is_set():
            page = (await logs.read({book.id: 450}, EVERYTHING, FAR))[book.id]
            if page.head.oldest_revision > 450:
                expired += 1
            else:
                assert len(page.entries) == page.head.latest.revision - 450
                whole += 1
        return whole, expired

    _, _, (whole, expired) = await asyncio.gather(cut(), write(), read())
    assert whole > 0
    assert expired > 0
    assert (await _kept(engine, book))[0] == 900
    assert book.revision > 1_000
