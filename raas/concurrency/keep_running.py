"""Keep a background task running: report an unexpected error and start the task again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol


class ReportFailure(Protocol):
    """Receives the failures of background tasks, for the log and the metrics."""

    def __call__(self, task: str, error: Exception, restart_seconds: float) -> None:
        """Report that `task` failed and starts again in `restart_seconds`."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """Seconds between a failure and the restart: `first`, doubled by each further failure up to `longest`."""

    first: float = 1.0
    longest: float = 30.0

    def after(self, failures: int) -> float:
        """The seconds to wait after this number of consecutive failures, at least one."""
        # The exponent is bounded: a float overflows at 2 ** 1024.
        return min(self.first * 2.0 ** min(failures - 1, 60), self.longest)


async def keep_running(
    task: str,
    work: Callable[[], Awaitable[None]],
    report: ReportFailure,
    backoff: Backoff | None = None,
    *,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Run `work` until it returns or is cancelled; after an error, report it and run `work` again.

    A run that lasted longer than the longest pause, by the seconds of `clock`, counts as healthy: the next
    failure is the first one.
    """
    backoff = backoff or Backoff()
    failures = 0
    while True:
        started = clock()
        try:
            await work()
        except Exception as error:
            failures = 1 if clock() - started > backoff.longest else failures + 1
            pause = backoff.after(failures)
            report(task, error, pause)
        else:
            return
        await asyncio.sleep(pause)
