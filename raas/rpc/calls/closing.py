"""A stopping server refuses new calls with UNAVAILABLE, never CANCELLED.

When gRPC shuts down, it cancels the calls that it has received and not yet handed out; under load there are
always some. So new calls are held for a moment before: callers who wait for an answer send nothing else, and
gRPC hands out all that it received. Once connections take no new calls, those held are refused. Calls under
way when the grace period is over end with UNAVAILABLE too.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

POLL_SECONDS = 0.01
QUIET_PAUSES = 5
"""A silence of so many times the longest pause: gRPC has handed out all that it received."""
LONGEST_PAUSES = 100
"""A server holds calls that keep arriving for so many times the longest pause, and no longer."""


class Closing:
    """Whether new calls are served, held or refused, and which calls are under way."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.running: set[asyncio.Task[Any]] = set()
        self.expired = False
        self._clock = clock
        self._sleep = sleep
        self._holding = False
        self._last_arrival = 0.0
        self._longest_pause = POLL_SECONDS
        self._released = asyncio.Event()

    async def refuses(self) -> bool:
        """Whether a call that arrives now is to be refused; waits while calls are held."""
        if not self._holding:
            return False
        now = self._clock()
        self._longest_pause = max(self._longest_pause, now - self._last_arrival)
        self._last_arrival = now
        await self._released.wait()
        return True

    async def hold(self, longest_seconds: float) -> None:
        """Hold new calls from now on; returns once gRPC hands out no more, at the latest after so long.

        A silence counts if it is several times as long as the longest pause so far, between two calls or in
        the event loop: where processor time is short, gRPC hands out one call after a while, then another.
        """
        self._holding = True
        begins = poll_begins = self._last_arrival = self._clock()
        while True:
            await self._sleep(POLL_SECONDS)
            now = self._clock()
            self._longest_pause = max(self._longest_pause, now - poll_begins)
            longest = min(LONGEST_PAUSES * self._longest_pause, longest_seconds)
            if now - self._last_arrival > QUIET_PAUSES * self._longest_pause or now - begins > longest:
                return
            poll_begins = now

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
