"""The store as the write lane sees it: lock and load in one pipeline, write and commit in another.

These are the hot statements, so they go to psycopg directly, with whole columns as arrays: a statement
costs the same for one row as for a thousand.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import cast

import psycopg
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.errors import Violation
from raas.storage.dossier_type_rows import read_dossier_types, write_dossier_types
from raas.storage.faults import translated_errors
from raas.storage.lane_loading import Connection, load
from raas.storage.lane_writing import statements, violation
from raas.usecases.ports import (
    CommitUnknown,
    DossierTypes,
    ImportKey,
    Loaded,
    StoreFault,
    StoreUnavailable,
    Wanted,
    Written,
)

_READ_REJECTIONS = """
SELECT "offset", violations FROM import_rejection
WHERE register_id = %s AND actor = %s AND import_id = %s AND "offset" >= %s AND "offset" < %s
ORDER BY "offset" """


class PostgresWriteStore:
    """The WriteStore of ports.py on PostgreSQL."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @asynccontextmanager
    async def write(self, register_id: int, wanted: Wanted) -> AsyncIterator[_Transaction]:
        """Lock the register, then load; leaving without commit rolls back."""
        async with self._connection() as connection:
            with translated_errors():
                loaded, transaction_id = await load(connection, register_id, wanted, lock=True)
            transaction = _Transaction(self, connection, register_id, loaded, transaction_id)
            try:
                yield transaction
            finally:
                if not connection.closed and not transaction.ended:
                    with translated_errors():
                        await connection.rollback()

    async def snapshot(self, register_id: int, wanted: Wanted) -> Loaded:
        """The same knowledge without a lock."""
        async with self._connection() as connection:
            with translated_errors():
                await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                loaded, _ = await load(connection, register_id, wanted, lock=False)
                await connection.rollback()
                return loaded

    async def dossier_types(self, register_id: int) -> DossierTypes:
        """All dossier types of the register as committed now."""
        async with self._connection() as connection:
            with translated_errors():
                types = await read_dossier_types(connection, register_id)
                await connection.rollback()
                return types

    async def rejections(
        self, register_id: int, key: ImportKey, first: int, end: int
    ) -> Sequence[tuple[int, Sequence[Violation]]]:
        """The rows of an import with first <= offset < end that were skipped."""
        async with self._connection() as connection:
            with translated_errors():
                cursor = await connection.execute(_READ_REJECTIONS, (register_id, *key, first, end))
                rows = await cursor.fetchall()
                await connection.rollback()
                return [(offset, [violation(v) for v in violations]) for offset, violations in rows]

    async def committed(self, transaction_id: str) -> bool | None:
        """Whether a transaction whose connection was lost at COMMIT was committed; None = cannot be told."""
        for pause in (0.05, 0.2, 0.5, 1.0, 2.0, None):
            try:
                async with self._connection() as connection:
                    cursor = await connection.execute("SELECT pg_xact_status(%s::xid8)", (transaction_id,))
                    (status,) = cast(tuple[str | None], await cursor.fetchone())
                    await connection.rollback()
                if status != "in progress":
                    return None if status is None else status == "committed"
            except (psycopg.Error, StoreUnavailable):
                pass
            if pause is not None:
                await asyncio.sleep(pause)
        return None

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        """A psycopg connection from the pool."""
        with translated_errors():
            pooled = await self._engine.connect()
        try:
            raw = await pooled.get_raw_connection()
            yield cast(Connection, raw.driver_connection)
        finally:
            await asyncio.shield(pooled.close())


class _Transaction:
    """A transaction that holds the register row."""

    def __init__(
        self,
        store: PostgresWriteStore,
        connection: Connection,
        register_id: int,
        loaded: Loaded,
        transaction_id: str,
    ) -> None:
        self.loaded = loaded
        self.ended = False
        self._store = store
        self._connection = connection
        self._register_id = register_id
        self._transaction_id = transaction_id

    async def commit(self, written: Written) -> None:
        """Write all of it and commit, or nothing."""
        self.ended = True
        connection = self._connection
        try:
            type_ids = await write_dossier_types(connection, self._register_id, written.types)
            async with connection.pipeline():
                for statement, parameters in statements(self._register_id, self.loaded, written, type_ids):
                    await connection.execute(statement, parameters)
                await connection.commit()
        except psycopg.Error as error:
            await self._resolve(error)

    async def _resolve(self, error: psycopg.Error) -> None:
        """What became of a COMMIT that ended in an error."""
        if not self._connection.closed and not self._connection.broken:
            await self._connection.rollback()
            raise StoreFault(f"the store refused a statement: {error.sqlstate}") from None
        # The connection was lost: the server alone knows whether the COMMIT had arrived.
        outcome = await self._store.committed(self._transaction_id)
        if outcome is None:
            raise CommitUnknown("the connection was lost at COMMIT and the outcome is not known")
        if not outcome:
            raise StoreUnavailable("the connection was lost before COMMIT")
