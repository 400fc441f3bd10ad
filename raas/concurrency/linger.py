"""Waiting a moment for concurrent calls, so that they share one transaction or statement."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

_QUIET_ITERATIONS = 10
"""Iterations of the event loop without an arrival after which lingering ends: 0.1 ms of an idle loop."""

_LONGEST_SECONDS = 0.005


async def linger(waiting: Callable[[], int], limit: int) -> None:
    """Yield to the event loop until arrivals cease, `limit` is reached, or 5 ms have passed.

    `waiting` and `limit` are in the same unit. Returns after one iteration when nothing waits.

    A call needs several iterations of the event loop to arrive. A transaction begun at once would find
    only the few calls that arrived during the one before. This is PostgreSQL's commit_delay, with hardly
    any delay for a lone caller.
    """
    await asyncio.sleep(0)
    ends = time.monotonic() + _LONGEST_SECONDS
    quiet = 0
    while quiet < _QUIET_ITERATIONS and 0 < (before := waiting()) < limit and time.monotonic() < ends:
        await asyncio.sleep(0)
        quiet = quiet + 1 if waiting() == before else 0
