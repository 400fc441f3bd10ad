"""The size of the database."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.storage.connection.query import fetch

_SIZE = "SELECT pg_database_size(current_database())"


async def database_size(engine: AsyncEngine) -> int:
    """The bytes of the database; `engine` is one in autocommit. Raises StoreUnavailable, StoreFault."""
    ((size,),) = await fetch(engine, _SIZE, {})
    return int(size)
