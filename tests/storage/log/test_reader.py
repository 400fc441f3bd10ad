"""Pages of the log: their entries, their ends, and the head read with them."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.calendar.periods import Period
from raas.storage.log.reader import PostgresLogs
from raas.usecases.ports.log import EVERYTHING, ReadLimits
from tests.storage.seed import Book, new_book, persons

ANN, BOB = persons(2)
YEAR = (Period(738_000, 738_365),)
FAR = ReadLimits(1_000, 1_000)


@pytest.fixture
def logs(reading_engine: AsyncEngine) -> PostgresLogs:
    return PostgresLogs(reading_engine)


async def _book(engine: AsyncEngine, *groups: int) -> Book:
    """A register with groups of mutations of these sizes, alternately of ANN under A and BOB under B."""
    book = await new_book(engine, "A", "B")
    number = 0
    for size in groups:
        changes = []
        for _ in range(size):
            number += 1
            who, code = (ANN, "A") if number % 2 else (BOB, "B")
            changes.append((who, code, (Period(738_000, 738_001 + number),)))
        await book.set(*changes)
    return book


async def test_head_and_entries_come_from_one_snapshot(engine: AsyncEngine, logs: PostgresLogs) -> None:
    """While others write, a page has every mutation up to its head and none beyond."""
    book = await _book(engine, 1)
    stop = asyncio.Event()

    async def write() -> None:
        while not stop.is_set():
            await book.set(*((ANN, "A", (Period(738_000, 738_400 + book.revision + i),)) for i in range(3)))

    writing = asyncio.create_task(write())
    for _ in range(100):
        page = (await logs.read({book.id: 0}, EVERYTHING, ReadLimits(10_000, 10_000)))[book.id]
        assert len(page.entries) == page.head.latest.revision == page.edge.revision
    stop.set()
    await writing
    assert book.revision > 1
