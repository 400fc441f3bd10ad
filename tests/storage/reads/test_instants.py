"""The revision at an instant, which is final."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.storage.reads.store import PostgresReadStore
from tests.lock_waits import until_waiting_for
from tests.storage.seed import Book, new_book, persons, write_at_random

LOCK = text("SELECT 1 FROM register_head WHERE register_id = :id FOR NO KEY UPDATE")
MICROSECOND = timedelta(microseconds=1)


@pytest.fixture
def store(reading_engine: AsyncEngine) -> PostgresReadStore:
    return PostgresReadStore(reading_engine)


def by_hand(book: Book, instant: datetime) -> int:
    return max((e.revision for e in book.entries if e.record_time <= instant), default=0)


async def test_resolve_time_waits_for_a_write_in_progress(
    store: PostgresReadStore, engine: AsyncEngine
) -> None:
    book = await new_book(engine, "A")
    async with engine.connect() as writer:
        await writer.execute(LOCK, {"id": book.id})
        recorded = datetime.now(UTC)
        question = asyncio.create_task(store.resolve_time(book.id, recorded))
        await until_waiting_for(writer, engine)
        assert not question.done()
        await writer.execute(
            text("UPDATE register_head SET revision = 1, record_time = :at WHERE register_id = :id"),
            {"at": recorded, "id": book.id},
        )
        await writer.execute(
            text("""
            INSERT INTO mutation (register_id, revision, batch_last_revision, previous_revision, kind, before,
                                  after, record_time, actor, call_id, checksum)
            VALUES (:id, 1, 1, 0, 8, '{}', '{}', :at, 1, gen_random_uuid(), '')"""),
            {"at": recorded, "id": book.id},
        )
        await writer.commit()
    assert await question == 1
    assert await store.resolve_time(book.id, recorded - MICROSECOND) == 0


async def test_instant_before_the_last_record_time_does_not_wait(
    store: PostgresReadStore, engine: AsyncEngine
) -> None:
    book = await new_book(engine, "A")
    await write_at_random(book, persons(2), 10, seed=4)
    async with engine.connect() as writer:
        await writer.execute(LOCK, {"id": book.id})
        instant = book.record_time - MICROSECOND
        assert await asyncio.wait_for(store.resolve_time(book.id, instant), 60) == by_hand(book, instant)
        await writer.rollback()


async def test_writer_of_one_of_several_registers_is_waited_for_without_holding_the_others(
    store: PostgresReadStore, engine: AsyncEngine
) -> None:
    written, quiet = await new_book(engine, "A"), await new_book(engine, "A")
    async with engine.connect() as writer, engine.connect() as other:
        await writer.execute(LOCK, {"id": written.id})
        question = asyncio.create_task(store.resolve_times([quiet.id, written.id], datetime.now(UTC)))
        await until_waiting_for(writer, engine)
        await other.execute(text(f"{LOCK.text} NOWAIT"), {"id": quiet.id})
        assert not question.done()
        await other.rollback()
        await writer.rollback()
    assert await question == {quiet.id: 0, written.id: 0}
