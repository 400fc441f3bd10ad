"""The RightsReader on PostgreSQL: a connection of its own, so that no full pool delays a decision."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import psycopg

from raas.domain.rights.snapshot import Right
from raas.storage.connection.connect import close_at_once, connect
from raas.storage.connection.database import connection_parameters
from raas.storage.connection.errors import translated
from raas.storage.rights.kinds import KINDS
from raas.storage.rights.notifications import LISTEN
from raas.usecases.ports.errors import StoreUnavailable
from raas.usecases.ports.rights import UNKNOWN_VERSION, RightsUpdate

Result = TypeVar("Result")

_READ_SECONDS = 1.0
"""An answer that takes longer would be too old for decisions."""
_LOAD_SECONDS = 30.0
"""The time limit of the first reading, of all rights."""

# A server that vanished ends the connection after seconds; sockets of the machine ignore these.
_KEEPALIVE = {
    "application_name": "raas rights",
    "connect_timeout": 3,
    "keepalives_idle": 1,
    "keepalives_interval": 1,
    "keepalives_count": 3,
    "tcp_user_timeout": 3_000,
}

# Of several hosts in the DSN.
_PRIMARY = {"target_session_attrs": "primary"}

_VERSION = "SELECT version, clock_timestamp(), pg_is_in_recovery() FROM rights_version WHERE id = 1"

_CHANGED = "SELECT {columns} FROM {table} WHERE version > %s"
_NOT_REVOKED = "SELECT {columns} FROM {table} WHERE version > %s AND revoke_time IS NULL"


class PostgresRightsReader:
    """Reads the rights from the primary that the DSN names. Not for concurrent use."""

    def __init__(self, dsn: str) -> None:
        self._parameters = {**_PRIMARY, **connection_parameters(dsn), **_KEEPALIVE}
        self._connection: psycopg.AsyncConnection[Any] | None = None

    async def read(self, known: int) -> RightsUpdate:
        """The rights that changed after a version."""
        first = known == UNKNOWN_VERSION or self._connection is None
        return await self._within(_LOAD_SECONDS if first else _READ_SECONDS, lambda: self._read(known))

    async def changed(self, seconds: float) -> None:
        """Wait for a notification."""
        connection = self._connection
        if connection is None:
            await asyncio.sleep(seconds)
            return
        try:
            async for _ in connection.notifies(timeout=seconds, stop_after=1):
                pass
        except psycopg.Error as error:
            self.close()
            raise translated(error) from None

    def close(self) -> None:
        """Close the connection, which nobody uses, without a word to the server."""
        connection, self._connection = self._connection, None
        if connection is not None:
            close_at_once(connection)

    async def _read(self, known: int) -> RightsUpdate:
        connection = self._connection
        if connection is None:
            connection = self._connection = await connect(self._parameters, autocommit=True)
            await connection.execute(LISTEN)
            # After a failover a version may stand for other rights.
            known = UNKNOWN_VERSION
        row = await (await connection.execute(_VERSION)).fetchone()
        if row is None:
            raise StoreUnavailable("the version of the rights is missing")
        version, time, standby = row
        if standby:
            # A server that was the primary a moment ago: its rights may be out of date.
            raise StoreUnavailable("the database is a standby, not the primary")
        complete = known == UNKNOWN_VERSION or version < known
        rows: list[Right] = []
        if complete or version > known:
            # Read after the version: rows that changed meanwhile are read again with the next version.
            statement = _NOT_REVOKED if complete else _CHANGED
            known = UNKNOWN_VERSION if complete else known
            for kind in KINDS.values():
                cursor = await connection.execute(
                    statement.format(columns=kind.columns, table=kind.table), (known,)
                )
                rows += map(kind.read, await cursor.fetchall())
        return RightsUpdate(version, time, rows, complete)

    async def _within(self, seconds: float, work: Callable[[], Awaitable[Result]]) -> Result:
        """The result of work on the connection; the connection is closed when there is none in time."""

        async def run() -> Result:
            return await work()

        task = asyncio.create_task(run())
        complete = False
        try:
            done, _ = await asyncio.wait({task}, timeout=seconds)
            if not done:
                raise StoreUnavailable(f"no answer within {seconds:g} seconds")
            result = task.result()
            complete = True
        except psycopg.Error as error:
            raise translated(error) from None
        finally:
            if not complete:
                await self._abandon(task)
        return result

    async def _abandon(self, task: asyncio.Task[Any]) -> None:
        """End work on the connection, and the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            close_at_once(connection, task)
        elif not task.done():
            task.cancel()  # It is connecting, or has connected just now.
            task.add_done_callback(lambda _: self.close())
        if not task.done():
            await asyncio.wait({task})
