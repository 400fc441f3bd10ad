"""Sessions that wait for a lock."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from tests.conftest import CITUS_DSN

_WAITING = "SELECT count(*) FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid))"

# On a cluster the lock may be on another node. The number of a session ends with its process id.
_WAITING_ON_CLUSTER = "SELECT count(*) FROM citus_lock_waits WHERE blocking_gpid %% 10000000000 = %s"


_STATEMENT = _WAITING_ON_CLUSTER if CITUS_DSN else _WAITING


def waiting_for(holder: psycopg.Connection[Any], observer: psycopg.Connection[Any]) -> int:
    """The number of sessions that wait for a lock of the holder's session."""
    row = observer.execute(_STATEMENT, (holder.info.backend_pid,)).fetchone()
    assert row is not None
    return int(row[0])


async def until_waiting_for(holder: AsyncConnection, engine: AsyncEngine) -> None:
    """Return when a session waits for a lock of the holder's session; TimeoutError after 30 seconds."""
    held = await _driver_connection(holder)
    async with asyncio.timeout(30), engine.connect() as observer:
        connection = await _driver_connection(observer)
        while (await (await connection.execute(_STATEMENT, (held.info.backend_pid,))).fetchone()) == (0,):
            await connection.rollback()
            await asyncio.sleep(0.01)


async def _driver_connection(connection: AsyncConnection) -> psycopg.AsyncConnection[Any]:
    driver_connection = (await connection.get_raw_connection()).driver_connection
    assert isinstance(driver_connection, psycopg.AsyncConnection)
    return driver_connection
