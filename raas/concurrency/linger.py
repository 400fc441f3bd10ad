"""Waiting a moment for concurrent calls, so that they share one transaction or statement."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

_QUIET_ITERATIONS = 10
"""Iterations of the event loop without an arrival after which lingering ends: 0.1 ms of an idle loop."""

_QUIET_ITERATIONS_BELOW_EXPECTED = 40
"""The same while fewer callers wait than are expected."""

_LONGEST_SECONDS = 0.005


async def linger(callers: Callable[[], int], expected: int, size: Callable[[], int], limit: int) -> None:
    """Yield to the event loop until arrivals cease, `size` reaches `limit`, or 5 ms have passed.

    `callers` counts those that wait. While they are fewer than `expected`, a longer silence is awaited.
    `size` and `limit` are in the unit of the queue. Returns after one iteration when nobody waits.

    A call needs several iterations of the event loop to arrive. A transaction begun at once would find
    only the few calls that arrived during the one before. This is PostgreSQL's commit_delay, with hardly
    any delay for a lone caller.
    """
    await asyncio.sleep(0)
    ends = time.monotonic() + _LONGEST_SECONDS
    quiet = 0
    while (before := callers()) > 0 and size() < limit and time.monotonic() < ends:
        if quiet >= (_QUIET_ITERATIONS if before >= expected else _QUIET_ITERATIONS_BELOW_EXPECTED):
            return
        await asyncio.sleep(0)
        quiet = quiet + 1 if callers() == before else 0
