"""The connections of a command on a database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.storage.connection.database import open_database


@asynccontextmanager
async def command_engines(dsn: str) -> AsyncIterator[tuple[AsyncEngine, AsyncEngine]]:
    """Engines for transactions and in autocommit: one connection each, without the limits of servers."""
    writing = open_database(dsn, size=1, limits=None)
    reading = open_database(dsn, size=1, autocommit=True, limits=None)
    try:
        yield writing, reading
    finally:
        await writing.dispose()
        await reading.dispose()
