"""Connections for writing, and a COMMIT whose outcome is never guessed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any, cast

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.storage.connection.errors import translated, translated_errors
from raas.usecases.ports.errors import CommitUnknown, PortError, StoreFault, StoreUnavailable

Connection = psycopg.AsyncConnection[tuple[Any, ...]]

_ASK_AGAIN_SECONDS = (0.05, 0.2, 0.5, 1.0, 2.0, 4.0)
"""Pauses between questions about a lost COMMIT: about as long as a restart takes."""


class Pipeline:
    """Statements sent one after the other, whose results are awaited all at once.

    The database works on the first ones while the next ones are still being made.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._stack: AsyncExitStack | None = None

    async def send(self, statements: Iterable[tuple[str, Any]]) -> None:
        """Send statements. Raises StoreFault or StoreUnavailable, perhaps for an earlier one."""
        if self._stack is None:
            self._stack = AsyncExitStack()
            await self._stack.enter_async_context(self.connection.pipeline())
        try:
            for statement, parameters in statements:
                await self.connection.execute(statement, parameters)
        except psycopg.Error as error:
            if await self.stands():
                raise fault_of(error) from None
            raise StoreUnavailable("the connection was lost before COMMIT") from None

    async def close(self) -> None:
        """Wait for all results. Raises the first error of the driver."""
        stack, self._stack = self._stack, None
        if stack is not None:
            await stack.aclose()

    async def stands(self) -> bool:
        """Whether the connection still answers; a server that was killed shows only when it is asked."""
        with suppress(psycopg.Error):
            await self.close()
        if self.connection.closed:
            return False
        try:
            await self.connection.rollback()
            await self.connection.execute("SELECT 1")
        except psycopg.Error:
            return False
        return True

    async def abandon(self) -> None:
        """Roll back whatever was sent, without caring what became of it."""
        with suppress(psycopg.Error):
            await self.close()
        if not self.connection.closed:
            with suppress(psycopg.Error):
                await self.connection.rollback()


async def _let_go(connection: Connection) -> None:
    """Roll back, or close what is in the middle of something: that must not be reused."""
    if connection.pgconn.transaction_status in (TransactionStatus.INTRANS, TransactionStatus.INERROR):
        with suppress(psycopg.Error):
            await connection.rollback()
    if connection.pgconn.transaction_status != TransactionStatus.IDLE:
        await connection.close()


def fault_of(error: psycopg.Error) -> PortError:
    """The error of the ports for one of a statement, on a connection that still stands.

    In an aborted pipeline the driver knows no SQLSTATE: that is no lost connection.
    """
    if error.sqlstate is None:
        return StoreFault(f"a statement failed ({type(error).__name__})")
    return translated(error)


class Transactions:
    """Transactions on connections of the pool, spoken to without SQLAlchemy in between."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection of the pool; what is not committed when it is given back is rolled back."""
        with translated_errors():
            pooled = await self._engine.raw_connection()
        connection = cast(Connection, pooled.driver_connection)
        try:
            yield connection
        finally:
            if connection.pgconn.transaction_status != TransactionStatus.IDLE:
                # Also when the caller is cancelled.
                await asyncio.shield(_let_go(connection))
            pooled.close()

    async def commit(
        self, connection: Connection, transaction_id: str, statements: Iterable[tuple[str, Any]]
    ) -> None:
        """Send the statements and COMMIT in one pipeline; raises like `commit_sent`."""
        pipeline = Pipeline(connection)
        await pipeline.send(statements)
        await self.commit_sent(pipeline, transaction_id)

    async def commit_sent(self, pipeline: Pipeline, transaction_id: str) -> None:
        """COMMIT what was sent through the pipeline.

        Raises StoreFault (rolled back), StoreUnavailable (known not to be committed), CommitUnknown.
        """
        try:
            # As a statement: connection.commit() waits for the answer before all of the pipeline was sent.
            await pipeline.connection.execute("COMMIT")
            await pipeline.close()
        except psycopg.Error as error:
            if await pipeline.stands():
                await pipeline.abandon()
                raise fault_of(error) from None
        else:
            return
        # The connection was lost: the server alone knows whether the COMMIT had arrived.
        outcome = await self._committed(transaction_id)
        if outcome is None:
            raise CommitUnknown("the connection was lost at COMMIT and the outcome is not known")
        if not outcome:
            raise StoreUnavailable("the connection was lost before COMMIT")

    async def _committed(self, transaction_id: str) -> bool | None:
        """Whether the transaction was committed; None = it cannot be told."""
        for pause in (*_ASK_AGAIN_SECONDS, None):
            try:
                async with self.connection() as connection:
                    cursor = await connection.execute("SELECT pg_xact_status(%s::xid8)", (transaction_id,))
                    (status,) = cast(tuple[str | None], await cursor.fetchone())
                if status != "in progress":
                    return None if status is None else status == "committed"
            except (psycopg.Error, StoreUnavailable, StoreFault):
                pass  # it does not answer yet
            if pause is not None:
                await asyncio.sleep(pause)
        return None
