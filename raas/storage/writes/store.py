"""The store as the write lane sees it: lock and load in one pipeline, write and commit in another.

These are the hot statements, so they go to psycopg directly, with whole columns as arrays: a statement
costs the same for one row as for a thousand.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.errors import Violation
from raas.domain.stored_violations import violations_from_json
from raas.storage.connection.errors import translated_errors
from raas.storage.connection.transactions import Connection, Pipeline, Transactions
from raas.storage.rows.dossier_types import read_dossier_types, write_dossier_types
from raas.storage.writes.load import load
from raas.storage.writes.save import statements
from raas.usecases.ports.write_store import DossierTypes, ImportKey, LoadedState, LoadRequest, WriteSet

_READ_REJECTIONS = """
SELECT "offset", violations FROM import_rejection
WHERE register_id = %s AND actor = %s AND import_id = %s AND "offset" >= %s AND "offset" < %s
ORDER BY "offset" """


class PostgresWriteStore:
    """The WriteStore of ports.py on PostgreSQL."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._transactions = Transactions(engine)

    @asynccontextmanager
    async def write(self, register_id: int, wanted: LoadRequest) -> AsyncIterator[_Transaction]:
        """Lock the register, then load; leaving without commit rolls back."""
        async with self._transactions.connection() as connection:
            with translated_errors():
                loaded, transaction_id = await load(connection, register_id, wanted, lock=True)
            transaction = _Transaction(self._transactions, connection, register_id, loaded, transaction_id)
            try:
                yield transaction
            finally:
                await transaction.end()

    async def snapshot(self, register_id: int, wanted: LoadRequest) -> LoadedState:
        """The same knowledge without a lock."""
        async with self._transactions.connection() as connection:
            with translated_errors():
                await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                loaded, _ = await load(connection, register_id, wanted, lock=False)
                return loaded

    async def dossier_types(self, register_id: int) -> DossierTypes:
        """All dossier types of the register as committed now."""
        async with self._transactions.connection() as connection:
            with translated_errors():
                return await read_dossier_types(connection, register_id)

    async def rejections(
        self, register_id: int, key: ImportKey, first: int, end: int
    ) -> Sequence[tuple[int, Sequence[Violation]]]:
        """The rows of an import with first <= offset < end that were skipped."""
        async with self._transactions.connection() as connection:
            with translated_errors():
                cursor = await connection.execute(_READ_REJECTIONS, (register_id, *key, first, end))
                rows = await cursor.fetchall()
                return [(offset, violations_from_json(stored)) for offset, stored in rows]


class _Transaction:
    """A transaction that holds the register row."""

    def __init__(
        self,
        transactions: Transactions,
        connection: Connection,
        register_id: int,
        loaded: LoadedState,
        transaction_id: str,
    ) -> None:
        self.loaded = loaded
        self._transactions = transactions
        self._connection = connection
        self._pipeline = Pipeline(connection)
        self._register_id = register_id
        self._transaction_id = transaction_id

    async def write(self, written: WriteSet) -> None:
        """Send a part; the database writes it while the next one is being made."""
        with translated_errors():
            type_ids = await write_dossier_types(self._connection, self._register_id, written.types)
        await self._pipeline.send(statements(self._register_id, written, type_ids))

    async def commit(self) -> None:
        """Keep all that was sent, or nothing."""
        await self._transactions.commit_sent(self._pipeline, self._transaction_id)

    async def end(self) -> None:
        """Roll back what was not committed."""
        await self._pipeline.abandon()
