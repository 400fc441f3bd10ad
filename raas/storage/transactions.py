"""Connections for writing, and a COMMIT whose outcome is never guessed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any, cast

import psycopg
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.storage.faults import translated, translated_errors
from raas.usecases.ports import CommitUnknown, StoreFault, StoreUnavailable

Connection = psycopg.AsyncConnection[tuple[Any, ...]]

_ASK_AGAIN_SECONDS = (0.05, 0.2, 0.5, 1.0, 2.0, 4.0)
"""Pauses between questions about a lost COMMIT: about as long as a restart takes."""


class Transactions:
    """Transactions on connections of the pool, spoken to without SQLAlchemy in between."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection of the pool; what is not committed when it is given back is rolled back."""
        with translated_errors():
            pooled = await self._engine.connect()
        try:
            raw = await pooled.get_raw_connection()
            yield cast(Connection, raw.driver_connection)
        finally:
            # Also when the caller is cancelled: a connection in the middle of something must not be reused.
            await asyncio.shield(pooled.close())

    async def commit(
        self, connection: Connection, transaction_id: str, statements: Iterable[tuple[str, Any]]
    ) -> None:
        """Send the statements and COMMIT in one pipeline.

        Raises StoreFault (rolled back), StoreUnavailable (known not to be committed), CommitUnknown.
        """
        try:
            async with connection.pipeline():
                for statement, parameters in statements:
                    await connection.execute(statement, parameters)
                await connection.commit()
        except psycopg.Error as error:
            if not connection.closed:
                await connection.rollback()
                raise translated(error) from None
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
