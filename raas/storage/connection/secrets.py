"""Keys that every process on this database shares."""

from __future__ import annotations

import secrets

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.storage.connection.errors import translated_errors

_PAGE_SEAL = "page_seal"

_CREATE = text("INSERT INTO secret (name, value) VALUES (:name, :value) ON CONFLICT DO NOTHING")
_READ = text("SELECT value FROM secret WHERE name = :name")


async def page_seal_key(engine: AsyncEngine, length: int = 32) -> bytes:
    """The key that seals page tokens, created by the first process that needs it; it never changes.

    Raises StoreUnavailable, StoreFault.
    """
    with translated_errors():
        # Two transactions: the second one sees a key that another process has just created.
        async with engine.begin() as connection:
            await connection.execute(_CREATE, {"name": _PAGE_SEAL, "value": secrets.token_bytes(length)})
        async with engine.begin() as connection:
            value: bytes = (await connection.execute(_READ, {"name": _PAGE_SEAL})).scalar_one()
            return bytes(value)
