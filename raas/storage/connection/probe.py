"""Test at intervals, on a connection of its own, whether the database commits writes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg

from raas.storage.connection.connect import close_at_once, connect
from raas.storage.connection.database import connection_parameters
from raas.storage.connection.errors import translated
from raas.usecases.ports.errors import PortError

# The message takes a transaction through the WAL to its flush, without touching a table. The series does not
# fit into work_mem and spills to disk: that fails when the disk is full, although the WAL still has room.
_TEST = """
SELECT pg_logical_emit_message(true, 'raas', 'probe'), (SELECT count(*) FROM generate_series(1, 10000))"""
_OPTIONS = " -c work_mem=64kB"

# A server that vanished ends the connection after seconds; sockets of the machine ignore these.
_KEEPALIVE = {
    "application_name": "raas probe",
    "connect_timeout": 3,
    "keepalives_idle": 1,
    "keepalives_interval": 1,
    "keepalives_count": 3,
    "tcp_user_timeout": 3_000,
}


@dataclass(frozen=True, slots=True)
class ProbeLimits:
    """The interval and the time limit of the test of the database."""

    interval_seconds: float = 2.0
    interval_seconds_unavailable: float = 0.5
    """The interval while the last test failed."""
    timeout_seconds: float = 3.0


class DatabaseProbe:
    """Tests one database; `run` does the work."""

    def __init__(self, dsn: str, limits: ProbeLimits | None = None) -> None:
        parameters = connection_parameters(dsn)
        self._parameters = {**parameters, **_KEEPALIVE, "options": f"{parameters['options']}{_OPTIONS}"}
        self._limits = limits or ProbeLimits()
        self._connection: psycopg.AsyncConnection[Any] | None = None

    async def run(self, report: Callable[[str | None], None]) -> None:
        """Call `report` with the result of each test until cancelled: None = success, else the reason.

        A test that takes too long is reported, and again when it ends: meanwhile no other one begins.
        """
        test: asyncio.Task[str | None] | None = None
        try:
            while True:
                test = asyncio.create_task(self._test())
                done, _ = await asyncio.wait({test}, timeout=self._limits.timeout_seconds)
                if not done:
                    report(f"no answer within {self._limits.timeout_seconds:g} seconds")
                    # Not `await test`: a cancellation would wait for the server.
                    await asyncio.wait({test})
                reason = test.result()
                report(reason)
                limits = self._limits
                await asyncio.sleep(
                    limits.interval_seconds if reason is None else limits.interval_seconds_unavailable
                )
        finally:
            self._end(test)

    async def _test(self) -> str | None:
        try:
            if self._connection is None:
                self._connection = await connect(self._parameters, autocommit=True)
            await self._connection.execute(_TEST)
        except (psycopg.Error, PortError) as error:
            self._disconnect()
            return str(translated(error) if isinstance(error, psycopg.Error) else error)
        return None

    def _end(self, test: asyncio.Task[str | None] | None) -> None:
        """End a test, and the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            close_at_once(connection, test)
        elif test is not None:
            test.cancel()  # It is connecting, or has connected just now.
            test.add_done_callback(lambda _: self._disconnect())

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            close_at_once(connection)
