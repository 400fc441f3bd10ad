"""Closing the engines of tests."""

from __future__ import annotations

import asyncio

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.concurrency.detached import _RUNNING


async def close(engine: AsyncEngine) -> None:
    """Close an engine once the work that cancelled or refused calls left behind has ended.

    An engine that was closed opens again when such work begins later, and nobody closes it a second time.
    """
    async with asyncio.timeout(30):
        while _RUNNING:
            await asyncio.wait(set(_RUNNING))
    await engine.dispose()
