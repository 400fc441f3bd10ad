"""Background tasks that fail are reported and started again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from raas.concurrency.keep_running import Backoff, keep_running

AT_ONCE = Backoff(first=0.0, longest=0.0)


class Reports:
    def __init__(self) -> None:
        self.all: list[tuple[str, str, float]] = []

    def __call__(self, task: str, error: Exception, restart_seconds: float) -> None:
        self.all.append((task, str(error), restart_seconds))


def failing(times: int) -> Callable[[], asyncio.Future[None]]:
    """Work that fails so many times and then returns."""
    remaining = iter(range(times))

    async def work() -> None:
        if (number := next(remaining, None)) is not None:
            raise RuntimeError(f"failure {number}")

    return lambda: asyncio.ensure_future(work())


async def test_work_that_fails_is_reported_and_runs_again_until_it_returns() -> None:
    reports = Reports()
    await keep_running("numbers", failing(2), reports, AT_ONCE)
    assert reports.all == [("numbers", "failure 0", 0.0), ("numbers", "failure 1", 0.0)]


async def test_pause_doubles_with_each_consecutive_failure_up_to_the_longest() -> None:
    reports = Reports()
    pauses = Backoff(first=0.001, longest=0.003)
    await keep_running("numbers", failing(4), reports, pauses, clock=lambda: 0.0)
    assert [pause for _, _, pause in reports.all] == [0.001, 0.002, 0.003, 0.003]


async def test_failure_after_a_long_run_waits_for_the_first_pause_only() -> None:
    reports, now = Reports(), [0.0]
    long_runs = iter((False, False, True))

    async def work() -> None:
        long_run = next(long_runs, None)
        if long_run is None:
            return
        if long_run:
            now[0] += 0.02
        raise RuntimeError("again")

    pauses = Backoff(first=0.001, longest=0.01)
    await keep_running("numbers", work, reports, pauses, clock=lambda: now[0])
    assert [pause for _, _, pause in reports.all] == [0.001, 0.002, 0.001]


def test_pause_after_thousands_of_failures_is_the_longest() -> None:
    assert Backoff().after(5_000) == 30.0


async def test_cancellation_ends_the_work_and_is_not_reported() -> None:
    reports, started, ended = Reports(), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    running = asyncio.create_task(keep_running("endless", work, reports, AT_ONCE))
    await started.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert ended.is_set()
    assert reports.all == []
