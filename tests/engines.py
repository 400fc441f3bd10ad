"""Engines of tests: patient ones, and the closing of all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.concurrency.detached import _RUNNING
from raas.storage.connection.database import open_database
from raas.storage.connection.limits import TransactionLimits


async def close(engine: AsyncEngine) -> None:
    """Close an engine once the work that cancelled or refused calls left behind has ended.

    An engine that was closed opens again when such work begins later, and nobody closes it a second time.
    """
    async with asyncio.timeout(30):
        while _RUNNING:
            await asyncio.wait(set(_RUNNING))
    await engine.dispose()


@asynccontextmanager
async def patient_engine(dsn: str) -> AsyncIterator[AsyncEngine]:
    """An engine whose transactions may take minutes, as on a busy machine they may have to."""
    engine = open_database(dsn, limits=TransactionLimits(120.0, 60.0))
    try:
        yield engine
    finally:
        await close(engine)
