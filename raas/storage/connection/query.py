"""The rows of statements, with psycopg directly: SQLAlchemy would take longer than the statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


async def fetch_each(
    engine: AsyncEngine, statement: str, each: Sequence[Mapping[str, Any]], *, binary: bool = False
) -> list[list[Row]]:
    """The rows of a statement for each of these parameters, in one round trip; otherwise like `fetch`.

    Each has a snapshot of its own.
    """
    return await _rows_of_each(engine, statement, each, binary=binary, writes=False)


async def fetch_together(
    engine: AsyncEngine, statements: Sequence[tuple[str, Mapping[str, Any]]]
) -> list[list[Row]]:
    """The rows of several statements, in one round trip; otherwise like `fetch`.

    Each has a snapshot of its own, and keeps its locks until the last one has ended.
    """
    _require_autocommit(engine)

    async def run(connection: Connection) -> list[list[Row]]:
        async with connection.pipeline():
            cursors = [await connection.execute(*statement) for statement in statements]
        return [await cursor.fetchall() for cursor in cursors]

    return await on_connection(engine, run)


async def write_each(
    engine: AsyncEngine, statement: str, each: Sequence[Mapping[str, Any]]
) -> list[list[Row]]:
    """The rows of a statement that writes, for each of these parameters: all are committed, or none.

    One round trip; otherwise like `write`.
    """
    return await _rows_of_each(engine, statement, each, binary=False, writes=True)


async def _rows(
    engine: AsyncEngine, statement: str, parameters: Mapping[str, Any], *, binary: bool, writes: bool
) -> list[Row]:
    _require_autocommit(engine)

    async def run(connection: Connection) -> list[Row]:
        cursor = await connection.execute(statement, parameters, binary=binary)
        return await cursor.fetchall()

    return await on_connection(engine, run, writes=writes)


async def _rows_of_each(
    engine: AsyncEngine, statement: str, each: Sequence[Mapping[str, Any]], *, binary: bool, writes: bool
) -> list[list[Row]]:
    if len(each) <= 1:
        return [await _rows(engine, statement, given, binary=binary, writes=writes) for given in each]
    _require_autocommit(engine)

    async def run(connection: Connection) -> list[list[Row]]:
        async with connection.cursor(binary=binary) as cursor:
            # A pipeline; its statements are committed together.
            await cursor.executemany(statement, each, returning=True)
            found = [await cursor.fetchall()]
            while cursor.nextset():
                found.append(await cursor.fetchall())
            return found

    return await on_connection(engine, run, writes=writes)


def _require_autocommit(engine: AsyncEngine) -> None:
    if not in_autocommit(engine):
        raise RuntimeError("a single statement needs an engine in autocommit")
