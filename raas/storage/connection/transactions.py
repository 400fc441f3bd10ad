"""Transactions on connections of the pool, with psycopg directly: SQLAlchemy only keeps the pool."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any, TypeVar

import psycopg
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.storage.connection.commit import Evidence, resolve
from raas.storage.connection.database import limits_of
from raas.storage.connection.errors import translated, translated_errors
from raas.storage.connection.lease import Connection, Lease, lease, on_connection
from raas.storage.connection.limits import wait_for_locks
from raas.usecases.ports.errors import PortError, StoreFault, StoreUnavailable

Result = TypeVar("Result")
Cursor = psycopg.AsyncCursor[tuple[Any, ...]]

# A statement of the pipeline: connection.commit() would wait for the results of the statements before it.
_COMMIT = "COMMIT"


class Transactions:
    """Transactions on connections of one engine."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def run(self, work: Callable[[Connection], Awaitable[Result]], *, writes: bool = False) -> Result:
        """Run work on a connection, like `on_connection`; uncommitted changes are rolled back."""
        return await on_connection(self._engine, work, writes=writes)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Transaction]:
        """A transaction of several steps; leaving it without a commit rolls it back.

        The caller may be cancelled at any step; a COMMIT that was begun goes on to its end.
        """
        async with lease(self._engine) as taken:
            transaction = Transaction(self._engine, taken)
            try:
                yield transaction
            finally:
                await transaction.end()


class Transaction:
    """Statements on one connection, and their COMMIT."""

    def __init__(self, engine: AsyncEngine, taken: Lease) -> None:
        self.connection = taken.connection
        self._engine = engine
        self._lease = taken
        self._pipeline: AsyncExitStack | None = None
        self._committing = False

    async def wait_for_locks(self, work: Awaitable[Result]) -> Result:
        """Await work that takes locks. Raises StoreUnavailable when that takes too long, StoreFault."""
        waiting = wait_for_locks(self._engine, self.connection, limits_of(self._engine), work)
        return await self.finish(waiting)

    async def finish(self, work: Awaitable[Result]) -> Result:
        """Await a step, which runs to its end also when the caller is cancelled meanwhile.

        A pipeline that is cancelled again while the driver ends it cannot be ended any more. Raises
        StoreUnavailable, StoreFault.
        """
        with translated_errors():
            return await self._lease.finish(lambda: work)

    async def send(self, statements: Iterable[tuple[str, Any]]) -> Sequence[Cursor]:
        """Send statements without waiting for their results: the database works on them meanwhile.

        Answers their cursors, which have the results after `commit`. Raises StoreFault or StoreUnavailable,
        perhaps for an earlier statement.
        """
        try:
            return await self._send(statements)
        except psycopg.Error as error:
            if await self._is_alive():
                raise fault_of(error) from None
            raise StoreUnavailable("the connection was lost before COMMIT") from None

    async def commit(self, evidence: Evidence, statements: Iterable[tuple[str, Any]] = ()) -> None:
        """Send the statements and COMMIT all that was sent; `evidence` tells the outcome of a lost COMMIT.

        Runs to its end also when the caller is cancelled. Raises StoreFault (rolled back), StoreUnavailable
        (known not to be committed), CommitUnknown.
        """
        self._committing = True
        await self._lease.finish(lambda: self._commit(evidence, statements))

    async def end(self) -> None:
        """Roll back, unless a COMMIT was begun, or a step is running: then the lease ends the connection."""
        if not self._committing and not self._lease.is_busy:
            with suppress(psycopg.Error):
                await self._close_pipeline()
            if not self.connection.closed:
                with suppress(psycopg.Error):
                    await self.connection.rollback()

    async def _commit(self, evidence: Evidence, statements: Iterable[tuple[str, Any]]) -> None:
        await self.send(statements)
        try:
            await self.connection.execute(_COMMIT)
            await self._close_pipeline()
        except psycopg.Error as error:
            fault = fault_of(error) if await self._is_alive() else None
            if fault is not None and not self.connection.distributed:
                raise fault from None
            # A coordinator that loses a node at COMMIT answers an internal error. That does not tell the
            # outcome.
            if isinstance(error, psycopg.errors.InternalError_):
                fault = StoreUnavailable("a node of the cluster was lost before COMMIT")
        else:
            return
        await resolve(self._engine, evidence, fault)

    async def _send(self, statements: Iterable[tuple[str, Any]]) -> Sequence[Cursor]:
        if self._pipeline is None:
            self._pipeline = AsyncExitStack()
            await self._pipeline.enter_async_context(self.connection.pipeline())
        return [await self.connection.execute(statement, parameters) for statement, parameters in statements]

    async def _close_pipeline(self) -> None:
        """Wait for all results. Raises the first error of the driver."""
        stack, self._pipeline = self._pipeline, None
        if stack is not None:
            await stack.aclose()

    async def _is_alive(self) -> bool:
        """Whether the connection still answers; rolls back. A killed server shows only when it is asked."""
        with suppress(psycopg.Error):
            await self._close_pipeline()
        if self.connection.closed:
            return False
        try:
            await self.connection.rollback()
            await self.connection.execute("SELECT 1")
            await self.connection.rollback()
        except psycopg.Error:
            return False
        return True


def fault_of(error: psycopg.Error) -> PortError:
    """The error of the ports for one of a statement, on a connection that still answers.

    In an aborted pipeline the driver knows no SQLSTATE: that is no lost connection.
    """
    if error.sqlstate is None:
        return StoreFault(f"a statement failed ({type(error).__name__})")
    return translated(error)
