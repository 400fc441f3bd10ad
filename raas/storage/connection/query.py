"""The rows of one statement, with psycopg directly: SQLAlchemy would take longer than the statement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.storage.connection.database import in_autocommit
from raas.storage.connection.lease import Connection, on_connection

Row = tuple[Any, ...]


async def fetch(
    engine: AsyncEngine, statement: str, parameters: Mapping[str, Any], *, binary: bool = False
) -> list[Row]:
    """The rows of one statement that reads; `binary` for those that answer arrays.

    `engine` must be one in autocommit (`open_database(dsn, autocommit=True)`). The statement is cancelled
    with the caller. Raises StoreUnavailable, StoreFault.
    """
    return await _rows(engine, statement, parameters, binary=binary, writes=False)


async def write(engine: AsyncEngine, statement: str, parameters: Mapping[str, Any]) -> list[Row]:
    """The rows of one statement that writes, and is committed when this returns; otherwise like `fetch`.

    The statement runs to its end also when the caller is cancelled.
    """
    return await _rows(engine, statement, parameters, binary=False, writes=True)


async def _rows(
    engine: AsyncEngine, statement: str, parameters: Mapping[str, Any], *, binary: bool, writes: bool
) -> list[Row]:
    if not in_autocommit(engine):
        raise RuntimeError("a single statement needs an engine in autocommit")

    async def run(connection: Connection) -> list[Row]:
        cursor = await connection.execute(statement, parameters, binary=binary)
        return await cursor.fetchall()

    return await on_connection(engine, run, writes=writes)
