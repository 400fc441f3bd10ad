"""The session of this process in the database: it appends to the chains of the process, and keeps them alive.

The session holds a lock for each chain that was begun in it. PostgreSQL frees the lock when the session ends:
the process died, its host is lost, or the connection is. From then on nothing can be appended to the chain
but its seal, by whoever takes the lock. So an append is a single statement: it need not ask whether the chain
was sealed meanwhile.

One session serves all calls of the process, so a database that falls silent on it must not hold them up: a
session of a server that does not answer in time is cut off.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any
from uuid import UUID

import psycopg

from raas.storage.connection.connect import Connection, close_at_once, connect, cut_off, has_ended
from raas.storage.connection.database import connection_parameters
from raas.storage.connection.errors import translated, translated_errors
from raas.storage.connection.limits import TransactionLimits, limit_transactions
from raas.usecases.ports.errors import CommitUnknown, StoreFault

Statement = tuple[str, Any]

_HOLD = "SELECT pg_advisory_lock_shared(%s)"
_FREE = "SELECT pg_advisory_unlock_shared(%s)"

HELD_LOCKS = """
SELECT (classid::bigint << 32) | objid::bigint FROM pg_locks
WHERE locktype = 'advisory' AND objsubid = 1 AND granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
"""The numbers of all advisory locks that are held."""


END_HOLDER = """
SELECT pg_terminate_backend(pid) FROM pg_locks
WHERE locktype = 'advisory' AND objsubid = 1 AND granted AND mode = 'ShareLock'
  AND (classid::bigint << 32) | objid::bigint = %s
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
"""Ends the session that holds the lock of a chain."""


def life_lock(chain: UUID) -> int:
    """The number of the advisory lock that the session of a chain holds in shared mode."""
    return int.from_bytes(chain.bytes[:8], signed=True)


class ProcessSession:
    """The chains that live in one session; a lost session is replaced when the next chain begins.

    Its limits are those of the other sessions of the process, which tell a server from a database command.
    """

    def __init__(self, dsn: str, limits: TransactionLimits | None) -> None:
        self._parameters = connection_parameters(dsn, limits)
        self._limits = limits
        self._connection: Connection | None = None
        self._chains: set[UUID] = set()
        self._changing = asyncio.Lock()

    def holds(self, chain: UUID) -> bool:
        """Whether a chain lives in this session."""
        if self._connection is not None and _is_lost(self._connection):
            self._abandon()
        return chain in self._chains

    async def begin(self, chain: UUID) -> None:
        """Let a new chain live. Raises StoreUnavailable, StoreFault."""
        async with self._changing:
            if self._connection is None or _is_lost(self._connection):
                self._abandon()
                self._connection = await connect(self._parameters, autocommit=True)
                with translated_errors(), self._in_time(self._connection):
                    if self._limits is not None:
                        await limit_transactions(self._connection, self._limits)
            with translated_errors(), self._in_time(self._connection):
                await self._connection.execute(_HOLD, (life_lock(chain),))
        self._chains.add(chain)

    async def run(self, statements: Sequence[Statement]) -> Sequence[int]:
        """Run statements in one transaction; answers the number of rows of each.

        Raises StoreFault (nothing was done); CommitUnknown, and then the session has ended, and every chain
        with it: also where the database did not answer in time. It may then still run the statements, until
        its backend ends.
        """
        connection = self._connection
        assert connection is not None
        try:
            with self._in_time(connection):
                if len(statements) == 1:
                    (statement,) = statements
                    return [(await connection.execute(*statement)).rowcount]
                async with connection.transaction():
                    cursors = [await connection.execute(*statement) for statement in statements]
                return [cursor.rowcount for cursor in cursors]
        except psycopg.Error as error:
            fault = translated(error)
            # A coordinator that loses a node at COMMIT answers an internal error.
            known = isinstance(fault, StoreFault) and not isinstance(error, psycopg.errors.InternalError_)
            if known and not connection.closed:
                raise fault from None
            self._abandon()
            raise CommitUnknown("the session of the audit was lost, and the outcome is not known") from None
        except BaseException:
            # Cancelled in the middle.
            self._abandon()
            raise
        finally:
            if self._connection is not connection:
                close_at_once(connection)

    async def end(self, chain: UUID) -> None:
        """Let a chain live no more."""
        async with self._changing:
            if self._connection is not None and chain in self._chains:
                self._chains.discard(chain)
                with suppress(psycopg.Error), self._in_time(self._connection):
                    await self._connection.execute(_FREE, (life_lock(chain),))

    async def close(self) -> None:
        """End the session, and with it the life of every chain."""
        async with self._changing:
            self._abandon()

    @contextmanager
    def _in_time(self, connection: Connection) -> Iterator[None]:
        """Cut the connection off if the block takes too long: its statement then fails."""
        if self._limits is None:
            yield
            return
        loop = asyncio.get_running_loop()
        timer = loop.call_later(self._limits.answer_seconds, cut_off, connection)
        try:
            yield
        finally:
            timer.cancel()

    def _abandon(self) -> None:
        """End the session at once; `run` closes the connection that it uses."""
        self._chains.clear()
        connection, self._connection = self._connection, None
        if connection is not None and connection.lock.locked():
            cut_off(connection)
        elif connection is not None:
            close_at_once(connection)


def _is_lost(connection: Connection) -> bool:
    """Whether the connection ended; not while a statement is running, which learns it itself."""
    if connection.closed:
        return True
    return not connection.lock.locked() and has_ended(connection)
