"""Connections that are leased while their engine is closed."""

from __future__ import annotations

import asyncio

from raas.storage.connection.database import open_database
from raas.storage.connection.lease import Connection, lease, on_connection


async def test_connection_given_back_after_its_engine_was_closed_is_closed(dsn: str) -> None:
    engine, taken, ends = open_database(dsn), asyncio.Event(), asyncio.Event()
    used: list[Connection] = []

    async def work(connection: Connection) -> None:
        used.append(connection)
        taken.set()
        await ends.wait()

    working = asyncio.create_task(on_connection(engine, work, writes=True))
    await taken.wait()
    await engine.dispose()
    ends.set()
    await working
    assert used[0].closed
    async with lease(engine) as again:
        await again.connection.execute("SELECT 1")
    assert not again.connection.closed
    await engine.dispose()
    assert again.connection.closed


async def test_connection_that_arrives_after_its_engine_was_closed_is_closed(dsn: str) -> None:
    engine = open_database(dsn)
    used: list[Connection] = []

    async def work(connection: Connection) -> None:
        used.append(connection)

    arriving = asyncio.create_task(on_connection(engine, work))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await engine.dispose()
    await arriving
    assert used[0].closed
