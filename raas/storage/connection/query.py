"""The shortest way to the rows of a statement, for those that run thousands of times a second.

SQLAlchemy's pool hands the connection over and psycopg runs the statement on it: SQLAlchemy's own
execution would take longer than all the rest of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg.pq import TransactionStatus
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.storage.connection.database import in_autocommit
from raas.storage.connection.errors import translated_errors

Row = tuple[Any, ...]


async def fetch(
    engine: AsyncEngine, statement: str, parameters: Mapping[str, Any], *, binary: bool = False
) -> list[Row]:
    """The rows of one statement, which is a transaction of its own; `binary` for those that answer arrays.

    `engine` must be one in autocommit (`open_database(dsn, autocommit=True)`). Raises StoreUnavailable,
    StoreFault.
    """
    if not in_autocommit(engine):
        raise RuntimeError("reading needs an engine in autocommit")
    with translated_errors():
        pooled = await engine.raw_connection()
        connection: Any = pooled.driver_connection
        try:
            cursor = await connection.execute(statement, parameters, binary=binary)
            rows: list[Row] = await cursor.fetchall()
            return rows
        finally:
            if connection.pgconn.transaction_status != TransactionStatus.IDLE:
                # Cut off in the middle: the pool finds it closed and opens another one.
                await connection.close()
            pooled.close()
