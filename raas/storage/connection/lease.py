"""Connections leased from the pool: every one is given back, also if its caller is cancelled, at any await.

Taking a connection, giving it back, and writes run in tasks that a cancellation of the caller does not reach.
So psycopg never sees a cancellation there, and sends no cancel request to the server.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar, cast

import psycopg
from psycopg.pq import PipelineStatus, TransactionStatus
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import PoolProxiedConnection

from raas.concurrency.detached import detach, finish, outlived_by
from raas.storage.connection.connect import Connection as Connection
from raas.storage.connection.errors import translated_errors

Result = TypeVar("Result")


class Lease:
    """A connection of the pool, until it is given back."""

    def __init__(self, pooled: PoolProxiedConnection, is_closed: Callable[[], bool]) -> None:
        """`is_closed`: whether the engine was closed since the connection was asked for."""
        self.connection = cast(Connection, pooled.driver_connection)
        self._pooled = pooled
        self._is_closed = is_closed
        self._unfinished: asyncio.Task[Any] | None = None

    async def finish(self, work: Callable[[], Awaitable[Result]]) -> Result:
        """Run work on the connection to its end, also when the caller is cancelled meanwhile."""

        async def run() -> Result:
            return await work()

        task = self._unfinished = detach(run())
        return await outlived_by(task)

    @property
    def is_busy(self) -> bool:
        """Whether work of a caller that left is still running on the connection."""
        return self._unfinished is not None and not self._unfinished.done()

    async def give_back(self, *, cut_off: bool = False) -> None:
        """Return the connection to the pool once nothing runs on it; uncommitted changes are rolled back.

        A connection that was cut off in the middle of something is closed: the pool replaces it.
        """
        if not self.is_busy and not cut_off and _is_idle(self.connection):
            self._put_back()
        else:
            await finish(self._settle(cut_off))

    async def _settle(self, cut_off: bool) -> None:
        try:
            if self._unfinished is not None:
                await asyncio.wait([self._unfinished])
            status = self.connection.pgconn.transaction_status
            if not cut_off and status in (TransactionStatus.INTRANS, TransactionStatus.INERROR):
                with suppress(psycopg.Error):
                    await self.connection.rollback()
            if cut_off or not _is_idle(self.connection):
                await self.connection.close()
        finally:
            self._put_back()

    def _put_back(self) -> None:
        """Put the connection back into the pool; it does not wait, so it cannot be cancelled."""
        self._pooled.close()
        if self._is_closed():
            # Its pool was emptied before: nobody would ever close it.
            self.connection.pgconn.finish()


async def take(engine: AsyncEngine) -> Lease:
    """A connection of the pool. Raises StoreUnavailable, StoreFault.

    One that arrives after its caller was cancelled goes back to the pool at once.
    """
    task = detach(_take(engine))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        task.add_done_callback(_give_back_unused)
        raise


@asynccontextmanager
async def lease(engine: AsyncEngine) -> AsyncIterator[Lease]:
    """A connection for several statements, between which the caller may be cancelled."""
    taken = await take(engine)
    cut_off = True
    try:
        yield taken
        cut_off = False
    except Exception:
        cut_off = False
        raise
    finally:
        await taken.give_back(cut_off=cut_off)


async def on_connection(
    engine: AsyncEngine, work: Callable[[Connection], Awaitable[Result]], *, writes: bool = False
) -> Result:
    """Run work on a connection of the pool; a caller that is cancelled leaves at once.

    Work that `writes` then runs to its end, other work is cancelled on the server. Nothing is begun for a
    caller that was cancelled while it waited for the connection. Raises StoreUnavailable, StoreFault, and the
    errors of the work, those of the driver as errors of the ports.
    """
    loan = _Loan(writes)
    task = detach(loan.run(engine, work))
    try:
        return await outlived_by(task)
    except asyncio.CancelledError:
        loan.caller_waits = False
        if loan.interruptible:
            # Once at most, and only while the work runs: nothing else of the loan is ever cancelled.
            loan.interruptible = False
            task.cancel()
        raise


class _Loan:
    """One use of a connection: taken, used, given back."""

    __slots__ = ("_writes", "caller_waits", "interruptible")

    def __init__(self, writes: bool) -> None:
        self._writes = writes
        self.caller_waits = True
        self.interruptible = False

    async def run(self, engine: AsyncEngine, work: Callable[[Connection], Awaitable[Result]]) -> Result:
        taken = await _take(engine)
        try:
            if not self.caller_waits:
                raise asyncio.CancelledError
            self.interruptible = not self._writes
            with translated_errors():
                return await work(taken.connection)
        finally:
            self.interruptible = False
            await taken.give_back()


async def _take(engine: AsyncEngine) -> Lease:
    pool = engine.pool
    with translated_errors():
        # Closing an engine gives it another pool.
        return Lease(await engine.raw_connection(), lambda: engine.pool is not pool)


def _give_back_unused(task: asyncio.Task[Lease]) -> None:
    if not task.cancelled() and task.exception() is None:
        detach(task.result().give_back())


def _is_idle(connection: Connection) -> bool:
    pgconn = connection.pgconn
    return (
        pgconn.transaction_status == TransactionStatus.IDLE and pgconn.pipeline_status == PipelineStatus.OFF
    )
