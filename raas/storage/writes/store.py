"""The store of the write queue: lock and load in one pipeline, write and commit in another.

These are the hot statements, so they go to psycopg directly, with whole columns as arrays: a statement
costs the same for one row as for a thousand.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.errors import Violation
from raas.domain.stored_violations import violations_from_json
from raas.storage.audit.log import AuditLog
from raas.storage.connection.clock import ClockGuard
from raas.storage.connection.commit import NOTHING_TO_FIND, Evidence
from raas.storage.connection.errors import translated_errors
from raas.storage.connection.lease import Connection
from raas.storage.connection.transactions import Transaction, Transactions
from raas.storage.rows.dossier_types import read_dossier_types, write_dossier_types
from raas.storage.writes.evidence import evidence_of
from raas.storage.writes.load import load
from raas.storage.writes.save import statements
from raas.usecases.ports.write_store import DossierTypes, ImportKey, LoadedState, LoadRequest, WriteSet

_READ_REJECTIONS = """
SELECT "offset", violations FROM import_rejection
WHERE register_id = %s AND caller = %s AND import_id = %s AND "offset" >= %s AND "offset" < %s
ORDER BY "offset" """

_ADOPT_IMPORT = """
UPDATE import_progress p SET caller = %(caller)s
WHERE p.register_id = %(register)s AND p.caller = %(earlier)s AND p.import_id = %(import)s
  AND NOT EXISTS (SELECT FROM import_progress o WHERE o.register_id = %(register)s
                  AND o.caller = %(caller)s AND o.import_id = %(import)s)"""

_ADOPT_REJECTIONS = """
UPDATE import_rejection SET caller = %(caller)s
WHERE register_id = %(register)s AND caller = %(earlier)s AND import_id = %(import)s"""


class PostgresWriteStore:
    """The WriteStore of ports/write_store.py on PostgreSQL.

    `log` is the open log of the audit; without it no audit records are kept.
    """

    def __init__(
        self, engine: AsyncEngine, clock: ClockGuard | None = None, log: AuditLog | None = None
    ) -> None:
        self._transactions = Transactions(engine)
        self._clock = clock or ClockGuard()
        self._log = log

    @asynccontextmanager
    async def write(self, register_id: int, wanted: LoadRequest) -> AsyncIterator[_Transaction]:
        """Lock the register, then load; leaving without commit rolls back."""
        async with self._transactions.begin() as transaction:
            loading = load(transaction.connection, register_id, wanted, self._log, lock=True)
            loaded = await transaction.wait_for_locks(loading)
            self._clock.check(loaded.record_time)
            yield _Transaction(transaction, register_id, loaded, self._log)

    async def snapshot(self, register_id: int, wanted: LoadRequest) -> LoadedState:
        """The same state without a lock."""

        async def read(connection: Connection) -> LoadedState:
            await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            return await load(connection, register_id, wanted, lock=False)

        return await self._transactions.run(read)

    async def dossier_types(self, register_id: int) -> DossierTypes:
        """All dossier types of the register as committed now."""
        return await self._transactions.run(partial(read_dossier_types, register_id=register_id))

    async def adopt_import(self, register_id: int, key: ImportKey, earlier: str) -> None:
        """Give the import under the caller `earlier` to the caller of `key`, unless that has one."""

        async def adopt(connection: Connection) -> None:
            parameters = {"register": register_id, "caller": key[0], "import": key[1], "earlier": earlier}
            moved = await connection.execute(_ADOPT_IMPORT, parameters)
            if moved.rowcount:
                await connection.execute(_ADOPT_REJECTIONS, parameters)
            await connection.commit()

        await self._transactions.run(adopt, writes=True)

    async def rejections(
        self, register_id: int, key: ImportKey, first: int, end: int
    ) -> Sequence[tuple[int, Sequence[Violation]]]:
        """The rows of an import with first <= offset < end that were skipped."""

        async def read(connection: Connection) -> Sequence[tuple[int, Sequence[Violation]]]:
            cursor = await connection.execute(_READ_REJECTIONS, (register_id, *key, first, end))
            return [(offset, violations_from_json(stored)) for offset, stored in await cursor.fetchall()]

        return await self._transactions.run(read)


class _Transaction:
    """A transaction that holds the lock of the register."""

    def __init__(
        self, transaction: Transaction, register_id: int, loaded: LoadedState, log: AuditLog | None
    ) -> None:
        self.loaded = loaded
        self._log = log
        self._transaction = transaction
        self._register_id = register_id
        self._evidence: Evidence | None = None

    async def write(self, written: WriteSet) -> None:
        """Send a part; the database writes it while the next one is being made."""
        if self._evidence is None:
            self._evidence = evidence_of(self._register_id, written, self._log)
        with translated_errors():
            type_ids = await write_dossier_types(
                self._transaction.connection, self._register_id, written.types
            )
        await self._transaction.send(statements(self._register_id, written, type_ids, self._log))

    async def commit(self) -> None:
        """Keep all that was sent, or nothing."""
        await self._transaction.commit(self._evidence or NOTHING_TO_FIND)
