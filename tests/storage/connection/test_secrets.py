"""All processes on a database share one key of the seal."""

from __future__ import annotations

import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.storage.connection.database import open_database
from raas.storage.connection.secrets import page_seal_key


async def test_concurrent_processes_get_one_key_that_never_changes(engine: AsyncEngine, dsn: str) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("DELETE FROM secret"))
    keys = await asyncio.gather(*(page_seal_key(engine) for _ in range(8)))
    assert len(set(keys)) == 1
    assert len(keys[0]) == 32
    other_process = open_database(dsn)
    assert await page_seal_key(other_process) == keys[0]
    await other_process.dispose()
