"""The version of a PostgreSQL server."""

from __future__ import annotations

from sqlalchemy import text

from raas.storage.connection.database import open_database
from raas.storage.connection.errors import translated_errors

_VERSION = text("SELECT current_setting('server_version')")


async def server_version(dsn: str) -> str:
    """The version as PostgreSQL states it, such as 18.1. Raises StoreUnavailable, StoreFault."""
    engine = open_database(dsn, size=1, limits=None)
    try:
        with translated_errors():
            async with engine.connect() as connection:
                return str((await connection.execute(_VERSION)).scalar_one())
    finally:
        await engine.dispose()
