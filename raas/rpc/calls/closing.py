"""A stopping server refuses new calls with UNAVAILABLE, never CANCELLED.

When gRPC shuts down, it cancels the calls that it has received and not yet handed out; under load there are
always some. So new calls are held for a moment before: callers who wait for an answer send nothing else, and
gRPC hands out all that it received. Once connections take no new calls, those held are refused. Calls under
way when the grace period is over end with UNAVAILABLE too.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

TURN_SECONDS = 0.01
QUIET_TURNS = 5
"""After so many turns without a new call, each of them on time, gRPC has handed out all that it received."""
LONGEST_SECONDS = 2.0


class Closing:
    """Whether new calls are served, held or refused, and which calls are under way."""

    def __init__(self) -> None:
        self.running: set[asyncio.Task[Any]] = set()
        self.expired = False
        self._holding = False
        self._arrived = False
        self._released = asyncio.Event()

    async def refuses(self) -> bool:
        """Whether a call that arrives now is to be refused; waits while calls are held."""
        if not self._holding:
            return False
        self._arrived = True
        await self._released.wait()
        return True

    async def hold(self) -> None:
        """Hold new calls from now on; returns once none has arrived for a moment.

        A turn that ends late proves nothing: a process that got no processor time received no calls either.
        """
        self._holding = True
        ends = time.monotonic() + LONGEST_SECONDS
        quiet = 0
        while quiet < QUIET_TURNS and (begins := time.monotonic()) < ends:
            self._arrived = False
            await asyncio.sleep(TURN_SECONDS)
            late = time.monotonic() - begins > 2 * TURN_SECONDS
            quiet = 0 if self._arrived or late else quiet + 1

    def enter(self) -> asyncio.Task[Any]:
        """Add the current task to the calls under way; it leaves `running` by itself."""
        task = asyncio.current_task()
        assert task is not None
        self.running.add(task)
        return task

    def expire(self) -> None:
        """End the calls that are still under way, with UNAVAILABLE."""
        self.expired = True
        for task in self.running:
            task.cancel()

    def release(self) -> None:
        """Refuse the calls that are held, and all that still arrive."""
        self._released.set()
