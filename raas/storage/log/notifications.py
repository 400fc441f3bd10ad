"""How processes on one database tell each other of new mutations: NOTIFY and LISTEN."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any, cast
from uuid import uuid4

import psycopg
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.storage.connection.errors import translated_errors
from raas.storage.connection.query import fetch

CHANNEL = "raas_mutations"

# News that is lost in a crash does no harm: its commit need not wait for the disk.
_NOTIFY = f"SELECT set_config('synchronous_commit', 'off', true), pg_notify('{CHANNEL}', %(news)s)"

_TOGETHER = 300
"""Register ids in one notification, which holds at most 8,000 bytes."""

_SILENCE_SECONDS = 30.0
"""After so long without a word the connection is asked whether it is still there."""


class PostgresNotifications:
    """The WakeUps of stream_ports.py; `engine` must be one in autocommit.

    Listening takes one connection out of the engine's pool for as long as it lasts.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        # What this process says comes back to it too.
        self._sender = uuid4().hex[:12]

    async def send(self, register_ids: Collection[int]) -> None:
        """Tell all other processes."""
        ids = list(map(str, register_ids))
        for first in range(0, len(ids), _TOGETHER):
            news = " ".join([self._sender, *ids[first : first + _TOGETHER]])
            await fetch(self._engine, _NOTIFY, {"news": news})

    @asynccontextmanager
    async def listen(self) -> AsyncIterator[AsyncIterator[Collection[int]]]:
        """What other processes tell from now on; StoreUnavailable when the connection is lost."""
        with translated_errors():
            pooled = await self._engine.raw_connection()
            connection = cast(psycopg.AsyncConnection[tuple[Any, ...]], pooled.driver_connection)
            try:
                await connection.execute(f"LISTEN {CHANNEL}")
                yield self._news(connection)
            finally:
                # It hears notifications: not one to be given to anybody else.
                await connection.close()
                pooled.close()

    async def _news(
        self, connection: psycopg.AsyncConnection[tuple[Any, ...]]
    ) -> AsyncIterator[Collection[int]]:
        with translated_errors():
            while True:
                async for notification in connection.notifies(timeout=_SILENCE_SECONDS):
                    sender, *ids = notification.payload.split(" ")
                    if sender != self._sender:
                        yield list(map(int, ids))
                await connection.execute("SELECT 1")
