"""An advisory lock that one process on the database has at a time."""

from __future__ import annotations

from typing import Any

import psycopg

from raas.storage.connection.connect import close_at_once, connect
from raas.storage.connection.database import connection_parameters
from raas.storage.connection.errors import translated

# A server that vanished ends the connection after seconds; sockets of the machine ignore these.
_KEEPALIVE = {
    "application_name": "raas lock",
    "connect_timeout": 3,
    "keepalives_idle": 1,
    "keepalives_interval": 1,
    "keepalives_count": 3,
    "tcp_user_timeout": 3_000,
}


class SessionLock:
    """The lock with the number `key`, on a connection of its own.

    PostgreSQL ends the session, and with it the lock, when the connection is lost or after `silence_seconds`
    without a call of `take`: a process that stands still loses it.
    """

    def __init__(self, dsn: str, key: int, silence_seconds: float) -> None:
        parameters = connection_parameters(dsn)
        silence = f" -c idle_session_timeout={round(silence_seconds * 1000)}ms"
        self._parameters = {**parameters, **_KEEPALIVE, "options": f"{parameters['options']}{silence}"}
        self._key = key
        self._connection: psycopg.AsyncConnection[Any] | None = None

    async def take(self) -> bool:
        """Whether this process has the lock now: it kept it since the last call, or it was free.

        Raises StoreUnavailable, also when the lock was lost since the last call; StoreFault.
        """
        try:
            if self._connection is not None:
                await self._connection.execute("SELECT 1")
                return True
            self._connection = await connect(self._parameters, autocommit=True)
            cursor = await self._connection.execute("SELECT pg_try_advisory_lock(%s)", (self._key,))
            row = await cursor.fetchone()
        except psycopg.Error as error:
            self.release()
            raise translated(error) from None
        except BaseException:
            self.release()
            raise
        if row is None or not row[0]:
            self.release()
            return False
        return True

    def release(self) -> None:
        """Give up the lock, if this process has it, by closing the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            close_at_once(connection)
