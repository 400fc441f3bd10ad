"""Blocking work in threads that nothing waits for."""

from __future__ import annotations

import asyncio
import threading

import pytest

from raas.concurrency.abandonable import in_thread_of_its_own


async def test_result_and_error_of_the_work_reach_the_caller() -> None:
    assert await in_thread_of_its_own(lambda: 1, "one") == 1
    with pytest.raises(ZeroDivisionError):
        await in_thread_of_its_own(lambda: 1 / 0, "error")


def test_loop_ends_before_work_that_was_abandoned() -> None:
    release, ended = threading.Event(), threading.Event()

    def work() -> None:
        release.wait()
        ended.set()

    async def abandon() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(in_thread_of_its_own(work, "held"), 0.05)

    asyncio.run(abandon())
    assert not ended.is_set()
    release.set()
    assert ended.wait(60)
