"""The processes that are alive, as other processes of the same database see them.

A process holds a lock for each of its chains on a connection of its own, for as long as it lives: PostgreSQL
frees the locks when the process ends, or its host is lost.
"""

from __future__ import annotations

import asyncio
import select
from contextlib import suppress
from uuid import UUID

import psycopg

from raas.storage.connection.connect import Connection, connect
from raas.storage.connection.database import connection_parameters
from raas.storage.connection.errors import translated_errors

_HOLD = "SELECT pg_advisory_lock_shared(%s)"
_FREE = "SELECT pg_advisory_unlock_shared(%s)"

HELD_LOCKS = """
SELECT (classid::bigint << 32) | objid::bigint FROM pg_locks
WHERE locktype = 'advisory' AND objsubid = 1 AND granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
"""The numbers of all advisory locks that are held."""


def life_lock(process: UUID) -> int:
    """The number of the advisory lock that a living process holds in shared mode."""
    return int.from_bytes(process.bytes[:8], signed=True)


def append_lock(process: UUID) -> int:
    """The number of the advisory lock on the end of a chain: shared to append, exclusive to end it."""
    return int.from_bytes(process.bytes[8:], signed=True)


class LivingProcesses:
    """The chains of this process, and the connection that shows that it is alive."""

    def __init__(self, dsn: str) -> None:
        self._parameters = connection_parameters(dsn)
        self._connection: Connection | None = None
        self._processes: set[UUID] = set()
        self._changing = asyncio.Lock()

    async def add(self, process: UUID) -> None:
        """Show that the process of a chain is alive. Raises StoreUnavailable, StoreFault."""
        async with self._changing:
            self._processes.add(process)
            with translated_errors():
                if self._connection is None or _is_lost(self._connection):
                    await self._connect()
                else:
                    await self._connection.execute(_HOLD, (life_lock(process),))

    async def remove(self, process: UUID) -> None:
        """Show that the process of a chain is alive no more."""
        async with self._changing:
            self._processes.discard(process)
            if self._connection is not None:
                with suppress(psycopg.Error):
                    await self._connection.execute(_FREE, (life_lock(process),))

    async def renew(self) -> None:
        """Connect again where the connection was lost: another process may have sealed the chains meanwhile.

        Raises StoreUnavailable, StoreFault.
        """
        if self._changing.locked() or self._connection is None or not _is_lost(self._connection):
            return
        async with self._changing:
            with translated_errors():
                await self._connect()

    async def close(self) -> None:
        """End the connection, and with it the life of every chain."""
        async with self._changing:
            self._processes.clear()
            await _close(self._connection)
            self._connection = None

    async def _connect(self) -> None:
        """Hold the locks on a new connection, and only then end the one before."""
        before, self._connection = self._connection, await connect(self._parameters, autocommit=True)
        for process in self._processes:
            await self._connection.execute(_HOLD, (life_lock(process),))
        await _close(before)


def _is_lost(connection: Connection) -> bool:
    """Whether the connection ended: then its socket is readable while no statement is running."""
    poll = select.poll()
    try:
        poll.register(connection.pgconn.socket, select.POLLIN)
    except psycopg.OperationalError:
        return True
    return bool(poll.poll(0))


async def _close(connection: Connection | None) -> None:
    if connection is not None:
        with suppress(psycopg.Error):
            await connection.close()
