"""Notifications between processes on one database, by NOTIFY and LISTEN."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.storage.connection.errors import translated_errors
from raas.storage.connection.lease import Connection, take
from raas.storage.connection.query import write

CHANNEL = "raas_mutations"

# A notification that is lost in a crash does no harm: its commit does not wait for the disk.
_NOTIFY = f"SELECT set_config('synchronous_commit', 'off', true), pg_notify('{CHANNEL}', %(payload)s)"

_TOGETHER = 300
"""Register ids in one notification, which holds at most 8,000 bytes."""

_SILENCE_SECONDS = 30.0
"""The connection is tested after this time without a notification."""


class PostgresNotifications:
    """The Notifications of the ports; `engine` must be one in autocommit.

    `listen` occupies one connection of the pool while its block lasts.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        # PostgreSQL delivers a notification also to its sender, which ignores it.
        self._sender = uuid4().hex[:12]

    async def send(self, register_ids: Collection[int]) -> None:
        """Notify all other processes."""
        ids = list(map(str, register_ids))
        for first in range(0, len(ids), _TOGETHER):
            payload = " ".join([self._sender, *ids[first : first + _TOGETHER]])
            await write(self._engine, _NOTIFY, {"payload": payload})

    @asynccontextmanager
    async def listen(self) -> AsyncIterator[AsyncIterator[Collection[int]]]:
        """Receive register ids from other processes; StoreUnavailable when the connection is lost."""
        taken = await take(self._engine)
        try:
            with translated_errors():
                await taken.connection.execute(f"LISTEN {CHANNEL}")
                yield self._received(taken.connection)
        finally:
            # It listens: nobody else may use it.
            await taken.give_back(cut_off=True)

    async def _received(self, connection: Connection) -> AsyncIterator[Collection[int]]:
        with translated_errors():
            while True:
                async for notification in connection.notifies(timeout=_SILENCE_SECONDS):
                    sender, *ids = notification.payload.split(" ")
                    if sender != self._sender:
                        yield list(map(int, ids))
                await connection.execute("SELECT 1")
