"""Notifications of new mutations between processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.storage.log.notifications import PostgresNotifications
from raas.usecases.ports.errors import StoreUnavailable

SECONDS = 60


async def _next(news: AsyncIterator[Collection[int]]) -> list[int]:
    async with asyncio.timeout(SECONDS):
        return list(await anext(news))


async def test_notification_is_received_by_other_processes(reading_engine: AsyncEngine) -> None:
    one, other = PostgresNotifications(reading_engine), PostgresNotifications(reading_engine)
    async with other.listen() as news:
        await one.send([3, 1])
        assert await _next(news) == [3, 1]


async def test_process_does_not_receive_its_own_notifications(reading_engine: AsyncEngine) -> None:
    one, other = PostgresNotifications(reading_engine), PostgresNotifications(reading_engine)
    async with one.listen() as news:
        await one.send([1])
        await other.send([2])
        assert await _next(news) == [2]


async def test_many_register_ids_are_split_over_several_notifications(reading_engine: AsyncEngine) -> None:
    one, other = PostgresNotifications(reading_engine), PostgresNotifications(reading_engine)
    many = list(range(10**15, 10**15 + 1_000))
    async with other.listen() as news:
        await one.send(many)
        heard: list[int] = []
        while len(heard) < len(many):
            heard += await _next(news)
    assert heard == many


async def test_lost_listening_connection_raises_store_unavailable(
    engine: AsyncEngine, reading_engine: AsyncEngine
) -> None:
    async with PostgresNotifications(reading_engine).listen() as news:
        waiting = asyncio.create_task(_next(news))
        async with engine.begin() as connection:
            end = text("""SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                          WHERE query LIKE 'LISTEN %' AND datname = current_database()""")
            while not (await connection.execute(end)).all():
                await asyncio.sleep(0.01)
        with pytest.raises(StoreUnavailable):
            await waiting
    # The connection was not returned to the pool.
    async with reading_engine.connect() as connection:
        assert (await connection.execute(text("SELECT 1"))).scalar_one() == 1
